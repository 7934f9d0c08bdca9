"""From accesses to the arrays the kernels work on: slots for places, lanes for facilities, batches of neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kezhong.network._compile import kernel
from kezhong.network._lanes import LANES
from kezhong.network._search import Arcs, Lanes, Members
from kezhong.network.access import Access, Attached, EdgeCosts, Inside, Seeds, attach, seeds_of
from kezhong.network.graph import Ints, Lengths, WalkGraph
from kezhong.network.weights import Weights, arcs_towards

NARROW_LIMIT_DM = 0xFFFF - 1
"""Farthest distance that 16-bit lanes can hold."""

_CLASS_LANES = 8 * LANES


@dataclass(frozen=True, eq=False)
class Prepared:
    """Graph, places and facilities of one question, laid out for the kernels.

    ``slot`` gives each demand place its inner number: places are numbered along the order of the graph's nodes.
    """

    n_nodes: int
    n_places: int
    arcs: Arcs
    slot: Ints
    demand: Seeds
    facilities: Seeds
    graph: WalkGraph

    def narrowed(self, dtype: Any) -> tuple[Arcs, Attached, Inside]:
        """Adjacency and demand with distances of ``dtype``."""
        attached, inside = attach(self.graph, self.demand, self.slot, dtype)
        cost = np.minimum(self.arcs.cost, np.iinfo(dtype).max).astype(dtype, copy=False)
        return Arcs(self.arcs.ptr, self.arcs.head, cost), attached, inside


def prepare(
    graph: WalkGraph,
    demand: Access,
    n_demand: int,
    facilities: Access,
    n_facilities: int,
    weights: Weights | None,
) -> Prepared:
    """Check the accesses, weigh the edges and number the demand places along the graph's order."""
    edges = EdgeCosts.of(graph, weights)
    arcs = Arcs(*arcs_towards(graph, weights))
    seeds = seeds_of(edges, demand.checked(graph, n_demand, "demand"), n_demand, leaving=True)
    offered = seeds_of(edges, facilities.checked(graph, n_facilities, "facilities"), n_facilities, leaving=False)
    slot = _slots(seeds.node_ptr, seeds.node, graph.n_nodes)
    return Prepared(graph.n_nodes, n_demand, arcs, slot, seeds, offered, graph)


def plan_lanes(offered: Seeds, element: Ints, farthest: Lengths) -> tuple[Lanes, Members]:
    """One lane for each set of equal accesses, in batches of neighbours that look about equally far.

    Parameters
    ----------
    offered
        Accesses of the facilities.
    element
        Element of each facility.
    farthest
        Largest threshold of each element; facilities of elements with 0 are left out.
    """
    # Behind shut ends a facility may hang on no node: it is met along its own edge alone.
    reachable = (np.diff(offered.node_ptr) > 0) | (np.diff(offered.row_ptr) > 0)
    used = np.flatnonzero(reachable & (farthest[element] > 0)).astype(np.int32)
    hashes = _hashes(offered, used)
    order = used[np.argsort(hashes, kind="stable")]
    group = _groups(offered, order)
    first = np.flatnonzero(np.diff(group, prepend=-1))
    members = Members(
        np.append(first, len(order)).astype(np.int64), element[order], order, np.ascontiguousarray(farthest, np.uint32)
    )
    shown = order[first]
    limit = np.zeros(len(shown), np.uint32)
    np.maximum.at(limit, group, farthest[element[order]])
    lanes = _lanes_of(offered, shown)
    first_node = np.append(lanes.node, np.int32(0))[lanes.node_ptr[:-1]]
    ordered, batch_ptr = _batches(first_node, limit)
    return lanes._replace(limit=limit, order=ordered, batch_ptr=batch_ptr), members


def all_lanes(offered: Seeds) -> Lanes:
    """The facilities as they come, one lane each, for searches that need no batches."""
    empty = np.empty(0, np.int32)
    return Lanes(*offered, np.empty(0, np.uint32), empty, np.zeros(1, np.int64))


def _lanes_of(offered: Seeds, shown: Ints) -> Lanes:
    node_ptr, take = _gather(offered.node_ptr, shown)
    row_ptr, rows = _gather(offered.row_ptr, shown)
    parts = (
        offered.node[take],
        offered.add[take],
        row_ptr,
        offered.edge[rows],
        offered.offset[rows],
        offered.ahead[rows],
        offered.back[rows],
        offered.extra[rows],
    )
    return Lanes(node_ptr, *parts, np.empty(0, np.uint32), np.empty(0, np.int32), np.zeros(1, np.int64))


