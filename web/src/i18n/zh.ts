/** Chinese texts: the source; every other language has the same keys. */
export const zh = {
  app: { name: "刻钟", tagline: "一刻钟社区生活圈", skip: "跳到主要内容", title: "{page} · {city} · 刻钟" },
  nav: { label: "主导航", map: "地图", shortfalls: "短板", collapse: "收起导航", expand: "展开导航" },
  context: {
    label: "当前口径与数据",
    city: "城市", snapshot: "数据快照", basis: "口径", walker: "步行者", window: "时段", any: "不限时段",
    open: "口径与数据设置", close: "完成", speed: "{value} 米/分钟", head: "最新",
  },
  synthetic: { badge: "合成数据", hint: "本城市为程序生成的示范数据，地名、人口、设施均为虚构，不得用于任何真实决策。" },
  quality: {
    chip: "数据质量 {score}", label: "数据质量得分 {score}（满分 100）", title: "数据质量检查",
    insufficient: "数据不足：得分低于门槛，结果仅供排查数据，不作为短板结论。",
    status: { na: "不适用", ok: "通过", pass: "通过", warn: "提醒", warning: "提醒", fail: "不通过", error: "不通过", skipped: "未检查", info: "说明" } as Record<string, string>,
  },
  search: {
    label: "搜索区域、设施、要素、短板", placeholder: "搜索(/)", none: "没有找到“{q}”。可输入名称、编码、拼音或拼音首字母。",
    kinds: { area: "区域", facility: "设施", element: "要素", shortfall: "短板" }, hint: "输入名称、编码、拼音或首字母", count: "{n} 条结果",
  },
  jobs: {
    label: "任务", title: "任务", none: "还没有任务。体检、导入等耗时工作会列在这里。", cancel: "取消任务", active: "{n} 个任务进行中",
    kinds: { assess: "体检" } as Record<string, string>,
    state: { queued: "排队中", running: "进行中", done: "已完成", failed: "失败", cancelled: "已取消" },
    done: "体检完成，结果已更新。", failed: "体检没有完成：{message}", cancelled: "体检已取消，原有结果不受影响。", progress: "已完成 {value}",
  },
  person: {
    label: "个人设置", analyst: "本机分析员", analystNote: "本机使用，无需登录；仅限本机地址访问。", theme: "外观",
    themes: { auto: "随系统", light: "浅色", dark: "深色" }, version: "版本 {version}",
  },
  language: { switch: "Switch to English", short: "EN" },
  large: { on: "大字版", off: "标准字号", label: "大字高对比显示" },
  state: {
    loading: "正在读取…", refreshing: "正在更新…", retry: "重试", request: "请求编号 {id}", failed: "没有读取成功", what: "怎么办",
    notFound: "没有这个页面", notFoundHint: "地址可能有误，或该页面尚未建设。", toMap: "回到地图",
  },
  run: {
    none: "尚未体检", noneHint: "当前组合({basis}，{walker})还没有体检结果。体检会按此口径计算每个社区、每项要素的步行可达与短板。",
    start: "开始体检", starting: "正在提交…", running: "体检进行中", cancel: "取消体检",
    old: "该数据快照没有体检结果", oldHint: "体检只对最新数据进行。可切换到最新快照查看或开始体检。", toHead: "切换到最新快照",
    insufficient: "数据不足：以下结果仅供核查数据，不作为短板结论。",
  },
  level: { community: "社区（村）", life_circle: "生活圈", street: "街道（镇）", district: "区", city: "全市", label: "区域层级" } as Record<string, string>,
  communityType: { new: "新建", existing: "既有", old: "老旧", village: "村" } as Record<string, string>,
  elementLevel: { "15min": "15分钟", "10min": "10分钟", "5min": "5分钟", block: "街坊", district: "区级", township: "镇级", village: "村级" } as Record<string, string>,
  status: {
    meets: "达到", falls_short: "未达到", informative: "仅供参考", data_insufficient: "数据不足", not_detected: "未检出", no_data: "无数据",
    confirmed_absent: "确无", not_applicable: "不适用", unreached: "未覆盖",
  } as Record<string, string>,
  variant: {
    label: "覆盖率口径", population: "按常住人口", target_pop: "按服务人群", land: "按居住用地", building: "按住宅建筑", estate: "按小区出入口", buffer: "按服务半径（直线）",
    "": "默认",
  } as Record<string, string>,
  evidence: { proposal: "建议值(待核)", found: "条文已核", label: "依据" },
  certainty: { high: "高", medium: "中", low: "低" } as Record<string, string>,
  map: {
    title: "地图", what: "看什么", why: "为什么", view: { grade: "综合等级", cells: "步行距离", areas: "覆盖率" },
    unit: { label: "显示单位", m: "米", min: "分钟" },
    elements: "服务要素", elementSearch: "筛选要素", requiredOnly: "只看必配", required: "必配", noElements: "没有符合的要素。",
    all: "全部必配要素（综合）", legend: "图例", threshold: "要求 {value}", beyond: "搜索范围内未到达", failing: "未达到要求", insufficient: "数据不足",
    notDetected: "未检出", gradeLabel: "{grade} 级", grades: { A: "A 级", B: "B 级", C: "C 级", D: "D 级", insufficient: "数据不足" } as Record<string, string>,
    noThreshold: "当前口径对该要素没有步行距离要求", facility: "设施", population: "格网人口 {n} 人",
    north: "正北", zoomIn: "放大", zoomOut: "缩小", home: "全市范围", datum: "坐标：WGS 84 / CGCS2000；面积与距离按 {crs} 计算", attribution: "© OpenStreetMap 贡献者", synthetic: "合成数据，不对应任何真实地点",
    canvas: "{city}地图。方向键在区域间移动，回车键查看说明，加减键缩放。", focused: "{name}:{text}",
    noBasemap: "本城市没有底图文件；导入 OSM 数据后自动生成。", noWebgl: "此浏览器不能显示地图（缺少 WebGL）。下方表格包含相同内容。",
    noGeometry: "该层级没有区域边界，请看下方表格。", panel: "打开选项面板", close: "关闭", ratioTitle: "最差必配要素：距离与要求之比", cellTitle: "到最近设施的步行距离", cellTimeTitle: "到最近设施的步行时间",
    shareTitle: "达到要求的人口占比", gradeTitle: "综合等级（权重为建议值）", passShare: "合格线 {value}",
  },
  table: {
    title: "表格", open: "展开表格", close: "收起表格", rows: "{n} 个区域", name: "名称", status: "状态", value: "覆盖率", people: "人口", met: "覆盖人数", of: "应覆盖", nearest: "平均距离（全体）", minutes: "平均时间（全体）",
    grade: "等级", score: "得分", required: "必配达标", failing: "主要未达标要素", empty: "该层级没有区域。请导入区域边界(kezhong import areas)。", sortedBy: "排序：{column}{direction}", ascending: "升序", descending: "降序",
  },
  why: {
    title: "说明", area: "本区域", point: "点击位置", overview: "综合情况", failing: "未达标要素", none: "所有必配要素均已达到或没有数据。", grade: "等级", score: "综合得分", scoreNote: "权重为建议值",
    people: "常住人口", required: "必配要素", metOf: "达到 {met} 项，共 {total} 项", unknown: "{n} 项数据不足", pick: "在地图或表格中选择一个区域", pickHint: "点击后在此说明：步行时间与距离、设施、条文依据、影响人群和数据来源。",
    chooseElement: "选择一项要素查看依据", route: "步行路线", toFacility: "代表性居民点的最近设施", clause: "条文依据", requirement: "要求", affected: "影响人群", certainty: "数据把握", sources: "数据来源", versions: "版本", figures: "计算指标", figuresMore: "全部指标({n})",
    conflicts: "各口径要求对照({n})", run: "体检编号", software: "软件版本", copy: "复制链接", copied: "链接已复制", exportJson: "导出依据", print: "打印", back: "返回综合情况", cell: "分析单元", children: "其中 0–14 岁", elderly: "其中 60 岁及以上", reached: "已覆盖", total: "合计", showFacility: "在地图上看",
    distance: "步行距离", time: "步行时间", capacity: "容量", hours: "开放时间", noFacility: "搜索范围内没有到达的设施", file: "来源", row: "源行", asOf: "数据日期", layer: "图层", hash: "内容校验", toShortfall: "查看短板条目", shortfallList: "本区域短板",
  },
  shortfalls: {
    title: "短板清单", total: "共 {n} 条", filtered: "筛选出 {n} 条", empty: "没有短板", emptyHint: "按当前口径，没有发现未达到要求的要素。", emptyFiltered: "没有符合筛选条件的短板", emptyFilteredHint: "请放宽条件，或清除全部筛选。",
    clear: "清除筛选", filters: "筛选", sort: "排序", columns: "列", columnsTitle: "显示的列", export: "导出", exportAs: "导出 {format}", exportHint: "导出当前筛选与排序的全部 {n} 条，附口径、快照、步行者与数据质量。", exporting: "正在导出…",
    q: "区域、要素、部门", circle: "圈层", district: "区", tier: "类型", element: "要素", certainty: "把握", remedy: "补短板方式", area: "区域", all: "全部", loadMore: "正在读取更多…", detail: "短板详情", close: "关闭", onMap: "在地图上查看", remedies: "适宜的补短板方式（少建设在先）",
    present: "现状", gap: "差距", rank: "序号", rankIn: "圈内第 {n} 位", affected: "影响人数", target: "服务人群受影响", requirement: "要求", department: "责任单位", lead: "牵头单位", children: "影响儿童（0–14岁）", elderly: "影响老年人（60岁+）", wording: "表述", nearest: "平均距离", clause: "条文",
    share: "占服务人群比例", level: "级别", sorts: { rank: "圈层内紧迫程度", "-people_affected": "影响人数（多在前）", "-target_share": "受影响比例（高在前）", area_name: "区域名称", element: "要素", "-nearest_m": "平均距离（远在前）" } as Record<string, string>,
    rows: "短板清单，{n} 行。上下键移动，回车键打开详情。", missing: "没有这条短板", missingHint: "它可能已在新一次体检中补齐，或链接来自其他口径。",
  },
  indicator: {
    coverage: "覆盖率", nearest_m: "平均步行距离", minutes: "平均步行时间", lived_access: "实际可达（分钟）", choice: "可选设施数", facilities: "设施数量", site_area: "用地面积", floor_area: "建筑面积", capacity: "容量", ratio: "台账比率",
    capacity_per_1000: "千人容量", capacity_gap: "容量缺口", floor_area_per_facility: "处均建筑面积", access_2sfca: "两步移动搜索可达性", access_e2sfca: "增强两步移动搜索可达性", capacity_limited_coverage: "受容量限制的覆盖率", sharing: "共享设施",
    grade: "等级", barrier_free: "无障碍", satisfaction: "满意度", utilisation: "利用率", open_hours_match: "开放时间匹配", gini: "基尼系数", palma: "帕尔马比", blind_spot: "服务盲区", age_gap: "年龄组差距", requirement_met: "是否达到要求",
  } as Record<string, string>,
  sourceKind: { facility: "设施", people: "人口", streets: "步行路网" } as Record<string, string>,
  capacityUnit: { places: "个名额", beds: "张床位", classes: "班", spaces: "个车位" } as Record<string, string>,
  highway: {
    residential: "居住区道路", living_street: "居住区道路", unclassified: "支路", service: "内部道路", footway: "人行道", path: "小路", pedestrian: "步行街", steps: "台阶", primary: "主干路", secondary: "次干路", tertiary: "支路", track: "土路", trunk: "快速路", cycleway: "非机动车道", street: "道路",
  } as Record<string, string>,
  unit: { people: "人", persons: "{n} 人" },
};
export type Messages = typeof zh;
