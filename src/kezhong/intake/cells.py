"""Cutting polygons along the analysis grid, and finding what points fall into; arrays only, metres."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely

from kezhong.city.grid import SIZE_M

Objects = npt.NDArray[np.object_]
Indices = npt.NDArray[np.int64]


def cut(shapes: Objects, size_m: float = SIZE_M) -> tuple[Indices, Objects]:
    """Cut projected polygons into the parts that lie in each cell of the analysis grid.

    Returns
    -------
    (position of the polygon, part); parts without area are left out.
    """
    bounds = shapely.bounds(shapes)
    present = np.flatnonzero(~np.isnan(bounds[:, 0]))
    if len(present) == 0:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=object)
    low = np.floor(bounds[present, :2] / size_m).astype(np.int64)
    high = np.ceil(bounds[present, 2:] / size_m).astype(np.int64)
    spans = np.maximum(high - low, 1)
    counts = spans[:, 0] * spans[:, 1]
    owner = np.repeat(np.arange(len(present)), counts)
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    east = low[owner, 0] + within % spans[owner, 0]
    north = low[owner, 1] + within // spans[owner, 0]
    squares = shapely.box(east * size_m, north * size_m, (east + 1) * size_m, (north + 1) * size_m)
    polygons = shapes[present].copy()
    shapely.prepare(polygons)
    touched = shapely.intersects(polygons[owner], squares)
    owner, squares = owner[touched], squares[touched]
    whole = shapely.contains(polygons[owner], squares)
    parts = squares.copy()
    parts[~whole] = shapely.intersection(polygons[owner[~whole]], squares[~whole])
    solid = shapely.area(parts) > 1e-6
    return present[owner[solid]], parts[solid]


def holder(points: Objects, polygons: Objects) -> Indices:
    """Position of the polygon each point lies in, −1 where none; the first of several."""
    found = np.full(len(points), -1, dtype=np.int64)
    usable = np.flatnonzero(~shapely.is_missing(polygons))
    if len(points) == 0 or len(usable) == 0:
        return found
    which, hit = shapely.STRtree(polygons[usable]).query(points, predicate="intersects")
    order = np.lexsort((hit, which))[::-1]  # written last: the smallest
    found[which[order]] = usable[hit[order]]
    return found
