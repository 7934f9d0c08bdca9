"""Declared schemas of a city's layers: column, type, unit, meaning and null rule, checked on every write.

A layer is a table; in a snapshot it is made of *parts*, one per source, so that a second import replaces that
source only. Derived layers (``derived=True``) have the single part ``derived`` and are rebuilt by the intake room.
Geometries are longitude/latitude in WGS 84/CGCS2000 (EPSG:4326), rounded to 1e-7 degrees on write.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from kezhong.city.vocabulary import AGE_COLUMNS, AgeBasis, AreaLevel, CommunityType, FacilityStatus, Presence, SetKind

Dtype = Literal["string", "int64", "float64", "bool", "date"]
GeometryKind = Literal["point", "line", "polygon", "any"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a layer."""

    name: str
    dtype: Dtype
    zh: str
    en: str
    unit: str = ""
    required: bool = False  # no nulls
    values: tuple[str, ...] = ()  # closed vocabulary, for strings
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True, slots=True)
class LayerSchema:
    """A layer's declaration."""

    name: str
    zh: str
    en: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    geometry: GeometryKind | None = None
    geometry_required: bool = True
    derived: bool = False
    command: str = ""  # what to call to import it
    by_name: dict[str, Column] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.by_name.update({column.name: column for column in self.columns})


def _text(name: str, zh: str, en: str, *, required: bool = False, values: tuple[str, ...] = ()) -> Column:
    return Column(name, "string", zh, en, required=required, values=values)


def _number(
    name: str,
    zh: str,
    en: str,
    unit: str = "",
    *,
    required: bool = False,
    low: float | None = 0.0,
    high: float | None = None,
) -> Column:
    return Column(name, "float64", zh, en, unit, required=required, minimum=low, maximum=high)


def _flag(name: str, zh: str, en: str, *, required: bool = False) -> Column:
    return Column(name, "bool", zh, en, required=required)


def _date(name: str, zh: str, en: str) -> Column:
    return Column(name, "date", zh, en)


_SOURCE = _text("source", "来源", "name of the source this row was imported from", required=True)
_AS_OF = _date("as_of", "数据日期", "day the source describes")
_DATUM = _text("source_datum", "原始坐标系", "datum in which the source gave the position, e.g. gcj02, EPSG:4545")
_AGES = tuple(_number(band, band, f"residents of {band}", "人") for band in AGE_COLUMNS)

