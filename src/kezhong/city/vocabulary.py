"""Closed vocabularies that layers and results share. Codes are stored; names are shown."""

from __future__ import annotations

from enum import StrEnum


class AreaLevel(StrEnum):
    """Levels of the area tree; a village is a community with ``community_type`` *village*."""

    CITY = "city"
    DISTRICT = "district"
    STREET = "street"
    COMMUNITY = "community"


class SetKind(StrEnum):
    """Kinds of area sets: groups beside the tree, many-to-many with it."""

    LIFE_CIRCLE = "life_circle"  # 生活圈: a set of communities, may cross streets
    ENROLMENT = "enrolment"  # 学区: who is assigned to which school
    BUILT_UP = "built_up"  # 城区范围
    OFFICIAL_GRID = "official_grid"  # the city's official grid (城市管理单元网格), with its codes
    HOUSEHOLD_GRID = "household_grid"  # 综治网格, 300–500 households


class CommunityType(StrEnum):
    """Stage of development of a community; each has rules of its own."""

    NEW = "new"  # 新建
    EXISTING = "existing"  # 既有
    OLD = "old"  # 老旧
    VILLAGE = "village"  # 村


class FacilityStatus(StrEnum):
    PLANNED = "planned"
    BUILDING = "building"
    OPEN = "open"
    CLOSED = "closed"


class Presence(StrEnum):
    """What is known of an element in an area. Four different values, never merged."""

    PRESENT = "present"  # 确有
    NOT_DETECTED = "not_detected"  # 未检出: looked for in the sources, not found
    NO_DATA = "no_data"  # 无数据: no source says anything about it
    CONFIRMED_ABSENT = "confirmed_absent"  # 确无: a person looked and confirmed it
    NOT_APPLICABLE = "not_applicable"  # 不适用


class Datum(StrEnum):
    """Datum of a source, recorded with every layer."""

    WGS84 = "wgs84"
    CGCS2000 = "cgcs2000"
    GCJ02 = "gcj02"
    BD09 = "bd09"


#: Age bands, from the planner's review; inclusive lower, inclusive upper (``None``: no upper).
AGE_BANDS: dict[str, tuple[int, int | None]] = {
    "age_0_2": (0, 2),
    "age_3_5": (3, 5),
    "age_6_11": (6, 11),
    "age_12_14": (12, 14),
    "age_15_59": (15, 59),
    "age_60_69": (60, 69),
    "age_70_79": (70, 79),
    "age_80_plus": (80, None),
}
AGE_COLUMNS: tuple[str, ...] = tuple(AGE_BANDS)

#: Named groups made of whole bands; ``all`` is the total and needs no bands.
AGE_GROUPS: dict[str, tuple[str, ...]] = {
    "all": AGE_COLUMNS,
    "age_0_2": ("age_0_2",),
    "age_3_5": ("age_3_5",),
    "age_6_11": ("age_6_11",),
    "age_12_14": ("age_12_14",),
    "age_15_59": ("age_15_59",),
    "children": ("age_0_2", "age_3_5", "age_6_11", "age_12_14"),
    "elderly": ("age_60_69", "age_70_79", "age_80_plus"),
    "elderly_70": ("age_70_79", "age_80_plus"),
    "elderly_80": ("age_80_plus",),
}


class AgeBasis(StrEnum):
    """How the age bands of a demand row came about."""

    COUNTED = "counted"  # the source gave the bands
    STATED_SHARE = "stated_share"  # a stated share was applied to the total
    NONE = "none"  # no ages known


class FigureStatus(StrEnum):
    """Status of one figure (row of the results)."""

    MEETS = "meets"  # 达到
    FALLS_SHORT = "falls_short"  # 未达到
    INFORMATIVE = "informative"  # a figure without a requirement
    DATA_INSUFFICIENT = "data_insufficient"  # 数据不足: the gate's score is below its threshold
    NOT_DETECTED = "not_detected"  # 未检出
    NO_DATA = "no_data"  # 无数据
    CONFIRMED_ABSENT = "confirmed_absent"  # 确无
    NOT_APPLICABLE = "not_applicable"  # 不适用
