"""A network with new links: edges are cut where a link begins or ends, everything else keeps its number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kezhong.errors import InputError
from kezhong.network import _layout
from kezhong.network._compile import kernel
from kezhong.network.access import Access, EdgeCosts
from kezhong.network.graph import MAX_EDGE_DM, Floats, WalkGraph
from kezhong.network.weights import CLOSED, Inner, Weights


@dataclass(frozen=True, eq=False)
class Linked:
    """A network with one more link.

    Attributes
    ----------
    graph, weights
        The new network. Nodes and edges of the old one keep their numbers; an edge that was cut is the part before
        the cut, the part behind it is appended.
    edge : int
        Number of the new link.
    cuts : (first, offset_dm, second)
        Cuts in the order in which they were made: an access on edge ``first`` beyond ``offset_dm`` now lies on
        ``second``.
    """

    graph: WalkGraph
    weights: Weights | None
    edge: int
    cuts: tuple[tuple[int, int, int], ...]

    def moved(self, rows: Access) -> Access:
        """Accesses of the old network on the new one."""
        return moved(rows, self.cuts)


def moved(rows: Access, cuts: Sequence[tuple[int, int, int]]) -> Access:
    """Accesses after cuts (first, offset_dm, second), in the order in which these were made."""
    edge, offset = rows.edge.copy(), rows.offset_dm.copy()
    _behind(edge, offset, np.array(cuts, np.int64).reshape(-1, 3))
    return Access(rows.place, edge, offset, rows.extra_dm)


@kernel
def _behind(edge: Any, offset: Any, cuts: Any) -> None:
    for r in range(edge.size):
        for c in range(cuts.shape[0]):
            if edge[r] == cuts[c, 0] and offset[r] > cuts[c, 1]:
                edge[r] = cuts[c, 2]
                offset[r] -= cuts[c, 1]


def with_link(
    graph: WalkGraph,
    weights: Weights | None,
    begin: tuple[int, int],
    end: tuple[int, int],
    course: Floats | None = None,
    *,
    cost: tuple[int, int] | None = None,
    length_dm: int | None = None,
) -> Linked:
    """The network with a link between two positions.

    Parameters
    ----------
    begin, end
        (edge, offset_dm): where the link starts and ends.
    course
        Points between the two, metres; straight where there is none.
    cost
        Of walking it from begin to end and back, in the unit of the weights; without it its length.
    length_dm
        Without it the length of its course.

    Raises
    ------
    InputError
        A position that does not exist, a link longer than an edge may be.
    """
    plan = StreetPlan(graph, weights)
    edge = plan.link(begin, end, course, cost=cost, length_dm=length_dm)
    made, weighed = plan.network()
    return Linked(made, None if weights is None else weighed, edge, tuple(plan.cuts))


class StreetPlan:
    """A network and what is to be changed in it: changes on the side, the arrays written only when asked for.

    Costs are those along an edge (as far as a gate, where one stands at its end); ``shut`` is 1 where nobody passes
    the edge's start, 2 its end, 3 both.
    """

    def __init__(self, graph: WalkGraph, weights: Weights | None) -> None:
        self.base = graph
        self.u, self.v, self.dm = _Patched(graph.edge_u), _Patched(graph.edge_v), _Patched(graph.edge_dm)
        costs = EdgeCosts.of(graph, weights)
        self.forward, self.backward = _Patched(costs.forward), _Patched(costs.backward)
        shut = costs.shut if len(costs.shut) else np.zeros(graph.n_edges, np.uint8)
        self.shut = _Patched(shut)
        self.gated = weights is not None and weights.inner is not None
        self.course = _Courses(graph)
        self.nodes: list[Floats] = []
        self.cuts: list[tuple[int, int, int]] = []

    def copy(self) -> StreetPlan:
        """As it is now; later changes of one are none of the other."""
        other = StreetPlan.__new__(StreetPlan)
        other.base, other.gated = self.base, self.gated
        for name in ("u", "v", "dm", "forward", "backward", "shut", "course"):
            setattr(other, name, getattr(self, name).copy())
        other.nodes, other.cuts = list(self.nodes), list(self.cuts)
        return other

    @property
    def n_edges(self) -> int:
        """Edges with those added."""
        return self.base.n_edges + len(self.u.added)

    def through(self, edge: int) -> tuple[int, int]:
        """Costs of passing an edge as a whole, there and back."""
        closed = int(CLOSED)
        return (closed, closed) if self.shut[edge] else (self.forward[edge], self.backward[edge])

    def set_costs(self, edge: int, forward: int, backward: int) -> None:
        """Give an edge other costs; no gate stands at its ends any more."""
        self.forward.change(edge, forward)
        self.backward.change(edge, backward)
        self.shut.change(edge, 0)

    def link(
        self,
        begin: tuple[int, int],
        end: tuple[int, int],
        course: Floats | None,
        *,
        cost: tuple[int, int] | None,
        length_dm: int | None = None,
    ) -> int:
        """Cut the streets at both positions and join the cuts; the number of the new edge."""
        for edge, offset in (begin, end):
            self._check(edge, offset)
        # On a copy, so that a link that is refused leaves nothing behind.
        trial = self.copy()
        number = trial._link(begin, end, course, cost, length_dm)
        vars(self).update(vars(trial))
        return number

    def _check(self, edge: int, offset: int) -> None:
        if not 0 <= edge < self.n_edges:
            expected = f"0–{self.n_edges - 1}"
            raise InputError("network.out_of_range", column="edge", row=0, value=edge, expected=expected)
        if not 0 <= offset <= self.dm[edge]:
            expected = f"0–{self.dm[edge]}"
            raise InputError("network.out_of_range", column="offset_dm", row=0, value=offset, expected=expected)

    def _link(
        self,
        begin: tuple[int, int],
        end: tuple[int, int],
        course: Floats | None,
        cost: tuple[int, int] | None,
        length_dm: int | None,
    ) -> int:
        known, ends, spots = len(self.cuts), [], []
        for edge, offset in (begin, end):
            for first, at, second in self.cuts[known:]:
                if edge == first and offset > at:
                    edge, offset = second, offset - at
            node = self.base.n_nodes + len(self.nodes)
            self.cuts.append((edge, offset, self._cut(edge, offset, node)))
            spots.append(self.course[edge][-1:])
            self.nodes.append(spots[-1])
            ends.append(node)
        line = np.concatenate([spots[0], np.empty((0, 2)) if course is None else course, spots[1]])
        metres = float(np.hypot(*np.diff(line, axis=0).T).sum())
        length = round(metres * 10) if length_dm is None else length_dm
        costs = (length, length) if cost is None else cost
        for value in (length, *costs):
            if not (0 <= value <= MAX_EDGE_DM or value == CLOSED):
                raise InputError("network.bad_length", column="length_dm", row=0, value=value, expected=MAX_EDGE_DM)
        return self._append(ends[0], ends[1], length, costs, 0, line)

    def _cut(self, edge: int, offset: int, node: int) -> int:
        """Cut an edge at a new node; the number of the part behind it."""
        length, shut = self.dm[edge], self.shut[edge]
        ahead, back = (_part(costs[edge], offset, length) for costs in (self.forward, self.backward))
        first, rest = (ahead, back), (_less(self.forward[edge], ahead), _less(self.backward[edge], back))
        gates = (shut & 1, shut & 2)
        # Who stands at an end of an edge stands at the node, even where the edge is closed: so does a cut there.
        if offset == length:
            first, rest, gates = (self.forward[edge], self.backward[edge]), (0, 0), (shut, 0)
        elif offset == 0:
            first, rest, gates = (0, 0), (self.forward[edge], self.backward[edge]), (0, shut)
        before, behind = _split(self.course[edge], offset / length if length else 0.0)
        second = self._append(node, self.v[edge], length - offset, rest, gates[1], behind)
        self.v.change(edge, node)
        self.dm.change(edge, offset)
        self.forward.change(edge, first[0])
        self.backward.change(edge, first[1])
        self.shut.change(edge, gates[0])
        self.course.change(edge, before)
        return second

    def _append(self, u: int, v: int, dm: int, costs: tuple[int, int], shut: int, course: Floats) -> int:
        for column, value in ((self.u, u), (self.v, v), (self.dm, dm), (self.forward, costs[0]), (self.shut, shut)):
            column.add(value)
        self.backward.add(costs[1])
        return self.course.add(course)

    def network(self) -> tuple[WalkGraph, Weights]:
        """The network with the changes. New nodes stand at the end of the inner order."""
        base = self.base
        forward, backward, shut = self.forward.array(), self.backward.array(), self.shut.array()
        inner = None
        if self.gated:
            inner = Inner(forward, backward, (shut & 1) > 0, (shut & 2) > 0)
        closed = shut > 0
        weights = Weights(np.where(closed, CLOSED, forward), np.where(closed, CLOSED, backward), inner)
        if not self.nodes:
            return base, weights
        nodes = np.concatenate([base.node_xy, *self.nodes])
        rank = np.concatenate([base.rank, np.arange(base.n_nodes, len(nodes), dtype=np.int32)])
        u, v, dm = self.u.array(), self.v.array(), self.dm.array()
        a, b = rank[u], rank[v]
        xy, ptr = self.course.arrays()
        component, size = _layout.components(len(nodes), u, v, np.ones(len(u), np.bool_))
        arcs = _layout.directed(len(nodes), a, b, dm, dm)
        return WalkGraph(nodes, u, v, xy, ptr, dm, component, size, rank, a, b, *arcs), weights


class _Patched:
    """An array with a few changed and appended values."""

    def __init__(self, base: NDArray[Any]) -> None:
        self.base, self.changed, self.added = base, dict[int, int](), list[int]()

    def __getitem__(self, i: int) -> int:
        if i >= len(self.base):
            return self.added[i - len(self.base)]
        return self.changed.get(i, int(self.base[i]))

    def change(self, i: int, value: int) -> None:
        if i >= len(self.base):
            self.added[i - len(self.base)] = value
        else:
            self.changed[i] = value

    def add(self, value: int) -> None:
        self.added.append(value)

    def copy(self) -> _Patched:
        """As it is now."""
        other = _Patched(self.base)
        other.changed, other.added = dict(self.changed), list(self.added)
        return other

    def array(self) -> NDArray[Any]:
        """The whole."""
        if not self.changed and not self.added:
            return self.base
        whole = np.concatenate([self.base, np.array(self.added, self.base.dtype)])
        for i, value in self.changed.items():
            whole[i] = value
        return whole


class _Courses:
    """Courses of edges, likewise."""

    def __init__(self, graph: WalkGraph) -> None:
        self.graph, self.changed, self.added = graph, dict[int, Floats](), list[Floats]()

    def __getitem__(self, edge: int) -> Floats:
        if edge >= self.graph.n_edges:
            return self.added[edge - self.graph.n_edges]
        first, last = self.graph.edge_ptr[edge : edge + 2]
        return self.changed.get(edge, self.graph.edge_xy[first:last])

    def change(self, edge: int, course: Floats) -> None:
        if edge >= self.graph.n_edges:
            self.added[edge - self.graph.n_edges] = course
        else:
            self.changed[edge] = course

    def add(self, course: Floats) -> int:
        self.added.append(course)
        return self.graph.n_edges + len(self.added) - 1

    def copy(self) -> _Courses:
        """As it is now."""
        other = _Courses(self.graph)
        other.changed, other.added = dict(self.changed), list(self.added)
        return other

    def arrays(self) -> tuple[Floats, NDArray[np.int64]]:
        """Points of all edges, and the offsets."""
        graph = self.graph
        parts, at = [], 0
        length = np.diff(graph.edge_ptr)
        for edge in sorted(self.changed):
            parts += [graph.edge_xy[at : graph.edge_ptr[edge]], self.changed[edge]]
            at = int(graph.edge_ptr[edge + 1])
            length[edge] = len(self.changed[edge])
        xy = np.concatenate([*parts, graph.edge_xy[at:], *self.added])
        ptr = np.concatenate([[0], np.cumsum(np.concatenate([length, [len(part) for part in self.added]]))])
        return xy, ptr.astype(np.int64)


def _part(cost: int, offset: int, length: int) -> int:
    """Cost of the first part of an edge, as accesses are weighed."""
    if cost == int(CLOSED) or length == 0:
        return int(CLOSED) if cost == int(CLOSED) else 0
    return (2 * cost * offset + length) // (2 * length)


def _less(cost: int, part: int) -> int:
    return int(CLOSED) if cost == int(CLOSED) else cost - part


def _split(course: Floats, share: float) -> tuple[Floats, Floats]:
    """A line in two at a share of its length; both hold the point of the cut."""
    along = np.concatenate([np.zeros(1), np.cumsum(np.hypot(*np.diff(course, axis=0).T))])
    mark = share * along[-1]
    k = int(np.clip(np.searchsorted(along, mark, side="right") - 1, 0, len(course) - 2))
    step = along[k + 1] - along[k]
    point = course[k] + (course[k + 1] - course[k]) * ((mark - along[k]) / step if step > 0.0 else 0.0)
    return np.vstack([course[: k + 1], point]), np.vstack([point, course[k + 1 :]])
