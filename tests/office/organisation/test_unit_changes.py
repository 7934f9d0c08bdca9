"""Units change: on their day, by their paper, with their work, and with their names as they were."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from kezhong import clock
from kezhong.errors import ConflictError, InputError, PermissionDeniedError
from kezhong.office.models import (
    CircleDuty,
    GridTeam,
    Organisation,
    OrganisationChange,
    Person,
    Post,
    RoleGrant,
    Task,
    TaskUnit,
)
from kezhong.office.organisation.changes import UnitData, apply_due_changes, cancel_change, change_unit, create_unit
from kezhong.office.organisation.paths import stale_copies
from kezhong.office.organisation.versions import Order, history_of, name_at
from kezhong.office.session import ChangedMeanwhileError
from office_world import EAST, World

JULY = datetime(2026, 7, 15, 4, tzinfo=UTC)


def order(day: date | None = None, document: str | None = "〔2026〕9号") -> Order:
    return Order(day or clock.today(), document, "机构改革")


def task(world: World, org: str, code: str, state: str = "in_progress", **more: Any) -> int:
    with world.office.acting(world.office.system("test")) as session:
        unit = session.get(Organisation, world.org[org])
        row = Task(
            programme_id=world.programme, code=code, title="任务", level=unit.level, state=state, starts_on=date(2026, 1, 1),
            area_code=unit.area_code, area_path=unit.area_path, org_id=unit.id, org_path=unit.path,
            department=unit.department, **more,
        )  # fmt: skip
        session.add(row)
        session.flush()
        return row.id


def seen(world: World, name: str) -> set[str]:
    with world.office.acting(world.actor(name)) as session:
        return set(session.rows(select(Task.code)))


def change(world: World, who: str, org: str, what: str, when: date | None = None, **values: Any) -> Any:
    with world.office.acting(world.actor(who)) as session:
        return change_unit(session, world.org[org], None, what, values, order(when))


@pytest.fixture(autouse=True)
def mid_year() -> Any:
    with clock.frozen(JULY):
        yield


def test_a_rename_keeps_the_former_name_for_former_days(world: World) -> None:
    change(world, "admin", "d-civil", "rename", date(2026, 7, 1), name="市民政和社会工作局")
    with world.office.acting(world.actor("east")) as session:
        assert name_at(session, world.org["d-civil"], date(2026, 6, 30)) == "市民政局"
        assert name_at(session, world.org["d-civil"], date(2019, 1, 1)) == "市民政局"
        assert name_at(session, world.org["d-civil"], date(2026, 7, 1)) == "市民政和社会工作局"
        lines = history_of(session, world.org["d-civil"])
    assert [(row.change, row.document) for row in lines] == [("created", None), ("renamed", "〔2026〕9号")]
    assert lines[0].valid_to == date(2026, 6, 30)


def test_a_department_dissolved_in_mid_year(world: World) -> None:
    """Its open work, people, rights, duties and joint parts go to the successor; what is done stays and is seen there."""
    open_ = task(world, "d-commerce", "open")
    done = task(world, "d-commerce", "done", state="closed")
    joint = task(world, "east", "joint")
    issued = task(world, "west", "issued", issuer_id=world.org["d-commerce"])
    with world.office.acting(world.office.system("test")) as session:
        session.add(TaskUnit(task_id=joint, organisation_id=world.org["d-commerce"], duty="joint"))
        session.add(
            CircleDuty(
                programme_id=world.programme, circle="convenient_consumption", organisation_id=world.org["d-commerce"],
                duty="lead", valid_from=date(2022, 3, 1),
            )
        )  # fmt: skip
    with pytest.raises(ConflictError) as raised:
        change(world, "admin", "d-commerce", "dissolve")
    assert raised.value.code == "organisation.has_people"
    change(world, "admin", "d-commerce", "dissolve", date(2026, 7, 10), successor=world.org["d-civil"])

    with world.office.acting(world.office.system("test")) as session:
        assert session.get(Task, open_).org_id == world.org["d-civil"]
        assert session.get(Task, open_).department == "civil_affairs"
        assert session.get(Task, done).org_id == world.org["d-commerce"]
        assert session.get(Task, issued).issuer_id == world.org["d-civil"]
        assert session.scalars(select(TaskUnit.organisation_id)).all() == [world.org["d-civil"]]
        duties = session.scalars(select(CircleDuty).order_by(CircleDuty.id)).all()
        assert [(duty.organisation_id, duty.valid_to) for duty in duties] == [
            (world.org["d-commerce"], date(2026, 7, 14)),
            (world.org["d-civil"], None),
        ]
        unit = session.get(Organisation, world.org["d-commerce"])
        assert (unit.valid_to, unit.successor_id) == (date(2026, 7, 9), world.org["d-civil"])
        assert name_at(session, unit.id, date(2026, 7, 9)) == "市商务局"
        assert name_at(session, unit.id, date(2026, 7, 10)) == "市民政局"
        assert session.get(Person, world.person["commerce"]).org_id == world.org["d-civil"]
        posts = session.scalars(select(Post).where(Post.person_id == world.person["commerce"]).order_by(Post.id)).all()
        assert [(post.organisation_id, post.valid_to) for post in posts] == [
            (world.org["d-commerce"], date(2026, 7, 14)),
            (world.org["d-civil"], None),
        ]
        assert stale_copies(session) == {}
    # Whoever came over, and whoever was there, sees the work of both; the rights moved at once.
    assert seen(world, "commerce") == seen(world, "civil") == {"open", "done", "joint", "issued"}
    with pytest.raises(ConflictError, match="ended"):
        change(world, "admin", "d-commerce", "rename", name="又一个名字")


def test_two_streets_merge_with_their_communities(world: World) -> None:
    streets = sorted(code for code in world.org if code.startswith("street-" + EAST))
    assert len(streets) >= 2
    first, second = streets[:2]
    community = next(code for code in world.org if code.startswith("community-" + second.removeprefix("street-")))
    task(world, second, "s")
    task(world, community, "c")
    with world.office.acting(world.office.system("test")) as session:
        unit = session.get(Organisation, world.org[second])
        session.add(
            GridTeam(
                code="T", name="网格", template="custom", area_code=unit.area_code, area_path=unit.area_path,
                organisation_id=unit.id,
            )
        )  # fmt: skip
    change(world, "admin", second, "merge", into=world.org[first])
    with world.office.acting(world.office.system("test")) as session:
        into = session.get(Organisation, world.org[first])
        below = session.get(Organisation, world.org[community])
        assert below.parent_id == into.id
        assert below.path == f"{into.path}{below.id}/"
        assert session.get(Organisation, world.org[second]).path.startswith(into.path)
        assert session.scalars(select(GridTeam.organisation_id)).all() == [into.id]
        assert stale_copies(session) == {}
        assert [row.change for row in history_of(session, into.id)] == ["created", "merged"]


def test_several_units_merge_in_one_transaction_or_not_at_all(world: World) -> None:
    task(world, "d-civil", "a")
    with pytest.raises(ConflictError):
        change(world, "admin", "d-civil", "merge", into=world.org["office"], others=[world.org["office"]])
    assert seen(world, "civil") == {"a"}
    change(world, "admin", "d-civil", "merge", into=world.org["office"], others=[world.org["d-commerce"]])
    with world.office.acting(world.office.system("test")) as session:
        ended = session.scalars(select(Organisation.code).where(Organisation.successor_id == world.org["office"])).all()
    assert sorted(ended) == ["d-civil", "d-commerce"]


def test_somebody_with_one_role_in_both_units_holds_it_once(world: World) -> None:
    with world.office.acting(world.office.system("test")) as session:
        old = session.scalars(select(RoleGrant).where(RoleGrant.person_id == world.person["civil"])).one()
        unit = session.get(Organisation, world.org["d-commerce"])
        session.add(
            RoleGrant(
                person_id=world.person["civil"], role=old.role, valid_from=clock.now(), area_code=unit.area_code,
                area_path=unit.area_path, org_id=unit.id, org_path=unit.path, department=unit.department,
            )
        )  # fmt: skip
    change(world, "admin", "d-commerce", "merge", into=world.org["d-civil"])
    assert [grant.org_id for grant in world.actor("civil").grants] == [world.org["d-civil"]]


def test_a_split_takes_what_it_is_given(world: World) -> None:
    keep, go = task(world, "d-civil", "keep"), task(world, "d-civil", "go")
    parts = [{"code": "d-age", "name": "市老龄工作局", "tasks": [go], "people": [world.person["civil"]]}]
    change(world, "admin", "d-civil", "split", parts=parts)
    with world.office.acting(world.office.system("test")) as session:
        made = session.scalars(select(Organisation).where(Organisation.code == "d-age")).one()
        assert session.get(Task, go).org_id == made.id
        assert session.get(Task, keep).org_id == world.org["d-civil"]
        assert session.get(Person, world.person["civil"]).org_id == made.id
        assert stale_copies(session) == {}
    assert [grant.org_id for grant in world.actor("civil").grants] == [made.id]


def test_a_later_change_waits_for_its_day(world: World) -> None:
    planned = change(world, "admin", "d-civil", "rename", date(2026, 9, 1), name="市民政和社会工作局")
    assert isinstance(planned, OrganisationChange)
    assert apply_due_changes(world.office) == 0
    with clock.frozen(JULY + timedelta(days=60)):
        assert apply_due_changes(world.office) == 1
        assert apply_due_changes(world.office) == 0
    with world.office.acting(world.actor("east")) as session:
        assert session.get(Organisation, world.org["d-civil"]).name == "市民政和社会工作局"
        assert name_at(session, world.org["d-civil"], date(2026, 8, 31)) == "市民政局"


def test_a_clock_that_jumps_applies_all_in_the_order_of_their_days(world: World) -> None:
    change(world, "admin", "d-civil", "rename", date(2026, 9, 1), name="二")
    change(world, "admin", "d-civil", "rename", date(2026, 8, 1), name="一")
    change(world, "admin", "d-civil", "rename", date(2026, 10, 1), name="三")
    with clock.frozen(JULY + timedelta(days=365)):
        assert apply_due_changes(world.office) == 3
    with world.office.acting(world.actor("east")) as session:
        days = (date(2026, 7, 31), date(2026, 8, 1), date(2026, 9, 5), date(2027, 1, 1))
        assert [name_at(session, world.org["d-civil"], day) for day in days] == ["市民政局", "一", "二", "三"]


def test_a_plan_that_cannot_be_kept_is_told_and_stops_nothing(world: World) -> None:
    change(world, "admin", "d-civil", "merge", date(2026, 9, 1), into=world.org["d-commerce"])
    change(world, "admin", "east-civil", "rename", date(2026, 9, 2), name="区民政局")
    change(world, "admin", "d-commerce", "merge", into=world.org["office"])
    with clock.frozen(JULY + timedelta(days=60)):
        assert apply_due_changes(world.office) == 1
    with world.office.acting(world.office.system("test")) as session:
        rows = session.scalars(select(OrganisationChange).order_by(OrganisationChange.id)).all()
    assert [(row.state, row.problem) for row in rows] == [("failed", "organisation.ended"), ("applied", None)]


def test_a_plan_can_be_dropped(world: World) -> None:
    planned = change(world, "admin", "d-civil", "rename", date(2026, 9, 1), name="新")
    with world.office.acting(world.actor("admin")) as session:
        cancel_change(session, planned.id)
    with clock.frozen(JULY + timedelta(days=60)):
        assert apply_due_changes(world.office) == 0
    with pytest.raises(ConflictError), world.office.acting(world.actor("admin")) as session:
        cancel_change(session, planned.id)


@pytest.mark.parametrize("day", [date(2025, 12, 31), date(2019, 1, 1), date(2029, 1, 1)])
def test_days_out_of_range(world: World, day: date) -> None:
    with pytest.raises(InputError, match="bad_day"):
        change(world, "admin", "d-civil", "rename", day, name="新")


@pytest.mark.parametrize(
    ("org", "what", "values", "code"),
    [
        ("d-civil", "rename", {"name": " "}, "organisation.bad_name"),
        ("d-civil", "rename", {"name": "新", "department": "nonsense"}, "organisation.bad_department"),
        ("d-civil", "explode", {}, "organisation.bad_change"),
        ("east", "move", {"parent_id": "east-civil"}, "organisation.below_itself"),
        ("east", "merge", {"into": "east"}, "organisation.below_itself"),
        ("east", "merge", {"into": "east-civil"}, "organisation.below_itself"),
        ("east", "merge", {}, "organisation.no_successor"),
        ("d-civil", "move", {"parent_id": "east"}, "organisation.level_above"),
        ("d-civil", "split", {}, "organisation.no_parts"),
    ],
)
def test_what_cannot_be_done(world: World, org: str, what: str, values: dict[str, Any], code: str) -> None:
    values = {name: world.org.get(value, value) if name != "name" else value for name, value in values.items()}
    with pytest.raises((InputError, ConflictError)) as raised:
        change(world, "admin", org, what, **values)
    assert raised.value.code == code


def test_nobody_changes_units_elsewhere(world: World) -> None:
    with world.office.acting(world.office.system("test")) as session:
        unit = session.get(Organisation, world.org["east"])
        session.add(
            RoleGrant(
                person_id=world.person["east"], role="administrator", valid_from=clock.now(), area_code=unit.area_code,
                area_path=unit.area_path, org_id=unit.id, org_path=unit.path,
            )
        )  # fmt: skip
    change(world, "east", "east-civil", "rename", name="区民政局")
    for org, what, values in (
        ("west", "rename", {"name": "新"}),
        ("east-civil", "merge", {"into": world.org["d-civil"]}),
        ("east-civil", "move", {"parent_id": world.org["office"]}),
    ):
        with pytest.raises(PermissionDeniedError):
            change(world, "east", org, what, **values)
    with pytest.raises(PermissionDeniedError), world.office.acting(world.actor("east")) as session:
        create_unit(session, UnitData("x", "新", "新", "department", "150300"), order())


def test_two_people_change_one_unit(world: World) -> None:
    with world.office.acting(world.actor("admin")) as session:
        version = session.get(Organisation, world.org["d-civil"]).version
        change_unit(session, world.org["d-civil"], version, "rename", {"name": "一"}, order())
    with pytest.raises(ChangedMeanwhileError), world.office.acting(world.actor("office")) as session:
        change_unit(session, world.org["d-civil"], version, "rename", {"name": "二"}, order())
