/** Jobs of the server: the list, what is under way, starting and cancelling. Polls only while something runs. */
import { computed, reactive, shallowRef } from "vue";
import { ApiError, get, post } from "@/api/client";
import type { ErrorBody, Job } from "@/api/types";

const POLL_MS = 700;
const jobs = shallowRef<Job[]>([]);
const listeners = new Set<(job: Job) => void>();
const status = reactive<{ error: ErrorBody | null }>({ error: null });
let timer: ReturnType<typeof setTimeout> | null = null;

const busy = (job: Job) => job.state === "queued" || job.state === "running";
const active = computed(() => jobs.value.filter(busy));

function accept(next: Job[]): void {
  const before = new Map(jobs.value.map((job) => [job.id, job]));
  jobs.value = next;
  for (const job of next) {
    const earlier = before.get(job.id);
    if (earlier && busy(earlier) && !busy(job)) for (const tell of listeners) tell(job);
  }
}

async function refresh(): Promise<void> {
  if (timer) clearTimeout(timer);
  timer = null;
  try {
    accept((await get("/jobs", {})).items);
    status.error = null;
  } catch (problem) {
    if (!(problem instanceof ApiError)) throw problem;
    status.error = problem.body;
  }
  if (active.value.length) timer = setTimeout(() => void refresh(), POLL_MS);
}

function replace(job: Job): void {
  const others = jobs.value.filter((item) => item.id !== job.id);
  accept([job, ...others]);
}

/** Start an assessment; the same question twice is the same job, or its finished result. */
async function assess(basis: string, walker: string): Promise<Job> {
  const job = await post("/jobs", {}, { kind: "assess", basis, walker }, crypto.randomUUID());
  replace(job);
  void refresh();
  return job;
}

async function cancel(id: string): Promise<void> {
  replace(await post("/jobs/{job_id}/cancel", { path: { job_id: id } }, null, crypto.randomUUID()));
  void refresh();
}

/** Be told when a job ends; returns how to stop listening. */
function onFinished(tell: (job: Job) => void): () => void {
  listeners.add(tell);
  return () => listeners.delete(tell);
}

export function useJobs() {
  return { jobs, active, status, refresh, assess, cancel, onFinished };
}
