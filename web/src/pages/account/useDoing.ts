/** One thing at a time on a form: busy, what went wrong, and what was done. */
import { ref, shallowRef } from "vue";
import { ElMessage } from "element-plus/es/components/message/index.mjs";
import { ApiError } from "@/api/client";
import type { ErrorBody } from "@/api/types";

export function useDoing() {
  const busy = ref(false);
  const problem = shallowRef<ErrorBody | null>(null);
  /** Whether it worked. What was entered stays where it is when it did not. */
  async function run(work: () => Promise<unknown>, done = ""): Promise<boolean> {
    if (busy.value) return false;
    busy.value = true;
    problem.value = null;
    try {
      await work();
      if (done) ElMessage.success(done);
      return true;
    } catch (failure) {
      if (!(failure instanceof ApiError)) throw failure;
      problem.value = failure.body;
      return false;
    } finally {
      busy.value = false;
    }
  }
  /** Something that this page itself can tell. */
  function refuse(zh: string): void {
    problem.value = { code: "", message: { zh, en: zh }, action: { zh: "", en: "" }, request_id: null };
  }
  return { busy, problem, run, refuse };
}
