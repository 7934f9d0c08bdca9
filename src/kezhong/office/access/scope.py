"""Where a permission holds, as criteria of the query: the one place that decides which rows an actor sees.

:func:`criteria` turns an actor's grants into a condition on each scoped class. The session
(:mod:`kezhong.office.session`) adds it to every SELECT, UPDATE and DELETE that touches such a class, also inside
joins, subqueries and lazy loads, so that no service and no parameter of a request can leave the scope by
forgetting something.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_, true
from sqlalchemy.sql import visitors

from kezhong.office.access.actor import Actor, Grant
from kezhong.office.access.permissions import Permission
from kezhong.office.access.roles import Reach
from kezhong.office.models.audit import AuditEntry
from kezhong.office.models.base import Scoped, all_mappers


def scoped_classes() -> list[type[Any]]:
    """All classes whose rows are seen by scope."""
    return [
        mapper.class_ for mapper in all_mappers() if issubclass(mapper.class_, Scoped) or mapper.class_ is AuditEntry
    ]


@cache
def _scoped_by_table() -> dict[str, type[Any]]:
    return {str(cls.__table__.name): cls for cls in scoped_classes()}


def scoped_in(statement: Any) -> list[Any]:
    """The scoped classes that a statement touches anywhere: in joins, aliases, subqueries, CTEs, correlated EXISTS.

    A statement with the criteria of all classes would find the same rows; making the cache key of thirty conditions,
    of which one is used, took longer than most queries. Joins along a relationship name their target nowhere in the
    statement, which is why no relationship may lead to a scoped class (tested with all mappers).
    """
    by_table = _scoped_by_table()
    names = {
        element.name  # type: ignore[attr-defined]
        for element in visitors.iterate(statement)
        if element.__visit_name__ == "table"
    }
    return [by_table[name] for name in sorted(names & by_table.keys())]


def criterion(cls: type[Any], actor: Actor, permission: Permission) -> ColumnElement[bool]:
    """Which rows of ``cls`` the actor may reach with ``permission``."""
    if actor.everything:
        return true()
    grants = actor.grants_for(permission)
    found = [condition for grant in grants for condition in _within(cls, grant)]
    if issubclass(cls, Scoped) and permission is cls.READ:
        found += [condition for grant in grants for condition in cls.shown_to(grant.org_path)]
    if actor.person_id is not None and issubclass(cls, Scoped) and actor.may(permission):
        found += cls.owned_by(actor.person_id)
    return or_(*found) if found else false()


def _within(cls: type[Any], grant: Grant) -> list[ColumnElement[bool]]:
    in_area = below(cls.area_path, grant.area_path)
    if cls is AuditEntry:  # a change is seen where it happened; whose it was does not widen that
        return [in_area]
    involved = [below(cls.org_path, grant.org_path), *cls.involves(grant.org_path)]
    if grant.reach is Reach.AREA:
        return [in_area, *involved]
    if grant.reach is Reach.LINE and grant.department is not None:
        return [and_(cls.department == grant.department, in_area), *involved]
    return involved


def below(column: Any, path: str) -> ColumnElement[bool]:
    """Whether a path lies at or below another; paths end with ``/``, so 15/1/ does not hold 15/12/."""
    condition: ColumnElement[bool] = column.startswith(path, autoescape=True)
    return condition


def covers(actor: Actor, permission: Permission, area_path: str, org_path: str, department: str | None) -> bool:
    """Whether the actor may put a row at this place: the same rule as :func:`criterion`, on values.

    Used for rows that are not in the database yet. Joint units and owners do not count: nobody creates by them.
    """
    if actor.everything:
        return True
    for grant in actor.grants_for(permission):
        in_area = area_path.startswith(grant.area_path)
        if org_path.startswith(grant.org_path) or (grant.reach is Reach.AREA and in_area):
            return True
        if grant.reach is Reach.LINE and grant.department and grant.department == department and in_area:
            return True
    return False
