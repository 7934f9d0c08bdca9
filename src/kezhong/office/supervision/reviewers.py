"""Who reviews what the leading-group office itself has done: a second person of it, or the leading group above it.

A unit's sheet is taken over by the level above or the office, an appeal is decided by the office. For its own work the
office needs somebody else.

**Its own sheet.** Nobody stands above the office who would read it. What one of its people filled in another takes
over (双人复核). Where there is nobody else, it goes in with being sent, and its course says so: a sheet that nobody may
take over would keep the office's own tasks out of the month's dispatch.
"""

from __future__ import annotations

from sqlalchemy import Connection, literal, select

from kezhong.errors import PermissionDeniedError
from kezhong.office.access.permissions import Permission
from kezhong.office.access.roles import roles
from kezhong.office.identity.rights import grants_of
from kezhong.office.models import DispatchSheet, Objection, Organisation, Person, RoleGrant, StepTaken
from kezhong.office.session import OfficeSession

#: Kinds of units that are a leading-group office.
_OFFICES = ("office", "leading_group")
#: Written into the course where nobody else could take the sheet over.
ALONE = "办公室无其他复核人员，报送即采纳"


def _kind_of_unit(session: OfficeSession, org_id: int) -> str:
    """What kind of unit it is; asked once a request."""

    def find() -> str:
        unit = Organisation.__table__
        return str(session.connection().execute(select(unit.c.kind).where(unit.c.id == org_id)).scalar() or "")

    return session.actor.once(f"kind_of_unit:{org_id}", find)


def is_leading_group(session: OfficeSession, org_id: int) -> bool:
    """Whether the unit is a leading group: it stands above its office."""
    return _kind_of_unit(session, org_id) == "leading_group"


def is_of_office(session: OfficeSession, sheet: DispatchSheet) -> bool:
    """Whether it is a leading-group office's own sheet."""
    return _kind_of_unit(session, sheet.org_id) in _OFFICES


def second_people(session: OfficeSession, sheet: DispatchSheet) -> tuple[int, ...]:
    """Who, beside whoever filled the office's own sheet in (or acts now), could take it over at this moment.

    Rights are those in force: of people who left, or whose role or deputyship has ended, nobody is counted.
    """
    first = sheet.filled_by or session.actor.person_id
    connection = session.connection()
    unit, person, grant = Organisation.__table__, Person.__table__, RoleGrant.__table__
    reviewing = [role.id for role in roles().values() if Permission.REVIEW_DISPATCH in role.permissions]
    over = literal(sheet.area_path).startswith(unit.c.area_path)
    statement = (
        select(grant.c.person_id)
        .distinct()
        .join(unit, unit.c.id == grant.c.org_id)
        .join(person, person.c.id == grant.c.person_id)
        .where(unit.c.kind.in_(_OFFICES), over, grant.c.role.in_(reviewing), person.c.status == "active")
        .order_by(grant.c.person_id)
    )
    found = [one for one in connection.execute(statement).scalars() if one != first]
    return tuple(one for one in found if _reviews_for_office(connection, one, sheet))


def _reviews_for_office(connection: Connection, person_id: int, sheet: DispatchSheet) -> bool:
    held = [one for one in grants_of(connection, person_id) if Permission.REVIEW_DISPATCH in one.permissions]
    unit = Organisation.__table__
    asked = select(unit.c.id, unit.c.kind).where(unit.c.id.in_({one.org_id for one in held}))
    kinds = {row.id: row.kind for row in connection.execute(asked)}
    return any(kinds[one.org_id] in _OFFICES and sheet.area_path.startswith(one.area_path) for one in held)


def may_take_over_own(session: OfficeSession, sheet: DispatchSheet) -> bool:
    """Whether one of the office may review the office's own sheet: another than filled it in, where there is one."""
    return session.actor.person_id != sheet.filled_by or not second_people(session, sheet)


def taken_over_by(session: OfficeSession, sheet: DispatchSheet) -> str:
    """``above``; or for the office's own sheet ``colleague``, or ``with_sending`` where there is none."""
    if not is_of_office(session, sheet):
        return "above"
    return "colleague" if second_people(session, sheet) else "with_sending"


def _last(session: OfficeSession, appeal: Objection, transition: str) -> StepTaken | None:
    statement = (
        select(StepTaken)
        .where(
            StepTaken.object_kind == "objection", StepTaken.object_id == appeal.id, StepTaken.transition == transition
        )
        .order_by(StepTaken.id.desc())
        .limit(1)
        .execution_options(through_parent=True)
    )
    return session.execute(statement).scalars().first()


def was_reviewed_again(session: OfficeSession, appeal: Objection) -> bool:
    """Whether an appeal has gone to the level above."""
    return _last(session, appeal, "review_again") is not None


def refuse_own_decision(session: OfficeSession, appeal: Objection) -> None:
    """Nobody reviews again what they themselves dismissed, with whichever of their roles.

    Raises
    ------
    PermissionDeniedError
        It was the actor.
    """
    dismissed = _last(session, appeal, "dismiss")
    if dismissed is not None and dismissed.person_id == session.actor.person_id:
        raise PermissionDeniedError("appraisal.own_decision")
