/** The audit. */
export const zh = {
  nav: { audit: "审计" },
  audit: {
    title: "审计记录", tools: "核验与导出", filters: "筛选", kind: "对象类型", all: "全部", objectId: "对象编号", action: "操作", actionHint: "如 task.report", who: "操作人编号", from: "起始日期", to: "截止日期", clear: "清除筛选",
    at: "时间", whoDid: "操作人", what: "操作", object: "对象", changes: "变更", reason: "事由", empty: "没有符合条件的记录", emptyHint: "请放宽时间、对象或操作的条件。", more: "加载更早的记录", loadingMore: "正在加载…",
    system: "系统", token: "接口令牌", unknown: "人员 {id}", field: "字段", before: "之前", after: "之后", masked: "已脱敏", maskedHint: "个人信息只记录是否变化，不记录内容。", none: "无", yes: "是", no: "否", nothing: "没有字段变化", seq: "第 {n} 条", request: "请求编号", hash: "校验值", close: "关闭", detail: "记录详情",
    export: "导出证据", exportHint: "按当前筛选导出，含核对程序；导出本身也会记入审计。", exporting: "正在导出…", sheet: "月度核对单", month: "月份", sheetHint: "打印后由两人签字，可逐条录入核对。", print: "下载核对单",
    chain: "审计链", entries: "共 {n} 条记录", anchored: "锚点写到第 {seq} 条（{at}）", signed: "已签名", unsigned: "未签名", noAnchor: "还没有锚点", noKey: "未设置签名密钥：锚点可以被能改动文件的人伪造。",
    verify: "核验审计链", verifying: "正在核验…", cancel: "取消", whole: "审计链完整", broken: "审计链有问题", cancelled: "已取消核验", checked: "核验 {n} 条记录，用时 {s} 秒；签名保护到第 {seq} 条", checkedUnsigned: "核验 {n} 条记录，用时 {s} 秒；尚无签名锚点保护", more_found: "另有 {n} 处未列出",
    history: "变更记录", historyEmpty: "还没有变更记录",
  },
};
export const en = {
  nav: { audit: "Audit" },
  audit: {
    title: "Audit", tools: "Verify and export", filters: "Filters", kind: "Kind of object", all: "All", objectId: "Object number", action: "Action", actionHint: "e.g. task.report", who: "Person number", from: "From", to: "To", clear: "Clear filters",
    at: "Time", whoDid: "Who", what: "Action", object: "Object", changes: "Changes", reason: "Reason", empty: "No entry fits", emptyHint: "Widen the time, the object or the action.", more: "Load earlier entries", loadingMore: "Loading…",
    system: "system", token: "API token", unknown: "person {id}", field: "Field", before: "Before", after: "After", masked: "masked", maskedHint: "Of personal data only that it changed is kept, not what it was.", none: "none", yes: "yes", no: "no", nothing: "No field changed", seq: "Entry {n}", request: "Request", hash: "Hash", close: "Close", detail: "Entry",
    export: "Export evidence", exportHint: "What the filters choose, with a program to check it; the export is noted in the audit.", exporting: "Exporting…", sheet: "Monthly sheet", month: "Month", sheetHint: "Printed and signed by two; can be typed back to check.", print: "Download the sheet",
    chain: "The chain", entries: "{n} entries", anchored: "anchored up to entry {seq} ({at})", signed: "signed", unsigned: "unsigned", noAnchor: "no anchor yet", noKey: "No key to sign is set: whoever can change the file can forge its anchors.",
    verify: "Verify the chain", verifying: "Verifying…", cancel: "Cancel", whole: "The chain is whole", broken: "The chain is not whole", cancelled: "Verification cancelled", checked: "{n} entries in {s} s; signed up to entry {seq}", checkedUnsigned: "{n} entries in {s} s; no signed anchor protects them yet", more_found: "and {n} more",
    history: "Changes", historyEmpty: "No changes yet",
  },
};
