/** What a what-if map draws: grades below, changed places as dots over them, links, gates, facilities to take hold of. */
import type { LayerSpecification, StyleSpecification } from "maplibre-gl";
import { classColours, token } from "@/shared/map/colours";
import { FONT, styleAround } from "@/shared/map/base";

export const WHATIF_SOURCES = ["areas", "area-points", "cells", "links", "near", "draft", "facilities"] as const;
export type WhatIfSource = (typeof WHATIF_SOURCES)[number];

/** Radius of a place of about 90 metres across, at any zoom. */
const PLACE = ["interpolate", ["exponential", 2], ["zoom"], 9, 0.9, 12, 3, 18, 190];

function changes(streets: LayerSpecification[]): LayerSpecification[] {
  const colours = classColours();
  const grade = ["match", ["get", "c"], 0, colours[0], 1, colours[1], 2, colours[2], 3, colours[3], 4, colours[4], colours[5]];
  const act = token("act");
  const good = token("good");
  const brand = token("brand");
  const surface = token("surface");
  const ink = token("ink");
  const round = { "line-cap": "round", "line-join": "round" };
  const state = (...pairs: (string | string[])[]) => ["match", ["get", "state"], ...pairs];
  const layers: unknown[] = [
    { id: "areas-fill", type: "fill", source: "areas", paint: { "fill-color": grade, "fill-opacity": ["case", ["has", "c"], 0.34, 0] } },
    ...streets,
    { id: "areas-line", type: "line", source: "areas", paint: { "line-color": token("line-strong"), "line-width": ["interpolate", ["linear"], ["zoom"], 10, 0.5, 14, 1.2], "line-opacity": 0.7 } },
    { id: "cells-near", type: "circle", source: "cells", filter: ["==", ["get", "s"], 0], paint: { "circle-radius": PLACE, "circle-color": token("unknown"), "circle-opacity": 0.28 } },
    { id: "cells-gain", type: "circle", source: "cells", filter: ["==", ["get", "s"], 1], paint: { "circle-radius": PLACE, "circle-color": good, "circle-opacity": 0.78, "circle-stroke-color": surface, "circle-stroke-width": 0.6 } },
    // A ring, not a disc: gain and loss differ without colour.
    { id: "cells-loss", type: "circle", source: "cells", filter: ["==", ["get", "s"], -1], paint: { "circle-radius": PLACE, "circle-color": surface, "circle-opacity": 0.75, "circle-stroke-color": act, "circle-stroke-width": ["interpolate", ["linear"], ["zoom"], 10, 1, 15, 3] } },
    { id: "areas-changed-casing", type: "line", source: "areas", filter: ["==", ["get", "changed"], 1], paint: { "line-color": surface, "line-width": 6 } },
    { id: "areas-changed", type: "line", source: "areas", filter: ["==", ["get", "changed"], 1], paint: { "line-color": ink, "line-width": 2.6 } },
    { id: "areas-selected", type: "line", source: "areas", filter: ["==", ["get", "chosen"], 1], paint: { "line-color": brand, "line-width": 3.4 } },
    { id: "links-casing", type: "line", source: "links", layout: round, paint: { "line-color": surface, "line-width": 8 } },
    { id: "links", type: "line", source: "links", layout: round, filter: ["==", ["get", "closed"], 0], paint: { "line-color": brand, "line-width": 4.5 } },
    { id: "links-closed", type: "line", source: "links", layout: { "line-join": "round" }, filter: ["==", ["get", "closed"], 1], paint: { "line-color": act, "line-width": 4.5, "line-dasharray": [1, 1] } },
    { id: "links-gate", type: "circle", source: "links", filter: ["==", ["geometry-type"], "Point"], paint: { "circle-radius": 7, "circle-color": surface, "circle-stroke-width": 3.5, "circle-stroke-color": ["case", ["==", ["get", "closed"], 1], act, brand] } },
    { id: "near", type: "line", source: "near", layout: round, paint: { "line-color": token("caution"), "line-width": ["case", ["==", ["get", "marked"], 1], 8, 5], "line-opacity": ["case", ["==", ["get", "marked"], 1], 1, 0.65] } },
    { id: "near-gate", type: "circle", source: "near", filter: ["==", ["geometry-type"], "Point"], paint: { "circle-radius": ["case", ["==", ["get", "marked"], 1], 9, 6], "circle-color": surface, "circle-stroke-color": token("caution"), "circle-stroke-width": 3 } },
    { id: "draft", type: "line", source: "draft", layout: round, paint: { "line-color": brand, "line-width": 3.5, "line-dasharray": [1.5, 1.6] } },
    { id: "draft-end", type: "circle", source: "draft", filter: ["==", ["geometry-type"], "Point"], paint: { "circle-radius": 6, "circle-color": surface, "circle-stroke-color": brand, "circle-stroke-width": 3 } },
    { id: "facility-halo", type: "circle", source: "facilities", filter: ["==", ["get", "chosen"], 1], paint: { "circle-radius": 16, "circle-color": brand, "circle-opacity": 0.25 } },
    {
      id: "facility",
      type: "circle",
      source: "facilities",
      paint: {
        "circle-radius": ["interpolate", ["linear"], ["zoom"], 10, ["case", ["==", ["get", "state"], "open"], 3.4, 5.4], 15, ["case", ["==", ["get", "state"], "open"], 7, 9]],
        "circle-color": state("added", brand, "moved", brand, "resized", token("brand-soft"), surface),
        "circle-stroke-color": state("closed", act, "added", surface, "moved", surface, brand),
        "circle-stroke-width": ["interpolate", ["linear"], ["zoom"], 10, 1.6, 15, 2.8],
      },
    },
  ];
  return layers as LayerSpecification[];
}

function labels(): LayerSpecification[] {
  const paint = { "text-color": token("map-label"), "text-halo-color": token("map-halo"), "text-halo-width": 2.2 };
  return [
    { id: "facility-sign", type: "symbol", source: "facilities", filter: ["in", ["get", "state"], ["literal", ["closed", "added"]]], layout: { "text-field": ["case", ["==", ["get", "state"], "closed"], "×", "+"], "text-font": FONT, "text-size": 15, "text-allow-overlap": true }, paint: { "text-color": ["case", ["==", ["get", "state"], "closed"], token("act"), token("on-brand")] } },
    { id: "areas-name", type: "symbol", source: "area-points", layout: { "text-field": ["get", "text"], "text-font": FONT, "text-size": ["interpolate", ["linear"], ["zoom"], 10, 10.5, 14, 13.5], "text-max-width": 7, "text-padding": 3, "text-line-height": 1.15, "symbol-sort-key": ["get", "order"] }, paint },
    { id: "facility-name", type: "symbol", source: "facilities", minzoom: 13.5, layout: { "text-field": ["get", "name"], "text-font": FONT, "text-size": 11.5, "text-offset": [0, 1], "text-anchor": "top", "text-max-width": 9, "text-optional": true }, paint },
  ] as LayerSpecification[];
}

export function whatIfStyle(basemap: boolean): StyleSpecification {
  return styleAround(basemap, WHATIF_SOURCES, changes, labels());
}
