"""Copies of paths: a scope is one prefix in the query, so whatever moves in a tree is rewritten in one transaction.

Every scoped table holds ``area_path``, ``org_path`` and ``department`` beside the keys they come from. The functions
here walk all mapped classes, so that a new table needs no entry anywhere. Versions are not counted up: a path is no
value that somebody edits, and nobody's edit is to be refused for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Table, func, or_, select, update

from kezhong.office.models import Area, Organisation, Scoped, all_mappers, table_of
from kezhong.office.session import OfficeSession

_ORG, _AREA = table_of(Organisation), table_of(Area)


@dataclass(frozen=True, slots=True)
class Rewritten:
    """Rows that were rewritten, by table."""

    rows: dict[str, int]

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.rows.values())


def scoped_tables() -> list[Table]:
    """Tables with copies of both paths and of the line."""
    return [mapper.local_table for mapper in all_mappers() if issubclass(mapper.class_, Scoped)]  # type: ignore[misc]


def area_tables() -> list[Table]:
    """Tables with a copy of the path of an area, scoped or not; the audit is history and never rewritten."""
    found: list[Table] = []
    for mapper in all_mappers():
        table = mapper.local_table
        if isinstance(table, Table) and {"area_code", "area_path"} <= set(table.c.keys()):
            found.append(table)
    return found


def move_subtree(session: OfficeSession, unit: Organisation, new_path: str) -> Rewritten:
    """Put a unit and all below it at another path, with every copy of it.

    The unit's own ``parent_id`` and the like are the caller's to set; ``department`` is copied as it is now.
    """
    session.flush()
    old = unit.path
    connection = session.connection()
    if old != new_path:
        below = _ORG.c.path.startswith(old, autoescape=True)
        connection.execute(
            update(_ORG).where(below).values(path=func.concat(new_path, func.substr(_ORG.c.path, len(old) + 1)))
        )
        session.expire_all()
    return refresh_org_paths(session, new_path)


def refresh_org_paths(session: OfficeSession, below: str = "") -> Rewritten:
    """Bring all copies of ``org_path`` and ``department`` of units below a path to what the units say."""
    session.flush()
    rows: dict[str, int] = {}
    for table in scoped_tables():
        statement = (
            update(table)
            .where(table.c.org_id == _ORG.c.id, _ORG.c.path.startswith(below, autoescape=True))
            .where(or_(table.c.org_path != _ORG.c.path, _differs(table.c.department, _ORG.c.department)))
            .values(org_path=_ORG.c.path, department=_ORG.c.department)
        )
        rows[table.name] = session.connection().execute(statement).rowcount
    session.expire_all()
    return Rewritten({name: count for name, count in rows.items() if count})


def refresh_area_paths(session: OfficeSession) -> Rewritten:
    """Bring all copies of ``area_path`` to what the areas say: a community may have gone to another street."""
    session.flush()
    rows: dict[str, int] = {}
    for table in area_tables():
        statement = (
            update(table)
            .where(table.c.area_code == _AREA.c.code, table.c.area_path != _AREA.c.path)
            .values(area_path=_AREA.c.path)
        )
        rows[table.name] = session.connection().execute(statement).rowcount
    session.expire_all()
    return Rewritten({name: count for name, count in rows.items() if count})


def stale_copies(session: OfficeSession) -> dict[str, int]:
    """Rows whose copies differ from what they are copies of, by table; empty when all is well."""
    session.flush()
    found: dict[str, int] = {}
    connection = session.connection()
    for table in area_tables():
        areas = (select(func.count()).select_from(table.join(_AREA, _AREA.c.code == table.c.area_code))).where(
            table.c.area_path != _AREA.c.path
        )
        found[f"{table.name}.area_path"] = connection.execute(areas).scalar_one()
    for table in scoped_tables():
        units = select(func.count()).select_from(table.join(_ORG, _ORG.c.id == table.c.org_id))
        units = units.where(or_(table.c.org_path != _ORG.c.path, _differs(table.c.department, _ORG.c.department)))
        found[f"{table.name}.org_path"] = connection.execute(units).scalar_one()
    return {name: count for name, count in found.items() if count}


def _differs(one: Any, other: Any) -> ColumnElement[bool]:
    condition: ColumnElement[bool] = one.is_distinct_from(other)
    return condition
