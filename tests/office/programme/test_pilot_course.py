"""Pilots: whose circle it is, the sheet, the whole path with every return, the grade and what it is made of."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from kezhong.errors import ConflictError, InputError, NotFoundError, PermissionDeniedError
from kezhong.office.measuring.figures import FigureReader
from kezhong.office.models import Area, Inspection, Organisation, Pilot, Promise, Satisfaction, StepTaken, Submission
from kezhong.office.programme import Created
from kezhong.office.programme.grading import assess_commerce, assess_pilot
from kezhong.office.programme.pilots import change_pilot, compared, drop_promise, nominate, promise, refresh_sheet
from kezhong.office.programme.places import same_place
from kezhong.office.programme.progress import progress_of_targets
from office_world import EAST, World
from programme_world import attach, nominated, step

KEY = {"area_code": "LC1", "indicator": "coverage", "element": "wet_market", "variant": "target_pop"}
OWN = {
    "area_code": "150301001002", "indicator": "coverage", "element": "wet_market", "variant": "target_pop",
    "threshold": 500.0, "threshold_unit": "m",
}  # fmt: skip
GOOD = [{"item": "菜市场", "ok": True, "note": ""}, {"item": "无障碍", "ok": True, "note": "坡道已改"}]


def reader(world: World) -> FigureReader:
    return FigureReader(world.office.city_folder)


def pilot_of(world: World, key: int) -> Pilot:
    with world.office.acting(world.office.system("test")) as session:
        return session.one(Pilot, key)


def run_to(world: World, key: int, state: str) -> None:
    """Take a pilot along the straight way until it is in a state."""
    way: list[tuple[str, str, dict[str, Any]]] = [
        ("office", "take_up", {}),
        ("office", "approve", {}),
        ("east", "begin_plan", {}),
        ("office", "approve_plan", {"plan": "方案", "due": "2022-12-31"}),
        ("east", "self_check", {"sheet": {"items": GOOD}, "result": "passed"}),
        ("inspector", "inspect", {"sheet": {"items": GOOD, "on": "2022-11-20"}, "result": "passed"}),
    ]
    for who, name, fields in way:
        if pilot_of(world, key).state == state:
            return
        step(world, who, Pilot, key, name, **fields)
    assert pilot_of(world, key).state == state


def test_a_nomination_carries_its_sheet(world: World) -> None:
    pilot = pilot_of(world, nominated(world))
    sheet = pilot.sheet
    assert (pilot.area_code, pilot.state, pilot.name) == (EAST, "nominated", "和平生活圈")
    assert (sheet["people"], sheet["grade"], sheet["required_total"], sheet["required_met"]) == (7000.0, "C", 3, 1)
    assert sheet["run"]["id"].startswith("r-")
    assert sheet["run"]["snapshot"].startswith("s-")
    assert [one["id"] for one in sheet["failing"]] == ["kindergarten", "wet_market"]
    assert sheet["shortfalls"] == 6  # two elements in three communities
    assert [one["shortfalls"] for one in sheet["communities"]] == [2, 2, 2]


def test_what_the_run_does_not_hold_is_no_data(world: World) -> None:
    with world.office.acting(world.office.system("test")) as session:
        area = session.get(Area, "LC1")
        extra = Area(
            code="LC2", name="新生活圈", level="life_circle", parent_code=EAST, path=f"150300/{EAST}/LC2/",
            full_name="新生活圈", members=area.members[:1],
        )  # fmt: skip
        session.add(extra)
    with world.office.acting(world.actor("east")) as session:
        found, _ = nominate(session, reader(world), programme_id=world.programme, life_circle="LC2")
        assert (found.sheet["status"], found.sheet["people"], found.sheet["grade"]) == ("no_data", None, None)


def test_a_district_nominates_its_own_only(world: World) -> None:
    for who in ("west", "civil", "community", "office"):
        with pytest.raises(PermissionDeniedError):
            nominated(world, who)
    with pytest.raises(InputError, match="not_their_circle"):
        nominated(world, "east", org_id=world.org["west"])
    with pytest.raises(InputError, match="no_life_circle"):
        nominated(world, "east", life_circle="150301001001")
    with pytest.raises(InputError, match="not_in_circle"):
        nominated(world, "east", communities=["150302001001"])
    key = nominated(world, "east", communities=["150301001002"])
    with pytest.raises(ConflictError, match="nominated_already"):
        nominated(world, "east")
    with world.office.acting(world.actor("west")) as session, pytest.raises(NotFoundError):
        session.one(Pilot, key)


def test_streets_and_communities_see_what_they_are_part_of(world: World) -> None:
    key = nominated(world)  # 150301001002, 150301002001, 150301002002
    with world.office.acting(world.actor("street")) as session:  # of 150301001, one community of which is in it
        assert session.one(Pilot, key).id == key
    with world.office.acting(world.actor("community")) as session, pytest.raises(NotFoundError):
        session.one(Pilot, key)  # 150301001001 is not in the circle


def test_nominations_are_compared_with_the_plan(world: World, plan: Created) -> None:
    key = nominated(world, programme_id=plan.programme.id)
    with world.office.acting(world.actor("east")) as session:
        found = compared(session, session.one(Pilot, key))
        assert (found.nominated, found.target, found.over) == (1, 3, False)
        progress = {one.target.code: one for one in progress_of_targets(session, plan.programme.id)}
        assert (progress["M01"].value, progress["M01"].status) == (1, "not_met")
        assert (progress["M02"].value, progress["M02"].status) == (0, "not_met")
        assert progress["M01"].rows[0]["id"] == key
    with world.office.acting(world.actor("west")) as session:  # a count does not depend on who asks
        assert {one.target.code: one.value for one in progress_of_targets(session, plan.programme.id)}["M01"] == 1


def test_the_whole_path_with_every_return(world: World) -> None:
    key = nominated(world)
    step(world, "office", Pilot, key, "take_up")
    with pytest.raises(InputError, match="missing_input"):
        step(world, "office", Pilot, key, "return")
    step(world, "office", Pilot, key, "return", "补充居民意见", due="2022-03-25")
    with world.office.acting(world.actor("east")) as session:
        row = change_pilot(session, key, session.one(Pilot, key).version, {"grounds": "补充"})
        refresh_sheet(session, reader(world), row)
    step(world, "east", Pilot, key, "resubmit", sheet="r-1")
    with world.office.acting(world.actor("east")) as session, pytest.raises(ConflictError, match="nomination_closed"):
        change_pilot(session, key, session.one(Pilot, key).version, {"grounds": "改"})
    with pytest.raises(PermissionDeniedError):
        step(world, "east", Pilot, key, "approve")
    step(world, "office", Pilot, key, "approve")
    with world.office.acting(world.actor("east")) as session:  # the plan of the pilot is asked for
        (paper,) = session.rows(select(Submission).where(Submission.pilot_id == key))
        assert (paper.kind, paper.state, paper.org_id) == ("implementation_plan", "due", world.org["east"])
        assert session.one(Pilot, key).approved_at is not None
    step(world, "east", Pilot, key, "begin_plan")
    with pytest.raises(InputError, match="missing_input"):
        step(world, "office", Pilot, key, "approve_plan", due="2022-12-31")
    attach(world, "east", "pilot", key)
    step(world, "office", Pilot, key, "approve_plan", due="2022-12-31")
    step(world, "east", Pilot, key, "self_check", sheet={"items": GOOD}, result="passed")
    with pytest.raises(PermissionDeniedError):
        step(world, "east", Pilot, key, "inspect", sheet={"items": GOOD}, result="passed")
    poor = [{"item": "菜市场", "ok": False, "to_mend": "补建"}, {"item": "公厕", "ok": None}]
    step(world, "inspector", Pilot, key, "inspect", sheet={"items": poor}, result="to_mend")
    step(world, "inspector", Pilot, key, "order_rectification", "菜市场未建", due="2022-12-20")
    step(world, "east", Pilot, key, "rectified", reply="已补建")
    step(world, "inspector", Pilot, key, "inspect", sheet={"items": GOOD}, result="passed")
    step(world, "office", Pilot, key, "refuse_acceptance", "资料不全")
    step(world, "office", Pilot, key, "grant_reinspection", "同意整改", due="2023-01-20")
    step(world, "east", Pilot, key, "rectified", reply="已补齐")
    step(world, "inspector", Pilot, key, "inspect", sheet={"items": GOOD}, result="passed")
    assert pilot_of(world, key).state == "inspected"
    with world.office.acting(world.actor("office")) as session:
        kinds = session.rows(select(Inspection.kind).order_by(Inspection.id))
        assert kinds == ["self_check", "inspection", "self_check", "inspection", "self_check", "inspection"]
        first = session.rows(select(Inspection).order_by(Inspection.id))[1]
        assert (first.verdict, first.items[0]["to_mend"], first.items[1]["ok"]) == ("to_mend", "补建", None)
        assert len(session.rows(select(StepTaken.id))) == 15


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"sheet": {"items": GOOD}, "result": "wonderful"}, "bad_verdict"),
        ({"sheet": {"items": []}, "result": "passed"}, "empty_sheet"),
        ({"sheet": {"items": [{"item": "", "ok": True}]}, "result": "passed"}, "bad_sheet"),
        ({"sheet": {"items": [{"item": "甲", "ok": "yes"}]}, "result": "passed"}, "bad_sheet"),
        ({"sheet": {"items": "none"}, "result": "passed"}, "bad_sheet"),
        ({"sheet": {"items": GOOD, "on": "yesterday"}, "result": "passed"}, "bad_date"),
        ({"result": "passed"}, "missing_input"),
    ],
)
def test_wrong_sheets(world: World, fields: dict[str, Any], code: str) -> None:
    key = nominated(world)
    run_to(world, key, "building")
    with pytest.raises(InputError, match=code):
        step(world, "east", Pilot, key, "self_check", **fields)
    with world.office.acting(world.actor("office")) as session:
        assert session.rows(select(Inspection.id)) == []
    assert pilot_of(world, key).state == "building"


def survey(world: World, area: str, asked: int, satisfied: int) -> None:
    with world.office.acting(world.office.system("test")) as session:
        unit = session.get(Organisation, world.org["east"])
        session.add(
            Satisfaction(
                period="2022-11",
                asked=asked,
                satisfied=satisfied,
                method="入户",
                source="第三方",
                area_code=area,
                area_path=session.get(Area, area).path,
                org_id=unit.id,
                org_path=unit.path,
            )
        )


def test_the_grade_comes_from_the_rules(world: World) -> None:
    key = nominated(world)
    run_to(world, key, "inspected")
    with pytest.raises(ConflictError, match="assess_first"):
        step(world, "office", Pilot, key, "accept", result="通过", grade="good")
    with world.office.acting(world.actor("office")) as session:
        row = assess_pilot(session, reader(world), key)
        details = row.grade_details
    assert details is not None
    items = {one["id"]: one for one in details["items"]}
    assert (items["required_met"]["numerator"], items["required_met"]["denominator"]) == (1, 3)
    assert items["inspection_passed"]["value"] == 1.0
    assert {items[name]["status"] for name in ("tasks_done", "promises_kept", "satisfaction")} == {"no_data"}
    assert (details["grade"], details["evidence"]) == ("not_graded", "proposal")  # two items known, three are asked for
    with pytest.raises(InputError, match="other_grade"):
        step(world, "office", Pilot, key, "accept", result="通过", grade="excellent")
    step(world, "office", Pilot, key, "accept", result="通过", grade="not_graded")
    done = pilot_of(world, key)
    assert (done.state, done.grade, done.accepted_at is not None) == ("accepted", None, True)
    step(world, "inspector", Pilot, key, "reinspect", "居民反映菜市场停业", result="to_mend", sheet={"items": GOOD})
    again = pilot_of(world, key)
    assert (again.state, again.accepted_at, again.grade_details) == ("inspected", None, None)


def test_low_values_reach_no_grade_and_unknown_ones_do_not_count(world: World) -> None:
    key = nominated(world)
    run_to(world, key, "inspected")
    survey(world, "LC1", 200, 190)
    with world.office.acting(world.actor("office")) as session:
        details = assess_pilot(session, reader(world), key).grade_details or {}
    assert details["known"] == 3
    assert details["grade"] is None  # one of three required elements is met
    with pytest.raises(ConflictError, match="no_grade_reached"):
        step(world, "office", Pilot, key, "accept", result="通过", grade="passed")
    items = {one["id"]: one for one in details["items"]}
    assert items["satisfaction"]["value"] == 0.95
    assert items["satisfaction"]["rows"] == [{"area": "LC1", "period": "2022-11", "asked": 200, "source": "第三方"}]


def test_commerce_is_another_thing(world: World) -> None:
    key = nominated(world)
    values = {"basic_formats": 15.0, "quality_formats": 13.0, "satisfaction": 0.93, "chain_rate": 0.35}
    with world.office.acting(world.actor("office")) as session:
        row = assess_commerce(session, key, 1, values, "商务局台账")
        assert (row.commerce_grade, row.grade, row.grade_details) == ("quality", None, None)
        assert (row.commerce_details or {})["source"] == "商务局台账"
    for values, code in (({"shops": 3.0}, "unknown_item"), ({"chain_rate": 30.0}, "bad_value")):
        with world.office.acting(world.actor("office")) as session, pytest.raises(InputError, match=code):
            assess_commerce(session, key, 2, values, "台账")
    with world.office.acting(world.actor("office")) as session:
        row = assess_commerce(session, key, 2, {"basic_formats": 12.0, "chain_rate": None}, "台账")
        assert row.commerce_grade == "not_graded"


def test_promises_stand_once_the_plan_is_approved(world: World) -> None:
    key = nominated(world)
    with world.office.acting(world.actor("east")) as session:
        row = promise(session, reader(world), key, figure_key=OWN, name="菜市场覆盖", promised=0.9)
        session.flush()
        assert (row.before, row.unit, row.before_run is not None) == (pytest.approx(0.2), "share", True)
        unknown = promise(session, reader(world), key, figure_key=KEY, name="生活圈覆盖", promised=0.9)
        assert (unknown.before, unknown.before_run) == (None, None)  # the run has no such row: not zero
        with pytest.raises(InputError, match="not_in_circle"):
            promise(session, reader(world), key, figure_key={**OWN, "area_code": "150302001001"}, name="x", promised=1)
    run_to(world, key, "building")
    with world.office.acting(world.actor("east")) as session:
        first = session.rows(select(Promise).order_by(Promise.id))[0]
        with pytest.raises(ConflictError, match="promises_stand"):
            drop_promise(session, first.id, first.version)
        assert same_place(first)["area_code"] == EAST
