"""Steps of the state machines, taken on rows by people of several units."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from kezhong.errors import InputError, NotFoundError, PermissionDeniedError
from kezhong.office.access.permissions import Permission
from kezhong.office.access.roles import roles
from kezhong.office.machines import IllegalStepError, load_machines
from kezhong.office.models import AuditEntry, StepTaken, Task
from kezhong.office.session import ChangedMeanwhileError
from kezhong.office.steps import allowed_steps, course, take_step
from office_world import World
from tasks_world import make_task


def step(world: World, name: str, task: int, transition: str, **more: Any) -> str:
    with world.office.acting(world.actor(name)) as session:
        row = session.one(Task, task)
        return take_step(session, row, transition, **more).state


def ids(world: World, name: str, task: int) -> list[str]:
    with world.office.acting(world.actor(name)) as session:
        return [one["id"] for one in allowed_steps(session, session.one(Task, task))]


def test_every_permission_of_the_machines_is_one_of_the_roles() -> None:
    held = frozenset[Permission]().union(*(role.permissions for role in roles().values()))
    assert {Permission(name) for machine in load_machines().values() for name in machine.permissions} <= held


def test_a_task_goes_its_way(world: World) -> None:
    task = make_task(world, "east", "T1", issuer="office", due=date(2022, 12, 30))
    assert ids(world, "office", task) == ["issue", "withdraw"]
    assert ids(world, "east", task) == []
    assert step(world, "office", task, "issue") == "issued"
    assert ids(world, "east", task) == ["accept", "refuse"]
    assert step(world, "east", task, "accept") == "accepted"
    assert step(world, "east", task, "start") == "in_progress"
    assert step(world, "east", task, "report", fields={"reply": "已完成"}) == "reported"
    assert step(world, "office", task, "return", reason="缺少数据") == "returned"
    assert step(world, "east", task, "rework") == "in_progress"
    assert step(world, "east", task, "report", fields={"reply": "已补充"}) == "reported"
    assert step(world, "office", task, "approve") == "closed"
    with world.office.acting(world.actor("east")) as session:
        row = session.one(Task, task)
        told = course(session, row)
        assert row.done_at is not None
    assert [one["transition"] for one in told] == [
        "issue", "accept", "start", "report", "return", "rework", "report", "approve",
    ]  # fmt: skip
    assert told[4]["reason"] == "缺少数据"
    assert told[4]["person"] == "office员"
    assert told[3]["details"] == {"reply": "已完成"}
    with world.office.acting(world.office.system("test")) as session:
        actions = set(session.scalars(select(AuditEntry.action).where(AuditEntry.object_kind == "task")))
    assert {"task.issue", "task.return", "task.approve"} <= actions


def test_what_is_not_possible_says_what_is(world: World) -> None:
    task = make_task(world, "east", "T1", issuer="office", due=date(2022, 12, 30))
    with pytest.raises(IllegalStepError) as problem:
        step(world, "office", task, "approve")
    assert problem.value.details["allowed"] == ["issue", "withdraw"]


def test_who_is_not_the_unit_may_not(world: World) -> None:
    task = make_task(world, "east", "T1", issuer="office", due=date(2022, 12, 30))
    step(world, "office", task, "issue")
    with pytest.raises(PermissionDeniedError) as problem:
        step(world, "office", task, "accept")
    assert problem.value.code == "steps.not_yours"
    with pytest.raises(NotFoundError):
        step(world, "west", task, "accept")
    with pytest.raises(PermissionDeniedError):
        step(world, "inspector", task, "accept")
    below = make_task(world, "community-150301001001", "T2", issuer="east", due=date(2022, 12, 30))
    step(world, "east", below, "issue")
    with pytest.raises(PermissionDeniedError):
        step(world, "street", below, "accept")
    assert step(world, "community", below, "accept") == "accepted"
    step(world, "community", below, "start")
    step(world, "community", below, "report", fields={"reply": "好"})
    assert step(world, "street", below, "return", reason="请补充") == "returned"  # the level above


def test_inputs_are_asked_for(world: World) -> None:
    task = make_task(world, "east", "T1", issuer="office", due=None)
    with pytest.raises(InputError) as problem:
        step(world, "office", task, "issue")
    assert problem.value.details["missing"] == ["due"]
    assert step(world, "office", task, "issue", fields={"due": "2022-10-01"}) == "issued"
    with world.office.acting(world.actor("office")) as session:
        row = session.one(Task, task)
        assert row.due_on == date(2022, 10, 1)
        assert row.due_at is not None
        assert row.due_at.isoformat() == "2022-10-08T16:00:00+00:00"  # the holiday week, and a make-up Saturday
    with pytest.raises(InputError):
        step(world, "east", task, "refuse", reason=" ")
    with world.office.acting(world.actor("office")) as session:
        assert session.one(Task, task).state == "issued"


def test_an_older_version_is_told(world: World) -> None:
    task = make_task(world, "east", "T1", issuer="office", due=date(2022, 12, 30))
    with pytest.raises(ChangedMeanwhileError):
        step(world, "office", task, "issue", version=9)


def test_nothing_is_written_when_a_step_fails(world: World) -> None:
    task = make_task(world, "east", "T1", issuer="office", due=date(2022, 12, 30))
    with world.office.acting(world.actor("office")) as session:
        row = session.one(Task, task, Permission.WRITE_TASK)
        with pytest.raises(InputError):
            take_step(session, row, "withdraw")
    with world.office.acting(world.office.system("t")) as session:
        assert session.scalars(select(StepTaken)).all() == []


def test_the_software_takes_only_its_own_steps(world: World) -> None:
    task = make_task(world, "east", "T1", issuer="office", due=date(2022, 12, 30), state="awaiting_measurement")
    with world.office.acting(world.office.system("measure")) as session:
        row = session.one(Task, task)
        with pytest.raises(PermissionDeniedError):
            take_step(session, row, "measure_not_met", fields={"sheet": 1, "result": "x"})
        version = row.version
        take_step(session, row, "keep_awaiting", reason="数据不足")
        assert row.version > version  # the state stays, the version does not
