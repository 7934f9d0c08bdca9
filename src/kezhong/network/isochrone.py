"""Isochrones: the streets, places and areas that are reached from a point within limits.

Definitions, accuracy and figures are in ``docs/isochrones.md``.
"""

from __future__ import annotations

import queue
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kezhong.errors import InputError
from kezhong.network import _isochrone, _outline, _sight
from kezhong.network._questions import checked_limit, thread_count
from kezhong.network._search import Arcs
from kezhong.network.access import Access, EdgeCosts, Seeds, seeds_of
from kezhong.network.graph import Floats, Ints, Lengths, Longs, WalkGraph
from kezhong.network.reach import Pairs, pairs
from kezhong.network.snapping import Segments, file_lines
from kezhong.network.weights import Weights, arcs_from, weights_of
from kezhong.progress import Progress, silent

WIDTH_M = 30.0
"""Width of the strip on either side of a reached street, in metres (建议值(待核))."""
CELL_M = 12.5
"""Distance of the raster's nodes, in metres."""

_STEP = "network.step_isochrones"
_CHUNK = 16
_BUCKETS = 10  # 2 to the power of: more buckets than this save nothing


@dataclass(frozen=True, eq=False)
class Barriers:
    """Lines that no area crosses: banks, railways, walls; rings of surfaces as closed lines.

    Attributes
    ----------
    xy : float64 (k, 2), ptr : int64 (b + 1,)
        Course of line ``i`` in metres: ``xy[ptr[i]:ptr[i + 1]]``.
    """

    xy: Floats
    ptr: Longs

    @classmethod
    def of(cls, xy: ArrayLike, ptr: ArrayLike) -> Barriers:
        """Check the arrays.

        Raises
        ------
        InputError
            Shapes that do not fit, coordinates that are no numbers.
        """
        points = np.ascontiguousarray(xy, np.float64).reshape(-1, 2)
        offsets = np.ascontiguousarray(ptr, np.int64)
        finite = np.isfinite(points).all(axis=1)
        if not finite.all():
            row = int(np.argmin(finite))
            raise InputError("network.not_finite", column="barriers.xy", row=row, value=points[row].tolist())
        fits = offsets.ndim == 1 and offsets.size > 0 and offsets[0] == 0 and offsets[-1] == len(points)
        if not fits or (np.diff(offsets) < 0).any():
            raise InputError("network.shape", column="barriers.ptr", value=offsets.shape, expected=f"0 … {len(points)}")
        return cls(points, offsets)


@dataclass(frozen=True, eq=False)
class Streets:
    """Reached pieces of street; row ``origin · T + threshold`` has the pieces ``ptr[row]:ptr[row + 1]``.

    Pieces are ordered by edge, then along it; each is walked from ``from_dm`` to ``to_dm`` (offsets on the edge, the
    former is the larger where the edge is walked against its course). Pieces of a row meet in points at most.

    Attributes
    ----------
    limits : uint32 (T,)
        In the order asked for.
    ptr : int64 (n · T + 1,)
    edge : int32 (k,); from_dm, to_dm, cost_from, cost_to : uint32 (k,)
    """

    limits: Lengths
    ptr: Longs
    edge: Ints
    from_dm: Lengths
    to_dm: Lengths
    cost_from: Lengths
    cost_to: Lengths

    def length_dm(self) -> NDArray[np.int64]:
        """Decimetres of reached street, int64 ``(n, T)``."""
        length = np.abs(self.to_dm.astype(np.int64) - self.from_dm.astype(np.int64))
        total = np.concatenate([np.zeros(1, np.int64), np.cumsum(length)])
        return np.asarray(_by_limit(np.diff(total[self.ptr]), self.limits))

    def courses(self, graph: WalkGraph) -> tuple[Floats, Longs]:
        """Course of each piece in metres, from its lower to its higher offset: ``xy (p, 2), ptr (k + 1,)``."""
        along = _isochrone.course_metres(graph.edge_xy, graph.edge_ptr)
        pieces = (self.edge, self.from_dm, self.to_dm)
        xy, ptr = _isochrone.courses(graph.edge_xy, graph.edge_ptr, along, graph.edge_dm, *pieces)
        return xy, ptr


