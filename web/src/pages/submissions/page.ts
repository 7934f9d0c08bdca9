import { Message } from "@element-plus/icons-vue";
import type { Subject } from "@/office/pages";

export const subject: Subject = {
  routes: [{ path: "/submissions/:id(\\d+)?", name: "submissions", component: () => import("./SubmissionsPage.vue") }],
  rail: [{ name: "submissions", path: "/submissions", icon: Message, permission: "submission:read", order: 50 }],
};
