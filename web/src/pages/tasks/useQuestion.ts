/** The question in the address: filters, order and view; the same for every view. */
import { computed } from "vue";
import { useRoute, useRouter } from "vue-router";
import { many, one, patched } from "@/lib/url";
import { LISTS, QUICK, SORTS, VIEWS, type ListName, type QuickName, type ViewName } from "./types";

const ON = new Set(["1", "true", "yes"]);

export function useQuestion() {
  const route = useRoute();
  const router = useRouter();
  const lists = computed(() => Object.fromEntries(LISTS.map((name) => [name, many(route.query, name)])) as Record<ListName, string[]>);
  const quick = computed(() => QUICK.filter((name) => ON.has(one(route.query, name))));
  const text = computed(() => one(route.query, "q"));
  const area = computed(() => one(route.query, "area"));
  const from = computed(() => one(route.query, "due_from"));
  const to = computed(() => one(route.query, "due_to"));
  const sort = computed(() => {
    const asked = one(route.query, "sort");
    return (SORTS as readonly string[]).includes(asked) || (SORTS as readonly string[]).includes(asked.replace(/^-/, "")) ? asked : "due";
  });
  const view = computed<ViewName>(() => (VIEWS as readonly string[]).includes(one(route.query, "view")) ? (one(route.query, "view") as ViewName) : "list");
  /** As the server takes it. */
  const question = computed(() => ({
    ...Object.fromEntries(LISTS.map((name) => [name, lists.value[name]])),
    ...Object.fromEntries(quick.value.map((name) => [name, true])),
    q: text.value, area: area.value, due_from: from.value, due_to: to.value,
  }));
  const filtered = computed(() => Object.values(lists.value).some((values) => values.length) || quick.value.length > 0 || !!(text.value || area.value || from.value || to.value));

  function patch(values: Record<string, string | null>): void {
    void router.replace({ path: route.path, query: patched(route.query, values) });
  }
  function choose(name: ListName, values: string[]): void {
    patch({ [name]: values.join() || null });
  }
  function toggle(name: QuickName): void {
    patch({ [name]: quick.value.includes(name) ? null : "1" });
  }
  function clear(): void {
    patch(Object.fromEntries([...LISTS, ...QUICK, "q", "area", "due_from", "due_to"].map((name) => [name, null])));
  }
  function open(id: number | null): void {
    void router.push({ path: id === null ? "/tasks" : `/tasks/${id}`, query: route.query });
  }
  const opened = computed(() => Number(route.params["id"]) || null);
  return { route, lists, quick, text, area, from, to, sort, view, question, filtered, patch, choose, toggle, clear, open, opened };
}
