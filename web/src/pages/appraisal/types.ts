import type { paths } from "@/api/schema";

type Json<R> = R extends { content: { "application/json": infer B } } ? B : never;
type Got<P extends keyof paths> = paths[P] extends { get: { responses: { 200: infer R } } } ? Json<R> : never;
type Posted<P extends keyof paths> = paths[P] extends { post: { responses: { 200: infer R } } } ? Json<R> : never;

export type AppraisalList = Got<"/api/v1/office/appraisals">;
export type Appraisal = Got<"/api/v1/office/appraisals/{appraisal_id}">;
export type Unit = Appraisal["units"][number];
export type Cell = Unit["scores"][number];
export type Correction = Unit["corrections"][number];
export type Rules = Appraisal["rules"];
export type RulesInForce = Got<"/api/v1/office/appraisal-rules">;
export type Appeal = Appraisal["appeals"][number];
export type Score = Got<"/api/v1/office/appraisal-scores/{score_id}">;
export type Comparison = Posted<"/api/v1/office/appraisals/{appraisal_id}/compare">;
export type SurveyList = Got<"/api/v1/office/satisfaction">;

/** A row behind a score: what it is, what it counted, and why. */
export interface Behind {
  kind: string;
  id: number;
  code: string;
  title: string;
  counted: number | null;
  zh: string;
  en: string;
}

/** A score with its two places, as it adds up on paper. */
export const points = (value: number | null | undefined): string => (value === null || value === undefined ? "–" : value.toFixed(2));
