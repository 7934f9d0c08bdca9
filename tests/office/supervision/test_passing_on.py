"""What a unit says on its sheet becomes its word on its tasks, passed on by whoever accepts the sheet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from kezhong import clock
from kezhong.errors import ConflictError, PermissionDeniedError
from kezhong.office.access.permissions import Permission
from kezhong.office.machines import IllegalStepError
from kezhong.office.models import AuditEntry, DispatchSheet, StepTaken, Task
from kezhong.office.steps import InName, course, take_step
from kezhong.office.supervision import sheets
from kezhong.office.tasks.handling import report_progress
from office_world import World
from supervision_world import NOW, add_task, opened


@pytest.fixture(autouse=True)
def _november() -> Iterator[None]:
    with clock.frozen(NOW):
        yield


def taken_over(world: World, unit: str, reply: dict[str, Any], by: str = "office") -> DispatchSheet:
    """A sheet of one row, handed in by its unit and accepted by somebody above."""
    sheet = opened(world)[unit]
    name = {"community-150301001001": "community"}.get(unit, unit)
    with world.office.acting(world.actor(name)) as session:
        row = session.one(DispatchSheet, sheet).rows[0]["row"]
        sheets.fill_sheet(session, sheet, [{"row": row, **reply}])
    with world.office.acting(world.actor(by)) as session:
        return sheets.accept_sheet(session, sheet)


def told(world: World, key: int, name: str) -> tuple[Task, list[dict[str, Any]]]:
    with world.office.acting(world.actor(name)) as session:
        row = session.one(Task, key)
        return row, course(session, row)


def test_progress_of_a_sheet_is_the_units_own(world: World) -> None:
    key = add_task(world, "east", "E-1", state="issued")
    taken_over(world, "east", {"progress": 40, "situation": "主体完工"})
    row, steps = told(world, key, "east")
    assert (row.state, row.progress, row.progress_note) == ("in_progress", 40, "主体完工")
    assert [one["transition"] for one in steps] == ["accept", "start", "progress"]
    assert {(one["unit"], one["person"], one["details"]["passed_on_by"]) for one in steps} == {
        ("东岸区", "office员", "市领导小组办公室")
    }
    sheet = "东岸区2022年11月月调度表"
    assert [one["reason"] for one in steps] == [sheet, sheet, f"{sheet}；主体完工"]
    with world.office.acting(world.office.system("test")) as session:
        reasons = {one.reason for one in session.query(AuditEntry).filter(AuditEntry.action == "task.progress")}
    assert reasons == {sheet}


def test_done_on_a_sheet_is_reported_with_every_step_on_the_way(world: World) -> None:
    key = add_task(world, "community-150301001001", "K-1", state="returned", progress=90)
    taken_over(world, "community-150301001001", {"progress": 100, "done": "是", "situation": "已开放"}, by="east")
    row, steps = told(world, key, "community")
    assert (row.state, row.progress, row.progress_note) == ("reported", 100, "已开放")
    assert [one["transition"] for one in steps] == ["rework", "report"]
    assert steps[1]["details"] == {"reply": "已开放", "passed_on_by": "东岸区"}


def test_a_text_alone_leaves_the_progress_and_begins_nothing(world: World) -> None:
    key = add_task(world, "east", "E-1", state="issued")
    sheet = taken_over(world, "east", {"situation": "等资金"})
    row, steps = told(world, key, "east")
    assert (row.state, row.progress, row.progress_note) == ("issued", 0, "等资金")
    assert [one["transition"] for one in steps] == ["progress"]
    assert sheet.written[0]["outcome"] == "written"


def test_a_number_alone_leaves_what_was_said(world: World) -> None:
    key = add_task(world, "east", "E-1", progress=20, progress_note="已开工")
    taken_over(world, "east", {"progress": 30})
    row, _ = told(world, key, "east")
    assert (row.progress, row.progress_note) == (30, "已开工")


def test_a_whole_goes_on_following_its_parts(world: World) -> None:
    whole = add_task(world, "east", "E-1", progress=50)
    part = add_task(world, "street-150301001", "K-1", parent_id=whole, progress=50)
    taken_over(world, "east", {"progress": 50, "situation": "按计划"})
    assert not told(world, whole, "east")[0].progress_by_hand
    with world.office.acting(world.actor("street")) as session:
        report_progress(session, part, None, 80)
    assert told(world, whole, "east")[0].progress == 80


def test_a_whole_whose_sheet_says_otherwise_is_set_by_hand(world: World) -> None:
    whole = add_task(world, "east", "E-1", progress=50)
    add_task(world, "street-150301001", "K-1", parent_id=whole, progress=50)
    taken_over(world, "east", {"progress": 60})
    row, _ = told(world, whole, "east")
    assert (row.progress, row.progress_by_hand) == (60, True)


def test_in_the_name_of_a_unit_that_does_not_lead(world: World) -> None:
    key = add_task(world, "east", "E-1", state="issued")
    with world.office.acting(world.actor("office")) as session:
        task = session.one(Task, key)
        other = InName(world.org["west"], "调度表")
        with pytest.raises(PermissionDeniedError, match="牵头"):
            take_step(session, task, "accept", in_name=other)
        with pytest.raises(PermissionDeniedError):
            report_progress(session, key, None, 10, in_name=other)
        with pytest.raises(PermissionDeniedError):  # it is the office's own word that it may not give for the unit
            take_step(session, task, "accept")
        assert session.query(StepTaken).count() == 0


def test_in_the_name_of_a_unit_by_who_holds_no_right_over_it(world: World) -> None:
    key = add_task(world, "east", "E-1", state="issued")
    with world.office.acting(world.actor("east")) as session:
        task = session.one(Task, key)
    with world.office.acting(world.actor("west")) as session, pytest.raises(PermissionDeniedError):
        take_step(session, task, "accept", in_name=InName(world.org["east"], "调度表"))


def test_no_step_in_a_name_leads_out_of_the_wrong_state(world: World) -> None:
    key = add_task(world, "east", "E-1", state="closed")
    with world.office.acting(world.actor("office")) as session:
        name = InName(world.org["east"], "调度表")
        with pytest.raises(IllegalStepError):
            take_step(session, session.one(Task, key), "report", fields={"reply": "x"}, in_name=name)
        with pytest.raises(ConflictError):
            report_progress(session, key, None, 10, in_name=name)


def test_the_units_own_staff_pass_nothing_on(world: World) -> None:
    key = add_task(world, "east", "E-1", state="returned", progress=60)
    with world.office.acting(world.actor("east")) as session:
        task = session.one(Task, key, Permission.HANDLE_TASK)
        report_progress(session, key, task.version, 70, "已整改")
    row, steps = told(world, key, "east")
    assert (row.state, [one["transition"] for one in steps]) == ("in_progress", ["rework", "progress"])
    assert all("passed_on_by" not in one["details"] for one in steps)
    with world.office.acting(world.actor("office")) as session, pytest.raises(PermissionDeniedError):
        report_progress(session, key, None, 75)
