"""Sign-in through a real provider on this machine, and every way in which its word must not be taken."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc.jwk import RSAKey
from provider import Provider, running
from sqlalchemy import select

from kezhong import clock
from kezhong.errors import InputError
from kezhong.office.identity.oidc import Directory, settings_from
from kezhong.office.identity.sign_in import Caller, SignedIn, SignInRefusedError
from kezhong.office.models import AuditEntry, ExternalIdentity, Person
from office_world import World

BACK = "http://127.0.0.1:8000/api/v1/office/oidc/callback"
HERE = Caller("127.0.0.1", "test")


@pytest.fixture
def provider() -> Iterator[Provider]:
    with running() as found:
        yield found


def directory(provider: Provider, **more: str) -> Directory:
    settings = settings_from(
        {
            "KEZHONG_OIDC_ISSUER": provider.issuer,
            "KEZHONG_OIDC_CLIENT_ID": provider.client_id,
            "KEZHONG_OIDC_CLIENT_SECRET": provider.client_secret,
            **more,
        }
    )
    assert settings is not None
    assert provider.client_secret not in repr(settings)
    return Directory(settings)


def link(world: World, provider: Provider, name: str = "east", subject: str = "u-1") -> None:
    with world.office.acting(world.office.system("test")) as session:
        session.add(ExternalIdentity(person_id=world.person[name], issuer=provider.issuer, subject=subject))


def go(world: World, provider: Provider, found: Directory) -> SignedIn:
    address, sealed = found.begin(world.office, BACK)
    back = parse_qs(urlsplit(provider.authorize(address)).query)
    return found.finish(world.office, sealed, back["state"][0], back["code"][0], HERE)


def test_a_linked_person_comes_in(world: World, provider: Provider) -> None:
    link(world, provider)
    assert go(world, provider, directory(provider)).person_id == world.person["east"]


def test_a_stranger_does_not(world: World, provider: Provider) -> None:
    provider.claims = {"sub": "u-9", "email": "east@example.org", "email_verified": True}
    with pytest.raises(SignInRefusedError, match="oidc_unknown"):
        go(world, provider, directory(provider))
    with world.office.acting(world.office.system("test")) as session:
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc())).first()
    assert (entry.action, "u-9" in entry.object_id) == ("sign-in.failed", False)


def test_by_verified_e_mail_only_where_that_is_set(world: World, provider: Provider) -> None:
    by_mail = directory(provider, KEZHONG_OIDC_MATCH_EMAIL="yes")
    provider.claims = {"sub": "u-9", "email": "East@example.org", "email_verified": False}
    with pytest.raises(SignInRefusedError, match="oidc_unknown"):
        go(world, provider, by_mail)
    provider.claims["email_verified"] = True
    assert go(world, provider, by_mail).person_id == world.person["east"]
    provider.claims = {"sub": "u-9"}  # linked now, whatever the address
    assert go(world, provider, by_mail).person_id == world.person["east"]


def test_an_address_of_two_people_is_nobodys(world: World, provider: Provider) -> None:
    with world.office.acting(world.office.system("test")) as session:
        session.get(Person, world.person["west"]).email = "EAST@example.org"
    provider.claims = {"sub": "u-9", "email": "east@example.org", "email_verified": True}
    with pytest.raises(SignInRefusedError, match="oidc_unknown"):
        go(world, provider, directory(provider, KEZHONG_OIDC_MATCH_EMAIL="yes"))


def test_who_left_does_not_come_in(world: World, provider: Provider) -> None:
    link(world, provider)
    with world.office.acting(world.office.system("test")) as session:
        session.get(Person, world.person["east"]).status = "left"
    with pytest.raises(SignInRefusedError, match="oidc_unknown"):
        go(world, provider, directory(provider))


@pytest.mark.parametrize(
    "wrong",
    [
        {"claims": {"iss": "http://evil.example"}},
        {"claims": {"aud": "another client"}},
        {"claims": {"aud": ["kezhong", "another"]}},
        {"claims": {"azp": "another"}},
        {"claims": {"nonce": "another nonce"}},
        {"claims": {"nonce": None}},
        {"claims": {"exp": 1}},
        {"claims": {"exp": None}},
        {"claims": {"iat": 9999999999}},
        {"claims": {"sub": None}},
        {"key": RSAKey.generate_key(2048)},
        {"none": True},
        {"issuer": "http://127.0.0.1:1"},
    ],
)
def test_a_word_that_is_not_valid(world: World, provider: Provider, wrong: dict[str, Any]) -> None:
    link(world, provider)
    found = directory(provider)
    provider.wrong = wrong
    with pytest.raises(SignInRefusedError, match="oidc_failed"):
        go(world, provider, found)


def test_state_cookie_and_code_belong_together(world: World, provider: Provider) -> None:
    link(world, provider)
    found = directory(provider)
    address, sealed = found.begin(world.office, BACK)
    _, other = found.begin(world.office, BACK)
    back = parse_qs(urlsplit(provider.authorize(address)).query)
    state, code = back["state"][0], back["code"][0]
    for cookie, given in ((sealed, "x"), (sealed, ""), (other, state), ("", state), ("rubbish", state)):
        with pytest.raises(SignInRefusedError, match="oidc_state"):
            found.finish(world.office, cookie, given, code, HERE)
    with clock.frozen(clock.now() + timedelta(minutes=11)), pytest.raises(SignInRefusedError, match="oidc_state"):
        found.finish(world.office, sealed, state, code, HERE)
    assert found.finish(world.office, sealed, state, code, HERE).person_id == world.person["east"]
    with pytest.raises(SignInRefusedError, match="oidc_failed"):  # the provider gives a code once
        found.finish(world.office, sealed, state, code, HERE)


def test_keys_that_were_changed_are_fetched_anew(world: World, provider: Provider) -> None:
    link(world, provider)
    found = directory(provider)
    go(world, provider, found)
    provider.key = RSAKey.generate_key(2048)
    assert go(world, provider, found).person_id == world.person["east"]


def test_settings() -> None:
    assert settings_from({}) is None
    with pytest.raises(InputError, match="oidc_issuer"):
        settings_from({"KEZHONG_OIDC_ISSUER": "http://id.example", "KEZHONG_OIDC_CLIENT_ID": "x"})
    with pytest.raises(InputError, match="oidc_client"):
        settings_from({"KEZHONG_OIDC_ISSUER": "https://id.example"})
