"""One injectable clock: times are stored in UTC and shown in the city's zone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

CITY_ZONE = "Asia/Shanghai"


def _system_now() -> datetime:
    return datetime.now(UTC)


_now: Callable[[], datetime] = _system_now


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return _now()


def today(zone: str = CITY_ZONE) -> date:
    """The local calendar day in ``zone`` (deadlines end with the local day)."""
    return now().astimezone(ZoneInfo(zone)).date()


def local_day(moment: datetime, zone: str = CITY_ZONE) -> date:
    """The calendar day of ``moment`` in ``zone``."""
    return moment.astimezone(ZoneInfo(zone)).date()


def stamp() -> str:
    """The present moment as ISO 8601 in UTC with seconds, e.g. ``2026-11-23T08:00:00Z``."""
    return now().strftime("%Y-%m-%dT%H:%M:%SZ")


@contextmanager
def frozen(moment: datetime) -> Iterator[None]:
    """Let the clock stand at ``moment`` (aware); for tests and reproducible generation."""
    global _now
    if moment.tzinfo is None:
        msg = "moment must carry a time zone"
        raise ValueError(msg)
    before = _now
    fixed = moment.astimezone(UTC)
    _now = lambda: fixed  # noqa: E731
    try:
        yield
    finally:
        _now = before
