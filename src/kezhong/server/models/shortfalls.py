"""The shortfall list (短板清单)."""

from __future__ import annotations

from pydantic import BaseModel, Field


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
    clause_en: str
    evidence: str
    wording: str
    wording_en: str
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
    certainty_en: str
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
    level: dict[str, int]
    department: dict[str, int]
    remedy: dict[str, int]


class ShortfallPage(BaseModel):
    items: list[ShortfallRow]
    next_cursor: str | None
    total: int = Field(description="rows under the filters")
    facets: Facets


class ShortfallDetail(BaseModel):
    row: ShortfallRow
    explanation: str = Field(description="address of its explanation")
