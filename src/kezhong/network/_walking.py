"""Where walkers meet roads, gates, stairs and passages: what follows from an edge's neighbours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from kezhong.network import _pace
from kezhong.network.attributes import Answer, Barrier, Road, StreetAttributes

Codes = NDArray[np.uint8]
Ints = NDArray[np.int32]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

#: A crossing this near a junction, along the carriageway, is the junction's (decimetres): most are mapped beside it.
_NEAR_DM = 300
#: A stair is taken to rise where the heights at its ends differ by this much (decimetres).
_STAIR_RISE_DM = 5


@dataclass(frozen=True, eq=False)
class End:
    """One end of every edge: its node, whether the edge comes from the side onto a road, and whether it crosses."""

    node: Ints
    side: Flags
    crosses: Flags


@dataclass(frozen=True, eq=False)
class Surveyed:
    """What a surveyed wheelchair tag says of an edge."""

    no: Flags
    yes: Flags


class Meetings:
    """What meets at the nodes: the greatest road, how it may be crossed, and which edges come from the side.

    Attributes
    ----------
    degree, top : (n,)
        Number of edges, and the class of the greatest road among them.
    kind : uint8 (n,)
        Crossing at the node, on a crossing edge there, or within 30 m along the carriageway.
    one_way : bool (n,)
        Whether the greatest road has traffic in one direction only.
    at_u, at_v
        The two ends of every edge.
    loose_crossing : bool (m,)
        Crossing edges that share no node with a road.
    passage_ends : (m,)
        How many ends of an over- or underpass for pedestrians lead out of it.
    crossed : bool (n,)
        Nodes at which a road from tertiary on is crossed.
    """

    def __init__(self, streets: StreetAttributes) -> None:
        self.streets = streets
        u, v, road, n = streets.edge_u, streets.edge_v, streets.road, streets.n_nodes
        both, twice = np.concatenate([u, v]), np.concatenate([road, road])
        self.degree = np.bincount(both, minlength=n)
        self.top = np.zeros(n, dtype=np.uint8)
        np.maximum.at(self.top, both, twice)
        least = np.full(n, len(Road), dtype=np.uint8)
        np.minimum.at(least, both, twice)
        self._alike = least == self.top
        greatest = twice == self.top[both]
        self._top_count = np.bincount(both[greatest], minlength=n)
        two_way = greatest & (np.concatenate([streets.oneway, streets.oneway]) == 0)
        self.one_way = np.bincount(both[two_way], minlength=n) == 0
        self.kind = self._kinds()
        walked = np.concatenate([streets.sidewalk, streets.sidewalk]) >= Answer.PARTLY
        self._sidewalk = np.bincount(both[greatest & walked], minlength=n) > 0
        is_crossing = streets.crossing > 0
        self._crossing_edges = np.bincount(both[np.concatenate([is_crossing, is_crossing])], minlength=n)
        self.at_u, self.at_v = self._end(u), self._end(v)
        self.loose_crossing = is_crossing & ~self.at_u.crosses & ~self.at_v.crosses
        self.crossed = np.zeros(n, dtype=bool)
        for end in (self.at_u, self.at_v):
            self.crossed[end.node[end.crosses]] = True
        self.crossed &= self.top >= Road.TERTIARY
        self.passage_ends = self._passage_ends()

    def _kinds(self) -> Codes:
        streets = self.streets
        own = streets.node_crossing.copy()
        for node in (streets.edge_u, streets.edge_v):
            np.maximum.at(own, node, np.where(self.top[node] > Road.FOOT, streets.crossing, 0).astype(np.uint8))
        near = (streets.road > Road.FOOT) & (streets.length_dm <= _NEAR_DM)
        found = own.copy()
        for here, there in ((streets.edge_u, streets.edge_v), (streets.edge_v, streets.edge_u)):
            np.maximum.at(found, here[near], own[there[near]])
        return found

    def _end(self, node: Ints) -> End:
        top, count = self.top[node], self._top_count[node]
        side = (self.streets.road < top) & (count >= 2)
        return End(node, side, side | ((self.streets.road == top) & (top > Road.FOOT) & (count >= 3)))

    def _passage_ends(self) -> NDArray[np.int64]:
        inside = (self.streets.structure > 0) & (self.streets.road == Road.FOOT)
        outside = np.zeros(self.streets.n_nodes, dtype=bool)
        for node in (self.streets.edge_u, self.streets.edge_v):
            outside[node[~inside]] = True
        ends = outside[self.streets.edge_u].astype(np.int64) + outside[self.streets.edge_v]
        return np.where(inside, ends, 0)

    def guarded(self, shut: Flags) -> tuple[Flags, Flags]:
        """Ends of edges, at their start and at their end, at which a node with ``shut`` cannot be passed, (m,) each.

        What stands at the mouth of a side street or path does not stop the traffic of the greater road there, and at
        the end of a dead end it stops nobody.
        """
        return self._shut_end(self.at_u.node, shut), self._shut_end(self.at_v.node, shut)

    def _shut_end(self, node: Ints, shut: Flags) -> Flags:
        aside = (self.degree[node] <= 2) | (self.streets.road < self.top[node]) | self._alike[node]
        return np.asarray(shut[node] & (self.degree[node] >= 2) & aside, dtype=bool)

    def kerbed(self, high: Flags) -> tuple[Flags, Flags]:
        """The same for kerbs: where a crossing starts at the node, the kerb is the crossing's alone."""
        ends = []
        for node in (self.at_u.node, self.at_v.node):
            crossing_here = self._crossing_edges[node] > 0
            ends.append(np.where(crossing_here, high[node] & (self.streets.crossing > 0), self._shut_end(node, high)))
        return np.asarray(ends[0], dtype=bool), np.asarray(ends[1], dtype=bool)

    def only_by(self, stairs: Flags) -> Flags:
        """Passages, parts of over- and underpasses included, that nothing but the closed ``stairs`` leads to, (m,)."""
        streets = self.streets
        inside = (streets.structure > 0) & (streets.road == Road.FOOT) & ~stairs
        if not inside.any() or not stairs.any():
            return np.zeros(streets.n_edges, dtype=bool)
        n = streets.n_nodes
        u, v = streets.edge_u[inside], streets.edge_v[inside]
        _, part = connected_components(coo_array((np.ones(len(u)), (u, v)), shape=(n, n)), directed=False)
        ways = np.zeros(part.max() + 1, dtype=np.int64)
        flights = np.zeros_like(ways)
        for node in (streets.edge_u, streets.edge_v):
            np.add.at(ways, part[node[~inside & ~stairs]], 1)
            np.add.at(flights, part[node[stairs]], 1)
        return np.asarray(inside & ((ways == 0) & (flights > 0))[part[streets.edge_u]], dtype=bool)

    def forbidden_crossings(self, across: tuple[int, int, int]) -> tuple[Flags, Flags, Flags]:
        """Crossings that are not allowed, whole edges; and ends of edges shut at a road that must not be crossed there.

        ``across`` holds the least class that must not be crossed, for unmarked, marked and signalled crossings. On a
        street mapped as a line nobody can tell its two sides apart: where a sidewalk is recorded one may come out onto
        it, so that the end stays open and only the wait counts.
        """
        least = np.array([across[0], across[0], across[1], across[2]], dtype=np.uint8)
        barred = (self.top >= least[self.kind]) & (self.top > Road.FOOT)
        whole = np.zeros(self.streets.n_edges, dtype=bool)
        ends = []
        for end in (self.at_u, self.at_v):
            shut = end.side & barred[end.node]
            crossing = shut & (self.streets.crossing > 0)
            whole |= crossing
            ends.append(shut & ~crossing & ~self._sidewalk[end.node])
        return whole, ends[0], ends[1]


