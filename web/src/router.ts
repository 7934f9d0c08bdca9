import { OFFICE_ROUTES } from "@/office/pages";
import { createRouter, createWebHistory, type RouteRecordRaw } from "vue-router";

const MapPage = () => import("@/pages/MapPage.vue");
const ShortfallsPage = () => import("@/pages/ShortfallsPage.vue");

/** Pages of the rail, in its order; a page appears here when it is built. */
export const PAGES = [
  { name: "map", path: "/map", icon: "map" },
  { name: "shortfalls", path: "/shortfalls", icon: "list" },
  { name: "hours", path: "/hours", icon: "hours" },
  { name: "whatif", path: "/what-if", icon: "whatif" },
] as const;

const routes: RouteRecordRaw[] = [
  { path: "/", name: "start", component: () => import("@/pages/StartPage.vue") },
  { path: "/map", name: "map", component: MapPage },
  { path: "/shortfalls/:id?", name: "shortfalls", component: ShortfallsPage },
  { path: "/hours", name: "hours", component: () => import("@/pages/HoursPage.vue") },
  { path: "/what-if", name: "whatif", component: () => import("@/pages/WhatIfPage.vue") },
  { path: "/what-if/compare", name: "compare", component: () => import("@/pages/ComparePage.vue") },
  ...OFFICE_ROUTES,
  { path: "/:rest(.*)*", name: "missing", component: () => import("@/pages/MissingPage.vue") },
];

export const router = createRouter({ history: createWebHistory(), routes });
