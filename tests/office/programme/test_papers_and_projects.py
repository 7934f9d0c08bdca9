"""Submissions by edition and deadline; projects, money, sites, offers, notes and applications; what a shortfall opens."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import geopandas as gpd
import pytest
import shapely
from sqlalchemy import select

import small_city
from kezhong import clock
from kezhong.city.workspace import City
from kezhong.errors import ConflictError, InputError, NotFoundError, PermissionDeniedError
from kezhong.office.measuring.figures import FigureReader
from kezhong.office.models import Application, AuditEntry, Edition, Offer, Project, Submission, Task, TaskUnit
from kezhong.office.programme import Created, community, sites
from kezhong.office.programme.openings import open_task
from kezhong.office.programme.projects import (
    add_money,
    change_money,
    change_project,
    create_project,
    drop_money,
    money_sums,
)
from kezhong.office.programme.submissions import ask_for, editions_of, overview
from kezhong.office.session import ChangedMeanwhileError
from kezhong.office.tasks.files import remove_file
from office_world import World
from programme_world import attach, step

HOME = "150301001002"
SHORTFALL = f"sf-wet_market-{HOME}"


def reader(world: World) -> FigureReader:
    return FigureReader(world.office.city_folder)


def run_id(world: World) -> str:
    run = reader(world).default()
    assert run is not None
    return run.id


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# submissions ---------------------------------------------------------------------------------------------------------


def paper(world: World, plan: Created, kind: str = "pilot_list", org: str = "east") -> int:
    with world.office.acting(world.actor("office")) as session:
        found = select(Submission.id).where(
            Submission.programme_id == plan.programme.id, Submission.kind == kind, Submission.org_id == world.org[org]
        )
        return session.rows(found)[0]


def test_a_paper_with_two_editions(world: World, plan: Created) -> None:
    key = paper(world, plan)
    with clock.frozen(moment("2022-03-31T15:59:00")):
        with pytest.raises(InputError, match="missing_input"):
            step(world, "east", Submission, key, "submit")
        first = attach(world, "east", "submission", key, "名单.txt", "document")
        step(world, "east", Submission, key, "submit", reply="请审阅")
    step(world, "office", Submission, key, "return", "缺少理由", due="2022-04-08")
    with pytest.raises(InputError, match="no_new_file"):  # the file of the first edition is no second one
        step(world, "east", Submission, key, "resubmit")
    second = attach(world, "east", "submission", key, "名单2.txt", "document")
    with clock.frozen(moment("2022-04-20T00:00:00")):
        step(world, "east", Submission, key, "resubmit")
    step(world, "office", Submission, key, "receive")
    with world.office.acting(world.actor("east")) as session:
        row = session.one(Submission, key)
        found = [(one.number, one.files, one.late, one.verdict) for one in editions_of(session, row)]
        assert found == [(1, [first], False, "returned"), (2, [second], True, "received")]
        assert (row.state, row.late, row.edition, row.done_at is not None) == ("received", False, 2, True)
        assert editions_of(session, row)[0].reason == "缺少理由"
    with pytest.raises(ConflictError, match="file_handed_in"), world.office.acting(world.actor("east")) as session:
        remove_file(session, first)


def test_late_is_measured_at_the_end_of_the_local_day(world: World, plan: Created) -> None:
    for kind, at, late in (
        ("implementation_plan", "2022-03-31T15:59:59", False),
        ("circle_plan", "2022-03-31T16:00:00", True),
    ):
        key = paper(world, plan, kind)
        attach(world, "east", "submission", key, "a.txt", "document")
        with clock.frozen(moment(at)):
            step(world, "east", Submission, key, "submit")
        with world.office.acting(world.actor("east")) as session:
            assert session.one(Submission, key).late is late


def test_a_deadline_on_a_holiday_moves(world: World, plan: Created) -> None:
    with world.office.acting(world.actor("office")) as session:
        row = ask_for(
            session, programme_id=plan.programme.id, org_id=world.org["east"], code="X", kind="other", name="材料",
            due_on=date(2022, 10, 1),
        )  # fmt: skip
        assert row.due_at == moment("2022-10-08T16:00:00")  # the holiday of 2022 ended with a worked Saturday


def test_who_is_missing(world: World, plan: Created) -> None:
    key = paper(world, plan)
    attach(world, "east", "submission", key, "a.txt", "document")
    with clock.frozen(moment("2022-03-20T00:00:00")):
        step(world, "east", Submission, key, "submit")
        with world.office.acting(world.actor("office")) as session:
            early = next(one for one in overview(session, plan.programme.id) if one.code == "PL")
        assert (early.total, early.handed_in, early.missing, len(early.waiting)) == (3, 1, (), 2)
    with clock.frozen(moment("2022-04-02T00:00:00")), world.office.acting(world.actor("office")) as session:
        found = {one.code: one for one in overview(session, plan.programme.id)}
    assert found["PL"].missing == ("西山区", "南坡区")
    assert (found["WP"].total, len(found["WP"].missing), found["EX"].missing) == (8, 8, ())


def test_nobody_hands_in_for_another(world: World, plan: Created) -> None:
    key = paper(world, plan)
    with world.office.acting(world.actor("west")) as session, pytest.raises(NotFoundError):
        session.one(Submission, key)
    attach(world, "east", "submission", key, "a.txt", "document")
    with pytest.raises(PermissionDeniedError):
        step(world, "office", Submission, key, "submit")
    step(world, "office", Submission, key, "waive", "已并入总体方案")
    with world.office.acting(world.actor("office")) as session:
        assert session.rows(select(Edition.id)) == []


# projects and money --------------------------------------------------------------------------------------------------


def project(world: World, who: str = "east", **values: Any) -> int:
    with world.office.acting(world.actor(who)) as session:
        options = {"programme_id": world.programme, "name": "口袋公园", "area_code": HOME, **values}
        return create_project(session, reader(world), **options).id


def test_a_project_from_a_shortfall(world: World) -> None:
    key = project(world, name="", area_code=None, run_id=run_id(world), shortfall_id=SHORTFALL)
    with world.office.acting(world.actor("east")) as session:
        row = session.one(Project, key)
        assert (row.name, row.area_code) == ("滨河社区补齐" + str((row.shortfall or {})["element_zh"]), HOME)
        assert (row.element, row.circle) == ("wet_market", "convenient_consumption")
        assert row.shortfall is not None
        assert (row.shortfall["gap"], row.shortfall["run_id"]) == (121.0, run_id(world))
        assert row.remedy == "share"
        assert row.org_id == row.proposed_by_id == world.org["east"]
    with pytest.raises(ConflictError, match="opened_already"):
        project(world, name="", area_code=None, run_id=run_id(world), shortfall_id=SHORTFALL)
    with pytest.raises(NotFoundError, match="no_shortfall"):
        project(world, run_id=run_id(world), shortfall_id="sf-nothing")
    with pytest.raises(InputError, match="needs_run"):
        project(world, shortfall_id=SHORTFALL)


def test_projects_by_hand_are_checked(world: World) -> None:
    with pytest.raises(InputError, match="needs_name_and_area"):
        project(world, name=" ")
    with pytest.raises(PermissionDeniedError):
        project(world, "east", area_code="150302001001")
    with pytest.raises(InputError, match="unknown_word"):
        project(world, circle="ninth")
    with pytest.raises(NotFoundError):
        project(world, element="nothing")
    key = project(world)
    with world.office.acting(world.actor("east")) as session:
        assert change_project(session, key, 1, {"progress": 30}).progress == 30
    with world.office.acting(world.actor("office")) as session, pytest.raises(ChangedMeanwhileError):
        change_project(session, key, 1, {"progress": 50})


def money(world: World, key: int, kind: str, planned: float, paid: float = 0.0) -> int:
    with world.office.acting(world.actor("east")) as session:
        return add_money(session, key, {"kind": kind, "source": kind, "planned": planned, "paid": paid}).id


def test_money_adds_up(world: World) -> None:
    one, two = project(world), project(world, name="停车场")
    money(world, one, "budget", 100000.1, 50000.05)
    loan = money(world, one, "loan", 20000.2)
    money(world, two, "social_capital", 300000, 300000)
    with world.office.acting(world.actor("east")) as session:
        sums = money_sums(session, world.programme)
        assert (sums["planned"], sums["paid"]) == (420000.3, 350000.05)
        assert sums["by_kind"]["loan"] == {"planned": 20000.2, "paid": 0.0}
        assert list(sums["by_district"]) == ["150301"]
        assert change_money(session, loan, 1, {"paid": 10.0}).paid == 10.0
    with world.office.acting(world.actor("west")) as session:
        assert money_sums(session, world.programme)["planned"] == 0.0
        with pytest.raises(NotFoundError):
            add_money(session, one, {"kind": "budget", "source": "x", "planned": 1.0})
    for values, code in (
        ({"kind": "gold", "planned": 1.0}, "unknown_word"),
        ({"kind": "loan", "planned": -1.0}, "bad_amount"),
        ({"kind": "loan", "planned": 1e12}, "bad_amount"),
        ({"kind": "loan", "planned": 1.0, "paid": 2.0}, "paid_too_much"),
    ):
        with world.office.acting(world.actor("east")) as session, pytest.raises(InputError, match=code):
            add_money(session, one, {"source": "x", **values})
    with world.office.acting(world.actor("east")) as session, pytest.raises(ConflictError, match="money_paid"):
        drop_money(session, loan, 2)
    step(world, "office", Project, one, "cancel", "不再需要")
    with world.office.acting(world.actor("office")) as session:
        assert money_sums(session, world.programme)["planned"] == 300000.0


def test_a_project_from_proposal_to_use(world: World) -> None:
    key = project(world)
    with pytest.raises(PermissionDeniedError):
        step(world, "east", Project, key, "approve")
    step(world, "office", Project, key, "approve")
    with pytest.raises(ConflictError, match="no_money"):
        step(world, "east", Project, key, "fund", funding="区财政")
    money(world, key, "budget", 1000)
    step(world, "east", Project, key, "fund", funding="区财政 1000 元")
    step(world, "east", Project, key, "start", due="2022-11-30")
    step(world, "east", Project, key, "complete", reply="完工")
    step(world, "office", Project, key, "return", "铺装破损", due="2022-12-10")
    step(world, "east", Project, key, "complete", reply="已修")
    step(world, "office", Project, key, "accept", result="合格")
    step(world, "east", Project, key, "open", reply="已开放")
    with world.office.acting(world.actor("east")) as session:
        row = session.one(Project, key)
        assert (row.state, row.progress, row.done_at is not None) == ("in_use", 100, True)
        assert row.due_at == moment("2022-12-12T16:00:00")  # 10 December 2022 was a Saturday


# what a shortfall opens ----------------------------------------------------------------------------------------------


def test_a_task_from_a_shortfall(world: World) -> None:
    place = f"sf-wet_market-{small_city.COMMUNITIES[0]}"
    with world.office.acting(world.actor("east")) as session:
        values = {"programme_id": world.programme, "run_id": run_id(world), "due_on": date(2022, 11, 30)}
        task = open_task(session, reader(world), place, **values)
        # 责任单位 is “区政府”: the district; 牵头单位 is the commerce bureau, which joins in.
        assert (task.state, task.org_id, task.area_code) == ("draft", world.org["east"], small_city.COMMUNITIES[0])
        assert (task.issuer_id, task.level) == (world.org["east"], "district")
        assert task.circle == "convenient_consumption"
        assert "超出 120 m" in task.measure
        assert task.shortfall is not None
        key = task.id
        joint = session.rows(select(TaskUnit.organisation_id).where(TaskUnit.task_id == key))
        assert joint == [world.org["d-commerce"]]
    with world.office.acting(world.actor("office")) as session, pytest.raises(ConflictError, match="opened_already"):
        open_task(session, reader(world), place, **values)
    step(world, "east", Task, key, "issue")
    with world.office.acting(world.actor("west")) as session, pytest.raises(PermissionDeniedError):
        open_task(session, reader(world), SHORTFALL, **values)
    key = open_for(world, "d-civil", SHORTFALL)
    with world.office.acting(world.actor("office")) as session:
        assert session.one(Task, key).org_id == world.org["d-civil"]


def open_for(world: World, org: str, shortfall: str) -> int:
    with world.office.acting(world.actor("office")) as session:
        values = {"programme_id": world.programme, "run_id": run_id(world), "org_id": world.org[org]}
        return open_task(session, reader(world), shortfall, **values).id


# sites ---------------------------------------------------------------------------------------------------------------


def add_sites(world: World) -> City:
    rows = [
        ("s1", "旧厂房", "plant", 500.0, shapely.Point(106.805, 39.605)),
        ("s2", "老粮库", "warehouse", 300.0, shapely.Point(106.825, 39.605)),
        ("s3", "留白地", "reserve", None, shapely.Point(106.805, 39.605)),
        ("s4", "城外仓库", "warehouse", 100.0, shapely.Point(100.0, 30.0)),
    ]
    frame = gpd.GeoDataFrame(
        [
            {"site_id": a, "name": b, "kind": c, "floor_area_m2": d, "source": "t", "geometry": e}
            for a, b, c, d, e in rows
        ],
        crs="EPSG:4326",
    )
    with City.open(world.office.city_folder).edit("sites") as edit:
        edit.put("sites", "t", frame)
    return City.open(world.office.city_folder)


def test_idle_assets(world: World) -> None:
    city = add_sites(world)
    found = sites.idle_sites(city)
    assert [(one["site_id"], one["area_code"]) for one in found] == [
        ("s1", small_city.COMMUNITIES[0]), ("s2", small_city.COMMUNITIES[4]), ("s4", None),
    ]  # fmt: skip
    key = project(world)
    with world.office.acting(world.actor("east")) as session:
        row = sites.take_site(session, city, "s1", {"use": "日间照料", "used_m2": 200.0, "project_id": key})
        assert (row.area_m2, row.area_code) == (500.0, small_city.COMMUNITIES[0])
        summary = sites.site_summary(found, sites.uses(session))
        assert (summary["used"], summary["sites"], summary["m2_share"]) == (1, 3, pytest.approx(200 / 900))
    for who, site, values, error in (
        ("east", "s1", {}, ConflictError),
        ("east", "s2", {}, PermissionDeniedError),
        ("office", "s4", {}, InputError),
        ("office", "s3", {}, NotFoundError),
        ("office", "s2", {"used_m2": 400.0}, InputError),
    ):
        with world.office.acting(world.actor(who)) as session, pytest.raises(error):
            sites.take_site(session, city, site, {"use": "x", **values})
    with world.office.acting(world.actor("east")) as session:
        sites.leave_site(session, row.id, 1)
    with world.office.acting(world.actor("east")) as session:
        assert sites.uses(session) == {}


# offers, notes, applications -----------------------------------------------------------------------------------------


def test_an_offer_is_masked_and_its_reading_noted(world: World) -> None:
    with world.office.acting(world.actor("community")) as session:
        row = community.register_offer(
            session, area_code=small_city.COMMUNITIES[0], from_kind="resident", from_name="王建国",
            contact="13912345678", kind="room", text="一楼空房可作图书角",
        )  # fmt: skip
        key = row.id
    assert (community.masked("王建国"), community.masked("13912345678")) == ("王**", "139****5678")
    assert community.masked("0473-20") == "04*****"
    with world.office.acting(world.actor("community")) as session, pytest.raises(PermissionDeniedError):
        community.reveal_offer(session, key)
    with pytest.raises(NotFoundError), world.office.acting(world.actor("west")) as session:
        session.one(Offer, key)
    with world.office.acting(world.office.system("test")) as session:
        for entry in session.rows(select(AuditEntry).where(AuditEntry.object_kind == "offer")):
            assert "王建国" not in str(entry.after)
            assert "13912345678" not in str(entry.after)
    step(world, "community", Offer, key, "contact")
    step(world, "community", Offer, key, "match", reply="与图书馆对接")
    step(world, "community", Offer, key, "complete", reply="图书角已开放")
    with world.office.acting(world.actor("community")) as session:
        row = session.one(Offer, key)
        assert (row.state, row.reply, row.done_at is not None) == ("done", "图书角已开放", True)


def test_notes_are_read_by_all_once_published(world: World) -> None:
    with world.office.acting(world.actor("east")) as session:
        key = community.write_experience(session, title="错峰开放", text="学校操场周末开放").id
    with world.office.acting(world.actor("west")) as session:
        assert community.published(session) == []
    with world.office.acting(world.actor("east")) as session:
        community.change_experience(session, key, 1, {"published": True})
    with world.office.acting(world.actor("west")) as session:
        assert [one.title for one in community.published(session)] == ["错峰开放"]
        with pytest.raises((PermissionDeniedError, NotFoundError)):
            community.change_experience(session, key, 2, {"title": "改"})
    with world.office.acting(world.actor("east")) as session:
        community.change_experience(session, key, 2, {"published": False})
    with world.office.acting(world.actor("west")) as session:
        assert community.published(session) == []


def test_an_application_goes_up(world: World) -> None:
    with world.office.acting(world.actor("east")) as session:
        key = community.prepare_application(
            session, programme_id=world.programme, level="nation", name="国家级试点", scheme="便民生活圈",
            due_on=date(2022, 10, 31),
        ).id  # fmt: skip
    with pytest.raises(PermissionDeniedError):
        step(world, "east", Application, key, "review", document="x")
    with pytest.raises(InputError, match="missing_input"):
        step(world, "office", Application, key, "review")
    attach(world, "east", "application", key, "申报书.txt", "document")
    step(world, "office", Application, key, "review")
    step(world, "office", Application, key, "return", "数据不全")
    with world.office.acting(world.actor("east")) as session:
        community.change_application(session, key, session.one(Application, key).version, {"note": "补充数据"})
    step(world, "office", Application, key, "review")
    step(world, "office", Application, key, "submit")
    with world.office.acting(world.actor("east")) as session, pytest.raises(ConflictError, match="application_closed"):
        community.change_application(session, key, session.one(Application, key).version, {"note": "改"})
    step(world, "office", Application, key, "supplement", "补充人口数据", due="2022-11-15")
    step(world, "office", Application, key, "review")
    step(world, "office", Application, key, "submit")
    step(world, "office", Application, key, "shortlist")
    step(world, "office", Application, key, "grant", result="列入第二批")
    with world.office.acting(world.actor("east")) as session:
        row = session.one(Application, key)
        assert (row.state, row.result, row.done_at is not None) == ("granted", "列入第二批", True)


def test_the_office_applies_itself(world: World, plan: Created) -> None:
    with world.office.acting(world.actor("office")) as session:
        key = session.rows(select(Application.id).where(Application.level == "province"))[0]
    attach(world, "office", "application", key, "申报书.txt", "document")
    step(world, "office", Application, key, "review")
    step(world, "office", Application, key, "withdraw", "改报国家级")
