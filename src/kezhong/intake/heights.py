"""Heights along streets: points every few metres, a smoothed terrain, straight lines over bridges and through tunnels.

Everything is arrays; the terrain is a function of the place alone, so that edges agree where they meet.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from scipy.ndimage import gaussian_filter
from scipy.sparse import coo_array, csr_array, diags_array
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import spsolve

from kezhong.city.crs import to_projected

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

#: Heights are taken at least this often along a street (metres).
STEP_M = 10.0
#: The terrain is smoothed with a normal kernel whose deviation is one cell, within these bounds (metres): less would
#: leave the noise and the whole metres of a coarse model, more would level real slopes.
SMOOTH_M = (5.0, 30.0)


@dataclass(frozen=True, eq=False)
class Courses:
    """Points at equal distances along streets, both ends included.

    ``lonlat`` (k, 2), those of street ``e`` from ``ptr[e]`` to ``ptr[e + 1]``; ``metres`` (m,) lengths.
    """

    lonlat: Floats
    ptr: Ints
    metres: Floats

    @property
    def street(self) -> Ints:
        """Street of each point, (k,)."""
        return np.repeat(np.arange(len(self.metres)), np.diff(self.ptr))

    @property
    def share(self) -> Floats:
        """Where along its street each point lies, 0–1, (k,)."""
        size = np.diff(self.ptr)
        within = np.arange(self.ptr[-1]) - np.repeat(self.ptr[:-1], size)
        return np.asarray(within / np.repeat(size - 1, size), dtype=np.float64)


def courses(lines: npt.NDArray[np.object_], metres: Floats, crs: str, step_m: float = STEP_M) -> Courses:
    """Points at most ``step_m`` apart along lon/lat polylines of the given lengths."""
    size = np.maximum(np.ceil(metres / step_m), 1).astype(np.int64) + 1
    ptr = np.concatenate([[0], np.cumsum(size)]).astype(np.int64)
    if not len(lines):
        return Courses(np.empty((0, 2)), ptr, metres)
    lonlat, line = shapely.get_coordinates(lines, return_index=True)
    xy = to_projected(lonlat, crs)
    joined = line[1:] == line[:-1]
    # All lines on one axis, a metre apart: one interpolation serves them all.
    stride = np.where(joined, np.hypot(*np.diff(xy, axis=0).T), 1.0)
    along = np.concatenate([[0.0], np.cumsum(stride)])
    first = np.searchsorted(line, np.arange(len(lines)), side="left")
    last = np.searchsorted(line, np.arange(len(lines)), side="right") - 1
    found = Courses(np.empty((ptr[-1], 2)), ptr, metres)
    wanted = along[first][found.street] + found.share * (along[last] - along[first])[found.street]
    found.lonlat[:, 0] = np.interp(wanted, along, lonlat[:, 0])
    found.lonlat[:, 1] = np.interp(wanted, along, lonlat[:, 1])
    return found


def smooth(terrain: Floats, cell_m: tuple[float, float]) -> Floats:
    """Smooth a terrain with gaps (NaN); gaps stay gaps.

    Parameters
    ----------
    terrain
        (rows, columns) heights.
    cell_m
        Height and width of a cell in metres.
    """
    known = np.isfinite(terrain)
    if not known.any():
        return terrain
    sigma = [float(np.clip(max(cell_m), *SMOOTH_M)) / size for size in cell_m]
    weight = gaussian_filter(known.astype(np.float64), sigma, mode="nearest", truncate=3.0)
    total = gaussian_filter(np.where(known, terrain, 0.0), sigma, mode="nearest", truncate=3.0)
    return np.where(known, total / np.where(known, weight, 1.0), np.nan)


def bilinear(terrain: Floats, row: Floats, column: Floats) -> tuple[Floats, Flags]:
    """Heights between the cells' centres (row and column 0.5 is the first), and whether the point lies in the raster.

    Within half a cell of the frame the outermost cells count; next to a gap the known neighbours do, and NaN where
    there are none.
    """
    rows, columns = terrain.shape
    inside = (row >= 0) & (row <= rows) & (column >= 0) & (column <= columns)
    y, x = np.clip(row - 0.5, 0, rows - 1), np.clip(column - 0.5, 0, columns - 1)
    north, west = np.floor(y).astype(np.intp), np.floor(x).astype(np.intp)
    south, east = np.minimum(north + 1, rows - 1), np.minimum(west + 1, columns - 1)
    dy, dx = y - north, x - west
    total, weight = np.zeros(len(row)), np.zeros(len(row))
    for at_row, at_column, share in (
        (north, west, (1 - dy) * (1 - dx)),
        (north, east, (1 - dy) * dx),
        (south, west, dy * (1 - dx)),
        (south, east, dy * dx),
    ):
        value = terrain[at_row, at_column]
        known = np.isfinite(value)
        total += np.where(known, value, 0.0) * share
        weight += np.where(known, share, 0.0)
    found = np.full(len(row), np.nan)
    usable = inside & (weight > 1e-9)
    found[usable] = total[usable] / weight[usable]
    return found, inside


def bridge_gaps(height: Floats, found: Courses) -> Floats:
    """Fill gaps between known heights of a street, at its ends with the nearest.

    A street that knows fewer than half of its heights is left without any.
    """
    known = np.isfinite(height)
    street = found.street
    enough = np.bincount(street[known], minlength=len(found.metres)) * 2 >= np.diff(found.ptr)
    missing = ~known & enough[street]
    height = np.where(enough[street], height, np.nan)
    if not missing.any():
        return height
    # Streets far apart on one axis: only points of the same street are near enough to count.
    axis = street * 3.0 + found.share
    filled = height.copy()
    at = np.flatnonzero(np.isfinite(height))
    place = np.searchsorted(axis[at], axis[missing])
    before, after = at[np.maximum(place - 1, 0)], at[np.minimum(place, len(at) - 1)]
    own = street[missing]
    before = np.where(street[before] == own, before, after)
    after = np.where(street[after] == own, after, before)
    span = axis[after] - axis[before]
    share = np.divide(axis[missing] - axis[before], span, out=np.zeros(len(span)), where=span > 0)
    filled[missing] = height[before] * (1 - share) + height[after] * share
    return filled


def straighten(height: Floats, found: Courses, u: Ints, v: Ints, lifted: Flags, n_nodes: int) -> Floats:
    """Put bridges and tunnels on straight lines between where they start and end.

    Nodes within a bridge (all of whose streets belong to it) take the heights of a taut string: the mean of their
    neighbours, nearer ones counting more. A bridge that nothing leads onto keeps the terrain.

    Parameters
    ----------
    u, v
        (m,) nodes at the ends of each street.
    lifted
        (m,) whether the street is a bridge or tunnel.
    """
    if not lifted.any():
        return height
    node = np.full(n_nodes, np.nan)
    ground = ~lifted
    ends = found.ptr[:-1], found.ptr[1:] - 1
    for chosen in (lifted, ground):  # written last: the ground
        node[u[chosen]] = height[ends[0][chosen]]
        node[v[chosen]] = height[ends[1][chosen]]
    fixed = np.zeros(n_nodes, dtype=bool)
    fixed[u[ground]] = fixed[v[ground]] = True
    node = _taut(node, fixed & np.isfinite(node), u[lifted], v[lifted], found.metres[lifted])
    straight = height.copy()
    street, share = found.street, found.share
    on = lifted[street] & np.isfinite(node[u])[street] & np.isfinite(node[v])[street]
    straight[on] = node[u[street[on]]] * (1 - share[on]) + node[v[street[on]]] * share[on]
    return straight


def _taut(node: Floats, fixed: Flags, u: Ints, v: Ints, metres: Floats) -> Floats:
    """Heights of the free nodes of a net of strings, each the mean of its neighbours weighted by 1/length."""
    n = len(node)
    pull = 1.0 / np.maximum(metres, 0.1)
    both = coo_array(
        (np.concatenate([pull, pull]), (np.concatenate([u, v]), np.concatenate([v, u]))), shape=(n, n)
    ).tocsr()
    _, part = connected_components(both, directed=False)
    held = np.bincount(part[fixed], minlength=part.max() + 1)
    used = np.zeros(n, dtype=bool)
    used[u] = used[v] = True
    free = np.flatnonzero(used & ~fixed & (held[part] > 0))
    if not len(free):
        return node
    rows: csr_array = both[free]
    known = np.flatnonzero(fixed)
    system = diags_array(rows.sum(axis=1)) - rows[:, free]
    solved = node.copy()
    solved[free] = np.atleast_1d(spsolve(csr_array(system).tocsc(), rows[:, known] @ node[known]))
    return solved


@dataclass(frozen=True, eq=False)
class Profile:
    """What a street's heights come to: metres up and down from its start to its end, and the steepest piece (ratio)."""

    rise: Floats
    fall: Floats
    steepest: Floats


def profile(height: Floats, found: Courses) -> Profile:
    """Rise, fall and steepest piece of each street, (m,); NaN for streets without heights."""
    street = found.street
    inner = street[1:] == street[:-1]
    step, own = np.diff(height)[inner], street[1:][inner]
    m = len(found.metres)
    piece = found.metres / np.maximum(np.diff(found.ptr) - 1, 1)
    slope = np.abs(step) / np.maximum(piece[own], 0.1)
    steepest = np.zeros(m)
    np.fmax.at(steepest, own, slope)
    rise = np.bincount(own, weights=np.maximum(step, 0.0), minlength=m).astype(np.float64)
    fall = np.bincount(own, weights=np.maximum(-step, 0.0), minlength=m).astype(np.float64)
    unknown = np.isnan(rise)
    return Profile(rise, fall, np.where(unknown, np.nan, steepest))
