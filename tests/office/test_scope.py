"""Scope in the query, guards of the unit of work."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from kezhong.errors import NotFoundError, PermissionDeniedError
from kezhong.office.access.permissions import Permission
from kezhong.office.models import Organisation, Task
from kezhong.office.session import ChangedMeanwhileError
from office_world import World


def add_task(world: World, org: str, code: str) -> int:
    with world.office.acting(world.office.system("test")) as session:
        unit = session.get(Organisation, world.org[org])
        task = Task(
            programme_id=world.programme, code=code, title="任务", level=unit.level, starts_on=date(2022, 3, 1),
            area_code=unit.area_code, area_path=unit.area_path, org_id=unit.id, org_path=unit.path, department=unit.department,
        )  # fmt: skip
        session.add(task)
        session.flush()
        return task.id


def seen(world: World, name: str) -> set[str]:
    with world.office.acting(world.actor(name)) as session:
        return set(session.rows(select(Task.code)))


def test_each_role_sees_its_own(world: World) -> None:
    for org in (
        "d-civil",
        "d-commerce",
        "east",
        "west",
        "east-civil",
        "community-150301001001",
        "community-150301001002",
    ):
        add_task(world, org, org)
    assert seen(world, "office") == {
        "d-civil",
        "d-commerce",
        "east",
        "west",
        "east-civil",
        "community-150301001001",
        "community-150301001002",
    }
    assert seen(world, "civil") == {"d-civil", "east-civil"}
    assert seen(world, "east-civil") == {"east-civil"}
    assert seen(world, "east") == {"east", "east-civil", "community-150301001001", "community-150301001002"}
    assert seen(world, "west") == {"west"}
    assert seen(world, "street") == {"community-150301001001", "community-150301001002"}
    assert seen(world, "community") == {"community-150301001001"}


def test_out_of_scope_is_not_found(world: World) -> None:
    key = add_task(world, "west", "w")
    with world.office.acting(world.actor("east")) as session, pytest.raises(NotFoundError):
        session.one(Task, key, Permission.WRITE_TASK)


def test_writing_needs_a_permission(world: World) -> None:
    key = add_task(world, "east", "e")
    with (
        pytest.raises(AssertionError, match="without a permission"),
        world.office.acting(world.actor("east")) as session,
    ):
        session.one(Task, key).title = "改"
    with world.office.acting(world.actor("east")) as session:
        task = session.one(Task, key, Permission.WRITE_TASK)
        task.area_path, task.org_path = "150300/150302/", "999/"
        with pytest.raises(PermissionDeniedError):
            session.flush()
        session.rollback()


def test_a_second_writer_is_told(world: World) -> None:
    key = add_task(world, "east", "e")
    with world.office.acting(world.actor("east")) as session:
        session.one(Task, key, Permission.WRITE_TASK, version=1).title = "一"
    with pytest.raises(ChangedMeanwhileError), world.office.acting(world.actor("office")) as session:
        session.one(Task, key, Permission.WRITE_TASK, version=1).title = "二"
