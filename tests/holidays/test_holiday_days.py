"""Which days deviate from the ordinary week: published, entered, or nobody knows."""

from __future__ import annotations

from datetime import date

import pytest

from holiday_year import TABLE_2027
from kezhong.errors import DataMissingError, InputError
from kezhong.holidays import Day, DayKind, Holidays, UnknownHolidaysError


def test_a_published_year() -> None:
    holidays = Holidays()
    assert holidays.is_known(2026)
    assert holidays.missing(2026) == ()
    assert holidays.known_until == date(2026, 12, 31)
    assert holidays.exception(date(2026, 2, 17)) == Day(DayKind.HOLIDAY, "春节")
    assert holidays.exception(date(2026, 2, 14)) == Day(DayKind.WORKDAY, "春节调休")
    assert holidays.exception(date(2026, 3, 7)) is None  # an ordinary Saturday


def test_a_year_that_nobody_has_published_is_not_guessed() -> None:
    with pytest.raises(UnknownHolidaysError) as caught:
        Holidays().exception(date(2099, 1, 1))
    assert isinstance(caught.value, DataMissingError)
    assert "2099" in caught.value.message("zh")
    assert "春节" in caught.value.message("zh")
    assert "holidays.csv" in caught.value.action("en")


@pytest.mark.parametrize("year", [1949, 2201])
def test_slips_of_the_pen_are_refused(year: int) -> None:
    with pytest.raises(InputError, match=r"holidays\.out_of_range"):
        Holidays().exception(date(year, 5, 1))


def test_an_entered_day_goes_over_the_published_one_and_leaves_the_rest() -> None:
    holidays = Holidays({date(2026, 8, 20): Day(DayKind.HOLIDAY, "暴雨停工"), date(2026, 10, 7): Day(DayKind.WORKDAY)})
    assert holidays.exception(date(2026, 8, 20)) == Day(DayKind.HOLIDAY, "暴雨停工")
    assert holidays.exception(date(2026, 10, 7)) == Day(DayKind.WORKDAY)
    assert holidays.exception(date(2026, 10, 1)) == Day(DayKind.HOLIDAY, "国庆节")
    published = Holidays().exceptions(2026)
    assert holidays.exceptions(2026) == dict(sorted({**published, **holidays.overrides}.items()))


def test_one_entered_day_makes_no_known_year() -> None:
    holidays = Holidays({date(2027, 1, 1): Day(DayKind.HOLIDAY, "元旦")})
    assert not holidays.is_known(2027)
    assert [zh for zh, _ in holidays.missing(2027)] == ["劳动节", "国庆节", "春节"]
    assert list(holidays.exceptions(2027)) == [date(2027, 1, 1)]  # shown, so that it can be completed
    with pytest.raises(UnknownHolidaysError, match="Spring Festival"):
        holidays.exception(date(2027, 1, 4))


def test_a_gap_ends_what_is_known() -> None:
    table_2028 = {day.replace(year=2028): entry for day, entry in TABLE_2027.items()}
    holidays = Holidays(table_2028)
    assert holidays.is_known(2028)
    assert holidays.known_until == date(2026, 12, 31)


def test_the_table_cannot_be_changed_behind_their_back() -> None:
    table = dict(TABLE_2027)
    holidays = Holidays(table)
    table.clear()
    assert holidays.is_known(2027)
    with pytest.raises(TypeError):
        holidays.overrides[date(2027, 3, 1)] = Day(DayKind.HOLIDAY)  # type: ignore[index]
