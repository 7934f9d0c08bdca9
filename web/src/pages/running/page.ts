import { Monitor } from "@element-plus/icons-vue";
import type { Subject } from "@/office/pages";

export const subject: Subject = {
  routes: [{ path: "/running/:tab(state|calendar|reminders|webhooks)?", name: "running", component: () => import("./RunningPage.vue") }],
  rail: [{ name: "running", path: "/running", icon: Monitor, permission: "office:run", order: 95 }],
};
