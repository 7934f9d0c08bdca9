import { Bell } from "@element-plus/icons-vue";
import type { Subject } from "@/office/pages";

export const subject: Subject = {
  routes: [{ path: "/notices", name: "notices", component: () => import("./NoticesPage.vue") }],
  rail: [{ name: "notices", path: "/notices", icon: Bell, permission: "signed-in", order: 80 }],
};
