"""What the office keeps for itself: its holiday table and its reminder rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import yaml
from sqlalchemy import select

from kezhong.errors import NotFoundError
from kezhong.holidays import Day, DayKind, read_table
from kezhong.holidays.days import check_year
from kezhong.office.access.permissions import Permission
from kezhong.office.calendar import WorkCalendar
from kezhong.office.escalation import ReminderRules, load_reminders, parse_reminders
from kezhong.office.models import CalendarDay, Setting
from kezhong.office.session import ChangedMeanwhileError, OfficeSession
from kezhong.office.telling.deadlines import work_calendar

#: Key of the office's own reminder rules; where there are none, the shipped ones count.
REMINDERS = "reminders"
_RIGHT = Permission.RUN_OFFICE


@dataclass(frozen=True, slots=True)
class CalendarYear:
    """A year of the working calendar: what deviates from the ordinary week, and which of it the office entered."""

    year: int
    known: bool
    missing: tuple[tuple[str, str], ...]
    known_until: date
    days: Mapping[date, Day]
    own: frozenset[date]


def calendar_year(session: OfficeSession, year: int) -> CalendarYear:
    """The year as it counts now.

    Raises
    ------
    InputError
        It lies outside the calendar.
    """
    check_year(year)
    calendar: WorkCalendar = work_calendar(session)
    own = frozenset(day for day in calendar.overrides if day.year == year)
    return CalendarYear(
        year, calendar.is_known(year), calendar.missing(year), calendar.known_until, calendar.exceptions(year), own
    )


def set_day(session: OfficeSession, day: date, kind: DayKind, name: str) -> None:
    """Enter a holiday or a make-up workday, over what is published.

    Raises
    ------
    InputError
        The day lies outside the calendar.
    """
    check_year(day.year, day)
    with session.because("calendar.set"):
        _set(session, day, kind, name)
    session.info.pop("calendar", None)


def remove_day(session: OfficeSession, day: date) -> None:
    """Take an entered day back; what is published counts again.

    Raises
    ------
    NotFoundError
        The office entered nothing for it.
    """
    session.actor.require(_RIGHT)
    row = session.get(CalendarDay, day)
    if row is None:
        raise NotFoundError("office.no_such", kind="calendar_day", value=day)
    with session.because("calendar.remove"):
        session.delete(row)
    session.info.pop("calendar", None)


def read_days(session: OfficeSession, content: bytes, file: str) -> int:
    """Enter all days of a table; days that it does not name stay. The number of days.

    Raises
    ------
    InputError
        With file, row, column and value; nothing was taken in.
    """
    days = read_table(content, file)
    with session.because("calendar.import"):
        for day, entry in days.items():
            _set(session, day, entry.kind, entry.name)
    session.info.pop("calendar", None)
    return len(days)


def reminder_rules(session: OfficeSession) -> ReminderRules:
    """The rules that count: the office's own, else the shipped proposal."""
    row = session.execute(select(Setting.value).where(Setting.key == REMINDERS)).scalar()
    return load_reminders() if row is None else _parsed(row)


def reminders_page(session: OfficeSession) -> tuple[dict[str, Any], int]:
    """The rules as a page to edit, and their version; 0 while the shipped ones count."""
    row = session.execute(select(Setting).where(Setting.key == REMINDERS)).scalar_one_or_none()
    return page_of(reminder_rules(session)), row.version if row is not None else 0


def set_reminders(session: OfficeSession, version: int, page: Mapping[str, Any]) -> int:
    """Put the office's own rules in force; their new version.

    Raises
    ------
    InputError
        With every problem of the rules, in words.
    ChangedMeanwhileError
        Somebody else changed them first.
    """
    session.actor.require(_RIGHT)
    _parsed(page)
    row = session.execute(select(Setting).where(Setting.key == REMINDERS).with_for_update()).scalar_one_or_none()
    current = row.version if row is not None else 0
    if current != version:
        raise ChangedMeanwhileError(
            "office.changed_meanwhile", kind="setting", value=REMINDERS, yours=version, current=current
        )
    with session.because("reminders.set"):
        if row is None:
            row = session.create(Setting(key=REMINDERS, value=dict(page)), _RIGHT)
        else:
            session.admit(row, _RIGHT).value = dict(page)
    return row.version


def page_of(rules: ReminderRules) -> dict[str, Any]:
    """Rules as they are written in the data file."""
    return {
        "proposal": rules.proposal,
        "count": rules.count.value,
        "at": rules.at.strftime("%H:%M"),
        "rules": [
            {
                "id": one.id, "days": one.days, "to": one.to.value, "zh": one.zh, "en": one.en,
                **({"copy": [level.value for level in one.copy]} if one.copy else {}),
            }
            for one in rules.rules
        ],
    }  # fmt: skip


def _set(session: OfficeSession, day: date, kind: DayKind, name: str) -> None:
    row = session.get(CalendarDay, day)
    if row is None:
        session.create(CalendarDay(day=day, kind=kind.value, name=name), _RIGHT)
    else:
        session.actor.require(_RIGHT)
        row.kind, row.name = kind.value, name


def _parsed(page: Mapping[str, Any]) -> ReminderRules:
    return parse_reminders(yaml.safe_dump(dict(page), allow_unicode=True), REMINDERS)
