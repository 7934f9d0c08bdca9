"""Heights along streets: terrains whose answer is known, bridges, and every way in which a model can be wrong."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.errors import NotGeoreferencedWarning
from rasterio.transform import from_origin
from scipy.ndimage import map_coordinates

from kezhong.city.config import CityConfig
from kezhong.city.crs import to_geographic
from kezhong.city.workspace import City
from kezhong.errors import DataMissingError, InputError
from kezhong.intake import heights
from kezhong.intake.elevation import import_elevation
from kezhong.intake.streets import import_streets

CRS = "EPSG:4545"
EAST, NORTH = 500_000.0, 4_390_000.0
Terrain = Callable[[np.ndarray, np.ndarray], np.ndarray]


def make_city(folder: Path, nodes: dict[str, tuple[float, float]], ways: list[tuple[str, str, dict[str, Any]]]) -> City:
    """A city with straight streets between points given in metres."""
    city = City.create(folder, CityConfig(name="试验市", crs=CRS))
    names = list(nodes)
    xy = np.array([nodes[name] for name in names]) + np.array([EAST, NORTH])
    lonlat = dict(zip(names, to_geographic(xy, CRS), strict=True))
    edges = gpd.GeoDataFrame(
        [
            {
                "edge_id": f"{u}-{v}", "from_node": u, "to_node": v, "highway": "residential", "steps": False,
                "bridge": False, "tunnel": False, "source": "osm",
                "length_m": float(np.hypot(*np.subtract(nodes[u], nodes[v]))),
            } | tags
            for u, v, tags in ways
        ],
        geometry=[shapely.LineString([lonlat[u], lonlat[v]]) for u, v, _ in ways],
        crs="EPSG:4326",
    )  # fmt: skip
    points = gpd.GeoDataFrame(
        {"node_id": names, "kind": "junction", "source": "osm"},
        geometry=[shapely.Point(lonlat[name]) for name in names],
        crs="EPSG:4326",
    )
    with city.edit("streets") as edit:
        edit.put("street_edges", "osm", edges)
        edit.put("street_nodes", "osm", points)
    return city.refresh()


def write_model(
    file: Path, terrain: Terrain, *, cell: float = 10.0, half: float = 600.0, crs: str | None = CRS, **how: Any
) -> Path:
    """A GeoTIFF around the origin whose cells hold ``terrain`` at their centres."""
    n = int(2 * half / cell)
    centre = -half + cell * (np.arange(n) + 0.5)
    x, y = np.meshgrid(centre, -centre)
    data = terrain(x, y).astype(how.pop("dtype", "float32"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(
            file, "w", driver="GTiff", width=n, height=n, count=1, dtype=data.dtype, crs=crs,
            transform=from_origin(EAST - half, NORTH + half, cell, cell), **how,
        ) as raster:  # fmt: skip
            raster.write(data, 1)
    return file


@pytest.fixture
def cross(tmp_path: Path) -> City:
    """Four streets of 200 m from the middle."""
    nodes = {"c": (0, 0), "e": (200, 0), "w": (-200, 0), "n": (0, 200), "s": (0, -200)}
    return make_city(
        tmp_path / "city", {k: (float(x), float(y)) for k, (x, y) in nodes.items()}, [("c", end, {}) for end in "ewns"]
    )


def stored(city: City) -> dict[str, np.ndarray]:
    table = city.refresh().layer("street_heights").set_index("edge_id")
    return {edge: np.array(text.split(), dtype=float) / 10 for edge, text in table["heights_dm"].items()}


def test_a_tilted_plane_gives_its_slope(cross: City, tmp_path: Path) -> None:
    """Neither smoothing nor interpolation changes a plane: 5 % to the east, 2 % down to the north."""
    file = write_model(tmp_path / "plane.tif", lambda x, y: 100 + 0.05 * x - 0.02 * y)
    report = import_elevation(cross, file)
    assert (report.kind, report.read, report.taken) == ("elevation", 4, 4)
    found = stored(cross)
    assert all(len(heights_) == 21 for heights_ in found.values())
    np.testing.assert_allclose(found["c-e"], 100 + np.linspace(0, 10, 21), atol=0.11)
    np.testing.assert_allclose(found["c-n"], 100 - np.linspace(0, 4, 21), atol=0.11)
    table = cross.refresh().layer("street_heights").set_index("edge_id")
    assert table.loc["c-e", ["rise_m", "fall_m"]].tolist() == [10.0, 0.0]
    assert table.loc["c-n", ["rise_m", "fall_m"]].tolist() == [0.0, 4.0]
    assert table.loc["c-e", "steepest_pct"] == pytest.approx(5.0, abs=1.1)
    # Streets agree where they meet.
    assert len({heights_[0] for heights_ in found.values()}) == 1


def test_the_model_may_be_in_degrees_and_in_another_unit(cross: City, tmp_path: Path) -> None:
    lon, lat = to_geographic(np.array([[EAST, NORTH]]), CRS)[0]
    n, cell = 120, 0.0001
    rows, columns = np.mgrid[0:n, 0:n]
    east = (columns + 0.5 - n / 2) * cell * 111_320 * np.cos(np.radians(lat))
    feet = (100 + 0.05 * east) / 0.3048
    with rasterio.open(
        tmp_path / "feet.tif", "w", driver="GTiff", width=n, height=n, count=1, dtype="float64", crs="EPSG:4326",
        transform=from_origin(lon - n / 2 * cell, lat + n / 2 * cell, cell, cell),
    ) as raster:  # fmt: skip
        raster.write(feet + 0 * rows, 1)
    import_elevation(cross, tmp_path / "feet.tif", unit="ft")
    np.testing.assert_allclose(stored(cross)["c-e"], 100 + np.linspace(0, 10, 21), atol=0.15)


def test_a_second_import_replaces_the_first(cross: City, tmp_path: Path) -> None:
    import_elevation(cross, write_model(tmp_path / "old.tif", lambda x, _: 50 + 0 * x))
    import_elevation(cross.refresh(), write_model(tmp_path / "new.tif", lambda x, _: 70 + 0 * x))
    assert cross.refresh().sources("street_heights") == ["new"]
    assert stored(cross)["c-e"].tolist() == [70.0] * 21


def test_streets_that_run_elsewhere_lose_their_heights_and_it_is_said(tmp_path: Path) -> None:
    """A later import of the streets keeps the heights that still fit, and asks for the elevation where none do."""

    def lines(file: str, bend: float) -> Path:
        ends = np.array([[0, 0], [200, 0], [0, 200], [0, -200], [bend, -100]], dtype=float) + np.array([EAST, NORTH])
        c, e, n, s, middle = to_geographic(ends, CRS)
        shapes = [shapely.LineString([c, e]), shapely.LineString([c, n]), shapely.LineString([c, middle, s])]
        frame = gpd.GeoDataFrame({"highway": "residential"}, index=range(3), geometry=shapes, crs="EPSG:4326")
        frame.to_file(tmp_path / file, driver="GeoJSON")
        return tmp_path / file

    city = City.create(tmp_path / "lines", CityConfig(name="试验市", crs=CRS))
    import_streets(city, lines("streets.geojson", 0.0), source="survey")
    import_elevation(city.refresh(), write_model(tmp_path / "plane.tif", lambda x, y: 100 + 0.05 * x))
    before = stored(city)
    assert len(before) == 3
    same = import_streets(city.refresh(), lines("streets.geojson", 0.0), source="survey")
    assert not any("没有高程" in note.zh for note in same.notes)
    assert stored(city).keys() == before.keys()
    report = import_streets(city.refresh(), lines("streets.geojson", 40.0), source="survey")
    note = next(note for note in report.notes if "没有高程" in note.zh)
    assert note.zh.startswith("1 条路段")
    assert "import elevation" in note.en
    after = stored(city)
    assert len(after) == 2
    assert all((after[name] == before[name]).all() for name in after)
    import_elevation(city.refresh(), tmp_path / "plane.tif")
    assert len(stored(city)) == 3


def test_bridges_and_tunnels_are_straight(tmp_path: Path) -> None:
    """A valley 20 m deep: the bridge of three parts stays level, and so does what lies on another layer."""
    nodes = {
        "a": (-300.0, 0.0),
        "b": (-100.0, 0.0),
        "m": (-20.0, 0.0),
        "k": (40.0, 0.0),
        "c": (100.0, 0.0),
        "d": (300.0, 0.0),
    }
    bridge = {"bridge": True}
    ways = [("a", "b", {}), ("b", "m", bridge), ("m", "k", {"layer": 1.0}), ("k", "c", bridge), ("c", "d", {})]
    city = make_city(tmp_path / "city", nodes, ways)
    file = write_model(tmp_path / "valley.tif", lambda x, _: np.where(np.abs(x) < 60, 80.0, 100.0) + 0.01 * x)
    import_elevation(city, file)
    found = stored(city)
    for edge in ("b-m", "m-k", "k-c"):
        u, v = (nodes[end][0] for end in edge.split("-"))
        np.testing.assert_allclose(found[edge], 100 + 0.01 * np.linspace(u, v, len(found[edge])), atol=0.3)
    table = city.refresh().layer("street_heights")
    assert set(table.loc[table["straightened"].astype(bool), "edge_id"]) == {"b-m", "m-k", "k-c"}


def test_a_bridge_that_nothing_leads_onto_keeps_the_ground(tmp_path: Path) -> None:
    city = make_city(tmp_path / "city", {"a": (0.0, 0.0), "b": (50.0, 0.0)}, [("a", "b", {"bridge": True})])
    import_elevation(city, write_model(tmp_path / "m.tif", lambda x, _: 10 + 0 * x))
    assert stored(city)["a-b"].tolist() == [10.0] * 6


def test_small_gaps_are_bridged_and_told(cross: City, tmp_path: Path) -> None:
    """One undeclared and one declared cell without a height, on one street."""

    def holed(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        plane = 100 + 0.05 * x
        plane[(np.abs(x - 105) < 5) & (np.abs(y) < 20)] = -32768
        plane[(np.abs(x - 155) < 5) & (np.abs(y) < 20)] = -9999
        return plane

    report = import_elevation(cross, write_model(tmp_path / "holes.tif", holed, nodata=-9999), allow_rejects=True)
    np.testing.assert_allclose(stored(cross)["c-e"], 100 + np.linspace(0, 10, 21), atol=0.5)
    assert any("不可能是高程" in note.zh for note in report.notes)


@pytest.mark.parametrize(
    ("code", "terrain", "how"),
    [
        ("intake.dem_no_crs", lambda x, _: 0 * x, {"crs": None}),
        ("intake.dem_outside", lambda x, _: 0 * x, {"half": 110.0}),
        ("intake.dem_gaps", lambda x, _: np.where(x > 0, -9999.0, 0.0), {"nodata": -9999}),
        ("intake.dem_gaps", lambda x, _: 0 * x - 32768.0, {}),
        ("intake.dem_absurd", lambda x, _: 100 * np.abs(np.sin(x / 60)), {"dtype": "int16"}),
        ("intake.dem_outside", lambda x, _: 0 * x, {"crs": "EPSG:4524"}),
    ],
)
def test_a_wrong_model_is_refused_whole(
    cross: City, tmp_path: Path, code: str, terrain: Terrain, how: dict[str, Any]
) -> None:
    file = write_model(tmp_path / "wrong.tif", terrain, **how)
    with pytest.raises(InputError) as wrong:
        import_elevation(cross, file)
    assert wrong.value.code == code
    assert "wrong.tif" in wrong.value.message("zh")
    assert not cross.refresh().has("street_heights")


def test_the_share_is_said_and_what_is_covered_may_be_taken(cross: City, tmp_path: Path) -> None:
    file = write_model(tmp_path / "part.tif", lambda x, _: 100 + 0 * x, half=105.0)
    with pytest.raises(InputError) as wrong:
        import_elevation(cross, file)
    assert wrong.value.details["value"] == "47.6%"  # 10 of 21 points of each street lie beyond 105 m
    report = import_elevation(cross, file, allow_rejects=True)
    # Each street has heights on its first half, which stand for its end as well.
    assert (report.taken, stored(cross)["c-e"].tolist()) == (4, [100.0] * 21)
    far = write_model(tmp_path / "corner.tif", lambda x, _: 0 * x, half=4.0, cell=4.0)
    with pytest.raises(InputError) as wrong:
        import_elevation(cross, far, allow_rejects=True)
    assert wrong.value.code == "intake.dem_outside"


def test_other_faults(cross: City, tmp_path: Path) -> None:
    file = write_model(tmp_path / "m.tif", lambda x, _: 0 * x)
    for how, code in (({"unit": "yard"}, "intake.bad_option"), ({"band": 2}, "intake.no_band")):
        with pytest.raises(InputError) as wrong:
            import_elevation(cross, file, **how)
        assert wrong.value.code == code
    (tmp_path / "no.tif").write_text("no raster", "utf-8")
    with pytest.raises(InputError) as wrong:
        import_elevation(cross, tmp_path / "no.tif")
    assert wrong.value.code == "intake.broken_geofile"
    with pytest.raises(InputError) as wrong:
        import_elevation(cross, tmp_path / "none.tif")
    assert wrong.value.code == "intake_osm.no_file"
    with pytest.raises(DataMissingError):
        import_elevation(City.create(tmp_path / "empty", CityConfig(name="空城")), file)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_bilinear_agrees_with_scipy(seed: int) -> None:
    rng = np.random.default_rng(seed)
    terrain = rng.normal(100, 20, (6, 8))
    row, column = rng.uniform(0, 6, 50), rng.uniform(0, 8, 50)
    found, inside = heights.bilinear(terrain, row, column)
    expected = map_coordinates(terrain, [row - 0.5, column - 0.5], order=1, mode="nearest")
    np.testing.assert_allclose(found, expected)
    assert inside.all()
    assert not heights.bilinear(terrain, np.array([-0.1, 6.1]), np.array([1.0, 1.0]))[1].any()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_smoothing_keeps_gaps_and_stays_between_the_extremes(seed: int) -> None:
    rng = np.random.default_rng(seed)
    terrain = rng.normal(100, 20, (12, 9))
    terrain[rng.random((12, 9)) < 0.2] = np.nan
    found = heights.smooth(terrain, (30.0, 25.0))
    assert np.array_equal(np.isnan(found), np.isnan(terrain))
    assert np.nanmin(found) >= np.nanmin(terrain) - 1e-9
    assert np.nanmax(found) <= np.nanmax(terrain) + 1e-9
    # Seen from the other side it is the same terrain.
    np.testing.assert_allclose(heights.smooth(terrain[::-1, ::-1], (30.0, 25.0))[::-1, ::-1], found)


@pytest.mark.data
def test_porto_alegre(tmp_path: Path, data_folder: Path) -> None:
    """A hilly city on a model of whole metres."""
    city = City.create(tmp_path / "poa", CityConfig(name="Porto Alegre"))
    import_streets(city, data_folder / "porto_alegre" / "poa_osm.pbf")
    report = import_elevation(city.refresh(), data_folder / "porto_alegre" / "poa_elevation.tif")
    assert 0.95 < report.taken / report.read <= 1
    table = city.refresh().layer("street_heights")
    ground = table[~table["straightened"].astype(bool)]
    assert 2 < np.median(ground["steepest_pct"]) < 6
    assert (ground["steepest_pct"] > 60).mean() < 0.001
