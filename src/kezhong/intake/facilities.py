"""``kezhong import facilities``: an OSM file by the catalogue's tags, anything else as a ledger."""

from __future__ import annotations

from pathlib import Path

from kezhong.city.workspace import City
from kezhong.intake.report import ImportReport
from kezhong.intake.source import MappingLike
from kezhong.progress import Progress, silent

_OSM = (".osm", ".pbf", ".osm.gz", ".osm.bz2", ".o5m")


def is_osm(file: str | Path) -> bool:
    """Whether a file's name says OpenStreetMap."""
    return Path(file).name.lower().endswith(_OSM)


def import_facilities(
    city: City,
    file: str | Path,
    *,
    element: str | None = None,
    source: str | None = None,
    mapping: MappingLike = None,
    datum: str | None = None,
    sheet: str | None = None,
    as_of: str | None = None,
    allow_rejects: bool = False,
    progress: Progress = silent,
) -> ImportReport:
    """Import facilities from an OSM file (by the catalogue's tags) or from a department's ledger.

    See :func:`kezhong.intake.osm_facilities.import_osm_facilities` and :func:`kezhong.intake.ledgers.import_ledger`.
    """
    if is_osm(file):
        from kezhong.intake.osm_facilities import import_osm_facilities

        return import_osm_facilities(city, file, element=element, source=source, progress=progress)
    from kezhong.intake.ledgers import import_ledger

    return import_ledger(
        city,
        file,
        element=element,
        source=source,
        mapping=mapping,
        datum=datum,
        sheet=sheet,
        as_of=as_of,
        allow_rejects=allow_rejects,
    )
