"""Dispatch: rounds, sheets, previews, bulletins."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from kezhong.office.supervision.values import clean_text

Text = Annotated[str, StringConstraints(max_length=2000, strip_whitespace=True), AfterValidator(clean_text)]
Long = Annotated[str, StringConstraints(max_length=4000), AfterValidator(clean_text)]
Key = Annotated[str, StringConstraints(max_length=60), AfterValidator(clean_text)]
Short = Annotated[str, StringConstraints(max_length=80), AfterValidator(clean_text)]
Kind = Literal["monthly", "quarterly", "half_year"]
Level = Literal["city", "district", "street", "community"]


class RoundWanted(BaseModel):
    """A round to be opened."""

    model_config = ConfigDict(extra="forbid")

    programme_id: int = Field(ge=1, le=2**62)
    kind: Kind
    period: Annotated[str, StringConstraints(max_length=10)] = Field(description="2026-11, 2026Q4 or 2026H2")
    due_on: date
    levels: list[Level] = Field(default=["city", "district", "street", "community"], min_length=1, max_length=4)
    note: Text = ""


class Reply(BaseModel):
    """What was filled in in one row; which fields there are depends on the form."""

    model_config = ConfigDict(extra="forbid")

    row: Key
    progress: int | float | Short | None = None
    situation: Long = ""
    problem: Long = ""
    next: Long = ""
    help: Long = ""
    done: Short | None = None
    reason: Long = ""
    finding: Short | None = None
    order: Long = ""
    order_due: Short | None = None


class Replies(BaseModel):
    """A sheet as it was filled in in the browser, or as a preview gave it."""

    model_config = ConfigDict(extra="forbid")

    replies: list[Reply] = Field(max_length=5000)
    summary: Long = ""
    problems: Long = ""


class Decisions(BaseModel):
    """For rows that changed since the sheet went out: take or skip."""

    model_config = ConfigDict(extra="forbid")

    decisions: dict[Key, Literal["take", "skip"]] = Field(default={}, max_length=5000)


class Returned(BaseModel):
    """Why a sheet is returned, and until when it is to come again."""

    model_config = ConfigDict(extra="forbid")

    reason: Text
    due: date | None = None


class Cancelled(BaseModel):
    """Why a unit is asked no longer."""

    model_config = ConfigDict(extra="forbid")

    reason: Text


class RoundOut(BaseModel):
    id: int
    version: int
    kind: Literal["dispatch_round"]
    round_kind: Kind
    period: str
    period_zh: str
    programme_id: int
    programme: str
    due_on: str
    due_at: str
    due_zh: str
    sent_at: str
    closed_at: str | None
    levels: list[str]
    note: str
    allowed: list[str] = Field(description="close, remind: what the caller may do with it")


class RoundList(BaseModel):
    items: list[RoundOut]
    next_cursor: str | None


class Standing(BaseModel):
    """One sheet in the matrix of its round."""

    id: int
    version: int
    org_id: int
    unit: str
    level: str
    state: str
    late: bool
    rows: int
    answered: int
    returns: int
    due_on: str | None
    first_filled_at: str | None
    filled_at: str | None
    accepted_at: str | None


class DispatchCounts(BaseModel):
    asked: int
    filled: int
    accepted: int
    missing: int
    late: int


class RoundDetail(RoundOut):
    counts: DispatchCounts
    sheets: list[Standing]
    bulletin: dict[str, Any] | None = Field(description="figures of a bulletin, each with its rows")
    figures: list[dict[str, str]] = Field(description="columns of the bulletin: id, zh, en")


class ProblemOut(BaseModel):
    code: str
    severity: Literal["error", "decide", "warning"]
    row: str
    field: str
    place: str
    value: str
    zh: str
    en: str
    todo_zh: str
    todo_en: str


class ColumnOut(BaseModel):
    id: str
    zh: str
    en: str
    kind: Literal["known", "percent", "text", "choice", "day"]
    hint: str
    choices: list[dict[str, str]]


class SheetRow(BaseModel):
    """A row as it was sent out, and as it stands now."""

    row: str
    kind: str
    id: int | None
    code: str
    title: str
    title_en: str | None
    measure: str
    due: str | None
    progress: int | None
    light: str | None
    state: str | None
    count: int | None
    refs: list[dict[str, Any]]
    now_progress: int | None
    now_state: str | None
    open: bool
    changed: bool


class SheetOut(BaseModel):
    id: int
    version: int
    kind: Literal["dispatch_sheet"]
    round_id: int
    round_kind: Kind
    period: str
    period_zh: str
    programme: str
    unit: str
    org_id: int
    state: str
    late: bool
    returns: int
    due_on: str | None
    due_zh: str
    summary: str
    problems_text: str
    filled_at: str | None
    accepted_at: str | None
    columns: list[ColumnOut]
    rows: list[SheetRow]
    replies: list[dict[str, Any]]
    problems: list[ProblemOut]
    written: list[dict[str, Any]]
    course: list[dict[str, Any]]
    allowed: list[dict[str, Any]]
    taken_over_by: Literal["above", "colleague", "with_sending"] = Field(
        description="above: the office or the level above; the office's own: a colleague, or nobody else is there"
    )


class DispatchChange(BaseModel):
    row: str
    kind: str
    code: str
    title: str
    before: int | None
    now: int | None
    after: int | str | None
    done: bool
    open: bool
    conflict: bool


class PreviewOut(BaseModel):
    """What a file or a form would bring about; nothing is written."""

    sheet_id: int
    sheet_version: int
    unit: str
    period_zh: str
    state: str
    ready: bool
    same: bool = Field(description="exactly this was handed in already")
    replies: list[dict[str, Any]]
    summary: str
    problems_text: str
    problems: list[ProblemOut]
    changes: list[DispatchChange]


class Reminded(BaseModel):
    units: list[str]
