"""Rules of passwords, hashes, gates, and what an attacker can learn."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from kezhong import clock
from kezhong.errors import InputError
from kezhong.office.identity import gates, passwords
from kezhong.office.identity.settings import sign_in_settings
from kezhong.office.identity.sign_in import Caller, SignInRefusedError, sign_in
from kezhong.office.models import AuditEntry, Credential, SignInGate
from kezhong.office.office import Office
from office_world import World

GOOD = "四个不相干的词 horse"
HERE = Caller("127.0.0.1", "test")


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("short", "identity.password_short"),
        ("x" * 201, "identity.password_long"),
        ("zhang.san-2026", "identity.password_user_name"),
        ("ZHANG.SAN.9876x", "identity.password_user_name"),
        ("1234567890", "identity.password_common"),
        ("Woaini5201314", "identity.password_common"),
        ("aaaaaaaaaaab", "identity.password_common"),
        ("abcdefghijklm", "identity.password_common"),
        ("987654321098765", None),
        ("正确的马电池钉书针一二", None),
    ],
)
def test_rules(password: str, code: str | None) -> None:
    if code is None:
        passwords.check_rules(password, "zhang.san")
        return
    with pytest.raises(InputError) as raised:
        passwords.check_rules(password, "zhang.san")
    assert raised.value.code == code
    assert password not in str(raised.value.details)


def test_hash_is_argon2id_and_checks() -> None:
    stored = passwords.hash_password(GOOD)
    assert stored.startswith("$argon2id$")
    assert passwords.verify_password(stored, GOOD)
    assert not passwords.verify_password(stored, GOOD + "x")
    assert not passwords.verify_password(None, GOOD)
    assert not passwords.verify_password("rubbish", GOOD)
    # the same characters, composed by another keyboard
    assert passwords.verify_password(passwords.hash_password("café-horse-12"), "café-horse-12")


def give(world: World, name: str = "east", hashed: str | None = None) -> None:
    with world.office.acting(world.office.system("test")) as session:
        session.add(Credential(person_id=world.person[name], password_hash=hashed or passwords.hash_password(GOOD)))


def actions(office: Office) -> list[str]:
    with office.acting(office.system("test")) as session:
        return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.seq)))


def test_an_old_hash_is_brought_up_to_date(world: World) -> None:
    give(world, hashed=PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(GOOD))
    assert sign_in(world.office, "EAST", GOOD, None, HERE).person_id == world.person["east"]
    with world.office.acting(world.office.system("test")) as session:
        stored = session.get(Credential, world.person["east"]).password_hash
    assert not passwords.is_outdated(stored)
    assert passwords.verify_password(stored, GOOD)


@pytest.mark.parametrize("name", ["east", "nobody-of-this-name"])
def test_lock_out_is_the_same_for_names_that_exist_and_that_do_not(world: World, name: str) -> None:
    give(world)
    chosen = sign_in_settings()
    for _ in range(chosen.lock_after):
        with pytest.raises(SignInRefusedError) as refused:
            sign_in(world.office, name, "wrong password", None, HERE)
        assert refused.value.code == "identity.refused"
    with pytest.raises(gates.TooManyAttemptsError) as waiting:
        sign_in(world.office, name, GOOD, None, HERE)
    assert waiting.value.code == "identity.locked"
    assert 55 <= int(str(waiting.value.details["seconds"])) <= 60
    assert waiting.value.headers["Retry-After"]
    assert actions(world.office)[-2:] == ["sign-in.failed", "sign-in.locked"]


def test_lock_out_ends_grows_and_is_forgotten(world: World) -> None:
    give(world)
    chosen = sign_in_settings()
    start = clock.now()
    for _ in range(chosen.lock_after):
        with pytest.raises(SignInRefusedError):
            sign_in(world.office, "east", "wrong password", None, HERE)
    with clock.frozen(start + timedelta(seconds=70)), pytest.raises(SignInRefusedError):
        sign_in(world.office, "east", "wrong password", None, HERE)
    with clock.frozen(start + timedelta(seconds=130)), pytest.raises(gates.TooManyAttemptsError):
        sign_in(world.office, "east", GOOD, None, HERE)  # the second wait is twice as long
    with clock.frozen(start + timedelta(seconds=200)):
        sign_in(world.office, "east", GOOD, None, HERE)
    with world.office.acting(world.office.system("test")) as session:
        assert session.scalars(select(SignInGate)).all() == []


def test_a_clock_set_back_locks_nobody_for_years(world: World) -> None:
    give(world)
    with clock.frozen(clock.now() + timedelta(days=900)):
        for _ in range(sign_in_settings().lock_after):
            with pytest.raises(SignInRefusedError):
                sign_in(world.office, "east", "wrong password", None, HERE)
    sign_in(world.office, "east", GOOD, None, HERE)


def test_waits_grow_to_a_limit() -> None:
    chosen = sign_in_settings()
    waits = [gates.wait_after(n) for n in range(chosen.lock_after - 1, chosen.lock_after + 9)]
    assert waits[0] is None
    assert waits[1:4] == [timedelta(seconds=60), timedelta(seconds=120), timedelta(seconds=240)]
    assert waits[-1] == gates.wait_after(10**6) == chosen.lock_longest


def test_rates_count_over_threads_and_windows(office: Office) -> None:
    from concurrent.futures import ThreadPoolExecutor

    def attempt(_: int) -> bool:
        try:
            gates.count(office, "address:x", 10)
        except gates.TooManyAttemptsError:
            return False
        return True

    with clock.frozen(clock.now()), ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(40))) == 10
    with clock.frozen(clock.now() + sign_in_settings().window):
        assert attempt(0)


def test_a_name_is_limited_before_anything_is_computed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "verify_password", lambda *_: False)
    found = []
    for _ in range(sign_in_settings().per_account + 1):
        with pytest.raises((SignInRefusedError, gates.TooManyAttemptsError)) as raised:
            sign_in(world.office, "nobody", "wrong", None, HERE)
        found.append(raised.value.code)
    assert found[-1] == "identity.too_many"


def test_unknown_names_take_as_long(world: World) -> None:
    give(world)

    def seconds(name: str) -> float:
        begun = time.perf_counter()
        with pytest.raises(SignInRefusedError):
            sign_in(world.office, name, "wrong password", None, HERE)
        return time.perf_counter() - begun

    seconds("warm")
    known = min(seconds("east") for _ in range(3))
    unknown = min(seconds(f"nobody{k}") for k in range(3))
    assert 0.4 < unknown / known < 2.5


def test_the_audit_never_holds_the_name_that_was_typed(world: World) -> None:
    with pytest.raises(SignInRefusedError):
        sign_in(world.office, "my-password-by-mistake", "x", None, HERE)
    with world.office.acting(world.office.system("test")) as session:
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc())).first()
    assert entry.action == "sign-in.failed"
    assert "my-password" not in repr((entry.object_id, entry.after, entry.before, entry.reason))
    assert entry.origin_digest


def test_who_left_cannot_come_in(world: World) -> None:
    from kezhong.office.models import Person

    give(world)
    with world.office.acting(world.office.system("test")) as session:
        session.get(Person, world.person["east"]).status = "left"
    with pytest.raises(SignInRefusedError):
        sign_in(world.office, "east", GOOD, None, HERE)
