/** A pattern for each meaning, so that fills differ without colour: on the map as an image, in the legend as a drawing. */
import type { Map as GlMap } from "maplibre-gl";
import { token } from "@/shared/map/colours";
import { TONES, type Tone } from "./types";

/** Edge of the square that repeats, in pixels of the page. */
export const TILE = 12;
/** Strokes of a tile as SVG paths; they run over the edge, so that tiles join. Solid fills have none. */
export const STROKES: Record<Tone, string> = {
  act: "M-3 3 3-3M-3 15 15-3M9 15 15 9",
  caution: "M3 3h.01M9 9h.01",
  brand: "",
  good: "M6-1V13M-1 6H13",
  plain: "M-1 6H13",
};
/** Dots are short strokes with round ends. */
export const THICKNESS: Record<Tone, number> = { act: 1.8, caution: 3.4, brand: 0, good: 1.3, plain: 1.3 };

export const colourOf = (tone: Tone): string => token(tone === "plain" ? "unknown" : tone);

function tile(tone: Tone): ImageData {
  const scale = 2;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = TILE * scale;
  const context = canvas.getContext("2d") as CanvasRenderingContext2D;
  context.scale(scale, scale);
  context.lineCap = "round";
  context.lineWidth = THICKNESS[tone];
  context.strokeStyle = colourOf(tone);
  if (STROKES[tone]) context.stroke(new Path2D(STROKES[tone]));
  return context.getImageData(0, 0, canvas.width, canvas.height);
}

/** Put the patterns into a map's style, in the colours of the present theme. */
export function addPatterns(map: GlMap): void {
  for (const tone of TONES) {
    const name = `tone-${tone}`;
    if (map.hasImage(name)) map.removeImage(name);
    map.addImage(name, tile(tone), { pixelRatio: 2 });
  }
}
