"""Pilots on the wire."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from kezhong.server.models.office.programme import (
    AreaOut,
    AttachedFile,
    Code,
    CourseOut,
    Day,
    Line,
    Long,
    Number,
    Stateful,
    Wanted,
    Words,
)

RunId = Annotated[str, Field(max_length=40, pattern=r"^r-[0-9a-z]+$")]
Share = Annotated[float, Field(ge=-1e12, le=1e12, allow_inf_nan=False)]


class PilotItem(Stateful):
    programme_id: int
    code: str
    name: str
    pilot_kind: str
    life_circle: str
    communities: list[str]
    people: float | None
    lon: float | None
    lat: float | None
    due_on: date | None
    light: str
    grade: str | None
    commerce_grade: str | None
    nominated_at: datetime | None
    approved_at: datetime | None
    accepted_at: datetime | None


class PilotPage(BaseModel):
    items: list[PilotItem]
    next_cursor: str | None
    counts: dict[str, int] = Field(description="pilots by state under the other filters")


class PromiseOut(BaseModel):
    id: int
    version: int
    figure_key: dict[str, Any]
    name: str
    unit: str
    before: float | None
    before_run: str | None
    promised: float
    comparison: str
    measured: float | None
    measured_run: str | None
    measured_status: str | None
    measured_at: datetime | None


class InspectionOut(BaseModel):
    id: int
    inspection_kind: str
    on: date
    person: str | None
    verdict: str
    items: list[dict[str, Any]]
    note: str


class Compared(BaseModel):
    nominated: int
    target: float | None
    over: bool


class LinkedTask(BaseModel):
    id: int
    code: str
    title: str
    state: str
    light: str
    progress: int
    due_on: date | None
    unit: str


class LinkedProject(BaseModel):
    id: int
    code: str
    name: str
    state: str
    due_on: date | None
    planned: float
    paid: float


class PilotOut(PilotItem):
    grounds: str
    circle: AreaOut
    community_names: list[AreaOut]
    sheet: dict[str, Any]
    rules: str
    grade_details: dict[str, Any] | None
    commerce_details: dict[str, Any] | None
    promises: list[PromiseOut]
    inspections: list[InspectionOut]
    course: list[CourseOut]
    files: list[AttachedFile]
    tasks: list[LinkedTask]
    projects: list[LinkedProject]
    compared: Compared
    may_promise: bool
    may_change: bool
    may_assess: bool
    may_commerce: bool


class Candidate(BaseModel):
    code: str
    name: str
    communities: list[AreaOut]
    people: float | None
    nominated: str | None = Field(description="code of the pilot it is already")


class CandidateList(BaseModel):
    items: list[Candidate]
    compared: Compared | None


class NewPilot(Wanted):
    programme_id: Number
    life_circle: Code
    name: Words = ""
    grounds: Long = ""
    kind: Literal["pilot", "roll_out"] = "pilot"
    communities: Annotated[list[Code], Field(min_length=1, max_length=200)] | None = None
    run_id: RunId | None = None
    due_on: Day | None = None
    org_id: Number | None = None


class PilotChange(Wanted):
    name: Line | None = None
    grounds: Long | None = None
    kind: Literal["pilot", "roll_out"] | None = None
    communities: Annotated[list[Code], Field(min_length=1, max_length=200)] | None = None


class SheetWanted(Wanted):
    run_id: RunId | None = None


class NewPromise(Wanted):
    figure_key: Annotated[dict[Code, str | float | None], Field(max_length=11)]
    name: Line
    promised: Share
    comparison: Literal["at_least", "at_most"] = "at_least"


class PromiseChange(Wanted):
    name: Line | None = None
    promised: Share | None = None
    comparison: Literal["at_least", "at_most"] | None = None


class CommerceBody(Wanted):
    """Entered values of the commerce scheme; null where nobody counted."""

    values: Annotated[dict[Code, Annotated[float, Field(ge=0, le=1000)] | None], Field(max_length=10)]
    source: Line
