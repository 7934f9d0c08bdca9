"""Tasks on the wire."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from kezhong.server.models.common import Bilingual

Text = Annotated[str, Field(max_length=2000)]
Short = Annotated[str, Field(max_length=200)]
Key = Annotated[int, Field(ge=1, le=2**62)]
Units = Annotated[list[Key], Field(max_length=60)]


class Strict(BaseModel):
    """A request: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


# what is shown


class AllowedStep(Bilingual):
    id: str
    to: str
    needs: list[str]
    may: list[str]


class StepTold(Bilingual):
    id: int
    transition: str
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


class NamedUnit(BaseModel):
    id: int
    name: str


class TaskRow(BaseModel):
    """A task in a list."""

    id: int
    version: int
    kind: Literal["task"]
    code: str
    number: str
    title: str
    measure: str
    circle: str | None
    stage_id: int | None
    programme_id: int
    parent_id: int | None
    level: str
    state: str
    light: str
    light_reason: str
    progress: int
    starts_on: date
    due_on: date | None
    due_at: datetime | None
    late: bool
    unit: NamedUnit
    issuer: NamedUnit | None
    joint: list[NamedUnit]
    area_code: str
    area: str
    assignee_id: int | None
    assignee: str | None
    parts: int
    escalated_to: str | None
    shortfall_id: str | None
    updated_at: datetime
    allowed: list[str] = Field(description="steps the caller may take now")


class TaskPage(BaseModel):
    items: list[TaskRow]
    next_cursor: str | None


class Shift(BaseModel):
    """Why a deadline ends on another day than was written."""

    from_: str = Field(alias="from")
    to: str
    zh: str
    en: str
    assumed: bool


class LightTold(Bilingual):
    colour: str
    reason: str
    proposal: bool = Field(description="the thresholds are a proposal")
    assumed: bool = Field(description="reckoned over a year whose holidays are not published yet")


class FileOut(BaseModel):
    id: int
    name: str
    media_type: str
    bytes: int
    purpose: str
    note: str
    created_at: datetime
    mine: bool


class FileList(BaseModel):
    items: list[FileOut]


class TaskDetail(TaskRow):
    """One task with all that belongs to it."""

    progress_note: str
    progress_by_hand: bool
    issued_at: datetime | None
    reported_at: datetime | None
    done_at: datetime | None
    source: str
    weight: float
    pilot_id: int | None
    project_id: int | None
    shortfall: dict[str, Any] | None
    light_told: LightTold
    shifted: Shift | None
    steps: list[AllowedStep]
    may: list[str] = Field(description="edit, needs, split, progress, assign, files, comment, remind")
    course: list[StepTold]
    whole: TaskRow | None
    children: list[TaskRow]
    needs: list[TaskRow]
    waiting: list[TaskRow]
    files: list[FileOut]
    comments: int


class TaskFacets(BaseModel):
    total: int
    by: dict[str, dict[str, int]]
    quick: dict[str, int]


class BoardColumn(BaseModel):
    state: str
    count: int
    items: list[TaskRow]


class Board(BaseModel):
    columns: list[BoardColumn]


class CalendarDay(BaseModel):
    day: date
    count: int
    counts: dict[str, int]
    items: list[TaskRow]


class Calendar(BaseModel):
    days: list[CalendarDay]
    free: dict[str, str] = Field(description="days of the span that are not worked, with their names")
    workdays: list[str] = Field(description="weekend days of the span that are worked")


class Gantt(BaseModel):
    items: list[TaskRow]
    links: list[tuple[int, int]] = Field(description="pairs: a task, and one that it needs")
    total: int
    first: date
    last: date


class TaskPlace(BaseModel):
    """An area and its tasks, with those of all areas below it."""

    code: str
    name: str
    level: str
    count: int
    open: int = Field(description="not yet closed")
    late: int = Field(description="overdue and still the unit's to do")
    lights: dict[str, int]
    lon: float | None = Field(description="a point inside; null: no outline was imported")
    lat: float | None


class TrailArea(BaseModel):
    code: str
    name: str
    level: str


class PilotOnMap(BaseModel):
    id: int
    name: str
    state: str
    light: str
    due_on: date | None
    communities: list[str]
    lon: float | None
    lat: float | None


class TaskMap(BaseModel):
    trail: list[TrailArea] = Field(description="from the city to the area whose parts are shown")
    own: TaskPlace = Field(description="tasks of that area as a whole, not of one of its parts")
    places: list[TaskPlace] = Field(description="its parts that have tasks; most late first")
    pilots: list[PilotOnMap]


class UnitChoice(BaseModel):
    id: int
    name: str
    full_name: str
    kind: str
    level: str
    department: str | None
    area_code: str
    mine: bool


class ProgrammeChoice(BaseModel):
    id: int
    name: str
    starts_on: date
    ends_on: date
    state: str


class StageChoice(BaseModel):
    id: int
    programme_id: int
    number: int
    name: str


class Choices(BaseModel):
    """What forms and filters choose from."""

    units: list[UnitChoice]
    programmes: list[ProgrammeChoice]
    stages: list[StageChoice]
    areas: list[dict[str, str]]


class PersonChoice(BaseModel):
    id: int
    name: str
    title: str = ""
    unit: str = ""


class People(BaseModel):
    items: list[PersonChoice]


