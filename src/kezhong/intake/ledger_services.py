"""Which service elements a ledger's rows serve.

An ``element`` column or the whole file says one, a ``services`` column lists several, Amap's codes name them, or a
mapping's ``[[services]]`` names columns with each one's share of floor area, places and hours.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kezhong.catalogue import match_amap
from kezhong.errors import InputError
from kezhong.intake import values
from kezhong.intake.elements import capacity_unit, find_element, near_elements, need_element, split_names
from kezhong.intake.report import row_details
from kezhong.intake.rows import Rows

Objects = npt.NDArray[np.object_]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Service:
    """One element served by one row; numbers NaN and texts ``None`` where nothing is said."""

    row: int
    element: str
    matched_by: str
    floor_area_m2: float = np.nan
    capacity: float = np.nan
    capacity_unit: str | None = None
    used: float = np.nan
    hours: str | None = None
    grade: str | None = None
    split: bool = False  # figures of this element alone, not of the whole row


def services_of(rows: Rows, fixed: str | None) -> Iterator[Service]:
    """Every service of every row, row by row as its sources name them.

    Parameters
    ----------
    fixed
        Element that each row serves whatever its columns say.

    Raises
    ------
    InputError
        Nothing says the element, or ``[[services]]`` names columns that are not there.
    """
    stated = list(_stated(rows))
    yield from stated
    split = {service.row for service in stated}
    if fixed is not None:
        already = {service.row for service in stated if service.element == fixed}
        yield from (Service(row, fixed, "--element") for row in range(len(rows)) if row not in already)
        return
    for which in ("element", "services"):
        if rows.has(which):
            yield from _listed(rows, which, split)
    if rows.has("amap_type") and not rows.has("element"):
        yield from _by_amap(rows)
    elif not stated and not rows.has("element") and not rows.has("services"):
        raise InputError("intake.no_element", file=rows.file)


def _by_amap(rows: Rows) -> Iterator[Service]:
    """Elements by the catalogue's Amap codes and name filters; other places of interest are left out with a note."""
    heading = rows.heading("amap_type")
    known: dict[tuple[str, str], tuple[str, ...]] = {}
    for row, (codes, name) in enumerate(zip(rows.texts("amap_type"), rows.texts("name"), strict=True)):
        for code in (codes or "").split("|"):
            pair = (code, name or "")
            if pair not in known:
                known[pair] = match_amap(*pair)
            yield from (Service(row, element, f"{heading}={code}") for element in known[pair])


def _listed(rows: Rows, which: str, split: set[int]) -> Iterator[Service]:
    """Elements named in a cell."""
    heading = rows.heading(which)
    known: dict[str, list[tuple[str, str | None]]] = {}
    for row, text in enumerate(rows.texts(which)):
        if text is None:
            continue
        if text not in known:
            known[text] = [(name, find_element(name)) for name in split_names(text)]
        for name, element in known[text]:
            if element is not None:
                yield Service(row, element, f"{heading}={name}")
            elif which == "element" or row not in split:
                mask = np.zeros(len(rows), dtype=bool)
                mask[row] = True
                rows.reject(mask, "intake.unknown_element", which, value=name, near=near_elements(name))


def _stated(rows: Rows) -> Iterator[Service]:
    """Elements of the mapping's ``[[services]]``, each with its own figures."""
    # Faults are reported where the columns themselves are read.
    floor, _, _ = values.numbers(rows.series("floor_area_m2"))
    capacity, _, _ = values.numbers(rows.series("capacity"))
    for entry in rows.mapping.services:
        element = need_element(str(entry["element"]), "services")
        for name in ("when", "floor_area_m2", "capacity", "used", "hours", "grade"):
            if name in entry and entry[name] not in rows.table.columns:
                raise InputError(
                    "intake.no_column", file=rows.file, column=entry[name], near="、".join(rows.table.columns[:12])
                )
        present = _present(rows, entry.get("when"))
        area = _raw_numbers(rows, entry.get("floor_area_m2"))
        if "floor_area_share" in entry:
            area = floor * float(entry["floor_area_share"])
        places = _raw_numbers(rows, entry.get("capacity"))
        if "capacity_share" in entry:
            places = capacity * float(entry["capacity_share"])
        used = _raw_numbers(rows, entry.get("used"))
        hours, grade = _raw_texts(rows, entry.get("hours")), _raw_texts(rows, entry.get("grade"))
        unit = entry.get("capacity_unit") or capacity_unit(element)
        for row in np.flatnonzero(present).tolist():
            yield Service(
                row,
                element,
                f"{entry.get('when', '[[services]]')}",
                float(area[row]),
                float(places[row]),
                unit,
                float(used[row]),
                hours[row],
                grade[row],
                split=True,
            )


def _present(rows: Rows, column: object) -> npt.NDArray[np.bool_]:
    """Rows in which a column says yes or holds a number above zero (all rows where no column is named)."""
    if column is None:
        return np.ones(len(rows), dtype=bool)
    series = rows.table.frame[str(column)]
    said, odd = values.flags(series)
    numbers, bad, _ = values.numbers(series)
    yes = np.equal(said, True).astype(bool) | (np.nan_to_num(numbers) > 0)
    wrong = odd & bad
    for at in np.flatnonzero(wrong).tolist():
        rows.faults.setdefault(
            at,
            InputError(
                "intake.not_yes_or_no",
                file=rows.file,
                **row_details(str(rows.table.labels[at])),
                column=str(column),
                value=values.show(series.iloc[at]),
            ),
        )
    return yes


def _raw_numbers(rows: Rows, column: object) -> Floats:
    if column is None:
        return np.full(len(rows), np.nan)
    found, bad, _ = values.numbers(rows.table.frame[str(column)])
    bad |= np.nan_to_num(found) < 0
    for at in np.flatnonzero(bad).tolist():
        rows.faults.setdefault(
            at,
            InputError(
                "intake.not_a_number",
                file=rows.file,
                **row_details(str(rows.table.labels[at])),
                column=str(column),
                value=values.show(rows.table.frame[str(column)].iloc[at]),
            ),
        )
    return found


def _raw_texts(rows: Rows, column: object) -> Objects:
    return np.full(len(rows), None, dtype=object) if column is None else values.texts(rows.table.frame[str(column)])
