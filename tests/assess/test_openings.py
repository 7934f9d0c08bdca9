"""Openings against brute force: open each by hand, assess again, and count by plain arithmetic who gained."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely.geometry import LineString, Point, box

from assess.cities import CRS, Lattice, frame, place
from kezhong.assess import assess
from kezhong.assess.openings import COLUMNS, OpeningsFound, openings_of
from kezhong.catalogue import load_basis, load_catalogue
from kezhong.city.crs import to_projected
from kezhong.city.vocabulary import AGE_COLUMNS, AGE_GROUPS
from kezhong.city.workspace import City
from kezhong.errors import CancelledError, DataMissingError, NotFoundError

ELEMENTS = ("wet_market", "kindergarten", "primary_school", "elderly_day_care")


def metres(city: City, element: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    """To the nearest of an element from every unit, infinite where none is reached."""
    cells = assess(city).cells(element)
    return cells["nearest_m"].fillna(np.inf).to_numpy()


def threshold(element: str) -> float:
    rules = [rule for rule in load_basis("kezhong-default").requirements if rule.element == element and rule.threshold]
    return max(rule.threshold.value for rule in rules if rule.threshold is not None)


def gained(before: City, after: City, elements: tuple[str, ...] = ELEMENTS) -> dict[str, float]:
    """People who gain each element, and any of them: every unit by itself, every age band once."""
    demand, catalogue = before.layer("demand"), load_catalogue()
    won = {
        name: (metres(before, name) > threshold(name) + 0.05) & (metres(after, name) <= threshold(name) + 0.05)
        for name in elements
    }
    found = dict.fromkeys((*elements, "people", "elderly", "children", "ages_unknown"), 0.0)
    for row, unit in enumerate(demand.to_dict("records")):
        groups = {catalogue.element(name).age_group for name in elements if won[name][row]}
        bands = {band for group in groups for band in AGE_GROUPS[group]}
        known = not pd.isna(unit["age_0_2"])
        for name in elements:
            group = catalogue.element(name).age_group
            if won[name][row] and group == "all":
                found[name] += unit["people"]
            elif won[name][row] and known:
                found[name] += sum(unit[band] for band in AGE_GROUPS[group])
        if groups:
            in_bands = sum(unit[band] for band in bands) if known else 0.0
            found["people"] += unit["people"] if "all" in groups else in_bands
            for group in ("elderly", "children"):
                found[group] += sum(unit[band] for band in bands & set(AGE_GROUPS[group])) if known else 0.0
            found["ages_unknown"] += 0.0 if known else unit["people"]
    return found


def check(row: Any, told: dict[str, float], elements: tuple[str, ...] = ELEMENTS) -> None:
    for column in ("people", "elderly", "children", "ages_unknown"):
        assert row[column] == pytest.approx(told[column]), column
    assert row["elements"] == {name: pytest.approx(told[name], abs=0.06) for name in elements if told[name] > 0}


def estate_city(folder: Path, *, opened: bool) -> City:
    """An estate of 3 × 3 crossings whose northern gate is shut; what it lacks lies north of it."""
    lattice = Lattice(folder, columns=21, rows=11)
    lattice.homes = {"E1": (800.0, 300.0, 1000.0, 500.0)}
    corners = [place(x, y) for x, y in ((780, 280), (1020, 280), (1020, 520), (780, 520))]
    lattice.estates = [
        {"estate_id": "E1", "name": "试验小区", "gated": True, "source": "test", "geometry": shapely.Polygon(corners)}
    ]
    gates = {"south": (900.0, 300.0, "yes"), "north": (900.0, 500.0, "yes" if opened else "no")}
    lattice.gates = [
        {"gate_id": name, "estate_id": "E1", "name": f"{name} gate", "access": access, "source": "test",
         "geometry": place(x, y)}
        for name, (x, y, access) in gates.items()
    ]  # fmt: skip
    lattice.add("wet_market", 900, 700)
    lattice.add("kindergarten", 1000, 700)
    lattice.add("elderly_day_care", 900, 900)
    lattice.add("primary_school", 100, 100)
    city = lattice.build()
    rows = [
        {"demand_id": f"d{i:02d}-{j:02d}", "gate_id": name, "extra_m": float(np.hypot(i * 100 - x, j * 100 - y)),
         "geometry": place(x, y)}
        for i in (8, 9, 10) for j in (3, 4, 5) for name, (x, y, access) in gates.items() if access != "no"
    ]  # fmt: skip
    with city.edit("gates") as edit:
        edit.put("demand_exits", "derived", frame(rows))
    return city.refresh()


def test_a_shut_gate_serves_its_estate(tmp_path: Path) -> None:
    shut, opened = (estate_city(tmp_path / str(number), opened=bool(number)) for number in (0, 1))
    found = openings_of(shut)
    row = found.table[found.table["kind"] == "closed_gate"].iloc[0]
    told = gained(shut, opened)
    assert row["id"] == "gate:north"
    assert told["people"] > 0
    # An estate of nine crossings: the market for all, the kindergarten for the young, and nobody twice.
    assert told["people"] < told["wet_market"] + told["kindergarten"] + told["elderly_day_care"] + 1e-9
    check(row, told)
    assert list(found.table.columns) == list(COLUMNS)
    assert {kind.kind: kind.state for kind in found.kinds}["closed_gate"] == "used"


def test_people_are_the_union_and_not_the_best_element(tmp_path: Path) -> None:
    """Each element alone serves only its own age group; together they serve more than the best one."""
    shut, opened = (estate_city(tmp_path / str(number), opened=bool(number)) for number in (0, 1))
    young = ("kindergarten", "elderly_day_care")
    found = openings_of(shut, elements=young)
    row = found.table[found.table["kind"] == "closed_gate"].iloc[0]
    told = gained(shut, opened, young)
    check(row, told, young)
    assert told["kindergarten"] > 0
    assert told["elderly_day_care"] > 0
    assert row["people"] == pytest.approx(told["kindergarten"] + told["elderly_day_care"])


def streets(city: City, nodes: dict[str, tuple[float, float]], edges: list[tuple[str, str, str, str]]) -> City:
    """Replace the streets: (id, from, to, highway)."""
    points = [{"node_id": name, "kind": "junction", "source": "osm", "geometry": place(*xy)} for name, xy in
              nodes.items()]  # fmt: skip
    lines = [
        {"edge_id": name, "from_node": a, "to_node": b, "highway": kind, "name": kind, "steps": False,
         "length_m": float(np.hypot(*np.subtract(nodes[a], nodes[b]))), "bridge": False, "tunnel": False,
         "source": "osm", "geometry": LineString([place(*nodes[a]), place(*nodes[b])])}
        for name, a, b, kind in edges
    ]  # fmt: skip
    with city.edit("streets") as edit:
        edit.put("street_nodes", "osm", frame(points))
        edit.put("street_edges", "osm", frame(lines))
    return city.refresh()


def rows_of_streets(y: dict[str, float], kinds: dict[str, str], n: int = 21) -> tuple[Any, Any]:
    """Parallel streets with a node every 100 m, joined at the western end."""
    nodes = {f"{name}{i}": (i * 100.0, at) for name, at in y.items() for i in range(n)}
    edges = [(f"{name}-{i}", f"{name}{i}", f"{name}{i + 1}", kinds[name]) for name in y for i in range(n - 1)]
    order = sorted(y, key=lambda name: y[name])
    edges += [(f"{a}-{b}", f"{a}0", f"{b}0", "residential") for a, b in itertools.pairwise(order)]
    return nodes, edges


def road_city(folder: Path, link: tuple[str, str] | None = None, *, ages: bool = True) -> City:
    """A primary road with a footway on either side, joined only at its western end; the shops lie north."""
    lattice = Lattice(folder, rows=11, ages=ages)
    for element, x in (("wet_market", 1500), ("kindergarten", 1400), ("elderly_day_care", 900), ("primary_school", 0)):
        lattice.add(element, x, 520)
    nodes, edges = rows_of_streets({"s": 480, "m": 500, "n": 520}, {"s": "footway", "m": "primary", "n": "footway"})
    if link is not None:
        edges.append(("new", *link, "footway"))
    return streets(lattice.build(), nodes, edges)


def test_the_other_side_of_a_main_road(tmp_path: Path) -> None:
    city = road_city(tmp_path / "a")
    found = openings_of(city)
    rows = found.table[found.table["kind"] == "no_crossing"]
    assert len(rows) > 3
    assert (rows["untested"] == "landscape,buildings").all()
    spots = to_projected(np.column_stack([rows["lon"], rows["lat"]]), CRS)
    apart = np.hypot(*(spots[:, None, :] - spots[None, :, :]).transpose(2, 0, 1))
    assert (apart[~np.eye(len(apart), dtype=bool)] > 100.0).all()
    best = rows.iloc[0]
    # Which crossing it is, and what it brings, by building that very one.
    x = round(float(to_projected(np.array([[best["lon"], best["lat"]]]), CRS)[0, 0] - 484_000.0) / 100.0)
    told = gained(city, road_city(tmp_path / "b", (f"s{x}", f"n{x}")))
    assert told["people"] > 0
    check(best, told)
    # No other place along the road is better.
    others = [gained(city, road_city(tmp_path / f"c{i}", (f"s{i}", f"n{i}")))["people"] for i in (x - 3, x + 3)]
    assert max(others) <= told["people"]


def test_unknown_ages_are_told_and_not_taken_for_nobody(tmp_path: Path) -> None:
    city = road_city(tmp_path / "a", ages=False)
    found = openings_of(city, elements=["kindergarten", "wet_market"])
    best = found.table[found.table["kind"] == "no_crossing"].iloc[0]
    assert np.isnan(best["elderly"])
    assert np.isnan(best["children"])
    assert best["ages_unknown"] >= best["people"] > 0
    only = openings_of(city, elements=["kindergarten"]).table
    assert len(only)
    assert (only["people"] == 0).all()
    assert (only["ages_unknown"] > 0).all()


def stub_city(folder: Path, *, joined: bool = False, wall: bool = False) -> City:
    """A dead end that stops 40 m short of the street with the shops."""
    lattice = Lattice(folder, rows=11)
    for element in ELEMENTS:
        lattice.add(element, 1000, 600)
    nodes, edges = rows_of_streets({"s": 400, "n": 600}, {"s": "residential", "n": "residential"})
    nodes["stub"] = (1000.0, 560.0)
    edges.append(("stub", "s10", "stub", "residential"))
    if joined:
        edges.append(("new", "stub", "n10", "footway"))
    city = streets(lattice.build(), nodes, edges)
    if wall:
        row = {"feature_id": "w1", "kind": "wall", "name": None, "source": "osm",
               "geometry": LineString([place(900, 580), place(1100, 580)])}  # fmt: skip
        with city.edit("wall") as edit:
            edit.put("landscape", "osm", frame([row]))
    return city.refresh()


def test_a_dead_end_is_joined(tmp_path: Path) -> None:
    city = stub_city(tmp_path / "a")
    found = openings_of(city)
    row = found.table[found.table["kind"] == "dead_end"].iloc[0]
    assert row["id"] == "end:stub"
    assert row["length_m"] == pytest.approx(40.0, abs=0.1)
    check(row, gained(city, stub_city(tmp_path / "b", joined=True)))


def test_a_wall_or_a_building_in_between_ends_it(tmp_path: Path) -> None:
    walled = openings_of(stub_city(tmp_path / "a", wall=True))
    assert "end:stub" not in set(walled.table["id"])
    assert not (walled.table["untested"].str.contains("landscape")).any()
    city = stub_city(tmp_path / "b")
    house = box(*place(980, 570).coords[0], *place(1020, 590).coords[0])
    row = {"building_id": "b1", "use": "public", "residential": False, "source": "test", "geometry": house}
    with city.edit("house") as edit:
        edit.put("buildings", "test", gpd.GeoDataFrame([row], geometry="geometry", crs="EPSG:4326"))
    assert "end:stub" not in set(openings_of(city.refresh()).table["id"])


def test_an_element_counts_only_where_it_is_asked_for(tmp_path: Path) -> None:
    """Villages are asked for other elements: nobody there gains what the basis does not want for them."""
    city = stub_city(tmp_path / "a")
    areas = city.geo("areas")
    areas.loc[areas["level"] == "community", "community_type"] = "village"
    with city.edit("villages") as edit:
        edit.put("areas", "test", areas)
    city = city.refresh()
    rules = [r for r in load_basis("kezhong-default").requirements if r.element == "kindergarten"]
    assert not any(rule.applies_to("village") for rule in rules)
    found = openings_of(city, elements=["kindergarten"])
    assert found.reason == "no_requirement" or not len(found.table)


def test_what_cannot_be_told_is_explained(tmp_path: Path) -> None:
    def told(city: City, **more: Any) -> OpeningsFound:
        found = openings_of(city, **more)
        assert not len(found.table)
        assert list(found.table.columns) == list(COLUMNS)
        return found

    empty = Lattice(tmp_path / "empty", people=0.0)
    empty.add("wet_market", 100, 100)
    assert told(empty.build()).reason == "no_population"
    assert told(Lattice(tmp_path / "bare").build()).reason == "no_facilities"
    lattice = Lattice(tmp_path / "some")
    lattice.add("wet_market", 100, 100)
    assert told(lattice.build(), elements=["police_station"]).reason == "no_requirement"


def test_bad_input(tmp_path: Path) -> None:
    lattice = Lattice(tmp_path / "a")
    lattice.add("wet_market", 100, 100)
    city = lattice.build()
    with pytest.raises(NotFoundError) as error:
        openings_of(city, walker="飞毛腿")
    assert "飞毛腿" in str(error.value)
    with pytest.raises(NotFoundError):
        openings_of(city, elements=["no_such_element"])
    with pytest.raises(NotFoundError):
        openings_of(city, basis="no-such-basis")
    from kezhong.city.config import CityConfig

    bare = City.create(tmp_path / "b", CityConfig(name="空城", code="1", city_id="bare", crs=CRS))
    with pytest.raises(DataMissingError) as missing:
        openings_of(bare)
    assert missing.value.code == "assess.no_streets"


def test_bands_of_the_fixture_make_up_its_people(tmp_path: Path) -> None:
    """The arithmetic above rests on it."""
    demand = road_city(tmp_path / "a").layer("demand")
    np.testing.assert_allclose(demand[list(AGE_COLUMNS)].sum(axis=1), demand["people"])
    assert isinstance(place(0, 0), Point)


def test_progress_runs_forward_and_cancels_anywhere(tmp_path: Path) -> None:
    city = road_city(tmp_path / "city")
    whole = openings_of(city, walker="wheelchair").table
    told: list[tuple[float, str]] = []
    openings_of(city, walker="wheelchair", progress=lambda share, step: told.append((share, step)))
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)
    steps = {step for _, step in told}
    assert {f"assess.step_openings_{part}" for part in ("ends", "roads", "bars", "rank")} < steps
    for at in range(len(told)):
        left = iter(range(at))

        def stop(share: float, step: str, left: Iterator[int] = left) -> None:
            if next(left, None) is None:
                raise CancelledError("jobs.cancelled", job="j")

        with pytest.raises(CancelledError):
            openings_of(city, walker="wheelchair", progress=stop)
    assert openings_of(city, walker="wheelchair").table.equals(whole)
