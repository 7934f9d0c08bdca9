"""One shortest way, with its course, for explanation and display."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from kezhong.network._compile import kernel
from kezhong.network.access import Access, EdgeCosts, Seeds, seeds_of
from kezhong.network.graph import UNREACHED, Floats, Ints, WalkGraph
from kezhong.network.weights import CLOSED, Weights, edges_from, weights_of

_NONE = -1


@dataclass(frozen=True, eq=False)
class Route:
    """A shortest way between two places.

    Attributes
    ----------
    dm : int
        Length in decimetres with the extras of both ends, equal to the distance of ``reach``; ``UNREACHED`` if none.
    edges : int32 (k,)
        Edges walked, in order; the first and the last may be walked in part only.
    xy : float64 (p, 2)
        Course in metres from access to access, with partial first and last edges; empty where there is no way.
    origin_row, target_row : int
        Rows of the accesses used, −1 where there is no way.
    """

    dm: int
    edges: Ints
    xy: Floats
    origin_row: int
    target_row: int

    @property
    def found(self) -> bool:
        """Whether there is a way."""
        return self.dm != int(UNREACHED)


def route(
    graph: WalkGraph,
    origin: Access,
    target: Access,
    *,
    weights: Weights | None = None,
    barred: ArrayLike | None = None,
) -> Route:
    """Shortest way from any access of one place to any access of another.

    Parameters
    ----------
    origin, target
        Rows of *one* place each; the column ``place`` is not read.
    weights
        Costs of the edges; without it their lengths.
    barred
        bool ``(m,)``, true for edges that cannot be walked.

    Raises
    ------
    InputError
        As :func:`kezhong.network.reach`.
    """
    cost = weights_of(graph, weights, barred)
    arcs, edges_seen = edges_from(graph, cost), EdgeCosts.of(graph, cost)
    ends = (_rows(origin), _rows(target))
    start, goal = (
        seeds_of(edges_seen, rows.checked(graph, len(rows.place), name), len(rows.place), leaving=name == "origin")
        for rows, name in zip(ends, ("origin", "target"), strict=True)
    )
    direct, origin_row, target_row = _direct(start, goal)
    best, last, came_edge, came_node = _dijkstra(*arcs, start.node, start.add, goal.node, goal.add, direct)
    if last == _NONE and direct >= int(UNREACHED):
        return Route(int(UNREACHED), np.empty(0, np.int32), np.empty((0, 2)), _NONE, _NONE)
    if last == _NONE:
        edge = ends[0].edge[origin_row]
        xy = _piece(graph, edge, ends[0].offset_dm[origin_row], ends[1].offset_dm[target_row])
        return Route(direct, np.array([edge], np.int32), xy, origin_row, target_row)
    nodes, edges = _trace(int(last), came_node, came_edge)
    origin_row = _row_of(start, nodes[0])
    target_row = _row_of(goal, nodes[-1])
    return _assemble(graph, ends, (origin_row, target_row), int(best), nodes, edges)


def _rows(access: Access) -> Access:
    """The same accesses, each its own place."""
    return Access.of(np.arange(len(access.place)), access.edge, access.offset_dm, access.extra_dm)


def _direct(start: Seeds, goal: Seeds) -> tuple[int, int, int]:
    """Shortest direct meeting within one edge: decimetres and the two rows."""
    first, second = start.offset[:, None].astype(np.int64), goal.offset[None, :].astype(np.int64)
    ahead = goal.ahead[None, :].astype(np.int64) - start.ahead[:, None].astype(np.int64)
    back = start.back[:, None].astype(np.int64) - goal.back[None, :].astype(np.int64)
    along = np.where(first <= second, ahead, back)
    along += start.extra[:, None].astype(np.int64) + goal.extra[None, :].astype(np.int64)
    shut = ((first < second) & (start.ahead == CLOSED)[:, None]) | ((first > second) & (start.back == CLOSED)[:, None])
    along[shut | (start.edge[:, None] != goal.edge[None, :])] = int(UNREACHED)
    if not along.size:
        return int(UNREACHED), _NONE, _NONE
    i, j = np.unravel_index(int(np.argmin(along)), along.shape)
    origin_row = int(np.searchsorted(start.row_ptr, i, side="right")) - 1
    target_row = int(np.searchsorted(goal.row_ptr, j, side="right")) - 1
    return int(along[i, j]), origin_row, target_row


def _row_of(seeds: Seeds, node: int) -> int:
    """Row of the best seed at a node, the first of equals."""
    here = np.flatnonzero(seeds.node == node)
    best = here[np.argmin(seeds.add[here])]
    return int(np.searchsorted(seeds.node_ptr, best, side="right")) - 1


def _trace(last: int, came_node: Ints, came_edge: Ints) -> tuple[list[int], list[int]]:
    nodes, edges = [last], []
    while came_node[nodes[-1]] != _NONE:
        edges.append(int(came_edge[nodes[-1]]))
        nodes.append(int(came_node[nodes[-1]]))
    return nodes[::-1], edges[::-1]


def _assemble(
    graph: WalkGraph,
    ends: tuple[Access, Access],
    rows: tuple[int, int],
    best: int,
    nodes: list[int],
    edges: list[int],
) -> Route:
    """Course and edges from the access of the origin over the nodes to the access of the target."""
    first, last = (int(end.edge[row]) for end, row in zip(ends, rows, strict=True))
    leave, arrive = (int(end.offset_dm[row]) for end, row in zip(ends, rows, strict=True))
    at_first, at_last = _offset_of(graph, first, nodes[0], leave), _offset_of(graph, last, nodes[-1], arrive)
    walked = list(edges)
    parts = [_piece(graph, first, leave, at_first)]
    if leave != at_first:
        walked.insert(0, first)
    for edge, here in zip(edges, nodes[:-1], strict=True):
        forward = graph.edge_a[edge] == here
        course = graph.edge_xy[graph.edge_ptr[edge] : graph.edge_ptr[edge + 1]]
        parts.append(course if forward else course[::-1])
    parts.append(_piece(graph, last, at_last, arrive))
    if arrive != at_last:
        walked.append(last)
    xy = np.concatenate(parts)
    fresh = np.append(True, (np.diff(xy, axis=0) != 0.0).any(axis=1))
    return Route(best, np.array(walked, np.int32), xy[fresh], *rows)


def _offset_of(graph: WalkGraph, edge: int, node: int, offset: int) -> int:
    """Where on the edge an inner node lies; on an edge that returns to its node, the nearer end."""
    length = int(graph.edge_dm[edge])
    at_start, at_end = graph.edge_a[edge] == node, graph.edge_b[edge] == node
    if at_start and at_end:
        return 0 if 2 * offset <= length else length
    return 0 if at_start else length


def _piece(graph: WalkGraph, edge: int, begin_dm: int, end_dm: int) -> Floats:
    """Course of a part of an edge, in walking direction."""
    course = graph.edge_xy[graph.edge_ptr[edge] : graph.edge_ptr[edge + 1]]
    along = np.concatenate([np.zeros(1), np.cumsum(np.hypot(*np.diff(course, axis=0).T))])
    scale = along[-1] / max(int(graph.edge_dm[edge]), 1)
    low, high = sorted((float(begin_dm) * scale, float(end_dm) * scale))
    inner = (along > low) & (along < high)
    marks = np.concatenate([[low], along[inner], [high]])
    xy = np.column_stack([np.interp(marks, along, course[:, axis]) for axis in range(2)])
    return xy if begin_dm <= end_dm else xy[::-1]


@kernel
def _dijkstra(
    ptr: Any, head: Any, cost: Any, edge: Any, node: Any, add: Any, goal: Any, goal_add: Any, bound: Any
) -> Any:
    """Least ``add + way + goal_add`` below ``bound``, last node of it (−1: none), and how nodes were met."""
    n = ptr.size - 1
    infinite = np.int64(1) << 62
    distance = np.full(n, infinite, np.int64)
    beyond = np.full(n, infinite, np.int64)
    came_edge = np.full(n, _NONE, np.int32)
    came_node = np.full(n, _NONE, np.int32)
    for i in range(goal.size):
        beyond[goal[i]] = min(beyond[goal[i]], np.int64(goal_add[i]))
    heap = [(np.int64(0), np.int64(0)) for _ in range(0)]
    for i in range(node.size):
        if np.int64(add[i]) < distance[node[i]]:
            distance[node[i]] = add[i]
            heapq.heappush(heap, (np.int64(add[i]), np.int64(node[i])))
    best, last = np.int64(bound), np.int64(_NONE)
    while len(heap) > 0:
        d, u = heapq.heappop(heap)
        if d >= best:
            break
        if d > distance[u]:
            continue
        if beyond[u] < infinite and d + beyond[u] < best:
            best, last = d + beyond[u], u
        for a in range(ptr[u], ptr[u + 1]):
            v, longer = np.int64(head[a]), d + np.int64(cost[a])
            if longer < distance[v]:
                distance[v] = longer
                came_edge[v], came_node[v] = edge[a], u
                heapq.heappush(heap, (longer, v))
    return best, last, came_edge, came_node
