"""Copies of paths in every scoped table follow when something moves."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import BigInteger, Boolean, Date, DateTime, Float, Integer, insert, select, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from kezhong import clock
from kezhong.office.models import Area, AuditEntry, Organisation, Scoped, all_mappers
from kezhong.office.models.base import ChildOf, Reference
from kezhong.office.organisation.paths import (
    area_tables,
    move_subtree,
    refresh_area_paths,
    scoped_tables,
    stale_copies,
)
from kezhong.office.organisation.succession import GOES, STAYS
from office_world import EAST, World


def test_every_class_says_who_sees_it() -> None:
    for mapper in all_mappers():
        cls = mapper.class_
        assert cls.KIND, cls
        if issubclass(cls, Reference):
            assert cls.WHY.strip(), cls
            assert not issubclass(cls, Scoped | ChildOf), cls
        else:
            assert issubclass(cls, Scoped | ChildOf) or cls is AuditEntry, cls
        if issubclass(cls, Scoped):
            assert cls.READ is not None, cls


def test_every_scoped_class_says_what_becomes_of_it_when_its_unit_ends() -> None:
    scoped = {mapper.class_ for mapper in all_mappers() if issubclass(mapper.class_, Scoped)}
    decided = set(GOES) | {cls for cls in scoped if cls.__name__ in STAYS}
    assert decided == scoped
    assert not {cls.__name__ for cls in GOES} & STAYS


def filler(column: Any) -> Any:
    """Some value of a column's type."""
    kind = column.type
    if isinstance(kind, JSONB):
        return []
    if isinstance(kind, ARRAY):
        return []
    if isinstance(kind, Boolean):
        return False
    if isinstance(kind, Integer | BigInteger | Float):
        return 1
    if isinstance(kind, Date):
        return date(2026, 1, 1)
    if isinstance(kind, DateTime) or "Instant" in type(kind).__name__:
        return clock.now()
    return f"x{column.table.name}{column.name}"


@pytest.fixture
def filled(world: World) -> World:
    """One row in every scoped table for a unit of the eastern district, whatever else the table asks for."""
    with world.office.database.owner_engine.begin() as connection:
        # Foreign keys and checks are dropped in this throw-away database: any value will do here.
        wanted = text(
            "select conrelid::regclass::text, conname from pg_constraint where contype in ('f', 'c') "
            "and conrelid::regclass::text = any(:tables)"
        )
        names = [table.name for table in scoped_tables()]
        for table_name, constraint in connection.execute(wanted, {"tables": names}).all():
            connection.execute(text(f'alter table {table_name} drop constraint "{constraint}"'))
        unit = connection.execute(select(Organisation.__table__).where(Organisation.code == "east-civil")).one()
        for table in scoped_tables():
            values = {
                column.name: filler(column)
                for column in table.c
                if not column.nullable and column.identity is None and column.server_default is None
            }
            values |= {
                "area_code": unit.area_code, "area_path": unit.area_path, "org_id": unit.id, "org_path": unit.path,
                "department": unit.department,
            }  # fmt: skip
            for name in ("state", "status"):
                if name in table.c:
                    values[name] = "active" if table.name == "person" else "open"
            connection.execute(insert(table).values(**values))
    return world


def test_a_subtree_takes_all_copies_along(filled: World) -> None:
    world = filled
    with world.office.acting(world.office.system("test")) as session:
        unit = session.get(Organisation, world.org["east"])
        below = session.get(Organisation, world.org["east-civil"])
        done = move_subtree(session, unit, f"{world.org['office']}/{unit.id}/")
        assert below.path == f"{world.org['office']}/{unit.id}/{below.id}/"
        assert stale_copies(session) == {}
        for table in scoped_tables():
            assert done.rows.get(table.name), table.name
            found = session.connection().execute(select(table.c.org_path).where(table.c.org_id == below.id)).scalars()
            assert set(found) == {below.path}, table.name


def test_a_line_that_changes_is_copied(filled: World) -> None:
    world = filled
    with world.office.acting(world.office.system("test")) as session:
        below = session.get(Organisation, world.org["east-civil"])
        below.department = "social_work"
        move_subtree(session, below, below.path)
        assert stale_copies(session) == {}


def test_areas_that_move_take_all_copies_along(filled: World) -> None:
    world = filled
    with world.office.acting(world.office.system("test")) as session:
        area = session.get(Area, EAST)
        old = area.path
        area.path = f"150300/X/{EAST}/"
        done = refresh_area_paths(session)
        assert stale_copies(session) == {}
        assert {"organisation", "task", "person"} <= set(done.rows)
        for table in area_tables():
            if table.name != "area":
                left = (
                    session.connection().execute(select(table.c.area_path).where(table.c.area_code == EAST)).scalars()
                )
                assert old not in set(left), table.name


def test_the_audit_is_never_rewritten() -> None:
    assert AuditEntry.__table__ not in area_tables()
    assert AuditEntry.__table__ not in scoped_tables()
