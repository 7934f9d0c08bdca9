/** Communities of the city, for choosing where something lies. */
import { computed } from "vue";
import { get } from "@/api/client";
import type { AreaCollection } from "@/api/types";
import { useResource } from "@/state/resource";
import { useWorkspace } from "@/state/workspace";

export function useCommunities() {
  const { shown } = useWorkspace();
  const found = useResource<AreaCollection>(
    () => shown.value,
    (signal) => get("/runs/{run_id}/areas", { path: { run_id: shown.value ?? "" }, query: { level: "community" } }, signal) as Promise<AreaCollection>,
  );
  return computed(() => (found.data.value?.features ?? []).map((one) => ({ code: one.properties.code, name: one.properties.full_name })).sort((a, b) => a.code.localeCompare(b.code)));
}