class CommentOut(BaseModel):
    id: int
    version: int
    text: str
    person: str
    unit: str
    mine: bool
    mentioned: list[PersonChoice]
    at: datetime
    edited: bool
    withdrawn: bool


class CommentList(BaseModel):
    items: list[CommentOut]


class ViewOut(BaseModel):
    id: int
    name: str
    query: str


class ViewList(BaseModel):
    items: list[ViewOut]


class ImportProblem(BaseModel):
    row: int
    column: str
    value: str
    grave: bool
    code: str
    message: Bilingual
    action: Bilingual


class ImportRow(BaseModel):
    row: int
    number: str
    title: str
    measure: str
    unit: str
    joint: list[str]
    due_on: date | None
    due_text: str
    circle: str | None
    progress: int | None
    outcome: str
    task_id: int | None
    changes: list[str]


class UnknownUnit(BaseModel):
    name: str
    near: list[NamedUnit]


class ImportPlan(BaseModel):
    """What an import does, or did."""

    written: bool
    sheet: str
    columns: dict[str, str]
    counts: dict[str, int]
    errors: int
    warnings: int
    problems: list[ImportProblem]
    unknown_units: list[UnknownUnit]
    rows: list[ImportRow]
    skipped: list[tuple[int, str]]


class BulkResult(BaseModel):
    id: int
    code: str
    ok: bool
    version: int | None
    error: dict[str, Any] | None


class BulkOutcome(BaseModel):
    items: list[BulkResult]
    done: int
    failed: int


# what is asked for


class TaskNew(Strict):
    programme_id: Key
    org_id: Key
    title: Annotated[str, Field(min_length=1, max_length=500)]
    measure: Text = ""
    code: Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[\w.-]+$")] | None = None
    number: Annotated[str, Field(max_length=20)] = ""
    circle: Annotated[str, Field(max_length=60)] | None = None
    stage_id: Key | None = None
    starts_on: date | None = None
    due_on: date | None = None
    joint: Units = []
    weight: Annotated[float, Field(gt=0, le=1000)] = 1.0
    source: Annotated[str, Field(max_length=300)] = ""
    pilot_id: Key | None = None
    project_id: Key | None = None
    shortfall_id: Short | None = None
    shortfall: dict[str, Any] | None = None
    issuer_id: Key | None = None


class TaskEdit(Strict):
    title: Annotated[str, Field(min_length=1, max_length=500)] | None = None
    measure: Text | None = None
    number: Annotated[str, Field(max_length=20)] | None = None
    circle: Annotated[str, Field(max_length=60)] | None = None
    stage_id: Key | None = None
    starts_on: date | None = None
    due_on: date | None = None
    joint: Units | None = None
    weight: Annotated[float, Field(gt=0, le=1000)] | None = None
    source: Annotated[str, Field(max_length=300)] | None = None
    reason: Text = ""


class TaskPart(Strict):
    org_id: Key
    title: Annotated[str, Field(max_length=500)] = Field("", description="that of the whole where empty")
    measure: Text = ""
    due_on: date | None = None
    weight: Annotated[float, Field(gt=0, le=1000)] = 1.0
    joint: Units = []


class Parts(Strict):
    parts: Annotated[list[TaskPart], Field(min_length=1, max_length=100)]
    issue: bool = Field(default=False, description="issue them at once")


class StepRequest(Strict):
    transition: Annotated[str, Field(max_length=60)]
    reason: Text = ""
    fields: Annotated[dict[str, Any], Field(max_length=12)] = {}


class ProgressRequest(Strict):
    progress: Annotated[int, Field(ge=0, le=100)] | None
    note: Text = ""
    by_hand: bool = False


class AssigneeRequest(Strict):
    person_id: Key | None


class NeedsRequest(Strict):
    needs: Annotated[list[Key], Field(max_length=50)]


class ReminderRequest(Strict):
    note: Annotated[str, Field(max_length=500)] = ""


class BulkItem(Strict):
    id: Key
    version: Annotated[int, Field(ge=1)] | None = None


class BulkRequest(Strict):
    action: Literal["step", "remind", "assign", "due"]
    items: Annotated[list[BulkItem], Field(min_length=1, max_length=200)]
    transition: Annotated[str, Field(max_length=60)] = ""
    reason: Text = ""
    fields: Annotated[dict[str, Any], Field(max_length=12)] = {}
    person_id: Key | None = None
    due_on: date | None = None


class CommentNew(Strict):
    text: Annotated[str, Field(min_length=1, max_length=2000)]
    mentions: Annotated[list[Key], Field(max_length=20)] = []


class CommentEdit(Strict):
    text: Annotated[str, Field(min_length=1, max_length=2000)] | None = Field(description="null withdraws it")


class ViewNew(Strict):
    page: Annotated[str, Field(max_length=40)]
    name: Annotated[str, Field(min_length=1, max_length=60)]
    query: Annotated[str, Field(max_length=2000)]


class ImportRequest(Strict):
    name: Annotated[str, Field(min_length=1, max_length=200)]
    content: Annotated[str, Field(max_length=14_000_000, description="the file, base64")]
    programme_id: Key
    year: Annotated[int, Field(ge=2000, le=2100)]
    units: Annotated[dict[Annotated[str, Field(max_length=200)], Key], Field(max_length=500)] = {}
    issue: bool = False
    write: bool = Field(default=False, description="false: only say what would be done")
