"""What all questions to the network have in common: limits, elements of the facilities, number of workers."""

from __future__ import annotations

import os

import numpy as np
from numpy.typing import ArrayLike

from kezhong.errors import InputError
from kezhong.network.graph import Ints

MAX_LIMIT_DM = 0x3FFFFFFF
"""Largest limit and threshold, about 107,000 km."""

_MAX_BUCKET_BITS = 13


def bucket_shift(limit: int, shift: int) -> int:
    """Width of a bucket as a power of two: the usual one, or wider where the limit would need too many buckets."""
    return max(shift, limit.bit_length() - _MAX_BUCKET_BITS)


def thread_count(threads: int | None) -> int:
    """Workers of a question, by default one for each processor."""
    if threads is None:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if threads < 1:
        raise InputError("network.bad_limit", column="threads", value=threads)
    return threads


def checked_limit(limit_dm: int) -> int:
    """How far to search, within what 32 bits hold."""
    if not 0 <= limit_dm <= MAX_LIMIT_DM:
        raise InputError("network.bad_limit", column="limit_dm", value=limit_dm)
    return int(limit_dm)


def checked_elements(facility_element: ArrayLike, n_facilities: int, n_elements: int) -> Ints:
    """The element of each facility, checked."""
    element = np.asarray(facility_element)
    if element.shape != (n_facilities,) or (element.size and element.dtype.kind not in "iu"):
        shape = f"{element.dtype} {element.shape}"
        raise InputError("network.shape", column="facility_element", value=shape, expected=f"int ({n_facilities},)")
    bad = (element < 0) | (element >= n_elements)
    if bad.any():
        row = int(np.argmax(bad))
        expected = f"0–{n_elements - 1}"
        value = int(element[row])
        raise InputError("network.out_of_range", column="facility_element", row=row, value=value, expected=expected)
    return element.astype(np.int32)
