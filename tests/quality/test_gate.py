"""The gate on generated cities: what passes, what is missing data, which community was not delivered."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from kezhong.city.config import CityConfig
from kezhong.city.crs import to_geographic
from kezhong.city.workspace import City
from kezhong.quality import REASONS, THRESHOLD, WEIGHTS, QualityReport, gate, reason_text

CRS = "EPSG:4545"
EAST, NORTH, SIDE = 480_000.0, 4_390_000.0, 1000.0
ELEMENTS = (
    "pharmacy",
    "convenience_store",
    "bus_stop",
    "public_toilet",
    "kindergarten",
    "primary_school",
    "hairdresser",
)


def degrees(xy: np.ndarray) -> np.ndarray:
    return to_geographic(xy + np.array([EAST, NORTH]), CRS)


def build(
    folder: Path, *, per_community: int = 20, empty: int | None = 3, people: float = 3000.0, shift: float = 0.0
) -> City:
    """Nine communities of one square kilometre, streets every 200 m, facilities on the streets."""
    city = City.create(folder, CityConfig(name="试验市", crs=CRS))
    steps = np.arange(0, 3001, 200.0)
    nodes = np.array([(x, y) for y in steps for x in steps])
    n = len(steps)
    pairs = [(r * n + c, r * n + c + 1) for r in range(n) for c in range(n - 1)]
    pairs += [(r * n + c, r * n + c + n) for r in range(n - 1) for c in range(n)]
    spots = degrees(nodes)
    edges = gpd.GeoDataFrame(
        {
            "edge_id": [f"e{k}" for k in range(len(pairs))],
            "from_node": [f"n{a}" for a, _ in pairs],
            "to_node": [f"n{b}" for _, b in pairs],
            "length_m": 200.0, "highway": "residential", "steps": False,
            "bridge": False, "tunnel": False, "source": "t",
        },
        geometry=shapely.linestrings(spots[np.array(pairs)]), crs=4326,
    )  # fmt: skip
    junctions = gpd.GeoDataFrame(
        {"node_id": [f"n{k}" for k in range(len(nodes))], "kind": "junction", "source": "t"},
        geometry=shapely.points(spots), crs=4326,
    )  # fmt: skip
    corners = [(c * SIDE, r * SIDE) for r in range(3) for c in range(3)]
    boxes = [
        shapely.Polygon(degrees(np.array([(x, y), (x + SIDE, y), (x + SIDE, y + SIDE), (x, y + SIDE)])))
        for x, y in corners
    ]
    codes = [f"15030{k}" for k in range(9)]
    areas = gpd.GeoDataFrame(
        {"code": ["S1", *codes], "name": ["街", *codes], "level": ["street", *["community"] * 9],
         "parent_code": [None, *["S1"] * 9], "source": "t"},
        geometry=[shapely.union_all(boxes), *boxes], crs=4326,
    )  # fmt: skip
    demand = gpd.GeoDataFrame(
        {"demand_id": [f"d{k}" for k in range(9)], "people": people, "age_basis": "none", "community_code": codes,
         "cell_id": "AG", "method": "as_given", "source": "t"},
        geometry=shapely.points(degrees(np.array(corners) + 500.0)), crs=4326,
    )  # fmt: skip
    rng = np.random.default_rng(1)
    where = [k for k in range(9) if k != empty for _ in range(per_community)]
    along = rng.uniform(30, 970, len(where))
    xy = np.array([(corners[k][0] + a, corners[k][1] + 400.0 + 10) for k, a in zip(where, along, strict=True)])
    points = shapely.points(degrees(xy + shift))
    ids = [f"ledger:{k}" for k in range(len(where))]
    services = gpd.GeoDataFrame(
        {"facility_id": ids, "element": [ELEMENTS[k % len(ELEMENTS)] for k in range(len(ids))], "name": ids,
         "status": "open",
         "community_code": [codes[k] for k in where], "source": "ledger", "source_refs": ids, "source_rows": ids},
        geometry=points, crs=4326,
    )  # fmt: skip
    facilities = gpd.GeoDataFrame(
        {"facility_id": ids, "name": ids, "status": "open", "source_row": ids, "source": "ledger",
         "as_of": "2026-01-01"},
        geometry=points, crs=4326,
    )  # fmt: skip
    with city.edit("made") as edit:
        edit.put("street_edges", "t", edges)
        edit.put("street_nodes", "t", junctions)
        edit.put("areas", "t", areas)
        if people:
            edit.put("demand", "t", demand)
        if ids:
            edit.put("facilities", "ledger", facilities)
            edit.put("service_points", "derived", services)
    return city.refresh()


def by_id(report: QualityReport) -> dict[str, str]:
    return {check.id: check.status for check in report.checks}


def test_a_sound_city_passes_and_its_undelivered_community_does_not(tmp_path: Path) -> None:
    report = gate(build(tmp_path / "c"))
    assert report.sufficient
    assert report.score >= THRESHOLD
    assert dict(report.flagged) == {"150303": "area_facilities"}
    assert report.insufficient("150303", "pharmacy") == "area_facilities"
    assert report.insufficient("150304", "pharmacy") is None
    assert report.insufficient("S1", "pharmacy") is None
    assert report.area_score["150303"] <= 40
    assert report.area_score["150304"] == 100
    assert {check.id for check in report.checks} == set(WEIGHTS)


def test_a_community_that_lacks_some_elements_is_not_flagged(tmp_path: Path) -> None:
    assert dict(gate(build(tmp_path / "c", empty=None)).flagged) == {}


def test_few_people_prove_nothing(tmp_path: Path) -> None:
    assert dict(gate(build(tmp_path / "c", people=600.0)).flagged) == {}


def test_hundred_thousand_people_with_a_handful_of_facilities_are_missing_data(tmp_path: Path) -> None:
    report = gate(build(tmp_path / "c", per_community=1, people=12_000.0))
    assert not report.sufficient
    assert report.failed == "city_facility_density"
    assert report.score <= 40
    assert by_id(report)["facility_density"] == "fail"
    assert report.insufficient("150301", "pharmacy") == "city_facility_density"


def test_without_people_it_says_so(tmp_path: Path) -> None:
    report = gate(build(tmp_path / "c", people=0.0))
    assert report.failed == "city_population"
    assert any("人口" in check.detail_zh for check in report.checks if check.status == "fail")


def test_an_empty_city(empty_city: City) -> None:
    report = gate(empty_city)
    assert report.failed == "city_network"
    assert report.score == 0


def test_a_ledger_in_gcj02_is_suspected(tmp_path: Path) -> None:
    import geocoordinates_ffi as library

    city = build(tmp_path / "c")
    facilities = city.geo("facilities").copy()
    moved = [library.wgs84_to_gcj02(library.Wgs84(lat=spot.y, lon=spot.x)) for spot in facilities.geometry]
    shifted = facilities.set_geometry(gpd.GeoSeries([shapely.Point(spot.lon, spot.lat) for spot in moved], crs=4326))
    with city.edit("shifted") as edit:
        edit.put("facilities", "ledger", shifted)
    check = next(check for check in gate(city.refresh()).checks if check.id == "datum")
    assert by_id(gate(city))["datum"] == "pass"
    assert check.status == "fail"
    assert "ledger" in check.detail_zh
    assert "GCJ-02" in check.detail_zh


def test_twins_on_the_map_betray_a_shift(tmp_path: Path) -> None:
    city = build(tmp_path / "c")
    ledger = city.geo("facilities")
    osm = ledger.assign(
        facility_id=[f"osm:n{k}" for k in range(len(ledger))], source="osm", geometry=ledger.translate(0.005, 0.002)
    )
    with city.edit("osm") as edit:
        edit.put("facilities", "osm", osm.set_crs(4326, allow_override=True))
    check = next(check for check in gate(city.refresh()).checks if check.id == "datum")
    assert check.status == "fail"
    assert check.value == pytest.approx(np.hypot(0.005 * 85_600, 0.002 * 111_000), rel=0.05)


def test_the_report_is_cached_and_survives_a_broken_cache(tmp_path: Path) -> None:
    city = build(tmp_path / "c")
    first = gate(city)
    files = list((city.folder / "cache").glob("quality-*.json"))
    assert len(files) == 1
    assert gate(city) == first
    files[0].write_text("{", "utf-8")
    assert gate(city) == first
    assert QualityReport.from_dict(first.to_dict()) == first


def test_reasons_have_words() -> None:
    for reason in REASONS:
        zh, en = reason_text(reason)
        assert zh
        assert en


def test_the_page_names_every_check_and_its_weight() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "quality.md").read_text("utf-8")
    for name, weight in WEIGHTS.items():
        assert f"| `{name}` | {weight:.0f} |" in page
    assert f"{THRESHOLD:.0f}" in page
    assert pd.notna(THRESHOLD)
