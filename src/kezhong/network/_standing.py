"""Kernels of change in place: accesses kept as lists that rows join and leave, and searches that read them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kezhong.network._compile import kernel
from kezhong.network._live import flood, note, rest
from kezhong.network._search import NONE, enter, leave
from kezhong.network.access import Seeds, meeting

FAR = np.uint32(0xFFFFFFFF)


class Standing(NamedTuple):
    """Accesses of places or facilities as lists by node and by edge, so that one comes or goes without a rebuild.

    ``at_node[v]`` is the first row at a node, ``after[i]`` the next one, ``NONE`` the end; likewise within edges.
    ``free`` holds the first unused row of either kind; unused rows are chained as well.
    """

    at_node: NDArray[np.int32]
    after: NDArray[np.int32]
    owner: NDArray[np.int32]
    add: NDArray[np.uint32]
    on_edge: NDArray[np.int32]
    row_after: NDArray[np.int32]
    row_owner: NDArray[np.int32]
    offset: NDArray[np.uint32]
    ahead: NDArray[np.uint32]
    back: NDArray[np.uint32]
    extra: NDArray[np.uint32]
    free: NDArray[np.int32]


def new_standing(n_nodes: int, n_edges: int, rows: int, inner: int) -> Standing:
    """Empty lists with room for so many accesses at nodes and within edges."""
    after, row_after = (np.arange(1, size + 1, dtype=np.int32) for size in (rows, inner))
    after[-1:] = NONE
    row_after[-1:] = NONE
    free = np.array([0 if rows else NONE, 0 if inner else NONE], np.int32)
    offset, ahead, back, extra = (np.empty(inner, np.uint32) for _ in range(4))
    return Standing(
        np.full(n_nodes, NONE, np.int32), after, np.empty(rows, np.int32), np.empty(rows, np.uint32),
        np.full(n_edges, NONE, np.int32), row_after, np.empty(inner, np.int32), offset, ahead, back, extra, free,
    )  # fmt: skip


def with_room(present: Standing, rows: int, inner: int) -> Standing:
    """The same lists with so many more rows of either kind."""
    at, row_at = len(present.after), len(present.row_after)
    chain = np.append(np.arange(at + 1, at + rows, dtype=np.int32), present.free[0]).astype(np.int32)
    row_chain = np.append(np.arange(row_at + 1, row_at + inner, dtype=np.int32), present.free[1]).astype(np.int32)
    more, inside = np.empty(rows, np.uint32), np.empty(inner, np.uint32)
    return Standing(
        present.at_node, np.append(present.after, chain), np.append(present.owner, more.astype(np.int32)),
        np.append(present.add, more), present.on_edge, np.append(present.row_after, row_chain),
        np.append(present.row_owner, inside.astype(np.int32)), np.append(present.offset, inside),
        np.append(present.ahead, inside), np.append(present.back, inside), np.append(present.extra, inside),
        np.array([at, row_at], np.int32),
    )  # fmt: skip


@kernel
def link_in(standing: Any, seeds: Any, f: Any, number: Any) -> bool:
    """Enter the accesses of target ``f`` of ``seeds`` as those of ``number``; false, and nothing done, without room."""
    free, row_free = standing.free[0], standing.free[1]
    for _ in range(seeds.node_ptr[f], seeds.node_ptr[f + 1]):
        if free == NONE:
            return False
        free = standing.after[free]
    for _ in range(seeds.row_ptr[f], seeds.row_ptr[f + 1]):
        if row_free == NONE:
            return False
        row_free = standing.row_after[row_free]
    for i in range(seeds.node_ptr[f], seeds.node_ptr[f + 1]):
        r, v = standing.free[0], seeds.node[i]
        standing.free[0] = standing.after[r]
        standing.owner[r], standing.add[r] = number, seeds.add[i]
        standing.after[r] = standing.at_node[v]
        standing.at_node[v] = r
    for i in range(seeds.row_ptr[f], seeds.row_ptr[f + 1]):
        r, e = standing.free[1], seeds.edge[i]
        standing.free[1] = standing.row_after[r]
        standing.row_owner[r], standing.offset[r], standing.ahead[r] = number, seeds.offset[i], seeds.ahead[i]
        standing.back[r], standing.extra[r] = seeds.back[i], seeds.extra[i]
        standing.row_after[r] = standing.on_edge[e]
        standing.on_edge[e] = r
    return True


@kernel
def link_all(standing: Any, seeds: Any) -> None:
    """Enter the accesses of all targets under their own numbers."""
    for f in range(seeds.node_ptr.size - 1):
        link_in(standing, seeds, f, f)


@kernel
def link_out(standing: Any, seeds: Any, f: Any, number: Any) -> None:
    """Take the rows of ``number`` out of the lists that target ``f`` of ``seeds`` stands in."""
    for i in range(seeds.node_ptr[f], seeds.node_ptr[f + 1]):
        _without(standing.at_node, seeds.node[i], standing.after, standing.owner, number, standing.free, 0)
    for i in range(seeds.row_ptr[f], seeds.row_ptr[f + 1]):
        _without(standing.on_edge, seeds.edge[i], standing.row_after, standing.row_owner, number, standing.free, 1)


@kernel
def _without(first: Any, at: Any, after: Any, owner: Any, number: Any, free: Any, kind: Any) -> None:
    """Take the rows of an owner out of a list; they become free."""
    previous, r = NONE, first[at]
    while r != NONE:
        following = after[r]
        if owner[r] == number:
            if previous == NONE:
                first[at] = following
            else:
                after[previous] = following
            after[r] = free[kind]
            free[kind] = r
        else:
            previous = r
        r = following


@kernel
def places_of(arcs: Any, seeds: Any, f: Any, places: Any, limit: Any, shift: Any, space: Any, dist: Any) -> Any:
    """Places within ``limit`` of target ``f`` of ``seeds``: their numbers, ascending, and costs.

    ``dist`` (places,) is at ``FAR`` before and after.
    """
    first, last = seeds.node_ptr[f], seeds.node_ptr[f + 1]
    n = flood(arcs, seeds.node[first:last], seeds.add[first:last], limit, shift, space)
    found = np.empty(64, np.int32)
    used = 0
    for i in range(n):
        v = space.met[i]
        r = places.at_node[v]
        while r != NONE:
            d = np.int64(space.node[v]) + np.int64(places.add[r])
            used, found = note(places.owner[r], d, limit, dist, used, found)
            r = places.after[r]
    for i in range(seeds.row_ptr[f], seeds.row_ptr[f + 1]):
        r = places.on_edge[seeds.edge[i]]
        while r != NONE:
            d = meeting(
                places.offset[r], places.ahead[r], places.back[r], places.extra[r],
                seeds.offset[i], seeds.ahead[i], seeds.back[i], seeds.extra[i],
            )  # fmt: skip
            if d >= 0:
                used, found = note(places.row_owner[r], d, limit, dist, used, found)
            r = places.row_after[r]
    rest(n, space)
    numbers = np.sort(found[:used])
    costs = np.empty(used, np.uint32)
    for i in range(used):
        costs[i] = dist[numbers[i]]
        dist[numbers[i]] = FAR
    return numbers, costs


@kernel
def rows_of_places(
    arcs: Any, seeds: Any, offered: Any, element: Any, thresholds: Any, limit: Any, shift: Any, space: Any, dist: Any,
    near: Any, which: Any, counts: Any,
) -> None:  # fmt: skip
    """Nearest and counts of the places of ``seeds`` from scratch, by one search outwards from each.

    ``near``, ``which`` (E, k), ``counts`` (E, T, k) are written; ``dist`` (facilities,) is at ``FAR`` before and after.
    """
    near[:] = FAR
    which[:] = NONE
    counts[:] = 0
    found = np.empty(256, np.int32)
    for i in range(seeds.node_ptr.size - 1):
        first, last = seeds.node_ptr[i], seeds.node_ptr[i + 1]
        n = flood(arcs, seeds.node[first:last], seeds.add[first:last], limit, shift, space)
        used = 0
        for k in range(n):
            v = space.met[k]
            r = offered.at_node[v]
            while r != NONE:
                d = np.int64(space.node[v]) + np.int64(offered.add[r])
                used, found = note(offered.owner[r], d, limit, dist, used, found)
                r = offered.after[r]
        rest(n, space)
        for k in range(seeds.row_ptr[i], seeds.row_ptr[i + 1]):
            r = offered.on_edge[seeds.edge[k]]
            while r != NONE:
                d = _met(seeds, k, offered, r)
                if d >= 0:
                    used, found = note(offered.row_owner[r], d, limit, dist, used, found)
                r = offered.row_after[r]
        for k in range(used):
            f = found[k]
            d = dist[f]
            dist[f] = FAR
            e = element[f]
            for t in range(thresholds.shape[1]):
                counts[e, t, i] += d <= thresholds[e, t] and thresholds[e, t] > 0
            if d < near[e, i] or (d == near[e, i] and f < which[e, i]):
                near[e, i], which[e, i] = d, f


@kernel
def _met(seeds: Any, k: Any, offered: Any, r: Any) -> Any:
    return meeting(
        seeds.offset[k], seeds.ahead[k], seeds.back[k], seeds.extra[k],
        offered.offset[r], offered.ahead[r], offered.back[r], offered.extra[r],
    )  # fmt: skip


@kernel
def _along(seeds: Any, i: Any, offered: Any, element: Any, e: Any, best: Any, chosen: Any) -> Any:
    """The best facility so far of place ``i``, or a better one on the edges where it stands itself."""
    for k in range(seeds.row_ptr[i], seeds.row_ptr[i + 1]):
        r = offered.on_edge[seeds.edge[k]]
        while r != NONE:
            f = offered.row_owner[r]
            d = np.int64(_met(seeds, k, offered, r)) if element[f] == e else np.int64(-1)
            if d >= 0 and (d < best or (d == best and f < chosen)):
                best, chosen = d, f
            r = offered.row_after[r]
    return best, chosen


@kernel
def _here(u: Any, offered: Any, element: Any, e: Any, dist: Any, best: Any, chosen: Any) -> Any:
    """Likewise with the facilities at a node."""
    r = offered.at_node[u]
    while r != NONE:
        f = offered.owner[r]
        d = np.int64(dist[u]) + np.int64(offered.add[r])
        if element[f] == e and (d < best or (d == best and f < chosen)):
            best, chosen = d, f
        r = offered.after[r]
    return best, chosen


@kernel
def _reached(v: Any, d: Any, n: Any, shift: Any, space: Any) -> Any:
    """Note a lower distance of a node; how many nodes were met."""
    space.node[v] = d
    if enter(v, np.int64(d) >> shift, space.queue):
        space.met[n] = v
        n += 1
    return n


@kernel
def nearest_of_each(
    arcs: Any, seeds: Any, offered: Any, element: Any, e: Any, limit: Any, shift: Any, space: Any, near: Any, which: Any
) -> None:
    """Nearest facility of element ``e`` for each place of ``seeds``, each search ending where none can be nearer."""
    queue, dist = space.queue, space.node
    for i in range(seeds.node_ptr.size - 1):
        best, chosen = _along(seeds, i, offered, element, e, np.int64(limit) + 1, np.int32(NONE))
        n = 0
        for k in range(seeds.node_ptr[i], seeds.node_ptr[i + 1]):
            if seeds.add[k] <= limit and seeds.add[k] < dist[seeds.node[k]]:
                n = _reached(seeds.node[k], seeds.add[k], n, shift, space)
        b = 0
        while b <= min(np.int64(limit), best) >> shift:
            while queue.head[b] >= 0:
                u = queue.head[b]
                leave(u, queue)
                best, chosen = _here(u, offered, element, e, dist, best, chosen)
                for a in range(arcs.ptr[u], arcs.ptr[u + 1]):
                    d = np.int64(dist[u]) + np.int64(arcs.cost[a])
                    if arcs.cost[a] != FAR and d <= min(np.int64(limit), best) and d < dist[arcs.head[a]]:
                        n = _reached(arcs.head[a], d, n, shift, space)
            b += 1
        for k in range(n):
            if queue.bucket[space.met[k]] >= 0:
                leave(space.met[k], queue)
        rest(n, space)
        near[i] = np.uint32(best) if chosen != NONE else FAR
        which[i] = chosen


@kernel
def _around(arcs: Any, there: Any, nodes: Any, limit: Any, shift: Any, space: Any) -> Any:
    """Nodes within ``limit`` of any of some nodes, over the cheaper direction of each edge."""
    queue, dist = space.queue, space.node
    n = 0
    for i in range(nodes.size):
        if dist[nodes[i]] == FAR:
            n = _reached(nodes[i], 0, n, shift, space)
    for b in range((limit >> shift) + 1):
        while queue.head[b] >= 0:
            u = queue.head[b]
            leave(u, queue)
            for a in range(arcs.ptr[u], arcs.ptr[u + 1]):
                cost = min(arcs.cost[a], there[a])
                d = np.int64(dist[u]) + np.int64(cost)
                if cost != FAR and d <= limit and d < dist[arcs.head[a]]:
                    n = _reached(arcs.head[a], d, n, shift, space)
    found = space.met[:n].copy()
    rest(n, space)
    return found


@kernel
def _nearer(d: Any, f: Any, v: Any, dist: Any, label: Any) -> bool:
    return bool(d < dist[v] or (d == dist[v] and f < label[v]))


@kernel
def _labelled(
    arcs: Any, around: Any, offered: Any, element: Any, e: Any, limit: Any, shift: Any, space: Any, label: Any
) -> Any:
    """Search from the facilities of an element at some nodes: distances, and in ``label`` whose they are."""
    queue, dist = space.queue, space.node
    n = 0
    for i in range(around.size):
        v = around[i]
        r = offered.at_node[v]
        while r != NONE:
            f, d = offered.owner[r], offered.add[r]
            if element[f] == e and d <= limit and _nearer(d, f, v, dist, label):
                label[v] = f
                n = _reached(v, d, n, shift, space)
            r = offered.after[r]
    for b in range((limit >> shift) + 1):
        while queue.head[b] >= 0:
            u = queue.head[b]
            leave(u, queue)
            for a in range(arcs.ptr[u], arcs.ptr[u + 1]):
                v, d = arcs.head[a], np.int64(dist[u]) + np.int64(arcs.cost[a])
                if arcs.cost[a] != FAR and d <= limit and _nearer(d, label[u], v, dist, label):
                    label[v] = label[u]
                    n = _reached(v, d, n, shift, space)
    return n


@kernel
def nearest_around(
    arcs: Any, there: Any, seeds: Any, offered: Any, element: Any, e: Any, limit: Any, shift: Any, space: Any,
    label: Any, near: Any, which: Any,
) -> None:  # fmt: skip
    """Nearest facility of element ``e`` for the places of ``seeds``, by one search for all of them.

    Every facility that one of the places reaches stands within ``limit`` of it, over the cheaper direction of each
    edge (``arcs`` towards, ``there`` the costs of the same arcs away). ``label`` (nodes,) is memory.
    """
    around = _around(arcs, there, seeds.node, limit, shift, space)
    n = _labelled(arcs, around, offered, element, e, limit, shift, space, label)
    for i in range(seeds.node_ptr.size - 1):
        best, chosen = _along(seeds, i, offered, element, e, np.int64(limit) + 1, np.int32(NONE))
        for k in range(seeds.node_ptr[i], seeds.node_ptr[i + 1]):
            v = seeds.node[k]
            d = np.int64(space.node[v]) + np.int64(seeds.add[k])
            if space.node[v] != FAR and (d < best or (d == best and label[v] < chosen)):
                best, chosen = d, label[v]
        near[i] = np.uint32(best) if chosen != NONE else FAR
        which[i] = chosen
    rest(n, space)


def one_target(nodes: NDArray[np.int32]) -> Seeds:
    """Nodes themselves as one target, at no cost."""
    none = np.empty(0, np.uint32)
    return Seeds(
        np.array([0, len(nodes)], np.int64), np.ascontiguousarray(nodes, np.int32), np.zeros(len(nodes), np.uint32),
        np.zeros(2, np.int64), np.empty(0, np.int32), none, none, none, none,
    )  # fmt: skip


def one_of(seeds: Seeds, f: int) -> Seeds:
    """Target ``f`` alone."""
    a, b = seeds.node_ptr[f : f + 2]
    c, d = seeds.row_ptr[f : f + 2]
    return Seeds(
        np.array([0, b - a]), seeds.node[a:b], seeds.add[a:b], np.array([0, d - c]), seeds.edge[c:d],
        seeds.offset[c:d], seeds.ahead[c:d], seeds.back[c:d], seeds.extra[c:d],
    )  # fmt: skip
