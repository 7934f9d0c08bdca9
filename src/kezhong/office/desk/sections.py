"""The sections of the desk, for whichever role looks: the same questions, asked within the caller's scope.

Nothing is stored and nothing is ranked by person. A section is left out where the caller has no permission for its
kind, and shown with zero where they have: *nothing is late* is an answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ARRAY, BigInteger, ColumnElement, and_, func, literal_column, or_, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import InstrumentedAttribute, defer

from kezhong import clock
from kezhong.office.access.actor import Actor
from kezhong.office.access.permissions import Permission
from kezhong.office.machines import StateKind, get_machine
from kezhong.office.models import (
    Area,
    DispatchRound,
    DispatchSheet,
    Organisation,
    Pilot,
    Scoped,
    StepTaken,
    Submission,
    Task,
    Verification,
)
from kezhong.office.session import OfficeSession
from kezhong.office.tasks.questions import LIGHTS

#: How many entries a section shows; the count says how many there are.
SHOWN = 8
SOON = timedelta(days=7)
CHANGED = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: what it is, whose, and until when."""

    kind: str
    id: int
    title: str
    state: str
    unit: str
    area: str
    due_on: date | None = None
    at: datetime | None = None
    light: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Answers one question: ``late``, ``due_soon``, ``returned``, ``to_do``, ``to_review``, ``changed`` …"""

    id: str
    count: int
    entries: tuple[Entry, ...]
    query: str = ""  # of the page that shows all of them
    counts: dict[str, int] = field(default_factory=dict)


def desk(session: OfficeSession) -> list[Section]:
    """All sections that the caller's roles let them see, what must be acted on first."""
    now = clock.now()
    found: list[_Found] = []
    lights: dict[str, int] | None = None
    if session.actor.may(Permission.READ_TASK):
        questions = _task_questions(session.actor, now)
        found, lights = _tasks(session, questions)
    found += _others(session, session.actor, now)
    names = _Names(session, [line.row for _, _, lines, _ in found for line in lines])
    sections = [
        Section(name, count, tuple(names.entry(line) for line in lines), query) for name, count, lines, query in found
    ]
    if lights is not None:
        sections.append(Section("lights", sum(lights.values()), (), "/tasks", lights))
    return sections


@dataclass(frozen=True, slots=True)
class _Line:
    """A row before its unit and area have their names."""

    row: Any
    title: str
    state: str
    due_on: date | None = None
    at: datetime | None = None
    note: str = ""


_Found = tuple[str, int, list[_Line], str]


@dataclass(frozen=True, slots=True)
class _Question:
    """A section of open tasks: its condition beside being open, and the page that shows all of them."""

    section: str
    query: str
    condition: ColumnElement[bool]


def _task_questions(actor: Actor, now: datetime) -> list[_Question]:
    own = _mine(actor)
    soon = and_(Task.due_at >= now, Task.due_at < now + SOON)
    days = f"due_from={clock.local_day(now)}&due_to={clock.local_day(now + SOON)}"
    found = [
        _Question("late", "late=1", Task.due_at < now),
        _Question("returned", "returned=1", and_(Task.state == "returned", own)),
        _Question("due_soon", f"open=1&{days}", soon),
    ]
    if actor.may(Permission.HANDLE_TASK):
        waiting = Task.state.in_(("issued", "accepted", "in_progress", "returned"))
        found.append(_Question("to_do", "mine=1", and_(waiting, own)))
    if actor.may(Permission.REVIEW_TASK):
        found.append(_Question("to_review", "state=reported", and_(Task.state == "reported", _issued_by(actor))))
    return found


def _tasks(session: OfficeSession, questions: list[_Question]) -> tuple[list[_Found], dict[str, int]]:
    """The sections of open tasks, and how many have each light: one reading of the tasks, and one of those shown.

    The first of each section come with the counts: a query for each, ordered by deadline, either sorted all of a scope
    again or walked along the deadlines of the whole city.
    """
    by_deadline = (func.coalesce(Task.due_on, literal_column("'infinity'::date")), Task.id)
    asked: list[ColumnElement[Any]] = []
    for question in questions:
        first = func.array_agg(aggregate_order_by(Task.id, *by_deadline), type_=ARRAY(BigInteger))
        asked += [func.count().filter(question.condition), first.filter(question.condition)[1:SHOWN]]
    asked += [func.count().filter(Task.light == light) for light in LIGHTS]
    row: Any = session.execute(select(*asked).select_from(Task).where(Task.state.in_(_open("task")))).one()
    wanted = {key for k in range(len(questions)) for key in row[2 * k + 1] or ()}
    shown = select(Task).options(defer(Task.shortfall)).where(Task.id.in_(wanted))
    tasks = {task.id: task for task in session.rows(shown)} if wanted else {}
    found: list[_Found] = []
    for k, question in enumerate(questions):
        first_ones = [tasks[key] for key in row[2 * k + 1] or () if key in tasks]  # none: closed meanwhile
        lines = [_Line(task, task.title, task.state, task.due_on) for task in first_ones]
        found.append((question.section, row[2 * k], lines, f"/tasks?{question.query}"))
    lights = dict(zip(LIGHTS, row[2 * len(questions) :], strict=True))
    return found, {light: count for light, count in lights.items() if count}


