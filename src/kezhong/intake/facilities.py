"""``kezhong import facilities``: an OSM file by the catalogue's tags, anything else as a ledger."""

from __future__ import annotations

from pathlib import Path
from typing import Unpack

from kezhong.city.workspace import City
from kezhong.intake.ledgers import import_ledger
from kezhong.intake.options import Reading, spelled_out
from kezhong.intake.osm_facilities import import_osm_facilities
from kezhong.intake.osm_reader import is_osm
from kezhong.intake.report import ImportReport
from kezhong.progress import Progress, silent


@spelled_out
def import_facilities(
    city: City,
    file: str | Path,
    *,
    element: str | None = None,
    progress: Progress = silent,
    **how: Unpack[Reading],
) -> ImportReport:
    """Import facilities from an OSM file (by the catalogue's tags) or from a department's ledger.

    See :func:`kezhong.intake.osm_facilities.import_osm_facilities` and :func:`kezhong.intake.ledgers.import_ledger`.
    """
    if is_osm(file):
        origin, day = how.get("source"), how.get("as_of")
        return import_osm_facilities(city, file, element=element, source=origin, as_of=day, progress=progress)
    return import_ledger(city, file, element=element, **how)
