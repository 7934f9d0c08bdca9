"""Directed costs: reach and pairs against Dijkstra on cut edges, closed directions, costs that do not fit."""

from __future__ import annotations

import numpy as np
import pytest
from directed_oracle import directed_distances, random_directed
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from network_oracle import expected_nearest

from kezhong.errors import InputError
from kezhong.network import CLOSED, UNREACHED, Access, WalkGraph, Weights, pairs, reach

ELEMENTS = 3


def street(lengths: list[int]) -> WalkGraph:
    """Edges in a row."""
    xy = np.column_stack([np.concatenate([[0], np.cumsum(lengths)]) / 10.0, np.zeros(len(lengths) + 1)])
    n = len(lengths)
    course = np.stack([xy[:-1], xy[1:]], 1).reshape(-1, 2)
    return WalkGraph.build(xy, np.arange(n), np.arange(1, n + 1), course, 2 * np.arange(n + 1), lengths)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 2**32 - 2),
    nodes=st.integers(1, 25),
    edges=st.integers(1, 60),
    places=st.integers(1, 30),
    limit=st.sampled_from([0, 900, 4000, 12_500, 65_535]),
)
def test_equals_dijkstra_with_directed_costs(seed: int, nodes: int, edges: int, places: int, limit: int) -> None:
    given_ = random_directed(seed, nodes, edges, places)
    world, weights = given_.world, given_.weights
    table = directed_distances(world.graph, weights, world.demand, places, world.facilities, places)
    element = np.random.default_rng(seed).integers(0, ELEMENTS, places)
    thresholds = np.tile([limit // 3, limit], (ELEMENTS, 1))
    question = (world.graph, world.demand, places, world.facilities, places)
    found = reach(*question, element, ELEMENTS, limit, thresholds, weights=weights, threads=1)
    for e in range(ELEMENTS):
        ids = np.flatnonzero(element == e)
        near, which = expected_nearest(table[:, ids], ids, limit)
        np.testing.assert_array_equal(found.nearest_dm[e], near)
        np.testing.assert_array_equal(found.nearest_facility[e], which)
        for t, threshold in enumerate(thresholds[e]):
            within = (table[:, ids] <= threshold).sum(axis=1) if threshold else 0
            np.testing.assert_array_equal(found.counts[e, t], within)
    listed = pairs(*question, limit, weights=weights, threads=1)
    rows, columns = np.nonzero(table <= limit)
    np.testing.assert_array_equal(listed.facility, columns)
    np.testing.assert_array_equal(listed.dm, table[rows, columns])


def test_one_way_street_is_walked_one_way() -> None:
    graph = street([1000, 1000])
    weights = Weights(np.array([700, 900], np.uint32), np.array([CLOSED, 1100], np.uint32))
    ends = Access.of([0, 1], [0, 1], [0, 1000])
    found = reach(graph, ends, 2, ends, 2, [0, 1], 2, 5000, weights=weights)
    assert found.nearest_dm.tolist() == [[0, UNREACHED], [1600, 0]]


def test_lengths_are_the_plain_metric_and_barred_is_closed() -> None:
    graph = street([100, 200, 300])
    here = Access.of([0, 1, 2], [0, 1, 2], [50, 20, 299])
    plain = reach(graph, here, 3, here, 3, [0, 1, 2], 3, 9000)
    same = reach(graph, here, 3, here, 3, [0, 1, 2], 3, 9000, weights=Weights.of_lengths(graph))
    np.testing.assert_array_equal(plain.nearest_dm, same.nearest_dm)
    barred = np.array([False, True, False])
    one = reach(graph, here, 3, here, 3, [0, 1, 2], 3, 9000, barred=barred)
    other = reach(graph, here, 3, here, 3, [0, 1, 2], 3, 9000, weights=Weights.of_lengths(graph, barred))
    np.testing.assert_array_equal(one.nearest_dm, other.nearest_dm)
    assert (one.nearest_dm[1] == UNREACHED).all()


@pytest.mark.parametrize(
    "forward", [np.zeros(2, np.uint32), np.zeros(3), np.array([0, -1, 0]), np.array([0, 2**30, 0], np.uint32)]
)
def test_costs_that_do_not_fit_are_refused(forward: np.ndarray) -> None:
    graph = street([100, 200, 300])
    here = Access.of([0], [0], [50])
    with pytest.raises(InputError, match="network"):
        reach(graph, here, 1, here, 1, [0], 1, 900, weights=Weights(forward, graph.edge_dm))


def test_symmetry_is_recognised() -> None:
    graph = street([100, 200])
    assert Weights.of_lengths(graph).symmetric
    assert Weights(graph.edge_dm, graph.edge_dm.copy()).symmetric
    assert not Weights(graph.edge_dm, graph.edge_dm + np.uint32(1)).symmetric
