"""The course of a row: the steps that were taken, and what was noted between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import select

from kezhong import clock
from kezhong.office.access.permissions import Permission
from kezhong.office.machines import Machine
from kezhong.office.models import Organisation, Person, StepTaken, kind_of
from kezhong.office.session import OfficeSession
from kezhong.office.steps.registry import machine_of

#: In the details of a step: the unit whose staff passed on another's word.
PASSED_ON = "passed_on_by"


def note_course(
    session: OfficeSession,
    row: Any,
    transition: str,
    *,
    org_id: int | None,
    otherwise: Permission,
    before: str | None = None,
    reason: str = "",
    details: Mapping[str, Any] | None = None,
    passed_on_by: int | None = None,
) -> StepTaken:
    """Write a line into the course of a row.

    Parameters
    ----------
    transition
        Id of the step; or any other word for what is no step of the machine, whose details then hold ``zh``, ``en``.
    org_id, passed_on_by
        The unit that did it; and, where another one's staff entered it, that one.
    otherwise
        The permission under which the line is written where the row itself was not admitted.
    """
    told = {name: value.isoformat() if isinstance(value, date) else value for name, value in (details or {}).items()}
    if passed_on_by is not None and passed_on_by != org_id:
        told[PASSED_ON] = passed_on_by
    note = StepTaken(
        object_kind=kind_of(row), object_id=row.id, transition=transition,
        before=row.state if before is None else before, after=row.state, at=clock.now(),
        person_id=session.actor.person_id, actor_org_id=org_id, reason=reason, details=told, area_code=row.area_code,
        area_path=row.area_path, org_id=row.org_id, org_path=row.org_path, department=row.department,
    )  # fmt: skip
    session.admit_with(note, row, otherwise)
    session.add(note)
    session.flush()
    return note


def course(session: OfficeSession, row: Any, limit: int = 200) -> list[dict[str, Any]]:
    """The steps that were taken, oldest first, in words and with who took them.

    Read through the row, which the caller found in scope: who acted on it may be named to whoever may see it.
    """
    machine = machine_of(row)
    person, unit, other, step = (
        Person.__table__, Organisation.__table__, Organisation.__table__.alias(), StepTaken.__table__,
    )  # fmt: skip
    statement = (
        select(
            step,
            person.c.name.label("person_name"),
            unit.c.short_name.label("unit_name"),
            other.c.short_name.label("other_name"),
        )
        .outerjoin(person, person.c.id == step.c.person_id)
        .outerjoin(unit, unit.c.id == step.c.actor_org_id)
        .outerjoin(other, other.c.id == step.c.details[PASSED_ON].as_integer())
        .where(step.c.object_kind == kind_of(row), step.c.object_id == row.id)
        .order_by(step.c.at.desc(), step.c.id.desc())
        .limit(limit)
    )
    rows: Sequence[Any] = session.execute(statement).all()
    return [_told(machine, one) for one in reversed(rows)]


def _told(machine: Machine, one: Any) -> dict[str, Any]:
    step = machine.transitions.get(one.transition)
    before, after = machine.states.get(one.before), machine.states.get(one.after)
    details = {name: value for name, value in one.details.items() if name != PASSED_ON}
    return {
        "id": one.id,
        "transition": one.transition,
        # What the clock's round notes is no step of the machine; it brings its words along.
        "zh": step.zh if step else one.details.get("zh", one.transition),
        "en": step.en if step else one.details.get("en", one.transition),
        "before": one.before,
        "before_zh": before.zh if before else one.before,
        "before_en": before.en if before else one.before,
        "after": one.after,
        "after_zh": after.zh if after else one.after,
        "after_en": after.en if after else one.after,
        "at": one.at,
        "person": one.person_name,
        "unit": one.unit_name,
        "reason": one.reason,
        # The name of the unit, since its number says nothing to a reader.
        "details": details if one.other_name is None else {**details, PASSED_ON: one.other_name},
    }
