"""Estates, buildings and land follow the rules of people: what counts, in which number, and whom it concerns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import box

from assess.cities import Lattice, place, usual
from kezhong.assess import assess
from kezhong.assess.origins import UNREACHED, Origins, enough_counted

CITE = "{document: kezhong, evidence: proposal}"
#: Where the small homes of these tests stand: metres east on the street 300 m north.
SPOTS = [310.0 + 100 * k for k in range(9)]


def _box(west: float, south: float, east: float, north: float) -> Any:
    a, b = place(west, south), place(east, north)
    return box(a.x, a.y, b.x, b.y)


def _homes(lattice: Lattice) -> None:
    """At each spot a building, an estate with its gate, and a parcel of one lattice point."""
    for k, x in enumerate(SPOTS):
        shape = place(x, 300).buffer(5e-6)
        lattice.buildings.append(
            {"building_id": f"b{k}", "use": "residential", "residential": True, "source": "t", "geometry": shape}
        )
        lattice.estates.append({"estate_id": f"e{k}", "name": f"小区{k}", "source": "t", "geometry": shape})
        lattice.gates.append({"gate_id": f"g{k}", "estate_id": f"e{k}", "source": "t", "geometry": place(x, 300)})
        lattice.landuse.append(
            {"parcel_id": f"p{k}", "use": "R2", "residential": True, "planned": False, "source": "t", "geometry": shape}
        )


def _overlay(lattice: Lattice, basis: str, rules: str) -> Any:
    city = lattice.build()
    city.folder.joinpath("overlay.yaml").write_text(
        f"changes:\n- effective: 2020-01-01\n  bases: [{basis}]\n  add:\n{rules}", "utf-8"
    )
    return assess(city, basis)


def test_buildings_are_counted_by_their_own_distance(tmp_path: Path) -> None:
    lattice = usual(tmp_path)
    lattice.facilities = [row for row in lattice.facilities if row["element"] != "wet_market"]
    lattice.add("wet_market", 300, 300)
    _homes(lattice)
    lattice.buildings.append({**lattice.buildings[0], "building_id": "shop", "use": "retail", "residential": False})
    found = assess(lattice.build(), "kezhong-default")
    whole = found.coverage("wet_market", "city", "building").iloc[0]
    assert whole["denominator"] == len(SPOTS)
    assert whole["numerator"] == sum(x - 300 <= 500 for x in SPOTS)
    parts = found.coverage("wet_market", "community", "building").set_index("area_code")
    for code in ("C1", "C2", "C3"):
        own = [x for x in SPOTS if lattice.community(x) == code]
        assert parts.loc[code, "denominator"] == len(own)
        assert parts.loc[code, "numerator"] == sum(x - 300 <= 500 for x in own)
    assert parts["denominator"].sum() == whole["denominator"]


def test_a_building_on_the_border_of_two_communities_is_counted_once(tmp_path: Path) -> None:
    lattice = usual(tmp_path)
    lattice.buildings = [
        {"building_id": f"b{k}", "use": "residential", "residential": True, "source": "t",
         "geometry": place(x, 300).buffer(5e-6)}
        for k, x in enumerate((500.0, 1000.0, 1500.0))
    ]  # fmt: skip
    found = assess(lattice.build(), "kezhong-default")
    assert found.coverage("wet_market", "community", "building")["denominator"].sum() == 3
    assert found.coverage("wet_market", "city", "building")["denominator"].iloc[0] == 3


@pytest.mark.parametrize("shops", [1, 2, 3])
def test_several_small_shops_replace_a_supermarket_for_people_and_for_places(tmp_path: Path, shops: int) -> None:
    lattice = usual(tmp_path)
    stands = [(300.0 + 200.0 * k, 300.0) for k in range(shops)]
    for spot in stands:
        lattice.add("convenience_store", *spot, floor_area_m2=400.0)
    _homes(lattice)
    found = assess(lattice.build(), "wzjz-2020")

    def numerator(variant: str) -> float:
        rows = found.figures
        rows = rows[(rows["element"] == "supermarket") & (rows["variant"] == variant)]
        return float(rows[(rows["area_code"] == "150000") & (rows["indicator"] == "coverage")]["numerator"].iloc[0])

    # Ten minutes are 667 m; the second nearest shop must lie within them as well.
    def enough(distances: list[float]) -> bool:
        return shops > 1 and sorted(distances)[1] <= 667.0

    homes = [enough([abs(x - a) for a, _ in stands]) for x in SPOTS]
    assert numerator("building") == sum(homes)
    assert numerator("estate") == sum(homes)
    units = [
        (i, j, enough([abs(i * 100.0 - a) + abs(j * 100.0 - b) for a, b in stands]))
        for i in range(lattice.columns)
        for j in range(lattice.rows)
    ]
    wanted = sum(lattice.people + (i * 7 + j * 3) % 5 for i, j, ok in units if ok)
    assert numerator("population") == pytest.approx(wanted)
    land = numerator("land")
    assert land == pytest.approx(numerator("buffer"))  # all on one street: as the crow flies
    assert (land > 0) is (shops > 1)
    # The explanation follows: with too few shops there is no facility to walk to.
    here = place(300, 300)
    told = found.explain_point(here.x, here.y, "supermarket")
    assert (told.facility is not None) is (shops > 1)
    assert told.unit is not None
    assert (told.unit["metres"] is not None) is (shops > 1)
    assert (told.unit["minutes"] is not None) is (shops > 1)
    # Somebody with one shop in reach, the second too far.
    far = place(1500, 300)
    lonely = found.explain_point(far.x, far.y, "supermarket")
    assert (lonely.facility is not None) is enough([abs(1500.0 - a) for a, _ in stands])


def test_the_straight_line_without_land_asks_for_the_same_number(tmp_path: Path) -> None:
    lattice = usual(tmp_path)
    for x in (300.0, 1500.0):
        lattice.add("convenience_store", x, 300.0, floor_area_m2=400.0)
    found = assess(lattice.build(), "wzjz-2020")
    rows = found.figures
    rows = rows[(rows["element"] == "supermarket") & (rows["variant"] == "buffer")]
    beeline = [
        lattice.people + (i * 7 + j * 3) % 5
        for i in range(lattice.columns)
        for j in range(lattice.rows)
        if max(np.hypot(i * 100 - a, j * 100 - 300) for a in (300, 1500)) <= 667.0
    ]
    assert rows.set_index("area_code").loc["150000", "numerator"] == pytest.approx(sum(beeline))
    assert sum(beeline) > 0


@pytest.mark.parametrize("outline", [True, False])
def test_only_the_built_up_area_is_asked(tmp_path: Path, outline: bool) -> None:
    lattice = usual(tmp_path, types={"C2": "village"})
    lattice.add("laundry", 100, 100)
    _homes(lattice)
    inside = 650.0  # the outline ends in the middle of the village C2
    if outline:
        lattice.built_up = _box(-60, -60, inside, 1060)
    found = _overlay(
        lattice, "kezhong-default",
        "  - {id: x.laundry, element: laundry, status: conditional, community_types: [existing, village],\n"
        f"     required_if: {{built_up_only: true}}, threshold: {{value: 700, unit: m, cite: {CITE}}}}}\n",
    )  # fmt: skip

    def asked(x: float) -> bool:
        return x <= inside if outline else lattice.community(x) != "C2"

    rows = found.figures
    rows = rows[(rows["requirement_id"] == "x.laundry") & (rows["indicator"] == "coverage")]
    city = rows[rows["area_code"] == "150000"].set_index("variant")["denominator"]
    people = [
        lattice.people + (i * 7 + j * 3) % 5
        for i in range(lattice.columns)
        for j in range(lattice.rows)
        if asked(i * 100.0)
    ]
    assert city["population"] == pytest.approx(sum(people))
    homes = [x for x in SPOTS if asked(x)]
    assert city["building"] == city["estate"] == len(homes)
    status = found.estates("laundry").set_index("estate_id")["status"]
    for k, x in enumerate(SPOTS):
        distance = x - 100 + 200
        assert status[f"e{k}"] == ("not_applicable" if not asked(x) else "meets" if distance <= 700 else "falls_short")


@given(st.lists(st.lists(st.integers(0, 50), min_size=0, max_size=5), min_size=1, max_size=4), st.integers(1, 3))
def test_one_rule_for_every_origin(distances: list[list[int]], needed: int) -> None:
    """Elements a, b … from one origin; of each the limit of 20 must hold ``needed``."""
    names = [chr(97 + n) for n in range(len(distances))]
    row = {name: n for n, name in enumerate(names)}
    nearest = np.array([[min(own, default=UNREACHED)] for own in distances], dtype=np.uint32)
    counts = np.array([[[sum(d <= 20 for d in own)]] for own in distances])
    several = tuple((name, 20, needed) for name in names) if needed > 1 else ()
    enough = enough_counted(several, row, np.full((len(names), 1), 20), counts)
    found, which = Origins(row, nearest, several, enough).nearest(names, dict.fromkeys(names, needed), 20)
    valid = [
        (min(own), n) for n, own in enumerate(distances) if own and (needed == 1 or sum(d <= 20 for d in own) >= needed)
    ]
    assert int(found[0]) == (min(valid)[0] if valid else UNREACHED)
    assert int(which[0]) == (min(valid)[1] if valid else -1)


def test_places_are_asked_once_a_requirement_and_spared_like_people(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kezhong.assess import coverage, rules

    lattice = usual(tmp_path)
    lattice.add("community_health_centre", 100, 300)
    lattice.add("community_health_station", 1900, 900)
    _homes(lattice)
    asked: list[str] = []

    def counted(study: Any, rule: rules.Rule) -> rules.AtPlaces:
        asked.append(rule.id)
        return rules.at_places(study, rule)

    monkeypatch.setattr(coverage, "at_places", counted)
    found = assess(lattice.build(), "kezhong-default")
    assert sorted(asked) == sorted(rule.id for rule in found.basis.requirements)
    # Within 1,000 m of the centre nobody needs a station: people, buildings and estates leave the denominator alike.
    rows = found.figures
    rows = rows[(rows["element"] == "community_health_station") & (rows["indicator"] == "coverage")]
    city = rows[rows["area_code"] == "150000"].set_index("variant")["denominator"]
    beyond = [x for x in SPOTS if x - 100 > 1000]
    assert city["building"] == city["estate"] == len(beyond) == 1
    units = [
        lattice.people + (i * 7 + j * 3) % 5
        for i in range(lattice.columns)
        for j in range(lattice.rows)
        if abs(i * 100 - 100) + abs(j * 100 - 300) > 1000
    ]
    assert city["population"] == pytest.approx(sum(units))
