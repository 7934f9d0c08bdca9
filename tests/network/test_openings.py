"""Openings: every candidate's people against a full run with it opened, to the bit."""

from __future__ import annotations

import network_oracle as oracle
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from kezhong.errors import InputError
from kezhong.network import CLOSED, Access, WalkGraph, Weights, reach, with_link
from kezhong.network.candidates import Candidates
from kezhong.network.openings import Openings, openings
from kezhong.network.people import People

SEEDS = st.integers(0, 2**31)


def world(seed: int, nodes: int = 25, edges: int = 45) -> tuple[oracle.World, Weights, Weights, NDArray[np.int32]]:
    """A random network; weights with closed edges and the same weights without; elements of the facilities."""
    random = np.random.default_rng(seed)
    made = oracle.random_world(seed, nodes, edges, 14)
    directed = random.random() < 0.5
    forward = (made.graph.edge_dm * random.uniform(0.5, 2.0, edges) if directed else made.graph.edge_dm).astype(
        np.uint32
    )
    backward = (made.graph.edge_dm * random.uniform(0.5, 2.0, edges)).astype(np.uint32) if directed else forward
    shut = random.random((2, edges)) < 0.35
    shut[1] = np.where(random.random(edges) < 0.7, shut[0], shut[1])
    closed = Weights(np.where(shut[0], CLOSED, forward), np.where(shut[1], CLOSED, backward))
    return made, closed, Weights(forward, backward), random.integers(0, 3, made.n_facilities).astype(np.int32)


def people_of(made: oracle.World, seed: int) -> People:
    random = np.random.default_rng(seed + 1)
    groups = random.uniform(0.0, 9.0, (2, made.n_demand))
    applies, required = random.random((3, made.n_demand)) < 0.9, np.array([True, True, seed % 2 == 0])
    if seed % 3 == 0:
        return People.for_all(groups, applies, required)
    # Three bands that make up everybody of the first group; elements for some of them, one for all.
    bands = groups[0] * random.dirichlet([1.0, 1.0, 1.0], made.n_demand).T
    within = np.array([[True, True, True], [False, True, False]])
    return People(groups, applies, required, bands, within, np.array([0b011, 0b110, 0b1000], np.int64))


LIMITS = np.array([2500, 1500, 4000], np.uint32)


