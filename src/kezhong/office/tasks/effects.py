"""What follows from a task's steps: its clock, its light – and what forbids a closing."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from kezhong import clock
from kezhong.errors import ConflictError, InputError, NotFoundError
from kezhong.office import steps
from kezhong.office.machines import StateKind, get_machine
from kezhong.office.models import Organisation, Task, TaskDependency
from kezhong.office.session import OfficeSession
from kezhong.office.steps import Step
from kezhong.office.telling.lighting import relight


def unfinished() -> tuple[str, ...]:
    """States in which a task still has to be done."""
    return get_machine("task").of_kind(StateKind.OPEN, StateKind.PAUSED)


def _start(session: OfficeSession, row: Task, step: Step) -> None:
    row.issued_at, row.reported_at, row.escalated_to = clock.now(), None, None


def _stop(session: OfficeSession, row: Task, step: Step) -> None:
    if step.transition.id == "report":
        row.reported_at = clock.now()
        row.progress, row.progress_note = 100, str(step.fields.get("reply", ""))[:2000]


def _clear_done(session: OfficeSession, row: Task, step: Step) -> None:
    row.done_at = row.reported_at = None


def set_unit(session: OfficeSession, row: Task, value: Any) -> None:
    """Give the task to another unit (改派)."""
    text = "" if isinstance(value, bool) else str(value)
    known = text.isascii() and text.isdecimal() and len(text) < 19
    unit = session.get(Organisation, int(text)) if known else None
    if unit is None:
        raise NotFoundError("office.no_such", kind="organisation", value=value)
    if unit.valid_to is not None and unit.valid_to < clock.today():
        raise InputError("tasks.unit_dissolved", column="unit", value=unit.name)
    row.org_id, row.org_path, row.department, row.level = unit.id, unit.path, unit.department, unit.level
    row.area_code, row.area_path = unit.area_code, unit.area_path
    row.assignee_id = None


def _before(session: OfficeSession, row: Task, step: Step) -> None:
    """A task is reported and closed after its parts and after what it needs, never before."""
    if step.transition.id not in ("report", "approve"):
        return
    open_ = unfinished()
    if step.transition.id == "approve":
        parts = _codes(session, select(Task.code).where(Task.parent_id == row.id, Task.state.in_(open_)))
        if parts:
            raise ConflictError("tasks.open_parts", count=len(parts), codes="、".join(parts[:10]))
    needed = _codes(
        session,
        select(Task.code)
        .join(TaskDependency, TaskDependency.needs_id == Task.id)
        .where(TaskDependency.task_id == row.id, Task.state.in_(open_)),
    )
    if needed:
        raise ConflictError("tasks.open_needs", count=len(needed), codes="、".join(needed[:10]))


def _codes(session: OfficeSession, statement: Any) -> list[str]:
    """Codes of parts and needs are told to whoever may see the task, also where those lie elsewhere."""
    found = session.execute(statement.order_by(Task.code).execution_options(through_parent=True))
    return list(found.scalars())


def _after(session: OfficeSession, row: Any, step: Step) -> None:
    if not isinstance(row, Task):
        return
    relight(session, row)
    from kezhong.office.tasks.parts import roll_up

    if row.parent_id is not None:
        session.flush()
        roll_up(session, row.parent_id)


steps.register_effect("start_reminders", _start, "task")
steps.register_effect("restart_reminders", _start, "task")
steps.register_effect("stop_reminders", _stop, "task")
steps.register_effect("clear_done", _clear_done, "task")
steps.register_input("unit", set_unit, "task")
steps.register_guard("task", _before)
steps.register_listener(_after)
