"""People by hour: the kernel against a loop."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kezhong.network.hours import coverage_by_hour


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 12), st.integers(1, 4), st.integers(1, 3))
def test_sums_people_bit_by_bit(seed: int, points: int, areas: int, words: int) -> None:
    rng = np.random.default_rng(seed)
    masks = rng.integers(0, 1 << 64, (2, points, words), dtype=np.uint64, endpoint=False)
    people = rng.integers(0, 1000, points)
    area_of = rng.integers(-1, areas, points)
    expected = np.zeros((2, areas, words * 64))
    for element in range(2):
        for point in range(points):
            if area_of[point] >= 0:
                whole = sum(int(word) << (64 * at) for at, word in enumerate(masks[element, point].tolist()))
                for bit in range(words * 64):
                    if whole >> bit & 1:
                        expected[element, area_of[point], bit] += people[point]
    assert (coverage_by_hour(masks, people, area_of, areas) == expected).all()


def test_the_order_of_the_sum_is_that_of_the_points() -> None:
    people = np.random.default_rng(1).random(1000)
    masks = np.full((1, 1000, 1), 1 << 5, dtype=np.uint64)
    total = 0.0
    for one in people.tolist():
        total += one
    found = coverage_by_hour(masks, people, np.zeros(1000, dtype=int), 1)
    assert found[0, 0, 5] == total
    assert found.sum() == total


@pytest.mark.parametrize(
    ("masks", "people", "area_of"),
    [
        (np.zeros((1, 2, 3), np.uint64), [1.0], [0, 0]),
        (np.zeros((1, 2, 3), np.uint64), [1.0, 1.0], [0]),
        (np.zeros((2, 3), np.uint64), [1.0, 1.0], [0, 0]),
        (np.zeros((1, 2, 3), np.uint64), [1.0, 1.0], [0, 1]),
        (np.zeros((1, 2, 3), np.uint64), [1.0, 1.0], [0, -2]),
    ],
)
def test_what_does_not_fit_is_refused(masks: np.ndarray, people: list[float], area_of: list[int]) -> None:
    with pytest.raises(ValueError, match=r"fit together|numbered"):
        coverage_by_hour(masks, people, area_of, 1)
