"""Openings: what could be opened, by the people who would gain."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from kezhong.server.models.common import Bilingual, NamedItem


class OpeningElement(NamedItem):
    """An element that is gained."""

    people: float


class OpeningOut(BaseModel):
    """One gate, crossing, ramp or dead end, as if it alone were opened."""

    rank: int
    id: str
    kind: str
    kind_text: Bilingual
    name: str | None = Field(description="of the gate or street")
    lon: float
    lat: float
    geometry: dict[str, Any] = Field(description="GeoJSON: a point, or the line that would be opened or built")
    area_code: str | None
    area_name: str | None
    people: float = Field(description="who gain at least one element that is for them, each counted once")
    elderly: float | None = Field(description="60 and older among them; null: no ages are known")
    children: float | None = Field(description="below 15 among them")
    ages_unknown: float = Field(description="people without known ages where something is gained")
    complete: float = Field(description="who would then have all elements of the basis")
    elements: list[OpeningElement] = Field(description="most people first")
    length_m: float
    untested: list[str] = Field(description="layers that would have told what a new link runs into")


class OpeningKind(NamedItem):
    """What the city's data let one say of a kind of opening."""

    tried: int
    state: Literal["used", "none", "no_data", "no_walker"]
    state_text: Bilingual


class OpeningsOut(BaseModel):
    """Openings in the order of the people who gain."""

    basis: str
    snapshot: str
    walker: str | None = Field(description="null: the metres of the verdict")
    reason: Literal["", "no_population", "no_facilities", "no_requirement"]
    reason_text: Bilingual | None = Field(description="why there is nothing to tell")
    kinds: list[OpeningKind]
    total: int
    items: list[OpeningOut]
