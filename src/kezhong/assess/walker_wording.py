"""What the rules of walkers and the days of the week are called."""

from __future__ import annotations

from kezhong.catalogue.walkers import Walker
from kezhong.network.walkers import Switch

#: Rules of a walker, by the name of the switch: Chinese, English.
SWITCHES: dict[str, tuple[str, str]] = {
    "slope": ("坡度", "slope"),
    "steps": ("台阶", "stairs"),
    "step_count": ("台阶级数", "number of steps"),
    "ramps": ("台阶旁坡道", "ramps beside stairs"),
    "surface": ("路面", "surface"),
    "width": ("通行宽度", "width"),
    "lighting": ("夜间照明", "lighting at night"),
    "passages": ("天桥与地道", "over- and underpasses"),
    "access": ("通行权限", "permission to walk"),
    "roads_along": ("沿干路行走", "walking along main roads"),
    "wheelchair_tag": ("轮椅通行调查", "surveyed for wheelchairs"),
    "crossings": ("过街方式", "kinds of crossings"),
    "signals": ("过街信号灯", "signals at crossings"),
    "roads_across": ("横穿干路", "crossing main roads"),
    "kerbs": ("路缘石", "kerbs"),
    "barriers": ("阻挡物", "barriers"),
    "gate_access": ("大门通行权限", "permission at gates"),
    "gate_hours": ("大门开放时段", "hours of gates"),
}
STATES: dict[str, tuple[str, str]] = {
    "worked": ("起作用", "works"),
    "no_data": ("无数据，未起作用", "no data, without effect"),
    "off": ("不适用", "does not apply"),
}
#: Why an edge or an end of it is closed, by the name of :class:`kezhong.network.walkers.Barred` in lower case.
BARS: dict[str, tuple[str, str]] = {
    "steps": ("台阶无坡道", "stairs without a ramp"),
    "passage": ("天桥或地道只有台阶", "over- or underpass with stairs only"),
    "wheelchair": ("经调查轮椅不可通行", "surveyed as not for wheelchairs"),
    "barrier": ("阻挡物", "barrier"),
    "gate_access": ("大门不准通行", "gate without permission"),
    "gate_hours": ("大门未开放", "gate not open"),
    "access": ("道路不准通行", "way without permission"),
    "kerb": ("路缘石过高", "high kerb"),
    "width": ("通行宽度不足", "too narrow"),
    "surface": ("路面不可通行", "surface"),
    "slope": ("坡度过陡", "too steep"),
    "dark": ("夜间无照明", "not lit at night"),
    "road_along": ("干路无人行道", "main road without a sidewalk"),
    "road_across": ("过街不安全", "unsafe crossing"),
}
#: The days that hours are told for.
DAYS: dict[str, tuple[str, str]] = {
    "monday": ("周一", "Monday"),
    "tuesday": ("周二", "Tuesday"),
    "wednesday": ("周三", "Wednesday"),
    "thursday": ("周四", "Thursday"),
    "friday": ("周五", "Friday"),
    "saturday": ("周六", "Saturday"),
    "sunday": ("周日", "Sunday"),
    "holiday": ("法定节假日", "public holiday"),
}
DAY_TYPES: dict[str, tuple[str, str]] = {
    "weekday": ("工作日", "weekdays"),
    "saturday": ("周六", "Saturday"),
    "sunday": ("周日", "Sunday"),
    "holiday": ("法定节假日", "public holidays"),
    "make_up": ("调休上班日", "make-up workdays"),
}


def without_data(switches: tuple[Switch, ...]) -> list[str]:
    """Rules that a walker asks for and the data at hand do not answer."""
    return [switch.name for switch in switches if switch.state == "no_data"]


def proposals(walker: Walker) -> int:
    """How many citations of a profile are proposals (建议值(待核))."""
    return sum(not cite.normative for cite in walker.citations)
