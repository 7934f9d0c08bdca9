"""The real cities go in without hand-editing."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from kezhong.intake import import_areas, import_population, new_city

pytestmark = pytest.mark.data


def test_las_palmas(data_folder: Path, tmp_path: Path) -> None:
    folder = data_folder / "las_palmas"
    city = new_city(
        tmp_path / "c",
        "Las Palmas",
        boundary=folder / "city_boundary.geojson",
        areas=folder / "school_catchments_29_epsg5635.geojson",
        level="community",
    )
    assert city.config.crs == "EPSG:32628"
    assert len(city.areas.communities) == 29
    assert city.areas.name["35001426"] == "IES JERÓNIMO SAAVEDRA"
    assert city.layer("areas").set_index("code").loc["35001426", "source_datum"] == "EPSG:5635"
    file = folder / "population_grid_ghs2015.csv"
    import_population(city, file)
    demand = city.refresh().layer("demand")
    raw = pd.read_csv(file)
    assert demand["people"].sum() == pytest.approx(raw["pop"].sum())
    assert len(demand) == (raw["pop"] > 0).sum()
    assert demand["community_code"].notna().mean() > 0.8


@pytest.mark.parametrize(
    ("file", "people"),
    [
        ("helsinki/helsinki_population_grid_2020.gpkg", 71724),
        ("porto/population_grid_ghs2015.csv", 974144.2),
        ("porto_alegre/poa_hexgrid.csv", None),
    ],
)
def test_population_of_other_cities(data_folder: Path, tmp_path: Path, file: str, people: float | None) -> None:
    city = new_city(tmp_path / "c", "X")
    import_population(city, data_folder / file)
    demand = city.refresh().layer("demand")
    expected = people or pd.read_csv(data_folder / file)["population"].sum()
    assert demand["people"].sum() == pytest.approx(expected)


def test_wuhai_districts_get_their_boundaries(data_folder: Path, tmp_path: Path) -> None:
    city = new_city(tmp_path / "w", template="wuhai")
    names = pd.read_csv(data_folder / "wuhai" / "wuhai_streets_communities.csv", dtype=str, encoding="utf-8-sig")
    assert city.areas.communities == sorted(names["community_code"])
    import_areas(city, data_folder / "wuhai" / "district_boundaries_gcj02.geojson", level="district", datum="gcj02")
    frame = city.refresh().geo("areas").set_index("code")
    assert frame.loc["150302", "parent_code"] == "150300"
    assert frame.loc["150302", "source_datum"] == "gcj02"
    assert frame.loc[["150302", "150303", "150304"]].geometry.notna().all()
    assert len(frame) == 113
