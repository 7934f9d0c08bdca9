"""Kernels that lay a graph out in memory: order of nodes, adjacency, components, lengths."""

from __future__ import annotations

from typing import Any

import numpy as np

from kezhong.network._compile import kernel

ORDER_BITS = 16


@kernel
def hilbert_keys(xy: Any) -> Any:
    """Position of each point ``(n, 2)`` along a Hilbert curve over their bounding square, uint32."""
    n = xy.shape[0]
    keys = np.zeros(n, np.uint32)
    if n == 0:
        return keys
    x0, y0 = xy[:, 0].min(), xy[:, 1].min()
    side = max(xy[:, 0].max() - x0, xy[:, 1].max() - y0)
    scale = ((1 << ORDER_BITS) - 1) / side if side > 0.0 else 0.0
    for i in range(n):
        x = np.int64((xy[i, 0] - x0) * scale)
        y = np.int64((xy[i, 1] - y0) * scale)
        key = np.int64(0)
        step = np.int64(1 << (ORDER_BITS - 1))
        while step > 0:
            right = np.int64(1) if x & step else np.int64(0)
            upper = np.int64(1) if y & step else np.int64(0)
            key = (key << 2) | ((3 * right) ^ upper)
            if upper == 0:
                if right == 1:
                    x, y = ((1 << ORDER_BITS) - 1) - x, ((1 << ORDER_BITS) - 1) - y
                x, y = y, x
            step >>= 1
        keys[i] = np.uint32(key)
    return keys


@kernel
def polyline_metres(edge_xy: Any, edge_ptr: Any) -> Any:
    """Geometric length of each edge in metres."""
    m = edge_ptr.size - 1
    metres = np.zeros(m, np.float64)
    for e in range(m):
        total = 0.0
        for k in range(edge_ptr[e], edge_ptr[e + 1] - 1):
            total += np.hypot(edge_xy[k + 1, 0] - edge_xy[k, 0], edge_xy[k + 1, 1] - edge_xy[k, 1])
        metres[e] = total
    return metres


@kernel
def directed(n: Any, start: Any, end: Any, forward: Any, backward: Any) -> Any:
    """Arcs that can be walked in CSR form, without self loops: ``ptr, head, cost, edge``."""
    closed = np.uint32(0xFFFFFFFF)
    m = start.size
    ptr = np.zeros(n + 1, np.int64)
    for e in range(m):
        if start[e] != end[e]:
            ptr[start[e] + 1] += forward[e] != closed
            ptr[end[e] + 1] += backward[e] != closed
    for i in range(n):
        ptr[i + 1] += ptr[i]
    at = ptr[:-1].copy()
    head = np.empty(ptr[n], np.int32)
    arc_cost = np.empty(ptr[n], np.uint32)
    edge = np.empty(ptr[n], np.int32)
    for e in range(m):
        if start[e] == end[e]:
            continue
        if forward[e] != closed:
            k = at[start[e]]
            head[k], arc_cost[k], edge[k] = end[e], forward[e], e
            at[start[e]] = k + 1
        if backward[e] != closed:
            k = at[end[e]]
            head[k], arc_cost[k], edge[k] = start[e], backward[e], e
            at[end[e]] = k + 1
    return ptr, head, arc_cost, edge


@kernel
def both_ways(n: Any, start: Any, end: Any, forward: Any, backward: Any) -> Any:
    """Neighbours in CSR form, without self loops: ``ptr, head, out, back``, with the cost to and from each."""
    m = start.size
    ptr = np.zeros(n + 1, np.int64)
    for e in range(m):
        if start[e] != end[e]:
            ptr[start[e] + 1] += 1
            ptr[end[e] + 1] += 1
    for i in range(n):
        ptr[i + 1] += ptr[i]
    at = ptr[:-1].copy()
    head = np.empty(ptr[n], np.int32)
    out = np.empty(ptr[n], np.uint32)
    back = np.empty(ptr[n], np.uint32)
    for e in range(m):
        if start[e] == end[e]:
            continue
        k = at[start[e]]
        head[k], out[k], back[k] = end[e], forward[e], backward[e]
        at[start[e]] = k + 1
        k = at[end[e]]
        head[k], out[k], back[k] = start[e], backward[e], forward[e]
        at[end[e]] = k + 1
    return ptr, head, out, back


@kernel
def components(n: Any, start: Any, end: Any, usable: Any) -> Any:
    """Component of each node, numbered from 0 in the order of their smallest node; and their node counts."""
    parent = np.arange(n).astype(np.int32)
    for e in range(start.size):
        if not usable[e]:
            continue
        a, b = start[e], end[e]
        while parent[a] != a:
            parent[a] = parent[parent[a]]
            a = parent[a]
        while parent[b] != b:
            parent[b] = parent[parent[b]]
            b = parent[b]
        # The smaller node becomes the root, so that numbering does not depend on the order of edges.
        if a < b:
            parent[b] = a
        elif b < a:
            parent[a] = b
    label = np.empty(n, np.int32)
    size = np.zeros(n, np.int32)
    found = 0
    for i in range(n):
        root = i
        while parent[root] != root:
            root = parent[root]
        if root == i:
            label[i] = found
            found += 1
        else:
            label[i] = label[root]
        size[label[i]] += 1
    return label, size[:found].copy()
