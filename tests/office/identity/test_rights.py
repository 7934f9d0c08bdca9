"""Roles and delegations: given, lent, ended – and gone the moment they end."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from kezhong import clock
from kezhong.errors import ConflictError, InputError, KezhongError, NotFoundError, PermissionDeniedError
from kezhong.office.identity.granting import delegate, end_delegation, grant_role, revoke_grant
from kezhong.office.models import Delegation, Person, RoleGrant, Task
from office_world import EAST, WEST, World

DAY = timedelta(days=1)


def grant_id(world: World, name: str) -> int:
    with world.office.acting(world.office.system("test")) as session:
        return session.scalars(
            select(RoleGrant.id).where(RoleGrant.person_id == world.person[name], RoleGrant.delegation_id.is_(None))
        ).first()


def lend(world: World, giver: str, to: str, days: float = 3) -> int:
    with world.office.acting(world.actor(giver)) as session:
        found = delegate(session, grant_id(world, giver), world.person[to], clock.now() + days * DAY, "休假")
    return found.id


def roles_of(world: World, name: str) -> list[str]:
    return [grant.role for grant in world.actor(name).grants]


def test_a_delegation_ends_by_itself_and_at_once(world: World) -> None:
    now = clock.now()
    with clock.frozen(now):
        lend(world, "east", "street")
        assert roles_of(world, "street") == ["street", "district"]
    with clock.frozen(now + 3 * DAY - timedelta(seconds=1)):
        assert roles_of(world, "street") == ["street", "district"]
    with clock.frozen(now + 3 * DAY):
        assert roles_of(world, "street") == ["street"]
    with clock.frozen(now + 100 * DAY):  # a clock that jumps
        assert roles_of(world, "street") == ["street"]
    with clock.frozen(now - DAY):  # and one that is set back: nothing counts before it was lent
        assert "district" not in roles_of(world, "street")


@pytest.mark.parametrize("who", ["east", "street", "admin"])
def test_it_can_be_ended_by_either_side_and_by_who_gives_roles(world: World, who: str) -> None:
    key = lend(world, "east", "street")
    with world.office.acting(world.actor(who)) as session:
        end_delegation(session, key, "提前返岗")
    assert roles_of(world, "street") == ["street"]
    with pytest.raises(ConflictError), world.office.acting(world.actor(who)) as session:
        end_delegation(session, key)


def test_nobody_else_ends_it(world: World) -> None:
    key = lend(world, "east", "street")
    with pytest.raises(NotFoundError), world.office.acting(world.actor("west")) as session:
        end_delegation(session, key)


def test_what_was_lent_is_not_lent_on(world: World) -> None:
    lend(world, "east", "street")
    with world.office.acting(world.office.system("test")) as session:
        lent = session.scalars(select(RoleGrant.id).where(RoleGrant.delegation_id.is_not(None))).one()
    with pytest.raises(PermissionDeniedError) as raised, world.office.acting(world.actor("street")) as session:
        delegate(session, lent, world.person["community"], clock.now() + DAY, "转托")
    assert raised.value.code == "people.no_chain"


def test_it_never_lasts_longer_than_ones_own(world: World) -> None:
    now = clock.now()
    with world.office.acting(world.office.system("test")) as session:
        session.get(RoleGrant, grant_id(world, "east")).valid_to = now + 2 * DAY
    with pytest.raises(InputError, match="delegation_longer"):
        lend(world, "east", "street", days=3)
    lend(world, "east", "street", days=1.5)
    for days in (400, -1, 0):
        with pytest.raises(InputError, match="delegation_end"):
            lend(world, "east", "east-civil", days=days)


def test_it_ends_with_the_right_it_came_from(world: World) -> None:
    lend(world, "east", "street")
    with world.office.acting(world.actor("admin")) as session:
        revoke_grant(session, grant_id(world, "east"), "调离")
    assert roles_of(world, "east") == []
    assert roles_of(world, "street") == ["street"]
    with world.office.acting(world.office.system("test")) as session:
        assert session.scalars(select(Delegation.ended_at)).one() is not None


def test_what_cannot_be_lent(world: World) -> None:
    cases = [
        ("auditor", "east", PermissionDeniedError, "people.not_lendable"),
        ("east", "east", PermissionDeniedError, "people.not_to_oneself"),
        ("east", "west", NotFoundError, "office.no_such"),  # out of sight
    ]
    for giver, to, kind, code in cases:
        with pytest.raises(kind) as raised:
            lend(world, giver, to)
        assert raised.value.code == code
    with pytest.raises(NotFoundError), world.office.acting(world.actor("west")) as session:
        delegate(session, grant_id(world, "east"), world.person["west"], clock.now() + DAY, "借来的")
    lend(world, "east", "street")
    with pytest.raises(ConflictError, match="lent_already"):
        lend(world, "east", "street")


def test_a_deputy_acts_in_the_lenders_area(world: World) -> None:
    with world.office.acting(world.office.system("test")) as session:
        from datetime import date

        from kezhong.office.models import Organisation

        unit = session.get(Organisation, world.org["east-civil"])
        session.add(
            Task(
                programme_id=world.programme, code="T", title="任务", level="district", starts_on=date(2022, 3, 1),
                area_code=unit.area_code, area_path=unit.area_path, org_id=unit.id, org_path=unit.path,
            )
        )  # fmt: skip

    def seen() -> list[str]:
        with world.office.acting(world.actor("street")) as session:
            return list(session.rows(select(Task.code)))

    assert seen() == []
    key = lend(world, "east", "street")
    assert seen() == ["T"]
    with world.office.acting(world.actor("east")) as session:
        end_delegation(session, key)
    assert seen() == []


def test_granting(world: World) -> None:
    with world.office.acting(world.actor("admin")) as session:
        grant_role(session, world.person["east"], "inspector", world.org["east"])
        grant_role(session, world.person["analyst"], "inspector", world.org["office"], area_code=WEST)
    assert roles_of(world, "east") == ["district", "inspector"]
    found = world.actor("analyst").grants[-1]
    assert (found.role, found.area_path.rstrip("/").split("/")[-1]) == ("inspector", WEST)


@pytest.mark.parametrize(
    ("who", "to", "role", "org", "area", "code"),
    [
        ("admin", "admin", "office", "office", None, "people.not_oneself"),
        ("admin", "east", "office", "east", None, "people.role_level"),
        ("admin", "east", "emperor", "east", None, "office.unknown_role"),
        ("admin", "east", "district", "east", None, "people.has_role"),
        ("admin", "east", "inspector", "east", WEST, "people.area_not_of_unit"),
        ("east", "street", "district", "east", None, "office.no_such"),
    ],
)
def test_what_cannot_be_granted(
    world: World, who: str, to: str, role: str, org: str, area: str | None, code: str
) -> None:
    with pytest.raises(KezhongError) as raised, world.office.acting(world.actor(who)) as session:
        grant_role(session, world.person[to], role, world.org[org], area_code=area)
    assert raised.value.code == code


def test_a_districts_administrator_gives_nothing_elsewhere(world: World) -> None:
    with world.office.acting(world.actor("admin")) as session:
        grant_role(session, world.person["east"], "administrator", world.org["east"])
    with world.office.acting(world.actor("east")) as session:
        grant_role(session, world.person["east-civil"], "inspector", world.org["east"])
    for person, org in (("west", "west"), ("civil", "d-civil"), ("east-civil", "west"), ("east-civil", "office")):
        with pytest.raises(KezhongError) as raised, world.office.acting(world.actor("east")) as session:
            grant_role(session, world.person[person], "inspector", world.org[org])
        assert raised.value.code in ("office.no_such", "office.out_of_scope", "people.role_level")
    assert EAST in world.actor("east-civil").grants[-1].area_path


def test_the_last_who_could_give_roles_keeps_that(world: World) -> None:
    with world.office.acting(world.actor("admin")) as session:
        revoke_grant(session, grant_id(world, "office"), "演练")
    with world.office.acting(world.office.system("test")) as session, pytest.raises(ConflictError) as raised:
        revoke_grant(session, grant_id(world, "admin"), "演练")
    assert raised.value.code == "people.last_administrator"


def test_an_ended_grant_ends_at_once(world: World) -> None:
    with world.office.acting(world.actor("admin")) as session:
        revoke_grant(session, grant_id(world, "west"), "调离")
    assert roles_of(world, "west") == []
    with world.office.acting(world.office.system("test")) as session:
        assert session.get(Person, world.person["west"]).status == "active"
