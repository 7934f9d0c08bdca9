"""Runs, and what the map and its table show of them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from kezhong.server.models.catalogue import RequirementOut
from kezhong.server.models.common import Bilingual


class RunSummary(BaseModel):
    id: str
    basis: str
    walker: str
    window: str
    snapshot: str
    created: str
    quality: float | None
    insufficient: bool


class RunList(BaseModel):
    items: list[RunSummary]
    next_cursor: str | None


class ResolvedRun(BaseModel):
    run: str | None


class RunTotals(BaseModel):
    people: float
    required_met_share: float | None = Field(description="met ÷ all required elements over the communities")
    shortfalls: int
    shortfalls_by_circle: dict[str, int]
    people_affected_by_circle: dict[str, float]
    grades: dict[str, dict[str, int]] = Field(description="level → grade → number of areas")


class RunDetail(RunSummary):
    basis_hash: str
    basis_name: Bilingual
    version: str
    parameters: dict[str, Any]
    elements: list[str] = Field(description="elements with figures in this run")
    totals: RunTotals


class Geometry(BaseModel):
    """A GeoJSON geometry, longitude and latitude in WGS 84."""

    type: str
    coordinates: list[Any]


class Failing(BaseModel):
    element: str
    zh: str
    en: str
    gap_zh: str
    gap_en: str


class AreaProperties(BaseModel):
    code: str
    name: str
    level: str
    full_name: str
    community_type: str | None
    grade: str | None = Field(description="A to D; insufficient; null: not graded")
    score: float | None
    status: str | None
    people: float | None
    required_total: int | None
    required_met: int | None
    required_unknown: int | None
    failing: list[Failing] = Field(description="at most five, worst first")


class AreaFeature(BaseModel):
    type: Literal["Feature"]
    id: str
    geometry: Geometry | None
    properties: AreaProperties


class AreaCollection(BaseModel):
    type: Literal["FeatureCollection"]
    features: list[AreaFeature]


class OutlineProperties(BaseModel):
    code: str
    name: str
    full_name: str
    level: str
    parent: str | None = Field(description="code of the area above; null: the city, or a life circle")


class OutlineFeature(BaseModel):
    type: Literal["Feature"]
    geometry: Geometry | None = Field(description="null: no outline was imported")
    properties: OutlineProperties


class OutlineCollection(BaseModel):
    type: Literal["FeatureCollection"]
    features: list[OutlineFeature]


class FacilityProperties(BaseModel):
    facility_id: str
    name: str | None
    status: str
    capacity: float | None
    capacity_unit: str | None
    floor_area_m2: float | None
    hours: str | None
    source: str


class FacilityFeature(BaseModel):
    type: Literal["Feature"]
    id: str
    geometry: Geometry
    properties: FacilityProperties


class FacilityCollection(BaseModel):
    type: Literal["FeatureCollection"]
    features: list[FacilityFeature]


class CoverageVariant(BaseModel):
    value: float | None
    numerator: float | None
    denominator: float | None
    status: str
    reason: str


class CoverageRow(BaseModel):
    area_code: str
    name: str
    full_name: str
    community_type: str | None
    value: float | None = Field(description="share 0–1 of the basis's variant; for '*' required elements met ÷ all")
    numerator: float | None
    denominator: float | None
    status: str
    reason: str
    nearest_m_mean: float | None
    minutes_mean: float | None
    variants: dict[str, CoverageVariant]


class Coverage(BaseModel):
    element: str
    level: str
    requirement: RequirementOut | None
    rows: list[CoverageRow]


class Cells(BaseModel):
    """People and how far they walk, one column a property; all lists have length ``n``."""

    element: str
    size_m: int = Field(description="side of an analysis cell, metres")
    small_count: int = Field(description="cells with fewer people than this (but some) show null for people")
    n: int
    lon: list[float] = Field(description="centre of the analysis cell")
    lat: list[float]
    m: list[float | None] = Field(description="metres on the network to the nearest; null: see reason")
    min: list[float | None] = Field(description="minutes of the run's walker; null: see reason")
    people: list[float | None]
    reason: list[int] = Field(description="0: reached; else a key of `reasons`")
    reasons: dict[str, Bilingual]
    threshold_m: float | None = Field(description="the basis's threshold in metres, for one element")
    ratio: list[float | None] | None = Field(description="'*' only: metres ÷ threshold of the worst required element")
    worst: list[str | None] | None = Field(description="'*' only: which element that is")
