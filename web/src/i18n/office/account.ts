/** Sign-in, the person's menu and one's own account. */
export const zh = {
  nav: { account: "我的账号" },
  signin: {
    title: "登录", heading: "登录", username: "用户名", password: "密码", enter: "登录", busy: "正在登录…", code: "动态验证码", codeTitle: "输入动态验证码",
    codeHint: "打开身份验证器，输入当前显示的 6 位数字；设备不在身边时可输入一个恢复码。", other: "换一个账号", wait: "剩余 {n} 秒。", forgot: "忘记密码请联系本单位管理员重置。", oidc: "用“{name}”登录",
    levels: { city: "市", district: "区", street: "街道", community: "社区" } as Record<string, string>,
    demo: "演示账号", demoHint: "合成数据，免密码；选择一个岗位进入，只在本机可用。", ended: "登录已超时。重新登录后可继续，页面上已填写的内容仍然保留。",
    directory: { oidc_state: "这次统一身份认证登录已失效，请重新开始。", oidc_failed: "统一身份认证平台没有给出有效的结果，请稍后重试。", oidc_unknown: "您在统一身份认证平台的账号还没有与本系统人员关联，请联系本单位管理员。", no_oidc: "没有接入统一身份认证。" } as Record<string, string>,
  },
  me: {
    label: "我的账号", account: "账号与安全", signOut: "退出登录", signingOut: "正在退出…", lent: "受托至 {date}，委托人 {name}", noGrant: "尚未授权，请联系本单位管理员。", area: "范围：{area}",
  },
  account: {
    title: "我的账号", username: "用户名 {name}", noUsername: "没有用户名",
    tabs: { password: "密码", totp: "动态验证码", sessions: "登录设备", tokens: "接口令牌", delegations: "委托代办" } as Record<string, string>,
    mustChange: "首次登录或密码已被重置，请先设置新密码，然后继续。",
    passwordNone: "本账号没有密码，通过统一身份认证或演示入口登录。", passwordChanged: "上次修改：{date}", passwordNever: "尚未修改过",
    current: "当前密码", new: "新密码", repeat: "再输入一次新密码", change: "修改密码", changed: "密码已修改，其他设备上的登录已全部退出。",
    rule: "至少 {n} 个字符；不能包含用户名；不用常见或连续的字符。几个不相关的词连成一句最好记，也最难猜。", tooShort: "还差 {n} 个字符", differ: "两次输入的新密码不一致", needCurrent: "请输入当前密码",
    totpOn: "已启用。登录时除密码外还需输入身份验证器上的 6 位数字。剩余恢复码 {n} 个。", totpOff: "未启用。启用后，即使密码泄露，他人也无法登录。", totpBegin: "启用动态验证码", totpStop: "停用动态验证码", totpPassword: "请先输入密码确认是您本人",
    totpScan: "用手机上的身份验证器扫描二维码；不能扫描时手工输入密钥。", totpSecret: "密钥", totpCode: "验证器显示的 6 位数字", totpConfirm: "确认启用", totpDone: "动态验证码已启用", recovery: "恢复码（只显示这一次）", recoveryHint: "请打印或抄写并妥善保管。手机不在身边时，每个恢复码可代替验证码使用一次。", recoverySaved: "我已保存", totpStopped: "动态验证码已停用",
    sessionsHint: "空闲 2 小时或登录满 12 小时自动退出。", here: "当前设备", end: "退出该设备", since: "登录于 {date}", seen: "最近使用 {date}", ended: "已退出该设备",
    method: { password: "密码", totp: "密码＋动态验证码", oidc: "统一身份认证", demo: "演示账号" } as Record<string, string>,
    tokensHint: "供其他系统调用接口使用。权限不超过您本人，到期自动失效；令牌内容只显示一次。", tokensNone: "还没有令牌", tokenName: "用途", tokenEnds: "到期日", tokenPermissions: "权限", tokenMake: "新建令牌", tokenMade: "令牌已生成，请立即复制保存，离开后无法再次查看", tokenCopy: "复制", tokenCopied: "已复制", tokenRevoke: "停用", tokenRevoked: "已停用", tokenExpired: "已过期", tokenUsed: "最近使用 {date}", tokenUnused: "从未使用", tokenNeedName: "请填写用途", tokenNeedPermission: "请至少选择一项权限", tokenUntil: "至 {date}", all: "全选", none: "清空",
    delegateHint: "外出或休假时，把您的一个岗位角色临时交给同事代办。到期自动收回，可随时提前结束；受托人不能再转委托。", delegateRole: "角色", delegateTo: "受托人", delegateSearch: "输入姓名查找", delegateUntil: "截止日期（含当日）", delegateReason: "事由", delegateMake: "委托", delegateNone: "没有进行中的委托", delegateEnd: "结束委托", delegateEnded: "委托已结束", delegateMade: "委托已生效", delegateGiven: "我委托他人", delegateTaken: "他人委托我", delegateNoRole: "您没有可以委托的角色。", delegateNeed: "请选择受托人、截止日期并填写事由",
  },
};
export const en: typeof zh = {
  nav: { account: "My account" },
  signin: {
    title: "Sign in", heading: "Sign in", username: "User name", password: "Password", enter: "Sign in", busy: "Signing in…", code: "Code", codeTitle: "Enter the code",
    codeHint: "Open your authenticator and enter the six digits it shows; without the device, enter a recovery code.", other: "Another account", wait: "{n} s left.", forgot: "Forgotten the password? Your administrator can set a new one.", oidc: "Sign in with {name}",
    levels: { city: "City", district: "District", street: "Street", community: "Community" },
    demo: "Demonstration accounts", demoHint: "Synthetic data, no password; choose a post. Works on this machine only.", ended: "Your session has ended. Sign in again and go on: what you entered on the page is still there.",
    directory: { oidc_state: "This sign-in through the provider is no longer valid; begin again.", oidc_failed: "The provider gave no valid answer; try again later.", oidc_unknown: "Your account at the provider belongs to nobody here yet; ask your administrator.", no_oidc: "No provider is set." },
  },
  me: {
    label: "My account", account: "Account and security", signOut: "Sign out", signingOut: "Signing out…", lent: "lent until {date} by {name}", noGrant: "No role yet: ask your administrator.", area: "Area: {area}",
  },
  account: {
    title: "My account", username: "User name {name}", noUsername: "No user name",
    tabs: { password: "Password", totp: "Second factor", sessions: "Devices", tokens: "API tokens", delegations: "Delegation" },
    mustChange: "This is your first sign-in, or your password was reset: set a new one first, then go on.",
    passwordNone: "This account has no password; it signs in through the provider or the demonstration.", passwordChanged: "Last changed {date}", passwordNever: "Never changed",
    current: "Present password", new: "New password", repeat: "New password again", change: "Change password", changed: "Password changed; all other devices were signed out.",
    rule: "At least {n} characters; not the user name; nothing common, no runs. A few unrelated words are easiest to remember and hardest to guess.", tooShort: "{n} more characters", differ: "The two new passwords differ", needCurrent: "Enter the present password",
    totpOn: "On. Signing in asks for the six digits of your authenticator as well. {n} recovery codes left.", totpOff: "Off. With it, a stolen password alone lets nobody in.", totpBegin: "Switch on", totpStop: "Switch off", totpPassword: "Enter your password first",
    totpScan: "Scan the code with the authenticator on your phone, or enter the secret by hand.", totpSecret: "Secret", totpCode: "The six digits it shows", totpConfirm: "Confirm", totpDone: "The second factor is on", recovery: "Recovery codes (shown this once)", recoveryHint: "Print or copy them and keep them safe. Each replaces a code once when the phone is not at hand.", recoverySaved: "I have kept them", totpStopped: "The second factor is off",
    sessionsHint: "A session ends after 2 idle hours or 12 hours in all.", here: "this device", end: "Sign out there", since: "since {date}", seen: "last used {date}", ended: "Signed out there",
    method: { password: "password", totp: "password and code", oidc: "provider", demo: "demonstration" },
    tokensHint: "For other systems that call the interface. Never more than your own rights, with an end; the token is shown once.", tokensNone: "No tokens yet", tokenName: "Purpose", tokenEnds: "Ends", tokenPermissions: "Permissions", tokenMake: "New token", tokenMade: "Copy the token now: it cannot be shown again", tokenCopy: "Copy", tokenCopied: "Copied", tokenRevoke: "Revoke", tokenRevoked: "Revoked", tokenExpired: "Ended", tokenUsed: "last used {date}", tokenUnused: "never used", tokenNeedName: "Say what it is for", tokenNeedPermission: "Choose at least one permission", tokenUntil: "until {date}", all: "All", none: "None",
    delegateHint: "Lend one of your roles to a colleague while you are away. It ends by itself, can be ended at any time, and cannot be lent on.", delegateRole: "Role", delegateTo: "Deputy", delegateSearch: "Find by name", delegateUntil: "Until (this day included)", delegateReason: "Reason", delegateMake: "Lend", delegateNone: "Nothing is lent", delegateEnd: "End", delegateEnded: "Ended", delegateMade: "Lent", delegateGiven: "Lent by me", delegateTaken: "Lent to me", delegateNoRole: "You have no role to lend.", delegateNeed: "Choose a deputy and an end, and say why",
  },
};
