"""Objections (异议): to a verification sheet, to a finding about a task, to a target's measurement.

Nothing is held against anyone while one is open. What was corrected keeps its former value: ``before`` and ``after``
stay with the objection, and the steps with the object.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from kezhong import clock
from kezhong.errors import ConflictError, InputError
from kezhong.office.access.permissions import Permission
from kezhong.office.models import Measurement, Objection, Organisation, Task, Verification
from kezhong.office.session import OfficeSession
from kezhong.office.steps import take_step
from kezhong.office.telling.notices import offices, tell_units

#: Kinds that can be objected to here, with the states in which they can; ``None``: always.
KINDS: Mapping[str, tuple[type[Any], frozenset[str] | None]] = {
    "verification": (Verification, frozenset({"community_signed"})),
    "task": (Task, frozenset({"measured_met", "measured_not_met"})),
    "measurement": (Measurement, None),
}
OPEN = ("filed", "under_review", "upheld")


def file_objection(
    session: OfficeSession, object_kind: str, object_id: int, text: str, *, version: int | None = None
) -> Objection:
    """Object to what was found; any unit that sees the object and may object at all.

    Raises
    ------
    InputError
        Another kind, or no grounds.
    ConflictError
        It cannot be objected to in its present state, or the unit's objection is open already.
    """
    if object_kind not in KINDS:
        raise InputError("measuring.unknown_object", column="object_kind", value=object_kind, expected=", ".join(KINDS))
    if not text.strip():
        raise InputError("measuring.grounds_missing", column="text")
    cls, states = KINDS[object_kind]
    row = session.one(cls, object_id)
    if object_kind == "verification":
        take_step(session, row, "object", version=version, reason=text)  # its effect files the objection
        found: Objection = session.info.pop("objection")
        return found
    if states is not None and row.state not in states:
        raise ConflictError("measuring.not_now", value=row.state)
    unit = _unit_of(session, row)
    with session.because("objection.file", text):
        return open_objection(session, row, object_kind, unit, text)


def _unit_of(session: OfficeSession, row: Any) -> int:
    """The actor's unit that is affected: the lead unit, or one over the area."""
    grants = session.actor.grants_for(Permission.OBJECT)
    for grant in grants:
        if row.org_path.startswith(grant.org_path) or row.area_path.startswith(grant.area_path):
            return grant.org_id
    if not grants:
        session.actor.require(Permission.OBJECT)
    return grants[0].org_id


def open_objection(session: OfficeSession, row: Any, object_kind: str, org_id: int | None, text: str) -> Objection:
    """Register an objection of a unit; the office is told.

    Raises
    ------
    ConflictError
        The unit has one open about the same thing.
    """
    unit = session.get(Organisation, org_id or row.org_id)
    if unit is None:
        raise ConflictError("measuring.no_verifier", value=object_kind)
    again = session.execute(
        select(Objection.id)
        .where(
            Objection.object_kind == object_kind,
            Objection.object_id == row.id,
            Objection.org_id == unit.id,
            Objection.state.in_(OPEN),
        )
        .execution_options(through_parent=True)
    ).first()
    if again is not None:
        raise ConflictError("measuring.objected_already", value=again[0])
    found = Objection(
        object_kind=object_kind,
        object_id=row.id,
        text=text.strip(),
        state="filed",
        area_code=row.area_code,
        area_path=row.area_path,
        org_id=unit.id,
        org_path=unit.path,
        department=unit.department,
    )
    session.admit(found, Permission.OBJECT)
    session.add(found)
    session.flush()
    tell_units(
        session, offices(session), "reported", found, f"objection:{found.id}:filed", what="objection", text=text[:200]
    )
    return found


def decide_objection(
    session: OfficeSession,
    objection_id: int,
    step: str,
    *,
    version: int | None = None,
    reason: str = "",
    fields: Mapping[str, Any] | None = None,
) -> Objection:
    """Take up, uphold, dismiss, correct or review again; see ``data/machines/objection.yaml``."""
    row = session.one(Objection, objection_id)
    row = take_step(session, row, step, version=version, reason=reason, fields=fields)
    if step in ("uphold", "dismiss", "correct"):
        said = str((fields or {}).get("result") or reason)
        row.decision = f"{row.decision}\n{said}".strip()
    return row


# what decisions do to their object: called by the effects


def correct(session: OfficeSession, objection: Objection, result: str) -> None:
    """Correct what an upheld objection concerns; the former value stays in ``before``."""
    subject = subject_of(session, objection)
    if isinstance(subject, Verification):
        objection.before = {"finding": subject.finding, "note": subject.note, "signed_at": _stamp(subject.signed_at)}
        objection.after = {"result": result, "state": "issued"}
    elif isinstance(subject, Task):
        objection.before = {"state": subject.state}
        objection.after = {"result": result, "state": "awaiting_measurement"}
        take_step(session, subject, "correct_measurement", reason=result, fields={"objection": objection.id})
    elif isinstance(subject, Measurement):
        former = {name: getattr(subject, name) for name in ("value", "status", "uncertain")}
        objection.before = former
        objection.after = {**former, "status": "no_data", "result": result}
        session.admit(subject, Permission.DECIDE_OBJECTION)
        # The figure is the run's and stays as it was read; what is taken back is the verdict that rests on it.
        note = {"objection": objection.id, "result": result, "at": clock.stamp(), "before": former}
        subject.details = {**subject.details, "corrected": note}
        subject.status, subject.reason, subject.uncertain = "no_data", "corrected", False
        session.flush()


def settle(session: OfficeSession, objection: Objection, decision: str, text: str) -> None:
    """Carry a decision over to the sheet: dismissed or withdrawn, it stands; corrected, the community looks anew."""
    sheet = subject_of(session, objection)
    if not isinstance(sheet, Verification) or sheet.state != "objected":
        return
    session.admit(sheet, Permission.OBJECT if decision == "withdraw" else Permission.DECIDE_OBJECTION)
    if decision == "correct":
        take_step(session, sheet, "verify_again", reason=text or "异议成立", by_system=True)
        return
    word = "异议已撤回" if decision == "withdraw" else "异议不成立"
    take_step(session, sheet, "objection_dismissed", fields={"result": word}, by_system=True)


def subject_of(session: OfficeSession, objection: Objection) -> Any:
    """The row that is objected to; ``None`` for kinds of other subjects."""
    entry = KINDS.get(objection.object_kind)
    if entry is None:
        return None
    statement = select(entry[0]).where(entry[0].id == objection.object_id)
    return session.execute(statement.execution_options(through_parent=True)).scalar_one_or_none()


def _stamp(value: Any) -> str | None:
    return None if value is None else value.isoformat()
