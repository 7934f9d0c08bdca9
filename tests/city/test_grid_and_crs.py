"""The projected system of a city and the generated analysis grid."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS

from kezhong.city.crs import projected_crs_for, to_geographic, to_projected
from kezhong.city.grid import SIZE_M, cell_ids, cell_polygons

WUHAI = (106.82, 39.67)


@pytest.mark.parametrize(
    ("place", "lon", "lat", "expected"),
    [
        ("Wuhai", 106.82, 39.67, "EPSG:4545"),
        ("Beijing", 116.4, 39.9, "EPSG:4548"),
        ("Kashgar", 73.4, 39.4, "EPSG:4534"),
        ("Fuyuan", 134.9, 48.3, "EPSG:4554"),
        ("Las Palmas", -15.43, 28.1, "EPSG:32628"),
        ("Helsinki", 24.94, 60.17, "EPSG:32635"),
        ("Porto Alegre", -51.2, -30.0, "EPSG:32722"),
        ("the date line", 180.0, -17.0, "EPSG:32760"),
        ("the date line from the east", -180.0, 65.0, "EPSG:32601"),
    ],
)
def test_choice(place: str, lon: float, lat: float, expected: str) -> None:
    assert projected_crs_for(lon, lat) == expected, place


@settings(deadline=None)
@given(lon=st.floats(73, 136), lat=st.floats(17, 54))
def test_chinas_zone_is_the_one_of_its_meridian(lon: float, lat: float) -> None:
    name = CRS.from_user_input(projected_crs_for(lon, lat)).name
    assert "3-degree Gauss-Kruger CM" in name
    meridian = int(name.rpartition("CM ")[2].rstrip("E"))
    assert abs(lon - meridian) <= 1.5 or lon < 73.5 or lon > 136.5 - 1.5


@settings(deadline=None)
@given(lon=st.floats(-180, 180), lat=st.floats(-80, 84))
def test_every_place_has_a_known_system(lon: float, lat: float) -> None:
    assert CRS.from_user_input(projected_crs_for(lon, lat)).is_projected


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(105.5, 109.5), st.floats(38, 41)), min_size=1, max_size=20))
def test_projection_and_back(points: list[tuple[float, float]]) -> None:
    lonlat = np.array(points)
    assert np.abs(to_geographic(to_projected(lonlat, "EPSG:4545"), "EPSG:4545") - lonlat).max() < 1e-9


def test_names_cannot_be_taken_for_official_codes() -> None:
    names = cell_ids(np.array([WUHAI]), "EPSG:4545")
    assert names[0].startswith("AG100-4545-E")
    assert not names[0][0].isdigit()


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.floats(-18.5, -12.5), st.floats(-40, 40)), min_size=1, max_size=10),
    st.sampled_from([50, 100, 500]),
)
def test_every_point_lies_in_the_cell_it_names(points: list[tuple[float, float]], size: int) -> None:
    lonlat = np.array(points)
    names = cell_ids(lonlat, "EPSG:32628", size)
    polygons = cell_polygons(names)
    # a cell's straight edges in degrees leave the true ones by far less than a millimetre
    assert (shapely.distance(polygons, shapely.points(lonlat)) < 1e-7).all()


def test_cells_are_squares_of_their_size_side_by_side() -> None:
    step = np.array([[0.0, 0.0], [SIZE_M, 0.0], [0.0, SIZE_M]])
    xy = to_projected(np.array([WUHAI]), "EPSG:4545") + step
    polygons = cell_polygons(cell_ids(to_geographic(xy, "EPSG:4545"), "EPSG:4545"))
    corners = [to_projected(shapely.get_coordinates(polygon), "EPSG:4545") for polygon in polygons]
    for corner in corners:
        assert np.ptp(corner[:, 0]) == pytest.approx(SIZE_M, abs=1e-4)
        assert np.ptp(corner[:, 1]) == pytest.approx(SIZE_M, abs=1e-4)
        assert np.abs(corner / SIZE_M - np.round(corner / SIZE_M)).max() < 1e-6  # on the grid's own lines
    assert corners[1][:, 0].min() == pytest.approx(corners[0][:, 0].max(), abs=1e-4)
    assert corners[2][:, 1].min() == pytest.approx(corners[0][:, 1].max(), abs=1e-4)


def test_wrong_names() -> None:
    assert len(cell_polygons(np.array([], dtype=object))) == 0
    for names in (["150302001"], ["AG100-4545-E1-N1", "AG50-4545-E1-N1"], ["AG100-4545-E1-N1", "AG100-4548-E1-N1"]):
        with pytest.raises(ValueError, match="cells"):
            cell_polygons(np.array(names, dtype=object))
