/** What the whole application knows of the city, and the five items of context that live in the address. */
import { computed, effectScope, inject, provide, shallowRef, type InjectionKey, type ShallowRef } from "vue";
import { useRoute, useRouter } from "vue-router";
import { get } from "@/api/client";
import type { Basis, Catalogue, City, Element, Requirement, Session } from "@/api/types";
import { one, patched, type ContextKey } from "@/lib/url";
import { useResource, type Resource } from "./resource";

function setup() {
  const route = useRoute();
  const router = useRouter();
  const session = useResource<Session>(() => "session", (signal) => get("/session", {}, signal));
  /** With an office nothing is asked for before somebody who may read the city has signed in. */
  const open = (name: string) => (session.data.value?.permissions.includes("city:read") ? name : null);
  const city = useResource<City>(() => open("city"), (signal) => get("/city", {}, signal));
  const catalogue = useResource<Catalogue>(() => open("catalogue"), (signal) => get("/catalogue", {}, signal));
  const bases = useResource<Basis[]>(() => open("bases"), (signal) => get("/bases", {}, signal));

  const context = computed(() => ({
    city: city.data.value?.code || city.data.value?.name || "",
    snapshot: one(route.query, "snapshot") || city.data.value?.snapshot?.id || "",
    basis: one(route.query, "basis") || city.data.value?.default_basis || "",
    walker: one(route.query, "walker") || "standard",
    window: one(route.query, "window") || "any",
  }));

  function setQuery(patch: Record<string, string | null | undefined>, mode: "push" | "replace" = "push"): void {
    void router[mode]({ path: route.path, query: patched(route.query, patch) });
  }
  function setContext(key: ContextKey, value: string): void {
    setQuery({ ...context.value, [key]: value });
  }

  const resolved = useResource<{ run: string | null }>(
    () => (city.data.value ? `${context.value.snapshot}|${context.value.basis}|${context.value.walker}` : null),
    (signal) => {
      const { basis, walker, snapshot } = context.value;
      return get("/runs/resolve", { query: { basis, walker, snapshot } }, signal);
    },
  );
  const run = computed(() => (resolved.stale.value ? null : (resolved.data.value?.run ?? null)));
  /** The run whose results are on the screen, also while another is being looked for. */
  const shown = computed(() => resolved.data.value?.run ?? null);

  const basis = computed(() => bases.data.value?.find((item) => item.id === context.value.basis) ?? null);
  const elements = computed(() => new Map<string, Element>(catalogue.data.value?.elements.map((item) => [item.id, item])));
  const requirements = computed(
    () => new Map<string, Requirement>([...(basis.value?.requirements ?? [])].reverse().map((item) => [item.element, item])),
  );
  const required = computed(() => new Set(basis.value?.required ?? []));
  const fatal = computed(() => session.error.value ?? city.error.value ?? catalogue.error.value ?? bases.error.value);

  function reload(): void {
    for (const resource of [session, city, catalogue, bases] as Resource<unknown>[]) resource.reload();
  }

  return {
    session, city, catalogue, bases, context, setQuery, setContext, resolved, run, shown, basis, elements, requirements, required, fatal, reload,
  };
}

export type Workspace = ReturnType<typeof setup>;
const KEY: InjectionKey<Workspace> = Symbol("workspace");

export function provideWorkspace(): Workspace {
  const workspace = effectScope().run(setup) as Workspace;
  provide(KEY, workspace);
  return workspace;
}

export function useWorkspace(): Workspace {
  const workspace = inject(KEY);
  if (!workspace) throw new Error("useWorkspace() outside the application");
  return workspace;
}

/** The marker of a place found by search, shown until the next one. */
export const found: ShallowRef<{ lon: number; lat: number; name: string } | null> = shallowRef(null);
