/** How many notices are unread: asked for every minute while the page is seen, and after one was read. */
import { computed, onScopeDispose, shallowRef, watch } from "vue";
import { ApiError, get } from "@/api/client";
import { useWorkspace } from "@/state/workspace";

const EVERY = 60_000;
const count = shallowRef<{ unread: number; act: number }>({ unread: 0, act: 0 });

export async function refreshUnread(): Promise<void> {
  try {
    count.value = await get("/office/notices/unread", {});
  } catch (problem) {
    if (!(problem instanceof ApiError)) throw problem; // Signed out, or no connection: the next minute asks again.
  }
}

export function useUnread() {
  const workspace = useWorkspace();
  const signedIn = computed(() => workspace.session.data.value?.permissions.includes("signed-in") ?? false);
  let timer: ReturnType<typeof setInterval> | undefined;
  const ask = () => {
    if (document.visibilityState === "visible") void refreshUnread();
  };
  const stop = watch(
    signedIn,
    (now) => {
      clearInterval(timer);
      if (!now) return;
      ask();
      timer = setInterval(ask, EVERY);
    },
    { immediate: true },
  );
  onScopeDispose(() => {
    stop();
    clearInterval(timer);
  });
  return { count, signedIn };
}
