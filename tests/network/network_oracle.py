"""Independent answers: SciPy's Dijkstra on a graph whose edges are split at every access."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from kezhong.network import UNREACHED, Access, WalkGraph

FAR = 1e15
# SciPy's sparse graphs take a stored 0 as no edge; distances here are integers, so a hair more rounds away.
HAIR = 1e-7


@dataclass(frozen=True)
class World:
    """A random question."""

    graph: WalkGraph
    demand: Access
    n_demand: int
    facilities: Access
    n_facilities: int
    barred: NDArray[np.bool_]


def random_world(seed: int, nodes: int, edges: int, places: int, longest: int = 3000) -> World:
    """Multi-edges, self loops, islands, zero lengths, several accesses a place, places without access, barred edges."""
    random = np.random.default_rng(seed)
    xy = random.uniform(0.0, 1000.0, (nodes, 2))
    u, v = random.integers(0, nodes, (2, edges))
    dm = random.integers(0, longest, edges) * (random.random(edges) > 0.05)
    graph = WalkGraph.build(xy, u, v, np.stack([xy[u], xy[v]], 1).reshape(-1, 2), 2 * np.arange(edges + 1), dm)

    def accesses() -> Access:
        rows = places + places // 2
        edge = random.integers(-1, edges, rows)
        offset = np.floor(random.random(rows) * (dm[edge] + 1)).astype(np.int64)
        offset = np.where(random.random(rows) < 0.2, 0, offset)
        offset = np.where(random.random(rows) < 0.1, dm[edge], offset)
        return Access.of(random.integers(0, places, rows), edge, offset, random.integers(0, 400, rows))

    return World(graph, accesses(), places, accesses(), places, random.random(edges) < random.choice([0.0, 0.2]))


def distances(world: World) -> NDArray[np.int64]:
    """Exact decimetres of every (demand, facility) pair, FAR where there is no way, by splitting edges."""
    graph, barred = world.graph, world.barred
    marks: dict[int, dict[int, int]] = {}
    count = graph.n_nodes
    rows: list[list[int]] = []
    links: list[tuple[int, int, int]] = []
    for access in (world.demand, world.facilities):
        own = []
        for edge, offset in zip(access.edge.tolist(), access.offset_dm.tolist(), strict=True):
            if edge < 0:
                own.append(-1)
                continue
            length = int(graph.edge_dm[edge])
            inner = marks.setdefault(edge, {0: int(graph.edge_u[edge]), length: int(graph.edge_v[edge])})
            if length == 0:
                inner[0] = int(graph.edge_u[edge])
            if offset not in inner:
                inner[offset] = count
                count += 1
            own.append(inner[offset])
            if 0 < offset < length and barred[edge]:
                own[-1] = -1
        rows.append(own)
    for edge in range(graph.n_edges):
        if barred[edge]:
            continue
        length = int(graph.edge_dm[edge])
        inner = sorted(marks.get(edge, {}).items())
        stops = [
            (0, int(graph.edge_u[edge])),
            *[i for i in inner if 0 < i[0] < length],
            (length, int(graph.edge_v[edge])),
        ]
        links += [(a[1], b[1], b[0] - a[0]) for a, b in pairwise(stops)]
    # A place is a node of its own, joined to its accesses by their extras.
    first_demand, first_facility = count, count + world.n_demand
    total = first_facility + world.n_facilities
    arcs = [(a, b, w) for a, b, w in links] + [(b, a, w) for a, b, w in links]
    for start, access, own, out in (
        (first_demand, world.demand, rows[0], True),
        (first_facility, world.facilities, rows[1], False),
    ):
        for place, extra, node in zip(access.place.tolist(), access.extra_dm.tolist(), own, strict=True):
            if node >= 0:
                arcs.append((start + place, node, extra) if out else (node, start + place, extra))
    return all_pairs(arcs, total, first_demand, first_facility)


def all_pairs(arcs: list[tuple[int, int, int]], total: int, first: int, second: int) -> NDArray[np.int64]:
    """Least cost from every node of ``first … second`` to every node from ``second`` on, FAR where there is no way."""
    least: dict[tuple[int, int], int] = {}
    for a, b, w in arcs:
        if a != b:
            least[a, b] = min(w, least.get((a, b), w))
    keys = np.array(list(least), np.int64).reshape(-1, 2)
    cost = np.array(list(least.values()), np.float64) + HAIR
    matrix = coo_array((cost, (keys[:, 0], keys[:, 1])), shape=(total, total)).tocsr()
    found = dijkstra(matrix, indices=np.arange(first, second))[:, second:]
    return np.rint(np.where(np.isfinite(found), found, FAR)).astype(np.int64)


def expected_nearest(
    pair: NDArray[np.int64], ids: NDArray[np.int64], limit: int
) -> tuple[NDArray[np.uint32], NDArray[np.int32]]:
    """Nearest decimetres and facility (smallest number of equals) from a table of pairs."""
    if not pair.shape[1]:
        return np.full(len(pair), UNREACHED), np.full(len(pair), -1, np.int32)
    least = pair.min(axis=1)
    within = least <= limit
    return (
        np.where(within, least, int(UNREACHED)).astype(np.uint32),
        np.where(within, ids[pair.argmin(axis=1)], -1).astype(np.int32),
    )
