/** Money as an office reads it: below 10,000 in yuan, above in 万元 (ten thousands). */
import { DASH, decimal, type Language } from "@/lib/format";

export function yuan(value: number | null | undefined, language: Language): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return DASH;
  if (Math.abs(value) < 10_000) return `${decimal(value, value % 1 ? 2 : 0)} ${language === "zh" ? "元" : "yuan"}`;
  return language === "zh" ? `${decimal(value / 10_000, 1)} 万元` : `${decimal(value / 1000, 1)} k yuan`;
}
