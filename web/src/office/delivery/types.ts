/** Shapes of the programme's objects on the wire. */
import type { components } from "@/api/schema";

type Schemas = components["schemas"];
export type Programme = Schemas["ProgrammeOut"];
export type ProgrammeList = Schemas["ProgrammeList"];
export type Stage = Schemas["StageOut"];
export type Duty = Schemas["DutyOut"];
export type Target = Schemas["TargetOut"];
export type PaperKind = Schemas["PaperKind"];
export type Template = Schemas["ProgrammeTemplate"];
export type TemplateList = Schemas["ProgrammeTemplateList"];
export type PilotItem = Schemas["PilotItem"];
export type PilotPage = Schemas["PilotPage"];
export type Pilot = Schemas["PilotOut"];
export type CandidateList = Schemas["CandidateList"];
export type SubmissionItem = Schemas["SubmissionItem"];
export type SubmissionPage = Schemas["SubmissionPage"];
export type Submission = Schemas["SubmissionOut"];
export type ProjectItem = Schemas["ProjectItem"];
export type ProjectPage = Schemas["ProjectPage"];
export type Project = Schemas["ProjectOut"];
export type Money = Schemas["MoneyOut"];
export type MoneySums = Schemas["MoneySums"];
export type SiteList = Schemas["SiteList"];
export type Site = Schemas["SiteOut"];
export type OfferPage = Schemas["OfferPage"];
export type Offer = Schemas["OfferDetail"];
export type Experience = Schemas["ExperienceOut"];
export type ExperienceList = Schemas["ExperienceList"];
export type ApplicationPage = Schemas["ApplicationPage"];
export type Application = Schemas["ApplicationDetail"];

export interface FileItem {
  id: number;
  name: string;
  bytes: number;
  at: string;
}
/** One row of an inspection's sheet; `ok` null: not looked at. */
export interface SheetRow {
  item: string;
  ok: boolean | null;
  note: string;
}
