/** What a person may open, in groups: the rail shows the groups, a line of tabs the pages of the one that is open. */
import { computed, type Component } from "vue";
import { DataAnalysis, MapLocation, Medal, OfficeBuilding, SetUp, Suitcase, Tickets, Timer } from "@element-plus/icons-vue";
import { useRoute } from "vue-router";
import { OFFICE_RAIL } from "@/office/pages";
import { PAGES } from "@/router";
import { useWorkspace } from "@/state/workspace";

export interface Entry {
  name: string;
  path: string;
  icon: Component;
  /** What the page asks for when it is opened from here. */
  query?: Record<string, string> | undefined;
}
export interface Group extends Entry {
  pages: Entry[];
}

const ICONS = { map: MapLocation, list: Tickets, whatif: SetUp, hours: Timer };
/** Groups of the rail in its order; a page that no group names stands in the rail by itself. */
const GROUPS: { name: string; icon: Component; pages: string[] }[] = [
  { name: "measuring", icon: DataAnalysis, pages: PAGES.map((page) => page.name) },
  { name: "delivery", icon: Suitcase, pages: ["programme", "tasks", "pilots", "submissions", "projects"] },
  { name: "supervision", icon: Medal, pages: ["measurement", "dispatch", "appraisal"] },
  { name: "system", icon: OfficeBuilding, pages: ["organisation", "people", "audit", "running"] },
];
/** The bell in the top bar leads there. */
const ELSEWHERE = new Set(["notices"]);

export function useRail() {
  const workspace = useWorkspace();
  const route = useRoute();
  const pages = computed<Entry[]>(() => {
    const may = new Set(workspace.session.data.value?.permissions ?? []);
    const measuring = PAGES.map((page) => ({ name: page.name, path: page.path, icon: ICONS[page.icon], permission: "city:read" }));
    return [...OFFICE_RAIL, ...measuring].filter((entry) => may.has(entry.permission) && !ELSEWHERE.has(entry.name));
  });

  /** A page below another belongs to it. */
  const within = (entry: Entry): boolean => route.name === entry.name || route.path === entry.path || route.path.startsWith(`${entry.path}/`);
  const inside = (group: Group): boolean => group.pages.some(within);

  const groups = computed<Group[]>(() => {
    const named = GROUPS.map((group) => ({ ...group, pages: group.pages.flatMap((name) => pages.value.filter((page) => page.name === name)) }));
    const grouped = new Set(GROUPS.flatMap((group) => group.pages));
    const single = pages.value.filter((page) => !grouped.has(page.name)).map((page) => ({ ...page, pages: [page] }));
    const some = named.filter((group) => group.pages.length).map((group) => ({ ...group, path: group.pages[0]?.path ?? "/", query: group.pages[0]?.query }));
    return [...single, ...some];
  });
  /** One group alone needs no group: its pages stand in the rail themselves. */
  const flat = computed(() => groups.value.length === 1);
  const rail = computed<Group[]>(() => (flat.value ? pages.value.map((page) => ({ ...page, pages: [page] })) : groups.value));
  const current = computed(() => (flat.value ? null : (groups.value.find((group) => group.pages.length > 1 && inside(group)) ?? null)));
  return { rail, current, within, inside };
}