_SCHEMAS = (
    LayerSchema(
        "areas",
        "行政区域",
        "areas of the tree city › district › street › community",
        ("code",),
        (
            _text("code", "编码", "statistical code (12 digits for communities)", required=True),
            _text("name", "名称", "name", required=True),
            _text("level", "层级", "level of the tree", required=True, values=tuple(AreaLevel)),
            _text("parent_code", "上级编码", "code of the parent; null for the city"),
            _text("community_type", "社区类型", "stage of development; communities only", values=tuple(CommunityType)),
            _number("households", "户数", "households", "户"),
            _date("valid_from", "生效日", "first day of validity"),
            _date("valid_to", "失效日", "last day of validity; null: in force"),
            _SOURCE,
            _AS_OF,
            _DATUM,
        ),
        "polygon",
        geometry_required=False,
        command="areas",
    ),
    LayerSchema(
        "area_sets",
        "区域组",
        "groups beside the tree: life circles, enrolment areas, built-up area, grids",
        ("kind", "code"),
        (
            _text("kind", "种类", "kind of set", required=True, values=tuple(SetKind)),
            _text("code", "编码", "code within the kind", required=True),
            _text("name", "名称", "name", required=True),
            _text("version", "版本", "version of the set, e.g. 2024"),
            _date("valid_from", "生效日", "first day of validity"),
            _text("facility_ref", "对应设施", "enrolment areas: key of the assigned school"),
            _SOURCE,
            _AS_OF,
            _DATUM,
        ),
        "polygon",
        geometry_required=False,
        command="circles",
    ),
    LayerSchema(
        "area_set_members",
        "区域组成员",
        "which areas belong to which set",
        ("kind", "set_code", "member_code"),
        (
            _text("kind", "种类", "kind of set", required=True, values=tuple(SetKind)),
            _text("set_code", "组编码", "code of the set", required=True),
            _text("member_code", "成员编码", "code of the member area", required=True),
            _SOURCE,
        ),
        command="circles",
    ),
    LayerSchema(
        "estates",
        "小区",
        "residential estates",
        ("estate_id",),
        (
            _text("estate_id", "小区编码", "stable id: source and source key", required=True),
            _text("name", "名称", "name"),
            _flag("gated", "是否封闭", "walled: people leave by the gates only"),
            _number("built_year", "建成年份", "year of completion", "年", low=1800, high=2200),
            _number("households", "户数", "households", "户"),
            _number("residents", "人数", "residents where stated", "人"),
            _text("property_company", "物业", "property manager"),
            _SOURCE,
            _AS_OF,
            _DATUM,
        ),
        "polygon",
        command="estates",
    ),
    LayerSchema(
        "gates",
        "小区出入口",
        "gates of estates",
        ("gate_id",),
        (
            _text("gate_id", "出入口编码", "stable id", required=True),
            _text("estate_id", "小区编码", "estate it belongs to; null: the one it stands on"),
            _text("name", "名称", "name"),
            _text("access", "通行", "who may pass: yes, residents, no"),
            _text("hours", "开放时段", "opening hours as given"),
            _SOURCE,
            _AS_OF,
            _DATUM,
        ),
        "point",
        command="gates",
    ),
    LayerSchema(
        "street_nodes",
        "街道节点",
        "crossings, gates, barriers and ends of the walkable network",
        ("node_id",),
        (
            _text("node_id", "节点编码", "OSM node id (n123) or hash of the position", required=True),
            _text("kind", "种类", "junction, end, crossing, gate, barrier, entrance, elevator", required=True),
            _text("barrier", "障碍", "OSM barrier value"),
            _text("crossing", "过街", "OSM crossing value: traffic_signals, uncontrolled, unmarked …"),
            _text("kerb", "路缘", "OSM kerb value"),
            _text("access", "通行", "foot or access value at the node"),
            _text("hours", "开放时段", "opening hours as given"),
            _text("wheelchair", "轮椅", "OSM wheelchair value"),
            _SOURCE,
        ),
        "point",
        command="streets",
    ),
    LayerSchema(
        "street_edges",
        "步行路段",
        "walkable street segments between two nodes, both directions",
        ("edge_id",),
        (
            _text("edge_id", "路段编码", "way and node pair, or hash of the geometry", required=True),
            _text("from_node", "起点", "node_id", required=True),
            _text("to_node", "终点", "node_id", required=True),
            _number("length_m", "长度", "ellipsoidal length of the geometry", "m", required=True),
            _text("highway", "道路类别", "OSM highway value, or 'street' for the bureau's layers", required=True),
            _text("name", "名称", "street name"),
            _flag("steps", "台阶", "steps", required=True),
            _text("sidewalk", "人行道", "OSM sidewalk value"),
            _text("surface", "路面", "OSM surface value"),
            _number("width_m", "宽度", "width for walking", "m"),
            _number("incline_pct", "坡度", "longitudinal slope along the geometry", "%", low=None),
            _text("lit", "照明", "OSM lit value"),
            _text("wheelchair", "轮椅", "OSM wheelchair value"),
            _text("crossing", "过街", "crossing value when the edge is a crossing"),
            _flag("bridge", "桥", "bridge", required=True),
            _flag("tunnel", "隧道", "tunnel or underpass", required=True),
            _text("access", "通行", "foot or access value that still permits walking, e.g. permissive, customers"),
            _SOURCE,
        ),
        "line",
        command="streets",
    ),
    LayerSchema(
        "landscape",
        "水系铁路等",
        "what shapes and divides the city: water, railway, park, industrial land",
        ("feature_id",),
        (
            _text("feature_id", "编码", "stable id", required=True),
            _text("kind", "种类", "water, river, railway, motorway, green, wall", required=True),
            _text("name", "名称", "name"),
            _SOURCE,
        ),
        "any",
        command="streets",
    ),
    LayerSchema(
        "facilities",
        "设施",
        "facilities as the sources give them, before duplicates are joined",
        ("facility_id",),
        (
            _text("facility_id", "设施编码", "source and source key, e.g. osm:n123, ledger:YEY-007", required=True),
            _text("name", "名称", "name"),
            _text("address", "地址", "address as given"),
            _text("status", "状态", "state of its life", required=True, values=tuple(FacilityStatus)),
            _text("operator", "运营单位", "operator"),
            _number("floor_area_m2", "建筑面积", "floor area of the whole facility", "m²"),
            _number("site_area_m2", "用地面积", "site area (measured from the polygon where none is stated)", "m²"),
            _text("hours", "开放时间", "opening hours exactly as given"),
            _text("wheelchair", "无障碍", "yes, limited, no"),
            _text("enrolment_code", "学区", "code of its enrolment area"),
            _text("source_row", "源行", "file and row or object the record came from", required=True),
            _SOURCE,
            _AS_OF,
            _DATUM,
        ),
        "any",
        command="facilities",
    ),
    LayerSchema(
        "facility_services",
        "设施服务",
        "which service elements a facility serves, with its share",
        ("facility_id", "element"),
        (
            _text("facility_id", "设施编码", "facility", required=True),
            _text("element", "服务要素", "id of the service element", required=True),
            _number("floor_area_m2", "建筑面积", "floor area that serves this element", "m²"),
            _number("capacity", "容量", "places, beds … in the element's own unit", ""),
            _text("capacity_unit", "容量单位", "places, beds, classes, spaces"),
            _number("used", "使用量", "places or beds taken, or visits, in the same unit"),
            _text("hours", "开放时间", "opening hours of this service, as given"),
            _text("grade", "等级", "grade as the source gives it"),
            _number("satisfaction", "满意度", "share of satisfied users", "", high=1.0),
            _flag("shared", "共享", "premises or time shared with another use"),
            _text(
                "matched_by", "识别依据", "column, tag or keyword by which the element was recognised", required=True
            ),
            _SOURCE,
        ),
        command="facilities",
    ),
    LayerSchema(
        "population",
        "人口",
        "people as the sources give them",
        ("population_id",),
        (
            _text("population_id", "编码", "stable id", required=True),
            _number("people", "人数", "residents", "人", required=True),
            *_AGES,
            _text("age_basis", "年龄依据", "how the ages came about", required=True, values=tuple(AgeBasis)),
            _text("kind", "形式", "what the source gave: point, raster_cell or polygon; null: as the geometry says"),
            _SOURCE,
            _AS_OF,
            _DATUM,
        ),
        "any",
        command="population",
    ),
    LayerSchema(
        "buildings",
        "建筑",
        "building footprints",
        ("building_id",),
        (
            _text("building_id", "建筑编码", "stable id", required=True),
            _text("use", "用途", "residential, school, retail …; 'yes' where unknown", required=True),
            _flag("residential", "是否住宅", "counts as dwelling", required=True),
            _number("floors", "层数", "storeys above ground", "层"),
            _number("dwellings", "套数", "dwellings", "套"),
            _number("floor_area_m2", "建筑面积", "floor area: stated, else footprint × storeys", "m²"),
            _SOURCE,
            _AS_OF,
            _DATUM,
        ),
        "polygon",
        command="buildings",
    ),
    LayerSchema(
        "landuse",
        "用地",
        "land-use parcels, present or planned",
        ("parcel_id",),
        (
            _text("parcel_id", "地块编码", "stable id", required=True),
            _text("use", "用途", "land-use class as given", required=True),
            _flag("residential", "是否居住用地", "counts as residential land", required=True),
            _flag("planned", "是否规划", "planned, not present, use", required=True),
            _text("planned_element", "规划设施", "service element planned here"),
            _SOURCE,
            _AS_OF,
            _DATUM,
        ),
        "polygon",
        command="landuse",
    ),
    LayerSchema(
        "sites",
        "闲置资产与留白",
        "idle assets and reserved land",
        ("site_id",),
        (
            _text("site_id", "编码", "stable id", required=True),
            _text("name", "名称", "name"),
            _text("kind", "种类", "land, plant, warehouse, complex, demolished, premises, reserve", required=True),
            _number("land_m2", "用地面积", "land", "m²"),
            _number("floor_area_m2", "建筑面积", "floor area", "m²"),
            _text("owner", "权属", "owner"),
            _date("available_from", "可用日期", "first day of availability"),
            _text("note", "备注", "note"),
            _SOURCE,
            _AS_OF,
            _DATUM,
        ),
        "any",
        command="sites",
    ),
    LayerSchema(
        "ratios",
        "台账比率",
        "ledger ratios: elements that are statistics, not places",
        ("area_code", "element", "metric"),
        (
            _text("area_code", "区域编码", "area", required=True),
            _text("element", "服务要素", "service element", required=True),
            _text("metric", "指标", "what is counted, e.g. households_with_property_service/households", required=True),
            _number("numerator", "分子", "numerator"),
            _number("denominator", "分母", "denominator"),
            _number("value", "值", "value as stated; else numerator ÷ denominator", low=None),
            _text("unit", "单位", "unit of the value"),
            _text("source_row", "源行", "file and row", required=True),
            _SOURCE,
            _AS_OF,
        ),
        command="ratios",
    ),
    LayerSchema(
        "verification",
        "核实台账",
        "what people found on the ground, community by community",
        ("community_code", "element", "facility_ref"),
        (
            _text("community_code", "社区编码", "community", required=True),
            _text("element", "服务要素", "service element", required=True),
            _text(
                "facility_ref",
                "设施",
                "facility_id, or 'none' for the statement about the whole community",
                required=True,
            ),
            _text(
                "finding",
                "核实结果",
                "present or confirmed_absent",
                required=True,
                values=(Presence.PRESENT.value, Presence.CONFIRMED_ABSENT.value),
            ),
            _text("name", "名称", "name of the facility found"),
            _text("hours", "开放时间", "open when"),
            _number("floor_area_m2", "建筑面积", "floor area found", "m²"),
            _number("gates", "出入口数", "gates found"),
            _text("confirmed_by", "核实人", "post of the person who confirmed it", required=True),
            _date("confirmed_on", "核实日期", "day of confirmation"),
            _text("source_row", "源行", "file and row", required=True),
            _SOURCE,
        ),
        command="(kezhong verify import)",
    ),
    # ---- derived by intake, never imported -------------------------------------------------------------
    LayerSchema(
        "service_points",
        "服务设施（合并）",
        "facilities after duplicates are joined: one row per facility and element",
        ("facility_id", "element"),
        (
            _text("facility_id", "设施编码", "id of the leading source record", required=True),
            _text("element", "服务要素", "service element", required=True),
            _text("name", "名称", "name"),
            _text("status", "状态", "state of its life", required=True, values=tuple(FacilityStatus)),
            _number("floor_area_m2", "建筑面积", "floor area that serves this element", "m²"),
            _number("site_area_m2", "用地面积", "site area of the facility", "m²"),
            _number("capacity", "容量", "in capacity_unit"),
            _text("capacity_unit", "容量单位", "places, beds, classes, spaces"),
            _number("used", "使用量", "in capacity_unit"),
            _text("hours", "开放时间", "as given"),
            _text("grade", "等级", "grade"),
            _number("satisfaction", "满意度", "share of satisfied users", high=1.0),
            _text("wheelchair", "无障碍", "yes, limited, no"),
            _flag("shared", "共享", "premises or time shared"),
            _text("community_code", "所在社区", "community it falls into; null: none"),
            _text("grid_code", "落格", "official grid cell it falls into; null: none"),
            _text("enrolment_code", "学区", "enrolment area"),
            _text("source", "来源", "leading source", required=True),
            _text("source_refs", "来源记录", "facility_ids of all joined records, separated by blanks", required=True),
            _text("source_rows", "源行", "their source rows, separated by ' | '", required=True),
            _date("as_of", "数据日期", "day the leading source describes"),
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
            _text("facility_id", "设施编码", "facility of service_points", required=True),
            _text("access_id", "入口编码", "number within the facility, or OSM node", required=True),
            _text("kind", "种类", "entrance, edge or point", required=True, values=("entrance", "edge", "point")),
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
            _text("demand_id", "单元编码", "stable id", required=True),
            _number("people", "人数", "residents", "人", required=True),
            *_AGES,
            _text("age_basis", "年龄依据", "how the ages came about", required=True, values=tuple(AgeBasis)),
            _text("community_code", "社区", "community it falls into; null: outside all"),
            _text("estate_id", "小区", "estate it falls into"),
            _text("cell_id", "分析网格", "cell of the generated analysis grid (AG-…)", required=True),
            _text("grid_code", "落格", "official grid cell; null: none"),
            _text(
                "method",
                "落位方法",
                "as_given, raster_cell, dasymetric_buildings, dasymetric_landuse, area_weighted",
                required=True,
            ),
            _SOURCE,
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
            _text("demand_id", "单元编码", "demand unit", required=True),
            _text("gate_id", "出入口编码", "gate", required=True),
            _number("extra_m", "院内距离", "distance inside the estate to the gate", "m", required=True),
        ),
        "point",
        derived=True,
    ),
)

LAYERS: dict[str, LayerSchema] = {schema.name: schema for schema in _SCHEMAS}
