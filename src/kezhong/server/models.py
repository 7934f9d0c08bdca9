"""What travels on the wire: response models of ``/api/v1``, from which the typed client of the web is generated.

Bodies are prepared as bytes and sent as they are (see :mod:`kezhong.server.prepared`); these models declare their
form and the tests hold every body against them. Numbers are raw: shares 0–1, metres, minutes. ``null`` means that
there is no value, never zero.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Bilingual(BaseModel):
    """A text in both languages."""

    zh: str
    en: str


class NamedItem(BaseModel):
    """Something with an id and a name in both languages."""

    id: str
    zh: str
    en: str


class ErrorBody(BaseModel):
    """What went wrong, what to do about it, and the id under which the log knows it."""

    code: str
    message: Bilingual
    action: Bilingual
    details: dict[str, Any]
    request_id: str | None


class ErrorEnvelope(BaseModel):
    """The one form of every error."""

    error: ErrorBody


class Health(BaseModel):
    status: Literal["ok"]


class Session(BaseModel):
    principal: str
    permissions: list[str]
    version: str
    languages: list[str]


# ---- city ------------------------------------------------------------------------------------------------------


class SnapshotInfo(BaseModel):
    id: str
    created: str
    message: str


class QualityCheck(BaseModel):
    id: str
    zh: str
    en: str
    status: str = Field(description="pass, warn, fail or na")
    value: float | None
    detail_zh: str
    detail_en: str


class Quality(BaseModel):
    score: float = Field(description="0–100")
    threshold: float = Field(description="below it the data are insufficient")
    insufficient: bool
    checks: list[QualityCheck]


class Counts(BaseModel):
    areas: dict[str, int] = Field(description="level → number; life circles included")
    facilities: int
    people: float
    demand: int


class CityInfo(BaseModel):
    name: str
    name_en: str
    code: str
    synthetic: bool = Field(description="invented data: every page and output says 合成数据")
    attribution: list[str]
    snapshot: SnapshotInfo | None = Field(description="null: nothing was imported yet")
    snapshots: list[SnapshotInfo]
    bounds: list[float] | None = Field(description="west, south, east, north; null: no geometry yet")
    center: list[float] | None = Field(description="longitude, latitude")
    crs: str
    basemap: bool
    quality: Quality | None = Field(description="null: nothing was imported yet")
    counts: Counts
    default_basis: str
    levels: list[str] = Field(description="levels of areas that are there, from the smallest to the largest")


# ---- catalogue -------------------------------------------------------------------------------------------------


class CircleOut(NamedItem):
    lead_department: Bilingual


class ElementOut(NamedItem):
    circle: str
    also_circles: list[str]
    aspect: str
    tier: str
    level: str
    kind: str
    age_group: str
    capacity_unit: str


class WalkerOut(NamedItem):
    m_per_min: float = Field(description="metres walked in a minute on level ground")


class CatalogueOut(BaseModel):
    circles: list[CircleOut]
    aspects: list[NamedItem]
    tiers: list[NamedItem]
    levels: list[NamedItem]
    elements: list[ElementOut]
    age_groups: list[NamedItem]
    walkers: list[WalkerOut]
    remedies: list[NamedItem]


class ThresholdOut(BaseModel):
    value: float
    unit: Literal["m", "min"]


class RequirementOut(BaseModel):
    id: str
    element: str
    any_of: list[str] = Field(description="other elements that satisfy it as well")
    status: Literal["required", "conditional", "recommended", "optional"]
    community_types: list[str] = Field(description="empty: all but villages")
    threshold: ThresholdOut | None
    clause: Bilingual = Field(description="document and clause, or 建议值(待核)")
    evidence: str
    normative: bool
    text: Bilingual = Field(description="the requirement in words")


class DocumentOut(NamedItem):
    number: str
    nature: str


class BasisOut(NamedItem):
    version: str
    scope_zh: str
    scope_en: str
    document: DocumentOut
    pass_share: float
    required: list[str] = Field(description="ids of the required elements")
    requirements: list[RequirementOut]


# ---- runs ------------------------------------------------------------------------------------------------------


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


# ---- shortfalls ------------------------------------------------------------------------------------------------


class ShortfallRow(BaseModel):
    shortfall_id: str
    rank: int
    rank_in_circle: int
    circle: str
    area_code: str
    area_level: str
    area_name: str
    life_circle: str | None
    district_code: str | None
    street_code: str | None
    element: str
    element_zh: str
    element_en: str
    aspect: str
    tier: str
    level: str
    requirement_id: str
    requirement_zh: str
    requirement_en: str
    clause: str
    evidence: str
    wording: str
    present_zh: str
    present_en: str
    presence: str
    gap: float | None
    gap_unit: str
    gap_zh: str
    gap_en: str
    nearest_m: float | None
    people_affected: float | None
    children_affected: float | None
    elderly_affected: float | None
    target_group: str
    target_affected: float | None
    target_total: float | None
    target_share: float | None
    need_weight: float | None
    tickets_12345: float | None
    certainty: str
    certainty_zh: str
    remedies: str
    lead_department: str
    responsible_department: str
    status: str
    quality: float | None
    lon: float | None
    lat: float | None


class Facets(BaseModel):
    """Value → number of rows, under all the filters but the facet's own."""

    circle: dict[str, int]
    tier: dict[str, int]
    certainty: dict[str, int]
    district: dict[str, int]
    element: dict[str, int]
    remedy: dict[str, int]


class ShortfallPage(BaseModel):
    items: list[ShortfallRow]
    next_cursor: str | None
    total: int = Field(description="rows under the filters")
    facets: Facets


class ShortfallDetail(BaseModel):
    row: ShortfallRow
    explanation: str = Field(description="address of its explanation")


# ---- jobs, search ----------------------------------------------------------------------------------------------

JobState = Literal["queued", "running", "done", "failed", "cancelled"]


class JobRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    kind: Literal["assess"]
    basis: str | None = Field(default=None, max_length=100, description="null: the city's own")
    walker: str = Field(default="standard", max_length=100)
    force: bool = Field(default=False, description="compute again although the run exists")


class JobResult(BaseModel):
    run: str


class JobOut(BaseModel):
    id: str
    kind: str
    state: JobState
    progress: float = Field(description="0–1")
    step: Bilingual
    parameters: dict[str, Any]
    result: JobResult | None
    error: ErrorBody | None
    created: str
    started: str | None
    finished: str | None


class JobList(BaseModel):
    items: list[JobOut]


class Hit(NamedItem):
    kind: Literal["area", "facility", "element", "shortfall"]
    sub: Bilingual = Field(description="what stands under the name: level and parent, elements, gap")
    lon: float | None
    lat: float | None


class Hits(BaseModel):
    items: list[Hit]
