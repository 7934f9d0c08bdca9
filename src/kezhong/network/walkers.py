"""A walker's time on every edge, in both directions: speed by slope, steps, surface, waits, and what is closed.

The rules are numbers (:class:`WalkerRules`); where they come from is not this room's business. Seconds of a walker on
an edge from ``u`` to ``v``::

    seconds = Σ over pieces  piece / (speed · f(slope of the piece)) · surface · darkness      (level and sloping ways)
            | steps · seconds a step, up or down                                               (stairs)
            + half the wait at each end where a road is crossed + kerbs + gates + half a passage at each end

``f`` is the walker's speed on a slope relative to the level. Half of a wait is charged on the way in and half on the
way out of a crossing, so that crossing costs one whole wait whatever edges it is made of.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kezhong.network import _pace
from kezhong.network import _walking as walking
from kezhong.network._switches import Barred, Switch, switches
from kezhong.network.attributes import Answer, Road, StreetAttributes
from kezhong.network.walker_rules import WalkerRules, check, wait_table
from kezhong.network.weights import CLOSED, Inner, Weights

Codes = NDArray[np.uint8]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
#: No edge takes longer than this (deciseconds, about 31 hours a piece): sums stay within 32 bits.
MAX_EDGE_DS = 0x0010_0000


@dataclass(frozen=True, eq=False)
class WalkerWeights:
    """A walker's cost of every edge.

    Attributes
    ----------
    weights
        Deciseconds in both directions; ``CLOSED`` where the walker cannot go from end to end. Where an end is shut its
        ``inner`` costs lead to the places along the edge.
    part
        Deciseconds of the edge without waits, gates and kerbs at its ends. ``CLOSED`` only where the edge itself is
        closed, not where one of its ends is.
    shut_u, shut_v : bool (m,)
        Whether one cannot pass between the edge and its node at that end (a gate, a crossing that is not allowed): the
        places along the edge are then still reached from the other end.
    barred : uint8 (m,)
        :class:`Barred` code where at least one direction or end is closed: the first reason that applies.
    switches
        What each rule could do with the data.
    """

    weights: Weights
    part: Weights
    shut_u: Flags
    shut_v: Flags
    barred: Codes
    switches: tuple[Switch, ...]

    def switch(self, name: str) -> Switch:
        """The switch with this name."""
        return next(one for one in self.switches if one.name == name)


def walker_weights(
    streets: StreetAttributes, rules: WalkerRules, *, night: bool = False, hour: int | None = None
) -> WalkerWeights:
    """Deciseconds of every edge in both directions for one walker.

    Parameters
    ----------
    night
        Whether it is dark: only then does lighting matter.
    hour
        Hour of the week (0: Monday 00:00; 168 to 191: a public holiday) at which gates with hours must be open;
        ``None``: hours are not looked at.

    Returns
    -------
    WalkerWeights
        With ``Weights`` of shape (m,) in deciseconds.

    Raises
    ------
    InputError
        A speed that is not positive, an hour that is none of a week's, a table of slopes that does not fit.
    """
    check(rules, hour)
    up, down = _pace.factors(streets, rules.slope)
    underfoot = np.asarray(rules.surface, dtype=np.float64)[streets.surface]
    if night:
        underfoot = underfoot * np.where(streets.lit == Answer.NO, rules.dark, 1.0)
    level = streets.length_dm / (10.0 * rules.m_per_s)
    stair_up, stair_down = walking.stairs(streets, rules.step_up_s, rules.step_down_s, rules.going_m)
    is_stair = (streets.steps == 1) & (rules.step_up_s > 0)
    forward = np.where(is_stair, stair_up, level * up * underfoot)
    backward = np.where(is_stair, stair_down, level * down * underfoot)
    meets = walking.Meetings(streets)
    fixed = _waits(streets, rules, meets) + walking.obstacles(streets, meets, rules.kerb_s, rules.gate_s)
    fixed += meets.passage_ends * (rules.passage_s / 2.0)
    bars = _bars(streets, rules, meets, night=night, hour=hour)
    inner = Inner(
        _deciseconds(forward + fixed, bars.forward), _deciseconds(backward + fixed, bars.backward),
        bars.shut_u, bars.shut_v,
    )  # fmt: skip
    return WalkerWeights(
        through(inner),
        Weights(_deciseconds(forward, bars.forward), _deciseconds(backward, bars.backward)),
        bars.shut_u,
        bars.shut_v,
        bars.reason,
        switches(streets, rules, meets, bars.reason, night=night, hour=hour),
    )


def through(inner: Inner) -> Weights:
    """Weights of edges of which some have a shut end: those are closed to everybody who comes from beyond it."""
    shut = inner.shut_start | inner.shut_end
    if not shut.any():
        return Weights(inner.forward, inner.backward)
    return Weights(np.where(shut, CLOSED, inner.forward), np.where(shut, CLOSED, inner.backward), inner)


def _waits(streets: StreetAttributes, rules: WalkerRules, meets: walking.Meetings) -> Floats:
    """Half the wait at each end where an edge crosses a road, (m,) seconds; whole where the crossing meets no road."""
    table = wait_table(rules)
    seconds = np.zeros(streets.n_edges)
    for end in (meets.at_u, meets.at_v):
        one_way = meets.one_way[end.node].astype(np.intp)
        seconds += np.where(end.crosses, table[one_way, meets.kind[end.node], meets.top[end.node]] / 2.0, 0.0)
    loose = meets.loose_crossing
    return np.where(loose, table[0, streets.crossing, Road.TERTIARY], seconds)


class _Bars:
    """What is closed, collected rule by rule; the first reason stays."""

    def __init__(self, m: int) -> None:
        self.reason = np.zeros(m, dtype=np.uint8)
        self.forward, self.backward = np.zeros(m, dtype=bool), np.zeros(m, dtype=bool)
        self.shut_u, self.shut_v = np.zeros(m, dtype=bool), np.zeros(m, dtype=bool)

    def whole(self, where: Flags, reason: Barred) -> None:
        self.ways((where, where), reason)

    def ways(self, where: tuple[Flags, Flags], reason: Barred) -> None:
        self.forward |= where[0]
        self.backward |= where[1]
        self._because(where, reason)

    def ends(self, where: tuple[Flags, Flags], reason: Barred) -> None:
        self.shut_u |= where[0]
        self.shut_v |= where[1]
        self._because(where, reason)

    def _because(self, where: tuple[Flags, Flags], reason: Barred) -> None:
        self.reason[(where[0] | where[1]) & (self.reason == Barred.OPEN)] = reason


def _bars(
    streets: StreetAttributes, rules: WalkerRules, meets: walking.Meetings, *, night: bool, hour: int | None
) -> _Bars:
    bars = _Bars(streets.n_edges)
    stairs = walking.shut_stairs(streets, rules.steps_closed, rules.ramp)
    surveyed = walking.surveyed(streets, no=rules.surveyed_no, yes=rules.surveyed_yes)
    bars.whole(stairs, Barred.STEPS)
    bars.whole(meets.only_by(stairs), Barred.PASSAGE)
    bars.whole(surveyed.no, Barred.WHEELCHAIR)
    if rules.surveyed_no:
        bars.ends(meets.guarded(streets.node_wheelchair == Answer.NO), Barred.WHEELCHAIR)
    bars.ends(meets.guarded(streets.node_barrier >= rules.barrier_closed), Barred.BARRIER)
    bars.ends(meets.guarded(streets.node_allowed >= rules.access_closed), Barred.GATE_ACCESS)
    bars.ends(meets.guarded(walking.shut_at(streets, hour)), Barred.GATE_HOURS)
    bars.whole(streets.allowed >= rules.access_closed, Barred.ACCESS)
    bars.whole((streets.kerb >= rules.kerb_closed) & ~surveyed.yes, Barred.KERB)
    bars.ends(meets.kerbed(streets.node_kerb >= rules.kerb_closed), Barred.KERB)
    narrow = (streets.width_cm > 0) & (streets.width_cm < rules.least_width_cm) & (streets.road == Road.FOOT)
    bars.whole(narrow & ~surveyed.yes, Barred.WIDTH)
    bars.whole((streets.surface >= rules.surface_closed) & ~surveyed.yes, Barred.SURFACE)
    climbs, descends = _pace.too_steep(streets, rules.slope)
    spared = surveyed.yes | (streets.steps == 1)
    bars.ways((climbs & ~spared, descends & ~spared), Barred.SLOPE)
    if night and rules.dark_closed:
        bars.whole(streets.lit == Answer.NO, Barred.DARK)
    bars.whole(walking.bare_roads(streets, rules.along_bare, rules.along_unknown), Barred.ROAD_ALONG)
    whole, into_u, into_v = meets.forbidden_crossings(rules.across)
    bars.whole(whole, Barred.ROAD_ACROSS)
    bars.ends((into_u, into_v), Barred.ROAD_ACROSS)
    return bars


def _deciseconds(seconds: Floats, closed: Flags) -> NDArray[np.uint32]:
    whole = np.minimum(np.rint(seconds * 10.0), MAX_EDGE_DS).astype(np.uint32)
    return np.where(closed, CLOSED, whole).astype(np.uint32)


__all__ = ["Barred", "Switch", "WalkerRules", "WalkerWeights", "walker_weights"]
