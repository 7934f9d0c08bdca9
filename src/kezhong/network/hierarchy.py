"""A network prepared for many questions: contracted once, then swept for all elements side by side."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kezhong.errors import InputError, NotFoundError
from kezhong.network import _contract, _layout, _sweep
from kezhong.network._labels import LANES
from kezhong.network._questions import checked_elements, checked_limit, thread_count
from kezhong.network.access import Access, EdgeCosts, Seeds, seeds_of
from kezhong.network.graph import Ints, Lengths, Longs, WalkGraph, mapped
from kezhong.network.weights import Weights, weights_of

_FORMAT = 2
_NARROW = 0xFFFF
MAX_NEAREST = 16
"""Most facilities of one element that :func:`nearest` lists for a place."""


@dataclass(frozen=True, eq=False)
class Hierarchy:
    """A contracted network.

    Attributes
    ----------
    position : int32 (n,)
        Place of each inner node: those above it in the hierarchy come before it, neighbours lie close together.
    ptr : int64 (n + 1,), head : int32 (k,)
        Arcs of each position to positions above it.
    rise, fall : uint32 (k,)
        Cost of walking from the upper end down to the lower, and from the lower up to the upper one.
    """

    position: Ints
    ptr: Longs
    head: Ints
    rise: Lengths
    fall: Lengths

    @classmethod
    def build(cls, graph: WalkGraph, *, weights: Weights | None = None, barred: ArrayLike | None = None) -> Hierarchy:
        """Contract a network for one metric.

        Raises
        ------
        InputError
            Weights that do not fit the graph.
        """
        cost = weights_of(graph, weights, barred) or Weights.of_lengths(graph)
        around, near, out, back = _layout.both_ways(
            graph.n_nodes, graph.edge_a, graph.edge_b, cost.forward, cost.backward
        )
        order, ptr, head, out, back = _contract.contract(graph.n_nodes, around, near, out, back, cost.symmetric)
        position = _contract.along(order, ptr, head)
        ptr, head, out, back = _contract.by_rank(order, position, ptr, head, out, back)
        return cls(position, ptr, head, back, out)

    def save(self, folder: Path) -> None:
        """Write the arrays as ``.npy`` files into ``folder`` (made if absent)."""
        folder.mkdir(parents=True, exist_ok=True)
        for name in self.__dataclass_fields__:
            np.save(folder / f"{name}.npy", getattr(self, name))
        np.save(folder / "format.npy", np.array([_FORMAT]))

    @classmethod
    def load(cls, folder: Path) -> Hierarchy:
        """Read what :meth:`save` wrote, memory-mapped.

        Raises
        ------
        NotFoundError
            The folder holds no hierarchy, or one of another version.
        """
        marker = folder / "format.npy"
        if not marker.is_file() or int(np.load(marker)[0]) != _FORMAT:
            raise NotFoundError("network.no_saved_graph", file=folder)
        return cls(*(mapped(folder / f"{name}.npy") for name in cls.__dataclass_fields__))


@dataclass(frozen=True, eq=False)
class Nearest:
    """The k nearest facilities of E elements from D places, nearest first.

    Attributes
    ----------
    cost : uint32 (E, k, D)
        In the unit of the weights; ``UNREACHED`` where fewer are within the limit.
    facility : int32 (E, k, D)
        −1 where fewer are within the limit. Equally near ones stand in the order of their numbers. (E, 1, 0) where
        only costs were asked for.
    """

    cost: Lengths
    facility: Ints


def nearest(
    hierarchy: Hierarchy,
    graph: WalkGraph,
    demand: Access,
    n_demand: int,
    facilities: Access,
    n_facilities: int,
    facility_element: ArrayLike,
    n_elements: int,
    limit: int,
    *,
    k: int = 1,
    weights: Weights | None = None,
    barred: ArrayLike | None = None,
    owners: bool = True,
    threads: int | None = None,
    out: Nearest | None = None,
) -> Nearest:
    """The ``k`` nearest facilities of every element, exactly, from a prepared network.

    Parameters
    ----------
    hierarchy
        Of the same graph and weights.
    k
        How many facilities, 1 … ``MAX_NEAREST``.
    others
        As :func:`kezhong.network.reach`, whose nearest this equals for ``k`` = 1.
    owners
        Whether to tell which facilities they are; costs alone (``k`` = 1) take half the time.
    out
        Arrays of an earlier answer to a question of the same shape, to be written over: new memory costs more than
        the search.

    Raises
    ------
    InputError
        As :func:`kezhong.network.reach`; ``k`` out of range; a hierarchy of another number of nodes; ``out`` of
        another shape.
    """
    element = checked_elements(facility_element, n_facilities, n_elements)
    limit = checked_limit(limit)
    most = MAX_NEAREST if owners else 1
    if not 1 <= k <= most:
        raise InputError("network.out_of_range", column="k", row=0, value=k, expected=f"1–{most}")
    if len(hierarchy.position) != graph.n_nodes:
        value, expected = hierarchy.position.shape, (graph.n_nodes,)
        raise InputError("network.shape", column="hierarchy.position", value=value, expected=expected)
    edges = EdgeCosts.of(graph, weights_of(graph, weights, barred))
    places = seeds_of(edges, demand.checked(graph, n_demand, "demand"), n_demand, leaving=True)
    offered = seeds_of(edges, facilities.checked(graph, n_facilities, "facilities"), n_facilities, leaving=False)
    order = np.argsort(element, kind="stable").astype(np.int32)
    mine = np.searchsorted(element[order], np.arange(n_elements + 1))
    shape = (n_elements, k, n_demand)
    told = shape if owners else (n_elements, k, 0)
    result = Nearest(np.empty(shape, np.uint32), np.empty(told, np.int32)) if out is None else out
    if result.cost.shape != shape or result.facility.shape != told:
        raise InputError("network.shape", column="out", value=result.cost.shape, expected=shape)
    _Sweeps(hierarchy, places, offered, order, mine.astype(np.int64), limit, result).run(thread_count(threads))
    return result


def _labels(limit: int, most: int, owners: bool) -> tuple[Any, int]:
    """Type of the labels, and the bits below the distance: as narrow as the question allows."""
    if limit >= _NARROW or (owners and most >= _NARROW):
        return np.uint64, 32
    return (np.uint32, 16) if owners else (np.uint16, 0)


def _raised(cost: Lengths, dtype: Any, shift: int) -> NDArray[Any]:
    """Costs in the upper bits of a label; what does not fit is beyond any limit."""
    largest = np.iinfo(dtype).max
    return np.asarray(np.where(cost >= (largest >> shift), dtype(largest), cost.astype(dtype) << dtype(shift)))


@dataclass(frozen=True, eq=False)
class _Sweeps:
    """One question: blocks of elements, each swept by one worker."""

    hierarchy: Hierarchy
    places: Seeds
    offered: Seeds
    order: Ints
    mine: Longs
    limit: int
    result: Nearest

    def run(self, workers: int) -> None:
        """Fill the result."""
        most = int(np.diff(self.mine).max(initial=0))
        dtype, shift = _labels(self.limit, most, self.result.facility.shape[2] == self.result.cost.shape[2])
        rise, same = (
            _raised(self.hierarchy.rise, dtype, shift),
            np.array_equal(self.hierarchy.rise, self.hierarchy.fall),
        )
        fall = rise if same else _raised(self.hierarchy.fall, dtype, shift)
        arcs = _sweep.Arcs(self.hierarchy.ptr, self.hierarchy.head, rise, fall)
        starts = self._starts(self.offered, shift, rise.dtype)
        ends = self._starts(self.places, shift, rise.dtype)
        n_elements, k, _ = self.result.cost.shape
        lanes = LANES[8 * rise.itemsize]
        blocks = range(0, n_elements, lanes)
        spaces: SimpleQueue[NDArray[Any]] = SimpleQueue()
        for _ in range(min(workers, len(blocks))):
            spaces.put(np.empty((len(self.hierarchy.position) * k, lanes), rise.dtype))

        def ask(first: int) -> None:
            label = spaces.get()
            last = min(first + lanes, n_elements)
            _sweep.ask(
                arcs, starts, ends, self.order, self.mine, first, last, k, shift, self.limit, label, *self._out()
            )
            spaces.put(label)

        with ThreadPoolExecutor(workers) as pool:
            for _ in pool.map(ask, blocks):
                pass
        self._meet()

    def _out(self) -> tuple[Lengths, Ints]:
        return self.result.cost, self.result.facility

    def _starts(self, seeds: Seeds, shift: int, dtype: Any) -> _sweep.Starts:
        """Accesses at positions of the hierarchy, their costs in the upper bits."""
        add = np.minimum(seeds.add.astype(np.uint64), np.iinfo(dtype).max >> shift) << np.uint64(shift)
        return _sweep.Starts(seeds.node_ptr, self.hierarchy.position[seeds.node], add.astype(dtype))

    def _meet(self) -> None:
        """Places and facilities within one edge, which no node lies between."""
        if not len(self.offered.edge) or not len(self.places.edge):
            return
        by_edge = np.argsort(self.places.edge, kind="stable")
        edge = self.places.edge[by_edge]
        place = np.repeat(np.arange(len(self.places.row_ptr) - 1, dtype=np.int32), np.diff(self.places.row_ptr))
        left = np.searchsorted(edge, self.offered.edge, side="left")
        right = np.searchsorted(edge, self.offered.edge, side="right")
        _sweep.meet(
            self.places, self.offered, by_edge, place, left, right, self.order, self.mine, self.limit, *self._out()
        )
