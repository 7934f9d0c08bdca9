"""However a statement reaches a scoped table, the scope is in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Select, exists, func, literal, select, union
from sqlalchemy.orm import aliased
from test_scope import add_task

from kezhong.office.access.scope import scoped_classes
from kezhong.office.models import Organisation, Pilot, Task, TaskUnit
from kezhong.office.models.base import all_mappers
from office_world import World

_Other = aliased(Task)
_numbers = select(Task.id, Task.code).cte("numbers")
_below = select(Task.code).where(Task.org_id == Organisation.id).lateral()

#: Statements that answer with the codes of tasks, or with something that tells how many there are.
CODES: dict[str, Callable[[], Select[Any]]] = {
    "plain": lambda: select(Task.code),
    "entity": lambda: select(Task),
    "alias": lambda: select(_Other.code),
    "alias beside the class": lambda: select(_Other.code).join(Task, Task.id == _Other.id),
    "joined": lambda: select(Task.code).select_from(Organisation).join(Task, Task.org_id == Organisation.id),
    "outer joined": lambda: select(Task.code).select_from(Organisation).outerjoin(Task, Task.org_id == Organisation.id),
    "subquery": lambda: select(select(Task.code).subquery().c.code),
    "cte": lambda: select(_numbers.c.code),
    "lateral": lambda: select(_below.c.code).select_from(Organisation).join(_below, literal(True)),
    "along a relationship": lambda: select(Task.code).outerjoin(Task.units),
}
UNITS: dict[str, Callable[[], Select[Any]]] = {
    "exists": lambda: select(Organisation.code).where(exists().where(Task.org_id == Organisation.id)),
    "select exists": lambda: select(Organisation.code).where(
        select(Task.id).where(Task.org_id == Organisation.id).exists()
    ),
    "in": lambda: select(Organisation.code).where(Organisation.id.in_(select(Task.org_id))),
    "in two steps": lambda: select(Organisation.code).where(
        Organisation.id.in_(select(Task.org_id).where(Task.id.in_(select(_Other.id))))
    ),
    "scalar in the condition": lambda: select(Organisation.code).where(
        select(func.count(Task.id)).where(Task.org_id == Organisation.id).scalar_subquery() > 0
    ),
    "grouped": lambda: (
        select(Organisation.code)
        .group_by(Organisation.id, Organisation.code)
        .having(select(func.count(Task.id)).where(Task.org_id == Organisation.id).scalar_subquery() > 0)
    ),
}


@pytest.fixture
def two(world: World) -> World:
    """A task in each of two districts."""
    add_task(world, "east", "e")
    add_task(world, "west", "w")
    return world


@pytest.mark.parametrize("shape", CODES)
def test_rows_of_the_own_district_only(two: World, shape: str) -> None:
    with two.office.acting(two.actor("east")) as session:
        found = {getattr(row, "code", row) for row in session.execute(CODES[shape]()).scalars()} - {None}
    assert found == {"e"}


@pytest.mark.parametrize("shape", UNITS)
def test_units_are_not_told_by_tasks_out_of_sight(two: World, shape: str) -> None:
    with two.office.acting(two.actor("east")) as session:
        found = set(session.execute(UNITS[shape]()).scalars())
    assert found == {"east"}


def test_counts_and_unions(two: World) -> None:
    with two.office.acting(two.actor("east")) as session:
        assert session.scalar(select(func.count(Task.id))) == 1
        assert session.scalar(select(select(func.count()).select_from(Task).scalar_subquery())) == 1
        assert set(session.execute(union(select(Task.code), select(Pilot.name))).scalars()) == {"e"}


def test_no_relationship_leads_to_a_scoped_class() -> None:
    """A join along a relationship names its target nowhere in the statement: the scope would not find it."""
    scoped = set(scoped_classes())
    assert TaskUnit not in scoped
    leading = [
        str(relation)
        for mapper in all_mappers()
        for relation in mapper.relationships
        if relation.mapper.class_ in scoped
    ]
    assert leading == []
