"""Nearest facility and counts of every place while facilities come and go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kezhong.network._bench import Undo
from kezhong.network.edited import StreetPlan
from kezhong.network.graph import Ints, Lengths
from kezhong.network.reach import Reach


@dataclass(frozen=True, eq=False)
class Before:
    """What stood before an edit, and the steps back to it."""

    edits: int
    plan: StreetPlan
    element: Ints
    undo: list[Undo]


@dataclass(frozen=True, eq=False)
class Change:
    """What an edit altered: the places whose rows may differ, with their values before it.

    Attributes
    ----------
    elements : int32 (e,)
        Elements concerned.
    places : int32 (k,)
        Places concerned, ascending.
    near, which : (e, k), counts : (e, T, k)
        Values before the edit.
    before : Before
        For :meth:`Live.restore`.
    """

    elements: Ints
    places: Ints
    near: Lengths
    which: Ints
    counts: NDArray[Any]
    before: Before


class Answers:
    """The arrays of :class:`kezhong.network.Reach`, written into.

    Attributes
    ----------
    near, which : (E, D), counts : (E, T, D)
        As of ``Reach``; counts are uint32.
    thresholds : uint32 (E, T)
        Thresholds of the counts, 0 unused.
    """

    def __init__(self, full: Reach, thresholds: Lengths) -> None:
        self.near, self.which = full.nearest_dm.copy(), full.nearest_facility.copy()
        self.counts = full.counts.astype(np.uint32)
        self.thresholds = thresholds

    def picture(self, elements: Ints, places: Ints, before: Before) -> Change:
        """Present values of some places, for what is about to change."""
        at = np.ix_(elements, places)
        counts = np.stack([self.counts[:, t][at] for t in range(self.counts.shape[1])], axis=1)
        return Change(elements, places, self.near[at], self.which[at], counts, before)

    def put_back(self, change: Change) -> None:
        """The values from before a change."""
        at = np.ix_(change.elements, change.places)
        self.near[at], self.which[at] = change.near, change.which
        for t in range(self.counts.shape[1]):
            self.counts[:, t][at] = change.counts[:, t]

    def count(self, e: int, places: Ints, cost: Lengths, sign: int) -> None:
        """One facility of element ``e`` more, or less, at such costs from places."""
        used = self.thresholds[e] > 0
        within = (cost[None, :] <= self.thresholds[e][:, None]) & used[:, None]
        self.counts[e][:, places] += (within * np.int64(sign)).astype(np.uint32)

    def offer(self, e: int, number: int, places: Ints, cost: Lengths) -> None:
        """Let places take a facility where it is nearer than theirs; of equally near ones the smaller number."""
        near, which = self.near[e, places], self.which[e, places]
        better = (cost < near) | ((cost == near) & (number < which))
        self.near[e, places[better]] = cost[better]
        self.which[e, places[better]] = number
