import { Guide } from "@element-plus/icons-vue";
import type { Subject } from "@/office/pages";

export const subject: Subject = {
  routes: [{ path: "/programme", name: "programme", component: () => import("./ProgrammePage.vue") }],
  rail: [{ name: "programme", path: "/programme", icon: Guide, permission: "programme:read", order: 20 }],
};
