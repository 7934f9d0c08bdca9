"""Tasks written: made, changed, handed down, reported on, given to a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Integer, cast, func, select, text

from kezhong import clock
from kezhong.errors import ConflictError, InputError, PermissionDeniedError
from kezhong.office.access.permissions import Permission
from kezhong.office.machines import Relation, get_machine
from kezhong.office.models import Organisation, Pilot, Programme, Project, Stage, Task, TaskUnit
from kezhong.office.session import OfficeSession
from kezhong.office.tasks.handling import is_related, may_edit, refuse_finished
from kezhong.office.tasks.parts import check_parent, roll_up
from kezhong.office.telling.deadlines import due_at
from kezhong.office.telling.lighting import relight

#: What an edit may change.
EDITABLE = frozenset(
    {"title", "measure", "number", "circle", "stage_id", "starts_on", "due_on", "weight", "source", "joint", "pilot_id",
     "project_id"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class NewTask:
    """What a task is made of; ``org_id`` is the lead unit, ``joint`` are those that join (配合)."""

    programme_id: int
    org_id: int
    title: str
    measure: str = ""
    code: str | None = None
    number: str = ""
    circle: str | None = None
    stage_id: int | None = None
    starts_on: date | None = None
    due_on: date | None = None
    joint: tuple[int, ...] = ()
    weight: float = 1.0
    source: str = ""
    pilot_id: int | None = None
    project_id: int | None = None
    shortfall_id: str | None = None
    shortfall: Mapping[str, Any] | None = None
    ledger_key: str | None = None
    issuer_id: int | None = None


def create_task(session: OfficeSession, new: NewTask) -> Task:
    """A draft, issued by the actor's unit; the lead unit must lie where the actor may give tasks.

    Raises
    ------
    InputError, NotFoundError, PermissionDeniedError
        A unit or a date is not possible, or not the actor's.
    """
    row = _row(session, new, parent=None)
    with session.because("task.create"):
        session.create(row, Permission.WRITE_TASK)
        session.flush()
        set_joint(session, row, new.joint)
        relight(session, row)
    return row


def decompose(session: OfficeSession, parent_id: int, version: int, parts: Sequence[NewTask]) -> list[Task]:
    """Hand a task down (分解): parts for lower units, or for units that join in it; all of them or none.

    The unit that leads the whole issues its parts.

    Raises
    ------
    InputError
        A part would go upwards, elsewhere, or end after the whole.
    ConflictError
        The whole is finished.
    """
    parent = session.one(Task, parent_id, Permission.WRITE_TASK, version=version, lock=True)
    refuse_finished(parent)
    if not (is_related(session, parent, Relation.LEAD) or may_edit(session, parent)):
        raise PermissionDeniedError("tasks.not_yours_to_split")
    made = []
    with session.because("task.decompose"):
        for new in parts:
            unit = _unit(session, new.org_id)
            check_parent(session, parent, unit)
            if new.due_on and parent.due_on and new.due_on > parent.due_on:
                raise InputError("tasks.later_than_whole", column="due_on", value=new.due_on, expected=parent.due_on)
            row = _row(session, new, parent=parent)
            # Its place was checked against the whole, which the actor may write; it may lie in a joint unit's area.
            session.admit(row, Permission.WRITE_TASK)
            session.add(row)
            session.flush()
            set_joint(session, row, new.joint)
            relight(session, row)
            made.append(row)
        parent.updated_at = clock.now()
    roll_up(session, parent.id)
    return made


def _row(session: OfficeSession, new: NewTask, parent: Task | None) -> Task:
    unit = _unit(session, new.org_id)
    programme = session.get(Programme, new.programme_id)
    if programme is None:
        raise InputError("tasks.no_programme", column="programme_id", value=new.programme_id)
    starts = new.starts_on or (parent.starts_on if parent else None) or max(clock.today(), programme.starts_on)
    _check_dates(starts, new.due_on)
    if not new.title.strip():
        raise InputError("tasks.no_title", column="title")
    links = {"stage_id": new.stage_id, "pilot_id": new.pilot_id, "project_id": new.project_id}
    check_links(session, programme.id, links)
    if new.code:
        # Past the scope: whose task has the code does not matter, and nothing else is told of it.
        taken = select(Task.id).where(Task.programme_id == programme.id, Task.code == new.code)
        if session.scalar(taken.execution_options(through_parent=True)) is not None:
            raise ConflictError("tasks.code_taken", column="code", value=new.code)
    return Task(
        programme_id=programme.id,
        parent_id=parent.id if parent else None,
        code=new.code or _next_code(session, programme.id, parent),
        number=new.number,
        circle=new.circle or (parent.circle if parent else None),
        stage_id=new.stage_id or (parent.stage_id if parent else None),
        title=new.title.strip(),
        measure=new.measure.strip(),
        level=unit.level,
        issuer_id=parent.org_id if parent else _issuer(session, new.issuer_id),
        starts_on=starts,
        due_on=new.due_on,
        due_at=due_at(session, new.due_on),
        weight=new.weight,
        source=new.source,
        pilot_id=new.pilot_id,
        project_id=new.project_id,
        shortfall_id=new.shortfall_id,
        shortfall=dict(new.shortfall) if new.shortfall else None,
        ledger_key=new.ledger_key,
        area_code=unit.area_code,
        area_path=unit.area_path,
        org_id=unit.id,
        org_path=unit.path,
        department=unit.department,
        state=get_machine("task").initial,
        progress=0,
        progress_note="",
        progress_by_hand=False,
        light="grey",
        light_reason="",
    )


def check_links(session: OfficeSession, programme_id: int, values: Mapping[str, Any]) -> None:
    """Refuse a stage, pilot or project that the actor may not see, or of another programme.

    Raises
    ------
    NotFoundError
        No such row, or not within the actor's scope.
    InputError
        It is of another programme.
    """
    kinds: tuple[tuple[str, type[Stage | Pilot | Project]], ...] = (
        ("stage_id", Stage), ("pilot_id", Pilot), ("project_id", Project),
    )  # fmt: skip
    for name, cls in kinds:
        key = values.get(name)
        if key is not None and session.one(cls, key).programme_id != programme_id:
            raise InputError("programme.other_programme", column=name, value=key)


def _unit(session: OfficeSession, org_id: int) -> Organisation:
    unit = session.get(Organisation, org_id)
    if unit is None:
        raise InputError("tasks.no_unit", column="unit", value=org_id)
    if unit.valid_to is not None and unit.valid_to < clock.today():
        raise InputError("tasks.unit_dissolved", column="unit", value=unit.name)
    return unit


def _issuer(session: OfficeSession, wanted: int | None) -> int | None:
    """The unit that gives the task: one for which the actor may."""
    if session.actor.everything:
        return wanted
    own = [grant.org_id for grant in session.actor.grants_for(Permission.WRITE_TASK)]
    if wanted is not None and wanted not in own:
        raise PermissionDeniedError("office.out_of_scope", permission=Permission.WRITE_TASK.value)
    return wanted or (own[0] if own else None)


def _next_code(session: OfficeSession, programme_id: int, parent: Task | None) -> str:
    """``T0001`` …, parts with a number behind that of their whole; one at a time for each programme."""
    session.execute(text("SELECT pg_advisory_xact_lock(:a, :b)"), {"a": 0x6B7A, "b": programme_id % 2**31})
    table = Task.__table__
    prefix = f"{parent.code}-" if parent else "T"
    digits = func.substring(table.c.code, len(prefix) + 1)
    statement = select(func.max(cast(digits, Integer))).where(
        table.c.programme_id == programme_id,
        table.c.code.startswith(prefix, autoescape=True),
        digits.regexp_match("^[0-9]{1,8}$"),
    )
    last = session.connection().execute(statement).scalar() or 0
    return f"{prefix}{last + 1}" if parent else f"{prefix}{last + 1:04d}"


def _check_dates(starts: date | None, due: date | None) -> None:
    for name, value in (("starts_on", starts), ("due_on", due)):
        if value is not None and not 2000 <= value.year <= 2100:
            raise InputError("tasks.bad_year", column=name, value=value)
    if starts and due and due < starts:
        raise InputError("tasks.due_before_start", column="due_on", value=due, expected=starts)


def set_joint(session: OfficeSession, row: Task, joint: Sequence[int]) -> None:
    """Say which units join (配合), all at once."""
    wanted = [unit for unit in dict.fromkeys(joint) if unit != row.org_id]
    have = {one.organisation_id: one for one in session.scalars(select(TaskUnit).where(TaskUnit.task_id == row.id))}
    for gone in have.keys() - set(wanted):
        session.delete(have[gone])
    for unit_id in wanted:
        if unit_id not in have:
            _unit(session, unit_id)
            session.add(TaskUnit(task_id=row.id, organisation_id=unit_id, duty="joint"))
    session.flush()


# changing ------------------------------------------------------------------------------------------------------------


def edit_task(session: OfficeSession, task_id: int, version: int, changes: Mapping[str, Any], reason: str = "") -> Task:
    """Change what a task says; whoever issued it, or the office. A deadline moves with a reason once it was issued.

    Raises
    ------
    PermissionDeniedError
        The actor's unit did not issue it: a unit does not move its own deadline.
    ConflictError
        It is finished.
    """
    row = session.one(Task, task_id, Permission.WRITE_TASK, version=version, lock=True)
    if not may_edit(session, row):
        raise PermissionDeniedError("tasks.not_issuer")
    refuse_finished(row)
    unknown = changes.keys() - EDITABLE
    if unknown:
        raise InputError("tasks.unknown_field", column=", ".join(sorted(unknown)))
    moved = "due_on" in changes and changes["due_on"] != row.due_on
    if moved and row.state != "draft" and not reason.strip():
        raise InputError("tasks.due_needs_reason", column="reason")
    _check_dates(changes.get("starts_on", row.starts_on), changes.get("due_on", row.due_on))
    check_links(session, row.programme_id, changes)
    with session.because("task.edit", reason.strip()):
        for name, value in changes.items():
            if name == "joint":
                set_joint(session, row, value)
            else:
                setattr(row, name, value.strip() if isinstance(value, str) else value)
        if not row.title:
            raise InputError("tasks.no_title", column="title")
        if moved:
            row.due_at = due_at(session, row.due_on)
            row.issued_at, row.escalated_to = (row.issued_at and clock.now()), None
        row.updated_at = clock.now()
        relight(session, row)
    if "weight" in changes and row.parent_id is not None:
        roll_up(session, row.parent_id)
    return row
