"""Kernels of sight: barriers near each street, and the distance from raster nodes to the nearest street they see.

A node sees a point of a street when the straight line between the two meets no barrier. Along a straight piece of
street the barriers throw shadows, as from a lamp at the node; the nearest point outside all of them is found exactly,
so that it makes no difference how a street is cut into pieces.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kezhong.network._compile import kernel
from kezhong.network._isochrone import grown

_HAIR = 1e-3
"""Shadows are so much wider (metres) that none falls between two segments of a barrier or past a bank's edge."""
_FLAT = 1e-6
_BEYOND = 1e-3


class Ground(NamedTuple):
    """Courses of the streets and, by course segment, the barriers near it.

    Segment ``k`` runs from course point ``k`` to the next; barrier segment ``j`` likewise on ``wall_xy``. ``grid``
    files the barriers (:class:`kezhong.network.snapping.Segments`).
    """

    xy: NDArray[np.float64]
    ptr: NDArray[np.int64]
    along: NDArray[np.float64]
    wall_xy: NDArray[np.float64]
    near_ptr: NDArray[np.int64]
    near: NDArray[np.int32]
    grid: Any
    width: float
    cell: float


@kernel
def walls_near(xy: Any, ptr: Any, wall_xy: Any, grid: Any, width: Any) -> Any:
    """Barrier segments whose box comes within the width of a course segment's box, by course segment: CSR."""
    near_ptr = np.zeros(xy.shape[0] + 1, np.int64)
    near = np.empty(1024, np.int32)
    count = 0
    for e in range(ptr.size - 1):
        for k in range(ptr[e], ptr[e + 1]):
            near_ptr[k] = count
            if k + 1 == ptr[e + 1] or grid.columns == 0:
                continue
            left, right = min(xy[k, 0], xy[k + 1, 0]) - width, max(xy[k, 0], xy[k + 1, 0]) + width
            lower, upper = min(xy[k, 1], xy[k + 1, 1]) - width, max(xy[k, 1], xy[k + 1, 1]) + width
            first = count
            for r in range(
                max(int(np.floor((lower - grid.y0) / grid.size)), 0),
                min(int(np.floor((upper - grid.y0) / grid.size)), grid.rows - 1) + 1,
            ):
                for c in range(
                    max(int(np.floor((left - grid.x0) / grid.size)), 0),
                    min(int(np.floor((right - grid.x0) / grid.size)), grid.columns - 1) + 1,
                ):
                    for i in range(grid.ptr[r * grid.columns + c], grid.ptr[r * grid.columns + c + 1]):
                        j = grid.item[i]
                        if (
                            max(wall_xy[j, 0], wall_xy[j + 1, 0]) < left
                            or min(wall_xy[j, 0], wall_xy[j + 1, 0]) > right
                            or max(wall_xy[j, 1], wall_xy[j + 1, 1]) < lower
                            or min(wall_xy[j, 1], wall_xy[j + 1, 1]) > upper
                        ):
                            continue
                        known = False
                        for s in range(first, count):
                            known = known or near[s] == j
                        if not known:
                            near = grown(near, count + 1)
                            near[count] = j
                            count += 1
    near_ptr[xy.shape[0]] = count
    return near_ptr, near[:count].copy()


@kernel
def _side(ax: Any, ay: Any, bx: Any, by: Any, px: Any, py: Any) -> Any:
    """Twice the area of the triangle a, b, p: positive where p lies left of a → b."""
    return (bx - ax) * (py - ay) - (by - ay) * (px - ax)


@kernel
def _turned(ground: Any, k: Any, line: Any, walls: Any) -> None:
    """The barriers near segment ``k`` in the axes of a line (start, direction): along, across, the lower end first."""
    sx, sy, dx, dy = line
    first = ground.near_ptr[k]
    for i in range(walls.shape[0]):
        j = ground.near[first + i]
        ux, uy = ground.wall_xy[j, 0] - sx, ground.wall_xy[j, 1] - sy
        vx, vy = ground.wall_xy[j + 1, 0] - sx, ground.wall_xy[j + 1, 1] - sy
        a, b, p, q = ux * dx + uy * dy, vx * dx + vy * dy, uy * dx - ux * dy, vy * dx - vx * dy
        if p > q:
            a, b, p, q = b, a, q, p
        walls[i, 0], walls[i, 1], walls[i, 2], walls[i, 3] = a, p, b, q


