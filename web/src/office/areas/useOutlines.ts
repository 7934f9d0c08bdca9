/** Outlines of a level's areas; the server keeps them small, and a second reading is spared by their tag. */
import type { ComputedRef } from "vue";
import { computed } from "vue";
import { get } from "@/api/client";
import { useResource, type Resource } from "@/state/resource";
import { useWorkspace } from "@/state/workspace";
import type { OutlineCollection, OutlineLevel } from "./types";

export interface Outlines extends Resource<OutlineCollection> {
  /** They are here, and there is none among them. */
  none: ComputedRef<boolean>;
}

export function useOutlines(level: () => OutlineLevel | null): Outlines {
  const workspace = useWorkspace();
  const found = useResource<OutlineCollection>(
    () => {
      const asked = level();
      const city = workspace.city.data.value;
      return asked && city ? `${city.snapshot?.id ?? ""}|${asked}` : null;
    },
    (signal) => get("/city/outlines", { query: { level: level() ?? "community" } }, signal),
  );
  return { ...found, none: computed(() => found.data.value !== null && !found.data.value.features.some((one) => one.geometry)) };
}
