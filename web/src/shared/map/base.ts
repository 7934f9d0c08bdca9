/** The quiet base that every map stands on: the city's own vector tiles, streets and names. No glyphs, no sprites. */
import type { FilterSpecification, LayerSpecification, LineLayerSpecification, StyleSpecification } from "maplibre-gl";
import { BASE } from "@/api/client";
import { token } from "./colours";
import { EMPTY } from "./geometry";

export const FONT = ["Noto Sans Regular"];

function widths(at10: number, at16: number): unknown {
  return ["interpolate", ["exponential", 1.5], ["zoom"], 10, at10, 16, at16];
}

function line(id: string, layer: string, paint: LineLayerSpecification["paint"], filter?: unknown, minzoom = 0): LayerSpecification {
  return { id, type: "line", source: "base", "source-layer": layer, minzoom, layout: { "line-cap": "round", "line-join": "round" }, paint, ...(filter ? { filter: filter as FilterSpecification } : {}) } as LayerSpecification;
}

function ground(): LayerSpecification[] {
  const polygon = ["==", ["geometry-type"], "Polygon"] as unknown as FilterSpecification;
  return [
    { id: "landuse", type: "fill", source: "base", "source-layer": "landuse", paint: { "fill-color": token("map-built"), "fill-opacity": 0.5 } },
    { id: "green", type: "fill", source: "base", "source-layer": "green", paint: { "fill-color": token("map-green") } },
    { id: "water", type: "fill", source: "base", "source-layer": "water", filter: polygon, paint: { "fill-color": token("map-water") } },
    line("river", "water", { "line-color": token("map-water"), "line-width": widths(1, 5) } as LineLayerSpecification["paint"], ["==", ["geometry-type"], "LineString"]),
    { id: "building", type: "fill", source: "base", "source-layer": "building", minzoom: 14, paint: { "fill-color": token("map-road-line"), "fill-opacity": 0.7 } },
  ];
}

/** Streets, railways and water drawn over the fills, so that one finds one's way on a coloured map. */
function bearings(): LayerSpecification[] {
  const road = token("map-road");
  const edge = token("map-road-line");
  const polygon = ["==", ["geometry-type"], "Polygon"] as unknown as FilterSpecification;
  const main = (classes: string[]) => ["in", ["get", "class"], ["literal", classes]];
  return [
    { id: "water-over", type: "fill", source: "base", "source-layer": "water", filter: polygon, paint: { "fill-color": token("map-water"), "fill-opacity": 0.75 } },
    line("river-over", "water", { "line-color": token("map-water"), "line-width": widths(1, 5), "line-opacity": 0.8 } as LineLayerSpecification["paint"], ["==", ["geometry-type"], "LineString"]),
    line("path", "path", { "line-color": edge, "line-width": 1, "line-dasharray": [2, 2], "line-opacity": 0.7 }, undefined, 14),
    line("street", "street", { "line-color": road, "line-width": widths(0.4, 5), "line-opacity": 0.6 } as LineLayerSpecification["paint"], undefined, 12),
    line("road-edge", "road", { "line-color": edge, "line-width": widths(1.4, 11), "line-opacity": 0.55 } as LineLayerSpecification["paint"], main(["motorway", "trunk", "primary", "secondary"])),
    line("road-small", "road", { "line-color": road, "line-width": widths(0.6, 7), "line-opacity": 0.75 } as LineLayerSpecification["paint"], main(["tertiary"]), 10),
    line("road", "road", { "line-color": road, "line-width": widths(1, 9), "line-opacity": 0.8 } as LineLayerSpecification["paint"], main(["motorway", "trunk", "primary", "secondary"])),
    line("rail", "rail", { "line-color": token("map-rail"), "line-width": 1.4, "line-dasharray": [4, 3] }),
  ];
}

function baseNames(): LayerSpecification[] {
  const paint = { "text-color": token("map-label"), "text-halo-color": token("map-halo"), "text-halo-width": 1.4 };
  return [
    { id: "label", type: "symbol", source: "base", "source-layer": "label", minzoom: 14.5, layout: { "text-field": ["get", "name"], "text-font": FONT, "text-size": 11, "text-max-width": 7 }, paint: { ...paint, "text-opacity": 0.8 } },
    { id: "road-name", type: "symbol", source: "base", "source-layer": "road", minzoom: 14, layout: { "symbol-placement": "line", "text-field": ["get", "name"], "text-font": FONT, "text-size": 11 }, paint },
  ] as LayerSpecification[];
}

/** A style around the quiet base: layers under the streets, over them, and names on top. Sources begin empty. */
export function styleAround(basemap: boolean, names: readonly string[], layers: (streets: LayerSpecification[]) => LayerSpecification[], labels: LayerSpecification[]): StyleSpecification {
  const sources: StyleSpecification["sources"] = {};
  if (basemap) sources["base"] = { type: "vector", url: `pmtiles://${location.origin}${BASE}/basemap.pmtiles` };
  for (const name of names) sources[name] = { type: "geojson", data: EMPTY };
  return {
    version: 8,
    sources,
    layers: [
      { id: "ground", type: "background", paint: { "background-color": token("map-land") } },
      ...(basemap ? ground() : []),
      ...layers(basemap ? bearings() : []),
      ...(basemap ? baseNames() : []),
      ...labels,
    ],
  };
}
