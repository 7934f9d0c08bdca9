"""Kernels of reached streets: one bounded search an origin, then every edge cut where the limit ends.

Costs along an edge are the integers of :func:`kezhong.network.access._share`: walking from its start to offset ``o``
costs ``F(o)``, from its end ``backward − B(o)``. Both are inverted exactly, so that a position belongs to a reached
piece if and only if a place there would be reached.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kezhong.network._compile import kernel
from kezhong.network._search import NONE, Arcs, Queue, enter, leave, new_queue
from kezhong.network.access import EdgeCosts, _share

FAR = 1 << 62


class Roads(NamedTuple):
    """Streets of one walker: arcs for the search, edges with their costs, edges at each node (a loop once)."""

    arcs: Arcs
    edges: EdgeCosts
    ptr: NDArray[np.int64]
    item: NDArray[np.int32]


class Desk(NamedTuple):
    """Memory of one worker, at rest between origins: distances FAR, queue empty, no edge marked."""

    distance: NDArray[np.int64]
    queue: Queue
    touched: NDArray[np.int32]
    mark: NDArray[np.bool_]
    stop: NDArray[np.int64]
    ahead: NDArray[np.int64]
    back: NDArray[np.int64]


def new_desk(n_nodes: int, n_edges: int, most_rows: int, buckets: int) -> Desk:
    """Memory for one worker; ``most_rows``: most accesses of one origin."""
    return Desk(
        np.full(n_nodes, FAR, np.int64),
        new_queue(n_nodes, buckets),
        np.empty(n_nodes, np.int32),
        np.zeros(n_edges, np.bool_),
        *(np.empty(most_rows + 2, np.int64) for _ in range(3)),
    )


@kernel
def edges_at(n: Any, start: Any, end: Any) -> Any:
    """Edges at each node in CSR form, a loop once: ``ptr, edge``."""
    ptr = np.zeros(n + 1, np.int64)
    for e in range(start.size):
        ptr[start[e] + 1] += 1
        if end[e] != start[e]:
            ptr[end[e] + 1] += 1
    for i in range(n):
        ptr[i + 1] += ptr[i]
    at = ptr[:-1].copy()
    item = np.empty(ptr[n], np.int32)
    for e in range(start.size):
        item[at[start[e]]] = e
        at[start[e]] += 1
        if end[e] != start[e]:
            item[at[end[e]]] = e
            at[end[e]] += 1
    return ptr, item


@kernel
def grown(array: Any, needed: Any) -> Any:
    """The array, or a longer copy that holds at least ``needed`` values."""
    if needed <= array.size:
        return array
    longer = np.empty(max(needed, 2 * array.size), array.dtype)
    longer[: array.size] = array
    return longer


@kernel
def _search(roads: Any, seeds: Any, p: Any, limit: Any, shift: Any, desk: Any) -> Any:
    """Least costs from origin ``p`` to all nodes within the limit; how many were met (listed in ``touched``)."""
    arcs, queue, distance = roads.arcs, desk.queue, desk.distance
    met = 0
    for i in range(seeds.node_ptr[p], seeds.node_ptr[p + 1]):
        v, add = seeds.node[i], np.int64(seeds.add[i])
        if add <= limit and add < distance[v]:
            distance[v] = add
            if enter(v, add >> shift, queue):
                desk.touched[met] = v
                met += 1
    for b in range((limit >> shift) + 1):
        while queue.head[b] >= 0:
            u = queue.head[b]
            leave(u, queue)
            near = distance[u]
            for a in range(arcs.ptr[u], arcs.ptr[u + 1]):
                v, longer = arcs.head[a], near + np.int64(arcs.cost[a])
                if longer <= limit and longer < distance[v]:
                    distance[v] = longer
                    if enter(v, longer >> shift, queue):
                        desk.touched[met] = v
                        met += 1
    return met


@kernel
def _edges_met(roads: Any, seeds: Any, p: Any, met: Any, desk: Any) -> Any:
    """Edges at the nodes met and those the origin lies on, in the order of their numbers."""
    total = seeds.row_ptr[p + 1] - seeds.row_ptr[p]
    for i in range(met):
        u = desk.touched[i]
        total += roads.ptr[u + 1] - roads.ptr[u]
    found = np.empty(total, np.int32)
    count = 0
    for i in range(seeds.row_ptr[p], seeds.row_ptr[p + 1]):
        if not desk.mark[seeds.edge[i]]:
            desk.mark[seeds.edge[i]] = True
            found[count] = seeds.edge[i]
            count += 1
    for i in range(met):
        u = desk.touched[i]
        for k in range(roads.ptr[u], roads.ptr[u + 1]):
            e = roads.item[k]
            # An edge with both ends met is taken at its start.
            if not desk.mark[e] and (roads.edges.start[e] == u or desk.distance[roads.edges.start[e]] == FAR):
                found[count] = e
                count += 1
    found = found[:count]
    found.sort()
    return found


@kernel
def open_origin(roads: Any, seeds: Any, p: Any, limit: Any, shift: Any, desk: Any) -> Any:
    """Search from an origin: number of nodes met, edges that may be reached. To be followed by `close_origin`."""
    met = _search(roads, seeds, p, limit, shift, desk)
    return met, _edges_met(roads, seeds, p, met, desk)


@kernel
def close_origin(seeds: Any, p: Any, met: Any, desk: Any) -> None:
    """Put the desk at rest."""
    for i in range(met):
        u = desk.touched[i]
        desk.distance[u] = FAR
        desk.queue.bucket[u] = NONE
    for i in range(seeds.row_ptr[p], seeds.row_ptr[p + 1]):
        desk.mark[seeds.edge[i]] = False


@kernel
def spans(roads: Any, seeds: Any, p: Any, e: Any, desk: Any) -> Any:
    """Cut an edge at the origin's own accesses on it; number of parts.

    Part ``i`` lies between ``stop[i]`` and ``stop[i + 1]`` (decimetres); it is walked onwards from ``ahead[i]`` and
    back from ``back[i + 1]``.
    """
    edges, stop, ahead, back = roads.edges, desk.stop, desk.ahead, desk.back
    closed = np.uint32(0xFFFFFFFF)
    length = np.int64(edges.dm[e])
    forward, backward = edges.forward[e], edges.backward[e]
    shut = edges.shut[e] if edges.shut.size else np.uint8(0)
    stop[0], ahead[0], back[0] = 0, FAR if shut & 1 else desk.distance[edges.start[e]], FAR
    count = 1
    if desk.mark[e]:
        for i in range(seeds.row_ptr[p], seeds.row_ptr[p + 1]):
            if seeds.edge[i] != e:
                continue
            o, extra = np.int64(seeds.offset[i]), np.int64(seeds.extra[i])
            k = count
            while stop[k - 1] > o:
                k -= 1
            if stop[k - 1] == o:
                ahead[k - 1] = back[k - 1] = min(ahead[k - 1], extra)
                continue
            for j in range(count, k, -1):
                stop[j], ahead[j], back[j] = stop[j - 1], ahead[j - 1], back[j - 1]
            stop[k], ahead[k], back[k] = o, extra, extra
            count += 1
    stop[count], ahead[count], back[count] = length, FAR, FAR if shut & 2 else desk.distance[edges.end[e]]
    if forward == closed:
        ahead[: count + 1] = FAR
    elif count > 1:
        for i in range(1, count):
            walked = _share(forward, stop[i], length) - _share(forward, stop[i - 1], length)
            ahead[i] = min(ahead[i], ahead[i - 1] + walked)
    if backward == closed:
        back[: count + 1] = FAR
    elif count > 1:
        for i in range(count - 1, 0, -1):
            walked = _share(backward, stop[i + 1], length) - _share(backward, stop[i], length)
            back[i] = min(back[i], back[i + 1] + walked)
    return count


@kernel
def onward(edges: Any, e: Any, low: Any, high: Any, cost: Any, limit: Any) -> Any:
    """Last offset of ``low … high`` within the limit when walked from ``low`` with ``cost``; ``low − 1`` for none."""
    if cost > limit:
        return low - 1
    length, whole = np.int64(edges.dm[e]), np.int64(edges.forward[e])
    left = limit - cost + _share(edges.forward[e], low, length)
    if left >= whole:
        return high
    # F(o) ≤ left, with F(o) = (2·whole·o + length) // (2·length)
    return min(high, (2 * length * (left + 1) - length - 1) // (2 * whole))


@kernel
def homeward(edges: Any, e: Any, low: Any, high: Any, cost: Any, limit: Any) -> Any:
    """First offset of ``low … high`` within the limit when walked from ``high`` with ``cost``; ``high + 1``: none."""
    if cost > limit:
        return high + 1
    length, whole = np.int64(edges.dm[e]), np.int64(edges.backward[e])
    least = cost + _share(edges.backward[e], high, length) - limit
    if least <= 0:
        return low
    # B(o) ≥ least
    return max(low, (2 * length * least - length + 2 * whole - 1) // (2 * whole))


@kernel
def _meeting_point(edges: Any, e: Any, low: Any, high: Any, from_low: Any, from_high: Any) -> Any:
    """Last offset that is no dearer from ``low`` than from ``high``; ``low − 1`` for none."""
    length = np.int64(edges.dm[e])
    forward, backward = edges.forward[e], edges.backward[e]
    before = from_low - _share(forward, low, length)
    after = from_high + _share(backward, high, length)
    least, most = low - 1, high
    while least < most:
        middle = (least + most + 1) >> 1
        if before + _share(forward, middle, length) <= after - _share(backward, middle, length):
            least = middle
        else:
            most = middle - 1
    return least


@kernel
def street_pieces(roads: Any, seeds: Any, first: Any, last: Any, limits: Any, shift: Any, desk: Any) -> Any:
    """Reached pieces of origins ``first … last − 1``: pieces a row (origin, limit), then their five columns."""
    edges = roads.edges
    steps = limits.size
    rows = np.zeros((last - first) * steps, np.int64)
    edge = np.empty(1024, np.int32)
    begin, finish = np.empty(1024, np.uint32), np.empty(1024, np.uint32)
    cost_begin, cost_finish = np.empty(1024, np.uint32), np.empty(1024, np.uint32)
    count = 0
    for p in range(first, last):
        met, found = open_origin(roads, seeds, p, limits.max(), shift, desk)
        for t in range(steps):
            limit = limits[t]
            before = count
            for e in found:
                parts = spans(roads, seeds, p, e, desk)
                length = np.int64(edges.dm[e])
                if count + 2 * parts > edge.size:
                    edge, begin, finish = (
                        grown(edge, count + 2 * parts),
                        grown(begin, count + 2 * parts),
                        grown(finish, count + 2 * parts),
                    )
                    cost_begin = grown(cost_begin, count + 2 * parts)
                    cost_finish = grown(cost_finish, count + 2 * parts)
                for i in range(parts):
                    low, high = desk.stop[i], desk.stop[i + 1]
                    there, home = desk.ahead[i], desk.back[i + 1]
                    a = onward(edges, e, low, high, there, limit)
                    b = homeward(edges, e, low, high, home, limit)
                    if a >= low and b <= high and a >= b:
                        a = b = max(_meeting_point(edges, e, low, high, there, home), b)
                    if a > low:
                        walked = _share(edges.forward[e], a, length) - _share(edges.forward[e], low, length)
                        edge[count], begin[count], finish[count] = e, low, a
                        cost_begin[count], cost_finish[count] = there, there + walked
                        count += 1
                    if b < high:
                        walked = _share(edges.backward[e], high, length) - _share(edges.backward[e], b, length)
                        edge[count], begin[count], finish[count] = e, high, b
                        cost_begin[count], cost_finish[count] = home, home + walked
                        count += 1
            rows[(p - first) * steps + t] = count - before
        close_origin(seeds, p, met, desk)
    return (
        rows,
        edge[:count].copy(),
        begin[:count].copy(),
        finish[:count].copy(),
        cost_begin[:count].copy(),
        cost_finish[:count].copy(),
    )


@kernel
def course_metres(xy: Any, ptr: Any) -> Any:
    """Metres from the start of its edge to each course point, (k,)."""
    along = np.zeros(xy.shape[0], np.float64)
    for e in range(ptr.size - 1):
        for k in range(ptr[e] + 1, ptr[e + 1]):
            along[k] = along[k - 1] + np.hypot(xy[k, 0] - xy[k - 1, 0], xy[k, 1] - xy[k - 1, 1])
    return along


@kernel
def point_on(xy: Any, along: Any, k: Any, metres: Any) -> Any:
    """Point of segment ``k … k + 1`` at so many metres from the edge's start."""
    length = along[k + 1] - along[k]
    if metres <= along[k] or length <= 0.0:
        return xy[k, 0], xy[k, 1]
    if metres >= along[k + 1]:
        return xy[k + 1, 0], xy[k + 1, 1]
    share = (metres - along[k]) / length
    return xy[k, 0] + share * (xy[k + 1, 0] - xy[k, 0]), xy[k, 1] + share * (xy[k + 1, 1] - xy[k, 1])


