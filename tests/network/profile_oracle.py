"""A walker's costs worked out edge by edge from ``docs/walkers.md``, in plain Python and without our own rules.

Profiles are read as they stand in the catalogue; attributes one number at a time. Distances are SciPy's, on a network
cut at every place and detached wherever the end of an edge is shut.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from network_oracle import all_pairs
from numpy.typing import NDArray

from kezhong.catalogue.walkers import Crossings, Walker
from kezhong.network import Access
from kezhong.network.attributes import StreetAttributes

ROADS = ("foot", "service", "local", "tertiary", "secondary", "primary", "trunk")
SURFACES = ("unknown", "smooth", "paved", "cobbled", "compact", "loose", "soft")
KERBS = ("unknown", "flush", "lowered", "rolled", "raised")
BARRIERS = ("none", "gate", "posts", "narrow", "climb", "shut")
PERMISSIONS = ("unknown", "all", "visitors", "residents", "nobody")
CROSSINGS = ("none", "unmarked", "marked", "signals")
RAMPS = ("unknown", "no", "pram", "wheelchair")
NO, PARTLY, YES = 1, 2, 3
#: A number of deciseconds this near a half may be rounded either way: the last digits of a sum depend on its order.
TIE = 1e-6


@dataclass(frozen=True)
class Edge:
    """One edge as its walker meets it; ``None``: closed in that direction."""

    forward: float | None
    backward: float | None
    shut_u: bool
    shut_v: bool


@dataclass
class Place:
    """What meets at a node: every end of an edge there, so that a loop is met twice."""

    edges: list[int] = field(default_factory=list)
    top: int = 0
    kind: int = 0


class Town:
    """The network of one question: attributes and what meets at the nodes."""

    def __init__(self, streets: StreetAttributes) -> None:
        self.given = {name: array.tolist() for name, array in streets.arrays().items()}
        self.m, self.n = streets.n_edges, streets.n_nodes
        self.nodes = [Place() for _ in range(self.n)]
        for e in range(self.m):
            for node in self.ends(e):
                self.nodes[node].edges.append(e)
        for place in self.nodes:
            place.top = max((self.of(e, "road") for e in place.edges), default=0)
        self._crossings()

    def of(self, e: int, name: str) -> int:
        """An attribute of an edge or node."""
        return int(self.given[name][e])

    def ends(self, e: int) -> tuple[int, int]:
        """Start and end of an edge."""
        return self.of(e, "edge_u"), self.of(e, "edge_v")

    def metres(self, e: int) -> float:
        """Length of an edge."""
        return self.of(e, "length_dm") / 10.0

    def greatest(self, node: int) -> list[int]:
        """Ends at a node of its greatest class."""
        place = self.nodes[node]
        return [e for e in place.edges if self.of(e, "road") == place.top]

    def _crossings(self) -> None:
        """The safest crossing at a node, on an edge there, or within 30 m along the carriageway."""
        own = []
        for node, place in enumerate(self.nodes):
            drawn = [self.of(e, "crossing") for e in place.edges] if place.top > 0 else []
            own.append(max([self.of(node, "node_crossing"), *drawn]))
        for node, place in enumerate(self.nodes):
            place.kind = own[node]
            for e in place.edges:
                if self.of(e, "road") > 0 and self.metres(e) <= 30.0:
                    u, v = self.ends(e)
                    place.kind = max(place.kind, own[v if node == u else u])

    def side(self, e: int, node: int) -> bool:
        """Whether an edge comes from the side onto a greater road that runs through."""
        return self.of(e, "road") < self.nodes[node].top and len(self.greatest(node)) >= 2

    def crosses(self, e: int, node: int) -> bool:
        """Whether whoever comes along the edge crosses a road at the node."""
        top = self.nodes[node].top
        many = self.of(e, "road") == top and top > 0 and len(self.greatest(node)) >= 3
        return self.side(e, node) or many

    def guards(self, e: int, node: int) -> bool:
        """Whether what stands at a node stands in this edge's way."""
        place = self.nodes[node]
        if len(place.edges) < 2:
            return False
        alike = all(self.of(other, "road") == place.top for other in place.edges)
        return len(place.edges) == 2 or alike or self.of(e, "road") < place.top

    def kerb_at(self, e: int, node: int) -> bool:
        """Whether the kerb at a node is this edge's: where a crossing starts there, it is the crossing's alone."""
        if any(self.of(other, "crossing") > 0 for other in self.nodes[node].edges):
            return self.of(e, "crossing") > 0
        return self.guards(e, node)


