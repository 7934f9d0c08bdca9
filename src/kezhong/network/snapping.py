"""Exact snapping of points to the nearest place on a street, in mid-edge.

Streets are filed by their straight segments in a square grid. A query walks rings of cells outwards and ends when no
unseen cell can hold anything nearer, so that the answer is the nearest segment, not a nearest node or sample.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kezhong.errors import InputError
from kezhong.network import _layout
from kezhong.network._compile import kernel
from kezhong.network.graph import Flags, Ints, Lengths, WalkGraph

SNAPPED = 0
"""On the street network."""
NO_STREET = 1
"""No street within ``max_gap_m``; edge −1."""
ISLAND = 2
"""Only an island of the network is near; snapped onto it."""
MASKED = 3
"""The streets that are near are closed to this walker; edge −1."""

MIN_COMPONENT_NODES = 100
"""Parts of the network with fewer nodes count as islands, unless they are the largest part."""

_CELL_M = 40.0
_MAX_CELLS = 4_000_000


@dataclass(frozen=True, eq=False)
class Snapped:
    """Where points lie on the network.

    Attributes
    ----------
    edge : int32 (n,)
        Nearest edge, −1 where there is none.
    offset_dm : uint32 (n,)
        Decimetres from the edge's start, between 0 and the edge's length.
    gap_dm : uint32 (n,)
        Straight distance between point and street.
    reason : uint8 (n,)
        ``SNAPPED``, ``NO_STREET``, ``ISLAND`` or ``MASKED``.
    """

    edge: Ints
    offset_dm: Lengths
    gap_dm: Lengths
    reason: NDArray[np.uint8]


class Segments(NamedTuple):
    """Segments by cell: those of ``c`` are ``item[ptr[c]:ptr[c + 1]]``, numbered by their first course point."""

    x0: float
    y0: float
    size: float
    columns: int
    rows: int
    ptr: NDArray[np.int64]
    item: NDArray[np.int32]
    edge: NDArray[np.int32]


def index_segments(graph: WalkGraph) -> Segments:
    """File all segments of the graph's edges in a grid."""
    return file_lines(graph.edge_xy, graph.edge_ptr)


def file_lines(xy: NDArray[np.float64], ptr: NDArray[np.int64], cell_m: float = _CELL_M) -> Segments:
    """File the segments of lines ``xy[ptr[i]:ptr[i + 1]]`` in a grid; ``edge`` numbers the lines."""
    edge = np.repeat(np.arange(len(ptr) - 1, dtype=np.int32), np.diff(ptr))
    if not len(xy):
        return Segments(0.0, 0.0, cell_m, 0, 0, np.zeros(1, np.int64), np.empty(0, np.int32), edge)
    x0, y0 = (float(value) for value in xy.min(axis=0))
    width, height = (float(value) for value in xy.max(axis=0) - (x0, y0))
    # A city of any extent gets a grid of bounded size.
    size = max(cell_m, (width * height / _MAX_CELLS) ** 0.5, max(width, height) / 30_000)
    columns, rows = int(width / size) + 1, int(height / size) + 1
    cell_ptr, item = _file_segments(xy, ptr, x0, y0, size, columns, rows)
    return Segments(x0, y0, size, columns, rows, cell_ptr, item, edge)


def snap(
    graph: WalkGraph,
    xy: ArrayLike,
    max_gap_m: float,
    *,
    edge_mask: ArrayLike | None = None,
    min_component_nodes: int = MIN_COMPONENT_NODES,
) -> Snapped:
    """Put each point on the nearest street.

    A point goes to the nearest usable edge within ``max_gap_m`` that is not on an island, even where an island is
    nearer; where islands are all there is, onto the nearest of them, with the reason ``ISLAND``. Islands are judged on
    the network that ``edge_mask`` leaves. Of equally near edges the one with the smaller number is taken, on it the
    smaller offset.

    Parameters
    ----------
    xy
        ``(n, 2)`` metres, the graph's system.
    max_gap_m
        Farthest a street may be.
    edge_mask
        bool ``(m,)``, true where the walker may walk; all when absent.
    min_component_nodes
        Smallest number of nodes of a part that is no island; the largest part never is one.

    Raises
    ------
    InputError
        Coordinates that are no numbers, a mask of another length, a negative or infinite gap.
    """
    points = np.ascontiguousarray(xy, dtype=np.float64).reshape(-1, 2)
    finite = np.isfinite(points).all(axis=1)
    if not finite.all():
        row = int(np.argmin(finite))
        raise InputError("network.not_finite", column="xy", row=row, value=points[row].tolist())
    if not 0.0 <= max_gap_m < 1e8:
        raise InputError("network.bad_limit", column="max_gap_m", value=max_gap_m)
    kind = edge_kinds(graph, edge_mask, min_component_nodes)
    segments = graph.segments
    return Snapped(*snap_points(graph.edge_xy, graph.edge_ptr, graph.edge_dm, segments, kind, points, float(max_gap_m)))


