/** The map by keyboard: arrows go from area to area, Enter explains, Escape closes, plus and minus zoom. */
import { computed, ref, watch, type Ref, type ShallowRef } from "vue";
import type { AreaCollection } from "@/api/types";
import { labelPoint, neighbour, type Direction, type Placed } from "@/shared/map/geometry";
import type { MapState } from "./useMapState";

export interface Surface {
  zoom(step: number): void;
  home(): void;
  sight(point: [number, number]): void;
}

export function useMapKeys(state: MapState, areas: ShallowRef<AreaCollection | null>, surface: Ref<Surface | null>, explain: (code: string) => void) {
  /** The area the keyboard, or the table, points at. */
  const focused = ref("");
  const places = computed<Placed[]>(() =>
    (areas.value?.features ?? []).flatMap((feature) => {
      const point = labelPoint(feature.geometry);
      return point ? [{ code: feature.properties.code, point }] : [];
    }),
  );
  function onKey(event: KeyboardEvent): void {
    const here = focused.value || state.area.value;
    if (event.key.startsWith("Arrow")) {
      const from = places.value.find((place) => place.code === here);
      const next = from ? neighbour(places.value, from.point, event.key as Direction) : places.value[0];
      if (next) {
        focused.value = next.code;
        surface.value?.sight(next.point);
      }
    } else if (event.key === "Enter" && here) explain(here);
    else if (event.key === "Escape") state.set({ area: null, pt: null, scope: null });
    else if (event.key === "+" || event.key === "=") surface.value?.zoom(1);
    else if (event.key === "-") surface.value?.zoom(-1);
    else return;
    event.preventDefault();
  }
  watch(() => state.level.value, () => (focused.value = ""));

  return { focused, places, onKey };
}
