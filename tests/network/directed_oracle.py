"""Independent answers for directed costs: a textbook Dijkstra on a network whose edges are cut at every access."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from network_oracle import FAR, World, random_world
from numpy.typing import NDArray

from kezhong.network import CLOSED, Access, WalkGraph, Weights


@dataclass(frozen=True)
class Directed:
    """A random question with costs of its own in each direction."""

    world: World
    weights: Weights


def random_directed(seed: int, nodes: int, edges: int, places: int, dearest: int = 4000) -> Directed:
    """As ``random_world``, with costs unlike the lengths, free edges and closed directions."""
    world = random_world(seed, nodes, edges, places)
    random = np.random.default_rng(seed + 1)

    def costs() -> NDArray[np.uint32]:
        drawn = random.integers(0, dearest, edges) * (random.random(edges) > 0.1)
        return np.where(random.random(edges) < 0.15, CLOSED, drawn).astype(np.uint32)

    return Directed(world, Weights(costs(), costs()))


def part(cost: int, offset: int, length: int) -> int:
    """Cost of the first ``offset`` of ``length`` decimetres, halves rounded up."""
    return 0 if length == 0 else int(np.floor(cost * offset / length + 0.5))


def directed_distances(
    graph: WalkGraph, weights: Weights, demand: Access, n_demand: int, facilities: Access, n_facilities: int
) -> NDArray[np.int64]:
    """Cost of every trip from a place to a facility, FAR where there is none."""
    marks: dict[int, set[int]] = {}
    for access in (demand, facilities):
        for edge, offset in zip(access.edge.tolist(), access.offset_dm.tolist(), strict=True):
            if edge >= 0 and 0 < offset < graph.edge_dm[edge]:
                marks.setdefault(edge, set()).add(offset)
    ways: dict[object, list[tuple[object, int]]] = {}
    for edge in range(graph.n_edges):
        u, v, length = int(graph.edge_u[edge]), int(graph.edge_v[edge]), int(graph.edge_dm[edge])
        stops: list[tuple[int, object]] = [
            (0, u), *((o, (edge, o)) for o in sorted(marks.get(edge, ()))), (length, v)
        ]  # fmt: skip
        for cost, forwards in ((int(weights.forward[edge]), True), (int(weights.backward[edge]), False)):
            if cost == int(CLOSED):
                continue
            for (o, a), (q, b) in pairwise(stops):
                step = part(cost, q, length) - part(cost, o, length) if length else cost
                ways.setdefault(a if forwards else b, []).append((b if forwards else a, step))
    for access, leaving in ((demand, True), (facilities, False)):
        for place, edge, offset, extra in zip(*(c.tolist() for c in _columns(access)), strict=True):
            point = _point(graph, weights, edge, offset)
            if point is None:
                continue
            name = ("place" if leaving else "facility", place)
            ways.setdefault(name if leaving else point, []).append((point if leaving else name, extra))
    table = np.full((n_demand, n_facilities), int(FAR), np.int64)
    for p in range(n_demand):
        for name, cost in _from(ways, ("place", p)).items():
            if isinstance(name, tuple) and name[0] == "facility":
                table[p, name[1]] = cost
    return table


def _columns(access: Access) -> tuple[NDArray[np.int32], ...]:
    return access.place, access.edge, access.offset_dm, access.extra_dm


def _point(graph: WalkGraph, weights: Weights, edge: int, offset: int) -> object:
    if edge < 0:
        return None
    if offset == 0:
        return int(graph.edge_u[edge])
    if offset == graph.edge_dm[edge]:
        return int(graph.edge_v[edge])
    closed = weights.forward[edge] == CLOSED and weights.backward[edge] == CLOSED
    return None if closed else (edge, offset)


def _from(ways: dict[object, list[tuple[object, int]]], begin: object) -> dict[object, int]:
    found: dict[object, int] = {}
    queue: list[tuple[int, int, object]] = [(0, 0, begin)]
    entered = 0
    while queue:
        cost, _, name = heapq.heappop(queue)
        if name in found:
            continue
        found[name] = cost
        for other, step in ways.get(name, ()):
            if other not in found:
                entered += 1
                heapq.heappush(queue, (cost + step, entered, other))
    return found
