import type { components } from "@/api/schema";

export type AuditEntry = components["schemas"]["AuditEntryOut"];
export type AuditChange = components["schemas"]["AuditChange"];
export type AuditList = components["schemas"]["AuditList"];
export type AuditState = components["schemas"]["AuditState"];
export type Verification = components["schemas"]["VerificationOut"];
