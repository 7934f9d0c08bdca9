import { OfficeBuilding } from "@element-plus/icons-vue";
import type { Subject } from "@/office/pages";

export const subject: Subject = {
  routes: [
    { path: "/organisation/teams", name: "teams", component: () => import("./TeamsPage.vue") },
    { path: "/organisation/:id(\\d+)?", name: "organisation", component: () => import("./OrganisationPage.vue") },
  ],
  rail: [{ name: "organisation", path: "/organisation", icon: OfficeBuilding, permission: "organisation:read", order: 85 }],
};