def _others(session: OfficeSession, actor: Actor, now: datetime) -> Iterator[_Found]:
    if actor.may(Permission.READ_SUBMISSION):
        missing = Submission.state.in_(("due", "returned"))
        yield _of(session, "submissions", Submission, missing, Submission.due_at, "/submissions")
    if actor.may(Permission.REVIEW_PILOT):
        wanted = Pilot.state.in_(("nominated", "under_review", "self_checked"))
        yield _of(session, "pilots_to_review", Pilot, wanted, Pilot.due_on, "/pilots")
    if actor.may(Permission.VERIFY):
        yield _verifications(session)
    if actor.may(Permission.FILL_DISPATCH):
        yield _sheets(session)
    if actor.may(Permission.READ_TASK):
        yield _changed(session, now)


def _open(machine: str) -> list[str]:
    """States of a machine that are neither done nor void nor put off; a draft is nobody's duty yet."""
    return [
        state.id
        for state in get_machine(machine).states.values()
        if state.kind is StateKind.OPEN and state.id != "draft"
    ]


def _mine(actor: Actor) -> ColumnElement[bool]:
    """Tasks that the caller or the caller's own units have to do."""
    return or_(Task.org_id.in_(sorted(actor.organisations)), Task.assignee_id == actor.person_id)


def _issued_by(actor: Actor) -> ColumnElement[bool]:
    """Tasks that the caller's units handed down; what nobody handed down is the office's."""
    return or_(Task.issuer_id.in_(sorted(actor.organisations)), Task.issuer_id.is_(None))


def _of(
    session: OfficeSession,
    name: str,
    cls: type[Any],
    condition: ColumnElement[bool],
    order: InstrumentedAttribute[Any],
    query: str,
) -> _Found:
    # The count comes with the rows: the scope is the dear part, and is worked out once.
    statement = select(cls, _COUNT).where(condition).order_by(order.asc().nulls_last(), cls.id).limit(SHOWN)
    rows = session.execute(statement).all()
    lines = [_Line(row, getattr(row, "title", None) or row.name, row.state, row.due_on) for row, _ in rows]
    return name, rows[0][1] if rows else 0, lines, query


_COUNT = func.count().over()


def _verifications(session: OfficeSession) -> _Found:
    statement = (
        select(Verification, Task.title, _COUNT)
        .join(Task, Task.id == Verification.task_id)
        .where(Verification.state == "issued")
        .order_by(Verification.due_at)
        .limit(SHOWN)
    )
    rows = session.execute(statement).all()
    lines = [
        _Line(row, title, row.state, None if row.due_at is None else clock.local_day(row.due_at))
        for row, title, _ in rows
    ]
    return "verifications", rows[0][2] if rows else 0, lines, "/measurement/sheets"


def _sheets(session: OfficeSession) -> _Found:
    statement = (
        select(DispatchSheet, DispatchRound.period, DispatchRound.due_on, _COUNT)
        .join(DispatchRound, DispatchRound.id == DispatchSheet.round_id)
        .where(DispatchSheet.state.in_(("sent", "returned")))
        .order_by(DispatchRound.due_on, DispatchSheet.id)
        .limit(SHOWN)
    )
    rows = session.execute(statement).all()
    lines = [_Line(row, period, row.state, due) for row, period, due, _ in rows]
    return "sheets", rows[0][3] if rows else 0, lines, "/dispatch"


def _changed(session: OfficeSession, now: datetime) -> _Found:
    """Steps others took in the caller's scope in the last days, newest first."""
    recent = and_(StepTaken.at >= now - CHANGED, StepTaken.object_kind == "task")
    if session.actor.person_id is not None:
        recent = and_(recent, or_(StepTaken.person_id.is_(None), StepTaken.person_id != session.actor.person_id))
    # The join puts the scope of tasks over the steps: who sees the task sees its course.
    statement = (
        select(StepTaken, Task, _COUNT)
        .options(defer(Task.shortfall))
        .join(Task, Task.id == StepTaken.object_id)
        .where(recent)
        .order_by(StepTaken.at.desc(), StepTaken.id.desc())
        .limit(SHOWN)
    )
    rows = session.execute(statement).all()
    lines = [_Line(task, task.title, step.after, at=step.at, note=step.transition) for step, task, _ in rows]
    return "changed", rows[0][2] if rows else 0, lines, "/tasks?sort=-updated"


class _Names:
    """Names of the units and areas of all lines, read once."""

    def __init__(self, session: OfficeSession, rows: Iterable[Scoped]) -> None:
        kept = list(rows)
        units = select(Organisation.id, Organisation.short_name).where(
            Organisation.id.in_({row.org_id for row in kept})
        )
        areas = select(Area.code, Area.full_name).where(Area.code.in_({row.area_code for row in kept}))
        self._units = {key: name for key, name in session.execute(units)} if kept else {}  # noqa: C416
        self._areas = {key: name for key, name in session.execute(areas)} if kept else {}  # noqa: C416

    def entry(self, line: _Line) -> Entry:
        """The line as it is shown."""
        row = line.row
        return Entry(
            kind=row.KIND,
            id=row.id,
            title=line.title,
            state=line.state,
            unit=self._units.get(row.org_id, ""),
            area=self._areas.get(row.area_code, ""),
            due_on=line.due_on,
            at=line.at,
            light=getattr(row, "light", ""),
            note=line.note,
        )