def stairs(streets: StreetAttributes, up_s: float, down_s: float, going_m: float) -> tuple[Floats, Floats]:
    """Seconds on every edge as if it were a stair, forward and backward, (m,).

    Steps are counted, or made of the length and the depth of a step. Where neither a tag nor the heights say which way
    a stair rises, both directions take the mean.
    """
    estimated = np.maximum(np.rint(streets.length_dm / (10.0 * going_m)), 1.0)
    count = np.where(streets.step_count > 0, streets.step_count, estimated)
    rise = _pace.net_rise_dm(streets)
    rising = np.where(streets.rising != 0, streets.rising, np.where(np.abs(rise) >= _STAIR_RISE_DM, np.sign(rise), 0))
    mean = (up_s + down_s) / 2.0
    forward = np.where(rising > 0, up_s, np.where(rising < 0, down_s, mean))
    backward = np.where(rising > 0, down_s, np.where(rising < 0, up_s, mean))
    return count * forward, count * backward


def shut_stairs(streets: StreetAttributes, closed: bool, ramp: int) -> Flags:
    """Stairs that a walker cannot take: no ramp good enough beside them."""
    if not closed:
        return np.zeros(streets.n_edges, dtype=bool)
    helps = (streets.ramp >= ramp) if ramp else np.zeros(streets.n_edges, dtype=bool)
    return np.asarray((streets.steps == 1) & ~helps, dtype=bool)


def surveyed(streets: StreetAttributes, *, no: bool, yes: bool) -> Surveyed:
    """The surveyed wheelchair tag, for walkers whom it concerns."""
    return Surveyed((streets.wheelchair == Answer.NO) & no, (streets.wheelchair == Answer.YES) & yes)


def shut_at(streets: StreetAttributes, hour: int | None) -> Flags:
    """Nodes with hours that are not open in this hour of the week, (n,)."""
    shut = np.zeros(streets.n_nodes, dtype=bool)
    if hour is None or not len(streets.hours):
        return shut
    word, bit = divmod(hour, 64)
    is_open = (streets.hours[:, word] >> np.uint64(bit)) & np.uint64(1)
    limited = streets.node_hours >= 0
    shut[limited] = is_open[streets.node_hours[limited]] == 0
    return shut


def bare_roads(streets: StreetAttributes, bare: int, unknown: int) -> Flags:
    """Roads closed because they have no sidewalk, or none is recorded."""
    without = (streets.road >= bare) & (streets.sidewalk == Answer.NO)
    return np.asarray(without | ((streets.road >= unknown) & (streets.sidewalk == Answer.UNKNOWN)), dtype=bool)


def obstacles(streets: StreetAttributes, meets: Meetings, kerb_s: tuple[float, ...], gate_s: float) -> Floats:
    """Seconds for kerbs and gates, half of them on either side of the node, (m,)."""
    kerb = np.asarray(kerb_s, dtype=np.float64)
    seconds = kerb[streets.kerb]
    gate = streets.node_barrier == Barrier.GATE
    for end, at_gate, at_kerb in zip(
        (meets.at_u, meets.at_v), meets.guarded(gate), meets.kerbed(streets.node_kerb > 0), strict=True
    ):
        seconds += np.where(at_gate, gate_s / 2.0, 0.0)
        seconds += np.where(at_kerb, kerb[streets.node_kerb[end.node]] / 2.0, 0.0)
    return np.asarray(seconds, dtype=np.float64)
