import { Flag } from "@element-plus/icons-vue";
import type { Subject } from "@/office/pages";

export const subject: Subject = {
  routes: [
    { path: "/pilots", name: "pilots", component: () => import("./PilotsPage.vue") },
    { path: "/pilots/:id(\\d+)/:tab(overview|plan|checks|promises|projects|tasks)?", name: "pilot", component: () => import("./PilotPage.vue") },
  ],
  rail: [{ name: "pilots", path: "/pilots", icon: Flag, permission: "pilot:read", order: 40 }],
};
