"""The catalogue's types: service elements, and bases (口径集) with their requirements.

Evidence belongs to each figure, not to the element: every number a basis tests carries its clause and evidence, and
a figure whose clause was not seen is shown as 建议值(待核).
"""

from __future__ import annotations

import hashlib
import json
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

PROPOSAL_ZH = "建议值(待核)"
PROPOSAL_EN = "proposal (to be checked)"


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CircleId(StrEnum):
    """The eight circles (圈), in the plan's order."""

    COMFORTABLE_LIVING = "comfortable_living"
    CONVENIENT_CONSUMPTION = "convenient_consumption"
    COMMUNITY_CULTURE = "community_culture"
    INCLUSIVE_EDUCATION = "inclusive_education"
    ELDERLY_CARE = "elderly_care"
    HEALTH_MEDICAL = "health_medical"
    CITY_APPEARANCE = "city_appearance"
    SERVICE_RESPONSE = "service_response"


class AspectId(StrEnum):
    """The six aspects (方面)."""

    COMMUNITY_SERVICE = "community_service"
    EMPLOYMENT_GUIDANCE = "employment_guidance"
    HOUSING_IMPROVEMENT = "housing_improvement"
    DAILY_MOBILITY = "daily_mobility"
    ECOLOGICAL_LEISURE = "ecological_leisure"
    PUBLIC_SAFETY = "public_safety"


class TierId(StrEnum):
    """The three tiers (类型)."""

    BASIC = "basic"
    QUALITY = "quality"
    CHARACTERISTIC = "characteristic"


class LevelId(StrEnum):
    """Levels of provision; the rural ones are the township's and the village's."""

    L15 = "15min"
    L10 = "10min"
    L5 = "5min"
    BLOCK = "block"
    DISTRICT = "district"
    TOWNSHIP = "township"
    VILLAGE = "village"


class FunctionId(StrEnum):
    """The five functions 宜居、宜业、宜学、宜养、宜游."""

    LIVE = "live"
    WORK = "work"
    LEARN = "learn"
    CARE = "care"
    VISIT = "visit"


class Kind(StrEnum):
    """What kind of thing an element is; decides which indicators apply."""

    POINT = "point"
    AREA = "area"
    LINE = "line"
    RATIO = "ratio"  # a statistic from a ledger
    PROGRAM = "program"  # a service or mechanism: there or not


class Evidence(StrEnum):
    """How sure a figure is."""

    FOUND = "found"  # figure and clause seen in a public source
    PARTLY_FOUND = "partly_found"  # the item was seen, the figure was not
    MEMORY = "memory"  # from professional memory
    PROPOSAL = "proposal"  # this project's own proposal


class Named(_Model):
    """Something with a name in both languages."""

    id: str
    zh: str
    en: str


class Department(_Model):
    """A department, versioned: departments are renamed and merged."""

    id: str
    zh: str
    en: str
    since: str | None = None
    until: str | None = None


class Circle(Named):
    """One of the eight circles, with its lead department."""

    lead_department: str


class OsmTags(_Model):
    """Conditions that must all hold: key → value, several values separated by ``|``, ``*`` for any value.

    ``exclude`` has the same form; a hit on any of it rejects the object. ``area_m2`` bounds the polygon's area.
    """

    all: dict[str, str]
    exclude: dict[str, str] = {}
    name_contains: tuple[str, ...] = ()
    name_excludes: tuple[str, ...] = ()
    area_m2: tuple[float | None, float | None] = (None, None)


class Amap(_Model):
    """How Amap data are recognised: type code *or* keyword, then names to reject."""

    types: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    reject_name: tuple[str, ...] = ()


class Element(_Model):
    """A service element (服务要素)."""

    id: str
    zh: str
    en: str
    circle: CircleId
    also_circles: tuple[CircleId, ...] = ()
    aspect: AspectId
    tier: TierId
    level: LevelId
    functions: tuple[FunctionId, ...]
    lead_department: str
    responsible_department: str
    kind: Kind
    age_group: str = "all"  # one of kezhong.city.vocabulary.AGE_GROUPS
    capacity_unit: str = ""  # places, beds, classes, spaces
    indicators: tuple[str, ...] = ()  # ids of the indicators that apply; the others are 不适用
    osm: tuple[OsmTags, ...] = ()  # any of them
    amap: Amap = Amap()
    data_from: tuple[str, ...] = ()  # osm, ledger, amap, ratio, survey
    remedies: tuple[str, ...] = ()  # share, extend_hours, convert, mobile, extend, new
    note_zh: str = ""
    note_en: str = ""


