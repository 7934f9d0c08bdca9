/** Areas on a map: what the pilots' and the tasks' maps have in common. */
export const zh = {
  areas: {
    noWebgl: "此浏览器不能显示地图（缺少 WebGL）。列表包含相同内容。",
    none: "还没有区域边界", noneHint: "导入行政区划边界后，这里显示各区域；列表不受影响。", unplaced: "另有 {n} 个没有边界，地图上不显示。", and: "，",
  },
};

export const en: typeof zh = {
  areas: {
    noWebgl: "This browser cannot draw the map (no WebGL). The list says the same.",
    none: "No boundaries of areas yet", noneHint: "Areas appear here once administrative boundaries are imported; the list works without them.", unplaced: "{n} more have no boundary and are not on the map.", and: ", ",
  },
};
