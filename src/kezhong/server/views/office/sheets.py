"""Awaiting tasks, verification sheets and objections on the wire."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from kezhong.office.access.permissions import Permission
from kezhong.office.measuring.anew import WAITS
from kezhong.office.measuring.objections import KINDS as OBJECTED
from kezhong.office.measuring.objections import OPEN as UNDECIDED
from kezhong.office.models import (
    Measurement,
    Objection,
    Organisation,
    Person,
    StepTaken,
    Target,
    Task,
    Verification,
)
from kezhong.office.session import OfficeSession
from kezhong.office.steps import allowed_steps, course
from kezhong.server.views.office.naming import Names, last_day, stamp

# awaiting tasks -------------------------------------------------------------------------------------------------------


def awaiting(session: OfficeSession, tasks: list[Task]) -> list[dict[str, Any]]:
    """Tasks that came of shortfalls, with their last sheet and what the last measurement said."""
    ids = [one.id for one in tasks]
    names = Names(session, tasks)
    sheets: dict[int, Verification] = {}
    of_sheet: dict[int, int] = {}
    for one in session.execute(
        select(Verification)
        .where(Verification.task_id.in_(ids), Verification.state != "superseded")
        .order_by(Verification.id)
        .execution_options(through_parent=True)
    ).scalars():
        sheets[one.task_id] = one
        of_sheet[one.id] = one.task_id
    last: dict[int, StepTaken] = {}
    for step in session.execute(
        select(StepTaken)
        .where(
            StepTaken.object_kind == "task",
            StepTaken.object_id.in_(ids),
            StepTaken.transition.in_(("keep_awaiting", "request_verification", "measure_met", "measure_not_met")),
        )
        .order_by(StepTaken.id)
        .execution_options(through_parent=True)
    ).scalars():
        last[step.object_id] = step
    open_ones = _undecided(session, ids, of_sheet)
    sheet_names = Names(session, sheets.values())
    return [
        _awaiting(session, one, names, sheets.get(one.id), sheet_names, last.get(one.id), open_ones.get(one.id, 0))
        for one in tasks
    ]


def _undecided(session: OfficeSession, tasks: list[int], of_sheet: dict[int, int]) -> dict[int, int]:
    found: dict[int, int] = {}
    for objection in session.execute(
        select(Objection)
        .where(
            Objection.state.in_(UNDECIDED),
            ((Objection.object_kind == "verification") & Objection.object_id.in_(list(of_sheet)))
            | ((Objection.object_kind == "task") & Objection.object_id.in_(tasks)),
        )
        .execution_options(through_parent=True)
    ).scalars():
        key = of_sheet[objection.object_id] if objection.object_kind == "verification" else objection.object_id
        found[key] = found.get(key, 0) + 1
    return found


def _awaiting(
    session: OfficeSession, row: Task, names: Names, sheet: Verification | None, sheet_names: Names,
    step: StepTaken | None, undecided: int,
) -> dict[str, Any]:  # fmt: skip
    outcome, run_id = "", ""
    if step is not None:
        run_id = str(step.details.get("run", ""))
        said = str(step.details.get("status", ""))
        outcome = said if said in WAITS else {"request_verification": "sheet", "keep_awaiting": "waiting"}.get(
            step.transition, step.transition
        )  # fmt: skip
    brief = {"area_name", "element", "element_zh", "element_en", "requirement_zh", "requirement_en", "gap_zh", "gap_en",
             "people_affected", "clause", "evidence", "area_code", "area_level", "circle"}  # fmt: skip
    steps = {one["id"] for one in allowed_steps(session, row)}
    allowed = [name for name in ("close_unmeasured", "correct_measurement") if name in steps]
    objectable = OBJECTED["task"][1] or frozenset()
    if row.state in objectable and session.actor.may(Permission.OBJECT):
        allowed.append("object")
    return {
        "id": row.id,
        "version": row.version,
        "kind": "task",
        "code": row.code,
        "title": row.title,
        "state": row.state,
        "org": names.unit(row.org_id),
        "area_code": row.area_code,
        "area": names.area(row.area_code),
        "circle": row.circle,
        "done_at": stamp(row.done_at),
        "shortfall_id": row.shortfall_id or "",
        "shortfall": {name: value for name, value in row.shortfall.items() if name in brief} if row.shortfall else None,
        "outcome": outcome,
        "outcome_text": step.reason if step is not None else "",
        "run_id": run_id,
        "sheet": None if sheet is None else _brief(sheet, sheet_names),
        "objections": undecided,
        "allowed": allowed,
    }


# sheets ---------------------------------------------------------------------------------------------------------------


def _brief(row: Verification, names: Names) -> dict[str, Any]:
    return {
        "id": row.id,
        "version": row.version,
        "state": row.state,
        "finding": row.finding,
        "due_at": stamp(row.due_at),
        "due_on": last_day(row.due_at),
        "run_id": row.run_id,
        "org": names.unit(row.org_id),
    }


def sheets(session: OfficeSession, rows: list[Verification]) -> list[dict[str, Any]]:
    """Verification sheets with their tasks; who signed is named by name alone."""
    names = Names(session, rows)
    task, unit, person = Task.__table__, Organisation.__table__, Person.__table__
    about = {
        one.id: one
        for one in session.execute(
            select(task.c.id, task.c.code, task.c.title, unit.c.short_name)
            .join(unit, unit.c.id == task.c.org_id)
            .where(task.c.id.in_([row.task_id for row in rows]))
        )
    }
    signers: dict[int, str] = {
        one.id: one.name
        for one in session.execute(
            select(person.c.id, person.c.name).where(person.c.id.in_([row.signed_by for row in rows if row.signed_by]))
        )
    }
    found = []
    for row in rows:
        told = about[row.task_id]
        steps = [one["id"] for one in allowed_steps(session, row)]
        found.append(
            {
                **_brief(row, names),
                "kind": "verification",
                "task_id": row.task_id,
                "task_code": told.code,
                "task_title": told.title,
                "task_org": told.short_name,
                "area_code": row.area_code,
                "area": names.area(row.area_code),
                "shortfall_id": row.shortfall_id,
                "measured": row.measured,
                "note": row.note,
                "signed_by": signers.get(row.signed_by or 0),
                "signed_at": stamp(row.signed_at),
                "object_until": stamp(row.object_until),
                "object_until_on": last_day(row.object_until),
                "allowed": [one for one in steps if one in ("sign", "object", "confirm")],
            }
        )
    return found


def sheet(session: OfficeSession, row: Verification) -> dict[str, Any]:
    """One sheet with its course."""
    return {**sheets(session, [row])[0], "course": steps_of(session, row)}


def steps_of(session: OfficeSession, row: Any) -> list[dict[str, Any]]:
    """The course of a row for the wire."""
    return [{**one, "at": stamp(one["at"])} for one in course(session, row)]


# objections -----------------------------------------------------------------------------------------------------------


def objections(session: OfficeSession, rows: list[Objection]) -> list[dict[str, Any]]:
    """Objections with what they are about."""
    names = Names(session, rows)
    task, sheet_, measurement, aim = (
        Task.__table__, Verification.__table__, Measurement.__table__, Target.__table__,
    )  # fmt: skip
    ids: dict[str, list[int]] = {}
    for row in rows:
        ids.setdefault(row.object_kind, []).append(row.object_id)
    titles: dict[tuple[str, int], tuple[str, int | None]] = {}
    for found in session.execute(
        select(task.c.id, task.c.code, task.c.title).where(task.c.id.in_(ids.get("task", [])))
    ):
        titles["task", found.id] = f"{found.code} {found.title}", found.id
    for with_task in session.execute(
        select(sheet_.c.id, task.c.code, task.c.title, task.c.id.label("task_id"))
        .join(task, task.c.id == sheet_.c.task_id)
        .where(sheet_.c.id.in_(ids.get("verification", [])))
    ):
        titles["verification", with_task.id] = f"{with_task.code} {with_task.title}", with_task.task_id
    for aimed in session.execute(
        select(measurement.c.id, aim.c.name)
        .join(aim, aim.c.id == measurement.c.target_id)
        .where(measurement.c.id.in_(ids.get("measurement", [])))
    ):
        titles["measurement", aimed.id] = aimed.name, None
    return [_objection(session, row, names, *titles.get((row.object_kind, row.object_id), ("", None))) for row in rows]


def _objection(session: OfficeSession, row: Objection, names: Names, title: str, task_id: int | None) -> dict[str, Any]:
    return {
        "id": row.id,
        "version": row.version,
        "kind": "objection",
        "object_kind": row.object_kind,
        "object_id": row.object_id,
        "title": title,
        "task_id": task_id,
        "area_code": row.area_code,
        "area": names.area(row.area_code),
        "org": names.unit(row.org_id),
        "text": row.text,
        "state": row.state,
        "decision": row.decision,
        "before": row.before,
        "after": row.after,
        "created_at": stamp(row.created_at),
        "decided_at": stamp(row.decided_at),
        "allowed": allowed_steps(session, row),
    }


def objection(session: OfficeSession, row: Objection) -> dict[str, Any]:
    """One objection with its course."""
    return {**objections(session, [row])[0], "course": steps_of(session, row)}
