"""Accepted replies become progress of tasks and projects: nothing is typed twice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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


def _task(session: OfficeSession, key: int, reply: Mapping[str, Any], source: str) -> dict[str, Any]:
    task = session.one(Task, key, Permission.HANDLE_TASK, lock=True)
    before = {"progress": task.progress, "state": task.state}
    wanted = task.progress if reply["progress"] is None else reply["progress"]
    reason = "；".join(part for part in (source, reply["reason"]) if part)
    with session.because("task.dispatch", reason):
        if wanted != task.progress:
            task.progress = wanted
        if reply["situation"]:
            task.progress_note = reply["situation"]
    if before["progress"] != wanted:
        relight(session, task)
        session.flush()
        roll_up(session, task.parent_id)  # the task it is a part of is as far as its parts are
    if reply["done"] == "yes" and task.state != "reported":
        _report_done(session, task, reply["situation"], reason)
    after = {"progress": task.progress, "state": task.state}
    changed = before != after or bool(reply["situation"])
    return {"outcome": "written" if changed else "unchanged", "before": before, "after": after}


#: What a task has to go through before it can be reported as done: saying "done" implies all of it.
_ON_THE_WAY = {"issued": ("accept", "start"), "accepted": ("start",), "returned": ("rework",)}


def _report_done(session: OfficeSession, task: Task, text: str, reason: str) -> None:
    """申请销号 in the unit's name: it said so on its sheet, and whoever accepts the sheet only passes it on."""
    for step in (*_ON_THE_WAY.get(task.state, ()), "report"):
        _in_name_of_unit(session, task, step, text, reason)


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
