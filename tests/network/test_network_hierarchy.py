"""Nearest k from the contracted network against Dijkstra on cut edges and against reach."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from directed_oracle import directed_distances, random_directed
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from network_oracle import FAR, World, distances, random_world

from kezhong.errors import InputError, NotFoundError
from kezhong.network import UNREACHED, Access, Hierarchy, Nearest, WalkGraph, nearest, reach

ELEMENTS = 19  # more than the lanes of one block


def check(table: np.ndarray, element: np.ndarray, limit: int, k: int, found: Nearest) -> None:
    assert found.cost.shape == (ELEMENTS, k, len(table))
    for e in range(ELEMENTS):
        ids = np.flatnonzero(element == e)
        own = np.concatenate([table[:, ids], np.full((len(table), k), int(FAR))], axis=1)
        order = np.argsort(own, axis=1, kind="stable")[:, :k]
        cost = np.take_along_axis(own, order, axis=1)
        within = cost <= limit
        names = np.append(ids, np.zeros(k, np.int64))[order]
        np.testing.assert_array_equal(found.cost[e].T, np.where(within, cost, int(UNREACHED)))
        np.testing.assert_array_equal(found.facility[e].T, np.where(within, names, -1))


def ask(world: World, element: np.ndarray, limit: int, k: int, **options: object) -> Nearest:
    built = {key: options[key] for key in ("weights", "barred") if key in options}
    hierarchy = Hierarchy.build(world.graph, **built)
    places = world.n_demand
    return nearest(
        hierarchy, world.graph, world.demand, places, world.facilities, places, element, ELEMENTS, limit, k=k, **options
    )


CASES = {
    "seed": st.integers(0, 2**32 - 2),
    "nodes": st.integers(1, 40),
    "edges": st.integers(1, 80),
    "places": st.integers(1, 50),
    "limit": st.sampled_from([0, 1, 900, 4000, 12_500, 65_534, 65_535, 1_000_000]),
    "k": st.sampled_from([1, 2, 3, 5]),
}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(**CASES)
def test_equals_dijkstra_on_random_networks(seed: int, nodes: int, edges: int, places: int, limit: int, k: int) -> None:
    world = random_world(seed, nodes, edges, places)
    # Few elements have several facilities, some have none.
    element = np.random.default_rng(seed).integers(0, 3, places) * 9
    found = ask(world, element, limit, k, barred=world.barred, threads=1)
    check(distances(world), element, limit, k, found)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(**CASES)
def test_costs_alone_are_those_with_their_owners(
    seed: int, nodes: int, edges: int, places: int, limit: int, k: int
) -> None:
    world = random_world(seed, nodes, edges, places)
    element = np.random.default_rng(seed).integers(0, ELEMENTS, places)
    whole = ask(world, element, limit, 1, barred=world.barred)
    alone = ask(world, element, limit, 1, barred=world.barred, owners=False)
    np.testing.assert_array_equal(alone.cost, whole.cost)
    assert alone.facility.size == 0
    # Into memory that is there, whatever stands in it.
    kept = Nearest(np.full_like(whole.cost, 7), np.full_like(whole.facility, 7))
    again = ask(world, element, limit, 1, barred=world.barred, out=kept)
    assert again.cost is kept.cost
    np.testing.assert_array_equal(kept.cost, whole.cost)
    np.testing.assert_array_equal(kept.facility, whole.facility)
    with pytest.raises(InputError):
        ask(world, element, limit, 2, owners=False)
    with pytest.raises(InputError):
        ask(world, element, limit, 2, out=kept)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(**CASES)
def test_equals_dijkstra_with_directed_costs(
    seed: int, nodes: int, edges: int, places: int, limit: int, k: int
) -> None:
    drawn = random_directed(seed, nodes, edges, places)
    world = drawn.world
    table = directed_distances(world.graph, drawn.weights, world.demand, places, world.facilities, places)
    element = np.random.default_rng(seed).integers(0, 3, places) * 9
    check(table, element, limit, k, ask(world, element, limit, k, weights=drawn.weights, threads=1))


@pytest.mark.parametrize("longest", [40, 3000, 70_000])
def test_first_of_nearest_is_that_of_reach(longest: int) -> None:
    """On a network with many equal distances, with short edges, and with ones beyond 16 bits."""
    world = random_world(11, 300, 480, 900, longest=longest)
    element = np.random.default_rng(11).integers(0, ELEMENTS, 900)
    for limit in (12_500, 300_000):
        full = reach(
            world.graph, world.demand, 900, world.facilities, 900, element, ELEMENTS, limit, barred=world.barred
        )
        found = [ask(world, element, limit, k, barred=world.barred, threads=threads) for k, threads in ((1, 1), (5, 2))]
        for answer in found:
            np.testing.assert_array_equal(answer.cost[:, 0], full.nearest_dm)
            np.testing.assert_array_equal(answer.facility[:, 0], full.nearest_facility)
        check(distances(world), element, limit, 5, found[1])


def test_lattice_with_ties_in_closed_form() -> None:
    """Blocks of 100 m: the distance is that of a taxi, ties stand by number, each facility once."""
    side = 9
    x, y = np.meshgrid(np.arange(side), np.arange(side))
    xy = 100.0 * np.column_stack([x.ravel(), y.ravel()])
    ids = np.arange(side * side).reshape(side, side)
    u = np.concatenate([ids[:, :-1].ravel(), ids[:-1].ravel()])
    v = np.concatenate([ids[:, 1:].ravel(), ids[1:].ravel()])
    course = np.stack([xy[u], xy[v]], 1).reshape(-1, 2)
    graph = WalkGraph.build(xy, u, v, course, 2 * np.arange(len(u) + 1))
    at = np.arange(side * side)
    places = Access.of(at, *graph.at_nodes(at))
    stands = np.array([0, 8, 40, 40, 72, 80])
    facilities = Access.of(np.arange(6), *graph.at_nodes(stands))
    found = nearest(Hierarchy.build(graph), graph, places, len(at), facilities, 6, np.zeros(6, int), 1, 20_000, k=6)
    taxi = np.abs(xy[:, None] - xy[stands][None]).sum(axis=2) * 10
    order = np.argsort(taxi, axis=1, kind="stable")
    np.testing.assert_array_equal(found.facility[0].T, order)
    np.testing.assert_array_equal(found.cost[0].T, np.take_along_axis(taxi, order, axis=1))


def test_saved_and_loaded_hierarchy_answers_alike(tmp_path: Path) -> None:
    world = random_world(3, 60, 90, 40)
    hierarchy = Hierarchy.build(world.graph)
    hierarchy.save(tmp_path / "h")
    loaded = Hierarchy.load(tmp_path / "h")
    question = (world.graph, world.demand, 40, world.facilities, 40, np.arange(40) % 3, 3, 12_500)
    one, other = nearest(hierarchy, *question, k=2), nearest(loaded, *question, k=2)
    np.testing.assert_array_equal(one.cost, other.cost)
    np.testing.assert_array_equal(one.facility, other.facility)
    with pytest.raises(NotFoundError):
        Hierarchy.load(tmp_path / "absent")


def test_bad_questions_are_refused() -> None:
    world = random_world(3, 10, 20, 5)
    hierarchy = Hierarchy.build(world.graph)
    question = (world.demand, 5, world.facilities, 5, np.zeros(5, int), 1)
    for k in (0, 17):
        with pytest.raises(InputError):
            nearest(hierarchy, world.graph, *question, 900, k=k)
    with pytest.raises(InputError):
        nearest(hierarchy, world.graph, *question, -1)
    other = random_world(3, 11, 20, 5)
    with pytest.raises(InputError):
        nearest(hierarchy, other.graph, other.demand, *question[1:], 900)
