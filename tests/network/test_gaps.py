"""Gaps: dead ends near another street, against brute force and planted cases."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from kezhong.errors import InputError
from kezhong.network import UNREACHED, WalkGraph
from kezhong.network.gaps import crossings, dead_ends, gaps


def streets(lines: list[list[tuple[float, float]]]) -> WalkGraph:
    """A graph of straight-line courses; equal ends are one node."""
    nodes = sorted({point for line in lines for point in (line[0], line[-1])})
    u, v = ([nodes.index(line[k]) for line in lines] for k in (0, -1))
    ptr = np.concatenate([[0], np.cumsum([len(line) for line in lines])])
    return WalkGraph.build(nodes, u, v, np.concatenate([np.array(line, float) for line in lines]), ptr)


# A comb: two streets 500 m long joined at the far left; a spur from the lower one ends 30 m below the upper one.
COMB = [
    [(0.0, 0.0), (400.0, 0.0)], [(400.0, 0.0), (500.0, 0.0)], [(0.0, 0.0), (0.0, 200.0)],
    [(0.0, 200.0), (500.0, 200.0)], [(400.0, 0.0), (400.0, 170.0)],
]  # fmt: skip


def test_planted() -> None:
    """The spur's end is found with its foot on the upper street, length and way round; the streets' own ends are not."""
    graph = streets(COMB)
    found = gaps(graph)
    assert len(found.node) == 1
    assert graph.node_xy[found.node[0]].tolist() == [400.0, 170.0]
    assert found.edge.tolist() == [3]
    assert found.offset_dm.tolist() == [4000]
    assert found.metres.tolist() == [30.0]
    assert found.detour_dm.tolist() == [UNREACHED]  # 170 + 400 + 200 + 400 m, beyond what was looked for
    assert found.xy.tolist() == [[400.0, 170.0, 400.0, 200.0]]
    assert gaps(graph, least_detour_m=2000.0).detour_dm.tolist() == []
    assert gaps(graph, least_detour_m=1100.0).detour_dm.tolist() == [11700]
    assert len(gaps(graph, within_m=29.0).node) == 0


def test_barrier_is_marked_and_the_free_way_added() -> None:
    """A wall before the nearest street: the link is kept and marked; the nearest free one stands beside it."""
    far = [[(450.0, 160.0), (450.0, 100.0)]]
    graph = streets(COMB + far)
    spur = int(np.flatnonzero((graph.node_xy == [400.0, 170.0]).all(axis=1))[0])
    wall = np.array([[350.0, 185.0], [480.0, 185.0]])
    found = gaps(graph, [spur], barriers=(wall, np.array([0, 2])))
    assert found.barriers.tolist() == [1, 0]
    assert found.edge.tolist() == [3, 5]


def test_facing_ends_are_one_link() -> None:
    """Two dead ends that point at one another make one link."""
    graph = streets([[(0.0, 0.0), (100.0, 0.0)], [(120.0, 0.0), (220.0, 0.0)]])
    found = gaps(graph)
    assert len(found.node) == 1
    assert found.metres.tolist() == [20.0]


@pytest.mark.parametrize("seed", range(6))
def test_against_brute_force(seed: int) -> None:
    """The nearest position per dead end and its way round, by shapely and SciPy on a graph cut at that position."""
    random = np.random.default_rng(seed)
    nodes = [tuple(point) for point in random.uniform(0, 400, (26, 2)).round(1).tolist()]
    lines = [[nodes[a], nodes[b]] for a, b in random.integers(0, 26, (24, 2)) if a != b]
    graph = streets(lines)
    found = gaps(graph, least_detour_m=300.0)
    got = {int(node): k for k, node in enumerate(found.node)}
    shapes = shapely.linestrings([graph.edge_xy[a:b] for a, b in zip(graph.edge_ptr, graph.edge_ptr[1:], strict=False)])
    seen = {tuple(np.rint(row * 10)) for row in found.xy}
    for node in dead_ends(graph):
        point = shapely.Point(graph.node_xy[node])
        best = None
        for edge, shape in enumerate(shapes):
            metres = shapely.distance(shape, point)
            if metres > 60:
                continue
            offset = round(shapely.line_locate_point(shape, point) / shape.length * int(graph.edge_dm[edge]))
            way = _way(graph, int(node), edge, offset)
            if way > 10 * max(4 * metres, 300.0) and (best is None or metres < best[0] - 1e-9):
                best = (
                    metres,
                    edge,
                    offset,
                    way,
                    shapely.line_interpolate_point(shape, shapely.line_locate_point(shape, point)),
                )
        if best is None:
            assert int(node) not in got
        elif int(node) in got:
            k = got[int(node)]
            assert found.metres[k] == pytest.approx(best[0], abs=1e-6)
            assert found.detour_dm[k] == (best[3] if best[3] <= found.limit_dm else UNREACHED)
        else:  # the same link from its other end
            back = (*np.rint(np.array(shapely.get_coordinates(best[4]))[0] * 10), *np.rint(graph.node_xy[node] * 10))
            assert back in seen


def _way(graph: WalkGraph, node: int, edge: int, offset: int) -> float:
    n = graph.n_nodes
    u, v = graph.edge_u.tolist(), graph.edge_v.tolist()
    w = graph.edge_dm.tolist()
    rows = [*zip(u, v, w, strict=True), (u[edge], n, offset), (v[edge], n, w[edge] - offset)]
    least: dict[tuple[int, int], float] = {}
    for a, b, cost in rows:
        for key in ((a, b), (b, a)):
            least[key] = min(least.get(key, np.inf), cost + 1e-6)
    keys = np.array(list(least))
    matrix = coo_array((list(least.values()), (keys[:, 0], keys[:, 1])), shape=(n + 1, n + 1)).tocsr()
    return float(np.round(dijkstra(matrix, indices=[node])[0, n]))


@pytest.mark.parametrize("seed", range(3))
def test_crossings_as_shapely(seed: int) -> None:
    """Lines and courses that meet are those that shapely says."""
    random = np.random.default_rng(seed)
    lines = random.integers(0, 60, (80, 4)).astype(float)
    xy = random.integers(0, 60, (90, 2)).astype(float)
    ptr = np.arange(0, 91, 3)
    line, course = crossings(lines, xy, ptr)
    straight = shapely.linestrings(lines.reshape(-1, 2, 2))
    courses = shapely.linestrings(xy.reshape(-1, 3, 2))
    want = np.argwhere(shapely.intersects(straight[:, None], courses[None, :]))
    assert np.column_stack([line, course]).tolist() == want.tolist()


def test_bad_input() -> None:
    """Distances must be positive, nodes must exist."""
    graph = streets(COMB)
    with pytest.raises(InputError, match="within_m"):
        gaps(graph, within_m=0.0)
    with pytest.raises(InputError, match="nodes"):
        gaps(graph, [99])
    assert len(gaps(graph, []).node) == 0
