"""Where points stand on the streets while these are closed, opened and added: snapped anew only where that matters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kezhong.network.graph import Flags, Floats, Ints, Lengths, WalkGraph
from kezhong.network.snapping import edge_kinds, snap


@dataclass(frozen=True, eq=False)
class Footing:
    """The result of :func:`kezhong.network.snap` for some points, and what it rests on.

    Attributes
    ----------
    xy : float64 (n, 2)
        Points in metres.
    edge, offset_dm, gap_dm, reason : (n,)
        As of ``Snapped``, with the closed edges masked.
    """

    graph: WalkGraph
    closed: Flags
    xy: Floats
    max_gap_m: float
    kind: NDArray[np.uint8]
    edge: Ints
    offset_dm: Lengths
    gap_dm: Lengths
    reason: NDArray[np.uint8]

    @classmethod
    def of(cls, graph: WalkGraph, closed: Flags, xy: Floats, max_gap_m: float) -> Footing:
        """Snap all points."""
        mask = ~closed if closed.any() else None
        found = snap(graph, xy, max_gap_m, edge_mask=mask)
        return cls(
            graph, closed, xy, max_gap_m, edge_kinds(graph, mask), found.edge, found.offset_dm, found.gap_dm,
            found.reason,
        )  # fmt: skip

    def on(self, graph: WalkGraph, closed: Flags, edges: list[int]) -> Footing:
        """The same points on other streets, which differ in some edges (those that are in only one of both included).

        Snapped anew are points near one of these edges, and near any that became an island or is one no more: a point
        is on no street that is farther away than the gap allows, neither before nor after.
        """
        mask = ~closed if closed.any() else None
        kind = edge_kinds(graph, mask)
        both = min(len(kind), len(self.kind))
        changed = np.union1d(np.flatnonzero(kind[:both] != self.kind[:both]), edges).astype(np.int64)
        near = _around(self.xy, [(one, changed[changed < one.n_edges]) for one in (self.graph, graph)], self.max_gap_m)
        found = snap(graph, self.xy[near], self.max_gap_m, edge_mask=mask)
        columns: dict[str, Any] = {}
        for name in _COLUMNS:
            column = getattr(self, name).copy()
            column[near] = getattr(found, name)
            columns[name] = column
        return Footing(graph, closed, self.xy, self.max_gap_m, kind, **columns)


_COLUMNS = ("edge", "offset_dm", "gap_dm", "reason")


def _around(xy: Floats, parts: list[tuple[WalkGraph, NDArray[np.int64]]], margin: float) -> NDArray[np.int64]:
    """Points within a margin of the box around some edges."""
    courses = []
    for graph, edges in parts:
        first, last = graph.edge_ptr[edges], graph.edge_ptr[edges + 1]
        length = last - first
        ends = np.cumsum(length)
        rows = np.repeat(first - (ends - length), length) + np.arange(ends[-1] if len(ends) else 0)
        courses.append(graph.edge_xy[rows])
    course = np.concatenate(courses)
    if not len(course):
        return np.zeros(0, np.int64)
    low, high = course.min(axis=0) - margin - 1.0, course.max(axis=0) + margin + 1.0
    return np.flatnonzero(((xy >= low) & (xy <= high)).all(axis=1))
