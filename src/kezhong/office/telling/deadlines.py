"""The office's working calendar, and when a deadline really ends."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select

from kezhong import clock
from kezhong.holidays import Day, DayKind
from kezhong.office.calendar import DueRule, WorkCalendar
from kezhong.office.models import CalendarDay
from kezhong.office.session import OfficeSession


def work_calendar(session: OfficeSession) -> WorkCalendar:
    """Published holidays with the office's own days over them; kept for the session."""
    found: WorkCalendar | None = session.info.get("calendar")
    if found is None:
        own = {
            row.day: Day(DayKind(row.kind), row.name)
            for row in session.execute(select(CalendarDay.day, CalendarDay.kind, CalendarDay.name))
        }
        found = session.info["calendar"] = WorkCalendar(own, session.info.get("zone", clock.CITY_ZONE))
    return found


def due_at(session: OfficeSession, day: date | None) -> datetime | None:
    """The moment from which it is overdue: the end of the day, or of the next working day (顺延) where it is free."""
    if day is None:
        return None
    calendar = work_calendar(session)
    return calendar.deadline(calendar.try_due_on(day, DueRule.NEXT_WORKDAY).value)


def last_day(session: OfficeSession, day: date) -> date:
    """The day with which the deadline really ends."""
    return work_calendar(session).try_due_on(day, DueRule.NEXT_WORKDAY).value


def shifted(session: OfficeSession, day: date | None) -> dict[str, str | bool] | None:
    """Why a deadline ends on another day than was written; ``None`` where it does not.

    ``assumed`` says that the holidays of the year are not known yet and weekends alone were taken as free.
    """
    if day is None:
        return None
    calendar = work_calendar(session)
    end = calendar.try_due_on(day, DueRule.NEXT_WORKDAY)
    if end.value == day:
        return None
    entry = calendar.exceptions(day.year).get(day)
    name = entry.name if entry is not None and entry.name else ""
    what_zh = f"为法定节假日（{name}）" if name else "为休息日"
    zh = f"原期限 {day.month}月{day.day}日{what_zh}，顺延至 {end.value.month}月{end.value.day}日"
    why = "a public holiday" if name else "not worked"
    en = f"{day.isoformat()} is {why}; the deadline moves to {end.value.isoformat()}"
    if end.assumed:
        zh += "（该年节假日安排尚未公布，仅按周末推算）"
        en += " (that year's holidays are not published yet: weekends only)"
    return {"from": day.isoformat(), "to": end.value.isoformat(), "zh": zh, "en": en, "assumed": end.assumed}
