/** One task and what is done to it: every change goes through here, so that a newer version is never overwritten. */
import { reactive, shallowRef, type Ref } from "vue";
import { ApiError, get, request } from "@/api/client";
import type { ErrorBody } from "@/api/types";
import type { TaskDetail } from "./types";

export function useTask(changed: (task: TaskDetail) => void, task: Ref<TaskDetail | null>) {
  const status = reactive<{ busy: string; error: ErrorBody | null; at: string }>({ busy: "", error: null, at: "" });
  /** The newest version, after somebody else was quicker. */
  const newer = shallowRef<TaskDetail | null>(null);

  async function run<T>(what: string, act: () => Promise<T>): Promise<T | null> {
    status.busy = what;
    status.error = null;
    status.at = what;
    try {
      return await act();
    } catch (problem) {
      if (!(problem instanceof ApiError)) throw problem;
      status.error = problem.body;
      if (problem.status === 412 && task.value) newer.value = await get("/office/tasks/{task_id}", { path: { task_id: task.value.id } });
      return null;
    } finally {
      status.busy = "";
    }
  }
  /** Change the task; its answer is the newest version. `version` stands for the one that was seen. */
  async function change(what: string, method: "POST" | "PUT" | "PATCH", path: string, body: unknown, version?: number): Promise<boolean> {
    const before = task.value;
    if (!before) return false;
    const seen = version ?? before.version;
    const options = method === "POST" ? { version: seen, key: crypto.randomUUID() } : { version: seen };
    const answer = await run(what, () => request<TaskDetail>(method, `/office/tasks/{id}${path}`, { path: { id: before.id } }, body, options));
    if (!answer) return false;
    newer.value = null;
    changed(answer);
    return true;
  }
  function forget(): void {
    status.error = null;
    newer.value = null;
  }
  return { status, newer, run, change, forget };
}
