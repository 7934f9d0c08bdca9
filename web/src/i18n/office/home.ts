/** The desk. */
export const zh = {
  nav: { home: "首页", start: "首页" },
  desk: {
    greeting: "{name}，今天是{date}", role: "{unit} · {role}", programme: "{programme} · {stage}",
    lights: "在办任务", sheet: "{period}调度表", more: "查看全部 {n} 项", due: "期限 {date}", late: "逾期", empty: "暂无在办事项", emptyHint: "任务下达、材料报送、核验和月调度会出现在这里。", all: "没有需要办理的事项。", noOffice: "本城市尚未设立办公室", noOfficeHint: "请管理员运行 kezhong office init 设立办公室，或直接使用地图与短板清单。", lightsOf: "{light} {n} 项",
    section: {
      late: "已逾期", returned: "被退回", due_soon: "7 日内到期", to_do: "待本单位办理", to_review: "待审核", submissions: "待报送材料", pilots_to_review: "待审核试点", verifications: "待核验", sheets: "待填月调度表", changed: "近 7 日动态",
    } as Record<string, string>,
    none: {
      late: "没有逾期任务", returned: "没有被退回的任务", due_soon: "7 日内没有到期任务", to_do: "没有待办任务", to_review: "没有待审核事项", submissions: "材料已全部报送", pilots_to_review: "没有待审核试点", verifications: "没有待核验事项", sheets: "没有待填的表", changed: "近 7 日没有变化",
    } as Record<string, string>,
  },
};
export const en = {
  nav: { home: "Home", start: "Home" },
  desk: {
    greeting: "{name}, {date}", role: "{unit} · {role}", programme: "{programme} · {stage}",
    lights: "Open tasks", sheet: "Sheet of {period}", more: "All {n}", due: "due {date}", late: "late", empty: "Nothing under way", emptyHint: "Tasks, papers to hand in, verification sheets and monthly sheets will appear here.", all: "Nothing to do.", noOffice: "This city has no office yet", noOfficeHint: "Ask the administrator to run kezhong office init, or use the map and the shortfall list.", lightsOf: "{light}: {n}",
    section: {
      late: "Late", returned: "Returned", due_soon: "Due within 7 days", to_do: "For us to do", to_review: "To review", submissions: "Papers to hand in", pilots_to_review: "Pilots to review", verifications: "To verify", sheets: "Monthly sheets to fill in", changed: "Last 7 days",
    } as Record<string, string>,
    none: {
      late: "Nothing is late", returned: "Nothing was returned", due_soon: "Nothing due within 7 days", to_do: "Nothing to do", to_review: "Nothing to review", submissions: "All papers are in", pilots_to_review: "No pilot to review", verifications: "Nothing to verify", sheets: "No sheet to fill in", changed: "No change in 7 days",
    } as Record<string, string>,
  },
};
