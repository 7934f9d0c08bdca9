/** Pages of the office by subject: each `src/pages/<subject>/page.ts` exports what it adds to the router and the rail. */
import type { Component } from "vue";
import type { RouteRecordRaw } from "vue-router";

export interface RailEntry {
  /** Name of the route, and of the text `nav.<name>`. */
  name: string;
  path: string;
  icon: Component;
  /** What the page asks for when it is opened from the rail. */
  query?: Record<string, string>;
  /** Shown only to whom holds this permission; the server decides anyway. */
  permission: string;
  /** Place in the rail, ascending; pages of measuring have 100 to 199. */
  order: number;
}

export interface Subject {
  routes: RouteRecordRaw[];
  rail: RailEntry[];
}

const found = import.meta.glob<{ subject: Subject }>("../pages/*/page.ts", { eager: true });
const subjects = Object.values(found).map((module) => module.subject);

export const OFFICE_ROUTES: RouteRecordRaw[] = subjects.flatMap((subject) => subject.routes);
export const OFFICE_RAIL: RailEntry[] = subjects.flatMap((subject) => subject.rail).sort((a, b) => a.order - b.order);
