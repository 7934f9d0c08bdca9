import type { components } from "@/api/schema";

export type Desk = components["schemas"]["Desk"];
export type Section = components["schemas"]["DeskSection"];
export type Entry = components["schemas"]["DeskEntry"];
