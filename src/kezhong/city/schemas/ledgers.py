"""What is stated by area and not by place: ratios, and the findings of the verification ledgers."""

from __future__ import annotations

from kezhong.city.schemas.declaration import AS_OF, SOURCE, LayerSchema, date, number, text
from kezhong.city.vocabulary import Presence

SCHEMAS = (
    LayerSchema(
        "ratios",
        "台账比率",
        "ledger ratios: elements that are statistics, not places",
        ("area_code", "element", "metric"),
        (
            text("area_code", "区域编码", "area", required=True),
            text("element", "服务要素", "service element", required=True),
            text("metric", "指标", "what is counted, e.g. households_with_property_service/households", required=True),
            number("numerator", "分子", "numerator"),
            number("denominator", "分母", "denominator"),
            number("value", "值", "value as stated; else numerator ÷ denominator", low=None),
            text("unit", "单位", "unit of the value"),
            text("source_row", "源行", "file and row", required=True),
            SOURCE,
            AS_OF,
        ),
        command="ratios",
    ),
    LayerSchema(
        "verification",
        "核实台账",
        "what people found on the ground, community by community",
        ("community_code", "element", "facility_ref"),
        (
            text("community_code", "社区编码", "community", required=True),
            text("element", "服务要素", "service element", required=True),
            text(
                "facility_ref",
                "设施",
                "facility_id, or 'none' for the statement about the whole community",
                required=True,
            ),
            text(
                "finding",
                "核实结果",
                "present or confirmed_absent",
                required=True,
                values=(Presence.PRESENT.value, Presence.CONFIRMED_ABSENT.value),
            ),
            text("name", "名称", "name of the facility found"),
            text("hours", "开放时间", "open when"),
            number("floor_area_m2", "建筑面积", "floor area found", "m²"),
            number("gates", "出入口数", "gates found"),
            text("confirmed_by", "核实人", "post of the person who confirmed it", required=True),
            date("confirmed_on", "核实日期", "day of confirmation"),
            text("source_row", "源行", "file and row", required=True),
            SOURCE,
        ),
        command="(kezhong verify import)",
    ),
)
