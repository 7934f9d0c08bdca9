"""The second factor: set up, used once, recovered, switched off."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import select

from kezhong import clock
from kezhong.errors import ConflictError, InputError
from kezhong.office.identity import accounts, second_factor
from kezhong.office.identity.passwords import hash_password
from kezhong.office.identity.sign_in import Caller, SignInRefusedError, sign_in
from kezhong.office.models import AuditEntry, Credential
from office_world import World

GOOD = "四个不相干的词 horse"
HERE = Caller("127.0.0.1", "test")


@pytest.fixture
def enrolled(world: World) -> tuple[World, pyotp.TOTP, list[str]]:
    with world.office.acting(world.office.system("test")) as session:
        session.add(Credential(person_id=world.person["east"], password_hash=hash_password(GOOD)))
    actor = replace(world.actor("east"), session_id=1)
    with world.office.acting(actor) as session:
        begun = second_factor.begin(session, "刻钟")
    assert begun.svg.startswith("<svg")
    assert "otpauth://totp/" in begun.uri
    totp = pyotp.TOTP(begun.secret)
    with world.office.acting(actor) as session, pytest.raises(InputError):
        second_factor.confirm(session, "000000" if totp.now() != "000000" else "000001")
    with clock.frozen(clock.now() - timedelta(seconds=90)), world.office.acting(actor) as session:
        codes = second_factor.confirm(session, totp.at(clock.now()))
    return world, totp, codes


def test_a_code_is_asked_for_and_counts_once(enrolled: tuple[World, pyotp.TOTP, list[str]]) -> None:
    world, totp, _ = enrolled
    with clock.frozen(clock.now()):
        code = totp.at(clock.now())
        with pytest.raises(SignInRefusedError) as asked:
            sign_in(world.office, "east", GOOD, None, HERE)
        assert asked.value.code == "identity.code_needed"
        sign_in(world.office, "east", GOOD, code, HERE)
        with pytest.raises(SignInRefusedError) as again:
            sign_in(world.office, "east", GOOD, code, HERE)
    assert again.value.code == "identity.code_refused"


def test_of_two_at_once_one_comes_in(enrolled: tuple[World, pyotp.TOTP, list[str]]) -> None:
    world, totp, _ = enrolled
    with clock.frozen(clock.now()):
        code = totp.at(clock.now())
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(lambda _: second_factor.use_code(world.office, world.person["east"], code), range(4)))
    assert sum(found) == 1


def test_recovery_codes_count_once(enrolled: tuple[World, pyotp.TOTP, list[str]]) -> None:
    world, _, codes = enrolled
    assert len(set(codes)) == 8
    sign_in(world.office, "east", GOOD, codes[0].lower(), HERE)
    with pytest.raises(SignInRefusedError):
        sign_in(world.office, "east", GOOD, codes[0], HERE)
    sign_in(world.office, "east", GOOD, codes[1], HERE)


def test_secrets_are_sealed_and_never_audited(enrolled: tuple[World, pyotp.TOTP, list[str]]) -> None:
    world, totp, codes = enrolled
    with world.office.acting(world.office.system("test")) as session:
        stored = session.get(Credential, world.person["east"])
        everything = repr([(e.before, e.after) for e in session.scalars(select(AuditEntry))])
        actions = set(session.scalars(select(AuditEntry.action)))
    assert totp.secret.encode() not in stored.totp_secret
    assert codes[0] not in repr(stored.recovery_hashes)
    assert totp.secret not in everything
    assert stored.password_hash not in everything
    assert "totp.on" in actions


def test_it_cannot_be_replaced_while_it_is_on(enrolled: tuple[World, pyotp.TOTP, list[str]]) -> None:
    world, _, _ = enrolled
    actor = replace(world.actor("east"), session_id=1)
    with pytest.raises(ConflictError), world.office.acting(actor) as session:
        second_factor.begin(session, "刻钟")
    with pytest.raises(InputError), world.office.acting(actor) as session:
        accounts.check_password(session, world.office, "wrong password")
    with world.office.acting(actor) as session:
        accounts.check_password(session, world.office, GOOD)
        second_factor.switch_off(session, world.person["east"])
    sign_in(world.office, "east", GOOD, None, HERE)


def test_another_key_opens_nothing(enrolled: tuple[World, pyotp.TOTP, list[str]]) -> None:
    from kezhong.office.secrets import derive

    world, totp, _ = enrolled
    world.office.secrets = derive(b"another root, another root, another root")
    assert not second_factor.use_code(world.office, world.person["east"], totp.now())
