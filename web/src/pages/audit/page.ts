import { Stamp } from "@element-plus/icons-vue";
import type { Subject } from "@/office/pages";

export const subject: Subject = {
  routes: [{ path: "/audit", name: "audit", component: () => import("./AuditPage.vue") }],
  rail: [{ name: "audit", path: "/audit", icon: Stamp, permission: "audit:read", order: 90 }],
};