def pieces_of(town: Town, e: int) -> list[tuple[float, float]]:
    """Metres and slope of the pieces of an edge; none where no slope is known."""
    incline = float(town.given["incline"][e])
    metres = town.metres(e)
    if not math.isnan(incline):
        return [(metres, max(-1.0, min(1.0, incline)))]
    first, last = town.given["height_ptr"][e : e + 2]
    height = town.given["height_dm"][first:last]
    if len(height) < 2 or metres == 0:
        return []
    piece = metres / (len(height) - 1)
    return [(piece, max(-1.0, min(1.0, (b - a) / 10.0 / piece))) for a, b in pairwise(height)]


def pace_on(walker: Walker, slope: float) -> float:
    """Speed on a slope relative to the level."""
    rule = walker.slope
    if rule is None or rule.rule == "none":
        return 1.0
    if rule.rule == "tobler":
        return math.exp(-rule.steepness * (abs(slope + rule.offset) - rule.offset))
    known = list(zip(rule.slopes, rule.speeds, strict=True))
    if slope <= known[0][0]:
        return known[0][1]
    for (s, a), (t, b) in pairwise(known):
        if slope <= t:
            return a + (b - a) * (slope - s) / (t - s)
    return known[-1][1]


def way_seconds(town: Town, walker: Walker, e: int, sign: int, night: bool) -> float:
    """Seconds of a level or sloping way in one direction."""
    metres, speed = town.metres(e), walker.m_per_min / 60.0
    pieces = pieces_of(town, e)
    seconds = sum(m / (speed * pace_on(walker, sign * s)) for m, s in pieces) if pieces else metres / speed
    if walker.ground is not None:
        seconds *= walker.ground.factors.get(SURFACES[town.of(e, "surface")], 1.0)  # type: ignore[call-overload]
    if night and walker.night is not None and town.of(e, "lit") == NO:
        seconds *= walker.night.factor
    return float(seconds)


def stair_seconds(town: Town, walker: Walker, e: int, sign: int) -> float:
    """Seconds of a stair in one direction."""
    assert walker.steps is not None
    steps = town.of(e, "step_count") or max(round(town.metres(e) / walker.steps.going_m), 1)
    rising = town.of(e, "rising")
    first, last = town.given["height_ptr"][e : e + 2]
    if rising == 0 and last > first:
        rise = town.given["height_dm"][last - 1] - town.given["height_dm"][first]
        rising = (rise > 0) - (rise < 0) if abs(rise) >= 5 else 0  # half a metre
    up, down = walker.steps.up_s, walker.steps.down_s
    return steps * {1: up, -1: down, 0: (up + down) / 2.0}[sign * rising]


def wait_seconds(walker: Walker, roads: Crossings, kind: int, road: int, one_way: bool) -> float:
    """Seconds until a road can be crossed."""
    if walker.crossing is None or road == 0:
        return 0.0
    one = roads.roads[ROADS[road]]  # type: ignore[index]
    share = roads.one_way if one_way else 1.0
    if CROSSINGS[kind] == "signals":
        return min(share * (one.cycle_s - one.green_s) ** 2 / (2.0 * one.cycle_s), roads.most_s)
    flow = one.vehicles_per_h / 3600.0 * share
    if CROSSINGS[kind] == "marked":
        flow *= 1.0 - roads.yielding
    gap = one.width_m * share / (walker.m_per_min / 60.0) + walker.crossing.start_s
    return min((math.exp(flow * gap) - flow * gap - 1.0) / flow, roads.most_s)


def fixed_seconds(town: Town, walker: Walker, roads: Crossings, e: int) -> float:
    """Waits, kerbs, gates and passages of an edge: half of what is shared with the edge beyond the node."""
    ends = town.ends(e)
    seconds = 0.0
    crossed = [node for node in ends if town.crosses(e, node)]
    for node in crossed:
        one_way = all(town.of(other, "oneway") for other in town.greatest(node))
        place = town.nodes[node]
        seconds += wait_seconds(walker, roads, place.kind, place.top, one_way) / 2.0
    if town.of(e, "crossing") and not crossed:  # mapped by itself: which road it crosses is not known
        seconds += wait_seconds(walker, roads, town.of(e, "crossing"), ROADS.index("tertiary"), one_way=False)
    kerbs = walker.kerbs.seconds if walker.kerbs is not None else {}
    seconds += kerbs.get(KERBS[town.of(e, "kerb")], 0.0)  # type: ignore[call-overload]
    inside = [town.of(one, "structure") > 0 and town.of(one, "road") == 0 for one in range(town.m)]
    for node in ends:
        if walker.gates is not None and BARRIERS[town.of(node, "node_barrier")] == "gate" and town.guards(e, node):
            seconds += walker.gates.seconds / 2.0
        if town.kerb_at(e, node):
            seconds += kerbs.get(KERBS[town.of(node, "node_kerb")], 0.0) / 2.0  # type: ignore[call-overload]
        if walker.passage is not None and inside[e] and not all(inside[one] for one in town.nodes[node].edges):
            seconds += walker.passage.seconds / 2.0
    return seconds


