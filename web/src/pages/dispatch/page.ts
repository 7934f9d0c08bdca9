import { Notebook } from "@element-plus/icons-vue";
import type { Subject } from "@/office/pages";

export const subject: Subject = {
  routes: [
    { path: "/dispatch/sheets/:sheet(\\d+)", name: "dispatchSheet", component: () => import("./SheetPage.vue") },
    { path: "/dispatch/:round(\\d+)?", name: "dispatch", component: () => import("./DispatchPage.vue") },
  ],
  rail: [{ name: "dispatch", path: "/dispatch", icon: Notebook, permission: "dispatch:read", order: 70 }],
};
