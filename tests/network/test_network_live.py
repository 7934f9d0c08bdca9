"""Change in place: after any sequence of edits the answers are those of a full run, and undoing restores every byte."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from directed_oracle import random_directed
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from network_oracle import random_world

from kezhong.errors import InputError
from kezhong.network import CLOSED, Access, Change, Live, WalkGraph, Weights

ELEMENTS = 3
KINDS = ("add", "remove", "move", "reopen", "close", "open", "one way", "link")


def check(live: Live) -> None:
    """Bit for bit what a full run says."""
    full = live.full()
    np.testing.assert_array_equal(live.near, full.nearest_dm)
    np.testing.assert_array_equal(live.which, full.nearest_facility)
    np.testing.assert_array_equal(live.counts, full.counts)


def picture(live: Live) -> dict[str, bytes]:
    """Every array of the present state."""
    parts: dict[str, Any] = {name: getattr(live, name) for name in ("near", "which", "counts", "element")}
    for owner in ("graph", "weights", "demand", "facilities"):
        value = getattr(live, owner)
        parts.update(
            {f"{owner}.{field.name}": getattr(value, field.name) for field in fields(value) if field.name != "inner"}
        )
    return {name: array.tobytes() for name, array in parts.items()}


class Hand:
    """Draws edits and carries them out."""

    def __init__(self, live: Live, random: np.random.Generator, costly: bool) -> None:
        self.live, self.random, self.costly = live, random, costly

    def edit(self, kind: str) -> list[Change]:
        live, random = self.live, self.random
        standing = np.unique(live.facilities.place)
        gone = np.setdiff1d(np.arange(len(live.element)), standing)
        if kind == "add":
            return [live.add(int(random.integers(ELEMENTS)), self._rows())[1]]
        if kind == "remove" and len(standing):
            return [live.remove(int(random.choice(standing)))]
        if kind == "move" and len(standing):
            return list(live.move(int(random.choice(standing)), self._rows()))
        if kind == "reopen" and len(gone):
            return [live.reopen(int(random.choice(gone)), self._rows())]
        if kind == "close":
            return [live.close_edges(random.integers(0, live.graph.n_edges, random.integers(1, 3)))]
        if kind == "open":
            closed = np.flatnonzero(live.weights.forward == CLOSED)
            if len(closed):
                edge = int(random.choice(closed))
                return [live.set_edges([edge], [self._cost(edge)], [self._cost(edge)])]
        if kind == "one way":
            edge = int(random.integers(live.graph.n_edges))
            return [live.set_edges([edge], [self._cost(edge)], [int(CLOSED)])]
        if kind == "link":
            return [
                live.link(self._spot(), self._spot(), cost=(int(random.integers(2000)), int(random.integers(2000))))[1]
            ]
        return []

    def _cost(self, edge: int) -> int:
        length = int(self.live.graph.edge_dm[edge])
        return int(length * self.random.random() * 2) if self.costly else length

    def _spot(self) -> tuple[int, int]:
        edge = int(self.random.integers(self.live.graph.n_edges))
        length = int(self.live.graph.edge_dm[edge])
        return edge, int(self.random.choice([0, length, int(self.random.integers(length + 1))]))

    def _rows(self) -> Access:
        spots = [self._spot() for _ in range(self.random.integers(1, 3))]
        extra = self.random.integers(0, 300, len(spots))
        return Access.of(np.zeros(len(spots), int), [e for e, _ in spots], [o for _, o in spots], extra)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 2**32 - 2),
    nodes=st.integers(1, 25),
    edges=st.integers(1, 45),
    places=st.integers(1, 30),
    limit=st.sampled_from([900, 4000, 12_500]),
    directed=st.booleans(),
    kinds=st.lists(st.sampled_from(KINDS), min_size=1, max_size=8),
)
def test_any_sequence_equals_a_full_run_and_can_be_undone(
    seed: int, nodes: int, edges: int, places: int, limit: int, directed: bool, kinds: list[str]
) -> None:
    drawn = random_directed(seed, nodes, edges, places)
    world, random = drawn.world, np.random.default_rng(seed)
    thresholds = np.tile([limit // 3, 0, limit], (ELEMENTS, 1))
    weights = drawn.weights if directed else Weights.of_lengths(world.graph, world.barred)
    element = random.integers(0, ELEMENTS, places)
    live = Live(
        world.graph, world.demand, places, world.facilities, places, element, ELEMENTS, limit, thresholds,
        weights=weights,
    )  # fmt: skip
    hand, history = Hand(live, random, directed), []
    for kind in kinds:
        before = picture(live)
        changes = hand.edit(kind)
        check(live)
        history.append((before, changes))
    for before, changes in reversed(history):
        for change in reversed(changes):
            live.restore(change)
        assert picture(live) == before
    check(live)
    # What was undone can be done again: the inner lists are whole.
    for kind in ("add", "move", "remove"):
        hand.edit(kind)
        check(live)


def test_a_change_holds_all_that_was_altered() -> None:
    world = random_world(4, 60, 100, 200)
    thresholds = np.tile([2000, 6000], (ELEMENTS, 1))
    element = np.arange(200) % ELEMENTS
    live = Live(world.graph, world.demand, 200, world.facilities, 200, element, ELEMENTS, 6000, thresholds)
    hand = Hand(live, np.random.default_rng(4), costly=False)
    for kind in (k for k in KINDS for _ in range(3)):
        near, which, counts = live.near.copy(), live.which.copy(), live.counts.copy()
        covered = np.zeros(near.shape, np.bool_)
        for change in hand.edit(kind):
            covered[np.ix_(change.elements, change.places)] = True
        altered = (near != live.near) | (which != live.which) | (counts != live.counts).any(axis=1)
        assert not (altered & ~covered).any()


def small() -> Live:
    world = random_world(9, 10, 20, 6)
    return Live(world.graph, world.demand, 6, world.facilities, 6, [0, 1, 2, 0, 1, 2], ELEMENTS, 900, [[300]] * 3)


def test_edits_of_what_is_not_there_are_refused_and_change_nothing() -> None:
    live = small()
    gone = int(np.unique(live.facilities.place)[0])
    live.remove(gone)
    before = picture(live)
    here = Access.of([0], [0], [0])
    there = int(np.unique(live.facilities.place)[0])
    wrong: dict[str, list[Any]] = {
        "network.no_such_facility": [
            lambda: live.remove(gone),
            lambda: live.move(gone, here),
            lambda: live.remove(99),
            lambda: live.remove(-1),
            lambda: live.reopen(99, here),
            lambda: live.reopen(there, here),
        ],
        "network.out_of_range": [
            lambda: live.add(ELEMENTS, here),
            lambda: live.add(0, Access.of([0], [20], [0])),
            lambda: live.move(there, Access.of([0], [0], [10**6])),
            lambda: live.reopen(gone, Access.of([0], [99], [0])),
            lambda: live.close_edges([20]),
            lambda: live.close_edges([-1]),
            lambda: live.set_edges([0], [-1], [5]),
            lambda: live.set_edges([0], [2**32], [5]),
            lambda: live.link((20, 0), (0, 0)),
            lambda: live.link((0, 0), (0, 10**6)),
        ],
        "network.bad_length": [lambda: live.set_edges([0], [2**30], [5])],
        "network.shape": [
            lambda: live.set_edges([0], [1.5], [5]),
            lambda: live.set_edges([0, 1], [1], [5, 5]),
        ],
    }
    for code, edits in wrong.items():
        for edit in edits:
            with pytest.raises(InputError) as refused:
                edit()
            assert refused.value.code == code
            assert picture(live) == before
    check(live)


def test_only_the_last_edit_can_be_undone() -> None:
    live = small()
    first = live.close_edges([0])
    second = live.close_edges([1])
    with pytest.raises(InputError, match="撤销"):
        live.restore(first)
    live.restore(second)
    with pytest.raises(InputError) as refused:
        live.restore(second)
    assert refused.value.code == "network.not_the_last_edit"
    live.restore(first)
    check(live)


def test_thresholds_beyond_the_limit_are_refused() -> None:
    world = random_world(9, 10, 20, 6)
    with pytest.raises(InputError) as refused:
        Live(world.graph, world.demand, 6, world.facilities, 6, [0] * 6, 1, 900, [[901]])
    assert refused.value.code == "network.threshold_beyond_limit"
    assert "901" in str(refused.value)


def test_a_link_across_the_city_is_long_and_changes_little() -> None:
    """It is allowed; nobody walks it within the limit."""
    live = small()
    near = live.near.copy()
    live.link((0, 0), (5, 0), cost=(5_000_000, 5_000_000))
    check(live)
    np.testing.assert_array_equal(live.near, near)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**31))
def test_opening_is_never_worse(seed: int) -> None:
    """A new link, an edge that opens, another facility: nobody has farther to go, and nobody reaches fewer."""
    random, world = np.random.default_rng(seed), random_world(seed, 14, 24, 8)
    live = Live(
        world.graph, world.demand, 8, world.facilities, 8, random.integers(0, ELEMENTS, 8), ELEMENTS, 4000,
        [[1500]] * ELEMENTS,
    )  # fmt: skip
    shut = random.choice(24, 6, replace=False)
    live.close_edges(shut)

    def position() -> tuple[int, int]:
        edge = int(random.integers(0, 24))
        return edge, int(random.integers(0, int(world.graph.edge_dm[edge]) + 1))

    edge, offset = position()
    # The link comes last: it cuts the edges that it joins, and positions on them are others then.
    for opening in (
        lambda: live.add(0, Access.of([0], [edge], [offset])),
        lambda: live.set_edges(shut[:3], world.graph.edge_dm[shut[:3]], world.graph.edge_dm[shut[:3]]),
        lambda: live.link(position(), position(), cost=(int(random.integers(0, 900)), int(random.integers(0, 900)))),
    ):
        near, counts = live.near.copy(), live.counts.copy()
        opening()
        assert (live.near <= near).all()
        assert (live.counts >= counts).all()


@pytest.mark.slow
@pytest.mark.data
def test_a_thousand_edits_on_a_real_network(data_folder: Path) -> None:
    from benchmarks.streets import largest_component, read_streets

    streets = largest_component(read_streets(data_folder / "las_palmas" / "las_palmas.osm.pbf"))
    centre = np.median(streets.node_xy, axis=0)
    inside = (np.abs(streets.node_xy - centre) < 900.0).all(axis=1)
    edges = np.flatnonzero(inside[streets.edge_u] & inside[streets.edge_v])
    number = np.cumsum(inside) - 1
    length = np.diff(streets.edge_ptr)[edges]
    take = np.concatenate([np.arange(streets.edge_ptr[e], streets.edge_ptr[e + 1]) for e in edges])
    graph = WalkGraph.build(
        streets.node_xy[inside], number[streets.edge_u[edges]], number[streets.edge_v[edges]], streets.edge_xy[take],
        np.concatenate([[0], np.cumsum(length)]), streets.edge_dm[edges],
    )  # fmt: skip
    random = np.random.default_rng(20_261_124)
    n = 1500

    def spots(k: int) -> Access:
        edge = random.integers(0, graph.n_edges, k)
        return Access.of(np.arange(k), edge, (random.random(k) * (graph.edge_dm[edge] + 1)).astype(np.int64))

    thresholds = np.tile([1500, 3000], (ELEMENTS, 1))
    live = Live(graph, spots(n), n, spots(60), 60, np.arange(60) % ELEMENTS, ELEMENTS, 3000, thresholds)
    start = picture(live)
    hand, history = Hand(live, random, costly=False), []
    for i in range(1200):
        history += hand.edit(str(random.choice(KINDS)))
        if i % 20 == 19:
            check(live)
    for change in reversed(history):
        live.restore(change)
    assert picture(live) == start
    check(live)
