"""Where points stand on the streets while these are closed, opened and added: snapped anew only where that matters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kezhong.network.graph import Flags, Floats, Ints, Lengths, WalkGraph
from kezhong.network.snapping import Snapped, edge_kinds, file_lines, snap, snap_points


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
        found = _snap_near(graph, self.xy[near], self.max_gap_m, kind)
        columns: dict[str, Any] = {}
        for name in _COLUMNS:
            column = getattr(self, name).copy()
            column[near] = getattr(found, name)
            columns[name] = column
        return Footing(graph, closed, self.xy, self.max_gap_m, kind, **columns)


def snap_near(graph: WalkGraph, xy: Floats, max_gap_m: float, edge_mask: Flags | None = None) -> Snapped:
    """As :func:`kezhong.network.snap`, quicker for points that all lie in one part of a network that is new.

    Only the streets of that part are filed.
    """
    return _snap_near(graph, xy, max_gap_m, edge_kinds(graph, edge_mask))


def _snap_near(graph: WalkGraph, xy: Floats, max_gap_m: float, kind: NDArray[np.uint8]) -> Snapped:
    low, high = xy.min(axis=0, initial=np.inf) - max_gap_m - 1.0, xy.max(axis=0, initial=-np.inf) + max_gap_m + 1.0
    first = graph.edge_ptr[:-1]
    within = np.ones(graph.n_edges, np.bool_)
    for axis in (0, 1) if graph.n_edges else ():
        course = graph.edge_xy[:, axis]
        within &= np.minimum.reduceat(course, first) <= high[axis]
        within &= np.maximum.reduceat(course, first) >= low[axis]
    chosen = np.flatnonzero(within)
    rows, ptr = _rows_of(graph, chosen)
    course = graph.edge_xy[rows]
    edge, *rest = snap_points(course, ptr, graph.edge_dm[chosen], file_lines(course, ptr), kind[chosen], xy, max_gap_m)
    on = edge >= 0
    edge[on] = chosen[edge[on]]
    return Snapped(edge, *rest)


_COLUMNS = ("edge", "offset_dm", "gap_dm", "reason")


def _around(xy: Floats, parts: list[tuple[WalkGraph, NDArray[np.int64]]], margin: float) -> NDArray[np.int64]:
    """Points within a margin of the box around some edges."""
    courses = []
    for graph, edges in parts:
        courses.append(graph.edge_xy[_rows_of(graph, edges)[0]])
    course = np.concatenate(courses)
    if not len(course):
        return np.zeros(0, np.int64)
    low, high = course.min(axis=0) - margin - 1.0, course.max(axis=0) + margin + 1.0
    return np.flatnonzero(((xy >= low) & (xy <= high)).all(axis=1))


def _rows_of(graph: WalkGraph, edges: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Points of the courses of some edges, one course after the other, and the offsets of these."""
    first = graph.edge_ptr[edges]
    length = graph.edge_ptr[edges + 1] - first
    ptr = np.concatenate([np.zeros(1, np.int64), np.cumsum(length)])
    return np.repeat(first - ptr[:-1], length) + np.arange(ptr[-1]), ptr
