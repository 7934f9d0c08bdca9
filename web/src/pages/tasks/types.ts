/** Types of the task list, as the schema declares them. */
import type { components } from "@/api/schema";

type S = components["schemas"];
export type TaskRow = S["TaskRow"];
export type TaskDetail = S["TaskDetail"];
export type Facets = S["TaskFacets"];
export type Choices = S["Choices"];
export type BoardColumn = S["BoardColumn"];
export type CalendarMonth = S["Calendar"];
export type GanttChart = S["Gantt"];
export type CommentOut = S["CommentOut"];
export type FileOut = S["FileOut"];
export type ImportPlan = S["ImportPlan"];
export type BulkOutcome = S["BulkOutcome"];

export const VIEWS = ["list", "board", "calendar", "gantt", "map"] as const;
export type ViewName = (typeof VIEWS)[number];
/** Filters that take any number of values; in the address they are separated by commas. */
export const LISTS = ["state", "light", "circle", "stage", "unit"] as const;
export type ListName = (typeof LISTS)[number];
export const QUICK = ["mine", "issued", "open", "late", "returned", "escalated", "shortfall", "top"] as const;
export type QuickName = (typeof QUICK)[number];
export const SORTS = ["due", "-due", "code", "-updated", "progress", "-progress", "light", "unit"] as const;
