"""Contraction: nodes are taken out one after another and shortcuts keep all distances among those that remain.

Geisberger, Sanders, Schultes, Delling: Contraction Hierarchies (2008). Nodes leave in rounds of locally least priority,
so that the order needs no queue, and depends on nothing but the graph.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kezhong.network._compile import kernel

FAR = np.uint32(0xFFFFFFFF)
"""Cost of a direction that cannot be walked."""

LONGEST = np.uint32(1 << 28)
"""Longer arcs and shortcuts are left out; three of them still add up within 32 bits."""

# Nodes settled by a search for a witness before the shortcut is simply added, while estimating and while contracting.
_ESTIMATE_SETTLED = 12
_CONTRACT_SETTLED = 40


class Remaining(NamedTuple):
    """What is left of the graph: neighbours of ``v`` are rows ``start[v]:start[v] + size[v]`` of the pool."""

    start: NDArray[np.int64]
    size: NDArray[np.int32]
    room: NDArray[np.int32]
    head: NDArray[np.int32]
    out: NDArray[np.uint32]
    back: NDArray[np.uint32]


class Upward(NamedTuple):
    """Arcs to nodes contracted later, by rank from the top: ``head < v``; costs upwards and downwards."""

    order: NDArray[np.int32]
    ptr: NDArray[np.int64]
    head: NDArray[np.int32]
    up: NDArray[np.uint32]
    down: NDArray[np.uint32]


@kernel
def _sift_up(heap_key: Any, heap_node: Any, at: Any) -> None:
    key, node = heap_key[at], heap_node[at]
    while at > 0:
        above = (at - 1) >> 1
        if heap_key[above] <= key:
            break
        heap_key[at], heap_node[at] = heap_key[above], heap_node[above]
        at = above
    heap_key[at], heap_node[at] = key, node


@kernel
def _sift_down(heap_key: Any, heap_node: Any, n: Any) -> None:
    key, node = heap_key[n], heap_node[n]
    at = 0
    while True:
        below = 2 * at + 1
        if below >= n:
            break
        if below + 1 < n and heap_key[below + 1] < heap_key[below]:
            below += 1
        if heap_key[below] >= key:
            break
        heap_key[at], heap_node[at] = heap_key[below], heap_node[below]
        at = below
    heap_key[at], heap_node[at] = key, node


@kernel
def _witness(graph: Any, begin: Any, avoid: Any, farthest: Any, most: Any, dist: Any, touched: Any, heap: Any) -> Any:
    """Distances from ``begin`` around ``avoid``, until ``most`` nodes are settled or all lie beyond ``farthest``."""
    heap_key, heap_node = heap
    met = 1
    touched[0] = begin
    dist[begin] = 0
    heap_key[0], heap_node[0] = np.uint32(0), begin
    n = 1
    settled = 0
    while n > 0:
        key, u = heap_key[0], heap_node[0]
        n -= 1
        if n > 0:
            _sift_down(heap_key, heap_node, n)
        if key > dist[u]:
            continue
        if key > farthest or settled >= most:
            break
        settled += 1
        for k in range(graph.start[u], graph.start[u] + graph.size[u]):
            v = graph.head[k]
            cost = graph.out[k]
            if v == avoid or cost == FAR:
                continue
            d = key + cost
            if d < dist[v] and n < heap_key.size:
                if dist[v] == FAR:
                    touched[met] = v
                    met += 1
                dist[v] = d
                heap_key[n], heap_node[n] = d, v
                _sift_up(heap_key, heap_node, n)
                n += 1
    return met


@kernel
def _shortcuts(graph: Any, v: Any, most: Any, symmetric: Any, found: Any, dist: Any, touched: Any, heap: Any) -> Any:
    """Shortcuts that the removal of ``v`` needs, as rows (from, to, cost) of ``found``; their number."""
    begin, end = graph.start[v], graph.start[v] + graph.size[v]
    n = 0
    for i in range(begin, end):
        into = graph.back[i]
        if into == FAR:
            continue
        u = graph.head[i]
        farthest = np.uint32(0)
        first = i + 1 if symmetric else begin
        for j in range(first, end):
            if j != i and graph.out[j] != FAR:
                farthest = max(farthest, np.uint32(into + graph.out[j]))
        if first >= end:
            continue
        met = _witness(graph, u, v, farthest, most, dist, touched, heap)
        for j in range(first, end):
            w, onward = graph.head[j], graph.out[j]
            if j == i or onward == FAR:
                continue
            cost = np.uint32(into + onward)
            if cost <= LONGEST and dist[w] > cost:
                found[0][n], found[1][n], found[2][n] = u, w, cost
                n += 1
        for k in range(met):
            dist[touched[k]] = FAR
    return n


@kernel
def _insert(graph: Any, used: Any, u: Any, w: Any, out: Any, back: Any) -> Any:
    """Add or better the neighbour ``w`` of ``u``; the pool's new length, −1 where it has no room."""
    begin = graph.start[u]
    for k in range(begin, begin + graph.size[u]):
        if graph.head[k] == w:
            graph.out[k] = min(graph.out[k], out)
            graph.back[k] = min(graph.back[k], back)
            return used
    if graph.size[u] == graph.room[u]:
        room = 2 * graph.room[u] + 2
        if used + room > graph.head.size:
            return -1
        for k in range(graph.size[u]):
            graph.head[used + k] = graph.head[begin + k]
            graph.out[used + k] = graph.out[begin + k]
            graph.back[used + k] = graph.back[begin + k]
        graph.start[u], graph.room[u] = used, room
        used += room
    k = graph.start[u] + graph.size[u]
    graph.head[k], graph.out[k], graph.back[k] = w, out, back
    graph.size[u] += 1
    return used


