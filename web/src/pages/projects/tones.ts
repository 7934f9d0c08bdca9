/** Colour of a project's state. */
export function projectTone(state: string): string {
  if (state === "in_use" || state === "accepted") return "good";
  if (state === "suspended" || state === "postponed") return "act";
  if (state === "proposed" || state === "completed") return "caution";
  return state === "cancelled" ? "" : "brand";
}
