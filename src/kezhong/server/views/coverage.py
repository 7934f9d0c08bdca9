"""Coverage of one element by area: the table twin of the map."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from kezhong.catalogue import load_catalogue
from kezhong.city.results import Run
from kezhong.city.workspace import City
from kezhong.server.state import ServerState
from kezhong.server.views.areas import graded_areas, place_names
from kezhong.server.views.catalogue import requirement_for

_INDICATORS = ("coverage", "nearest_m", "minutes")
_VALUES = ("value", "numerator", "denominator", "status", "reason")


def table(state: ServerState, run: Run, element: str, level: str) -> dict[str, Any]:
    """The body of ``GET /runs/{run}/coverage``.

    Raises
    ------
    NotFoundError
        The catalogue has no such element.
    """
    city = state.city_of(run)
    codes, _ = graded_areas(city, run, level)
    if element == "*":
        rows = _required_met(city, run, codes)
        return {"element": element, "level": level, "requirement": None, "rows": rows}
    figures = state.view(run, "coverage figures", lambda: _by_element(run)).get(element)
    if figures is None:  # an element of the catalogue that this run tests nowhere: not applicable everywhere
        load_catalogue().element(element)
        figures = _by_element_of(run.figures.head(0))
    basis = state.assessment(run).basis
    return {
        "element": element,
        "level": level,
        "requirement": requirement_for(basis, element),
        "rows": _rows(city, figures, codes, basis.variant),
    }


def _by_element(run: Run) -> dict[str, pd.DataFrame]:
    """Figures of coverage, split by element once: a request then looks at a few hundred rows."""
    return {str(name): rows for name, rows in _by_element_of(run.figures).groupby("element", sort=False)}


def _by_element_of(figures: pd.DataFrame) -> pd.DataFrame:
    kept = figures[(figures["family"] == "coverage") & figures["indicator"].isin(_INDICATORS)]
    columns = ["area_code", "element", "indicator", "variant", "requirement_id", *_VALUES]
    return kept[columns].astype({name: object for name in columns if kept[name].dtype == "string"})


def _rows(city: City, figures: pd.DataFrame, codes: list[str], variant: str) -> list[dict[str, Any]]:
    variants: dict[str, dict[str, dict[str, Any]]] = {}
    tested: dict[str, str] = {}
    means: dict[tuple[str, str], float] = {}
    for row in figures.to_dict("records"):
        code = row["area_code"]
        if row["indicator"] != "coverage":
            means.setdefault((code, row["indicator"]), row["value"])
            continue
        variants.setdefault(code, {})[row["variant"]] = {name: row[name] for name in _VALUES}
        if row["requirement_id"] and row["status"] != "informative":  # the variant the verdict was given on
            tested.setdefault(code, row["variant"])
    result = []
    for code in codes:
        found = variants.get(code, {})
        chosen: Mapping[str, Any] = found.get(tested.get(code, variant)) or next(iter(found.values()), _NOTHING)
        result.append(
            {
                **_place(city, code),
                **chosen,
                "nearest_m_mean": means.get((code, "nearest_m")),
                "minutes_mean": means.get((code, "minutes")),
                "variants": found,
            }
        )
    return result


_NOTHING = {"value": None, "numerator": None, "denominator": None, "status": "not_applicable", "reason": ""}


def _required_met(city: City, run: Run, codes: list[str]) -> list[dict[str, Any]]:
    grades = run.grades.set_index("area_code")
    result = []
    for code in codes:
        values: dict[str, Any] = dict(_NOTHING)
        if code in grades.index:
            row = grades.loc[code]
            met, asked = int(row["required_met"]), int(row["required_total"])
            share = met / asked if asked else None
            values.update(value=share, numerator=met, denominator=asked, status=str(row["status"]))
        empty: dict[str, Any] = {"nearest_m_mean": None, "minutes_mean": None, "variants": {}}
        result.append({**_place(city, code), **values, **empty})
    return result


def _place(city: City, code: str) -> dict[str, Any]:
    return {"area_code": code, **place_names(city, code)}
