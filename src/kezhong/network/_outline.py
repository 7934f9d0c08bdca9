"""Kernels of reached areas: the outline of the ground in sight of the reached streets, from a raster.

A raster node belongs to the area when a reached point of a street within the width is in its sight (``_sight.py``).
Outlines leave the raster's edges where the width or a barrier ends the area, not half-way.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from kezhong.network._compile import kernel
from kezhong.network._isochrone import (
    close_origin,
    grown,
    homeward,
    onward,
    open_origin,
    point_on,
    spans,
)
from kezhong.network._sight import first_wall, paint

MAX_RASTER = 50_000_000
"""Most raster nodes of one origin."""

_INSET = 1e-5


@kernel
def _pieces_of(roads: Any, ground: Any, seeds: Any, p: Any, found: Any, limits: Any, desk: Any) -> Any:
    """Straight reached pieces of an origin: ends (s, 4), course segment, number of the first limit that reaches it."""
    most = 0
    for e in found:
        parts = spans(roads, seeds, p, e, desk)
        most += ground.ptr[e + 1] - ground.ptr[e] + 2 * limits.size * parts
    ends = np.empty((most, 4), np.float64)
    segment = np.empty(most, np.int32)
    level = np.empty(most, np.int32)
    count = 0
    for e in found:
        parts = spans(roads, seeds, p, e, desk)
        for i in range(parts):
            low, high = desk.stop[i], desk.stop[i + 1]
            left, right = low, high
            for t in range(limits.size):
                a = onward(roads.edges, e, low, high, desk.ahead[i], limits[t])
                b = homeward(roads.edges, e, low, high, desk.back[i + 1], limits[t])
                if a >= b:
                    count = _straight(roads, ground, e, left, right, t, ends, segment, level, count)
                    break
                if a > left:
                    count = _straight(roads, ground, e, left, a, t, ends, segment, level, count)
                    left = a
                if b < right:
                    count = _straight(roads, ground, e, b, right, t, ends, segment, level, count)
                    right = b
    return ends[:count], segment[:count], level[:count]


@kernel
def _straight(
    roads: Any, ground: Any, e: Any, low: Any, high: Any, t: Any, ends: Any, segment: Any, level: Any, count: Any
) -> Any:
    """Write the straight pieces of an edge between two offsets; the new count."""
    if low >= high:
        return count
    ptr, along = ground.ptr, ground.along
    scale = along[ptr[e + 1] - 1] / np.float64(roads.edges.dm[e])
    begin, finish = low * scale, high * scale
    for k in range(ptr[e], ptr[e + 1] - 1):
        if along[k + 1] <= begin:
            continue
        if along[k] >= finish:
            break
        ends[count, 0], ends[count, 1] = point_on(ground.xy, along, k, begin)
        ends[count, 2], ends[count, 3] = point_on(ground.xy, along, k, finish)
        segment[count], level[count] = k, t
        count += 1
    return count


@kernel
def _leave(width: Any, seen: Any, hidden: Any, wall: Any, ar: Any, ac: Any, br: Any, bc: Any) -> Any:
    """Share of the raster's edge from a node inside to one outside at which the area ends; ``wall``: a barrier's."""
    if hidden[br, bc]:
        # At the barrier if it stands here, else the shadow ends somewhere on this edge.
        share = 2.0 if wall < 2.0 else 0.5
    else:
        inner, outer = np.sqrt(np.float64(seen[ar, ac])), np.sqrt(np.float64(seen[br, bc]))
        share = (width - inner) / (outer - inner)
    return min(max(min(share, wall), _INSET), 1.0 - _INSET)


@kernel
def _trace(
    ground: Any, x0: Any, y0: Any, seen: Any, hidden: Any, owner: Any, name: Any, ar: Any, ac: Any, bc: Any,
    xs: Any, ys: Any, count: Any,
) -> Any:  # fmt: skip
    """Follow one outline with the inside at its left, from the raster's edge (ar, ac) inside – (ar, bc) outside."""
    width, cell, grid, walls = ground.width, ground.cell, ground.grid, ground.wall_xy
    walled = grid.columns > 0
    bound = np.float32(width * width)
    br = ar
    start = (ar, ac, br, bc)
    first = count
    while True:
        if count + 2 > xs.size:
            xs, ys = grown(xs, count + 2), grown(ys, count + 2)
        wall = 2.0
        if walled:
            wall = first_wall(grid, walls, x0 + ac * cell, y0 + ar * cell, x0 + bc * cell, y0 + br * cell)
        share = _leave(width, seen, hidden, wall, ar, ac, br, bc)
        xs[count], ys[count] = x0 + (ac + share * (bc - ac)) * cell, y0 + (ar + share * (br - ar)) * cell
        count += 1
        if ar == br:
            owner[ar, min(ac, bc)] = name
        # Ahead is the way from inside to outside turned left.
        up, right = bc - ac, -(br - ar)
        if not seen[ar + up, ac + right] <= bound:
            br, bc = ar + up, ac + right
        elif not seen[br + up, bc + right] <= bound:
            ar, ac, br, bc = ar + up, ac + right, br + up, bc + right
        else:
            ar, ac = br + up, bc + right
        if (ar, ac, br, bc) == start:
            break
    xs[count], ys[count] = xs[first], ys[first]
    return xs, ys, count + 1


