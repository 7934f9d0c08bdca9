import type { Subject } from "@/office/pages";

export const subject: Subject = {
  routes: [{ path: "/account/:tab?", name: "account", component: () => import("./AccountPage.vue") }],
  rail: [],
};
