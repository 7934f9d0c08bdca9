"""People: points, rasters, polygons, tables by area; placing, ages, double counting."""

from __future__ import annotations

import itertools
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.transform import from_origin

from kezhong.city.vocabulary import AGE_COLUMNS
from kezhong.city.workspace import City
from kezhong.errors import InputError
from kezhong.intake import (
    import_buildings,
    import_estates,
    import_gates,
    import_landuse,
    import_population,
)
from kezhong.intake.ages import Group, bands, find_groups, profile

from .conftest import CODES, NAMES, SOUTH, WEST, square

SHARES = dict(zip(AGE_COLUMNS, (0.02, 0.03, 0.06, 0.03, 0.62, 0.13, 0.08, 0.03), strict=True))


def csv(folder: Path, text: str, name: str = "people.csv") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def test_points_become_demand(city: City, tmp_path: Path) -> None:
    file = csv(tmp_path, "经度,纬度,常住人口\n106.805,39.605,120\n106.825,39.605,80.5\n106.9,39.7,10\n")
    report = import_population(city, file, datum="cgcs2000")
    demand = city.refresh().layer("demand").sort_values("people", ascending=False)
    assert report.taken == 3
    assert demand["people"].tolist() == [120, 80.5, 10]
    assert demand["community_code"].tolist()[:2] == [CODES[0], CODES[1]]
    assert pd.isna(demand["community_code"].iloc[2])  # outside all communities, not lost
    assert set(demand["age_basis"]) == {"none"}
    assert demand["cell_id"].str.startswith("AG100-4545-").all()


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("-5", "out_of_bounds"),
        ("NaN", "not_a_number"),
        ("", "missing_value"),
        ("inf", "not_a_number"),
        ("很多", "not_a_number"),
    ],
)
def test_people_that_are_no_count(city: City, tmp_path: Path, value: str, code: str) -> None:
    file = csv(tmp_path, f"lon,lat,pop\n106.81,39.61,12\n106.82,39.62,{value}\n")
    before = city.snapshot.id
    with pytest.raises(InputError) as caught:
        import_population(city, file, datum="wgs84")
    assert caught.value.code == f"intake.{code}"
    assert caught.value.details["row"] == "3"
    assert caught.value.details["column"] == "pop"
    assert city.refresh().snapshot.id == before


def test_counts_by_area_are_spread_over_the_area(city: City, tmp_path: Path) -> None:
    file = csv(tmp_path, f"社区编码,人口\n{CODES[0]},1000\n{NAMES[1]},500\n合计,1500\n".replace("社区编码", "社区"))
    import_population(city, file)
    demand = city.refresh().layer("demand")
    sums = demand.groupby("community_code")["people"].sum()
    assert sums[CODES[0]] == pytest.approx(1000)
    assert sums[CODES[1]] == pytest.approx(500)
    assert set(demand["method"]) == {"area_weighted"}
    assert demand["cell_id"].nunique() > 300  # 1.7 × 2.2 km in cells of 100 m, twice


def test_people_live_in_residential_buildings(city: City, tmp_path: Path) -> None:
    boxes = [shapely.box(106.801 + i * 0.004, 39.601, 106.8012 + i * 0.004, 39.6012) for i in range(4)]
    frame = gpd.GeoDataFrame(
        {"用途": ["住宅", "住宅", "学校", "住宅"], "层数": [6, 18, 4, 6]}, geometry=boxes, crs="EPSG:4326"
    )
    frame.to_file(tmp_path / "buildings.gpkg")
    import_buildings(city, tmp_path / "buildings.gpkg")
    import_population(city.refresh(), csv(tmp_path, f"社区编码,人口,0-2岁\n{CODES[0]},1000,30\n"))
    demand = city.refresh().layer("demand")
    assert set(demand["method"]) == {"dasymetric_buildings"}
    assert sorted(demand["people"].round(1)) == [200, 200, 600]  # by floor area: 6 : 18 : 6 storeys
    assert demand["age_0_2"].sum() == pytest.approx(30)
    assert len(demand) == 3


def test_without_buildings_residential_land_takes_them(city: City, tmp_path: Path) -> None:
    parcels = gpd.GeoDataFrame(
        {"用地性质": ["R2", "商业用地"]},
        geometry=[shapely.box(106.802, 39.602, 106.806, 39.606), shapely.box(106.81, 39.61, 106.818, 39.618)],
        crs="EPSG:4326",
    )
    parcels.to_file(tmp_path / "land.gpkg")
    import_landuse(city, tmp_path / "land.gpkg")
    import_population(city.refresh(), csv(tmp_path, f"社区编码,人口\n{CODES[0]},900\n"))
    demand = city.refresh().geo("demand")
    assert set(demand["method"]) == {"dasymetric_landuse"}
    assert demand["people"].sum() == pytest.approx(900)
    assert demand.geometry.within(shapely.box(106.802, 39.602, 106.806, 39.606).buffer(1e-6)).all()


