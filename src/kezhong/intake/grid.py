"""Other area sets: the city's official grid with its codes, built-up area, enrolment areas.

The official grid is imported, never generated; the analysis grid (names starting with ``AG``) is generated, never
imported.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Unpack

import numpy as np
import numpy.typing as npt

from kezhong.city.vocabulary import SetKind
from kezhong.city.workspace import City
from kezhong.errors import InputError
from kezhong.intake.circles import keep_other_kinds
from kezhong.intake.columns import fields_of
from kezhong.intake.opening import open_source
from kezhong.intake.options import Reading, spelled_out
from kezhong.intake.report import ImportReport
from kezhong.intake.source import Source
from kezhong.intake.storing import geo, keys_of, store
from kezhong.intake.values import absent

Codes = npt.NDArray[np.object_]
_ANALYSIS = "AG"


@spelled_out
def import_grid(city: City, file: str | Path, *, household: bool = False, **how: Unpack[Reading]) -> ImportReport:
    """Import the city's official management grid (单元网格), or with ``household`` the 综治 grid, with its codes.

    Raises
    ------
    InputError
        No codes, a duplicate code, or a code that looks like the analysis grid's.
    """
    kind = SetKind.HOUSEHOLD_GRID if household else SetKind.OFFICIAL_GRID
    return _import(city, "grid", kind, file, how, _grid_codes)


@spelled_out
def import_built_up(city: City, file: str | Path, **how: Unpack[Reading]) -> ImportReport:
    """Import the boundary of the built-up area (城区范围): one polygon or several."""
    return _import(city, "built_up", SetKind.BUILT_UP, file, how, _codes)


@spelled_out
def import_enrolment(city: City, file: str | Path, **how: Unpack[Reading]) -> ImportReport:
    """Import enrolment areas (学区), each with the school it is assigned to."""
    return _import(city, "enrolment", SetKind.ENROLMENT, file, how, _codes)


def _import(
    city: City, name: str, kind: SetKind, file: str | Path, how: Reading, codes_of: Callable[[Source], Codes]
) -> ImportReport:
    """Import one kind of set; what the same source brought of other kinds stays."""
    opened = open_source(city, name, file, fields_of("sets"), how, geometry="required")
    shapes = opened.require_shapes("polygon")
    rows = opened.rows
    codes, names = codes_of(opened), rows.texts("name")
    columns = {
        "kind": np.full(len(rows), kind.value, dtype=object),
        "code": codes,
        "name": np.where(absent(names), codes, names),
        "version": rows.texts("version"),
        "valid_from": rows.dates("valid_from"),
        "facility_ref": rows.texts("facility_ref"),
        **opened.common(),
    }
    frame = geo(columns, shapes, opened.settle())
    table = keep_other_kinds(city, "area_sets", opened.name, kind.value, frame)
    return store(opened, {"area_sets": table}, taken=len(frame))


def _codes(opened: Source) -> Codes:
    return keys_of(opened, "code")


def _grid_codes(opened: Source) -> Codes:
    """Official codes: each row has one, of its own, that no analysis cell can have."""
    rows = opened.rows
    if not rows.has("code"):
        raise InputError("intake.no_column", file=rows.file, column="code", near="、".join(rows.table.columns[:12]))
    codes = rows.texts("code", required=True)
    rows.duplicates(codes, "code")
    generated = np.array([bool(code) and str(code).startswith(_ANALYSIS) for code in codes])
    rows.reject(generated, "intake.analysis_grid", "code")
    return codes