@dataclass(frozen=True, eq=False)
class Outlines:
    """Reached areas; row ``origin · T + threshold`` has the polygons ``ptr[row]:ptr[row + 1]``.

    Polygon ``i`` has the rings ``polygon_ptr[i]:polygon_ptr[i + 1]``, the shell (anticlockwise) first, then its holes
    (clockwise); ring ``j`` the points ``ring_ptr[j]:ring_ptr[j + 1]`` of ``xy``, closed.

    Attributes
    ----------
    limits : uint32 (T,)
    ptr, polygon_ptr, ring_ptr : int64
    xy : float64 (k, 2), metres
    """

    limits: Lengths
    ptr: Longs
    polygon_ptr: Longs
    ring_ptr: Longs
    xy: Floats

    def square_metres(self) -> Floats:
        """Area, float64 ``(n, T)``."""
        x, y = (self.xy - self.xy[:1]).T
        doubled = x[:-1] * y[1:] - x[1:] * y[:-1] if len(x) else np.empty(0)
        total = np.concatenate([np.zeros(1), np.cumsum(doubled), np.zeros(1)])
        rings = total[np.maximum(self.ring_ptr[1:] - 1, 0)] - total[self.ring_ptr[:-1]]
        by_ring = np.concatenate([np.zeros(1), np.cumsum(rings)])
        rows = np.diff(by_ring[self.polygon_ptr[self.ptr]]) / 2.0
        return np.asarray(_by_limit(rows, self.limits))


@dataclass(frozen=True, eq=False)
class Isochrones:
    """A network, a walker and barriers, prepared once; then any number of questions, each of many origins.

    Make one with :meth:`build`. Origins are places: rows of :class:`kezhong.network.Access`, searched from all of them
    at once. Limits are in the unit of the weights; results do not depend on which other origins are asked for in the
    same call, nor on the number of threads.
    """

    graph: WalkGraph
    weights: Weights | None
    roads: _isochrone.Roads
    ground: _sight.Ground

    @classmethod
    def build(
        cls,
        graph: WalkGraph,
        *,
        weights: Weights | None = None,
        barred: ArrayLike | None = None,
        barriers: Barriers | None = None,
        width_m: float = WIDTH_M,
        cell_m: float = CELL_M,
    ) -> Isochrones:
        """Lay out the arcs, and list the barriers near each street.

        Parameters
        ----------
        weights
            Costs of the edges; without it their lengths.
        barred
            bool ``(m,)``, true for edges that cannot be walked.
        barriers
            What no area crosses.
        width_m
            Width of the strip on either side of a reached street, at least ``cell_m``.
        cell_m
            Distance of the raster's nodes.

        Raises
        ------
        InputError
            Weights or mask of another network, a width below the cell's, a cell that is not positive.
        """
        if not 0.1 <= cell_m <= width_m <= 10_000.0:
            raise InputError("network.bad_width", value=width_m, expected=cell_m)
        cost = weights_of(graph, weights, barred)
        edges = EdgeCosts.of(graph, cost)
        ptr, item = _isochrone.edges_at(graph.n_nodes, edges.start, edges.end)
        roads = _isochrone.Roads(Arcs(*arcs_from(graph, cost)), edges, ptr, item)
        along = _isochrone.course_metres(graph.edge_xy, graph.edge_ptr)
        walls = Barriers.of(np.empty((0, 2)), np.zeros(1)) if barriers is None else barriers
        grid: Segments = file_lines(walls.xy, walls.ptr, float(cell_m))
        near_ptr, near = _sight.walls_near(graph.edge_xy, graph.edge_ptr, walls.xy, grid, float(width_m))
        ground = _sight.Ground(
            graph.edge_xy, graph.edge_ptr, along, walls.xy, near_ptr, near, grid, float(width_m), float(cell_m)
        )
        return cls(graph, cost, roads, ground)

    def streets(
        self,
        origins: Access,
        n_origins: int,
        limits: ArrayLike,
        *,
        threads: int | None = None,
        progress: Progress = silent,
    ) -> Streets:
        """Reached pieces of street, exact to the decimetre, edges cut where a limit ends.

        A position is part of a piece exactly if a place there, without extra, would be reached within the limit.
        What an origin's extra alone exceeds is not reached; edges of length zero have no pieces.

        Raises
        ------
        InputError
            Origins or limits out of range.
        """
        asked = _limits(limits)
        parts = self._ask(_isochrone.street_pieces, (), origins, n_origins, asked, threads, progress)
        kinds = (np.int64, np.int32, np.uint32, np.uint32, np.uint32, np.uint32)
        rows, *columns = (
            np.concatenate([np.empty(0, kind), *(part[i] for part in parts)]) for i, kind in enumerate(kinds)
        )
        return Streets(asked, _offsets(rows), *columns)

    def areas(
        self,
        origins: Access,
        n_origins: int,
        limits: ArrayLike,
        *,
        threads: int | None = None,
        progress: Progress = silent,
    ) -> Outlines:
        """Reached areas: the strip along the reached streets that is in sight of them past barriers.

        Raises
        ------
        InputError
            Origins or limits out of range; an area so wide that its raster would not fit.
        """
        asked = _limits(limits)
        rising, place = np.unique(asked, return_inverse=True)
        parts = self._ask(_outline.outlines, (self.ground,), origins, n_origins, rising, threads, progress)
        failed = [part[4] for part in parts if part[4] >= 0]
        if failed:
            raise InputError("network.too_wide", row=min(failed), value=int(asked.max()))
        kinds = (np.int64, np.int64, np.int64)
        rows, rings, points = (
            np.concatenate([np.empty(0, kind), *(part[i] for part in parts)]) for i, kind in enumerate(kinds)
        )
        xy = np.concatenate([np.empty((0, 2)), *(part[3] for part in parts)])
        found = Outlines(rising, _offsets(rows), _offsets(rings), _offsets(points), xy)
        return found if np.array_equal(rising, asked) else _as_asked(found, asked, place)

    def places(
        self,
        origins: Access,
        n_origins: int,
        places: Access,
        n_places: int,
        limit: int,
        *,
        threads: int | None = None,
        progress: Progress = silent,
    ) -> Pairs:
        """Reached places (cells, facilities) by origin, with their costs: ``facility`` numbers the places.

        Searched from the origins, over reversed costs, with the distances of :func:`kezhong.network.pairs`.

        Raises
        ------
        InputError
            As :func:`kezhong.network.pairs`.
        """
        turned = None if self.weights is None else self.weights.turned
        found = pairs(
            self.graph, places, n_places, origins, n_origins, limit, weights=turned, threads=threads, progress=progress
        )
        place = np.repeat(np.arange(n_places, dtype=np.int32), np.diff(found.ptr))
        order = np.argsort(found.facility, kind="stable")
        ptr = _offsets(np.bincount(found.facility, minlength=n_origins))
        return Pairs(ptr, place[order], found.dm[order])

    def _ask(
        self,
        kernel: Callable[..., Any],
        more: tuple[Any, ...],
        origins: Access,
        n_origins: int,
        limits: Lengths,
        threads: int | None,
        progress: Progress,
    ) -> list[Any]:
        """Run a kernel over all origins in chunks; the chunks' results in order."""
        workers = thread_count(threads)
        if not len(limits) or not n_origins:
            return []
        rows = origins.checked(self.graph, n_origins, "origins")
        seeds: Seeds = seeds_of(self.roads.edges, rows, n_origins, leaving=True)
        most = int(np.diff(seeds.row_ptr).max(initial=0))
        farthest = int(limits.max())
        shift = max(farthest.bit_length() - _BUCKETS, 0)
        buckets = (farthest >> shift) + 1
        desks: queue.SimpleQueue[_isochrone.Desk] = queue.SimpleQueue()
        starts = range(0, n_origins, _CHUNK)
        for _ in range(min(workers, len(starts))):
            desks.put(_isochrone.new_desk(self.graph.n_nodes, self.graph.n_edges, most, buckets))
        wide = limits.astype(np.int64)

        def task(first: int) -> Any:
            desk = desks.get()
            try:
                return kernel(self.roads, *more, seeds, first, min(first + _CHUNK, n_origins), wide, shift, desk)
            finally:
                desks.put(desk)

        parts: list[Any] = []
        with ThreadPoolExecutor(workers) as pool:
            for part in pool.map(task, starts):
                parts.append(part)
                progress(len(parts) / len(starts), _STEP)
        return parts


