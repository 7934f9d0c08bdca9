/** What the map page asks of the server for its present address: areas, figures, cells, facilities, explanation, reach. */
import { computed } from "vue";
import type { FeatureCollection } from "geojson";
import { get } from "@/api/client";
import type { AreaCollection, Cells, Coverage, FacilityCollection, Isochrones } from "@/api/types";
import type { Explanation } from "@/lib/explanation";
import { useResource } from "@/state/resource";
import { useWorkspace } from "@/state/workspace";
import type { TableRow } from "./AreaTable.vue";
import type { MapState } from "./useMapState";

export function useMapData(state: MapState) {
  const workspace = useWorkspace();
  const { run, shown } = workspace;
  const element = computed(() => state.element.value || "*");

  const of = () => ({ run_id: shown.value ?? "" });
  const areas = useResource<AreaCollection>(
    () => (shown.value ? `${shown.value}|${state.level.value}` : null),
    (signal) => get("/runs/{run_id}/areas", { path: of(), query: { level: state.level.value } }, signal) as Promise<AreaCollection>,
  );
  const coverage = useResource<Coverage>(
    () => (shown.value && state.view.value !== "grade" ? `${shown.value}|${state.level.value}|${element.value}` : null),
    (signal) => get("/runs/{run_id}/coverage", { path: of(), query: { element: element.value, level: state.level.value } }, signal),
  );
  const cells = useResource<Cells>(
    () => (shown.value && state.view.value === "cells" ? `${shown.value}|${element.value}` : null),
    (signal) => get("/runs/{run_id}/cells", { path: of(), query: { element: element.value } }, signal),
  );
  const facilities = useResource<FacilityCollection>(
    () => (shown.value && state.element.value && state.view.value !== "grade" ? `${shown.value}|${element.value}` : null),
    (signal) => get("/runs/{run_id}/facilities", { path: of(), query: { element: element.value } }, signal) as Promise<unknown> as Promise<FacilityCollection>,
  );
  const explanation = useResource<Explanation>(
    () => {
      if (!run.value || !state.element.value) return null;
      if (state.scope.value === "point") return `${run.value}|${element.value}|${state.point.value?.join()}`;
      return state.area.value ? `${run.value}|${element.value}|${state.area.value}` : null;
    },
    (signal) => {
      if (state.scope.value === "point") {
        const [lon, lat] = state.point.value as [number, number];
        return get("/runs/{run_id}/explain-point", { path: of(), query: { lon, lat, element: element.value } }, signal) as Promise<unknown> as Promise<Explanation>;
      }
      return get("/runs/{run_id}/explain", { path: of(), query: { area: state.area.value, element: element.value } }, signal) as Promise<unknown> as Promise<Explanation>;
    },
    false,
  );

  /** Isochrones of the standard walker are those of the verdict, by metres. */
  const reach = useResource<Isochrones>(
    () => (state.origin.value ? `${state.origin.value.join()}|${state.reacher.value}` : null),
    (signal) => {
      const [lon, lat] = state.origin.value as [number, number];
      return get("/isochrones", { query: { lon, lat, minutes: "5,10,15", walker: state.reacher.value } }, signal);
    },
  );

  const reached = computed<FeatureCollection>(() => {
    const features = state.origin.value ? (reach.data.value?.features ?? []).filter((item) => item.geometry && item.properties.kind === "area") : [];
    return { type: "FeatureCollection", features: features as unknown as FeatureCollection["features"] };
  });

  const figures = computed(() => new Map(coverage.data.value?.rows.map((row) => [row.area_code, row])));
  const rows = computed<TableRow[]>(() =>
    (areas.data.value?.features ?? []).map(({ properties }) => {
      const figure = figures.value.get(properties.code) ?? null;
      const variant = figure?.variants[state.variant.value];
      return { code: properties.code, area: properties, figure: figure && variant ? { ...figure, ...variant } : figure };
    }),
  );
  const byCode = computed(() => new Map(rows.value.map((row) => [row.code, row])));
  const variants = computed(() => [...new Set(coverage.data.value?.rows.flatMap((row) => Object.keys(row.variants)))]);
  const failed = computed(() => workspace.resolved.error.value ?? areas.error.value ?? coverage.error.value ?? cells.error.value);
  function retry(): void {
    for (const resource of [workspace.resolved, areas, coverage, cells, facilities]) if (resource.error.value) resource.reload();
  }
  const waiting = computed(() => areas.loading.value || cells.loading.value || (workspace.resolved.loading.value && !shown.value));
  const updating = computed(() => [areas, cells, coverage, workspace.resolved].some((resource) => resource.stale.value));

  return { areas, coverage, cells, facilities, explanation, reach, reached, rows, byCode, variants, failed, retry, waiting, updating };
}
