"""What a day is for opening hours and timetables, by the holiday table of the city.

The published years count, with ``holidays.csv`` of the city folder laid over them day by day, exactly as an office's
working calendar does it (:mod:`kezhong.holidays`). A year that is neither published nor completely entered is refused,
not guessed.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from pathlib import Path

from kezhong.assess.week import HOLIDAY, MAKE_UP
from kezhong.city.files import explain
from kezhong.holidays import FILE, DayKind, Holidays, read_table


class DayType(StrEnum):
    """Keys of :data:`kezhong.assess.windows.DAY_TYPES`."""

    WEEKDAY = "weekday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"
    HOLIDAY = "holiday"
    MAKE_UP = "make_up"  # a Saturday or Sunday that is worked


def holidays_of(city_folder: Path) -> Holidays:
    """The published years, with the file of the city folder over them where there is one.

    Raises
    ------
    InputError
        The file is no holiday table: with file, row, column and value.
    WorkspaceError
        It cannot be read.
    """
    path = city_folder / FILE
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return Holidays()
    except OSError as problem:
        raise explain(problem, path) from problem
    return Holidays(read_table(content, FILE))


def day_type(holidays: Holidays, day: date) -> DayType:
    """What ``day`` is; a weekend day that the table lets rest is a holiday.

    Raises
    ------
    UnknownHolidaysError
        The holidays of its year are not known.
    InputError
        The year lies outside the calendar.
    """
    entry = holidays.exception(day)
    if entry is not None and entry.kind is DayKind.HOLIDAY:
        return DayType.HOLIDAY
    if day.weekday() < 5:
        return DayType.WEEKDAY
    if entry is not None:
        return DayType.MAKE_UP
    return DayType.SATURDAY if day.weekday() == 5 else DayType.SUNDAY


def hours_of(holidays: Holidays, day: date) -> slice:
    """The bits of a mask that hold for ``day``: 24 of the 192 (see :mod:`kezhong.assess.week`).

    Raises
    ------
    UnknownHolidaysError, InputError
        As :func:`day_type`.
    """
    kind = day_type(holidays, day)
    if kind is DayType.HOLIDAY:
        return slice(HOLIDAY, HOLIDAY + 24)
    if kind is DayType.MAKE_UP:
        return MAKE_UP
    return slice(24 * day.weekday(), 24 * day.weekday() + 24)
