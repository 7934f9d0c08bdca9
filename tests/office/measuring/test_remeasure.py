"""待复测: each branch after a closing, and nobody blamed for what the data cannot show."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

import small_city
from kezhong import clock
from kezhong.errors import ConflictError, InputError, NotFoundError, PermissionDeniedError
from kezhong.office.access.permissions import Permission
from kezhong.office.measuring.after import after_run
from kezhong.office.measuring.anew import Remeasured, remeasure
from kezhong.office.measuring.objections import decide_objection, file_objection
from kezhong.office.measuring.sheets import conclude_sheet, sheets_of, sign_sheet
from kezhong.office.models import Notice, Objection, Pilot, Setting, StepTaken, Task, Verification
from kezhong.office.steps import course, take_step
from measuring_world import (
    CLOSED,
    ELEMENT,
    FIRST,
    LATER,
    awaiting_task,
    make_pilot,
    make_target,
    next_run,
    reader,
    verdict,
)
from office_world import World
from tasks_world import make_task

STILL = f"sf-{ELEMENT}-{FIRST}"


def again(world: World, run: str, name: str = "office") -> Remeasured:
    with world.office.acting(world.actor(name)) as session:
        return remeasure(session, reader(world), run)


def state(world: World, task: int) -> str:
    with world.office.acting(world.office.system("test")) as session:
        return session.one(Task, task).state


def sheets(world: World, task: int) -> list[Verification]:
    with world.office.acting(world.office.system("test")) as session:
        return sheets_of(session, task)


def sign(world: World, sheet: int, finding: str, note: str = "", name: str = "community") -> Verification:
    with world.office.acting(world.actor(name)) as session:
        return sign_sheet(session, sheet, finding, note)


def conclude(world: World, sheet: int, name: str = "office") -> Verification:
    with world.office.acting(world.actor(name)) as session:
        return conclude_sheet(session, sheet)


def standing(world: World, code: str = "T1", **more: Any) -> tuple[int, int]:
    """A task whose shortfall still stands in a new run, and its sheet."""
    task = awaiting_task(world, code, **more)
    run = next_run(world, [verdict(FIRST, "falls_short")], still=[STILL])
    assert again(world, run).outcomes[task] == "sheet_issued"
    return task, sheets(world, task)[-1].id


def told(world: World, name: str) -> list[str]:
    with world.office.acting(world.office.system("test")) as session:
        rows = session.scalars(select(Notice).where(Notice.person_id == world.person[name]).order_by(Notice.id))
        return [str(row.details.get("what", row.details.get("step", row.kind))) for row in rows]


# the closing ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("shortfall", "after"), [(STILL, "awaiting_measurement"), (None, "closed")])
def test_only_what_came_of_a_shortfall_awaits_its_measurement(world: World, shortfall: str | None, after: str) -> None:
    task = make_task(world, "east", "T1", state="reported", shortfall_id=shortfall)
    with world.office.acting(world.actor("office")) as session:
        row = take_step(session, session.one(Task, task), "approve")
        assert row.state == after
        assert row.done_at is not None


# the branches ---------------------------------------------------------------------------------------------------------


def test_data_from_before_the_closing_show_nothing(world: World) -> None:
    task = awaiting_task(world)
    run = next_run(world, [verdict(FIRST, "meets")], when=CLOSED - timedelta(hours=1))
    assert again(world, run).counts == {"not_newer": 1}
    assert state(world, task) == "awaiting_measurement"


def test_gone_and_met(world: World) -> None:
    task = awaiting_task(world)
    run = next_run(world, [verdict(FIRST, "meets")])
    assert again(world, run).counts == {"met": 1}
    assert state(world, task) == "measured_met"
    assert sheets(world, task) == []
    with world.office.acting(world.actor("east")) as session:
        last = course(session, session.one(Task, task))[-1]
    assert (last["transition"], last["details"]["run"]) == ("measure_met", run)
    assert again(world, run).outcomes == {}


def test_still_there_asks_the_community_first(world: World) -> None:
    task, sheet = standing(world)
    assert state(world, task) == "awaiting_measurement"
    row = sheets(world, task)[0]
    assert (row.state, row.org_id, row.area_code) == ("issued", world.org[f"community-{FIRST}"], FIRST)
    assert row.measured["gap_zh"]
    assert row.measured["run"] == row.run_id
    assert row.due_at is not None
    assert "verification" in told(world, "community")
    assert again(world, row.run_id).outcomes[task] == "sheet_pending"  # twice with one run is once
    assert len(sheets(world, task)) == 1
    with pytest.raises(ConflictError) as problem, world.office.acting(world.actor("office")) as session:
        take_step(session, session.one(Task, task), "measure_not_met", fields={"sheet": sheet, "result": "x"})
    assert problem.value.code == "measuring.sheet_missing"


@pytest.mark.parametrize("finding", ["not_built", "confirmed"])
def test_confirmed_by_the_community_and_nobody_objects(world: World, finding: str) -> None:
    task, sheet = standing(world)
    signed = sign(world, sheet, finding)
    assert (signed.state, signed.finding) == ("community_signed", finding)
    assert signed.signed_by == world.person["community"]
    assert signed.object_until is not None
    with pytest.raises(ConflictError) as problem:
        conclude(world, sheet)
    assert problem.value.code == "measuring.may_object_still"
    assert state(world, task) == "awaiting_measurement"
    with clock.frozen(signed.object_until + timedelta(seconds=1)):
        assert conclude(world, sheet).state == "confirmed"
    assert state(world, task) == "measured_not_met"
    with world.office.acting(world.actor("east")) as session:
        last = course(session, session.one(Task, task))[-1]
    assert (last["transition"], last["details"]["sheet"]) == ("measure_not_met", sheet)


def test_ten_working_days_are_a_proposal_that_the_city_replaces(world: World) -> None:
    with clock.frozen(LATER):
        _, sheet = standing(world)
    with world.office.acting(world.actor("office")) as session:
        row = session.one(Verification, sheet)
        assert row.due_at is not None
        assert clock.local_day(row.due_at - timedelta(seconds=1)).isoformat() == "2026-12-16"
    with world.office.acting(world.office.system("test")) as session:
        session.add(Setting(key="measuring", value={"objection_workdays": 0}))
    assert sign(world, sheet, "not_built").object_until is None
    assert conclude(world, sheet).state == "confirmed"


def test_built_but_missing_in_the_data_is_against_nobody(world: World) -> None:
    task, sheet = standing(world)
    signed = sign(world, sheet, "built_but_missing_in_data", "9月已开业")
    assert "data_correction" in told(world, "analyst")
    assert "data_correction" in told(world, "office")
    assert signed.object_until is not None
    with clock.frozen(signed.object_until + timedelta(seconds=1)):
        conclude(world, sheet)
    assert state(world, task) == "awaiting_measurement"
    newer = next_run(world, [verdict(FIRST, "falls_short")], still=[STILL], when=LATER + timedelta(days=30), mark="b")
    assert again(world, newer).outcomes[task] == "waiting:data_correction"  # the community is not asked again
    assert len(sheets(world, task)) == 1
    mended = next_run(world, [verdict(FIRST, "meets")], when=LATER + timedelta(days=60), mark="c")
    assert again(world, mended).counts == {"met": 1}
    assert state(world, task) == "measured_met"


def test_something_else_keeps_the_task_waiting(world: World) -> None:
    task, sheet = standing(world)
    with pytest.raises(InputError) as problem:
        sign(world, sheet, "other")
    assert problem.value.code == "measuring.note_missing"
    signed = sign(world, sheet, "other", "道路施工封闭")
    assert signed.object_until is not None
    with clock.frozen(signed.object_until + timedelta(seconds=1)):
        conclude(world, sheet)
    assert state(world, task) == "awaiting_measurement"


@pytest.mark.parametrize("status", ["data_insufficient", "not_detected", "no_data"])
def test_what_the_data_cannot_show_is_held_against_nobody(world: World, status: str) -> None:
    task = awaiting_task(world)
    run = next_run(world, [verdict(FIRST, status)])
    assert again(world, run).outcomes[task] == f"waiting:{status}"
    assert state(world, task) == "awaiting_measurement"
    assert sheets(world, task) == []
    again(world, run)
    with world.office.acting(world.actor("office")) as session:
        steps = [one["transition"] for one in course(session, session.one(Task, task))]
        assert steps == ["keep_awaiting"]
        row = take_step(session, session.one(Task, task), "close_unmeasured", reason="来源无法反映")
        assert row.state == "closed_unmeasured"


def test_a_requirement_that_is_asked_for_no_longer(world: World) -> None:
    task = awaiting_task(world)
    other = verdict(FIRST, "meets", small_city.requirement_of("kindergarten"))
    assert again(world, next_run(world, [other])).outcomes[task] == "waiting:not_applicable"
    assert again(world, next_run(world, [], mark="b")).outcomes[task] == "waiting:no_data"


def test_out_of_the_list_but_not_met_is_no_success(world: World) -> None:
    task = awaiting_task(world)
    assert again(world, next_run(world, [verdict(FIRST, "falls_short")])).outcomes[task] == "waiting:not_in_list"
    assert state(world, task) == "awaiting_measurement"


def test_confirmed_absent_is_still_there(world: World) -> None:
    task = awaiting_task(world)
    run = next_run(world, [verdict(FIRST, "confirmed_absent")], still=[STILL])
    assert again(world, run).outcomes[task] == "sheet_issued"


def test_met_later_supersedes_the_sheet(world: World) -> None:
    task, sheet = standing(world)
    run = next_run(world, [verdict(FIRST, "meets")], when=LATER + timedelta(days=30), mark="b")
    again(world, run)
    assert state(world, task) == "measured_met"
    assert [one.state for one in sheets(world, task)] == ["superseded"]
    with pytest.raises(ConflictError):
        sign(world, sheet, "not_built")


def test_a_community_that_does_not_answer_is_asked_anew(world: World) -> None:
    task, _ = standing(world)
    run = next_run(world, [verdict(FIRST, "falls_short")], still=[STILL], when=LATER + timedelta(days=30), mark="b")
    assert again(world, run).outcomes[task] == "sheet_issued"
    assert [one.state for one in sheets(world, task)] == ["superseded", "issued"]
    sign(world, sheets(world, task)[-1].id, "not_built")
    run = next_run(world, [verdict(FIRST, "falls_short")], still=[STILL], when=LATER + timedelta(days=60), mark="c")
    assert again(world, run).outcomes[task] == "sheet_pending"  # somebody has looked: that is not thrown away


# objections -----------------------------------------------------------------------------------------------------------


def object_to(world: World, name: str, sheet: int, text: str = "已于11月投用") -> int:
    with world.office.acting(world.actor(name)) as session:
        return file_objection(session, "verification", sheet, text).id


def decide(world: World, objection: int, step: str, **more: Any) -> Objection:
    with world.office.acting(world.actor("office")) as session:
        return decide_objection(session, objection, step, **more)


@pytest.mark.parametrize("name", ["east", "street", "community"])
def test_who_is_affected_may_object_and_nothing_is_found_meanwhile(world: World, name: str) -> None:
    task, sheet = standing(world)
    until = sign(world, sheet, "not_built").object_until
    assert until is not None
    objection = object_to(world, name, sheet)
    assert "objection" in told(world, "office")
    assert sheets(world, task)[0].state == "objected"
    with clock.frozen(until + timedelta(days=1)), pytest.raises(ConflictError):
        conclude(world, sheet)
    assert state(world, task) == "awaiting_measurement"
    decide(world, objection, "take_up", fields={"due": "2027-01-29"})
    found = decide(world, objection, "dismiss", reason="现场仍未营业")
    assert (found.state, found.decision) == ("dismissed", "现场仍未营业")
    assert found.decided_at is not None
    row = sheets(world, task)[0]
    assert (row.state, row.finding) == ("community_signed", "not_built")
    with clock.frozen(until + timedelta(days=1)):
        conclude(world, sheet)
    assert state(world, task) == "measured_not_met"


def test_the_lead_unit_elsewhere_sees_the_sheet_and_may_object(world: World) -> None:
    _, sheet = standing(world, org="d-commerce", area=FIRST)
    sign(world, sheet, "not_built")
    assert object_to(world, "commerce", sheet)
    for name in ("west", "civil", "grid", "inspector"):
        with pytest.raises((NotFoundError, PermissionDeniedError)):
            object_to(world, name, sheet)


def test_an_upheld_objection_corrects_with_before_and_after(world: World) -> None:
    task, sheet = standing(world)
    sign(world, sheet, "not_built", "没看到")
    objection = object_to(world, "east", sheet)
    decide(world, objection, "take_up", fields={"due": "2027-01-29"})
    decide(world, objection, "uphold", reason="现场已营业")
    found = decide(world, objection, "correct", fields={"result": "改由社区重新核验"})
    assert found.before == {**(found.before or {}), "finding": "not_built", "note": "没看到"}
    assert found.after == {"result": "改由社区重新核验", "state": "issued"}
    assert found.decision.splitlines() == ["现场已营业", "改由社区重新核验"]
    row = sheets(world, task)[0]
    assert (row.state, row.finding, row.note, row.signed_by, row.object_until) == ("issued", "", "", None, None)
    assert sign(world, sheet, "built_but_missing_in_data").state == "community_signed"
    assert state(world, task) == "awaiting_measurement"


def test_a_withdrawn_objection_lets_the_sheet_stand(world: World) -> None:
    task, sheet = standing(world)
    sign(world, sheet, "not_built")
    objection = object_to(world, "east", sheet)
    with world.office.acting(world.actor("east")) as session:
        take_step(session, session.one(Objection, objection), "withdraw")
    assert sheets(world, task)[0].state == "community_signed"


def test_an_objection_to_a_finding_takes_it_back(world: World) -> None:
    task, sheet = standing(world)
    until = sign(world, sheet, "not_built").object_until
    assert until is not None
    with clock.frozen(until + timedelta(days=1)):
        conclude(world, sheet)
    with world.office.acting(world.actor("east")) as session:
        objection = file_objection(session, "task", task, "数据日期早于投用").id
    with pytest.raises(ConflictError) as problem, world.office.acting(world.actor("east")) as session:
        file_objection(session, "task", task, "再说一次")
    assert problem.value.code == "measuring.objected_already"
    decide(world, objection, "take_up", fields={"due": "2027-01-29"})
    decide(world, objection, "uphold", reason="属实")
    found = decide(world, objection, "correct", fields={"result": "撤销认定，重新实测"})
    assert (found.before, state(world, task)) == ({"state": "measured_not_met"}, "awaiting_measurement")
    assert [one.state for one in sheets(world, task)] == ["superseded"]


@pytest.mark.parametrize("kind", ["task", "verification", "nonsense"])
def test_what_cannot_be_objected_to_now(world: World, kind: str) -> None:
    task, sheet = standing(world)
    key = sheet if kind == "verification" else task
    with pytest.raises((ConflictError, InputError)), world.office.acting(world.actor("east")) as session:
        file_objection(session, kind, key, "不同意")
    with pytest.raises(InputError), world.office.acting(world.actor("east")) as session:
        file_objection(session, "task", task, "  ")


# scope, guards, hooks -------------------------------------------------------------------------------------------------


def test_only_the_community_signs_and_only_the_office_confirms(world: World) -> None:
    _, sheet = standing(world)
    for name in ("east", "west", "grid", "inspector", "civil", "street"):
        with pytest.raises((PermissionDeniedError, NotFoundError)):
            sign(world, sheet, "not_built", name=name)
    until = sign(world, sheet, "not_built").object_until
    assert until is not None
    with clock.frozen(until + timedelta(days=1)):
        for name in ("east", "community", "analyst", "auditor"):
            with pytest.raises((PermissionDeniedError, NotFoundError)):
                conclude(world, sheet, name)


def test_a_sheet_is_seen_where_it_belongs(world: World) -> None:
    standing(world)
    for name, number in (("office", 1), ("east", 1), ("community", 1), ("west", 0), ("civil", 0), ("commerce", 0)):
        with world.office.acting(world.actor(name)) as session:
            assert len(session.rows(select(Verification))) == number, name


def test_nobody_declares_a_task_met(world: World) -> None:
    task = awaiting_task(world)
    with pytest.raises(ConflictError) as problem, world.office.acting(world.actor("office")) as session:
        take_step(session, session.one(Task, task), "measure_met", fields={"result": "达标"})
    assert problem.value.code == "measuring.only_by_measurement"


def test_without_a_unit_of_the_community_the_street_is_asked(world: World) -> None:
    from kezhong.office.models import Organisation

    with world.office.acting(world.office.system("test")) as session:
        session.get(Organisation, world.org[f"community-{FIRST}"]).valid_to = clock.today() - timedelta(days=1)  # type: ignore[union-attr]
    task, _ = standing(world)
    assert sheets(world, task)[0].org_id == world.org[f"street-{FIRST[:9]}"]


def test_a_shortfall_of_a_circle_asks_the_community_nearest_to_it(world: World) -> None:
    from kezhong.office.models import Area

    third = small_city.COMMUNITIES[2]
    with world.office.acting(world.office.system("test")) as session:
        place, circle = session.get(Area, third), session.get(Area, "LC1")
        assert place is not None
        assert circle is not None
        path, lon, lat = circle.path, place.lon, place.lat
    from measuring_world import shortfall_row

    row = {**shortfall_row(), "area_code": "LC1", "lon": lon, "lat": lat}
    task, _ = standing(world, shortfall=row, area_code="LC1", area_path=path)
    assert sheets(world, task)[0].area_code == third


def test_everything_is_measured_after_a_run_of_head(world: World) -> None:
    task = awaiting_task(world)
    make_target(world, "count", 1, metric="circles_accepted")
    run = next_run(world, [verdict(FIRST, "meets")])
    found = after_run(world.office, run)
    assert found is not None
    assert (found.targets, found.promises, found.tasks) == (1, 0, {"met": 1})
    assert state(world, task) == "measured_met"
    next_run(world, [], when=LATER + timedelta(days=1), mark="b")
    assert after_run(world.office, run) is None  # HEAD has moved on
    assert after_run(world.office, "r-0000000000000000") is None  # logged, and the job lives


def test_an_accepted_pilot_moves_the_counts_at_once(world: World) -> None:
    from kezhong.office.models import Measurement

    target = make_target(world, "circle_coverage", 0.6)
    pilot = make_pilot(world, "P1", "inspected", grade_details={"grade": "合格"})
    with world.office.acting(world.actor("office")) as session:
        row = session.one(Pilot, pilot, Permission.ACCEPT_PILOT)
        take_step(session, row, "accept", fields={"result": "通过", "grade": "合格"})
    with world.office.acting(world.actor("office")) as session:
        assert session.scalars(select(Measurement.value).where(Measurement.target_id == target)).one() == 0.6


SILENT = ("data_insufficient", "not_detected", "no_data", "not_applicable", "informative", "missing")


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(SILENT), min_size=1, max_size=3))
def test_nobody_is_blamed_for_insufficient_data(world: World, statuses: list[str]) -> None:
    """Whatever a chain of runs cannot show: no sheet, no finding, no state but waiting."""
    with world.office.acting(world.office.system("test")) as session:
        number = session.query(Task).count()
        first = session.query(StepTaken).count()
    task = awaiting_task(world, f"T{number}")
    for place, status in enumerate(statuses):
        rows = [] if status == "missing" else [verdict(FIRST, status)]
        if status == "informative":
            rows[0]["value"] = np.nan
        run = next_run(world, rows, when=LATER + timedelta(days=place, hours=number), mark=f"n{number}-{place}")
        assert again(world, run).outcomes[task].startswith("waiting:")
    assert state(world, task) == "awaiting_measurement"
    assert sheets(world, task) == []
    with world.office.acting(world.office.system("test")) as session:
        assert session.query(StepTaken).count() > first
        taken = session.scalars(select(StepTaken.transition).where(StepTaken.object_id == task)).all()
    assert set(taken) == {"keep_awaiting"}