def from_on(names: tuple[str, ...], code: int, least: str | None) -> bool:
    """Whether a code is the named one or beyond."""
    return least is not None and code >= names.index(least)


def shut_flights(town: Town, walker: Walker) -> set[int]:
    """Stairs that this walker cannot take."""
    if walker.steps is None or not walker.steps.closed:
        return set()
    ramp = walker.steps.ramp
    return {
        e
        for e in range(town.m)
        if town.of(e, "steps") and (ramp == "none" or not from_on(RAMPS, town.of(e, "ramp"), ramp))
    }


def lost_passages(town: Town, flights: set[int]) -> set[int]:
    """Over- and underpasses for pedestrians that closed stairs lead to, and nothing else."""
    inside = {e for e in range(town.m) if town.of(e, "structure") and not town.of(e, "road")} - flights
    lost: set[int] = set()
    left = set(inside)
    while left:
        part = {left.pop()}
        around: set[int] = set()
        waiting = list(part)
        while waiting:
            for node in town.ends(waiting.pop()):
                for other in town.nodes[node].edges:
                    if other in left:
                        left.remove(other)
                        part.add(other)
                        waiting.append(other)
                    elif other not in inside:
                        around.add(other)
        if around and around <= flights:
            lost |= part
    return lost


def too_steep(town: Town, walker: Walker, e: int, sign: int) -> bool:
    """Whether more than a few metres of an edge, or its surveyed incline, are beyond the walker's limits."""
    rule = walker.slope
    if rule is None:
        return False
    up, down = rule.up or math.inf, rule.down or math.inf
    beyond = sum(m for m, s in pieces_of(town, e) if sign * s > up or -sign * s > down)
    surveyed = not math.isnan(float(town.given["incline"][e]))
    steep = any(sign * s > up or -sign * s > down for _, s in pieces_of(town, e))
    return steep if surveyed else beyond > rule.over_m


def closed_whole(town: Town, walker: Walker, e: int, night: bool) -> bool:
    """Whether an edge is closed for what it is, stairs and slopes aside."""
    opened = walker.wheelchair_yes and town.of(e, "wheelchair") == YES
    road, walk = town.of(e, "road"), town.of(e, "sidewalk")
    narrow = (
        walker.width is not None
        and road == 0
        and 0 < town.of(e, "width_cm") < round(walker.width.least_m * 100)
    )  # fmt: skip
    rough = walker.ground is not None and from_on(SURFACES, town.of(e, "surface"), walker.ground.closed_from)
    high = walker.kerbs is not None and from_on(KERBS, town.of(e, "kerb"), walker.kerbs.closed_from)
    along = walker.along
    return (
        (walker.wheelchair_no and town.of(e, "wheelchair") == NO)
        or (
            walker.gates is not None
            and from_on(PERMISSIONS, town.of(e, "allowed"), walker.gates.access_closed_from)
        )
        or (not opened and (narrow or rough or high))
        or (night and walker.night is not None and walker.night.closed and town.of(e, "lit") == NO)
        or (along is not None and walk == NO and from_on(ROADS, road, along.no_sidewalk_from))
        or (along is not None and walk == 0 and from_on(ROADS, road, along.unknown_from))
    )  # fmt: skip


def must_not_cross(town: Town, walker: Walker, e: int, node: int) -> bool:
    """Whether a walker coming along the edge must not cross the road at the node."""
    place = town.nodes[node]
    if walker.crossing is None or place.top == 0 or not town.side(e, node):
        return False
    kind = CROSSINGS[max(place.kind, 1)]  # nothing recorded counts as unmarked
    return from_on(ROADS, place.top, walker.crossing.not_from.get(kind))  # type: ignore[call-overload]


def shut_end(town: Town, walker: Walker, e: int, node: int, hour: int | None) -> bool:
    """Whether nobody passes between an edge and its node."""
    gates = walker.gates
    in_the_way = town.guards(e, node) and (
        (gates is not None and from_on(BARRIERS, town.of(node, "node_barrier"), gates.closed_from))
        or (gates is not None and from_on(PERMISSIONS, town.of(node, "node_allowed"), gates.access_closed_from))
        or (walker.wheelchair_no and town.of(node, "node_wheelchair") == NO)
        or not open_at(town, node, hour)
    )
    high = walker.kerbs is not None and from_on(KERBS, town.of(node, "node_kerb"), walker.kerbs.closed_from)
    if in_the_way or (high and town.kerb_at(e, node)):
        return True
    # One may come out onto a sidewalk; a crossing that is mapped is closed as a whole instead.
    sidewalk = any(town.of(one, "sidewalk") >= PARTLY for one in town.greatest(node))
    return must_not_cross(town, walker, e, node) and not town.of(e, "crossing") and not sidewalk


