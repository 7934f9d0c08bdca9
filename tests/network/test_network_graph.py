"""Building, saving and loading the graph; snapping; routes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from network_oracle import distances, random_world
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from kezhong.errors import InputError, NotFoundError
from kezhong.network import (
    ISLAND,
    MASKED,
    NO_STREET,
    SNAPPED,
    UNREACHED,
    Access,
    WalkGraph,
    reach,
    route,
    snap,
)


def _graph(xy: list[list[float]], links: list[tuple[int, int]]) -> WalkGraph:
    nodes = np.array(xy, float)
    u, v = np.array(links).T
    return WalkGraph.build(nodes, u, v, np.stack([nodes[u], nodes[v]], 1).reshape(-1, 2), 2 * np.arange(len(u) + 1))


def _crooked(seed: int, nodes: int = 60, edges: int = 90) -> WalkGraph:
    """Random streets with bends, some of them long."""
    random = np.random.default_rng(seed)
    xy = random.uniform(0.0, 2_000.0, (nodes, 2))
    u, v = random.integers(0, nodes, (2, edges))
    bends = random.integers(0, 4, edges)
    course = [
        np.vstack([xy[a], xy[a] + random.normal(0.0, 150.0, (k, 2)), xy[b]])
        for a, b, k in zip(u, v, bends, strict=True)
    ]
    return WalkGraph.build(xy, u, v, np.vstack(course), np.concatenate([[0], np.cumsum(bends + 2)]))


def _lines(graph: WalkGraph) -> np.ndarray:
    return np.array(
        [shapely.LineString(graph.edge_xy[a:b]) for a, b in zip(graph.edge_ptr, graph.edge_ptr[1:], strict=False)]
    )


def test_components_equal_scipy() -> None:
    graph = random_world(1, 300, 260, 1).graph
    links = coo_array((np.ones(graph.n_edges), (graph.edge_u, graph.edge_v)), shape=(300, 300))
    count, label = connected_components(links, directed=False)
    assert len(graph.component_nodes) == count
    np.testing.assert_array_equal(
        np.unique(graph.component, return_index=True)[1], np.unique(label, return_index=True)[1]
    )
    np.testing.assert_array_equal(graph.component_nodes[graph.component], np.bincount(label)[label])


def test_geometric_lengths_are_taken_where_none_are_given() -> None:
    graph = _graph([[0, 0], [30, 40]], [(0, 1), (0, 0)])
    assert graph.edge_dm.tolist() == [500, 0]


def test_a_saved_graph_answers_alike(tmp_path: Path) -> None:
    world = random_world(4, 80, 120, 60)
    world.graph.save(tmp_path / "graph")
    loaded = WalkGraph.load(tmp_path / "graph")
    ask = (world.demand, 60, world.facilities, 60, np.zeros(60, int), 1, 9_000, [[4_000]])
    first, second = reach(world.graph, *ask), reach(loaded, *ask)
    assert first.nearest_dm.tobytes() == second.nearest_dm.tobytes()
    assert first.counts.tobytes() == second.counts.tobytes()
    empty = WalkGraph.build(np.empty((0, 2)), [], [], np.empty((0, 2)), [0])
    empty.save(tmp_path / "empty")
    assert WalkGraph.load(tmp_path / "empty").n_nodes == 0


def test_loading_what_is_no_graph_says_so(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        WalkGraph.load(tmp_path)
    np.save(tmp_path / "format.npy", np.array([999]))
    with pytest.raises(NotFoundError):
        WalkGraph.load(tmp_path)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"node_xy": [[0.0, np.nan], [1.0, 0.0]]}, "network.not_finite"),
        ({"edge_xy": [[0.0, 0.0], [np.inf, 0.0]]}, "network.not_finite"),
        ({"node_xy": [[0.0], [1.0]]}, "network.shape"),
        ({"edge_u": [-1]}, "network.out_of_range"),
        ({"edge_v": [2]}, "network.out_of_range"),
        ({"edge_v": [1, 1]}, "network.shape"),
        ({"edge_u": [0.5]}, "network.shape"),
        ({"edge_ptr": [0, 1]}, "network.out_of_range"),
        ({"edge_ptr": [0, 1, 2]}, "network.shape"),
        ({"edge_xy": [[0.0, 0.0]], "edge_ptr": [0, 1]}, "network.short_edge"),
        ({"edge_dm": [-1]}, "network.bad_length"),
        ({"edge_dm": [2**31]}, "network.bad_length"),
        ({"edge_dm": [np.nan]}, "network.bad_length"),
        ({"edge_dm": [1, 2]}, "network.shape"),
    ],
)
def test_bad_graphs_are_refused(change: dict[str, object], code: str) -> None:
    whole: dict[str, object] = {
        "node_xy": [[0.0, 0.0], [1.0, 0.0]],
        "edge_u": [0],
        "edge_v": [1],
        "edge_xy": [[0.0, 0.0], [1.0, 0.0]],
        "edge_ptr": [0, 2],
    }
    with pytest.raises(InputError) as caught:
        WalkGraph.build(**{**whole, **change})
    assert caught.value.code == code
    assert "{" not in caught.value.message("zh") + caught.value.action("en")


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), gap=st.sampled_from([5.0, 60.0, 500.0, 5_000.0]))
def test_snapping_is_exact(seed: int, gap: float) -> None:
    graph = _crooked(seed)
    random = np.random.default_rng(seed + 1)
    mask = random.random(graph.n_edges) < 0.7
    points = random.uniform(-400.0, 2_400.0, (60, 2))
    found = snap(graph, points, gap, edge_mask=mask, min_component_nodes=0)
    lines = _lines(graph)
    table = shapely.distance(shapely.points(points)[:, None], lines[None, :])
    open_only = np.where(mask[None, :], table, np.inf)
    least = open_only.min(axis=1)
    near = least <= gap
    np.testing.assert_array_equal(found.reason == SNAPPED, near)
    np.testing.assert_array_equal(found.reason == MASKED, ~near & (table.min(axis=1) <= gap))
    np.testing.assert_array_equal(found.edge[~near], -1)
    rows = np.flatnonzero(near)
    assert mask[found.edge[rows]].all()
    np.testing.assert_allclose(open_only[rows, found.edge[rows]], least[rows], atol=1e-6)
    np.testing.assert_allclose(found.gap_dm[rows], least[rows] * 10.0, atol=0.51)
    foot = shapely.line_interpolate_point(lines[found.edge[rows]], found.offset_dm[rows] / 10.0)
    assert (shapely.distance(foot, shapely.points(points[rows])) <= least[rows] + 0.11).all()
    assert (found.offset_dm[rows] <= graph.edge_dm[found.edge[rows]]).all()


def test_of_equally_near_edges_the_smaller_number_is_taken() -> None:
    graph = _graph([[0, 0], [100, 0], [100, 100], [0, 100]], [(2, 3), (0, 1), (1, 2), (1, 0)])
    found = snap(graph, [[50.0, 50.0], [120.0, -20.0], [40.0, -1.0]], 100.0)
    assert found.edge.tolist() == [0, 1, 1]
    assert found.offset_dm.tolist() == [500, 1_000, 400]


def test_an_island_is_passed_over_where_the_main_network_is_near() -> None:
    chain = [[float(x), 0.0] for x in range(0, 1_000, 10)]
    links = [(i, i + 1) for i in range(len(chain) - 1)]
    graph = _graph([*chain, [0.0, 30.0], [10.0, 30.0]], [*links, (100, 101)])
    points = [[5.0, 29.0]]
    assert snap(graph, points, 50.0, min_component_nodes=10).edge[0] < 100 - 1
    assert snap(graph, points, 50.0, min_component_nodes=10).reason[0] == SNAPPED
    alone = snap(graph, points, 20.0, min_component_nodes=10)
    assert (alone.edge[0], alone.reason[0], alone.gap_dm[0]) == (99, ISLAND, 10)
    nowhere = snap(graph, [[0.0, 400.0]], 50.0)
    assert (nowhere.edge[0], nowhere.reason[0]) == (-1, NO_STREET)
    # A closed edge cuts the chain: what it cuts off is an island for this walker.
    mask = np.ones(graph.n_edges, np.bool_)
    mask[5] = False
    cut = snap(graph, [[20.0, 1.0]], 20.0, edge_mask=mask, min_component_nodes=10)
    assert cut.reason[0] == ISLAND


def test_snapping_without_streets_or_points() -> None:
    empty = WalkGraph.build(np.empty((0, 2)), [], [], np.empty((0, 2)), [0])
    assert snap(empty, [[0.0, 0.0]], 100.0).reason.tolist() == [NO_STREET]
    assert len(snap(_crooked(1), np.empty((0, 2)), 100.0).edge) == 0
    far = snap(_crooked(1), [[1e9, -1e9]], 100.0)
    assert far.reason.tolist() == [NO_STREET]


@pytest.mark.parametrize("points", [[[np.nan, 0.0]], [[0.0, np.inf]]])
def test_coordinates_that_are_no_numbers_are_refused(points: list[list[float]]) -> None:
    with pytest.raises(InputError) as caught:
        snap(_crooked(1), points, 10.0)
    assert caught.value.code == "network.not_finite"


@pytest.mark.parametrize("gap", [-1.0, np.inf, np.nan])
def test_a_gap_must_be_a_length(gap: float) -> None:
    with pytest.raises(InputError):
        snap(_crooked(1), [[0.0, 0.0]], gap)


def test_nodes_as_positions() -> None:
    graph = _graph([[0, 0], [10, 0], [5, 5]], [(1, 0)])
    edge, offset = graph.at_nodes([0, 1, 2])
    assert edge.tolist() == [0, 0, -1]
    assert offset.tolist() == [100, 0, 0]


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_a_route_is_as_long_as_the_nearest_distance(seed: int) -> None:
    world = random_world(seed, 25, 40, 12)
    table = distances(world)
    for place in range(0, 12, 4):
        for facility in range(0, 12, 5):
            origin = world.demand.place == place
            target = world.facilities.place == facility
            ends = [
                Access(rows.place[chosen], rows.edge[chosen], rows.offset_dm[chosen], rows.extra_dm[chosen])
                for rows, chosen in ((world.demand, origin), (world.facilities, target))
            ]
            found = route(world.graph, ends[0], ends[1], barred=world.barred)
            expected = table[place, facility]
            assert found.dm == (expected if expected < 2**32 else int(UNREACHED))
            assert found.found == (expected < 2**32)
            if not found.found:
                assert len(found.edges) == len(found.xy) == 0
            else:
                assert not world.barred[found.edges].any()


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_the_course_of_a_route_is_as_long_as_it_says(seed: int) -> None:
    graph = _crooked(seed, 30, 60)
    random = np.random.default_rng(seed)
    edge = random.integers(0, 60, 2)
    offset = np.floor(random.random(2) * (graph.edge_dm[edge] + 1)).astype(int)
    found = route(graph, Access.of([0], edge[:1], offset[:1]), Access.of([0], edge[1:], offset[1:]))
    if not found.found:
        return
    metres = np.hypot(*np.diff(found.xy, axis=0).T).sum()
    # Each edge's length was rounded to a decimetre.
    assert abs(metres * 10.0 - found.dm) <= 0.6 * (len(found.edges) + 2)
    lines = _lines(graph)
    for k, place in ((0, 0), (-1, 1)):
        goal = shapely.line_interpolate_point(lines[edge[place]], offset[place] / 10.0)
        assert shapely.distance(goal, shapely.points(found.xy[k])) < 0.3


def test_a_route_within_one_edge() -> None:
    graph = _graph([[0, 0], [100, 0]], [(0, 1)])
    found = route(graph, Access.of([0], [0], [800], [5]), Access.of([0, 0], [0, 0], [100, 300], [0, 0]))
    assert (found.dm, found.edges.tolist(), found.origin_row, found.target_row) == (505, [0], 0, 1)
    np.testing.assert_allclose(found.xy, [[80.0, 0.0], [30.0, 0.0]])
    nothing = route(graph, Access.of([0], [-1], [0]), Access.of([0], [0], [0]))
    assert not nothing.found
    assert (nothing.origin_row, nothing.target_row) == (-1, -1)