@kernel
def courses(xy: Any, ptr: Any, along: Any, dm: Any, edge: Any, begin: Any, finish: Any) -> Any:
    """Course of each piece from its lower to its higher offset: ``xy, ptr``."""
    out_ptr = np.zeros(edge.size + 1, np.int64)
    out = np.empty((0, 2), np.float64)
    for fill in range(2):
        if fill == 1:
            out = np.empty((out_ptr[-1], 2), np.float64)
        for i in range(edge.size):
            e = edge[i]
            scale = along[ptr[e + 1] - 1] / max(np.float64(dm[e]), 1.0)
            low, high = min(begin[i], finish[i]) * scale, max(begin[i], finish[i]) * scale
            n = out_ptr[i] if fill == 1 else 0
            first = n
            for k in range(ptr[e], ptr[e + 1] - 1):
                if along[k + 1] <= low and k + 2 < ptr[e + 1]:
                    continue
                if n == first:
                    if fill == 1:
                        out[n, 0], out[n, 1] = point_on(xy, along, k, low)
                    n += 1
                if fill == 1:
                    out[n, 0], out[n, 1] = point_on(xy, along, k, high)
                n += 1
                if along[k + 1] >= high:
                    break
            if fill == 0:
                out_ptr[i + 1] = out_ptr[i] + n
    return out, out_ptr
