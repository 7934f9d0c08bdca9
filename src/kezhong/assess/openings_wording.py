"""What kinds of opening, and the states of looking for them, are called: Chinese, English."""

from __future__ import annotations

KIND_WORDS: dict[str, tuple[str, str]] = {
    "closed_gate": ("小区关闭的大门", "closed gates of estates"),
    "dead_end": ("断头路", "dead ends"),
    "no_crossing": ("干路缺过街通道", "missing crossings of main roads"),
    "barred_gate": ("不能通行的大门、障碍", "gates and barriers on streets"),
    "missing_ramp": ("缺坡道", "missing ramps"),
    "missing_crossing": ("步行者不能过的路口", "crossings closed to the walker"),
}
STATE_WORDS: dict[str, tuple[str, str]] = {
    "used": ("已计算", "tried"),
    "none": ("数据中没有", "none in the data"),
    "no_data": ("数据不足", "not enough data"),
    "no_walker": ("未指定步行者，未计算", "not tried without a walker"),
}
REASON_WORDS: dict[str, tuple[str, str]] = {
    "no_population": ("未导入人口，无法统计受益人口。", "No population is loaded, so nobody can be counted."),
    "no_facilities": ("未导入设施，无法判断能到达什么。", "No facilities are loaded, so there is nothing to reach."),
    "no_requirement": (
        "当前口径对所选要素没有步行距离要求，或本市没有该类设施。",
        "The basis sets no walking threshold for these elements, or the city has none of them.",
    ),
}
#: Layers that would have told what a new link runs into.
UNTESTED_WORDS: dict[str, tuple[str, str]] = {
    "landscape": ("水系铁路", "water and railways"),
    "buildings": ("建筑", "buildings"),
}
