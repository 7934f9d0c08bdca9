"""Signed-in sessions and API tokens: a random value outside, its digest inside."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from secrets import token_urlsafe

from sqlalchemy import delete, select, update

from kezhong import clock
from kezhong.errors import NotFoundError
from kezhong.office.access.actor import Actor
from kezhong.office.access.permissions import Permission
from kezhong.office.identity.rights import actor_for
from kezhong.office.identity.settings import sign_in_settings
from kezhong.office.models import ApiToken, Credential, SignInSession, table_of
from kezhong.office.office import Office
from kezhong.office.session import OfficeSession

_SEEN_EVERY = timedelta(minutes=1)
#: Sessions that are over are kept so long for their owner to look at.
_KEPT = timedelta(days=90)
_SESSION, _TOKEN, _CREDENTIAL = table_of(SignInSession), table_of(ApiToken), table_of(Credential)


def digest(token: str) -> bytes:
    """What is stored of a token: SHA-256, since the token itself is 256 random bits."""
    return hashlib.sha256(token.encode()).digest()


def start_session(
    office: Office, person_id: int, method: str, *, origin: str | None, user_agent: str, request_id: str | None = None
) -> str:
    """Sign a person in; the value of the cookie."""
    token = token_urlsafe(32)
    now = clock.now()
    actor = Actor(None, "sign-in", via="system", everything=True, origin=origin, request_id=request_id)
    with office.acting(actor) as session:
        session.add(
            SignInSession(
                token_digest=digest(token),
                person_id=person_id,
                created_at=now,
                seen_at=now,
                expires_at=now + sign_in_settings().longest,
                method=method,
                user_agent=user_agent[:200],
                origin=origin,
            )
        )
        session.execute(delete(_SESSION).where(_SESSION.c.person_id == person_id, _SESSION.c.created_at < now - _KEPT))
        session.audit.note("sign-in", "person", person_id, method=method)
    return token


def actor_of_session(office: Office, token: str, *, origin: str | None, request_id: str | None) -> Actor | None:
    """The person behind a cookie, or ``None`` where the session is over.

    Who must change the password first may do nothing else: the actor has no permission but being signed in.
    """
    now = clock.now()
    table = _SESSION
    with office.database.app_engine.begin() as connection:
        row = connection.execute(
            select(table.c.id, table.c.person_id, table.c.seen_at, table.c.method, _CREDENTIAL.c.must_change)
            .outerjoin(_CREDENTIAL, _CREDENTIAL.c.person_id == table.c.person_id)
            .where(
                table.c.token_digest == digest(token),
                table.c.ended_at.is_(None),
                table.c.expires_at > now,
                table.c.seen_at > now - sign_in_settings().idle,
            )
        ).first()
        if row is None:
            return None
        if now - row.seen_at > _SEEN_EVERY:
            connection.execute(update(table).where(table.c.id == row.id).values(seen_at=now))
        limit = frozenset[Permission]() if row.must_change and row.method in ("password", "totp") else None
        return actor_for(
            connection, row.person_id, origin=origin, request_id=request_id, limit=limit, session_id=row.id
        )


def actor_of_token(office: Office, token: str, *, origin: str | None, request_id: str | None) -> Actor | None:
    """The owner of an API token, narrowed to the token's permissions."""
    now = clock.now()
    table = _TOKEN
    with office.database.app_engine.begin() as connection:
        row = connection.execute(
            select(table.c.id, table.c.person_id, table.c.permissions, table.c.used_at).where(
                table.c.token_digest == digest(token), table.c.revoked_at.is_(None), table.c.expires_at > now
            )
        ).first()
        if row is None:
            return None
        if row.used_at is None or now - row.used_at > _SEEN_EVERY:
            connection.execute(update(table).where(table.c.id == row.id).values(used_at=now))
        known = {permission.value for permission in Permission}
        limit = frozenset(Permission(name) for name in row.permissions if name in known)
        return actor_for(connection, row.person_id, via="token", origin=origin, request_id=request_id, limit=limit)


def sessions_of(session: OfficeSession) -> list[SignInSession]:
    """The caller's own running sessions, newest first."""
    now = clock.now()
    statement = (
        select(SignInSession)
        .where(
            SignInSession.person_id == session.actor.person_id,
            SignInSession.ended_at.is_(None),
            SignInSession.expires_at > now,
            SignInSession.seen_at > now - sign_in_settings().idle,
        )
        .order_by(SignInSession.created_at.desc())
    )
    return list(session.scalars(statement))


def sign_out(session: OfficeSession) -> None:
    """End the session by which the caller acts."""
    if session.actor.session_id is None:
        return
    _end(session, SignInSession.id == session.actor.session_id)
    session.audit.note("sign-out", "person", session.actor.person_id)


def end_session(session: OfficeSession, session_id: int) -> None:
    """End one of the caller's own sessions.

    Raises
    ------
    NotFoundError
        It is none of theirs, or over.
    """
    if not _end(session, SignInSession.id == session_id, SignInSession.person_id == session.actor.person_id):
        raise NotFoundError("office.no_such", kind="sign_in_session", value=session_id)
    session.audit.note("sign-out.other", "person", session.actor.person_id, session=session_id)


def end_sessions(session: OfficeSession, person_id: int, *, but: int | None = None) -> int:
    """End all sessions of a person, perhaps but one; how many."""
    ended = _end(session, SignInSession.person_id == person_id, SignInSession.id != (but or 0))
    if ended:
        session.audit.note("sign-out.all", "person", person_id, sessions=ended)
    return ended


def _end(session: OfficeSession, *which: object) -> int:
    found = session.execute(
        update(SignInSession)
        .where(SignInSession.ended_at.is_(None), *which)  # type: ignore[arg-type]
        .values(ended_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    return int(found.rowcount)  # type: ignore[attr-defined]
