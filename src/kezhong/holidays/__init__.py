"""Public holidays and make-up workdays: what is published, what a city enters over it, and the table as a file.

Used by every room that asks what a day is: the office counts working days (:mod:`kezhong.office.calendar`), the
assessment chooses the hours that hold (:mod:`kezhong.assess.day_types`).
"""

from __future__ import annotations

from kezhong.holidays.days import FIRST_YEAR, LAST_YEAR, Day, DayKind, Holidays, UnknownHolidaysError
from kezhong.holidays.table import FILE, read_table, write_table

__all__ = [
    "FILE",
    "FIRST_YEAR",
    "LAST_YEAR",
    "Day",
    "DayKind",
    "Holidays",
    "UnknownHolidaysError",
    "read_table",
    "write_table",
]
