/** A file that was read on one page and is shown on the sheet's own. */
import { shallowRef } from "vue";
import type { Preview } from "./types";

const waiting = shallowRef<{ preview: Preview; name: string } | null>(null);

export function handOver(preview: Preview, name: string): void {
  waiting.value = { preview, name };
}

/** The file that was read for this sheet, once. */
export function takeOver(sheet: number): { preview: Preview; name: string } | null {
  const found = waiting.value;
  if (found?.preview.sheet_id !== sheet) return null;
  waiting.value = null;
  return found;
}
