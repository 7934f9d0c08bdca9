"""The clock's round: lights, reminders, escalation; once each, whatever the clock and other processes do."""

from __future__ import annotations

import sys
import threading
import time
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, insert, select, text

from kezhong import clock
from kezhong.office.models import AuditEntry, Notice, Organisation, Person, ReminderSent, StepTaken, Task
from kezhong.office.steps import take_step
from kezhong.office.telling.round import Round, clock_round
from office_world import World
from tasks_world import make_task

#: Friday 30 December 2022 is worked; 09:00 in the city is 01:00 UTC.
DUE = date(2022, 12, 30)


def at(day: str, hour: int = 2) -> datetime:
    return datetime.fromisoformat(day).replace(hour=hour, tzinfo=UTC)


def open_task(world: World, org: str = "east", code: str = "T1", **more: Any) -> int:
    values = {"state": "in_progress", "issued_at": at("2022-03-01"), "progress": 10} | more
    return make_task(world, org, code, due=values.pop("due", DUE), **values)


def notices(world: World) -> list[tuple[str, str]]:
    """Who was told what; the grid member of the first community, who is told what the community is, left out."""
    with world.office.acting(world.office.system("t")) as session:
        rows = session.execute(
            select(Person.username, Notice.kind).join(Person, Person.id == Notice.person_id).order_by(Notice.id)
        )
        return [(row[0], row[1]) for row in rows if row[0] != "grid"]


def light(world: World, task: int) -> tuple[str, str]:
    with world.office.acting(world.office.system("t")) as session:
        row = session.one(Task, task)
        return row.light, row.light_reason


def test_lights_follow_the_time(world: World) -> None:
    task = open_task(world, progress=0)
    draft = make_task(world, "east", "T2", due=DUE)
    assert clock_round(world.office, at("2022-03-01")).lights == 2
    assert light(world, task) == ("green", "calendar.light_on_schedule")
    assert light(world, draft)[0] == "grey"
    clock_round(world.office, at("2022-03-10"))
    assert light(world, task) == ("yellow", "calendar.light_behind")
    clock_round(world.office, at("2022-10-10"))
    assert light(world, task) == ("red", "calendar.light_far_behind")
    assert clock_round(world.office, at("2022-10-10")).lights == 0
    clock_round(world.office, at("2023-01-03"))
    assert light(world, task) == ("red", "calendar.light_overdue")
    with world.office.acting(world.office.system("t")) as session:
        assert session.one(Task, task).version == 1  # nobody's form gets stale by the passing of time


def test_reminders_and_escalation_once_each(world: World) -> None:
    task = open_task(world, "community-150301001001")
    people = world.office
    clock_round(people, at("2022-12-20"))
    assert notices(world) == []
    assert clock_round(people, at("2022-12-23")).reminders == 1
    assert clock_round(people, at("2022-12-23", 5)).reminders == 0
    assert notices(world) == [("community", "due_soon")]
    clock_round(people, at("2022-12-28"))
    clock_round(people, at("2022-12-30"))
    assert notices(world)[1:] == [("community", "due_soon"), ("community", "due_today")]
    assert clock_round(people, at("2023-01-03")).escalations == 1  # the first working day after the holiday
    assert notices(world)[3:] == [("street", "escalated"), ("community", "overdue")]
    clock_round(people, at("2023-01-09"))
    assert ("east", "escalated") in notices(world)
    clock_round(people, at("2023-01-16"))
    assert ("office", "escalated") in notices(world)
    with world.office.acting(world.office.system("t")) as session:
        row = session.one(Task, task)
        assert row.escalated_to == "office"
        told = session.scalars(
            select(StepTaken).where(StepTaken.transition == "escalated").order_by(StepTaken.id)
        ).all()
        assert [one.details["to"] for one in told] == ["superior", "district", "office"]
        audited = session.scalars(select(AuditEntry.action).where(AuditEntry.action == "task.escalate")).all()
        assert len(audited) == 3
    before = len(notices(world))
    assert clock_round(people, at("2023-03-01")) == Round(0, 0, 0)
    clock_round(people, at("2022-12-23"))  # the clock jumps back
    assert len(notices(world)) == before


def test_a_jump_forward_tells_the_highest_level_only(world: World) -> None:
    open_task(world, "community-150301001001")
    assert clock_round(world.office, at("2023-02-01")).escalations == 1
    assert sorted(notices(world)) == [
        ("community", "overdue"), ("east", "escalated"), ("office", "escalated"), ("street", "escalated"),
    ]  # fmt: skip


