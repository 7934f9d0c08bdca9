/** Colours and hatches of the map, read from the design tokens so that theme and map agree. */
import type { Map as GlMap } from "maplibre-gl";

export function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--k-${name}`).trim();
}

export const classColours = (): string[] => [0, 1, 2, 3, 4].map((index) => token(`class-${index}`)).concat(token("class-none"));

/** A seamless diagonal hatch. */
function hatch(colour: string, size: number, width: number): ImageData {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  const context = canvas.getContext("2d") as CanvasRenderingContext2D;
  // A light edge keeps the lines visible on the darkest class.
  for (const [stroke, thickness] of [["rgb(255 255 255 / 70%)", width * 1.9], [colour, width]] as const) {
    context.strokeStyle = stroke;
    context.lineWidth = thickness;
    for (const offset of [-size, 0, size]) {
      context.beginPath();
      context.moveTo(offset - 2, size + 2);
      context.lineTo(offset + size + 2, -2);
      context.stroke();
    }
  }
  return context.getImageData(0, 0, size, size);
}

export function addHatches(map: GlMap): void {
  const images = { "hatch-act": hatch("#b3201b", 28, 2.6), "hatch-unknown": hatch("#5d6875", 16, 2.2) };
  for (const [name, image] of Object.entries(images)) {
    if (map.hasImage(name)) map.removeImage(name);
    map.addImage(name, image, { pixelRatio: 2 });
  }
}
