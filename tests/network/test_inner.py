"""Gates at the ends of edges: passage is closed, places along the edge are not."""

from __future__ import annotations

import numpy as np
import pytest
from directed_oracle import random_directed
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kezhong.errors import InputError
from kezhong.network import CLOSED, UNREACHED, Access, Hierarchy, WalkGraph, Weights, nearest, pairs, reach, route
from kezhong.network.isochrone import Isochrones
from kezhong.network.walkers import through
from kezhong.network.weights import Inner


def _strictly_inside(graph: WalkGraph, random: np.random.Generator, n: int) -> Access:
    """Two accesses a place, none at the end of an edge."""
    long = np.flatnonzero(graph.edge_dm > 1)
    edge = random.choice(long, 2 * n)
    offset = 1 + random.integers(0, 2**31, 2 * n) % (graph.edge_dm[edge].astype(np.int64) - 1)
    return Access.of(np.repeat(np.arange(n), 2), edge, offset, random.integers(0, 300, 2 * n))


def _detached(graph: WalkGraph, inner: Inner) -> WalkGraph:
    """The same streets with every shut end at a node of its own: what a shut end means, without the word."""
    u, v = graph.edge_u.copy(), graph.edge_v.copy()
    xy = [graph.node_xy]
    count = graph.n_nodes
    for ends, shut in ((u, inner.shut_start), (v, inner.shut_end)):
        which = np.flatnonzero(shut)
        xy.append(graph.node_xy[ends[which]])
        ends[which] = count + np.arange(len(which))
        count += len(which)
    return WalkGraph.build(np.concatenate(xy), u, v, graph.edge_xy, graph.edge_ptr, graph.edge_dm)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**32 - 2), nodes=st.integers(2, 20), edges=st.integers(3, 40), places=st.integers(1, 20))
def test_a_shut_end_is_an_end_at_a_node_of_its_own(seed: int, nodes: int, edges: int, places: int) -> None:
    given_ = random_directed(seed, nodes, edges, places)
    graph, random = given_.world.graph, np.random.default_rng(seed)
    if not (graph.edge_dm > 1).any():
        return
    shut = random.random((2, edges)) < 0.3
    inner = Inner(given_.weights.forward, given_.weights.backward, shut[0], shut[1])
    weights, plain = through(inner), Weights(inner.forward, inner.backward)
    other = _detached(graph, inner)
    demand, facilities = (_strictly_inside(graph, random, places) for _ in range(2))
    element = random.integers(0, 3, places)
    sizes = (demand, places, facilities, places)
    expected = reach(other, *sizes, element, 3, 9000, weights=plain)
    found = reach(graph, *sizes, element, 3, 9000, weights=weights)
    np.testing.assert_array_equal(found.nearest_dm, expected.nearest_dm)
    np.testing.assert_array_equal(found.nearest_facility, expected.nearest_facility)
    listed, wanted = (pairs(g, *sizes, 9000, weights=w) for g, w in ((graph, weights), (other, plain)))
    np.testing.assert_array_equal(listed.dm, wanted.dm)
    np.testing.assert_array_equal(listed.facility, wanted.facility)
    hierarchy = Hierarchy.build(graph, weights=weights)
    swept = nearest(hierarchy, graph, *sizes, element, 3, 9000, weights=weights)
    np.testing.assert_array_equal(swept.cost[:, 0], expected.nearest_dm)
    # One trip drawn as a route costs what the search says.
    row = int(np.argmax(found.nearest_dm[0] != UNREACHED))
    if found.nearest_dm[0, row] != UNREACHED:
        target = found.nearest_facility[0, row]
        ends = [
            Access(np.zeros(2, np.int32), rows.edge[2 * at : 2 * at + 2], rows.offset_dm[2 * at : 2 * at + 2],
                   rows.extra_dm[2 * at : 2 * at + 2])
            for rows, at in ((demand, row), (facilities, int(target)))
        ]  # fmt: skip
        assert route(graph, ends[0], ends[1], weights=weights).dm == found.nearest_dm[0, row]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**32 - 2))
def test_isochrones_stop_at_a_shut_end(seed: int) -> None:
    given_ = random_directed(seed, 12, 24, 5)
    graph, random = given_.world.graph, np.random.default_rng(seed)
    shut = random.random((2, 24)) < 0.3
    # A step costs at least something: else turning round at a shut end, which the other form allows, would be free.
    costs = [
        np.where(given == CLOSED, CLOSED, graph.edge_dm * random.integers(1, 4, 24)).astype(np.uint32)
        for given in (given_.weights.forward, given_.weights.backward)
    ]
    inner = Inner(costs[0], costs[1], shut[0], shut[1])
    demand = _strictly_inside(graph, random, 5)
    limits = np.array([2000, 6000], np.uint32)
    one = Isochrones.build(graph, weights=through(inner)).streets(demand, 5, limits)
    two = Isochrones.build(_detached(graph, inner), weights=Weights(inner.forward, inner.backward)).streets(
        demand, 5, limits
    )
    for name in ("ptr", "edge", "from_dm", "to_dm"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))


def test_barring_an_edge_bars_its_inside_too() -> None:
    xy = np.array([[0.0, 0.0], [100.0, 0.0], [200.0, 0.0]])
    graph = WalkGraph.build(xy, [0, 1], [1, 2], np.stack([xy[:-1], xy[1:]], 1).reshape(-1, 2), [0, 2, 4])
    lengths = graph.edge_dm.copy()
    weights = through(Inner(lengths, lengths, np.array([False, True]), np.array([False, False])))
    assert weights.forward.tolist() == [1000, int(CLOSED)]
    here, there = Access.of([0], [1], [500]), Access.of([0], [1], [900])
    assert reach(graph, here, 1, there, 1, [0], 1, 5000, weights=weights).nearest_dm.tolist() == [[400]]
    beyond = Access.of([0], [0], [500])
    assert reach(graph, here, 1, beyond, 1, [0], 1, 5000, weights=weights).nearest_dm.tolist() == [[UNREACHED]]
    barred = np.array([False, True])
    found = reach(graph, here, 1, there, 1, [0], 1, 5000, weights=weights, barred=barred)
    assert found.nearest_dm.tolist() == [[UNREACHED]]
    assert weights.turned.turned.inner is not None
    wrong = Weights(weights.forward, weights.backward, Inner(lengths, lengths, barred, np.array([True])))
    with pytest.raises(InputError, match="network"):
        reach(graph, here, 1, there, 1, [0], 1, 5000, weights=wrong)
