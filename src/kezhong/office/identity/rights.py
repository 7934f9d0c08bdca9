"""The rights a person has at a moment: roles in force, delegations that run, organisations that exist."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, FromClause, and_, or_, select

from kezhong import clock
from kezhong.office.access.actor import Actor, Grant
from kezhong.office.access.permissions import CITY_WIDE, Permission
from kezhong.office.access.roles import roles
from kezhong.office.models import Delegation, Organisation, Person, RoleGrant, table_of


def grants_of(connection: Connection, person_id: int) -> tuple[Grant, ...]:
    """The grants that count now. A lent one counts while its delegation runs *and* the lender's own still does."""
    now = clock.now()
    own = table_of(RoleGrant)
    lent_from = own.alias("lent_from")
    delegation = table_of(Delegation)
    org = table_of(Organisation)
    statement = (
        select(own.c.role, own.c.org_id, org.c.path, own.c.area_path, org.c.department, own.c.delegation_id)
        .join(org, org.c.id == own.c.org_id)
        .outerjoin(delegation, delegation.c.id == own.c.delegation_id)
        .outerjoin(lent_from, lent_from.c.id == delegation.c.grant_id)
        .where(own.c.person_id == person_id, _in_force(own, now))
        .where(
            or_(
                own.c.delegation_id.is_(None),
                and_(
                    delegation.c.starts_at <= now,
                    delegation.c.ends_at > now,
                    or_(delegation.c.ended_at.is_(None), delegation.c.ended_at > now),
                    _in_force(lent_from, now),
                ),
            )
        )
        .order_by(own.c.id)
    )
    known = roles()
    return tuple(
        Grant(
            role=row.role,
            reach=known[row.role].reach,
            permissions=_held(known[row.role].permissions, row.area_path),
            org_id=row.org_id,
            org_path=row.path,
            area_path=row.area_path,
            department=row.department,
            delegated=row.delegation_id,
        )
        for row in connection.execute(statement)
        if row.role in known
    )


def _held(permissions: frozenset[Permission], area_path: str) -> frozenset[Permission]:
    """What a role holds in an area: below the city nothing of what there is one of in the whole city."""
    return permissions if area_path.count("/") <= 1 else permissions - CITY_WIDE


def _in_force(grant: FromClause, now: datetime) -> ColumnElement[bool]:
    return and_(
        grant.c.valid_from <= now,
        or_(grant.c.valid_to.is_(None), grant.c.valid_to > now),
        or_(grant.c.revoked_at.is_(None), grant.c.revoked_at > now),
    )


def actor_for(
    connection: Connection,
    person_id: int,
    *,
    via: str = "session",
    origin: str | None = None,
    request_id: str | None = None,
    limit: frozenset[Permission] | None = None,
    session_id: int | None = None,
) -> Actor | None:
    """The person as an actor, with the rights of this moment; ``None`` where they may not act at all."""
    person = table_of(Person)
    row = connection.execute(select(person.c.name, person.c.status).where(person.c.id == person_id)).first()
    if row is None or row.status != "active":
        return None
    grants = grants_of(connection, person_id)
    return Actor(person_id, row.name, grants, limit, origin, via, request_id, session_id=session_id)
