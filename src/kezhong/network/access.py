"""How places hang on the network: rows of (place, edge, offset, extra), and what the kernels make of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kezhong.errors import InputError
from kezhong.network._compile import kernel
from kezhong.network.graph import MAX_EDGE_DM, Flags, Ints, Lengths, WalkGraph


@dataclass(frozen=True, eq=False)
class Access:
    """Where places can be entered. A place may have several rows (gates, entrances) or none (unreachable).

    Attributes
    ----------
    place : int32 (r,)
        Number of the place.
    edge : int32 (r,)
        Edge; rows with −1 (not snapped) are passed over.
    offset_dm : uint32 (r,)
        Decimetres from the edge's start.
    extra_dm : uint32 (r,)
        Added to every way through this row: the gap to the street, the way inside.
    """

    place: Ints
    edge: Ints
    offset_dm: Lengths
    extra_dm: Lengths

    @classmethod
    def of(cls, place: ArrayLike, edge: ArrayLike, offset_dm: ArrayLike, extra_dm: ArrayLike | None = None) -> Access:
        """Rows from anything array-like; no extra where none is given."""
        places = np.asarray(place)
        extra = np.zeros(len(places), np.uint32) if extra_dm is None else extra_dm
        return cls(
            _column(places, "place", np.int32),
            _column(edge, "edge", np.int32),
            _column(offset_dm, "offset_dm", np.uint32),
            _column(extra, "extra_dm", np.uint32),
        )

    def checked(self, graph: WalkGraph, n_places: int, name: str) -> Access:
        """The rows that count, with every number in its range.

        Raises
        ------
        InputError
            Columns of unequal length, a place or edge that does not exist, an offset beyond the edge's end.
        """
        rows = Access.of(self.place, self.edge, self.offset_dm, self.extra_dm)
        for column in ("edge", "offset_dm", "extra_dm"):
            if getattr(rows, column).shape != rows.place.shape:
                value = getattr(rows, column).shape
                raise InputError("network.shape", column=f"{name}.{column}", value=value, expected=rows.place.shape)
        _refuse((rows.place < 0) | (rows.place >= n_places), rows.place, f"{name}.place", f"0–{n_places - 1}")
        _refuse((rows.edge < -1) | (rows.edge >= graph.n_edges), rows.edge, f"{name}.edge", f"−1–{graph.n_edges - 1}")
        on = rows.edge >= 0
        if not on.all():
            rows = Access(rows.place[on], rows.edge[on], rows.offset_dm[on], rows.extra_dm[on])
        _refuse(rows.offset_dm > graph.edge_dm[rows.edge], rows.offset_dm, f"{name}.offset_dm", "≤ edge_dm")
        _refuse(rows.extra_dm > MAX_EDGE_DM, rows.extra_dm, f"{name}.extra_dm", f"≤ {MAX_EDGE_DM}")
        return rows


def _column(values: ArrayLike, name: str, dtype: Any) -> Any:
    given = np.asarray(values)
    info = np.iinfo(dtype)
    if given.ndim != 1 or (given.size and given.dtype.kind not in "iu"):
        raise InputError("network.shape", column=name, value=f"{given.dtype} {given.shape}", expected="int (n,)")
    if given.dtype != dtype:
        _refuse((given < info.min) | (given > info.max), given, name, f"{info.min}–{info.max}")
    return np.ascontiguousarray(given, dtype=dtype)


def _refuse(bad: Flags, values: NDArray[Any], name: str, expected: str) -> None:
    if bad.any():
        row = int(np.argmax(bad))
        raise InputError("network.out_of_range", column=name, row=row, value=int(values[row]), expected=expected)


class Attached(NamedTuple):
    """Places by inner node: ``place[ptr[v]:ptr[v + 1]]`` are entered ``add`` decimetres beyond node ``v``."""

    ptr: NDArray[np.int64]
    place: Ints
    add: Any


class Inside(NamedTuple):
    """Accesses strictly within an edge, by edge: two of them also meet directly along it."""

    ptr: NDArray[np.int64]
    place: Ints
    offset: Lengths
    extra: Lengths


class Seeds(NamedTuple):
    """The same the other way round, by place: nodes ``node[node_ptr[p]:…]`` with ``add``; rows within edges."""

    node_ptr: NDArray[np.int64]
    node: Ints
    add: Lengths
    row_ptr: NDArray[np.int64]
    edge: Ints
    offset: Lengths
    extra: Lengths


def seeds_of(graph: WalkGraph, rows: Access, n_places: int, barred: Flags) -> Seeds:
    """Accesses by place, as (inner node, decimetres) and as rows within edges."""
    return Seeds(
        *_seeds(
            graph.edge_a,
            graph.edge_b,
            graph.edge_dm,
            barred,
            rows.place,
            rows.edge,
            rows.offset_dm,
            rows.extra_dm,
            n_places,
        )
    )


def attach(graph: WalkGraph, seeds: Seeds, slot: Ints, narrow: Any) -> tuple[Attached, Inside]:
    """Accesses by node and by edge; ``slot`` renumbers the places, ``narrow`` is the dtype of distances."""
    ptr, place, add = _by_key(graph.n_nodes, seeds.node_ptr, seeds.node, seeds.add, seeds.add, slot)[:3]
    # Beyond the narrow type's range means beyond any limit it is used for; its maximum stands for that.
    add = np.minimum(add, np.iinfo(narrow).max).astype(narrow)
    inside = Inside(*_by_key(graph.n_edges, seeds.row_ptr, seeds.edge, seeds.offset, seeds.extra, slot))
    return Attached(ptr, place, add), inside


@kernel
def _seeds(
    start: Any, end: Any, cost: Any, barred: Any, place: Any, on: Any, along: Any, beyond: Any, n_places: Any
) -> Any:
    node_ptr = np.zeros(n_places + 1, np.int64)
    row_ptr = np.zeros(n_places + 1, np.int64)
    for r in range(place.size):
        p, e, o = place[r], on[r], along[r]
        if o == 0 or o == cost[e]:
            node_ptr[p + 1] += 1
        elif not barred[e]:
            node_ptr[p + 1] += 2
            row_ptr[p + 1] += 1
    for p in range(n_places):
        node_ptr[p + 1] += node_ptr[p]
        row_ptr[p + 1] += row_ptr[p]
    node = np.empty(node_ptr[-1], np.int32)
    add = np.empty(node_ptr[-1], np.uint32)
    edge = np.empty(row_ptr[-1], np.int32)
    offset = np.empty(row_ptr[-1], np.uint32)
    extra = np.empty(row_ptr[-1], np.uint32)
    at = node_ptr[:-1].copy()
    at_row = row_ptr[:-1].copy()
    for r in range(place.size):
        p, e, o, x = place[r], on[r], along[r], beyond[r]
        middle = 0 < o < cost[e]
        if middle and barred[e]:
            continue
        if middle:
            k = at_row[p]
            edge[k], offset[k], extra[k] = e, o, x
            at_row[p] = k + 1
        # At an end of the edge the way to the other end is the edge itself, which the search walks anyway.
        if middle or o == 0:
            node[at[p]], add[at[p]] = start[e], o + x
            at[p] += 1
        if middle or (o == cost[e] and o > 0):
            node[at[p]], add[at[p]] = end[e], cost[e] - o + x
            at[p] += 1
    return node_ptr, node, add, row_ptr, edge, offset, extra


@kernel
def _by_key(n_keys: Any, ptr: Any, key: Any, first: Any, second: Any, slot: Any) -> Any:
    """Turn rows by place into rows by ``key``, with two values each, stably."""
    key_ptr = np.zeros(n_keys + 1, np.int64)
    for i in range(key.size):
        key_ptr[key[i] + 1] += 1
    for k in range(n_keys):
        key_ptr[k + 1] += key_ptr[k]
    at = key_ptr[:-1].copy()
    place = np.empty(key.size, np.int32)
    one = np.empty(key.size, np.uint32)
    two = np.empty(key.size, np.uint32)
    for p in range(ptr.size - 1):
        for i in range(ptr[p], ptr[p + 1]):
            k = at[key[i]]
            place[k], one[k], two[k] = slot[p], first[i], second[i]
            at[key[i]] = k + 1
    return key_ptr, place, one, two
