"""What a day is for opening hours: the published years, with the file of the city over them."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from holiday_year import TABLE_2027
from kezhong.assess.day_types import DayType, day_type, holidays_of, hours_of
from kezhong.assess.week import to_flags, to_words, week_bits
from kezhong.errors import InputError, WorkspaceError
from kezhong.holidays import FILE, Holidays, UnknownHolidaysError, write_table
from kezhong.office.calendar import WorkCalendar


@pytest.mark.parametrize(
    ("day", "kind"),
    [
        (date(2026, 2, 14), DayType.MAKE_UP),  # the Saturday worked for Spring Festival
        (date(2026, 2, 15), DayType.HOLIDAY),
        (date(2026, 2, 17), DayType.HOLIDAY),
        (date(2026, 2, 23), DayType.HOLIDAY),
        (date(2026, 2, 24), DayType.WEEKDAY),
        (date(2026, 2, 28), DayType.MAKE_UP),
        (date(2026, 3, 1), DayType.SUNDAY),
        (date(2026, 3, 7), DayType.SATURDAY),
        (date(2026, 6, 1), DayType.WEEKDAY),
    ],
)
def test_spring_festival_2026(day: date, kind: DayType) -> None:
    assert day_type(Holidays(), day) is kind


def test_which_hours_hold_on_a_day() -> None:
    bits = week_bits("Mo-Fr 08:00-17:00; Sa 09:00-12:00; PH 10:00-11:00")
    assert bits is not None
    mask = to_flags(to_words([bits[0]]))[0]

    def open_on(day: date) -> list[int]:
        return mask[hours_of(Holidays(), day)].nonzero()[0].tolist()

    assert open_on(date(2026, 2, 14)) == list(range(8, 17))  # a Saturday worked like a Friday
    assert open_on(date(2026, 2, 17)) == [10]
    assert open_on(date(2026, 3, 7)) == [9, 10, 11]
    assert open_on(date(2026, 3, 1)) == []
    assert open_on(date(2026, 3, 2)) == list(range(8, 17))


def test_the_file_of_the_city_goes_over_what_is_published(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(
        "日期,类别,名称\n2026-08-20,放假,暴雨停工\n2026-10-07,上班,值班\n", encoding="utf-8-sig"
    )
    table = holidays_of(tmp_path)
    assert day_type(table, date(2026, 8, 20)) is DayType.HOLIDAY
    assert day_type(table, date(2026, 10, 7)) is DayType.WEEKDAY
    assert day_type(table, date(2026, 10, 1)) is DayType.HOLIDAY  # the rest of the year stays as published
    assert day_type(table, date(2026, 2, 14)) is DayType.MAKE_UP
    assert not holidays_of(tmp_path / "elsewhere").overrides


def test_a_year_begun_in_the_file_is_not_known_yet(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("date,kind\n2027-01-01,holiday\n", encoding="utf-8")
    with pytest.raises(UnknownHolidaysError) as caught:
        day_type(holidays_of(tmp_path), date(2027, 3, 1))
    assert FILE in caught.value.action("zh")


def test_both_rooms_say_the_same_of_every_day(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(write_table(TABLE_2027))
    table, calendar = holidays_of(tmp_path), WorkCalendar(TABLE_2027)
    day = date(2020, 1, 1)
    while day <= date(2027, 12, 31):
        assert calendar.is_workday(day) is (day_type(table, day) in {DayType.WEEKDAY, DayType.MAKE_UP}), day
        day += timedelta(days=1)


def test_a_bad_table_names_its_place(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("date,kind\n2099-01-01,holiday\n2099-01-02,maybe\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        holidays_of(tmp_path)
    assert caught.value.code == "holidays.bad_kind"
    details = caught.value.details
    assert [details[name] for name in ("file", "row", "column", "value")] == [FILE, 3, "kind", "maybe"]


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    with pytest.raises(WorkspaceError):
        holidays_of(tmp_path)
