"""Reach and pairs against an oracle that splits edges, and what must hold whatever the input."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from network_oracle import World, distances, expected_nearest, random_world

from kezhong.errors import CancelledError, InputError
from kezhong.network import UNREACHED, Access, Reach, WalkGraph, pairs, reach

ELEMENTS = 4


def _ask(world: World, element: np.ndarray, limit: int, thresholds: np.ndarray | None, threads: int = 1) -> Reach:
    return reach(
        world.graph,
        world.demand,
        world.n_demand,
        world.facilities,
        world.n_facilities,
        element,
        ELEMENTS,
        limit,
        thresholds,
        barred=world.barred,
        threads=threads,
    )


def _thresholds(random: np.random.Generator, limit: int) -> np.ndarray:
    table = random.integers(0, limit + 1, (ELEMENTS, 3))
    table[random.random(table.shape) < 0.2] = 0
    table[random.integers(0, ELEMENTS)] = 0
    return table


def _check(world: World, element: np.ndarray, limit: int, thresholds: np.ndarray, found: Reach) -> None:
    pair = distances(world)
    for e in range(ELEMENTS):
        ids = np.flatnonzero(element == e)
        nearest, which = expected_nearest(pair[:, ids], ids, limit)
        np.testing.assert_array_equal(found.nearest_dm[e], nearest)
        np.testing.assert_array_equal(found.nearest_facility[e], which)
        for k, threshold in enumerate(thresholds[e]):
            within = (pair[:, ids] <= threshold).sum(axis=1) if threshold else 0
            np.testing.assert_array_equal(found.counts[e, k], within)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 2**32 - 1),
    nodes=st.integers(1, 40),
    edges=st.integers(1, 80),
    places=st.integers(1, 50),
    limit=st.sampled_from([0, 1, 900, 4000, 12_500, 65_534, 65_535, 1_000_000]),
)
def test_equals_dijkstra_on_random_networks(seed: int, nodes: int, edges: int, places: int, limit: int) -> None:
    world = random_world(seed, nodes, edges, places)
    random = np.random.default_rng(seed)
    element = random.integers(0, ELEMENTS, places)
    thresholds = _thresholds(random, limit)
    _check(world, element, limit, thresholds, _ask(world, element, limit, thresholds))
    table = distances(world)
    found = pairs(world.graph, world.demand, places, world.facilities, places, limit, barred=world.barred, threads=1)
    rows, columns = np.nonzero(table <= limit)
    np.testing.assert_array_equal(found.ptr, np.searchsorted(rows, np.arange(places + 1)))
    np.testing.assert_array_equal(found.facility, columns)
    np.testing.assert_array_equal(found.dm, table[rows, columns])


def test_equals_dijkstra_with_many_batches_and_long_edges() -> None:
    world = random_world(7, 200, 300, 700, longest=70_000)
    random = np.random.default_rng(7)
    element = random.integers(0, ELEMENTS, 700)
    for limit in (40_000, 200_000):
        thresholds = _thresholds(random, limit)
        _check(world, element, limit, thresholds, _ask(world, element, limit, thresholds))


def test_any_number_of_threads_gives_the_same_bytes() -> None:
    world = random_world(11, 500, 700, 2_000)
    element = np.random.default_rng(1).integers(0, ELEMENTS, 2_000)
    thresholds = np.array([[500, 3000, 9000], [0, 0, 0], [2000, 2000, 1], [9000, 100, 0]])
    one = _ask(world, element, 12_000, thresholds)
    for threads in (2, 3, 7):
        other = _ask(world, element, 12_000, thresholds, threads)
        assert one.nearest_dm.tobytes() == other.nearest_dm.tobytes()
        assert one.nearest_facility.tobytes() == other.nearest_facility.tobytes()
        assert one.counts.tobytes() == other.counts.tobytes()


def test_pairs_and_counts_agree() -> None:
    world = random_world(5, 300, 450, 400)
    found = pairs(world.graph, world.demand, 400, world.facilities, 400, 5_000, barred=world.barred)
    element = np.zeros(400, np.int32)
    table = np.zeros((ELEMENTS, 2), np.int64)
    table[0] = (5_000, 1_200)
    asked = _ask(world, element, 5_000, table)
    np.testing.assert_array_equal(asked.counts[0, 0], np.diff(found.ptr))
    near = np.flatnonzero(found.dm <= 1_200)
    place = np.repeat(np.arange(400), np.diff(found.ptr))
    np.testing.assert_array_equal(asked.counts[0, 1], np.bincount(place[near], minlength=400))


def test_nearest_alone_equals_nearest_with_counts() -> None:
    world = random_world(9, 300, 450, 600)
    element = np.random.default_rng(2).integers(0, ELEMENTS, 600)
    alone = _ask(world, element, 6_000, None)
    both = _ask(world, element, 6_000, np.full((ELEMENTS, 1), 6_000))
    np.testing.assert_array_equal(alone.nearest_dm, both.nearest_dm)
    np.testing.assert_array_equal(alone.nearest_facility, both.nearest_facility)
    assert alone.counts.shape == (ELEMENTS, 0, 600)


def _street(length: int = 1_000) -> WalkGraph:
    return WalkGraph.build([[0.0, 0.0], [length / 10, 0.0]], [0], [1], [[0.0, 0.0], [length / 10, 0.0]], [0, 2])


def test_the_mid_edge_trap_counts_a_facility_once() -> None:
    # A block: from the middle of one side both ends lead to the same facility on the opposite side.
    xy = np.array([[0.0, 0.0], [100.0, 0.0], [100.0, 100.0], [0.0, 100.0]])
    u, v = [0, 1, 2, 3], [1, 2, 3, 0]
    graph = WalkGraph.build(xy, u, v, np.stack([xy[u], xy[v]], 1).reshape(-1, 2), [0, 2, 4, 6, 8])
    found = reach(graph, Access.of([0], [0], [500]), 1, Access.of([0], [2], [500]), 1, [0], 1, 2_000, [[1_999, 2_000]])
    assert found.counts[0, :, 0].tolist() == [0, 1]
    assert found.nearest_dm[0, 0] == 2_000


def test_places_on_one_edge_meet_along_it() -> None:
    graph = _street()
    found = reach(graph, Access.of([0], [0], [400], [7]), 1, Access.of([0], [0], [650], [3]), 1, [0], 1, 5_000)
    assert found.nearest_dm[0, 0] == 250 + 10


def test_equally_near_facilities_give_the_smaller_number() -> None:
    graph = _street()
    facilities = Access.of([2, 1, 0], [0, 0, 0], [600, 400, 900])
    for thresholds in (None, [[1_000]]):
        found = reach(graph, Access.of([0], [0], [500]), 1, facilities, 3, [0, 0, 0], 1, 1_000, thresholds)
        assert (found.nearest_dm[0, 0], found.nearest_facility[0, 0]) == (100, 1)


def test_an_access_within_a_barred_edge_is_void_but_its_ends_are_not() -> None:
    graph = _street()
    barred = np.array([True])
    demand = Access.of([0, 1, 2], [0, 0, 0], [0, 500, 1_000])
    found = reach(graph, demand, 3, Access.of([0], [0], [0]), 1, [0], 1, 5_000, [[5_000]], barred=barred)
    assert found.nearest_dm[0].tolist() == [0, int(UNREACHED), int(UNREACHED)]


def test_one_place_under_several_elements_is_one_place_for_each() -> None:
    graph = _street()
    facilities = Access.of([0, 1, 2], [0, 0, 0], [100, 100, 100])
    found = reach(graph, Access.of([0], [0], [0]), 1, facilities, 3, [0, 1, 1], 2, 500, [[500], [500]])
    assert found.counts[:, 0, 0].tolist() == [1, 2]
    assert found.nearest_facility[:, 0].tolist() == [0, 1]


def test_manhattan_lattice_has_the_closed_form() -> None:
    """Within k blocks of an inner crossing lie 2k(k + 1) + 1 crossings."""
    side = 41
    x, y = np.meshgrid(np.arange(side), np.arange(side))
    number = np.arange(side * side).reshape(side, side)
    u = np.concatenate([number[:, :-1].ravel(), number[:-1].ravel()])
    v = np.concatenate([number[:, 1:].ravel(), number[1:].ravel()])
    xy = np.column_stack([x.ravel(), y.ravel()]) * 100.0
    graph = WalkGraph.build(xy, u, v, np.stack([xy[u], xy[v]], 1).reshape(-1, 2), 2 * np.arange(len(u) + 1))
    everywhere = Access.of(number.ravel(), *graph.at_nodes(number.ravel()))
    middle = Access.of([0], *graph.at_nodes([number[20, 20]]))
    blocks = np.array([1, 3, 7, 15, 20])
    found = reach(graph, middle, 1, everywhere, side**2, np.zeros(side**2, int), 1, 20_000, [blocks * 1_000])
    assert found.counts[0, :, 0].tolist() == (2 * blocks * (blocks + 1) + 1).tolist()
    back = reach(graph, everywhere, side**2, middle, 1, [0], 1, 40_000)
    manhattan = (abs(x - 20) + abs(y - 20)).ravel() * 1_000
    np.testing.assert_array_equal(back.nearest_dm[0], manhattan)


def test_more_facilities_than_sixteen_bits_count() -> None:
    graph = _street()
    n = 70_000
    facilities = Access.of(np.arange(n), np.zeros(n, int), np.full(n, 5))
    found = reach(graph, Access.of([0], [0], [0]), 1, facilities, n, np.zeros(n, int), 1, 100, [[5]])
    assert found.counts.dtype == np.uint32
    assert found.counts[0, 0, 0] == n


def test_the_largest_numbers_do_not_overflow() -> None:
    long = 0x3FFFFFFF
    xy = np.array([[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]])
    graph = WalkGraph.build(xy, [0, 1], [1, 2], xy[[0, 1, 1, 2]], [0, 2, 4], [long, long])
    demand, facility = Access.of([0], [0], [0], [long]), Access.of([0], [1], [long], [long])
    found = reach(graph, demand, 1, facility, 1, [0], 1, long, [[long]])
    assert found.nearest_dm[0, 0] == UNREACHED
    assert found.counts.sum() == 0
    near = reach(graph, Access.of([0], [0], [0]), 1, Access.of([0], [0], [long]), 1, [0], 1, long, [[long]])
    assert near.nearest_dm[0, 0] == long


@pytest.mark.parametrize(("n_demand", "n_facilities", "n_elements"), [(0, 0, 0), (0, 1, 1), (2, 0, 1), (2, 0, 0)])
def test_empty_inputs_give_empty_answers(n_demand: int, n_facilities: int, n_elements: int) -> None:
    graph = _street()
    none: list[int] = []
    facilities = Access.of(list(range(n_facilities)), [0] * n_facilities, [0] * n_facilities)
    element = np.zeros(n_facilities, int)
    table = np.full((n_elements, 2), 100)
    found = reach(
        graph, Access.of(none, none, none), n_demand, facilities, n_facilities, element, n_elements, 100, table
    )
    assert found.nearest_dm.shape == (n_elements, n_demand)
    assert (found.nearest_dm == UNREACHED).all()
    assert (found.nearest_facility == -1).all()
    assert found.counts.shape == (n_elements, 2, n_demand)
    assert not found.counts.any()
    assert pairs(graph, Access.of(none, none, none), n_demand, facilities, n_facilities, 100).ptr[-1] == 0


def test_a_graph_without_edges_reaches_nothing() -> None:
    graph = WalkGraph.build(np.empty((0, 2)), [], [], np.empty((0, 2)), [0])
    rows = Access.of([0], [-1], [0])
    assert reach(graph, rows, 1, rows, 1, [0], 1, 100, [[100]]).nearest_dm[0, 0] == UNREACHED


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"thresholds_dm": [[101]]}, "network.threshold_beyond_limit"),
        ({"thresholds_dm": [[-1]]}, "network.threshold_beyond_limit"),
        ({"thresholds_dm": [100]}, "network.shape"),
        ({"thresholds_dm": [[1.5]]}, "network.shape"),
        ({"limit_dm": -1}, "network.bad_limit"),
        ({"limit_dm": 2**31}, "network.bad_limit"),
        ({"threads": 0}, "network.bad_limit"),
        ({"facility_element": [1]}, "network.out_of_range"),
        ({"facility_element": [0, 0]}, "network.shape"),
        ({"barred": [True, False]}, "network.shape"),
        ({"barred": [1]}, "network.shape"),
        ({"demand": Access.of([1], [0], [0])}, "network.out_of_range"),
        ({"demand": Access.of([0], [1], [0])}, "network.out_of_range"),
        ({"demand": Access.of([0], [0], [1_001])}, "network.out_of_range"),
        ({"facilities": Access.of([0], [0], [0], [2**31])}, "network.out_of_range"),
    ],
)
def test_bad_input_is_named(change: dict[str, object], code: str) -> None:
    rows = Access.of([0], [0], [0])
    question: dict[str, object] = {
        "graph": _street(),
        "demand": rows,
        "n_demand": 1,
        "facilities": rows,
        "n_facilities": 1,
        "facility_element": [0],
        "n_elements": 1,
        "limit_dm": 100,
    }
    with pytest.raises(InputError) as caught:
        reach(**{**question, **change})
    assert caught.value.code == code
    assert "{" not in caught.value.message("zh") + caught.value.message("en") + caught.value.action("zh")


def test_columns_must_be_numbers_of_equal_length() -> None:
    with pytest.raises(InputError):
        Access.of([0.5], [0], [0])
    with pytest.raises(InputError):
        Access.of([0], [0], [-1])
    uneven = Access.of([0], [0, 0], [0])
    with pytest.raises(InputError):
        reach(_street(), uneven, 1, Access.of([0], [0], [0]), 1, [0], 1, 10)


def test_progress_runs_to_the_end_and_may_stop_the_work() -> None:
    world = random_world(3, 300, 500, 3_000)
    element = np.zeros(3_000, np.int32)
    shares: list[float] = []

    def note(share: float, step: str) -> None:
        shares.append(share)
        assert step == "network.step_reach"

    arguments = (world.graph, world.demand, 3_000, world.facilities, 3_000, element, 1, 5_000, [[5_000]])
    reach(*arguments, threads=1, progress=note)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0

    def stop(share: float, step: str) -> None:
        raise CancelledError("network.step_reach")

    with pytest.raises(CancelledError):
        reach(*arguments, progress=stop)
