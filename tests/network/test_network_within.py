"""Sums of values and hours of opening within thresholds, against the list of all pairs."""

from __future__ import annotations

import numpy as np
import pytest
from directed_oracle import random_directed
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kezhong.errors import InputError
from kezhong.network import Access, covers, pairs, reach, sums
from kezhong.network.within import MAX_VALUE

ELEMENTS = 3


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 2**32 - 2),
    nodes=st.integers(1, 40),
    edges=st.integers(1, 80),
    places=st.integers(1, 60),
    limit=st.sampled_from([900, 4000, 12_500, 70_000]),
)
def test_equal_what_pairs_list(seed: int, nodes: int, edges: int, places: int, limit: int) -> None:
    drawn = random_directed(seed, nodes, edges, places)
    world, random = drawn.world, np.random.default_rng(seed)
    element = random.integers(0, ELEMENTS, places)
    thresholds = random.integers(0, limit + 1, (ELEMENTS, 3)) * (random.random((ELEMENTS, 3)) > 0.2)
    values = random.integers(0, MAX_VALUE + 1, places)
    masks = random.integers(0, 2**63, (places, 3)).astype(np.uint64)
    question = (world.graph, world.demand, places, world.facilities, places)
    listed = pairs(*question, limit, weights=drawn.weights, threads=1)
    place = np.repeat(np.arange(places), np.diff(listed.ptr))
    asked = (*question, element, ELEMENTS, thresholds)
    total = sums(*asked, values, weights=drawn.weights, threads=1)
    opened = covers(*asked, masks, weights=drawn.weights, threads=2)
    for e in range(ELEMENTS):
        for t in range(3):
            counted = (element[listed.facility] == e) & (listed.dm <= thresholds[e, t]) & (thresholds[e, t] > 0)
            expected = np.zeros(places, np.uint64)
            np.add.at(expected, place[counted], values[listed.facility[counted]].astype(np.uint64))
            np.testing.assert_array_equal(total[e, t], expected)
            hours = np.zeros((places, 3), np.uint64)
            np.bitwise_or.at(hours, place[counted], masks[listed.facility[counted]])
            np.testing.assert_array_equal(opened[e, t], hours)


def test_sums_of_ones_are_counts() -> None:
    drawn = random_directed(5, 200, 320, 400)
    world = drawn.world
    element, thresholds = np.arange(400) % ELEMENTS, np.tile([4000, 12_500], (ELEMENTS, 1))
    question = (world.graph, world.demand, 400, world.facilities, 400, element, ELEMENTS)
    counts = reach(*question, 12_500, thresholds, weights=drawn.weights).counts
    np.testing.assert_array_equal(sums(*question, thresholds, np.ones(400, int), weights=drawn.weights), counts)


def test_values_and_masks_that_do_not_fit_are_refused() -> None:
    world = random_directed(5, 10, 20, 4).world
    here: Access = world.demand
    asked = (world.graph, here, 4, here, 4, [0] * 4, 1, [[900]])
    for values in ([1, 2, 3], [1.0] * 4, [1, -1, 1, 1], [1, MAX_VALUE + 1, 1, 1]):
        with pytest.raises(InputError):
            sums(*asked, values)
    for masks in (np.ones(4, np.uint64), np.ones((3, 1), np.uint64), np.ones((4, 1), np.int64)):
        with pytest.raises(InputError):
            covers(*asked, masks)
