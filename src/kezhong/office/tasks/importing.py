"""An existing task ledger taken in: first shown with everything that is wrong in it, then written – all or nothing.

A line is known again by its number and task (序号, 主要任务): what was imported before is changed, not doubled. Where a
task has several measures, its lines are matched by the measure first and by their order then.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import select

from kezhong import clock, messages
from kezhong.catalogue import load_catalogue
from kezhong.errors import InputError
from kezhong.office.access.permissions import Permission
from kezhong.office.access.scope import covers
from kezhong.office.machines import StateKind, get_machine
from kezhong.office.models import Organisation, Programme, Task, TaskUnit
from kezhong.office.session import OfficeSession
from kezhong.office.steps import take_step
from kezhong.office.tasks.handling import may_edit
from kezhong.office.tasks.ledger_dates import read_deadline
from kezhong.office.tasks.ledger_file import Ledger, Line, read_ledger
from kezhong.office.tasks.ledger_units import Named, UnitNames, split_units, unit_names
from kezhong.office.tasks.writing import NewTask, create_task
from kezhong.office.telling.deadlines import due_at
from kezhong.office.telling.lighting import relight

_PERCENT = re.compile(r"(\d{1,3}(?:\.\d+)?)\s*[%％]")


@dataclass(frozen=True, slots=True)
class Problem:
    """Something about one cell. Errors stop the import; warnings are told only."""

    row: int
    column: str
    value: str
    code: str
    grave: bool
    details: Mapping[str, Any] = field(default_factory=dict)

    def texts(self) -> dict[str, str]:
        """What is wrong and what to do, in both languages."""
        details = {"value": self.value, "column": self.column, "row": self.row, **self.details}
        return {
            "zh": messages.text(self.code, details, "zh"),
            "en": messages.text(self.code, details, "en"),
            "todo_zh": messages.action(self.code, details, "zh"),
            "todo_en": messages.action(self.code, details, "en"),
        }


@dataclass
class Planned:
    """One line with what will become of it: ``new``, ``update``, ``same`` or ``finished`` (and left alone)."""

    line: Line
    title: str
    measure: str
    lead: int | None = None
    joint: tuple[int, ...] = ()
    due: date | None = None
    due_text: str = ""
    circle: str | None = None
    progress: int | None = None
    progress_note: str = ""
    key: str = ""
    outcome: str = "new"
    task: Task | None = None
    changes: dict[str, Any] = field(default_factory=dict)


@dataclass
class Plan:
    """What an import would do."""

    ledger: Ledger
    rows: list[Planned]
    problems: list[Problem]
    unknown: dict[str, Named] = field(default_factory=dict)

    @property
    def errors(self) -> int:
        """Problems that stop it."""
        return sum(one.grave for one in self.problems)

    def counts(self) -> dict[str, int]:
        """Lines by outcome."""
        found = dict.fromkeys(("new", "update", "same", "finished"), 0)
        for row in self.rows:
            found[row.outcome] += 1
        return found


def plan_import(
    session: OfficeSession,
    name: str,
    content: bytes,
    *,
    programme_id: int,
    year: int,
    units: Mapping[str, int] | None = None,
) -> Plan:
    """Read a ledger and say what would become of each line; nothing is written.

    Parameters
    ----------
    year
        For deadlines that name none (6月底前).
    units
        What a person chose for names that were not known.

    Raises
    ------
    InputError
        The file is no ledger, or there is no such programme.
    """
    session.actor.require(Permission.WRITE_TASK)
    if session.get(Programme, programme_id) is None:
        raise InputError("tasks.no_programme", value=programme_id)
    ledger = read_ledger(name, content)
    known = unit_names(session, units)
    reader = _Reader(session, ledger, known, year)
    rows = [reader.line(line) for line in ledger.lines]
    _match(session, rows, programme_id, reader)
    problems = sorted(reader.problems, key=lambda one: (not one.grave, one.row))
    return Plan(ledger, rows, problems, reader.unknown)


class _Reader:
    """Reads the lines of one ledger and collects what is wrong."""

    def __init__(self, session: OfficeSession, ledger: Ledger, known: UnitNames, year: int) -> None:
        self._ledger, self._known, self._year = ledger, known, year
        self._session = session
        self._circles = {
            name: circle.id
            for circle in load_catalogue().circles.values()
            for name in (circle.id, circle.zh, circle.zh.removesuffix("圈"))
        }
        self._units = {row.id: row for row in session.scalars(select(Organisation))}
        self.problems: list[Problem] = []
        self.unknown: dict[str, Named] = {}

    def line(self, line: Line) -> Planned:
        """One line."""
        row = Planned(line, line.text("title"), line.text("measure"))
        if not row.title:
            self._wrong(line, "title", "", "tasks.ledger_no_title")
        row.lead, row.joint = self._responsible(line)
        row.due, row.due_text = self._due(line)
        row.circle = self._circle(line)
        row.progress, row.progress_note = self._progress(line)
        return row

    def refuse(self, row: Planned) -> None:
        """A line would change a task that another unit issued: a unit does not move its own deadline by a file."""
        self._wrong(row.line, "title", row.task.code if row.task else row.title, "tasks.ledger_not_issuer")

    def _wrong(self, line: Line, column: str, value: str, code: str, *, grave: bool = True, **details: Any) -> None:
        name = self._ledger.columns.get(column, column)
        self.problems.append(Problem(line.row, name, value, code, grave, details))

    def _named(self, line: Line, column: str) -> list[Named]:
        found = []
        for name in split_units(line.text(column)):
            one = self._known.find(name)
            found.append(one)
            if not one.units:
                self.unknown.setdefault(name, one)
                near = "、".join(self._known.short.get(unit, "") for unit in one.near)
                self._wrong(line, column, name, "tasks.ledger_unit", near=near or "–")
        return found

    def _responsible(self, line: Line) -> tuple[int | None, tuple[int, ...]]:
        """The lead unit is the one named so, else the first responsible one; all others join."""
        lead, responsible, joint = (self._named(line, column) for column in ("lead", "units", "joint"))
        ordered = [unit for one in (*lead, *responsible, *joint) for unit in one.units]
        if not ordered:
            if not any(line.text(column) for column in ("lead", "units")):
                self._wrong(line, "units" if "units" in self._ledger.columns else "lead", "", "tasks.ledger_no_unit")
            return None, ()
        first = (lead or responsible or joint)[0]
        if not first.units:  # nobody else leads in its place
            return None, ()
        if first.is_group:
            name = self._known.short.get(first.units[0], "")
            self._wrong(line, "units", first.name, "tasks.ledger_group", grave=False, unit=name)
        unit = self._units[ordered[0]]
        if not covers(self._session.actor, Permission.WRITE_TASK, unit.area_path, unit.path, unit.department):
            self._wrong(line, "units", unit.name, "tasks.ledger_scope")
        return ordered[0], tuple(one for one in dict.fromkeys(ordered[1:]) if one != ordered[0])

    def _due(self, line: Line) -> tuple[date | None, str]:
        value, text = line.cells.get("due"), line.text("due")
        found = read_deadline(value, self._year)
        if found is None or (found.day and not 2000 <= found.day.year <= 2100):
            self._wrong(line, "due", text, "tasks.ledger_due")
            return None, text
        if not text:
            self._wrong(line, "due", "", "tasks.ledger_no_due", grave=False)
        elif found.assumed_year:
            self._wrong(line, "due", text, "tasks.ledger_year", grave=False, day=found.day)
        elif found.endless and found.day is None:
            self._wrong(line, "due", text, "tasks.ledger_endless", grave=False)
        return found.day, text

    def _circle(self, line: Line) -> str | None:
        text = line.text("circle")
        if text:
            found = self._circles.get(re.sub(r"\s", "", text))
            if found is None:
                expected = "、".join(circle.zh for circle in load_catalogue().circles.values())
                self._wrong(line, "circle", text, "tasks.ledger_circle", expected=expected)
            return found
        for name, circle in self._circles.items():
            if len(name) > 3 and name in line.section:
                return circle
        return None

    def _progress(self, line: Line) -> tuple[int | None, str]:
        value, text = line.cells.get("progress"), line.text("progress")
        if isinstance(value, int | float) and not isinstance(value, bool):
            share = value * 100 if 0 < value <= 1 and isinstance(value, float) else value
            return (round(share), "") if 0 <= share <= 100 else (None, text)
        match = _PERCENT.search(text)
        if match and float(match.group(1)) <= 100:
            return round(float(match.group(1))), text
        if text.startswith(("已完成", "完成", "已办结")):
            return 100, text
        return None, text


# known again ---------------------------------------------------------------------------------------------------------


def ledger_hash(number: str, title: str) -> str:
    """By what a line is known again: its number and its task."""
    plain = "\n".join(re.sub(r"\s+", "", part) for part in (number, title))
    return hashlib.sha256(plain.encode()).hexdigest()[:24]


def _match(session: OfficeSession, rows: Sequence[Planned], programme_id: int, reader: _Reader) -> None:
    have: dict[str, list[Task]] = {}
    statement = select(Task).where(Task.programme_id == programme_id, Task.ledger_key.is_not(None)).order_by(Task.id)
    for task in session.rows(statement, Permission.WRITE_TASK):
        have.setdefault((task.ledger_key or "").partition(":")[0], []).append(task)
    groups: dict[str, list[Planned]] = {}
    for row in rows:
        groups.setdefault(ledger_hash(row.line.text("number"), row.title), []).append(row)
    joint = _joint(session, [task.id for tasks in have.values() for task in tasks])
    for key, group in groups.items():
        _pair(key, group, have.get(key, []))
        for row in group:
            if row.task is not None:
                _compare(row, joint.get(row.task.id, ()))
            if row.outcome == "update" and row.task is not None and not may_edit(session, row.task):
                reader.refuse(row)


def _pair(key: str, group: Sequence[Planned], tasks: list[Task]) -> None:
    left = list(tasks)
    for row in group:
        row.task = next((task for task in left if task.measure == row.measure), None)
        if row.task is not None:
            left.remove(row.task)
    used = {int((task.ledger_key or "").partition(":")[2] or 0) for task in tasks}
    for row in group:
        if row.task is None and left:
            row.task = left.pop(0)
        if row.task is not None:
            row.key = row.task.ledger_key or key
            continue
        number = max(used, default=0) + 1
        used.add(number)
        row.key = f"{key}:{number}"


def _joint(session: OfficeSession, ids: Sequence[int]) -> dict[int, tuple[int, ...]]:
    found: dict[int, list[int]] = {}
    for row in session.execute(select(TaskUnit.task_id, TaskUnit.organisation_id).where(TaskUnit.task_id.in_(ids))):
        found.setdefault(row[0], []).append(row[1])
    return {key: tuple(units) for key, units in found.items()}


def _compare(row: Planned, joint: Iterable[int]) -> None:
    """What the ledger says otherwise than the task; columns it does not have, and empty progress, change nothing."""
    task = row.task
    if task is None:
        return
    wanted: dict[str, Any] = {"title": row.title, "measure": row.measure, "due_on": row.due}
    if row.circle is not None:
        wanted["circle"] = row.circle
    if row.lead is not None:
        wanted["org_id"] = row.lead
    found = {name: value for name, value in wanted.items() if getattr(task, name) != value}
    if set(row.joint) != set(joint) - {row.lead}:
        found["joint"] = row.joint
    state = get_machine("task").state(task.state)
    if state.kind in (StateKind.DONE, StateKind.VOID):
        row.outcome = "finished"
        return
    row.changes = found
    row.outcome = "update" if found else "same"


# written -------------------------------------------------------------------------------------------------------------


def write_import(
    session: OfficeSession, plan: Plan, *, programme_id: int, source: str, issue: bool = False
) -> list[Task]:
    """Write a plan that has no errors, in the caller's transaction.

    Parameters
    ----------
    source
        Name of the file, for the audit.
    issue
        Whether new tasks with a deadline are issued at once; those without stay drafts.

    Raises
    ------
    InputError
        The plan has errors: nothing is written.
    """
    if plan.errors:
        first = next(one for one in plan.problems if one.grave)
        raise InputError(
            "tasks.ledger_errors", count=plan.errors, row=first.row, column=first.column, value=first.value,
            problem_zh=first.texts()["zh"], problem=first.texts()["en"],
        )  # fmt: skip
    made: list[Task] = []
    with session.because("task.import", source):
        for row in plan.rows:
            if row.outcome == "new" and row.lead is not None:
                made.append(make_task(session, row, programme_id, source))
            elif row.outcome == "update" and row.task is not None:
                _change(session, row, source)
    if issue:
        for task in made:
            if task.due_on is not None:
                take_step(session, task, "issue")
    return made


def make_task(session: OfficeSession, row: Planned, programme_id: int, source: str) -> Task:
    """Make the task of a new row of the ledger, with its joint units."""
    today = clock.today()
    programme = session.get(Programme, programme_id)
    starts = max(today, programme.starts_on) if programme else today
    if row.due is not None and row.due < starts:  # a ledger of last year: what is late stays late
        starts = min(programme.starts_on if programme else row.due, row.due)
    task = create_task(
        session,
        NewTask(
            programme_id=programme_id, org_id=row.lead or 0, title=row.title, measure=row.measure,
            number=row.line.text("number"), circle=row.circle, starts_on=starts, due_on=row.due, joint=row.joint,
            source=f"{source} · {row.due_text}" if row.due is None and row.due_text else source, ledger_key=row.key,
        ),
    )  # fmt: skip
    if row.progress is not None or row.progress_note:
        task.progress, task.progress_note = row.progress or 0, row.progress_note[:2000]
        relight(session, task)
    return task


def _change(session: OfficeSession, row: Planned, source: str) -> None:
    from kezhong.office.tasks.effects import set_unit
    from kezhong.office.tasks.writing import set_joint

    task = row.task
    if task is None:
        return
    session.admit(task, Permission.WRITE_TASK)
    changes = dict(row.changes)
    joint = changes.pop("joint", None)
    org_id = changes.pop("org_id", None)
    if org_id is not None:
        set_unit(session, task, org_id)
    for name, value in changes.items():
        setattr(task, name, value)
    if "due_on" in changes:
        task.due_at = due_at(session, task.due_on)
        task.issued_at, task.escalated_to = (task.issued_at and clock.now()), None
        if task.due_on is not None and task.due_on < task.starts_on:
            task.starts_on = task.due_on
    if joint is not None:
        set_joint(session, task, joint)
    relight(session, task)
    session.flush()
