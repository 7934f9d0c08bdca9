import { Finished } from "@element-plus/icons-vue";
import type { Subject } from "@/office/pages";

export const subject: Subject = {
  routes: [
    { path: "/measurement/:tab(targets|tasks|sheets|objections|in-use)?/:id(\\d+)?", name: "measurement", component: () => import("./MeasurementPage.vue") },
  ],
  rail: [{ name: "measurement", path: "/measurement", icon: Finished, permission: "measurement:read", order: 60 }],
};
