/** Columns of the shortfall list: which exist, which are shown at first, how they sort on the server. */
import type { Column } from "@/shared/VirtualTable.vue";

interface ListColumn extends Omit<Column, "title"> {
  /** Key of the column's heading among the texts of the list. */
  text: string;
  first: boolean;
}

export const LIST_COLUMNS: ListColumn[] = [
  { key: "rank", text: "rank", width: 66, numeric: true, sortable: true, first: true },
  { key: "area_name", text: "area", width: 190, grow: 1, sortable: true, first: true },
  { key: "element", text: "element", width: 178, grow: 2, sortable: true, first: true },
  { key: "circle", text: "circle", width: 116, sortable: true, first: false },
  { key: "tier", text: "tier", width: 96, sortable: true, first: false },
  { key: "requirement", text: "requirement", width: 190, grow: 1, first: false },
  { key: "gap", text: "gap", width: 178, grow: 1, first: true },
  { key: "nearest_m", text: "nearest", width: 100, numeric: true, sortable: true, first: false },
  { key: "people_affected", text: "affected", width: 104, numeric: true, sortable: true, first: true },
  { key: "target_share", text: "share", width: 136, numeric: true, sortable: true, first: true },
  { key: "children_affected", text: "children", width: 132, numeric: true, sortable: true, first: false },
  { key: "elderly_affected", text: "elderly", width: 136, numeric: true, sortable: true, first: false },
  { key: "certainty", text: "certainty", width: 104, sortable: true, first: true },
  { key: "remedies", text: "remedy", width: 130, first: true },
  { key: "responsible_department", text: "department", width: 150, grow: 1, first: true },
  { key: "lead_department", text: "lead", width: 140, first: false },
  { key: "clause", text: "clause", width: 160, grow: 1, first: false },
];
export const FIRST_COLUMNS = LIST_COLUMNS.filter((column) => column.first).map((column) => column.key);

/** What fits beside one another on a phone; the area stands below its element. */
export const NARROW_COLUMNS = ["element", "people_affected"];

/** The server sorts elements by their name in one language. */
export function serverSort(sort: string, language: "zh" | "en"): string {
  return sort.replace(/element$/, `element_${language}`);
}
export const SORTS = ["rank", "-people_affected", "-target_share", "-nearest_m", "area_name", "element"] as const;
