"""People, buildings, land use and sites."""

from __future__ import annotations

from kezhong.city.schemas.declaration import AGES, AS_OF, DATUM, SOURCE, LayerSchema, date, flag, number, text
from kezhong.city.vocabulary import AgeBasis

SCHEMAS = (
    LayerSchema(
        "population",
        "人口",
        "people as the sources give them",
        ("population_id",),
        (
            text("population_id", "编码", "stable id", required=True),
            number("people", "人数", "residents", "人", required=True),
            *AGES,
            text("age_basis", "年龄依据", "how the ages came about", required=True, values=tuple(AgeBasis)),
            text("kind", "形式", "what the source gave: point, raster_cell or polygon; null: as the geometry says"),
            SOURCE,
            AS_OF,
            DATUM,
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
            text("building_id", "建筑编码", "stable id", required=True),
            text("use", "用途", "residential, school, retail …; 'yes' where unknown", required=True),
            flag("residential", "是否住宅", "counts as dwelling", required=True),
            number("floors", "层数", "storeys above ground", "层"),
            number("dwellings", "套数", "dwellings", "套"),
            number("floor_area_m2", "建筑面积", "floor area: stated, else footprint × storeys", "m²"),
            SOURCE,
            AS_OF,
            DATUM,
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
            text("parcel_id", "地块编码", "stable id", required=True),
            text("use", "用途", "land-use class as given", required=True),
            flag("residential", "是否居住用地", "counts as residential land", required=True),
            flag("planned", "是否规划", "planned, not present, use", required=True),
            text("planned_element", "规划设施", "service element planned here"),
            SOURCE,
            AS_OF,
            DATUM,
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
            text("site_id", "编码", "stable id", required=True),
            text("name", "名称", "name"),
            text("kind", "种类", "land, plant, warehouse, complex, demolished, premises, reserve", required=True),
            number("land_m2", "用地面积", "land", "m²"),
            number("floor_area_m2", "建筑面积", "floor area", "m²"),
            text("owner", "权属", "owner"),
            date("available_from", "可用日期", "first day of availability"),
            text("note", "备注", "note"),
            SOURCE,
            AS_OF,
            DATUM,
        ),
        "any",
        command="sites",
    ),
)
