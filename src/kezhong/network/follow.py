"""The nearest facility of every element, kept up to date while streets and facilities change.

Where :class:`kezhong.network.Live` follows single edits and also counts, this follows any number of changes at once,
at a cost that depends on what they alter: of each element only labels that hung on something that is gone, or that
become less, are searched anew. The result is that of :func:`kezhong.network.reach`, whatever came before.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kezhong.network._questions import bucket_shift, checked_elements, checked_limit, thread_count
from kezhong.network._repair import NOWHERE, Bay, Passages, Standers, new_bay, repair
from kezhong.network._search import Arcs
from kezhong.network.access import Access, Attached, EdgeCosts, Seeds, attach, seeds_of
from kezhong.network.graph import UNREACHED, Flags, Ints, WalkGraph
from kezhong.network.weights import Weights, arcs_towards

_SHIFT = 9
#: Elements from which on a second worker pays.
_FEW = 4


@dataclass(frozen=True, eq=False)
class Scene:
    """Streets, places and facilities at one moment.

    Attributes
    ----------
    graph : WalkGraph
        Walked in both directions at the edges' lengths.
    closed : bool (m,)
        Edges that nobody walks.
    places : Access
        Always the same rows in the same order; the edge is −1 where a place stands on no street.
    facilities : Access
        Of those in use.
    element : int32 (n,)
        Element of each facility there ever was.
    """

    graph: WalkGraph
    closed: Flags
    places: Access
    facilities: Access
    element: Ints


class Follower:
    """Nearest facility of every element from every place.

    Attributes
    ----------
    near : uint32 (E, D)
        Decimetres, ``UNREACHED`` beyond the limit. Written into by :meth:`follow`.
    which : int32 (E, D)
        Number of the facility, −1 where none is reached; the smallest among equally near ones.
    """

    def __init__(self, scene: Scene, n_places: int, n_elements: int, limit: int) -> None:
        """Search the whole once."""
        self.limit, self.n_places = checked_limit(limit), n_places
        self.near = np.full((n_elements, n_places), UNREACHED, np.uint32)
        self.which = np.full((n_elements, n_places), -1, np.int32)
        self._label = np.full((n_elements, scene.graph.n_nodes), NOWHERE, np.uint64)
        self._shared = False
        there = scene.facilities
        nobody = Access(there.place[:0], there.edge[:0], there.offset_dm[:0], there.extra_dm[:0])
        self._scene = Scene(scene.graph, scene.closed, scene.places, nobody, scene.element[:0])
        self._past = self._laid_out(self._scene)
        self.follow(scene, [], np.arange(len(scene.element)))

    def fork(self) -> Follower:
        """One of one's own; what they share is copied before the first change."""
        own = object.__new__(Follower)
        own.__dict__.update(self.__dict__)
        own._shared = self._shared = True
        return own

    @property
    def scene(self) -> Scene:
        """What the answers hold for."""
        return self._scene

    def follow(self, scene: Scene, edges: list[int], facilities: NDArray[np.integer]) -> Ints:
        """Bring the answers up to date; the elements that were looked at.

        Parameters
        ----------
        scene
            As it now stands. Nodes and edges keep their numbers; those of a link come behind all others.
        edges
            Those that differ between then and now in length, ends or being closed, or are in only one of the two.
        facilities
            Numbers of those whose accesses differ, of new ones, and of those no longer in use. Whoever stands on one
            of the edges is looked at anyway. Neither these nor the edges need still be there.
        """
        self._own()
        old, past = self._scene, self._past
        element = checked_elements(scene.element, len(scene.element), len(self.near))
        if len(old.element) > len(element):  # facilities that were never added, as it now turns out
            element = old.element
        now = self._laid_out(scene)
        # The last flag is that of who stands on no street.
        flags = np.zeros(max(old.graph.n_edges, scene.graph.n_edges) + 1, np.bool_)
        edges = [edge for edge in edges if edge < len(flags) - 1]
        flags[edges] = True
        dirty = np.zeros(len(element), np.bool_)
        dirty[facilities[facilities < len(element)]] = True
        for one in (old, scene):
            dirty[one.facilities.place[flags[one.facilities.edge]]] = True
        # Who stands beside a facility that comes or goes may meet it along the edge alone.
        for one in (old, scene):
            rows = one.facilities
            flags[rows.edge[dirty[rows.place]]] = True
        moved = _differ(old.places, scene.places)
        touched = moved | flags[old.places.edge] | flags[scene.places.edge]
        again = np.unique(scene.places.place[touched]).astype(np.int32)
        numbers = np.flatnonzero(dirty).astype(np.int32)
        looked = _elements(element, numbers, everything=bool(edges) or bool(moved.any()))
        gone, fresh = _passages(old, scene, edges)
        self._widen(now.arcs)
        self._repair(looked, element, now, (gone, fresh), (numbers, past.offered.seeds), again)
        self._scene, self._past = scene, now
        return looked

    # ---- parts -----------------------------------------------------------------------------------------------

    def _own(self) -> None:
        if self._shared:
            self.near, self.which, self._label = self.near.copy(), self.which.copy(), self._label.copy()
            self._shared = False

    def _widen(self, arcs: Arcs) -> None:
        """Room for the nodes of links; once there it stays, so that nodes that are gone can be told."""
        short = len(arcs.ptr) - 1 - self._label.shape[1]
        if short > 0:
            more = np.full((len(self._label), short), NOWHERE, np.uint64)
            self._label = np.concatenate([self._label, more], axis=1)

    def _laid_out(self, scene: Scene) -> _Layout:
        graph = scene.graph
        weights = Weights.of_lengths(graph, scene.closed) if scene.closed.any() else None
        costs = EdgeCosts.of(graph, weights)
        n, m = len(scene.element), self.n_places
        stands = seeds_of(costs, scene.places.checked(graph, m, "places"), m, leaving=True)
        offered = seeds_of(costs, scene.facilities.checked(graph, n, "facilities"), n, leaving=False)
        width = max(graph.n_nodes, self._label.shape[1])
        at, on = attach(graph, offered, np.arange(n, dtype=np.int32), np.uint32)
        attached, _ = attach(graph, stands, np.arange(m, dtype=np.int32), np.uint32)
        ptr, head, cost = arcs_towards(graph, weights)
        arcs = Arcs(_padded(ptr, width), head, cost)
        return _Layout(arcs, Standers(_wide(at, width), on, offered), stands, _wide(attached, width))

    def _repair(
        self, looked: Ints, element: Ints, now: _Layout, passages: tuple[Passages, Passages],
        dirty: tuple[Ints, Seeds], again: Ints,
    ) -> None:  # fmt: skip
        shift = bucket_shift(self.limit, _SHIFT)
        workers = thread_count(None) if len(looked) >= _FEW else 1

        def run(first: int) -> None:
            bay: Bay = new_bay(self._label.shape[1], self.n_places, (self.limit >> shift) + 1)
            repair(
                looked, first, workers, element, now.arcs, *passages, *dirty, now.offered, now.stands, now.attached,
                again, self.limit, shift, bay, self._label, self.near, self.which,
            )  # fmt: skip

        if workers == 1:
            run(0)
            return
        with ThreadPoolExecutor(workers) as pool:
            for _ in pool.map(run, range(workers)):
                pass


