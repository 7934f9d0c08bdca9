/** The rules as they are typed in: what the server is sent, without the words it adds. */
import type { Rules } from "./types";

export interface ItemDraft {
  id: string;
  zh: string;
  en: string;
  weight: number;
  full_at: number;
  measure: string;
  parameters: Record<string, number>;
}
export interface GroupDraft {
  id: string;
  zh: string;
  en: string;
  items: ItemDraft[];
}
export interface RulesDraft {
  zh: string;
  en: string;
  proposal: boolean;
  document: string;
  comment_days: number;
  groups: GroupDraft[];
  vetoes: { id: string; zh: string; en: string }[];
  reason: string;
}

export const draftOf = (rules: Rules): RulesDraft => ({
  zh: rules.zh,
  en: rules.en,
  proposal: rules.proposal,
  document: rules.document,
  comment_days: rules.comment_days,
  groups: rules.groups.map(({ id, zh, en, items }) => ({ id, zh, en, items: items.map(({ id: item, zh: name, en: name_en, weight, full_at, measure, parameters }) => ({ id: item, zh: name, en: name_en, weight, full_at, measure, parameters: { ...parameters } as Record<string, number> })) })),
  vetoes: rules.vetoes.map((one) => ({ id: one["id"] ?? "", zh: one["zh"] ?? "", en: one["en"] ?? "" })),
  reason: "",
});

/** Points of a group; decimals add up as they do on paper. */
export const sumOf = (group: GroupDraft): number => Math.round(group.items.reduce((sum, item) => sum + (Number(item.weight) || 0), 0) * 1e6) / 1e6;
