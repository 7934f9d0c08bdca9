import { Finished } from "@element-plus/icons-vue";
import type { Subject } from "@/office/pages";

export const subject: Subject = {
  routes: [{ path: "/tasks/:id(\\d+)?", name: "tasks", component: () => import("./TasksPage.vue") }],
  rail: [{ name: "tasks", path: "/tasks", query: { open: "1" }, icon: Finished, permission: "task:read", order: 30 }],
};
