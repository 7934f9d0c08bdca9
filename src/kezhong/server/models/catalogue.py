"""Service elements, and what the bases ask of them."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from kezhong.server.models.common import Bilingual, NamedItem


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
