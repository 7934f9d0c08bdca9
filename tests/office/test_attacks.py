"""What somebody who means harm tries within their own rights: each attempt is refused, and nothing is written."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from kezhong import clock
from kezhong.errors import ConflictError, InputError, NotFoundError, PermissionDeniedError
from kezhong.office.access.permissions import Permission
from kezhong.office.identity import granting, handover, people
from kezhong.office.measuring.figures import FigureReader
from kezhong.office.measuring.targets import bind_target, measure_counts
from kezhong.office.models import AuditHead, Organisation, Person, Pilot, Post, RoleGrant, Target, Task
from kezhong.office.programme.community import change_experience, write_experience
from kezhong.office.programme.pilots import change_pilot, promise, refresh_sheet
from kezhong.office.session import OfficeSession
from kezhong.office.steps import take_step
from kezhong.office.tasks import files, remarks
from kezhong.office.tasks.importing import plan_import, write_import
from kezhong.office.tasks.parts import set_needs
from kezhong.office.tasks.writing import NewTask, create_task, edit_task
from office_world import World
from programme_world import nominated
from tasks_world import make_task

FIRST = "150301001001"


@pytest.fixture
def refused(world: World) -> Callable[..., None]:
    """Tries something as somebody and sees it refused, with nothing written."""

    def attempt(who: str, code: str, does: Callable[[OfficeSession], Any], **narrowed: Any) -> None:
        def head() -> int:
            with world.office.database.app_engine.connect() as connection:
                return int(connection.execute(select(AuditHead.seq)).scalar_one())

        before = head()
        expected = (PermissionDeniedError, NotFoundError, InputError, ConflictError)
        with pytest.raises(expected) as caught, world.office.acting(replace(world.actor(who), **narrowed)) as session:
            does(session)
        assert caught.value.code == code
        assert head() == before

    return attempt


def give(world: World, who: str, role: str, org: str) -> int:
    """A further role for somebody."""
    with world.office.acting(world.office.system("test")) as session:
        unit = session.get_one(Organisation, world.org[org])
        row = RoleGrant(
            person_id=world.person[who], role=role, valid_from=datetime(2020, 1, 1, tzinfo=UTC), org_id=unit.id,
            org_path=unit.path, area_code=unit.area_code, area_path=unit.area_path, department=unit.department,
        )  # fmt: skip
        session.add(row)
        session.flush()
        return row.id


# a step changes what it asks for --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields", [{"due": "2099-12-31"}, {"unit": 1}, {"unit": "1"}, {"due": "2030-01-01", "reply": "好的"}]
)
def test_whoever_accepts_a_task_does_not_move_it(
    world: World, refused: Callable[..., None], fields: dict[str, Any]
) -> None:
    task = make_task(world, "east", "T1", issuer="office", due=date(2022, 12, 30))
    with world.office.acting(world.actor("office")) as session:
        take_step(session, session.one(Task, task), "issue")
    refused("east", "steps.not_asked", lambda s: take_step(s, s.one(Task, task), "accept", fields=fields))


@pytest.mark.parametrize("value", ["abc", "", [], {"a": 1}, -1, 2**70, "99999999999999999999", "١", True, 0.5])
def test_a_unit_that_is_none_is_not_found(world: World, value: Any) -> None:
    task = make_task(world, "east", "T1", issuer="office", due=date(2022, 12, 30))
    with world.office.acting(world.actor("office")) as session:
        row = session.one(Task, task)
        if value == "":  # nothing was given
            assert take_step(session, row, "issue", fields={"unit": value}).state == "issued"
            return
        with pytest.raises(NotFoundError):
            take_step(session, row, "issue", fields={"unit": value})


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "1999-12-31", "2101-01-01", "x"])
def test_a_deadline_lies_within_a_century(world: World, refused: Callable[..., None], day: str) -> None:
    task = make_task(world, "east", "T1", issuer="office", due=date(2022, 12, 30))
    refused("office", "steps.bad_date", lambda s: take_step(s, s.one(Task, task), "issue", fields={"due": day}))


def test_a_unit_does_not_change_its_task_by_a_ledger(world: World, refused: Callable[..., None]) -> None:
    """An import is no way round the rule that only the issuer moves a deadline."""

    def ledger(due: str) -> bytes:
        out = io.StringIO()
        rows = [("序号", "主要任务", "具体措施", "责任单位", "完成时限"), ("1", "修路", "修好", "甲区人民政府", due)]
        csv.writer(out).writerows(rows)
        return out.getvalue().encode("utf-8-sig")

    east = world.org["east"]

    def take_in(session: OfficeSession, due: str) -> int:
        found = plan_import(
            session, "台账.csv", ledger(due), programme_id=world.programme, year=2023, units={"甲区人民政府": east}
        )
        return len(write_import(session, found, programme_id=world.programme, source="台账.csv", issue=True))

    with world.office.acting(world.actor("office")) as session:
        assert take_in(session, "2023年6月底") == 1
    refused("east", "tasks.ledger_errors", lambda s: take_in(s, "2030年6月底"))
    with world.office.acting(world.actor("office")) as session:
        assert take_in(session, "2023年7月底") == 0
        assert session.scalars(select(Task.due_on)).one() == date(2023, 7, 31)


# rows that are shown to everybody, or in which one has part -----------------------------------------------------------


def test_a_target_of_the_city_is_not_a_districts_to_write(world: World, refused: Callable[..., None]) -> None:
    with world.office.acting(world.office.system("test")) as session:
        office = session.get_one(Organisation, world.org["office"])
        target = Target(
            programme_id=world.programme, kind="count", name="试点", source="方案", metric="pilots_nominated", unit="个",
            comparison="at_least", value=5.0, area_code=office.area_code, area_path=office.area_path, org_id=office.id,
            org_path=office.path, code="X1", due_on=date(2024, 12, 31),
        )  # fmt: skip
        session.add(target)
        session.flush()
        key = target.id
    give(world, "west", "analyst", "west")
    with world.office.acting(world.actor("west")) as session:
        assert session.one(Target, key).name == "试点"  # read by everybody
        assert measure_counts(session, world.programme) == []
    refused("west", "office.no_such", lambda s: s.one(Target, key, Permission.WRITE_MEASUREMENT))
    refused("west", "office.no_such", lambda s: bind_target(s, key, {}))


def test_a_published_note_is_read_by_all_and_changed_by_its_unit(world: World, refused: Callable[..., None]) -> None:
    with world.office.acting(world.actor("east")) as session:
        note = write_experience(session, title="经验", text="做法")
        change_experience(session, note.id, note.version, {"published": True})
        key = note.id
    refused("west", "office.no_such", lambda s: change_experience(s, key, 2, {"text": "改写"}))


def test_a_joint_unit_adds_files_and_takes_away_its_own(world: World, refused: Callable[..., None]) -> None:
    with world.office.acting(world.actor("office")) as session:
        new = NewTask(world.programme, world.org["d-civil"], "养老", joint=(world.org["d-commerce"],))
        task = create_task(session, new).id
        version = session.get_one(Task, task).version

    def put(who: str) -> int:
        with world.office.acting(world.actor(who)) as session:
            name, content = f"{who}.txt", who.encode()
            return files.store_file(session, world.office.files_folder, "task", task, name, content).id

    leads, joins = put("civil"), put("commerce")
    refused("commerce", "tasks.not_your_file", lambda s: files.remove_file(s, leads))
    refused("west", "office.no_such", lambda s: files.remove_file(s, joins))
    refused("commerce", "tasks.not_issuer", lambda s: edit_task(s, task, version, {"title": "别的"}))
    for does in ("accept", "report", "approve", "withdraw"):
        refusals = (PermissionDeniedError, ConflictError, InputError)
        with pytest.raises(refusals), world.office.acting(world.actor("commerce")) as session:
            take_step(session, session.one(Task, task), does, reason="x", fields={"reply": "x"})
    with world.office.acting(world.actor("commerce")) as session:
        files.remove_file(session, joins)
    with world.office.acting(world.office.system("test")) as session:
        session.one(Task, task).state = "closed"
    refused("civil", "tasks.file_decided", lambda s: files.remove_file(s, leads))


def test_links_lead_to_what_one_may_see(world: World, refused: Callable[..., None]) -> None:
    pilot = nominated(world)
    west = NewTask(world.programme, world.org["west"], "任务", pilot_id=pilot)
    refused("west", "office.no_such", lambda s: create_task(s, west))
    with world.office.acting(world.actor("west")) as session:
        row = create_task(session, replace(west, pilot_id=None, code="W-1"))
        task, now = row.id, row.version
    refused("west", "office.no_such", lambda s: edit_task(s, task, now, {"pilot_id": pilot}))
    refused("west", "office.no_such", lambda s: edit_task(s, task, now, {"stage_id": 10**9}))
    refused("west", "tasks.code_taken", lambda s: create_task(s, replace(west, pilot_id=None, code="W-1")))
    stranger = world.person["west"]
    refused("east", "office.no_such", lambda s: change_pilot(s, pilot, 1, {"responsible_id": stranger}))
    with world.office.acting(world.actor("east")) as session:
        assert session.one(Pilot, pilot).responsible_id == world.person["east"]


def test_a_unit_does_not_free_itself_of_what_it_waits_for(world: World, refused: Callable[..., None]) -> None:
    first, second = (make_task(world, "east", code, issuer="office") for code in ("T1", "T2"))
    with world.office.acting(world.actor("office")) as session:
        set_needs(session, second, session.one(Task, second).version, [first])
    with world.office.acting(world.actor("east")) as session:
        version = session.one(Task, second).version
    refused("east", "tasks.not_issuer", lambda s: set_needs(s, second, version, []))
    refused("east", "tasks.not_issuer", lambda s: set_needs(s, first, 1, [second]))


def test_part_in_a_circle_is_no_right_to_its_nomination(world: World, refused: Callable[..., None]) -> None:
    """A life circle may cross into a second district: that one sees the pilot, and it stays the first one's."""
    with world.office.acting(world.office.system("test")) as session:
        west = session.get_one(Organisation, world.org["west"])
        pilot = Pilot(
            programme_id=world.programme, code="SD9", name="跨区圈", life_circle="LC1", communities=[FIRST], grounds="",
            sheet={}, org_id=west.id, org_path=west.path, area_code=west.area_code, area_path=west.area_path,
        )  # fmt: skip
        session.add(pilot)
        session.flush()
        key, version = pilot.id, pilot.version
    reader = FigureReader(world.office.city_folder)
    right = Permission.NOMINATE_PILOT
    with world.office.acting(world.actor("east")) as session:
        assert session.one(Pilot, key).name == "跨区圈"
    refused("east", "office.out_of_scope", lambda s: change_pilot(s, key, version, {"name": "我的圈"}))
    refused("east", "office.out_of_scope", lambda s: refresh_sheet(s, reader, s.one(Pilot, key, right)))
    for who in ("east", "street"):
        given: dict[str, Any] = {"figure_key": {}, "name": "承诺", "promised": 1.0}
        refused(who, "office.out_of_scope", lambda s, given=given: promise(s, reader, key, **given))