def test_dense_points_are_gathered_and_small_counts_guarded(city: City, tmp_path: Path) -> None:
    rng = np.random.default_rng(7)
    n = 400
    lon, lat = WEST + rng.uniform(0.001, 0.006, n), SOUTH + rng.uniform(0.001, 0.006, n)
    people = rng.integers(1, 5, n)
    old = (rng.random(n) < 0.3) * people
    lines = [f"{a:.7f},{b:.7f},{p},{p - o},{o}" for a, b, p, o in zip(lon, lat, people, old, strict=True)]
    file = csv(tmp_path, "lon,lat,pop,0-59岁,60岁及以上\n" + "\n".join(lines))
    import_population(city, file, datum="wgs84")
    demand = city.refresh().layer("demand")
    assert len(demand) < n / 3
    assert demand["people"].sum() == pytest.approx(people.sum())
    bands_sum = demand[list(AGE_COLUMNS)].sum().sum()
    assert bands_sum == pytest.approx(people.sum())
    assert demand[["age_60_69", "age_70_79", "age_80_plus"]].sum().sum() == pytest.approx(old.sum())
    few = demand[demand["people"] < 10]
    share = few["age_60_69"] / few["people"]
    assert share.nunique() == 0 or share.max() - share.min() < 1e-9  # the pooled ages, not their own


def test_gates_of_gated_estates_are_exits(city: City, tmp_path: Path) -> None:
    estate = shapely.box(106.802, 39.602, 106.804, 39.604)
    gpd.GeoDataFrame(
        {"小区编码": ["E1"], "小区名称": ["花园"], "是否封闭": ["是"]}, geometry=[estate], crs="EPSG:4326"
    ).to_file(tmp_path / "estates.gpkg")
    import_estates(city, tmp_path / "estates.gpkg")
    gates = csv(
        tmp_path,
        "编号,小区,经度,纬度,通行\nG1,花园,106.802,39.603,居民\nG2,,106.804,39.603,开放\nG3,花园,106.803,39.604,停用\n",
        "gates.csv",
    )
    import_gates(city.refresh(), gates, datum="wgs84")
    import_population(
        city.refresh(), csv(tmp_path, "lon,lat,pop\n106.803,39.603,300\n106.81,39.61,50\n"), datum="wgs84"
    )
    exits = city.refresh().layer("demand_exits")
    assert sorted(exits["gate_id"]) == ["gates:G1", "gates:G2"]
    assert exits["extra_m"].tolist() == pytest.approx([85.9, 85.9], abs=0.5)
    demand = city.refresh().layer("demand")
    assert demand["estate_id"].notna().sum() == 1


def test_raster_of_fine_cells(city: City, tmp_path: Path) -> None:
    data = np.array([[10, 0, -200], [5.5, np.nan, 7]], dtype="float32")
    with rasterio.open(
        tmp_path / "p.tif",
        "w",
        driver="GTiff",
        width=3,
        height=2,
        count=1,
        dtype="float32",
        crs="EPSG:4326",
        transform=from_origin(106.81, 39.61, 0.001, 0.001),
    ) as raster:
        raster.write(data, 1)
    report = import_population(city, tmp_path / "p.tif")
    demand = city.refresh().geo("demand").sort_values("people")
    assert report.taken == 3
    assert demand["people"].tolist() == [5.5, 7, 10]
    assert set(demand["method"]) == {"raster_cell"}
    assert demand.geometry.iloc[2].x == pytest.approx(106.8105, abs=1e-6)
    assert demand.geometry.iloc[2].y == pytest.approx(39.6095, abs=1e-6)


def test_the_same_people_do_not_count_twice(city: City, tmp_path: Path) -> None:
    import_population(city, csv(tmp_path, f"社区编码,人口\n{CODES[0]},1000\n", "a.csv"))
    again = csv(tmp_path, f"社区编码,人口\n{CODES[0]},1000\n", "b.csv")
    before = city.refresh().snapshot.id
    with pytest.raises(InputError, match="counted_twice"):
        import_population(city, again)
    assert city.refresh().snapshot.id == before
    import_population(city, csv(tmp_path, f"社区编码,人口\n{CODES[3]},700\n", "c.csv"))  # elsewhere: fine
    report = import_population(city, again, allow_overlap=True)
    assert any("2,700" in note.zh for note in report.notes)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("社区编码,人口\n150302001001,10\n150302001,20\n", "nested_areas"),
        ("社区编码,人口\n150302001001,10\n150302001001,20\n", "duplicate_code"),
        ("社区编码,人口\n150302009999,10\n", "unknown_area"),
        ("社区编码,户数\n150302001001,10\n", "no_people"),
        ("社区编码,人口,60岁及以上,65岁及以上\n150302001001,1000,100,150\n", "ages_contradict"),
        ("社区编码,人口,0-14岁,15-59岁,60岁以上\n150302001001,100,100,100,100\n", "ages_exceed"),
    ],
)
def test_bad_tables_by_area(city: City, tmp_path: Path, text: str, code: str) -> None:
    with pytest.raises(InputError) as caught:
        import_population(city, csv(tmp_path, text))
    assert caught.value.code == f"intake.{code}"


