/** Running the office. */
export const zh = {
  nav: { running: "运行" },
  running: {
    title: "运行维护", state: "运行状态", calendar: "工作日历", reminders: "提醒规则", webhooks: "推送",
    database: "数据库", embedded: "自带", own: "外部", schema: "结构版本", current: "已是最新", outdated: "需升级到 {n}", size: "大小", free: "磁盘剩余", lowDisk: "磁盘空间不足 2 GB，请尽快清理或扩容。", counts: "单位 {units} 个，人员 {people} 名，任务 {tasks} 项",
    backup: "备份", lastBackup: "上次备份", never: "从未备份", oldBackup: "距上次备份已超过 7 天。", backupNow: "立即备份", backingUp: "正在备份…", backupDone: "备份完成", backupWhere: "保存在城市文件夹 office/backups 下，含个人信息，请另存到别处并妥善保管。",
    anchor: "审计锚点", anchorNow: "立即写入锚点", queue: "通知与定时任务", waiting: "待发 {n} 条", failed: "失败 {n} 条", oldest: "最早应发 {at}", lastRound: "上次有变化的定时任务", roundNow: "立即执行定时任务", roundDone: "亮灯更新 {lights} 项，提醒 {reminders} 条，上报 {escalations} 条", roundSkipped: "另一个进程正在执行定时任务", holidays: "节假日已知至",
    year: "年份", prev: "上一年", next: "下一年", known: "该年节假日已公布", unknown: "该年节假日尚不完整，还缺：{missing}", day: "日期", kind: "类别", name: "名称", holiday: "放假", workday: "上班", source: "来源", published: "国家公布", entered: "本办公室录入", add: "录入", save: "保存", remove: "撤销", noDays: "该年还没有任何日期", noDaysHint: "国务院办公厅公布后，在此录入或导入。", importCsv: "导入 CSV", exportCsv: "导出 CSV", imported: "已导入 {n} 天", dayMissing: "请选择日期", csvHint: "表头：日期,类别,名称；只更新表中列出的日期。",
    proposal: "建议值", proposalHint: "以下为本软件的建议值（待核），保存后按本办公室的规则执行。", count: "按", workdays: "工作日", days: "自然日", at: "发送时间", ruleDays: "距期限（天）", ruleDaysHint: "负数为到期前，0 为到期日，正数为逾期后", to: "通知", copy: "抄送", text: "说明", textEn: "英文说明", addRule: "增加一条", removeRule: "删除", saveRules: "保存规则", saved: "已保存", rulesHint: "须按时间先后排列，层级逐级上升。",
    level: { lead: "承办单位", superior: "承办单位上级", district: "区级", office: "市领导小组办公室" } as Record<string, string>,
    conflict: "他人刚刚修改了提醒规则。您填写的内容仍在页面上；再次保存将覆盖他人的修改。",
  },
};
export const en = {
  nav: { running: "Running" },
  running: {
    title: "Running the office", state: "State", calendar: "Working calendar", reminders: "Reminder rules", webhooks: "Webhooks",
    database: "Database", embedded: "embedded", own: "the city's own", schema: "Schema", current: "current", outdated: "to be migrated to {n}", size: "Size", free: "Free on disk", lowDisk: "Less than 2 GB is free: make room soon.", counts: "{units} units, {people} people, {tasks} tasks",
    backup: "Backup", lastBackup: "Last backup", never: "never", oldBackup: "The last backup is more than 7 days old.", backupNow: "Back up now", backingUp: "Backing up…", backupDone: "Backed up", backupWhere: "Kept in office/backups of the city folder. It holds personal data: keep a copy elsewhere, and keep it safe.",
    anchor: "Anchors of the audit", anchorNow: "Anchor now", queue: "Notices and the clock", waiting: "{n} waiting", failed: "{n} failed", oldest: "oldest due {at}", lastRound: "Last round that changed something", roundNow: "Run a round now", roundDone: "{lights} lights, {reminders} reminders, {escalations} escalations", roundSkipped: "Another process is at it", holidays: "Holidays known until",
    year: "Year", prev: "Year before", next: "Year after", known: "The year's holidays are published", unknown: "The year's holidays are not complete; missing: {missing}", day: "Day", kind: "Kind", name: "Name", holiday: "holiday", workday: "workday", source: "Source", published: "published", entered: "entered here", add: "Enter", save: "Save", remove: "Take back", noDays: "No days for this year yet", noDaysHint: "Enter or import them once they are published.", importCsv: "Import CSV", exportCsv: "Export CSV", imported: "{n} days imported", dayMissing: "Choose a day", csvHint: "First row: date,kind,name. Days that are not named stay as they are.",
    proposal: "proposal", proposalHint: "These are proposals of the software, to be checked; once saved, the office's own rules count.", count: "Count", workdays: "working days", days: "calendar days", at: "Sent at", ruleDays: "Days from the deadline", ruleDaysHint: "below 0 before it, 0 on it, above 0 after it", to: "Tell", copy: "Copy to", text: "Text (Chinese)", textEn: "Text (English)", addRule: "Add a rule", removeRule: "Remove", saveRules: "Save the rules", saved: "Saved", rulesHint: "In the order of time; levels never go down.",
    level: { lead: "responsible unit", superior: "unit above", district: "district", office: "leading-group office" } as Record<string, string>,
    conflict: "Somebody else has just changed the rules. What you entered is still here; saving again replaces their change.",
  },
};
