import { computed, watch } from "vue";
import { createI18n, useI18n } from "vue-i18n";
import type { Bilingual } from "@/api/types";
import { preferences } from "@/state/preferences";
import { en as baseEn } from "./en";
import { officeTexts } from "./office";
import { zh as base } from "./zh";

type Tree = { [key: string]: string | Tree };
function joined<T extends object>(own: T, more: Tree): T {
  const all = Object.assign({}, own) as Record<string, unknown>;
  for (const [key, value] of Object.entries(more)) {
    const have = all[key];
    all[key] = typeof value === "object" && typeof have === "object" && have !== null ? joined(have, value) : value;
  }
  return all as T;
}
const zh = joined(base, officeTexts("zh"));
const en = joined(baseEn, officeTexts("en"));

export const i18n = createI18n({ legacy: false, locale: preferences.language, fallbackLocale: "zh", messages: { zh, en } });

watch(
  () => preferences.language,
  (language) => (i18n.global.locale.value = language),
);

/** Texts of the interface and of the data in the person's language. */
export function useText() {
  const { t } = useI18n();
  const language = computed(() => preferences.language);
  const pick = (text: Bilingual | null | undefined): string => (text ? text[language.value] || text.zh : "");
  /** The `<name>_zh` or `<name>_en` of a row. */
  function field(row: object | null | undefined, name: string): string {
    if (!row) return "";
    const values = row as Record<string, unknown>;
    return String(values[`${name}_${language.value}`] ?? values[`${name}_zh`] ?? "");
  }
  /** A text of a vocabulary, or its code where the vocabulary has grown. */
  function word(group: string, code: string | null | undefined): string {
    if (code === null || code === undefined) return "";
    const groups = (preferences.language === "zh" ? zh : en) as unknown as Record<string, unknown>;
    let entry: unknown = groups;
    for (const key of group.split(".")) entry = (entry as Record<string, unknown> | undefined)?.[key];
    return (entry as Record<string, string> | undefined)?.[code] ?? code;
  }
  return { t, language, pick, field, word };
}
