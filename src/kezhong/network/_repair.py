"""Labels of nodes repaired after a change: only what hung on something that is gone, and what came nearer.

A label is the distance to the nearest facility of an element in the upper half of 64 bits and the facility in the
lower: the least label is the least distance and, among equals, the smallest facility number. Streets cost the same in
both directions.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kezhong.network._compile import kernel
from kezhong.network._search import NONE, Queue, enter, leave, new_queue
from kezhong.network.access import Attached, Inside, Seeds, meeting

NOWHERE = np.uint64(0xFFFFFFFFFFFFFFFF)


class Passages(NamedTuple):
    """Ways between two (inner) nodes, one a direction."""

    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    cost: NDArray[np.uint32]


class Standers(NamedTuple):
    """Facilities: by node, by edge, and by number."""

    at: Attached
    on: Inside
    seeds: Seeds


class Bay(NamedTuple):
    """Memory of one worker, at rest between calls: nothing marked, the queue empty."""

    marked: NDArray[np.uint8]
    met: NDArray[np.int32]
    before: NDArray[np.uint64]
    queue: Queue
    asked: NDArray[np.uint8]
    list: NDArray[np.int32]


def new_bay(n_nodes: int, n_places: int, buckets: int) -> Bay:
    """Memory for one worker."""
    return Bay(
        np.zeros(n_nodes, np.uint8), np.empty(n_nodes, np.int32), np.empty(n_nodes, np.uint64),
        new_queue(n_nodes, buckets), np.zeros(n_places, np.uint8), np.empty(n_places, np.int32),
    )  # fmt: skip


@kernel
def repair(
    elements: Any, first: Any, stride: Any, element: Any, arcs: Any, gone: Any, fresh: Any, dirty: Any, past: Any,
    offered: Any, places: Any, attached: Any, again: Any, limit: Any, shift: Any, bay: Any, label: Any, near: Any,
    which: Any,
) -> None:  # fmt: skip
    """Repair every ``stride``-th of some elements.

    ``gone`` and ``fresh`` are passages that are no more and that are new, ``dirty`` facilities whose accesses changed
    (they stood as in ``past``, a :class:`Seeds`), ``again`` places to be looked at in any case.
    """
    for position in range(first, elements.size, stride):
        e = elements[position]
        met = _doubt(e, element, arcs, gone, dirty, past, bay, label[e])
        _from_around(e, met, element, arcs, offered, limit, shift, bay, label[e])
        met = _nearer(e, met, element, fresh, dirty, offered, limit, shift, bay, label[e])
        met = _spread(met, arcs, limit, shift, bay, label[e])
        _tell(e, met, element, offered, places, attached, again, limit, bay, label[e], near[e], which[e])


@kernel
def _mark(v: Any, met: Any, bay: Any, label: Any) -> Any:
    """Note a node and its label before; the number of nodes noted."""
    if bay.marked[v]:
        return met
    bay.marked[v] = 1
    bay.met[met], bay.before[met] = v, label[v]
    return met + 1


@kernel
def _doubt(e: Any, element: Any, arcs: Any, gone: Any, dirty: Any, past: Any, bay: Any, label: Any) -> Any:
    """Take back the labels that hang, or may hang, on what is gone."""
    half = np.uint64(32)
    met = 0
    for i in range(gone.tail.size):
        own = label[gone.tail[i]]
        if own != NOWHERE and label[gone.head[i]] == own + (np.uint64(gone.cost[i]) << half):
            met = _mark(gone.head[i], met, bay, label)
    for f in dirty:
        if element[f] != e or f >= past.node_ptr.size - 1:
            continue
        for i in range(past.node_ptr[f], past.node_ptr[f + 1]):
            if label[past.node[i]] == (np.uint64(past.add[i]) << half) | np.uint64(f):
                met = _mark(past.node[i], met, bay, label)
    done = 0
    while done < met:
        u = bay.met[done]
        done += 1
        for a in range(arcs.ptr[u], arcs.ptr[u + 1]):
            if label[arcs.head[a]] == label[u] + (np.uint64(arcs.cost[a]) << half):
                met = _mark(arcs.head[a], met, bay, label)
    for i in range(met):
        label[bay.met[i]] = NOWHERE
    return met


@kernel
def _from_around(
    e: Any, met: Any, element: Any, arcs: Any, offered: Any, limit: Any, shift: Any, bay: Any, label: Any
) -> None:
    """Labels of the nodes in doubt from who stands there and from their neighbours."""
    half = np.uint64(32)
    for i in range(met):
        v = bay.met[i]
        best = NOWHERE
        for k in range(offered.at.ptr[v], offered.at.ptr[v + 1]):
            f = offered.at.place[k]
            if element[f] == e and offered.at.add[k] <= limit:
                best = min(best, (np.uint64(offered.at.add[k]) << half) | np.uint64(f))
        for a in range(arcs.ptr[v], arcs.ptr[v + 1]):
            own = label[arcs.head[a]]
            if own != NOWHERE:
                key = own + (np.uint64(arcs.cost[a]) << half)
                if key < best and (key >> half) <= limit:
                    best = key
        if best != NOWHERE:
            label[v] = best
            enter(v, np.int64(best >> half) >> shift, bay.queue)


@kernel
def _lower(v: Any, key: Any, met: Any, limit: Any, shift: Any, bay: Any, label: Any) -> Any:
    """Give a node a label where it is less than its own."""
    if key < label[v] and (key >> np.uint64(32)) <= limit:
        met = _mark(v, met, bay, label)
        label[v] = key
        enter(v, np.int64(key >> np.uint64(32)) >> shift, bay.queue)
    return met


@kernel
def _nearer(
    e: Any, met: Any, element: Any, fresh: Any, dirty: Any, offered: Any, limit: Any, shift: Any, bay: Any, label: Any
) -> Any:
    """What new passages and facilities offer."""
    half = np.uint64(32)
    for i in range(fresh.tail.size):
        own = label[fresh.tail[i]]
        if own != NOWHERE:
            met = _lower(
                fresh.head[i], own + (np.uint64(fresh.cost[i]) << half), met, limit, shift, bay, label
            )  # fmt: skip
    seeds = offered.seeds
    for f in dirty:
        if element[f] != e or f >= seeds.node_ptr.size - 1:
            continue
        for i in range(seeds.node_ptr[f], seeds.node_ptr[f + 1]):
            key = (np.uint64(seeds.add[i]) << half) | np.uint64(f)
            met = _lower(seeds.node[i], key, met, limit, shift, bay, label)
    return met


@kernel
def _spread(met: Any, arcs: Any, limit: Any, shift: Any, bay: Any, label: Any) -> Any:
    """Walk on from all that wait."""
    half = np.uint64(32)
    for b in range((limit >> shift) + 1):
        while bay.queue.head[b] >= 0:
            u = bay.queue.head[b]
            leave(u, bay.queue)
            own = label[u]
            for a in range(arcs.ptr[u], arcs.ptr[u + 1]):
                key = own + (np.uint64(arcs.cost[a]) << half)
                met = _lower(arcs.head[a], key, met, limit, shift, bay, label)
    return met


@kernel
def _tell(
    e: Any, met: Any, element: Any, offered: Any, places: Any, attached: Any, again: Any, limit: Any, bay: Any,
    label: Any, near: Any, which: Any,
) -> None:  # fmt: skip
    """Bring up to date the places whose nodes have another label, and bring the memory to rest."""
    n = 0
    for p in again:
        if not bay.asked[p]:
            bay.asked[p] = 1
            bay.list[n] = p
            n += 1
    for i in range(met):
        v = bay.met[i]
        bay.marked[v] = 0
        bay.queue.bucket[v] = NONE
        if label[v] == bay.before[i]:
            continue
        for k in range(attached.ptr[v], attached.ptr[v + 1]):
            p = attached.place[k]
            if not bay.asked[p]:
                bay.asked[p] = 1
                bay.list[n] = p
                n += 1
    for i in range(n):
        p = bay.list[i]
        bay.asked[p] = 0
        near[p], which[p] = _of_place(e, p, element, offered, places, limit, label)


@kernel
def _of_place(e: Any, p: Any, element: Any, offered: Any, places: Any, limit: Any, label: Any) -> Any:
    """Nearest facility of one place: through its nodes, or along an edge that both stand on."""
    half = np.uint64(32)
    best = NOWHERE
    for i in range(places.node_ptr[p], places.node_ptr[p + 1]):
        own = label[places.node[i]]
        if own != NOWHERE:
            best = min(best, own + (np.uint64(places.add[i]) << half))
    for i in range(places.row_ptr[p], places.row_ptr[p + 1]):
        edge = places.edge[i]
        for k in range(offered.on.ptr[edge], offered.on.ptr[edge + 1]):
            f = offered.on.place[k]
            if element[f] != e:
                continue
            d = meeting(
                places.offset[i], places.ahead[i], places.back[i], places.extra[i],
                offered.on.offset[k], offered.on.ahead[k], offered.on.back[k], offered.on.extra[k],
            )  # fmt: skip
            if d >= 0:
                best = min(best, (np.uint64(d) << half) | np.uint64(f))
    if best == NOWHERE or (best >> half) > limit:
        return np.uint32(0xFFFFFFFF), np.int32(-1)
    return np.uint32(best >> half), np.int32(best & np.uint64(0xFFFFFFFF))
