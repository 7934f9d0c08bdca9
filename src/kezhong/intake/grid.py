"""Other area sets: the city's official grid with its codes, built-up area, enrolment areas.

The official grid is imported, never generated; the analysis grid (names starting with ``AG``) is generated, never
imported.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from kezhong.city.vocabulary import SetKind
from kezhong.city.workspace import City
from kezhong.errors import InputError
from kezhong.intake.circles import keep_other_kinds
from kezhong.intake.columns import SETS
from kezhong.intake.report import ImportReport
from kezhong.intake.source import MappingLike, Source, geo, keys_of, open_source, store
from kezhong.intake.values import absent

_ANALYSIS = "AG"


def import_grid(
    city: City,
    file: str | Path,
    *,
    household: bool = False,
    source: str | None = None,
    mapping: MappingLike = None,
    datum: str | None = None,
    sheet: str | None = None,
    as_of: str | None = None,
    allow_rejects: bool = False,
) -> ImportReport:
    """Import the city's official management grid (单元网格), or with ``household`` the 综治 grid, with its codes.

    Raises
    ------
    InputError
        No codes, a duplicate code, or a code that looks like the analysis grid's.
    """
    kind = SetKind.HOUSEHOLD_GRID if household else SetKind.OFFICIAL_GRID
    opened = _open(city, "grid", file, source, mapping, datum, sheet, as_of)
    if not opened.rows.has("code"):
        raise InputError(
            "intake.no_column", file=opened.rows.file, column="code", near="、".join(opened.rows.table.columns[:12])
        )
    codes = opened.rows.texts("code", required=True)
    opened.rows.duplicates(codes, "code")
    opened.rows.reject(
        np.array([bool(code) and str(code).startswith(_ANALYSIS) for code in codes]), "intake.analysis_grid", "code"
    )
    return _store(opened, kind, codes, allow_rejects)


def import_built_up(
    city: City,
    file: str | Path,
    *,
    source: str | None = None,
    mapping: MappingLike = None,
    datum: str | None = None,
    sheet: str | None = None,
    as_of: str | None = None,
    allow_rejects: bool = False,
) -> ImportReport:
    """Import the boundary of the built-up area (城区范围): one polygon or several."""
    opened = _open(city, "built_up", file, source, mapping, datum, sheet, as_of)
    return _store(opened, SetKind.BUILT_UP, keys_of(opened, "code"), allow_rejects)


def import_enrolment(
    city: City,
    file: str | Path,
    *,
    source: str | None = None,
    mapping: MappingLike = None,
    datum: str | None = None,
    sheet: str | None = None,
    as_of: str | None = None,
    allow_rejects: bool = False,
) -> ImportReport:
    """Import enrolment areas (学区), each with the school it is assigned to."""
    opened = _open(city, "enrolment", file, source, mapping, datum, sheet, as_of)
    return _store(opened, SetKind.ENROLMENT, keys_of(opened, "code"), allow_rejects)


def _open(
    city: City,
    kind: str,
    file: str | Path,
    source: str | None,
    mapping: MappingLike,
    datum: str | None,
    sheet: str | None,
    as_of: str | None,
) -> Source:
    opened = open_source(
        city,
        kind,
        file,
        SETS,
        source=source,
        mapping=mapping,
        datum=datum,
        sheet=sheet,
        geometry="required",
        as_of=as_of,
    )
    opened.require_shapes("polygon")
    return opened


def _store(opened: Source, kind: SetKind, codes: np.ndarray, allow_rejects: bool) -> ImportReport:
    rows = opened.rows
    names = rows.texts("name")
    columns = {
        "kind": np.full(len(rows), kind.value, dtype=object),
        "code": codes,
        "name": np.where(absent(names), codes, names),
        "version": rows.texts("version"),
        "valid_from": rows.dates("valid_from"),
        "facility_ref": rows.texts("facility_ref"),
        **opened.common(),
    }
    keep = rows.settle(allow_rejects)
    shapes = opened.require_shapes("polygon")
    frame = geo(columns, shapes, keep)
    table = keep_other_kinds(opened.city, "area_sets", opened.name, kind.value, frame)
    return store(opened, {"area_sets": table}, taken=int(keep.sum()))