def expected(
    made: oracle.World, element: NDArray[np.int32], given: People, old: NDArray[np.uint32], new: NDArray[np.uint32]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Who gains each element, some element, all that is required: from two full runs."""
    was, now = (near <= LIMITS[:, None] for near in (old, new))
    won = ~was & now & given.applies
    lacking = (~was & given.applies & given.required[:, None]).any(axis=0)
    still = (~now & given.applies & given.required[:, None]).any(axis=0)
    n = len(given.bands)

    def share(served: set[int], p: int) -> NDArray[np.float64]:
        if n in served:
            return given.groups[:, p]
        rows = range(len(given.groups))
        return np.array([sum((given.bands[b, p] for b in sorted(served) if given.within[g, b]), 0.0) for g in rows])

    of = [{b for b in range(n + 1) if bits >> b & 1} for bits in given.serves.tolist()]
    total, some = np.zeros((len(won), len(given.groups))), np.zeros(len(given.groups))
    for p in range(made.n_demand):
        for e in np.flatnonzero(won[:, p]):
            total[e] += share(of[e], p)
        some += share(set().union(*(of[e] for e in np.flatnonzero(won[:, p]))), p)
    return total, some, np.array([sum(row[lacking & ~still], 0.0) for row in given.groups])


def nearest(made: oracle.World, element: NDArray[np.int32], weights: Weights | None) -> NDArray[np.uint32]:
    return reach(
        made.graph, made.demand, made.n_demand, made.facilities, made.n_facilities, element, 3, 4000, weights=weights
    ).nearest_dm


def ask(made: oracle.World, element: NDArray[np.int32], people: People, these: Candidates, weights: Weights | None,
        threads: int = 1) -> Openings:  # fmt: skip
    return openings(
        made.graph, made.demand, made.n_demand, made.facilities, made.n_facilities, element, 3, LIMITS, people, these,
        weights=weights, threads=threads,
    )  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(SEEDS)
def test_closed_edges(seed: int) -> None:
    """Edges open one by one: as a full run with each opened, also where homes and doors lie on them."""
    made, closed, free, element = world(seed)
    edges = np.flatnonzero((closed.forward == CLOSED) | (closed.backward == CLOSED))
    people, old = people_of(made, seed), nearest(made, element, closed)
    found = ask(made, element, people, Candidates.edges(made.graph, edges, free.forward[edges], free.backward[edges]),
                closed)  # fmt: skip
    for c, edge in enumerate(edges):
        forward, backward = closed.forward.copy(), closed.backward.copy()
        forward[edge], backward[edge] = free.forward[edge], free.backward[edge]
        gain, some, complete = expected(made, element, people, old, nearest(made, element, Weights(forward, backward)))
        np.testing.assert_array_equal(found.gain[c], gain)
        np.testing.assert_array_equal(found.some[c], some)
        np.testing.assert_array_equal(found.complete[c], complete)


@settings(max_examples=60, deadline=None)
@given(SEEDS)
def test_gates(seed: int) -> None:
    """A gate opens every closed edge that meets at its node."""
    made, closed, free, element = world(seed)
    people, old = people_of(made, seed), nearest(made, element, closed)
    nodes = np.arange(0, made.graph.n_nodes, 2)
    found = ask(made, element, people, Candidates.gates(made.graph, nodes, closed, free), closed)
    for c, node in enumerate(nodes):
        at = ((made.graph.edge_u == node) | (made.graph.edge_v == node)) & (made.graph.edge_u != made.graph.edge_v)
        opened = Weights(np.where(at, free.forward, closed.forward), np.where(at, free.backward, closed.backward))
        gain, some, complete = expected(made, element, people, old, nearest(made, element, opened))
        np.testing.assert_array_equal(found.gain[c], gain)
        np.testing.assert_array_equal(found.some[c], some)
        np.testing.assert_array_equal(found.complete[c], complete)


@settings(max_examples=60, deadline=None)
@given(SEEDS)
def test_links_in_metres(seed: int) -> None:
    """A link between any two positions: as a full run on the network cut open, one way or both."""
    made, _, _, element = world(seed)
    random = np.random.default_rng(seed)
    graph, people, old = made.graph, people_of(made, seed), nearest(made, element, None)
    edge = random.integers(0, graph.n_edges, (2, 12))
    offset = np.floor(random.random((2, 12)) * (graph.edge_dm[edge] + 1)).astype(np.int64)
    cost = random.integers(0, 800, (2, 12))
    cost[1] = np.where(random.random(12) < 0.2, int(CLOSED), cost[1])
    these = Candidates.links(graph, (edge[0], offset[0]), (edge[1], offset[1]), cost[0], cost[1])
    found = ask(made, element, people, these, None)
    for c in range(12):
        ends = [(int(edge[k, c]), int(offset[k, c])) for k in range(2)]
        cut = with_link(graph, Weights.of_lengths(graph), ends[0], ends[1], cost=(int(cost[0, c]), int(cost[1, c])),
                        length_dm=int(cost[0, c]))  # fmt: skip
        new = reach(
            cut.graph, cut.moved(made.demand), made.n_demand, cut.moved(made.facilities), made.n_facilities, element, 3,
            4000, weights=cut.weights,
        ).nearest_dm  # fmt: skip
        gain, some, complete = expected(made, element, people, old, new)
        np.testing.assert_array_equal(found.gain[c], gain)
        np.testing.assert_array_equal(found.some[c], some)
        np.testing.assert_array_equal(found.complete[c], complete)


def test_joined_and_threads() -> None:
    """Sets of candidates keep their answers when joined, whatever the number of threads."""
    made, closed, free, element = world(5, 60, 110)
    people = people_of(made, 5)
    edges = np.flatnonzero(closed.forward == CLOSED)
    some = Candidates.edges(made.graph, edges, free.forward[edges], free.backward[edges])
    more = Candidates.gates(made.graph, np.arange(60), closed, free)
    apart = [ask(made, element, people, part, closed) for part in (some, more)]
    whole = ask(made, element, people, Candidates.joined([some, more]), closed, threads=3)
    np.testing.assert_array_equal(whole.gain, np.concatenate([part.gain for part in apart]))
    np.testing.assert_array_equal(whole.complete, np.concatenate([part.complete for part in apart]))
    assert whole.gain.sum() > 0


def test_closed_form() -> None:
    """Two parallel streets 40 m apart, 10 homes on one, the shop on the other: the link serves whom it brings near."""
    xy = [(0, 0), (900, 0), (0, 40), (900, 40)]
    course = np.array([xy[0], xy[1], xy[2], xy[3]], float)
    graph = WalkGraph.build(xy, [0, 2], [1, 3], course, [0, 2, 4])
    homes = Access.of(np.arange(10), np.zeros(10, int), np.arange(10) * 1000)
    shop = Access.of([0], [1], [5000])
    these = Candidates.links(graph, ([0, 0], [5000, 0]), ([1, 1], [5000, 0]), 400, 400)
    found = openings(graph, homes, 10, shop, 1, [0], 1, [3400], People.everybody(np.full(10, 2.0), 1), these)
    # 340 m less 40 m leaves 300 m each way from the middle: seven homes; from the corner nobody (500 m to the shop).
    assert found.gain[:, 0, 0].tolist() == [14.0, 0.0]
    assert found.some[:, 0].tolist() == [14.0, 0.0]
    assert found.complete[:, 0].tolist() == [14.0, 0.0]
    assert found.near.tolist() == [[0], [0xFFFFFFFF]]


def test_bad_input() -> None:
    """Candidates that do not exist are refused with row and range."""
    made, closed, free, _ = world(1)
    graph = made.graph
    with pytest.raises(InputError, match="edges"):
        Candidates.edges(graph, [graph.n_edges], 1, 1)
    with pytest.raises(InputError, match="nodes"):
        Candidates.gates(graph, [graph.n_nodes], closed, free)
    with pytest.raises(InputError, match="offset_dm"):
        Candidates.links(graph, ([0], [10**6]), ([1], [0]), 1, 1)
    with pytest.raises(InputError):
        Candidates.links(graph, ([0], [0]), ([-1], [0]), 1, 1)
    with pytest.raises(InputError):
        Candidates.edges(graph, [0], -1, 1)
