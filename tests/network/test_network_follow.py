"""Following changes: after any number of them at once, forwards or back, the answers are those of a full run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from benchmarks.streets import read_streets
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from network_oracle import World, distances, expected_nearest, random_world
from numpy.typing import NDArray

from absence import absent
from kezhong.errors import InputError
from kezhong.network import Access, Follower, Footing, Scene, WalkGraph, Weights, reach, snap, snap_near, with_link

ELEMENTS = 3
KINDS = ("close", "open", "link", "add", "remove", "move", "settle elsewhere")
MAX_GAP = 120.0


@dataclass(frozen=True)
class Edit:
    """What stands after it, and what it concerns."""

    scene: Scene
    edges: tuple[int, ...] = ()
    facilities: tuple[int, ...] = ()


class Hand:
    """Draws edits."""

    def __init__(self, seed: int, world: World) -> None:
        self.world = world
        self.among: NDArray[np.int64] | None = None
        self.random = np.random.default_rng(seed)
        element = self.random.integers(0, ELEMENTS, world.n_facilities).astype(np.int32)
        self.scene = Scene(world.graph, world.barred, world.demand, world.facilities, element)

    def edit(self, scene: Scene, kind: str) -> Edit:
        if kind in ("close", "open"):
            edges = self.random.choice(self._edges(scene.graph), self.random.integers(1, 4))
            closed = scene.closed.copy()
            closed[edges] = kind == "close"
            return Edit(replace(scene, closed=closed), tuple(edges.tolist()))
        if kind == "link":
            return self._link(scene)
        if kind == "settle elsewhere":
            old, row = scene.places, int(self.random.integers(len(scene.places.place)))
            edge, offset = old.edge.copy(), old.offset_dm.copy()
            edge[row], offset[row] = self._spot(scene.graph)
            return Edit(replace(scene, places=Access(old.place, edge, offset, old.extra_dm)))
        return self._facility(scene, kind)

    def _link(self, scene: Scene) -> Edit:
        made = with_link(scene.graph, None, self._spot(scene.graph), self._spot(scene.graph))
        closed = np.append(scene.closed, np.zeros(made.graph.n_edges - len(scene.closed), np.bool_))
        for first, _, second in made.cuts:
            closed[second] = closed[first]
        edges = {edge for first, _, second in made.cuts for edge in (first, second)} | {made.edge}
        places, facilities = made.moved(scene.places), made.moved(scene.facilities)
        return Edit(Scene(made.graph, closed, places, facilities, scene.element), tuple(edges))

    def _facility(self, scene: Scene, kind: str) -> Edit:
        rows, element, number = scene.facilities, scene.element, int(self.random.integers(len(scene.element)))
        if kind == "add":
            number = len(element)
            element = np.append(element, np.int32(self.random.integers(ELEMENTS)))
        kept = rows.place != number
        parts = [rows.place[kept], rows.edge[kept], rows.offset_dm[kept], rows.extra_dm[kept]]
        for _ in range(0 if kind == "remove" else int(self.random.integers(1, 3))):
            row = (number, *self._spot(scene.graph), int(self.random.integers(300)))
            parts = [np.append(part, np.array(value, part.dtype)) for part, value in zip(parts, row, strict=True)]
        return Edit(replace(scene, facilities=Access(*parts), element=element), facilities=(number,))

    def _edges(self, graph: WalkGraph) -> NDArray[np.int64]:
        return np.arange(graph.n_edges) if self.among is None else self.among

    def _spot(self, graph: WalkGraph) -> tuple[int, int]:
        edge = int(self.random.choice(self._edges(graph)))
        length = int(graph.edge_dm[edge])
        return edge, int(self.random.choice([0, length, int(self.random.integers(length + 1))]))


def check(follower: Follower) -> None:
    """Bit for bit what a full run says."""
    scene, n = follower.scene, follower.n_places
    full = reach(
        scene.graph, scene.places, n, scene.facilities, len(scene.element), scene.element, ELEMENTS, follower.limit,
        weights=Weights.of_lengths(scene.graph, scene.closed),
    )  # fmt: skip
    np.testing.assert_array_equal(follower.near, full.nearest_dm)
    np.testing.assert_array_equal(follower.which, full.nearest_facility)


def follow(follower: Follower, scene: Scene, done: list[Edit]) -> None:
    """Go to another scene over some edits."""
    edges = [edge for one in done for edge in one.edges]
    follower.follow(scene, edges, np.array([number for one in done for number in one.facilities], np.int64))
    check(follower)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 2**32 - 2),
    nodes=st.integers(1, 30),
    edges=st.integers(1, 60),
    places=st.integers(1, 30),
    limit=st.sampled_from([900, 4000, 12_500]),
    rounds=st.lists(st.lists(st.sampled_from(KINDS), min_size=1, max_size=4), min_size=1, max_size=5),
)
def test_any_changes_at_once_equal_a_full_run_and_can_be_taken_back(
    seed: int, nodes: int, edges: int, places: int, limit: int, rounds: list[list[str]]
) -> None:
    hand = Hand(seed, random_world(seed, nodes, edges, places))
    follower = Follower(hand.scene, places, ELEMENTS, limit)
    check(follower)
    untouched, begin = follower.fork(), (follower.near.tobytes(), follower.which.tobytes())
    history: list[tuple[Scene, list[Edit]]] = []
    for kinds in rounds:
        scene = follower.scene
        done: list[Edit] = []
        for kind in kinds:
            done.append(hand.edit(done[-1].scene if done else scene, kind))
        follow(follower, done[-1].scene, done)
        history.append((scene, done))
    # Straight from the last scene to another branch of it, over what was never followed.
    scene, done = history[-1]
    other = hand.edit(scene, "link")
    follow(follower, other.scene, [*done, other])
    follow(follower, scene, [other])
    for scene, done in reversed(history[:-1]):
        follow(follower, scene, done)
    assert (follower.near.tobytes(), follower.which.tobytes()) == begin
    assert (untouched.near.tobytes(), untouched.which.tobytes()) == begin


@pytest.mark.data
@pytest.mark.parametrize("city", ["las_palmas/las_palmas.osm.pbf", "beijing_haidian/haidian.osm"])
def test_real_streets_through_many_changes(data_folder: Path, city: str) -> None:
    """300 rounds of up to four changes, each against a full run; every fifth goes back to where it came from."""
    file = data_folder / city
    if not file.is_file():
        absent(f"{file} is absent")
    read, random, n = read_streets(file), np.random.default_rng(11), 1500
    graph = WalkGraph.build(read.node_xy, read.edge_u, read.edge_v, read.edge_xy, read.edge_ptr, read.edge_dm)
    # A quarter of the city, so that changes meet one another.
    middle = graph.edge_xy[graph.edge_ptr[:-1]]
    within = np.flatnonzero((np.abs(middle - np.median(middle, axis=0)) < 1500.0).all(axis=1))

    def accesses(size: int) -> Access:
        edge = random.choice(within, size)
        offset = np.floor(random.random(size) * (graph.edge_dm[edge] + 1)).astype(np.int64)
        return Access.of(np.arange(size), edge, offset, random.integers(0, 400, size))

    closed = np.zeros(graph.n_edges, np.bool_)
    hand = Hand(11, World(graph, accesses(n), n, accesses(200), 200, closed))
    hand.among = within
    follower = Follower(hand.scene, n, ELEMENTS, 12_500)
    for round_ in range(300):
        scene = follower.scene
        done: list[Edit] = []
        for kind in random.choice(KINDS, random.integers(1, 5)):
            done.append(hand.edit(done[-1].scene if done else scene, str(kind)))
        follow(follower, done[-1].scene, done)
        if round_ % 5 == 0:
            follow(follower, scene, done)


@pytest.mark.parametrize("seed", range(6))
def test_the_whole_is_what_scipy_finds(seed: int) -> None:
    hand = Hand(seed, random_world(seed, 25, 45, 20))
    follower = Follower(hand.scene, 20, ELEMENTS, 4000)
    shut = hand.edit(hand.scene, "close")
    follower.follow(shut.scene, list(shut.edges), np.zeros(0, np.int64))
    table = distances(World(shut.scene.graph, hand.world.demand, 20, hand.world.facilities, 20, shut.scene.closed))
    for e in range(ELEMENTS):
        own = np.flatnonzero(hand.scene.element == e)
        near, which = expected_nearest(table[:, own], own, 4000)
        np.testing.assert_array_equal(follower.near[e], near)
        np.testing.assert_array_equal(follower.which[e], which)


def test_only_elements_that_are_concerned_are_looked_at() -> None:
    hand = Hand(3, random_world(3, 25, 45, 20))
    follower = Follower(hand.scene, 20, ELEMENTS, 4000)
    added = hand.edit(hand.scene, "add")
    looked = follower.follow(added.scene, [], np.array(added.facilities))
    assert looked.tolist() == [added.scene.element[-1]]
    nothing = follower.follow(added.scene, [], np.zeros(0, np.int64))
    assert not len(nothing)


def test_a_scene_that_does_not_fit_is_refused_and_changes_nothing() -> None:
    hand = Hand(3, random_world(3, 25, 45, 20))
    follower = Follower(hand.scene, 20, ELEMENTS, 4000)
    beyond = replace(hand.scene, element=np.full(20, ELEMENTS, np.int32))
    nowhere = replace(hand.scene, facilities=Access.of([0], [45], [0]))
    for scene in (beyond, nowhere):
        with pytest.raises(InputError):
            follower.follow(scene, [0], np.arange(20))
        assert follower.scene is hand.scene
        check(follower)


def islands(seed: int) -> WalkGraph:
    """A grid of 12 × 12 streets, and small grids beside it that a few bridges join to it."""
    random = np.random.default_rng(seed)
    spots, pairs = [], []
    for first, (x0, y0), size in ((0, (0.0, 0.0), 12), (144, (700.0, 0.0), 4), (160, (700.0, 400.0), 5)):
        grid = np.arange(size * size).reshape(size, size)
        spots.append(np.column_stack([x0 + 50.0 * (grid // size).ravel(), y0 + 50.0 * (grid % size).ravel()]))
        for one, two in ((grid[1:], grid[:-1]), (grid[:, 1:], grid[:, :-1])):
            pairs.append(np.column_stack([one.ravel(), two.ravel()]) + first)
    xy = np.concatenate(spots) + random.normal(0.0, 4.0, (185, 2))
    bridges = np.array([[143 - 12 * k, 144 + k] for k in range(2)] + [[140, 165], [150, 162]])
    edges = np.concatenate([*pairs, bridges])
    course = np.stack([xy[edges[:, 0]], xy[edges[:, 1]]], 1).reshape(-1, 2)
    return WalkGraph.build(xy, edges[:, 0], edges[:, 1], course, 2 * np.arange(len(edges) + 1))


@pytest.mark.parametrize("seed", range(8))
def test_footing_follows_streets_and_islands(seed: int) -> None:
    random, graph = np.random.default_rng(seed), islands(seed)
    xy = random.uniform((-200.0, -200.0), (1100.0, 800.0), (500, 2))
    footing = Footing.of(graph, np.zeros(graph.n_edges, np.bool_), xy, MAX_GAP)
    bridges = np.arange(graph.n_edges - 4, graph.n_edges)
    kinds = set()
    for step in range(25):
        graph, closed = footing.graph, footing.closed.copy()
        if step in (3, 6):  # all bridges at once: the small grids become islands, and are none any more
            edges = bridges.tolist()
            closed[edges] = step == 3
        elif random.random() < 0.3:
            spots = [(int(edge), int(graph.edge_dm[edge] * random.random())) for edge in random.integers(0, 180, 2)]
            made = with_link(graph, None, spots[0], spots[1])
            edges = [edge for first, _, second in made.cuts for edge in (first, second)] + [made.edge]
            closed = np.append(closed, np.zeros(made.graph.n_edges - len(closed), np.bool_))
            for first, _, second in made.cuts:
                closed[second] = closed[first]
            graph = made.graph
        else:
            edges = [int(random.choice(bridges)) if random.random() < 0.7 else int(random.integers(graph.n_edges))]
            closed[edges] = ~closed[edges]
        moved = footing.on(graph, closed, edges)
        whole = snap(graph, xy, MAX_GAP, edge_mask=~closed if closed.any() else None)
        for name in ("edge", "offset_dm", "gap_dm", "reason"):
            np.testing.assert_array_equal(getattr(moved, name), getattr(whole, name), err_msg=name)
            np.testing.assert_array_equal(
                getattr(moved.on(footing.graph, footing.closed, edges), name), getattr(footing, name), err_msg=name
            )
        kinds |= set(moved.kind.tolist())
        footing = moved
        few = xy[int(random.integers(490)) :][:10]
        near, far = snap_near(graph, few, MAX_GAP, ~closed), snap(graph, few, MAX_GAP, edge_mask=~closed)
        for name in ("edge", "offset_dm", "gap_dm", "reason"):
            np.testing.assert_array_equal(getattr(near, name), getattr(far, name), err_msg=name)
    assert kinds == {0, 1, 2}
    assert not len(snap_near(footing.graph, xy[:0], MAX_GAP).edge)
