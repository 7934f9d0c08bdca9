export const zh = {
  nav: { notices: "消息" },
  notices: {
    title: "消息", bell: "消息，{n} 条未读", none: "没有消息", noneHint: "任务下达、退回、到期、预警和评论提到您时，会在这里告诉您。", unreadOnly: "只看未读", all: "全部", markAll: "全部标为已读", unread: "{n} 条未读", more: "更早的消息", open: "查看", isUnread: "未读",
    kinds: { assigned: "新任务", returned: "退回", refused: "退单", reported: "待审核", due_soon: "即将到期", due_today: "今日到期", overdue: "逾期", escalated: "预警升级", reminded: "催办", mentioned: "提到我", approved: "已审核", changed: "进展" },
    preferences: { title: "接收设置", email: "邮件提醒", emails: { none: "不发邮件", act: "只发需要我办理的", all: "全部" }, noMail: "本系统尚未配置邮件服务器，消息只在系统内显示。", muted: "不再提示", mutedHint: "需要办理的消息始终提示。", save: "保存设置", saved: "已保存" },
  },
};

export const en: typeof zh = {
  nav: { notices: "Notices" },
  notices: {
    title: "Notices", bell: "Notices, {n} unread", none: "No notices", noneHint: "You are told here when a task is issued, returned, due or escalated, and when a comment mentions you.", unreadOnly: "Unread only", all: "All", markAll: "Mark all as read", unread: "{n} unread", more: "Older notices", open: "Open", isUnread: "unread",
    kinds: { assigned: "New task", returned: "Returned", refused: "Refused", reported: "To review", due_soon: "Due soon", due_today: "Due today", overdue: "Overdue", escalated: "Escalated", reminded: "Reminder", mentioned: "Mentioned", approved: "Approved", changed: "Progress" },
    preferences: { title: "What I am told", email: "E-mail", emails: { none: "no e-mail", act: "only what I must act on", all: "everything" }, noMail: "No mail server is set up: notices are shown here only.", muted: "Do not tell me", mutedHint: "What you must act on is always told.", save: "Save", saved: "Saved" },
  },
};
