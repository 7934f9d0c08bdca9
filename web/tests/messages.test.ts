import { describe, expect, it } from "vitest";
import { createI18n } from "vue-i18n";
import { en } from "@/i18n/en";
import { officeTexts } from "@/i18n/office";
import { zh } from "@/i18n/zh";

function leaves(value: unknown, path = ""): [string, string][] {
  if (typeof value === "string") return [[path, value]];
  return Object.entries(value as object).flatMap(([key, item]) => leaves(item, `${path}.${key}`));
}
const parameters = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort();

describe("messages", () => {
  const chinese = new Map([...leaves(zh), ...leaves(officeTexts("zh"))]);
  const english = new Map([...leaves(en), ...leaves(officeTexts("en"))]);
  it("exist in both languages", () => {
    expect([...english.keys()].sort()).toEqual([...chinese.keys()].sort());
  });
  it("take the same parameters and are not empty", () => {
    for (const [key, text] of chinese) {
      expect(text, key).not.toBe("");
      expect(parameters(english.get(key) ?? ""), key).toEqual(parameters(text));
    }
  });
  it("can be said: none holds a sign that the message format takes for its own", () => {
    for (const texts of [zh, en, officeTexts("zh"), officeTexts("en")]) {
      const { t } = createI18n({ legacy: false, locale: "zh", messages: { zh: texts } }).global;
      for (const [key] of leaves(texts)) expect(() => t(key.slice(1)), key).not.toThrow();
    }
  });
});
