/** Edits of one what-if session in order: one request at a time, and of a drag only the newest position. */
import { shallowRef, type ShallowRef } from "vue";
import { ApiError } from "@/api/client";
import type { ErrorBody } from "@/api/types";
import type { Edit, WhatIfState } from "@/api/whatif";

export interface EditingApi {
  apply(edit: Edit, replace: boolean): Promise<WhatIfState>;
  undo(): Promise<WhatIfState>;
}

export interface Editing {
  state: ShallowRef<WhatIfState | null>;
  /** What the last refused request said; cleared by the next accepted one. */
  error: ShallowRef<ErrorBody | null>;
  busy: ShallowRef<boolean>;
  /** One edit of its own. */
  add(edit: Edit): Promise<boolean>;
  /** The hand moves: an intermediate position of a drag; positions that come while one is computed are passed over. */
  drag(edit: Edit): void;
  /** The hand lets go: the last position is computed in any case. */
  drop(edit: Edit): Promise<boolean>;
  undo(): Promise<boolean>;
}

interface Gesture {
  /** The position that will be sent when the present request has come back. */
  newest: Edit | null;
  /** Whether the drag has an edit on the server that the next position takes the place of. */
  landed: boolean;
  running: Promise<boolean> | null;
}

export function createEditing(api: EditingApi): Editing {
  const state = shallowRef<WhatIfState | null>(null);
  const error = shallowRef<ErrorBody | null>(null);
  const busy = shallowRef(false);
  let chain: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  let gesture: Gesture | null = null;

  async function attempt(send: () => Promise<WhatIfState>): Promise<boolean> {
    try {
      state.value = await send();
      error.value = null;
      return true;
    } catch (problem) {
      if (!(problem instanceof ApiError)) throw problem;
      error.value = problem.body;
      return false;
    }
  }

  function queue<T>(work: () => Promise<T>): Promise<T> {
    waiting += 1;
    busy.value = true;
    const mine = chain.then(work);
    chain = mine
      .catch(() => undefined)
      .then(() => {
        waiting -= 1;
        busy.value = waiting > 0;
      });
    return mine;
  }

  async function follow(mine: Gesture): Promise<boolean> {
    let accepted = false;
    while (mine.newest) {
      const edit = mine.newest;
      mine.newest = null;
      accepted = await attempt(() => api.apply(edit, mine.landed));
      mine.landed ||= accepted;
    }
    mine.running = null;
    return accepted;
  }

  function drag(edit: Edit): Promise<boolean> {
    const mine = (gesture ??= { newest: null, landed: false, running: null });
    mine.newest = edit;
    mine.running ??= queue(() => follow(mine));
    return mine.running;
  }

  return {
    state,
    error,
    busy,
    add: (edit) => queue(() => attempt(() => api.apply(edit, false))),
    drag: (edit) => void drag(edit),
    drop(edit) {
      const settled = drag(edit);
      gesture = null;
      return settled;
    },
    undo: () => queue(() => attempt(() => api.undo())),
  };
}
