"""Accepted replies become progress of tasks and projects: nothing is typed twice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from kezhong.office import steps
from kezhong.office.access.permissions import Permission
from kezhong.office.machines import Relation
from kezhong.office.models import Project, Task
from kezhong.office.session import OfficeSession
from kezhong.office.tasks.parts import roll_up
from kezhong.office.telling.lighting import relight


def write_reply(
    session: OfficeSession, row: Mapping[str, Any], reply: Mapping[str, Any], source: str
) -> dict[str, Any]:
    """Write one accepted reply to its task or project; says what was and what is.

    Parameters
    ----------
    source
        The sheet it came from, in words, for the audit.
    """
    if row["kind"] == "task":
        return _task(session, row["id"], reply, source)
    if row["kind"] == "project":
        return _project(session, row["id"], reply, source)
    return {"outcome": "text_only"}


#: States in which a unit's word on its task counts; one that only was issued is accepted by it.
_WORKING = ("issued", "accepted", "in_progress", "returned")


def _task(session: OfficeSession, key: int, reply: Mapping[str, Any], source: str) -> dict[str, Any]:
    task = session.one(Task, key, Permission.HANDLE_TASK, lock=True)
    before = {"progress": task.progress, "state": task.state}
    if task.state not in _WORKING:
        return {"outcome": "text_only", "before": before, "after": before}
    reason = "；".join(part for part in (source, reply["reason"]) if part)
    if reply["done"] == "yes":
        _report_done(session, task, reply["situation"], reason)
    else:
        _set_progress(session, task, reply, reason)
    after = {"progress": task.progress, "state": task.state}
    changed = before != after or bool(reply["situation"])
    return {"outcome": "written" if changed else "unchanged", "before": before, "after": after}


def _set_progress(session: OfficeSession, task: Task, reply: Mapping[str, Any], reason: str) -> None:
    """As :func:`kezhong.office.tasks.handling.report_progress`, in the name of the unit whose sheet is accepted."""
    wanted = reply["progress"]
    if wanted:
        for step in _BEGIN.get(task.state, ()):
            _in_name_of_unit(session, task, step, "", reason)
    with session.because("task.progress", reason):
        if wanted is not None and wanted != task.progress:
            table: Any = Task.__table__
            parts = (
                session.connection().execute(select(table.c.id).where(table.c.parent_id == task.id).limit(1)).first()
            )
            task.progress, task.progress_by_hand = wanted, parts is not None
        if reply["situation"]:
            task.progress_note = reply["situation"]
        relight(session, task)
        session.flush()
    roll_up(session, task.parent_id)


#: Steps that a first progress implies.
_BEGIN = {"issued": ("accept", "start"), "accepted": ("start",), "returned": ("rework",)}


def _report_done(session: OfficeSession, task: Task, text: str, reason: str) -> None:
    """申请销号 in the unit's name: it said so on its sheet, and whoever accepts the sheet only passes it on."""
    for step in (*_BEGIN.get(task.state, ()), "report"):
        _in_name_of_unit(session, task, step, text, reason)
    roll_up(session, task.parent_id)


def _in_name_of_unit(session: OfficeSession, task: Task, name: str, text: str, reason: str) -> None:
    step = steps.machine_of(task).step(task.state, name)
    fields = {"reply": text} if "reply" in step.needs else {}
    taken = steps.Step(step, task.state, reason, fields, task.org_id, Relation.LEAD)
    for check in steps._registry.guards.get("task", ()):
        check(session, task, taken)
    with session.because(f"task.{step.id}", reason):
        steps._apply(session, task, taken)


def _project(session: OfficeSession, key: int, reply: Mapping[str, Any], source: str) -> dict[str, Any]:
    project = session.one(Project, key, Permission.WRITE_PROJECT, lock=True)
    before = {"progress": project.progress}
    with session.because("project.dispatch", source):
        if reply["progress"] is not None and reply["progress"] != project.progress:
            project.progress = reply["progress"]
    after = {"progress": project.progress}
    return {"outcome": "written" if before != after else "text_only", "before": before, "after": after}
