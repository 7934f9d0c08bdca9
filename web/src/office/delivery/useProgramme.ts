/** The programmes, and which one the page is about: that of the address, else the newest that runs. */
import { computed } from "vue";
import { useRoute } from "vue-router";
import { get } from "@/api/client";
import { one } from "@/lib/url";
import { useResource } from "@/state/resource";
import { useWorkspace } from "@/state/workspace";
import type { ProgrammeList } from "./types";

export function useProgramme() {
  const route = useRoute();
  const workspace = useWorkspace();
  const programmes = useResource<ProgrammeList>(() => "programmes", (signal) => get("/office/programmes", {}, signal));
  const items = computed(() => programmes.data.value?.items ?? []);
  const chosen = computed(() => {
    const wanted = Number(one(route.query, "programme"));
    return items.value.find((item) => item.id === wanted) ?? items.value.find((item) => item.state === "running") ?? items.value[0] ?? null;
  });
  const id = computed(() => chosen.value?.id ?? null);
  const may = (permission: string): boolean => workspace.session.data.value?.permissions.includes(permission) ?? false;
  return { programmes, items, chosen, id, may, workspace };
}
