"""Submissions on the wire."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel

from kezhong.server.models.office.programme import (
    AttachedFile,
    Code,
    CourseOut,
    Day,
    Line,
    Number,
    PaperKind,
    Stateful,
    Wanted,
)


class SubmissionItem(Stateful):
    programme_id: int
    stage_id: int | None
    code: str
    submission_kind: str
    name: str
    name_en: str
    circle: str | None
    pilot_id: int | None
    due_on: date
    due_at: datetime
    shifted: dict[str, Any] | None
    light: str
    overdue: bool
    late: bool
    handed_in_at: datetime | None
    done_at: datetime | None
    edition: int
    source: str


class SubmissionPage(BaseModel):
    items: list[SubmissionItem]
    next_cursor: str | None
    counts: dict[str, int]


class EditionOut(BaseModel):
    number: int
    handed_in_at: datetime
    late: bool
    person: str | None
    reply: str
    verdict: str
    reason: str
    files: list[AttachedFile]


class SubmissionOut(SubmissionItem):
    note: str
    asked_by: str | None
    editions: list[EditionOut]
    new_files: list[AttachedFile]
    may_attach: bool
    course: list[CourseOut]


class SubmissionOverview(BaseModel):
    items: list[PaperKind]


class NewSubmission(Wanted):
    programme_id: Number
    org_id: Number
    code: Code
    kind: Literal["pilot_list", "implementation_plan", "circle_plan", "work_plan", "other"] = "other"
    name: Line
    due_on: Day
    circle: Code | None = None
    stage_id: Number | None = None
