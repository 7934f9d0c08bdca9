"""Projects, money, sites, offers, notes and applications on the wire."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StringConstraints

from kezhong.server.models.office.pilots import RunId
from kezhong.server.models.office.programme import (
    AttachedFile,
    Code,
    CourseOut,
    Day,
    Head,
    Line,
    Long,
    Number,
    Stateful,
    Wanted,
    Words,
)

Yuan = Annotated[float, Field(ge=0, le=1e11, allow_inf_nan=False)]
Amount = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]
ShortfallId = Annotated[str, StringConstraints(min_length=1, max_length=300)]
Lon = Annotated[float, Field(ge=-180, le=180)]
Lat = Annotated[float, Field(ge=-90, le=90)]
MoneyKind = Literal[
    "budget",
    "higher_level",
    "bond",
    "social_capital",
    "loan",
    "brand_support",
    "joint_lease",
    "self_raised",
    "donation",
]


class ProjectItem(Stateful):
    programme_id: int
    pilot_id: int | None
    code: str
    name: str
    circle: str | None
    element: str | None
    remedy: str | None
    shortfall_id: str | None
    starts_on: date | None
    due_on: date | None
    progress: int
    planned: float
    paid: float
    lon: float | None
    lat: float | None


class MoneySum(BaseModel):
    planned: float
    paid: float


class MoneySums(MoneySum):
    by_kind: dict[str, MoneySum]
    by_district: dict[str, MoneySum]


class ProjectPage(BaseModel):
    items: list[ProjectItem]
    next_cursor: str | None
    counts: dict[str, int]


class MoneyOut(BaseModel):
    id: int
    version: int
    project_id: int
    money_kind: str
    source: str
    planned: float
    paid: float
    document: str
    year: int | None


class SiteUseOut(Head):
    project_id: int | None
    site_id: str
    name: str
    site_kind: str
    area_m2: float | None
    used_m2: float | None
    used_from: date | None
    use: str
    lon: float | None
    lat: float | None


class OfferOut(Stateful):
    from_kind: str
    from_name: str
    contact: str
    revealed: bool
    offer_kind: str
    text: str
    reply: str
    project_id: int | None
    created_at: datetime


class OfferDetail(OfferOut):
    course: list[CourseOut]
    may_reveal: bool


class OfferPage(BaseModel):
    items: list[OfferOut]
    next_cursor: str | None
    counts: dict[str, int]


class ProjectOut(ProjectItem):
    scale: float | None
    scale_unit: str | None
    address: str
    operator: str
    expected_people: float | None
    note: str
    shortfall: dict[str, Any] | None
    proposed_by: str | None
    pilot: str | None
    money: list[MoneyOut]
    sites: list[SiteUseOut]
    offers: list[OfferOut]
    course: list[CourseOut]
    files: list[AttachedFile]
    may_write: bool


class NewProject(Wanted):
    programme_id: Number
    name: Words = ""
    area_code: Code | None = None
    org_id: Number | None = None
    run_id: RunId | None = None
    shortfall_id: ShortfallId | None = None
    pilot_id: Number | None = None
    circle: Code | None = None
    element: Code | None = None
    remedy: Code | None = None
    starts_on: Day | None = None
    due_on: Day | None = None
    scale: Amount | None = None
    scale_unit: Words | None = None
    address: Words | None = None
    lon: Lon | None = None
    lat: Lat | None = None
    operator: Words | None = None
    expected_people: Amount | None = None
    note: Long | None = None


class ProjectChange(Wanted):
    name: Line | None = None
    pilot_id: Number | None = None
    circle: Code | None = None
    element: Code | None = None
    starts_on: Day | None = None
    due_on: Day | None = None
    progress: Annotated[int, Field(ge=0, le=100)] | None = None
    scale: Amount | None = None
    scale_unit: Words | None = None
    address: Words | None = None
    operator: Words | None = None
    expected_people: Amount | None = None
    note: Long | None = None


class NewMoney(Wanted):
    kind: MoneyKind
    source: Line
    planned: Yuan
    paid: Yuan = 0.0
    document: Words = ""
    year: Annotated[int, Field(ge=1990, le=2199)] | None = None


class MoneyChange(Wanted):
    kind: MoneyKind | None = None
    source: Line | None = None
    planned: Yuan | None = None
    paid: Yuan | None = None
    document: Words | None = None
    year: Annotated[int, Field(ge=1990, le=2199)] | None = None


class SiteOut(BaseModel):
    site_id: str
    name: str
    kind: str
    land_m2: float | None
    floor_area_m2: float | None
    owner: str | None
    area_code: str | None
    area_name: str | None
    lon: float | None
    lat: float | None
    use: SiteUseOut | None = Field(description="null: idle, or in use where the caller may not look")
    used: bool


class SiteSummary(BaseModel):
    sites: int
    used: int
    share: float | None
    m2: float
    used_m2: float
    m2_share: float | None


class SiteList(BaseModel):
    items: list[SiteOut]
    summary: SiteSummary


class NewSiteUse(Wanted):
    site_id: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    project_id: Number | None = None
    use: Line
    used_m2: Amount | None = None
    used_from: Day | None = None


class SiteUseChange(Wanted):
    project_id: Number | None = None
    use: Line | None = None
    used_m2: Amount | None = None
    used_from: Day | None = None


class NewOffer(Wanted):
    area_code: Code
    org_id: Number | None = None
    from_kind: Literal["resident", "firm", "association", "unit"]
    from_name: Line
    contact: Words = ""
    kind: Literal["room", "hours", "goods", "money", "skill", "other"]
    text: Annotated[str, StringConstraints(min_length=1, max_length=2000, strip_whitespace=True)]
    project_id: Number | None = None


class OfferChange(Wanted):
    project_id: Number | None


class ExperienceOut(Head):
    pilot_id: int | None
    circle: str | None
    title: str
    text: str
    published_at: datetime | None
    may_write: bool


class ExperienceList(BaseModel):
    items: list[ExperienceOut]


class NewExperience(Wanted):
    title: Line
    text: Annotated[str, StringConstraints(min_length=1, max_length=20000)]
    circle: Code | None = None
    pilot_id: Number | None = None


class ExperienceChange(Wanted):
    title: Line | None = None
    text: Annotated[str, StringConstraints(min_length=1, max_length=20000)] | None = None
    published: bool | None = None


class ApplicationOut(Stateful):
    programme_id: int
    level: str
    code: str
    name: str
    name_en: str
    scheme: str
    pilot_id: int | None
    due_on: date | None
    result: str
    note: str


class ApplicationDetail(ApplicationOut):
    course: list[CourseOut]
    files: list[AttachedFile]


class ApplicationPage(BaseModel):
    items: list[ApplicationOut]
    next_cursor: str | None


class NewApplication(Wanted):
    programme_id: Number
    level: Literal["province", "nation"]
    name: Line
    scheme: Words = ""
    pilot_id: Number | None = None
    due_on: Day | None = None
    note: Long = ""


class ApplicationChange(Wanted):
    name: Line | None = None
    scheme: Words | None = None
    pilot_id: Number | None = None
    due_on: Day | None = None
    note: Long | None = None


class TaskFromShortfall(Wanted):
    programme_id: Number
    run_id: RunId
    due_on: Day | None = None
    org_id: Number | None = None
    title: Words = ""
    measure: Long = ""
    pilot_id: Number | None = None
    issue: bool = False


class OpenedTask(BaseModel):
    id: int
    version: int
    kind: str
    code: str
    title: str
    state: str
    unit: str
