"""Walkers: profiles of pedestrians as data. They give minutes of lived access; the normative metres know no walker.

Every figure stands in a group with its citation; a figure that no source was seen for is a proposal and is shown as
建议值(待核). Names of classes (roads, surfaces, kerbs …) are those of :mod:`kezhong.network.attributes` in lower case.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from kezhong.catalogue.citation import Citation, Named, Record

Share = Annotated[float, Field(gt=0, le=1)]
Seconds = Annotated[float, Field(ge=0)]
Factor = Annotated[float, Field(ge=1)]
RoadName = Literal["service", "local", "tertiary", "secondary", "primary", "trunk"]
SurfaceName = Literal["smooth", "paved", "cobbled", "compact", "loose", "soft"]
KerbName = Literal["flush", "lowered", "rolled", "raised"]
CrossingName = Literal["unmarked", "marked", "signals"]
BarrierName = Literal["gate", "posts", "narrow", "climb", "shut"]
AccessName = Literal["visitors", "residents", "nobody"]


class Slope(Record):
    """Speed on a slope, relative to the level; rising slopes are positive.

    ``tobler``: ``exp(−steepness · (|s + offset| − |offset|))``; ``table``: linear between the given slopes, constant
    beyond; ``none``: slopes are not looked at. More than ``over_m`` metres steeper than ``up`` or ``down`` close a way.
    """

    rule: Literal["none", "tobler", "table"] = "none"
    steepness: Annotated[float, Field(gt=0)] = 3.5
    offset: float = 0.05
    slopes: tuple[float, ...] = ()
    speeds: tuple[Annotated[float, Field(gt=0)], ...] = ()
    up: Share | None = None
    down: Share | None = None
    over_m: Annotated[float, Field(ge=0)] = 10.0
    cite: Citation
    limit_cite: Citation | None = None

    @model_validator(mode="after")
    def _sound(self) -> Slope:
        rising = all(low < high for low, high in zip(self.slopes, self.slopes[1:], strict=False))
        if self.rule == "table" and (len(self.slopes) < 2 or len(self.slopes) != len(self.speeds) or not rising):
            msg = "a table of slopes needs at least two of them, rising, and a speed for each"
            raise ValueError(msg)
        if (self.up is not None or self.down is not None) and self.limit_cite is None:
            msg = "a limit of slope needs its own citation"
            raise ValueError(msg)
        return self


class Steps(Record):
    """Stairs: seconds a step up and down, or closed unless there is a ramp for wheels of this kind."""

    closed: bool = False
    up_s: Seconds = 0.0
    down_s: Seconds = 0.0
    going_m: Annotated[float, Field(gt=0)] = 0.3
    ramp: Literal["none", "pram", "wheelchair"] = "none"
    cite: Citation

    @model_validator(mode="after")
    def _timed_or_closed(self) -> Steps:
        if self.closed == (self.up_s > 0):
            msg = "stairs are either closed or take a time"
            raise ValueError(msg)
        return self


class Kerbs(Record):
    """Kerbs: seconds by height; ``closed_from`` is the lowest that cannot be passed."""

    seconds: dict[KerbName, Seconds] = Field(default_factory=dict)
    closed_from: KerbName | None = None
    cite: Citation


class Ground(Record):
    """Surfaces: factor on the time; ``closed_from`` is the first, in the order smooth to soft, that cannot be used."""

    factors: dict[SurfaceName, Factor] = Field(default_factory=dict)
    closed_from: SurfaceName | None = None
    cite: Citation


class Width(Record):
    """The least width of a way, in metres."""

    least_m: Annotated[float, Field(gt=0)]
    cite: Citation


class Night(Record):
    """Unlit ways after dark: factor on the time, or closed."""

    factor: Factor = 1.0
    closed: bool = False
    cite: Citation


class Crossing(Record):
    """Crossing a road: seconds to see and start; roads, from this class on, that must not be crossed in each way."""

    start_s: Seconds
    not_from: dict[CrossingName, RoadName] = Field(default_factory=dict)
    cite: Citation
    not_cite: Citation | None = None


class Along(Record):
    """Main roads: from which class on a walker keeps off a road without a sidewalk, or with none recorded."""

    no_sidewalk_from: RoadName | None = None
    unknown_from: RoadName | None = None
    cite: Citation


class Passage(Record):
    """Seconds for an over- or underpass, beside its stairs."""

    seconds: Seconds
    cite: Citation


class Gates(Record):
    """Gates and barriers: seconds at a gate, what cannot be passed, and whose gates stay closed."""

    seconds: Seconds = 0.0
    closed_from: BarrierName | None = None
    access_closed_from: AccessName | None = None
    cite: Citation


class Walker(Named):
    """A profile of a pedestrian."""

    aliases: tuple[str, ...] = ()  # earlier ids; runs made under them stay readable
    m_per_min: Annotated[float, Field(gt=0)]
    age_groups: tuple[str, ...] = ()
    slope: Slope | None = None
    steps: Steps | None = None
    kerbs: Kerbs | None = None
    ground: Ground | None = None
    width: Width | None = None
    night: Night | None = None
    crossing: Crossing | None = None
    along: Along | None = None
    passage: Passage | None = None
    gates: Gates | None = None
    wheelchair_no: bool = False  # a surveyed wheelchair=no closes a way
    wheelchair_yes: bool = False  # a surveyed wheelchair=yes opens what surface, width, kerb and slope close
    cite: Citation  # of the speed
    note_zh: str = ""
    note_en: str = ""

    @property
    def avoid_steps(self) -> bool:
        """Whether stairs are closed to this walker."""
        return self.steps is not None and self.steps.closed

    @property
    def citations(self) -> tuple[Citation, ...]:
        """Every citation of the profile: the speed's and each rule's."""
        parts = (
            self.slope, self.steps, self.kerbs, self.ground, self.width, self.night, self.crossing, self.along,
            self.passage, self.gates,
        )  # fmt: skip
        own = [part.cite for part in parts if part is not None]
        limits = [self.slope.limit_cite if self.slope else None, self.crossing.not_cite if self.crossing else None]
        return (self.cite, *own, *(cite for cite in limits if cite is not None))


class RoadCrossing(Record):
    """A class of roads as pedestrians cross it."""

    width_m: Annotated[float, Field(gt=0)]
    vehicles_per_h: Annotated[float, Field(ge=0)]
    cycle_s: Annotated[float, Field(gt=0)]
    green_s: Annotated[float, Field(gt=0)]

    @model_validator(mode="after")
    def _green_within(self) -> RoadCrossing:
        if self.green_s > self.cycle_s:
            msg = "green lasts longer than the cycle"
            raise ValueError(msg)
        return self


class Crossings(Record):
    """Waits at crossings, the same roads for all walkers; the formulae are in ``kezhong.network.walker_rules``."""

    roads: dict[RoadName, RoadCrossing]
    yielding: Annotated[float, Field(ge=0, le=1)]  # share of drivers who stop at a zebra
    one_way: Share  # share of width and traffic crossed at once where traffic has one direction
    most_s: Annotated[float, Field(gt=0)]  # after this wait people cross anyway, or elsewhere
    cite: Citation  # of the formulae
    roads_cite: Citation  # of the roads' figures
