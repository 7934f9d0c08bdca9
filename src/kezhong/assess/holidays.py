"""Which day is a public holiday and which weekend is worked: a table that an office edits.

The State Council fixes holidays and make-up workdays (调休上班) year by year. The library ``chinesecalendar`` knows the
years that have been published; a year that it does not know, or that an office wants otherwise, stands in the city
folder as ``holidays.csv``::

    date,kind,name
    2027-01-01,holiday,元旦
    2027-02-20,workday,春节调休

A year that occurs in the file is taken from the file as a whole. Neither source: the year is not guessed.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType

from kezhong.assess.week import HOLIDAY, MAKE_UP
from kezhong.errors import DataMissingError, InputError

FILE = "holidays.csv"
#: What offices write for the two kinds of exceptions.
_WORDS = {
    "holiday": "holiday",
    "放假": "holiday",
    "节假日": "holiday",
    "休": "holiday",
    "workday": "make_up",
    "上班": "make_up",
    "调休上班": "make_up",
    "班": "make_up",
}


class DayKind(StrEnum):
    """What a day is for opening hours and timetables."""

    WEEKDAY = "weekday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"
    HOLIDAY = "holiday"
    MAKE_UP = "make_up"  # a Saturday or Sunday that is worked


@dataclass(frozen=True, slots=True)
class Holidays:
    """The holiday table: exceptions by day, for the years of the office's own file."""

    days: Mapping[date, DayKind] = field(default_factory=dict)
    file: str = FILE

    @classmethod
    def of_city(cls, folder: Path) -> Holidays:
        """The table of a city folder; only the years that the library knows where there is no file.

        Raises
        ------
        InputError
            A row of the file is no day, or says neither holiday nor workday.
        """
        path = folder / FILE
        return read_holidays(path) if path.is_file() else cls()

    def kind(self, day: date) -> DayKind:
        """What ``day`` is.

        Raises
        ------
        DataMissingError
            Neither the file nor the library knows the year.
        """
        if any(known.year == day.year for known in self.days):
            return self.days.get(day) or _ordinary(day)
        return _published(day, self.file)

    def hours(self, day: date) -> slice:
        """The bits of a mask that hold for ``day``: 24 of the 192 (see :mod:`kezhong.assess.week`).

        Raises
        ------
        DataMissingError
            As :meth:`kind`.
        """
        kind = self.kind(day)
        if kind is DayKind.HOLIDAY:
            return slice(HOLIDAY, HOLIDAY + 24)
        if kind is DayKind.MAKE_UP:
            return MAKE_UP
        return slice(24 * day.weekday(), 24 * day.weekday() + 24)


def read_holidays(path: Path) -> Holidays:
    """Read an office's table: columns ``date`` (日期), ``kind`` (类别: 放假 or 上班) and a name that is not read.

    Raises
    ------
    InputError
        With file, row, column and value.
    """
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.reader(stream))
    heading = [name.strip().lower() for name in rows[0]] if rows else []
    places = [_column(path, heading, names) for names in (("date", "日期"), ("kind", "类别"))]
    days: dict[date, DayKind] = {}
    for number, row in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in row):
            continue
        when, word = (row[place].strip() if place < len(row) else "" for place in places)
        try:
            day = date.fromisoformat(when)
        except ValueError as problem:
            raise InputError(
                "windows.bad_holiday_date", file=path.name, row=number, column=heading[places[0]], value=when
            ) from problem
        kind = _WORDS.get(word.lower())
        if kind is None:
            raise InputError(
                "windows.bad_holiday_kind", file=path.name, row=number, column=heading[places[1]], value=word
            )
        days[day] = DayKind(kind)
    return Holidays(MappingProxyType(days), path.name)


def _column(path: Path, heading: list[str], names: tuple[str, ...]) -> int:
    for name in names:
        if name in heading:
            return heading.index(name)
    raise InputError(
        "windows.no_holiday_column", file=path.name, row=1, column=names[0], value="、".join(heading) or "–"
    )


def _ordinary(day: date) -> DayKind:
    return {5: DayKind.SATURDAY, 6: DayKind.SUNDAY}.get(day.weekday(), DayKind.WEEKDAY)


def _published(day: date, file: str) -> DayKind:
    """As the library has it: weekends that are not worked stay what they are, statutory rest days are holidays."""
    import chinese_calendar

    try:
        rests, name = chinese_calendar.get_holiday_detail(day)
    except NotImplementedError as problem:
        raise DataMissingError("windows.no_holidays", year=day.year, value=day.isoformat(), file=file) from problem
    ordinary = _ordinary(day)
    if rests:
        return DayKind.HOLIDAY if name else ordinary
    return ordinary if ordinary is DayKind.WEEKDAY else DayKind.MAKE_UP
