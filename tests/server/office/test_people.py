"""People over HTTP: masked, revealed with a note, in scope, never in a log."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
from callers import API, SignIn, TestClient
from sqlalchemy import select

from kezhong import clock
from kezhong.office.models import AuditEntry, RoleGrant
from office_world import World


def made(client: TestClient, world: World, **more: object) -> dict:
    body = {
        "name": "钱七",
        "username": "qianqi",
        "phone": "13911112222",
        "organisation_id": world.org["east"],
        "title": "科员",
    }
    answer = client.post(f"{API}/office/people", json={**body, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_contact_data_is_masked_and_revealed_with_a_note(
    sign_in: SignIn, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    admin = sign_in("admin")
    with caplog.at_level(logging.DEBUG):
        person = made(admin, world)
        assert person["phone"] == "139****2222"
        listed = admin.get(f"{API}/office/people", params={"q": "钱"}).json()["items"]
        assert [row["phone"] for row in listed] == ["139****2222"]
        for letters in ("qq", "qianqi", "QQi"):
            found = admin.get(f"{API}/office/people", params={"q": letters}).json()["items"]
            assert [row["id"] for row in found] == [person["id"]]
        assert sign_in("west").get(f"{API}/office/people", params={"q": "qq"}).json()["items"] == []
        address = f"{API}/office/people/{person['id']}"
        assert admin.post(f"{address}/reveal", json={}).status_code == 422
        clear = admin.post(f"{address}/reveal", json={"reason": "电话核实"})
        assert clear.json()["phone"] == "13911112222"
        assert clear.headers["Cache-Control"] == "no-store"
    assert "13911112222" not in caplog.text
    assert "钱七" not in caplog.text
    with world.office.acting(world.office.system("test")) as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "personal.read")).one()
    assert (entry.actor_id, entry.object_id) == (world.person["admin"], str(person["id"]))
    assert sign_in("east").post(f"{address}/reveal", json={"reason": "好奇"}).status_code == 403


def test_editing_needs_the_version_that_was_seen(sign_in: SignIn, world: World) -> None:
    admin = sign_in("admin")
    person = made(admin, world)
    address = f"{API}/office/people/{person['id']}"
    tag = admin.get(address).headers["ETag"]
    assert admin.patch(address, json={"name": "钱八"}).status_code == 428
    assert admin.patch(address, json={"name": "钱八"}, headers={"If-Match": tag}).status_code == 200
    late = admin.patch(address, json={"name": "钱九"}, headers={"If-Match": tag})
    assert late.status_code == 412
    assert admin.get(address).json()["name"] == "钱八"
    assert admin.get(address).json()["username"] == "qianqi"


def test_the_same_key_makes_one_person(sign_in: SignIn, world: World) -> None:
    admin = sign_in("admin")
    body = {"name": "钱七", "organisation_id": world.org["east"], "title": "科员"}
    one, two = (
        admin.post(f"{API}/office/people", json=body, headers={"Idempotency-Key": "k"}).json() for _ in range(2)
    )
    assert one["id"] == two["id"]


def test_pages(sign_in: SignIn, world: World) -> None:
    admin = sign_in("admin")
    seen: list[int] = []
    cursor = None
    while True:
        page = admin.get(f"{API}/office/people", params={"limit": 4, **({"cursor": cursor} if cursor else {})}).json()
        seen += [row["id"] for row in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert sorted(seen) == sorted(world.person.values())
    bad = admin.get(f"{API}/office/people", params={"cursor": "bm9uc2Vuc2U", "q": "x"})
    assert bad.status_code == 422


def test_roles_delegation_and_its_end(sign_in: SignIn, world: World) -> None:
    admin, east, street = sign_in("admin"), sign_in("east"), sign_in("street")
    given = admin.post(
        f"{API}/office/people/{world.person['east-civil']}/grants",
        json={"role": "inspector", "organisation_id": world.org["east"]},
    )
    assert [grant["role"] for grant in given.json()["grants"]] == ["department", "inspector"]
    lendable = east.get(f"{API}/office/delegations").json()["lendable"]
    assert [grant["role"] for grant in lendable] == ["district"]
    ends = clock.now() + timedelta(days=2)
    lent = east.post(
        f"{API}/office/delegations",
        json={
            "grant_id": lendable[0]["id"], "person_id": world.person["street"], "ends_at": ends.isoformat(), "reason": "休假",
        },
    )  # fmt: skip
    assert lent.status_code == 201, lent.text
    grants = street.get(f"{API}/session").json()["person"]["grants"]
    assert [(grant["role"], grant["delegated"], grant["lent_by"]) for grant in grants] == [
        ("street", False, None),
        ("district", True, "east员"),
    ]
    assert "pilot:nominate" in street.get(f"{API}/session").json()["permissions"]
    with clock.frozen(ends - timedelta(seconds=1)), clock.frozen(clock.now()):
        again = sign_in("street")
        assert "pilot:nominate" in again.get(f"{API}/session").json()["permissions"]
    with clock.frozen(ends):
        assert "pilot:nominate" not in again.get(f"{API}/session").json()["permissions"]
    key = lent.json()["items"][0]["id"]
    assert street.post(f"{API}/office/delegations/{key}/end").status_code == 204
    assert "pilot:nominate" not in street.get(f"{API}/session").json()["permissions"]


def test_revoking_ends_at_once(sign_in: SignIn, world: World) -> None:
    admin, west = sign_in("admin"), sign_in("west")
    with world.office.acting(world.office.system("test")) as session:
        grant = session.scalars(select(RoleGrant.id).where(RoleGrant.person_id == world.person["west"])).one()
    assert west.get(f"{API}/office/people").status_code == 200
    assert admin.post(f"{API}/office/grants/{grant}/revoke", json={"reason": "调离"}).status_code == 204
    assert west.get(f"{API}/office/people").status_code == 403
    assert west.get(f"{API}/session").json()["signed_in"] is True


def test_a_person_leaves_and_is_erased(sign_in: SignIn, world: World) -> None:
    admin, east = sign_in("admin"), sign_in("east")
    successor = made(admin, world)
    address = f"{API}/office/people/{world.person['east']}"
    held = admin.get(f"{address}/in-hand").json()
    assert [one["id"] for one in held["successors"]] == [successor["id"]]
    assert admin.post(f"{address}/erase", json={"reason": "申请"}).status_code == 409
    done = admin.post(f"{address}/hand-over", json={"to_person_id": successor["id"], "note": "退休"})
    assert done.status_code == 200, done.text
    assert done.json()["counts"]["sessions"] == 1
    assert east.get(f"{API}/session").json()["signed_in"] is False
    assert admin.get(address).json()["allowed"] == ["erase"]
    assert sign_in("office").post(f"{address}/erase", json={"reason": "申请"}).status_code == 403
    assert admin.post(f"{address}/erase", json={"reason": "申请"}).status_code == 204
    left = admin.get(address).json()
    assert (left["name"], left["phone"], left["status"]) == ("", None, "erased")


def test_a_reset_password_must_be_changed(sign_in: SignIn, world: World, nobody: TestClient) -> None:
    admin = sign_in("admin")
    fresh = admin.post(f"{API}/office/people/{world.person['west']}/password").json()["password"]
    answer = nobody.post(f"{API}/office/session", json={"username": "west", "password": fresh})
    assert answer.json()["must_change"] is True
    assert sign_in("east").post(f"{API}/office/people/{world.person['west']}/password").status_code == 403


def test_unlocking(sign_in: SignIn, world: World, nobody: TestClient) -> None:
    admin = sign_in("admin")
    fresh = admin.post(f"{API}/office/people/{world.person['west']}/password").json()["password"]
    for _ in range(5):
        nobody.post(f"{API}/office/session", json={"username": "west", "password": "wrong"})
    locked = nobody.post(f"{API}/office/session", json={"username": "west", "password": fresh})
    assert (locked.status_code, locked.headers["Retry-After"].isdigit()) == (429, True)
    assert admin.get(f"{API}/office/people/{world.person['west']}").json()["locked_until"]
    assert admin.post(f"{API}/office/people/{world.person['west']}/unlock").status_code == 204
    assert nobody.post(f"{API}/office/session", json={"username": "west", "password": fresh}).status_code == 201


def test_tables_over_http(sign_in: SignIn, world: World) -> None:
    admin = sign_in("admin")
    table = "姓名,单位编码,岗位\n李四,east,科员\n".encode()
    headers = {"Content-Type": "application/octet-stream"}
    assert admin.post(f"{API}/office/people/import", content=table, headers=headers).json() == {
        "created": 1,
        "unchanged": 0,
    }
    bad = admin.post(f"{API}/office/people/import", content=table.replace(b"east", b"nowhere"), headers=headers)
    assert bad.status_code == 422
    assert bad.json()["error"]["details"]["row"] == 2
    out = admin.get(f"{API}/office/people/export")
    assert out.content[:2] == b"PK"
    assert sign_in("east").get(f"{API}/office/people/export", params={"clear": True}).status_code == 403
