/** Addresses outside that are told of events, and what became of each message. */
export const zh = {
  webhooks: {
    title: "对外推送", hint: "事件发生时，系统向下列地址发送不含个人信息的通知（HTTPS，带签名）。", add: "增加推送地址", edit: "修改推送地址", none: "还没有推送地址", noneHint: "对接督查平台、协同办公等系统时，在此登记其接收地址。",
    name: "名称", url: "接收地址", urlHint: "以 https:// 开头；内网地址须由管理员在服务器上放行。", urlBad: "应为 https:// 开头的完整地址", active: "启用", off: "已停用", state: "状态", events: "事件", eventsOf: "推送的事件", all: "全部事件", allOf: "全部", reminded: "催办", escalated: "逾期上报", chooseEvents: "请至少选择一类事件",
    secret: "签名密钥所在的环境变量", secretHint: "密钥只放在服务器的环境变量中，系统不保存。名称以 KEZHONG_ 开头；不填则不签名。", secretBad: "应以 KEZHONG_ 开头，只含大写字母、数字和下划线", secretSet: "已设置", secretMissing: "服务器上未设置", unsigned: "不签名",
    make: "生成一个密钥", made: "该密钥只显示这一次。请写入服务器环境并交给接收方：", waiting: "待发 {n}", failed: "失败 {n}",
    test: "试发", testing: "正在试发…", testGood: "试发成功：{name}已收到。", testBad: "试发失败：{problem}", deliveries: "发送记录", which: "对象", everything: "全部", email: "电子邮件", undelivered: "只看未送达", at: "时间", tries: "次数", problem: "错误", retry: "重发", retried: "已重新排队，将在下一轮发送。", noDeliveries: "没有记录", noDeliveriesHint: "没有等待或失败的发送。",
    states: { waiting: "待发", sent: "已送达", failed: "失败" } as Record<string, string>, next: "下次 {at}", queueOff: "发送队列未运行：待发的通知暂不会发出。{problem}", testEvent: "试发",
  },
};

export const en: typeof zh = {
  webhooks: {
    title: "Webhooks", hint: "When something happens, these addresses are told of it without personal data (HTTPS, signed).", add: "Add an address", edit: "Edit the address", none: "No addresses yet", noneHint: "Enter the address of the system that is to be told: supervision, office automation.",
    name: "Name", url: "Address", urlHint: "Begins with https://; one of the inner network is permitted by the administrator on the server.", urlBad: "must be a whole address that begins with https://", active: "On", off: "off", state: "State", events: "Events", eventsOf: "Told of", all: "everything", allOf: "all", reminded: "reminded", escalated: "escalated", chooseEvents: "Choose at least one event",
    secret: "Environment variable of the secret", secretHint: "The secret stands in the server's environment only and is not kept here. The name begins with KEZHONG_; without one, nothing is signed.", secretBad: "must begin with KEZHONG_ and hold capital letters, digits and underscores only", secretSet: "set", secretMissing: "not set on the server", unsigned: "unsigned",
    make: "Make a secret", made: "This secret is shown once. Put it into the server's environment and hand it to the receiver:", waiting: "{n} waiting", failed: "{n} failed",
    test: "Try it", testing: "Trying…", testGood: "{name} has received the test.", testBad: "The test failed: {problem}", deliveries: "Deliveries", which: "Of", everything: "All", email: "E-mail", undelivered: "undelivered only", at: "At", tries: "Tries", problem: "Problem", retry: "Send again", retried: "Queued again; it goes out with the next round.", noDeliveries: "Nothing here", noDeliveriesHint: "Nothing waits and nothing failed.",
    states: { waiting: "waiting", sent: "delivered", failed: "failed" }, next: "next {at}", queueOff: "The queue is not running: what waits is not sent now. {problem}", testEvent: "test",
  },
};
