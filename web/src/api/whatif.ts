/** What-if sessions and scenarios: the shapes on the wire, all of the generated schema, and one function for each request. */
import { request } from "./client";
import type { components } from "./schema";

type Schemas = components["schemas"];

export type Lonlat = [number, number];
export type LinkKind = Schemas["OpenLink"]["link"];
/** What the server fills in may be left out of what is sent. */
type Sent<E> = E extends unknown ? Omit<E, "via" | "demand"> & Partial<Pick<E, Extract<keyof E, "via" | "demand">>> : never;
export type Edit = Sent<Schemas["ListedEdit"]["edit"]>;

export type ShortfallLine = Schemas["ShortfallLine"];
export type AreaChange = Schemas["AreaChange"];
export type Change = Schemas["WhatIfChange"];
export type ListedEdit = Schemas["ListedEdit"];
export type WhatIfState = Schemas["WhatIfState"];
export type ChangedCells = Schemas["ChangedCells"];
export type PlacedFacilities = Schemas["PlacedFacilities"];
export type PlacedLinks = Schemas["PlacedLinks"];
export type Near = Schemas["Near"];
export type Scenario = Schemas["ScenarioOut"];
export type Comparison = Schemas["Comparison"];

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
