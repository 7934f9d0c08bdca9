"""Verification sheets (核验单): the community looks whether a shortfall that the measurement still shows is there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import or_, select

from kezhong import clock
from kezhong.errors import ConflictError, InputError
from kezhong.office.access.permissions import Permission
from kezhong.office.measuring.rules import end_after, rules
from kezhong.office.models import Area, Objection, Organisation, Person, RoleGrant, Task, Verification
from kezhong.office.session import OfficeSession
from kezhong.office.steps import take_step
from kezhong.office.telling.notices import Told, offices, people_of, tell, tell_units

#: What a community may find, with words for the button.
FINDINGS: dict[str, tuple[str, str]] = {
    "not_built": ("尚未建成投用", "not built or not in use yet"),
    "confirmed": ("已建成，但仍不符合要求", "built, but still short of the requirement"),
    "built_but_missing_in_data": ("已建成投用，数据里没有", "built and in use, missing in the data"),
    "other": ("其他情况（请说明）", "something else (say what)"),
}
#: Findings that bear the measurement out.
BEARS_OUT = frozenset({"not_built", "confirmed"})
#: Sheets about which something is still to be done.
OPEN = ("issued", "community_signed", "objected")
#: Units that look at a place themselves, nearest first.
_VERIFIERS = ("community_committee", "street_office")


def sheets_of(session: OfficeSession, task_id: int) -> list[Verification]:
    """All sheets of a task that was found in scope, oldest first."""
    statement = select(Verification).where(Verification.task_id == task_id).order_by(Verification.id)
    return list(session.execute(statement.execution_options(through_parent=True)).scalars())


def open_objections(session: OfficeSession, task: Task, sheets: Sequence[Verification]) -> list[Objection]:
    """Undecided objections to a task or its sheets: while there is one, nothing is held against anyone."""
    ids = [one.id for one in sheets]
    statement = select(Objection).where(
        Objection.state.in_(("filed", "under_review", "upheld")),
        or_(
            (Objection.object_kind == "verification") & Objection.object_id.in_(ids),
            (Objection.object_kind == "task") & (Objection.object_id == task.id),
        ),
    )
    return list(session.execute(statement.execution_options(through_parent=True)).scalars())


def issue_sheet(session: OfficeSession, task: Task, measured: dict[str, Any]) -> Verification:
    """Ask the community of a task's shortfall to look; called by the effect of ``request_verification``.

    Where a shortfall lies in a life circle or a street, the community nearest to the point at which it was found is
    asked. Where the community has no unit, the street is asked, and where there is none the leading-group office.
    """
    area, unit = _verifier(session, task)
    row = Verification(
        task_id=task.id,
        shortfall_id=task.shortfall_id or "",
        run_id=str(measured.get("run") or ""),
        state="issued",
        due_at=end_after(session, rules(session).verification_workdays),
        measured=measured,
        area_code=area.code,
        area_path=area.path,
        org_id=unit.id,
        org_path=unit.path,
        department=unit.department,
    )
    session.admit(row, Permission.WRITE_MEASUREMENT)
    session.add(row)
    session.flush()
    tell_units(
        session, [unit.id], "assigned", row, f"verification:{row.id}:issued",
        what="verification", code=task.code, title=task.title,
    )  # fmt: skip
    return row


def _verifier(session: OfficeSession, task: Task) -> tuple[Area, Organisation]:
    area = _community(session, task)
    steps = [step for step in area.path.split("/") if step]
    found = {
        (one.area_code, one.kind): one
        for one in session.scalars(
            select(Organisation)
            .where(
                Organisation.kind.in_(_VERIFIERS),
                Organisation.area_code.in_(steps),
                or_(Organisation.valid_to.is_(None), Organisation.valid_to >= clock.today()),
            )
            .order_by(Organisation.id.desc())
        )
    }
    for step in reversed(steps):
        for kind in _VERIFIERS:
            if (step, kind) in found:
                return area, found[step, kind]
    office = session.get(Organisation, next(iter(offices(session)), task.org_id))
    if office is None:  # a foreign key says that it is there
        raise ConflictError("measuring.no_verifier", value=task.code)
    return area, office


def _community(session: OfficeSession, task: Task) -> Area:
    """The community in which to look."""
    row = task.shortfall or {}
    area = session.get(Area, str(row.get("area_code") or task.area_code)) or session.get(Area, task.area_code)
    if area is None:  # a foreign key says that it is there
        raise ConflictError("measuring.no_verifier", value=task.code)
    if area.level == "community":
        return area
    inside = select(Area).where(Area.level == "community", Area.valid_to.is_(None))
    if area.level == "life_circle":
        inside = inside.where(Area.code.in_(area.members))
    else:
        inside = inside.where(Area.path.startswith(area.path, autoescape=True))
    places = [one for one in session.scalars(inside.order_by(Area.code)) if one.lon is not None and one.lat is not None]
    lon, lat = row.get("lon"), row.get("lat")
    if not places or lon is None or lat is None:
        return places[0] if places and area.level == "life_circle" else area
    return min(places, key=lambda one: ((one.lon or 0) - lon) ** 2 + ((one.lat or 0) - lat) ** 2)


# what people do -------------------------------------------------------------------------------------------------------


def sign_sheet(
    session: OfficeSession, sheet_id: int, finding: str, note: str = "", *, version: int | None = None
) -> Verification:
    """The community says what it found.

    *Built, but missing in the data* goes to those who keep the data, and against nobody.

    Raises
    ------
    InputError
        No such finding, or *other* without saying what.
    """
    if finding not in FINDINGS:
        raise InputError("measuring.unknown_finding", column="finding", value=finding, expected=", ".join(FINDINGS))
    if finding == "other" and not note.strip():
        raise InputError("measuring.note_missing", column="note")
    row = session.one(Verification, sheet_id)
    row = take_step(
        session,
        row,
        "sign",
        version=version,
        fields={"result": FINDINGS[finding][0], "finding": finding, "reply": note.strip()},
    )
    if finding == "built_but_missing_in_data":
        tell_data_owners(session, row)
    return row


def tell_data_owners(session: OfficeSession, sheet: Verification) -> None:
    """Who keeps the data is asked to bring them up to date: analysts, and the leading-group office."""
    grant, person, task = RoleGrant.__table__, Person.__table__, Task.__table__
    now = clock.now()
    analysts = session.connection().execute(
        select(grant.c.person_id)
        .join(person, (person.c.id == grant.c.person_id) & (person.c.status == "active"))
        .where(
            grant.c.role == "analyst",
            grant.c.valid_from <= now,
            or_(grant.c.valid_to.is_(None), grant.c.valid_to > now),
            or_(grant.c.revoked_at.is_(None), grant.c.revoked_at > now),
        )
    )
    everybody = [*analysts.scalars(), *(one for unit in people_of(session, offices(session)).values() for one in unit)]
    told = session.connection().execute(select(task.c.code, task.c.title).where(task.c.id == sheet.task_id)).one()
    details = {
        "what": "data_correction",
        "code": told.code,
        "title": told.title,
        "area_code": sheet.area_code,
        "element": sheet.measured.get("element"),
        "note": sheet.note[:300],
    }
    key = f"verification:{sheet.id}:data"
    tell(session, [Told(key, "assigned", "verification", sheet.id, tuple(dict.fromkeys(everybody)), details)])


def conclude_sheet(
    session: OfficeSession, sheet_id: int, *, version: int | None = None, reason: str = ""
) -> Verification:
    """The office confirms a signed sheet; what follows for the task follows from the finding, not from the office.

    Raises
    ------
    ConflictError
        Who is affected may still object.
    """
    row = session.one(Verification, sheet_id)
    row = take_step(session, row, "confirm", version=version, reason=reason)
    task = session.execute(
        select(Task).where(Task.id == row.task_id).with_for_update(of=Task).execution_options(through_parent=True)
    ).scalar_one()
    if task.state != "awaiting_measurement":  # a newer measurement has settled it
        return row
    if row.finding in BEARS_OUT:
        result = FINDINGS[row.finding][0]
        take_step(session, task, "measure_not_met", fields={"sheet": row.id, "result": result, "run": row.run_id})
        return row
    why = "已建成，数据待更正" if row.finding == "built_but_missing_in_data" else f"社区核验：{row.note}"
    session.admit(task, Permission.DECIDE_OBJECTION)
    take_step(session, task, "keep_awaiting", reason=why, fields={"sheet": row.id, "run": row.run_id}, by_system=True)
    return row
