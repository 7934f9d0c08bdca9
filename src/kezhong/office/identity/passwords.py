"""Passwords: Argon2id, rules in words, and the same time whether an account exists or not."""

from __future__ import annotations

import itertools
import threading
import unicodedata
from functools import cache
from importlib import resources

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from kezhong.errors import InputError
from kezhong.office.identity.settings import sign_in_settings

# Each computation takes 46 MiB and a core: more at a time would only make all of them slower.
_AT_A_TIME = threading.BoundedSemaphore(2)


@cache
def _hasher() -> PasswordHasher:
    chosen = sign_in_settings()
    return PasswordHasher(
        time_cost=chosen.time_cost, memory_cost=chosen.memory_kib, parallelism=chosen.parallelism, type=Type.ID
    )


@cache
def _nobody() -> str:
    """The hash that a password for an unknown account is checked against, so that it takes as long."""
    with _AT_A_TIME:
        return _hasher().hash("nobody has this password")


def normal(password: str) -> str:
    """One form of a password however the keyboard composed it (NFC)."""
    return unicodedata.normalize("NFC", password)


def hash_password(password: str) -> str:
    """Argon2id of a password, with the parameters of ``sign_in.yaml``."""
    with _AT_A_TIME:
        return _hasher().hash(normal(password))


def verify_password(stored: str | None, password: str) -> bool:
    """Whether the password is right; as slow for an account without one."""
    against = stored or _nobody()
    with _AT_A_TIME:
        try:
            _hasher().verify(against, normal(password))
        except (VerificationError, InvalidHashError):
            return False
    return stored is not None


def is_outdated(stored: str) -> bool:
    """Whether the hash was made with other parameters than today's."""
    return _hasher().check_needs_rehash(stored)


@cache
def _common() -> frozenset[str]:
    text = resources.files("kezhong.office").joinpath("data/common_passwords.txt").read_text("utf-8")
    return frozenset(line.strip().casefold() for line in text.splitlines() if line.strip() and line[0] != "#")


def check_rules(password: str, username: str | None) -> None:
    """Refuse a password that is guessed first.

    Raises
    ------
    InputError
        Which rule it breaks, in words; never the password itself.
    """
    chosen = sign_in_settings()
    text = normal(password)
    if len(text) < chosen.min_length:
        raise InputError("identity.password_short", expected=chosen.min_length)
    if len(text) > chosen.max_length:
        raise InputError("identity.password_long", expected=chosen.max_length)
    plain = text.casefold()
    if username and len(username) >= 3 and username.casefold() in plain:
        raise InputError("identity.password_user_name")
    if plain in _common() or len(set(plain)) < 4 or _is_run(plain):
        raise InputError("identity.password_common")


def _is_run(text: str) -> bool:
    """One step up or down all the way: 12345678901, abcdefghij."""
    steps = {(ord(b) - ord(a)) for a, b in itertools.pairwise(text)}
    return steps in ({1}, {-1})
