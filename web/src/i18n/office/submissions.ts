export const zh = {
  nav: { submissions: "报送" },
  submissions: {
    title: "报送", overview: "谁还没报", name: "材料", unit: "单位", due: "时限", state: "状态", edition: "第 {n} 版", all: "全部", overdue: "逾期未报", late: "逾期报送", empty: "没有应报送的材料", emptyHint: "方案建立后，各区和牵头部门应报的材料列在这里。",
    emptyFiltered: "没有符合条件的材料", emptyFilteredHint: "换一个状态再看。", asked: "由 {name} 要求报送", handed: "首次报送 {at}", received: "收讫 {at}", editions: "历次报送", noEdition: "尚未报送。", files: "本次材料", attach: "上传材料", attachHint: "先上传本次材料，再点“报送”；历次材料均保留。",
    verdicts: { received: "收讫", returned: "退回" } as Record<string, string>, course: "办理过程", panel: "报送材料", source: "依据", circle: "圈层", mark: "逾期",
    ask: "要求报送", asking: "正在提交…", code: "编号", kind: "类别", askUnit: "报送单位编号",
  },
};
export const en: typeof zh = {
  nav: { submissions: "Papers" },
  submissions: {
    title: "Papers due", overview: "Who is missing", name: "Paper", unit: "Unit", due: "Deadline", state: "State", edition: "edition {n}", all: "All", overdue: "Missing after the deadline", late: "handed in late", empty: "No papers due", emptyHint: "Once a programme is set up, what districts and lead departments owe is listed here.",
    emptyFiltered: "No paper fits", emptyFilteredHint: "Try another state.", asked: "asked for by {name}", handed: "first handed in {at}", received: "received {at}", editions: "Editions", noEdition: "Not handed in yet.", files: "Files of this edition", attach: "Attach a file", attachHint: "Attach the files first, then hand in; former editions are kept.",
    verdicts: { received: "received", returned: "returned" }, course: "Course", panel: "Paper", source: "Source", circle: "Circle", mark: "late",
    ask: "Ask for a paper", asking: "Sending…", code: "Code", kind: "Kind", askUnit: "Number of the unit",
  },
};
