/** Openings on the map: the question in the address, what is drawn of the answer, and the one that is chosen. */
import { computed } from "vue";
import type { FeatureCollection, Geometry } from "geojson";
import type { Opening } from "@/api/types";
import { useWorkspace } from "@/state/workspace";
import type { MapState } from "./useMapState";
import { useOpenings } from "./useOpenings";

export function useOpeningsLayer(state: MapState, narrow: boolean) {
  const workspace = useWorkspace();
  const city = computed(() => workspace.city.data.value);
  /** Without a walker the metres of the verdict count; the bar's walker is for minutes. */
  const opener = computed(() => (state.reaching.value ? "" : state.by.value));
  const opened = useOpenings(
    () => (state.opening.value && city.value ? { basis: workspace.context.value.basis, element: state.element.value, walker: opener.value } : null),
    () => state.openKind.value,
    () => city.value?.snapshot?.id ?? "",
  );
  const openings = opened.found;
  const openable = computed<FeatureCollection>(() => {
    const items = state.opening.value ? (openings.data.value?.items ?? []) : [];
    const features = items.flatMap((item) => {
      const properties = { chosen: item.id === state.opened.value };
      const point = { type: "Feature" as const, properties: { ...properties, at: true }, geometry: { type: "Point" as const, coordinates: [item.lon, item.lat] } };
      return item.geometry["type"] === "Point" ? [point] : [{ type: "Feature" as const, properties, geometry: item.geometry as unknown as Geometry }, point];
    });
    return { type: "FeatureCollection", features: features.sort((a, b) => Number(a.properties.chosen) - Number(b.properties.chosen)) };
  });
  function chooseOpening(item: Opening): void {
    // On a narrow screen the list covers the lower part of the map.
    const lat = item.lat - (narrow ? 0.0009 : 0);
    state.set({ open: item.id, at: `17/${lat.toFixed(5)}/${item.lon.toFixed(5)}` });
  }

  return { opener, opened, openings, openable, chooseOpening };
}
