/** Values of targets and promises in their unit. */
import { DASH, decimal, metres, minutes, people, percent, type Language } from "@/lib/format";

export interface Explained {
  area: string;
  level: string;
  element: string;
}

export function inUnit(value: number | null | undefined, unit: string, language: Language): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return DASH;
  if (unit === "share") return percent(value);
  if (unit === "m") return metres(value, language);
  if (unit === "min") return minutes(value, language);
  const number = Number.isInteger(value) ? people(value) : decimal(value, 2);
  return unit && !["flag", "count"].includes(unit) ? `${number} ${unit}` : number;
}

/** The change from one value to another, with its sign. */
export function change(from: number, to: number, unit: string, language: Language): string {
  const by = to - from;
  const sign = by > 0 ? "+" : by < 0 ? "−" : "±";
  if (unit === "share") return `${sign}${decimal(Math.abs(by) * 100, 1)}`;
  return `${sign}${inUnit(Math.abs(by), unit, language)}`;
}

/** Address of the map with the panel that explains the figure. */
export const explainRoute = (place: Explained, context: object) => ({
  path: "/map",
  query: { ...context, element: place.element, view: "areas", area: place.area, ...(place.level ? { level: place.level } : {}) },
});