class Citation(_Model):
    """Where a figure comes from."""

    document: str  # id of a Document
    clause: str = ""  # empty: not seen, the figure is a proposal
    evidence: Evidence
    note: str = ""

    @property
    def normative(self) -> bool:
        """Whether the figure may be credited to its document: clause known and figure found."""
        return bool(self.clause) and self.evidence is Evidence.FOUND


class Threshold(_Model):
    """A walking threshold: a value with a unit. Metres are never turned into minutes, nor back."""

    value: Annotated[float, Field(gt=0)]
    unit: Literal["m", "min"]
    cite: Citation


class Scale(_Model):
    """A scale rule: at least ``minimum`` of ``metric`` per ``per`` (``facility`` or a number of people/households)."""

    metric: Literal["floor_area_m2", "site_area_m2", "capacity", "count"]
    minimum: Annotated[float, Field(ge=0)]
    maximum: float | None = None
    per: Literal["facility", "area", "1000_people", "100_households", "1000_target"] = "facility"
    unit: str
    cite: Citation


class Condition(_Model):
    """When a conditional requirement applies (``required_if``). All given fields must hold."""

    min_people: float | None = None
    max_people: float | None = None
    community_types: tuple[str, ...] = ()
    unless_reached: str | None = None  # element within its own threshold makes this one unnecessary
    built_up_only: bool = False


class Requirement(_Model):
    """What a basis asks of one element (or of any of several)."""

    id: str
    element: str
    any_of: tuple[str, ...] = ()  # other elements that satisfy it as well
    status: Literal["required", "conditional", "recommended", "optional"]
    required_if: Condition | None = None
    in_district: bool = False  # counted in the district, not by radius
    community_types: tuple[str, ...] = ()  # empty: all but villages unless the basis says otherwise
    threshold: Threshold | None = None
    scales: tuple[Scale, ...] = ()
    pass_share: float | None = None  # overrides the basis's
    level: LevelId | None = None
    note_zh: str = ""
    note_en: str = ""

    @property
    def elements(self) -> tuple[str, ...]:
        """The element and its substitutes."""
        return (self.element, *self.any_of)

    @model_validator(mode="after")
    def _conditional_has_condition(self) -> Requirement:
        if (self.status == "conditional") != (self.required_if is not None):
            msg = f"{self.id}: status conditional and required_if belong together"
            raise ValueError(msg)
        return self


class Weights(_Model):
    """Weights of the four families in the composite score; a proposal unless cited."""

    content_scale: float
    coverage: float
    efficiency: float
    quality: float
    cite: Citation


class Grade(_Model):
    """A grade is reached with at least this score and at most so many required elements unmet."""

    id: str
    zh: str
    en: str
    min_score: float
    max_unmet: int


class Document(_Model):
    """A standard, notice or plan."""

    id: str
    zh: str
    en: str
    number: str = ""
    in_force: str = ""
    nature: Literal["standard", "guidance", "notice", "plan", "proposal"]


class Basis(_Model):
    """A named set of requirements (口径集). One at a time; bases do not stack."""

    id: str
    zh: str
    en: str
    document: str
    version: str
    scope_zh: str
    scope_en: str
    levels: tuple[str, ...] = ()
    pass_share: float  # share of the (target) population that must be within the threshold
    pass_share_cite: Citation
    variant: Literal["population", "target_pop", "land", "building", "estate", "buffer"] = "target_pop"
    requirements: tuple[Requirement, ...]
    weights: Weights
    grades: tuple[Grade, ...]
    non_inclusive: bool = False  # an upper level does not replace the lower one's facilities
    new_only: bool = False  # governs new areas: existing communities are worded 对照差距
    examination_counts: tuple[str, ...] = ()  # names of city-examination counts this basis reports

    @property
    def hash(self) -> str:
        """16 hexadecimal digits of the content."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)
        return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