def open_at(town: Town, node: int, hour: int | None) -> bool:
    """Whether a node is open in an hour of the week."""
    row = town.of(node, "node_hours")
    if hour is None or row < 0:
        return True
    return bool(int(town.given["hours"][row][hour // 64]) >> (hour % 64) & 1)


def edges_of(town: Town, walker: Walker, roads: Crossings, *, night: bool, hour: int | None) -> list[Edge]:
    """Deciseconds of every edge, not yet rounded, and the ends that are shut."""
    flights = shut_flights(town, walker)
    closed = flights | lost_passages(town, flights)
    found = []
    for e in range(town.m):
        u, v = town.ends(e)
        timed = town.of(e, "steps") and walker.steps is not None and walker.steps.up_s > 0
        spared = town.of(e, "steps") or (walker.wheelchair_yes and town.of(e, "wheelchair") == YES)
        barred = (
            e in closed
            or closed_whole(town, walker, e, night)
            or any(town.of(e, "crossing") and must_not_cross(town, walker, e, node) for node in (u, v))
        )
        fixed = fixed_seconds(town, walker, roads, e)
        ways: list[float | None] = []
        for sign in (1, -1):
            own = stair_seconds(town, walker, e, sign) if timed else way_seconds(town, walker, e, sign, night)
            shut = barred or (not spared and too_steep(town, walker, e, sign))
            ways.append(None if shut else (own + fixed) * 10.0)
        ends = [shut_end(town, walker, e, node, hour) for node in (u, v)]
        found.append(Edge(ways[0], ways[1], ends[0], ends[1]))
    return found


def whole(exact: float | None, told: int) -> int | None:
    """Whole deciseconds; of two equally near the one that is told."""
    if exact is None:
        return None
    tie = abs(exact - math.floor(exact) - 0.5) < TIE
    return told if tie and abs(told - exact) < 0.6 else math.floor(exact + 0.5)


def times(
    streets: StreetAttributes,
    costs: list[tuple[int | None, int | None, bool, bool]],
    homes: Access,
    n_homes: int,
    goals: Access,
    n_goals: int,
) -> NDArray[np.int64]:
    """Deciseconds of every trip from a home to a goal, all of them strictly within edges; FAR where there is no way.

    ``costs``: forward, backward (``None``: closed) and whether the start and the end of the edge are shut. The first
    ``o`` of ``n`` decimetres of a cost ``c`` take ``⌊c·o/n + 1/2⌋``.
    """
    count = streets.n_nodes
    stops: list[list[tuple[int, int]]] = []  # of every edge: offset, node
    for e, (_, _, shut_u, shut_v) in enumerate(costs):
        ends = []
        for node, shut in ((int(streets.edge_u[e]), shut_u), (int(streets.edge_v[e]), shut_v)):
            ends.append(count if shut else node)
            count += shut
        stops.append([(0, ends[0]), (int(streets.length_dm[e]), ends[1])])
    doors: list[tuple[int, int, int, int]] = []  # side (0 home, 1 goal), place, node, extra
    for side, access in enumerate((homes, goals)):
        columns = (access.place, access.edge, access.offset_dm, access.extra_dm)
        for place, e, offset, extra in zip(*(column.tolist() for column in columns), strict=True):
            stops[e].append((offset, count))
            if costs[e][0] is not None or costs[e][1] is not None:
                doors.append((side, place, count, extra))
            count += 1
    arcs: list[tuple[int, int, int]] = []
    for e, (forward, backward, _, _) in enumerate(costs):
        length = int(streets.length_dm[e])
        # Ends first and last, also where a cut lies at the same offset as another.
        first, last, *cuts = stops[e]
        for (o, a), (q, b) in pairwise([first, *sorted(cuts), last]):
            for cost, arc in ((forward, (a, b)), (backward, (b, a))):
                if cost is not None:
                    begin, end = ((2 * cost * x + length) // (2 * length) if length else 0 for x in (o, q))
                    arcs.append((*arc, end - begin if length else cost))
    at_home, at_goal = count, count + n_homes
    for side, place, node, extra in doors:
        arcs.append((at_home + place, node, extra) if side == 0 else (node, at_goal + place, extra))
    return all_pairs(arcs, at_goal + n_goals, at_home, at_goal)
