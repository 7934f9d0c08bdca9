"""The delivered files: deterministic, invented, and readable by other people's libraries."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import json
from pathlib import Path

import numpy as np
import openpyxl
import osmium
import pyogrio
import pytest
import shapely

from kezhong.city.crs import to_geographic
from kezhong.demo import PLANTED, SILENT, DemoFiles, generate_files, names
from kezhong.demo.ledgers import gcj02
from kezhong.errors import WorkspaceError

TODAY = dt.date(2026, 11, 23)


def _digest(file: Path) -> str:
    return hashlib.blake2b(file.read_bytes()).hexdigest()


def _ledger(files: DemoFiles, word: str) -> Path:
    return next(sent.file for sent in files.ledgers if word in sent.file.name)


def _areas(files: DemoFiles) -> list[dict[str, str]]:
    return [feature["properties"] for feature in json.loads(files.areas.read_text("utf-8"))["features"]]


def test_same_seed_and_day_give_the_same_bytes(demo_files: DemoFiles, tmp_path: Path) -> None:
    again = generate_files(tmp_path, today=TODAY)
    assert [file.name for file in again.all()] == [file.name for file in demo_files.all()]
    differing = [
        one.name for one, two in zip(demo_files.all(), again.all(), strict=True) if _digest(one) != _digest(two)
    ]
    assert differing == []


def test_another_seed_changes_details_and_keeps_the_plan(demo_files: DemoFiles, tmp_path: Path) -> None:
    other = generate_files(tmp_path, seed=7, today=TODAY)
    assert _digest(other.osm) != _digest(demo_files.osm)
    assert [area["名称"] for area in _areas(other)] == [area["名称"] for area in _areas(demo_files)]


def test_dates_follow_the_day(tmp_path: Path) -> None:
    files = generate_files(tmp_path, today=dt.date(2030, 5, 1))
    assert {sent.as_of for sent in files.ledgers} <= {
        (dt.date(2030, 5, 1) - dt.timedelta(days=days)).isoformat() for days in range(200)
    }


def test_totals(demo_files: DemoFiles) -> None:
    with demo_files.population.open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    people = sum(int(row["常住人口"]) for row in rows)
    assert abs(people - 560_000) <= 5_600
    ages = [name for name in rows[0] if "岁" in name]
    assert len(ages) == 8
    assert all(sum(int(row[name]) for name in ages) == int(row["常住人口"]) for row in rows)
    levels = [area["层级"] for area in _areas(demo_files)]
    assert {level: levels.count(level) for level in set(levels)} == {"市": 1, "区": 3, "街道": 22, "社区": 87}
    book = openpyxl.load_workbook(demo_files.circles)
    circle_rows = list(book.active.iter_rows(min_row=4, values_only=True))
    assert len({row[0] for row in circle_rows}) == 14
    streets = {circle: {str(row[2])[:9] for row in circle_rows if row[0] == circle} for circle, *_ in circle_rows}
    assert sum(len(found) > 1 for found in streets.values()) == 1, "exactly one life circle crosses streets"


def test_areas_tile_the_city(demo_files: DemoFiles) -> None:
    frame = pyogrio.read_dataframe(demo_files.areas).to_crs("EPSG:4545")
    assert frame.geometry.is_valid.all()
    city = frame[frame["层级"] == "市"].geometry.iloc[0]
    for level in ("区", "街道", "社区"):
        parts = frame[frame["层级"] == level].geometry
        assert parts.area.sum() == pytest.approx(city.area, rel=1e-4)
        assert shapely.union_all(parts.to_numpy()).symmetric_difference(city).area < 1e-4 * city.area
    communities = frame[frame["层级"] == "社区"]
    assert (communities["编码"].str.fullmatch(r"999\d{9}")).all()
    assert (communities["编码"].str[:9] == communities["上级编码"]).all()


def test_no_real_name(demo_files: DemoFiles, data_folder: Path) -> None:
    with (data_folder / "wuhai" / "wuhai_streets_communities.csv").open(encoding="utf-8-sig") as stream:
        real = list(csv.DictReader(stream))
    endings = ("社区居委会", "社区", "村民委员会", "村委会", "村", "街道", "镇", "区", "市")

    def bare(name: str) -> str:
        for ending in endings:
            if name.endswith(ending) and len(name) > len(ending) + 1:
                return name.removesuffix(ending)
        return name

    known = {bare(row[key]) for row in real for key in ("community_name", "street_name", "district_name")}
    ours = {bare(area["名称"]) for area in _areas(demo_files)}
    assert not known & ours


def test_names_are_unique(demo_files: DemoFiles) -> None:
    found = [area["名称"] for area in _areas(demo_files)]
    assert len(set(found)) == len(found)


def test_pbf_is_read_by_osmium(demo_files: DemoFiles) -> None:
    kinds: dict[str, int] = {}
    nodes: dict[int, tuple[float, float]] = {}
    loose = 0
    for item in osmium.FileProcessor(str(demo_files.osm)):
        if isinstance(item, osmium.osm.Node):
            nodes[item.id] = (item.location.lon, item.location.lat)
            continue
        loose += sum(node.ref not in nodes for node in item.nodes)
        for key in ("highway", "railway", "waterway", "barrier", "building", "leisure", "bridge"):
            if key in item.tags:
                kinds[f"{key}={item.tags[key]}" if key in ("highway", "leisure") else key] = (
                    kinds.get(f"{key}={item.tags[key]}" if key in ("highway", "leisure") else key, 0) + 1
                )
    assert loose == 0
    assert kinds["highway=steps"] > 20
    assert kinds["highway=primary"] > 50
    assert kinds["leisure=park"] > 100
    assert kinds["building"] > 5000
    assert kinds["barrier"] > 200
    assert kinds["railway"] == kinds["waterway"] == 1
    assert kinds["bridge"] == 2
    lonlat = np.array(list(nodes.values()))
    assert (lonlat.min(axis=0) > (107.8, 40.0)).all()
    assert (lonlat.max(axis=0) < (108.3, 40.5)).all()


def test_workbooks_open_and_say_that_they_are_invented(demo_files: DemoFiles) -> None:
    for file in demo_files.all():
        if file.suffix != ".xlsx":
            continue
        page = openpyxl.load_workbook(file).active
        assert page is not None
        assert "虚构" in str(page["A2"].value), file.name
        assert page.max_row > 5


def test_health_ledger_is_gbk_and_gcj02(demo_files: DemoFiles) -> None:
    text = _ledger(demo_files, "卫健委").read_bytes()
    with pytest.raises(UnicodeDecodeError):
        text.decode("utf-8")
    rows = list(csv.DictReader(text.decode("gbk").splitlines()))
    assert len(rows) > 100
    areas = pyogrio.read_dataframe(demo_files.areas)
    villages = {row["名称"]: row.geometry for _, row in areas.iterrows() if row["社区类型"] == "村"}
    shifted = straight = 0
    for row in rows:
        name = row["地址"].split("镇")[-1]
        if name in villages:
            point = shapely.Point(float(row["经度"]), float(row["纬度"]))
            straight += villages[name].distance(point) == 0
            shifted += 1
    assert shifted >= 14
    lon, lat = gcj02(108.05, 40.22)
    assert 0.003 < lon - 108.05 < 0.01
    assert 0.0005 < lat - 40.22 < 0.003


def test_care_ledger_is_projected(demo_files: DemoFiles) -> None:
    page = openpyxl.load_workbook(_ledger(demo_files, "民政局")).active
    assert page is not None
    rows = list(page.iter_rows(min_row=3, values_only=True))
    east, north = rows[0].index("东坐标"), rows[0].index("北坐标")
    xy = np.array([(row[east], row[north]) for row in rows[1:]], dtype=float)
    lonlat = to_geographic(xy, "EPSG:4545")
    assert (np.abs(lonlat - (108.05, 40.22)) < 0.2).all()
    beds = rows[0].index("核定床位")
    assert sum(row[beds] or 0 for row in rows[1:] if row[rows[0].index("设施类型")] == "养老院") > 2000


def test_silent_community_is_in_no_ledger(demo_files: DemoFiles) -> None:
    shape = next(
        row.geometry for _, row in pyogrio.read_dataframe(demo_files.areas).iterrows() if row["名称"] == f"{SILENT}社区"
    )
    book = openpyxl.load_workbook(_ledger(demo_files, "商务局")).active
    assert book is not None
    rows = list(book.iter_rows(min_row=3, values_only=True))
    lon, lat = rows[0].index("经度"), rows[0].index("纬度")
    inside = shapely.contains_xy(shape, [row[lon] for row in rows[1:]], [row[lat] for row in rows[1:]])
    assert not inside.any()


def test_facilities_have_states_and_several_services(demo_files: DemoFiles) -> None:
    page = openpyxl.load_workbook(_ledger(demo_files, "教育局")).active
    assert page is not None
    rows = list(page.iter_rows(min_row=3, values_only=True))
    states = {row[rows[0].index("状态")] for row in rows[1:]}
    assert {"在营", "在建", "规划"} <= states
    assert any("错峰" in str(row[rows[0].index("备注")]) for row in rows[1:])
    page = openpyxl.load_workbook(_ledger(demo_files, "政法委")).active
    assert page is not None
    rows = list(page.iter_rows(min_row=3, values_only=True))
    services = [column for column, name in enumerate(rows[0]) if str(name).endswith("面积") and "建筑" not in str(name)]
    assert sum(sum(row[column] is not None for column in services) >= 3 for row in rows[1:]) > 20
    grounds = pyogrio.read_dataframe(_ledger(demo_files, "文体"))
    assert (grounds["是否共享"] == "是").sum() > 10


def test_planted_list_is_well_formed(demo_files: DemoFiles) -> None:
    known = {area["名称"].removesuffix("社区") for area in _areas(demo_files) if area["层级"] == "社区"}
    assert {plant.community for plant in PLANTED} <= known
    assert len({(plant.community, plant.element) for plant in PLANTED}) == len(PLANTED)
    circles = [plant.circle for plant in PLANTED]
    assert len(set(circles)) == 8
    assert all(2 <= circles.count(circle) <= 4 for circle in circles)
    assert 16 <= len(PLANTED) <= 24


def test_unwritable_folder(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("x")
    with pytest.raises(WorkspaceError) as caught:
        generate_files(blocked)
    assert caught.value.code == "demo.cannot_write"
    assert "示范市" in caught.value.message("zh")
    assert names.CITY in caught.value.message("zh")


def test_the_tour_tells_every_planted_story() -> None:
    tour = (Path(__file__).resolve().parents[2] / "docs" / "demo.md").read_text("utf-8")
    for plant in PLANTED:
        assert any(plant.story_zh in line and plant.story_en in line for line in tour.splitlines()), plant.community
    assert SILENT in tour
    assert "合成数据" in tour


def test_the_tour_lists_every_file(demo_files: DemoFiles) -> None:
    tour = (Path(__file__).resolve().parents[2] / "docs" / "demo.md").read_text("utf-8")
    missing = [file.name for file in demo_files.all() if f"`{file.name}`" not in tour]
    assert missing == []
