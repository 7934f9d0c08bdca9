export const zh = {
  forms: {
    sending: "正在提交…", cancel: "取消", save: "保存", edit: "修改", remove: "删除", undo: "撤销", choose: "请选择", untouched: "（您未修改）", required: "请填写{what}", requiredChoice: "请选择{what}",
    notNumber: "请填写数字", reason: "修改理由（记入审计）", optional: "选填", between: "应在 {from} 至 {to} 之间", order: "不能早于开始日期", saved: "已保存",
    levels: { city: "市级", district: "区级", street: "街道（镇）", community: "社区（村）" } as Record<string, string>,
  },
};

export const en: typeof zh = {
  forms: {
    sending: "Sending…", cancel: "Cancel", save: "Save", edit: "Edit", remove: "Remove", undo: "Undo", choose: "Choose", untouched: "(not changed by you)", required: "Please fill in: {what}", requiredChoice: "Please choose: {what}",
    notNumber: "Please enter a number", reason: "Why it is changed (kept in the audit)", optional: "optional", between: "must lie between {from} and {to}", order: "must not lie before the first day", saved: "Saved",
    levels: { city: "City", district: "District", street: "Street (town)", community: "Community (village)" },
  },
};
