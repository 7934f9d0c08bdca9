"""Assessments of small invented cities against recomputation from first principles."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from assess.cities import STEP, Lattice, frame, place
from kezhong.assess import Assessment, assess, compare, open_assessment
from kezhong.assess.reach import UNREACHED
from kezhong.city.config import CityConfig
from kezhong.city.results import FIGURE_COLUMNS, FIGURE_KEY, SHORTFALL_COLUMNS, RunStore
from kezhong.city.workspace import City
from kezhong.errors import CancelledError, DataMissingError, InputError, NotFoundError

CIRCLES = {"L1": ["C1", "C2"], "L2": ["C3", "C4"]}
#: A circle that crosses the border of the two streets.
CROSSING = {"L1": ["C1"], "L2": ["C2", "C3"], "L3": ["C4"]}


def _lattice(folder: Path, **more: object) -> Lattice:
    lattice = Lattice(folder / "city", **{"circles": CIRCLES, **more})  # type: ignore[arg-type]
    lattice.add("wet_market", 300, 300)
    lattice.add("wet_market", 1600, 700)
    lattice.add("pharmacy", 100, 100)
    lattice.add("kindergarten", 500, 500, capacity=100.0, capacity_unit="places", hours="周一至周五 8:00-17:00")
    lattice.add("kindergarten", 1000, 500, capacity=150.0, capacity_unit="places", satisfaction=0.9)
    lattice.add("primary_school", 1500, 500, capacity=300.0, capacity_unit="places")
    lattice.add("elderly_home", 1700, 800, capacity=20.0, capacity_unit="beds")
    return lattice


@pytest.fixture(scope="module")
def lattice(tmp_path_factory: pytest.TempPathFactory) -> Lattice:
    return _lattice(tmp_path_factory.mktemp("lattice"))


@pytest.fixture(scope="module")
def city(lattice: Lattice) -> City:
    return lattice.build()


@pytest.fixture(scope="module")
def found(city: City) -> Assessment:
    return assess(city, "kezhong-default")


def _units(lattice: Lattice) -> pd.DataFrame:
    """People of every crossing by arithmetic."""
    rows = [
        (i * STEP, j * STEP, lattice.people + (i * 7 + j * 3) % 5, lattice.community(i * STEP))
        for i, j in itertools.product(range(lattice.columns), range(lattice.rows))
    ]
    return pd.DataFrame(rows, columns=["x", "y", "people", "community"])


def _covered(lattice: Lattice, element: str, limit: float) -> pd.DataFrame:
    """On a lattice the walking distance between crossings is the sum of the offsets."""
    units = _units(lattice)
    spots = [row["_xy"] for row in lattice.facilities if row["element"] == element]
    units["m"] = [min(abs(x - a) + abs(y - b) for a, b in spots) for x, y in zip(units["x"], units["y"], strict=True)]
    units["in"] = units["m"] <= limit + 0.05
    return units


@pytest.mark.parametrize(("element", "limit"), [("wet_market", 500.0), ("pharmacy", 300.0), ("primary_school", 500.0)])
def test_coverage_equals_brute_force(found: Assessment, lattice: Lattice, element: str, limit: float) -> None:
    units = _covered(lattice, element, limit)
    rows = found.coverage(element, "community", "population").set_index("area_code")
    for code, part in units.groupby("community"):
        assert rows.loc[code, "denominator"] == pytest.approx(part["people"].sum())
        assert rows.loc[code, "numerator"] == pytest.approx(part.loc[part["in"], "people"].sum())
        assert rows.loc[code, "value"] == pytest.approx(part.loc[part["in"], "people"].sum() / part["people"].sum())


def test_cells_equal_brute_force(found: Assessment, lattice: Lattice) -> None:
    units = _covered(lattice, "wet_market", 500.0)
    cells = found.cells("wet_market")
    np.testing.assert_allclose(cells["nearest_m"], units["m"], atol=0.11)
    np.testing.assert_allclose(cells["minutes"], cells["nearest_m"] / 66.7, atol=0.01)
    assert set(cells["reason"]) == {"ok"}


def test_numerators_and_denominators_add_up(found: Assessment) -> None:
    rows = found.figures
    rows = rows[(rows["indicator"] == "coverage") & (rows["variant"] == "population")]
    for column in ("numerator", "denominator"):
        table = rows.pivot_table(index="element", columns="area_level", values=column, aggfunc="sum", observed=True)
        for level in ("life_circle", "street", "district", "city"):
            np.testing.assert_allclose(table[level], table["community"])


def test_a_shared_facility_counts_once_and_circles_cross_streets(tmp_path: Path) -> None:
    lattice = _lattice(tmp_path, circles=CROSSING)
    found = assess(lattice.build(), "kezhong-default")
    rows = found.figures[found.figures["indicator"] == "facilities"].set_index(["element", "area_code"])["value"]
    assert rows["kindergarten", "L2"] == 2  # one at the border of two communities, one inside
    assert rows["kindergarten", "150000"] == 2
    for level in (["C1", "C2", "C3", "C4"], ["L1", "L2", "L3"], ["S1", "S2"], ["D1", "D2"]):
        assert sum(rows["kindergarten", code] for code in level) == 2
    places = found.figures[found.figures["indicator"] == "capacity_gap"]
    kindergarten = places[(places["element"] == "kindergarten") & (places["area_level"] == "community")]
    # Apportioned places: all of them, each once.
    assert kindergarten["numerator"].sum() == pytest.approx(250.0)


def test_statuses_are_kept_apart(tmp_path: Path) -> None:
    lattice = _lattice(tmp_path)
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


def test_keys_are_unique_and_columns_declared(found: Assessment, city: City) -> None:
    for basis in found.catalogue.bases:
        rows = assess(city, basis).figures
        assert list(rows.columns) == list(FIGURE_COLUMNS)
        assert not rows.duplicated(list(FIGURE_KEY)).any(), basis
        assert ((rows["value"].isna()) | (rows["denominator"].isna()) | (rows["denominator"] > 0)).all()


def test_ranking_is_by_target_group_within_each_circle(found: Assessment) -> None:
    rows = found.shortfalls
    assert list(rows.columns) == list(SHORTFALL_COLUMNS)
    order = {str(circle): number for number, circle in enumerate(found.catalogue.circles)}
    assert rows["circle"].map(order).is_monotonic_increasing
    severity = rows["target_affected"] * rows["target_share"]
    for _, part in rows.assign(severity=severity).groupby("circle", observed=True):
        assert part["severity"].is_monotonic_decreasing
        assert part["rank_in_circle"].tolist() == list(range(1, len(part) + 1))
    assert rows["rank"].tolist() == list(range(1, len(rows) + 1))
    assert rows["shortfall_id"].is_unique
    assert (rows["target_affected"] <= rows["target_total"] + 1e-9).all()
    assert rows["remedies"].str.endswith("new").all()
    district = rows[rows["element"] == "elderly_home"]
    assert set(district["area_level"]) == {"district"}
    assert set(district["gap_unit"]) == {"beds"}


def test_the_affected_and_the_covered_are_everybody(found: Assessment) -> None:
    rows = found.shortfalls[found.shortfalls["element"] == "wet_market"].set_index("area_code")
    cover = found.coverage("wet_market", variant="population").set_index("area_code")
    for code, row in rows.iterrows():
        assert row["people_affected"] == pytest.approx(cover.loc[code, "denominator"] - cover.loc[code, "numerator"])
        assert row["nearest_m"] > 500
        assert row["gap"] == pytest.approx(row["nearest_m"] - 500)
        assert row["elderly_affected"] + row["children_affected"] < row["people_affected"] + 40


def test_target_groups(found: Assessment, lattice: Lattice) -> None:
    units = _covered(lattice, "kindergarten", 500.0)
    row = found.coverage("kindergarten").set_index("area_code").loc["C2"]
    own = units[units["community"] == "C2"]
    assert row["variant"] == "target_pop"
    assert row["age_group"] == "age_3_5"
    assert row["denominator"] == pytest.approx(lattice.people / 8 * 0 + own["people"].sum() / 8, rel=0.2)


def test_unknown_ages_fall_back_to_everybody(tmp_path: Path) -> None:
    found = assess(_lattice(tmp_path, ages=False).build(), "kezhong-default")
    rows = found.coverage("kindergarten")
    assert set(rows["variant"]) == {"population"}
    assert set(rows["reason"]) >= {"ages_unknown"}
    assert found.shortfalls["children_affected"].isna().all()
    assert found.shortfalls["elderly_affected"].isna().all()
    assert set(found.shortfalls["target_group"]) == {"all"}


def test_the_verdict_in_metres_knows_no_walker(city: City, found: Assessment) -> None:
    slow = assess(city, "kezhong-default", walker="elderly")
    assert slow.run.id != found.run.id
    key = ["area_code", "element", "variant"]
    one, other = (
        a.figures[a.figures["indicator"] == "coverage"].set_index(key)[["value", "status"]] for a in (found, slow)
    )
    pd.testing.assert_frame_equal(one, other)
    assert slow.shortfalls.drop(columns="quality").equals(found.shortfalls.drop(columns="quality"))
    for element in ("wet_market", "pharmacy"):
        slower, faster = (a.cells(element)["minutes"].fillna(np.inf) for a in (slow, found))
        assert (slower >= faster).all()
    lived = [
        a.figures[(a.figures["indicator"] == "lived_access") & (a.figures["threshold"] == 10)].set_index(
            ["area_code", "element"]
        )["value"]
        for a in (found, slow)
    ]
    assert (lived[1] <= lived[0] + 1e-12).all()


def test_a_pushchair_takes_no_steps(tmp_path: Path) -> None:
    # All ways across between columns 10 and 11 are steps: the east is cut off from the west.
    lattice = _lattice(tmp_path, steps={(10, j) for j in range(11)})
    city = lattice.build()
    walking, rolling = assess(city, walker="standard"), assess(city, walker="stroller_wheelchair")
    west = walking.cells("primary_school")["demand_id"].str[1:3].astype(int) <= 10
    assert walking.cells("primary_school")["minutes"][west].notna().any()
    cells = rolling.cells("primary_school")
    assert cells["minutes"][west].isna().all()
    assert "barred" in set(cells["reason"][west])
    np.testing.assert_array_equal(walking.run.array("nearest_dm")[0], rolling.run.array("nearest_dm")[0])


def test_minutes_are_not_metres(city: City) -> None:
    found = assess(city, "tdt1063-2021")
    row = found.coverage("wet_market", variant="population").set_index("area_code").loc["C1"]
    assert row["threshold_unit"] == "min"
    assert row["threshold"] == 10
    assert row["walker"] == "standard"
    metres = found.cells("wet_market").set_index("demand_id")
    own = metres[metres["community_code"] == "C1"]
    assert row["numerator"] == pytest.approx(own.loc[own["nearest_m"] <= 667.0, "people"].sum())
    # No residential land is loaded: the verdict falls back to people and says so.
    assert set(found.coverage("wet_market")["reason"]) >= {"weight_population"}


def test_land_buildings_estates_and_buffer(tmp_path: Path) -> None:
    lattice = _lattice(tmp_path)
    square = place(350, 350).buffer(0.002).envelope
    lattice.landuse.append(
        {"parcel_id": "p1", "use": "R2", "residential": True, "planned": False, "source": "t", "geometry": square}
    )
    lattice.estates += [
        {"estate_id": "e1", "name": "近", "gated": True, "source": "t", "geometry": place(310, 310).buffer(1e-4)},
        {"estate_id": "e2", "name": "远", "gated": True, "source": "t", "geometry": place(310, 310).buffer(2e-4)},
    ]
    # The second estate lies beside the market, but its gate is far away.
    lattice.gates += [
        {"gate_id": "g1", "estate_id": "e1", "source": "t", "geometry": place(320, 300)},
        {"gate_id": "g2", "estate_id": "e2", "source": "t", "geometry": place(300, 1000)},
    ]
    found = assess(lattice.build(), "kezhong-default")
    estates = found.coverage("wet_market", "city", "estate").iloc[0]
    assert (estates["numerator"], estates["denominator"]) == (1.0, 2.0)
    land = found.coverage("wet_market", "city", "land").iloc[0]
    buffer = found.coverage("wet_market", "city", "buffer").iloc[0]
    assert land["denominator"] > 50_000
    assert 0 < land["value"] <= buffer["value"]
    assert buffer["denominator"] == pytest.approx(land["denominator"])


def test_conditional_station_only_where_the_centre_does_not_reach(tmp_path: Path) -> None:
    lattice = _lattice(tmp_path)
    lattice.add("community_health_centre", 500, 500)
    lattice.add("community_health_station", 1900, 900)
    found = assess(lattice.build(), "kezhong-default")
    rows = found.figures[
        (found.figures["element"] == "community_health_station") & (found.figures["indicator"] == "coverage")
    ].set_index(["area_code", "variant"])
    cells = found.cells("community_health_centre")
    beyond = cells[(cells["nearest_m"] > 1000.0) & (cells["community_code"] == "C4")]
    assert rows.loc[("C4", "population"), "denominator"] == pytest.approx(beyond["people"].sum())
    assert ("C1", "population") in rows.index
    assert rows.loc[("C1", "population"), "status"] == "not_applicable"
    assert rows.loc[("C1", "population"), "reason"] == "reached_by_upper"


def test_a_station_seen_nowhere_is_not_detected_even_where_centres_are(tmp_path: Path) -> None:
    lattice = _lattice(tmp_path)
    lattice.add("community_health_centre", 500, 500)
    found = assess(lattice.build(), "kezhong-default")
    assert not (found.shortfalls["element"] == "community_health_station").any()
    assert "community_health_station" in {row["element"] for row in found.to_verify}
    # The lattice has no villages: what only villages need is nothing to look for.
    assert "village_clinic" not in {row["element"] for row in found.to_verify}


def test_second_basis_needs_no_search_and_the_same_question_is_the_same_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    city = _lattice(tmp_path).build()
    first = assess(city, "kezhong-default")

    def fail(*args: object, **more: object) -> None:
        raise AssertionError("searched again")

    monkeypatch.setattr("kezhong.assess.reach._search", fail)
    assert assess(city, "gb50180-2018").run.id != first.run.id
    assert assess(city, "kezhong-default").run.id == first.run.id
    again = open_assessment(city, first.run.id)
    assert again.basis.hash == first.basis.hash


def test_two_runs_are_equal_byte_for_byte(tmp_path: Path) -> None:
    city = _lattice(tmp_path).build()
    first = assess(city, "kezhong-default")
    files = sorted(path for path in first.run.folder.rglob("*") if path.suffix in (".parquet", ".npy"))
    before = {path.name: path.read_bytes() for path in files}
    for cached in (city.folder / "cache").glob("reach-*"):
        cached.unlink()
    second = assess(city.refresh(), "kezhong-default", force=True)
    assert second.run.id == first.run.id
    after = {path.name: path.read_bytes() for path in files}
    assert before == after


def test_no_population_says_so(tmp_path: Path) -> None:
    lattice = _lattice(tmp_path, people=0.0)
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


def test_explanation_is_complete(found: Assessment) -> None:
    told = found.explain("C2", "wet_market")
    page = json.loads(json.dumps(told.to_dict()))
    assert page["status"] == "falls_short"
    assert page["verdict_zh"].startswith("社区2：菜市场或生鲜超市")
    assert "依据：TD/T 1062-2021" in page["verdict_zh"]
    assert page["facility"]["source_rows"] == "ledger.xlsx#2"
    assert page["sources"][0]["rows"] == ["ledger.xlsx#2"]
    assert page["route"]["type"] == "LineString"
    assert page["route"]["metres"] == pytest.approx(page["facility"]["metres"])
    assert page["unit"]["metres"] == page["facility"]["metres"]
    assert page["versions"]["layers"]["street_edges"]["osm"]
    assert page["versions"]["basis_hash"] == found.basis.hash
    assert page["versions"]["run"] == found.run.id
    assert page["parameters"]["m_per_min"] == pytest.approx(66.7)
    assert {row["basis"] for row in page["conflicts"]} >= {"tdt1062-2021", "gb50180-2018"}
    assert page["requirements"][0]["evidence"][0]["grade"] == "found"
    cover = [row for row in page["figures"] if row["indicator"] == "coverage" and row["variant"] == "population"]
    assert cover[0]["numerator"] / cover[0]["denominator"] == pytest.approx(cover[0]["value"])
    assert page["shortfall_id"] in set(found.shortfalls["shortfall_id"])
    assert "社区2" in told.text()
    assert "C2" not in told.text("en").splitlines()[0]


def test_explanation_of_a_point_and_of_what_is_unknown(found: Assessment) -> None:
    spot = place(1010, 480)
    told = found.explain_point(spot.x, spot.y, "kindergarten")
    assert told.unit is not None
    assert told.unit["demand_id"] == "d10-05"
    assert told.unit["metres"] == pytest.approx(0.0, abs=1.0)
    assert found.explain("C1", "convenience_store").status == "no_data"
    with pytest.raises(NotFoundError):
        found.explain_point(0.0, 0.0, "kindergarten")
    with pytest.raises(NotFoundError):
        found.explain("没有这个社区", "kindergarten")
    with pytest.raises(NotFoundError):
        found.explain("C1", "no_such_element")


def test_examination_counts_failing_units(city: City) -> None:
    found = assess(city, "city-examination")
    table = found.examination().set_index("requirement_id")
    verdicts = found.figures[found.figures["indicator"] == "requirement_met"]
    for requirement, row in table.iterrows():
        own = verdicts[(verdicts["requirement_id"] == requirement) & (verdicts["area_level"] == row["area_level"])]
        assert row["failing"] == own["status"].isin(["falls_short", "confirmed_absent"]).sum()
        assert row["failing"] <= row["tested"]
    assert "未达标配建的幼儿园数量" in set(table["name"])


def test_comparison_of_two_snapshots(tmp_path: Path) -> None:
    lattice = _lattice(tmp_path)
    city = lattice.build()
    before = assess(city, "kezhong-default")
    lattice.add("pharmacy", 600, 500)
    with city.edit("a new pharmacy") as edit:
        lattice._facilities(edit)
    after = assess(city.refresh(), "kezhong-default")
    change = compare(before, after)
    assert {"pharmacy"} == set(change.figures["element"]) - {"*"}
    assert set(change.closed["element"]) | set(change.opened["element"]) <= {"pharmacy"}
    with pytest.raises(InputError):
        compare(before, assess(city, "gb50180-2018"))


def test_bad_questions(city: City, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        assess(city, "no-such-basis")
    with pytest.raises(NotFoundError):
        assess(city, walker="nobody")
    with pytest.raises(InputError):
        assess(city, window="midnight")
    with pytest.raises(DataMissingError):
        assess(City.create(tmp_path / "empty", CityConfig(name="空", crs="EPSG:4545")))
    found = assess(city)
    with pytest.raises(NotFoundError):
        found.coverage("wet_market", level="planet")
    with pytest.raises(InputError):
        found.coverage("wet_market", variant="moon")


def test_cancelling_leaves_no_run(tmp_path: Path) -> None:
    city = _lattice(tmp_path).build()

    def stop(share: float, step: str) -> None:
        if share > 0.75:
            raise CancelledError("cli.interrupted")

    with pytest.raises(CancelledError):
        assess(city, progress=stop)
    assert RunStore(city.folder).all() == []
    assert len(assess(city).figures)


def test_a_damaged_cache_is_made_anew(tmp_path: Path) -> None:
    city = _lattice(tmp_path).build()
    first = assess(city)
    for cached in (city.folder / "cache").glob("reach-*"):
        cached.write_bytes(b"PK damaged")
    second = assess(city, force=True)
    pd.testing.assert_frame_equal(first.figures, second.figures)


def test_a_time_window_counts_what_is_open(tmp_path: Path) -> None:
    lattice = _lattice(tmp_path)
    city = lattice.build()
    always, evening = assess(city), assess(city, window="evening")
    one = always.figures[(always.figures["indicator"] == "facilities") & (always.figures["element"] == "kindergarten")]
    two = evening.figures[
        (evening.figures["indicator"] == "facilities") & (evening.figures["element"] == "kindergarten")
    ]
    # One closes at five; the other states no hours and stays in, as unknown.
    assert one["value"].max() == 2
    assert two["value"].max() == 1


def test_arrays_of_a_run(found: Assessment) -> None:
    dm, ds, why = (found.run.array(name) for name in ("nearest_dm", "walker_ds", "reason"))
    assert dm.shape == ds.shape == why.shape == (len(found.run.elements), len(found.run.demand_ids))
    assert ((dm == UNREACHED) == (why != 0)).all()
    counts = found.run.array("counts")
    table = np.array(found.run.manifest["thresholds_dm"])
    row = found.run.elements.index("wet_market")
    column = int(np.flatnonzero(table[row] == 5000)[0])
    assert ((counts[row, column] > 0) == (dm[row] <= 5000)).all()


def test_summary_is_json(found: Assessment) -> None:
    page = json.loads(json.dumps(found.summary()))
    assert page["shortfalls"] == len(found.shortfalls)
    assert page["run"] == found.run.id
