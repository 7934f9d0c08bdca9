import type { AuditEntry } from "./types";

/** Who acted: the name where it may be told, else post and unit, else the part of the system. */
export function who(row: AuditEntry, t: (key: string, values?: Record<string, unknown>) => string): string {
  const { name, post, unit, person_id: id, kind } = row.who;
  if (id === null || id === undefined) return `${t("audit.system")} (${kind})`;
  const said = [unit, name ?? post].filter(Boolean).join(" ") || t("audit.unknown", { id });
  return kind === "token" ? `${said} (${t("audit.token")})` : said;
}
