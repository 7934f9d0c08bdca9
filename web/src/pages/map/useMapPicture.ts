/** What the map draws and says for the present view: features with display classes, labels, legend, hover text. */
import { computed, type ComputedRef, type Ref, type ShallowRef } from "vue";
import type { FeatureCollection } from "geojson";
import type { AreaCollection, Cells } from "@/api/types";
import { useText } from "@/i18n";
import { classOf, GRADE_CLASS, UNREACHED, type Measure } from "@/lib/classes";
import type { Explanation } from "@/lib/explanation";
import { decimal, metres, minutes, people, percent, threshold } from "@/lib/format";
import { useWorkspace } from "@/state/workspace";
import type { TableRow } from "./AreaTable.vue";
import { cellSquares, EMPTY, labelPoint, points } from "@/shared/map/geometry";
import type { MapState } from "./useMapState";

type Hatch = "fail" | "unknown" | "outline" | "";
type Shows = "beyond" | "failing" | "insufficient" | "notDetected" | "facility";
const HATCH: Record<string, Hatch> = { falls_short: "fail", confirmed_absent: "fail", data_insufficient: "unknown", no_data: "unknown", not_detected: "outline" };

interface Inputs {
  state: MapState;
  areas: ShallowRef<AreaCollection | null>;
  rows: ComputedRef<Map<string, TableRow>>;
  cells: ShallowRef<Cells | null>;
  hover: Ref<{ code: string; cell: number | null } | null>;
  focused: Ref<string>;
}

