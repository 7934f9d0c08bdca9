/** Colour of a paper's state: red where the unit must act, green where it is received. */
export function paperTone(state: string): string {
  if (state === "received") return "good";
  if (state === "returned") return "act";
  if (state === "submitted" || state === "resubmitted") return "caution";
  return "";
}
