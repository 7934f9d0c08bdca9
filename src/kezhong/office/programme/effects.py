"""What steps of pilots, submissions, projects, offers and applications mean: inputs, guards, effects, relations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select

from kezhong import clock
from kezhong.errors import ConflictError, InputError
from kezhong.office import steps
from kezhong.office.access.actor import Grant
from kezhong.office.machines import Relation
from kezhong.office.models import (
    Application,
    Edition,
    Inspection,
    Money,
    Offer,
    Organisation,
    Pilot,
    Project,
    Submission,
)
from kezhong.office.programme.numbers import stage_now
from kezhong.office.programme.places import same_place
from kezhong.office.programme.rules import NOT_GRADED
from kezhong.office.programme.submissions import editions_of, new_files
from kezhong.office.session import OfficeSession
from kezhong.office.steps import Step
from kezhong.office.telling.deadlines import due_at, work_calendar

#: Working days for the plan of an approved pilot: a proposal (建议值); the office may set another deadline.
PLAN_WORKDAYS = 20
VERDICTS = ("passed", "to_mend", "failed")
_SHEETS = {
    "self_check": "self_check",
    "rectified": "self_check",
    "inspect": "inspection",
    "reinspect": "inspection",
    "accept": "acceptance",
}
_MAX_ITEMS = 200


# pilots --------------------------------------------------------------------------------------------------------------


def _check_pilot(session: OfficeSession, pilot: Pilot, step: Step) -> None:
    kind = _SHEETS.get(step.transition.id)
    if kind is not None:
        _keep_sheet(session, pilot, step, kind)
    if step.transition.id == "accept":
        _check_grade(pilot, str(step.fields["grade"]))


def _keep_sheet(session: OfficeSession, pilot: Pilot, step: Step, kind: str) -> None:
    """Keep what was looked at; a sheet is items with ``item``, ``ok`` (true, false, null: not looked at), ``note``."""
    sheet = step.fields.get("sheet")
    items = _items(sheet) if isinstance(sheet, Mapping | list) else []
    verdict = step.fields.get("result")
    if kind == "acceptance" or step.transition.id == "rectified":
        verdict = "passed"
    elif verdict not in VERDICTS:
        raise InputError("programme.bad_verdict", column="result", value=verdict, expected=", ".join(VERDICTS))
    if isinstance(sheet, Mapping | list) and not items:
        raise InputError("programme.empty_sheet", column="sheet", value="")
    row = Inspection(
        pilot_id=pilot.id, kind=kind, on=_day(sheet), person_id=session.actor.person_id, verdict=verdict, items=items,
        note=str(step.fields.get("reply") or step.reason or "")[:2000], **same_place(pilot),
    )  # fmt: skip
    with session.because(f"pilot.{step.transition.id}", step.reason):
        session.admit(row, steps.right_of(step.transition))
        session.add(row)


def _items(sheet: Any) -> list[dict[str, Any]]:
    rows = sheet.get("items", []) if isinstance(sheet, Mapping) else sheet
    if not isinstance(rows, list) or len(rows) > _MAX_ITEMS:
        raise InputError("programme.bad_sheet", column="sheet", value=type(rows).__name__)
    found = []
    for number, row in enumerate(rows, start=1):
        wrong = not isinstance(row, Mapping) or not str(row.get("item") or "").strip()
        if wrong or row.get("ok") not in (True, False, None):
            raise InputError("programme.bad_sheet", column=f"sheet[{number}]", value=str(row)[:60])
        text = {name: str(row.get(name) or "")[:500] for name in ("item", "note", "to_mend")}
        found.append({**text, "ok": row.get("ok"), "clause": str(row.get("clause") or "")[:100]})
    return found


def _day(sheet: Any) -> Any:
    given = sheet.get("on") if isinstance(sheet, Mapping) else None
    return steps.as_date(given) if given else clock.today()


def _check_grade(pilot: Pilot, grade: str) -> None:
    details = pilot.grade_details
    if not details:
        raise ConflictError("programme.assess_first", value=pilot.code)
    found = details.get("grade")
    if found is None:
        raise ConflictError("programme.no_grade_reached", value=pilot.name, rules=details.get("zh", ""))
    if grade != found:
        raise InputError("programme.other_grade", column="grade", value=grade, expected=found)


def _set_grade(session: OfficeSession, pilot: Pilot, value: Any) -> None:
    pilot.grade = None if value == NOT_GRADED else str(value)


def _approved(session: OfficeSession, pilot: Pilot, step: Step) -> None:
    """Approved: the plan of the pilot is asked for (申报批准后报建设方案)."""
    pilot.approved_at = clock.now()
    calendar = work_calendar(session)
    due_on = calendar.try_add_workdays(clock.today(), PLAN_WORKDAYS).value
    offices = select(Organisation.id).where(Organisation.kind == "office", Organisation.level == "city").limit(1)
    row = Submission(
        programme_id=pilot.programme_id, stage_id=stage_now(session, pilot.programme_id), code="PP",
        asked_by_id=step.org_id or session.execute(offices).scalar(), kind="implementation_plan",
        name=f"{pilot.name}建设方案", name_en=f"Plan of {pilot.name}", source="建议值", pilot_id=pilot.id,
        due_on=due_on, due_at=due_at(session, due_on), **same_place(pilot),
    )  # fmt: skip
    session.admit(row, steps.right_of(step.transition))
    session.add(row)


def _accepted(session: OfficeSession, pilot: Pilot, step: Step) -> None:
    pilot.accepted_at = clock.now()


def _no_longer_accepted(session: OfficeSession, pilot: Pilot, step: Step) -> None:
    pilot.accepted_at = None
    pilot.grade = None
    if pilot.grade_details:  # what it was graded by stays readable; the next acceptance asks for a new sheet
        pilot.grade_details = None


# submissions ---------------------------------------------------------------------------------------------------------


def _check_submission(session: OfficeSession, row: Submission, step: Step) -> None:
    if step.transition.id in ("submit", "resubmit"):
        _hand_in(session, row, step)
    elif step.transition.id in ("return", "receive", "reopen"):
        _judge(session, row, step)


def _hand_in(session: OfficeSession, row: Submission, step: Step) -> None:
    files = new_files(session, row)
    if not files:
        raise InputError("programme.no_new_file", column="document", value=row.name)
    now = clock.now()
    late = now >= row.due_at
    edition = Edition(
        submission_id=row.id, number=row.edition + 1, handed_in_at=now, late=late, person_id=session.actor.person_id,
        files=[one.id for one in files], reply=str(step.fields.get("reply") or "")[:2000], **same_place(row),
    )  # fmt: skip
    with session.because(f"submission.{step.transition.id}"):
        session.admit(edition, steps.right_of(step.transition))
        session.add(edition)
        row.edition += 1
        if row.handed_in_at is None:
            row.handed_in_at, row.late = now, late


def _judge(session: OfficeSession, row: Submission, step: Step) -> None:
    editions = editions_of(session, row)
    if not editions:
        return
    last = editions[-1]
    with session.because(f"submission.{step.transition.id}", step.reason):
        session.admit(last, steps.right_of(step.transition))
        last.verdict = "received" if step.transition.id == "receive" else "returned"
        last.reason = step.reason


# projects, offers, applications --------------------------------------------------------------------------------------


def _check_project(session: OfficeSession, row: Project, step: Step) -> None:
    if step.transition.id != "fund":
        return
    planned = session.execute(
        select(func.coalesce(func.sum(Money.planned), 0.0))
        .where(Money.project_id == row.id)
        .execution_options(through_parent=True)
    ).scalar_one()
    if not planned > 0:
        raise ConflictError("programme.no_money", value=row.code)


def _completed(session: OfficeSession, row: Project, step: Step) -> None:
    row.done_at = clock.now()
    row.progress = 100


def _reply(session: OfficeSession, row: Offer, value: Any) -> None:
    row.reply = str(value)[:2000]


def _result(session: OfficeSession, row: Application, value: Any) -> None:
    row.result = str(value)[:2000]


# whose they are ------------------------------------------------------------------------------------------------------


def _asked(session: OfficeSession, row: Submission, grant: Grant) -> bool:
    return grant.org_id == row.asked_by_id


def _proposed(session: OfficeSession, row: Project, grant: Grant) -> bool:
    return grant.org_id == row.proposed_by_id


def _registered(session: OfficeSession, row: Offer, grant: Grant) -> bool:
    return grant.org_id == row.registered_by_id


def _above_applicant(session: OfficeSession, row: Application, grant: Grant) -> bool:
    """The level above; what the office itself applies for is looked at by the office."""
    return steps.is_superior(row, grant) or steps.is_office(session, row, grant)


steps.register_guard("pilot", _check_pilot)
steps.register_input("grade", _set_grade, "pilot")
steps.register_effect("request_plan", _approved, "pilot")
steps.register_effect("set_done", _accepted, "pilot")
steps.register_effect("clear_done", _no_longer_accepted, "pilot")
steps.register_guard("submission", _check_submission)
steps.register_relation("submission", Relation.CREATOR, _asked)
steps.register_guard("project", _check_project)
steps.register_effect("set_done", _completed, "project")
steps.register_relation("project", Relation.CREATOR, _proposed)
steps.register_input("reply", _reply, "offer")
steps.register_relation("offer", Relation.CREATOR, _registered)
steps.register_input("result", _result, "application")
steps.register_relation("application", Relation.SUPERIOR, _above_applicant)
