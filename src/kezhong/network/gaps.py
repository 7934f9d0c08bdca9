"""Where streets nearly meet: dead ends a few steps from another street that is a long way round."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kezhong.errors import InputError
from kezhong.network.access import Access
from kezhong.network.graph import UNREACHED, Floats, Ints, Lengths, Longs, WalkGraph
from kezhong.network.reach import pairs

WITHIN_M = 60.0
"""How far apart, in a straight line, two streets may be to count as nearly meeting."""
DETOUR = 4.0
"""How many times the straight line the way round must be."""
LEAST_DETOUR_M = 200.0
"""A way round shorter than this is none to complain of."""

_STEP_M = 10.0
# The way round is looked for to this many times the longest that is let pass, so that most can be named.
_LOOKED = 3.0
_EPSILON = 1e-9


@dataclass(frozen=True, eq=False)
class Gaps:
    """Missing links, one a row.

    Attributes
    ----------
    node : int32 (n,)
        Where the link begins.
    edge : int32 (n,), offset_dm : uint32 (n,)
        Position where it ends.
    metres : float64 (n,)
        Straight length.
    detour_dm : uint32 (n,)
        Way round on the network, ``UNREACHED`` where it is longer than ``limit_dm`` or there is none.
    xy : float64 (n, 4)
        Begin and end of the link.
    barriers : int32 (n,)
        Number of barrier lines it crosses: a wall or river takes more than a strip of paving.
    limit_dm : int
        How far the way round was looked for.
    """

    node: Ints
    edge: Ints
    offset_dm: Lengths
    metres: Floats
    detour_dm: Lengths
    xy: Floats
    barriers: Ints
    limit_dm: int


class Segments(NamedTuple):
    """Straight pieces of lines: ends (s, 2) and the line each belongs to, with the metres of the line before it."""

    start: Floats
    end: Floats
    line: Longs
    before: Floats


def gaps(
    graph: WalkGraph,
    nodes: ArrayLike | None = None,
    *,
    within_m: float = WITHIN_M,
    detour: float = DETOUR,
    least_detour_m: float = LEAST_DETOUR_M,
    barred: ArrayLike | None = None,
    barriers: tuple[ArrayLike, ArrayLike] | None = None,
    across: tuple[ArrayLike, ArrayLike] | None = None,
) -> Gaps:
    """Links that are missing between nodes (by default all dead ends) and a street within ``within_m``.

    For each node the nearest position that is a long way round, and where that lies behind a barrier also the nearest
    that does not. Two dead ends that face one another are one link.

    Parameters
    ----------
    nodes
        int (k,): where links may begin.
    detour, least_detour_m
        The way round must exceed ``detour`` times the straight line and ``least_detour_m``.
    barred
        bool (m,): edges that are neither reached nor walked.
    barriers
        Courses of lines that cannot be walked across, flat, with offsets, like ``edge_xy`` and ``edge_ptr``.
    across
        Courses of which a link must cross at least one: the other side of a road is looked for, not the next street.

    Raises
    ------
    InputError
        Distances that are not positive, node numbers out of range.
    """
    for name, value in (("within_m", within_m), ("detour", detour), ("least_detour_m", least_detour_m)):
        if not value > 0:
            raise InputError("network.bad_limit", column=name, value=value)
    closed = np.zeros(graph.n_edges, np.bool_) if barred is None else np.asarray(barred, np.bool_)
    begin = dead_ends(graph, closed) if nodes is None else _checked(nodes, graph)
    limit = round(10.0 * _LOOKED * max(detour * within_m, least_detour_m))
    pair = _near(graph, begin, closed, within_m)
    if across is not None:
        ends = np.column_stack([graph.node_xy[begin[pair.point]], pair.xy]).reshape(-1, 4)
        over, _ = crossings(ends, np.asarray(across[0], np.float64), np.asarray(across[1], np.int64))
        pair = pair.rows(np.unique(over))
    way = _way_round(graph, begin, pair, limit, closed)
    needed = np.maximum(detour * pair.metres, least_detour_m) * 10.0
    keep = np.flatnonzero((way == UNREACHED) | (way.astype(np.float64) > needed))
    way, pair = way[keep], pair.rows(keep)
    xy = np.column_stack([graph.node_xy[begin[pair.point]], pair.xy]).reshape(-1, 4)
    crossed = np.zeros(len(xy), np.int32)
    if barriers is not None:
        line, _ = crossings(xy, np.asarray(barriers[0], np.float64), np.asarray(barriers[1], np.int64))
        crossed += np.bincount(line, minlength=len(xy)).astype(np.int32)
    chosen = _best(pair, crossed, xy)
    return Gaps(
        begin[pair.point[chosen]], pair.edge[chosen], pair.offset_dm[chosen], pair.metres[chosen], way[chosen],
        xy[chosen], crossed[chosen], limit,
    )  # fmt: skip


def dead_ends(graph: WalkGraph, barred: NDArray[np.bool_] | None = None) -> Ints:
    """Nodes where exactly one edge ends, edges that are barred aside."""
    usable = np.ones(graph.n_edges, np.bool_) if barred is None else ~barred
    ends = np.concatenate([graph.edge_u[usable], graph.edge_v[usable]])
    return np.flatnonzero(np.bincount(ends, minlength=graph.n_nodes) == 1).astype(np.int32)


def crossings(lines: Floats, course_xy: Floats, course_ptr: Longs) -> tuple[Longs, Longs]:
    """Pairs (line, course) that cross or touch; ``lines`` (n, 4) are straight, courses flat with offsets."""
    from scipy.spatial import cKDTree

    segments = _segments(course_xy, course_ptr)
    none = np.empty(0, np.int64)
    if not len(lines) or not len(segments.line):
        return none, none
    point, owner = _densified(segments)
    middle = (lines[:, :2] + lines[:, 2:]) / 2.0
    radius = np.hypot(*(lines[:, 2:] - lines[:, :2]).T) / 2.0 + _STEP_M
    found = cKDTree(point).query_ball_point(middle, radius)
    number = np.array([len(rows) for rows in found], np.int64)
    if not number.sum():
        return none, none
    line = np.repeat(np.arange(len(lines)), number)
    near = np.unique(np.column_stack([line, owner[np.concatenate(found).astype(np.int64)]]), axis=0)
    meets = _meet(lines[near[:, 0], :2], lines[near[:, 0], 2:], segments.start[near[:, 1]], segments.end[near[:, 1]])
    hit = np.unique(np.column_stack([near[meets, 0], segments.line[near[meets, 1]]]), axis=0)
    return hit[:, 0], hit[:, 1]


class _Pair(NamedTuple):
    """Begins and positions near them, nearest first within each begin."""

    point: Longs
    edge: Ints
    offset_dm: Lengths
    metres: Floats
    xy: Floats

    def rows(self, chosen: NDArray[np.intp]) -> _Pair:
        """Some of them."""
        return _Pair(
            self.point[chosen], self.edge[chosen], self.offset_dm[chosen], self.metres[chosen], self.xy[chosen]
        )


def _near(graph: WalkGraph, begin: Ints, closed: NDArray[np.bool_], within_m: float) -> _Pair:
    """For each begin the nearest position on every edge within the distance."""
    from scipy.spatial import cKDTree

    segments = _segments(graph.edge_xy, graph.edge_ptr)
    open_ = ~closed[segments.line]
    segments = Segments(segments.start[open_], segments.end[open_], segments.line[open_], segments.before[open_])
    empty = _Pair(np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0, np.uint32), np.empty(0), np.empty((0, 2)))
    if not len(begin) or not len(segments.line):
        return empty
    dots, owner = _densified(segments)
    found = cKDTree(dots).query_ball_point(graph.node_xy[begin], within_m + _STEP_M)
    number = np.array([len(rows) for rows in found], np.int64)
    if not number.sum():
        return empty
    start = np.repeat(np.arange(len(begin)), number)
    near = np.unique(np.column_stack([start, owner[np.concatenate(found).astype(np.int64)]]), axis=0)
    point, piece = near[:, 0], near[:, 1]
    own = graph.node_xy[begin[point]]
    step = segments.end[piece] - segments.start[piece]
    square = np.maximum((step**2).sum(axis=1), _EPSILON)
    share = np.clip(((own - segments.start[piece]) * step).sum(axis=1) / square, 0.0, 1.0)
    foot = segments.start[piece] + share[:, None] * step
    metres = np.hypot(*(own - foot).T)
    along = segments.before[piece] + share * np.sqrt((step**2).sum(axis=1))
    edge = segments.line[piece]
    offset = np.minimum(np.rint(along / _line_metres(graph)[edge] * graph.edge_dm[edge]), graph.edge_dm[edge])
    order = np.lexsort((edge, metres, point))
    order = order[metres[order] <= within_m]
    first = np.unique(np.column_stack([point[order], edge[order]]), axis=0, return_index=True)[1]
    order = order[np.sort(first)]
    return _Pair(
        point[order], edge[order].astype(np.int32), offset[order].astype(np.uint32), metres[order], foot[order]
    )


def _way_round(graph: WalkGraph, begin: Ints, pair: _Pair, limit: int, closed: NDArray[np.bool_]) -> Lengths:
    """Decimetres on the network from each begin to its positions."""
    edge, offset = graph.at_nodes(begin)
    n, m = len(begin), len(pair.edge)
    if not m:
        return np.empty(0, np.uint32)
    found = pairs(
        graph, Access.of(np.arange(n), edge, offset), n, Access.of(np.arange(m), pair.edge, pair.offset_dm), m, limit,
        barred=closed,
    )  # fmt: skip
    of = np.repeat(np.arange(n), np.diff(found.ptr))
    mine = of == pair.point[found.facility]
    way = np.full(m, UNREACHED, np.uint32)
    way[found.facility[mine]] = found.dm[mine]
    return way


def _best(pair: _Pair, crossed: Ints, xy: Floats) -> NDArray[np.int64]:
    """Rows to keep: of each begin the nearest, and the nearest that crosses nothing; of facing ends one."""
    first = np.unique(pair.point, return_index=True)[1]
    free = np.flatnonzero(crossed == 0)
    chosen = np.union1d(first, free[np.unique(pair.point[free], return_index=True)[1]])
    ends = np.rint(xy[chosen] * 10.0)
    swap = (ends[:, 0] > ends[:, 2]) | ((ends[:, 0] == ends[:, 2]) & (ends[:, 1] > ends[:, 3]))
    ends[swap] = ends[swap][:, [2, 3, 0, 1]]
    return np.sort(chosen[np.unique(ends, axis=0, return_index=True)[1]]).astype(np.int64)


def _segments(xy: Floats, ptr: Longs) -> Segments:
    """Pieces of flat courses."""
    line = np.repeat(np.arange(len(ptr) - 1), np.diff(ptr))
    inner = np.flatnonzero(line[1:] == line[:-1])
    start, end = xy[inner], xy[inner + 1]
    length = np.hypot(*(end - start).T)
    total = np.concatenate([[0.0], np.cumsum(length)])[:-1]
    own = line[inner]
    first = np.searchsorted(own, own, side="left")
    return Segments(start, end, own.astype(np.int64), total - total[first] if len(own) else total)


def _line_metres(graph: WalkGraph) -> Floats:
    segments = _segments(graph.edge_xy, graph.edge_ptr)
    length = np.hypot(*(segments.end - segments.start).T)
    return np.maximum(np.bincount(segments.line, weights=length, minlength=graph.n_edges), _EPSILON)


def _densified(segments: Segments) -> tuple[Floats, Longs]:
    """Points along the pieces, no farther apart than the step, and the piece of each."""
    length = np.hypot(*(segments.end - segments.start).T)
    number = np.maximum(np.ceil(length / _STEP_M), 1).astype(np.int64) + 1
    owner = np.repeat(np.arange(len(number)), number)
    place = np.arange(len(owner)) - np.repeat(np.cumsum(number) - number, number)
    share = (place / (number[owner] - 1))[:, None]
    return segments.start[owner] * (1.0 - share) + segments.end[owner] * share, owner


def _meet(a: Floats, b: Floats, c: Floats, d: Floats) -> NDArray[np.bool_]:
    """Whether segments a–b and c–d have a point in common."""

    def side(p: Floats, q: Floats, r: Floats) -> Any:
        return np.sign((q[:, 0] - p[:, 0]) * (r[:, 1] - p[:, 1]) - (q[:, 1] - p[:, 1]) * (r[:, 0] - p[:, 0]))

    def within(p: Floats, q: Floats, r: Floats) -> Any:
        low, high = np.minimum(p, q), np.maximum(p, q)
        return ((r >= low) & (r <= high)).all(axis=1)

    one, two, three, four = side(a, b, c), side(a, b, d), side(c, d, a), side(c, d, b)
    proper = (one * two < 0) & (three * four < 0)
    touch = (
        ((one == 0) & within(a, b, c)) | ((two == 0) & within(a, b, d)) | ((three == 0) & within(c, d, a))
        | ((four == 0) & within(c, d, b))
    )  # fmt: skip
    return np.asarray(proper | touch, np.bool_)


def _checked(nodes: ArrayLike, graph: WalkGraph) -> Ints:
    given = np.asarray(nodes, np.int64)
    bad = (given < 0) | (given >= graph.n_nodes)
    if bad.any():
        row = int(np.argmax(bad))
        raise InputError(
            "network.out_of_range", column="nodes", row=row, value=int(given[row]), expected=f"0–{graph.n_nodes - 1}"
        )
    return given.astype(np.int32)
