"""Signed-in sessions and API tokens: a random value outside, its digest inside."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from secrets import token_urlsafe

from sqlalchemy import select, update

from kezhong import clock
from kezhong.office.access.actor import Actor
from kezhong.office.access.permissions import Permission
from kezhong.office.identity.rights import actor_for
from kezhong.office.models import ApiToken, SignInSession
from kezhong.office.office import Office

#: A session ends after so long without a request, and after so long in any case.
IDLE = timedelta(hours=2)
LONGEST = timedelta(hours=12)
_SEEN_EVERY = timedelta(minutes=1)


def digest(token: str) -> bytes:
    """What is stored of a token: SHA-256, since the token itself is 256 random bits."""
    return hashlib.sha256(token.encode()).digest()


def start_session(office: Office, person_id: int, method: str, *, origin: str | None, user_agent: str) -> str:
    """Sign a person in; the value of the cookie."""
    token = token_urlsafe(32)
    now = clock.now()
    with office.acting(office.system("sign-in")) as session:
        session.add(
            SignInSession(
                token_digest=digest(token),
                person_id=person_id,
                created_at=now,
                seen_at=now,
                expires_at=now + LONGEST,
                method=method,
                user_agent=user_agent[:200],
                origin=origin,
            )
        )
        session.audit.note("sign-in", "person", person_id, method=method)
    return token


def actor_of_session(office: Office, token: str, *, origin: str | None, request_id: str | None) -> Actor | None:
    """The person behind a cookie, or ``None`` where the session is over."""
    now = clock.now()
    table = SignInSession.__table__
    with office.database.app_engine.begin() as connection:
        row = connection.execute(
            select(table.c.id, table.c.person_id, table.c.seen_at).where(
                table.c.token_digest == digest(token),
                table.c.ended_at.is_(None),
                table.c.expires_at > now,
                table.c.seen_at > now - IDLE,
            )
        ).first()
        if row is None:
            return None
        if now - row.seen_at > _SEEN_EVERY:
            connection.execute(update(SignInSession).where(SignInSession.id == row.id).values(seen_at=now))
        return actor_for(connection, row.person_id, origin=origin, request_id=request_id)


def actor_of_token(office: Office, token: str, *, origin: str | None, request_id: str | None) -> Actor | None:
    """The owner of an API token, narrowed to the token's permissions."""
    now = clock.now()
    table = ApiToken.__table__
    with office.database.app_engine.begin() as connection:
        row = connection.execute(
            select(table.c.id, table.c.person_id, table.c.permissions, table.c.used_at).where(
                table.c.token_digest == digest(token), table.c.revoked_at.is_(None), table.c.expires_at > now
            )
        ).first()
        if row is None:
            return None
        if row.used_at is None or now - row.used_at > _SEEN_EVERY:
            connection.execute(update(ApiToken).where(ApiToken.id == row.id).values(used_at=now))
        limit = frozenset(Permission(name) for name in row.permissions)
        return actor_for(connection, row.person_id, via="token", origin=origin, request_id=request_id, limit=limit)
