"""The data dictionary of the open-data folder: every column of every table, generated from the schemas themselves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass

import pandas as pd

from kezhong.city.results import FIGURE_COLUMNS, GRADE_COLUMNS, SHORTFALL_COLUMNS
from kezhong.city.schemas import LAYERS, Column, LayerSchema
from kezhong.report.words import RESULT_COLUMNS_ZH

#: Results that are exported: table → (Chinese, English, columns).
RESULT_TABLES = {
    "figures": ("指标结果", "figures, one row each", FIGURE_COLUMNS),
    "estate_figures": ("小区指标结果", "figures of estates, one row each", FIGURE_COLUMNS),
    "shortfalls": ("短板清单", "the shortfall list", SHORTFALL_COLUMNS),
    "grades": ("等级", "grades of areas", GRADE_COLUMNS),
}
_UNITS = {"lon": "°", "lat": "°", "nearest_m": "m", "people": "人", "people_affected": "人", "children_affected": "人",
          "elderly_affected": "人", "target_affected": "人", "target_total": "人"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class DictionaryRow:
    """One column of one table."""

    layer: str
    layer_zh: str
    layer_en: str
    column: str
    type: str
    unit: str
    zh: str
    en: str
    null_rule: str


HEADINGS_ZH = {
    "layer": "表",
    "layer_zh": "表（中文）",
    "layer_en": "表（英文）",
    "column": "字段",
    "type": "类型",
    "unit": "单位",
    "zh": "含义",
    "en": "meaning",
    "null_rule": "空值规则",
}


def data_dictionary(layers: Iterable[str]) -> list[DictionaryRow]:
    """The dictionary of these layers and of all the result tables."""
    rows: list[DictionaryRow] = []
    for name in layers:
        schema = LAYERS[name]
        rows += [_layer_row(schema, column) for column in schema.columns]
        if schema.geometry is not None:
            rule = "不得为空 / never null" if schema.geometry_required else "可为空 / may be null"
            rows.append(
                DictionaryRow(
                    name, schema.zh, schema.en, "geometry", schema.geometry, "°", "图形（经纬度，WGS 84/CGCS2000）",
                    "geometry, longitude and latitude", rule,
                )
            )  # fmt: skip
    for name, (zh, en, columns) in RESULT_TABLES.items():
        rows += [_result_row(name, zh, en, column, dtype, text) for column, (dtype, text) in columns.items()]
    return rows


def dictionary_frame(rows: list[DictionaryRow]) -> pd.DataFrame:
    """The dictionary as a table with Chinese headings."""
    frame = pd.DataFrame([asdict(row) for row in rows], columns=list(HEADINGS_ZH))
    return frame.rename(columns=HEADINGS_ZH)


def dictionary_markdown(rows: list[DictionaryRow]) -> str:
    """The dictionary as Markdown, one table a layer."""
    lines = ["# 数据字典 / Data dictionary", ""]
    last = ""
    for row in rows:
        if row.layer != last:
            lines += ["", f"## {row.layer} — {row.layer_zh} / {row.layer_en}", ""]
            lines += ["| 字段 | 类型 | 单位 | 含义 | meaning | 空值规则 |", "|---|---|---|---|---|---|"]
            last = row.layer
        cells = (row.column, row.type, row.unit, row.zh, row.en, row.null_rule)
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def _layer_row(schema: LayerSchema, column: Column) -> DictionaryRow:
    rule = "不得为空 / never null" if column.required else "可为空：来源未提供 / may be null: the source does not say"
    values = f"({'、'.join(column.values)})" if column.values else ""
    return DictionaryRow(
        schema.name, schema.zh, schema.en, column.name, column.dtype, column.unit, column.zh + values, column.en, rule
    )


def _result_row(table: str, zh: str, en: str, column: str, dtype: str, text: str) -> DictionaryRow:
    rule = "可为空：无数值 / may be null: no value" if dtype == "float64" else "不得为空 / never null"
    if "null:" in text:
        rule = "可为空 / may be null"
    return DictionaryRow(table, zh, en, column, dtype, _UNITS.get(column, ""), RESULT_COLUMNS_ZH[column], text, rule)
