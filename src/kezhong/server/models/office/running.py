"""Running the office, on the wire."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from kezhong.server.models.common import Bilingual
from kezhong.server.models.office.audit import AnchorState


class DatabaseState(BaseModel):
    address: str
    embedded: bool
    server: str
    bytes: int
    revision: str
    newest: str


class BackupState(BaseModel):
    at: str
    file: str
    bytes: int


class QueueState(BaseModel):
    waiting: int
    failed: int
    oldest: str | None
    last_round: str | None


class RunningOut(BaseModel):
    database: DatabaseState
    people: int
    units: int
    tasks: int
    entries: int
    anchor: AnchorState
    backup: BackupState | None
    queue: QueueState
    free_bytes: int
    holidays_known_until: str


class BackupJob(BaseModel):
    id: str
    state: Literal["queued", "running", "done", "failed", "cancelled"]


class ClockRoundOut(BaseModel):
    lights: int
    reminders: int
    escalations: int
    skipped: bool = Field(description="another process is at it")


class CalendarDayOut(BaseModel):
    day: str
    kind: Literal["holiday", "workday"]
    name: str
    own: bool = Field(description="entered by the office, over what is published")


class CalendarYearOut(BaseModel):
    year: int
    known: bool
    missing: list[Bilingual]
    known_until: str
    days: list[CalendarDayOut]


class CalendarDayWanted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    kind: Literal["holiday", "workday"]
    name: str = Field(default="", max_length=40)


class Taken(BaseModel):
    days: int


class ReminderRuleIO(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: str = Field(min_length=1, max_length=40)
    days: int = Field(ge=-365, le=365, description="from the deadline; below 0 before it")
    to: str = Field(max_length=40)
    copy_to: list[str] = Field(default_factory=list, max_length=5)
    zh: str = Field(min_length=1, max_length=200)
    en: str = Field(min_length=1, max_length=200)


class RemindersIO(BaseModel):
    model_config = ConfigDict(extra="forbid")

    proposal: bool = Field(default=False, description="true: 建议值, as shipped")
    count: Literal["workdays", "days"]
    at: str = Field(max_length=5, description="09:00, local time")
    rules: list[ReminderRuleIO] = Field(min_length=1, max_length=30)


class RemindersOut(RemindersIO):
    version: int = Field(description="0: the shipped rules count")
    levels: list[str]
