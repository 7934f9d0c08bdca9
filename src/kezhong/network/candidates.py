"""What may be opened: closed edges, gates and missing links, as positions that meet in a hub."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from kezhong.errors import InputError
from kezhong.network.access import Access
from kezhong.network.graph import MAX_EDGE_DM, Flags, Ints, Lengths, WalkGraph
from kezhong.network.weights import CLOSED, Weights


@dataclass(frozen=True, eq=False)
class Candidates:
    """Openings to try, C of them, as ports (r rows) and as what opens in the network.

    Attributes
    ----------
    n : int
        Number of candidates.
    candidate : int32 (r,)
        The candidate a port belongs to.
    edge : int32 (r,), offset_dm : uint32 (r,)
        Position of the port; edge −1 for a node that only edges without length end at.
    into, out : uint32 (r,)
        Cost from the port to the hub and back, :data:`kezhong.network.CLOSED` where that direction stays closed.
    opened_of, opened : int32 (k,), forward, backward : uint32 (k,)
        Existing edges that open with a candidate, and what they then cost.
    """

    n: int
    candidate: Ints
    edge: Ints
    offset_dm: Lengths
    into: Lengths
    out: Lengths
    opened_of: Ints
    opened: Ints
    forward: Lengths
    backward: Lengths

    @classmethod
    def edges(cls, graph: WalkGraph, edges: ArrayLike, forward: ArrayLike, backward: ArrayLike) -> Candidates:
        """Each closed edge by itself, with the costs (c,) it has when open."""
        which = _edges(edges, graph)
        ahead, back = (_costs(values, len(which)) for values in (forward, backward))
        start, begin = _at_nodes(graph, graph.edge_u[which])
        stop, end = _at_nodes(graph, graph.edge_v[which])
        own, none = np.arange(len(which), dtype=np.int32), np.zeros(len(which), np.uint32)
        return cls(
            len(which), np.tile(own, 2), np.concatenate([start, stop]), np.concatenate([begin, end]),
            np.concatenate([ahead, none]), np.concatenate([back, none]), own, which, ahead, back,
        )  # fmt: skip

    @classmethod
    def links(
        cls, graph: WalkGraph, begin: tuple[ArrayLike, ArrayLike], end: tuple[ArrayLike, ArrayLike],
        forward: ArrayLike, backward: ArrayLike,
    ) -> Candidates:  # fmt: skip
        """New links between positions (edges, offsets in decimetres) and others, with their costs (c,)."""
        rows = [Access.of(np.zeros(len(np.asarray(edge)), np.int32), edge, offset) for edge, offset in (begin, end)]
        first, second = (row.checked(graph, 1, name) for row, name in zip(rows, ("begin", "end"), strict=True))
        n = len(rows[0].place)
        if len(first.place) != n or len(second.place) != n:
            raise InputError("network.shape", column="end", value=(len(second.place),), expected=(n,))
        ahead, back = (_costs(values, n) for values in (forward, backward))
        own, none = np.arange(n, dtype=np.int32), np.zeros(n, np.uint32)
        empty, nothing = np.empty(0, np.int32), np.empty(0, np.uint32)
        return cls(
            n, np.tile(own, 2), np.concatenate([first.edge, second.edge]),
            np.concatenate([first.offset_dm, second.offset_dm]), np.concatenate([ahead, none]),
            np.concatenate([back, none]), empty, empty, nothing, nothing,
        )  # fmt: skip

    @classmethod
    def gates(cls, graph: WalkGraph, nodes: ArrayLike, weights: Weights, opened: Weights) -> Candidates:
        """Each node by itself: every edge at it that ``weights`` closes gets the costs of ``opened``."""
        hub = np.asarray(nodes, np.int32)
        if len(hub) and (hub.min() < 0 or hub.max() >= graph.n_nodes):
            raise InputError(
                "network.out_of_range", column="nodes", row=0, value=int(hub.max()), expected=f"0–{graph.n_nodes - 1}"
            )
        was, now = weights.checked(graph), opened.checked(graph)
        changed = np.flatnonzero((was.forward != now.forward) | (was.backward != now.backward)).astype(np.int32)
        candidate, edge, away = _star(graph, hub, changed)
        other = np.where(away, graph.edge_v[edge], graph.edge_u[edge]).astype(np.int32)
        into = np.where(away, now.backward[edge], now.forward[edge]).astype(np.uint32)
        out = np.where(away, now.forward[edge], now.backward[edge]).astype(np.uint32)
        on, offset = _at_nodes(graph, np.concatenate([other, hub]))
        none, own = np.zeros(len(hub), np.uint32), np.arange(len(hub), dtype=np.int32)
        return cls(
            len(hub), np.concatenate([candidate, own]), on, offset, np.concatenate([into, none]),
            np.concatenate([out, none]), candidate, edge, now.forward[edge], now.backward[edge],
        )  # fmt: skip

    @classmethod
    def joined(cls, parts: Sequence[Candidates]) -> Candidates:
        """Several sets of candidates as one, numbered on."""
        base = np.concatenate([[0], np.cumsum([part.n for part in parts])]).astype(np.int32)
        columns: dict[str, Any] = {}
        for name in ("candidate", "edge", "offset_dm", "into", "out", "opened_of", "opened", "forward", "backward"):
            shift = base if name in ("candidate", "opened_of") else np.zeros_like(base)
            kind = np.int32 if name in ("candidate", "edge", "opened_of", "opened") else np.uint32
            arrays = [getattr(part, name) + kind(step) for part, step in zip(parts, shift[:-1], strict=True)]
            columns[name] = np.concatenate([np.empty(0, kind), *arrays]).astype(kind)
        return cls(int(base[-1]), **columns)


def _star(graph: WalkGraph, hubs: Ints, changed: Ints) -> tuple[Ints, Ints, Flags]:
    """Changed edges at each hub: number of the hub, edge, whether it leads away from the hub; loops are left out."""
    changed = changed[graph.edge_u[changed] != graph.edge_v[changed]]
    near = np.concatenate([graph.edge_u[changed], graph.edge_v[changed]])
    edge = np.concatenate([changed, changed])
    away = np.arange(len(edge)) < len(changed)
    order = np.argsort(near, kind="stable")
    near, edge, away = near[order], edge[order], away[order]
    first = np.searchsorted(near, hubs, side="left")
    number = np.searchsorted(near, hubs, side="right") - first
    row = np.repeat(first - np.cumsum(number) + number, number) + np.arange(number.sum())
    return np.repeat(np.arange(len(hubs), dtype=np.int32), number), edge[row].astype(np.int32), away[row]


def _at_nodes(graph: WalkGraph, nodes: Ints) -> tuple[Ints, Lengths]:
    """Positions that stand for nodes: on an edge with a length, else at the start of one without; −1 where none is.

    Both ends of an edge without length have offset 0, and that stands for its start: a node at which only such edges
    end has no position.
    """
    edge, offset = np.full(graph.n_nodes, -1, np.int32), np.zeros(graph.n_nodes, np.uint32)
    every = np.arange(graph.n_edges, dtype=np.int32)
    long = every[graph.edge_dm > 0]
    edge[graph.edge_u] = every
    edge[graph.edge_v[long]], offset[graph.edge_v[long]] = long, graph.edge_dm[long]
    edge[graph.edge_u[long]], offset[graph.edge_u[long]] = long, 0
    return edge[nodes], offset[nodes]


def _edges(values: ArrayLike, graph: WalkGraph) -> Ints:
    given = np.asarray(values, np.int64)
    bad = (given < 0) | (given >= graph.n_edges)
    if bad.any():
        row = int(np.argmax(bad))
        raise InputError(
            "network.out_of_range", column="edges", row=row, value=int(given[row]), expected=f"0–{graph.n_edges - 1}"
        )
    return given.astype(np.int32)


def _costs(values: ArrayLike, n: int) -> Lengths:
    given = np.broadcast_to(np.asarray(values), (n,))
    bad = (given < 0) | ((given > MAX_EDGE_DM) & (given != CLOSED))
    if bad.any():
        row = int(np.argmax(bad))
        raise InputError("network.bad_length", column="cost", row=row, value=given[row], expected=MAX_EDGE_DM)
    return np.ascontiguousarray(given, np.uint32)
