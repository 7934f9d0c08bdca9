"""The assessment sheet of a life circle: read from a run by key, copied with the run's id; no figure is computed."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import pandas as pd

from kezhong import clock
from kezhong.catalogue import load_catalogue
from kezhong.errors import DataMissingError
from kezhong.office.measuring.figures import FigureReader, IndexedRun
from kezhong.office.models import Area

_GRADE = ("grade", "score", "people", "required_total", "required_met", "required_unknown", "status")
_WORST = 8


def chosen_run(reader: FigureReader, run_id: str | None = None) -> IndexedRun:
    """The named run, or the one that measures.

    Raises
    ------
    NotFoundError
        No such run.
    DataMissingError
        The city has none.
    """
    if run_id:
        return reader.run(run_id)
    run = reader.default()
    if run is None:
        raise DataMissingError("programme.no_run")
    return reader.run(run.id)


def run_document(run: IndexedRun) -> dict[str, Any]:
    """What names a run: id, snapshot, basis, walker, quality of its data."""
    made = run.run.manifest
    names = ("basis", "basis_hash", "walker", "window", "snapshot", "created", "quality", "insufficient")
    return {"id": run.id, **{name: made.get(name) for name in names}}


def assessment_sheet(run: IndexedRun, circle: Area, communities: list[Area]) -> dict[str, Any]:
    """The sheet of a life circle and of each of its communities.

    What the run does not hold is ``None`` with the status ``no_data``, never zero.
    """
    grades = run.run.grades
    rows = {str(row["area_code"]): row for row in grades.to_dict("records")}
    codes = [one.code for one in communities]
    listed = run.run.shortfalls
    own = listed[listed["area_code"].isin([*codes, circle.code])]
    counted = own.groupby("area_code").size()
    return {
        "run": run_document(run),
        "taken_at": clock.stamp(),
        "area": circle.code,
        "name": circle.name,
        **_graded(rows.get(circle.code)),
        "ages": _ages(run, circle.code),
        "shortfalls": len(own),
        "shortfalls_by_circle": {str(name): int(n) for name, n in own.groupby("circle", observed=True).size().items()},
        "communities": [
            {
                "code": one.code,
                "name": one.name,
                **_graded(rows.get(one.code)),
                "shortfalls": int(counted.get(one.code, 0)),
            }
            for one in communities
        ],
    }


def _graded(row: dict[Any, Any] | None) -> dict[str, Any]:
    if row is None:
        return {**dict.fromkeys(_GRADE), "status": "no_data", "failing": []}
    found = {name: _plain(row[name]) for name in _GRADE}
    names = [one for one in str(_plain(row["failing_elements"]) or "").split(";") if one]
    return {**found, "failing": list(_elements(names[:_WORST]))}


def _elements(names: Iterable[str]) -> Iterable[dict[str, str]]:
    book = load_catalogue().elements
    for name in names:
        entry = book.get(name)
        yield {"id": name, "zh": entry.zh if entry else name, "en": entry.en if entry else name}


def _ages(run: IndexedRun, area: str) -> dict[str, Any]:
    """People by age group: the denominators of the coverage of the target group, with the element they stand at."""
    rows = run.of_area(area)
    rows = rows[
        ((rows["indicator"] == "coverage") & (rows["variant"] == "target_pop") & rows["denominator"].notna()).to_numpy(
            dtype=bool
        )
    ]
    found: dict[str, Any] = {}
    for row in rows.to_dict("records"):
        group = str(row["age_group"])
        if group not in found:
            found[group] = {"people": float(row["denominator"]), "element": str(row["element"])}
    return found


def _plain(value: Any) -> Any:
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return None
    return value.item() if hasattr(value, "item") else value
