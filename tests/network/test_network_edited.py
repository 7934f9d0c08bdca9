"""New links: geometry, costs, accesses on cut edges, positions that do not exist."""

from __future__ import annotations

import numpy as np
import pytest
from directed_oracle import directed_distances, random_directed
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kezhong.errors import InputError
from kezhong.network import CLOSED, Access, WalkGraph, Weights, reach, with_link

#: Two parallel streets, 100 m long and 40 m apart.
XY = np.array([[0.0, 0.0], [100.0, 0.0], [0.0, 40.0], [100.0, 40.0]])


def two_streets() -> WalkGraph:
    return WalkGraph.build(XY, [0, 2], [1, 3], XY, [0, 2, 4])


def metres(graph: WalkGraph, edge: int) -> float:
    course = graph.edge_xy[graph.edge_ptr[edge] : graph.edge_ptr[edge + 1]]
    return float(np.hypot(*np.diff(course, axis=0).T).sum())


def test_link_in_the_middle() -> None:
    graph = two_streets()
    made = with_link(graph, None, (0, 300), (1, 300))
    new = made.graph
    assert (new.n_nodes, new.n_edges) == (6, 5)
    np.testing.assert_allclose(new.node_xy[4:], [[30.0, 0.0], [30.0, 40.0]])
    assert new.edge_dm[made.edge] == 400
    assert new.edge_dm.sum() == graph.edge_dm.sum() + 400
    for edge in range(new.n_edges):
        assert metres(new, edge) * 10 == pytest.approx(int(new.edge_dm[edge]))
        course = new.edge_xy[new.edge_ptr[edge] : new.edge_ptr[edge + 1]]
        np.testing.assert_allclose(course[0], new.node_xy[new.edge_u[edge]])
        np.testing.assert_allclose(course[-1], new.node_xy[new.edge_v[edge]])
    assert new.component.max() == 0
    ends = Access.of([0, 1], [0, 1], [0, 0])
    found = reach(new, made.moved(ends), 2, made.moved(ends), 2, [0, 1], 2, 5000)
    assert found.nearest_dm[0, 1] == 300 + 400 + 300


def test_course_cost_and_length_are_the_callers() -> None:
    graph = two_streets()
    made = with_link(graph, None, (0, 500), (1, 500), np.array([[50.0, 20.0], [80.0, 20.0], [50.0, 20.0]]))
    assert made.graph.edge_dm[made.edge] == 1000
    weights = Weights.of_lengths(graph)
    made = with_link(graph, weights, (0, 500), (1, 500), cost=(7, int(CLOSED)), length_dm=450)
    assert made.weights is not None
    assert made.graph.edge_dm[made.edge] == 450
    assert made.weights.forward[made.edge] == 7
    assert made.weights.backward[made.edge] == CLOSED


def test_both_ends_on_one_edge_in_either_order() -> None:
    graph = two_streets()
    for begin, end in ((200, 700), (700, 200), (400, 400), (0, 1000)):
        made = with_link(graph, None, (0, begin), (0, end))
        assert made.graph.edge_dm[made.edge] == abs(begin - end)
        assert made.graph.edge_dm.sum() == graph.edge_dm.sum() + abs(begin - end)
        rows = Access.of(range(5), [0] * 5, [0, 100, 450, 900, 1000])
        moved = made.moved(rows)
        assert (moved.offset_dm <= made.graph.edge_dm[moved.edge]).all()
        found = reach(made.graph, moved, 5, moved, 5, range(5), 5, 9000)
        expected = np.abs(np.subtract.outer(rows.offset_dm.astype(int), rows.offset_dm.astype(int)))
        np.testing.assert_array_equal(found.nearest_dm, expected)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**32 - 2), data=st.data())
def test_new_network_holds_what_the_link_opens(seed: int, data: st.DataObject) -> None:
    """Nobody is farther than before, and the kernels agree with Dijkstra on the new network."""
    drawn = random_directed(seed, 12, 24, 15)
    world = drawn.world
    spots = []
    for _ in range(2):
        edge = data.draw(st.integers(0, 23))
        spots.append((edge, data.draw(st.integers(0, int(world.graph.edge_dm[edge])))))
    made = with_link(world.graph, Weights.of_lengths(world.graph), spots[0], spots[1], cost=(5, 900))
    demand, facilities = made.moved(world.demand), made.moved(world.facilities)
    assert made.weights is not None
    table = directed_distances(made.graph, made.weights, demand, 15, facilities, 15)
    before = directed_distances(
        world.graph, Weights.of_lengths(world.graph), world.demand, 15, world.facilities, 15
    )  # fmt: skip
    assert (table <= before).all()
    element = np.arange(15)
    found = reach(made.graph, demand, 15, facilities, 15, element, 15, 200_000, weights=made.weights)
    reached = table <= 200_000
    np.testing.assert_array_equal(found.nearest_dm.T[reached], table[reached])
    np.testing.assert_array_equal(found.nearest_facility.T >= 0, reached)


@pytest.mark.parametrize(
    ("begin", "end"), [((9, 0), (1, 0)), ((-1, 0), (1, 0)), ((0, 1001), (1, 0)), ((0, 0), (1, -1))]
)
def test_positions_that_do_not_exist_are_refused(begin: tuple[int, int], end: tuple[int, int]) -> None:
    with pytest.raises(InputError):
        with_link(two_streets(), None, begin, end)


def test_a_link_may_be_long_but_not_longer_than_an_edge() -> None:
    graph = two_streets()
    made = with_link(graph, None, (0, 0), (1, 0), length_dm=500_000)
    assert made.graph.edge_dm[made.edge] == 500_000
    with pytest.raises(InputError):
        with_link(graph, None, (0, 0), (1, 0), length_dm=2**30)
    with pytest.raises(InputError):
        with_link(graph, Weights.of_lengths(graph), (0, 0), (1, 0), cost=(-1, 5))
