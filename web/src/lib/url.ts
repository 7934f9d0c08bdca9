import type { LocationQuery, LocationQueryRaw } from "vue-router";

/** The five items every page shares. */
export const CONTEXT_KEYS = ["city", "snapshot", "basis", "walker", "window"] as const;
export type ContextKey = (typeof CONTEXT_KEYS)[number];

/** One value of a query; repeated keys count once. */
export function one(query: LocationQuery, key: string): string {
  const value = query[key];
  return (Array.isArray(value) ? value[0] : value) ?? "";
}

/** A comma-separated list. */
export function many(query: LocationQuery, key: string): string[] {
  return one(query, key).split(",").filter(Boolean);
}

/** The query with some keys changed; an empty value removes its key, so that addresses stay short. */
export function patched(query: LocationQuery, patch: Record<string, string | null | undefined>): LocationQueryRaw {
  const result: LocationQueryRaw = { ...query };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null || value === undefined || value === "") delete result[key];
    else result[key] = value;
  }
  return result;
}

/** Only the context of a query, for links to another page. */
export function contextOf(query: LocationQuery): LocationQueryRaw {
  return Object.fromEntries(CONTEXT_KEYS.filter((key) => one(query, key)).map((key) => [key, one(query, key)]));
}

export interface View {
  zoom: number;
  lat: number;
  lon: number;
}

/** `zoom/lat/lon`, as in `at=12.5/39.6532/106.8123`. */
export function parseView(text: string): View | null {
  const parts = text.split("/").map(Number);
  if (parts.length !== 3 || parts.some((part) => !Number.isFinite(part)) || !text) return null;
  const [zoom, lat, lon] = parts as [number, number, number];
  return Math.abs(lat) <= 85 && Math.abs(lon) <= 180 && zoom >= 0 && zoom <= 24 ? { zoom, lat, lon } : null;
}

export function formatView(view: View): string {
  return `${view.zoom.toFixed(2)}/${view.lat.toFixed(5)}/${view.lon.toFixed(5)}`;
}
