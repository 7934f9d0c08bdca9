"""What lies within thresholds: sums of capacities, and hours in which anything is open."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kezhong.errors import InputError
from kezhong.network._booking import book_bits, book_values
from kezhong.network._prepare import plan_lanes, prepare
from kezhong.network._questions import checked_elements, checked_limit, thread_count
from kezhong.network.access import Access
from kezhong.network.graph import Ints, WalkGraph
from kezhong.network.reach import checked_thresholds, owners_of, searched, sorted_bounds
from kezhong.network.weights import Weights, weights_of
from kezhong.progress import Progress, silent

MAX_VALUE = 0xFFFFFFFF
"""Largest capacity of one facility."""


def sums(
    graph: WalkGraph,
    demand: Access,
    n_demand: int,
    facilities: Access,
    n_facilities: int,
    facility_element: ArrayLike,
    n_elements: int,
    thresholds: ArrayLike,
    values: ArrayLike,
    *,
    weights: Weights | None = None,
    barred: ArrayLike | None = None,
    threads: int | None = None,
    progress: Progress = silent,
) -> NDArray[np.uint64]:
    """Sum of the facilities' values within each threshold, exactly: uint64 ``(E, T, D)``.

    Parameters
    ----------
    values
        ``(n_facilities,)`` whole numbers from 0 to ``MAX_VALUE``: places, beds, square metres, millions of anything.
    others
        As :func:`kezhong.network.reach`, whose counts these are for values of 1.

    Raises
    ------
    InputError
        As :func:`kezhong.network.reach`; values of another number, negative or too large.
    """
    given = np.asarray(values)
    if given.shape != (n_facilities,) or (given.size and given.dtype.kind not in "iu"):
        shape = f"{given.dtype} {given.shape}"
        raise InputError("network.shape", column="values", value=shape, expected=f"int ({n_facilities},)")
    bad = (given < 0) | (given > MAX_VALUE)
    if bad.any():
        row = int(np.argmax(bad))
        value, expected = int(given[row]), f"0–{MAX_VALUE}"
        raise InputError("network.out_of_range", column="values", row=row, value=value, expected=expected)
    question = _Within(
        graph, demand, n_demand, facilities, n_facilities, facility_element, n_elements, thresholds, weights, barred
    )
    classes = np.zeros((n_elements, question.steps, n_demand, 1), np.uint64)
    question.run(book_values, given.astype(np.uint64)[:, None], classes, threads, progress)
    np.cumsum(classes, axis=1, out=classes)
    return question.finished(classes)[..., 0]


def covers(
    graph: WalkGraph,
    demand: Access,
    n_demand: int,
    facilities: Access,
    n_facilities: int,
    facility_element: ArrayLike,
    n_elements: int,
    thresholds: ArrayLike,
    masks: ArrayLike,
    *,
    weights: Weights | None = None,
    barred: ArrayLike | None = None,
    threads: int | None = None,
    progress: Progress = silent,
) -> NDArray[np.uint64]:
    """In which hours some facility within each threshold is open: uint64 ``(E, T, D, W)``, all hours in one pass.

    Parameters
    ----------
    masks
        uint64 ``(n_facilities, W)``: 64 hours a word, a bit set where the facility is open.
    others
        As :func:`kezhong.network.reach`.

    Raises
    ------
    InputError
        As :func:`kezhong.network.reach`; masks of another type or number.
    """
    given = np.ascontiguousarray(masks)
    if given.ndim != 2 or len(given) != n_facilities or given.dtype != np.uint64:
        value, expected = f"{given.dtype} {given.shape}", f"uint64 ({n_facilities}, W)"
        raise InputError("network.shape", column="masks", value=value, expected=expected)
    question = _Within(
        graph, demand, n_demand, facilities, n_facilities, facility_element, n_elements, thresholds, weights, barred
    )
    classes = np.zeros((n_elements, question.steps, n_demand, given.shape[1]), np.uint64)
    question.run(book_bits, given, classes, threads, progress)
    np.bitwise_or.accumulate(classes, axis=1, out=classes)
    return question.finished(classes)


class _Within:
    """One question, checked and laid out."""

    def __init__(
        self, graph: WalkGraph, demand: Access, n_demand: int, facilities: Access, n_facilities: int,
        facility_element: ArrayLike, n_elements: int, thresholds: ArrayLike, weights: Weights | None,
        barred: ArrayLike | None,
    ) -> None:  # fmt: skip
        self.element: Ints = checked_elements(facility_element, n_facilities, n_elements)
        self.thresholds = checked_thresholds(thresholds, n_elements, checked_limit(int(np.max(thresholds, initial=0))))
        self.steps = self.thresholds.shape[1]
        cost = weights_of(graph, weights, barred)
        self.setup = prepare(graph, demand, n_demand, facilities, n_facilities, cost)

    def run(
        self, book: Callable[..., None], values: NDArray[np.uint64], classes: NDArray[np.uint64],
        threads: int | None, progress: Progress,
    ) -> None:  # fmt: skip
        """Book the values of all pairs into the class of the smallest threshold each is within."""
        farthest = self.thresholds.max(axis=1, initial=0)
        if not farthest.any():
            return
        lanes, members = plan_lanes(self.setup.facilities, self.element, farthest)
        bounds, _ = sorted_bounds(self.thresholds)
        workers = thread_count(threads)
        owner = owners_of(self.element, len(farthest), workers)
        with ThreadPoolExecutor(workers) as pool:
            for found in searched(self.setup, lanes, int(farthest.max()), pool, workers, progress):

                def task(me: int, found: list[Any] = found) -> None:
                    for batch, result in found:
                        book(result, lanes, batch, members, bounds, owner, me, values, classes)

                list(pool.map(task, range(workers)))

    def finished(self, classes: NDArray[np.uint64]) -> NDArray[np.uint64]:
        """From classes by slot to the caller's thresholds and places."""
        _, column = sorted_bounds(self.thresholds)
        result = np.zeros_like(classes)
        for e in range(len(classes)):
            for k in range(self.steps):
                if column[e, k] >= 0:
                    result[e, column[e, k]] = classes[e, k][self.setup.slot]
        return result
