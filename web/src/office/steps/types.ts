/** What the server says of the steps of any object of the office: those that are allowed now, and those that were taken. */
export interface AllowedStep {
  id: string;
  zh: string;
  en: string;
  to: string;
  needs: string[];
  may: string[];
}

export interface StepTold {
  id: number;
  transition: string;
  zh: string;
  en: string;
  before: string;
  before_zh: string;
  before_en: string;
  after: string;
  after_zh: string;
  after_en: string;
  at: string;
  person: string | null;
  unit: string | null;
  reason: string;
  details: Record<string, unknown>;
}

/** What a person hands in with a step: the reason apart, since every step may have one. */
export interface StepInput {
  reason: string;
  fields: Record<string, unknown>;
}

/** Steps that end, refuse or send back something are red and never the first button. */
const GRAVE = new Set([
  "refuse", "return", "withdraw", "decline", "dismiss", "drop", "cancel", "suspend", "refuse_acceptance", "order_rectification", "measure_not_met", "supersede", "supersede_confirmed", "waive", "postpone", "reopen",
]);
export const isGrave = (step: AllowedStep): boolean => GRAVE.has(step.id);
