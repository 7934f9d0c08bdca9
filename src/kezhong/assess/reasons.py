"""Why a figure has its status, and why a place is not reached: short codes with words in both languages."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """The same text in both languages."""

    zh: str
    en: str


#: Reason codes of figures.
REASONS: dict[str, Words] = {
    "": Words("", ""),
    "no_people": Words("区域内没有该要素的服务对象", "nobody of the element's target group lives here"),
    "not_required": Words("本口径对该区域无此要求", "the basis does not ask for it here"),
    "reached_by_upper": Words("上级设施已覆盖，本级可不设", "an upper-level facility reaches everybody: not needed"),
    "ages_unknown": Words("缺少年龄数据，改按全体人口计算", "ages are unknown: counted over all residents"),
    "no_source": Words("没有能反映该要素的数据来源", "no loaded source can show this element"),
    "none_found": Words("现有来源在全市均未检出，需核实", "no source shows any in the whole city: to be verified"),
    "verified_absent": Words("经现场核实确无", "confirmed absent on the ground"),
    "quality_gate": Words("数据质量未达到门槛", "the data-quality gate was not passed"),
    "no_population": Words("没有人口数据", "no population data"),
    "no_value": Words("来源未提供该项数值", "the sources do not state it"),
    "partly_known": Words("部分设施缺少该项数值，按已知部分合计", "some do not state it: sum of those that do"),
    "none_reached": Words("搜索范围内没有人能到达", "nobody reaches one within the search bound"),
    "weight_land": Words("以居住用地为权重", "weighted by residential land"),
    "weight_population": Words("没有居住用地数据，以人口为权重", "no residential land loaded: weighted by people"),
    "shown_only": Words("该规模要求在其他层级检验，此处仅列数值", "tested at another level; shown for information"),
    "too_small": Words("有设施，但规模不足", "there is one, but it is too small"),
    "too_few": Words("按服务对象计算，规模不足", "too little for the people it serves"),
    "too_far": Words("超出步行要求", "beyond the walking threshold"),
    "absent": Words("区域内没有", "there is none in the area"),
}

#: Reason codes of demand units, in the order of the numbers stored in a run's ``reason`` array.
REACH_REASONS: dict[str, Words] = {
    "ok": Words("可达", "reached"),
    "no_street": Words("附近没有可步行的道路", "no walkable street nearby"),
    "island": Words("所在路网与其他道路不相连", "on a part of the network that is cut off"),
    "barred": Words("该类步行者无法通行", "barred for this walker"),
    "beyond": Words("搜索范围内没有设施", "none within the search bound"),
}
REACH_CODES: tuple[str, ...] = tuple(REACH_REASONS)
