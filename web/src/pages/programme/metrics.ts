/** What a target may count, with the kind of target it makes and the unit it has. */
export interface Metric {
  metric: string;
  kind: "count" | "circle_coverage" | "access_coverage" | "indicator";
  unit: string;
}

export const METRICS: readonly Metric[] = [
  { metric: "pilots_nominated", kind: "count", unit: "个" },
  { metric: "pilots_approved", kind: "count", unit: "个" },
  { metric: "circles_accepted", kind: "count", unit: "个" },
  { metric: "communities_in_accepted_circles", kind: "circle_coverage", unit: "share" },
  { metric: "people_reaching_required", kind: "access_coverage", unit: "share" },
  { metric: "figure", kind: "indicator", unit: "share" },
];
/** Units that figures have, of which an indicator's target names one. */
export const UNITS = ["share", "m", "min", "count", "m²"] as const;
const UNKNOWN: Metric = { metric: "", kind: "indicator", unit: "" };
export const metricOf = (name: string): Metric => METRICS.find((one) => one.metric === name) ?? UNKNOWN;