def test_a_comment_is_its_writers(world: World, refused: Callable[..., None]) -> None:
    task = make_task(world, "east", "T1", issuer="office")
    with world.office.acting(world.actor("office")) as session:
        note = remarks.comment(session, "task", task, "请抓紧").id
    refused("east", "tasks.not_your_comment", lambda s: remarks.edit_comment(s, note, 1, "不急"))
    refused("west", "office.no_such", lambda s: remarks.edit_comment(s, note, 1, None))
    refused("west", "office.no_such", lambda s: remarks.comment(s, "task", task, "路过"))


# accounts -------------------------------------------------------------------------------------------------------------


def test_a_district_administrator_takes_over_no_account_that_reaches_further(
    world: World, refused: Callable[..., None]
) -> None:
    """Somebody who works in the district may hold a role in the city: a new password would be the key to it."""
    give(world, "west", "administrator", "west")
    give(world, "east", "administrator", "east")
    give(world, "street", "office", "office")
    street = world.person["street"]
    with world.office.acting(world.actor("east")) as session:
        assert session.one(Person, street, Permission.WRITE_PEOPLE).username == "street"
        people.reset_password(session, world.person["community"])  # of the district and no more
    refused("east", "people.reaches_further", lambda s: people.reset_password(s, street))
    refused("east", "people.reaches_further", lambda s: people.link_identity(s, street, "https://id.example", "me"))
    refused("east", "people.reaches_further", lambda s: people.may_secure(s, street))
    for change in (
        people.PersonData("街员", username="nobody-knows"),
        people.PersonData("街员", email="me@example.org"),
    ):
        refused("east", "people.reaches_further", lambda s, new=change: people.update_person(s, street, 1, new))
    with world.office.acting(world.office.system("test")) as session:
        unit = session.get_one(Person, street)
        session.add(Post(person_id=world.person["community"], organisation_id=unit.org_id, title="x",
                         valid_from=date(2020, 1, 1)))  # fmt: skip
    refused("east", "people.reaches_further", lambda s: handover.hand_over(s, street, world.person["community"]))
    refused("west", "office.no_such", lambda s: people.reset_password(s, world.person["community"]))
    refused("east", "people.own_account", lambda s: people.reset_password(s, world.person["east"]))


