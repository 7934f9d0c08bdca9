import type { paths } from "@/api/schema";

type Json<R> = R extends { content: { "application/json": infer B } } ? B : never;
type Got<P extends keyof paths> = paths[P] extends { get: { responses: { 200: infer R } } } ? Json<R> : never;
type Posted<P extends keyof paths> = paths[P] extends { post: { responses: { 200: infer R } } } ? Json<R> : never;

export type RoundList = Got<"/api/v1/office/dispatch/rounds">;
export type Round = Got<"/api/v1/office/dispatch/rounds/{round_id}">;
export type Standing = Round["sheets"][number];
export type Sheet = Got<"/api/v1/office/dispatch/sheets/{sheet_id}">;
export type SheetRow = Sheet["rows"][number];
export type SheetColumn = Sheet["columns"][number];
export type Preview = Posted<"/api/v1/office/dispatch/preview">;
export type Problem = Preview["problems"][number];

export type Value = string | number | null;
/** What was filled in in one row, by column. */
export type Reply = { row: string } & Record<string, Value>;

/** A sheet while it is being filled in. */
export interface Draft {
  /** Version of the sheet it was begun on. */
  version: number;
  replies: Record<string, Reply>;
  summary: string;
  problems: string;
}
