"""Which days deviate from the ordinary week: the published years, with a city's own days laid over them.

The State Council fixes holidays and make-up workdays (调休上班) year by year, late in the year before. The library
``chinesecalendar`` holds the years that were published when it was released. A city's own days (`overrides`) go over
it, day by day: a local rest day leaves the rest of its year as published. They also fill years that the library does
not know. Such a year counts as known once it has its fixed holidays and a Spring Festival (:meth:`Holidays.missing`):
a single entered day must not turn a guess into knowledge.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cache
from types import MappingProxyType

from chinese_calendar.constants import Holiday
from chinese_calendar.constants import holidays as _library_holidays
from chinese_calendar.constants import workdays as _library_workdays

from kezhong.errors import DataMissingError, InputError

#: Years that are reckoned with; what lies outside is a slip of the pen.
FIRST_YEAR, LAST_YEAR = 1950, 2200
#: Holidays that never move (全国年节及纪念日放假办法), as month, day, zh, en.
_FIXED = ((1, 1, "元旦", "New Year (1 January)"), (5, 1, "劳动节", "1 May"), (10, 1, "国庆节", "1 October"))
#: Every Spring Festival with its eve lies in this span (month, day).
_SPRING = ((1, 20), (2, 25))


class UnknownHolidaysError(DataMissingError):
    """Nobody has said yet which days of this year are holidays."""


class DayKind(StrEnum):
    """What the table says of a day that deviates from the ordinary week."""

    HOLIDAY = "holiday"
    WORKDAY = "workday"


@dataclass(frozen=True, slots=True)
class Day:
    """One entry of a holiday table."""

    kind: DayKind
    name: str = ""


@dataclass(frozen=True, eq=False)
class Holidays:
    """The published years, with a city's own table over them.

    Parameters
    ----------
    overrides
        The city's table: days that are holidays or worked, over what is published and over the ordinary week.
    """

    overrides: Mapping[date, Day] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "overrides", MappingProxyType(dict(self.overrides)))

    def is_known(self, year: int) -> bool:
        """Whether the holidays of ``year`` are published or completely entered."""
        return year in _published() or not self.missing(year)

    def missing(self, year: int) -> tuple[tuple[str, str], ...]:
        """What the city's table lacks of ``year``, as pairs (zh, en); empty for a published year."""
        if year in _published():
            return ()
        free = {day for day, entry in self.overrides.items() if day.year == year and entry.kind is DayKind.HOLIDAY}
        lacks = [(zh, en) for month, day, zh, en in _FIXED if date(year, month, day) not in free]
        first, last = (date(year, *bound) for bound in _SPRING)
        if sum(first <= day <= last for day in free) < 3:
            lacks.append(("春节", "the Spring Festival"))
        return tuple(lacks)

    @property
    def known_until(self) -> date:
        """The last day of the last year of an unbroken row of known years."""
        year = max(_published())
        while year < LAST_YEAR and self.is_known(year + 1):
            year += 1
        return date(year, 12, 31)

    def exceptions(self, year: int) -> dict[date, Day]:
        """All that deviates from the ordinary week in ``year``, published and entered: the table to show and export.

        For a year that is not known: what has been entered so far.
        """
        found = dict(_published().get(year, {}))
        found.update((day, entry) for day, entry in self.overrides.items() if day.year == year)
        return dict(sorted(found.items()))

    def exception(self, day: date) -> Day | None:
        """What is published or entered for ``day``; ``None`` where it is an ordinary day of its week.

        Raises
        ------
        UnknownHolidaysError
            The holidays of its year are not known.
        InputError
            The year lies outside the calendar.
        """
        self.require(day.year)
        return self.overrides.get(day) or _published().get(day.year, {}).get(day)

    def require(self, year: int) -> None:
        """Refuse a year whose holidays are not known; raises as :meth:`exception`."""
        check_year(year)
        if not self.is_known(year):
            lacks = self.missing(year)
            raise UnknownHolidaysError(
                "holidays.unknown_year",
                year=year,
                missing_zh="、".join(zh for zh, _ in lacks),
                missing_en=", ".join(en for _, en in lacks),
            )


def check_year(year: int, value: object = None) -> None:
    """Refuse what lies outside the calendar; ``value`` is shown in place of the year.

    Raises
    ------
    InputError
        It does.
    """
    if not FIRST_YEAR <= year <= LAST_YEAR:
        shown = year if value is None else value
        raise InputError("holidays.out_of_range", value=shown, first=FIRST_YEAR, last=LAST_YEAR)


@cache
def _published() -> Mapping[int, Mapping[date, Day]]:
    """The library's table by year; names in Chinese."""
    names = {one.value: str(one.chinese) for one in Holiday}
    years: dict[int, dict[date, Day]] = {}
    for day, name in _library_holidays.items():
        years.setdefault(day.year, {})[day] = Day(DayKind.HOLIDAY, names.get(name, name))
    for day, name in _library_workdays.items():
        if day.weekday() >= 5 and day.year in years:
            years[day.year][day] = Day(DayKind.WORKDAY, f"{names.get(name, name)}调休")
    return MappingProxyType(years)
