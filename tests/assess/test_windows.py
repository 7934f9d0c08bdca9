"""Coverage by hour and by window against arithmetic and brute force."""

from __future__ import annotations

import numpy as np
import pytest

from kezhong.assess.week import to_flags, to_words, week_masks
from kezhong.assess.windows import (
    DAYS,
    covered_in,
    hour_coverage,
    night_coverage,
    union_of,
    window_coverage,
)


def test_two_pharmacies_and_a_night() -> None:
    """100 people near a day pharmacy, 60 near a night one, 40 near one whose hours nobody knows, 7 near none."""
    shops = week_masks(["Mo-Su 08:00-20:00", "24/7", "见门口告示"])
    near = ([0, 1, 2], [0, 1, 2])  # shop i serves demand point i; point 3 has none
    surely, possibly = (union_of(masks, *near, 4) for masks in (shops.surely, shops.possibly))
    people, area = [100, 60, 40, 7], [0, 0, 0, 1]
    table = night_coverage(surely, possibly, people, area, ["A", "B"])
    assert table["people"].tolist() == [200, 7]
    assert table["all_night_surely"].tolist() == [0.3, 0.0]
    assert table["all_night_possibly"].tolist() == [0.5, 0.0]
    assert table["mean_surely"].tolist() == pytest.approx([0.3, 0.0])

    coverage = hour_coverage(surely[None], possibly[None], people, area, ["pharmacy"], ["A", "B"])
    sure, maybe = coverage.shares()
    noon, midnight = DAYS.index("wednesday") * 24 + 12, DAYS.index("holiday") * 24
    assert sure[0, 0, [noon, midnight]].tolist() == [0.8, 0.3]
    assert maybe[0, 0, [noon, midnight]].tolist() == [1.0, 0.5]
    page = coverage.by_day_type().set_index(["element", "area_code", "day_type", "hour"])
    assert page.loc[("pharmacy", "A", "weekday", 7), "surely"] == 0.3
    assert page.loc[("pharmacy", "A", "holiday", 8), "surely"] == 0.8
    assert page.loc[("pharmacy", "B", "sunday", 8), "possibly"] == 0.0
    assert len(page) == 2 * 5 * 24


def test_against_brute_force() -> None:
    rng = np.random.default_rng(7)
    surely = rng.integers(0, 1 << 63, (3, 40, 3), dtype=np.uint64)
    possibly = surely | rng.integers(0, 1 << 63, (3, 40, 3), dtype=np.uint64)
    people = rng.integers(0, 50, 40).astype(float)
    area = rng.integers(-1, 4, 40)
    area[area == 2] = 1  # nobody lives in area 2
    coverage = hour_coverage(surely, possibly, people, area, list("xyz"), list("ABCD"))
    sure, maybe = coverage.shares()
    flags = to_flags(surely)
    for element in range(3):
        for where in range(4):
            inside = area == where
            whole = people[inside].sum()
            for hour in range(0, 192, 7):
                expected = people[inside & flags[element, :, hour]].sum() / whole if whole else np.nan
                np.testing.assert_array_equal(sure[element, where, hour], expected)
    with np.errstate(invalid="ignore"):
        assert ((sure <= maybe) | np.isnan(sure)).all()
    assert np.isnan(sure[:, 2]).all()
    window = "Tu,Th 17:00-21:00"
    for needed, least in ((1.0, 8), (0.5, 4), (0.51, 5)):
        share = window_coverage(surely, window, people, area, 4, needed=needed)
        hours = [24 + h for h in range(17, 21)] + [72 + h for h in range(17, 21)]
        enough = flags[:, :, hours].sum(axis=2) >= least
        for element in range(3):
            for where in (0, 1, 3):
                inside = area == where
                expected = people[inside & enough[element]].sum() / people[inside].sum()
                assert share[element, where] == expected


def test_the_whole_window_is_never_more_than_its_least_hour() -> None:
    rng = np.random.default_rng(3)
    masks = rng.integers(0, 1 << 63, (1, 60, 3), dtype=np.uint64) | rng.integers(
        0, 1 << 63, (1, 60, 3), dtype=np.uint64
    )
    people, area = rng.random(60), np.zeros(60, dtype=int)
    sure, _ = hour_coverage(masks, masks, people, area, ["e"], ["A"]).shares()
    whole = window_coverage(masks, "Mo 10:00-12:00", people, area, 1)[0, 0]
    assert whole <= sure[0, 0, 10:12].min() + 1e-12


def test_facilities_open_in_a_window() -> None:
    shops = week_masks(["Mo-Su 08:00-20:00", "24/7", "Mo-Su 22:00-02:00"])
    assert covered_in(shops.surely, "Mo-Su 22:00-06:00").tolist() == [False, True, False]
    assert covered_in(shops.surely, "Mo-Su 22:00-06:00", needed=0.5).tolist() == [False, True, True]
    assert covered_in(shops.surely, to_words([1 << 9])[0]).tolist() == [True, True, False]
    for window, needed in (("Mo 08:00-08:10", 1.0), ("24/7", 0.0), ("24/7", 1.5)):
        with pytest.raises(ValueError, match="window"):
            covered_in(shops.surely, window, needed=needed)
