"""The catalogue's types: service elements, and bases (口径集) with their requirements.

Evidence belongs to each figure, not to the element: every number a basis tests carries its clause and evidence, and
a figure whose clause was not seen is shown as 建议值(待核).
"""

from __future__ import annotations

import hashlib
import json
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field, model_validator

from kezhong.catalogue.citation import PROPOSAL_EN as PROPOSAL_EN
from kezhong.catalogue.citation import PROPOSAL_ZH as PROPOSAL_ZH
from kezhong.catalogue.citation import Citation as Citation
from kezhong.catalogue.citation import Evidence as Evidence
from kezhong.catalogue.citation import Named as Named
from kezhong.catalogue.citation import Record as _Model
from kezhong.catalogue.walkers import Walker as Walker

#: Age groups an element may be for; the bands behind them are in ``kezhong.city.vocabulary.AGE_GROUPS``.
AGE_GROUP_IDS = (
    "all",
    "age_0_2",
    "age_3_5",
    "age_6_11",
    "age_12_14",
    "age_15_59",
    "children",
    "elderly",
    "elderly_70",
    "elderly_80",
)
#: Stages of development of a community, as in ``kezhong.city.vocabulary.CommunityType``.
COMMUNITY_TYPE_IDS = ("new", "existing", "old", "village")
VILLAGE = "village"
#: Remedies, least building first.
REMEDY_IDS = ("share", "extend_hours", "convert", "mobile", "extend", "new")
FAMILY_IDS = ("content_scale", "coverage", "efficiency", "quality")


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


class Level(Named):
    """A level of provision. Its figures are those of GB 50180 chapter 3; walking metres are never made of minutes."""

    population: tuple[float, float] | None = None
    dwellings: tuple[float, float] | None = None
    walk_m: tuple[float, float] | None = None
    cites: tuple[Citation, ...] = ()
    note_zh: str = ""
    note_en: str = ""


class Indicator(Named):
    """What can be measured of an element, and of which kinds of element."""

    family: Literal["content_scale", "coverage", "efficiency", "quality", "equity", "grade"]
    unit: str
    formula_zh: str
    formula_en: str
    kinds: tuple[Kind, ...]
    needs: Literal["", "capacity", "hours", "target_group", "ratio"] = ""  # what the element must have


class Remedy(Named):
    """A way to close a shortfall; ``order`` 1 builds least."""

    order: int
    note_zh: str
    note_en: str


class OsmTags(_Model):
    """Conditions that must all hold: key → value, several values separated by ``|``, ``*`` for any value.

    ``exclude`` has the same form; a hit on any of it rejects the object. ``area_m2`` bounds the polygon's area
    (lower bound inclusive, upper exclusive); an object whose area is unknown passes where there is no lower bound.
    ``name_contains``: one of these must occur in one of the object's names; ``name_excludes``: none may.
    """

    all: dict[str, str]
    exclude: dict[str, str] = Field(default_factory=dict)
    name_contains: tuple[str, ...] = ()
    name_excludes: tuple[str, ...] = ()
    area_m2: tuple[float | None, float | None] = (None, None)


class Amap(_Model):
    """How Amap data are recognised: type code *or* keyword, then names to reject.

    A code that ends in ``00`` stands for its whole middle class (``060700`` takes in ``060705``), one that ends in
    ``0000`` for its main class. Codes that several elements share are left out where only the name can decide.
    """

    types: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()  # parts of the name
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
    ratio_metric: str = ""  # ledger ratios: the metric of the layer ``ratios``
    hours: str = ""  # when it is wanted, e.g. 06:00-09:30; for the match with opening hours
    indicators: tuple[str, ...] = ()  # ids of the indicators that apply; the others are 不适用
    osm: tuple[OsmTags, ...] = ()  # any of them
    amap: Amap = Amap()
    data_from: tuple[str, ...] = ()  # osm, ledger, amap, ratio, survey
    remedies: tuple[str, ...] = ()  # share, extend_hours, convert, mobile, extend, new
    note_zh: str = ""
    note_en: str = ""


class Threshold(_Model):
    """A walking threshold: a value with a unit. Metres are never turned into minutes, nor back."""

    value: Annotated[float, Field(gt=0)]
    unit: Literal["m", "min"]
    cite: Citation


