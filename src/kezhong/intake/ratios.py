"""Ledger ratios: service elements that are statistics, not places (e.g. households with property service)."""

from __future__ import annotations

from pathlib import Path
from typing import Unpack

import numpy as np
import pandas as pd

from kezhong.city.workspace import City
from kezhong.errors import InputError
from kezhong.intake.area_names import AreaNames
from kezhong.intake.columns import fields_of
from kezhong.intake.elements import find_element, near_elements, need_element
from kezhong.intake.opening import open_source
from kezhong.intake.options import TableReading, spelled_out
from kezhong.intake.report import ImportReport
from kezhong.intake.rows import Rows
from kezhong.intake.storing import store
from kezhong.intake.values import absent


@spelled_out
def import_ratios(
    city: City, file: str | Path, *, element: str | None = None, **how: Unpack[TableReading]
) -> ImportReport:
    """Import ratios by area (any level, or life circle), as a value or as numerator and denominator.

    Percentages become shares: ``95 %``, a heading in % or a unit column ``%`` all give 0.95.

    Raises
    ------
    InputError
        Unknown area or element, neither value nor both parts, or the same area, element and metric twice.
    """
    opened = open_source(city, "ratios", file, fields_of("ratios"), {**how, "datum": None}, geometry="none")
    rows = opened.rows
    if not rows.has("area"):
        raise InputError("intake.no_column", file=rows.file, column="area", near="、".join(rows.table.columns[:12]))
    areas = _areas(rows, city)
    elements = _elements(rows, element or opened.mapping.element)
    numerator, denominator = rows.numbers("numerator"), rows.numbers("denominator")
    value = rows.numbers("value", low=None)
    units = rows.texts("unit")
    percent = np.array([unit == "%" for unit in units])
    value = np.where(percent & (value > 1), value / 100, value)
    with np.errstate(invalid="ignore", divide="ignore"):
        computed = np.where(denominator > 0, numerator / denominator, np.nan)
    value = np.where(np.isnan(value), computed, value)
    which = "value" if rows.has("value") else "numerator"
    rows.reject(np.isnan(value), "intake.no_ratio", which)
    metrics = rows.texts("metric")
    metrics = np.where(absent(metrics), "value", metrics)
    keys = np.array(
        [
            f"{area}/{one}/{metric}" if area and one else None
            for area, one, metric in zip(areas, elements, metrics, strict=True)
        ],
        dtype=object,
    )
    rows.duplicates(keys, "area")
    common = opened.common()
    frame = pd.DataFrame(
        {
            "area_code": areas,
            "element": elements,
            "metric": metrics,
            "numerator": numerator,
            "denominator": denominator,
            "value": value,
            "unit": np.array(
                [None if share else unit for share, unit in zip(percent, units, strict=True)], dtype=object
            ),
            "source": common["source"],
            "source_row": common["source_row"],
            "as_of": common["as_of"],
        }
    )
    keep = opened.settle()
    return store(opened, {"ratios": frame[keep].reset_index(drop=True)}, taken=int(keep.sum()))


def _areas(rows: Rows, city: City) -> np.ndarray:
    names = AreaNames(city.areas)
    texts = rows.texts("area", required=True)
    found = np.array(names.find_all(texts), dtype=object)
    for at in np.flatnonzero(absent(found) & ~absent(texts)).tolist():
        mask = np.zeros(len(rows), dtype=bool)
        mask[at] = True
        rows.reject(mask, "intake.unknown_area", "area", value=texts[at], near=names.near(texts[at]))
    return found


def _elements(rows: Rows, stated: str | None) -> np.ndarray:
    if stated is not None:
        return np.full(len(rows), need_element(stated), dtype=object)
    if not rows.has("element"):
        raise InputError("intake.no_element", file=rows.file)
    texts = rows.texts("element", required=True)
    found = np.array([None if text is None else find_element(text) for text in texts], dtype=object)
    for at in np.flatnonzero(absent(found) & ~absent(texts)).tolist():
        mask = np.zeros(len(rows), dtype=bool)
        mask[at] = True
        rows.reject(mask, "intake.unknown_element", "element", value=texts[at], near=near_elements(texts[at]))
    return found
