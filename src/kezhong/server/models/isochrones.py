"""Isochrones: a GeoJSON feature collection with what it rests on."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from kezhong.server.models.common import Bilingual, NamedItem
from kezhong.server.models.lived import SwitchOut


class IsochroneFacts(BaseModel):
    """One area or network of streets."""

    kind: Literal["area", "streets"]
    point: str
    threshold: float
    unit: Literal["min", "m"]
    walker: str | None
    people: float = Field(description="residents of the population units that are reached")
    area_km2: float
    streets_m: float


class IsochroneFeature(BaseModel):
    """GeoJSON."""

    type: Literal["Feature"]
    geometry: dict[str, Any] | None = Field(description="(Multi)Polygon or MultiLineString; null: nothing is reached")
    properties: IsochroneFacts


class IsochroneCell(BaseModel):
    """A population unit that is reached."""

    demand_id: str
    cost: float = Field(description="minutes or metres")


class IsochronePoint(BaseModel):
    """A point and how it hangs on the streets."""

    point: str
    lon: float
    lat: float
    gap_m: float = Field(description="from the point to its street")
    island: bool = Field(description="only a small separate part of the network is near")
    stuck: bool = Field(description="the walker gets nowhere from here")
    cells: list[IsochroneCell] | None


class BarrierOut(NamedItem):
    """What areas stop at."""

    count: int
    state: Literal["used", "none", "no_data"]
    state_text: Bilingual


class IsochronesOut(BaseModel):
    """Reached areas, the largest threshold first."""

    type: Literal["FeatureCollection"]
    snapshot: str
    thresholds: list[float]
    unit: Literal["min", "m"]
    walker: str | None = Field(description="null: the metres of the verdict")
    hour: int | None
    dark: bool
    points: list[IsochronePoint]
    barriers: list[BarrierOut]
    switches: list[SwitchOut]
    features: list[IsochroneFeature]
