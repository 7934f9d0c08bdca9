"""What each rule of a walker could do with the data at hand: no switch does nothing in silence."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kezhong.network._walking import Meetings
from kezhong.network.attributes import Crossing, Road, StreetAttributes, Surface
from kezhong.network.walker_rules import WalkerRules

Codes = NDArray[np.uint8]
Flags = NDArray[np.bool_]


class Barred(IntEnum):
    """Why a walker cannot take an edge; the first that applies."""

    OPEN = 0
    STEPS = 1
    PASSAGE = 2  # over- or underpass that only stairs lead to
    WHEELCHAIR = 3  # surveyed as not for wheelchairs
    BARRIER = 4
    GATE_ACCESS = 5
    GATE_HOURS = 6
    ACCESS = 7
    KERB = 8
    WIDTH = 9
    SURFACE = 10
    SLOPE = 11
    DARK = 12
    ROAD_ALONG = 13
    ROAD_ACROSS = 14


State = Literal["worked", "no_data", "off"]


@dataclass(frozen=True, slots=True)
class Switch:
    """What a rule could do with the data at hand.

    Attributes
    ----------
    name
        ``slope``, ``steps``, ``step_count``, ``ramps``, ``surface``, ``width``, ``lighting``, ``passages``, ``access``,
        ``roads_along``, ``wheelchair_tag``; ``crossings``, ``signals``, ``roads_across``, ``kerbs``, ``barriers``,
        ``gate_access``, ``gate_hours``.
    state
        ``worked``: there were data; ``no_data``: the walker asks for it and nothing is recorded;
        ``off``: this walker (or this question) does not ask.
    known, of
        Edges or nodes whose attribute is recorded, and how many the rule looks at.
    closed
        Edges it closes in at least one direction.
    """

    name: str
    state: State
    known: int
    of: int
    closed: int


class _Asked(NamedTuple):
    name: str
    asked: bool
    known: Flags
    among: Flags
    reason: Barred | None = None


def switches(
    streets: StreetAttributes, rules: WalkerRules, meets: Meetings, barred: Codes, *, night: bool, hour: int | None
) -> tuple[Switch, ...]:
    """The state of every rule."""
    closed = np.bincount(barred, minlength=len(Barred))
    asked = [*_on_ways(streets, rules, night=night), *_at_nodes(streets, rules, meets, hour)]
    return tuple(
        Switch(
            one.name,
            "off" if not one.asked else "worked" if (one.known & one.among).any() else "no_data",
            int((one.known & one.among).sum()),
            int(one.among.sum()),
            0 if one.reason is None else int(closed[one.reason]),
        )
        for one in asked
    )


def _on_ways(streets: StreetAttributes, rules: WalkerRules, *, night: bool) -> list[_Asked]:
    every = np.ones(streets.n_edges, dtype=bool)
    stair, foot = streets.steps == 1, streets.road == Road.FOOT
    sloped = rules.slope.rule != "none" or rules.slope.up is not None or rules.slope.down is not None
    heights = (np.diff(streets.height_ptr) > 0) | np.isfinite(streets.incline)
    rough = rules.surface_closed <= max(Surface) or any(factor != 1.0 for factor in rules.surface)
    along = min(rules.along_bare, rules.along_unknown)
    stairs_matter = rules.step_up_s > 0 or rules.steps_closed
    surveyed = rules.surveyed_no or rules.surveyed_yes
    return [
        _Asked("slope", sloped, heights, every, Barred.SLOPE),
        _Asked("steps", stairs_matter, stair, every, Barred.STEPS),
        _Asked("step_count", rules.step_up_s > 0, streets.step_count > 0, stair),
        _Asked("ramps", rules.steps_closed and rules.ramp > 0, streets.ramp > 0, stair),
        _Asked("surface", rough, streets.surface > 0, every, Barred.SURFACE),
        _Asked("width", rules.least_width_cm > 0, streets.width_cm > 0, foot, Barred.WIDTH),
        _Asked("lighting", night and (rules.dark != 1.0 or rules.dark_closed), streets.lit > 0, every, Barred.DARK),
        _Asked("passages", rules.passage_s > 0 or rules.steps_closed, streets.structure > 0, foot, Barred.PASSAGE),
        _Asked("access", rules.access_closed <= 4, streets.allowed > 0, every, Barred.ACCESS),
        _Asked("roads_along", along < len(Road), streets.sidewalk > 0, streets.road >= along, Barred.ROAD_ALONG),
        _Asked("wheelchair_tag", surveyed, streets.wheelchair > 0, every, Barred.WHEELCHAIR),
    ]  # fmt: skip


def _at_nodes(streets: StreetAttributes, rules: WalkerRules, meets: Meetings, hour: int | None) -> list[_Asked]:
    every = np.ones(streets.n_nodes, dtype=bool)
    guarded = streets.node_barrier > 0
    timed = streets.node_hours >= 0
    waits = rules.crossings is not None
    kerbs = rules.kerb_closed <= 4 or any(rules.kerb_s)
    kerb_known = (streets.node_kerb > 0) | np.isin(
        np.arange(streets.n_nodes), np.concatenate([streets.edge_u, streets.edge_v])[np.tile(streets.kerb > 0, 2)]
    )
    return [
        _Asked("crossings", waits, meets.kind > 0, meets.crossed),
        _Asked("signals", waits, meets.kind == Crossing.SIGNALS, meets.crossed),
        _Asked("roads_across", min(rules.across) < len(Road), meets.kind > 0, meets.crossed, Barred.ROAD_ACROSS),
        _Asked("kerbs", kerbs, kerb_known, meets.crossed | kerb_known, Barred.KERB),
        _Asked("barriers", rules.barrier_closed <= 5 or rules.gate_s > 0, guarded, every, Barred.BARRIER),
        _Asked("gate_access", rules.access_closed <= 4, streets.node_allowed > 0, guarded, Barred.GATE_ACCESS),
        _Asked("gate_hours", hour is not None, timed, guarded | timed, Barred.GATE_HOURS),
    ]  # fmt: skip
