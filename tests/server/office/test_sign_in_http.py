"""Signing in over HTTP: cookies, the demonstration's way in, what the session says, who is let in at all."""

from __future__ import annotations

import pytest
from callers import API, BASE, LOCAL, SignIn, TestClient
from fastapi import FastAPI

from kezhong.office.identity.passwords import hash_password
from kezhong.office.models import Credential, Person
from kezhong.server import create_app
from kezhong.server.identity import COOKIE
from office_world import World

PASSWORD = "四个不相干的词 horse"


def give_password(world: World, name: str, password: str = PASSWORD, *, must_change: bool = False) -> None:
    with world.office.acting(world.office.system("test")) as session:
        session.add(
            Credential(person_id=world.person[name], password_hash=hash_password(password), must_change=must_change)
        )


def test_session_without_signing_in(nobody: TestClient) -> None:
    found = nobody.get(f"{API}/session").json()
    assert found["office"] is True
    assert found["signed_in"] is False
    assert found["person"] is None
    assert found["permissions"] == ["public"]
    assert nobody.get(f"{API}/city").status_code == 401


def test_password_cookie_and_sign_out(world: World, nobody: TestClient) -> None:
    give_password(world, "east")
    answer = nobody.post(f"{API}/office/session", json={"username": " East ", "password": PASSWORD})
    assert answer.status_code == 201, answer.text
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Secure" not in cookie
    found = nobody.get(f"{API}/session").json()
    assert found["person"]["name"] == "east员"
    assert found["person"]["posts"][0]["title"] == "工作人员"
    grant = found["person"]["grants"][0]
    assert (grant["role"], grant["zh"], grant["area_code"], grant["delegated"]) == ("district", "区", "150301", False)
    assert "task:write" in found["permissions"]
    assert nobody.delete(f"{API}/office/session").status_code == 204
    assert nobody.get(f"{API}/session").json()["signed_in"] is False


def test_must_change_can_do_nothing_else(world: World, nobody: TestClient) -> None:
    give_password(world, "east", must_change=True)
    nobody.post(f"{API}/office/session", json={"username": "east", "password": PASSWORD})
    found = nobody.get(f"{API}/session").json()
    assert found["must_change"] is True
    assert found["permissions"] == ["public", "signed-in"]
    assert nobody.get(f"{API}/city").status_code == 403


def test_a_password_is_never_said_back(nobody: TestClient) -> None:
    answer = nobody.post(f"{API}/office/session", json={"username": "east", "password": "x" * 401})
    assert answer.status_code == 422
    assert "xxx" not in answer.text


def set_synthetic(world: World, value: bool) -> None:
    file = world.office.city_folder / "kezhong.toml"
    text = "\n".join(line for line in file.read_text("utf-8").splitlines() if not line.startswith("synthetic"))
    file.write_text(f"synthetic = {str(value).lower()}\n{text}\n", "utf-8")


def set_demo(world: World, name: str) -> None:
    with world.office.acting(world.office.system("test")) as session:
        session.get(Person, world.person[name]).demo = True


def test_demo_only_in_a_synthetic_city_and_here(world: World, served: FastAPI, nobody: TestClient) -> None:
    set_demo(world, "west")
    set_synthetic(world, True)
    options = nobody.get(f"{API}/office/sign-in").json()
    assert [(row["id"], row["roles"][0]["zh"]) for row in options["demo"]] == [(world.person["west"], "区")]
    assert nobody.post(f"{API}/office/session/demo", json={"person": world.person["east"]}).status_code == 401
    assert nobody.post(f"{API}/office/session/demo", json={"person": world.person["west"]}).status_code == 201
    assert nobody.get(f"{API}/session").json()["person"]["demo"] is True
    set_synthetic(world, False)
    assert nobody.get(f"{API}/office/sign-in").json()["demo"] == []
    assert nobody.post(f"{API}/office/session/demo", json={"person": world.person["west"]}).status_code == 403


