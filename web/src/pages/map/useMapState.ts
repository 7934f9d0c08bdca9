/** Everything the map page shows, as the address says it; every change is a new address. */
import { computed } from "vue";
import { useRoute } from "vue-router";
import { LEVELS, type AreaLevel } from "@/api/types";
import { formatView, one, parseView, type View } from "@/lib/url";
import { useWorkspace } from "@/state/workspace";

export type MapView = "grade" | "cells" | "areas";

export function useMapState() {
  const route = useRoute();
  const workspace = useWorkspace();
  const value = (key: string) => one(route.query, key);

  const levels = computed<AreaLevel[]>(() => {
    const present = workspace.city.data.value?.levels ?? [];
    return LEVELS.filter((level) => level !== "city" && present.includes(level));
  });
  const element = computed(() => value("element"));
  const view = computed<MapView>(() => {
    const asked = value("view");
    return asked === "cells" || asked === "areas" ? asked : "grade";
  });
  const level = computed<AreaLevel>(() => levels.value.find((item) => item === value("level")) ?? levels.value[0] ?? "community");
  const unit = computed<"m" | "min">(() => {
    if (value("unit")) return value("unit") === "min" ? "min" : "m";
    return workspace.requirements.value.get(element.value)?.threshold?.unit ?? "m";
  });
  function place(key: string): [number, number] | null {
    const [lon, lat] = value(key).split(",").map(Number);
    return value(key) && Number.isFinite(lon) && Number.isFinite(lat) ? [lon as number, lat as number] : null;
  }
  const point = computed(() => place("pt"));

  return {
    levels,
    element,
    view,
    level,
    unit,
    point,
    /** Whether what is reached on foot is asked for, from where, and by whom. */
    reaching: computed(() => value("reach") !== ""),
    origin: computed(() => place("reach")),
    reacher: computed(() => value("by") || workspace.context.value.walker),
    /** Whether openings are listed, which of them is chosen, of which kind, and for whom. */
    by: computed(() => value("by")),
    opening: computed(() => value("open") !== ""),
    opened: computed(() => (value("open") === "list" ? "" : value("open"))),
    openKind: computed(() => value("okind")),
    variant: computed(() => value("variant")),
    area: computed(() => value("area")),
    requiredOnly: computed(() => value("all") !== "1"),
    sort: computed(() => value("sort")),
    scope: computed<"area" | "point">(() => (value("scope") === "point" && point.value && element.value ? "point" : "area")),
    camera: computed<View | null>(() => parseView(value("at"))),
    set: workspace.setQuery,
    move: (view_: View) => workspace.setQuery({ at: formatView(view_) }, "replace"),
  };
}
export type MapState = ReturnType<typeof useMapState>;
