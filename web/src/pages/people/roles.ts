/** Roles and the levels of units for which they can be given, in the order in which they are offered. */
export const ROLES = ["office", "department", "district", "street", "community", "grid_member", "inspector", "auditor", "administrator", "analyst"] as const;

const LEVELS: Record<(typeof ROLES)[number], string[]> = {
  office: ["city"], department: ["city", "district"], district: ["district"], street: ["street"], community: ["community"], grid_member: ["community"],
  inspector: ["city", "district"], auditor: ["city", "district"], administrator: ["city", "district"], analyst: ["city", "district"],
};

/** Roles that fit a unit's level; the server decides anyway. */
export function rolesFor(level: string | undefined): (typeof ROLES)[number][] {
  return ROLES.filter((role) => level !== undefined && LEVELS[role].includes(level));
}
