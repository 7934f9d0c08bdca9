"""Accepted replies become progress of tasks and projects: nothing is typed twice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kezhong.office.access.permissions import Permission
from kezhong.office.models import Project, Task
from kezhong.office.session import OfficeSession
from kezhong.office.steps import InName, take_step
from kezhong.office.tasks.handling import WORKING, begin, count_parts, report_progress


def write_reply(
    session: OfficeSession, row: Mapping[str, Any], reply: Mapping[str, Any], in_name: InName
) -> dict[str, Any]:
    """Write one accepted reply to its task or project; says what was and what is.

    Parameters
    ----------
    in_name
        The unit that filled the sheet in, and the sheet in words: whoever accepts it only passes its word on.
    """
    if row["kind"] == "task":
        return _task(session, row["id"], reply, in_name)
    if row["kind"] == "project":
        return _project(session, row["id"], reply, in_name)
    return {"outcome": "text_only"}


#: States in which a unit's word on its task counts; one that only was issued is accepted by it.
_WORKING = ("issued", *WORKING)


def _task(session: OfficeSession, key: int, reply: Mapping[str, Any], in_name: InName) -> dict[str, Any]:
    task = session.one(Task, key, Permission.HANDLE_TASK, lock=True)
    before = {"progress": task.progress, "state": task.state}
    if task.state not in _WORKING:
        return {"outcome": "text_only", "before": before, "after": before}
    if reply["done"] == "yes":
        begin(session, task, in_name)
        fields = {"reply": reply["situation"]}
        take_step(session, task, "report", reason=reply["reason"] or "", fields=fields, in_name=in_name)
    elif reply["progress"] is not None or reply["situation"]:
        progress, by_hand = _stated(session, task, reply["progress"])
        report_progress(
            session, task.id, None, progress, reply["situation"] or None, by_hand=by_hand,
            reason=reply["reason"] or "", in_name=in_name,
        )  # fmt: skip
    after = {"progress": task.progress, "state": task.state}
    changed = before != after or bool(reply["situation"])
    return {"outcome": "written" if changed else "unchanged", "before": before, "after": after}


def _stated(session: OfficeSession, task: Task, progress: int | None) -> tuple[int | None, bool]:
    """The progress that a row states, and whether it is set by hand: a blank one stays as it is, or that of the parts.

    A whole whose row repeats what its parts say goes on following them.
    """
    parts = count_parts(session, task) > 0
    if progress is not None and progress != task.progress:
        return progress, parts
    return (None, False) if parts and not task.progress_by_hand else (task.progress, parts)


def _project(session: OfficeSession, key: int, reply: Mapping[str, Any], in_name: InName) -> dict[str, Any]:
    project = session.one(Project, key, Permission.WRITE_PROJECT, lock=True)
    before = {"progress": project.progress}
    with session.because("project.dispatch", in_name.source):
        if reply["progress"] is not None and reply["progress"] != project.progress:
            project.progress = reply["progress"]
    after = {"progress": project.progress}
    return {"outcome": "written" if before != after else "text_only", "before": before, "after": after}
