"""Assigned schools and single estates against arithmetic on the lattice."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from shapely.geometry import box

from assess.cities import STEP, Lattice, place
from kezhong.assess import assess
from kezhong.city.workspace import City


def _box(west: float, south: float, east: float, north: float) -> object:
    a, b = place(west, south), place(east, north)
    return box(a.x, a.y, b.x, b.y)


def _enrol(city: City, rows: list[tuple[str, str, object]]) -> City:
    with city.edit("enrolment") as edit:
        edit.put(
            "area_sets",
            "schools",
            gpd.GeoDataFrame(
                {"kind": "enrolment", "code": [r[0] for r in rows], "name": [r[0] for r in rows],
                 "facility_ref": [r[1] for r in rows], "source": "schools"},
                geometry=[r[2] for r in rows], crs="EPSG:4326",
            ),
        )  # fmt: skip
    return city.refresh()


def test_the_assigned_school_decides_and_the_nearest_stands_beside(tmp_path: Path) -> None:
    lattice = Lattice(tmp_path / "city")
    lattice.add("primary_school", 300, 500, name="近校")
    far = lattice.add("primary_school", 1500, 500, name="远校")
    city = lattice.build()
    before = assess(city, "kezhong-default")
    assert "未导入学区" in before.explain("C1", "primary_school").text()
    # Everybody west of 1,000 m is assigned to the far school by its name; one area names an unknown school.
    city = _enrol(
        city,
        [("E1", "远校", _box(-30, -30, 950, 1030)), ("E2", "没有的学校", _box(950, -30, 2030, 1030))],
    )
    found = assess(city, "kezhong-default")
    assert found.run.manifest["enrolment"] == {"elements": ["primary_school"], "unmatched": ["E2"]}
    units = [
        (i * STEP, j * STEP, lattice.people + (i * 7 + j * 3) % 5)
        for i in range(lattice.columns)
        for j in range(lattice.rows)
    ]
    schools = [(300.0, 500.0), (1500.0, 500.0)]
    for code in ("C1", "C2", "C3", "C4"):
        inside = total = 0.0
        for x, y, people in units:
            if lattice.community(x) != code:
                continue
            own = [schools[1]] if x < 950 else schools
            total += people
            inside += people * (min(abs(x - a) + abs(y - b) for a, b in own) <= 500)
        row = found.coverage("primary_school", "community", "population").set_index("area_code").loc[code]
        assert row["denominator"] == pytest.approx(total)
        assert row["numerator"] == pytest.approx(inside)
    told = found.explain("C1", "primary_school")
    assert told.facility is not None
    assert told.nearest is not None
    assert told.facility["facility_id"] == far
    assert told.nearest["name"] == "近校"
    assert told.nearest["metres"] < told.facility["metres"]
    page = told.text()
    assert "对口学校：远校" in page
    assert "最近设施（仅供对比）：近校" in page
    assert "nan" not in told.text("en")
    # The lived distance stays that to the nearest.
    nearest = [min(abs(x - a) + abs(y - b) for a, b in schools) for x, y, _ in units]
    np.testing.assert_allclose(found.cells("primary_school")["nearest_m"], nearest, atol=0.2)


def test_estates_are_measured_from_their_gates_as_the_variant_counts_them(tmp_path: Path) -> None:
    lattice = Lattice(tmp_path / "city")
    lattice.add("wet_market", 300, 300)
    for element in ("pharmacy", "kindergarten", "primary_school", "elderly_home", "supermarket", "convenience_store"):
        lattice.add(element, 1000, 500)  # enough for the data-quality gate
    corners = [(200.0, 200.0), (900.0, 300.0), (1600.0, 800.0)]
    for number, (x, y) in enumerate(corners):
        lattice.estates.append(
            {"estate_id": f"e{number}", "name": f"小区{number}", "gated": True, "residents": 100.0 + number,
             "source": "test", "geometry": _box(x + 10, y - 40, x + 90, y + 40)}
        )  # fmt: skip
        lattice.gates.append(
            {"gate_id": f"g{number}", "estate_id": f"e{number}", "access": "yes", "source": "test",
             "geometry": place(x, y)}
        )  # fmt: skip
    found = assess(lattice.build(), "kezhong-default")
    table = found.estates("wet_market").set_index("estate_id")
    expected = [abs(x - 300) + abs(y - 300) for x, y in corners]
    np.testing.assert_allclose(table["metres"], expected, atol=0.2)
    assert table["people"].tolist() == [100.0, 101.0, 102.0]
    assert table["status"].tolist() == ["meets" if metres <= 500 else "falls_short" for metres in expected]
    cover = found.coverage("wet_market", "city", "estate").iloc[0]
    assert cover["numerator"] == (table["status"] == "meets").sum()
    assert cover["denominator"] == len(table)
