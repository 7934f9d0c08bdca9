/** What the map of a session draws: changed places, areas with the grade they now have, links, facilities in the hand. */
import type { Feature, FeatureCollection } from "geojson";
import { LEVELS, type AreaCollection, type AreaLevel } from "@/api/types";
import type { Change, ChangedCells, Lonlat, Near, PlacedFacilities, PlacedLinks } from "@/api/whatif";
import { GRADE_CLASS } from "@/lib/classes";
import { EMPTY, labelPoint, points } from "@/shared/map/geometry";

/** The level whose grades are drawn: communities, or what a city has instead. */
export function finest(levels: readonly string[] | undefined): AreaLevel {
  return LEVELS.find((level) => levels?.includes(level)) ?? "community";
}

/** Everybody, then whom a bureau asks about first, then the single age bands. */
export function inOrder<Row extends { group: string }>(rows: readonly Row[]): Row[] {
  const rank = (group: string) => (group === "all" ? 0 : group.startsWith("age_") ? 2 : 1);
  return [...rows].sort((left, right) => rank(left.group) - rank(right.group));
}

/** Length on the sphere; only for a hint while drawing, the server measures. */
export function lineMetres(line: readonly Lonlat[]): number {
  let sum = 0;
  for (let i = 1; i < line.length; i += 1) {
    const [x0, y0] = line[i - 1] as Lonlat;
    const [x1, y1] = line[i] as Lonlat;
    sum += 111_195 * Math.hypot((x1 - x0) * Math.cos((((y0 + y1) / 2) * Math.PI) / 180), y1 - y0);
  }
  return sum;
}

/** Grades after the edits, of the areas whose grade differs from before. */
export function newGrades(change: Change | null): Map<string, string | null> {
  return new Map(change?.areas.filter((area) => area.grade[0] !== area.grade[1]).map((area) => [area.code, area.grade[1]]));
}

export function areaFeatures(areas: AreaCollection | null, grades: Map<string, string | null>, chosen = ""): FeatureCollection {
  if (!areas) return EMPTY;
  const features = areas.features.flatMap((feature): Feature[] => {
    if (!feature.geometry) return [];
    const { code } = feature.properties;
    const grade = grades.has(code) ? grades.get(code) : feature.properties.grade;
    const display = grade ? GRADE_CLASS[grade] : undefined;
    return [{ type: "Feature", geometry: feature.geometry, properties: { code, changed: grades.has(code) ? 1 : 0, chosen: code === chosen ? 1 : 0, ...(display === undefined ? {} : { c: display }) } }];
  });
  return { type: "FeatureCollection", features };
}

export function areaLabels(areas: AreaCollection | null, grades: Map<string, string | null>): FeatureCollection {
  return points(
    (areas?.features ?? []).flatMap((feature) => {
      const point = labelPoint(feature.geometry);
      if (!point) return [];
      const { code, name, grade } = feature.properties;
      const before = grade && grade in GRADE_CLASS ? grade : "";
      const after = grades.get(code);
      const text = grades.has(code) ? `${before || "–"} → ${after && after in GRADE_CLASS ? after : "–"}` : before;
      return [{ point, properties: { text: text ? `${name}\n${text}` : name, order: grades.has(code) ? -1e9 : -(feature.properties.people ?? 0) } }];
    }),
  );
}

export function cellFeatures(cells: ChangedCells | null): FeatureCollection {
  if (!cells) return EMPTY;
  return points(Array.from({ length: cells.n }, (_, i) => ({ point: [cells.lon[i] as number, cells.lat[i] as number] as Lonlat, properties: { i, s: cells.state[i] as number } })));
}

export function facilityFeatures(facilities: readonly PlacedFacilities["features"][number][], chosen: string, carried: { id: string; at: Lonlat } | null): FeatureCollection {
  const features = facilities.map((feature) => {
    const held = carried?.id === feature.properties.id;
    const { id, name, state } = feature.properties;
    return {
      type: "Feature" as const,
      geometry: held ? { type: "Point" as const, coordinates: carried.at } : feature.geometry,
      properties: { id, name: name ?? "", state: held && state === "open" ? "moved" : state, chosen: id === chosen ? 1 : 0 },
    };
  });
  return { type: "FeatureCollection", features };
}

export function linkFeatures(links: PlacedLinks | null): FeatureCollection {
  if (!links) return EMPTY;
  return { type: "FeatureCollection", features: links.features.map((feature) => ({ ...feature, properties: { ...feature.properties, closed: feature.properties.kind.startsWith("close") ? 1 : 0 } })) };
}

export function draftFeatures(draft: readonly Lonlat[], towards: Lonlat | null, spot: Lonlat | null): FeatureCollection {
  const ends = [...draft, ...(spot ? [spot] : [])].map((at): Feature => ({ type: "Feature", properties: {}, geometry: { type: "Point", coordinates: at } }));
  const line = draft.length && towards ? [...draft, towards] : [...draft];
  return { type: "FeatureCollection", features: line.length > 1 ? [{ type: "Feature", properties: {}, geometry: { type: "LineString", coordinates: line } }, ...ends] : ends };
}

export function nearFeatures(near: Near | null, marked: string): FeatureCollection {
  if (!near) return EMPTY;
  const edges = near.edges.map((item): Feature => ({ type: "Feature", properties: { marked: marked === `e${item.id}` ? 1 : 0 }, geometry: item.geometry }));
  const nodes = near.nodes.map((item): Feature => ({ type: "Feature", properties: { marked: marked === `n${item.id}` ? 1 : 0 }, geometry: { type: "Point", coordinates: [item.lon, item.lat] } }));
  return { type: "FeatureCollection", features: [...edges, ...nodes] };
}
