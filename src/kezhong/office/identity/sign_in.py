"""Signing in by password, with or without a second factor, and the demonstration's way in.

Every refusal of a name and a password is the same answer, takes the same time and is counted the same way, whether the
account exists or not.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from sqlalchemy import select, update

from kezhong import clock
from kezhong.errors import PermissionDeniedError
from kezhong.office.access.actor import Actor
from kezhong.office.identity import gates, passwords
from kezhong.office.identity.second_factor import use_code
from kezhong.office.identity.sessions import start_session
from kezhong.office.identity.settings import sign_in_settings
from kezhong.office.models import Credential, Person, table_of
from kezhong.office.office import Office

_PERSON, _CREDENTIAL = table_of(Person), table_of(Credential)


class SignInRefusedError(PermissionDeniedError):
    """Name or password is not right, or a code is asked for."""

    http_status = 401


@dataclass(frozen=True, slots=True)
class Caller:
    """Where a sign-in comes from."""

    origin: str | None
    user_agent: str = ""
    request_id: str | None = None

    @property
    def actor(self) -> Actor:
        """Sign-in itself, as the audit names it."""
        return Actor(None, "sign-in", via="system", everything=True, origin=self.origin, request_id=self.request_id)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The cookie's value, and whether the password must be changed first."""

    token: str
    person_id: int
    must_change: bool


def username_of(text: str) -> str:
    """One form of a user name, however it was typed."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


def sign_in(office: Office, username: str, password: str, code: str | None, caller: Caller) -> SignedIn:
    """Sign in by password.

    Raises
    ------
    SignInRefusedError
        Not right, or ``identity.code_needed``: the password is right and a code of the second factor is missing.
    TooManyAttemptsError
        Too many attempts from this address or for this name.
    """
    chosen = sign_in_settings()
    name = username_of(username)
    account = gates.key_of(office, "account", name)
    if caller.origin:
        gates.count(office, gates.key_of(office, "address", caller.origin), chosen.per_address)
    gates.count(office, account, chosen.per_account)
    gates.check_open(office, account)
    with office.database.app_engine.connect() as connection:
        row = connection.execute(
            select(
                _PERSON.c.id, _PERSON.c.status, _CREDENTIAL.c.password_hash, _CREDENTIAL.c.must_change,
                _CREDENTIAL.c.totp_confirmed_at,
            )
            .join(_CREDENTIAL, _CREDENTIAL.c.person_id == _PERSON.c.id)
            .where(_PERSON.c.username == name)
        ).first()  # fmt: skip
    usable = row is not None and row.status == "active"
    right = passwords.verify_password(row.password_hash if usable and row is not None else None, password)
    if row is None or not right:
        raise _refuse(office, account, caller, "password", "identity.refused")
    method = "password"
    if row.totp_confirmed_at is not None:
        if not code:
            raise SignInRefusedError("identity.code_needed")
        if not use_code(office, row.id, code):
            raise _refuse(office, account, caller, "code", "identity.code_refused")
        method = "totp"
    gates.passed(office, account)
    if passwords.is_outdated(row.password_hash):
        _rehash(office, row.id, password, row.password_hash)
    token = start_session(
        office, row.id, method, origin=caller.origin, user_agent=caller.user_agent, request_id=caller.request_id
    )
    return SignedIn(token, row.id, bool(row.must_change))


def sign_in_demo(office: Office, person_id: int, caller: Caller) -> SignedIn:
    """Enter as somebody of the demonstration; the caller has checked that this is one, and on this machine.

    Raises
    ------
    SignInRefusedError
        The person is no account of the demonstration.
    """
    with office.database.app_engine.connect() as connection:
        row = connection.execute(
            select(_PERSON.c.id).where(
                _PERSON.c.id == person_id, _PERSON.c.demo.is_(True), _PERSON.c.status == "active"
            )
        ).first()
    if row is None:
        raise SignInRefusedError("identity.no_demo")
    token = start_session(
        office, row.id, "demo", origin=caller.origin, user_agent=caller.user_agent, request_id=caller.request_id
    )
    return SignedIn(token, row.id, must_change=False)


def _refuse(office: Office, account: str, caller: Caller, why: str, code: str) -> SignInRefusedError:
    wait = gates.failed(office, account)
    with office.acting(caller.actor) as session:
        session.audit.note("sign-in.failed", "account", account, why=why)
        if wait is not None:
            session.audit.note("sign-in.locked", "account", account, seconds=int(wait.total_seconds()))
    return SignInRefusedError(code)


def _rehash(office: Office, person_id: int, password: str, before: str) -> None:
    """Bring the hash to today's parameters while the password is at hand."""
    better = passwords.hash_password(password)
    with office.database.app_engine.begin() as connection:
        connection.execute(
            update(_CREDENTIAL)
            .where(_CREDENTIAL.c.person_id == person_id, _CREDENTIAL.c.password_hash == before)
            .values(password_hash=better, updated_at=clock.now())
        )
