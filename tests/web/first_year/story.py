"""What the first year is about: who nominates which circle, which task goes down, what is late, what is built."""

from __future__ import annotations

PROGRAMME = "一刻钟社区生活圈建设（2022—2024年）"
#: Who nominates which life circle, and why.
NOMINATED = (
    ("qu", "SHQ05", "配套基础好，居民参与度高，适合先做样板"),
    ("qu", "SHQ01", "江边老城区，老年人多，缺社区服务站和日间照料"),
    ("qu", "SHQ07", "铁路把生活圈分成两半，原货场仓库可以盘活"),
    ("999902", "SHQ11", "商业街区成熟，公共厕所和菜市场居民反映最多"),
    ("999903", "SHQ14", "矿区服务中心，坡上片区公交尚未延伸"),
)
#: A paper of the districts.
PLAN = "试点建设实施方案"
#: A task of the template that goes down four levels, and one that each district has.
WORK, DUTY = "商业网点布局", "区级主体责任"
#: What a community hands up, and why it comes back.
EVIDENCE, RETURNED = "网点底数表.csv", "底数表缺营业时间，请补充后再报"
#: The task that nobody finishes.
LATE = "小区出入口无障碍坡道补设"
#: The pilot that is built, and what is looked at by hand when it is checked.
PILOT, CHECKED = "SHQ05", ("日间照料站已开放", "无障碍坡道已完工")
