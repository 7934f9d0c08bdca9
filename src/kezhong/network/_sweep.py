"""Nearest facilities of many elements on a contracted graph: labels rise from all facilities, then fall on all nodes.

After Delling, Goldberg, Nowatzyk, Werneck: PHAST (2011), turned round: one sweep serves all facilities of an element,
and a row of labels carries sixteen elements or more.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kezhong.network._compile import kernel
from kezhong.network._labels import lower_row, place_row, raise_row
from kezhong.network.access import meeting

# Places whose results are written together.
_RUN = 64


class Arcs(NamedTuple):
    """Arcs of a hierarchy by position, with their costs in the upper bits of a label."""

    ptr: NDArray[np.int64]
    head: NDArray[np.int32]
    rise: Any
    fall: Any


class Starts(NamedTuple):
    """Accesses of places or facilities: positions ``node[ptr[p]:ptr[p + 1]]``, costs in the upper bits."""

    ptr: NDArray[np.int64]
    node: NDArray[np.int32]
    add: Any


@kernel
def _sweep_one(arcs: Any, label: Any) -> None:
    """Least label of every position, in place; ``label`` (n, LANES)."""
    n = arcs.ptr.size - 1
    for v in range(n - 1, -1, -1):
        for a in range(arcs.ptr[v], arcs.ptr[v + 1]):
            lower_row(label, v, label, arcs.head[a], arcs.rise[a])
    for v in range(n):
        for a in range(arcs.ptr[v], arcs.ptr[v + 1]):
            lower_row(label, arcs.head[a], label, v, arcs.fall[a])


@kernel
def _give(source: Any, s: Any, target: Any, t: Any, k: Any, cost: Any, carry: Any, mask: Any) -> None:
    """Offer the ``k`` labels of ``source[s]``, each with ``cost`` more, to those of ``target[t]``."""
    last = t * k + k - 1
    for i in range(s * k, s * k + k):
        # The source's labels ascend: where one is of no use in any lane, the next are not either.
        if not raise_row(source, i, carry, cost, target, last):
            break
        for j in range(t * k, t * k + k):
            place_row(carry, target, j, mask)


@kernel
def _sweep_many(arcs: Any, label: Any, k: Any, carry: Any, mask: Any) -> None:
    """The ``k`` least labels of different facilities at every position; ``label`` (n * k, LANES)."""
    n = arcs.ptr.size - 1
    for v in range(n - 1, -1, -1):
        for a in range(arcs.ptr[v], arcs.ptr[v + 1]):
            _give(label, v, label, arcs.head[a], k, arcs.rise[a], carry, mask)
    for v in range(n):
        for a in range(arcs.ptr[v], arcs.ptr[v + 1]):
            _give(label, arcs.head[a], label, v, k, arcs.fall[a], carry, mask)


@kernel
def _put(label: Any, v: Any, k: Any, lane: Any, key: Any, mask: Any) -> None:
    """Put one label among the ``k`` of a position's lane."""
    moved, same = key, False
    for j in range(v * k, v * k + k):
        present = label[j, lane]
        same = (present & mask) == (key & mask)
        if moved < present:
            label[j, lane] = moved
            moved = present
        if same:
            return


@kernel
def ask(
    arcs: Any,
    starts: Any,
    ends: Any,
    order: Any,
    mine: Any,
    first: Any,
    last: Any,
    k: Any,
    shift: Any,
    limit: Any,
    label: Any,
    near: Any,
    which: Any,
) -> None:
    """Nearest ``k`` of the elements ``first`` … ``last − 1``: facilities ``order[mine[e]:mine[e + 1]]`` of each."""
    label[:] = ~label.dtype.type(0)
    mask = (np.uint64(1) << np.uint64(shift)) - np.uint64(1)
    for e in range(first, last):
        for i in range(mine[e], mine[e + 1]):
            f = order[i]
            for s in range(starts.ptr[f], starts.ptr[f + 1]):
                key = np.uint64(starts.add[s]) | (np.uint64(i - mine[e]) & mask)
                if (key >> np.uint64(shift)) <= np.uint64(limit):
                    _put(label, np.int64(starts.node[s]), k, e - first, key, mask)
    carry = np.empty((2, label.shape[1]), label.dtype)
    if k == 1:
        _sweep_one(arcs, label)
    else:
        _sweep_many(arcs, label, k, carry, mask)
    _read_off(ends, order, mine, first, last, k, shift, limit, label, carry, mask, near, which)