@kernel
def _shadows(walls: Any, x: Any, h: Any, begin: Any, end: Any, low: Any, high: Any) -> Any:
    """Shadows that barriers throw on ``begin … end`` of the line, seen from (x, h); how many.

    A barrier that runs along the street throws none: which side of it the street is on cannot be told. A node on a
    barrier sees nothing.
    """
    side, up = 1.0 if h >= 0.0 else -1.0, max(abs(h), _FLAT)
    top = up * (1.0 - 1e-9)
    # What throws a shadow there stands in the box of the triangle between the node and that part of the line.
    left, right = min(begin, x) - _HAIR, max(end, x) + _HAIR
    lower, upper = min(h, 0.0) - _HAIR, max(h, 0.0) + _HAIR
    count = 0
    for i in range(walls.shape[0]):
        a, p, b, q = walls[i, 0], walls[i, 1], walls[i, 2], walls[i, 3]
        if p > upper or q < lower or max(a, b) < left or min(a, b) > right:
            continue
        if _upon(a, p, b, q, x, h):
            low[0], high[0] = -np.inf, np.inf
            return 1
        if side < 0.0:
            a, p, b, q = b, -q, a, -p
        # Only what stands between the line and the node: 0 ≤ height < up.
        if q < 0.0 or p >= up or (q <= _HAIR and p >= -_HAIR):
            continue
        rise = (b - a) / (q - p) if q > p else 0.0
        if q > top:
            b, q = b + (top - q) * rise, top
        if p < 0.0:
            a, p = a - p * rise, 0.0
        a, b = x + (a - x) * up / (up - p), x + (b - x) * up / (up - q)
        low[count], high[count] = min(a, b) - _HAIR, max(a, b) + _HAIR
        count += 1
    return count


@kernel
def _upon(a: Any, p: Any, b: Any, q: Any, x: Any, h: Any) -> bool:
    """Whether (x, h) lies on the line from (a, p) to (b, q)."""
    along, across = (x - a) * (b - a) + (h - p) * (q - p), (x - a) * (q - p) - (h - p) * (b - a)
    size = (b - a) ** 2 + (q - p) ** 2
    return bool(across * across <= _HAIR * _HAIR * size and 0.0 <= along <= size)


@kernel
def _nearest_lit(low: Any, high: Any, count: Any, foot: Any, length: Any) -> Any:
    """Point of ``0 … length`` outside all shadows that is nearest to ``foot``, −1 for none."""
    onwards, back = foot, foot
    moved = True
    while moved:
        moved = False
        for i in range(count):
            if low[i] <= onwards < high[i]:
                onwards, moved = high[i], True
            if low[i] < back <= high[i]:
                back, moved = low[i], True
    if onwards > length and back < 0.0:
        return -1.0
    if back < 0.0 or (onwards <= length and onwards - foot <= foot - back):
        return onwards
    return back


@kernel
def paint(ground: Any, ends: Any, k: Any, x0: Any, y0: Any, seen: Any, hidden: Any, box: Any) -> None:
    """Lower the squared distances around one straight piece, where it is seen, and mark who only fails to see it.

    ``box`` grows to hold the first and last row and column that were touched.
    """
    width, cell = ground.width, ground.cell
    ax, ay, bx, by = ends[0] - x0, ends[1] - y0, ends[2] - x0, ends[3] - y0
    dx, dy = bx - ax, by - ay
    square = dx * dx + dy * dy
    reach = width + cell
    c0, c1 = int(np.ceil((min(ax, bx) - reach) / cell)), int(np.floor((max(ax, bx) + reach) / cell))
    r0, r1 = int(np.ceil((min(ay, by) - reach) / cell)), int(np.floor((max(ay, by) + reach) / cell))
    c0, r0 = max(c0, 0), max(r0, 0)
    c1, r1 = min(c1, seen.shape[1] - 1), min(r1, seen.shape[0] - 1)
    box[0], box[1], box[2], box[3] = min(box[0], r0), max(box[1], r1), min(box[2], c0), max(box[3], c1)
    if ground.near_ptr[k] < ground.near_ptr[k + 1]:
        _paint_walled(ground, ends, k, x0, y0, (r0, r1, c0, c1), seen, hidden)
        return
    # Single precision, without branches: eight or sixteen nodes at a time. Rasters are a few kilometres wide.
    unit = np.float32(1.0 / square if square > 0.0 else 0.0)
    fdx, fdy, fcell, fax = np.float32(dx), np.float32(dy), np.float32(cell), np.float32(c0 * cell - ax)
    for r in range(r0, r1 + 1):
        py = np.float32(r * cell - ay)
        row = seen[r, c0 : c1 + 1]
        for c in range(np.int32(row.size)):
            qx = fax + np.float32(c) * fcell
            part = (qx * fdx + py * fdy) * unit
            part = part if part > np.float32(0.0) else np.float32(0.0)
            part = part if part < np.float32(1.0) else np.float32(1.0)
            gx, gy = qx - part * fdx, py - part * fdy
            d = gx * gx + gy * gy
            row[c] = d if d < row[c] else row[c]


