/** What-if sessions and scenarios: the shapes on the wire and one function for each request. */
import type { FeatureCollection, LineString, Point } from "geojson";
import { request } from "./client";
import type { Bilingual } from "./types";

export type Lonlat = [number, number];
export type LinkKind = "street" | "crossing" | "bridge";

export type Edit =
  | { kind: "add_facility"; elements: string[]; lon: number; lat: number; capacity?: number | null; name?: string | null }
  | { kind: "move_facility"; facility: string; lon: number; lat: number }
  | { kind: "close_facility"; facility: string; element?: string | null }
  | { kind: "resize_facility"; facility: string; capacity: number; element?: string | null }
  | { kind: "open_link"; from: Lonlat; to: Lonlat; via?: Lonlat[]; link: LinkKind }
  | { kind: "close_edge" | "open_edge"; edge: string }
  | { kind: "close_gate" | "open_gate"; node: string }
  | { kind: "change_people"; area?: string | null; factor?: number | null; ages?: Record<string, number> | null };

export type Pair<T> = [T, T];

export interface ShortfallLine {
  id: string;
  area_code: string;
  area_name: string;
  element: string;
  element_zh: string;
  element_en: string;
  circle: string;
  requirement: string;
  people: number | null;
  elderly: number | null;
  children: number | null;
  target: number | null;
  share: number | null;
  nearest_m: number | null;
}

export interface AreaChange {
  code: string;
  name: string;
  level: string;
  grade: Pair<string | null>;
  score: Pair<number | null>;
  met: Pair<number | null>;
  people: Pair<number | null>;
  coverage: { element: string; requirement: string; variant: string | null; share: Pair<number | null>; status: Pair<string | null> }[];
}

export interface Change {
  people: { group: string; gain: number | null; loss: number | null }[];
  elements: { element: string; zh: string; en: string; requirement: string; gain: number | null; loss: number | null; target_gain: number | null; target_loss: number | null }[];
  areas: AreaChange[];
  shortfalls: { total: Pair<number>; appeared: ShortfallLine[]; vanished: ShortfallLine[]; changed: { before: ShortfallLine; after: ShortfallLine }[] };
  units: number;
}

export interface ListedEdit {
  n: number;
  edit: Edit;
  facility: string | null;
  label: Bilingual;
}

export interface WhatIfState {
  session: string;
  snapshot: string;
  basis: string;
  walker: string;
  revision: number;
  /** Content id of the edits. */
  scenario: string | null;
  edits: ListedEdit[];
  elapsed_ms: number;
  total: Change;
  last: Change | null;
}

export interface ChangedCells {
  element: string;
  n: number;
  lon: number[];
  lat: number[];
  people: (number | null)[];
  before_m: (number | null)[];
  after_m: (number | null)[];
  /** 1 gained, −1 lost, 0 nearer or farther without crossing a threshold. */
  state: number[];
}

export type PlacedFacilities = FeatureCollection<Point, { id: string; element: string; name: string | null; capacity: number | null; state: "open" | "closed" | "added" | "moved" | "resized" }>;
export type PlacedLinks = FeatureCollection<LineString | Point, { edit: number; kind: string }>;

export interface NearEdge {
  id: string;
  name: string | null;
  highway: string | null;
  closed: boolean;
  metres: number;
  geometry: LineString;
}
export interface NearNode {
  id: string;
  kind: string | null;
  name: string | null;
  lon: number;
  lat: number;
  closed: boolean;
  metres: number;
}
export interface Near {
  edges: NearEdge[];
  nodes: NearNode[];
}

export interface Scenario {
  id: string;
  name: string;
  note: string | null;
  created: string;
  edits: number;
  snapshot: string;
  list?: ListedEdit[] | null;
}

export interface AreaDifference {
  code: string;
  name: string;
  level: string;
  grade: [string | null, string | null, string | null];
  score: [number | null, number | null, number | null];
  met: [number | null, number | null, number | null];
}

export interface Comparison {
  first: Change;
  second: Change;
  difference: {
    people: { group: string; first: Pair<number | null>; second: Pair<number | null> }[];
    areas: AreaDifference[];
    shortfalls: { total: [number, number, number]; only_first: ShortfallLine[]; only_second: ShortfallLine[] };
  };
}

interface Context {
  basis: string;
  walker: string;
}

const of = (session: string) => ({ path: { session } });

/** `key` makes a repeated request find the session that the first one made. */
export const openSession = (question: Context & { scenario?: string; edits?: Edit[] }, key: string, signal?: AbortSignal) => request<WhatIfState>("POST", "/what-if", {}, question, { key, signal });
export const readSession = (session: string, signal?: AbortSignal) => request<WhatIfState>("GET", "/what-if/{session}", of(session), null, { signal });
export const endSession = (session: string) => request<undefined>("DELETE", "/what-if/{session}", of(session));
export const applyEdit = (session: string, edit: Edit, replace: boolean, key: string) => request<WhatIfState>("POST", "/what-if/{session}/edits", { ...of(session), query: replace ? { replace: true } : {} }, edit, { key });
export const undoEdit = (session: string) => request<WhatIfState>("POST", "/what-if/{session}/undo", of(session));
export const saveScenario = (session: string, name: string, note: string, key: string) => request<Scenario>("POST", "/what-if/{session}/save", of(session), { name, note }, { key });
export const changedCells = (session: string, element: string, signal?: AbortSignal) => request<ChangedCells>("GET", "/what-if/{session}/cells", { ...of(session), query: { element } }, null, { signal });
export const placedFacilities = (session: string, element: string, signal?: AbortSignal) => request<PlacedFacilities>("GET", "/what-if/{session}/facilities", { ...of(session), query: { element } }, null, { signal });
export const placedLinks = (session: string, signal?: AbortSignal) => request<PlacedLinks>("GET", "/what-if/{session}/links", of(session), null, { signal });
export const whatIsNear = (session: string, at: Lonlat, metres: number, signal?: AbortSignal) => request<Near>("GET", "/what-if/{session}/near", { ...of(session), query: { lon: at[0], lat: at[1], metres } }, null, { signal });
export const listScenarios = (signal?: AbortSignal) => request<{ items: Scenario[] }>("GET", "/scenarios", {}, null, { signal });
export const renameScenario = (id: string, name: string, note: string) => request<Scenario>("PUT", "/scenarios/{id}/name", { path: { id } }, { name, note });
export const deleteScenario = (id: string) => request<undefined>("DELETE", "/scenarios/{id}", { path: { id } });
export const compareScenarios = (question: Context & { first: string | null; second: string | null }, signal?: AbortSignal) => request<Comparison>("POST", "/scenarios/compare", {}, question, { signal });
