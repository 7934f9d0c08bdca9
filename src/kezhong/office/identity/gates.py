"""Rate limits and lock-out: counted in the database, so that they hold over several processes.

Keys are digests of what was typed or of the address. A name that belongs to nobody is counted and locked just like
one that does, so the answers do not tell which accounts exist.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

from sqlalchemy import case, delete, select
from sqlalchemy.dialects.postgresql import insert

from kezhong import clock
from kezhong.errors import PermissionDeniedError
from kezhong.office.identity.settings import sign_in_settings
from kezhong.office.models import RateWindow, SignInGate, table_of
from kezhong.office.office import Office

_GATE = table_of(SignInGate)
_WINDOW = table_of(RateWindow)


class TooManyAttemptsError(PermissionDeniedError):
    """The caller has to wait."""

    http_status = 429

    @property
    def headers(self) -> dict[str, str]:
        """For the answer."""
        return {"Retry-After": str(self.details["seconds"])}


def key_of(office: Office, kind: str, value: str) -> str:
    """A digest that names an account or an address in the tables and in the audit."""
    return f"{kind}:" + hmac.new(office.secrets.origin, f"{kind}:{value}".encode(), hashlib.sha256).hexdigest()[:32]


def count(office: Office, key: str, limit: int) -> None:
    """Count an attempt in the present window.

    Raises
    ------
    TooManyAttemptsError
        More than ``limit``.
    """
    window = sign_in_settings().window
    now = clock.now()
    start = datetime.fromtimestamp(now.timestamp() // window.total_seconds() * window.total_seconds(), UTC)
    statement = (
        insert(_WINDOW)
        .values(key=key, window_start=start, count=1)
        .on_conflict_do_update(index_elements=["key", "window_start"], set_={"count": _WINDOW.c.count + 1})
        .returning(_WINDOW.c.count)
    )
    with office.database.app_engine.begin() as connection:
        found = connection.execute(statement).scalar_one()
        if found == 1:  # a new window: the old ones of this key are of no use any more
            connection.execute(delete(_WINDOW).where(_WINDOW.c.key == key, _WINDOW.c.window_start < start))
    if found > limit:
        raise TooManyAttemptsError("identity.too_many", seconds=_seconds(start + window - now))


def check_open(office: Office, key: str) -> None:
    """Refuse a name that failed too often just now.

    Raises
    ------
    TooManyAttemptsError
        With the seconds to wait.
    """
    now = clock.now()
    with office.database.app_engine.connect() as connection:
        until = connection.execute(select(_GATE.c.locked_until).where(_GATE.c.key == key)).scalar()
    # A clock that was set back must not lock anybody for longer than the longest wait there is.
    if until is not None and now < until <= now + sign_in_settings().lock_longest:
        raise TooManyAttemptsError("identity.locked", seconds=_seconds(until - now))


def failed(office: Office, key: str) -> timedelta | None:
    """Count a failure; how long the name has to wait now, or ``None``."""
    chosen = sign_in_settings()
    now = clock.now()
    fresh = _GATE.c.last_at < now - chosen.forget_after
    statement = (
        insert(_GATE)
        .values(key=key, failures=1, last_at=now)
        .on_conflict_do_update(
            index_elements=["key"],
            set_={"failures": case((fresh, 1), else_=_GATE.c.failures + 1), "last_at": now},
        )
        .returning(_GATE.c.failures)
    )
    with office.database.app_engine.begin() as connection:
        failures = connection.execute(statement).scalar_one()
        wait = wait_after(failures)
        if wait is not None:
            connection.execute(_GATE.update().where(_GATE.c.key == key).values(locked_until=now + wait))
    return wait


def wait_after(failures: int) -> timedelta | None:
    """How long a name waits after so many failures in a row."""
    chosen = sign_in_settings()
    above = failures - chosen.lock_after
    if above < 0:
        return None
    # The exponent is bounded before it is used: somebody who fails a million times must not cost arithmetic.
    wait: timedelta = chosen.lock_first * int(chosen.lock_factor ** min(above, 32))
    return min(wait, chosen.lock_longest)


def passed(office: Office, key: str) -> None:
    """Forget the failures of a name: its owner came in, or an administrator unlocked it."""
    with office.database.app_engine.begin() as connection:
        connection.execute(delete(_GATE).where(_GATE.c.key == key))


def locked_until(office: Office, key: str) -> datetime | None:
    """Until when a name has to wait; for the administrator's list."""
    with office.database.app_engine.connect() as connection:
        until: datetime | None = connection.execute(select(_GATE.c.locked_until).where(_GATE.c.key == key)).scalar()
    return until if until is not None and until > clock.now() else None


def _seconds(left: timedelta) -> int:
    return max(1, int(left.total_seconds() + 0.999))
