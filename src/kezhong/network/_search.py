"""The kernels that walk: thirty-two bounded searches at once, and one search from all facilities of an element.

Both are label-correcting with buckets (Dial; Meyer and Sanders' delta-stepping): a node is taken from the lowest
bucket, its arcs are relaxed, and it returns whenever a label becomes smaller. Labels only fall, so the result is the
exact least distance whatever the width of a bucket and the order within it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kezhong.network._compile import kernel
from kezhong.network._lanes import LANES, relax_row
from kezhong.network.access import meeting

NONE = -1
SEEN = -2


class Arcs(NamedTuple):
    """Adjacency in CSR form; ``cost`` in the dtype of the search, its maximum where an arc is longer than any limit."""

    ptr: NDArray[np.int64]
    head: NDArray[np.int32]
    cost: Any


class Lanes(NamedTuple):
    """Searches to run: lane ``l`` starts at ``node[node_ptr[l]:…]`` and meets along edges from ``edge[row_ptr[l]:…]``.

    ``order`` lists the lanes batch by batch, batch ``b`` being ``order[batch_ptr[b]:batch_ptr[b + 1]]``.
    """

    node_ptr: NDArray[np.int64]
    node: NDArray[np.int32]
    add: NDArray[np.uint32]
    row_ptr: NDArray[np.int64]
    edge: NDArray[np.int32]
    offset: NDArray[np.uint32]
    ahead: NDArray[np.uint32]
    back: NDArray[np.uint32]
    extra: NDArray[np.uint32]
    limit: NDArray[np.uint32]
    order: NDArray[np.int32]
    batch_ptr: NDArray[np.int64]


class Queue(NamedTuple):
    """Buckets as doubly linked lists; ``bucket[v]`` is NONE until node v is met, SEEN while it waits in none."""

    head: NDArray[np.int32]
    bucket: NDArray[np.int32]
    before: NDArray[np.int32]
    after: NDArray[np.int32]


class Workspace(NamedTuple):
    """Memory of one worker, at rest between calls: distances at ``nothing``, queue and slots empty."""

    distance: Any
    nothing: Any
    queue: Queue
    touched: NDArray[np.int32]
    slot: NDArray[np.int32]


def new_queue(n_nodes: int, buckets: int) -> Queue:
    """An empty queue."""
    return Queue(
        np.full(buckets, NONE, np.int32),
        np.full(n_nodes, NONE, np.int32),
        np.empty(n_nodes, np.int32),
        np.empty(n_nodes, np.int32),
    )


def new_workspace(n_nodes: int, n_places: int, buckets: int, dtype: Any) -> Workspace:
    """Memory for one worker of :func:`search_batches`."""
    nothing = dtype(np.iinfo(dtype).max)
    return Workspace(
        np.full((n_nodes, LANES), nothing, dtype),
        nothing,
        new_queue(n_nodes, buckets),
        np.empty(n_nodes, np.int32),
        np.full(n_places, NONE, np.int32),
    )


@kernel
def leave(node: Any, queue: Any) -> None:
    """Take a waiting node out of its bucket."""
    left, right = queue.before[node], queue.after[node]
    if left < 0:
        queue.head[queue.bucket[node]] = right
    else:
        queue.after[left] = right
    if right >= 0:
        queue.before[right] = left
    queue.bucket[node] = SEEN


@kernel
def enter(node: Any, goal: Any, queue: Any) -> bool:
    """Put a node into bucket ``goal`` unless it waits in a lower one; true when it is met for the first time."""
    present = queue.bucket[node]
    if present >= 0:
        if present <= goal:
            return False
        leave(node, queue)
    first = queue.head[goal]
    queue.before[node], queue.after[node] = NONE, first
    if first >= 0:
        queue.before[first] = node
    queue.head[goal] = node
    queue.bucket[node] = goal
    return bool(present == NONE)


@kernel
def _walk(arcs: Any, lanes: Any, first: Any, last: Any, limit: Any, shift: Any, work: Any) -> int:
    """Run the searches ``order[first:last]`` side by side; the nodes met are listed in ``work.touched``."""
    distance, queue, nothing = work.distance, work.queue, work.nothing
    far = 0
    met = 0
    for lane in range(last - first):
        which = lanes.order[first + lane]
        far = max(far, limit[lane])
        for i in range(lanes.node_ptr[which], lanes.node_ptr[which + 1]):
            v, add = lanes.node[i], lanes.add[i]
            if add <= limit[lane] and add < distance[v, lane]:
                distance[v, lane] = add
                if enter(v, add >> shift, queue):
                    work.touched[met] = v
                    met += 1
    for b in range((far >> shift) + 1):
        while queue.head[b] >= 0:
            u = queue.head[b]
            leave(u, queue)
            for a in range(arcs.ptr[u], arcs.ptr[u + 1]):
                v = arcs.head[a]
                best = relax_row(distance, u, distance, v, arcs.cost[a], limit)
                if best != nothing and enter(v, best >> shift, queue):
                    work.touched[met] = v
                    met += 1
    return met


@kernel
def _along(inside: Any, k: Any, lanes: Any, i: Any) -> Any:
    """Cost from place row ``k`` to facility row ``i`` within their edge, −1 where that way is closed."""
    return meeting(
        inside.offset[k], inside.ahead[k], inside.back[k], inside.extra[k],
        lanes.offset[i], lanes.ahead[i], lanes.back[i], lanes.extra[i],
    )  # fmt: skip


@kernel
def _slot(place: Any, used: Any, work: Any, places: Any, rows: Any) -> Any:
    """Row of a place in the results of this batch, a fresh one at first; ``places`` and ``rows`` grow when full."""
    line = work.slot[place]
    if line < 0:
        if used == places.size:
            more_places = np.empty(2 * used, np.int32)
            more_places[:used] = places
            more_rows = np.empty((2 * used, LANES), rows.dtype)
            more_rows[:used] = rows
            places, rows = more_places, more_rows
        line = used
        work.slot[place] = line
        places[line] = place
        rows[line, :] = work.nothing
        used += 1
    return line, used, places, rows


@kernel
def search_batches(
    arcs: Any, lanes: Any, attached: Any, inside: Any, work: Any, shift: Any, first: Any, last: Any, guess: Any
) -> Any:
    """Distances from the lanes of batches ``first`` … ``last − 1`` to all places within the lanes' limits.

    Returns
    -------
    ptr : int64 (batches + 1,), places : int32 (k,), rows (k, LANES)
        Batch ``first + i`` reached ``places[ptr[i]:ptr[i + 1]]``, with a distance in each lane (maximum: not reached).
    """
    distance = work.distance
    limit = np.zeros(LANES, distance.dtype)
    places = np.empty(max(guess, 16), np.int32)
    rows = np.empty((max(guess, 16), LANES), distance.dtype)
    ptr = np.zeros(last - first + 1, np.int64)
    used = 0
    for b in range(first, last):
        begin, end = lanes.batch_ptr[b], lanes.batch_ptr[b + 1]
        limit[:] = 0
        for lane in range(end - begin):
            limit[lane] = lanes.limit[lanes.order[begin + lane]]
        met = _walk(arcs, lanes, begin, end, limit, shift, work)
        for i in range(met):
            v = work.touched[i]
            for k in range(attached.ptr[v], attached.ptr[v + 1]):
                line, used, places, rows = _slot(attached.place[k], used, work, places, rows)
                relax_row(distance, v, rows, line, attached.add[k], limit)
            distance[v, :] = work.nothing
            work.queue.bucket[v] = NONE
        for lane in range(end - begin):
            which = lanes.order[begin + lane]
            for i in range(lanes.row_ptr[which], lanes.row_ptr[which + 1]):
                e = lanes.edge[i]
                for k in range(inside.ptr[e], inside.ptr[e + 1]):
                    along = _along(inside, k, lanes, i)
                    if 0 <= along <= limit[lane]:
                        line, used, places, rows = _slot(inside.place[k], used, work, places, rows)
                        rows[line, lane] = min(rows[line, lane], along)
        ptr[b - first + 1] = used
        for i in range(ptr[b - first], used):
            work.slot[places[i]] = NONE
    return ptr, places[:used], rows[:used]


@kernel
def scatter(
    found: Any,
    lanes: Any,
    batch: Any,
    members: Any,
    bounds: Any,
    owner: Any,
    me: Any,
    counts: Any,
    near: Any,
    which: Any,
) -> None:
    """Book what :func:`search_batches` found from batch ``batch`` on, for the elements that worker ``me`` owns.

    A pair raises the class ``counts[e, k, p]`` of the smallest threshold it is within (``bounds`` ascending) and may
    become the nearest of place ``p``; equal distances go to the smaller facility number.
    """
    ptr, places, rows = found
    steps = bounds.shape[1]
    for i in range(ptr.size - 1):
        begin, end = lanes.batch_ptr[batch + i], lanes.batch_ptr[batch + i + 1]
        for lane in range(end - begin):
            group = lanes.order[begin + lane]
            for j in range(members.ptr[group], members.ptr[group + 1]):
                e, f = members.element[j], members.facility[j]
                if owner[e] != me:
                    continue
                farthest = members.farthest[e]
                for line in range(ptr[i], ptr[i + 1]):
                    d = rows[line, lane]
                    if d > farthest:
                        continue
                    p = places[line]
                    k = 0
                    for t in range(steps - 1):
                        k += d > bounds[e, t]
                    counts[e, k, p] += 1
                    if d < near[e, p] or (d == near[e, p] and f < which[e, p]):
                        near[e, p] = d
                        which[e, p] = f


class Members(NamedTuple):
    """What the lanes stand for: lane ``l`` serves ``(element[j], facility[j])``, j in ``ptr[l]:ptr[l + 1]``.

    ``farthest[e]`` is the largest threshold of element ``e``.
    """

    ptr: NDArray[np.int64]
    element: NDArray[np.int32]
    facility: NDArray[np.int32]
    farthest: NDArray[np.uint32]


@kernel
def emit_pairs(found: Any, lanes: Any, batch: Any, members: Any) -> Any:
    """All pairs that :func:`search_batches` found, as ``place, facility, dm``."""
    ptr, places, rows = found
    farthest = members.farthest[0]
    place = np.empty(0, np.int32)
    facility = np.empty(0, np.int32)
    dm = np.empty(0, np.uint32)
    n = 0
    for fill in range(2):
        if fill == 1:
            place, facility, dm = np.empty(n, np.int32), np.empty(n, np.int32), np.empty(n, np.uint32)
            n = 0
        for i in range(ptr.size - 1):
            begin, end = lanes.batch_ptr[batch + i], lanes.batch_ptr[batch + i + 1]
            for lane in range(end - begin):
                group = lanes.order[begin + lane]
                for j in range(members.ptr[group], members.ptr[group + 1]):
                    for line in range(ptr[i], ptr[i + 1]):
                        if rows[line, lane] <= farthest:
                            if fill == 1:
                                place[n], facility[n] = places[line], members.facility[j]
                                dm[n] = rows[line, lane]
                            n += 1
    return place, facility, dm


@kernel
def nearest_of_element(
    arcs: Any,
    lanes: Any,
    mine: Any,
    attached: Any,
    inside: Any,
    label: Any,
    queue: Any,
    shift: Any,
    limit: Any,
    near: Any,
    which: Any,
) -> None:
    """Nearest facility of every place, by one search from all facilities ``mine`` at once.

    A label is the distance in the upper and the facility in the lower half of 64 bits: the least label is the least
    distance and, among equals, the smallest facility number.
    """
    label[:] = np.uint64(0xFFFFFFFFFFFFFFFF)
    queue.bucket[:] = NONE
    half = np.uint64(32)
    for f in mine:
        for i in range(lanes.node_ptr[f], lanes.node_ptr[f + 1]):
            v, add = lanes.node[i], lanes.add[i]
            key = (np.uint64(add) << half) | np.uint64(f)
            if add <= limit and key < label[v]:
                label[v] = key
                enter(v, add >> shift, queue)
    for b in range((limit >> shift) + 1):
        while queue.head[b] >= 0:
            u = queue.head[b]
            leave(u, queue)
            own = label[u]
            for a in range(arcs.ptr[u], arcs.ptr[u + 1]):
                key = own + (np.uint64(arcs.cost[a]) << half)
                v = arcs.head[a]
                if key < label[v] and (key >> half) <= limit:
                    label[v] = key
                    enter(v, np.int64(key >> half) >> shift, queue)
    for v in range(attached.ptr.size - 1):
        own = label[v]
        if own == np.uint64(0xFFFFFFFFFFFFFFFF):
            continue
        for k in range(attached.ptr[v], attached.ptr[v + 1]):
            key = own + (np.uint64(attached.add[k]) << half)
            _book(np.int64(key >> half), np.int64(key & np.uint64(0xFFFFFFFF)), attached.place[k], limit, near, which)
    for f in mine:
        for i in range(lanes.row_ptr[f], lanes.row_ptr[f + 1]):
            e = lanes.edge[i]
            for k in range(inside.ptr[e], inside.ptr[e + 1]):
                _book(_along(inside, k, lanes, i), np.int64(f), inside.place[k], limit, near, which)


@kernel
def _book(d: Any, f: Any, place: Any, limit: Any, near: Any, which: Any) -> None:
    """Keep the smaller of two (distance, facility) pairs; a negative distance is none."""
    if 0 <= d <= limit and (d < near[place] or (d == near[place] and f < which[place])):
        near[place] = d
        which[place] = f


@kernel
def finish_counts(counts: Any, column: Any, slot: Any, spare: Any) -> None:
    """Turn the classes of one element into counts within each threshold, in the caller's order of places, in place.

    ``counts`` ``(T, D)`` by slot; ``column[k]`` the caller's threshold that is ``k``-th smallest, −1 where unused;
    ``slot`` place → slot; ``spare`` as ``counts``.
    """
    spare[:] = counts
    counts[:] = 0
    for k in range(column.size):
        if k > 0:
            spare[k] += spare[k - 1]
        if column[k] >= 0:
            goal, source = counts[column[k]], spare[k]
            for p in range(slot.size):
                goal[p] = source[slot[p]]


@kernel
def finish_nearest(near: Any, which: Any, slot: Any, spare: Any, spare_which: Any) -> None:
    """Bring the nearest of one element from slots into the caller's order of places, in place."""
    spare[:] = near
    spare_which[:] = which
    for p in range(slot.size):
        near[p] = spare[slot[p]]
        which[p] = spare_which[slot[p]]
