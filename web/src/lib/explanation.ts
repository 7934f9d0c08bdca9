/** The explanation of one number, as the assessment writes it (its schema leaves the fields open). */
import type { LineString } from "geojson";
import type { Bilingual, Threshold } from "@/api/types";

export interface ExplainedFigure {
  indicator: string;
  variant: string;
  age_group: string;
  walker: string;
  threshold: number | null;
  threshold_unit: string;
  value: number | null;
  unit: string;
  numerator: number | null;
  denominator: number | null;
  low: number | null;
  high: number | null;
  status: string;
  reason_zh: string;
  reason_en: string;
}
export interface ExplainedRequirement extends Bilingual {
  id: string;
  status: string;
  threshold: Threshold | null;
  pass_share: number | null;
  clause: string;
  clause_en: string;
  evidence: (Bilingual & { grade: string; normative: boolean })[];
  reason_zh: string;
  reason_en: string;
}
export interface ExplainedFacility {
  facility_id: string;
  name: string | null;
  status: string | null;
  capacity: number | null;
  capacity_unit: string | null;
  floor_area_m2: number | null;
  hours: string | null;
  source: string | null;
  as_of: string | null;
  metres: number | null;
  minutes: number | null;
  lon: number;
  lat: number;
}
export interface ExplainedSource {
  what: string;
  zh: string;
  source: string;
  id?: string;
  rows?: string[];
  records?: string[];
  method?: string | null;
  age_basis?: string | null;
  as_of?: string | null;
}
export interface Explanation {
  area: { code: string; name: string; full_name: string; level: string };
  element: { id: string; zh: string; en: string };
  verdict_zh: string;
  verdict_en: string;
  status: string;
  reason_zh: string;
  reason_en: string;
  figures: ExplainedFigure[];
  requirements: ExplainedRequirement[];
  people: { residents: number; target_group: string; target: number | null; people_affected: number | null; children_affected: number | null; elderly_affected: number | null; target_affected: number | null; target_share: number | null };
  unit: { cell_id: string; lon: number; lat: number; metres: number | null; minutes: number | null; reason_zh: string; reason_en: string } | null;
  facility: ExplainedFacility | null;
  facilities: ExplainedFacility[];
  route: LineString | null;
  steps: { name: string; highway: string; edge_metres: number }[];
  sources: ExplainedSource[];
  conflicts: { basis: string; value: number | null; unit: string; item: string; clause: string; clause_en: string }[];
  certainty: Bilingual & { id: string };
  parameters: Record<string, string | number | boolean | null>;
  versions: { run: string; created: string; snapshot: string; layers: Record<string, Record<string, string>>; basis: string; basis_version: string; basis_hash: string; software: string; quality: number | null };
  shortfall_id: string | null;
}
