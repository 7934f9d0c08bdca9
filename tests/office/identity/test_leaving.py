"""People leave: hand-over in one transaction; people are erased: nothing of them is left but a whole chain."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from kezhong import clock
from kezhong.errors import ConflictError, InputError, NotFoundError, PermissionDeniedError
from kezhong.office.access.permissions import Permission
from kezhong.office.audit.chain import COLUMNS, GENESIS, entry_hash
from kezhong.office.identity.accounts import make_token
from kezhong.office.identity.handover import erase, hand_over, in_hand
from kezhong.office.identity.people import (
    PeopleFilter,
    PersonData,
    create_person,
    list_people,
    mask_email,
    mask_phone,
    reveal,
    update_person,
)
from kezhong.office.identity.sessions import actor_of_session, actor_of_token, start_session
from kezhong.office.models import AuditEntry, Credential, GridTeam, GridTeamMember, Organisation, Person, Post, Task
from office_world import World


@pytest.fixture
def colleague(world: World) -> int:
    """Somebody else in the eastern district's government."""
    with world.office.acting(world.actor("admin")) as session:
        person = create_person(session, PersonData("接手人", "jieshou"), world.org["east"], "科员")
        session.flush()
        return person.id


def task(world: World, code: str, state: str, org: str = "east") -> int:
    with world.office.acting(world.office.system("test")) as session:
        unit = session.get(Organisation, world.org[org])
        row = Task(
            programme_id=world.programme, code=code, title="任务", level="district", starts_on=date(2022, 3, 1), state=state,
            area_code=unit.area_code, area_path=unit.area_path, org_id=unit.id, org_path=unit.path,
            assignee_id=world.person["east"],
        )  # fmt: skip
        session.add(row)
        session.flush()
        return row.id


def test_everything_in_hand_goes_over_and_every_way_in_is_closed(world: World, colleague: int) -> None:
    open_, done, elsewhere = (
        task(world, "a", "in_progress"),
        task(world, "b", "closed"),
        task(world, "c", "accepted", "west"),
    )
    cookie = start_session(world.office, world.person["east"], "password", origin=None, user_agent="")
    actor = actor_of_session(world.office, cookie, origin=None, request_id=None)
    with world.office.acting(actor) as session:
        _, token = make_token(session, "接口", [Permission.READ_TASK.value], clock.now() + timedelta(days=1))
    with world.office.acting(world.office.system("test")) as session:
        unit = session.get(Organisation, world.org["east"])
        team = GridTeam(
            code="T", name="网格", template="custom", area_code=unit.area_code, area_path=unit.area_path,
            organisation_id=unit.id,
        )  # fmt: skip
        session.add(team)
        session.flush()
        session.add(
            GridTeamMember(team_id=team.id, person_id=world.person["east"], post="x", valid_from=date(2024, 1, 1))
        )
    with world.office.acting(world.actor("admin")) as session:
        assert in_hand(session, world.person["east"])["tasks"] == 2
        row = hand_over(session, world.person["east"], colleague, "退休")
    assert row.counts == {
        "tasks": 2, "pilots": 0, "sheets": 0, "posts": 1, "teams": 1, "grants": 1, "delegations": 0, "tokens": 1,
        "sessions": 1,
    }  # fmt: skip
    assert actor_of_session(world.office, cookie, origin=None, request_id=None) is None
    assert actor_of_token(world.office, token, origin=None, request_id=None) is None
    with world.office.acting(world.office.system("test")) as session:
        assert [session.get(Task, key).assignee_id for key in (open_, done, elsewhere)] == [
            colleague, world.person["east"], colleague,
        ]  # fmt: skip
        person = session.get(Person, world.person["east"])
        assert (person.status, person.left_on) == ("left", clock.today())
        contact = session.scalars(select(Post).where(Post.person_id == colleague)).one()
        assert contact.is_contact
    with pytest.raises(ConflictError), world.office.acting(world.actor("admin")) as session:
        hand_over(session, world.person["east"], colleague)


def test_only_within_the_unit_and_in_scope(world: World, colleague: int) -> None:
    with pytest.raises(InputError, match="not_same_unit"), world.office.acting(world.actor("admin")) as session:
        hand_over(session, world.person["west"], colleague)
    with pytest.raises(InputError, match="not_same_unit"), world.office.acting(world.actor("admin")) as session:
        hand_over(session, world.person["east"], world.person["east"])
    with pytest.raises(NotFoundError), world.office.acting(world.actor("east")) as session:
        hand_over(session, world.person["east"], colleague)


