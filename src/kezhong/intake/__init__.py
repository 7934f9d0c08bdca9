"""Readers of a city's data, and the layers derived from them.

``import_<kind>(city, file, *, source=None, mapping=None, datum=None, allow_rejects=False, …) -> ImportReport``: a
second import with the same source replaces that source only; a bad row stops the whole import. Names are loaded when
first used: the readers need libraries that a command may do without.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kezhong.intake.areas import import_areas
    from kezhong.intake.buildings import import_buildings
    from kezhong.intake.circles import import_circles
    from kezhong.intake.city_setup import new_city, template_population, templates
    from kezhong.intake.derive import refresh
    from kezhong.intake.elevation import import_elevation
    from kezhong.intake.estates import import_estates
    from kezhong.intake.facilities import import_facilities
    from kezhong.intake.gates import import_gates
    from kezhong.intake.grid import import_built_up, import_enrolment, import_grid
    from kezhong.intake.gtfs import import_gtfs
    from kezhong.intake.landuse import import_landuse
    from kezhong.intake.ledgers import import_ledger
    from kezhong.intake.osm_facilities import import_osm_facilities
    from kezhong.intake.population import import_population
    from kezhong.intake.ratios import import_ratios
    from kezhong.intake.report import ImportReport, Note, Skipped
    from kezhong.intake.sites import import_sites
    from kezhong.intake.streets import import_streets
    from kezhong.intake.verify import verify_export, verify_import

_HOMES = {
    "ImportReport": "report",
    "Note": "report",
    "Skipped": "report",
    "import_areas": "areas",
    "import_buildings": "buildings",
    "import_built_up": "grid",
    "import_circles": "circles",
    "import_elevation": "elevation",
    "import_enrolment": "grid",
    "import_estates": "estates",
    "import_facilities": "facilities",
    "import_gates": "gates",
    "import_grid": "grid",
    "import_gtfs": "gtfs",
    "import_landuse": "landuse",
    "import_ledger": "ledgers",
    "import_osm_facilities": "osm_facilities",
    "import_population": "population",
    "import_ratios": "ratios",
    "import_sites": "sites",
    "import_streets": "streets",
    "new_city": "city_setup",
    "refresh": "derive",
    "template_population": "city_setup",
    "templates": "city_setup",
    "verify_export": "verify",
    "verify_import": "verify",
}

__all__ = [
    "ImportReport",
    "Note",
    "Skipped",
    "import_areas",
    "import_buildings",
    "import_built_up",
    "import_circles",
    "import_elevation",
    "import_enrolment",
    "import_estates",
    "import_facilities",
    "import_gates",
    "import_grid",
    "import_gtfs",
    "import_landuse",
    "import_ledger",
    "import_osm_facilities",
    "import_population",
    "import_ratios",
    "import_sites",
    "import_streets",
    "new_city",
    "refresh",
    "template_population",
    "templates",
    "verify_export",
    "verify_import",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(importlib.import_module(f"{__name__}.{home}"), name)
