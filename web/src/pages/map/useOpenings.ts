import { computed, ref, shallowRef, watch, type ComputedRef, type Ref } from "vue";
import { ApiError, get } from "@/api/client";
import type { Job, Openings } from "@/api/types";
import { useJobs } from "@/state/jobs";
import { useResource, type Resource } from "@/state/resource";

const NOT_COMPUTED = "server.openings_not_computed";

export interface OpeningsQuestion {
  basis: string;
  /** Empty: the metres of the verdict. */
  walker: string;
  /** Empty: all of them. */
  element: string;
}

export interface OpeningsAnswer {
  found: Resource<Openings>;
  /** The computation under way. */
  job: ComputedRef<Job | null>;
  /** It was cancelled; what is shown belongs to the question before. */
  stopped: Ref<boolean>;
}

/**
 * Openings for a question: the answer that is there, else a job makes it.
 *
 * A job whose question is replaced by another is cancelled; closing the panel (`null`) lets it finish, and its answer is
 * there when the panel opens again.
 */
export function useOpenings(question: () => OpeningsQuestion | null, kind: () => string, version: () => string): OpeningsAnswer {
  const { active, openings, cancel, ended } = useJobs();
  const id = shallowRef("");
  const stopped = ref(false);
  const job = computed(() => active.value.find((item) => item.id === id.value) ?? null);
  const asked = () => {
    const present = question();
    return present ? [present.basis, present.element, present.walker, version()].join("|") : null;
  };

  // Before the resource asks its next question.
  watch(asked, (present) => {
    if (present !== null && job.value) void cancel(job.value.id);
    id.value = "";
  });

  const read = ({ basis, walker, element }: OpeningsQuestion, signal: AbortSignal) =>
    get("/openings", { query: { basis, element: element || null, walker: walker || null, kind: (kind() || null) as "dead_end" | null } }, signal);

  async function load(signal: AbortSignal): Promise<Openings | null> {
    const present = question() as OpeningsQuestion;
    const key = asked();
    stopped.value = false;
    try {
      return await read(present, signal);
    } catch (problem) {
      if (!(problem instanceof ApiError) || problem.body.code !== NOT_COMPUTED) throw problem;
    }
    const begun = await openings(present.basis, present.walker, present.element);
    if (signal.aborted) {
      // Another question was put while this one was submitted; another kind of the same waits for the same job.
      if (asked() !== null && asked() !== key) void cancel(begun.id);
      signal.throwIfAborted();
    }
    id.value = begun.id;
    const over = await ended(begun, signal);
    if (over.error) throw new ApiError(500, over.error);
    if (over.state === "done") return read(present, signal);
    stopped.value = true;
    return found.data.value;
  }

  const found: Resource<Openings> = useResource<Openings>(() => (asked() === null ? null : `${asked()}|${kind()}`), load);
  return { found, job, stopped };
}
