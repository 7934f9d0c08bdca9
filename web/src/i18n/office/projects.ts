export const zh = {
  nav: { projects: "项目" },
  projects: {
    editFields: "修改项目信息", starts: "开工日期", element: "服务要素", scaleUnit: "规模单位", offerProject: "用于项目", offerNoProject: "尚未对应项目",
    title: "项目", tabs: { projects: "项目", sites: "闲置资产", offers: "居民共建", experience: "总结经验", applications: "上级试点申报" } as Record<string, string>,
    all: "全部", search: "编号或名称", circle: "圈层", anyCircle: "全部圈层", name: "项目", state: "状态", planned: "计划", paid: "已付", due: "时限", unit: "实施单位", place: "地点",
    sums: "资金合计：计划 {a}，已付 {b}", byKind: "按来源", byDistrict: "按区", empty: "还没有项目", emptyHint: "从短板清单“立项”，或在这里手工登记。", emptyFiltered: "没有符合条件的项目", emptyFilteredHint: "换一个状态或关键词再看。",
    add: "手工立项", create: "立项", creating: "正在提交…", community: "所在社区", chooseArea: "请选择", fromShortfall: "从短板立项", shortfall: "对应短板", shortfallAs: "立项时的短板清单内容", pilot: "试点", proposedBy: "提出单位",
    money: "资金", moneyKind: "来源类别", moneySource: "来源", moneyYear: "年度", moneyDoc: "文号", addMoney: "登记资金", moneyNone: "尚未登记资金。", save: "保存", remove: "删除", edit: "修改", total: "合计", yuan: "元",
    sites: "利用的闲置资产", sitesNone: "没有利用闲置资产。", offers: "共建", files: "附件", course: "办理过程", note: "备注", operator: "运营方", scale: "规模", people: "预计受益", progress: "进度", address: "地址", details: "基本情况", panel: "项目", fundFirst: "先登记资金来源，再落实资金。", funding: "已登记计划 {a}",
    site: "资产", siteKind: "种类", siteArea: "面积", siteUse: "用途", siteUsed: "利用面积（平方米）", siteIdle: "闲置", siteTaken: "已利用", siteTake: "登记利用", siteLeave: "撤销利用", siteProject: "用于项目", sitesSum: "闲置资产 {n} 处，已利用 {u} 处（{share}）；面积已利用 {used} / {all} 平方米", sitesEmpty: "没有闲置资产台账", sitesEmptyHint: "用 kezhong import sites 导入闲置土地、厂房、仓库、商业体、拆后空地台账。", siteAll: "全部", siteElsewhere: "已由其他单位登记利用",
    siteKinds: { land: "土地", plant: "厂房", warehouse: "仓库", complex: "商业综合体", demolished: "拆后空地", premises: "房屋", reserve: "留白" } as Record<string, string>,
    offer: "共建意向", offerFrom: "来自", offerName: "姓名或单位", offerContact: "联系方式", offerText: "内容", offerAdd: "登记共建意向", offerEmpty: "还没有共建意向", offerEmptyHint: "居民、企业、社会组织愿意提供的场地、时段、物资、资金或技能登记在这里；每一条都要答复。", reveal: "查看联系方式（记入审计）", maskedNote: "个人信息已隐去；查看会记入审计。", reply: "答复",
    noteTitle: "标题", noteText: "内容", noteAdd: "写一条经验", notePublish: "发布", noteUnpublish: "撤回发布", notePublished: "已发布 {at}", noteDraft: "未发布，仅本单位可见", noteEmpty: "还没有经验材料", noteEmptyHint: "把行得通的做法写下来，发布后各区都能看到。",
    level: "级别", scheme: "申报项目", applicationAdd: "准备申报", applicationEmpty: "还没有申报", applicationEmptyHint: "省级、国家级试点的申报在这里准备、审核、上报。", result: "结果",
  },
  opening: {
    project: "立项", task: "下达任务", due: "完成时限", title: "主要任务", doTask: "下达", doProject: "立项", done: "已生成 {code}（{unit}）", doneProject: "已立项 {code}", toTask: "打开任务", toProject: "打开项目", programme: "方案", unitNote: "责任单位按短板的责任部门自动确定，牵头部门列为配合单位。", noProgramme: "还没有方案，不能立项或下达。",
  },
};
export const en: typeof zh = {
  nav: { projects: "Projects" },
  projects: {
    editFields: "Edit the project", starts: "First day", element: "Service element", scaleUnit: "Unit of the scale", offerProject: "Goes into the project", offerNoProject: "no project yet",
    title: "Projects", tabs: { projects: "Projects", sites: "Idle assets", offers: "Offers", experience: "What worked", applications: "Applications" },
    all: "All", search: "Code or name", circle: "Circle", anyCircle: "All circles", name: "Project", state: "State", planned: "Planned", paid: "Paid", due: "Deadline", unit: "Unit", place: "Place",
    sums: "Money in all: planned {a}, paid {b}", byKind: "By source", byDistrict: "By district", empty: "No projects yet", emptyHint: "Open one from the shortfall list, or enter it here.", emptyFiltered: "No project fits", emptyFilteredHint: "Try another state or word.",
    add: "Enter a project", create: "Propose", creating: "Sending…", community: "Community", chooseArea: "Choose", fromShortfall: "From a shortfall", shortfall: "Shortfall", shortfallAs: "The shortfall as it was then", pilot: "Pilot", proposedBy: "Proposed by",
    money: "Money", moneyKind: "Kind", moneySource: "Source", moneyYear: "Year", moneyDoc: "Document", addMoney: "Enter money", moneyNone: "No money entered yet.", save: "Save", remove: "Remove", edit: "Change", total: "Total", yuan: "yuan",
    sites: "Idle assets in use", sitesNone: "No idle asset is used.", offers: "Offers", files: "Attachments", course: "Course", note: "Note", operator: "Run by", scale: "Size", people: "People reached", progress: "Progress", address: "Address", details: "Basics", panel: "Project", fundFirst: "Enter a source of money first.", funding: "{a} planned so far",
    site: "Asset", siteKind: "Kind", siteArea: "Area", siteUse: "Use", siteUsed: "Used (m²)", siteIdle: "idle", siteTaken: "in use", siteTake: "Take into use", siteLeave: "Leave", siteProject: "For project", sitesSum: "{n} idle assets, {u} in use ({share}); {used} of {all} m² used", sitesEmpty: "No ledger of idle assets", sitesEmptyHint: "Import it with kezhong import sites.", siteAll: "All", siteElsewhere: "taken into use by another unit",
    siteKinds: { land: "land", plant: "plant", warehouse: "warehouse", complex: "commercial complex", demolished: "cleared land", premises: "premises", reserve: "reserve" },
    offer: "Offer", offerFrom: "From", offerName: "Name", offerContact: "Contact", offerText: "What", offerAdd: "Register an offer", offerEmpty: "No offers yet", offerEmptyHint: "Rooms, hours, goods, money or skills that residents, firms and associations offer; each gets an answer.", reveal: "Show contact (audited)", maskedNote: "Personal data are masked; showing them is audited.", reply: "Answer",
    noteTitle: "Title", noteText: "Text", noteAdd: "Write a note", notePublish: "Publish", noteUnpublish: "Take back", notePublished: "published {at}", noteDraft: "not published; seen by its unit only", noteEmpty: "No notes yet", noteEmptyHint: "Write down what worked; once published, all districts see it.",
    level: "Level", scheme: "Scheme", applicationAdd: "Prepare an application", applicationEmpty: "No applications yet", applicationEmptyHint: "Applications for provincial and national pilots are prepared, reviewed and sent on here.", result: "Result",
  },
  opening: {
    project: "Open a project", task: "Issue a task", due: "Deadline", title: "Task", doTask: "Issue", doProject: "Propose", done: "Made {code} ({unit})", doneProject: "Proposed {code}", toTask: "Open the task", toProject: "Open the project", programme: "Programme", unitNote: "The unit is found from the responsible department; the lead department joins in.", noProgramme: "There is no programme yet.",
  },
};
