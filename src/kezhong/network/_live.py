"""Single searches outwards within a limit, with memory that is brought to rest after each."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kezhong.network._compile import kernel
from kezhong.network._search import NONE, Queue, enter, leave
from kezhong.network.access import meeting

FAR = np.uint32(0xFFFFFFFF)


class Space(NamedTuple):
    """Memory of one worker, at rest between calls: distances at ``FAR``, the queue empty."""

    node: NDArray[np.uint32]
    queue: Queue
    met: NDArray[np.int32]


@kernel
def flood(arcs: Any, node: Any, add: Any, limit: Any, shift: Any, space: Any) -> Any:
    """Distances from nodes within ``limit``; the nodes are listed in ``space.met``, their number is returned."""
    queue, dist = space.queue, space.node
    n = 0
    for i in range(node.size):
        v, d = node[i], add[i]
        if d <= limit and d < dist[v]:
            dist[v] = d
            if enter(v, np.int64(d) >> shift, queue):
                space.met[n] = v
                n += 1
    for b in range((limit >> shift) + 1):
        while queue.head[b] >= 0:
            u = queue.head[b]
            leave(u, queue)
            for a in range(arcs.ptr[u], arcs.ptr[u + 1]):
                if arcs.cost[a] == FAR:
                    continue
                v, d = arcs.head[a], np.int64(dist[u]) + np.int64(arcs.cost[a])
                if d <= limit and d < dist[v]:
                    dist[v] = d
                    if enter(v, d >> shift, queue):
                        space.met[n] = v
                        n += 1
    return n


@kernel
def rest(n: Any, space: Any) -> None:
    """Bring the memory to rest after :func:`flood`."""
    for i in range(n):
        v = space.met[i]
        space.node[v] = FAR
        space.queue.bucket[v] = NONE


@kernel
def places_near(
    arcs: Any, seeds: Any, f: Any, attached: Any, inside: Any, limit: Any, shift: Any, space: Any, dist: Any
) -> Any:
    """Places within ``limit`` of target ``f`` of ``seeds``: their numbers, ascending, and costs.

    ``dist`` (places,) is at ``FAR`` before and after.
    """
    first, last = seeds.node_ptr[f], seeds.node_ptr[f + 1]
    n = flood(arcs, seeds.node[first:last], seeds.add[first:last], limit, shift, space)
    found = np.empty(64, np.int32)
    used = 0
    for i in range(n):
        v = space.met[i]
        for k in range(attached.ptr[v], attached.ptr[v + 1]):
            d = np.int64(space.node[v]) + np.int64(attached.add[k])
            used, found = note(attached.place[k], d, limit, dist, used, found)
    for i in range(seeds.row_ptr[f], seeds.row_ptr[f + 1]):
        e = seeds.edge[i]
        for k in range(inside.ptr[e], inside.ptr[e + 1]):
            d = meeting(
                inside.offset[k], inside.ahead[k], inside.back[k], inside.extra[k],
                seeds.offset[i], seeds.ahead[i], seeds.back[i], seeds.extra[i],
            )  # fmt: skip
            if d >= 0:
                used, found = note(inside.place[k], d, limit, dist, used, found)
    rest(n, space)
    places = np.sort(found[:used])
    costs = np.empty(used, np.uint32)
    for i in range(used):
        costs[i] = dist[places[i]]
        dist[places[i]] = FAR
    return places, costs


@kernel
def note(key: Any, d: Any, limit: Any, dist: Any, used: Any, found: Any) -> Any:
    """Lower a distance; a key met for the first time joins the list."""
    if d <= limit and d < dist[key]:
        if dist[key] == FAR:
            if used == found.size:
                longer = np.empty(2 * used, np.int32)
                longer[:used] = found
                found = longer
            found[used] = key
            used += 1
        dist[key] = d
    return used, found
