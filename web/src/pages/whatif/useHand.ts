/** What is in the hand: the tool, the facility or area taken up, the link being drawn, what lies near a click. */
import { computed, ref, shallowRef } from "vue";
import { whatIsNear, type Edit, type LinkKind, type Lonlat, type Near } from "@/api/whatif";
import { useText } from "@/i18n";
import { useWorkspace } from "@/state/workspace";
import { useResource } from "@/state/resource";
import type { Session } from "./useSession";
import type { Hit } from "./WhatIfMap.vue";

export const TOOLS = ["move", "add", "link", "gate", "people"] as const;
export type Tool = (typeof TOOLS)[number];
/** How far around a click streets and gates are looked for. */
const NEAR_METRES = 50;
/** Six decimals are a tenth of a metre: more says nothing. */
const tidy = (value: number) => Number(value.toFixed(6));

export function useHand(session: Session) {
  const { t, pick: called } = useText();
  const workspace = useWorkspace();
  const tool = ref<Tool>("move");
  const facility = ref("");
  const area = ref("");
  const link = ref<LinkKind>("street");
  const draft = shallowRef<Lonlat[]>([]);
  const spot = shallowRef<Lonlat | null>(null);
  /** The thing of the list a person points at, to be marked on the map. */
  const marked = ref("");
  /** Where the facility in the hand is; the map shows it there before the server has answered. */
  const carried = shallowRef<{ id: string; at: Lonlat } | null>(null);
  /** Values of the form for a new facility, also for the one a click adds. */
  const fresh = ref<{ name: string; capacity: number | null; also: string[] }>({ name: "", capacity: null, also: [] });

  const near = useResource<Near>(
    () => (session.session.value && spot.value ? `${session.session.value}|${spot.value.join()}|${session.state.value?.revision}` : null),
    (signal) => whatIsNear(session.session.value as string, spot.value as Lonlat, NEAR_METRES, signal),
  );
  /** Added facilities that were given no name are called after their element. */
  const listed = computed(() => {
    const element = called(workspace.elements.value.get(session.element.value));
    return (session.facilities.data.value?.features ?? []).map((item) => ({ ...item, properties: { ...item.properties, name: item.properties.name || (item.properties.state === "added" ? t("whatif.newFacility", { element }) : item.properties.id) } }));
  });
  const chosen = computed(() => listed.value.find((item) => item.properties.id === facility.value) ?? null);

  function choose(next: Tool): void {
    tool.value = next;
    draft.value = [];
    spot.value = null;
    marked.value = "";
  }
  const moved = (id: string, at: Lonlat): Edit => ({ kind: "move_facility", facility: id, lon: tidy(at[0]), lat: tidy(at[1]) });
  function drag(id: string, at: Lonlat): void {
    session.dragging.value = true;
    facility.value = id;
    carried.value = { id, at };
    session.editing.drag(moved(id, at));
  }
  async function drop(id: string, at: Lonlat): Promise<void> {
    carried.value = { id, at };
    const mine = carried.value;
    await session.editing.drop(moved(id, at));
    // Another drag may have begun meanwhile; the hand then still holds something.
    if (carried.value === mine) session.dragging.value = false;
  }
  /** The hand left the map: what is in it stays where it was seen last. */
  function release(): void {
    if (carried.value && session.dragging.value) void drop(carried.value.id, carried.value.at);
  }
  async function add(at: Lonlat): Promise<void> {
    const element = session.element.value;
    if (!element) return;
    const { name, capacity, also } = fresh.value;
    // One capacity belongs to one service.
    const edit: Edit = { kind: "add_facility", elements: [element, ...also.filter((item) => item !== element)], lon: tidy(at[0]), lat: tidy(at[1]), ...(capacity && !also.length ? { capacity } : {}), ...(name.trim() ? { name: name.trim() } : {}) };
    if (!(await session.editing.add(edit))) return;
    facility.value = session.state.value?.edits.at(-1)?.facility ?? "";
    fresh.value = { ...fresh.value, name: "" };
  }
  async function finish(points: Lonlat[] = draft.value): Promise<void> {
    if (points.length < 2) return;
    const [from, ...rest] = points as [Lonlat, ...Lonlat[]];
    const to = rest.pop() as Lonlat;
    if (await session.editing.add({ kind: "open_link", from, to, ...(rest.length ? { via: rest } : {}), link: link.value })) draft.value = [];
  }
  function pick(hit: Hit): void {
    const at: Lonlat = [tidy(hit.lon), tidy(hit.lat)];
    if (tool.value === "move") facility.value = hit.facility;
    else if (tool.value === "add") void add(at);
    else if (tool.value === "gate") spot.value = at;
    else if (tool.value === "people") area.value = hit.area;
    else if (draft.value.at(-1)?.join() !== at.join()) draft.value = [...draft.value, at];
  }
  return { tool, facility, area, link, draft, spot, marked, carried, fresh, near, listed, chosen, choose, drag, drop, release, add, finish, pick, moved, tidy };
}
export type Hand = ReturnType<typeof useHand>;
