"""Isochrones of a lattice city: closed forms, a river without a bridge, gated estates, walkers, bad input."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely

from assess.cities import CRS, STEP, Lattice, frame, place
from kezhong.assess.isochrone_features import feature_collection
from kezhong.assess.isochrones import Reachable, isochrones
from kezhong.assess.lived import Moment
from kezhong.city.config import CityConfig
from kezhong.city.crs import to_projected
from kezhong.city.workspace import City
from kezhong.errors import DataMissingError, InputError, NotFoundError


def at(i: float, j: float) -> tuple[float, float]:
    """Longitude and latitude of a crossing."""
    point = place(i * STEP, j * STEP)
    return point.x, point.y


def metres(shape: shapely.Geometry) -> shapely.Geometry:
    return shapely.transform(shape, lambda xy: to_projected(xy, CRS) if len(xy) else xy)


def landscape(city: City, *rows: dict[str, object]) -> City:
    with city.edit("land") as edit:
        edit.put(
            "landscape", "osm", frame([{"feature_id": f"f{n}", "source": "osm", **row} for n, row in enumerate(rows)])
        )
    return city.refresh()


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> City:
    return Lattice(tmp_path_factory.mktemp("iso") / "city").build()


@pytest.fixture(scope="module")
def found(plain: City) -> Reachable:
    return isochrones(plain, [at(10, 5), at(5, 5)], [250, 450], unit="m")


def test_lattice_has_its_closed_form(found: Reachable) -> None:
    # Streets within k blocks and a part r of a block: 4·k² whole ones, and 4·(2k + 1) ends of length r.
    length = found.streets.length_dm() / 10.0
    np.testing.assert_allclose(length, [[4 * k * k * 100 + 4 * (2 * k + 1) * 50 for k in (2, 4)]] * 2)
    for p, (i, j) in enumerate(((10, 5), (5, 5))):
        for t, k in enumerate((2, 4)):
            units = [(a, b) for a in range(21) for b in range(11) if abs(a - i) + abs(b - j) <= k]
            assert found.people[p, t] == sum(30 + (a * 7 + b * 3) % 5 for a, b in units)
    cells = found.reached_cells(0)
    assert ("d10-05", 0.0) in cells
    assert ("d12-07", 400.0) in cells
    assert len(cells) == 41


def test_areas_are_the_streets_buffered_and_nested(found: Reachable) -> None:
    polygons, lines = found.polygons(), found.lines()
    for p in range(2):
        for t in range(2):
            shape, own = metres(polygons[p, t]), metres(lines[p, t])
            assert shape.is_valid
            assert own.length == pytest.approx(found.streets.length_dm()[p, t] / 10.0, rel=1e-3)
            assert shape.within(own.buffer(30.0 + 10.0))
            assert own.buffer(30.0 - 10.0).within(shape)
        assert polygons[p, 0].difference(polygons[p, 1]).area < 1e-9
    assert found.areas.square_metres()[0, 1] == pytest.approx(metres(polygons[0, 1]).area, rel=1e-2)


def test_minutes_without_a_walker_are_the_standard_pace(plain: City) -> None:
    minutes = isochrones(plain, [at(10, 5)], [5])
    same = isochrones(plain, [at(10, 5)], [5], walker="standard")
    assert minutes.streets.length_dm().tolist() == same.streets.length_dm().tolist()
    assert minutes.walker is None
    assert same.walker == "standard"
    assert same.switches
    old = isochrones(plain, [at(10, 5)], [5], walker="older_80")
    assert (old.streets.length_dm() < same.streets.length_dm()).all()
    assert (old.people < same.people).all()


def test_never_across_a_river_without_a_bridge(tmp_path: Path) -> None:
    # A river of 3 m, narrower than the raster, between two streets, and nothing that crosses it.
    city = Lattice(tmp_path / "city").build()
    bank = [(-200.0, 548.0), (2200.0, 548.0), (2200.0, 551.0), (-200.0, 551.0)]
    water = shapely.Polygon([place(x, y) for x, y in bank])
    city = landscape(city, {"kind": "water", "geometry": water})
    bridges = {f"e{i}-5-0" for i in range(21)}
    with city.edit("no bridges") as edit:
        streets = city.geo("street_edges")
        edit.put("street_edges", "osm", streets[~streets["edge_id"].isin(bridges)])
    city = city.refresh()
    result = isochrones(city, [at(10, 5)], [100, 1000, 3000], unit="m")
    far = shapely.box(-1e4, 551.0, 1e4, 1e4)
    origin = metres(place(0.0, 0.0))
    for shape in result.polygons()[0]:
        local = shapely.transform(metres(shape), lambda xy: xy - (origin.x, origin.y))
        assert local.intersection(far).area < 1.0
        assert local.bounds[3] < 549.0
    assert {one.kind: one.state for one in result.barriers} == {
        "water": "used", "river": "none", "railway": "none", "wall": "none", "gated_estate": "no_data",
    }  # fmt: skip


def test_walls_of_gated_estates_end_the_area(tmp_path: Path, plain: City) -> None:
    block = shapely.Polygon([place(x, y) for x, y in ((1010, 510), (1090, 510), (1090, 590), (1010, 590))])
    estate = {"estate_id": "E1", "name": "院", "gated": True, "source": "test", "geometry": block}
    city = Lattice(tmp_path / "city", estates=[estate]).build()
    walled = isochrones(city, [at(10, 5)], [400], unit="m")
    free = isochrones(plain, [at(10, 5)], [400], unit="m")
    inner = metres(block).buffer(-0.5)
    assert metres(free.polygons()[0, 0]).intersection(inner).area > 1000.0
    # Corners are cut within a cell of the raster.
    assert metres(walled.polygons()[0, 0]).intersection(inner).area < 10.0
    assert {one.kind: (one.count, one.state) for one in walled.barriers}["gated_estate"] == (1, "used")
    assert all(one.state == "no_data" for one in free.barriers)


def test_a_walker_who_can_go_nowhere(tmp_path: Path) -> None:
    everywhere = {(i, j) for i in range(21) for j in range(11)}
    city = Lattice(tmp_path / "city", steps=everywhere).build()
    with city.edit("steps") as edit:
        streets = city.geo("street_edges")
        edit.put("street_edges", "osm", streets.assign(steps=True, highway="steps"))
    city = city.refresh()
    result = isochrones(city, [at(10.5, 5)], [5, 15], walker="wheelchair")
    assert result.stuck.tolist() == [True]
    assert not result.people.any()
    body = feature_collection(result, streets=True, cells=True)
    assert [feature["geometry"] for feature in body["features"]] == [None] * 4
    assert body["points"][0]["stuck"]
    assert any(one["closed"] for one in body["switches"])


def test_features_carry_names_and_cells(plain: City) -> None:
    body = feature_collection(isochrones(plain, [at(10, 5)], [5]), names=["家"], cells=True)
    (feature,) = body["features"]
    assert feature["properties"]["point"] == "家"
    assert feature["geometry"]["type"] == "Polygon"
    assert body["points"][0]["cells"]


@pytest.mark.parametrize(
    ("points", "options", "code"),
    [
        ([(0.0, 0.0)], {}, "isochrones.off_map"),
        ([(200.0, 0.0)], {}, "isochrones.bad_point"),
        ([(float("nan"), 39.0)], {}, "isochrones.bad_point"),
        ([], {}, "isochrones.too_many_points"),
        (None, {"thresholds": [0]}, "isochrones.bad_threshold"),
        (None, {"thresholds": [61]}, "isochrones.bad_threshold"),
        (None, {"thresholds": [float("nan")]}, "isochrones.bad_threshold"),
        (None, {"thresholds": [5001], "unit": "m"}, "isochrones.bad_threshold"),
        (None, {"thresholds": []}, "isochrones.too_many"),
        (None, {"thresholds": range(1, 8)}, "isochrones.too_many"),
        (None, {"unit": "km"}, "isochrones.bad_unit"),
        (None, {"unit": "m", "walker": "pram"}, "isochrones.bad_unit"),
        (None, {"moment": Moment(night=True)}, "isochrones.moment_without_walker"),
    ],
)
def test_bad_input(plain: City, points: object, options: dict[str, object], code: str) -> None:
    with pytest.raises(InputError) as problem:
        isochrones(plain, [at(3, 3)] if points is None else points, **options)  # type: ignore[arg-type]
    assert problem.value.code == code


def test_unknown_walker_and_no_streets(plain: City, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        isochrones(plain, [at(3, 3)], walker="nobody")
    with pytest.raises(DataMissingError):
        isochrones(City.create(tmp_path / "bare", CityConfig(name="空", code="1", crs=CRS)), [at(3, 3)])
