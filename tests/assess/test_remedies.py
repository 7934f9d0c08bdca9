"""Which remedies fit a shortfall on the spot."""

from __future__ import annotations

from pathlib import Path

import pytest

from assess.cities import Lattice, place, usual
from kezhong.assess import Assessment, assess
from kezhong.catalogue.model import REMEDY_IDS


def _remedies(found: Assessment, element: str, area: str) -> list[str]:
    rows = found.shortfalls[(found.shortfalls["element"] == element) & (found.shortfalls["area_code"] == area)]
    return str(rows["remedies"].iloc[0]).split(";")


def _lattice(folder: Path, **more: object) -> Lattice:
    lattice = Lattice(folder / "city", **more)  # type: ignore[arg-type]
    lattice.add("reading_room", 0, 0)
    return lattice


def test_sharing_needs_a_large_public_building_in_the_area(tmp_path: Path) -> None:
    lattice = _lattice(tmp_path)
    lattice.add("primary_school", 1700, 500, floor_area_m2=5000.0)
    lattice.add("supermarket", 1200, 500, floor_area_m2=5000.0)
    lattice.add("community_service_station", 700, 500, floor_area_m2=50.0)
    found = assess(lattice.build(), "kezhong-default")
    assert "share" in _remedies(found, "reading_room", "C4")
    assert "share" not in _remedies(found, "reading_room", "C3")  # a shop is no host
    assert "share" not in _remedies(found, "reading_room", "C2")  # too small


def test_converting_needs_an_idle_site_within_reach(tmp_path: Path) -> None:
    lattice = usual(tmp_path)
    lattice.add("reading_room", 0, 0)
    for name, kind, x in (("s1", "warehouse", 1950.0), ("s2", "reserve", 100.0)):
        lattice.sites.append({"site_id": name, "kind": kind, "source": "t", "geometry": place(x, 500)})
    found = assess(lattice.build(), "kezhong-default")
    assert "convert" in _remedies(found, "reading_room", "C4")
    # Near the others lies a reserve only, which is for building.
    assert "convert" not in _remedies(found, "kindergarten", "C1")


def test_mobile_services_for_villages_and_thin_settlement(tmp_path: Path) -> None:
    # 30 people a crossing are some 3,000 a km², 5 are some 500.
    for name, people, types, wanted in (
        ("town", 30.0, {}, False), ("village", 30.0, {"C4": "village"}, True), ("thin", 5.0, {}, True),
    ):  # fmt: skip
        lattice = usual(tmp_path / name, people=people, types=types)
        lattice.add("convenience_store", 100, 100)
        found = assess(lattice.build(), "kezhong-default")
        rows = found.shortfalls[found.shortfalls["area_code"] == "C4"]
        allowed = [e for e in rows["element"] if "mobile" in found.catalogue.element(e).remedies]
        assert allowed, name
        assert all(("mobile" in _remedies(found, element, "C4")) is wanted for element in allowed), name


@pytest.mark.parametrize(("hours", "wanted"), [("12:00-19:30", True), ("07:00-22:00", False), (None, False)])
def test_longer_hours_only_where_the_hours_show_it(tmp_path: Path, hours: str | None, wanted: bool) -> None:
    lattice = usual(tmp_path)
    lattice.add("pharmacy", 1600, 0, hours=hours)
    city = lattice.build()
    # Open longer or not, what is too far at any hour stays too far.
    assert "extend_hours" not in _remedies(assess(city, "kezhong-default"), "pharmacy", "C4")
    evening = assess(city, "kezhong-default", window="evening")
    assert ("extend_hours" in _remedies(evening, "pharmacy", "C4")) is wanted
    assert "extend_hours" not in _remedies(evening, "pharmacy", "C3")  # none stands there


def test_extending_where_places_are_short_and_least_building_first(tmp_path: Path) -> None:
    lattice = usual(tmp_path)
    lattice.sites.append({"site_id": "s1", "kind": "premises", "source": "t", "geometry": place(1900, 500)})
    found = assess(lattice.build(), "kezhong-default")
    assert "extend" in _remedies(found, "elderly_home", "D2")
    for row in found.shortfalls.to_dict("records"):
        names = row["remedies"].split(";")
        assert names == [name for name in REMEDY_IDS if name in names]
        assert set(names) <= set(found.catalogue.element(row["element"]).remedies)
        assert names[-1] == "new"
        if row["gap_unit"] in ("m", "min"):
            assert "extend" not in names
