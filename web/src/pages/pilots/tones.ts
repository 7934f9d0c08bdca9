/** Colour of a pilot's state: red for what somebody must act on, green for what is done. */
export function toneOf(state: string): string {
  if (state === "accepted") return "good";
  if (["returned", "rectifying", "not_accepted"].includes(state)) return "act";
  if (["nominated", "under_review", "self_checked", "inspected"].includes(state)) return "caution";
  if (["declined", "withdrawn"].includes(state)) return "";
  return "brand";
}
