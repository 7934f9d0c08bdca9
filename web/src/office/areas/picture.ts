/** Items and outlines as the features that the map draws. */
import type { Feature, FeatureCollection, Geometry } from "geojson";
import { EMPTY, extent, labelPoint, points } from "@/shared/map/geometry";
import type { AreaSource } from "./style";
import type { Bounds, MapItem, MapMark, OutlineCollection } from "./types";

type Shape = OutlineCollection["features"][number];
const geometryOf = (shape: Shape): Geometry | null => shape.geometry as unknown as Geometry | null;

export interface AreaPicture {
  sources: Record<AreaSource, FeatureCollection>;
  /** Where each item's label stands, and its card is pinned. */
  places: Map<string, [number, number]>;
  /** Items that can be shown nowhere. */
  unplaced: MapItem[];
  /** Which item an area belongs to; of several the first. */
  owner: Map<string, MapItem>;
}

export function pictureOf(items: MapItem[], marks: MapMark[], outlines: OutlineCollection | null, frame: OutlineCollection | null, wholes: OutlineCollection | null): AreaPicture {
  const owner = new Map<string, MapItem>();
  for (const item of items) for (const code of item.codes) if (!owner.has(code)) owner.set(code, item);
  const whole = new Map(items.flatMap((item) => (item.whole ? [[item.whole, item] as const] : [])));
  const rims: Feature[] = (wholes?.features ?? []).flatMap((shape) => {
    const item = whole.get(shape.properties.code);
    const geometry = geometryOf(shape);
    return item && geometry ? [{ type: "Feature" as const, geometry, properties: { key: item.key, tone: item.tone } }] : [];
  });
  const held = new Set(rims.map((rim) => rim.properties?.["key"] as string));
  const largest = new Map<string, { point: [number, number]; size: number }>();
  const areas: Feature[] = [];
  for (const shape of outlines?.features ?? []) {
    const geometry = geometryOf(shape);
    if (!geometry) continue;
    const { code, name } = shape.properties;
    const item = owner.get(code);
    areas.push({ type: "Feature", geometry, properties: { code, name, ...(item ? { key: item.key, tone: item.tone } : {}) } });
    const point = item && labelPoint(geometry);
    if (!item || !point) continue;
    if (!held.has(item.key)) rims.push({ type: "Feature", geometry, properties: { key: item.key, tone: item.tone } });
    const [west, south, east, north] = extent(geometry);
    const size = (east - west) * (north - south);
    if (size > (largest.get(item.key)?.size ?? 0)) largest.set(item.key, { point, size });
  }
  const places = new Map<string, [number, number]>();
  const bare: MapItem[] = [];
  const unplaced: MapItem[] = [];
  for (const item of items) {
    const drawn = largest.get(item.key);
    // The point of a life circle lies among its communities, better than in the middle of the largest.
    const point = drawn && item.codes.length > 1 ? (item.point ?? drawn.point) : (drawn?.point ?? item.point);
    if (!drawn && item.point) bare.push(item);
    if (point) places.set(item.key, point);
    else unplaced.push(item);
  }
  const at = (item: MapItem) => places.get(item.key) as [number, number];
  const order = { act: 0, caution: 1, brand: 2, good: 3, plain: 4 };
  return {
    places, unplaced, owner,
    sources: {
      areas: { type: "FeatureCollection", features: areas },
      rims: { type: "FeatureCollection", features: rims },
      frame: frame ? { type: "FeatureCollection", features: frame.features.flatMap((shape) => (shape.geometry ? [{ type: "Feature" as const, geometry: geometryOf(shape) as Geometry, properties: {} }] : [])) } : EMPTY,
      places: points(bare.map((item) => ({ point: at(item), properties: { key: item.key, tone: item.tone, code: item.codes[0] ?? "" } }))),
      marks: points(marks.map((mark) => ({ point: mark.point, properties: { key: mark.key, tone: mark.tone, title: mark.title } }))),
      labels: points(items.filter((item) => places.has(item.key)).map((item) => ({ point: at(item), properties: { text: item.note ? `${item.title}\n${item.note}` : item.title, order: order[item.tone] } }))),
    },
  };
}

/** What holds the outlines of some areas; `null` where none of them has one. */
export function boundsOf(outlines: OutlineCollection | null, wanted: (properties: Shape["properties"]) => boolean): Bounds | null {
  const box: Bounds = [Infinity, Infinity, -Infinity, -Infinity];
  for (const shape of outlines?.features ?? []) {
    const geometry = geometryOf(shape);
    if (!geometry || !wanted(shape.properties)) continue;
    const [west, south, east, north] = extent(geometry);
    box[0] = Math.min(box[0], west);
    box[1] = Math.min(box[1], south);
    box[2] = Math.max(box[2], east);
    box[3] = Math.max(box[3], north);
  }
  return Number.isFinite(box[0]) ? box : null;
}