_MAIN, _ISLAND_EDGE, _CLOSED = 0, 1, 2


def edge_kinds(
    graph: WalkGraph, edge_mask: ArrayLike | None, min_nodes: int = MIN_COMPONENT_NODES
) -> NDArray[np.uint8]:
    """Class of each edge: on the main network, on an island, closed."""
    if edge_mask is None:
        component, size = graph.component, graph.component_nodes
        usable: Flags = np.ones(graph.n_edges, np.bool_)
    else:
        usable = checked_flags(edge_mask, "edge_mask", graph.n_edges)
        component, size = _layout.components(graph.n_nodes, graph.edge_u, graph.edge_v, usable)
    island = (size < min_nodes) & (size < size.max(initial=0))
    kind = np.where(island[component[graph.edge_u]], _ISLAND_EDGE, _MAIN)
    return np.where(usable, kind, _CLOSED).astype(np.uint8)


def checked_flags(values: ArrayLike, name: str, length: int) -> Flags:
    """A boolean array of the given length, or an error that names it."""
    flags = np.ascontiguousarray(values)
    if flags.shape != (length,) or flags.dtype != np.bool_:
        raise InputError(
            "network.shape", column=name, value=f"{flags.dtype} {flags.shape}", expected=f"bool ({length},)"
        )
    return flags


@kernel
def _file_segments(xy: Any, ptr: Any, x0: Any, y0: Any, size: Any, columns: Any, rows: Any) -> Any:
    cell_ptr = np.zeros(columns * rows + 1, np.int64)
    item = np.empty(0, np.int32)
    # Once to count, once to fill.
    for fill in range(2):
        if fill == 1:
            for c in range(columns * rows):
                cell_ptr[c + 1] += cell_ptr[c]
            item = np.empty(cell_ptr[-1], np.int32)
            at = cell_ptr[:-1].copy()
        else:
            at = cell_ptr[:-1].copy()
        for e in range(ptr.size - 1):
            for k in range(ptr[e], ptr[e + 1] - 1):
                ax, ay = (xy[k, 0] - x0) / size, (xy[k, 1] - y0) / size
                bx, by = (xy[k + 1, 0] - x0) / size, (xy[k + 1, 1] - y0) / size
                if ay > by:
                    ax, ay, bx, by = bx, by, ax, ay
                for r in range(max(int(ay - 1e-6), 0), min(int(by + 1e-6), rows - 1) + 1):
                    left, right = _span_in_row(ax, ay, bx, by, r)
                    for c in range(max(int(left - 1e-6), 0), min(int(right + 1e-6), columns - 1) + 1):
                        if fill == 0:
                            cell_ptr[r * columns + c + 1] += 1
                        else:
                            item[at[r * columns + c]] = k
                            at[r * columns + c] += 1
    return cell_ptr, item


@kernel
def _span_in_row(ax: Any, ay: Any, bx: Any, by: Any, row: Any) -> Any:
    """From where to where in x a segment (``ay <= by``) runs between ``y = row`` and ``y = row + 1``."""
    low, high = ax, bx
    if by - ay > 1e-12:
        slope = (bx - ax) / (by - ay)
        low = ax + (max(row - 1e-6, ay) - ay) * slope
        high = ax + (min(row + 1 + 1e-6, by) - ay) * slope
    return min(low, high), max(low, high)


@kernel
def _nearest_on_segment(xy: Any, k: Any, px: Any, py: Any) -> Any:
    """Squared distance from a point to segment ``k`` and the share of the segment before the foot."""
    ax, ay, bx, by = xy[k, 0], xy[k, 1], xy[k + 1, 0], xy[k + 1, 1]
    dx, dy = bx - ax, by - ay
    square = dx * dx + dy * dy
    share = 0.0
    if square > 0.0:
        share = min(max(((px - ax) * dx + (py - ay) * dy) / square, 0.0), 1.0)
    # At the ends the node's own coordinates, so that edges meeting there tie exactly.
    fx, fy = ax + share * dx, ay + share * dy
    if share == 1.0:
        fx, fy = bx, by
    return (px - fx) ** 2 + (py - fy) ** 2, share


