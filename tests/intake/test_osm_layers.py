"""Buildings, land use, estates and gates from OpenStreetMap, through the public imports."""

from __future__ import annotations

from pathlib import Path

import pytest

from kezhong.city.workspace import City
from kezhong.errors import InputError
from kezhong.intake import import_buildings, import_estates, import_gates, import_landuse

from .osm_text import OsmText


def estate(folder: Path) -> Path:
    text = OsmText()
    text.nodes({1: (0, 0), 2: (200, 0), 3: (200, 200), 4: (0, 200)})
    text.nodes({11: (20, 20), 12: (60, 20), 13: (60, 40), 14: (20, 40)})
    text.node(5, 100, 0, barrier="gate", foot="private")
    text.way(1, [1, 5, 2, 3, 4, 1], landuse="residential", name="和平家园", barrier="wall")
    text.way(2, [11, 12, 13, 14, 11], {"building:levels": "6"}, building="apartments")
    return text.write(folder / "estate.osm")


def test_all_four(empty_city: City, tmp_path: Path) -> None:
    file = estate(tmp_path)
    for read in (import_buildings, import_landuse, import_estates, import_gates):
        assert read(empty_city.refresh(), file).taken == 1
    city = empty_city.refresh()
    building = city.layer("buildings").iloc[0]
    assert bool(building["residential"])
    assert building["floor_area_m2"] == pytest.approx(40 * 20 * 6, rel=0.01)
    assert bool(city.layer("landuse")["residential"].iloc[0])
    found = city.layer("estates").iloc[0]
    assert (found["name"], bool(found["gated"])) == ("和平家园", True)
    assert city.layer("gates")["access"].tolist() == ["residents"]


def test_none_of_a_kind_is_said(empty_city: City, tmp_path: Path) -> None:
    text = OsmText()
    text.node(1, 0, 0, barrier="bollard")
    with pytest.raises(InputError) as caught:
        import_gates(empty_city, text.write(tmp_path / "a.osm"))
    assert caught.value.code == "intake_osm.none_of_kind"
    assert "大门" in caught.value.message("zh")
