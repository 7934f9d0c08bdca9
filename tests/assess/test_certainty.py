"""Intervals and sensitivity: against closed forms, against planted truth, and what must always hold."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assess.cities import Lattice, covered, usual
from kezhong.assess import Assessment, assess
from kezhong.assess.api import run_key
from kezhong.assess.certainty import Sampler, load_spreads
from kezhong.assess.certainty.draws import SOURCES
from kezhong.assess.certainty.sampling import quantiles, shares, stretched
from kezhong.assess.prepare import prepare
from kezhong.assess.study import Study
from kezhong.catalogue import load_basis, load_catalogue
from kezhong.city.workspace import City
from kezhong.errors import InputError
from kezhong.progress import silent

STILL = """
samples = 200
[length]
all = 0
[speed]
all = 0
[snapping]
as_given = 0
dasymetric_buildings = 0
dasymetric_landuse = 0
[population]
as_given = 0
[ages]
counted = 0
[phantom]
ledger = 0
open_map = 0
[missing]
ledger = 0
open_map = 0
"""


def spread(text: str, table: str, value: str) -> str:
    """``text`` with one line of one table replaced."""
    key = value.split("=")[0].strip()
    lines, inside = [], False
    for line in text.splitlines():
        inside = line == f"[{table}]" if line.startswith("[") else inside
        lines.append(value if inside and line.split("=")[0].strip() == key else line)
    return "\n".join(lines)


def city_with(folder: Path, text: str, *, open_map: bool = False) -> tuple[Lattice, City]:
    lattice = usual(folder)
    if open_map:
        for row in lattice.facilities:
            row["source_refs"] = f"osm:n{row['facility_id']}"
    city = lattice.build()
    (city.folder / "certainty.toml").write_text(text, encoding="utf-8")
    return lattice, city


def study_of(city: City, basis: str = "kezhong-default") -> Study:
    return prepare(city, load_basis(basis, city.folder), load_catalogue().walker("standard"), "any", silent)


def cover(found: Assessment, element: str = "wet_market", variant: str = "population") -> pd.DataFrame:
    rows = found.figures
    rows = rows[(rows["element"] == element) & (rows["indicator"] == "coverage") & (rows["variant"] == variant)]
    return rows.set_index("area_code")


def test_every_coverage_has_an_interval_that_holds_it(found: Assessment) -> None:
    rows = found.figures[found.figures["indicator"].isin(["coverage", "lived_access"])]
    known = rows[rows["value"].notna()]
    assert len(known) > 100
    assert known["low"].notna().all()
    assert known["high"].notna().all()
    assert (known["low"] <= known["value"]).all()
    assert (known["value"] <= known["high"]).all()
    assert ((known["low"] >= 0) & (known["high"] <= 1 + 1e-9)).all()
    assert ((known["high"] - known["low"]) > 0.01).any()
    assert rows[rows["value"].isna()][["low", "high"]].isna().all().all()


def test_nothing_uncertain_has_no_width(tmp_path: Path) -> None:
    _, city = city_with(tmp_path, STILL)
    rows = assess(city).figures
    known = rows[rows["low"].notna()]
    assert len(known) > 100
    assert (known["low"] == known["value"]).all()
    assert (known["high"] == known["value"]).all()


def test_length_alone_is_a_closed_form(tmp_path: Path) -> None:
    """With a factor on all lengths only, the ends are the coverage within the threshold divided by its quantiles."""
    lattice, city = city_with(tmp_path, spread(STILL, "length", "all = 0.1"))
    row = cover(assess(city)).loc["150000"]
    log = np.sqrt(np.log1p(0.1**2))
    ends = []
    for z in (1.6449, -1.6449):
        units = covered(lattice, "wet_market", row["threshold"] / np.exp(log * z))
        ends.append(float((units["people"] * units["in"]).sum() / units["people"].sum()))
    # One lattice step more or less at the very quantile is the resolution of 200 stratified samples.
    assert row["low"] == pytest.approx(ends[0], abs=0.02)
    assert row["high"] == pytest.approx(ends[1], abs=0.02)
    # The threshold lies on a step of the lattice: a shorter way brings nobody before the next step.
    assert row["low"] < row["value"] <= row["high"]


def test_a_facility_that_may_be_gone_has_the_chance_given(tmp_path: Path) -> None:
    """One kindergarten serves the strip: it is gone in a fifth of the samples, and then nobody is served."""
    _, city = city_with(tmp_path, spread(spread(STILL, "phantom", "ledger = 0.3"), "phantom", "open_map = 0.3"))
    sampler = Sampler.of(study_of(city))
    assert sampler is not None
    alive = sampler.draws.alive[:-1]
    assert alive.mean() == pytest.approx(0.7, abs=0.04)
    row = cover(assess(city)).loc["C1"]
    assert row["low"] == 0.0
    assert row["high"] == row["value"] > 0


def test_missing_facilities_only_add(tmp_path: Path) -> None:
    _, city = city_with(tmp_path, spread(STILL, "missing", "ledger = 1.0"))
    rows = cover(assess(city))
    assert (rows["low"] == rows["value"]).all()
    assert (rows["high"] > rows["value"]).any()


def test_settled_on_the_ground_leaves_nothing_missing_there(tmp_path: Path) -> None:
    lattice = usual(tmp_path)
    lattice.verification = [
        {"community_code": code, "element": "wet_market", "facility_ref": "none", "finding": "confirmed_absent",
         "confirmed_by": "网格员", "confirmed_on": "2026-05-01", "source_row": f"v#{code}", "source": "test"}
        for code in ("C1", "C2", "C3", "C4")
    ]  # fmt: skip
    city = lattice.build()
    (city.folder / "certainty.toml").write_text(spread(STILL, "missing", "ledger = 2.0"), encoding="utf-8")
    sampler = Sampler.of(study_of(city))
    assert sampler is not None
    elements = {sampler.study.table.elements[row] for row in sampler.draws.added}
    assert "wet_market" not in elements
    assert "pharmacy" in elements


def test_verified_facilities_are_never_gone(tmp_path: Path) -> None:
    lattice = usual(tmp_path)
    name = lattice.facilities[0]["facility_id"]
    lattice.verification = [
        {"community_code": "C1", "element": "wet_market", "facility_ref": name, "finding": "present",
         "confirmed_by": "网格员", "confirmed_on": "2026-05-01", "source_row": "v#1", "source": "test"}
    ]  # fmt: skip
    city = lattice.build()
    (city.folder / "certainty.toml").write_text(spread(STILL, "phantom", "ledger = 0.9"), encoding="utf-8")
    study = study_of(city)
    sampler = Sampler.of(study)
    assert sampler is not None
    gone = dict(zip(study.points["facility_id"], sampler.draws.gone, strict=True))
    assert gone.pop(name) == 0.0
    assert set(gone.values()) == {0.9}


@pytest.mark.slow
def test_planted_truth_lies_inside_nine_times_of_ten(tmp_path: Path) -> None:
    """Cities whose truth is drawn from the spreads the software is told: the true share is inside as often as said."""
    rng = np.random.default_rng(3)
    inside = total = 0
    text = spread(spread(STILL, "length", "all = 0.1"), "phantom", "ledger = 0.15")
    log = np.sqrt(np.log1p(0.1**2))
    for number in range(40):
        lattice = Lattice(tmp_path / f"c{number}", circles=None)
        for _ in range(12):
            x, y = rng.integers(0, 21) * 100.0, rng.integers(0, 11) * 100.0
            lattice.add("wet_market", x, y)
        city = lattice.build()
        (city.folder / "certainty.toml").write_text(text, encoding="utf-8")
        row = cover(assess(city)).loc["150000"]
        kept = [spot for spot in lattice.facilities if rng.random() >= 0.15]
        truth = replace(lattice, facilities=kept)
        units = covered(truth, "wet_market", row["threshold"] / np.exp(log * rng.standard_normal()))
        true = float((units["people"] * units["in"]).sum() / units["people"].sum())
        inside += row["low"] - 1e-9 <= true <= row["high"] + 1e-9
        total += 1
    # Of 40 draws with probability 0.9, fewer than 32 fall inside in 1.6 % of all worlds.
    assert inside / total >= 0.8


def test_the_same_data_give_the_same_interval(tmp_path: Path) -> None:
    first, second = (assess(usual(tmp_path / name).build()) for name in ("a", "b"))
    pd.testing.assert_frame_equal(
        first.figures[["area_code", "element", "variant", "low", "high"]],
        second.figures[["area_code", "element", "variant", "low", "high"]],
    )


def test_bases_and_forced_runs_share_their_draws(city: City, found: Assessment) -> None:
    again = assess(city, "kezhong-default", force=True)
    assert cover(again)["low"].equals(cover(found)["low"])


def test_sensitivity_adds_up_and_names_its_sources(found: Assessment) -> None:
    told = found.explain("C2", "wet_market")
    table = told.sensitivity
    assert table is not None
    row = cover(found).loc["C2"]
    assert table["value"] == pytest.approx(row["value"])
    assert table["low"] == pytest.approx(row["low"], abs=1e-6)
    assert table["high"] == pytest.approx(row["high"], abs=1e-6)
    assert sum(part["share"] for part in table["sources"]) == pytest.approx(1.0)
    assert [part["share"] for part in table["sources"]] == sorted(
        (part["share"] for part in table["sources"]), reverse=True
    )
    assert {part["source"] for part in table["sources"]} == set(SOURCES) - {"speed"}
    for part in table["sources"]:
        assert part["low"] <= table["value"] + 1e-9 <= part["high"] + 2e-9
        assert "建议值(待核)" in part["evidence_zh"]
    assert "不确定性：覆盖率" in told.text()
    assert "Uncertainty: coverage" in told.text("en")


def test_sensitivity_finds_the_only_source(tmp_path: Path) -> None:
    for table, value, source in (
        ("length", "all = 0.1", "length"),
        ("snapping", "as_given = 60", "snapping"),
        ("population", "as_given = 0.5", "population"),
        ("phantom", "ledger = 0.3", "phantom"),
        ("missing", "ledger = 1.0", "missing"),
    ):
        _, city = city_with(tmp_path / table, spread(STILL, table, value))
        found = assess(city).explain("150000", "wet_market").sensitivity
        assert found is not None
        assert found["sources"][0]["source"] == source
        assert found["sources"][0]["share"] == pytest.approx(1.0)
        assert found["low"] < found["high"]


def test_minutes_feel_the_walking_speed(found: Assessment) -> None:
    other = assess(found.city, "tdt1063-2021")
    rows = cover(other)
    assert set(rows["threshold_unit"]) == {"min"}
    table = other.explain("150000", "wet_market").sensitivity
    assert table is not None
    assert "speed" in {part["source"] for part in table["sources"]}


def test_no_requirement_no_sensitivity(found: Assessment) -> None:
    assert found.explain("C1", "convenience_store").sensitivity is None


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.floats(0, 1), min_size=20, max_size=60),
    st.one_of(st.floats(0, 1), st.just(float("nan"))),
)
def test_the_point_is_never_outside(samples: list[float], point: float) -> None:
    low, high = stretched(*quantiles(np.array([samples])), np.array([point]))
    if np.isnan(point):
        assert np.isnan([low, high]).all()
    else:
        assert low[0] <= point <= high[0]


def test_shares_of_nobody_are_unknown() -> None:
    assert np.isnan(shares(np.zeros((1, 3)), np.zeros((1, 3)))).all()


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.floats(0.0, 0.3), st.floats(0.0, 0.5), st.floats(0, 80))
def test_wider_spreads_never_narrow(
    tmp_path_factory: pytest.TempPathFactory, length: float, gone: float, off: float
) -> None:
    """The 5th percentile of coverage with facilities gone is never above that of the same draws without."""
    folder = tmp_path_factory.mktemp("spread")
    text = spread(spread(STILL, "length", f"all = {length}"), "snapping", f"as_given = {off}")
    _, city = city_with(folder, text)
    before = cover(assess(city))
    (city.folder / "certainty.toml").write_text(spread(text, "phantom", f"ledger = {gone}"), encoding="utf-8")
    after = cover(assess(city))
    assert (after["low"] <= before["low"] + 1e-6).all()
    assert (after["high"] <= before["high"] + 1e-6).all()


def test_a_city_of_its_own_spreads_is_another_run(tmp_path: Path) -> None:
    city = usual(tmp_path).build()
    basis, walker = load_basis("kezhong-default"), load_catalogue().walker("standard")
    before = run_key(city, basis, walker)
    (city.folder / "certainty.toml").write_text("[length]\nall = 0.2\n", encoding="utf-8")
    after = run_key(city, basis, walker)
    assert before != after
    assert load_spreads(city.folder).length == {"all": 0.2}
    assert load_spreads(city.folder).missing == load_spreads().missing


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        ("[length]\nall = ", "certainty.not_toml", "certainty.toml"),
        ("[length]\nall = -0.1\n", "certainty.bad_value", "length.all"),
        ("[length]\nall = nan\n", "certainty.bad_value", "length.all"),
        ("[length]\nall = true\n", "certainty.bad_value", "length.all"),
        ('[length]\nall = "五"\n', "certainty.bad_value", "五"),
        ("length = 3\n", "certainty.bad_value", "length"),
        ("[lengths]\nall = 0.1\n", "certainty.unknown_name", "lengths"),
        ("[snapping]\nby_eye = 3\n", "certainty.unknown_name", "snapping.by_eye"),
        ("samples = 3\n", "certainty.bad_value", "samples"),
        ("samples = 9999999\n", "certainty.bad_value", "20–2000"),
    ],
)
def test_bad_spreads_are_told_and_nothing_is_run(tmp_path: Path, text: str, code: str, says: str) -> None:
    city = usual(tmp_path).build()
    (city.folder / "certainty.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as error:
        assess(city)
    assert error.value.code == code
    assert says in str(error.value)
    assert not any((city.folder / "runs").glob("r-*"))
