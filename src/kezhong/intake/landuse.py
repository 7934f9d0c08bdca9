"""Land-use parcels, present or planned, and the facilities planned on them."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import Unpack

import geopandas as gpd
import numpy as np

from kezhong.city.workspace import City
from kezhong.intake.elements import find_element, near_elements
from kezhong.intake.options import Reading, spelled_out
from kezhong.intake.osm_layers import import_osm_landuse
from kezhong.intake.report import ImportReport, Note
from kezhong.intake.rows import Rows
from kezhong.intake.shapes import Shapes, import_shapes
from kezhong.intake.source import Source
from kezhong.intake.storing import ids_of
from kezhong.intake.values import absent

_RESIDENTIAL = re.compile(r"居住|住宅|宅基地|商住|residential", re.IGNORECASE)
#: 07.. is residential land in the national land-use classes of 2020/2023 (0701 urban, 0703 rural); R in GB 50137.
_RESIDENTIAL_CODE = re.compile(r"^(?:07\d{0,4}|R\d?[A-Za-z]?)$")
_PLANNED = {
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
}


@spelled_out
def import_landuse(city: City, file: str | Path, *, planned: bool = False, **how: Unpack[Reading]) -> ImportReport:
    """Import parcels as polygons.

    Parameters
    ----------
    planned
        The file shows planned, not present, use (for rows without a column that says it).
    """
    columns = partial(_columns, planned=planned)
    return import_shapes(city, "landuse", file, how, columns, notes=_notes, from_osm=import_osm_landuse)


def _columns(opened: Source, shapes: Shapes, *, planned: bool) -> dict[str, object]:
    rows = opened.rows
    uses = rows.texts("use", required=True)
    stated = rows.flags("residential")
    plan = rows.choices("planned", _PLANNED)
    return {
        "parcel_id": ids_of(opened, also=("use",)),
        "use": uses,
        "residential": np.array(
            [_is_residential(use) if flag is None else bool(flag) for use, flag in zip(uses, stated, strict=True)]
        ),
        "planned": np.array([planned if word is None else word == "yes" for word in plan]),
        "planned_element": _planned_elements(rows),
    }


def _notes(frame: gpd.GeoDataFrame) -> list[Note]:
    n = int(frame["residential"].sum())
    return [Note(f"其中 {n} 块为居住用地", f"{n} of them are residential land")]


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