export function useMapPicture({ state, areas, rows, cells, hover }: Inputs) {
  const { t, language, pick, field, word } = useText();
  const workspace = useWorkspace();

  const requirement = computed(() => workspace.requirements.value.get(state.element.value) ?? null);
  /** The threshold in the unit shown; metres never become minutes. */
  const limit = computed(() => {
    if (!state.element.value) return 1;
    const bound = requirement.value?.threshold;
    return bound && bound.unit === state.unit.value ? bound.value : null;
  });
  const measure = computed<Measure>(() => (state.element.value ? state.unit.value : "ratio"));
  const cellValues = computed<(number | null)[]>(() => {
    const data = cells.value;
    if (!data) return [];
    if (!state.element.value) return data.ratio ?? [];
    return state.unit.value === "min" ? data.min : data.m;
  });
  /** Failing is a matter of the basis's own unit, also while the other unit is on the screen. */
  const cellFeatures = computed<FeatureCollection>(() => {
    const data = cells.value;
    if (!data || state.view.value !== "cells" || data.element !== (state.element.value || "*")) return EMPTY;
    const drawn = cellSquares(data, cellValues.value, measure.value, null);
    const bound = requirement.value?.threshold;
    const tested = !state.element.value ? (data.ratio ?? []) : bound?.unit === "min" ? data.min : data.m;
    const most = state.element.value ? (bound?.value ?? null) : 1;
    if (most !== null) {
      for (const feature of drawn.features) {
        const value = tested[feature.properties.i];
        feature.properties.f = value === null || value === undefined || value > most ? 1 : 0;
      }
    }
    return drawn;
  });

  function look(row: TableRow | undefined): { c?: number; h: Hatch; text: string } {
    if (!row) return { h: "", text: "" };
    const { area, figure } = row;
    if (state.view.value === "grade") {
      const known = area.grade !== null && area.grade in GRADE_CLASS;
      const hatch: Hatch = area.grade === "D" ? "fail" : area.grade === "insufficient" ? "unknown" : "";
      return { ...(known ? { c: GRADE_CLASS[area.grade as string] as number } : {}), h: hatch, text: known ? (area.grade as string) : "" };
    }
    const hatch = HATCH[figure?.status ?? ""] ?? "";
    if (state.view.value === "cells") return { h: hatch === "fail" ? "" : hatch, text: "" };
    const share = figure?.value ?? null;
    const drawn = share !== null && hatch !== "unknown" && hatch !== "outline" ? { c: classOf(share, "share") } : {};
    return { ...drawn, h: hatch, text: share === null ? "" : hatch === "outline" ? word("status", "not_detected") : percent(share) };
  }

  const areaFeatures = computed<FeatureCollection>(() => {
    if (!areas.value) return EMPTY;
    const features = areas.value.features.flatMap((feature) => {
      if (!feature.geometry) return [];
      const { c, h } = look(rows.value.get(feature.properties.code));
      return [{ type: "Feature" as const, geometry: feature.geometry, properties: { code: feature.properties.code, h, ...(c === undefined || c === UNREACHED ? {} : { c }) } }];
    });
    return { type: "FeatureCollection", features };
  });
  const areaLabels = computed<FeatureCollection>(() =>
    points(
      (areas.value?.features ?? []).flatMap((feature) => {
        const point = labelPoint(feature.geometry);
        const row = rows.value.get(feature.properties.code);
        if (!point || !row) return [];
        const text = look(row).text;
        return [{ point, properties: { text: text ? `${row.area.name}\n${text}` : row.area.name, order: -(row.area.people ?? 0) } }];
      }),
    ),
  );

  function describe(row: TableRow): string[] {
    const { area, figure } = row;
    const failing = area.failing.map((item) => `${pick(item)}${t("colon")}${field(item, "gap")}`);
    if (state.view.value === "grade" || !figure) {
      const grade = word("map.grades", area.grade);
      const met = t("why.metOf", { met: area.required_met ?? "–", total: area.required_total ?? "–" });
      return [`${grade}${area.score === null || area.grade === "insufficient" ? "" : ` · ${decimal(area.score)}`} · ${met}`, ...failing.slice(0, 3)];
    }
    const own = area.failing.find((item) => item.element === state.element.value);
    const shown = [`${word("status", figure.status)} · ${percent(figure.value)}`];
    if (figure.nearest_m_mean !== null) shown.push(`${t("table.nearest")} ${metres(figure.nearest_m_mean, language.value)} · ${minutes(figure.minutes_mean, language.value)}`);
    if (own) shown.push(field(own, "gap"));
    return state.element.value ? shown : [shown[0] as string, ...failing.slice(0, 3)];
  }

  function cellLines(index: number): string[] {
    const data = cells.value;
    if (!data) return [];
    const lines: string[] = [];
    const distance = data.m[index] ?? null;
    const reason = data.reasons[String(data.reason[index])];
    const worst = data.worst?.[index];
    if (!state.element.value && worst) lines.push(`${pick(workspace.elements.value.get(worst))} · × ${decimal(data.ratio?.[index], 2)}`);
    if (distance !== null) {
      lines.push(`${metres(distance, language.value)} · ${minutes(data.min[index], language.value)}`);
      const bound = requirement.value?.threshold;
      const tested = bound?.unit === "min" ? (data.min[index] ?? null) : distance;
      if (bound && tested !== null) lines.push(`${t("map.threshold", { value: threshold(bound, language.value) })}${tested > bound.value ? ` · ${word("status", "falls_short")} +${bound.unit === "min" ? minutes(tested - bound.value, language.value) : metres(tested - bound.value, language.value)}` : ` · ${word("status", "meets")}`}`);
    } else if (reason) lines.push(pick(reason));
    const count = data.people[index] ?? null;
    if (count !== null) lines.push(t("map.population", { n: people(count) }));
    return lines;
  }

  const tip = computed(() => {
    const at = hover.value;
    if (!at) return null;
    const row = rows.value.get(at.code);
    const cell = at.cell !== null && state.view.value === "cells" ? cellLines(at.cell) : [];
    if (!row && !cell.length) return null;
    return { title: row?.area.name ?? "", lines: cell.length ? cell : row ? describe(row) : [] };
  });

  const legend = computed(() => {
    const name = pick(workspace.elements.value.get(state.element.value));
    const statuses = new Set([...rows.value.values()].map((row) => row.figure?.status));
    const shows: Shows[] = [];
    if (state.view.value === "grade") {
      shows.push("failing");
      if ([...rows.value.values()].some((row) => row.area.grade === "insufficient")) shows.push("insufficient");
      return { title: t("map.gradeTitle"), measure: "grade" as const, limit: null, limitText: "", shows };
    }
    if (state.view.value === "areas") {
      const share = workspace.basis.value?.pass_share ?? null;
      shows.push("failing");
      if (statuses.has("data_insufficient") || statuses.has("no_data")) shows.push("insufficient");
      if (statuses.has("not_detected")) shows.push("notDetected");
      if (state.element.value) shows.push("facility");
      return { title: name ? `${name} · ${t("map.shareTitle")}` : t("table.required"), measure: "share" as const, limit: state.element.value ? share : null, limitText: share === null ? "" : t("map.passShare", { value: percent(share).replace(".0", "") }), shows };
    }
    if (limit.value !== null || requirement.value?.threshold) shows.push("failing");
    shows.push("beyond");
    if (statuses.has("data_insufficient") || statuses.has("no_data")) shows.push("insufficient");
    if (state.element.value) shows.push("facility");
    const title = state.element.value ? `${name} · ${t(state.unit.value === "min" ? "map.cellTimeTitle" : "map.cellTitle")}` : t("map.ratioTitle");
    const text = state.element.value ? t("map.threshold", { value: threshold(requirement.value?.threshold, language.value) }) : t("map.threshold", { value: "× 1" });
    return { title, measure: measure.value, limit: limit.value, limitText: text, shows };
  });

  /** Both ends of the explained route, and the place found by search. */
  function ends(explained: Explanation | null, place: { lon: number; lat: number; name: string } | null): FeatureCollection {
    const list: { point: [number, number]; properties: { kind: string; name: string } }[] = [];
    const line = explained?.route?.coordinates;
    if (line?.length) {
      const [lon = 0, lat = 0] = line[0] ?? [];
      list.push({ point: [lon, lat], properties: { kind: "start", name: "" } });
      const [x = 0, y = 0] = line[line.length - 1] ?? [];
      list.push({ point: [x, y], properties: { kind: "facility", name: explained?.facility?.name ?? "" } });
    }
    if (place) list.push({ point: [place.lon, place.lat], properties: { kind: "facility", name: place.name } });
    return points(list);
  }

  return { cellFeatures, areaFeatures, areaLabels, describe, tip, legend, ends };
}
