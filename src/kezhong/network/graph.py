"""The walking graph: nodes, edges with their course, lengths in decimetres, adjacency in an order that caches like."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kezhong.errors import InputError, NotFoundError
from kezhong.network import _layout

UNREACHED = np.uint32(0xFFFFFFFF)
"""The distance of what is not reached within the limit."""

MAX_EDGE_DM = 0x3FFFFFFF
"""Longest edge: sums of two lengths and an extra stay within 32 bits."""

_FORMAT = 1

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Lengths = NDArray[np.uint32]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class WalkGraph:
    """An undirected walking network.

    Make one with :meth:`build` or :meth:`load`. Ids of nodes and edges are the caller's, in all arrays and results;
    within, nodes are kept in the order of a Hilbert curve (``rank``), because neighbouring searches then touch
    neighbouring memory.

    Attributes
    ----------
    node_xy : float64 (n, 2)
        Positions in metres of a projected system.
    edge_u, edge_v : int32 (m,)
        Nodes at the start and at the end of each edge.
    edge_xy : float64 (k, 2), edge_ptr : int64 (m + 1,)
        Course of edge ``e``: ``edge_xy[edge_ptr[e]:edge_ptr[e + 1]]``, from ``edge_u[e]`` to ``edge_v[e]``.
    edge_dm : uint32 (m,)
        Lengths in decimetres.
    component : int32 (n,), component_nodes : int32 (c,)
        Connected part of each node, and the number of nodes of each part.
    rank, edge_a, edge_b, arc_ptr, arc_head, arc_dm, arc_edge
        Inner layout: place of each node in the order; ends of the edges and adjacency (CSR) in that order.
    """

    node_xy: Floats
    edge_u: Ints
    edge_v: Ints
    edge_xy: Floats
    edge_ptr: Longs
    edge_dm: Lengths
    component: Ints
    component_nodes: Ints
    rank: Ints
    edge_a: Ints
    edge_b: Ints
    arc_ptr: Longs
    arc_head: Ints
    arc_dm: Lengths
    arc_edge: Ints

    @classmethod
    def build(
        cls,
        node_xy: ArrayLike,
        edge_u: ArrayLike,
        edge_v: ArrayLike,
        edge_xy: ArrayLike,
        edge_ptr: ArrayLike,
        edge_dm: ArrayLike | None = None,
    ) -> WalkGraph:
        """Check the arrays and lay the graph out.

        Edges of length zero, several edges between two nodes and edges that return to their own node are all kept:
        they occur in real data and are walked like any other.

        Parameters
        ----------
        node_xy
            ``(n, 2)`` metres.
        edge_u, edge_v
            ``(m,)`` node numbers 0 … n − 1.
        edge_xy, edge_ptr
            Courses of the edges, flat, with ``m + 1`` offsets; at least two points an edge, first point at
            ``edge_u``, last at ``edge_v``.
        edge_dm
            ``(m,)`` lengths in decimetres; without it the geometric length, rounded.

        Raises
        ------
        InputError
            Shapes that do not fit, a node number out of range, a coordinate that is no number, a length too long.
        """
        nodes = _positions(node_xy, "node_xy")
        course = _positions(edge_xy, "edge_xy")
        u, v = _numbers(edge_u, "edge_u", len(nodes)), _numbers(edge_v, "edge_v", len(nodes))
        ptr = np.ascontiguousarray(edge_ptr, dtype=np.int64)
        if u.shape != v.shape:
            raise InputError("network.shape", column="edge_v", value=v.shape, expected=u.shape)
        _check_offsets(ptr, len(u), len(course))
        lengths = _lengths(edge_dm, course, ptr)
        order = np.argsort(_layout.hilbert_keys(nodes), kind="stable")
        rank = np.empty(len(nodes), np.int32)
        rank[order] = np.arange(len(nodes), dtype=np.int32)
        usable = np.ones(len(u), np.bool_)
        a, b = rank[u], rank[v]
        arc_ptr, arc_head, arc_dm, arc_edge = _layout.directed(len(nodes), a, b, lengths, lengths)
        component, component_nodes = _layout.components(len(nodes), u, v, usable)
        return cls(
            nodes,
            u,
            v,
            course,
            ptr,
            lengths,
            component,
            component_nodes,
            rank,
            a,
            b,
            arc_ptr,
            arc_head,
            arc_dm,
            arc_edge,
        )

    @property
    def n_nodes(self) -> int:
        """Number of nodes."""
        return len(self.node_xy)

    @property
    def n_edges(self) -> int:
        """Number of edges."""
        return len(self.edge_u)

    def save(self, folder: Path) -> None:
        """Write the prepared graph as ``.npy`` files into ``folder`` (made if absent)."""
        folder.mkdir(parents=True, exist_ok=True)
        for field in fields(self):
            np.save(folder / f"{field.name}.npy", getattr(self, field.name))
        np.save(folder / "format.npy", np.array([_FORMAT]))

    @classmethod
    def load(cls, folder: Path) -> WalkGraph:
        """Read what :meth:`save` wrote, memory-mapped, so that processes share it.

        Raises
        ------
        NotFoundError
            The folder holds no graph, or one of another version.
        """
        marker = folder / "format.npy"
        if not marker.is_file() or int(np.load(marker)[0]) != _FORMAT:
            raise NotFoundError("network.no_saved_graph", file=folder)
        # Copy-on-write, not read-only: Numba treats read-only arrays as another type and would compile all anew.
        return cls(*(mapped(folder / f"{field.name}.npy") for field in fields(cls)))

    def at_nodes(self, nodes: ArrayLike) -> tuple[Ints, Lengths]:
        """Positions that stand for nodes: ``(edge int32, offset_dm uint32)``, −1 for a node without edges."""
        inner = self.rank[_numbers(nodes, "nodes", self.n_nodes)]
        first = self.arc_ptr[inner]
        lonely = first == self.arc_ptr[inner + 1]
        if not len(self.arc_edge):
            return np.full(len(inner), -1, np.int32), np.zeros(len(inner), np.uint32)
        edge = np.where(lonely, 0, self.arc_edge[np.where(lonely, 0, first)])
        offset = np.where(self.edge_a[edge] == inner, 0, self.edge_dm[edge])
        return np.where(lonely, -1, edge).astype(np.int32), np.where(lonely, 0, offset).astype(np.uint32)

    @cached_property
    def segments(self) -> Any:
        """Grid index of the street segments, made at the first snapping."""
        from kezhong.network.snapping import index_segments

        return index_segments(self)


def mapped(file: Path) -> Any:
    """An ``.npy`` file, memory-mapped where it holds anything."""
    array = np.load(file, mmap_mode="c") if file.stat().st_size else np.load(file)
    return array.view(np.ndarray)


def _positions(values: ArrayLike, name: str) -> Floats:
    array = np.ascontiguousarray(values, dtype=np.float64)
    if array.size == 0:
        array = array.reshape(0, 2)
    if array.ndim != 2 or array.shape[1] != 2:
        raise InputError("network.shape", column=name, value=array.shape, expected="(n, 2)")
    bad = ~np.isfinite(array).all(axis=1)
    if bad.any():
        row = int(np.argmax(bad))
        raise InputError("network.not_finite", column=name, row=row, value=array[row].tolist())
    return array


def _numbers(values: ArrayLike, name: str, end: int) -> Ints:
    given = np.asarray(values)
    if given.ndim != 1 or (given.size and given.dtype.kind not in "iu"):
        raise InputError("network.shape", column=name, value=f"{given.dtype} {given.shape}", expected="int (n,)")
    bad = (given < 0) | (given >= end)
    if bad.any():
        row = int(np.argmax(bad))
        raise InputError("network.out_of_range", column=name, row=row, value=int(given[row]), expected=f"0–{end - 1}")
    return np.ascontiguousarray(given, dtype=np.int32)


def _check_offsets(ptr: Longs, m: int, k: int) -> None:
    if ptr.shape != (m + 1,):
        raise InputError("network.shape", column="edge_ptr", value=ptr.shape, expected=(m + 1,))
    if ptr[0] != 0 or ptr[-1] != k:
        raise InputError("network.out_of_range", column="edge_ptr", row=m, value=int(ptr[-1]), expected=f"0–{k}")
    short = np.diff(ptr) < 2
    if short.any():
        raise InputError("network.short_edge", column="edge_ptr", row=int(np.argmax(short)))


def _lengths(edge_dm: ArrayLike | None, course: Floats, ptr: Longs) -> Lengths:
    if edge_dm is None:
        given: NDArray[Any] = np.rint(_layout.polyline_metres(course, ptr) * 10.0)
    else:
        given = np.asarray(edge_dm)
        if given.shape != (len(ptr) - 1,):
            raise InputError("network.shape", column="edge_dm", value=given.shape, expected=(len(ptr) - 1,))
    bad = ~((given >= 0) & (given <= MAX_EDGE_DM))
    if bad.any():
        row = int(np.argmax(bad))
        raise InputError("network.bad_length", column="edge_dm", row=row, value=given[row], expected=MAX_EDGE_DM)
    return np.ascontiguousarray(given, dtype=np.uint32)
