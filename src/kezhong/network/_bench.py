"""The network laid out for change in place: arrays with room, written into, every step with its way back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kezhong.network import _standing
from kezhong.network._live import Space
from kezhong.network._search import Arcs, new_queue
from kezhong.network._standing import Standing
from kezhong.network.access import Access, EdgeCosts, Seeds, seeds_of
from kezhong.network.edited import StreetPlan
from kezhong.network.graph import UNREACHED, Ints, Lengths, WalkGraph
from kezhong.network.weights import CLOSED, Weights

#: Room for so many links before everything is laid out anew.
_LINKS = 64
_ROWS = 1024
Undo = Callable[[], None]


class Bench:
    """Adjacency and accesses of a network that is being changed.

    Every change returns nothing and leaves its way back in ``undo``, which the owner takes over after each edit.
    """

    def __init__(
        self, graph: WalkGraph, weights: Weights, demand: Access, n_demand: int, facilities: Access, n_facilities: int,
        limit: int, shift: int,
    ) -> None:  # fmt: skip
        self.limit, self.shift = limit, shift
        self.n_nodes = graph.n_nodes
        nodes, edges = graph.n_nodes + 2 * _LINKS, graph.n_edges + 3 * _LINKS
        costs = EdgeCosts.of(graph, weights)
        shut = costs.shut if len(costs.shut) else np.zeros(graph.n_edges, np.uint8)
        self.edges = EdgeCosts._make(_with_room(column, edges) for column in (*costs[:5], shut))
        ptr, head = _with_room(graph.arc_ptr, nodes + 1), _with_room(graph.arc_head, len(graph.arc_head) + 6 * _LINKS)
        ptr[graph.n_nodes + 1 :] = ptr[graph.n_nodes] + 3 * np.arange(1, 2 * _LINKS + 1)
        self._edge = _with_room(graph.arc_edge, len(head))
        tail = np.repeat(np.arange(graph.n_nodes, dtype=np.int32), np.diff(graph.arc_ptr))
        away = costs.start[graph.arc_edge] == tail
        ahead, back = weights.forward[graph.arc_edge], weights.backward[graph.arc_edge]
        out, towards = np.full(len(head), CLOSED, np.uint32), np.full(len(head), CLOSED, np.uint32)
        out[: len(tail)], towards[: len(tail)] = np.where(away, ahead, back), np.where(away, back, ahead)
        #: Adjacency for searches from origins, and for searches from targets.
        self.leaving, self.towards = Arcs(ptr, head, out), Arcs(ptr, head, towards)
        buckets = (limit >> shift) + 1
        self.space = Space(
            np.full(nodes, UNREACHED, np.uint32), new_queue(nodes, buckets), np.empty(nodes, np.int32)
        )  # fmt: skip
        self.label = np.empty(nodes, np.int32)
        self.place_dist = np.full(n_demand, UNREACHED, np.uint32)
        self.facility_dist = np.full(n_facilities + _ROWS, UNREACHED, np.uint32)
        self.places = self._stood(demand, n_demand, leaving=True)
        self.offered = self._stood(facilities, n_facilities, leaving=False)
        self.undo: list[Undo] = []

    # ---- questions -----------------------------------------------------------------------------------------

    def seeds(self, rows: Access, n: int, *, leaving: bool) -> Seeds:
        """Accesses of ``n`` places as the kernels start from them."""
        return seeds_of(self.edges, rows, n, leaving=leaving)

    def near(self, seeds: Seeds) -> tuple[Ints, Lengths]:
        """Places within the limit of target 0 of ``seeds``, ascending, and their costs."""
        found: tuple[Ints, Lengths] = _standing.places_of(
            self.towards, seeds, 0, self.places, self.limit, self.shift, self.space, self.place_dist
        )
        return found

    def near_node(self, node: int) -> tuple[Ints, Lengths]:
        """Places within the limit of an (inner) node."""
        return self.near(_standing.one_target(np.array([node], np.int32)))

    def room_for(self, links: int, cut: list[int]) -> bool:
        """Whether so many links fit, beginning or ending on such edges; a loop has no arcs that could be cut."""
        loops = any(self.edges.start[e] == self.edges.end[e] for e in cut)
        return not loops and self.n_nodes + 2 * links <= len(self.label)

    # ---- changes -------------------------------------------------------------------------------------------

    def set_costs(self, edge: int, forward: int, backward: int, shut: int) -> None:
        """Give an edge other costs along it. Those who stand on it are to be taken out before and put back after."""
        start, end = int(self.edges.start[edge]), int(self.edges.end[edge])
        self._put(self.edges.forward, edge, forward)
        self._put(self.edges.backward, edge, backward)
        self._put(self.edges.shut, edge, shut)
        ahead, back = (int(CLOSED), int(CLOSED)) if shut else (forward, backward)
        if start != end:
            self._cost(self._arc(start, edge), ahead, back)
            self._cost(self._arc(end, edge), back, ahead)

    def cut(self, plan: StreetPlan, edge: int, second: int) -> None:
        """Cut an edge at a new node, as the plan did; costs are set afterwards."""
        node, self.n_nodes = self.n_nodes, self.n_nodes + 1
        self.undo.append(self._shrink)
        start, end = int(self.edges.start[edge]), int(self.edges.end[edge])
        here, there = self._arc(start, edge), self._arc(end, edge)
        self._put(self.leaving.head, here, node)
        self._put(self.leaving.head, there, node)
        self._put(self._edge, there, second)
        self._put(self.edges.end, edge, node)
        self._put(self.edges.start, second, node)
        self._put(self.edges.end, second, end)
        for number in (edge, second):
            self._put(self.edges.dm, number, plan.dm[number])
        first = int(self.leaving.ptr[node])
        for k, (neighbour, number) in enumerate(((start, edge), (end, second), (node, -1))):
            self._put(self.leaving.head, first + k, neighbour)
            self._put(self._edge, first + k, number)
            self._cost(first + k, int(CLOSED), int(CLOSED))

    def join(self, begin: int, end: int, edge: int, dm: int) -> None:
        """Enter a link between two nodes that were made by cuts, closed at first."""
        self._put(self.edges.start, edge, begin)
        self._put(self.edges.end, edge, end)
        self._put(self.edges.dm, edge, dm)
        for node, other in ((begin, end), (end, begin)):
            spare = int(self.leaving.ptr[node]) + 2
            self._put(self.leaving.head, spare, other)
            self._put(self._edge, spare, edge)
        self.set_costs(edge, int(CLOSED), int(CLOSED), 0)

    def enter(self, seeds: Seeds, f: int, number: int, *, place: bool = False) -> None:
        """Let a facility, or a place, stand where target ``f`` of ``seeds`` does."""
        self._in(seeds, f, number, place)
        self.undo.append(lambda: _standing.link_out(self._list(place), seeds, f, number))

    def take_out(self, seeds: Seeds, f: int, number: int, *, place: bool = False) -> None:
        """Let it stand there no more."""
        _standing.link_out(self._list(place), seeds, f, number)
        self.undo.append(lambda: self._in(seeds, f, number, place))

    # ---- parts -----------------------------------------------------------------------------------------------

    def _list(self, place: bool) -> Standing:
        return self.places if place else self.offered

    def _in(self, seeds: Seeds, f: int, number: int, place: bool) -> None:
        if number >= len(self.place_dist if place else self.facility_dist):
            self.facility_dist = np.full(2 * number, UNREACHED, np.uint32)
        if _standing.link_in(self._list(place), seeds, f, number):
            return
        rows = int(seeds.node_ptr[f + 1] - seeds.node_ptr[f]) + _ROWS
        inner = int(seeds.row_ptr[f + 1] - seeds.row_ptr[f]) + _ROWS
        wider = _standing.with_room(self._list(place), rows, inner)
        if place:
            self.places = wider
        else:
            self.offered = wider
        _standing.link_in(wider, seeds, f, number)

    def _shrink(self) -> None:
        self.n_nodes -= 1

    def _arc(self, node: int, edge: int) -> int:
        first, last = self.leaving.ptr[node : node + 2]
        return int(first + np.flatnonzero(self._edge[first:last] == edge)[0])

    def _cost(self, arc: int, out: int, towards: int) -> None:
        self._put(self.leaving.cost, arc, out)
        self._put(self.towards.cost, arc, towards)

    def _put(self, array: NDArray[Any], at: int, value: int) -> None:
        old = array[at]
        array[at] = value
        self.undo.append(lambda: array.__setitem__(at, old))

    def _stood(self, rows: Access, n: int, *, leaving: bool) -> Standing:
        seeds = self.seeds(rows, n, leaving=leaving)
        nodes, edges = len(self.label), len(self.edges.dm)
        lists = _standing.new_standing(nodes, edges, len(seeds.node) + _ROWS, len(seeds.edge) + _ROWS)
        _standing.link_all(lists, seeds)
        return lists


def _with_room(values: NDArray[Any], size: int) -> NDArray[Any]:
    longer = np.zeros(size, values.dtype)
    longer[: len(values)] = values
    return longer


__all__ = ["Bench", "Undo"]
