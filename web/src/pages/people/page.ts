import { UserFilled } from "@element-plus/icons-vue";
import type { Subject } from "@/office/pages";

export const subject: Subject = {
  routes: [{ path: "/people/:id(\\d+)?", name: "people", component: () => import("./PeoplePage.vue") }],
  rail: [{ name: "people", path: "/people", icon: UserFilled, permission: "people:read", order: 86 }],
};
