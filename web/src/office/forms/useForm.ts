/**
 * A form of the office: what was typed, what is wrong with it in words, and what becomes of it.
 *
 * Only what was changed is sent. When somebody else was quicker (412), the newest values are fetched and shown beside
 * what was typed; it can be sent again on that version. Nothing typed is lost by a refusal or a broken connection.
 */
import { computed, reactive, ref, shallowRef, toRaw, watch, type ComputedRef } from "vue";
import { ApiError } from "@/api/client";
import type { ErrorBody } from "@/api/types";
import { useText } from "@/i18n";

export interface Stand<T> {
  /** `null` where a new thing is made. */
  version: number | null;
  values: T;
}
export interface Sending<T> {
  draft: T;
  version: number | null;
  /** The same until something is typed: pressing twice makes one thing. */
  key: string;
}
interface Given<T> {
  stand: Stand<T>;
  /** Words for each field, for the comparison with a newer version. */
  names: Partial<Record<keyof T, string>>;
  /** What is wrong, by field. */
  check?: (draft: T) => Partial<Record<keyof T, string>>;
  send: (changes: Partial<T>, how: Sending<T>) => Promise<void>;
  newest?: () => Promise<Stand<T>>;
  /** How a value reads in the comparison. */
  said?: (name: keyof T, value: T[keyof T], draft: T) => string;
}

const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

export function useForm<T extends object>(given: Given<T>) {
  const { t, pick } = useText();
  const names = Object.keys(given.stand.values) as (keyof T & string)[];
  const stand = shallowRef<Stand<T>>({ version: given.stand.version, values: structuredClone(given.stand.values) });
  const draft = reactive(structuredClone(given.stand.values)) as T;
  const asked = ref(false);
  const busy = ref(false);
  const error = shallowRef<ErrorBody | null>(null);
  const theirs = shallowRef<Stand<T> | null>(null);
  let key = crypto.randomUUID();

  const touched = (name: keyof T): boolean => !same(draft[name], stand.value.values[name]);
  const changes: ComputedRef<Partial<T>> = computed(() => {
    const found: Partial<T> = {};
    for (const name of names) if (touched(name)) found[name] = draft[name];
    return found;
  });
  const changed = computed(() => Object.keys(changes.value).length > 0);
  const found = computed(() => given.check?.(draft) ?? {});
  const good = computed(() => !Object.values(found.value).some(Boolean));
  /** The server names the field it refuses: its words stand there. */
  const refused = computed(() => {
    const details = error.value?.details ?? {};
    const name = String(details["column"] ?? details["field"] ?? "").split(".").pop() ?? "";
    return (names as string[]).includes(name) ? name : null;
  });
  function problem(name: keyof T & string): string {
    const own = (found.value as Record<string, string | undefined>)[name];
    if (own && (asked.value || touched(name))) return own;
    return refused.value === name && error.value ? pick(error.value.message) : "";
  }
  watch(
    () => JSON.stringify(draft),
    () => {
      key = crypto.randomUUID();
      if (refused.value) error.value = null;
    },
  );

  async function send(): Promise<boolean> {
    asked.value = true;
    if (busy.value || !good.value) return false;
    busy.value = true;
    error.value = null;
    try {
      await given.send(changes.value, { version: stand.value.version, key, draft });
      theirs.value = null;
      return true;
    } catch (trouble) {
      if (!(trouble instanceof ApiError)) throw trouble;
      if (trouble.status !== 412 || !given.newest) error.value = trouble.body;
      else await compare(given.newest);
      return false;
    } finally {
      busy.value = false;
    }
  }
  async function compare(newest: () => Promise<Stand<T>>): Promise<void> {
    try {
      theirs.value = await newest();
    } catch (trouble) {
      if (!(trouble instanceof ApiError)) throw trouble;
      error.value = trouble.body;
    }
  }
  const words = (name: keyof T, value: T[keyof T]): string => given.said?.(name, value, draft) ?? (value === null || value === undefined ? "" : String(value));
  const differences = computed(() => {
    const newer = theirs.value;
    if (!newer) return [];
    return names
      .filter((name) => given.names[name] && !same(newer.values[name], draft[name]))
      .map((name) => ({ name: given.names[name] ?? name, mine: touched(name) ? words(name, draft[name]) : t("forms.untouched"), theirs: words(name, newer.values[name]) }));
  });
  /** Take over what is there now in all fields that were not changed here. */
  function onto(newer: Stand<T>, all: boolean): void {
    const mine = all ? new Set<string>() : new Set(Object.keys(changes.value));
    for (const name of names) if (!mine.has(name)) draft[name] = structuredClone(newer.values[name]);
    stand.value = { version: newer.version, values: structuredClone(newer.values) };
    theirs.value = null;
  }
  async function again(): Promise<boolean> {
    if (theirs.value) onto(theirs.value, false);
    return send();
  }
  function take(): void {
    if (theirs.value) onto(theirs.value, true);
    error.value = null;
    asked.value = false;
  }
  /** After a success on a form that stays: nothing is asked for until the next sending. */
  function rest(): void {
    asked.value = false;
    stand.value = { version: stand.value.version, values: structuredClone(toRaw(draft)) };
  }
  return { draft, rest, problem, changed, changes, good, busy, theirs, differences, error: computed(() => (refused.value ? null : error.value)), send, again, take };
}
export type Form = Pick<ReturnType<typeof useForm>, "busy" | "differences" | "error" | "theirs">;
