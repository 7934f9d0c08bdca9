"""Nearest facility and number of facilities within reach, for all elements and all demand places at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kezhong.errors import InputError
from kezhong.network import _search
from kezhong.network._prepare import NARROW_LIMIT_DM, Prepared, all_lanes, plan_lanes, prepare
from kezhong.network._questions import bucket_shift, checked_elements, checked_limit, thread_count
from kezhong.network._search import Lanes
from kezhong.network.access import Access
from kezhong.network.graph import UNREACHED, Ints, Lengths, Longs, WalkGraph
from kezhong.network.weights import Weights, weights_of
from kezhong.progress import Progress, silent

_BATCHES_A_TASK = 16
_STEP = "network.step_reach"

# Width of a bucket, 2**9 dm: about a street's length; figures in benchmarks/HISTORY.md.
_LANE_SHIFT = 9
_NEAREST_SHIFT = 9
# Rows of a task's results before its arrays first grow.
_FIRST_ROWS = 4096

Found = tuple[int, Any]


@dataclass(frozen=True, eq=False)
class Reach:
    """Result of :func:`reach` for E elements, T thresholds and D demand places.

    Attributes
    ----------
    nearest_dm : uint32 (E, D)
        Decimetres to the nearest facility, ``UNREACHED`` beyond the limit.
    nearest_facility : int32 (E, D)
        Its number, −1 where none is reached; the smallest among equally near ones.
    counts : uint16 or uint32 (E, T, D)
        Facilities within each threshold; uint32 only where an element has more than 65,535 facilities.
    """

    nearest_dm: Lengths
    nearest_facility: Ints
    counts: NDArray[Any]


@dataclass(frozen=True, eq=False)
class Pairs:
    """Result of :func:`pairs`: place ``p`` reaches ``facility[ptr[p]:ptr[p + 1]]`` (ascending) at ``dm[…]``.

    Attributes
    ----------
    ptr : int64 (D + 1,)
    facility : int32 (k,)
    dm : uint32 (k,)
    """

    ptr: Longs
    facility: Ints
    dm: Lengths


def reach(
    graph: WalkGraph,
    demand: Access,
    n_demand: int,
    facilities: Access,
    n_facilities: int,
    facility_element: ArrayLike,
    n_elements: int,
    limit_dm: int,
    thresholds_dm: ArrayLike | None = None,
    *,
    weights: Weights | None = None,
    barred: ArrayLike | None = None,
    threads: int | None = None,
    progress: Progress = silent,
) -> Reach:
    """Nearest facility and counts within thresholds, exactly.

    The distance of a place and a facility is the least, over the accesses of both, of extra + network + extra; two
    accesses within one edge also meet directly along it. Each facility counts once, by whichever of its accesses and
    of the place's is best.

    Parameters
    ----------
    demand, facilities
        Accesses; a place without any is unreached.
    facility_element
        ``(n_facilities,)`` element of each facility, 0 … ``n_elements`` − 1. A place that serves several elements is
        given once for each; equal accesses are searched from once.
    limit_dm
        How far to look for the nearest.
    thresholds_dm
        ``(n_elements, T)``, each at most ``limit_dm``; 0 is unused and counts nothing. Without it no counts are made.
    weights
        Costs of the edges, for trips from the places to the facilities; without it their lengths. Limit, thresholds,
        extras and results are then in the unit of the weights.
    barred
        bool ``(m,)``, true for edges this walker cannot walk. An access strictly within such an edge is void.
    threads
        Workers, by default one for each processor. The result does not depend on it.
    progress
        Told the share done; may raise to stop.

    Raises
    ------
    InputError
        Arrays that do not fit, numbers out of range, a threshold beyond the limit.
    """
    element = checked_elements(facility_element, n_facilities, n_elements)
    limit = checked_limit(limit_dm)
    thresholds = checked_thresholds(thresholds_dm, n_elements, limit)
    setup = prepare(graph, demand, n_demand, facilities, n_facilities, weights_of(graph, weights, barred))
    counts = np.zeros((n_elements, thresholds.shape[1], n_demand), _count_type(element, n_elements))
    near = np.full((n_elements, n_demand), UNREACHED, np.uint32)
    which = np.full((n_elements, n_demand), -1, np.int32)
    farthest = thresholds.max(axis=1, initial=0)
    workers = thread_count(threads)
    with ThreadPoolExecutor(workers) as pool:
        if farthest.any():
            _count(setup, element, thresholds, counts, near, which, pool, workers, progress)
        # Where the limit lies beyond the largest threshold, the nearest may too.
        rest = np.flatnonzero(farthest < limit)
        _nearest(setup, element, rest, limit, near, which, pool, workers, progress)
        _finish(setup, thresholds, counts, near, which, pool, workers)
    progress(1.0, _STEP)
    return Reach(near, which, counts)


def pairs(
    graph: WalkGraph,
    demand: Access,
    n_demand: int,
    facilities: Access,
    n_facilities: int,
    limit_dm: int,
    *,
    weights: Weights | None = None,
    barred: ArrayLike | None = None,
    threads: int | None = None,
    progress: Progress = silent,
) -> Pairs:
    """All pairs of place and facility within ``limit_dm``, with the distances of :func:`reach`, for one element.

    Raises
    ------
    InputError
        As :func:`reach`.
    """
    limit = checked_limit(limit_dm)
    setup = prepare(graph, demand, n_demand, facilities, n_facilities, weights_of(graph, weights, barred))
    element = np.zeros(n_facilities, np.int32)
    # A limit of zero still joins places and facilities that coincide; classes of limit 0 would be left out.
    farthest = np.array([limit], np.uint32)
    lanes, members = plan_lanes(setup.facilities, element, np.maximum(farthest, 1))
    members = members._replace(farthest=farthest)
    parts: list[Any] = []
    with ThreadPoolExecutor(thread_count(threads)) as pool:
        for found in searched(setup, lanes, limit, pool, thread_count(threads), progress):
            parts.extend(pool.map(lambda item: _search.emit_pairs(item[1], lanes, item[0], members), found))
    place, facility, dm = (
        np.concatenate([np.empty(0, kind), *(part[column] for part in parts)])
        for column, kind in enumerate((np.int32, np.int32, np.uint32))
    )
    at = np.empty(n_demand, np.int32)
    at[setup.slot] = np.arange(n_demand, dtype=np.int32)
    place = at[place]
    order = np.lexsort((facility, place))
    ptr = np.concatenate([np.zeros(1, np.int64), np.cumsum(np.bincount(place, minlength=n_demand))])
    progress(1.0, _STEP)
    return Pairs(ptr.astype(np.int64), facility[order], dm[order])


def _count(
    setup: Prepared,
    element: Ints,
    thresholds: Lengths,
    counts: NDArray[Any],
    near: Lengths,
    which: Ints,
    pool: ThreadPoolExecutor,
    workers: int,
    progress: Progress,
) -> None:
    """Fill ``counts`` (by class of threshold and by slot) and the nearest within the largest threshold."""
    farthest = thresholds.max(axis=1, initial=0)
    lanes, members = plan_lanes(setup.facilities, element, farthest)
    bounds, _ = sorted_bounds(thresholds)
    owner = owners_of(element, len(farthest), workers)

    for found in searched(setup, lanes, int(farthest.max()), pool, workers, progress):
        # Each worker books its own elements from all tasks: no two write to one row, and sums of integers and
        # least pairs do not depend on the order.
        def book(me: int, found: list[Found] = found) -> None:
            for batch, result in found:
                _search.scatter(result, lanes, batch, members, bounds, owner, me, counts, near, which)

        _wait(pool.map(book, range(workers)))


def searched(
    setup: Prepared, lanes: Lanes, farthest: int, pool: ThreadPoolExecutor, workers: int, progress: Progress
) -> Iterator[list[Found]]:
    """Run all batches; yields rounds of (first batch, result), one result a worker, so that memory stays bounded."""
    n_batches = len(lanes.batch_ptr) - 1
    if n_batches == 0:
        return
    dtype = np.uint16 if farthest <= NARROW_LIMIT_DM else np.uint32
    arcs, attached, inside = setup.narrowed(dtype)
    shift = bucket_shift(farthest, _LANE_SHIFT)
    spaces: SimpleQueue[_search.Workspace] = SimpleQueue()
    for _ in range(min(workers, n_batches)):
        spaces.put(_search.new_workspace(setup.n_nodes, setup.n_places, (farthest >> shift) + 1, dtype))

    def run(first: int) -> Found:
        space = spaces.get()
        last = min(first + _BATCHES_A_TASK, n_batches)
        result = _search.search_batches(arcs, lanes, attached, inside, space, shift, first, last, _FIRST_ROWS)
        spaces.put(space)
        return first, result

    stride = _BATCHES_A_TASK * workers
    for start in range(0, n_batches, stride):
        progress(start / n_batches, _STEP)
        yield list(pool.map(run, range(start, min(start + stride, n_batches), _BATCHES_A_TASK)))


def _nearest(
    setup: Prepared,
    element: Ints,
    elements: Longs,
    limit: int,
    near: Lengths,
    which: Ints,
    pool: ThreadPoolExecutor,
    workers: int,
    progress: Progress,
) -> None:
    """Fill the nearest (by slot) of some elements by one search from all facilities of each."""
    if not len(elements):
        return
    order = np.argsort(element, kind="stable").astype(np.int32)
    ptr = np.searchsorted(element[order], np.arange(len(near) + 1))
    lanes = all_lanes(setup.facilities)
    arcs, attached, inside = setup.narrowed(np.uint32)
    shift = bucket_shift(limit, _NEAREST_SHIFT)
    spaces: SimpleQueue[tuple[NDArray[np.uint64], _search.Queue]] = SimpleQueue()
    for _ in range(min(workers, len(elements))):
        spaces.put((np.empty(setup.n_nodes, np.uint64), _search.new_queue(setup.n_nodes, (limit >> shift) + 1)))

    def run(e: int) -> None:
        label, queue = spaces.get()
        mine = order[ptr[e] : ptr[e + 1]]
        _search.nearest_of_element(arcs, lanes, mine, attached, inside, label, queue, shift, limit, near[e], which[e])
        spaces.put((label, queue))

    for done, _ in enumerate(pool.map(run, elements.tolist())):
        progress(done / len(elements), _STEP)


def _finish(
    setup: Prepared,
    thresholds: Lengths,
    counts: NDArray[Any],
    near: Lengths,
    which: Ints,
    pool: ThreadPoolExecutor,
    workers: int,
) -> None:
    """From classes to counts and from slots to the caller's order of places, element by element in place."""
    _, column = sorted_bounds(thresholds)
    spaces: SimpleQueue[tuple[NDArray[Any], Lengths, Ints]] = SimpleQueue()
    for _ in range(workers):
        spaces.put(
            (
                np.empty(counts.shape[1:], counts.dtype),
                np.empty(setup.n_places, np.uint32),
                np.empty(setup.n_places, np.int32),
            )
        )

    def run(e: int) -> None:
        spare = spaces.get()
        if counts.shape[1]:
            _search.finish_counts(counts[e], column[e], setup.slot, spare[0])
        _search.finish_nearest(near[e], which[e], setup.slot, spare[1], spare[2])
        spaces.put(spare)

    _wait(pool.map(run, range(len(near))))


