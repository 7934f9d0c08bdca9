/** Numbers and dates as an office reads them; `null`, `undefined` and NaN become a dash, never a zero. */
export type Language = "zh" | "en";
export const DASH = "–";

type Maybe = number | null | undefined;

function known(value: Maybe): value is number {
  return value !== null && value !== undefined && Number.isFinite(value);
}

function grouped(value: number, digits = 0): string {
  return value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** People: below 1,000 at most three significant figures, above that whole and grouped. */
export function people(value: Maybe): string {
  if (!known(value)) return DASH;
  if (value !== 0 && Math.abs(value) < 10) return String(Number(value.toPrecision(2)));
  return grouped(Math.round(value));
}

/** A share 0–1 as a percentage with one decimal. */
export function percent(value: Maybe): string {
  return known(value) ? `${grouped(value * 100, 1)}%` : DASH;
}

export function metres(value: Maybe, language: Language = "zh"): string {
  if (!known(value)) return DASH;
  return `${grouped(Math.round(value))} ${language === "zh" ? "米" : "m"}`;
}

export function minutes(value: Maybe, language: Language = "zh"): string {
  if (!known(value)) return DASH;
  return `${grouped(value, value < 10 ? 1 : 0)} ${language === "zh" ? "分钟" : "min"}`;
}

export function decimal(value: Maybe, digits = 1): string {
  return known(value) ? grouped(value, digits) : DASH;
}

/** A threshold keeps its unit: metres are never shown as minutes. */
export function threshold(value: { value: number; unit: string } | null | undefined, language: Language): string {
  if (!value) return DASH;
  return value.unit === "min" ? minutes(value.value, language).replace(".0", "") : metres(value.value, language);
}

/** `numerator / denominator`, for the hover of a percentage. */
export function ratio(numerator: Maybe, denominator: Maybe): string {
  return known(numerator) && known(denominator) ? `${people(numerator)} / ${people(denominator)}` : DASH;
}

function cityParts(iso: string): Record<string, string> {
  const format = new Intl.DateTimeFormat("en-CA", {
    timeZone: "Asia/Shanghai",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
  return Object.fromEntries(format.formatToParts(new Date(iso)).map((part) => [part.type, part.value]));
}

/** The day in the city's zone: 2026年11月23日, 23 Nov 2026. */
export function day(iso: string | null | undefined, language: Language): string {
  if (!iso || Number.isNaN(Date.parse(iso))) return DASH;
  const part = cityParts(iso);
  const month = Number(part["month"]);
  if (language === "zh") return `${part["year"]}年${month}月${Number(part["day"])}日`;
  const names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  return `${Number(part["day"])} ${names[month - 1]} ${part["year"]}`;
}

/** Day and minute in the city's zone. */
export function moment(iso: string | null | undefined, language: Language): string {
  if (!iso || Number.isNaN(Date.parse(iso))) return DASH;
  const part = cityParts(iso);
  return `${day(iso, language)} ${part["hour"]}:${part["minute"]}`;
}

/** A text of the server in which days stand as 2026-11-09, with them as people write them. */
export function withDays(text: string, language: Language): string {
  return text.replace(/\b(\d{4}-\d{2}-\d{2})\b/g, (found) => day(found, language));
}

/** A full area name without its city, and cut from the left where still too long: the last part tells places apart. */
export function shortName(full: string, city: string, length = 16): string {
  const inside = city && full.startsWith(city) && full.length > city.length ? full.slice(city.length) : full;
  const letters = [...inside];
  return letters.length <= length ? inside : `…${letters.slice(1 - length).join("")}`;
}
