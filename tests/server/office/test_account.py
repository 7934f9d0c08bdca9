"""One's own account over HTTP: password, second factor, tokens, sessions, and the provider."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
from callers import API, BASE, LOCAL, SignIn, TestClient
from fastapi import FastAPI

from kezhong import clock
from kezhong.office.identity.passwords import hash_password
from kezhong.office.models import Credential, ExternalIdentity
from office_world import World

sys.path.append(str(Path(__file__).parents[2] / "office" / "identity"))
from provider import running

PASSWORD = "四个不相干的词 horse"
OTHER = "另外四个词 staple"


@pytest.fixture
def east(world: World, nobody: TestClient) -> TestClient:
    with world.office.acting(world.office.system("test")) as session:
        session.add(Credential(person_id=world.person["east"], password_hash=hash_password(PASSWORD), must_change=True))
    sign_in(nobody)
    return nobody


def sign_in(client: TestClient, password: str = PASSWORD, code: str | None = None) -> int:
    body = {"username": "east", "password": password, "code": code}
    return client.post(f"{API}/office/session", json=body).status_code


def test_changing_the_password_opens_the_door_and_closes_others(east: TestClient, served: FastAPI) -> None:
    other = TestClient(served, base_url=BASE, client=LOCAL)
    sign_in(other)
    wrong = east.put(f"{API}/office/account/password", json={"current": OTHER, "new": OTHER})
    assert wrong.json()["error"]["code"] == "identity.password_wrong"
    weak = east.put(f"{API}/office/account/password", json={"current": PASSWORD, "new": "1234567890"})
    assert weak.json()["error"]["code"] == "identity.password_common"
    assert "1234567890" not in weak.text
    same = east.put(f"{API}/office/account/password", json={"current": PASSWORD, "new": PASSWORD})
    assert same.json()["error"]["code"] == "identity.password_same"
    assert east.put(f"{API}/office/account/password", json={"current": PASSWORD, "new": OTHER}).status_code == 204
    assert east.get(f"{API}/session").json()["must_change"] is False
    assert east.get(f"{API}/city").status_code == 200
    assert other.get(f"{API}/session").json()["signed_in"] is False
    assert sign_in(other) == 401
    assert sign_in(other, OTHER) == 201


def test_second_factor_over_http(east: TestClient, served: FastAPI) -> None:
    begun = east.post(f"{API}/office/account/totp", json={"password": PASSWORD})
    assert begun.headers["Cache-Control"] == "no-store"
    totp = pyotp.TOTP(begun.json()["secret"])
    with clock.frozen(clock.now()):
        now = clock.now()
        confirmed = east.post(f"{API}/office/account/totp/confirm", json={"code": totp.at(now - timedelta(seconds=30))})
        assert len(confirmed.json()["codes"]) == 8
        assert east.get(f"{API}/office/account").json()["totp"] is True
        other = TestClient(served, base_url=BASE, client=LOCAL)
        asked = other.post(f"{API}/office/session", json={"username": "east", "password": PASSWORD})
        assert (asked.status_code, asked.json()["error"]["code"]) == (401, "identity.code_needed")
        assert sign_in(other, code=totp.at(now)) == 201
        assert sign_in(other, code=totp.at(now)) == 401
    assert east.post(f"{API}/office/account/totp/off", json={"password": PASSWORD}).status_code == 204
    assert east.get(f"{API}/office/account").json()["totp"] is False


def test_tokens_are_narrow_and_end(sign_in: SignIn, served: FastAPI, world: World) -> None:
    client = sign_in("east")
    ends = (clock.now() + timedelta(days=30)).isoformat()
    body = {"name": "大屏", "permissions": ["task:read", "city:read"], "expires_at": ends}
    made = client.post(f"{API}/office/account/tokens", json=body)
    assert made.status_code == 201
    token = made.json()["token"]
    assert token not in client.get(f"{API}/office/account").text
    for wrong in (
        {**body, "permissions": ["audit:read"]},
        {**body, "expires_at": (clock.now() + timedelta(days=400)).isoformat()},
        {**body, "expires_at": "2020-01-01T00:00:00Z"},
        {**body, "expires_at": "2027-01-01T00:00:00"},
    ):
        assert client.post(f"{API}/office/account/tokens", json=wrong).status_code == 422
    program = TestClient(served, base_url=BASE, client=LOCAL, headers={"Authorization": f"Bearer {token}"})
    assert set(program.get(f"{API}/session").json()["permissions"]) == {"public", "signed-in", "task:read", "city:read"}
    assert program.get(f"{API}/office/people").status_code == 403
    # A token can neither widen itself nor touch the account.
    for answer in (
        program.post(f"{API}/office/account/tokens", json=body),
        program.put(f"{API}/office/account/password", json={"current": "x", "new": OTHER}),
        program.delete(f"{API}/office/account/tokens/{made.json()['id']}"),
    ):
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "identity.session_only")
    with clock.frozen(clock.now() + timedelta(days=31)):
        assert program.get(f"{API}/city").status_code == 401
    assert sign_in("west").delete(f"{API}/office/account/tokens/{made.json()['id']}").status_code == 404
    assert client.delete(f"{API}/office/account/tokens/{made.json()['id']}").status_code == 204
    assert program.get(f"{API}/city").status_code == 401


def test_sessions_end_idle_in_any_case_and_from_elsewhere(sign_in: SignIn) -> None:
    one, two = sign_in("east"), sign_in("east")
    rows = one.get(f"{API}/office/account").json()["sessions"]
    assert [row["here"] for row in rows].count(True) == 1
    other = next(row["id"] for row in rows if not row["here"])
    assert sign_in("west").delete(f"{API}/office/account/sessions/{other}").status_code == 404
    assert one.delete(f"{API}/office/account/sessions/{other}").status_code == 204
    assert two.get(f"{API}/city").status_code == 401
    begun = clock.now()
    for hours in (1.9, 3.7, 5.5, 7.3, 9.1, 10.9):
        with clock.frozen(begun + timedelta(hours=hours)):
            assert one.get(f"{API}/city").status_code == 200
    with clock.frozen(begun + timedelta(hours=12, minutes=1)):
        assert one.get(f"{API}/city").status_code == 401
    three = sign_in("east")
    with clock.frozen(clock.now() + timedelta(hours=2, minutes=1)):
        assert three.get(f"{API}/city").status_code == 401


def test_through_the_provider(world: World, nobody: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    with running() as provider:
        monkeypatch.setenv("KEZHONG_OIDC_ISSUER", provider.issuer)
        monkeypatch.setenv("KEZHONG_OIDC_CLIENT_ID", provider.client_id)
        monkeypatch.setenv("KEZHONG_OIDC_CLIENT_SECRET", provider.client_secret)
        monkeypatch.setenv("KEZHONG_OIDC_NAME", "政务统一认证")
        option = nobody.get(f"{API}/office/sign-in").json()["oidc"]
        assert option["name"] == "政务统一认证"

        def go() -> str:
            begun = nobody.get(option["start"], follow_redirects=False)
            assert "SameSite=lax" in begun.headers["set-cookie"]
            assert "HttpOnly" in begun.headers["set-cookie"]
            back = provider.authorize(begun.headers["location"])
            assert back.startswith(BASE)
            answer = nobody.get(back.removeprefix(BASE), follow_redirects=False)
            assert answer.status_code == 303
            return answer.headers["location"]

        assert go() == "/?signin=identity.oidc_unknown"
        with world.office.acting(world.office.system("test")) as session:
            session.add(ExternalIdentity(person_id=world.person["west"], issuer=provider.issuer, subject="u-1"))
        assert go() == "/"
        assert nobody.get(f"{API}/session").json()["person"]["id"] == world.person["west"]
        query = parse_qs(urlsplit(f"{BASE}{API}/office/oidc/callback?state=x&code=y").query)
        lost = nobody.get(f"{API}/office/oidc/callback", params=query, follow_redirects=False)
        assert lost.headers["location"] == "/?signin=identity.oidc_state"
