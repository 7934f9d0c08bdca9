/** The five display classes of distances, times and shares, and where a basis's threshold falls among them. */
export type Measure = "m" | "min" | "share" | "ratio";

/** Upper bounds (inclusive) of the first four classes; every threshold of the standards in use is one of the edges. */
export const BREAKS: Record<Measure, readonly number[]> = {
  m: [300, 500, 800, 1000],
  min: [5, 10, 15, 20],
  /** Lower bounds, best first: a share is better when it is larger. */
  share: [0.95, 0.8, 0.6, 0.4],
  /** Nearest distance ÷ threshold of the worst required element. */
  ratio: [0.5, 1, 1.5, 2],
};

export const UNREACHED = 5;

/** Class 0 (near, good) to 4 (far, poor); {@link UNREACHED} where there is no value. */
export function classOf(value: number | null | undefined, measure: Measure): number {
  if (value === null || value === undefined || Number.isNaN(value)) return UNREACHED;
  const breaks = BREAKS[measure];
  const found = breaks.findIndex((edge) => (measure === "share" ? value >= edge : value <= edge));
  return found === -1 ? 4 : found;
}

/** Whether a value fails the threshold; no value reaches no threshold. */
export function fails(value: number | null | undefined, limit: number | null): boolean {
  if (limit === null) return false;
  return value === null || value === undefined || value > limit;
}

const LABEL_UNITS = { m: { zh: "米", en: "m" }, min: { zh: "分钟", en: "min" } } as const;

/** Texts of the five classes. */
export function classLabels(measure: Measure, language: "zh" | "en"): string[] {
  const breaks = BREAKS[measure];
  const show = (edge: number) => (measure === "share" ? `${Math.round(edge * 100)}%` : String(edge));
  const unit = measure === "m" || measure === "min" ? ` ${LABEL_UNITS[measure][language]}` : "";
  const [a, b, c, d] = breaks.map(show) as [string, string, string, string];
  if (measure === "share") return [`≥ ${a}`, `${b}–${a}`, `${c}–${b}`, `${d}–${c}`, `< ${d}`];
  return [`≤ ${a}${unit}`, `${a}–${b}${unit}`, `${b}–${c}${unit}`, `${c}–${d}${unit}`, `> ${d}${unit}`];
}

/** Position of a threshold on the legend's bar of five equal parts, 0–1. */
export function thresholdPosition(limit: number, measure: Measure): number {
  const breaks = BREAKS[measure];
  const descending = measure === "share";
  let lower = descending ? 1 : 0;
  for (const [index, edge] of breaks.entries()) {
    const inside = descending ? limit >= edge : limit <= edge;
    if (inside) return (index + Math.abs(limit - lower) / Math.abs(edge - lower || 1)) / 5;
    lower = edge;
  }
  const end = descending ? 0 : lower * 1.5;
  return Math.min(1, (4 + Math.abs(limit - lower) / Math.abs(end - lower)) / 5);
}

export const GRADE_CLASS: Record<string, number> = { A: 0, B: 1, C: 2, D: 4 };
