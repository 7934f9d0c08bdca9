/** One what-if session of the page: found by its address or opened anew, edited in order, with what the map needs of it. */
import { computed, onScopeDispose, ref, shallowRef, watch } from "vue";
import { useRoute } from "vue-router";
import { ApiError } from "@/api/client";
import type { ErrorBody } from "@/api/types";
import { applyEdit, changedCells, listScenarios, openSession, placedFacilities, placedLinks, readSession, saveScenario, undoEdit, type ChangedCells, type Edit, type PlacedFacilities, type PlacedLinks, type Scenario, type WhatIfState } from "@/api/whatif";
import { one } from "@/lib/url";
import { createEditing } from "@/state/editing";
import { useResource } from "@/state/resource";
import { useWorkspace } from "@/state/workspace";

/** The newest answer wins, one request at a time: nothing is aborted, so that a picture follows the hand however fast it is. */
function useLatest<T>(key: () => string | null, load: () => Promise<T>) {
  const data = shallowRef<T | null>(null);
  let loading = false;
  let again = false;
  async function run(): Promise<void> {
    if (loading) return void (again = true);
    loading = true;
    do {
      again = false;
      const asked = key();
      if (asked === null) data.value = null;
      else {
        try {
          const answer = await load();
          if (key() !== null) data.value = answer;
        } catch (problem) {
          if (!(problem instanceof ApiError)) throw problem;
          data.value = null; // The figures say what failed; an outdated picture must not stay.
        }
      }
    } while (again);
    loading = false;
  }
  watch(key, () => void run(), { immediate: true });
  return data;
}

export function useSession() {
  const route = useRoute();
  const workspace = useWorkspace();
  const editing = createEditing({
    apply: (edit, replace) => applyEdit(id(), edit, replace, crypto.randomUUID()),
    undo: () => undoEdit(id()),
  });
  const { state } = editing;
  const problem = shallowRef<ErrorBody | null>(null);
  const preparing = ref(false);
  const seconds = ref(0);
  /** A session of the address that the server has forgotten. */
  const lost = ref(false);
  const dragging = ref(false);
  let current: AbortController | null = null;
  let clock: ReturnType<typeof setInterval> | undefined;
  let key = crypto.randomUUID();

  const session = computed(() => state.value?.session ?? null);
  const element = computed(() => one(route.query, "element"));
  function id(): string {
    if (!session.value) throw new Error("no session is open");
    return session.value;
  }

  async function prepare(load: (signal: AbortSignal) => Promise<WhatIfState>): Promise<void> {
    current?.abort();
    const mine = new AbortController();
    current = mine;
    problem.value = null;
    preparing.value = true;
    seconds.value = 0;
    clearInterval(clock);
    clock = setInterval(() => (seconds.value += 1), 1000);
    try {
      const answer = await load(mine.signal);
      if (mine !== current) return;
      state.value = answer;
      editing.error.value = null;
      key = crypto.randomUUID();
      if (one(route.query, "s") !== answer.session) workspace.setQuery({ s: answer.session, scenario: null }, "replace");
    } catch (failed) {
      if (mine !== current || mine.signal.aborted) return;
      if (!(failed instanceof ApiError)) throw failed;
      problem.value = failed.body;
    } finally {
      if (mine === current) {
        clearInterval(clock);
        preparing.value = false;
      }
    }
  }
  function question(): { basis: string; walker: string } {
    const { basis, walker } = workspace.context.value;
    return { basis, walker };
  }
  const open = (start: { scenario?: string; edits?: Edit[] } = {}) => prepare((signal) => openSession({ ...question(), ...start }, key, signal));
  /** The session of the address; where the server has forgotten it, a new one, and it is said. */
  function begin(): Promise<void> {
    const known = one(route.query, "s");
    const scenario = one(route.query, "scenario");
    if (!known) return open(scenario ? { scenario } : {});
    return prepare(async (signal) => {
      try {
        return await readSession(known, signal);
      } catch (failed) {
        if (!(failed instanceof ApiError) || failed.status !== 404) throw failed;
        lost.value = true;
        return openSession(question(), key, signal);
      }
    });
  }
  function cancel(): void {
    current?.abort();
    current = null;
    clearInterval(clock);
    preparing.value = false;
    key = crypto.randomUUID();
  }
  onScopeDispose(cancel);

  // Another basis or walker is another question about the same edits.
  watch(
    () => [workspace.context.value.basis, workspace.context.value.walker],
    ([basis, walker]) => {
      const present = state.value;
      if (present && (present.basis !== basis || present.walker !== walker)) void open({ edits: present.edits.map((item) => item.edit) });
    },
  );

  const changing = () => (session.value && element.value ? `${session.value}|${element.value}|${state.value?.revision}` : null);
  const cells = useLatest<ChangedCells>(changing, () => changedCells(id(), element.value));
  /** Not while the hand moves: the facility in it is drawn by the page. */
  const settled = ref(0);
  watch([() => state.value?.revision, dragging], () => {
    if (!dragging.value) settled.value = state.value?.revision ?? 0;
  });
  const facilities = useResource<PlacedFacilities>(
    () => (session.value && element.value ? `${session.value}|${element.value}|${settled.value}` : null),
    (signal) => placedFacilities(id(), element.value, signal),
  );
  const links = useResource<PlacedLinks>(
    () => (session.value ? `${session.value}|${settled.value}` : null),
    (signal) => placedLinks(id(), signal),
  );
  const scenarios = useResource<{ items: Scenario[] }>(
    () => "scenarios",
    (signal) => listScenarios(signal),
  );
  const saved = computed(() => scenarios.data.value?.items.find((item) => item.id === state.value?.scenario) ?? null);
  const unsaved = computed(() => !!state.value?.edits.length && saved.value === null);

  async function save(name: string, note: string): Promise<Scenario> {
    const made = await saveScenario(id(), name, note, crypto.randomUUID());
    const items = (scenarios.data.value?.items ?? []).filter((item) => item.id !== made.id);
    scenarios.data.value = { items: [made, ...items] };
    return made;
  }

  return { editing, state, session, element, problem, preparing, seconds, lost, dragging, cells, facilities, links, scenarios, saved, unsaved, begin, open, cancel, save };
}
export type Session = ReturnType<typeof useSession>;
