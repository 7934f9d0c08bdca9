/** A list that is read page by page; what was loaded stays while more is fetched. */
import { computed, ref, shallowRef, watch } from "vue";
import { ApiError } from "@/api/client";
import type { ErrorBody } from "@/api/types";
import { useResource } from "@/state/resource";

interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

export function useList<T>(key: () => string | null, load: (cursor: string | null, signal?: AbortSignal) => Promise<Page<T>>) {
  const first = useResource<Page<T>>(key, (signal) => load(null, signal));
  const more = shallowRef<T[]>([]);
  const cursor = ref<string | null>(null);
  const busy = ref(false);
  const error = shallowRef<ErrorBody | null>(null);
  watch(first.data, (page) => {
    more.value = [];
    cursor.value = page?.next_cursor ?? null;
    error.value = null;
  });
  async function extend(): Promise<void> {
    const from = first.data.value;
    if (!cursor.value || busy.value) return;
    busy.value = true;
    try {
      const page = await load(cursor.value);
      if (first.data.value !== from) return;
      more.value = [...more.value, ...page.items];
      cursor.value = page.next_cursor;
    } catch (problem) {
      if (!(problem instanceof ApiError)) throw problem;
      error.value = problem.body;
    } finally {
      busy.value = false;
    }
  }
  const items = computed<T[]>(() => [...(first.data.value?.items ?? []), ...more.value]);
  return { first, items, cursor, busy, error: computed(() => first.error.value ?? error.value), extend, reload: first.reload };
}

/** Something a person does: busy while it runs, its error kept for the page, a newer version told apart. */
export function useAction() {
  const busy = ref(false);
  const error = shallowRef<ErrorBody | null>(null);
  const newer = ref(false);
  async function act(work: () => Promise<void>): Promise<boolean> {
    if (busy.value) return false;
    busy.value = true;
    error.value = null;
    newer.value = false;
    try {
      await work();
      return true;
    } catch (problem) {
      if (!(problem instanceof ApiError)) throw problem;
      newer.value = problem.status === 412;
      error.value = newer.value ? null : problem.body;
      return false;
    } finally {
      busy.value = false;
    }
  }
  return { busy, error, newer, act };
}
