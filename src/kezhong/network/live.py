"""Change in place: answers that follow edits of facilities and streets, always equal to those of a full run."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kezhong.errors import InputError
from kezhong.network import _standing
from kezhong.network._answers import Answers, Before, Change
from kezhong.network._bench import Bench
from kezhong.network._positions import Positions
from kezhong.network._questions import bucket_shift, checked_elements, checked_limit
from kezhong.network._standing import one_of
from kezhong.network.access import Access, Seeds
from kezhong.network.edited import StreetPlan
from kezhong.network.graph import MAX_EDGE_DM, UNREACHED, Ints, Lengths, WalkGraph
from kezhong.network.reach import Reach, checked_thresholds, reach
from kezhong.network.weights import CLOSED, Weights

_SHIFT = 9
_FEW = 64
"""Up to so many places look for their next nearest facility one by one."""


class Live:
    """Nearest facility and counts of :func:`kezhong.network.reach`, kept up to date.

    Attributes
    ----------
    element : int32 (n,)
        Element of each facility ever known.
    near, which, counts
        ``nearest_dm``, ``nearest_facility`` and ``counts`` of the present state, uint32 (E, D), int32 (E, D),
        uint32 (E, T, D).
    """

    def __init__(
        self, graph: WalkGraph, demand: Access, n_demand: int, facilities: Access, n_facilities: int,
        facility_element: ArrayLike, n_elements: int, limit: int, thresholds: ArrayLike, *,
        weights: Weights | None = None, known: Reach | None = None,
    ) -> None:  # fmt: skip
        """Begin with a full run, or with its result where that is ``known``; parameters as of ``reach``."""
        given = (weights or Weights.of_lengths(graph)).checked(graph)
        self._plan = StreetPlan(graph, given)
        self._network: tuple[WalkGraph, Weights] | None = (graph, given)
        self.element = checked_elements(facility_element, n_facilities, n_elements)
        self.n_demand, self.n_elements, self.limit = n_demand, n_elements, checked_limit(limit)
        self.thresholds = checked_thresholds(thresholds, n_elements, self.limit)
        self._demand = Positions(demand.checked(graph, n_demand, "demand"), n_demand)
        self._own = Positions(facilities.checked(graph, n_facilities, "facilities"), n_facilities)
        self._edits = 0
        full = known or self.full()
        self._answers = Answers(full, self.thresholds)
        self.near, self.which, self.counts = self._answers.near, self._answers.which, self._answers.counts
        self._bench = self._laid_out()

    # ---- the whole -----------------------------------------------------------------------------------------

    @property
    def graph(self) -> WalkGraph:
        """The network as it now is; written out anew after a link."""
        return self._streets()[0]

    @property
    def weights(self) -> Weights:
        """Its costs."""
        return self._streets()[1]

    @property
    def demand(self) -> Access:
        """Accesses of the places."""
        return self._demand.all(self._plan.cuts)

    @property
    def facilities(self) -> Access:
        """Accesses of all facilities; a closed one has none."""
        return self._own.all(self._plan.cuts)

    def full(self) -> Reach:
        """The answer of a full run in the present state."""
        graph, weights = self._streets()
        return reach(
            graph, self.demand, self.n_demand, self.facilities, len(self.element), self.element, self.n_elements,
            self.limit, self.thresholds, weights=weights,
        )  # fmt: skip

    # ---- edits ---------------------------------------------------------------------------------------------

    def add(self, element: int, rows: Access) -> tuple[int, Change]:
        """A new facility with its accesses (column ``place`` is not read); its number and what changed."""
        if not 0 <= element < self.n_elements:
            expected = f"0–{self.n_elements - 1}"
            raise InputError("network.out_of_range", column="element", row=0, value=element, expected=expected)
        number, own = len(self.element), self._checked(rows)
        before = self._begin()
        self.element = np.append(self.element, np.int32(element))
        return number, self._enter(number, own, before)

    def remove(self, facility: int) -> Change:
        """Close a facility.

        Raises
        ------
        InputError
            One that does not exist or is closed already.
        """
        self._standing(facility)
        return self._take_out(facility, self._begin())

    def move(self, facility: int, rows: Access) -> tuple[Change, Change]:
        """Give a facility other accesses: what its removal changed, and what its return."""
        self._standing(facility)
        own = self._checked(rows)
        out = self._take_out(facility, self._begin())
        return out, self._enter(facility, own, self._begin())

    def reopen(self, facility: int, rows: Access) -> Change:
        """Open a closed facility again."""
        if not 0 <= facility < len(self.element) or self._own.stands(facility):
            raise InputError("network.no_such_facility", value=facility)
        own = self._checked(rows)
        return self._enter(facility, own, self._begin())

    def set_edges(self, edges: ArrayLike, forward: ArrayLike, backward: ArrayLike) -> Change:
        """Give edges other costs, without gates; :data:`kezhong.network.CLOSED` closes a direction.

        Searched anew are only places that walked over one of the edges, or walk over it now: those that passed a
        dearer one on a shortest way, and those to whom the far end of a cheaper one comes nearer.
        """
        given = _whole(edges, "edges", None, self._plan.n_edges - 1)
        ways = (_costs(forward, "forward", len(given)), _costs(backward, "backward", len(given)))
        fresh = {int(e): (int(f), int(b)) for e, f, b in zip(given, *ways, strict=True)}
        before, bench, plan = self._begin(), self._bench, self._plan.copy()
        dwellers = self._leave(list(fresh))
        old = {edge: plan.through(edge) for edge in fresh}
        dearer, cheaper = [], []
        for edge, new in fresh.items():
            ends = (int(bench.edges.start[edge]), int(bench.edges.end[edge]))
            for (u, v), past, now in zip((ends, ends[::-1]), old[edge], new, strict=True):
                if past < now:
                    dearer.append((u, v, past))
                elif now < past:
                    cheaper.append((u, v, now))
        affected = [dwellers.places, *self._over(dearer, strictly=False)]
        for edge, (ahead, back) in fresh.items():
            bench.set_costs(edge, max(ahead, old[edge][0]), max(back, old[edge][1]), 0)
        affected += self._over(cheaper, strictly=True)
        for edge, (ahead, back) in fresh.items():
            bench.set_costs(edge, ahead, back, 0)
            plan.set_costs(edge, ahead, back)
        self._plan, self._network = plan, None
        self._return(dwellers)
        return self._again(affected, dwellers, before)

    def close_edges(self, edges: ArrayLike) -> Change:
        """Close edges in both directions."""
        n = len(np.atleast_1d(np.asarray(edges)))
        return self.set_edges(edges, np.full(n, CLOSED), np.full(n, CLOSED))

    def link(
        self, begin: tuple[int, int], end: tuple[int, int], *, cost: tuple[int, int] | None = None,
        course: NDArray[np.float64] | None = None,
    ) -> tuple[int, Change]:  # fmt: skip
        """Open a new street between two positions (edge, offset_dm), as :func:`kezhong.network.with_link` does.

        Returns
        -------
        (int, Change)
            Number of the new edge, and what changed.
        """
        plan = self._plan.copy()
        number = plan.link(begin, end, course, cost=cost)
        cuts = plan.cuts[len(self._plan.cuts) :]
        before = self._begin()
        # A cut at the end of an edge puts a new node between those who stand there and the old one.
        dwellers = self._leave([first for first, _, _ in cuts if first < self._plan.n_edges], ends=True)
        self._plan, self._network = plan, None
        nodes = (self._bench.n_nodes, self._bench.n_nodes + 1)
        costs = (plan.forward[number], plan.backward[number])
        if self._bench.room_for(1, [first for first, _, _ in cuts if first < number - 2]):
            self._cut(cuts, nodes, number)
            self._return(dwellers)
        else:
            self._anew(number)
        there, back = (*nodes, costs[0]), (*nodes[::-1], costs[1])
        affected = [dwellers.places, *self._over([there, back], strictly=True)]
        self._bench.set_costs(number, *costs, 0)
        return number, self._again(affected, dwellers, before)

    def restore(self, change: Change) -> None:
        """Undo the last edit: network, facilities and values are then those from before it, to the last byte.

        Raises
        ------
        InputError
            Another edit came after this one, or it is undone already.
        """
        before = change.before
        if before.edits != self._edits - 1:
            raise InputError("network.not_the_last_edit", value=before.edits + 1, expected=self._edits)
        for step in reversed(before.undo):
            step()
        if self._plan is not before.plan:
            self._plan, self._network = before.plan, None
        self._edits, self.element = before.edits, before.element
        self._answers.put_back(change)

    # ---- parts -----------------------------------------------------------------------------------------------

    def _streets(self) -> tuple[WalkGraph, Weights]:
        if self._network is None:
            self._network = self._plan.network()
        return self._network

    def _laid_out(self) -> Bench:
        shift = bucket_shift(self.limit, _SHIFT)
        n = len(self.element)
        return Bench(*self._streets(), self.demand, self.n_demand, self.facilities, n, self.limit, shift)

    def _begin(self) -> Before:
        """What stands before the edit that now begins."""
        before = Before(self._edits, self._plan, self.element, [])
        self._edits += 1
        self._bench.undo = before.undo
        return before

    def _standing(self, facility: int) -> None:
        if not 0 <= facility < len(self.element) or not self._own.stands(facility):
            raise InputError("network.no_such_facility", value=facility)

    def _checked(self, rows: Access) -> Access:
        """Accesses of one facility, checked before anything is changed."""
        own = Access.of(np.zeros(len(rows.place), np.int32), rows.edge, rows.offset_dm, rows.extra_dm)
        return own.checked_on(self._bench.edges.dm[: self._plan.n_edges], 1, "facility")

    def _seeds_of(self, facilities: list[int]) -> Seeds:
        rows = self._own.of(np.array(facilities, np.int64), self._plan.cuts)
        return self._bench.seeds(rows, len(facilities), leaving=False)

    def _stand(self, number: int, own: Access) -> Seeds:
        """Let a facility stand at other accesses, or at none; the accesses it leaves, or those it now has."""
        bench, left = self._bench, None
        if self._own.stands(number):
            left = self._seeds_of([number])
            bench.take_out(left, 0, number)
        bench.undo.append(self._own.put(number, own, self._plan.cuts))
        if not len(own.place) and left is not None:
            return left
        seeds = bench.seeds(own, 1, leaving=False)
        bench.enter(seeds, 0, number)
        return seeds

    def _enter(self, number: int, own: Access, before: Before) -> Change:
        places, cost = self._bench.near(self._stand(number, own))
        e = int(self.element[number])
        change = self._answers.picture(np.array([e], np.int32), places, before)
        self._answers.count(e, places, cost, 1)
        self._answers.offer(e, number, places, cost)
        return change

    def _take_out(self, number: int, before: Before) -> Change:
        places, cost = self._bench.near(self._stand(number, _none()))
        e = int(self.element[number])
        change = self._answers.picture(np.array([e], np.int32), places, before)
        self._answers.count(e, places, cost, -1)
        orphaned = places[self.which[e, places] == number]
        self.near[e, orphaned], self.which[e, orphaned] = self._nearest(e, orphaned)
        return change

    def _nearest(self, e: int, places: Ints) -> tuple[Lengths, Ints]:
        """Nearest facility of one element for some places, from scratch."""
        bench = self._bench
        near, which = np.empty(len(places), np.uint32), np.empty(len(places), np.int32)
        seeds = self._places(places)
        if len(places) <= _FEW:
            _standing.nearest_of_each(
                bench.leaving, seeds, bench.offered, self.element, e, self.limit, bench.shift, bench.space, near, which
            )
        else:
            _standing.nearest_around(
                bench.towards, bench.leaving.cost, seeds, bench.offered, self.element, e, self.limit, bench.shift,
                bench.space, bench.label, near, which,
            )  # fmt: skip
        return near, which

    def _places(self, places: Ints) -> Seeds:
        rows = self._demand.of(places.astype(np.int64), self._plan.cuts)
        return self._bench.seeds(rows, len(places), leaving=True)

    # ---- streets -------------------------------------------------------------------------------------------

    def _over(self, ways: list[tuple[int, int, int]], *, strictly: bool) -> list[Ints]:
        """Places on whose shortest way one of the arcs (from, to, cost) lies, or would lie if it were open.

        Without ``strictly``: on a shortest way now. With it: the far end would become nearer than it is.
        """
        known: dict[int, tuple[Ints, NDArray[np.int64]]] = {}
        for node in {node for u, v, _ in ways for node in (u, v)}:
            places, cost = self._bench.near_node(node)
            known[node] = places, cost.astype(np.int64)
        found = []
        for u, v, length in ways:
            if length > self.limit:
                continue
            (near_u, to_u), (near_v, to_v) = known[u], known[v]
            at = np.searchsorted(near_v, near_u)
            met = at < len(near_v)
            met[met] = near_v[at[met]] == near_u[met]
            present = np.full(len(near_u), self.limit + 1, np.int64)
            present[met] = to_v[at[met]]
            over = to_u + length
            found.append(near_u[over < present] if strictly else near_u[met & (over == present)])
        return found

    def _leave(self, edges: list[int], *, ends: bool = False) -> Dwellers:
        """Take out who stands within some edges, before these change; with ``ends`` also who stands at their ends."""
        bench, cuts = self._bench, self._plan.cuts
        on = [(edge, int(bench.edges.dm[edge]) + ends, cuts) for edge in dict.fromkeys(edges)]
        places = np.array(sorted({place for ask in on for place in self._demand.within(*ask)}), np.int32)
        facilities = sorted({number for ask in on for number in self._own.within(*ask)})
        seeds = self._seeds_of(facilities)
        near = [bench.near(one_of(seeds, f)) for f in range(len(facilities))]
        mine = self._places(places)
        for f, number in enumerate(facilities):
            bench.take_out(seeds, f, number)
        for p, number in enumerate(places.tolist()):
            bench.take_out(mine, p, number, place=True)
        return Dwellers(places, facilities, near)

    def _return(self, dwellers: Dwellers) -> None:
        """Put them back, at the costs and cuts that hold now."""
        seeds, mine = self._seeds_of(dwellers.facilities), self._places(dwellers.places)
        for f, number in enumerate(dwellers.facilities):
            self._bench.enter(seeds, f, number)
        for p, number in enumerate(dwellers.places.tolist()):
            self._bench.enter(mine, p, number, place=True)

    def _cut(self, cuts: list[tuple[int, int, int]], nodes: tuple[int, int], number: int) -> None:
        bench, plan = self._bench, self._plan
        for first, _, second in cuts:
            bench.cut(plan, first, second)
        for edge in {edge for first, _, second in cuts for edge in (first, second)}:
            bench.set_costs(edge, plan.forward[edge], plan.backward[edge], plan.shut[edge])
        bench.join(*nodes, number, plan.dm[number])

    def _anew(self, number: int) -> None:
        """Lay everything out again, the new link still closed."""
        left, opened = self._bench, self._plan
        self._plan = opened.copy()
        self._plan.set_costs(number, int(CLOSED), int(CLOSED))
        self._network = None
        self._bench = self._laid_out()
        self._bench.undo = left.undo
        left.undo.append(lambda: setattr(self, "_bench", left))
        self._plan, self._network = opened, None

    def _again(self, affected: list[Ints], dwellers: Dwellers, before: Before) -> Change:
        """What follows from a change of the streets: some places from scratch, and facilities that stand on them."""
        seeds = self._seeds_of(dwellers.facilities)
        now = [self._bench.near(one_of(seeds, f)) for f in range(len(dwellers.facilities))]
        scratch = np.unique(np.concatenate([np.empty(0, np.int32), *affected]))
        moved = [places for places, _ in (*dwellers.near, *now)]
        touched = np.unique(np.concatenate([scratch, *moved])).astype(np.int32)
        change = self._answers.picture(np.arange(self.n_elements, dtype=np.int32), touched, before)
        orphaned = []
        for number, (old, past), (new, cost) in zip(dwellers.facilities, dwellers.near, now, strict=True):
            e = int(self.element[number])
            self._answers.count(e, old, past, -1)
            self._answers.count(e, new, cost, 1)
            # Whoever had this facility as the nearest keeps it only where it came no farther.
            kept = np.full(len(old), UNREACHED, np.uint32)
            at = np.searchsorted(new, old)
            met = at < len(new)
            met[met] = new[at[met]] == old[met]
            kept[met] = cost[at[met]]
            orphaned.append(old[(kept > past) & (self.which[e, old] == number)])
            self._answers.offer(e, number, new, cost)
        scratch = np.unique(np.concatenate([scratch, *orphaned])).astype(np.int32)
        near, which, counts = self._rows_of(scratch)
        self.near[:, scratch], self.which[:, scratch], self.counts[:, :, scratch] = near, which, counts
        return change

    def _rows_of(self, places: Ints) -> tuple[Lengths, Ints, NDArray[np.uint32]]:
        """All rows of some places from scratch."""
        bench = self._bench
        near = np.empty((self.n_elements, len(places)), np.uint32)
        which = np.empty((self.n_elements, len(places)), np.int32)
        counts = np.empty((self.n_elements, self.thresholds.shape[1], len(places)), np.uint32)
        _standing.rows_of_places(
            bench.leaving, self._places(places), bench.offered, self.element, self.thresholds, self.limit, bench.shift,
            bench.space, bench.facility_dist, near, which, counts,
        )  # fmt: skip
        return near, which, counts


@dataclass(frozen=True, eq=False)
class Dwellers:
    """Who stands within edges that change: places, facilities, and who was near each facility before."""

    places: Ints
    facilities: list[int]
    near: list[tuple[Ints, Lengths]]


def _none() -> Access:
    none = np.empty(0, np.int32)
    return Access(none, none, np.empty(0, np.uint32), np.empty(0, np.uint32))


def _costs(values: ArrayLike, name: str, length: int) -> NDArray[np.int64]:
    given = _whole(values, name, length, int(CLOSED))
    bad = (given > MAX_EDGE_DM) & (given != int(CLOSED))
    if bad.any():
        row = int(np.argmax(bad))
        raise InputError("network.bad_length", column=name, row=row, value=int(given[row]), expected=MAX_EDGE_DM)
    return given


def _whole(values: ArrayLike, name: str, length: int | None, most: int) -> NDArray[np.int64]:
    """Whole numbers from 0 to ``most``; what does not fit into the array it is meant for must not wrap round."""
    given = np.atleast_1d(np.asarray(values))
    if (
        given.ndim != 1
        or (given.size and given.dtype.kind not in "iu")
        or (length is not None and len(given) != length)
    ):
        shape = f"{given.dtype} {given.shape}"
        expected = f"int ({'n' if length is None else length},)"
        raise InputError("network.shape", column=name, value=shape, expected=expected)
    bad = (given < 0) | (given > most)
    if bad.any():
        row = int(np.argmax(bad))
        raise InputError("network.out_of_range", column=name, row=row, value=int(given[row]), expected=f"0–{most}")
    return given.astype(np.int64)
