"""Measured, not claimed: targets, what awaits its measurement, verification sheets, objections, promises."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from kezhong.server.models.common import Bilingual

Word = Annotated[str, StringConstraints(max_length=100)]
Text = Annotated[str, StringConstraints(max_length=2000, strip_whitespace=True)]


class FigureKey(BaseModel):
    """The key of a figure without the run; an empty ``basis_hash`` stands for the basis of the run that is read."""

    model_config = ConfigDict(extra="forbid")

    area_code: Word
    element: Word = "*"
    indicator: Word
    variant: Word = ""
    age_group: Word = "all"
    walker: Word = "metres"
    window: Word = "any"
    threshold: float | None = Field(default=None, ge=0, le=1e6, allow_inf_nan=False)
    threshold_unit: Word = ""
    basis_hash: Word = ""
    scenario: Word = ""


class MeasuredValue(BaseModel):
    """A value with its parts; ``status`` is met, not_met or why there is no verdict."""

    run_id: str
    snapshot: str
    at: str | None
    value: float | None
    numerator: float | None
    denominator: float | None
    low: float | None
    high: float | None
    status: str
    reason: str
    uncertain: bool = Field(description="the interval straddles the target")
    quality: float | None


class Explained(BaseModel):
    """Where the map explains the figure."""

    area: str
    level: str
    element: str


class TargetMeasured(BaseModel):
    id: int
    version: int
    kind: Literal["target"]
    target_kind: str
    metric: str
    name: str
    circle: str | None
    area_code: str
    area: str
    org: str
    stage_id: int | None
    comparison: str
    wanted: float
    unit: str
    due_on: str
    source: str
    proposal: bool
    figure_key: dict[str, Any] | None
    figure_name: Bilingual | None = Field(description="indicator and element in words")
    explain: Explained | None
    baseline: float | None
    baseline_run: str | None
    now: MeasuredValue | None
    course: list[MeasuredValue]
    allowed: list[str]


class NamedArea(BaseModel):
    code: str
    name: str


class CountedPilot(BaseModel):
    id: int
    name: str
    state: str


class TargetDetail(TargetMeasured):
    """With what it is made of; ``redrawn`` names circles that changed since they were accepted."""

    covered: list[NamedArea]
    missing: list[NamedArea]
    unknown: list[NamedArea]
    pilots: list[CountedPilot]
    redrawn: list[dict[str, Any]]


class TargetsMeasured(BaseModel):
    items: list[TargetMeasured]
    next_cursor: str | None


class RunShown(BaseModel):
    id: str
    basis: str
    walker: str
    window: str
    snapshot: str
    made: str
    quality: float | None
    insufficient: bool
    current: bool = Field(description="of the newest snapshot")


class RulesShown(BaseModel):
    verification_workdays: int
    objection_workdays: int
    review_workdays: int
    proposal: bool


class Choice(Bilingual):
    id: str


class Measuring(BaseModel):
    """What the page begins with."""

    run: RunShown | None
    rules: RulesShown
    findings: list[Choice]
    waits: dict[str, Bilingual]
    tasks: dict[str, int] = Field(description="tasks that came of shortfalls, by state")
    sheets: dict[str, int] = Field(description="verification sheets, by state")
    objections: dict[str, int]
    review_due: str = Field(description="proposed day for the review of an objection")


class Bindable(BaseModel):
    key: FigureKey
    name: Bilingual
    value: float | None
    status: str
    unit: str
    of_people: bool


class BindableList(BaseModel):
    items: list[Bindable]
    run_id: str


class MeasureRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    run: Word | None = Field(default=None, description="null: the default run of the newest snapshot")


class Measured(BaseModel):
    run_id: str
    targets: int
    promises: int
    tasks: dict[str, int]


class SheetBrief(BaseModel):
    id: int
    version: int
    state: str
    finding: str
    due_at: str | None
    due_on: str | None = Field(description="last day, in the city's zone")
    run_id: str
    org: str


class AwaitingTask(BaseModel):
    id: int
    version: int
    kind: Literal["task"]
    code: str
    title: str
    state: str
    org: str
    area_code: str
    area: str
    circle: str | None
    done_at: str | None
    shortfall_id: str
    shortfall: dict[str, Any] | None
    outcome: str = Field(description="what the last measurement said: a key of ``waits``, sheet, or empty")
    outcome_text: str
    run_id: str
    sheet: SheetBrief | None
    objections: int = Field(description="objections that are not decided yet")
    allowed: list[str]


class AwaitingList(BaseModel):
    items: list[AwaitingTask]
    next_cursor: str | None


class Sheet(SheetBrief):
    kind: Literal["verification"]
    task_id: int
    task_code: str
    task_title: str
    task_org: str
    area_code: str
    area: str
    shortfall_id: str
    measured: dict[str, Any]
    note: str
    signed_by: str | None
    signed_at: str | None
    object_until: str | None
    object_until_on: str | None = Field(description="last day on which may be objected")
    allowed: list[str]


class StepShown(BaseModel):
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
    at: str
    person: str | None
    unit: str | None
    reason: str
    details: dict[str, Any]


class SheetDetail(Sheet):
    course: list[StepShown]


class SheetList(BaseModel):
    items: list[Sheet]
    next_cursor: str | None


class SignRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    finding: Literal["not_built", "confirmed", "built_but_missing_in_data", "other"]
    note: Text = ""


class ReasonRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: Text = ""


class ObjectRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    object_kind: Literal["verification", "task", "measurement"]
    object_id: int = Field(ge=1, le=2**62)
    version: int | None = Field(default=None, ge=0, le=2**31 - 1, description="of the object, as it was seen")
    text: Annotated[str, StringConstraints(min_length=1, max_length=2000, strip_whitespace=True)]


class DecideRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    step: Literal["take_up", "uphold", "dismiss", "correct", "review_again"]
    reason: Text = ""
    due: Annotated[str, StringConstraints(max_length=10)] | None = None
    result: Text = ""


class StepAllowed(Bilingual):
    id: str
    to: str
    needs: list[str]
    may: list[str]


class ObjectionShown(BaseModel):
    id: int
    version: int
    kind: Literal["objection"]
    object_kind: str
    object_id: int
    title: str
    task_id: int | None
    area_code: str
    area: str
    org: str
    text: str
    state: str
    decision: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    created_at: str
    decided_at: str | None
    allowed: list[StepAllowed]


class ObjectionDetail(ObjectionShown):
    course: list[StepShown]


class ObjectionList(BaseModel):
    items: list[ObjectionShown]
    next_cursor: str | None


class PromiseMeasured(BaseModel):
    id: int
    version: int
    kind: Literal["promise"]
    name: str
    unit: str
    comparison: str
    before: float | None
    before_run: str | None
    promised: float
    measured: float | None
    status: str | None
    run_id: str | None
    measured_at: str | None
    low: float | None
    high: float | None
    numerator: float | None
    denominator: float | None
    uncertain: bool
    explain: Explained | None


class PromiseList(BaseModel):
    items: list[PromiseMeasured]


class FacilityInUse(BaseModel):
    project_id: int
    code: str
    name: str
    element: str | None
    element_name: Bilingual | None
    lon: float | None
    lat: float | None
    opened: str | None
    source: str
    lacks: list[str] = Field(description="what keeps it out: element, position; outside: of the caller's area")


class FacilitiesInUse(BaseModel):
    items: list[FacilityInUse]
    ready: int
    in_city: int = Field(description="facilities that came of projects in the newest snapshot")