def _wait(results: Iterable[object]) -> None:
    """Let all tasks end and raise what any of them raised."""
    for _ in results:
        pass


def sorted_bounds(thresholds: Lengths) -> tuple[Lengths, Ints]:
    """Thresholds of each element ascending, unused ones last, and the caller's column of each (−1 unused)."""
    # 0 becomes the largest number and sorts to the end.
    keys = thresholds - np.uint32(1)
    order = np.argsort(keys, axis=1, kind="stable")
    bounds = np.take_along_axis(thresholds, order, axis=1)
    unused = bounds == 0
    bounds[unused] = UNREACHED
    return np.ascontiguousarray(bounds), np.where(unused, -1, order).astype(np.int32)


def owners_of(element: Ints, n_elements: int, workers: int) -> Ints:
    """Share the elements out so that each worker books about as many facilities."""
    size = np.bincount(element, minlength=n_elements)
    owner = np.empty(n_elements, np.int32)
    load = np.zeros(workers, np.int64)
    for e in np.argsort(-size, kind="stable"):
        least = int(np.argmin(load))
        owner[e] = least
        load[least] += size[e]
    return owner


def checked_thresholds(thresholds_dm: ArrayLike | None, n_elements: int, limit: int) -> Lengths:
    given = np.zeros((n_elements, 0), np.uint32) if thresholds_dm is None else np.asarray(thresholds_dm)
    if given.ndim != 2 or len(given) != n_elements or (given.size and given.dtype.kind not in "iu"):
        shape = f"{given.dtype} {given.shape}"
        raise InputError("network.shape", column="thresholds_dm", value=shape, expected=f"int ({n_elements}, T)")
    bad = (given < 0) | (given > limit)
    if bad.any():
        row, column = (int(index) for index in np.argwhere(bad)[0])
        value = int(given[row, column])
        raise InputError("network.threshold_beyond_limit", row=row, column=column, value=value, expected=limit)
    return np.ascontiguousarray(given, np.uint32)


def _count_type(element: Ints, n_elements: int) -> Any:
    most = int(np.bincount(element, minlength=n_elements).max(initial=0))
    return np.uint16 if most <= np.iinfo(np.uint16).max else np.uint32
