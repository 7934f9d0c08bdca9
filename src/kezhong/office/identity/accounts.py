"""One's own account: the password, the second factor, API tokens."""

from __future__ import annotations

from datetime import datetime
from secrets import token_urlsafe

from sqlalchemy import select

from kezhong import clock
from kezhong.errors import ConflictError, InputError, NotFoundError, PermissionDeniedError
from kezhong.office.access.permissions import Permission
from kezhong.office.identity import gates, passwords
from kezhong.office.identity.sessions import digest, end_sessions
from kezhong.office.identity.settings import sign_in_settings
from kezhong.office.models import ApiToken, Credential, Person
from kezhong.office.office import Office
from kezhong.office.session import OfficeSession

#: So that a token is recognised when it lies about in a file.
TOKEN_PREFIX = "kz_"  # noqa: S105


def require_browser(session: OfficeSession) -> int:
    """The caller, who must have signed in: an API token may not widen itself.

    Raises
    ------
    PermissionDeniedError
        Called by a token.
    """
    actor = session.actor
    if actor.person_id is None or actor.session_id is None:
        raise PermissionDeniedError("identity.session_only")
    return actor.person_id


def refuse_token(session: OfficeSession) -> None:
    """Refuse an API token what would give its holder more than the token says: a password, a role lent to somebody.

    Raises
    ------
    PermissionDeniedError
        Called by a token.
    """
    if session.actor.via == "token":
        raise PermissionDeniedError("identity.session_only")


def username_of_person(session: OfficeSession, person_id: int | None) -> str | None:
    """The user name of a person whom the caller may handle for another reason than scope: themselves, for instance."""
    statement = select(Person.username).where(Person.id == person_id).execution_options(through_parent=True)
    return session.scalar(statement)


def set_password(session: OfficeSession, person_id: int, password: str, *, must_change: bool) -> None:
    """Give a person a password; the caller has checked who asks.

    Raises
    ------
    InputError
        It breaks a rule.
    ConflictError
        The person has no user name.
    """
    username = username_of_person(session, person_id)
    if username is None:
        raise ConflictError("identity.no_username")
    passwords.check_rules(password, username)
    hashed = passwords.hash_password(password)
    credential = session.get(Credential, person_id)
    if credential is None:
        credential = Credential(person_id=person_id)
        session.add(credential)
    credential.password_hash = hashed
    credential.must_change = must_change
    credential.changed_at = clock.now()


def change_password(session: OfficeSession, office: Office, current: str, new: str) -> None:
    """Change one's own password; other sessions of the person end.

    Raises
    ------
    InputError
        The present one is not right, or the new one breaks a rule.
    TooManyAttemptsError
        Too many wrong ones.
    """
    person_id = require_browser(session)
    check_password(session, office, current)
    if new == current:
        raise InputError("identity.password_same")
    with session.because("password.changed"):
        set_password(session, person_id, new, must_change=False)
    end_sessions(session, person_id, but=session.actor.session_id)


def check_password(session: OfficeSession, office: Office, password: str) -> None:
    """Ask for the password again before something that matters; counted like sign-in.

    Raises
    ------
    InputError
        Not right.
    ConflictError
        The person has none.
    TooManyAttemptsError
        Too many wrong ones.
    """
    person_id = require_browser(session)
    credential = session.get(Credential, person_id)
    if credential is None or credential.password_hash is None:
        raise ConflictError("identity.no_password")
    key = gates.key_of(office, "own", str(person_id))
    gates.check_open(office, key)
    if not passwords.verify_password(credential.password_hash, password):
        gates.failed(office, key)
        raise InputError("identity.password_wrong")
    gates.passed(office, key)


def make_token(session: OfficeSession, name: str, permissions: list[str], expires_at: datetime) -> tuple[ApiToken, str]:
    """An API token of the caller's and its value, which is never shown again.

    Raises
    ------
    InputError
        A permission that the caller does not hold, or an end too far away or past.
    """
    person_id = require_browser(session)
    longest = sign_in_settings().token_longest
    now = clock.now()
    if expires_at.tzinfo is None or not now < expires_at <= now + longest:
        raise InputError("identity.token_end", expected=longest.days)
    own = {permission.value for permission in session.actor.permissions}
    for wanted in permissions:
        if wanted not in own:
            raise InputError("identity.token_too_wide", value=wanted)
    value = TOKEN_PREFIX + token_urlsafe(32)
    token = ApiToken(
        person_id=person_id,
        name=name.strip(),
        token_digest=digest(value),
        hint=value[-4:],
        permissions=sorted(set(permissions) - {Permission.PUBLIC.value, Permission.SIGNED_IN.value}),
        expires_at=expires_at,
    )
    with session.because("token.made"):
        session.add(token)
    return token, value


def tokens_of(session: OfficeSession) -> list[ApiToken]:
    """The caller's own tokens, newest first; ended ones too."""
    statement = select(ApiToken).where(ApiToken.person_id == session.actor.person_id).order_by(ApiToken.id.desc())
    return list(session.scalars(statement.limit(200)))


def revoke_token(session: OfficeSession, token_id: int) -> None:
    """End one of the caller's own tokens, at once.

    Raises
    ------
    NotFoundError
        It is none of theirs.
    """
    person_id = require_browser(session)
    token = session.scalar(select(ApiToken).where(ApiToken.id == token_id, ApiToken.person_id == person_id))
    if token is None:
        raise NotFoundError("office.no_such", kind="api_token", value=token_id)
    revoke(session, token)


def revoke(session: OfficeSession, token: ApiToken) -> None:
    """End a token, whoever's it is; the caller has checked who asks."""
    if token.revoked_at is None:
        with session.because("token.revoked"):
            token.revoked_at = clock.now()
