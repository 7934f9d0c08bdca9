/** The map's own small style: a quiet base of the city's vector tiles under the results. No glyphs, no sprites. */
import type { FilterSpecification, LayerSpecification, LineLayerSpecification, StyleSpecification } from "maplibre-gl";
import { BASE } from "@/api/client";
import { classColours, token } from "./colours";
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

/** Styles of the results; data are set later. */
function results(over: LayerSpecification[]): LayerSpecification[] {
  const colours = classColours();
  const colour = ["match", ["get", "c"], 0, colours[0], 1, colours[1], 2, colours[2], 3, colours[3], 4, colours[4], colours[5]];
  const act = token("act");
  const brand = token("brand");
  const layers: unknown[] = [
    { id: "cells-fill", type: "fill", source: "cells", paint: { "fill-color": colour, "fill-opacity": 0.7, "fill-antialias": false } },
    { id: "cells-hatch", type: "fill", source: "cells", filter: ["==", ["get", "f"], 1], paint: { "fill-pattern": "hatch-act", "fill-opacity": 0.75 } },
    { id: "areas-fill", type: "fill", source: "areas", paint: { "fill-color": colour, "fill-opacity": ["case", ["has", "c"], 0.66, 0] } },
    ...over,
    { id: "areas-fail", type: "fill", source: "areas", filter: ["==", ["get", "h"], "fail"], paint: { "fill-pattern": "hatch-act", "fill-opacity": 0.8 } },
    { id: "areas-unknown", type: "fill", source: "areas", filter: ["==", ["get", "h"], "unknown"], paint: { "fill-pattern": "hatch-unknown", "fill-opacity": 0.7 } },
    { id: "areas-line", type: "line", source: "areas", paint: { "line-color": token("line-strong"), "line-width": ["interpolate", ["linear"], ["zoom"], 10, 0.6, 14, 1.4], "line-opacity": 0.8 } },
    { id: "areas-outline", type: "line", source: "areas", filter: ["==", ["get", "h"], "outline"], paint: { "line-color": token("unknown"), "line-width": 2.5, "line-dasharray": [2, 1.5] } },
    // One over the other: what is near lies under all three and is the darkest.
    { id: "reach-fill", type: "fill", source: "reach", paint: { "fill-color": brand, "fill-opacity": 0.2 } },
    { id: "reach-line", type: "line", source: "reach", layout: { "line-join": "round" }, paint: { "line-color": brand, "line-width": 1.1, "line-opacity": 0.85 } },
    { id: "openings-line", type: "line", source: "openings", filter: ["==", ["geometry-type"], "LineString"], layout: { "line-cap": "round" }, paint: { "line-color": ["case", ["get", "chosen"], act, brand], "line-width": ["case", ["get", "chosen"], 6, 3.5] } },
    { id: "openings-point", type: "circle", source: "openings", filter: ["==", ["get", "at"], true], paint: { "circle-radius": ["case", ["get", "chosen"], 9, 5], "circle-color": ["case", ["get", "chosen"], act, token("surface")], "circle-stroke-color": ["case", ["get", "chosen"], token("surface"), brand], "circle-stroke-width": 2.5 } },
    { id: "areas-focus", type: "line", source: "areas", filter: ["==", ["get", "code"], ""], paint: { "line-color": token("ink"), "line-width": 2.5 } },
    { id: "areas-selected-casing", type: "line", source: "areas", filter: ["==", ["get", "code"], ""], paint: { "line-color": token("surface"), "line-width": 6 } },
    { id: "areas-selected", type: "line", source: "areas", filter: ["==", ["get", "code"], ""], paint: { "line-color": brand, "line-width": 3.2 } },
    { id: "facilities", type: "circle", source: "facilities", paint: { "circle-radius": ["interpolate", ["linear"], ["zoom"], 10, 2.4, 15, 6], "circle-color": token("surface"), "circle-stroke-color": brand, "circle-stroke-width": ["interpolate", ["linear"], ["zoom"], 10, 1.2, 15, 2.4] } },
    { id: "route-casing", type: "line", source: "route", layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": token("surface"), "line-width": 8 } },
    { id: "route", type: "line", source: "route", layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": act, "line-width": 4 } },
    { id: "ends", type: "circle", source: "ends", paint: { "circle-radius": ["case", ["==", ["get", "kind"], "facility"], 8, 6], "circle-color": ["case", ["==", ["get", "kind"], "facility"], brand, token("surface")], "circle-stroke-color": ["case", ["==", ["get", "kind"], "facility"], token("surface"), act], "circle-stroke-width": 3 } },
  ];
  return layers as LayerSpecification[];
}

function resultNames(): LayerSpecification[] {
  const paint = { "text-color": token("map-label"), "text-halo-color": token("map-halo"), "text-halo-width": 2.2 };
  return [
    { id: "areas-name", type: "symbol", source: "area-points", layout: { "text-field": ["get", "text"], "text-font": FONT, "text-size": ["interpolate", ["linear"], ["zoom"], 10, 10.5, 14, 14], "text-max-width": 6, "text-padding": 3, "text-line-height": 1.15, "symbol-sort-key": ["get", "order"] }, paint },
    { id: "facility-name", type: "symbol", source: "facilities", minzoom: 14.5, layout: { "text-field": ["get", "name"], "text-font": FONT, "text-size": 11, "text-offset": [0, 0.9], "text-anchor": "top", "text-max-width": 9, "text-optional": true }, paint },
    { id: "end-name", type: "symbol", source: "ends", layout: { "text-field": ["get", "name"], "text-font": FONT, "text-size": 13, "text-offset": [0, 1], "text-anchor": "top", "text-allow-overlap": true }, paint: { ...paint, "text-halo-width": 2 } },
  ] as LayerSpecification[];
}

export const RESULT_SOURCES = ["cells", "areas", "area-points", "facilities", "reach", "openings", "route", "ends"] as const;

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

/** The whole style; without a base map only the ground colour stands under the results. */
export function mapStyle(basemap: boolean): StyleSpecification {
  return styleAround(basemap, RESULT_SOURCES, results, resultNames());
}
