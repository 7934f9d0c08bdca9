"""Giving and taking roles, and lending one's own to a deputy until a day."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import and_, or_, select

from kezhong import clock
from kezhong.errors import ConflictError, InputError, NotFoundError, PermissionDeniedError
from kezhong.office.access.permissions import Permission
from kezhong.office.access.roles import role, roles
from kezhong.office.access.scope import covers
from kezhong.office.identity.accounts import refuse_token
from kezhong.office.identity.places import place_of, unit_in_force
from kezhong.office.identity.settings import sign_in_settings
from kezhong.office.models import Area, Delegation, Organisation, Person, RoleGrant
from kezhong.office.session import OfficeSession

_PAST_SCOPE = {"through_parent": True}


def in_force(now: datetime | None = None) -> Any:
    """Criterion of grants that count at a moment."""
    now = now or clock.now()
    return and_(
        RoleGrant.valid_from <= now,
        or_(RoleGrant.valid_to.is_(None), RoleGrant.valid_to > now),
        or_(RoleGrant.revoked_at.is_(None), RoleGrant.revoked_at > now),
    )


def grant_role(
    session: OfficeSession,
    person_id: int,
    role_id: str,
    org_id: int,
    *,
    area_code: str | None = None,
    valid_to: datetime | None = None,
    note: str | None = None,
) -> RoleGrant:
    """Give a person a role for a unit, in its area or a part of it.

    Raises
    ------
    InputError
        The role does not fit the unit's level, the area is not the unit's, or the end is past.
    PermissionDeniedError
        It reaches further than the caller may give, or the caller means themselves.
    ConflictError
        The person has it already, or has left.
    """
    wanted = role(role_id)
    person = session.one(Person, person_id, Permission.GRANT_ROLES)
    _check_receiver(session, person, "people.not_oneself")
    unit = unit_in_force(session, org_id)
    if unit.level not in wanted.levels:
        raise InputError("people.role_level", value=wanted.zh, unit=unit.name, expected=", ".join(wanted.levels))
    now = clock.now()
    if valid_to is not None and valid_to <= now:
        raise InputError("people.end_past", value=valid_to)
    area = None
    if area_code is not None and area_code != unit.area_code:
        area = session.get(Area, area_code)
        if area is None or not area.path.startswith(unit.area_path):
            raise InputError("people.area_not_of_unit", value=area_code, unit=unit.name)
    place = place_of(unit, area)
    same = select(RoleGrant.id).where(
        RoleGrant.person_id == person_id,
        RoleGrant.role == role_id,
        RoleGrant.org_id == org_id,
        RoleGrant.area_code == place["area_code"],
        RoleGrant.delegation_id.is_(None),
        in_force(now),
    )
    if session.scalar(same.execution_options(**_PAST_SCOPE)) is not None:
        raise ConflictError("people.has_role", value=wanted.zh, unit=unit.name)
    grant = RoleGrant(
        person_id=person_id,
        role=role_id,
        valid_from=now,
        valid_to=valid_to,
        granted_by=session.actor.person_id,
        note=note,
        **place,
    )
    with session.because("role.granted"):
        session.create(grant, Permission.GRANT_ROLES)
    return grant


def revoke_grant(session: OfficeSession, grant_id: int, reason: str) -> RoleGrant:
    """End a role at once; what was lent from it ends with it.

    Raises
    ------
    ConflictError
        It is over, lent (end the delegation instead), or the last one that could give roles in the city.
    """
    grant = session.one(RoleGrant, grant_id, Permission.GRANT_ROLES, lock=True)
    now = clock.now()
    if grant.delegation_id is not None:
        raise ConflictError("people.grant_is_lent")
    if (grant.revoked_at and grant.revoked_at <= now) or (grant.valid_to and grant.valid_to <= now):
        raise ConflictError("people.grant_over")
    keep_an_administrator(session, but_grant=grant.id)
    with session.because("role.revoked", reason):
        end_grant(session, grant, Permission.GRANT_ROLES)
    return grant


def end_grant(session: OfficeSession, grant: RoleGrant, permission: Permission) -> None:
    """End a grant and what was lent from it; the caller has checked the right to."""
    now = clock.now()
    session.admit(grant, permission)
    grant.revoked_at = now
    running = select(Delegation).where(
        Delegation.grant_id == grant.id, Delegation.ended_at.is_(None), Delegation.ends_at > now
    )
    for delegation in session.scalars(running.execution_options(**_PAST_SCOPE)):
        _end(session, delegation, permission)


def check_reach(session: OfficeSession, person: Person) -> None:
    """Refuse to handle somebody's access who holds a role beyond the caller's own reach.

    A person is found by the unit where they work; a role may reach further than that, and with it their account.

    Raises
    ------
    PermissionDeniedError
        With the role.
    """
    held = select(RoleGrant).where(RoleGrant.person_id == person.id, in_force())
    for grant in session.scalars(held.execution_options(**_PAST_SCOPE)):
        if not covers(session.actor, Permission.WRITE_PEOPLE, grant.area_path, grant.org_path, grant.department):
            raise PermissionDeniedError("people.reaches_further", value=person.name, role=_name_of(grant.role))


def _name_of(role_id: str) -> str:
    known = roles().get(role_id)
    return known.zh if known is not None else role_id


def keep_an_administrator(
    session: OfficeSession, *, but_grant: int | None = None, but_person: int | None = None
) -> None:
    """Refuse to take the last right to give roles in the whole city: nobody could ever give it again.

    Raises
    ------
    ConflictError
        Nobody else has it.
    """
    giving = [each.id for each in roles().values() if Permission.GRANT_ROLES in each.permissions]
    statement = (
        select(RoleGrant.id)
        .join(Person, Person.id == RoleGrant.person_id)
        .join(Organisation, Organisation.id == RoleGrant.org_id)
        .where(RoleGrant.role.in_(giving), RoleGrant.delegation_id.is_(None), in_force())
        .where(Organisation.level == "city", Person.status == "active")
        .where(RoleGrant.id != (but_grant or 0), RoleGrant.person_id != (but_person or 0))
        .limit(1)
    )
    taken = select(RoleGrant.role, Organisation.level).join(Organisation, Organisation.id == RoleGrant.org_id)
    taken = taken.where(RoleGrant.id == but_grant if but_grant else RoleGrant.person_id == but_person, in_force())
    matters = any(
        row.role in giving and row.level == "city" for row in session.execute(taken.execution_options(**_PAST_SCOPE))
    )
    if matters and session.scalar(statement.execution_options(**_PAST_SCOPE)) is None:
        raise ConflictError("people.last_administrator")


def delegate(session: OfficeSession, grant_id: int, to_person_id: int, ends_at: datetime, reason: str) -> Delegation:
    """Lend one of one's own roles to a deputy.

    Raises
    ------
    NotFoundError
        The role is not the caller's.
    PermissionDeniedError
        It is lent itself (no chains), cannot be lent, or an API token asks, which holds less than the role.
    InputError
        The end is past, later than the role's own, or too far away.
    ConflictError
        It is over, or lent to this person already.
    """
    refuse_token(session)
    now = clock.now()
    own = select(RoleGrant).where(RoleGrant.id == grant_id, RoleGrant.person_id == session.actor.person_id)
    grant = session.scalar(own.with_for_update().execution_options(**_PAST_SCOPE))
    if grant is None:
        raise NotFoundError("office.no_such", kind="role_grant", value=grant_id)
    if grant.delegation_id is not None:
        raise PermissionDeniedError("people.no_chain")
    if Permission.DELEGATE not in role(grant.role).permissions:
        raise PermissionDeniedError("people.not_lendable", value=role(grant.role).zh)
    if session.scalar(own.where(in_force(now)).execution_options(**_PAST_SCOPE)) is None:
        raise ConflictError("people.grant_over")
    person = session.one(Person, to_person_id)
    _check_receiver(session, person, "people.not_to_oneself")
    longest = sign_in_settings().delegation_longest
    if not now < ends_at <= now + longest:
        raise InputError("people.delegation_end", expected=longest.days)
    if grant.valid_to is not None and ends_at > grant.valid_to:
        raise InputError("people.delegation_longer", expected=grant.valid_to)
    running = select(Delegation.id).where(
        Delegation.grant_id == grant_id,
        Delegation.to_person_id == to_person_id,
        Delegation.ended_at.is_(None),
        Delegation.ends_at > now,
    )
    if session.scalar(running.execution_options(**_PAST_SCOPE)) is not None:
        raise ConflictError("people.lent_already", value=person.name)
    place = {name: getattr(grant, name) for name in ("area_code", "area_path", "org_id", "org_path", "department")}
    if not covers(session.actor, Permission.DELEGATE, grant.area_path, grant.org_path, grant.department):
        raise PermissionDeniedError("office.out_of_scope", permission=Permission.DELEGATE.value)
    with session.because("delegation.begun", reason):
        delegation = session.create(
            Delegation(
                grant_id=grant_id,
                from_person_id=session.actor.person_id,
                to_person_id=to_person_id,
                starts_at=now,
                ends_at=ends_at,
                reason=reason,
                **place,
            ),
            Permission.DELEGATE,
        )
        session.flush()
        session.create(
            RoleGrant(
                person_id=to_person_id,
                role=grant.role,
                valid_from=now,
                valid_to=ends_at,
                granted_by=session.actor.person_id,
                delegation_id=delegation.id,
                note=reason,
                **place,
            ),
            Permission.DELEGATE,
        )
    return delegation


def end_delegation(session: OfficeSession, delegation_id: int, reason: str = "") -> Delegation:
    """End a delegation at once: by either side, or by whoever gives roles there.

    Raises
    ------
    NotFoundError
        No such delegation of the caller's or in their scope.
    ConflictError
        It is over.
    """
    refuse_token(session)
    me = session.actor.person_id
    mine = select(Delegation).where(
        Delegation.id == delegation_id, or_(Delegation.from_person_id == me, Delegation.to_person_id == me)
    )
    delegation = session.scalar(mine.with_for_update().execution_options(**_PAST_SCOPE)) if me is not None else None
    permission = Permission.SIGNED_IN
    if delegation is None:
        permission = Permission.GRANT_ROLES
        delegation = session.one(Delegation, delegation_id, permission, lock=True)
    if delegation.ended_at is not None or delegation.ends_at <= clock.now():
        raise ConflictError("people.delegation_over")
    with session.because("delegation.ended", reason):
        _end(session, delegation, permission)
    return delegation


def delegations_of(session: OfficeSession) -> list[Delegation]:
    """What the caller lent and was lent, running ones first, of the last year."""
    me = session.actor.person_id
    statement = (
        select(Delegation)
        .where(or_(Delegation.from_person_id == me, Delegation.to_person_id == me))
        .order_by(Delegation.ended_at.is_not(None), Delegation.ends_at.desc())
        .limit(100)
    )
    return list(session.scalars(statement.execution_options(**_PAST_SCOPE)))


def end_delegations_to(session: OfficeSession, person_id: int, permission: Permission) -> int:
    """End what was lent to a person; how many."""
    now = clock.now()
    running = select(Delegation).where(
        Delegation.to_person_id == person_id, Delegation.ended_at.is_(None), Delegation.ends_at > now
    )
    found = list(session.scalars(running.execution_options(**_PAST_SCOPE)))
    for delegation in found:
        _end(session, delegation, permission)
    return len(found)


def _end(session: OfficeSession, delegation: Delegation, permission: Permission) -> None:
    now = clock.now()
    session.admit(delegation, permission).ended_at = now
    lent = select(RoleGrant).where(RoleGrant.delegation_id == delegation.id, RoleGrant.revoked_at.is_(None))
    for grant in session.scalars(lent.execution_options(**_PAST_SCOPE)):
        session.admit(grant, permission).revoked_at = now


def _check_receiver(session: OfficeSession, person: Person, code: str) -> None:
    if person.id == session.actor.person_id:
        raise PermissionDeniedError(code)
    if person.status != "active":
        raise ConflictError("people.not_active", value=person.name)
