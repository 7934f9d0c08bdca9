"""What walking an edge costs, in each direction: decimetres of the normative metric, or a walker's deciseconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from kezhong.errors import InputError
from kezhong.network import _layout
from kezhong.network.graph import MAX_EDGE_DM, Flags, Lengths, WalkGraph
from kezhong.network.snapping import checked_flags

CLOSED = np.uint32(0xFFFFFFFF)
"""Cost of a direction in which an edge cannot be walked."""


@dataclass(frozen=True, eq=False)
class Inner:
    """Edges that can be walked but not walked through, because a gate stands at one of their ends.

    Attributes
    ----------
    forward, backward : uint32 (m,)
        Cost of the whole edge as far as the gate, or :data:`CLOSED`; the cost of the :class:`Weights` where those are
        open.
    shut_start, shut_end : bool (m,)
        Whether nobody gets from the edge to its node at this end, nor from the node into the edge.
    """

    forward: Lengths
    backward: Lengths
    shut_start: Flags
    shut_end: Flags

    @property
    def turned(self) -> Inner:
        """For walking the other way."""
        return Inner(self.backward, self.forward, self.shut_start, self.shut_end)


@dataclass(frozen=True, eq=False)
class Weights:
    """Cost of each edge from its start to its end and back.

    Attributes
    ----------
    forward, backward : uint32 (m,)
        At most ``MAX_EDGE_DM``, or :data:`CLOSED`. One unit for all: what :func:`kezhong.network.reach` is given as
        limit, thresholds and extras is in the same unit.
    inner
        Where one cannot pass an end of an edge: the edge is then closed to those who walk through, and places along
        it are reached from the other end. Without it a closed edge takes its places with it.
    """

    forward: Lengths
    backward: Lengths
    inner: Inner | None = None

    @classmethod
    def of_lengths(cls, graph: WalkGraph, barred: ArrayLike | None = None) -> Weights:
        """Metres for everybody: the edges' lengths, closed where ``barred`` (bool ``(m,)``) says so."""
        if barred is None:
            return cls(graph.edge_dm, graph.edge_dm)
        lengths = np.where(checked_flags(barred, "barred", graph.n_edges), CLOSED, graph.edge_dm)
        return cls(lengths, lengths)

    def checked(self, graph: WalkGraph) -> Weights:
        """The same with right types.

        Raises
        ------
        InputError
            Another number of edges than the graph's, or a cost out of range.
        """
        inner = None
        if self.inner is not None:
            within = self.inner
            inner = Inner(
                _cost(within.forward, "inner.forward", graph),
                _cost(within.backward, "inner.backward", graph),
                checked_flags(within.shut_start, "inner.shut_start", graph.n_edges),
                checked_flags(within.shut_end, "inner.shut_end", graph.n_edges),
            )
        return Weights(_cost(self.forward, "forward", graph), _cost(self.backward, "backward", graph), inner)

    @property
    def turned(self) -> Weights:
        """For walking every trip the other way."""
        return Weights(self.backward, self.forward, None if self.inner is None else self.inner.turned)

    @property
    def symmetric(self) -> bool:
        """Whether every edge costs the same in both directions."""
        return self.forward is self.backward or bool(np.array_equal(self.forward, self.backward))


def weights_of(graph: WalkGraph, weights: Weights | None, barred: ArrayLike | None) -> Weights | None:
    """The weights of a question, ``None`` for the plain lengths of all edges."""
    if weights is None:
        return None if barred is None else Weights.of_lengths(graph, barred)
    given = weights.checked(graph)
    if barred is None:
        return given
    closed = checked_flags(barred, "barred", graph.n_edges)
    inner = given.inner
    if inner is not None:
        forward, backward = (np.where(closed, CLOSED, cost) for cost in (inner.forward, inner.backward))
        inner = Inner(forward, backward, inner.shut_start, inner.shut_end)
    return Weights(np.where(closed, CLOSED, given.forward), np.where(closed, CLOSED, given.backward), inner)


def arcs_towards(graph: WalkGraph, weights: Weights | None) -> tuple[Any, Any, Any]:
    """Adjacency ``ptr, head, cost`` for searches from targets; ``cost``: from ``head`` to the node."""
    if weights is None:
        return graph.arc_ptr, graph.arc_head, graph.arc_dm
    return arcs_from(graph, weights.turned)


def arcs_from(graph: WalkGraph, weights: Weights | None) -> tuple[Any, Any, Any]:
    """Adjacency ``ptr, head, cost`` for searches from origins; ``cost``: from the node to ``head``."""
    ptr, head, cost, _ = edges_from(graph, weights)
    return ptr, head, cost


def edges_from(graph: WalkGraph, weights: Weights | None) -> tuple[Any, Any, Any, Any]:
    """As :func:`arcs_from`, with the edge of each arc."""
    if weights is None:
        return graph.arc_ptr, graph.arc_head, graph.arc_dm, graph.arc_edge
    arcs: tuple[Any, Any, Any, Any] = _layout.directed(
        graph.n_nodes, graph.edge_a, graph.edge_b, weights.forward, weights.backward
    )
    return arcs


def _cost(values: Any, name: str, graph: WalkGraph) -> Lengths:
    given = np.asarray(values)
    if given.shape != (graph.n_edges,) or (given.size and given.dtype.kind not in "iu"):
        shape = f"{given.dtype} {given.shape}"
        raise InputError("network.shape", column=name, value=shape, expected=f"int ({graph.n_edges},)")
    bad = ((given < 0) | (given > MAX_EDGE_DM)) & (given != CLOSED)
    if bad.any():
        row = int(np.argmax(bad))
        raise InputError("network.bad_length", column=name, row=row, value=given[row], expected=MAX_EDGE_DM)
    return np.ascontiguousarray(given, np.uint32)
