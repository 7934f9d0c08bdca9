/** What a person is filling in, kept in this browser until it is handed in: a reload or a broken connection loses nothing. */
import { onScopeDispose, reactive, ref, watch } from "vue";
import type { Draft, Reply, Sheet, Value } from "./types";

const NAME = (sheet: number) => `kezhong.dispatch.${sheet}`;
const QUIET_MS = 400;

function blank(sheet: Sheet): Draft {
  const replies: Record<string, Reply> = {};
  for (const row of sheet.rows) replies[row.row] = { row: row.row };
  for (const reply of sheet.replies as Reply[]) if (replies[reply.row]) replies[reply.row] = { ...reply };
  return { version: sheet.version, replies, summary: sheet.summary, problems: sheet.problems_text };
}

function kept(sheet: number): Draft | null {
  try {
    return JSON.parse(localStorage.getItem(NAME(sheet)) ?? "null") as Draft | null;
  } catch {
    return null;
  }
}

export function useDraft() {
  const draft = reactive<Draft>({ version: 0, replies: {}, summary: "", problems: "" });
  const savedAt = ref<Date | null>(null);
  /** The draft differs from what was handed in last. */
  const dirty = ref(false);
  const failed = ref(false);
  let sheetId = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let loading = false;

  function load(sheet: Sheet): void {
    loading = true;
    sheetId = sheet.id;
    const fresh = blank(sheet);
    const found = kept(sheet.id);
    Object.assign(draft, fresh);
    if (found) {
      // Rows that were added since stay blank; rows that are gone are left out.
      for (const key of Object.keys(draft.replies)) if (found.replies[key]) draft.replies[key] = found.replies[key];
      Object.assign(draft, { summary: found.summary, problems: found.problems, version: found.version });
    }
    dirty.value = !!found;
    savedAt.value = null;
    queueMicrotask(() => (loading = false));
  }
  function set(row: string, field: string, value: Value): void {
    draft.replies[row] = { ...draft.replies[row], row, [field]: value };
  }
  /** Put what a file says in the place of the draft. */
  function take(replies: Reply[], summary: string, problems: string): void {
    for (const reply of replies) if (draft.replies[reply.row]) draft.replies[reply.row] = { ...reply };
    draft.summary = summary;
    draft.problems = problems;
  }
  function save(): void {
    clearTimeout(timer);
    if (!sheetId || !dirty.value) return;
    try {
      localStorage.setItem(NAME(sheetId), JSON.stringify(draft));
      savedAt.value = new Date();
      failed.value = false;
    } catch {
      failed.value = true; // The browser keeps nothing (private window, full): said on the page.
    }
  }
  function forget(): void {
    clearTimeout(timer);
    localStorage.removeItem(NAME(sheetId));
    dirty.value = false;
    savedAt.value = null;
  }
  watch(
    draft,
    () => {
      if (loading) return;
      dirty.value = true;
      clearTimeout(timer);
      timer = setTimeout(save, QUIET_MS);
    },
    { deep: true },
  );
  // A reload does not wait for the quiet after the last key.
  window.addEventListener("pagehide", save);
  onScopeDispose(() => {
    window.removeEventListener("pagehide", save);
    save();
  });
  return { draft, dirty, savedAt, failed, load, set, take, forget };
}
