import { describe, expect, it } from "vitest";
import { en } from "@/i18n/en";
import { zh } from "@/i18n/zh";

function leaves(value: unknown, path = ""): [string, string][] {
  if (typeof value === "string") return [[path, value]];
  return Object.entries(value as object).flatMap(([key, item]) => leaves(item, `${path}.${key}`));
}
const parameters = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort();

describe("messages", () => {
  const chinese = new Map(leaves(zh));
  const english = new Map(leaves(en));
  it("exist in both languages", () => {
    expect([...english.keys()].sort()).toEqual([...chinese.keys()].sort());
  });
  it("take the same parameters and are not empty", () => {
    for (const [key, text] of chinese) {
      expect(text, key).not.toBe("");
      expect(parameters(english.get(key) ?? ""), key).toEqual(parameters(text));
    }
  });
});
