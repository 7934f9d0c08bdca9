"""One number, followed to its sources."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from kezhong.server.models.catalogue import ThresholdOut
from kezhong.server.models.common import NamedItem


class ExplainedArea(BaseModel):
    code: str
    name: str
    full_name: str
    level: str
    community_type: str | None
    grade: str
    people: float | None


class ExplainedElement(NamedItem):
    kind: str
    level: str


class ExplainedFacility(BaseModel):
    model_config = ConfigDict(extra="allow")

    facility_id: str
    element: str
    name: str | None
    status: str
    capacity: float | None
    capacity_unit: str | None
    floor_area_m2: float | None
    hours: str | None
    source: str
    lon: float
    lat: float
    metres: float | None
    minutes: float | None


class ExplainedUnit(BaseModel):
    """The demand unit whose walk is shown."""

    demand_id: str
    cell_id: str
    lon: float
    lat: float
    metres: float | None
    minutes: float | None
    reason: str
    reason_zh: str
    reason_en: str


class ExplainedRequirement(BaseModel):
    model_config = ConfigDict(extra="allow")

    id: str
    zh: str
    en: str
    status: str
    threshold: ThresholdOut | None
    pass_share: float
    clause: str
    clause_en: str


class SensitivitySource(BaseModel):
    source: str
    zh: str
    en: str
    spread_zh: str = Field(description="how far it may be off")
    spread_en: str
    evidence_zh: str
    evidence_en: str
    low: float = Field(description="5th percentile with this source alone")
    high: float
    share: float = Field(description="of the variance, 0 to 1")


class SensitivityOut(BaseModel):
    """The interval of the figure that carries the verdict, and the sources of it, the largest first."""

    variant: str
    value: float
    low: float
    high: float
    samples: int
    sources: list[SensitivitySource]


class SensitivityAnswer(BaseModel):
    sensitivity: SensitivityOut | None = Field(description="null where the figure has no interval")


class Explanation(BaseModel):
    """One number, followed to its sources; the assess room writes it, see ``assess.explain``."""

    model_config = ConfigDict(extra="allow")

    area: ExplainedArea
    element: ExplainedElement
    verdict_zh: str
    verdict_en: str
    status: str
    status_zh: str
    status_en: str
    reason_zh: str
    reason_en: str
    figures: list[dict[str, Any]]
    requirements: list[ExplainedRequirement]
    people: dict[str, Any]
    unit: ExplainedUnit | None
    facility: ExplainedFacility | None
    facilities: list[ExplainedFacility]
    route: dict[str, Any] | None = Field(description="GeoJSON of the walk")
    steps: list[dict[str, Any]]
    sources: list[dict[str, Any]]
    verification: list[dict[str, Any]]
    conflicts: list[dict[str, Any]] = Field(description="what other bases say of the element")
    certainty: NamedItem
    parameters: dict[str, Any]
    versions: dict[str, Any]
    shortfall_id: str | None