@kernel
def _remove(graph: Any, u: Any, w: Any) -> None:
    begin, end = graph.start[u], graph.start[u] + graph.size[u]
    for k in range(begin, end):
        if graph.head[k] == w:
            last = end - 1
            graph.head[k], graph.out[k], graph.back[k] = graph.head[last], graph.out[last], graph.back[last]
            graph.size[u] -= 1
            return


@kernel
def _begin(n: Any, ptr: Any, head: Any, out: Any, back: Any, room: Any) -> Any:
    """The whole graph as a pool with place for ``room`` rows; parallel arcs become one."""
    graph = Remaining(
        np.empty(n, np.int64),
        np.zeros(n, np.int32),
        np.empty(n, np.int32),
        np.empty(room, np.int32),
        np.empty(room, np.uint32),
        np.empty(room, np.uint32),
    )
    used = np.int64(0)
    for v in range(n):
        graph.start[v] = used
        graph.room[v] = ptr[v + 1] - ptr[v] + 1
        used += graph.room[v]
        for a in range(ptr[v], ptr[v + 1]):
            onward = out[a] if out[a] <= LONGEST else FAR
            into = back[a] if back[a] <= LONGEST else FAR
            if onward != FAR or into != FAR:
                used = _insert(graph, used, v, head[a], onward, into)
    return graph, used


@kernel
def _grown(graph: Any, used: Any) -> Any:
    room = graph.head.size * 2
    head, out, back = np.empty(room, np.int32), np.empty(room, np.uint32), np.empty(room, np.uint32)
    head[:used], out[:used], back[:used] = graph.head[:used], graph.out[:used], graph.back[:used]
    return Remaining(graph.start, graph.size, graph.room, head, out, back)


@kernel
def _room_for(rows: Any) -> Any:
    """Arrays for a node and two costs a row."""
    return np.empty(rows, np.int32), np.empty(rows, np.uint32), np.empty(rows, np.uint32)


@kernel
def contract(n: Any, ptr: Any, head: Any, out: Any, back: Any, symmetric: Any) -> Any:
    """Contract a graph given by its arcs.

    ``ptr, head``: neighbours by node; ``out`` the cost of walking to the neighbour, ``back`` of coming from it. Returns
    ``order`` (nodes as contracted) and, in that order, the arcs to what remained: ``ptr, head, out, back``.
    """
    graph, used = _begin(n, ptr, head, out, back, np.int64(4 * head.size + 4 * n + 16))
    work = (
        np.full(n, FAR, np.uint32),
        np.empty(n + 1, np.int32),
        (np.empty(4096, np.uint32), np.empty(4096, np.int32)),
    )
    found = _room_for(1 << 12)
    depth = np.zeros(n, np.int32)
    priority = np.zeros(n, np.int64)
    stale = np.ones(n, np.bool_)
    active = np.arange(n).astype(np.int32)
    order = np.empty(n, np.int32)
    kept_ptr = np.zeros(n + 1, np.int64)
    kept = _room_for(2 * head.size + 16)
    done = 0
    while active.size > 0:
        for v in active:
            if stale[v]:
                found = _enough(found, np.int64(graph.size[v]) ** 2, np.int64(0))
                added = _shortcuts(graph, v, _ESTIMATE_SETTLED, symmetric, found, *work)
                priority[v] = (8 if symmetric else 4) * np.int64(added) - 2 * np.int64(graph.size[v]) + 2 * depth[v]
                stale[v] = False
        chosen = _locally_least(graph, active, priority)
        for v in active[chosen]:
            n_kept = kept_ptr[done]
            kept = _enough(kept, n_kept + graph.size[v], n_kept)
            order[done] = v
            done += 1
            kept_ptr[done] = _keep(graph, v, kept, n_kept, depth, stale)
            found = _enough(found, np.int64(graph.size[v]) ** 2, np.int64(0))
            added = _shortcuts(graph, v, _CONTRACT_SETTLED, symmetric, found, *work)
            for k in range(graph.start[v], graph.start[v] + graph.size[v]):
                _remove(graph, graph.head[k], v)
            for k in range(added):
                graph, used = _join(graph, used, found[0][k], found[1][k], found[2][k], symmetric)
        active = active[~chosen]
    return order, kept_ptr, kept[0], kept[1], kept[2]


