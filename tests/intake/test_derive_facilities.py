"""Facilities from OSM and ledgers: recognised, joined, verified, reached at entrances and edges."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from kezhong.city.workspace import City
from kezhong.errors import InputError
from kezhong.intake import derive
from kezhong.intake.duplicates import alike
from kezhong.intake.entrances import access_points
from kezhong.intake.osm_facilities import import_osm_facilities
from kezhong.intake.streets import import_streets

from .osm_text import OsmText, block, lonlat


def town(folder: Path) -> Path:
    text = OsmText()
    block(text)
    text.node(500, 250, 5, amenity="pharmacy", name="康宁药店", opening_hours="08:00-22:00")
    text.node(501, 260, 5, **{"disused:amenity": "pharmacy"}, name="旧药店")
    text.nodes({600: (20, 20), 601: (120, 20), 602: (120, 120), 603: (20, 120)})
    text.way(600, [600, 601, 602, 603, 600], amenity="kindergarten", name="海勃湾区阳光幼儿园", capacity="270")
    text.node(610, 70, 20, barrier="gate")
    text.way(601, [1, 610], highway="service")
    text.nodes({700: (420, 420), 701: (580, 420), 702: (580, 580), 703: (420, 580)})
    text.way(700, [700, 701, 702, 703, 700], leisure="park", name="人民公园")
    return text.write(folder / "town.osm")


def ledger(city: City, rows: list[tuple[str, str, str, float, float, float | None]]) -> None:
    with city.edit("ledger") as edit:
        frame = gpd.GeoDataFrame(
            {
                "facility_id": [f"jyj:{row[0]}" for row in rows],
                "name": [row[1] for row in rows],
                "status": "open",
                "source_row": [f"台账.xlsx!{n}" for n, _ in enumerate(rows, 2)],
                "source": "jyj",
            },
            geometry=[shapely.Point(lonlat(row[3], row[4])) for row in rows],
            crs=4326,
        )
        services = pd.DataFrame(
            {
                "facility_id": frame["facility_id"],
                "element": [row[2] for row in rows],
                "capacity": [row[5] for row in rows],
                "matched_by": "t",
                "source": "jyj",
            }
        )
        edit.put("facilities", "jyj", frame)
        edit.put("facility_services", "jyj", services)
        derive.refresh(edit, {"facilities", "facility_services"})


@pytest.fixture
def city(empty_city: City, tmp_path: Path) -> City:
    file = town(tmp_path)
    import_streets(empty_city, file)
    import_osm_facilities(empty_city.refresh(), file)
    return empty_city.refresh()


def test_osm_objects_become_facilities(city: City) -> None:
    facilities = city.layer("facilities").set_index("facility_id")
    assert facilities.loc["osm:n500", "hours"] == "08:00-22:00"
    assert facilities.loc["osm:n501", "status"] == "closed"
    assert facilities.loc["osm:w600", "site_area_m2"] == pytest.approx(10_000, rel=0.01)
    assert facilities.loc["osm:w600", "source_row"] == "town.osm w600"
    services = city.layer("facility_services").set_index(["facility_id", "element"])
    assert services.loc[("osm:w600", "kindergarten"), "capacity"] == 270
    assert services.loc[("osm:n500", "pharmacy"), "matched_by"] == "amenity=pharmacy"
    assert city.layer("facilities")["as_of"].unique().tolist() == ["2025-05-01"]


def test_ledger_and_map_are_one_facility_and_the_ledger_leads(city: City) -> None:
    ledger(
        city,
        [("Y1", "阳光幼儿园(海勃湾园)", "kindergarten", 70, 10, 300), ("Y2", "星星幼儿园", "kindergarten", 80, 20, 90)],
    )
    points = city.refresh().layer("service_points")
    kindergartens = points[points["element"] == "kindergarten"].set_index("facility_id")
    assert set(kindergartens.index) == {"jyj:Y1", "jyj:Y2"}
    sun = kindergartens.loc["jyj:Y1"]
    assert sun["capacity"] == 300
    assert sun["source"] == "jyj"
    assert set(sun["source_refs"].split()) == {"jyj:Y1", "osm:w600"}
    assert sun["site_area_m2"] == pytest.approx(10_000, rel=0.01)
    access = city.refresh().layer("access_points")
    assert access.loc[access["facility_id"] == "jyj:Y1", "access_id"].tolist() == ["n610"]


def test_a_kindergarten_is_reached_at_its_gate_and_a_park_along_its_edge(city: City) -> None:
    access = city.geo("access_points")
    assert access.loc[access["facility_id"] == "osm:w600", "kind"].tolist() == ["entrance"]
    park = access[access["facility_id"] == "osm:w700"]
    assert set(park["kind"]) == {"edge"}
    site = city.geo("facilities").set_index("facility_id").geometry["osm:w700"]
    assert shapely.distance(np.asarray(park.geometry.array), site.boundary).max() < 1e-6
    assert park.geometry.iloc[0].distance(site.centroid) > 5e-4


def test_verification_closes_opens_and_adds(city: City) -> None:
    box = shapely.box(*lonlat(-50, -50), *lonlat(700, 700))
    with city.edit("areas and findings") as edit:
        areas = gpd.GeoDataFrame(
            {"code": ["C1"], "name": ["和平社区"], "level": ["community"], "source": ["t"]}, geometry=[box], crs=4326
        )
        findings = pd.DataFrame(
            {
                "community_code": "C1",
                "element": ["pharmacy", "pharmacy", "public_toilet", "convenience_store"],
                "facility_ref": ["osm:n500", "osm:n501", "none", "none"],
                "finding": ["confirmed_absent", "present", "present", "confirmed_absent"],
                "name": [None, None, "广场公厕", None],
                "hours": [None, "24/7", None, None],
                "confirmed_by": "网格员",
                "source_row": ["v!2", "v!3", "v!4", "v!5"],
                "source": "v",
            }
        )
        edit.put("areas", "t", areas)
        edit.put("verification", "v", findings)
        derive.refresh(edit, {"areas", "verification"})
    points = city.refresh().geo("service_points").set_index(["facility_id", "element"])
    assert points.loc[("osm:n500", "pharmacy"), "status"] == "closed"
    assert points.loc[("osm:n501", "pharmacy"), ["status", "hours"]].tolist() == ["open", "24/7"]
    toilet = points.loc[("verify:C1:public_toilet", "public_toilet")]
    assert toilet["name"] == "广场公厕"
    assert toilet["community_code"] == "C1"
    assert box.contains(toilet["geometry"])
    assert "convenience_store" not in points.index.get_level_values("element")


@pytest.mark.parametrize(
    ("one", "two", "same"),
    [
        ("阳光幼儿园", "海勃湾区阳光幼儿园", True),
        ("阳光幼儿园", "星星幼儿园", False),
        ("第一小学", "第二小学", False),
        ("第1小学", "第一小学", True),
        ("国大药房(人民路店)", "国大药房(新华街店)", False),
        ("Farmacia San José", "FARMACIA SAN JOSE", True),
        ("公共厕所", "公厕", False),
    ],
)
def test_names(one: str, two: str, same: bool) -> None:
    assert alike(one, two) is same
    assert alike(two, one) is same


def test_a_site_without_a_street_nearby_is_reached_at_its_nearest_edge() -> None:
    sites = np.array([shapely.box(0, 0, 100, 100), shapely.Point(5, 5)], dtype=object)
    streets = np.array([shapely.LineString([(400, -50), (400, 150)])], dtype=object)
    nodes = pd.DataFrame({"node_id": [], "kind": []}, dtype=object)
    found = access_points(sites, np.array([False, False]), nodes, np.array([], dtype=object), streets)
    edge = found[found["site"] == 0]
    assert len(edge) == 1
    assert edge["geometry"].iloc[0].x == 100
    assert found[found["site"] == 1]["kind"].tolist() == ["point"]


def test_streets_only_hold_no_facilities(empty_city: City, tmp_path: Path) -> None:
    text = OsmText()
    block(text)
    text.node(900, 0, 300, amenity="bench")
    with pytest.raises(InputError) as caught:
        import_osm_facilities(empty_city, text.write(tmp_path / "a.osm"))
    assert caught.value.code == "intake_osm.no_facilities"


@pytest.mark.data
def test_haidian_has_chinese_names(empty_city: City, data_folder: Path) -> None:
    report = import_osm_facilities(empty_city, data_folder / "beijing_haidian" / "haidian.osm")
    assert 250 < report.taken < 400
    points = empty_city.refresh().layer("service_points")
    assert points["name"].dropna().str.contains("[\u4e00-\u9fff]").mean() > 0.7
