export const zh = {
  nav: { programme: "方案" },
  delivery: {
    choose: "方案", noFiles: "还没有文件。", attach: "上传文件", attaching: "正在上传…", proposal: "建议值", more: "更多", all: "全部", close: "关闭", save: "保存", cancel: "取消", back: "返回列表",
    units: "单位", area: "区域", due: "时限", conflict: "有人刚刚修改了这条记录，请核对最新内容后再次提交；您填写的内容仍在。", none: "无", noData: "无数据",
  },
  programme: {
    title: "方案", stages: "阶段", today: "今天", phase: { over: "已结束", now: "进行中", coming: "未开始" } as Record<string, string>,
    targets: "目标", target: "目标", now: "现状", wanted: "目标值", countsWhat: "计数口径", by: "完成期限", source: "依据",
    city: "全市", notMeasured: "尚未实测", share: "{a} / {b}",
    metric: {
      pilots_nominated: "已推荐的试点（不含退出）", pilots_approved: "已批准并在建的试点（不含退出）", circles_accepted: "已验收的生活圈", communities_in_accepted_circles: "位于已验收生活圈内的城区社区 ÷ 全部城区社区", people_reaching_required: "必配要素步行可达的居民 ÷ 全部居民", figure: "体检指标",
    } as Record<string, string>,
    duties: "八个圈层与牵头单位", circle: "圈层", lead: "牵头单位", responsible: "责任单位", joint: "配合单位", noDuty: "未明确",
    papers: "报送情况", paper: "材料", handed: "已报", missing: "逾期未报", waiting: "未到期未报", returned: "退回修改", late: "逾期报送 {n}", allIn: "已报齐", toPapers: "报送台账",
    none: "还没有方案", noneHint: "方案确定阶段、目标、牵头单位和应报材料，并生成任务清单。", noneOthers: "领导小组办公室建立方案后，这里显示阶段、目标和牵头单位。",
    setUp: "按模板建立方案", template: "模板", code: "编号", name: "名称", slots: "各区对应", slotHint: "模板中的“{name}”对应本市：", chooseDistrict: "请选择区", shift: "日期平移（年）", create: "建立", creating: "正在建立…",
    created: "已建立：{stages} 个阶段、{targets} 项目标、{tasks} 项任务、{submissions} 份应报材料。", without: "下列部门没有对应单位，未列为配合单位：{names}",
    editDuty: "调整“{circle}”的分工", addDuty: "登记单位", duty: "职责", validFrom: "起始日期", from: "自 {day}", until: "至 {day}", endDuty: "结束", endDutyOf: "结束{name}的职责", dutyAdded: "已登记。", dutyEnded: "已结束{name}的职责。", leadReplaced: "现牵头单位{name}将在起始日期的前一日结束。",
    editStage: "修改第 {n} 阶段", startsOn: "开始", endsOn: "结束", nameEn: "英文名称", stageText: "工作内容", stageReasonHint: "如：依据某次会议纪要调整。",
    addTarget: "增加目标", editTarget: "修改目标", editTargetOf: "修改目标“{name}”", removeTarget: "删除该目标", comparison: "方向", at_least: "不低于", at_most: "不高于", stageOf: "所属阶段", unitOf: "单位", sourceHint: "写明文件和条款；尚无依据的写“建议值”。", bindLater: "保存后，请在“实测”页为该目标选定体检指标，此前显示“无数据”。",
    unit: { share: "%", m: "米", min: "分钟", count: "个", "m²": "平方米", 个: "个" } as Record<string, string>,
    facts: "依据 {source}；其中具体措施的完成时限和配合单位为建议值。", fill: "请填写{what}",
  },
};

export const en: typeof zh = {
  nav: { programme: "Plan" },
  delivery: {
    choose: "Programme", noFiles: "No files yet.", attach: "Attach a file", attaching: "Sending…", proposal: "proposal", more: "More", all: "All", close: "Close", save: "Save", cancel: "Cancel", back: "Back to the list",
    units: "Unit", area: "Area", due: "Deadline", conflict: "Somebody has just changed this record. Compare with the newest version and send again; what you entered is still here.", none: "none", noData: "no data",
  },
  programme: {
    title: "Programme", stages: "Stages", today: "Today", phase: { over: "over", now: "running", coming: "to come" },
    targets: "Targets", target: "Target", now: "Now", wanted: "Target value", countsWhat: "What is counted", by: "By", source: "Source",
    city: "Whole city", notMeasured: "not measured yet", share: "{a} / {b}",
    metric: {
      pilots_nominated: "pilots nominated (without those withdrawn)", pilots_approved: "pilots approved and going on", circles_accepted: "life circles accepted", communities_in_accepted_circles: "communities of the built-up area inside accepted circles ÷ all of them", people_reaching_required: "people who reach what is required ÷ all", figure: "indicator of the assessment",
    },
    duties: "Eight circles and who leads them", circle: "Circle", lead: "Lead", responsible: "Responsible", joint: "Joint", noDuty: "not named",
    papers: "Papers due", paper: "Paper", handed: "Handed in", missing: "Missing after the deadline", waiting: "Not due yet", returned: "Returned", late: "{n} late", allIn: "all in", toPapers: "Register of papers",
    none: "No programme yet", noneHint: "A programme sets stages, targets, lead units and papers due, and makes the list of tasks.", noneOthers: "Once the leading-group office has set up a programme, its stages, targets and lead units are shown here.",
    setUp: "Set up from a template", template: "Template", code: "Code", name: "Name", slots: "Districts", slotHint: "What the template calls “{name}” is here:", chooseDistrict: "Choose a district", shift: "Move all dates (years)", create: "Set up", creating: "Setting up…",
    created: "Set up: {stages} stages, {targets} targets, {tasks} tasks, {submissions} papers due.", without: "These departments have no unit here and were not named as joint units: {names}",
    editDuty: "Duties in “{circle}”", addDuty: "Name the unit", duty: "Duty", validFrom: "From", from: "from {day}", until: "until {day}", endDuty: "End", endDutyOf: "End the duty of {name}", dutyAdded: "Named.", dutyEnded: "The duty of {name} has ended.", leadReplaced: "{name}, who leads now, ends the day before.",
    editStage: "Edit stage {n}", startsOn: "First day", endsOn: "Last day", nameEn: "Name in English", stageText: "What is done", stageReasonHint: "for instance the minutes that decided it",
    addTarget: "Add a target", editTarget: "Edit the target", editTargetOf: "Edit the target “{name}”", removeTarget: "Remove this target", comparison: "Direction", at_least: "at least", at_most: "at most", stageOf: "Stage", unitOf: "Unit", sourceHint: "Document and clause; “建议值” (a proposal) where there is none yet.", bindLater: "Afterwards choose the figure of this target on the page “Measured”; until then it shows no data.",
    unit: { share: "%", m: "m", min: "min", count: "", "m²": "m²", 个: "" },
    facts: "After {source}; deadlines of measures and joint units are proposals.", fill: "Please fill in: {what}",
  },
};
