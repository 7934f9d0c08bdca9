/** People, their posts and roles. */
export const zh = {
  nav: { people: "人员" },
  people: {
    title: "人员", one: "人员详情", search: "姓名或用户名", unit: "单位", allUnits: "全部单位", role: "角色", allRoles: "全部角色", status: "状态", allStates: "全部状态", name: "姓名", postTitle: "岗位", phone: "电话", email: "邮箱", username: "用户名", contact: "联络员",
    export: "导出", import: "导入", imported: "新增 {n} 人，未变 {m} 人", add: "新增人员", added: "已新增", more: "显示更多", none: "没有符合条件的人员", noneHint: "换个条件再查；只显示您权限范围内的人员。", erasedName: "（已注销）", choose: "请选择", needed: "请填写姓名、单位和岗位",
    usernameHint: "用于密码登录；可以留空。", save: "保存", saved: "已保存", edit: "修改", editHint: "电话、邮箱留空表示不变。", meanwhile: "他人刚刚修改过：姓名 {name}，用户名 {username}。您填写的内容仍在下面，核对后可再次保存。",
    reveal: "查看完整联系方式", revealWhy: "查看原因（记入审计）", needReason: "请填写原因", reason: "原因（记入审计）",
    posts: "岗位", main: "主岗位", today: "至今", addPost: "增加岗位", makeMain: "设为主岗位（人员随之转到该单位）",
    rights: "角色与授权", noRights: "没有角色，登录后只能使用本人账号。", lent: "受托", until: "至 {date}", revoke: "收回", revoked: "已收回", addGrant: "授予角色", granted: "已授权", grantUntil: "到期日（可不填）", needRole: "请选择单位和角色",
    account: "账号与离岗", reset: "重置密码", fresh: "临时密码（只显示这一次，首次登录须修改）：", unlock: "解除登录锁定", unlocked: "已解除", lockedUntil: "登录锁定至 {date}", totp: "动态验证码", totpOff: "停用动态验证码", totpOffDone: "已停用",
    handOver: "离岗交接", handOverHint: "未办结任务、负责的试点、在填的调度表、岗位和网格团队位置一并移交给同单位接手人；本人的角色、委托、登录和令牌立即失效。", handOverGo: "确认交接并离岗", nothingHeld: "手上没有未办结事项。", successor: "接手人（同单位）", noSuccessor: "本单位没有其他在岗人员；请先为接手人增加本单位岗位。", needSuccessor: "请选择接手人", note: "说明", handedOver: "{name}已离岗，移交完成", rolesNext: "角色不随交接转移，如有需要请为接手人另行授权。", close: "完成",
    erase: "注销个人信息", erased: "已注销", eraseHint: "姓名、用户名、电话、邮箱将被删除且不能恢复；审计链保持完整。",
    counts: { tasks: "未办结任务", pilots: "负责的试点", sheets: "在填的调度表", posts: "岗位", teams: "网格团队位置", grants: "结束的角色", delegations: "结束的委托", tokens: "停用的令牌", sessions: "退出的登录" } as Record<string, string>,
    states: { active: "在岗", left: "已离岗", locked: "已停用", erased: "已注销" } as Record<string, string>,
    roles: { office: "领导小组办公室", department: "部门", district: "区", street: "街道(镇)", community: "社区(村)", grid_member: "网格员", inspector: "检查督导", auditor: "审计", administrator: "系统管理员", analyst: "分析员" } as Record<string, string>,
  },
};
export const en: typeof zh = {
  nav: { people: "People" },
  people: {
    title: "People", one: "Person", search: "Name or user name", unit: "Unit", allUnits: "All units", role: "Role", allRoles: "All roles", status: "State", allStates: "All states", name: "Name", postTitle: "Post", phone: "Phone", email: "E-mail", username: "User name", contact: "contact",
    export: "Export", import: "Import", imported: "{n} added, {m} unchanged", add: "Add a person", added: "Added", more: "More", none: "Nobody found", noneHint: "Try other filters; only people in your scope are shown.", erasedName: "(erased)", choose: "choose", needed: "Name, unit and post are needed",
    usernameHint: "For signing in by password; may stay empty.", save: "Save", saved: "Saved", edit: "Edit", editHint: "Phone and e-mail left empty stay as they are.", meanwhile: "Somebody has just changed this: name {name}, user name {username}. What you entered is still below; check it and save again.",
    reveal: "Show contact data", revealWhy: "Why (kept in the audit)", needReason: "Say why", reason: "Why (kept in the audit)",
    posts: "Posts", main: "main", today: "today", addPost: "Add a post", makeMain: "make it the main post (the person moves to that unit)",
    rights: "Roles", noRights: "No role: signed in, only the own account can be used.", lent: "lent", until: "until {date}", revoke: "Revoke", revoked: "Revoked", addGrant: "Give a role", granted: "Given", grantUntil: "Until (optional)", needRole: "Choose unit and role",
    account: "Account and leaving", reset: "Reset password", fresh: "Password, shown this once, to be changed at the first sign-in:", unlock: "Unlock sign-in", unlocked: "Unlocked", lockedUntil: "locked until {date}", totp: "second factor", totpOff: "Switch second factor off", totpOffDone: "Switched off",
    handOver: "Hand over and leave", handOverHint: "Open tasks, pilots, sheets being filled in, posts and places in grid teams go to a successor of the unit; roles, delegations, sessions and tokens end at once.", handOverGo: "Hand over", nothingHeld: "Nothing in hand.", successor: "Successor (same unit)", noSuccessor: "Nobody else works in this unit: give the successor a post here first.", needSuccessor: "Choose a successor", note: "Note", handedOver: "{name} has left; handed over:", rolesNext: "Roles are not handed over: give them to the successor if needed.", close: "Done",
    erase: "Erase personal data", erased: "Erased", eraseHint: "Name, user name, phone and e-mail are deleted for good; the audit's chain stays whole.",
    counts: { tasks: "open tasks", pilots: "pilots", sheets: "sheets", posts: "posts", teams: "places in grid teams", grants: "roles ended", delegations: "delegations ended", tokens: "tokens ended", sessions: "sessions ended" },
    states: { active: "at work", left: "left", locked: "locked", erased: "erased" },
    roles: { office: "Leading-group office", department: "Department", district: "District", street: "Street or town", community: "Community or village", grid_member: "Grid member", inspector: "Inspector", auditor: "Auditor", administrator: "Administrator", analyst: "Analyst" },
  },
};
