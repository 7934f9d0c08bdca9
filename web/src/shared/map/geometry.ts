/** Small geometry for the map: squares of cells, label points, neighbours for the arrow keys. */
import type { Feature, FeatureCollection, Geometry, Point, Polygon, Position } from "geojson";
import type { Cells } from "@/api/types";
import { classOf, fails, type Measure } from "@/lib/classes";

const METRES_PER_DEGREE = 111_320;

export interface CellProperties {
  i: number;
  c: number;
  f: 0 | 1;
}

/** Cells as squares around their centres, with display class and whether they fail the limit. */
export function cellSquares(cells: Cells, values: (number | null)[], measure: Measure, limit: number | null): FeatureCollection<Polygon, CellProperties> {
  // A hair larger than the cell, so that neighbours touch although their grid is turned a little against the meridian.
  const half = (cells.size_m / 2 / METRES_PER_DEGREE) * 1.01;
  const features: Feature<Polygon, CellProperties>[] = [];
  for (let i = 0; i < cells.n; i += 1) {
    const lon = cells.lon[i] as number;
    const lat = cells.lat[i] as number;
    const dx = half / Math.cos((lat * Math.PI) / 180);
    const value = values[i];
    features.push({
      type: "Feature",
      id: i,
      properties: { i, c: classOf(value, measure), f: fails(value, limit) ? 1 : 0 },
      geometry: {
        type: "Polygon",
        coordinates: [[[lon - dx, lat - half], [lon + dx, lat - half], [lon + dx, lat + half], [lon - dx, lat + half], [lon - dx, lat - half]]],
      },
    });
  }
  return { type: "FeatureCollection", features };
}

function ringCentroid(ring: Position[]): { x: number; y: number; area: number } {
  let area = 0;
  let x = 0;
  let y = 0;
  for (let i = 0; i + 1 < ring.length; i += 1) {
    const [x0 = 0, y0 = 0] = ring[i] as Position;
    const [x1 = 0, y1 = 0] = ring[i + 1] as Position;
    const cross = x0 * y1 - x1 * y0;
    area += cross;
    x += (x0 + x1) * cross;
    y += (y0 + y1) * cross;
  }
  return area === 0 ? { x: ring[0]?.[0] ?? 0, y: ring[0]?.[1] ?? 0, area: 0 } : { x: x / (3 * area), y: y / (3 * area), area: Math.abs(area) };
}

/** Centroid of the largest part of a polygon; `null` for other geometries. */
export function labelPoint(geometry: Geometry | null): [number, number] | null {
  if (!geometry) return null;
  let rings: Position[][] = [];
  if (geometry.type === "Polygon") rings = geometry.coordinates.slice(0, 1);
  else if (geometry.type === "MultiPolygon") rings = geometry.coordinates.map((part) => part[0] ?? []);
  if (!rings.length) return null;
  const best = rings.map(ringCentroid).reduce((left, right) => (right.area > left.area ? right : left));
  return [best.x, best.y];
}

export interface Placed {
  code: string;
  point: [number, number];
}

export type Direction = "ArrowUp" | "ArrowDown" | "ArrowLeft" | "ArrowRight";
const HEADINGS: Record<Direction, [number, number]> = { ArrowUp: [0, 1], ArrowDown: [0, -1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

/** The nearest place in a direction: near and straight ahead counts before far and aside. */
export function neighbour(places: Placed[], from: [number, number], direction: Direction): Placed | null {
  const [hx, hy] = HEADINGS[direction];
  const shrink = Math.cos((from[1] * Math.PI) / 180);
  let best: Placed | null = null;
  let least = Infinity;
  for (const place of places) {
    const dx = (place.point[0] - from[0]) * shrink;
    const dy = place.point[1] - from[1];
    const ahead = dx * hx + dy * hy;
    const aside = Math.abs(dx * hy - dy * hx);
    if (ahead <= 1e-9 || aside > ahead * 1.8) continue;
    const cost = ahead + 2 * aside;
    if (cost < least) {
      least = cost;
      best = place;
    }
  }
  return best;
}

export function points<P>(items: { point: [number, number]; properties: P }[]): FeatureCollection<Point, P> {
  return { type: "FeatureCollection", features: items.map((item) => ({ type: "Feature", properties: item.properties, geometry: { type: "Point", coordinates: item.point } })) };
}

export const EMPTY: FeatureCollection = { type: "FeatureCollection", features: [] };

/** West, south, east, north of some positions. */
export function extent(geometry: Geometry): [number, number, number, number] {
  const box: [number, number, number, number] = [Infinity, Infinity, -Infinity, -Infinity];
  const visit = (value: unknown): void => {
    if (!Array.isArray(value)) return;
    if (typeof value[0] === "number") {
      const [x, y] = value as [number, number];
      box[0] = Math.min(box[0], x);
      box[1] = Math.min(box[1], y);
      box[2] = Math.max(box[2], x);
      box[3] = Math.max(box[3], y);
    } else value.forEach(visit);
  };
  if ("coordinates" in geometry) visit(geometry.coordinates);
  return box;
}
