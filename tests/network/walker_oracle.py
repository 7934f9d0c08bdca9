"""A walker's time on every edge once more: edge by edge in plain Python, from what ``docs/walkers.md`` says."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

from kezhong.network.attributes import Answer, Barrier, Crossing, Road, StreetAttributes
from kezhong.network.walker_rules import WalkerRules

FOOT = int(Road.FOOT)
TIE = 1e-6


@dataclass
class Edge:
    """What came out: seconds without rounding, whether each direction is closed, and each end shut."""

    forward: float
    backward: float
    closed: tuple[bool, bool]
    shut: tuple[bool, bool]

    def deciseconds(self, back: bool, ours: int) -> int | None:
        """Whole deciseconds from end to end, ``None`` where one cannot go.

        At a half the last bit of a sum, and so the order of its parts, decides which way it is rounded: there our own
        answer is taken, where it is one of the two.
        """
        if self.closed[back] or any(self.shut):
            return None
        exact = 10 * (self.backward if back else self.forward)
        return ours if abs(ours - exact) <= 0.5 + TIE else round(exact)


class Streets:
    """The network as lists: what meets at every node."""

    def __init__(self, given: StreetAttributes) -> None:
        self.s = given
        self.m, self.n = given.n_edges, given.n_nodes
        self.u, self.v = given.edge_u.tolist(), given.edge_v.tolist()
        self.road = given.road.tolist()
        self.ends: list[list[int]] = [[] for _ in range(self.n)]  # a loop is there twice
        for e in range(self.m):
            self.ends[self.u[e]].append(e)
            self.ends[self.v[e]].append(e)

    def top(self, node: int) -> int:
        return max((self.road[e] for e in self.ends[node]), default=0)

    def greatest(self, node: int) -> list[int]:
        return [e for e in self.ends[node] if self.road[e] == self.top(node)]

    def one_way(self, node: int) -> bool:
        return all(self.s.oneway[e] for e in self.greatest(node))

    def own_crossing(self, node: int) -> int:
        on_edges = [int(self.s.crossing[e]) for e in self.ends[node]] if self.top(node) > FOOT else []
        return max([int(self.s.node_crossing[node]), *on_edges])

    def crossing(self, node: int) -> int:
        """The safest at the node, or at the other end of 30 m of carriageway."""
        near = [
            self.own_crossing(self.v[e] if self.u[e] == node else self.u[e])
            for e in self.ends[node] if self.road[e] > FOOT and self.s.length_dm[e] <= 300
        ]  # fmt: skip
        return max([self.own_crossing(node), *near])

    def from_the_side(self, e: int, node: int) -> bool:
        return self.road[e] < self.top(node) and len(self.greatest(node)) >= 2

    def crosses(self, e: int, node: int) -> bool:
        """It comes from the side onto a greater road, or three and more of the greatest meet."""
        through = self.road[e] == self.top(node) > FOOT and len(self.greatest(node)) >= 3
        return self.from_the_side(e, node) or through

    def stops(self, e: int, node: int) -> bool:
        """Whether what stands at a node stands in the way of this edge: not of the greater road, nor at a dead end."""
        degree, roads = len(self.ends[node]), {self.road[x] for x in self.ends[node]}
        return degree >= 2 and (degree == 2 or self.road[e] < self.top(node) or len(roads) == 1)

    def has_crossing_edge(self, node: int) -> bool:
        return any(self.s.crossing[e] for e in self.ends[node])


def walk(given: StreetAttributes, rules: WalkerRules, *, night: bool, hour: int | None) -> list[Edge]:
    """Every edge for one walker."""
    streets = Streets(given)
    stranded = _stranded(streets, rules)
    found = []
    for e in range(streets.m):
        there, back = _moving(streets, rules, e, night)
        fixed = _standing(streets, rules, e)
        closed = _closed(streets, rules, e, night) or e in stranded
        up, down = _too_steep(given, rules, e)
        spared = (rules.surveyed_yes and given.wheelchair[e] == Answer.YES) or given.steps[e] == 1
        shut = tuple(_shut(streets, rules, e, node, hour) for node in (streets.u[e], streets.v[e]))
        found.append(
            Edge(there + fixed, back + fixed, (closed or (up and not spared), closed or (down and not spared)), shut)
        )
    return found


def _relative(rules: WalkerRules, slope: float) -> float:
    rule = rules.slope
    if rule.rule == "none":
        return 1.0
    if rule.rule == "tobler":
        return math.exp(-rule.steepness * (abs(slope + rule.offset) - abs(rule.offset)))
    points = list(zip(rule.slopes, rule.speeds, strict=True))
    if slope <= points[0][0]:
        return points[0][1]
    for (a, low), (b, high) in pairwise(points):
        if slope <= b:
            return low + (high - low) * (slope - a) / (b - a)
    return points[-1][1]


def _pieces(s: StreetAttributes, e: int) -> list[tuple[float, float]]:
    """Metres and slope of pieces whose slope is known."""
    metres = float(s.length_dm[e]) / 10.0
    if math.isfinite(s.incline[e]):
        return [(metres, min(1.0, max(-1.0, float(s.incline[e]))))]
    heights = s.height_dm[s.height_ptr[e] : s.height_ptr[e + 1]].tolist()
    if len(heights) < 2 or metres == 0:
        return []
    one = metres / (len(heights) - 1)
    return [(one, min(1.0, max(-1.0, (b - a) / 10.0 / one))) for a, b in pairwise(heights)]


def _moving(streets: Streets, rules: WalkerRules, e: int, night: bool) -> tuple[float, float]:
    s = streets.s
    if s.steps[e] == 1 and rules.step_up_s > 0:
        count = int(s.step_count[e]) or max(1, round(float(s.length_dm[e]) / 10.0 / rules.going_m))
        rising = int(s.rising[e])
        heights = s.height_dm[s.height_ptr[e] : s.height_ptr[e + 1]].tolist()
        if rising == 0 and heights and abs(heights[-1] - heights[0]) >= 5:
            rising = 1 if heights[-1] > heights[0] else -1
        mean = (rules.step_up_s + rules.step_down_s) / 2
        one = {1: (rules.step_up_s, rules.step_down_s), -1: (rules.step_down_s, rules.step_up_s), 0: (mean, mean)}
        return count * one[rising][0], count * one[rising][1]
    level = float(s.length_dm[e]) / 10.0 / rules.m_per_s * rules.surface[int(s.surface[e])]
    if night and s.lit[e] == Answer.NO:
        level *= rules.dark
    pieces = _pieces(s, e)
    total = sum(metres for metres, _ in pieces)
    if total == 0:
        return level, level
    up, down = (sum(metres / _relative(rules, sign * slope) for metres, slope in pieces) / total for sign in (1, -1))
    return level * up, level * down


def _wait(streets: Streets, rules: WalkerRules, kind: int, road: int, one_way: bool) -> float:
    given = rules.crossings
    if given is None or road == FOOT:
        return 0.0
    share = given.one_way if one_way else 1.0
    if kind == Crossing.SIGNALS:
        cycle, green = given.cycle_s[road], given.green_s[road]
        return min((cycle - green) ** 2 / (2 * cycle) * share if cycle else 0.0, given.most_s)
    flow = given.flow[road] * share * ((1 - given.yielding) if kind == Crossing.MARKED else 1.0)
    if flow <= 0:
        return 0.0
    gap = given.width_m[road] * share / rules.m_per_s + rules.start_s
    filled = flow * gap
    return given.most_s if filled > 50 else min((math.exp(filled) - filled - 1) / flow, given.most_s)


def _standing(streets: Streets, rules: WalkerRules, e: int) -> float:
    s, seconds, waited = streets.s, 0.0, False
    for node in (streets.u[e], streets.v[e]):
        if streets.crosses(e, node):
            waited = True
            kind, road = streets.crossing(node), streets.top(node)
            seconds += _wait(streets, rules, kind, road, streets.one_way(node)) / 2
        if s.node_barrier[node] == Barrier.GATE and streets.stops(e, node):
            seconds += rules.gate_s / 2
        if s.node_kerb[node] and _kerb_here(streets, e, node):
            seconds += rules.kerb_s[int(s.node_kerb[node])] / 2
    if s.crossing[e] and not waited:
        seconds += _wait(streets, rules, int(s.crossing[e]), int(Road.TERTIARY), False)
    seconds += rules.kerb_s[int(s.kerb[e])]
    if _inside(streets, e):
        for node in (streets.u[e], streets.v[e]):
            if any(not _inside(streets, x) for x in streets.ends[node]):
                seconds += rules.passage_s / 2
    return seconds


def _kerb_here(streets: Streets, e: int, node: int) -> bool:
    if streets.has_crossing_edge(node):
        return bool(streets.s.crossing[e] > 0)
    return streets.stops(e, node)


def _inside(streets: Streets, e: int) -> bool:
    """Part of an over- or underpass for pedestrians."""
    return bool(streets.s.structure[e] > 0 and streets.road[e] == FOOT)


def _closed_stair(streets: Streets, rules: WalkerRules, e: int) -> bool:
    s = streets.s
    return bool(rules.steps_closed and s.steps[e] == 1 and not (rules.ramp and s.ramp[e] >= rules.ramp))


def _closed(streets: Streets, rules: WalkerRules, e: int, night: bool) -> bool:
    s, road = streets.s, streets.road[e]
    good = rules.surveyed_yes and s.wheelchair[e] == Answer.YES
    forbidden = [
        _closed_stair(streets, rules, e),
        rules.surveyed_no and s.wheelchair[e] == Answer.NO,
        s.allowed[e] >= rules.access_closed,
        s.kerb[e] >= rules.kerb_closed and not good,
        0 < s.width_cm[e] < rules.least_width_cm and road == FOOT and not good,
        s.surface[e] >= rules.surface_closed and not good,
        night and rules.dark_closed and s.lit[e] == Answer.NO,
        road >= rules.along_bare and s.sidewalk[e] == Answer.NO,
        road >= rules.along_unknown and s.sidewalk[e] == Answer.UNKNOWN,
        any(s.crossing[e] and _not_across(streets, rules, e, node) for node in (streets.u[e], streets.v[e])),
    ]
    return any(bool(one) for one in forbidden)


def _not_across(streets: Streets, rules: WalkerRules, e: int, node: int) -> bool:
    unmarked, marked, signals = rules.across
    least = {Crossing.MARKED: marked, Crossing.SIGNALS: signals}.get(Crossing(streets.crossing(node)), unmarked)
    return streets.from_the_side(e, node) and streets.top(node) >= max(least, FOOT + 1)


def _shut(streets: Streets, rules: WalkerRules, e: int, node: int, hour: int | None) -> bool:
    s = streets.s
    timed = hour is not None and s.node_hours[node] >= 0 and len(s.hours) > 0
    open_now = not timed or bool(int(s.hours[s.node_hours[node]][(hour or 0) // 64]) >> ((hour or 0) % 64) & 1)
    in_the_way = (
        (rules.surveyed_no and s.node_wheelchair[node] == Answer.NO)
        or s.node_barrier[node] >= rules.barrier_closed
        or s.node_allowed[node] >= rules.access_closed
        or not open_now
    )
    if in_the_way and streets.stops(e, node):
        return True
    if s.node_kerb[node] >= rules.kerb_closed and _kerb_here(streets, e, node):
        return True
    walked = any(s.sidewalk[x] >= Answer.PARTLY for x in streets.greatest(node))
    return _not_across(streets, rules, e, node) and not s.crossing[e] and not walked


def _too_steep(s: StreetAttributes, rules: WalkerRules, e: int) -> tuple[bool, bool]:
    up, down = rules.slope.up or math.inf, rules.slope.down or math.inf
    if math.isinf(up) and math.isinf(down):
        return False, False
    found = []
    for sign in (1, -1):
        metres = sum(m for m, slope in _pieces(s, e) if sign * slope > up or sign * slope < -down)
        surveyed = math.isfinite(s.incline[e])
        beyond = any(sign * slope > up or sign * slope < -down for _, slope in _pieces(s, e))
        found.append(beyond if surveyed else metres > rules.slope.over_m)
    return found[0], found[1]


def _stranded(streets: Streets, rules: WalkerRules) -> set[int]:
    """Parts of over- and underpasses to which nothing but closed stairs leads."""
    found: set[int] = set()
    inner = [e for e in range(streets.m) if _inside(streets, e) and not _closed_stair(streets, rules, e)]
    left = set(inner)
    while left:
        part, open_ = set(), [left.pop()]
        while open_:
            e = open_.pop()
            part.add(e)
            for node in (streets.u[e], streets.v[e]):
                for x in streets.ends[node]:
                    if x in left:
                        left.discard(x)
                        open_.append(x)
        around = [x for e in part for node in (streets.u[e], streets.v[e]) for x in streets.ends[node]]
        ways = [x for x in around if x not in inner and not _closed_stair(streets, rules, x)]
        if not ways and any(_closed_stair(streets, rules, x) for x in around):
            found |= part
    return found
