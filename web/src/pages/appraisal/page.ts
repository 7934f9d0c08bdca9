import { Medal } from "@element-plus/icons-vue";
import type { Subject } from "@/office/pages";

export const subject: Subject = {
  routes: [{ path: "/appraisal/:id(\\d+)?/:tab(scores|appeals|rules|satisfaction)?", name: "appraisal", component: () => import("./AppraisalPage.vue") }],
  rail: [{ name: "appraisal", path: "/appraisal", icon: Medal, permission: "appraisal:read", order: 80 }],
};
