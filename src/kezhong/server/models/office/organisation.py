"""Units, their history and changes, and grid teams on the wire."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from kezhong.server.models.common import NamedItem

Id = Annotated[int, Field(ge=1, le=2**53)]
Name = Annotated[str, Field(min_length=1, max_length=80)]
Code = Annotated[str, Field(min_length=1, max_length=40)]
Department = Annotated[str, Field(max_length=40)]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class UnitOut(BaseModel):
    """A unit as it is now."""

    id: int
    version: int
    kind: str
    code: str
    name: str
    short_name: str
    unit_kind: str
    level: str
    department: str | None
    parent_id: int | None
    area_code: str
    area: str
    valid_from: date
    valid_to: date | None
    successor_id: int | None
    people: int
    editable: bool


class UnitList(BaseModel):
    """All units, those above before those below."""

    items: list[UnitOut]


class VersionOut(BaseModel):
    """A line of a unit's history."""

    name: str
    short_name: str
    department: str | None
    parent_id: int | None
    valid_from: date
    valid_to: date | None
    change: str
    document: str | None
    note: str | None


class ChangeOut(BaseModel):
    """A change that waits for its day, or what became of it."""

    id: int
    version: int
    organisation_id: int
    change: str
    values: dict[str, Any]
    effective_on: date
    document: str | None
    note: str | None
    state: str
    applied_at: datetime | None
    problem: str | None


class UnitDetail(UnitOut):
    """A unit with history, planned changes and open work."""

    history: list[VersionOut]
    changes: list[ChangeOut]
    open_work: dict[str, int]


class NewUnit(_Request):
    """A new unit, from a day on."""

    code: Code
    name: Name
    short_name: Annotated[str, Field(max_length=80)] = ""
    kind: Annotated[str, Field(max_length=40)]
    area_code: Code
    parent_id: Id | None = None
    department: Department | None = None
    effective_on: date
    document: Annotated[str, Field(max_length=200)] | None = None
    note: Annotated[str, Field(max_length=500)] | None = None


class Part(_Request):
    """A unit that is split off, with what goes there."""

    code: Code
    name: Name
    short_name: Annotated[str, Field(max_length=80)] = ""
    department: Department | None = None
    tasks: Annotated[list[Id], Field(max_length=500)] = []
    people: Annotated[list[Id], Field(max_length=500)] = []


class UnitChange(_Request):
    """What happens to a unit, on which day, by which paper; the fields of the other kinds of change stay empty."""

    change: Literal["rename", "move", "merge", "split", "dissolve"]
    effective_on: date
    document: Annotated[str, Field(max_length=200)] | None = None
    note: Annotated[str, Field(max_length=500)] | None = None
    name: Annotated[str, Field(max_length=80)] | None = None
    short_name: Annotated[str, Field(max_length=80)] | None = None
    department: Department | None = None
    parent_id: Id | None = None
    into: Id | None = None
    others: Annotated[list[Id], Field(max_length=50)] = []
    successor: Id | None = None
    parts: Annotated[list[Part], Field(max_length=20)] = []


class ChangeDone(BaseModel):
    """The unit as it is now, or the change as it was planned."""

    planned: ChangeOut | None
    unit: UnitDetail


class NameAt(BaseModel):
    """What a unit was called on a day."""

    id: int
    day: date
    name: str


class TeamPostOut(NamedItem):
    """A post of a form of team."""

    min: int
    max: int | None


class TemplateOut(NamedItem):
    """A form of team; ``assumed`` where its posts are not from the plan."""

    source: str
    assumed: bool
    posts: list[TeamPostOut]


class MemberOut(BaseModel):
    """Who holds a post of a team."""

    id: int
    person_id: int
    name: str
    post: str
    valid_from: date


class TeamOut(BaseModel):
    """A grid team."""

    id: int
    version: int
    kind: str
    code: str
    name: str
    template: str
    area_code: str
    area: str
    grid_code: str | None
    organisation_id: int
    organisation: str
    members: list[MemberOut]
    vacant: list[str]
    editable: bool


class TeamPage(BaseModel):
    """Grid teams, and the forms there are."""

    items: list[TeamOut]
    next_cursor: str | None
    templates: list[TemplateOut]


class NewTeam(_Request):
    """A grid team of a unit."""

    code: Code
    name: Name
    template: Annotated[str, Field(max_length=60)]
    organisation_id: Id
    area_code: Code
    grid_code: Annotated[str, Field(max_length=60)] | None = None


class NewMember(_Request):
    """A person for a post of a team."""

    person_id: Id
    post: Annotated[str, Field(min_length=1, max_length=40)]