@pytest.mark.parametrize(
    ("client", "headers"),
    [
        (("10.1.2.3", 4), {"Host": "life.example.cn"}),
        (("127.0.0.1", 4), {"Host": "life.example.cn"}),
        (("127.0.0.1", 4), {"Host": "127.0.0.1", "X-Forwarded-For": "127.0.0.1"}),
        (("127.0.0.1", 4), {"Host": "127.0.0.1", "X-Forwarded-For": "10.1.2.3"}),
        (("10.1.2.3", 4), {"Host": "127.0.0.1"}),
    ],
)
def test_demo_from_elsewhere_is_refused(world: World, static, client: tuple[str, int], headers: dict[str, str]) -> None:
    set_demo(world, "west")
    set_synthetic(world, True)
    app = create_app(world.office.city_folder, static=static, office=world.office, public_url="https://life.example.cn")
    caller = TestClient(app, base_url="https://life.example.cn", client=client)
    assert caller.get(f"{API}/office/sign-in", headers=headers).json()["demo"] == []
    wanted = {"person": world.person["west"]}
    assert caller.post(f"{API}/office/session/demo", json=wanted, headers=headers).status_code == 403


@pytest.fixture
def public(world: World, static, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    monkeypatch.setenv("KEZHONG_PROXY", "10.9.0.0/16")
    return create_app(
        world.office.city_folder,
        host="0.0.0.0",  # noqa: S104
        static=static,
        office=world.office,
        public_url="https://life.example.cn",
    )


def test_other_machines_under_the_public_name_only(public: FastAPI) -> None:
    caller = TestClient(public, base_url="https://life.example.cn", client=("10.1.2.3", 5))
    answer = caller.get("/health/live")
    assert answer.status_code == 200
    assert answer.headers["Strict-Transport-Security"]
    assert caller.get("/health/live", headers={"Host": "evil.example"}).status_code == 403
    assert caller.get("/health/live", headers={"Origin": "https://evil.example"}).status_code == 403
    assert caller.get("/health/live", headers={"Origin": "https://life.example.cn"}).status_code == 200


def test_without_an_office_a_public_address_changes_nothing(world: World, static) -> None:
    app = create_app(world.office.city_folder, static=static, public_url="https://life.example.cn")
    assert (
        TestClient(app, base_url="https://life.example.cn", client=("10.1.2.3", 5)).get("/health/live").status_code
        == 403
    )


def test_secure_cookie_and_forwarded_headers(world: World, public: FastAPI) -> None:
    give_password(world, "east")
    wanted = {"username": "east", "password": PASSWORD}
    behind = TestClient(public, base_url="http://life.example.cn", client=("10.9.0.1", 5))
    answer = behind.post(
        f"{API}/office/session", json=wanted, headers={"X-Forwarded-Proto": "https", "X-Forwarded-For": "10.1.2.3"}
    )
    assert "Secure" in answer.headers["set-cookie"]
    stranger = TestClient(public, base_url="http://life.example.cn", client=("10.1.2.3", 5))
    answer = stranger.get("/health/live", headers={"X-Forwarded-Proto": "https"})
    assert "Strict-Transport-Security" not in answer.headers


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_other_sites_cannot_change_anything(sign_in: SignIn, site: str) -> None:
    client = sign_in("east")
    assert client.delete(f"{API}/office/session", headers={"Sec-Fetch-Site": site}).status_code == 403
    assert client.get(f"{API}/session", headers={"Sec-Fetch-Site": site}).status_code == 200
    assert client.delete(f"{API}/office/session", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 204


def test_a_stolen_cookie_of_somebody_signed_out_is_nothing(sign_in: SignIn, served: FastAPI) -> None:
    client = sign_in("east")
    token = client.cookies[COOKIE]
    client.delete(f"{API}/office/session")
    other = TestClient(served, base_url=BASE, client=LOCAL)
    other.cookies.set(COOKIE, token)
    assert other.get(f"{API}/city").status_code == 401
