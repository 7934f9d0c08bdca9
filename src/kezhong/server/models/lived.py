"""Lived access and hours: what stands beside the verdict in metres."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from kezhong.server.models.common import Bilingual, NamedItem

Share = float | None
Hours = Annotated[list[float | None], Field(min_length=192, max_length=192)]


class SwitchOut(NamedItem):
    """A rule of a walker, and what it could do with the city's data."""

    state: Literal["worked", "no_data", "off"]
    state_text: Bilingual
    known: int = Field(description="edges or nodes whose attribute is recorded")
    of: int = Field(description="how many the rule looks at")
    closed: int = Field(description="edges it closes in at least one direction")


class LivedWalker(NamedItem):
    """A walker of the comparison."""

    note: Bilingual
    m_per_min: float
    shut_out: float = Field(description="people, city-wide, of whom no door opens onto a street that can be used")
    switches: list[SwitchOut]


class LivedElement(NamedItem):
    """An element of the comparison."""

    requirement: str | None
    threshold_min: float | None = Field(description="minutes; metres at the standard walker's pace; null: no threshold")
    counting: list[str] = Field(description="the element and the substitutes that count")


class LivedRow(BaseModel):
    """One walker, element and area."""

    area_code: str
    area_name: str
    element: str
    walker: str
    people: float
    covered: float | None = Field(description="people within the threshold")
    share: Share
    difference: Share = Field(description="share less the standard walker's")
    within_5: Share
    within_10: Share
    within_15: Share
    minutes: float | None = Field(description="mean over those who arrive")
    extra_minutes: float | None = Field(description="mean beyond the standard walker, where both arrive")
    cut_off: float = Field(description="people whom only the standard walker brings there")


class LivedPage(BaseModel):
    """Walkers side by side."""

    basis: str
    snapshot: str
    group: str
    hour: int | None
    dark: bool
    level: str
    standard: str
    walkers: list[LivedWalker]
    elements: list[LivedElement]
    items: list[LivedRow]
    next_cursor: str | None


class HoursKnown(BaseModel):
    """Facilities by how their hours are known."""

    stated: int
    assumed: int
    missing: int
    unread: int


class UnreadHours(BaseModel):
    """Hours that could not be read, as given."""

    text: str
    facilities: int


class OffPeak(BaseModel):
    """The schedule of off-peak opening, and what it adds."""

    file: str
    evidence: str
    note: Bilingual
    facilities: int
    services: int


class NightShares(BaseModel):
    """Shares over the nights of the ordinary week."""

    all_night_surely: Share
    all_night_possibly: Share
    mean_surely: Share
    mean_possibly: Share


class HoursRow(BaseModel):
    """One area."""

    area_code: str
    area_name: str
    people: float
    surely: Hours = Field(description="shares by hour, 24 a day in the order of days")
    possibly: Hours
    night: NightShares


class HoursOut(BaseModel):
    """Coverage by hour × day of one element."""

    basis: str
    snapshot: str
    element: str
    walker: str | None = Field(description="null: the metres of the verdict")
    group: str
    level: str
    requirement: str | None = Field(description="null: the basis sets no threshold, or nothing counts in the city")
    threshold_min: float | None
    threshold_m: float | None
    counting: list[str]
    offpeak: OffPeak | None
    days: list[NamedItem]
    night: str = Field(description="opening hours that stand for the night")
    hours_known: HoursKnown
    unread: list[UnreadHours]
    items: list[HoursRow]
