"""What must hold of every walker's reach on any network: slower, more restricted, opened, flat, reversed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from directed_oracle import directed_distances
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kezhong.assess.walking import rules_of
from kezhong.catalogue import load_catalogue
from kezhong.network import CLOSED, UNREACHED, Access, Hierarchy, WalkGraph, Weights, nearest, reach
from kezhong.network.attributes import Answer, Barrier, StreetAttributes
from kezhong.network.walker_rules import WalkerRules
from kezhong.network.walkers import walker_weights
from random_streets import random_streets

LIMIT = 10_000_000
PLACES = 9
SEEDS = st.integers(0, 2**32 - 2)
QUICK = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def rules(name: str) -> WalkerRules:
    return rules_of(load_catalogue().walker(name), load_catalogue().crossings)


def graph_of(streets: StreetAttributes) -> WalkGraph:
    """The network of these edges, drawn as straight lines."""
    xy = np.random.default_rng(7).random((streets.n_nodes, 2)) * 300.0
    ends = np.stack([xy[streets.edge_u], xy[streets.edge_v]], 1).reshape(-1, 2)
    return WalkGraph.build(
        xy, streets.edge_u, streets.edge_v, ends, 2 * np.arange(streets.n_edges + 1), streets.length_dm
    )


def places(graph: WalkGraph, seed: int) -> Access:
    random = np.random.default_rng(seed)
    edge = random.integers(0, graph.n_edges, PLACES)
    offset = random.integers(0, 2**31, PLACES) % (graph.edge_dm[edge].astype(np.int64) + 1)
    return Access.of(np.arange(PLACES), edge, offset)


def times(streets: StreetAttributes, weights: Weights, seed: int, *, back: bool = False) -> np.ndarray:
    """Time of every trip (facility, home): every facility is an element of its own."""
    graph = graph_of(streets)
    homes, goals = places(graph, seed), places(graph, seed + 1)
    if back:
        homes, goals = goals, homes
    own = np.arange(PLACES)
    return reach(graph, homes, PLACES, goals, PLACES, own, PLACES, LIMIT, weights=weights).nearest_dm


@QUICK
@given(SEEDS, st.booleans(), st.sampled_from([None, 20, 170]))
def test_slower_is_never_nearer(seed: int, night: bool, hour: int | None) -> None:
    streets = random_streets(seed)
    walked = [
        times(streets, walker_weights(streets, rules(name), night=night, hour=hour).weights, seed)
        for name in ("adult", "older_70", "older_80")
    ]
    # Each edge is no cheaper, but the part of one is rounded by itself: a decisecond at each of the two doors.
    for faster, slower in ((0, 1), (1, 2)):
        assert (walked[slower].astype(np.int64) + 2 >= walked[faster]).all()
    person = replace(rules("adult"), m_per_s=rules("adult").m_per_s * 0.8)
    slow = times(streets, walker_weights(streets, person, night=night, hour=hour).weights, seed)
    assert (slow.astype(np.int64) + 2 >= walked[0]).all()


@QUICK
@given(SEEDS, st.booleans(), st.sampled_from([None, 20, 170]))
def test_more_restrictions_reach_a_subset(seed: int, night: bool, hour: int | None) -> None:
    streets = random_streets(seed)
    reached = [
        times(streets, walker_weights(streets, rules(name), night=night, hour=hour).weights, seed) != UNREACHED
        for name in ("standard", "adult", "pram", "wheelchair")
    ]
    for fewer, more in ((0, 1), (1, 2), (2, 3)):
        assert (reached[more] <= reached[fewer]).all()


@QUICK
@given(SEEDS, st.sampled_from(["adult", "child_alone", "pram", "wheelchair"]), st.integers(0, 191))
def test_opening_is_never_worse(seed: int, name: str, hour: int) -> None:
    """Walls come down, a gate is open at all hours, lamps are lit: one after the other."""
    streets = random_streets(seed)
    before = times(streets, walker_weights(streets, rules(name), night=True, hour=hour).weights, seed)
    steps = (
        {"node_barrier": np.where(streets.node_barrier > Barrier.POSTS, Barrier.NONE, streets.node_barrier)},
        {"node_hours": np.full_like(streets.node_hours, -1)},
        {"lit": np.full_like(streets.lit, Answer.YES)},
        {"node_allowed": np.zeros_like(streets.node_allowed), "allowed": np.zeros_like(streets.allowed)},
    )
    for change in steps:
        streets = replace(streets, **{key: value.astype(np.uint8) if key != "node_hours" else value
                                      for key, value in change.items()})  # fmt: skip
        after = times(streets, walker_weights(streets, rules(name), night=True, hour=hour).weights, seed)
        assert (after <= before.astype(np.int64) + 2 * (before != UNREACHED)).all()
        before = after


@QUICK
@given(SEEDS, st.sampled_from(["adult", "older_80", "wheelchair", "child_alone"]))
def test_flat_and_symmetric_gives_symmetric(seed: int, name: str) -> None:
    streets = random_streets(seed, flat=True, stairs=False)
    weights = walker_weights(streets, rules(name)).weights
    assert weights.symmetric
    there, back = times(streets, weights, seed), times(streets, weights, seed, back=True)
    # The way from a door to either end of its edge is rounded, and so is the rest of the edge.
    np.testing.assert_array_equal(there == UNREACHED, back.T == UNREACHED)
    assert (np.abs(there.astype(np.int64) - back.T) <= 2).all()


@QUICK
@given(SEEDS, st.sampled_from(["adult", "older_70", "pram", "wheelchair", "child_alone"]), st.booleans())
def test_walkers_against_dijkstra(seed: int, name: str, night: bool) -> None:
    """The kernels and the contracted network with real walkers' directed costs, against a textbook search."""
    streets = random_streets(seed)
    weights = walker_weights(streets, rules(name), night=night).weights
    graph = graph_of(streets)
    homes, goals = places(graph, seed), places(graph, seed + 1)
    plain = Weights(weights.forward, weights.backward)
    table = directed_distances(graph, plain, homes, PLACES, goals, PLACES).T
    expected = np.where(table <= LIMIT, table, int(UNREACHED))
    np.testing.assert_array_equal(times(streets, plain, seed), expected)
    own = np.arange(PLACES)
    hierarchy = Hierarchy.build(graph, weights=plain)
    swept = nearest(hierarchy, graph, homes, PLACES, goals, PLACES, own, PLACES, LIMIT, weights=plain)
    np.testing.assert_array_equal(swept.cost[:, 0], expected)


def test_a_walker_that_can_go_nowhere() -> None:
    streets = random_streets(3)
    nobody = WalkerRules(1.0, access_closed=0, steps_closed=True)
    found = walker_weights(streets, nobody)
    assert (found.weights.forward == CLOSED).all()
    assert (found.weights.backward == CLOSED).all()
    graph = graph_of(streets)
    # Within the edges nothing can be walked; only doors at one and the same node meet.
    homes = places(graph, 1)
    inside = (homes.offset_dm > 0) & (homes.offset_dm < graph.edge_dm[homes.edge])
    assert inside.any()
    assert (times(streets, found.weights, 1)[:, inside] == UNREACHED).all()
    Hierarchy.build(graph, weights=found.weights)
