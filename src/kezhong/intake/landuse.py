"""Land-use parcels, present or planned, and the facilities planned on them."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from kezhong.city.workspace import City
from kezhong.intake.columns import LANDUSE
from kezhong.intake.elements import find_element, near_elements
from kezhong.intake.osm_layers import import_osm_landuse
from kezhong.intake.osm_reader import is_osm
from kezhong.intake.report import ImportReport, Note
from kezhong.intake.rows import Rows
from kezhong.intake.source import MappingLike, geo, keys_of, open_source, store
from kezhong.intake.values import absent

_RESIDENTIAL = re.compile(r"居住|住宅|宅基地|商住|residential", re.IGNORECASE)
#: 07.. is residential land in the national land-use classes of 2020/2023 (0701 urban, 0703 rural); R in GB 50137.
_RESIDENTIAL_CODE = re.compile(r"^(?:07\d{0,4}|R\d?[A-Za-z]?)$")


def import_landuse(
    city: City,
    file: str | Path,
    *,
    planned: bool = False,
    source: str | None = None,
    mapping: MappingLike = None,
    datum: str | None = None,
    sheet: str | None = None,
    as_of: str | None = None,
    allow_rejects: bool = False,
) -> ImportReport:
    """Import parcels as polygons.

    Parameters
    ----------
    planned
        The file shows planned, not present, use (for rows without a column that says it).
    """
    if is_osm(file):
        return import_osm_landuse(city, file, source=source, as_of=as_of)
    opened = open_source(
        city,
        "landuse",
        file,
        LANDUSE,
        source=source,
        mapping=mapping,
        datum=datum,
        sheet=sheet,
        geometry="required",
        as_of=as_of,
    )
    shapes = opened.require_shapes("polygon")
    rows = opened.rows
    uses = rows.texts("use", required=True)
    stated = rows.flags("residential")
    residential = np.array(
        [_is_residential(use) if flag is None else bool(flag) for use, flag in zip(uses, stated, strict=True)]
    )
    plan = rows.choices(
        "planned",
        {
            "规划": "yes",
            "现状": "no",
            "是": "yes",
            "否": "no",
            "yes": "yes",
            "no": "no",
            "true": "yes",
            "false": "no",
            "1": "yes",
            "0": "no",
        },
    )
    columns = {
        "parcel_id": np.array([f"{opened.name}:{key}" for key in keys_of(opened, also=("use",))], dtype=object),
        "use": uses,
        "residential": residential,
        "planned": np.array([planned if word is None else word == "yes" for word in plan]),
        "planned_element": _planned_elements(rows),
        **opened.common(),
    }
    keep = rows.settle(allow_rejects)
    n = int(residential[keep].sum())
    note = Note(f"其中 {n} 块为居住用地", f"{n} of them are residential land")
    return store(opened, {"landuse": geo(columns, shapes, keep)}, taken=int(keep.sum()), notes=[note])


def _is_residential(use: str | None) -> bool:
    return use is not None and bool(_RESIDENTIAL.search(use) or _RESIDENTIAL_CODE.match(use))


def _planned_elements(rows: Rows) -> np.ndarray:
    names = rows.texts("planned_element")
    found = np.array([None if name is None else find_element(name) for name in names], dtype=object)
    for at in np.flatnonzero(absent(found) & ~absent(names)).tolist():
        mask = np.zeros(len(rows), dtype=bool)
        mask[at] = True
        rows.reject(mask, "intake.unknown_element", "planned_element", value=names[at], near=near_elements(names[at]))
    return found