@kernel
def _enough(arrays: Any, rows: Any, used: Any) -> Any:
    """The arrays, or longer ones with the same first ``used`` rows where they are too short for ``rows``."""
    if rows <= arrays[0].size:
        return arrays
    longer = _room_for(2 * rows)
    longer[0][:used], longer[1][:used], longer[2][:used] = arrays[0][:used], arrays[1][:used], arrays[2][:used]
    return longer


@kernel
def _locally_least(graph: Any, active: Any, priority: Any) -> Any:
    """Which nodes have a lower priority than all their neighbours."""
    chosen = np.zeros(active.size, np.bool_)
    for i in range(active.size):
        v = active[i]
        least = True
        for k in range(graph.start[v], graph.start[v] + graph.size[v]):
            w = graph.head[k]
            if priority[w] < priority[v] or (priority[w] == priority[v] and _mix(w) < _mix(v)):
                least = False
                break
        chosen[i] = least
    return chosen


@kernel
def _keep(graph: Any, v: Any, kept: Any, n_kept: Any, depth: Any, stale: Any) -> Any:
    """Write the arcs of a node that leaves to the end of ``kept``; its neighbours' priorities are stale."""
    for k in range(graph.start[v], graph.start[v] + graph.size[v]):
        w = graph.head[k]
        kept[0][n_kept], kept[1][n_kept], kept[2][n_kept] = w, graph.out[k], graph.back[k]
        n_kept += 1
        depth[w] = max(depth[w], depth[v] + 1)
        stale[w] = True
    return n_kept


@kernel
def _join(graph: Any, used: Any, u: Any, w: Any, cost: Any, symmetric: Any) -> Any:
    """Add a shortcut from ``u`` to ``w`` (and back, where costs are symmetric); the pool grows when it must."""
    reverse = cost if symmetric else FAR
    fresh = _insert(graph, used, u, w, cost, reverse)
    while fresh < 0:
        graph = _grown(graph, used)
        fresh = _insert(graph, used, u, w, cost, reverse)
    used = fresh
    fresh = _insert(graph, used, w, u, reverse, cost)
    while fresh < 0:
        graph = _grown(graph, used)
        fresh = _insert(graph, used, w, u, reverse, cost)
    return graph, fresh


@kernel
def _mix(v: Any) -> Any:
    """A number that looks random, so that equal priorities do not run along a street one node a round."""
    x = np.uint32(v) * np.uint32(2654435761)
    return np.uint32(x ^ (x >> np.uint32(15)))


@kernel
def by_rank(order: Any, level: Any, ptr: Any, head: Any, up: Any, down: Any) -> Any:
    """Renumber the upward arcs by ``level`` (new number of each node, the top first)."""
    n = order.size
    new_ptr = np.zeros(n + 1, np.int64)
    for i in range(n):
        new_ptr[level[order[i]] + 1] = ptr[i + 1] - ptr[i]
    for i in range(n):
        new_ptr[i + 1] += new_ptr[i]
    new_head = np.empty(head.size, np.int32)
    new_up = np.empty(head.size, np.uint32)
    new_down = np.empty(head.size, np.uint32)
    for i in range(n):
        at = new_ptr[level[order[i]]]
        for k in range(ptr[i], ptr[i + 1]):
            new_head[at], new_up[at], new_down[at] = level[head[k]], up[k], down[k]
            at += 1
    return new_ptr, new_head[: new_ptr[n]], new_up[: new_ptr[n]], new_down[: new_ptr[n]]


@kernel
def along(order: Any, ptr: Any, head: Any) -> Any:
    """Place of each node in an order that follows the graph's own, but for what is above a node: that comes before it.

    A sweep that runs down this order reads what it has just written: rows of neighbours lie close together, whatever
    the height at which they were contracted.
    """
    n = order.size
    turn = np.empty(n, np.int32)
    for i in range(n):
        turn[order[i]] = i
    position = np.full(n, -1, np.int32)
    following = ptr[:-1].copy()
    stack = np.empty(n, np.int32)
    placed = 0
    for v in range(n):
        depth = 0
        if position[v] < 0:
            stack[0] = v
            depth = 1
        while depth > 0:
            i = turn[stack[depth - 1]]
            while following[i] < ptr[i + 1] and position[head[following[i]]] >= 0:
                following[i] += 1
            if following[i] < ptr[i + 1]:
                stack[depth] = head[following[i]]
                depth += 1
            else:
                position[stack[depth - 1]] = placed
                placed += 1
                depth -= 1
    return position
