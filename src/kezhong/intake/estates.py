"""Residential estates (小区)."""

from __future__ import annotations

from pathlib import Path
from typing import Unpack

from kezhong.city.workspace import City
from kezhong.intake.options import Reading, spelled_out
from kezhong.intake.osm_layers import import_osm_estates
from kezhong.intake.report import ImportReport
from kezhong.intake.shapes import Shapes, import_shapes
from kezhong.intake.source import Source
from kezhong.intake.storing import ids_of


@spelled_out
def import_estates(city: City, file: str | Path, **how: Unpack[Reading]) -> ImportReport:
    """Import estates as polygons, with whether they are gated, households and residents."""
    return import_shapes(city, "estates", file, how, _columns, from_osm=import_osm_estates)


def _columns(opened: Source, shapes: Shapes) -> dict[str, object]:
    rows = opened.rows
    return {
        "estate_id": ids_of(opened),
        "name": rows.texts("name"),
        "gated": rows.flags("gated"),
        "built_year": rows.numbers("built_year", low=1800, high=2200),
        "households": rows.numbers("households"),
        "residents": rows.numbers("residents"),
        "property_company": rows.texts("property_company"),
    }