def _limits(values: ArrayLike) -> Lengths:
    given = np.asarray(values)
    if given.ndim != 1 or (given.size and given.dtype.kind not in "iu"):
        raise InputError("network.shape", column="limits", value=f"{given.dtype} {given.shape}", expected="int (T,)")
    for value in given.tolist():
        checked_limit(value)
    return given.astype(np.uint32)


def _by_limit(rows: NDArray[Any], limits: Lengths) -> NDArray[Any]:
    """A value a row as ``(origins, limits)``; without a limit there are no rows."""
    return rows.reshape(len(rows) // max(len(limits), 1), len(limits))


def _offsets(counts: NDArray[Any]) -> Longs:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(counts, dtype=np.int64)])


def _as_asked(found: Outlines, asked: Lengths, place: NDArray[np.int64]) -> Outlines:
    """The same with the limits in the order they were asked for, repeated where they were."""
    steps = len(found.limits)
    origins = (len(found.ptr) - 1) // steps
    rows = (np.arange(origins)[:, None] * steps + place[None, :]).ravel()
    polygons, ptr = _taken(found.ptr, rows)
    rings, polygon_ptr = _taken(found.polygon_ptr, polygons)
    points, ring_ptr = _taken(found.ring_ptr, rings)
    return Outlines(asked, ptr, polygon_ptr, ring_ptr, found.xy[points])


def _taken(ptr: Longs, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], Longs]:
    """Items of the chosen rows, and the new offsets."""
    length = np.diff(ptr)[rows]
    fresh = _offsets(length)
    return np.arange(fresh[-1]) + np.repeat(ptr[:-1][rows] - fresh[:-1], length), fresh
