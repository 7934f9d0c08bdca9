"""The area tree, life circles, grids and other sets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from kezhong.city.workspace import City
from kezhong.errors import DataMissingError, InputError, WorkspaceError
from kezhong.intake import (
    import_areas,
    import_built_up,
    import_circles,
    import_enrolment,
    import_grid,
    import_ratios,
    import_sites,
    new_city,
    templates,
)

from .conftest import CODES, NAMES, square

Write = Callable[..., Path]


def table(folder: Path, text: str, name: str = "t.csv") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def test_parents_follow_the_codes(city: City) -> None:
    tree = city.areas
    assert tree.path(CODES[0]) == [CODES[0], "150302001", "150302", "150300"]
    assert tree.full_name(CODES[3]) == "东区二镇南村委会"
    assert tree.community_type[CODES[3]] == "village"
    assert tree.community_type[CODES[0]] is None


def test_a_wide_table_gives_all_levels(tmp_path: Path) -> None:
    made = new_city(tmp_path / "c", "试验市", code="150300")
    rows = "社区编码,社区名称,街道编码,街道名称,区编码,区名称\n150302001001,东社区,150302001,一街道,150302,东区\n"
    import_areas(made, table(tmp_path, rows))
    tree = made.refresh().areas
    assert tree.path("150302001001") == ["150302001001", "150302001", "150302", "150300"]


def test_parents_by_place_where_codes_say_nothing(tmp_path: Path) -> None:
    made = new_city(tmp_path / "c", "City")
    streets = gpd.GeoDataFrame(
        {"code": ["S1", "S2"], "name": ["a", "b"]}, geometry=[square(0, 0), square(1, 0)], crs=4326
    )
    streets.to_file(tmp_path / "s.geojson")
    import_areas(made, tmp_path / "s.geojson", level="street")
    inner = gpd.GeoDataFrame({"code": ["X"], "name": ["x"]}, geometry=[square(1, 0).buffer(-0.001)], crs=4326)
    inner.to_file(tmp_path / "x.geojson")
    import_areas(made.refresh(), tmp_path / "x.geojson", level="community")
    assert made.refresh().areas.path("X") == ["X", "S2", "city"]


def test_boundaries_are_added_to_a_tree_of_names(tmp_path: Path) -> None:
    wuhai = new_city(tmp_path / "w", template="wuhai")
    frame = gpd.GeoDataFrame({"编码": ["150302001002"]}, geometry=[square(0, 0)], crs=4326)
    frame["名称"] = ["和平社区"]
    frame.to_file(tmp_path / "b.gpkg")
    import_areas(wuhai, tmp_path / "b.gpkg", level="community")
    now = wuhai.refresh()
    assert len(now.areas.communities) == 87
    row = now.geo("areas").set_index("code").loc["150302001002"]
    assert row["parent_code"] == "150302001"
    assert row.geometry is not None


def test_wuhai_is_facts_only(tmp_path: Path) -> None:
    assert "wuhai" in templates()
    wuhai = new_city(tmp_path / "w", template="wuhai")
    frame = wuhai.geo("areas")
    assert frame["level"].value_counts().to_dict() == {"community": 87, "street": 22, "district": 3, "city": 1}
    assert (frame["community_type"] == "village").sum() == 13
    assert frame.geometry.isna().all()
    assert wuhai.config.name == "乌海市"
    assert wuhai.config.crs == "EPSG:4545"
    assert sorted(layer for layer in wuhai.snapshot.parts) == ["areas"]
    assert wuhai.areas.full_name("150302001002") == "海勃湾区凤凰岭街道和平社区居委会"


@pytest.mark.parametrize(
    ("text", "options", "code"),
    [
        ("编码,名称\n1,a\n1,b\n", {"level": "community"}, "duplicate_code"),
        ("编码,名称\nA1,a\n", {}, "no_level"),
        ("编码,名称,上级编码\n150302009001,a,150399999\n", {}, "bad_parent"),
        ("编码,名称,社区类型\n150302001009,a,奇怪\n", {}, "unknown_word"),
        ("编码,名称\n150302001009,\n", {}, "missing_value"),
        ("编码,名称\n150302001009,a\n", {"level": "省"}, "bad_option"),
        ("编码,名称\n150302001009,a\n", {"code_column": "代号"}, "no_column"),
    ],
)
def test_bad_areas(city: City, tmp_path: Path, text: str, options: dict[str, str], code: str) -> None:
    with pytest.raises(InputError) as caught:
        import_areas(city, table(tmp_path, text), **options)  # type: ignore[arg-type]
    assert caught.value.code == f"intake.{code}"
    assert city.refresh().snapshot.id == city.snapshot.id


def test_a_bow_tie_is_mended_and_said(city: City, tmp_path: Path) -> None:
    bow = shapely.Polygon([(106.80, 39.60), (106.82, 39.62), (106.82, 39.60), (106.80, 39.62)])
    gpd.GeoDataFrame({"code": ["150302001009"], "name": ["结"]}, geometry=[bow], crs=4326).to_file(
        tmp_path / "b.geojson"
    )
    report = import_areas(city, tmp_path / "b.geojson", level="community")
    assert any("自相交" in note.zh for note in report.notes)
    shape = city.refresh().geo("areas").set_index("code").geometry["150302001009"]
    assert shape.is_valid
    assert shape.area == pytest.approx(0.0002, rel=1e-3)


def test_new_city_leaves_nothing_behind_when_its_files_are_bad(tmp_path: Path) -> None:
    (tmp_path / "b.geojson").write_text("{", encoding="utf-8")
    with pytest.raises(InputError, match="broken_geofile"):
        new_city(tmp_path / "c", "X", boundary=tmp_path / "b.geojson")
    assert not (tmp_path / "c").exists()
    with pytest.raises(InputError, match="unknown_template"):
        new_city(tmp_path / "c", template="atlantis")
    new_city(tmp_path / "c", "X")
    with pytest.raises(WorkspaceError, match=r"city\.exists"):
        new_city(tmp_path / "c", "X")


def test_boundary_far_from_the_areas(tmp_path: Path) -> None:
    for name, shape in (("b", shapely.box(2, 48, 3, 49)), ("a", square(0, 0))):
        frame = gpd.GeoDataFrame({"code": [name], "name": [name]}, geometry=[shape], crs=4326)
        frame.to_file(tmp_path / f"{name}.geojson")
    with pytest.raises(InputError, match="outside_city"):
        new_city(tmp_path / "c", "X", boundary=tmp_path / "b.geojson", areas=tmp_path / "a.geojson")


def test_life_circles_cross_streets(city: City, write_xlsx: Write) -> None:
    rows = [
        ["生活圈编码", "生活圈名称", "社区"],
        ["LC1", "河滨圈", f"{NAMES[0]}、北社区"],
        ["LC2", "山前圈", CODES[1]],
        ["LC2", "山前圈", "南村"],
    ]
    report = import_circles(city, write_xlsx(rows), version="2024")
    tree = city.refresh().areas
    assert report.taken == 3
    assert tree.circle_members == {"LC1": [CODES[0], CODES[2]], "LC2": [CODES[1], CODES[3]]}
    assert tree.level["LC1"] == "life_circle"
    shape = tree.sets.set_index("code").geometry["LC1"]
    assert shape.area == pytest.approx(2 * square(0, 0).area)
    import_circles(city.refresh(), write_xlsx(rows[:2]))
    assert city.refresh().areas.circles == ["LC1"]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ([CODES[0], "圈", NAMES[0]], "code_is_area"),
        (["LC1", "圈", "不存在社区"], "unknown_area"),
        (["LC1", "圈", None], "missing_value"),
    ],
)
def test_bad_circles(city: City, write_xlsx: Write, row: list[object], code: str) -> None:
    with pytest.raises(InputError) as caught:
        import_circles(city, write_xlsx([["生活圈编码", "生活圈名称", "社区"], row]))
    assert caught.value.code == f"intake.{code}"
    assert caught.value.details["row"] == "台账!2"


def test_circles_need_communities(empty_city: City, write_xlsx: Write) -> None:
    with pytest.raises(DataMissingError, match="no_communities"):
        import_circles(empty_city, write_xlsx([["生活圈", "社区"], ["a", "b"]]))


def test_circle_polygons_take_the_communities_inside(city: City, tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({"编码": ["LC9"], "名称": ["圈"]}, geometry=[square(0, 0, 2).buffer(-0.002)], crs=4326)
    frame.to_file(tmp_path / "c.gpkg")
    import_circles(city, tmp_path / "c.gpkg")
    assert city.refresh().areas.circle_members["LC9"] == sorted(CODES)


def test_sets_of_several_kinds_live_side_by_side(city: City, tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame(
        {"网格编码": ["G1", "G2"], "学校": ["一小", "二小"]}, geometry=[square(0, 0), square(1, 0)], crs=4326
    )
    frame.to_file(tmp_path / "sets.gpkg")
    import_grid(city, tmp_path / "sets.gpkg")
    import_built_up(city.refresh(), tmp_path / "sets.gpkg")
    import_enrolment(city.refresh(), tmp_path / "sets.gpkg")
    sets = city.refresh().layer("area_sets")
    assert sets["kind"].value_counts().to_dict() == {"official_grid": 2, "built_up": 2, "enrolment": 2}
    assert sets.loc[sets["kind"] == "enrolment", "facility_ref"].tolist() == ["一小", "二小"]
    frame["网格编码"] = ["AG100-4545-E1-N1", "G2"]
    frame.to_file(tmp_path / "sets.gpkg")
    with pytest.raises(InputError, match="analysis_grid"):
        import_grid(city.refresh(), tmp_path / "sets.gpkg")


def test_sites_of_the_plans_kinds(city: City, tmp_path: Path) -> None:
    kinds = ["土地", "旧厂房", "仓库", "商业综合体", "拆违空地", "留白"]
    text = "名称,类型,经度,纬度,用地面积（亩）,可用日期\n"
    text += "".join(f"{kind}一号,{kind},106.81,39.6{n},3,2025年6月\n" for n, kind in enumerate(kinds, 1))
    import_sites(city, table(tmp_path, text), datum="wgs84")
    sites = city.refresh().layer("sites")
    assert sorted(sites["kind"]) == sorted(["land", "plant", "warehouse", "complex", "demolished", "reserve"])
    assert sites["land_m2"].tolist() == pytest.approx([2000] * 6)
    assert set(sites["available_from"]) == {"2025-06-01"}


def test_ratios(city: City, tmp_path: Path) -> None:
    text = "社区,服务要素,分子,分母,覆盖率,指标\n东社区,pharmacy,30,40,,a\n"
    text += "西社区,pharmacy,,,95%,a\n一街道,pharmacy,,,0.5,a\n"
    import_ratios(city, table(tmp_path, text))
    found = city.refresh().layer("ratios").set_index("area_code")["value"]
    assert found.to_dict() == pytest.approx({CODES[0]: 0.75, CODES[1]: 0.95, "150302001": 0.5})
    with pytest.raises(InputError, match="no_ratio"):
        import_ratios(city.refresh(), table(tmp_path, "社区,服务要素,分子,分母\n东社区,pharmacy,30,\n"))
    with pytest.raises(InputError, match="duplicate_code"):
        import_ratios(city.refresh(), table(tmp_path, "社区,服务要素,覆盖率\n东社区,pharmacy,1\n东社区,pharmacy,1\n"))


def test_areas_keep_their_nulls_typed(city: City) -> None:
    assert pd.isna(city.layer("areas").set_index("code").loc[CODES[0], "households"])
