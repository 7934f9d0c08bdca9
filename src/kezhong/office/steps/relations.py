"""How a unit stands to a row: its lead, its creator, above it, the office."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from kezhong.errors import NotFoundError
from kezhong.office.access.actor import Actor, Grant
from kezhong.office.access.permissions import Permission
from kezhong.office.access.roles import Reach
from kezhong.office.machines import Relation, Transition
from kezhong.office.models import Organisation, kind_of
from kezhong.office.session import OfficeSession
from kezhong.office.steps.registry import own_relation


def relation_of_actor(
    session: OfficeSession, row: Any, step: Transition, right: Permission
) -> tuple[Relation | None, int | None]:
    """The first of the step's relations in which the actor stands to the row, and the unit for which it holds."""
    for relation in step.by:
        for grant in session.actor.grants_for(right):
            if related(session, row, relation, grant):
                return relation, grant.org_id
    return None, None


def relation_of_unit(session: OfficeSession, row: Any, step: Transition, org_id: int) -> Relation | None:
    """The first of the step's relations in which a unit stands to the row, whoever acts for it.

    Raises
    ------
    NotFoundError
        There is no such unit.
    """
    table = Organisation.__table__
    wanted = select(table.c.path, table.c.area_path, table.c.department).where(table.c.id == org_id)
    unit = session.connection().execute(wanted).first()
    if unit is None:
        raise NotFoundError("office.no_such", kind="organisation", value=org_id)
    grant = Grant("", Reach.ORGANISATION, frozenset(), org_id, unit.path, unit.area_path, unit.department)
    return next((relation for relation in step.by if related(session, row, relation, grant)), None)


def unit_acting(session: OfficeSession, right: Permission, rather: int | None = None) -> int | None:
    """For which unit the actor acts with a right: ``rather`` where that is one of its own, else the first."""
    units = [grant.org_id for grant in session.actor.grants_for(right)]
    return rather if rather in units else next(iter(units), None)


def related(session: OfficeSession, row: Any, relation: Relation, grant: Grant) -> bool:
    """Whether a grant's unit stands in this relation to the row."""
    own = own_relation(kind_of(row), relation)
    if own is not None:
        return own(session, row, grant)
    if relation is Relation.LEAD:
        return bool(grant.org_id == row.org_id)
    if relation is Relation.SUPERIOR:
        return is_superior(row, grant)
    if relation is Relation.CREATOR:
        if hasattr(row, "issuer_id"):
            return bool(grant.org_id == row.issuer_id) if row.issuer_id else is_office(session, row, grant)
        return bool(grant.org_id == row.org_id)
    return relation is Relation.OFFICE and is_office(session, row, grant)


def is_superior(row: Any, grant: Grant) -> bool:
    """Whether the grant's unit stands above the row's: in the tree of units, over its area, or in its line."""
    if row.org_path.startswith(grant.org_path) and row.org_path != grant.org_path:
        return True
    if not row.area_path.startswith(grant.area_path) or row.area_path == grant.area_path:
        return False
    if grant.reach is Reach.AREA:
        return True
    return bool(grant.reach is Reach.LINE and grant.department and grant.department == row.department)


def is_office(session: OfficeSession, row: Any, grant: Grant) -> bool:
    """Whether the grant is one of the leading-group office, over the row's area."""
    return grant.org_id in _offices(session) and bool(row.area_path.startswith(grant.area_path))


def _offices(session: OfficeSession) -> frozenset[int]:
    """Which of the actor's units are a leading-group office; asked once, since the actor lives for one request."""
    actor: Actor = session.actor

    def find() -> frozenset[int]:
        kinds = select(Organisation.id).where(
            Organisation.id.in_(actor.organisations), Organisation.kind.in_(("office", "leading_group"))
        )
        return frozenset(session.execute(kinds).scalars())

    return actor.once("offices", find)
