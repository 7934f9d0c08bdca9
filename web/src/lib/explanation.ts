/** The explanation of one number, as the assessment writes it. */
import type { LineString } from "geojson";

export interface Explanation {
  verdict_zh: string;
  verdict_en: string;
  route?: LineString | null;
  facility?: { name?: string | null } | null;
}