@kernel
def _paint_walled(ground: Any, ends: Any, k: Any, x0: Any, y0: Any, nodes: Any, seen: Any, hidden: Any) -> None:
    """The same where barriers are near. Beyond the width sight makes no difference: there the area ends anyway."""
    cell, bound = ground.cell, ground.width * ground.width
    dx, dy = ends[2] - ends[0], ends[3] - ends[1]
    length = np.hypot(dx, dy)
    line = (ends[0], ends[1], dx / max(length, _FLAT), dy / max(length, _FLAT))
    n = ground.near_ptr[k + 1] - ground.near_ptr[k]
    walls, low, high = np.empty((n, 4), np.float64), np.empty(n, np.float64), np.empty(n, np.float64)
    _turned(ground, k, line, walls)
    r0, r1, c0, c1 = nodes
    for r in range(r0, r1 + 1):
        qy = y0 + r * cell - ends[1]
        for c in range(c0, c1 + 1):
            qx = x0 + c * cell - ends[0]
            x, h = qx * line[2] + qy * line[3], qy * line[2] - qx * line[3]
            foot = min(max(x, 0.0), length)
            d = np.float32((x - foot) ** 2 + h * h)
            if d >= seen[r, c]:
                continue
            if d > bound:
                seen[r, c] = d
                continue
            half = np.sqrt(max(bound - h * h, 0.0))
            count = _shadows(walls, x, h, max(x - half, 0.0), min(x + half, length), low, high)
            lit = _nearest_lit(low, high, count, foot, length)
            d = np.float32((x - lit) ** 2 + h * h) if lit >= 0.0 else np.float32(np.inf)
            if d <= bound:
                seen[r, c] = min(seen[r, c], d)
            else:
                hidden[r, c] = True


@kernel
def first_wall(grid: Any, walls: Any, ax: Any, ay: Any, bx: Any, by: Any) -> Any:
    """Share of the line a → b before the first barrier, 2 where none crosses it; one on which ``b`` lies counts."""
    first = 2.0
    bx, by = bx + _BEYOND * (bx - ax), by + _BEYOND * (by - ay)
    left, right, lower, upper = min(ax, bx), max(ax, bx), min(ay, by), max(ay, by)
    r0, r1 = int(np.floor((lower - grid.y0) / grid.size)), int(np.floor((upper - grid.y0) / grid.size))
    c0, c1 = int(np.floor((left - grid.x0) / grid.size)), int(np.floor((right - grid.x0) / grid.size))
    for r in range(max(r0, 0), min(r1, grid.rows - 1) + 1):
        for c in range(max(c0, 0), min(c1, grid.columns - 1) + 1):
            for i in range(grid.ptr[r * grid.columns + c], grid.ptr[r * grid.columns + c + 1]):
                j = grid.item[i]
                ux, uy, vx, vy = walls[j, 0], walls[j, 1], walls[j + 1, 0], walls[j + 1, 1]
                if (_side(ax, ay, bx, by, ux, uy) >= 0.0) == (_side(ax, ay, bx, by, vx, vy) >= 0.0):
                    continue
                here, there = _side(ux, uy, vx, vy, ax, ay), _side(ux, uy, vx, vy, bx, by)
                if here != there and here * there <= 0.0:
                    first = min(first, (1.0 + _BEYOND) * here / (here - there))
    return first