class Scale(_Model):
    """A scale rule: at least ``minimum`` of ``metric`` per ``per`` (``facility`` or a number of people/households).

    ``maximum`` is the upper end of the document's range: more is no shortfall. ``ratio`` compares the element's
    ledger ratio with ``minimum``. Several rules on the same metric with the same ``choice`` are alternatives.
    """

    metric: Literal["floor_area_m2", "site_area_m2", "capacity", "count", "ratio"]
    minimum: Annotated[float, Field(ge=0)]
    maximum: float | None = None
    per: Literal["facility", "area", "person", "1000_people", "100_households", "1000_target"] = "facility"
    unit: str
    choice: str = ""
    due: str = ""  # a target's date, e.g. 2025: every target is dated
    cite: Citation


class Condition(_Model):
    """When a conditional requirement applies (``required_if``). All given fields must hold."""

    min_people: float | None = None
    max_people: float | None = None
    community_types: tuple[str, ...] = ()
    unless_reached: str | None = None  # element within its own threshold makes this one unnecessary
    built_up_only: bool = False

    def admits(self, community_type: str, people: float | None) -> bool:
        """Whether the conditions on community type and population hold; the others need a map."""
        if self.community_types and community_type not in self.community_types:
            return False
        if people is None:
            return True
        return (self.min_people is None or people >= self.min_people) and (
            self.max_people is None or people < self.max_people
        )


class Requirement(_Model):
    """What a basis asks of one element (or of any of several)."""

    id: str
    element: str
    any_of: tuple[str, ...] = ()  # other elements that satisfy it as well
    status: Literal["required", "conditional", "recommended", "optional"]
    any_of_count: dict[str, int] = Field(
        default_factory=dict
    )  # how many of a substitute it takes within the threshold; default 1
    required_if: Condition | None = None
    in_district: bool = False  # counted in the district, not by radius
    community_types: tuple[str, ...] = ()  # empty: all but villages
    cite: Citation | None = None  # where the item itself (not a figure) is listed
    threshold: Threshold | None = None
    scales: tuple[Scale, ...] = ()
    pass_share: float | None = None  # overrides the basis's
    level: LevelId | None = None
    examination_count: str = ""  # city examination: the count of failing units this requirement feeds
    reason_zh: str = ""  # why it is asked for; every required element of a proposal has one
    reason_en: str = ""
    note_zh: str = ""
    note_en: str = ""

    @property
    def elements(self) -> tuple[str, ...]:
        """The element and its substitutes."""
        return (self.element, *self.any_of)

    @property
    def citations(self) -> tuple[Citation, ...]:
        """Every citation of the requirement: the item's, the threshold's, the scales'."""
        found = [self.cite, self.threshold.cite if self.threshold else None, *(scale.cite for scale in self.scales)]
        return tuple(cite for cite in found if cite is not None)

    def applies_to(self, community_type: str | None, people: float | None = None) -> bool:
        """Whether this requirement concerns a community of this type and size.

        Empty ``community_types`` mean every type but villages: a village is asked only for what names it. A
        community whose type is unknown counts as existing. Limits on people do not decide where ``people`` is
        ``None``. Conditions on reach (``unless_reached``) and on the built-up area are tested by the assessment.
        """
        kind = community_type or "existing"
        allowed = self.community_types or tuple(other for other in COMMUNITY_TYPE_IDS if other != VILLAGE)
        if kind not in allowed:
            return False
        return self.required_if is None or self.required_if.admits(kind, people)

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
    nature: Literal["standard", "guidance", "notice", "plan", "proposal", "explanation"]


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
    note_zh: str = ""
    note_en: str = ""
    overlay: str = ""  # version of the city's overlay, empty: none
    documents: tuple[Document, ...] = ()  # the overlay's own documents

    @property
    def required(self) -> tuple[str, ...]:
        """Elements that gate the grade, each once, in the basis's order."""
        return tuple(dict.fromkeys(rule.element for rule in self.requirements if rule.status == "required"))

    def requirements_for(self, community_type: str | None, people: float | None = None) -> tuple[Requirement, ...]:
        """The requirements that concern a community of this type and size, in the basis's order."""
        return tuple(rule for rule in self.requirements if rule.applies_to(community_type, people))

    def requirement(self, requirement_id: str) -> Requirement | None:
        """The requirement with this id."""
        return next((rule for rule in self.requirements if rule.id == requirement_id), None)

    @cached_property
    def hash(self) -> str:
        """16 hexadecimal digits of the content, the overlay's included."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)
        return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
