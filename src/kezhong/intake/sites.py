"""Idle assets (闲置资产) and reserved land (留白): where something could be put."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Unpack

import numpy as np

from kezhong.city.workspace import City
from kezhong.intake.extent import areas_m2, working_crs
from kezhong.intake.options import Reading, spelled_out
from kezhong.intake.report import ImportReport
from kezhong.intake.shapes import Shapes, import_shapes
from kezhong.intake.source import Source
from kezhong.intake.storing import ids_of
from kezhong.intake.values import absent

#: The plan's kinds: 土地、旧厂房、仓库、商业综合体、拆违空地; premises and reserves beside them.
KINDS = {
    "land": "land",
    "土地": "land",
    "闲置土地": "land",
    "空地": "land",
    "空闲地": "land",
    "plant": "plant",
    "旧厂房": "plant",
    "厂房": "plant",
    "闲置厂房": "plant",
    "warehouse": "warehouse",
    "仓库": "warehouse",
    "闲置仓库": "warehouse",
    "库房": "warehouse",
    "complex": "complex",
    "商业综合体": "complex",
    "综合体": "complex",
    "闲置商业综合体": "complex",
    "商业": "complex",
    "demolished": "demolished",
    "拆违空地": "demolished",
    "拆后空地": "demolished",
    "违建拆后空地": "demolished",
    "违法建筑拆后空地": "demolished",
    "拆违": "demolished",
    "premises": "premises",
    "闲置用房": "premises",
    "房屋": "premises",
    "闲置房屋": "premises",
    "用房": "premises",
    "办公用房": "premises",
    "闲置校舍": "premises",
    "reserve": "reserve",
    "留白": "reserve",
    "留白用地": "reserve",
    "预留用地": "reserve",
    "战略留白": "reserve",
}


@spelled_out
def import_sites(city: City, file: str | Path, *, kind: str | None = None, **how: Unpack[Reading]) -> ImportReport:
    """Import idle assets and reserves, as points or polygons.

    Parameters
    ----------
    kind
        Kind of the rows that do not state theirs, e.g. ``留白``.
    """
    return import_shapes(city, "sites", file, how, partial(_columns, kind=kind), family="any")


def _columns(opened: Source, shapes: Shapes, *, kind: str | None) -> dict[str, object]:
    rows = opened.rows
    kinds = rows.choices("kind", KINDS, default=KINDS.get(kind) if kind else None)
    rows.reject(absent(kinds) & absent(rows.texts("kind")), "intake.missing_value", "kind")
    land = rows.numbers("land_m2")
    return {
        "site_id": ids_of(opened, also=("name", "address")),
        "name": rows.texts("name"),
        "kind": kinds,
        "land_m2": np.where(np.isnan(land), areas_m2(shapes, working_crs(opened.city, shapes)), land),
        "floor_area_m2": rows.numbers("floor_area_m2"),
        "owner": rows.texts("owner"),
        "available_from": rows.dates("available_from"),
        "note": rows.texts("note"),
    }
