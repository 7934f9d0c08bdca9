import { onScopeDispose, shallowRef, watch, type ShallowRef } from "vue";
import { ApiError } from "@/api/client";
import type { ErrorBody } from "@/api/types";

/** Something loaded from the server: its last good content stays while a newer one is fetched. */
export interface Resource<T> {
  data: ShallowRef<T | null>;
  error: ShallowRef<ErrorBody | null>;
  /** Nothing to show yet. */
  loading: ShallowRef<boolean>;
  /** What is shown belongs to an older question. */
  stale: ShallowRef<boolean>;
  reload: () => void;
}

/** How long an answer may take before its predecessor is marked as out of date. */
const QUIET_MS = 150;

/**
 * Load whenever `key` changes; `null` means there is nothing to ask.
 *
 * @param load what to show; `null`: there is nothing
 * @param keep whether the previous content stays visible (marked stale) while another is fetched
 */
export function useResource<T>(
  key: () => string | null,
  load: (signal: AbortSignal) => Promise<T | null>,
  keep = true,
): Resource<T> {
  const data = shallowRef<T | null>(null);
  const error = shallowRef<ErrorBody | null>(null);
  const loading = shallowRef(false);
  const stale = shallowRef(false);
  let current: AbortController | null = null;

  async function run(present: string | null): Promise<void> {
    current?.abort();
    error.value = null;
    if (present === null) {
      data.value = null;
      loading.value = stale.value = false;
      return;
    }
    const mine = new AbortController();
    current = mine;
    if (!keep) data.value = null;
    loading.value = data.value === null;
    const quiet = setTimeout(() => (stale.value = mine === current && data.value !== null), QUIET_MS);
    try {
      const answer = await load(mine.signal);
      if (mine === current) data.value = answer;
    } catch (problem) {
      if (mine !== current || mine.signal.aborted) return;
      if (!(problem instanceof ApiError)) throw problem;
      error.value = problem.body;
      data.value = null;
    } finally {
      clearTimeout(quiet);
      if (mine === current) loading.value = stale.value = false;
    }
  }

  watch(key, (present) => void run(present), { immediate: true });
  onScopeDispose(() => current?.abort());
  return { data, error, loading, stale, reload: () => void run(key()) };
}
