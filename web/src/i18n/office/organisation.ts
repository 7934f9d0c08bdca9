/** Units, their changes, grid teams. */
export const zh = {
  nav: { organisation: "机构", teams: "网格团队" },
  organisation: {
    title: "机构", one: "单位详情", count: "共 {n} 个单位", search: "单位名称、拼音或编码", withEnded: "包括已撤并单位", export: "导出", import: "导入", imported: "新增 {n} 个，未变 {m} 个", add: "新增单位", added: "已新增", none: "没有符合条件的单位", noneHint: "换个名称再查，或包括已撤并单位。",
    name: "名称", shortName: "简称", code: "编码", kind: "类别", area: "区域", people: "在岗人员", parent: "上级单位", noParent: "无上级", line: "条线", noLine: "不属于条线", choose: "请选择", needed: "请填写必填项", save: "保存", unit: "所属单位",
    fold: "收起", unfold: "展开", ended: "已撤并", endedOn: "{date}止，由“{name}”承接", seePeople: "查看人员",
    history: "沿革", noHistory: "{date}设立，此后没有变更", from: "{date}起", planned: "计划中的变更", waits: "待生效", failed: "未能生效", cancel: "取消计划", cancelled: "已取消",
    change: "办理变更", work: "未办结：", effective: "生效日期", document: "依据文件", documentHint: "如：〔2026〕9号", note: "说明", atOnce: "今天或本年内的日期立即生效", later: "到生效日自动办理", confirm: "确认变更", plan: "列入计划", done: "变更已生效", plannedDone: "已列入计划", incomplete: "请填写完整",
    newParent: "新的上级单位", successor: "承接单位", noSuccessor: "无（须没有未办结事项和在岗人员）", together: "一并并入的其他单位（可不选，按住 Ctrl 多选）", partCode: "分设单位编码", partName: "分设单位名称", split_tasks: "划入的未办结任务", split_people: "划入的人员（授权随之划转）", splitNone: "没有可划入的。", splitAll: "全选", splitDue: "{day}前完成",
    changes: { rename: "更名", move: "划转", merge: "合并", split: "分设", dissolve: "撤销" } as Record<string, string>,
    done_: { created: "设立", renamed: "更名", moved: "划转", merged: "合并", split: "分设", dissolved: "撤销" } as Record<string, string>,
    hints: {
      rename: "以往的文件和记录仍显示当时的名称。", move: "下属单位随之划转，权限范围同时调整。", merge: "本单位撤销，未办结事项、人员、授权、职责和网格团队一并移交承接单位，下属单位随之划入。",
      split: "新设一个同级单位，本单位保留；在下面选择一并划入新单位的任务和人员，未选的留在本单位。", dissolve: "有未办结事项或在岗人员时须指定承接单位。",
    } as Record<string, string>,
    kinds: { leading_group: "领导小组", office: "办公室", government: "政府", department: "部门", street_office: "街道办事处", community_committee: "社区居委会", grid_team: "网格团队", company: "企业", association: "社会组织" } as Record<string, string>,
    workKinds: { task: "任务", pilot: "试点", submission: "材料", project: "项目", application: "申报", offer: "共建", objection: "异议", verification: "核验单", target: "目标", person: "人员", role_grant: "授权", delegation: "委托", dispatch_sheet: "调度表", circle_duty: "圈层职责", grid_team: "网格团队", joint: "配合任务" } as Record<string, string>,
    lines: {
      housing: "住房和城乡建设", commerce: "商务", culture: "文体旅游广电", education: "教育", civil_affairs: "民政", health: "卫生健康", urban_management: "城市管理", political_legal: "政法", social_work: "社会工作", organization: "组织", natural_resources: "自然资源", transport: "交通运输",
      public_security: "公安", justice: "司法行政", human_resources: "人力资源和社会保障", emergency: "应急管理", fire_rescue: "消防救援", postal: "邮政管理", financial_regulation: "金融监管", development_reform: "发展改革", market_regulation: "市场监管", disabled_federation: "残联", government_services: "政务服务", agriculture: "农牧",
    } as Record<string, string>,
    teams: "网格团队", teamsHint: "岗位对居民公开；不采集人员位置和轨迹。标黄的模式其岗位设置未在方案中写明，须由本市核定。", addTeam: "新建团队", template: "团队模式", assumedMark: "（岗位待核）", gridCode: "综治网格编号", noTeams: "还没有网格团队", noTeamsHint: "按“一格一长一警”等模式为社区建立团队。", outOfSight: "（本范围外人员）", vacant: "空缺", leave: "结束", join: "添加人员", post: "岗位", needMember: "请选择人员和岗位",
  },
};
export const en: typeof zh = {
  nav: { organisation: "Units", teams: "Grid teams" },
  organisation: {
    title: "Units", one: "Unit", count: "{n} units", search: "Name, pinyin or code", withEnded: "with those that ended", export: "Export", import: "Import", imported: "{n} added, {m} unchanged", add: "Add a unit", added: "Added", none: "No such unit", noneHint: "Try another name, or include those that ended.",
    name: "Name", shortName: "Short name", code: "Code", kind: "Kind", area: "Area", people: "People", parent: "Unit above", noParent: "none", line: "Line", noLine: "no line", choose: "choose", needed: "Fill in what is needed", save: "Save", unit: "Unit",
    fold: "Fold", unfold: "Unfold", ended: "ended", endedOn: "until {date}; followed by {name}", seePeople: "see people",
    history: "History", noHistory: "Since {date}, unchanged", from: "from {date}", planned: "Planned", waits: "waits", failed: "could not be done", cancel: "Drop", cancelled: "Dropped",
    change: "Change", work: "Open:", effective: "From", document: "By which paper", documentHint: "its number", note: "Note", atOnce: "today or a day of this year: counts at once", later: "applied on its day", confirm: "Confirm", plan: "Plan", done: "Done", plannedDone: "Planned", incomplete: "Something is missing",
    newParent: "New unit above", successor: "Successor", noSuccessor: "none (only without open work and people)", together: "Other units that merge, too (optional)", partCode: "Code of the new unit", partName: "Name of the new unit", split_tasks: "Open tasks that go there", split_people: "People that go there, with their roles", splitNone: "There is nothing to move.", splitAll: "all", splitDue: "due {day}",
    changes: { rename: "Rename", move: "Move", merge: "Merge", split: "Split", dissolve: "Dissolve" },
    done_: { created: "created", renamed: "renamed", moved: "moved", merged: "merged", split: "split", dissolved: "dissolved" },
    hints: {
      rename: "Former records keep the name of their time.", move: "Units below move along, and scopes with them.", merge: "This unit ends; open work, people, roles, duties and grid teams go to the successor, units below move there.",
      split: "A new unit of the same level is made; this one stays. Choose the tasks and people that go there; what is not chosen stays.", dissolve: "With open work or people a successor is needed.",
    },
    kinds: { leading_group: "leading group", office: "office", government: "government", department: "department", street_office: "street office", community_committee: "community committee", grid_team: "grid team", company: "company", association: "association" },
    workKinds: { task: "tasks", pilot: "pilots", submission: "papers", project: "projects", application: "applications", offer: "offers", objection: "objections", verification: "verification sheets", target: "targets", person: "people", role_grant: "roles", delegation: "delegations", dispatch_sheet: "sheets", circle_duty: "duties", grid_team: "grid teams", joint: "joint tasks" },
    lines: {
      housing: "Housing and construction", commerce: "Commerce", culture: "Culture, sports, tourism", education: "Education", civil_affairs: "Civil affairs", health: "Health", urban_management: "Urban management", political_legal: "Political and legal affairs", social_work: "Social work", organization: "Organisation", natural_resources: "Natural resources", transport: "Transport",
      public_security: "Public security", justice: "Justice", human_resources: "Human resources", emergency: "Emergency management", fire_rescue: "Fire and rescue", postal: "Postal administration", financial_regulation: "Financial regulation", development_reform: "Development and reform", market_regulation: "Market regulation", disabled_federation: "Disabled persons' federation", government_services: "Government services", agriculture: "Agriculture",
    },
    teams: "Grid teams", teamsHint: "Posts are public; no positions and no tracks are kept. Posts of forms marked yellow are not in the plan: to be confirmed by the city.", addTeam: "New team", template: "Form", assumedMark: " (posts to be confirmed)", gridCode: "Household grid", noTeams: "No grid teams yet", noTeamsHint: "Make teams for communities by a form such as 一格一长一警.", outOfSight: "(out of your scope)", vacant: "vacant", leave: "end", join: "Add somebody", post: "Post", needMember: "Choose a person and a post",
  },
};
