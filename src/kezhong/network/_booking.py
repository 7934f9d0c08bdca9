"""Booking of what lanes found: values added up, or bits joined, per element, class of threshold and place."""

from __future__ import annotations

from typing import Any

from kezhong.network._compile import kernel


@kernel
def book_values(
    found: Any, lanes: Any, batch: Any, members: Any, bounds: Any, owner: Any, me: Any, values: Any, classes: Any
) -> None:
    """Add ``values[f, w]`` to ``classes[e, k, p, w]`` for the elements that worker ``me`` owns."""
    ptr, places, rows = found
    for i in range(ptr.size - 1):
        begin, end = lanes.batch_ptr[batch + i], lanes.batch_ptr[batch + i + 1]
        for lane in range(end - begin):
            group = lanes.order[begin + lane]
            for j in range(members.ptr[group], members.ptr[group + 1]):
                e, f = members.element[j], members.facility[j]
                if owner[e] != me:
                    continue
                for line in range(ptr[i], ptr[i + 1]):
                    d = rows[line, lane]
                    if d <= members.farthest[e]:
                        k = class_of(d, bounds[e])
                        for w in range(values.shape[1]):
                            classes[e, k, places[line], w] += values[f, w]


@kernel
def book_bits(
    found: Any, lanes: Any, batch: Any, members: Any, bounds: Any, owner: Any, me: Any, values: Any, classes: Any
) -> None:
    """Join the bits of ``values[f]`` to ``classes[e, k, p]`` for the elements that worker ``me`` owns."""
    ptr, places, rows = found
    for i in range(ptr.size - 1):
        begin, end = lanes.batch_ptr[batch + i], lanes.batch_ptr[batch + i + 1]
        for lane in range(end - begin):
            group = lanes.order[begin + lane]
            for j in range(members.ptr[group], members.ptr[group + 1]):
                e, f = members.element[j], members.facility[j]
                if owner[e] != me:
                    continue
                for line in range(ptr[i], ptr[i + 1]):
                    d = rows[line, lane]
                    if d <= members.farthest[e]:
                        k = class_of(d, bounds[e])
                        for w in range(values.shape[1]):
                            classes[e, k, places[line], w] |= values[f, w]


@kernel
def class_of(d: Any, bounds: Any) -> Any:
    """Number of the smallest of ascending ``bounds`` that ``d`` is within; the last where none but it is left."""
    k = 0
    for t in range(bounds.size - 1):
        k += d > bounds[t]
    return k
