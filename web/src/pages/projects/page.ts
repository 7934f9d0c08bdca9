import { Suitcase } from "@element-plus/icons-vue";
import type { Subject } from "@/office/pages";

export const subject: Subject = {
  routes: [
    { path: "/projects/:id(\\d+)?", name: "projects", component: () => import("./ProjectsPage.vue") },
    { path: "/projects/:tab(sites|offers|experience|applications)/:id(\\d+)?", name: "projects-more", component: () => import("./ProjectsPage.vue") },
  ],
  rail: [{ name: "projects", path: "/projects", icon: Suitcase, permission: "project:read", order: 55 }],
};
