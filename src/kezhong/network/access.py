"""How places hang on the network: rows of (place, edge, offset, extra), and what the kernels make of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kezhong.errors import InputError
from kezhong.network._compile import kernel
from kezhong.network.graph import MAX_EDGE_DM, Flags, Ints, Lengths, WalkGraph
from kezhong.network.weights import Weights


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
        return self.checked_on(graph.edge_dm, n_places, name)

    def checked_on(self, edge_dm: Lengths, n_places: int, name: str) -> Access:
        """As :meth:`checked`, on edges of such lengths."""
        n_edges = len(edge_dm)
        rows = Access.of(self.place, self.edge, self.offset_dm, self.extra_dm)
        for column in ("edge", "offset_dm", "extra_dm"):
            if getattr(rows, column).shape != rows.place.shape:
                value = getattr(rows, column).shape
                raise InputError("network.shape", column=f"{name}.{column}", value=value, expected=rows.place.shape)
        _refuse((rows.place < 0) | (rows.place >= n_places), rows.place, f"{name}.place", f"0–{n_places - 1}")
        _refuse((rows.edge < -1) | (rows.edge >= n_edges), rows.edge, f"{name}.edge", f"−1–{n_edges - 1}")
        on = rows.edge >= 0
        if not on.all():
            rows = Access(rows.place[on], rows.edge[on], rows.offset_dm[on], rows.extra_dm[on])
        _refuse(rows.offset_dm > edge_dm[rows.edge], rows.offset_dm, f"{name}.offset_dm", "≤ edge_dm")
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
    """Accesses strictly within an edge, by edge: two of them also meet directly along it.

    ``ahead`` and ``back`` are the costs of walking between the edge's start and the access, away from the start and
    towards it; ``CLOSED`` where that direction cannot be walked.
    """

    ptr: NDArray[np.int64]
    place: Ints
    offset: Lengths
    ahead: Lengths
    back: Lengths
    extra: Lengths


class Seeds(NamedTuple):
    """The same the other way round, by place: nodes ``node[node_ptr[p]:…]`` with ``add``; rows within edges."""

    node_ptr: NDArray[np.int64]
    node: Ints
    add: Lengths
    row_ptr: NDArray[np.int64]
    edge: Ints
    offset: Lengths
    ahead: Lengths
    back: Lengths
    extra: Lengths


class EdgeCosts(NamedTuple):
    """Edges as the kernels that place accesses see them: inner ends, length, cost of each direction.

    ``shut``: 1 where nobody passes the edge's start, 2 its end, 3 both; empty where no edge has a shut end.
    """

    start: Ints
    end: Ints
    dm: Lengths
    forward: Lengths
    backward: Lengths
    shut: NDArray[np.uint8]

    @classmethod
    def of(cls, graph: WalkGraph, weights: Weights | None) -> EdgeCosts:
        """Of a graph and its weights."""
        within = weights if weights is None or weights.inner is None else weights.inner
        costs = (graph.edge_dm, graph.edge_dm) if within is None else (within.forward, within.backward)
        shut = np.zeros(0, np.uint8)
        if weights is not None and weights.inner is not None:
            both = weights.inner
            shut = np.where(both.shut_start, 1, 0).astype(np.uint8) | np.where(both.shut_end, 2, 0).astype(np.uint8)
        return cls(graph.edge_a, graph.edge_b, graph.edge_dm, *costs, shut)


def seeds_of(edges: EdgeCosts, rows: Access, n_places: int, *, leaving: bool) -> Seeds:
    """Accesses by place, as (inner node, cost) and as rows within edges.

    ``leaving``: the cost from the place to the node (an origin), else from the node to the place (a target).
    """
    return Seeds(*_seeds(edges, rows.place, rows.edge, rows.offset_dm, rows.extra_dm, n_places, leaving))


def attach(graph: WalkGraph, seeds: Seeds, slot: Ints, narrow: Any) -> tuple[Attached, Inside]:
    """Accesses by node and by edge; ``slot`` renumbers the places, ``narrow`` is the dtype of distances."""
    ptr, place, add = _by_node(graph.n_nodes, seeds, slot)
    # Beyond the narrow type's range means beyond any limit it is used for; its maximum stands for that.
    add = np.minimum(add, np.iinfo(narrow).max).astype(narrow)
    inside = Inside(*_rows_by_edge(graph.n_edges, seeds, slot))
    return Attached(ptr, place, add), inside


@kernel
def _share(cost: Any, offset: Any, length: Any) -> Any:
    """Cost of the first ``offset`` of ``length`` decimetres, rounded half up; what is closed stays closed."""
    if cost == np.uint32(0xFFFFFFFF) or length == 0:
        return np.int64(cost) if cost == np.uint32(0xFFFFFFFF) else np.int64(0)
    if cost == length:
        return np.int64(offset)
    return (2 * np.int64(cost) * np.int64(offset) + np.int64(length)) // (2 * np.int64(length))


@kernel
def _seeds(edges: Any, place: Any, on: Any, along: Any, beyond: Any, n_places: Any, leaving: Any) -> Any:
    closed = np.uint32(0xFFFFFFFF)
    node_ptr = np.zeros(n_places + 1, np.int64)
    row_ptr = np.zeros(n_places + 1, np.int64)
    for r in range(place.size):
        p, e, o = place[r], on[r], along[r]
        if o == 0 or o == edges.dm[e]:
            node_ptr[p + 1] += 1
            continue
        ahead, back = edges.forward[e] != closed, edges.backward[e] != closed
        shut = edges.shut[e] if edges.shut.size else np.uint8(0)
        node_ptr[p + 1] += (back if leaving else ahead) and not shut & 1
        node_ptr[p + 1] += (ahead if leaving else back) and not shut & 2
        row_ptr[p + 1] += ahead or back
    for p in range(n_places):
        node_ptr[p + 1] += node_ptr[p]
        row_ptr[p + 1] += row_ptr[p]
    node = np.empty(node_ptr[-1], np.int32)
    add = np.empty(node_ptr[-1], np.uint32)
    edge = np.empty(row_ptr[-1], np.int32)
    offset = np.empty(row_ptr[-1], np.uint32)
    row_ahead = np.empty(row_ptr[-1], np.uint32)
    row_back = np.empty(row_ptr[-1], np.uint32)
    extra = np.empty(row_ptr[-1], np.uint32)
    at = node_ptr[:-1].copy()
    at_row = row_ptr[:-1].copy()
    for r in range(place.size):
        p, e, o, x = place[r], on[r], along[r], np.int64(beyond[r])
        # At an end of the edge the way to the other end is the edge itself, which the search walks anyway.
        if o == 0 or o == edges.dm[e]:
            node[at[p]] = edges.start[e] if o == 0 else edges.end[e]
            add[at[p]] = x
            at[p] += 1
            continue
        forward, backward = edges.forward[e], edges.backward[e]
        ahead = _share(forward, o, edges.dm[e])
        back = _share(backward, o, edges.dm[e])
        if forward == closed and backward == closed:
            continue
        k = at_row[p]
        edge[k], offset[k], row_ahead[k], row_back[k], extra[k] = e, o, ahead, back, x
        at_row[p] = k + 1
        shut = edges.shut[e] if edges.shut.size else np.uint8(0)
        # Between the access and the edge's start: towards it when leaving, away from it when arriving.
        if (backward if leaving else forward) != closed and not shut & 1:
            node[at[p]] = edges.start[e]
            add[at[p]] = (back if leaving else ahead) + x
            at[p] += 1
        if (forward if leaving else backward) != closed and not shut & 2:
            node[at[p]] = edges.end[e]
            add[at[p]] = (np.int64(forward) - ahead if leaving else np.int64(backward) - back) + x
            at[p] += 1
    return node_ptr, node, add, row_ptr, edge, offset, row_ahead, row_back, extra


@kernel
def meeting(o: Any, ahead: Any, back: Any, extra: Any, o2: Any, ahead2: Any, back2: Any, extra2: Any) -> Any:
    """Cost of walking within one edge from an access (o …) to another (o2 …), −1 where the direction is closed."""
    closed = np.uint32(0xFFFFFFFF)
    beyond = np.int64(extra) + np.int64(extra2)
    if o == o2:
        return beyond
    if o < o2:
        return np.int64(-1) if ahead == closed else np.int64(ahead2) - np.int64(ahead) + beyond
    return np.int64(-1) if back == closed else np.int64(back) - np.int64(back2) + beyond


@kernel
def _rows_by_edge(n_edges: Any, seeds: Any, slot: Any) -> Any:
    """Turn the rows within edges, by place, into rows by edge, stably."""
    ptr = np.zeros(n_edges + 1, np.int64)
    for i in range(seeds.edge.size):
        ptr[seeds.edge[i] + 1] += 1
    for e in range(n_edges):
        ptr[e + 1] += ptr[e]
    at = ptr[:-1].copy()
    n = seeds.edge.size
    place, offset = np.empty(n, np.int32), np.empty(n, np.uint32)
    ahead, back, extra = np.empty(n, np.uint32), np.empty(n, np.uint32), np.empty(n, np.uint32)
    for p in range(seeds.row_ptr.size - 1):
        for i in range(seeds.row_ptr[p], seeds.row_ptr[p + 1]):
            k = at[seeds.edge[i]]
            place[k], offset[k], ahead[k], back[k] = slot[p], seeds.offset[i], seeds.ahead[i], seeds.back[i]
            extra[k] = seeds.extra[i]
            at[seeds.edge[i]] = k + 1
    return ptr, place, offset, ahead, back, extra


@kernel
def _by_node(n_nodes: Any, seeds: Any, slot: Any) -> Any:
    """Turn the seeds at nodes, by place, into rows by node, stably: ``ptr, place, add``."""
    ptr = np.zeros(n_nodes + 1, np.int64)
    for i in range(seeds.node.size):
        ptr[seeds.node[i] + 1] += 1
    for v in range(n_nodes):
        ptr[v + 1] += ptr[v]
    at = ptr[:-1].copy()
    place = np.empty(seeds.node.size, np.int32)
    add = np.empty(seeds.node.size, np.uint32)
    for p in range(seeds.node_ptr.size - 1):
        for i in range(seeds.node_ptr[p], seeds.node_ptr[p + 1]):
            k = at[seeds.node[i]]
            place[k], add[k] = slot[p], seeds.add[i]
            at[seeds.node[i]] = k + 1
    return ptr, place, add
