"""The office's own dispatch sheet: a second person takes it over; where there is none, it goes in with being sent."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from kezhong import clock
from kezhong.errors import ConflictError, PermissionDeniedError
from kezhong.office.access.permissions import Permission
from kezhong.office.models import Delegation, DispatchSheet, Notice, Organisation, Person, RoleGrant, Task
from kezhong.office.steps import allowed_steps, course
from kezhong.office.supervision import reviewers, sheets
from office_world import World
from supervision_world import NOW, add_task, opened, place


@pytest.fixture(autouse=True)
def _november() -> Iterator[None]:
    with clock.frozen(NOW):
        yield


def colleague(world: World, name: str = "second", org: str = "office", **grant: Any) -> int:
    """Somebody else who may review for the office."""
    with world.office.acting(world.office.system("test")) as session:
        where = place(world, session, org)
        person = Person(name=f"{name}员", username=name, digest_key=secrets.token_bytes(32), **where)
        session.add(person)
        session.flush()
        values = {"role": "office", "valid_from": datetime(2020, 1, 1, tzinfo=UTC), **grant}
        session.add(RoleGrant(person_id=person.id, **values, **where))
        world.person[name] = person.id
        return person.id


def fill(world: World, sheet: int, name: str = "office", **reply: Any) -> DispatchSheet:
    with world.office.acting(world.actor(name)) as session:
        row = session.one(DispatchSheet, sheet).rows[0]["row"]
        given = {"progress": 40, "situation": "已开工", **reply}
        return sheets.fill_sheet(session, sheet, [{"row": row, **given}])


def accept(world: World, sheet: int, name: str, decisions: dict[str, str] | None = None) -> DispatchSheet:
    with world.office.acting(world.actor(name)) as session:
        return sheets.accept_sheet(session, sheet, decisions)


def may(world: World, sheet: int, name: str) -> set[str]:
    with world.office.acting(world.actor(name)) as session:
        return {step["id"] for step in allowed_steps(session, session.one(DispatchSheet, sheet))}


def task(world: World, key: int) -> Task:
    with world.office.acting(world.office.system("test")) as session:
        return session.get_one(Task, key)


def test_a_second_person_takes_it_over(world: World) -> None:
    second = colleague(world)
    key = add_task(world, "office", "O-1", progress=10)
    sheet = opened(world)["office"]
    assert fill(world, sheet).state == "filled"
    assert task(world, key).progress == 10
    assert may(world, sheet, "office") == set()
    assert may(world, sheet, "second") == {"accept", "return", "cancel"}
    with pytest.raises(PermissionDeniedError):
        accept(world, sheet, "office")
    with world.office.acting(world.office.system("test")) as session:
        told = session.query(Notice).filter(Notice.object_kind == "dispatch_sheet", Notice.person_id == second)
        assert "请复核采纳" in [one.details.get("step_zh") for one in told]
    done = accept(world, sheet, "second")
    assert (done.state, task(world, key).progress) == ("accepted", 40)
    with world.office.acting(world.actor("second")) as session:
        steps = course(session, session.one(DispatchSheet, sheet))
        assert [(one["transition"], one["person"], one["reason"]) for one in steps] == [
            ("fill", "office员", ""), ("accept", "second员", ""),
        ]  # fmt: skip
        assert reviewers.taken_over_by(session, done) == "colleague"


def test_returned_by_the_second_and_filled_in_by_them_it_is_the_firsts_turn(world: World) -> None:
    colleague(world)
    add_task(world, "office", "O-1")
    sheet = opened(world)["office"]
    fill(world, sheet)
    with world.office.acting(world.actor("second")) as session:
        assert sheets.return_sheet(session, sheet, "请补充").returns == 1
    fill(world, sheet, "second", progress=50)
    with pytest.raises(PermissionDeniedError):
        accept(world, sheet, "second")
    assert accept(world, sheet, "office").state == "accepted"


def test_alone_it_goes_in_with_being_sent(world: World) -> None:
    key = add_task(world, "office", "O-1", progress=10)
    sheet = opened(world)["office"]
    done = fill(world, sheet)
    assert (done.state, task(world, key).progress) == ("accepted", 40)
    assert [row["outcome"] for row in done.written] == ["written"]
    with world.office.acting(world.actor("office")) as session:
        steps = course(session, session.one(DispatchSheet, sheet))
        assert [(one["transition"], one["reason"]) for one in steps] == [("fill", ""), ("accept", reviewers.ALONE)]
        assert reviewers.taken_over_by(session, done) == "with_sending"
    with world.office.acting(world.actor("office")) as session:  # and it can be mended afterwards
        assert sheets.return_sheet(session, sheet, "数字有误", due=date(2022, 12, 2)).state == "returned"


def test_alone_what_changed_meanwhile_is_decided_first(world: World) -> None:
    key = add_task(world, "office", "O-1", progress=10)
    sheet = opened(world)["office"]
    with world.office.acting(world.actor("office")) as session:
        session.one(Task, key, Permission.HANDLE_TASK).progress = 25
    assert fill(world, sheet).state == "filled"
    with pytest.raises(ConflictError):
        accept(world, sheet, "office")
    assert accept(world, sheet, "office", {f"T{key}": "take"}).state == "accepted"
    assert task(world, key).progress == 40


@pytest.mark.parametrize(
    "grant",
    [
        {"role": "inspector"},
        {"role": "administrator"},
        {"valid_to": NOW - timedelta(days=1)},
        {"valid_from": NOW + timedelta(days=1)},
        {"revoked_at": NOW - timedelta(days=1)},
    ],
)
def test_whose_right_does_not_count_is_no_second(world: World, grant: dict[str, Any]) -> None:
    colleague(world, **grant)
    add_task(world, "office", "O-1")
    assert fill(world, opened(world)["office"]).state == "accepted"


def test_who_left_is_no_second(world: World) -> None:
    person = colleague(world)
    with world.office.acting(world.office.system("test")) as session:
        session.get_one(Person, person).status = "left"
    add_task(world, "office", "O-1")
    assert fill(world, opened(world)["office"]).state == "accepted"


def test_a_deputy_is_a_second_while_the_deputyship_runs(world: World) -> None:
    with world.office.acting(world.office.system("test")) as session:
        own = session.query(RoleGrant).filter(RoleGrant.person_id == world.person["office"]).one()
        where = place(world, session, "office")
        lent = Delegation(
            grant_id=own.id, from_person_id=world.person["office"], to_person_id=world.person["analyst"],
            starts_at=NOW - timedelta(days=1), ends_at=NOW + timedelta(days=1), reason="出差", **where,
        )  # fmt: skip
        session.add(lent)
        session.flush()
        session.add(
            RoleGrant(
                person_id=world.person["analyst"], role="office", valid_from=NOW - timedelta(days=1),
                delegation_id=lent.id, **where,
            )
        )  # fmt: skip
    add_task(world, "office", "O-1")
    sheet = opened(world)["office"]
    assert fill(world, sheet).state == "filled"
    with clock.frozen(NOW + timedelta(days=2)):
        assert "accept" in may(world, sheet, "office")  # nobody else any more
    assert accept(world, sheet, "analyst").state == "accepted"


def test_a_second_hat_is_no_second_person(world: World) -> None:
    """Who filled it in may not take it over as the leading group either, while there is somebody else."""
    with world.office.acting(world.office.system("test")) as session:
        office = session.get_one(Organisation, world.org["office"])
        group = Organisation(
            code="group", name="领导小组", short_name="领导小组", kind="leading_group", level="city", path="",
            area_code=office.area_code, area_path=office.area_path, valid_from=date(2020, 1, 1),
        )  # fmt: skip
        session.add(group)
        session.flush()
        group.path = f"{group.id}/"
        world.org["group"] = group.id
        session.add(
            RoleGrant(
                person_id=world.person["office"], role="office", valid_from=datetime(2020, 1, 1, tzinfo=UTC),
                **place(world, session, "group"),
            )
        )  # fmt: skip
    add_task(world, "office", "O-1")
    add_task(world, "group", "G-1")
    ids = opened(world)
    assert fill(world, ids["group"]).state == "accepted"
    colleague(world)
    assert fill(world, ids["office"]).state == "filled"
    with pytest.raises(PermissionDeniedError):
        accept(world, ids["office"], "office")
    assert accept(world, ids["office"], "second").state == "accepted"


def test_other_units_sheets_are_as_before(world: World) -> None:
    """The office may type in what came by message, and take it over; a district never its own."""
    colleague(world)
    add_task(world, "east", "E-1")
    sheet = opened(world)["east"]
    fill(world, sheet, "office")
    assert may(world, sheet, "east") == set()
    assert accept(world, sheet, "office").state == "accepted"
