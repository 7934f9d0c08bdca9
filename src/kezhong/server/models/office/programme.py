"""The programme on the wire."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from kezhong.server.models.common import NamedItem

Words = Annotated[str, StringConstraints(max_length=200, strip_whitespace=True)]
Line = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
Long = Annotated[str, StringConstraints(max_length=4000)]
Code = Annotated[str, StringConstraints(min_length=1, max_length=60, strip_whitespace=True)]
Number = Annotated[int, Field(ge=1, le=2**53)]
Day = Annotated[date, Field(ge=date(1950, 1, 1), le=date(2199, 12, 31))]


class Wanted(BaseModel):
    """A body that a caller sends: nothing unknown in it."""

    model_config = ConfigDict(extra="forbid")


class StepBody(Wanted):
    """What is handed in with a step."""

    reason: Annotated[str, StringConstraints(max_length=2000)] = ""
    fields: Annotated[dict[str, Any], Field(max_length=12)] = Field(default_factory=dict)


class LeadUnit(BaseModel):
    id: int
    name: str
    short_name: str
    level: str


class AreaOut(BaseModel):
    code: str
    name: str
    level: str
    full_name: str


class StepOut(BaseModel):
    id: str
    zh: str
    en: str
    to: str
    needs: list[str]
    may: list[str]


class CourseOut(BaseModel):
    id: int
    transition: str
    zh: str
    en: str
    before: str
    before_zh: str
    before_en: str
    after: str
    after_zh: str
    after_en: str
    at: datetime
    person: str | None
    unit: str | None
    reason: str
    details: dict[str, Any]


class AttachedFile(BaseModel):
    id: int
    name: str
    media_type: str
    bytes: int
    purpose: str
    note: str
    at: datetime


class Head(BaseModel):
    id: int
    version: int
    kind: str
    unit: LeadUnit | None
    area: AreaOut
    updated_at: datetime


class Stateful(Head):
    state: str
    allowed: list[StepOut]


class ProgrammeItem(BaseModel):
    id: int
    version: int
    kind: str
    code: str
    name: str
    name_en: str
    template: str
    template_hash: str
    starts_on: date
    ends_on: date
    state: str
    document: str | None
    text: str
    bindings: dict[str, str]


class ProgrammeList(BaseModel):
    items: list[ProgrammeItem]


class StageOut(BaseModel):
    id: int
    version: int
    kind: str
    number: int
    code: str
    name: str
    name_en: str
    starts_on: date
    ends_on: date
    text: str
    source: str
    phase: Literal["over", "now", "coming"]


class TargetNow(BaseModel):
    """What is there now; ``value`` is null where nothing is known, and ``status`` says why."""

    value: float | None
    numerator: float | None
    denominator: float | None
    status: str
    share: float | None
    at: datetime | None
    run_id: str
    rows: list[dict[str, Any]]


class TargetOut(BaseModel):
    id: int
    version: int
    kind: str
    code: str
    name: str
    name_en: str
    target_kind: str
    metric: str
    figure_key: dict[str, Any] | None
    comparison: str
    value: float
    unit: str
    stage_id: int | None
    circle: str | None
    due_on: date
    source: str
    area: AreaOut
    baseline: float | None
    now: TargetNow


class DutyOut(BaseModel):
    id: int
    circle: str
    duty: str
    organisation_id: int
    name: str
    short_name: str
    valid_from: date
    valid_to: date | None


class PaperKind(BaseModel):
    code: str
    name: str
    name_en: str
    submission_kind: str
    due_on: date
    total: int
    handed_in: int
    received: int
    late: int
    missing: list[str]
    waiting: list[str]
    returned: list[str]


class ProgrammeOut(ProgrammeItem):
    today: date
    may_write: bool
    stages: list[StageOut]
    targets: list[TargetOut]
    duties: list[DutyOut]
    papers: list[PaperKind] | None


class ProgrammeTemplate(BaseModel):
    id: str
    zh: str
    en: str
    source: str
    starts_on: date
    ends_on: date
    hash: str
    slots: list[NamedItem]
    measures: int


class ProgrammeTemplateList(BaseModel):
    items: list[ProgrammeTemplate]


class NewProgramme(Wanted):
    template: Code
    code: Code
    name: Line
    bindings: dict[Code, Code] = Field(default_factory=dict, max_length=50)
    shift_years: Annotated[int, Field(ge=-50, le=100)] = 0


class CreatedProgramme(BaseModel):
    programme: ProgrammeItem
    stages: int
    targets: int
    duties: int
    submissions: int
    tasks: int
    applications: int
    without_unit: list[str]


class ProgrammeChange(Wanted):
    name: Line | None = None
    text: Long | None = None
    document: Words | None = None
    state: Literal["draft", "running", "finished"] | None = None


class StageChange(Wanted):
    name: Line | None = None
    name_en: Words | None = None
    text: Long | None = None
    starts_on: Day | None = None
    ends_on: Day | None = None
    reason: Long = ""


class NewTarget(Wanted):
    area_code: Code | None = None
    name: Line
    name_en: Words = ""
    kind: Literal["count", "circle_coverage", "access_coverage", "indicator"]
    metric: Code
    comparison: Literal["at_least", "at_most"] = "at_least"
    value: Annotated[float, Field(ge=0, le=1e12, allow_inf_nan=False)]
    unit: Words = ""
    stage_id: Number | None = None
    circle: Code | None = None
    due_on: Day
    source: Words = "建议值"


class TargetChange(Wanted):
    name: Line | None = None
    name_en: Words | None = None
    value: Annotated[float, Field(ge=0, le=1e12, allow_inf_nan=False)] | None = None
    comparison: Literal["at_least", "at_most"] | None = None
    due_on: Day | None = None
    source: Line | None = None
    reason: Long = ""


class NewDuty(Wanted):
    circle: Code
    organisation_id: Number
    duty: Literal["lead", "responsible", "joint"]
    valid_from: Day | None = None


class GradingRules(BaseModel):
    """The rules for grading; ``version`` 0 where the shipped ones are in force."""

    version: int
    own: bool
    rules: dict[str, Any]


class NewRules(Wanted):
    pilot: dict[str, Any]
    commerce: dict[str, Any]
