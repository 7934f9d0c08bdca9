/** What a map of areas draws over the base: faint neighbours, fills by meaning, labels. */
import type { LayerSpecification, StyleSpecification } from "maplibre-gl";
import { FONT, styleAround } from "@/shared/map/base";
import { token } from "@/shared/map/colours";
import { colourOf } from "./patterns";
import { TONES } from "./types";

export const AREA_SOURCES = ["areas", "rims", "frame", "places", "marks", "labels"] as const;
export type AreaSource = (typeof AREA_SOURCES)[number];

export function areaStyle(basemap: boolean): StyleSpecification {
  const colour = ["match", ["get", "tone"], ...TONES.flatMap((tone) => [tone, colourOf(tone)]), token("unknown")];
  const own = ["has", "tone"];
  const none = ["==", ["get", "key"], ""];
  const label = { "text-color": token("map-label"), "text-halo-color": token("map-halo"), "text-halo-width": 2 };
  const round = { "line-join": "round" };
  const under: unknown[] = [
    // Also what is not filled can be pointed at, to say its name.
    { id: "areas-fill", type: "fill", source: "areas", paint: { "fill-color": colour, "fill-opacity": ["case", own, ["case", ["==", ["get", "tone"], "brand"], 0.42, 0.22], 0] } },
    ...TONES.map((tone) => ({ id: `areas-${tone}`, type: "fill", source: "areas", filter: ["==", ["get", "tone"], tone], paint: { "fill-pattern": `tone-${tone}`, "fill-opacity": 0.85 } })),
  ];
  const over: unknown[] = [
    { id: "areas-line", type: "line", source: "areas", layout: round, paint: { "line-color": token("line-strong"), "line-width": 0.7, "line-opacity": 0.45 } },
    { id: "frame", type: "line", source: "frame", layout: round, paint: { "line-color": token("line-strong"), "line-width": 2, "line-opacity": 0.8 } },
    { id: "rims", type: "line", source: "rims", layout: round, paint: { "line-color": colour, "line-width": 2.2 } },
    { id: "places", type: "circle", source: "places", paint: { "circle-radius": 9, "circle-color": colour, "circle-opacity": 0.55, "circle-stroke-color": colour, "circle-stroke-width": 2 } },
    { id: "areas-focus", type: "line", source: "rims", filter: none, layout: round, paint: { "line-color": token("ink"), "line-width": 2.5 } },
    { id: "areas-chosen-casing", type: "line", source: "rims", filter: none, layout: round, paint: { "line-color": token("surface"), "line-width": 7 } },
    { id: "areas-chosen", type: "line", source: "rims", filter: none, layout: round, paint: { "line-color": token("ink"), "line-width": 3 } },
    { id: "marks", type: "circle", source: "marks", paint: { "circle-radius": 6, "circle-color": token("surface"), "circle-stroke-color": colour, "circle-stroke-width": 3.5 } },
  ];
  const names: unknown[] = [
    { id: "labels", type: "symbol", source: "labels", layout: { "text-field": ["get", "text"], "text-font": FONT, "text-size": 12.5, "text-max-width": 9, "text-line-height": 1.2, "text-padding": 4, "symbol-sort-key": ["get", "order"], "text-variable-anchor": ["center", "top", "bottom", "left", "right"], "text-radial-offset": 0.4 }, paint: label },
    { id: "mark-names", type: "symbol", source: "marks", minzoom: 11, layout: { "text-field": ["get", "title"], "text-font": FONT, "text-size": 11, "text-anchor": "top", "text-offset": [0, 0.9], "text-optional": true }, paint: label },
  ];
  // Nothing to be seen: it only keeps the labels below off the marks. What comes later in a style is placed first.
  names.push({ id: "mark-room", type: "symbol", source: "marks", layout: { "text-field": "●", "text-font": FONT, "text-size": 18, "text-allow-overlap": true, "text-padding": 0 }, paint: { "text-opacity": 0 } });
  return styleAround(basemap, AREA_SOURCES, (streets) => [...(under as LayerSpecification[]), ...streets, ...(over as LayerSpecification[])], names as LayerSpecification[]);
}
