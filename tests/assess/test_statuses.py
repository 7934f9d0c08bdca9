"""Not detected, no data, confirmed absent, insufficient: kept apart all the way."""

from __future__ import annotations

from pathlib import Path

from assess.cities import CIRCLES, Lattice, frame, place, usual
from kezhong.assess import assess


def test_statuses_are_kept_apart(tmp_path: Path) -> None:
    lattice = usual(tmp_path)
    lattice.verification.append(
        {
            "community_code": "C2", "element": "pharmacy", "facility_ref": "none", "finding": "confirmed_absent",
            "confirmed_by": "网格员", "source_row": "v.xlsx#3", "source": "test",
        }
    )  # fmt: skip
    lattice.verification.append(
        {
            "community_code": "C3", "element": "outdoor_fitness", "facility_ref": "none",
            "finding": "confirmed_absent", "confirmed_by": "网格员", "source_row": "v.xlsx#4", "source": "test",
        }
    )  # fmt: skip
    city = lattice.build()
    with city.edit("osm") as edit:
        edit.put(
            "facilities",
            "osm",
            frame([{"facility_id": "osm:n1", "status": "open", "source": "osm", "source_row": "n1",
                    "geometry": place(0, 0)}]),
        )  # fmt: skip
    found = assess(city.refresh(), "kezhong-default")
    by = found.figures[found.figures["indicator"] == "requirement_met"]
    # OpenStreetMap could show a playground and shows none: not detected. Nobody could show a canteen ledger: no data.
    status = {e: set(rows["status"]) for e, rows in by.groupby("element", observed=True)}
    assert "not_detected" in status["reading_room"]
    assert not (found.shortfalls["element"] == "reading_room").any()
    assert {row["element"] for row in found.to_verify} >= {"reading_room"}
    presence = found.shortfalls.set_index(["element", "area_code"])["presence"]
    assert presence["pharmacy", "C2"] == "confirmed_absent"
    assert presence["pharmacy", "C3"] == "not_detected"
    certainty = found.shortfalls.set_index(["element", "area_code"])["certainty"]
    assert certainty["pharmacy", "C2"] == "high"
    assert certainty["pharmacy", "C3"] == "medium"
    fitness = found.figures[
        (found.figures["element"] == "outdoor_fitness") & (found.figures["indicator"] == "facilities")
    ].set_index("area_code")["status"]
    assert fitness["C3"] == "confirmed_absent"
    assert fitness["C1"] == "not_detected"
    statistic = found.coverage("residential_property_service")
    assert set(statistic["status"]) == {"not_applicable"}


def test_a_station_seen_nowhere_is_not_detected_even_where_centres_are(tmp_path: Path) -> None:
    lattice = usual(tmp_path)
    lattice.add("community_health_centre", 500, 500)
    found = assess(lattice.build(), "kezhong-default")
    assert not (found.shortfalls["element"] == "community_health_station").any()
    assert "community_health_station" in {row["element"] for row in found.to_verify}
    # The lattice has no villages: what only villages need is nothing to look for.
    assert "village_clinic" not in {row["element"] for row in found.to_verify}


def test_no_population_says_so(tmp_path: Path) -> None:
    lattice = usual(tmp_path, people=0.0)
    found = assess(lattice.build(), "kezhong-default")
    assert found.insufficient
    assert found.run.manifest["notes"] == ["no_population"]
    assert len(found.shortfalls) == 0
    rows = found.figures
    counts = rows[(rows["indicator"] == "facilities") & (rows["element"] == "wet_market")].set_index("area_code")
    assert counts.loc["150000", "value"] == 2
    assert set(found.grades["grade"]) == {"insufficient"}
    assert not set(rows["status"]) & {"meets", "falls_short"}
    told = found.explain("C1", "wet_market")
    assert told.status == "no_data"
    assert told.reason_zh == "没有人口数据"


def test_no_facilities_is_missing_data_not_missing_service(tmp_path: Path) -> None:
    found = assess(Lattice(tmp_path / "city", circles=CIRCLES).build(), "kezhong-default")
    assert found.insufficient
    assert len(found.shortfalls) == 0
    assert set(found.grades["grade"]) == {"insufficient"}
    judged = found.figures[found.figures["indicator"] == "coverage"]
    assert set(judged["status"]) <= {"data_insufficient", "not_applicable"}
    assert "no_facilities" in found.run.manifest["notes"]


def test_a_city_without_areas_is_assessed_as_one(tmp_path: Path) -> None:
    lattice = Lattice(tmp_path / "city", strips=0)
    lattice.strips = 1
    lattice.add("wet_market", 300, 300, community_code=None)
    lattice.strips = 0
    for row in lattice.facilities:
        row["community_code"] = None
    found = assess(lattice.build(), "kezhong-default")
    assert found.levels == ["city"]
    rows = found.coverage("wet_market")
    assert rows["area_code"].tolist() == ["150000"]
    assert 0 < rows["value"].iloc[0] < 1
    assert found.explain("150000", "wet_market").area["level"] == "city"
