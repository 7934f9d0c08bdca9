/**
 * A small invented server for `npm run dev -- --mode mock`, so that the interface can be worked on without a city.
 * `?slow` and `?fail` in the page's address show the slow and the broken connection. Not built, not shipped.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Plugin } from "vite";

const W = 106.74;
const S = 39.6;
const NAMES = "和平 朝阳 新华 滨河 凤凰岭 桃源 西苑 东关 学府 长青 向阳 光明 祥和 建设 友谊 海北 锦绣 康宁 清泉 文昌 丰泽 金沙 望江 柳林 平安 兴业 惠民 永安 南湖 北苑".split(" ");
const CIRCLES: [string, string, string][] = [
  ["comfortable_living", "舒适居住圈", "Comfortable living"], ["convenient_consumption", "便捷消费圈", "Convenient consumption"], ["community_culture", "社区文化圈", "Community culture"], ["inclusive_education", "普惠教育圈", "Inclusive education"],
  ["elderly_care", "养老服务圈", "Elderly care"], ["health_medical", "健康医疗圈", "Health and medical care"], ["city_appearance", "城市风貌圈", "City appearance"], ["service_response", "服务响应圈", "Service response"],
];
const ELEMENTS: [string, string, string, string, string, number][] = [
  ["kindergarten", "幼儿园", "Kindergarten", "inclusive_education", "5min", 300], ["primary_school", "小学", "Primary school", "inclusive_education", "10min", 500], ["nursery", "托育机构", "Nursery", "inclusive_education", "5min", 300],
  ["market", "菜市场(生鲜超市)", "Food market", "convenient_consumption", "10min", 500], ["convenience_store", "便利店", "Convenience store", "convenient_consumption", "5min", 300], ["canteen", "老年助餐点", "Canteen for the elderly", "elderly_care", "5min", 300],
  ["day_care", "老年人日间照料中心", "Day care for the elderly", "elderly_care", "5min", 300], ["health_centre", "社区卫生服务中心", "Community health centre", "health_medical", "15min", 1000], ["pharmacy", "药店", "Pharmacy", "health_medical", "10min", 500],
  ["cultural_room", "文化活动站", "Cultural room", "community_culture", "5min", 500], ["library", "社区图书室", "Library", "community_culture", "15min", 800], ["park", "社区公园", "Park", "city_appearance", "10min", 500], ["toilet", "公共厕所", "Public toilet", "comfortable_living", "5min", 300],
  ["bus_stop", "公交站", "Bus stop", "comfortable_living", "5min", 500], ["service_station", "社区服务站", "Community service station", "service_response", "5min", 300],
];

let seed = 7;
const random = () => ((seed = (seed * 16807) % 2147483647) / 2147483647);
const communities = Array.from({ length: 48 }, (_, i) => {
  const col = i % 8;
  const row = Math.floor(i / 8);
  const name = `${NAMES[i % NAMES.length]}${i >= NAMES.length ? "二" : ""}社区`;
  return { code: `15030200${String(1000 + i)}`, name, full: `示范市滨江区${["凤凰岭", "新城", "河东"][row % 3]}街道${name}`, x: W + col * 0.012, y: S + row * 0.01, people: 1500 + Math.round(random() * 9000), score: 45 + random() * 52, i };
});
const gradeOf = (score: number) => (score > 85 ? "A" : score > 70 ? "B" : score > 58 ? "C" : "D");
const gap = (id: string, i: number) => 40 + ((i * 37 + id.length * 53) % 480);

function areas(level: string) {
  return {
    type: "FeatureCollection",
    features: communities.map((c) => {
      const insufficient = c.i === 13;
      const failing = ELEMENTS.filter((_, k) => (k * 7 + c.i * 3) % 11 > (c.score - 40) / 6).slice(0, 5);
      return {
        type: "Feature", id: c.code,
        geometry: { type: "Polygon", coordinates: [[[c.x, c.y], [c.x + 0.012, c.y], [c.x + 0.012, c.y + 0.01], [c.x, c.y + 0.01], [c.x, c.y]]] },
        properties: {
          code: c.code, name: c.name, level, full_name: c.full, community_type: ["new", "existing", "old"][c.i % 3], grade: insufficient ? "insufficient" : gradeOf(c.score), score: insufficient ? null : c.score, status: insufficient ? "data_insufficient" : failing.length ? "falls_short" : "meets",
          people: c.people, required_total: 15, required_met: 15 - failing.length, required_unknown: insufficient ? 9 : 0,
          failing: insufficient ? [] : failing.map(([id, zh, en, , , limit]) => ({ element: id, zh, en, gap_zh: `${limit + gap(id, c.i)} 米,超出 ${gap(id, c.i)} 米`, gap_en: `${limit + gap(id, c.i)} m, ${gap(id, c.i)} m too far` })),
        },
      };
    }),
  };
}
function coverage(element: string, level: string) {
  return {
    element, level, requirement: null,
    rows: communities.map((c) => {
      const value = c.i === 13 ? null : Math.min(1, 0.3 + ((c.i * 29 + element.length * 17) % 70) / 90);
      const status = value === null ? "data_insufficient" : c.i % 17 === 4 ? "not_detected" : value > 0.8 ? "meets" : "falls_short";
      const part = { value, numerator: value === null ? null : value * c.people, denominator: c.people, status, reason: "" };
      return { area_code: c.code, name: c.name, full_name: c.full, community_type: "existing", ...part, nearest_m_mean: value === null ? null : 700 - value * 600, minutes_mean: value === null ? null : (700 - value * 600) / 72, variants: { target_pop: part, population: part } };
    }),
  };
}
function cells(element: string) {
  const columns = { lon: [] as number[], lat: [] as number[], m: [] as (number | null)[], min: [] as (number | null)[], people: [] as number[], reason: [] as number[] };
  for (let x = 0; x < 80; x += 1) for (let y = 0; y < 64; y += 1) {
    if ((x * 7 + y * 13) % 10 === 0) continue;
    const far = (x > 70 && y > 55) || Math.abs(x - y) < 1;
    const m = far ? null : 60 + (Math.sin(x / 9 + element.length) + 1) * 420 + (Math.cos(y / 8) + 1) * 300;
    columns.lon.push(W + (x + 0.5) * 0.0012); columns.lat.push(S + (y + 0.5) * 0.00093); columns.m.push(m); columns.min.push(m === null ? null : m / 72); columns.people.push(10 + (x % 9)); columns.reason.push(far ? 4 : 0);
  }
  const star = element === "*";
  return { element, size_m: 100, small_count: 5, n: columns.m.length, ...columns, reasons: { 4: { zh: "搜索范围内没有设施", en: "none within the search bound" } }, threshold_m: 500, ratio: star ? columns.m.map((m) => (m === null ? null : m / 500)) : null, worst: star ? columns.m.map(() => "market") : null };
}
const shortfalls = communities.flatMap((c) => (areas("community").features[c.i]?.properties.failing ?? []).map((f, k) => {
  const element = ELEMENTS.find((e) => e[0] === f.element) as (typeof ELEMENTS)[number];
  return {
    shortfall_id: `sf-${c.i}-${k}`, rank: 0, rank_in_circle: k + 1, circle: element[3], area_code: c.code, area_level: "community", area_name: c.full, life_circle: null, district_code: "150302", street_code: "150302001", element: f.element, element_zh: f.zh, element_en: f.en, aspect: "community_service", tier: "basic", level: element[4],
    requirement_id: "r", requirement_zh: `步行 ${element[5]} 米内可达`, requirement_en: `within ${element[5]} m on foot`, clause: "建议值(待核)", evidence: "proposal", wording: "未达到", present_zh: "平均距离超出要求", present_en: "mean distance beyond the requirement", presence: "present", gap: gap(f.element, c.i), gap_unit: "m", gap_zh: f.gap_zh, gap_en: f.gap_en,
    nearest_m: element[5] + gap(f.element, c.i), people_affected: Math.round(c.people * 0.4), children_affected: Math.round(c.people * 0.06), elderly_affected: Math.round(c.people * 0.1), target_group: "all", target_affected: Math.round(c.people * 0.4), target_total: c.people, target_share: 0.4, need_weight: 1, tickets_12345: null,
    certainty: ["high", "medium", "low"][c.i % 3], certainty_zh: ["高", "中", "低"][c.i % 3], remedies: "share;convert;new", lead_department: "市商务局", responsible_department: "滨江区人民政府", status: "open", quality: 86, lon: c.x + 0.006, lat: c.y + 0.005,
  };
})).sort((a, b) => CIRCLES.findIndex((x) => x[0] === a.circle) - CIRCLES.findIndex((x) => x[0] === b.circle)).map((row, i) => ({ ...row, rank: i + 1 }));

function facets(rows: typeof shortfalls) {
  const count = (key: "circle" | "tier" | "certainty" | "district_code" | "element" | "level" | "responsible_department") => rows.reduce<Record<string, number>>((sum, row) => ({ ...sum, [String(row[key])]: (sum[String(row[key])] ?? 0) + 1 }), {});
  return { circle: count("circle"), tier: count("tier"), certainty: count("certainty"), district: count("district_code"), element: count("element"), level: count("level"), department: count("responsible_department"), remedy: {} };
}
let assessed = false;
let job: Record<string, unknown> & { begun: number; state: string } | null = null;
function jobNow() {
  if (!job) return [];
  const share = Math.min(1, (Date.now() - job.begun) / 5000);
  if (job.state === "running" && share === 1) { job.state = "done"; assessed = true; }
  return [{ ...job, progress: share, result: job.state === "done" ? { run: "r-1" } : null }];
}

function answer(request: IncomingMessage, url: URL): unknown {
  const path = url.pathname.replace("/api/v1", "");
  const q = (name: string) => url.searchParams.get(name) ?? "";
  const any = (name: string, value: string) => !url.searchParams.has(name) || url.searchParams.getAll(name).includes(value);
  if (path === "/session") return { principal: "local-analyst", permissions: [], version: "0.1.0", languages: ["zh", "en"] };
  if (path === "/city") return {
    name: "示范市", name_en: "Shifan", code: "000000", synthetic: true, attribution: ["© OpenStreetMap contributors"], snapshot: { id: "s-2", created: "2026-11-23T02:00:00Z", message: "导入人口" }, snapshots: [{ id: "s-2", created: "2026-11-23T02:00:00Z", message: "导入人口" }, { id: "s-1", created: "2026-10-02T02:00:00Z", message: "导入设施" }],
    bounds: [W, S, W + 0.096, S + 0.06], center: [W + 0.05, S + 0.03], crs: "EPSG:4545", basemap: false, quality: { score: 86.2, threshold: 60, insufficient: false, checks: [{ id: "islands", zh: "路网连通", en: "Network islands", status: "pass", value: 0.99, detail_zh: "99.1% 的路段在主网络内", detail_en: "99.1% of edges on the main network" }, { id: "attr", zh: "属性缺失", en: "Missing attributes", status: "warn", value: 0.2, detail_zh: "20% 的设施缺少建筑面积", detail_en: "20% of facilities lack floor area" }] },
    counts: { areas: { community: 48 }, facilities: 900, people: 560000, demand: 5000 }, default_basis: "kezhong-default", levels: ["community", "life_circle", "street", "district", "city"],
  };
  if (path === "/catalogue") return {
    circles: CIRCLES.map(([id, zh, en]) => ({ id, zh, en, lead_department: { zh: "市住建局", en: "Housing bureau" } })), aspects: [], tiers: [{ id: "basic", zh: "基础保障", en: "Basic" }, { id: "quality", zh: "品质提升", en: "Quality" }], levels: [],
    elements: ELEMENTS.map(([id, zh, en, circle, level]) => ({ id, zh, en, circle, also_circles: [], aspect: "community_service", tier: "basic", level, kind: "point", age_group: "all", capacity_unit: "" })), age_groups: [{ id: "all", zh: "全体居民", en: "all residents" }],
    walkers: [{ id: "standard", zh: "普通成人", en: "Adult", m_per_min: 72 }, { id: "elderly", zh: "老年人", en: "Elderly", m_per_min: 54 }], remedies: [{ id: "share", zh: "共享", en: "Share" }, { id: "convert", zh: "改造闲置", en: "Convert" }, { id: "new", zh: "新建", en: "Build" }],
  };
  if (path === "/bases") return [["kezhong-default", "刻钟推荐口径(建议)", "Kezhong default (proposal)"], ["gb50180-2018", "城市居住区规划设计标准 GB 50180—2018", "GB 50180-2018"]].map(([id, zh, en]) => ({
    id, zh, en, version: "1", scope_zh: "适用于城市社区", scope_en: "city communities", document: { id: "d", zh: "", en: "", number: "", nature: "proposal" }, pass_share: 0.8, required: ELEMENTS.map((e) => e[0]),
    requirements: ELEMENTS.map((e) => ({ id: `r-${e[0]}`, element: e[0], any_of: [], status: "required", community_types: [], threshold: { value: e[5], unit: "m" }, clause: "建议值(待核)", evidence: "proposal", normative: false, text: { zh: "", en: "" } })),
  }));
  if (path === "/runs/resolve") return { run: q("basis") === "gb50180-2018" && !assessed ? null : "r-1" };
  if (path === "/jobs" && request.method === "POST") { job = { id: "j1", kind: "assess", state: "running", begun: Date.now(), step: { zh: "计算步行可达", en: "walking access" }, parameters: {}, error: null, created: new Date().toISOString(), started: null, finished: null }; return jobNow()[0]; }
  if (path === "/jobs") return { items: jobNow() };
  if (path.endsWith("/cancel") && job) { job.state = "cancelled"; return jobNow()[0]; }
  if (path.endsWith("/areas")) return areas(q("level"));
  if (path.endsWith("/coverage")) return coverage(q("element"), q("level"));
  if (path.endsWith("/cells")) return cells(q("element"));
  if (path.endsWith("/facilities")) return { type: "FeatureCollection", features: communities.filter((c) => c.i % 3 === 0).map((c) => ({ type: "Feature", id: c.code, geometry: { type: "Point", coordinates: [c.x + 0.004, c.y + 0.004] }, properties: { facility_id: c.code, name: `${c.name}菜市场`, status: "open", capacity: null, capacity_unit: null, floor_area_m2: 900, hours: null, source: "ledger" } })) };
  if (path.includes("/explain")) return {
    area: { code: q("area"), name: "和平社区", full_name: "示范市滨江区和平社区", level: "community" }, element: { id: q("element"), zh: "菜市场", en: "Food market" }, status: "falls_short", reason_zh: "超出步行要求", reason_en: "beyond the threshold",
    verdict_zh: "和平社区:菜市场 620 米,超出 500 米要求 120 米;影响 1,140 人,其中 60 岁及以上 266 人。", verdict_en: "Heping: food market 620 m, 120 m beyond 500 m; 1,140 people affected.",
    figures: [], requirements: [], people: { residents: 2280, target_group: "all", target: null, people_affected: 1140, children_affected: 120, elderly_affected: 266, target_affected: 1140, target_share: 0.5 }, unit: null, facility: null, facilities: [], route: null, steps: [], sources: [], conflicts: [],
    certainty: { id: "high", zh: "高", en: "high" }, parameters: {}, versions: { run: "r-1", created: "2026-11-23T02:00:00Z", snapshot: "s-2", layers: {}, basis: "b", basis_version: "1", basis_hash: "h", software: "0.1.0", quality: 86 }, shortfall_id: null,
  };
  const detail = /\/shortfalls\/(sf-[^/]+)$/.exec(path);
  if (detail) return { row: shortfalls.find((row) => row.shortfall_id === detail[1]), explanation: "" };
  if (path.endsWith("/shortfalls")) {
    const rows = shortfalls.filter((row) => any("circle", row.circle) && any("certainty", String(row.certainty)) && any("element", row.element) && any("level", row.level) && any("department", row.responsible_department) && any("district", row.district_code) && any("area", row.area_code) && (!q("q") || row.area_name.includes(q("q")) || row.element_zh.includes(q("q"))));
    const from = Number(q("cursor") || 0);
    const to = from + Number(q("limit") || 100);
    return { items: rows.slice(from, to), next_cursor: to < rows.length ? String(to) : null, total: rows.length, facets: facets(rows) };
  }
  if (path === "/search") return { items: [...communities.filter((c) => c.name.includes(q("q"))).slice(0, 5).map((c) => ({ kind: "area", id: c.code, zh: c.name, en: c.name, sub: { zh: c.full, en: c.full }, lon: c.x + 0.006, lat: c.y + 0.005 })), ...ELEMENTS.filter((e) => e[1].includes(q("q"))).map((e) => ({ kind: "element", id: e[0], zh: e[1], en: e[2], sub: { zh: "", en: "" }, lon: null, lat: null }))] };
  return null;
}

export function mockServer(): Plugin {
  return {
    name: "kezhong-mock",
    configureServer(server) {
      server.middlewares.use((request: IncomingMessage, response: ServerResponse, next: () => void) => {
        if (!request.url?.startsWith("/api/v1")) return next();
        const url = new URL(request.url, "http://mock");
        const referer = request.headers.referer ?? "";
        const body = referer.includes("fail") && url.pathname.includes("/runs/") ? null : answer(request, url);
        const send = () => {
          response.setHeader("Content-Type", "application/json");
          response.setHeader("X-Request-Id", "mock-0001");
          response.statusCode = body === null ? 500 : 200;
          response.end(JSON.stringify(body ?? { error: { code: "server.internal", message: { zh: "服务内部出错。", en: "Something failed inside the service." }, action: { zh: "请重试。", en: "Try again." }, details: {}, request_id: "mock-0001" } }));
        };
        setTimeout(send, referer.includes("slow") ? 2500 : 30);
      });
    },
  };
}
