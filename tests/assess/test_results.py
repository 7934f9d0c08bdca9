"""The tables of a run: figures, the ranked list, the examination, comparison, arrays."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from assess.cities import CROSSING, usual
from kezhong.assess import Assessment, assess, compare
from kezhong.assess.origins import UNREACHED
from kezhong.city.results import FIGURE_COLUMNS, FIGURE_KEY, SHORTFALL_COLUMNS
from kezhong.city.workspace import City
from kezhong.errors import InputError


def test_a_shared_facility_counts_once_and_circles_cross_streets(tmp_path: Path) -> None:
    lattice = usual(tmp_path, circles=CROSSING)
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
    lattice = usual(tmp_path)
    city = lattice.build()
    before = assess(city, "kezhong-default")
    lattice.add("pharmacy", 600, 500)
    with city.edit("a new pharmacy") as edit:
        lattice.put_facilities(edit)
    after = assess(city.refresh(), "kezhong-default")
    change = compare(before, after)
    assert {"pharmacy"} == set(change.figures["element"]) - {"*"}
    assert set(change.closed["element"]) | set(change.opened["element"]) <= {"pharmacy"}
    with pytest.raises(InputError):
        compare(before, assess(city, "gb50180-2018"))


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
