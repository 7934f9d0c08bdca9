"""Who is told of a step, for every kind of object: what the machines call ``notify_…`` and ``escalate``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select

from kezhong.office import steps
from kezhong.office.models import Organisation, TaskUnit, kind_of
from kezhong.office.session import OfficeSession
from kezhong.office.steps import Step
from kezhong.office.telling.notices import offices, superior_of, tell_units
from kezhong.office.telling.webhooks import emit

#: Kind of the notice by transition and receiver; anything else is told as a change.
_KINDS = {
    ("issue", "lead"): "assigned",
    ("reassign", "lead"): "assigned",
    ("uphold", "lead"): "assigned",
    ("reopen", "lead"): "assigned",
    ("return", "lead"): "returned",
    ("order_rectification", "lead"): "returned",
    ("refuse", "creator"): "refused",
    ("report", "creator"): "reported",
    ("approve", "lead"): "approved",
}


def _tell(
    session: OfficeSession, row: Any, step: Step, whom: str, units: Iterable[int], people: Iterable[int] = ()
) -> None:
    transition = step.transition
    tell_units(
        session,
        units,
        _KINDS.get((transition.id, whom), "changed"),
        row,
        # Once for each receiver and change, whichever of the effects names the same people.
        f"step:{step.number}",
        people,
        step=transition.id,
        step_zh=transition.zh,
        step_en=transition.en,
        reason=step.reason,
        by_unit=_unit_name(session, step.org_id),
        unit=_unit_name(session, row.org_id),
    )


def _unit_name(session: OfficeSession, org_id: int | None) -> str:
    """What a unit is called; asked once in a transaction, since one step names the same units to many."""
    if org_id is None:
        return ""
    known: dict[int, str] = session.info.setdefault("unit_names", {})
    if org_id not in known:
        unit = Organisation.__table__
        named = select(unit.c.short_name).where(unit.c.id == org_id)
        known[org_id] = session.connection().execute(named).scalar() or ""
    return known[org_id]


def _lead(session: OfficeSession, row: Any, step: Step) -> None:
    assignee = getattr(row, "assignee_id", None) or getattr(row, "responsible_id", None)
    _tell(session, row, step, "lead", [row.org_id], [assignee] if assignee else ())


def _joint(session: OfficeSession, row: Any, step: Step) -> None:
    if kind_of(row) != "task":
        return
    units = session.scalars(select(TaskUnit.organisation_id).where(TaskUnit.task_id == row.id)).all()
    _tell(session, row, step, "joint", units)


def _creator(session: OfficeSession, row: Any, step: Step) -> None:
    issuer = getattr(row, "issuer_id", None)
    if issuer is None and not hasattr(row, "issuer_id") and kind_of(row) != "submission":
        issuer = row.org_id
    _tell(session, row, step, "creator", [issuer] if issuer else offices(session))


def _parent(session: OfficeSession, row: Any, step: Step) -> None:
    _tell(session, row, step, "parent", superior_of(session, row.org_id))


def _office(session: OfficeSession, row: Any, step: Step) -> None:
    _tell(session, row, step, "office", offices(session))


def _escalate(session: OfficeSession, row: Any, step: Step) -> None:
    issuer = getattr(row, "issuer_id", None)
    above = superior_of(session, issuer) if issuer else offices(session)
    tell_units(
        session,
        above,
        "escalated",
        row,
        f"step:{step.number}:escalate",
        rule_zh=step.transition.zh,
        rule_en=step.transition.en,
        reason=step.reason,
        unit=_unit_name(session, row.org_id),
    )


def _outside(session: OfficeSession, row: Any, step: Step) -> None:
    """Webhooks are told of every step."""
    name = f"{kind_of(row)}.{step.transition.id}"
    emit(
        session,
        name,
        row,
        {"step": step.transition.id, "before": step.before, "after": step.transition.to},
        f"step:{step.number}",
    )


for _name, _does in (
    ("notify_lead", _lead),
    ("notify_joint", _joint),
    ("notify_creator", _creator),
    ("notify_parent", _parent),
    ("notify_office", _office),
    ("escalate", _escalate),
):
    steps.register_effect(_name, _does)
steps.register_listener(_outside)