def test_what_there_is_one_of_in_the_city_is_not_a_districts(world: World) -> None:
    """Calendar, reminder rules, webhooks and backups have no place in an area: below the city nobody runs them."""
    give(world, "west", "administrator", "west")
    assert Permission.WRITE_PEOPLE in world.actor("west").permissions
    assert Permission.RUN_OFFICE not in world.actor("west").permissions
    assert Permission.RUN_OFFICE in world.actor("admin").permissions


def test_a_token_gives_no_more_than_it_says(world: World, refused: Callable[..., None]) -> None:
    """A token that may write people gets no password, its owner's least of all; one that may lend lends nothing."""
    token: dict[str, Any] = {"via": "token", "limit": frozenset({Permission.WRITE_PEOPLE, Permission.DELEGATE})}
    for who in ("west", "admin"):
        key = world.person[who]
        refused("admin", "identity.session_only", lambda s, key=key: people.reset_password(s, key), **token)
    me, mine = world.person["admin"], people.PersonData("我", email="other@example.org")
    refused("admin", "identity.session_only", lambda s: people.update_person(s, me, 1, mine), **token)
    with world.office.database.app_engine.connect() as connection:
        grant = connection.execute(select(RoleGrant.id).where(RoleGrant.person_id == world.person["east"])).scalar_one()
    until = clock.now() + timedelta(days=1)
    to = world.person["street"]
    refused("east", "identity.session_only", lambda s: granting.delegate(s, grant, to, until, "代理"), **token)
    with world.office.acting(world.actor("east")) as session:
        lent = granting.delegate(session, grant, to, until, "代理").id
    refused("east", "identity.session_only", lambda s: granting.end_delegation(s, lent), **token)
