import { House } from "@element-plus/icons-vue";
import type { Subject } from "@/office/pages";

export const subject: Subject = {
  routes: [{ path: "/home", name: "home", component: () => import("./HomePage.vue") }],
  rail: [{ name: "home", path: "/home", icon: House, permission: "programme:read", order: 10 }],
};
