/** The tree of units: one answer for everything that offers units to choose from. */
import { computed } from "vue";
import { request } from "@/api/client";
import type { components } from "@/api/schema";
import { useResource } from "@/state/resource";

export type UnitRow = components["schemas"]["UnitOut"];
export interface Node {
  unit: UnitRow;
  depth: number;
  children: number;
}

export function useUnits(ended: () => boolean = () => false) {
  const units = useResource<{ items: UnitRow[] }>(
    () => `units|${ended()}`,
    (signal) => request("GET", "/office/organisations", { query: { ended: ended() ? "true" : null } }, null, { signal }),
  );
  const byId = computed(() => new Map((units.data.value?.items ?? []).map((unit) => [unit.id, unit])));
  /** Depth first, so that a flat list reads as a tree. */
  const nodes = computed<Node[]>(() => {
    const below = new Map<number | null, UnitRow[]>();
    for (const unit of units.data.value?.items ?? []) {
      const parent = unit.parent_id !== null && byId.value.has(unit.parent_id) ? unit.parent_id : null;
      below.set(parent, [...(below.get(parent) ?? []), unit]);
    }
    const found: Node[] = [];
    const visit = (parent: number | null, depth: number): void => {
      for (const unit of below.get(parent) ?? []) {
        found.push({ unit, depth, children: below.get(unit.id)?.length ?? 0 });
        visit(unit.id, depth + 1);
      }
    };
    visit(null, 0);
    return found;
  });
  return { units, byId, nodes };
}

/** Ids of the units whose name the letters of a search spell in pinyin or its initials: the server knows the readings. */
export function useSpelled(text: () => string) {
  const letters = computed(() => /^[a-z]{2,60}$/i.exec(text().trim())?.[0] ?? null);
  const found = useResource<{ items: UnitRow[] }>(
    () => (letters.value ? `units-spelled|${letters.value}` : null),
    (signal) => request("GET", "/office/organisations", { query: { q: letters.value, ended: "true" } }, null, { signal }),
  );
  return computed(() => new Set(letters.value ? found.data.value?.items.map((unit) => unit.id) : []));
}

/** A level of the tree in a native select, where spaces at the beginning are not shown. */
export const indent = (depth: number): string => "\u3000".repeat(depth);
