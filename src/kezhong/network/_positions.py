"""Accesses of places and facilities while streets are cut and facilities move."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kezhong.network._bench import Undo
from kezhong.network.access import Access
from kezhong.network.edited import moved
from kezhong.network.graph import Ints, Lengths


class Positions:
    """Accesses of places or facilities, each as of the number of cuts made when it was noted."""

    def __init__(self, rows: Access, n: int) -> None:
        self._given = rows
        self._order = np.argsort(rows.place, kind="stable")
        self._ptr = np.searchsorted(rows.place[self._order], np.arange(n + 1))
        self._by_edge = np.argsort(rows.edge, kind="stable")
        self._edges = rows.edge[self._by_edge]
        self._put: dict[int, tuple[Access, int]] = {}
        self._put_on: dict[int, set[int]] = {}

    def put(self, number: int, own: Access, cuts: list[tuple[int, int, int]]) -> Undo:
        """Note other accesses of one, in the network after these cuts; the way back."""
        old = self._put.get(number)
        self._put[number] = own, len(cuts)
        # Once noted on an edge as it was before all cuts, always a candidate for it.
        for root in _roots(own.edge, cuts).tolist():
            self._put_on.setdefault(root, set()).add(number)

        def back() -> None:
            if old is None:
                del self._put[number]
            else:
                self._put[number] = old

        return back

    def stands(self, number: int) -> bool:
        """Whether it has any access."""
        if number in self._put:
            return len(self._put[number][0].place) > 0
        return number < len(self._ptr) - 1 and bool(self._ptr[number] < self._ptr[number + 1])

    def of(self, numbers: NDArray[np.int64], cuts: list[tuple[int, int, int]]) -> Access:
        """Accesses of some, numbered from 0."""
        known = np.array([int(number) not in self._put for number in numbers], np.bool_) & (
            numbers < len(self._ptr) - 1
        )
        slots = np.flatnonzero(known)
        first = self._ptr[numbers[slots]]
        length = self._ptr[numbers[slots] + 1] - first
        ends = np.cumsum(length)
        rows = np.repeat(first - (ends - length), length) + np.arange(ends[-1] if len(ends) else 0)
        parts = [moved(_picked(self._given, self._order[rows], np.repeat(slots, length)), cuts)]
        for slot in np.flatnonzero(~known).tolist():
            own, since = self._put[int(numbers[slot])]
            parts.append(moved(Access(np.full(len(own.place), slot, np.int32), *_where(own)), cuts[since:]))
        return _joined(parts)

    def within(self, edge: int, dm: int, cuts: list[tuple[int, int, int]]) -> list[int]:
        """Who stands on an edge, closed or not, beyond its start and before ``dm``."""
        root = int(_roots(np.array([edge], np.int32), cuts)[0])
        at = self._by_edge[slice(*np.searchsorted(self._edges, [root, root + 1]))]
        candidates = {int(number) for number in self._given.place[at]}
        candidates |= {number for number in self._put_on.get(root, set()) if number in self._put}
        rows = self.of(np.array(sorted(candidates), np.int64), cuts)
        inside = (rows.edge == edge) & (rows.offset_dm > 0) & (rows.offset_dm < dm)
        known = sorted(candidates)
        return [known[slot] for slot in np.unique(rows.place[inside]).tolist()]

    def all(self, cuts: list[tuple[int, int, int]]) -> Access:
        """Accesses of all, in the order given, those noted since behind them."""
        rows = self._given
        if self._put:
            stay = ~np.isin(rows.place, list(self._put))
            rows = _picked(rows, np.flatnonzero(stay), rows.place[stay])
        parts = [moved(rows, cuts)]
        for number in sorted(self._put):
            own, since = self._put[number]
            parts.append(moved(Access(np.full(len(own.place), number, np.int32), *_where(own)), cuts[since:]))
        return _joined(parts)


def _roots(edges: Ints, cuts: list[tuple[int, int, int]]) -> Ints:
    """Edges from before all cuts, of which these are parts."""
    roots = edges.copy()
    for first, _, second in reversed(cuts):
        roots[roots == second] = first
    return roots


def _picked(rows: Access, at: NDArray[Any], place: NDArray[Any]) -> Access:
    return Access(place.astype(np.int32), rows.edge[at], rows.offset_dm[at], rows.extra_dm[at])


def _where(rows: Access) -> tuple[Ints, Lengths, Lengths]:
    return rows.edge, rows.offset_dm, rows.extra_dm


def _joined(parts: list[Access]) -> Access:
    columns = ("place", "edge", "offset_dm", "extra_dm")
    return Access(*(np.concatenate([getattr(part, column) for part in parts]) for column in columns))
