"""What steps have as effects on measurement: registered when the first step is taken (:mod:`kezhong.office.steps`)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from kezhong import clock
from kezhong.errors import ConflictError, InputError
from kezhong.office.access.actor import Grant
from kezhong.office.access.permissions import Permission
from kezhong.office.access.roles import Reach
from kezhong.office.machines import Relation
from kezhong.office.measuring import objections
from kezhong.office.measuring.rules import end_after, rules
from kezhong.office.measuring.sheets import BEARS_OUT, FINDINGS, issue_sheet, open_objections, sheets_of
from kezhong.office.measuring.targets import measure_counts
from kezhong.office.models import Objection, Pilot, Task, Verification
from kezhong.office.session import OfficeSession
from kezhong.office.steps import (
    Step,
    register_effect,
    register_guard,
    register_input,
    register_relation,
    take_step,
)
from kezhong.office.telling.notices import tell_units

# tasks ----------------------------------------------------------------------------------------------------------------


def _await_measurement(session: OfficeSession, task: Task, step: Step) -> None:
    """A closed task that came of a shortfall is not done because it was reported as done."""
    if task.shortfall_id:
        take_step(session, task, "await_measurement", by_system=True)


def _issue_sheet(session: OfficeSession, task: Task, step: Step) -> None:
    measured = step.fields.get("measured")
    issue_sheet(
        session, task, measured if isinstance(measured, dict) else {"result": str(step.fields.get("result", ""))}
    )


def _only_measured(session: OfficeSession, task: Task, step: Step) -> None:
    """The two findings about a task have grounds, whoever takes the step.

    Raises
    ------
    ConflictError
        *Met* without a measurement; *not met* without a confirmed sheet that says so, or against an open objection.
    """
    if step.transition.id == "measure_met" and step.relation is not Relation.SYSTEM:
        raise ConflictError("measuring.only_by_measurement")
    if step.transition.id != "measure_not_met":
        return
    sheets = sheets_of(session, task.id)
    if open_objections(session, task, sheets):
        raise ConflictError("measuring.objection_open")
    last = next((one for one in reversed(sheets) if one.state != "superseded"), None)
    if last is None or last.state != "confirmed" or last.finding not in BEARS_OUT:
        raise ConflictError("measuring.sheet_missing")
    if str(step.fields.get("sheet")) != str(last.id):
        raise InputError("measuring.other_sheet", column="sheet", value=step.fields.get("sheet"), expected=last.id)


def _correct_measurement(session: OfficeSession, task: Task, step: Step) -> None:
    """A finding that is taken back takes its confirmed sheets with it; they stay readable."""
    if step.transition.id != "correct_measurement":
        return
    for sheet in sheets_of(session, task.id):
        if sheet.state == "confirmed":
            session.admit(sheet, Permission.DECIDE_OBJECTION)
            take_step(session, sheet, "supersede_confirmed", reason=step.reason or "更正", by_system=True)


register_effect("await_measurement", _await_measurement, "task")
register_effect("issue_sheet", _issue_sheet, "task")
register_effect("keep_version", _correct_measurement, "task")
register_guard("task", _only_measured)


# verification sheets --------------------------------------------------------------------------------------------------


def _set_finding(session: OfficeSession, sheet: Verification, value: Any) -> None:
    """Signing is the one step out of *issued* that has a result; those of other steps are no finding."""
    if sheet.state != "issued":
        return
    days = rules(session).objection_workdays
    sheet.finding = str(value) if value in FINDINGS else sheet.finding or "other"
    sheet.signed_by, sheet.signed_at = session.actor.person_id, clock.now()
    sheet.object_until = end_after(session, days) if days else None


def _set_choice(session: OfficeSession, sheet: Verification, value: Any) -> None:
    """The id of the finding, where the result holds its words."""
    if sheet.state == "issued":
        sheet.finding = str(value)


def _set_note(session: OfficeSession, sheet: Verification, value: Any) -> None:
    if sheet.state == "issued":
        sheet.note = str(value)


def _anew(session: OfficeSession, sheet: Verification, step: Step) -> None:
    """The community looks once more; what it had found stands in the objection and in the steps."""
    if step.transition.id == "verify_again":
        sheet.finding = sheet.note = ""
        sheet.signed_by = sheet.signed_at = sheet.object_until = None
        sheet.due_at = end_after(session, rules(session).verification_workdays)
        session.flush()


def _tell_lead_unit(session: OfficeSession, sheet: Verification, step: Step) -> None:
    """The task's lead unit hears of everything that happens to the sheet: it may object."""
    told = Task.__table__
    lead = session.connection().execute(select(told.c.org_id).where(told.c.id == sheet.task_id)).scalar()
    transition = step.transition
    tell_units(
        session, [lead] if lead else [], "changed", sheet, f"verification:{sheet.id}:{transition.id}:{sheet.version}",
        what="verification", reason=step.reason, step=transition.id, step_zh=transition.zh, step_en=transition.en,
    )  # fmt: skip


def _open_objection(session: OfficeSession, sheet: Verification, step: Step) -> None:
    session.info["objection"] = objections.open_objection(session, sheet, "verification", step.org_id, step.reason)


def _may_be_confirmed(session: OfficeSession, sheet: Verification, step: Step) -> None:
    """Nothing is confirmed while who is affected may still object."""
    if step.transition.id == "confirm" and sheet.object_until is not None and clock.now() < sheet.object_until:
        raise ConflictError(
            "measuring.may_object_still", value=clock.local_day(sheet.object_until - timedelta(seconds=1)).isoformat()
        )


def _may_object(session: OfficeSession, sheet: Verification, grant: Grant) -> bool:
    """Who is affected besides the community: the task's lead unit, and the street and district over the place."""
    if grant.reach is Reach.AREA and sheet.area_path.startswith(grant.area_path) and grant.org_id != sheet.org_id:
        return True
    task = Task.__table__
    lead = session.connection().execute(select(task.c.org_id).where(task.c.id == sheet.task_id)).scalar()
    return bool(grant.org_id == lead)


register_input("result", _set_finding, "verification")
register_input("finding", _set_choice, "verification", beside="result")
register_input("reply", _set_note, "verification")
register_effect("notify_joint", _tell_lead_unit, "verification")
register_effect("keep_version", _anew, "verification")
register_effect("open_objection", _open_objection, "verification")
register_guard("verification", _may_be_confirmed)
register_relation("verification", Relation.JOINT, _may_object)


# objections -----------------------------------------------------------------------------------------------------------


def _settle(session: OfficeSession, objection: Objection, step: Step) -> None:
    # Not under `apply_correction`: that belongs to appeals, which are objections too.
    if step.transition.id == "correct":
        objections.correct(session, objection, str(step.fields.get("result", "")))
    objections.settle(session, objection, step.transition.id, step.reason or str(step.fields.get("result", "")))


def _decided(session: OfficeSession, objection: Objection, step: Step) -> None:
    objection.decided_at = clock.now()
    session.flush()


def _undecided(session: OfficeSession, objection: Objection, step: Step) -> None:
    objection.decided_at = None
    session.flush()


register_effect("settle_sheet", _settle, "objection")
register_effect("set_done", _decided, "objection")
register_effect("clear_done", _undecided, "objection")


# pilots ---------------------------------------------------------------------------------------------------------------


def _count_anew(session: OfficeSession, pilot: Pilot, step: Step) -> None:
    """An accepted pilot moves the count of circles and the circle coverage at once."""
    if session.actor.everything or session.actor.may(Permission.WRITE_MEASUREMENT):
        measure_counts(session, pilot.programme_id)


register_effect("remeasure", _count_anew, "pilot")