@kernel
def _read_off(
    ends: Any,
    order: Any,
    mine: Any,
    first: Any,
    last: Any,
    k: Any,
    shift: Any,
    limit: Any,
    label: Any,
    carry: Any,
    mask: Any,
    near: Any,
    which: Any,
) -> None:
    """From labels of positions to results of places, some places at a time so that rows are written in runs."""
    n = near.shape[2]
    rows = np.empty((_RUN * k, label.shape[1]), label.dtype)
    columns = np.empty((label.shape[1], _RUN), label.dtype)
    for begin in range(0, n, _RUN):
        end = min(begin + _RUN, n)
        rows[:] = ~label.dtype.type(0)
        for p in range(begin, end):
            for s in range(ends.ptr[p], ends.ptr[p + 1]):
                if s == ends.ptr[p]:
                    # Nothing is there yet: the labels stay in their order.
                    for j in range(k):
                        lower_row(label, np.int64(ends.node[s]) * k + j, rows, (p - begin) * k + j, ends.add[s])
                elif k == 1:
                    lower_row(label, np.int64(ends.node[s]), rows, p - begin, ends.add[s])
                else:
                    _give(label, np.int64(ends.node[s]), rows, p - begin, k, ends.add[s], carry, mask)
        for j in range(k):
            for p in range(end - begin):
                for lane in range(label.shape[1]):
                    columns[lane, p] = rows[p * k + j, lane]
            for e in range(first, last):
                owners = order[mine[e] : mine[e + 1]]
                keys, cost = columns[e - first], near[e, j, begin:end]
                _write_cost(keys, shift, limit, cost)
                if which.shape[2] > 0:
                    _write_owner(keys, mask, owners, cost, which[e, j, begin:end])


@kernel
def _write_cost(keys: Any, shift: Any, limit: Any, near: Any) -> None:
    """What is nothing has the largest cost, beyond any limit."""
    if keys.itemsize == 4:
        # The width of a label is known when this is compiled: with shifts as constants it becomes vector code.
        bound = np.uint32(limit)
        for p in range(near.size):
            cost = np.uint32(keys[p] >> np.uint32(16))
            near[p] = cost if cost <= bound else np.uint32(0xFFFFFFFF)
    elif keys.itemsize == 2:
        bound = np.uint32(limit)
        for p in range(near.size):
            near[p] = np.uint32(keys[p]) if keys[p] <= bound else np.uint32(0xFFFFFFFF)
    else:
        for p in range(near.size):
            wide = keys[p] >> np.uint64(shift)
            near[p] = np.uint32(wide) if wide <= np.uint64(limit) else np.uint32(0xFFFFFFFF)


@kernel
def _write_owner(keys: Any, mask: Any, owners: Any, near: Any, which: Any) -> None:
    if owners.size == 0:
        which[:] = -1
        return
    for p in range(near.size):
        found = near[p] != np.uint32(0xFFFFFFFF)
        at = np.uint64(keys[p]) & mask if found else np.uint64(0)
        which[p] = owners[at] if found else np.int32(-1)


@kernel
def meet(
    places: Any,
    offered: Any,
    by_edge: Any,
    place: Any,
    left: Any,
    right: Any,
    order: Any,
    mine: Any,
    limit: Any,
    near: Any,
    which: Any,
) -> None:
    """Add what is met within one edge: facility row ``i`` meets the place rows ``by_edge[left[i]:right[i]]``.

    ``which`` may be empty: then there is one cost for each place.
    """
    for e in range(near.shape[0]):
        for m in range(mine[e], mine[e + 1]):
            f = order[m]
            for i in range(offered.row_ptr[f], offered.row_ptr[f + 1]):
                for r in range(left[i], right[i]):
                    q = by_edge[r]
                    cost = meeting(
                        places.offset[q],
                        places.ahead[q],
                        places.back[q],
                        places.extra[q],
                        offered.offset[i],
                        offered.ahead[i],
                        offered.back[i],
                        offered.extra[i],
                    )
                    if 0 <= cost <= limit:
                        if which.shape[2] > 0:
                            _insert(near[e], which[e], place[q], cost, f)
                        elif cost < near[e, 0, place[q]]:
                            near[e, 0, place[q]] = cost


@kernel
def _insert(near: Any, which: Any, p: Any, cost: Any, f: Any) -> None:
    """Put (cost, f) in its order among the pairs of place ``p``, once for each facility."""
    d, g = np.int64(cost), np.int64(f)
    for j in range(near.shape[0]):
        present, owner = np.int64(near[j, p]), np.int64(which[j, p])
        if d < present or (d == present and g < owner):
            near[j, p], which[j, p] = d, g
            d, g = present, owner
        if owner == f:
            return
