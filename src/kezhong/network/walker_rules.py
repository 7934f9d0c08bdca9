"""A walker in numbers, and the waits that follow from them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from kezhong.errors import InputError
from kezhong.network.attributes import WEEK_BITS, Crossing, Road, Surface

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SlopeRule:
    """Speed on a slope relative to the level.

    ``tobler``: ``exp(−steepness · |s + offset|) / exp(−steepness · |offset|)``. ``table``: linear between ``slopes``,
    constant beyond. ``up``, ``down``: a way with more than ``over_m`` metres steeper than this is closed.
    """

    rule: Literal["none", "tobler", "table"] = "none"
    steepness: float = 3.5
    offset: float = 0.05
    slopes: tuple[float, ...] = ()
    speeds: tuple[float, ...] = ()
    up: float | None = None
    down: float | None = None
    over_m: float = 10.0


@dataclass(frozen=True, slots=True)
class RoadCrossings:
    """Roads as pedestrians meet them, one entry a class of :class:`Road`: the same for all walkers.

    ``width_m`` of the carriageway, ``flow`` vehicles a second, ``cycle_s`` and ``green_s`` of its signals, ``yielding``
    share of drivers who stop at a zebra; ``one_way`` the share of the width that is crossed at once on a carriageway
    with one direction; ``most_s`` a wait after which people cross anyway or go elsewhere.
    """

    width_m: tuple[float, ...]
    flow: tuple[float, ...]
    cycle_s: tuple[float, ...]
    green_s: tuple[float, ...]
    yielding: float
    most_s: float
    one_way: float = 0.5


@dataclass(frozen=True, slots=True)
class WalkerRules:
    """A walker in numbers. Defaults are a walker whom nothing slows or stops.

    Attributes
    ----------
    m_per_s
        Speed on the level.
    step_up_s, step_down_s, going_m, steps_closed, ramp
        Seconds a step; depth of a step where they are not counted; whether stairs are closed, unless there is a ramp
        of at least this code (0: none helps).
    kerb_s, kerb_closed
        Seconds by :class:`Kerb`; kerbs from this code on are closed.
    surface, surface_closed
        Factor on time by :class:`Surface`; surfaces from this code on are closed.
    least_width_cm
        Ways narrower than this are closed; 0: none.
    surveyed_no, surveyed_yes
        Whether a surveyed ``wheelchair`` tag closes with *no*, and opens with *yes* what surface, width, kerb and slope
        close.
    dark, dark_closed
        Factor on time on unlit ways at night; whether they are closed then.
    crossings, start_s
        Waits at crossings, ``None``: no wait; seconds for seeing and starting, beside the walking time.
    across
        For unmarked, marked and signalled crossings: roads from this class on must not be crossed, 7: all may.
    along_bare, along_unknown
        Roads from this class on are closed where they have no sidewalk, and where no sidewalk is recorded; 7: none.
    passage_s
        Seconds for an over- or underpass.
    gate_s, barrier_closed, access_closed
        Seconds at a gate; barriers and permissions from these codes on are closed (6 and 5: none).
    """

    m_per_s: float
    slope: SlopeRule = field(default_factory=SlopeRule)
    step_up_s: float = 0.0
    step_down_s: float = 0.0
    going_m: float = 0.3
    steps_closed: bool = False
    ramp: int = 0
    kerb_s: tuple[float, ...] = (0.0,) * 5
    kerb_closed: int = 5
    surface: tuple[float, ...] = (1.0,) * len(Surface)
    surface_closed: int = 7
    least_width_cm: int = 0
    surveyed_no: bool = False
    surveyed_yes: bool = False
    dark: float = 1.0
    dark_closed: bool = False
    crossings: RoadCrossings | None = None
    start_s: float = 0.0
    across: tuple[int, int, int] = (7, 7, 7)
    along_bare: int = 7
    along_unknown: int = 7
    passage_s: float = 0.0
    gate_s: float = 0.0
    barrier_closed: int = 6
    access_closed: int = 5


def signal_wait(cycle_s: float, green_s: float) -> float:
    """Mean wait at a signal, arrivals spread evenly: ``(C − g)² / 2C`` (Highway Capacity Manual)."""
    return (cycle_s - green_s) ** 2 / (2.0 * cycle_s)


def gap_wait(width_m: float, flow: float, m_per_s: float, start_s: float) -> float:
    """Mean wait for a gap: ``(exp(v·t) − v·t − 1) / v`` with the critical gap ``t = width / speed + start``.

    For random arrivals of ``v`` vehicles a second (Adams; Highway Capacity Manual, uncontrolled crossings).
    """
    if flow <= 0:
        return 0.0
    filled = min(flow * (width_m / m_per_s + start_s), 50.0)
    return float((np.expm1(filled) - filled) / flow)


def wait_table(rules: WalkerRules) -> Floats:
    """Seconds of wait (2, 4, 7): two-way and one-way carriageways × :class:`Crossing` × :class:`Road`.

    A wait for a gap ends at ``most_s``; at a zebra only the share of drivers who do not yield counts; signals are never
    worse for a walker than the cap either, and no wait is longer where a road is one-way.
    """
    table = np.zeros((2, len(Crossing), len(Road)))
    given = rules.crossings
    if given is None:
        return table
    for road in Road:
        if road == Road.FOOT:
            continue
        for one_way, share in ((0, 1.0), (1, given.one_way)):
            gap = gap_wait(given.width_m[road] * share, given.flow[road] * share, rules.m_per_s, rules.start_s)
            zebra = gap_wait(
                given.width_m[road] * share,
                given.flow[road] * share * (1.0 - given.yielding),
                rules.m_per_s,
                rules.start_s,
            )
            table[one_way, Crossing.NONE, road] = table[one_way, Crossing.UNMARKED, road] = min(gap, given.most_s)
            table[one_way, Crossing.MARKED, road] = min(zebra, given.most_s)
            signal = signal_wait(given.cycle_s[road], given.green_s[road]) if given.cycle_s[road] else 0.0
            table[one_way, Crossing.SIGNALS, road] = min(signal * share, given.most_s)
    return table


def check(rules: WalkerRules, hour: int | None) -> None:
    if not (np.isfinite(rules.m_per_s) and rules.m_per_s > 0):
        raise InputError("network.bad_walker", column="m_per_s", value=rules.m_per_s, expected="> 0")
    if hour is not None and not 0 <= hour < WEEK_BITS:
        raise InputError("network.bad_walker", column="hour", value=hour, expected=f"0–{WEEK_BITS - 1}")
    if len(rules.surface) != len(Surface) or min(rules.surface) <= 0:
        raise InputError("network.bad_walker", column="surface", value=rules.surface, expected=f"{len(Surface)} × > 0")
    slope = rules.slope
    if slope.rule == "table":
        rising = len(slope.slopes) > 1 and bool(np.all(np.diff(slope.slopes) > 0))
        if not rising or len(slope.slopes) != len(slope.speeds) or min(slope.speeds) <= 0:
            raise InputError(
                "network.bad_walker", column="slopes", value=slope.slopes, expected="s1 < s2 < …, speeds > 0"
            )