def _gather(ptr: NDArray[np.int64], chosen: Ints) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Offsets of the chosen rows' items, and which items they are."""
    length = np.diff(ptr)[chosen]
    fresh = np.concatenate([np.zeros(1, np.int64), np.cumsum(length)])
    take = np.arange(fresh[-1]) + np.repeat(ptr[:-1][chosen] - fresh[:-1], length)
    return fresh, take


def _batches(position: Ints, limit: Lengths) -> tuple[Ints, NDArray[np.int64]]:
    """Lanes in classes of like limits, along the graph's order within each, cut into batches."""
    values, per_value = np.unique(limit, return_counts=True)
    label = np.zeros(len(values), np.int32)
    filled = 0
    # From the farthest down: a class too small to fill batches of neighbours takes the next limit in.
    for k in range(len(values) - 1, -1, -1):
        if k < len(values) - 1:
            label[k] = label[k + 1] + (filled >= _CLASS_LANES)
            filled = 0 if filled >= _CLASS_LANES else filled
        filled += int(per_value[k])
    kind = label[np.searchsorted(values, limit)]
    order = np.lexsort((position, kind)).astype(np.int32)
    edges = np.flatnonzero(np.diff(kind[order], prepend=-1, append=-1))
    cuts = [np.arange(a, b, LANES) for a, b in pairwise(edges.tolist())]
    return order, np.concatenate([*cuts, np.array([len(order)])]).astype(np.int64)


def slots_as_given(n_places: int) -> Ints:
    """Slots that leave the places in the caller's order."""
    return np.arange(n_places, dtype=np.int32)


@kernel
def _slots(ptr: Any, node: Any, n_nodes: Any) -> Any:
    """Number the places by their first node (counting sort, stable); those without an access come last."""
    n = ptr.size - 1
    at = np.zeros(n_nodes + 2, np.int64)
    key = np.full(n, n_nodes, np.int32)
    for p in range(n):
        for i in range(ptr[p], ptr[p + 1]):
            key[p] = min(key[p], node[i])
        at[key[p] + 1] += 1
    for v in range(n_nodes + 1):
        at[v + 1] += at[v]
    slot = np.empty(n, np.int32)
    for p in range(n):
        slot[p] = at[key[p]]
        at[key[p]] += 1
    return slot


@kernel
def _hashes(offered: Any, used: Any) -> Any:
    """A hash of each facility's accesses (multiply and add, 64 bits); equality is tested afterwards."""
    factor = np.uint64(0x9E3779B97F4A7C15)
    hashes = np.empty(used.size, np.uint64)
    for i in range(used.size):
        f = used[i]
        value = np.uint64(offered.node_ptr[f + 1] - offered.node_ptr[f])
        for k in range(offered.node_ptr[f], offered.node_ptr[f + 1]):
            value = (value ^ np.uint64(offered.node[k])) * factor
            value = (value ^ np.uint64(offered.add[k])) * factor
        for k in range(offered.row_ptr[f], offered.row_ptr[f + 1]):
            value = (value ^ np.uint64(offered.edge[k])) * factor
            value = (value ^ np.uint64(offered.offset[k])) * factor
        hashes[i] = value
    return hashes


@kernel
def _groups(offered: Any, order: Any) -> Any:
    """Number runs of facilities with equal accesses in a list where equal hashes stand together."""
    group = np.empty(order.size, np.int32)
    current = -1
    for i in range(order.size):
        if i == 0 or not _equal(offered, order[i - 1], order[i]):
            current += 1
        group[i] = current
    return group


@kernel
def _equal(offered: Any, f: Any, g: Any) -> bool:
    a, b = offered.node_ptr[f], offered.node_ptr[g]
    n = offered.node_ptr[f + 1] - a
    if offered.node_ptr[g + 1] - b != n:
        return False
    for k in range(n):
        if offered.node[a + k] != offered.node[b + k] or offered.add[a + k] != offered.add[b + k]:
            return False
    a, b = offered.row_ptr[f], offered.row_ptr[g]
    n = offered.row_ptr[f + 1] - a
    if offered.row_ptr[g + 1] - b != n:
        return False
    for k in range(n):
        if offered.edge[a + k] != offered.edge[b + k] or offered.offset[a + k] != offered.offset[b + k]:
            return False
        if offered.extra[a + k] != offered.extra[b + k]:
            return False
    return True
