"""Department ledgers: what a good one gives, and how each kind of bad one is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from kezhong.city import files
from kezhong.city.workspace import City
from kezhong.errors import InputError, WorkspaceError
from kezhong.intake import import_facilities
from kezhong.intake.datum import to_wgs84

HEAD = ["编号", "名称", "经度", "纬度", "建筑面积", "学位", "在园人数", "开放时间", "状态"]
GOOD = [
    HEAD,
    ["Y1", "甲幼儿园", "106.81", 39.61, "约1,200", "９０", 80, "07:30-17:30", "在营"],
    ["Y2", "乙幼儿园", 106.83, 39.63, 900, 120, None, None, "规划"],
]
Write = Callable[..., Path]


def head(city: City) -> str:
    return city.refresh().snapshot.id


def test_a_ledger_becomes_facilities_and_services(city: City, write_xlsx: Write) -> None:
    report = import_facilities(city, write_xlsx(GOOD), element="幼儿园", datum="gcj02", source="教育局")
    now = city.refresh()
    facilities = now.geo("facilities", "教育局").set_index("facility_id")
    services = now.layer("facility_services", "教育局").set_index("facility_id")
    assert (report.read, report.taken, report.source) == (2, 2, "教育局")
    assert facilities.loc["教育局:Y1", "floor_area_m2"] == 1200
    assert facilities.loc["教育局:Y1", "source_datum"] == "gcj02"
    assert facilities.loc["教育局:Y1", "source_row"] == "ledger.xlsx:台账!2"
    assert facilities.loc["教育局:Y2", "status"] == "planned"
    expected = to_wgs84(np.array([[106.81, 39.61]]), "gcj02")[0]
    point = facilities.geometry["教育局:Y1"]
    assert (point.x, point.y) == pytest.approx(tuple(expected), abs=1e-7)
    assert services.loc["教育局:Y1", ["element", "capacity", "used"]].tolist() == ["kindergarten", 90, 80]
    assert services.loc["教育局:Y1", "capacity_unit"] == "places"
    assert not now.layer("service_points").empty


def test_a_second_import_replaces_its_source_only(city: City, write_xlsx: Write) -> None:
    import_facilities(city, write_xlsx(GOOD, "a.xlsx"), element="kindergarten", datum="wgs84")
    other = [["编号", "名称", "经度", "纬度"], ["P1", "药店", 106.82, 39.62]]
    import_facilities(city, write_xlsx(other, "b.xlsx"), element="pharmacy", datum="wgs84")
    import_facilities(city, write_xlsx(GOOD[:2], "a.xlsx"), element="kindergarten")  # its datum is remembered
    assert sorted(city.refresh().layer("facilities")["facility_id"]) == ["a:Y1", "b:P1"]


def test_the_same_file_gives_the_same_snapshot(city: City, write_xlsx: Write) -> None:
    first = import_facilities(city, write_xlsx(GOOD), element="kindergarten", datum="wgs84")
    again = import_facilities(city, write_xlsx(GOOD), element="kindergarten", datum="wgs84")
    assert first.snapshot_id == again.snapshot_id


def test_one_row_several_elements_with_shares(city: City, write_xlsx: Write, tmp_path: Path) -> None:
    rows = [
        ["名称", "经度", "纬度", "建筑面积", "图书室", "图书室面积", "图书开放"],
        ["和平党群中心", 106.81, 39.61, 1000, "有", 120, "9:00-21:00"],
        ["胜利党群中心", 106.83, 39.63, 800, "无", None, None],
    ]
    mapping = tmp_path / "m.toml"
    mapping.write_text(
        'datum = "wgs84"\nelement = "community_service_station"\n'
        '[[services]]\nelement = "reading_room"\nwhen = "图书室"\nfloor_area_m2 = "图书室面积"\nhours = "图书开放"\n'
        '[[services]]\nelement = "community_service_station"\nfloor_area_share = 0.5\n',
        encoding="utf-8",
    )
    import_facilities(city, write_xlsx(rows), mapping=mapping)
    services = city.refresh().layer("facility_services")
    rooms = services[services["element"] == "reading_room"]
    assert rooms["floor_area_m2"].tolist() == [120]
    assert rooms["hours"].tolist() == ["9:00-21:00"]
    stations = services[services["element"] == "community_service_station"]
    assert sorted(stations["floor_area_m2"]) == [400, 500]
    again = import_facilities(city, write_xlsx(rows))  # the mapping is remembered, services included
    assert again.taken == 2
    assert len(city.refresh().layer("facility_services")) == 3


def test_services_listed_in_a_cell(city: City, write_xlsx: Write) -> None:
    rows = [["名称", "经度", "纬度", "服务内容", "面积"], ["中心", 106.81, 39.61, "pharmacy、reading_room", 500]]
    report = import_facilities(city, write_xlsx(rows), datum="wgs84")
    services = city.refresh().layer("facility_services")
    assert sorted(services["element"]) == ["pharmacy", "reading_room"]
    assert services["floor_area_m2"].isna().all()  # nobody said which part serves which
    assert services["shared"].all()
    assert any("各占多少" in note.zh for note in report.notes)


def test_gbk_csv_in_projected_coordinates(city: City, tmp_path: Path) -> None:
    from pyproj import Transformer

    x, y = Transformer.from_crs("EPSG:4490", "EPSG:4545", always_xy=True).transform(106.81, 39.61)
    file = tmp_path / "药店.csv"
    file.write_bytes(f"名称,X坐标,Y坐标\n益民药店,{x:.4f},{y:.4f}\n".encode("gbk"))
    import_facilities(city, file, element="pharmacy", datum="EPSG:4545")
    point = city.refresh().geo("facilities").geometry.iloc[0]
    assert (point.x, point.y) == pytest.approx((106.81, 39.61), abs=1e-7)


def test_parks_as_polygons_keep_their_shape_and_area(city: City, tmp_path: Path) -> None:
    park = shapely.box(106.810, 39.610, 106.812, 39.612)
    gpd.GeoDataFrame({"名称": ["公园"]}, geometry=[park], crs="EPSG:4490").to_file(tmp_path / "parks.gpkg")
    element = "residential_park_15"
    import_facilities(city, tmp_path / "parks.gpkg", element=element)
    row = city.refresh().geo("facilities").iloc[0]
    assert row.geometry.geom_type == "Polygon"
    assert row["site_area_m2"] == pytest.approx(171.9 * 222.0, rel=0.01)
    assert row["source_datum"] == "cgcs2000"


def test_a_column_of_datums_converts_row_by_row(city: City, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("名称,经度,纬度,坐标系\n甲,106.81,39.61,wgs84\n乙,106.81,39.61,gcj02\n", encoding="utf-8")
    import_facilities(city, file, element="pharmacy")
    places = city.refresh().geo("facilities").set_index("name").geometry
    assert places["甲"].x == pytest.approx(106.81, abs=1e-7)
    assert abs(places["乙"].x - 106.81) > 1e-3


BAD = [
    ("missing coordinate", [HEAD, ["Y1", "甲", 106.81, None]], {}, "missing_coordinate", "台账!2", "纬度"),
    ("text for a number", [HEAD, ["Y1", "甲", "东经106", 39.61]], {}, "not_a_number", "台账!2", "经度"),
    ("negative area", [HEAD, ["Y1", "甲", 106.81, 39.61, -5]], {}, "out_of_bounds", "台账!2", "建筑面积"),
    (
        "duplicate code",
        [HEAD, ["Y1", "甲", 106.81, 39.61], ["Y1", "乙", 106.82, 39.61]],
        {},
        "duplicate_code",
        "台账!3",
        "编号",
    ),
    (
        "unknown status",
        [HEAD, ["Y1", "甲", 106.81, 39.61, 5, 5, 5, "", "不知道"]],
        {},
        "unknown_word",
        "台账!2",
        "状态",
    ),
    ("no datum", GOOD, {"datum": None}, "datum_missing", None, None),
    ("unknown datum", GOOD, {"datum": "北京54"}, "unknown_datum", None, None),
    ("unknown element", GOOD, {"element": "幼尔园"}, "no_such_element", None, None),
    ("no element", GOOD, {"element": None}, "no_element", None, None),
    ("address only", [["名称", "地址"], ["甲", "一路2号"]], {}, "no_coordinates", None, None),
    ("swapped", [HEAD, ["Y1", "甲", 39.61, 106.81]], {}, "swapped", "台账!2", "经度"),
    ("metres called degrees", [HEAD, ["Y1", "甲", 487000.0, 4385000.0]], {}, "not_degrees", "台账!2", "经度"),
    ("degrees called metres", GOOD, {"datum": "EPSG:4545"}, "not_projected", "台账!2", "经度"),
    (
        "degrees and metres",
        [HEAD, ["1", "甲", 106.81, 39.61], ["2", "乙", 106.82, 39.6], ["3", "丙", 487000.0, 4385000.0]],
        {},
        "mixed_coordinates",
        "台账!4",
        "经度",
    ),
    ("another city", [HEAD, ["Y1", "甲", 116.4, 39.9]], {}, "outside_city", "台账!2", "经度"),
    ("no column of a mapping", GOOD, {"mapping": "[columns]\nname = '园名'\n"}, "no_column", None, "园名"),
    ("no such field", GOOD, {"mapping": "[columns]\nnom = '名称'\n"}, "unknown_field", None, None),
    ("broken mapping", GOOD, {"mapping": "[columns\n"}, "broken_mapping", None, None),
]


@pytest.mark.parametrize(
    ("rows", "options", "code", "row", "column"), [case[1:] for case in BAD], ids=[case[0] for case in BAD]
)
def test_bad_ledgers_change_nothing(
    city: City,
    write_xlsx: Write,
    tmp_path: Path,
    rows: list[list[object]],
    options: dict[str, str | None],
    code: str,
    row: str | None,
    column: str | None,
) -> None:
    chosen: dict[str, object] = {"element": "kindergarten", "datum": "wgs84", **options}
    if chosen.get("mapping"):
        (tmp_path / "m.toml").write_text(str(chosen["mapping"]), encoding="utf-8")
        chosen["mapping"] = tmp_path / "m.toml"
    before = head(city)
    with pytest.raises(InputError) as caught:
        import_facilities(city, write_xlsx(rows), **chosen)  # type: ignore[arg-type]
    problem = caught.value
    assert problem.code == f"intake.{code}"
    if row is not None:
        assert problem.details["row"] == row
        sheet, _, number = row.partition("!")
        assert f"工作表“{sheet}”第 {number} 行“" in problem.message("zh")
        assert f"sheet “{sheet}”, row {number}, column" in problem.message("en")
    if column is not None:
        assert problem.details["column"] == column
        assert column in problem.message("zh")
    assert problem.action("zh")
    assert head(city) == before
    assert not (city.folder / "mappings").exists() or not list((city.folder / "mappings").glob("facilities-ledger*"))


def test_unknown_element_in_a_row_names_similar_ones(city: City, write_xlsx: Write) -> None:
    rows = [["名称", "经度", "纬度", "服务要素"], ["甲", 106.81, 39.61, "pharmacie"]]
    with pytest.raises(InputError) as caught:
        import_facilities(city, write_xlsx(rows), datum="wgs84")
    assert caught.value.code == "intake.unknown_element"
    assert "pharmacy" in caught.value.action("en")
    assert caught.value.details["row"] == "台账!2"


def test_rejects_are_written_beside_the_city(city: City, write_xlsx: Write) -> None:
    rows = [*GOOD, ["Y3", "丙", None, None], ["Y4", "丁", 106.82, 39.62, "多"]]
    file = write_xlsx(rows)
    with pytest.raises(InputError) as caught:
        import_facilities(city, file, element="kindergarten", datum="wgs84")
    assert "另有 1 行" in caught.value.message("zh")
    report = import_facilities(city, file, element="kindergarten", datum="wgs84", allow_rejects=True)
    assert (report.read, report.taken, len(report.skipped)) == (4, 2, 2)
    assert report.rejects is not None
    left = pd.read_csv(report.rejects)
    assert left["源行 row"].tolist() == ["台账!4", "台账!5"]
    assert left["名称"].tolist() == ["丙", "丁"]


def test_a_number_in_merged_cells_is_not_counted_twice(city: City, write_xlsx: Write) -> None:
    rows = [["名称", "经度", "纬度", "建筑面积"], ["甲", 106.81, 39.61, 900], ["乙", 106.82, 39.61, None]]
    with pytest.raises(InputError, match="merged_number"):
        import_facilities(city, write_xlsx(rows, merges=["D2:D3"]), element="pharmacy", datum="wgs84")


def test_units_in_the_heading(city: City, write_xlsx: Write) -> None:
    rows = [["名称", "经度", "纬度", "占地面积（公顷）", "满意度（%）"], ["园", 106.81, 39.61, 1.5, 93]]
    import_facilities(city, write_xlsx(rows), element="residential_park_15", datum="wgs84")
    now = city.refresh()
    assert now.layer("facilities")["site_area_m2"].tolist() == [15000]
    assert now.layer("facility_services")["satisfaction"].tolist() == [0.93]


def test_a_full_disk_leaves_the_city_whole(city: City, write_xlsx: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    before = head(city)

    def full(path: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "_flush", full)
    with pytest.raises(WorkspaceError) as caught:
        import_facilities(city, write_xlsx(GOOD), element="kindergarten", datum="wgs84")
    assert caught.value.code == "city.disk_full"
    monkeypatch.undo()
    assert head(city) == before
    assert city.refresh().layer("facilities").empty