@kernel
def _search_rings(xy: Any, grid: Any, kind: Any, px: Any, py: Any, max_gap: Any, best: Any, segment: Any) -> Any:
    """Fill squared distance and segment of the nearest edge of each class, as far as they matter for the answer."""
    best[:] = max_gap * max_gap
    segment[:] = -1
    if grid.columns == 0:
        return
    column = int(np.floor((px - grid.x0) / grid.size))
    row = int(np.floor((py - grid.y0) / grid.size))
    # Rings that lie wholly outside the grid hold nothing.
    outside = max(max(-column, column - grid.columns + 1), max(-row, row - grid.rows + 1))
    ring = max(outside, 0)
    while True:
        reach = max(ring - 1, 0) * grid.size
        if ring > 0:
            reach = min(
                min(px - (grid.x0 + (column - ring + 1) * grid.size), grid.x0 + (column + ring) * grid.size - px),
                min(py - (grid.y0 + (row - ring + 1) * grid.size), grid.y0 + (row + ring) * grid.size - py),
            )
        # Nothing outside the rings seen so far is nearer than `reach`; a hair is left for rounding.
        if reach - 1e-6 > max_gap or (segment[_MAIN] >= 0 and (reach - 1e-6) > np.sqrt(best[_MAIN])):
            break
        if ring > max(max(column, grid.columns - column), max(row, grid.rows - row)) + 1:
            break
        for r in range(max(row - ring, 0), min(row + ring, grid.rows - 1) + 1):
            whole = r == row - ring or r == row + ring
            step = 1 if whole or ring == 0 else 2 * ring
            for c in range(column - ring, column + ring + 1, step):
                if c < 0 or c >= grid.columns:
                    continue
                for i in range(grid.ptr[r * grid.columns + c], grid.ptr[r * grid.columns + c + 1]):
                    k = grid.item[i]
                    group = kind[grid.edge[k]]
                    square, _ = _nearest_on_segment(xy, k, px, py)
                    # Course points are numbered by edge, then along it: the smaller k is the tie rule.
                    if square < best[group] or (square == best[group] and (segment[group] < 0 or k < segment[group])):
                        best[group] = square
                        segment[group] = k
        ring += 1


@kernel
def snap_points(xy: Any, ptr: Any, edge_dm: Any, grid: Any, kind: Any, points: Any, max_gap: Any) -> Any:
    """Edge, offset, gap and reason of each point (:class:`Snapped`) on lines that are filed in ``grid``."""
    n = points.shape[0]
    edge = np.full(n, -1, np.int32)
    offset = np.zeros(n, np.uint32)
    gap = np.zeros(n, np.uint32)
    reason = np.full(n, NO_STREET, np.uint8)
    best = np.empty(3, np.float64)
    segment = np.empty(3, np.int64)
    for i in range(n):
        px, py = points[i, 0], points[i, 1]
        _search_rings(xy, grid, kind, px, py, max_gap, best, segment)
        group = _MAIN
        if segment[_MAIN] < 0:
            group = _ISLAND_EDGE
            if segment[_ISLAND_EDGE] < 0:
                if segment[_CLOSED] >= 0:
                    reason[i] = MASKED
                continue
        k = segment[group]
        e = grid.edge[k]
        square, share = _nearest_on_segment(xy, k, px, py)
        before = 0.0
        total = 0.0
        for j in range(ptr[e], ptr[e + 1] - 1):
            length = np.hypot(xy[j + 1, 0] - xy[j, 0], xy[j + 1, 1] - xy[j, 1])
            if j < k:
                before += length
            elif j == k:
                before += share * length
            total += length
        edge[i] = e
        if total > 0.0:
            offset[i] = np.uint32(min(np.rint(edge_dm[e] * (before / total)), np.float64(edge_dm[e])))
        gap[i] = np.uint32(np.rint(np.sqrt(square) * 10.0))
        reason[i] = SNAPPED if group == _MAIN else ISLAND
    return edge, offset, gap, reason