def test_areas_without_boundary_cannot_take_people(tmp_path: Path) -> None:
    from kezhong.intake import new_city

    wuhai = new_city(tmp_path / "wuhai", template="wuhai")
    with pytest.raises(InputError, match="area_without_boundary"):
        import_population(wuhai, csv(tmp_path, "社区编码,人口\n150302001002,5000\n"))


def test_stated_shares(city: City, tmp_path: Path) -> None:
    shares = tmp_path / "shares.toml"
    shares.write_text("[shares]\n" + "\n".join(f"{band} = {share}" for band, share in SHARES.items()), encoding="utf-8")
    import_population(city, csv(tmp_path, "lon,lat,pop\n106.81,39.61,1000\n"), datum="wgs84", age_shares=shares)
    row = city.refresh().layer("demand").iloc[0]
    assert row["age_basis"] == "stated_share"
    assert row["age_0_2"] == pytest.approx(20)
    shares.write_text("[shares]\nage_0_2 = 0.5\n", encoding="utf-8")
    with pytest.raises(InputError, match="shares_sum"):
        import_population(city, csv(tmp_path, "lon,lat,pop\n106.81,39.61,1000\n"), datum="wgs84", age_shares=shares)


def test_headings_of_age_groups() -> None:
    found = find_groups(
        [
            "0-2岁",
            "3～5岁",
            "age_6_11",
            "12至14岁人口",
            "15-59",
            "60—69岁",
            "70_79",
            "80岁及以上",
            "65+",
            "电话",
            "2020",
        ]
    )
    assert [(group.low, group.high) for group in found] == [
        (0, 3),
        (3, 6),
        (6, 12),
        (12, 15),
        (15, 60),
        (60, 70),
        (70, 80),
        (80, 120),
        (65, 120),
    ]


def test_65_plus_is_split_by_the_stated_estimate() -> None:
    groups = [Group("0-14", 0, 15), Group("15-64", 15, 65), Group("65+", 65, 120)]
    found = bands(np.array([558.1]), groups, np.array([[74.5, 416.1, 67.5]]), {})
    people = dict(zip(AGE_COLUMNS, found.people[0], strict=True))
    years = profile()
    assert sum(people.values()) == pytest.approx(558.1)
    assert people["age_80_plus"] == pytest.approx(67.5 * years[80:].sum() / years[65:].sum())
    assert people["age_15_59"] == pytest.approx(416.1 * years[15:60].sum() / years[15:65].sum())
    assert found.basis[0] == "stated_share"
    whole = bands(np.array([100.0]), [Group("60-69", 60, 70)], np.array([[12.0]]), {})
    assert whole.basis[0] == "counted"
    assert whole.people[0, 5] == pytest.approx(12)
    assert np.isnan(whole.people[0, 0])  # of children nothing is known


@settings(max_examples=80, deadline=None)
@given(st.lists(st.integers(1, 100), min_size=1, max_size=6, unique=True), st.data())
def test_bands_keep_every_group_that_they_can_show(cuts: list[int], data: st.DataObject) -> None:
    """Groups that cover all ages: the bands sum to the total, and a group made of whole bands keeps its count."""
    ends = [0, *sorted(cut for cut in cuts if cut < 100), 120]
    groups = [Group(str(low), low, high) for low, high in itertools.pairwise(ends)]
    counts = np.array([[data.draw(st.integers(0, 1000)) for _ in groups]], dtype=float)
    found = bands(counts.sum(axis=1), groups, counts, {})
    assert np.nansum(found.people) == pytest.approx(counts.sum())
    assert (found.people[~np.isnan(found.people)] >= 0).all()


@pytest.mark.slow
def test_300_000_rows_take_seconds(city: City, tmp_path: Path) -> None:
    import time

    rng = np.random.default_rng(1)
    n = 300_000
    frame = pd.DataFrame(
        {"lon": WEST + rng.uniform(0, 0.04, n), "lat": SOUTH + rng.uniform(0, 0.04, n), "pop": rng.integers(0, 9, n)}
    )
    frame.to_csv(tmp_path / "big.csv", index=False)
    start = time.perf_counter()
    report = import_population(city, tmp_path / "big.csv", datum="wgs84")
    assert time.perf_counter() - start < 60  # about 10 s on two idle cores
    assert report.taken == n
    demand = city.refresh().layer("demand")
    assert demand["people"].sum() == pytest.approx(frame["pop"].sum())
    assert len(demand) < 4000


def test_larger_polygons_overlap_communities_exactly(city: City, tmp_path: Path) -> None:
    """A polygon over two communities gives each the people of its part of the area."""
    both = shapely.box(*square(0, 0).bounds[:2], *square(1, 0).bounds[2:])
    gpd.GeoDataFrame({"人口": [1000]}, geometry=[both], crs="EPSG:4326").to_file(tmp_path / "p.gpkg")
    import_population(city, tmp_path / "p.gpkg")
    sums = city.refresh().layer("demand").groupby("community_code")["people"].sum()
    assert sums[CODES[0]] == pytest.approx(500, rel=0.04)
    assert sums.sum() == pytest.approx(1000)