@dataclass(frozen=True, eq=False)
class _Layout:
    """A scene as the kernels read it."""

    arcs: Arcs
    offered: Standers
    stands: Seeds
    attached: Attached


def _elements(element: Ints, dirty: Ints, *, everything: bool) -> Ints:
    return np.unique(element if everything else element[dirty]).astype(np.int32)


def _differ(old: Access, new: Access) -> Flags:
    differ = (old.edge != new.edge) | (old.offset_dm != new.offset_dm) | (old.extra_dm != new.extra_dm)
    return np.asarray(differ, np.bool_)


def _padded(ptr: NDArray[np.int64], width: int) -> NDArray[np.int64]:
    """Offsets for more nodes, which have nothing."""
    return np.concatenate([ptr, np.full(width + 1 - len(ptr), ptr[-1], np.int64)]) if len(ptr) <= width else ptr


def _wide(attached: Attached, width: int) -> Attached:
    return attached._replace(ptr=_padded(attached.ptr, width))


def _passages(old: Scene, new: Scene, edges: list[int]) -> tuple[Passages, Passages]:
    """Passages over some edges that are no more, and that are new."""
    before, after = (_over(scene, edges) for scene in (old, new))
    return _as_arrays(before - after), _as_arrays(after - before)


def _over(scene: Scene, edges: list[int]) -> set[tuple[int, int, int]]:
    graph, found = scene.graph, set()
    for edge in edges:
        if edge < graph.n_edges and not scene.closed[edge]:
            a, b, cost = int(graph.edge_a[edge]), int(graph.edge_b[edge]), int(graph.edge_dm[edge])
            found |= {(a, b, cost), (b, a, cost)}
    return found


def _as_arrays(found: set[tuple[int, int, int]]) -> Passages:
    table = np.array(sorted(found), np.int64).reshape(-1, 3)
    return Passages(table[:, 0].astype(np.int32), table[:, 1].astype(np.int32), table[:, 2].astype(np.uint32))


__all__ = ["Follower", "Scene"]
