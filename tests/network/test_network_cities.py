"""Real street networks against SciPy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from benchmarks.streets import Streets, read_streets
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from absence import absent
from kezhong.network import UNREACHED, Access, WalkGraph, reach, snap

CITIES = {
    "las_palmas": "las_palmas/las_palmas.osm.pbf",
    "porto": "porto/porto.osm.pbf",
    "helsinki": "helsinki/helsinki_centre.osm.pbf",
    "haidian": "beijing_haidian/haidian.osm",
    "porto_alegre": "porto_alegre/poa_osm.pbf",
}
ELEMENTS = 5


def _streets(data_folder: Path, city: str) -> Streets:
    file = data_folder / CITIES[city]
    if not file.is_file():
        absent(f"{file} is absent")
    return read_streets(file)


def _build(streets: Streets) -> WalkGraph:
    return WalkGraph.build(
        streets.node_xy, streets.edge_u, streets.edge_v, streets.edge_xy, streets.edge_ptr, streets.edge_dm
    )


def _split(graph: WalkGraph, rows: Access) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Edges of the graph cut at every access: ends and lengths, and the node that each access has become."""
    m = graph.n_edges
    edge = np.concatenate([np.arange(m), np.arange(m), rows.edge])
    offset = np.concatenate([np.zeros(m, np.int64), graph.edge_dm, rows.offset_dm])
    node = np.concatenate([graph.edge_u, graph.edge_v, graph.n_nodes + np.arange(len(rows.edge))])
    # Starts first, ends last, accesses between them by offset.
    rank = np.concatenate([np.zeros(m), np.full(m, 2), np.ones(len(rows.edge))])
    order = np.lexsort((offset, rank, edge))
    edge, offset, node = edge[order], offset[order], node[order]
    same = edge[1:] == edge[:-1]
    return node[:-1][same], node[1:][same], (offset[1:] - offset[:-1])[same], graph.n_nodes + np.arange(len(rows.edge))


@pytest.mark.data
@pytest.mark.parametrize("city", list(CITIES))
def test_equals_dijkstra_on_split_edges(data_folder: Path, city: str) -> None:
    """Places anywhere along the streets, islands and all; nearest for every place, counts for a sample."""
    graph = _build(_streets(data_folder, city))
    random = np.random.default_rng(5)
    n_demand, n_facilities, limit = 3_000, 400, 12_000
    low, high = graph.node_xy.min(axis=0), graph.node_xy.max(axis=0)
    points = np.concatenate(
        [
            graph.node_xy[random.integers(0, graph.n_nodes, n_demand - 200)]
            + random.normal(0, 40, (n_demand - 200, 2)),
            random.uniform(low, high, (200, 2)),
            graph.node_xy[random.integers(0, graph.n_nodes, n_facilities)] + random.normal(0, 20, (n_facilities, 2)),
        ]
    )
    on = snap(graph, points, 150.0)
    rows = Access.of(np.arange(len(points)), on.edge, on.offset_dm, on.gap_dm)
    demand = Access.of(np.arange(n_demand), *(c[:n_demand] for c in (on.edge, on.offset_dm, on.gap_dm)))
    facilities = Access.of(np.arange(n_facilities), *(c[n_demand:] for c in (on.edge, on.offset_dm, on.gap_dm)))
    element = random.integers(0, ELEMENTS, n_facilities)
    thresholds = np.array([[3_000, 5_000, 10_000]] * (ELEMENTS - 1) + [[500, 0, 12_000]])
    found = reach(graph, demand, n_demand, facilities, n_facilities, element, ELEMENTS, limit, thresholds)
    kept = rows.edge >= 0
    snapped = Access(rows.place[kept], rows.edge[kept], rows.offset_dm[kept], rows.extra_dm[kept])
    a, b, cost, node = _split(graph, snapped)
    total = graph.n_nodes + len(node)
    key = np.minimum(a, b) * total + np.maximum(a, b)
    order = np.lexsort((cost, key))
    order = order[(np.diff(key[order], prepend=-1) != 0) & (a[order] != b[order])]
    matrix = coo_array((cost[order] + 1e-7, (a[order], b[order])), shape=(total, total)).tocsr()
    place_node = np.full(len(points), -1)
    place_node[snapped.place] = node
    extra = rows.extra_dm.astype(np.int64)
    sample = np.flatnonzero(place_node[n_demand:] >= 0)
    ways = dijkstra(matrix, directed=False, indices=place_node[n_demand + sample], limit=limit + 1)
    pair = np.full((n_demand, len(sample)), np.inf)
    seen = place_node[:n_demand] >= 0
    pair[seen] = np.rint(ways[:, place_node[:n_demand][seen]].T)
    pair += extra[:n_demand, None] + extra[n_demand + sample][None, :]
    for e in range(ELEMENTS):
        mine = element[sample] == e
        least = pair[:, mine].min(axis=1)
        expected = np.where(least <= limit, least, float(UNREACHED))
        np.testing.assert_array_equal(found.nearest_dm[e], expected)
        which = np.where(least <= limit, sample[mine][pair[:, mine].argmin(axis=1)], -1)
        np.testing.assert_array_equal(found.nearest_facility[e], which)
        for k, threshold in enumerate(thresholds[e]):
            within = (pair[:, mine] <= threshold).sum(axis=1) if threshold else 0
            np.testing.assert_array_equal(found.counts[e, k], within)
    assert (found.nearest_dm != UNREACHED).mean() > 0.1
