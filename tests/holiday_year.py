"""A holiday table of a year that nobody has published, for several rooms' tests."""

from __future__ import annotations

from datetime import date

from kezhong.holidays import Day, DayKind

#: A complete table of a year nobody has published when this was written; the dates are made up where they move.
TABLE_2027 = {
    date(2027, 1, 1): Day(DayKind.HOLIDAY, "元旦"),
    date(2027, 1, 3): Day(DayKind.WORKDAY, "元旦调休"),
    **{date(2027, 2, day): Day(DayKind.HOLIDAY, "春节") for day in range(5, 13)},
    date(2027, 5, 1): Day(DayKind.HOLIDAY, "劳动节"),
    **{date(2027, 10, day): Day(DayKind.HOLIDAY, "国庆节") for day in range(1, 8)},
}
