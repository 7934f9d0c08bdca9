"""The working calendar: which day is worked, and when a deadline really ends.

Which days deviate from the ordinary week is told by :mod:`kezhong.holidays`.

Days are reckoned as in the Civil Code (民法典): the day on which a period begins is not counted (art. 201); a period
whose last day is a holiday ends with the next day that is none, at 24:00 (art. 203). For an office's own deadlines
that is a practice (顺延), not a duty, so each deadline says which rule it follows.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Generic, TypeVar
from zoneinfo import ZoneInfo

from kezhong.clock import CITY_ZONE
from kezhong.holidays.days import DayKind, Holidays, check_year

T = TypeVar("T")

_DAY = timedelta(days=1)


class DueRule(StrEnum):
    """What becomes of a deadline on a day that is not worked."""

    KEEP = "keep"
    NEXT_WORKDAY = "next_workday"  # 顺延
    PREVIOUS_WORKDAY = "previous_workday"  # 提前


@dataclass(frozen=True, slots=True)
class Reckoned(Generic[T]):
    """A value, and whether it rests on years whose holidays are unknown (there only weekends count as free)."""

    value: T
    assumed: bool


def deadline(day: date, zone: str = CITY_ZONE) -> datetime:
    """The end of the local ``day`` (24:00) as an instant in UTC; from then on it is overdue."""
    return datetime.combine(day + _DAY, time(), ZoneInfo(zone)).astimezone(UTC)


def local_day(moment: datetime, zone: str = CITY_ZONE) -> date:
    """The local calendar day of an aware ``moment``."""
    if moment.tzinfo is None:
        msg = "moment must carry a time zone"
        raise ValueError(msg)
    return moment.astimezone(ZoneInfo(zone)).date()


@dataclass(frozen=True, eq=False)
class WorkCalendar(Holidays):
    """A holiday table by which working days are counted.

    Parameters
    ----------
    overrides
        The office's table: days that are holidays or worked, over what is published and over the ordinary week.
    zone
        The city's time zone, in which a day ends.

    Notes
    -----
    The methods raise :class:`UnknownHolidaysError` for years that neither source knows. Those that begin with
    ``try_`` do not: they take weekends alone as free there, and say so.
    """

    zone: str = CITY_ZONE
    _cache: dict[int, tuple[int, ...]] = field(default_factory=dict, init=False, repr=False)

    # --- reckoning

    def is_workday(self, day: date) -> bool:
        """Whether ``day`` is worked.

        Raises
        ------
        UnknownHolidaysError
            The holidays of its year are not known.
        """
        return self._is_workday(day, assume=False)

    def add_workdays(self, day: date, n: int) -> date:
        """The n-th working day after ``day`` (before it, for a negative n); ``day`` itself is not counted.

        With n = 0 it is ``day``, worked or not.

        Raises
        ------
        UnknownHolidaysError
            The way leads through a year whose holidays are not known.
        """
        return self._add(day, n, assume=False)

    def next_workday(self, day: date) -> date:
        """The first working day after ``day``; raises as :meth:`add_workdays`."""
        return self.add_workdays(day, 1)

    def previous_workday(self, day: date) -> date:
        """The last working day before ``day``; raises as :meth:`add_workdays`."""
        return self.add_workdays(day, -1)

    def workdays_between(self, a: date, b: date) -> int:
        """Working days after ``a`` up to and including ``b``; for b < a, minus those from ``b`` to before ``a``.

        ``workdays_between(a, add_workdays(a, n)) == n``.

        Raises
        ------
        UnknownHolidaysError
            A year of the span is not known.
        """
        return self._between(a, b, assume=False)

    def count_workdays(self, first: date, last: date) -> int:
        """Working days from ``first`` to ``last``, both included; 0 where last < first. Raises as above."""
        return self._count(first, last, assume=False)

    def due_on(self, day: date, rule: DueRule = DueRule.NEXT_WORKDAY) -> date:
        """The day with which a deadline set for ``day`` really ends.

        Raises
        ------
        UnknownHolidaysError
            The holidays are not known (never for ``keep``).
        """
        return self._due(day, rule, assume=False)

    def deadline(self, day: date) -> datetime:
        """The end of ``day`` in the city's zone as an instant in UTC."""
        return deadline(day, self.zone)

    # --- the same without refusing unknown years

    def try_is_workday(self, day: date) -> Reckoned[bool]:
        """As :meth:`is_workday`, assuming plain weeks where nothing is known."""
        return Reckoned(self._is_workday(day, assume=True), self._assumed(day, day))

    def try_add_workdays(self, day: date, n: int) -> Reckoned[date]:
        """As :meth:`add_workdays`, assuming plain weeks where nothing is known."""
        found = self._add(day, n, assume=True)
        return Reckoned(found, n != 0 and self._assumed(day, found))

    def try_workdays_between(self, a: date, b: date) -> Reckoned[int]:
        """As :meth:`workdays_between`, assuming plain weeks where nothing is known."""
        return Reckoned(self._between(a, b, assume=True), self._assumed(a, b))

    def try_count_workdays(self, first: date, last: date) -> Reckoned[int]:
        """As :meth:`count_workdays`, assuming plain weeks where nothing is known."""
        return Reckoned(self._count(first, last, assume=True), self._assumed(first, last))

    def try_due_on(self, day: date, rule: DueRule = DueRule.NEXT_WORKDAY) -> Reckoned[date]:
        """As :meth:`due_on`, assuming plain weeks where nothing is known."""
        found = self._due(day, rule, assume=True)
        return Reckoned(found, rule is not DueRule.KEEP and self._assumed(day, found))

    # --- within

    def _assumed(self, a: date, b: date) -> bool:
        return any(not self.is_known(year) for year in range(min(a, b).year, max(a, b).year + 1))

    def _workdays(self, year: int, *, assume: bool) -> tuple[int, ...]:
        """Ordinals of the year's working days, ascending."""
        check_year(year)
        if not assume:
            self.require(year)
        if year not in self._cache:
            table = self.exceptions(year)
            first, last = date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal()
            free = {day.toordinal() for day, entry in table.items() if entry.kind is DayKind.HOLIDAY}
            worked = {day.toordinal() for day, entry in table.items() if entry.kind is DayKind.WORKDAY}
            # date.toordinal() % 7 is 1 on Mondays, 6 on Saturdays, 0 on Sundays
            self._cache[year] = tuple(
                one for one in range(first, last + 1) if one in worked or (one % 7 not in {0, 6} and one not in free)
            )
        return self._cache[year]

    def _is_workday(self, day: date, *, assume: bool) -> bool:
        days, wanted = self._workdays(day.year, assume=assume), day.toordinal()
        place = bisect_left(days, wanted)
        return place < len(days) and days[place] == wanted

    def _add(self, day: date, n: int, *, assume: bool) -> date:
        if n == 0:
            return day
        year = day.year
        days = self._workdays(year, assume=assume)
        place = bisect_right(days, day.toordinal()) + n - 1 if n > 0 else bisect_left(days, day.toordinal()) + n
        while place >= len(days):
            place -= len(days)
            year += 1
            days = self._workdays(year, assume=assume)
        while place < 0:
            year -= 1
            days = self._workdays(year, assume=assume)
            place += len(days)
        return date.fromordinal(days[place])

    def _count(self, first: date, last: date, *, assume: bool) -> int:
        found = 0
        for year in range(first.year, last.year + 1):
            days = self._workdays(year, assume=assume)
            found += bisect_right(days, last.toordinal()) - bisect_left(days, first.toordinal())
        return max(found, 0)

    def _between(self, a: date, b: date, *, assume: bool) -> int:
        if b < a:
            return -self._count(b, a - _DAY, assume=assume)
        return 0 if a == b else self._count(a + _DAY, b, assume=assume)

    def _due(self, day: date, rule: DueRule, *, assume: bool) -> date:
        if rule is DueRule.KEEP or self._is_workday(day, assume=assume):
            return day
        return self._add(day, 1 if rule is DueRule.NEXT_WORKDAY else -1, assume=assume)