def test_a_new_deadline_reminds_anew(world: World) -> None:
    task = open_task(world)
    clock_round(world.office, at("2022-12-30"))
    office = world.actor("office")  # whose role began today
    with clock.frozen(at("2022-12-31")), world.office.acting(office) as session:
        row = session.one(Task, task)
        take_step(session, row, "suspend", reason="等待资金", fields={"due": "2023-06-30"})
        assert row.light == "grey"
    clock_round(world.office, at("2023-06-29"))
    assert ("east", "due_soon") not in notices(world)  # suspended: nobody is reminded
    with clock.frozen(at("2023-06-01")), world.office.acting(office) as session:
        take_step(session, session.one(Task, task), "resume")
    clock_round(world.office, at("2023-06-28"))
    assert ("east", "due_soon") in notices(world)


def test_what_awaits_review_is_not_late(world: World) -> None:
    task = open_task(world, progress=100)
    east = world.actor("east")
    with clock.frozen(at("2022-12-29")), world.office.acting(east) as session:
        take_step(session, session.one(Task, task), "report", fields={"reply": "已完成"})
    assert clock_round(world.office, at("2023-02-01")).escalations == 0
    assert light(world, task) == ("green", "calendar.light_done")


def test_a_dissolved_unit_is_told_through_its_successor(world: World) -> None:
    open_task(world, "d-commerce")
    with world.office.acting(world.office.system("t")) as session:
        unit = session.get(Organisation, world.org["d-commerce"])
        assert unit is not None
        unit.valid_to, unit.successor_id = date(2022, 6, 30), world.org["d-civil"]
    clock_round(world.office, at("2022-12-30"))
    assert notices(world) == [("civil", "due_today")]


def test_two_rounds_at_once(world: World) -> None:
    for k in range(40):
        open_task(world, code=f"T{k}")
    found: list[Round] = []
    threads = [
        threading.Thread(target=lambda: found.append(clock_round(world.office, at("2022-12-30")))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(one.reminders for one in found) == 40
    assert len(notices(world)) == 40


def test_the_lock_is_taken_by_another_process(world: World) -> None:
    open_task(world)
    with world.office.database.app_engine.connect() as other:
        other.execute(text("SELECT pg_advisory_lock(:n)"), {"n": 0x6B7A636C})
        assert clock_round(world.office, at("2022-12-30")).skipped
        other.execute(text("SELECT pg_advisory_unlock(:n)"), {"n": 0x6B7A636C})
    assert clock_round(world.office, at("2022-12-30")).reminders == 1


def test_a_round_that_fails_halfway_goes_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    open_task(world)
    from kezhong.office.telling import reminding

    def fail(*_: Any) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(reminding, "tell", fail)
        with pytest.raises(RuntimeError):
            clock_round(world.office, at("2022-12-30"))
    with world.office.acting(world.office.system("t")) as session:
        assert session.scalar(select(func.count()).select_from(ReminderSent)) == 0  # nothing claims to be told
    assert clock_round(world.office, at("2022-12-30")).reminders == 1


@pytest.mark.slow
def test_twenty_thousand_tasks(world: World) -> None:
    with world.office.acting(world.office.system("t")) as session:
        unit = session.get(Organisation, world.org["east"])
        assert unit is not None
        rows = [
            {
                "programme_id": world.programme, "code": f"K{k}", "title": "任务", "level": unit.level,
                "starts_on": date(2022, 3, 1), "due_on": date(2022, 6, 1) + timedelta(days=k % 500),
                "state": ("in_progress", "accepted", "issued", "closed")[k % 4], "progress": k % 101,
                "issued_at": at("2022-03-01"), "area_code": unit.area_code, "area_path": unit.area_path,
                "org_id": unit.id, "org_path": unit.path, "version": 1,
            }
            for k in range(20_000)
        ]  # fmt: skip
        session.connection().execute(insert(Task), rows)
    begun = time.perf_counter()
    done = clock_round(world.office, at("2023-01-03"))
    seconds = time.perf_counter() - begun
    assert done.escalations > 5000
    sys.stdout.write(f"{done} in {seconds:.2f} s\n")
    begun = time.perf_counter()
    clock_round(world.office, at("2023-01-03", 3))
    again = time.perf_counter() - begun
    sys.stdout.write(f"again in {again:.2f} s\n")
    assert again < 5
