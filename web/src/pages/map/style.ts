/** What the city's map draws over the base: classes of cells and areas, hatches, facilities, routes. */
import type { LayerSpecification, StyleSpecification } from "maplibre-gl";
import { FONT, styleAround } from "@/shared/map/base";
import { classColours, token } from "@/shared/map/colours";

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

/** The whole style; without a base map only the ground colour stands under the results. */
export function mapStyle(basemap: boolean): StyleSpecification {
  return styleAround(basemap, RESULT_SOURCES, results, resultNames());
}