def test_a_failure_leaves_nothing_half_done(world: World, colleague: int, monkeypatch: pytest.MonkeyPatch) -> None:
    key = task(world, "a", "in_progress")

    def broken(*_: Any) -> int:
        raise RuntimeError

    monkeypatch.setattr("kezhong.office.identity.handover.end_tokens", broken)
    with pytest.raises(RuntimeError), world.office.acting(world.actor("admin")) as session:
        hand_over(session, world.person["east"], colleague)
    with world.office.acting(world.office.system("test")) as session:
        assert session.get(Task, key).assignee_id == world.person["east"]
    assert [grant.role for grant in world.actor("east").grants] == ["district"]


def chain_is_whole(world: World) -> bool:
    with world.office.acting(world.office.system("test")) as session:
        rows = session.scalars(select(AuditEntry).order_by(AuditEntry.seq)).all()
    previous = GENESIS
    for row in rows:
        if row.previous != previous or row.hash != entry_hash(previous, {name: getattr(row, name) for name in COLUMNS}):
            return False
        previous = row.hash
    return True


def test_erasure_leaves_nothing_but_a_whole_chain(world: World, colleague: int) -> None:
    with world.office.acting(world.office.system("test")) as session:
        person = session.get(Person, world.person["east"])
        person.name, person.username, person.phone, person.email = "独一无二", "dywe", "13912345678", "dywe@example.org"
        session.add(Credential(person_id=person.id, password_hash="x"))
    with pytest.raises(ConflictError), world.office.acting(world.actor("admin")) as session:
        erase(session, world.person["east"], "本人申请")
    with world.office.acting(world.actor("admin")) as session:
        hand_over(session, world.person["east"], colleague)
    with pytest.raises(PermissionDeniedError), world.office.acting(world.actor("office")) as session:
        session.actor.require(Permission.ERASE_PERSON)
    with world.office.acting(world.actor("admin")) as session:
        erase(session, world.person["east"], "本人申请")
    with world.office.database.app_engine.connect() as connection:
        tables = connection.execute(
            text("select table_name from information_schema.tables where table_schema = 'public'")
        ).scalars()
        for table in list(tables):
            rows = connection.execute(text(f'select t::text from "{table}" t')).scalars()
            content = "\n".join(rows)
            for value in ("独一无二", "dywe", "13912345678"):
                assert value not in content, table
    assert chain_is_whole(world)
    with world.office.acting(world.office.system("test")) as session:
        person = session.get(Person, world.person["east"])
        assert (person.status, person.digest_key, person.name) == ("erased", None, "")
    with pytest.raises(ConflictError, match="erased"), world.office.acting(world.actor("admin")) as session:
        erase(session, world.person["east"], "再次")


def test_contact_data_is_masked_and_each_reading_noted(world: World, caplog: pytest.LogCaptureFixture) -> None:
    assert (mask_phone("13812340000"), mask_phone("8812345"), mask_phone(None)) == ("138****0000", "*******", None)
    assert (mask_email("zhang@example.org"), mask_email("")) == ("z***@example.org", "")
    with caplog.at_level("DEBUG"), world.office.acting(world.actor("admin")) as session:
        assert reveal(session, world.person["west"], "电话核实").phone == "13800000000"
    with world.office.acting(world.office.system("test")) as session:
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc())).first()
    assert (entry.action, entry.object_id, entry.reason) == ("personal.read", str(world.person["west"]), "电话核实")
    assert entry.actor_id == world.person["admin"]
    assert "13800000000" not in caplog.text
    with pytest.raises(NotFoundError), world.office.acting(world.actor("east")) as session:
        reveal(session, world.person["west"], "好奇")


def test_lists_stay_within_the_scope(world: World) -> None:
    def names(who: str, **wanted: Any) -> set[str]:
        with world.office.acting(world.actor(who)) as session:
            return {person.username for person in list_people(session, PeopleFilter(**wanted), 200, None)}

    assert "west" not in names("east")
    assert names("east", q="west") == set()
    assert names("east", org_id=world.org["west"]) == {"east"} & names("east", org_id=world.org["west"])
    assert names("admin", role="district") == {"east", "west"}
    assert names("admin", q="east") == {"east", "east-civil"}
    assert names("admin", q="%") == set()
    assert names("west") == {"west"}


def test_user_names_and_contact_data_are_checked(world: World) -> None:
    with world.office.acting(world.actor("admin")) as session:
        version = session.get(Person, world.person["east"]).version
        person = update_person(
            session, world.person["east"], version, PersonData("新名字", " NEW.Name ", "0473-1234567", "")
        )
        assert (person.username, person.email) == ("new.name", None)
    for data in (
        PersonData(" "), PersonData("x", "a"), PersonData("x", "a b c"), PersonData("x", phone="1"), PersonData("x", email="a@b"),
    ):  # fmt: skip
        with pytest.raises(InputError), world.office.acting(world.actor("admin")) as session:
            create_person(session, data, world.org["east"], "科员")
    with pytest.raises(ConflictError), world.office.acting(world.actor("admin")) as session:
        create_person(session, PersonData("x", "WEST"), world.org["east"], "科员")
