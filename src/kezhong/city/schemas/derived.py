"""Layers that intake rebuilds inside each edit and nobody imports."""

from __future__ import annotations

from kezhong.city.schemas.declaration import AGES, SOURCE, LayerSchema, date, flag, number, text
from kezhong.city.vocabulary import AgeBasis, FacilityStatus

SCHEMAS = (
    LayerSchema(
        "service_points",
        "服务设施（合并）",
        "facilities after duplicates are joined: one row per facility and element",
        ("facility_id", "element"),
        (
            text("facility_id", "设施编码", "id of the leading source record", required=True),
            text("element", "服务要素", "service element", required=True),
            text("name", "名称", "name"),
            text("status", "状态", "state of its life", required=True, values=tuple(FacilityStatus)),
            number("floor_area_m2", "建筑面积", "floor area that serves this element", "m²"),
            number("site_area_m2", "用地面积", "site area of the facility", "m²"),
            number("capacity", "容量", "in capacity_unit"),
            text("capacity_unit", "容量单位", "places, beds, classes, spaces"),
            number("used", "使用量", "in capacity_unit"),
            text("hours", "开放时间", "as given"),
            text("grade", "等级", "grade"),
            number("satisfaction", "满意度", "share of satisfied users", high=1.0),
            text("wheelchair", "无障碍", "yes, limited, no"),
            flag("shared", "共享", "premises or time shared"),
            text("community_code", "所在社区", "community it falls into; null: none"),
            text("grid_code", "落格", "official grid cell it falls into; null: none"),
            text("enrolment_code", "学区", "enrolment area"),
            text("source", "来源", "leading source", required=True),
            text("source_refs", "来源记录", "facility_ids of all joined records, separated by blanks", required=True),
            text("source_rows", "源行", "their source rows, separated by ' | '", required=True),
            date("as_of", "数据日期", "day the leading source describes"),
        ),
        "point",
        derived=True,
    ),
    LayerSchema(
        "access_points",
        "设施入口",
        "where walkers reach a facility: entrances, where streets meet its edge, or the point itself",
        ("facility_id", "access_id"),
        (
            text("facility_id", "设施编码", "facility of service_points", required=True),
            text("access_id", "入口编码", "number within the facility, or OSM node", required=True),
            text("kind", "种类", "entrance, edge or point", required=True, values=("entrance", "edge", "point")),
        ),
        "point",
        derived=True,
    ),
    LayerSchema(
        "demand",
        "人口单元",
        "where people start walking: cells, estates or building groups, never single dwellings",
        ("demand_id",),
        (
            text("demand_id", "单元编码", "stable id", required=True),
            number("people", "人数", "residents", "人", required=True),
            *AGES,
            text("age_basis", "年龄依据", "how the ages came about", required=True, values=tuple(AgeBasis)),
            text("community_code", "社区", "community it falls into; null: outside all"),
            text("estate_id", "小区", "estate it falls into"),
            text("cell_id", "分析网格", "cell of the generated analysis grid (AG-…)", required=True),
            text("grid_code", "落格", "official grid cell; null: none"),
            text(
                "method",
                "落位方法",
                "as_given, raster_cell, dasymetric_buildings, dasymetric_landuse, area_weighted",
                required=True,
            ),
            SOURCE,
        ),
        "point",
        derived=True,
    ),
    LayerSchema(
        "demand_exits",
        "人口单元出口",
        "gates by which the people of a gated estate leave",
        ("demand_id", "gate_id"),
        (
            text("demand_id", "单元编码", "demand unit", required=True),
            text("gate_id", "出入口编码", "gate", required=True),
            number("extra_m", "院内距离", "distance inside the estate to the gate", "m", required=True),
        ),
        "point",
        derived=True,
    ),
)
