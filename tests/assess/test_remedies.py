"""Which remedies fit a shortfall on the spot."""

from __future__ import annotations

from pathlib import Path

from assess.cities import Lattice
from kezhong.assess import Assessment, assess


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