@kernel
def _rings(
    ground: Any, x0: Any, y0: Any, seen: Any, hidden: Any, box: Any, owner: Any, base: Any, xs: Any, ys: Any
) -> Any:
    """All outlines of the area, as found row by row: coordinates, ends, and the shell each belongs to.

    ``owner`` keeps the outline that crosses each horizontal edge of the raster; numbers below ``base`` are of before.
    """
    bound = np.float32(ground.width * ground.width)
    end = np.empty(16, np.int64)
    shell = np.empty(16, np.int32)
    n, count = 0, 0
    for r in range(box[0], box[1] + 1):
        left = -1
        inside = False
        for c in range(max(box[2] - 1, 0), min(box[3] + 1, seen.shape[1] - 1)):
            now = seen[r, c + 1] <= bound
            if now == inside:
                continue
            if owner[r, c] < base:
                owner[r, c] = base + n
                xs, ys, count = _trace(
                    ground, x0, y0, seen, hidden, owner, base + n, r, c + 1 if now else c, c if now else c + 1,
                    xs, ys, count,
                )  # fmt: skip
                end, shell = grown(end, n + 1), grown(shell, n + 1)
                # Met from outside it is a shell; met from inside, a hole of the shell last met in this row.
                end[n], shell[n] = count, n if now else shell[left]
                n += 1
            left = owner[r, c] - base
            inside = now
    return xs, ys, end[:n], shell[:n]


@kernel
def _frame(ends: Any, ground: Any) -> Any:
    """Raster around the pieces: first column and row (multiples of the cell), columns and rows."""
    cell, width = ground.cell, ground.width
    left, right = min(ends[:, 0].min(), ends[:, 2].min()), max(ends[:, 0].max(), ends[:, 2].max())
    lower, upper = min(ends[:, 1].min(), ends[:, 3].min()), max(ends[:, 1].max(), ends[:, 3].max())
    column, row = np.int64(np.floor((left - width) / cell)) - 1, np.int64(np.floor((lower - width) / cell)) - 1
    columns = np.int64(np.ceil((right + width) / cell)) + 2 - column
    rows = np.int64(np.ceil((upper + width) / cell)) + 2 - row
    return column, row, columns, rows


@kernel
def outlines(roads: Any, ground: Any, seeds: Any, first: Any, last: Any, limits: Any, shift: Any, desk: Any) -> Any:
    """Areas of origins ``first … last − 1`` for rising limits.

    Polygons a row (origin, limit); rings a polygon, the shell first; points a ring; points. An origin whose raster
    would be too large is answered by its number in the last value, else −1.
    """
    steps = limits.size
    rows = np.zeros((last - first) * steps, np.int64)
    rings = np.empty(64, np.int64)
    points = np.empty(64, np.int64)
    x, y = np.empty(4096, np.float64), np.empty(4096, np.float64)
    xs, ys = np.empty(1024, np.float64), np.empty(1024, np.float64)
    n_polygons, n_rings, n_points = 0, 0, 0
    failed = -1
    for p in range(first, last):
        met, found = open_origin(roads, seeds, p, limits[steps - 1], shift, desk)
        ends, segment, level = _pieces_of(roads, ground, seeds, p, found, limits, desk)
        close_origin(seeds, p, met, desk)
        if not ends.shape[0]:
            continue
        column, row, columns, high = _frame(ends, ground)
        if columns * high > MAX_RASTER:
            failed = p
            break
        x0, y0 = column * ground.cell, row * ground.cell
        seen = np.full((high, columns), np.inf, np.float32)
        hidden = np.zeros((high, columns), np.bool_)
        owner = np.full((high, columns), -1, np.int32)
        base = 0
        box = np.array([high, 0, columns, 0])
        for t in range(steps):
            for s in range(ends.shape[0]):
                if level[s] == t:
                    paint(ground, ends[s], segment[s], x0, y0, seen, hidden, box)
            xs, ys, end, shell = _rings(ground, x0, y0, seen, hidden, box, owner, base, xs, ys)
            base += end.size
            # Each shell with its holes behind it.
            order = np.argsort(shell * np.int64(end.size) + np.arange(end.size))
            for k in order:
                begin = end[k - 1] if k > 0 else 0
                size = end[k] - begin
                x, y = grown(x, n_points + size), grown(y, n_points + size)
                x[n_points : n_points + size] = xs[begin : begin + size]
                y[n_points : n_points + size] = ys[begin : begin + size]
                n_points += size
                points, rings = grown(points, n_rings + 1), grown(rings, n_polygons + 1)
                points[n_rings] = size
                n_rings += 1
                if shell[k] == k:
                    rings[n_polygons] = 0
                    n_polygons += 1
                    rows[(p - first) * steps + t] += 1
                rings[n_polygons - 1] += 1
    return (
        rows,
        rings[:n_polygons].copy(),
        points[:n_rings].copy(),
        np.column_stack((x[:n_points], y[:n_points])),
        failed,
    )
