"""Which opening serves most people: closed edges, gates and missing links, each as if it alone were opened.

One search a candidate, and only as far as it can help. Let a candidate join some positions ``x`` of the network (its
*ports*) through a hub: ``into[x]`` is the cost from the port to the hub, ``out[x]`` from the hub to the port. With
``L(x, e)`` the cost from a port to the nearest facility of element ``e``, ``D(p)`` that from place ``p`` to the hub ::

    N(e)      = min over x of  out[x] + L(x, e)
    D(p)      = min over x of  d(p, x) + into[x]
    new(p, e) = min(old(p, e), D(p) + N(e))

A shortest way passes a hub at most once, so that this is exact; ``d`` and ``L`` are taken before the opening. A port
from which the way through the hub is no nearer to anything is not searched from, and a search ends where
``D > max over e of threshold(e) − N(e)``. A link between two positions is a hub at its end, a closed edge likewise; a
gate is a hub with every edge that meets at it.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from kezhong.errors import InputError
from kezhong.network import _live
from kezhong.network._compile import kernel
from kezhong.network._prepare import slots_as_given
from kezhong.network._questions import bucket_shift, checked_elements, checked_limit, thread_count
from kezhong.network._search import Arcs, new_queue
from kezhong.network.access import Access, EdgeCosts, Seeds, attach, seeds_of
from kezhong.network.candidates import Candidates
from kezhong.network.graph import UNREACHED, Flags, Floats, Ints, Lengths, Longs, WalkGraph
from kezhong.network.live import Live
from kezhong.network.people import People
from kezhong.network.reach import Reach, reach
from kezhong.network.weights import CLOSED, Weights, arcs_towards
from kezhong.progress import Progress, silent, span

_SHIFT = 9
_A_TASK = 32
_STEP = "network.step_reach"


@dataclass(frozen=True, eq=False)
class Openings:
    """What each of C candidates would bring if it alone were opened; E elements, G groups.

    Attributes
    ----------
    gain : float64 (C, E, G)
        People who come within the threshold of an element that is for them.
    some : float64 (C, G)
        People who come within the threshold of at least one element that is for them.
    complete : float64 (C, G)
        People who lack some of the required elements now and would have them all.
    near : uint32 (C, E)
        Cost from the candidate's hub to the nearest of each element, ``UNREACHED`` beyond the limit.
    """

    gain: Floats
    some: Floats
    complete: Floats
    near: Lengths


def openings(
    graph: WalkGraph,
    demand: Access,
    n_demand: int,
    facilities: Access,
    n_facilities: int,
    facility_element: ArrayLike,
    n_elements: int,
    thresholds: ArrayLike,
    people: People,
    candidates: Candidates,
    *,
    weights: Weights | None = None,
    known: ArrayLike | None = None,
    threads: int | None = None,
    progress: Progress = silent,
) -> Openings:
    """People who would gain access, candidate by candidate, exactly.

    Parameters
    ----------
    demand, facilities, facility_element, weights, threads
        As of :func:`kezhong.network.reach`.
    thresholds
        uint32 (E,), one for each element; 0: nobody gains it.
    known
        uint32 (E, D): ``nearest_dm`` of the network as it is, where it is known at least up to the thresholds.

    Notes
    -----
    The network is not cut where a link begins: a place on the cut edge pays the part of the edge's cost that
    ``reach`` charges. In lengths this is the cut network's answer to the bit; in a walker's deciseconds the cut
    network would round the two parts of that one edge anew.

    Raises
    ------
    InputError
        Arrays that do not fit, numbers out of range.
    """
    costs = (weights or Weights.of_lengths(graph)).checked(graph)
    element = checked_elements(facility_element, n_facilities, n_elements)
    limits = _limits(thresholds, n_elements)
    farthest = int(limits.max(initial=0))
    ask = _Question(graph, demand.checked(graph, n_demand, "demand"), n_demand, facilities, n_facilities, element,
                    n_elements, limits, farthest, costs, threads)  # fmt: skip
    old = ask.nearest(ask.demand, n_demand) if known is None else _known(known, n_elements, n_demand)
    given = people.checked(n_elements, n_demand)
    missed = (old > limits[:, None]) & given.applies
    lacking = (missed & given.required[:, None]).sum(axis=0).astype(np.int32)
    shape = (candidates.n, n_elements, len(given.groups))
    gain, some, complete = np.zeros(shape), np.zeros((shape[0], shape[2])), np.zeros((shape[0], shape[2]))
    ports = Access.of(np.arange(len(candidates.edge), dtype=np.int32), candidates.edge, candidates.offset_dm)
    from_port = ask.nearest(ports, len(ports.place))
    progress(0.1, _STEP)
    near = _from_hub(candidates, from_port, n_elements)
    seeds, reach_of = _starts(candidates, costs, ask, from_port, near)
    count = _Count(missed, lacking, limits, np.ascontiguousarray(near), given, gain, some, complete)
    _search(ask, seeds, reach_of, count, span(progress, 0.1, 0.8))
    crowded = _lived_on(candidates, ask)
    if crowded:
        _in_place(ask, candidates, crowded, count, span(progress, 0.8, 1.0))
    progress(1.0, _STEP)
    return Openings(gain, some, complete, near.T)


@dataclass(frozen=True, eq=False)
class _Question:
    graph: WalkGraph
    demand: Access
    n_demand: int
    facilities: Access
    n_facilities: int
    element: Ints
    n_elements: int
    limits: Lengths
    farthest: int
    costs: Weights
    threads: int | None

    def nearest(self, places: Access, n: int) -> Lengths:
        found = reach(
            self.graph, places, n, self.facilities, self.n_facilities, self.element, self.n_elements, self.farthest,
            weights=self.costs, threads=self.threads,
        )  # fmt: skip
        return found.nearest_dm


@dataclass(frozen=True, eq=False)
class _Count:
    missed: Flags
    lacking: Ints
    limits: Lengths
    near: Lengths
    people: People
    gain: Floats
    some: Floats
    complete: Floats


def _from_hub(candidates: Candidates, from_port: Lengths, n_elements: int) -> Lengths:
    """(E, C): from the hub to the nearest, over the ports."""
    total = from_port.astype(np.int64) + candidates.out.astype(np.int64)[None, :]
    total[:, candidates.out == CLOSED] = int(UNREACHED)
    near = np.full((n_elements, candidates.n), int(UNREACHED), np.int64)
    for e in range(n_elements):
        np.minimum.at(near[e], candidates.candidate, total[e])
    return np.minimum(near, int(UNREACHED)).astype(np.uint32)


def _starts(
    candidates: Candidates, costs: Weights, ask: _Question, from_port: Lengths, near: Lengths
) -> tuple[Seeds, Longs]:
    """Seeds of the backward searches, and how far each can help; −1 where it cannot."""
    allowed = ask.limits.astype(np.int64)[:, None] - near.astype(np.int64)
    allowed[near == UNREACHED] = -1
    allowed[ask.limits == 0] = -1
    through = near[:, candidates.candidate].astype(np.int64) + candidates.into.astype(np.int64)[None, :]
    helps = (through < from_port.astype(np.int64)) & (through <= ask.limits.astype(np.int64)[:, None])
    useful = helps.any(axis=0) & (candidates.into != CLOSED) & (candidates.edge >= 0)
    rows = Access(
        candidates.candidate[useful], candidates.edge[useful], candidates.offset_dm[useful], candidates.into[useful]
    )
    reach_of = np.full(candidates.n, -1, np.int64)
    if len(rows.place):
        # Only what a port is nearer to through the hub can be gained through it.
        bound = np.where(helps[:, useful], allowed[:, rows.place], -1).max(axis=0)
        np.maximum.at(reach_of, rows.place, bound)
    return seeds_of(EdgeCosts.of(ask.graph, costs), rows, candidates.n, leaving=False), reach_of


def _search(ask: _Question, seeds: Seeds, reach_of: Longs, count: _Count, progress: Progress) -> None:
    graph = ask.graph
    arcs = Arcs(*arcs_towards(graph, ask.costs))
    places = seeds_of(EdgeCosts.of(graph, ask.costs), ask.demand, ask.n_demand, leaving=True)
    attached, inside = attach(graph, places, slots_as_given(ask.n_demand), np.uint32)
    shift = bucket_shift(ask.farthest, _SHIFT)
    buckets = (ask.farthest >> shift) + 1
    todo = np.flatnonzero(reach_of >= 0)
    workers = min(thread_count(ask.threads), max(1, len(todo) // _A_TASK))
    spare: SimpleQueue[Any] = SimpleQueue()
    for _ in range(workers):
        space = _live.Space(
            np.full(graph.n_nodes, UNREACHED, np.uint32), new_queue(graph.n_nodes, buckets),
            np.empty(graph.n_nodes, np.int32),
        )  # fmt: skip
        spare.put((space, np.full(ask.n_demand, UNREACHED, np.uint32)))
    groups = np.ascontiguousarray(count.people.groups.T)
    people = _Shares(groups, np.ascontiguousarray(count.people.bands.T), count.people.within, count.people.serves)
    required = count.people.required

    def task(first: int) -> int:
        space, dist = spare.get()
        try:
            mine = todo[first : first + _A_TASK]
            _gains(
                arcs, seeds, mine, reach_of, attached, inside, shift, space, dist, count.missed, count.lacking,
                count.limits, count.near, required, people, count.gain, count.some, count.complete,
            )  # fmt: skip
            return len(mine)
        finally:
            spare.put((space, dist))

    done = 0
    with ThreadPoolExecutor(workers) as pool:
        for n in pool.map(task, range(0, len(todo), _A_TASK)):
            done += n
            progress(done / max(len(todo), 1), _STEP)


class _Shares(NamedTuple):
    """People of each place, turned for the kernel: groups (D, G), bands (D, B), within (G, B), serves (E,)."""

    groups: Floats
    bands: Floats
    within: Flags
    serves: Longs


@kernel
def _share(people: Any, bits: Any, p: Any, g: Any) -> Any:
    """People of a group at a place whom at least one of the bits holds."""
    n = people.bands.shape[1]
    if (bits >> n) & 1:
        return people.groups[p, g]
    total = 0.0
    for b in range(n):
        if (bits >> b) & 1 and people.within[g, b]:
            total += people.bands[p, b]
    return total


@kernel
def _gains(
    arcs: Any, seeds: Any, mine: Any, reach_of: Any, attached: Any, inside: Any, shift: Any, space: Any, dist: Any,
    missed: Any, lacking: Any, limits: Any, near: Any, required: Any, people: Any, gain: Any, some: Any, complete: Any,
) -> None:  # fmt: skip
    """Search from each candidate of ``mine`` and add up who gains; places in ascending order, so sums are the same."""
    for i in range(mine.size):
        c = mine[i]
        places, costs = _live.places_near(arcs, seeds, c, attached, inside, reach_of[c], shift, space, dist)
        for k in range(places.size):
            p = places[k]
            supplied, served = 0, np.int64(0)
            for e in range(limits.size):
                through = np.int64(near[e, c])
                if missed[e, p] and np.int64(costs[k]) + through <= np.int64(limits[e]) and limits[e] > 0:
                    supplied += required[e]
                    served |= people.serves[e]
                    for g in range(people.groups.shape[1]):
                        gain[c, e, g] += _share(people, people.serves[e], p, g)
            if served > 0:
                for g in range(people.groups.shape[1]):
                    some[c, g] += _share(people, served, p, g)
            if supplied > 0 and supplied == lacking[p]:
                for g in range(people.groups.shape[1]):
                    complete[c, g] += people.groups[p, g]


def _lived_on(candidates: Candidates, ask: _Question) -> list[int]:
    """Candidates that are more than a way through: homes or doors on what opens, ports that have no position."""
    busy = np.zeros(ask.graph.n_edges, np.bool_)
    for rows in (ask.demand, ask.facilities):
        on = rows.edge >= 0
        inner = on & (rows.offset_dm > 0) & (rows.offset_dm < ask.graph.edge_dm[np.where(on, rows.edge, 0)])
        busy[rows.edge[inner]] = True
    nowhere = np.isin(candidates.opened_of, candidates.candidate[candidates.edge < 0])
    found: list[int] = np.unique(candidates.opened_of[busy[candidates.opened] | nowhere]).tolist()
    return found


def _in_place(ask: _Question, candidates: Candidates, crowded: list[int], count: _Count, progress: Progress) -> None:
    """Candidates with homes or doors on what they open: the network itself is changed and changed back."""
    live = Live(
        ask.graph, ask.demand, ask.n_demand, ask.facilities, ask.n_facilities, ask.element, ask.n_elements,
        ask.farthest, np.zeros((ask.n_elements, 1), np.uint32), weights=ask.costs,
    )  # fmt: skip
    limits, given = ask.limits[:, None], count.people
    for number, c in enumerate(crowded):
        progress(number / len(crowded), _STEP)
        own = candidates.opened_of == c
        edges = candidates.opened[own]
        change = live.set_edges(edges, candidates.forward[own], candidates.backward[own])
        places = change.places
        won = count.missed[:, places] & (live.near[:, places] <= limits) & (limits > 0)
        lacking = count.lacking[places]
        whole = (lacking > 0) & ((won & given.required[:, None]).sum(axis=0) == lacking)
        for e in range(ask.n_elements):
            own = np.full(len(places), given.serves[e])
            count.gain[c, e] = _summed(given.served(own, places), won[e])
        bits = np.bitwise_or.reduce(np.where(won, given.serves[:, None], 0), axis=0, initial=0)
        count.some[c] = _summed(given.served(bits, places), bits > 0)
        count.complete[c] = _summed(given.groups[:, places], whole)
        live.restore(change)


def _summed(groups: Floats, chosen: Flags) -> Floats:
    """Sums in ascending order of the places, as the kernel adds them."""
    rows = groups[:, chosen]
    return np.cumsum(rows, axis=1)[:, -1] if rows.shape[1] else np.zeros(len(groups))


def _limits(thresholds: ArrayLike, n_elements: int) -> Lengths:
    given = np.asarray(thresholds)
    if given.shape != (n_elements,):
        raise InputError("network.shape", column="thresholds", value=given.shape, expected=(n_elements,))
    for value in given.tolist():
        checked_limit(int(value))
    return np.ascontiguousarray(given, np.uint32)


def _known(known: ArrayLike, n_elements: int, n_demand: int) -> Lengths:
    given = np.asarray(known.nearest_dm if isinstance(known, Reach) else known)
    if given.shape != (n_elements, n_demand):
        raise InputError("network.shape", column="known", value=given.shape, expected=(n_elements, n_demand))
    return np.ascontiguousarray(given, np.uint32)
