/** What is shown of areas on a map: the same items stand in the list beside it. */
import type { components } from "@/api/schema";
import type { Bounds } from "@/shared/map/useGlMap";

export type OutlineCollection = components["schemas"]["OutlineCollection"];
export type OutlineLevel = "community" | "life_circle" | "street" | "district" | "city";
export type { Bounds };

/** Meaning of a fill; each has a colour, a pattern of its own and its words on the map. */
export const TONES = ["act", "caution", "brand", "good", "plain"] as const;
export type Tone = (typeof TONES)[number];

export interface MapItem {
  key: string;
  title: string;
  /** A second line of its label: a state, or counts. */
  note: string;
  tone: Tone;
  /** Areas that are filled for it. */
  codes: string[];
  /** The area that holds them all, e.g. a life circle: its outline is drawn strong, and theirs thin. */
  whole?: string;
  /** Where it stands when none of its areas has an outline. */
  point: [number, number] | null;
  /** What is said on hover. */
  lines: string[];
}

/** Something at a point, over the areas. */
export interface MapMark {
  key: string;
  title: string;
  tone: Tone;
  point: [number, number];
  lines: string[];
}

export interface LegendLine {
  tone: Tone;
  text: string;
}
