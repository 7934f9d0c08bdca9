/** Jobs of the server: the list, what is under way, starting and cancelling. Polls only while something runs. */
import { computed, reactive, shallowRef } from "vue";
import { ApiError, get, post } from "@/api/client";
import type { ErrorBody, Job, JobRequest } from "@/api/types";

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

/** The newest first, as the server lists them. */
function replace(job: Job): void {
  const known = jobs.value.some((item) => item.id === job.id);
  accept(known ? jobs.value.map((item) => (item.id === job.id ? job : item)) : [job, ...jobs.value]);
}

/** The same question twice is the same job, or its finished result. */
async function submit(body: JobRequest): Promise<Job> {
  const job = await post("/jobs", {}, body, crypto.randomUUID());
  replace(job);
  void refresh();
  return job;
}

const assess = (basis: string, walker: string) => submit({ kind: "assess", basis, walker });

/** Rank openings for a basis; empty walker: the metres of the verdict, empty element: all of them. */
const openings = (basis: string, walker: string, element: string) => submit({ kind: "openings", basis, walker: walker || null, element: element || null });

async function cancel(id: string): Promise<void> {
  try {
    replace(await post("/jobs/{job_id}/cancel", { path: { job_id: id } }, null, crypto.randomUUID()));
  } catch (problem) {
    if (!(problem instanceof ApiError)) throw problem;
    status.error = problem.body;
  }
  void refresh();
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** The job once it is over. Asked for by its id: one that the server forgot by a restart is an error of the server's. */
async function ended(job: Job, signal: AbortSignal): Promise<Job> {
  let present = job;
  for (let wait = 150; busy(present); wait = Math.min(wait * 1.5, POLL_MS)) {
    await pause(wait);
    signal.throwIfAborted();
    present = await get("/jobs/{job_id}", { path: { job_id: job.id } }, signal);
    replace(present);
  }
  return present;
}

/** Be told when a job ends; returns how to stop listening. */
function onFinished(tell: (job: Job) => void): () => void {
  listeners.add(tell);
  return () => listeners.delete(tell);
}

export function useJobs() {
  return { jobs, active, status, refresh, assess, openings, cancel, ended, onFinished };
}
