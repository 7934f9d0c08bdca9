"""Formulae without a city: floating catchment, inequality, opening hours, words."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kezhong.assess import floating_catchment, gini, palma
from kezhong.assess.efficiency import BAND_WEIGHTS, decay_weights, served_share
from kezhong.assess.equity import group_gap
from kezhong.assess.hours import match_share, match_shares, normalise, open_in_window, unread, week
from kezhong.assess.wording import Finding, count_text, gap_text, people_text, present_text, wording_of
from kezhong.catalogue import load_catalogue


def _pairs(matrix: pd.DataFrame, cells: list[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    row = {cell: number for number, cell in enumerate(cells)}
    own = matrix[matrix["from_id"].isin(cells) & matrix["to_id"].isin(cells)]
    start, end = (own[name].astype(str).map(row).to_numpy(dtype=np.int64) for name in ("from_id", "to_id"))
    return start, end, own["travel_time"].to_numpy(dtype=np.float64)


@pytest.mark.data
def test_two_step_catchment_of_belo_horizonte(cases_folder: Path) -> None:
    folder = cases_folder / "access_belo_horizonte"
    wanted = json.loads((folder / "expected.json").read_text())["two_sfca_45_min"]
    land = pd.read_csv(folder / "land_use_data.csv").set_index("id").loc[wanted["cells"]]
    start, end, cost = _pairs(pd.read_parquet(folder / "travel_matrix.parquet"), wanted["cells"])
    people, jobs = (land[name].to_numpy(dtype=np.float64) for name in ("population", "jobs"))
    found = floating_catchment(start, end, cost, people, jobs, 45.0)
    np.testing.assert_allclose(found.score, wanted["jobs_per_person"], atol=5e-5)


@pytest.mark.data
def test_gini_of_belo_horizonte(cases_folder: Path) -> None:
    folder = cases_folder / "access_belo_horizonte"
    wanted = json.loads((folder / "expected.json").read_text())["gini_30_min"]
    land = pd.read_csv(folder / "land_use_data.csv").set_index("id")
    matrix = pd.read_parquet(folder / "travel_matrix.parquet")
    near = matrix[matrix["from_id"].isin(wanted["cells"]) & (matrix["travel_time"] <= 30)]
    jobs = near["to_id"].astype(str).map(land["jobs"]).astype(float)
    reached = jobs.groupby(near["from_id"].astype(str)).sum().reindex(wanted["cells"]).fillna(0.0)
    weights = land["population"].loc[wanted["cells"]].to_numpy(dtype=np.float64)
    assert gini(reached.to_numpy(), weights) == pytest.approx(wanted["gini"], abs=5e-5)


_VALUES = st.lists(st.tuples(st.floats(0, 1000), st.integers(0, 50)), min_size=1, max_size=30)


@given(_VALUES)
def test_gini_equals_its_definition(rows: list[tuple[float, int]]) -> None:
    x, w = np.array([row[0] for row in rows]), np.array([float(row[1]) for row in rows])
    total = float((x * w).sum())
    found = gini(x, w)
    if w.sum() == 0 or total <= 1e-9:
        assert np.isnan(found) or total > 0
        return
    brute = (w[:, None] * w[None, :] * np.abs(x[:, None] - x[None, :])).sum() / (2 * total * w.sum())
    assert found == pytest.approx(brute, abs=1e-9)


@given(_VALUES)
def test_equal_access_is_no_inequality(rows: list[tuple[float, int]]) -> None:
    w = np.array([row[1] + 1.0 for row in rows])
    assert gini(np.full(len(w), 3.0), w) == pytest.approx(0.0, abs=1e-12)
    assert palma(np.full(len(w), 3.0), w) == pytest.approx(1.0)


def test_palma_splits_a_unit_at_the_limit() -> None:
    # Ten people: the four with least have 1 each, the one with most has 8.
    x, w = np.array([1.0, 2.0, 8.0]), np.array([5.0, 4.0, 1.0])
    assert palma(x, w) == pytest.approx(8.0)
    assert palma(x, w, rank_by=-x) == pytest.approx(1.0 / ((8 + 2 * 3) / 4))


def test_group_gap_needs_members_on_both_sides() -> None:
    gap = group_gap(np.array([3.0, 0.0]), np.array([4.0, 0.0]), np.array([5.0, 1.0]), np.array([10.0, 2.0]))
    assert gap[0] == pytest.approx(0.25)
    assert np.isnan(gap[1])


@given(st.integers(1, 12), st.integers(1, 6), st.integers(0, 2**31))
def test_catchment_hands_out_exactly_the_supply_in_reach(n: int, m: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    cost = random.uniform(0, 100, (n, m))
    people, supply = random.uniform(1, 50, n), random.uniform(0, 30, m)
    rows, columns = np.indices((n, m)).reshape(2, -1)
    found = floating_catchment(rows, columns, cost.ravel(), people, supply, 50.0)
    reached = (cost <= 50).any(axis=0)
    assert (found.score * people).sum() == pytest.approx(supply[reached].sum())


def test_bands_of_the_enhanced_catchment() -> None:
    cost = np.array([0.0, 10.0, 10.1, 20.0, 29.9, 30.0, 30.1])
    a, b, c = BAND_WEIGHTS
    np.testing.assert_allclose(decay_weights(cost, 30.0, "banded"), [a, a, b, b, c, c, 0.0])
    np.testing.assert_allclose(served_share(np.array([0.2, 2.0]), 0.5), [0.4, 1.0])


@pytest.mark.parametrize(
    ("text", "osm"),
    [
        ("8:00—20:00", "08:00-20:00"),
        ("全天", "24/7"),
        ("24小时", "24/7"),
        ("周一至周五 8:30-17:30", "Mo-Fr 08:30-17:30"),
        ("周一至周五8:30-12:00,14:00-17:30；周六 9:00-12:00", "Mo-Fr 08:30-12:00,14:00-17:30; Sa 09:00-12:00"),
        ("每天 6点-18点半", "Mo-Su 06:00-18:30"),
        ("早上6:00-晚上9:00", "06:00-21:00"),
        ("上午8:00-12:00，下午2:30-5:30", "08:00-12:00,14:30-17:30"),
        ("周一闭馆，周二至周日9:00-17:00", "Mo off; Tu-Su 09:00-17:00"),
        ("工作日 16:00-18:30", "Mo-Fr 16:00-18:30"),
        ("周一、三、五 9:00-11:00", "Mo,We,Fr 09:00-11:00"),
        ("营业时间：9:00-21:00", "09:00-21:00"),
        ("Mo-Fr 08:00-18:00; Sa 09:00-13:00", "Mo-Fr 08:00-18:00; Sa 09:00-13:00"),
    ],
)
def test_phrases_of_opening_hours(text: str, osm: str) -> None:
    assert normalise(text) == osm
    assert week(text) is not None


@pytest.mark.parametrize("text", ["不详", "电话预约", "周一至周五", "法定节假日休息", "8-20点", "25:00-26:00", ""])
def test_what_cannot_be_read_is_unknown_not_closed(text: str) -> None:
    assert normalise(text) is None
    assert np.isnan(match_share(text, "08:00-20:00"))


def test_match_of_hours() -> None:
    assert match_share("8:00-12:00", "08:00-16:00") == pytest.approx(0.5)
    assert match_share("22:00-02:00", "00:00-24:00") == pytest.approx(4 / 24)
    hours = pd.Series(["9:00-17:00", None, "不详", "全天"], dtype="string")
    np.testing.assert_allclose(match_shares(hours, "18:00-21:00"), [0.0, np.nan, np.nan, 1.0])
    assert open_in_window(hours, "Mo-Su 18:00-21:00").tolist() == [False, True, True, True]
    assert unread(hours) == ["不详"]


def _finding(**changes: object) -> Finding:
    values: dict[str, object] = {
        "element_zh": "菜市场", "element_en": "Market", "cause": "distance", "threshold": 500.0,
        "threshold_unit": "m", "nearest_m": 620.0, "minutes": 9.3, "bound_m": 2000.0, "share": 0.4, "covered": 760.0,
        "total": 1900.0, "people": 1140.0, "elderly": 266.0, "children": 200.0, "group": "all",
        "group_affected": 1140.0,
    }  # fmt: skip
    return Finding(**{**values, **changes})  # type: ignore[arg-type]


def test_the_products_voice() -> None:
    found = _finding()
    assert present_text(found).startswith("菜市场 620 米")
    assert gap_text(found) == "超出 500 米要求 120 米"
    assert people_text(1140.0, 266.0, 200.0, "all") == "影响 1,140 人，其中 60 岁及以上 266 人"
    assert gap_text(found, "en") == "120 m beyond the 500 m asked for"


def test_words_where_none_is_reached_and_where_minutes_count() -> None:
    none = _finding(nearest_m=float("nan"), minutes=float("nan"))
    assert "2,000 米内没有菜市场" in present_text(none)
    assert gap_text(none) == "要求步行 500 米内可达，缺 1 处"
    minutes = _finding(threshold=8.0, threshold_unit="min")
    assert gap_text(minutes) == "超出 8 分钟要求 1.3 分钟"


def test_missing_places_are_whole() -> None:
    rule = load_catalogue().basis("kezhong-default").requirement("kz.kindergarten")
    assert rule is not None
    found = _finding(cause="scale", scale=rule.scales[0], have=20.0, need=39.6)
    assert "缺 20 " in gap_text(found)
    assert "应有 40 " in gap_text(found)


def test_small_counts_are_guarded() -> None:
    assert count_text(3.2) == "不足 5"
    assert count_text(3.2, "en") == "fewer than 5"
    assert count_text(0.0) == "0"
    assert count_text(12345.6) == "12,346"


def test_existing_communities_are_compared_not_judged() -> None:
    catalogue = load_catalogue()
    governing_new = catalogue.basis("gb50180-2018")
    assert governing_new.new_only
    assert wording_of(governing_new, "existing") == "对照差距"
    assert wording_of(governing_new, "new") == "未达到"
    assert wording_of(catalogue.basis("kezhong-default"), "existing") == "未达到"
