"""Facilities as the sources give them, and what each serves."""

from __future__ import annotations

from kezhong.city.schemas.declaration import AS_OF, DATUM, SOURCE, LayerSchema, flag, number, text
from kezhong.city.vocabulary import FacilityStatus

SCHEMAS = (
    LayerSchema(
        "facilities",
        "设施",
        "facilities as the sources give them, before duplicates are joined",
        ("facility_id",),
        (
            text("facility_id", "设施编码", "source and source key, e.g. osm:n123, ledger:YEY-007", required=True),
            text("name", "名称", "name"),
            text("address", "地址", "address as given"),
            text("status", "状态", "state of its life", required=True, values=tuple(FacilityStatus)),
            text("operator", "运营单位", "operator"),
            number("floor_area_m2", "建筑面积", "floor area of the whole facility", "m²"),
            number("site_area_m2", "用地面积", "site area (measured from the polygon where none is stated)", "m²"),
            text("hours", "开放时间", "opening hours exactly as given"),
            text("wheelchair", "无障碍", "yes, limited, no"),
            text("enrolment_code", "学区", "code of its enrolment area"),
            text("source_row", "源行", "file and row or object the record came from", required=True),
            SOURCE,
            AS_OF,
            DATUM,
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
            text("facility_id", "设施编码", "facility", required=True),
            text("element", "服务要素", "id of the service element", required=True),
            number("floor_area_m2", "建筑面积", "floor area that serves this element", "m²"),
            number("capacity", "容量", "places, beds … in the element's own unit", ""),
            text("capacity_unit", "容量单位", "places, beds, classes, spaces"),
            number("used", "使用量", "places or beds taken, or visits, in the same unit"),
            text("hours", "开放时间", "opening hours of this service, as given"),
            text("grade", "等级", "grade as the source gives it"),
            number("satisfaction", "满意度", "share of satisfied users", "", high=1.0),
            flag("shared", "共享", "premises or time shared with another use"),
            text("matched_by", "识别依据", "column, tag or keyword by which the element was recognised", required=True),
            SOURCE,
        ),
        command="facilities",
    ),
)
