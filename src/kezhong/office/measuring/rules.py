"""How many days a community, and who objects, have: proposals (建议值) that a city may set its own over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib import resources
from typing import Any

from sqlalchemy import select

from kezhong import clock
from kezhong.errors import InputError
from kezhong.office.models import Setting
from kezhong.office.session import OfficeSession
from kezhong.office.strict_yaml import read_strict
from kezhong.office.telling.deadlines import work_calendar

SETTING = "measuring"
_FILE = "measuring.yaml"
_DAYS = ("verification_workdays", "objection_workdays", "review_workdays")


@dataclass(frozen=True, slots=True)
class Rules:
    """Working days; ``proposal`` where they are this project's own (建议值)."""

    verification_workdays: int
    objection_workdays: int
    review_workdays: int
    proposal: bool


@cache
def _shipped() -> dict[str, Any]:
    return read_strict(resources.files("kezhong.office.data").joinpath(_FILE).read_text("utf-8"), _FILE)


def rules(session: OfficeSession) -> Rules:
    """The city's rules, else the shipped proposal.

    Raises
    ------
    InputError
        The setting holds something else than numbers of days.
    """
    own = session.execute(select(Setting.value).where(Setting.key == SETTING)).scalar() or {}
    found = {**_shipped(), **own}
    for name in _DAYS:
        if not isinstance(found[name], int) or isinstance(found[name], bool) or not 0 <= found[name] <= 250:
            raise InputError("measuring.bad_rules", column=name, value=found[name], expected="0–250")
    own_days = any(name in own for name in _DAYS)
    return Rules(**{name: found[name] for name in _DAYS}, proposal=not own_days)


def day_after(session: OfficeSession, workdays: int) -> date:
    """The local day so many working days from today."""
    calendar = work_calendar(session)
    return calendar.try_add_workdays(clock.today(calendar.zone), workdays).value


def end_after(session: OfficeSession, workdays: int) -> datetime:
    """The end of that day."""
    return work_calendar(session).deadline(day_after(session, workdays))
