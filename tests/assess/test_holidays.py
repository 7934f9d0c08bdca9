"""Which day is a holiday, a make-up workday, or nobody knows."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from kezhong.assess.holidays import FILE, DayKind, Holidays, read_holidays
from kezhong.assess.week import to_flags, to_words, week_bits
from kezhong.errors import DataMissingError, InputError


@pytest.mark.parametrize(
    ("day", "kind"),
    [
        (date(2026, 2, 14), DayKind.MAKE_UP),  # the Saturday worked for Spring Festival
        (date(2026, 2, 15), DayKind.HOLIDAY),
        (date(2026, 2, 17), DayKind.HOLIDAY),
        (date(2026, 2, 23), DayKind.HOLIDAY),
        (date(2026, 2, 24), DayKind.WEEKDAY),
        (date(2026, 2, 28), DayKind.MAKE_UP),
        (date(2026, 3, 1), DayKind.SUNDAY),
        (date(2026, 3, 7), DayKind.SATURDAY),
        (date(2026, 6, 1), DayKind.WEEKDAY),
    ],
)
def test_spring_festival_2026(day: date, kind: DayKind) -> None:
    assert Holidays().kind(day) is kind


def test_which_hours_hold_on_a_day() -> None:
    bits = week_bits("Mo-Fr 08:00-17:00; Sa 09:00-12:00; PH 10:00-11:00")
    assert bits is not None
    mask = to_flags(to_words([bits[0]]))[0]

    def open_on(day: date) -> list[int]:
        return mask[Holidays().hours(day)].nonzero()[0].tolist()

    assert open_on(date(2026, 2, 14)) == list(range(8, 17))  # a Saturday worked like a Friday
    assert open_on(date(2026, 2, 17)) == [10]
    assert open_on(date(2026, 3, 7)) == [9, 10, 11]
    assert open_on(date(2026, 3, 1)) == []
    assert open_on(date(2026, 3, 2)) == list(range(8, 17))


def test_a_year_that_nobody_has_published_is_not_guessed() -> None:
    with pytest.raises(DataMissingError) as caught:
        Holidays().kind(date(2099, 1, 1))
    assert caught.value.code == "windows.no_holidays"
    assert "2099" in caught.value.message("zh")
    assert FILE in caught.value.action("en")


def test_the_offices_own_table(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("日期,类别,名称\n2099-01-01,放假,元旦\n\n2099-01-03,上班,调休\n", encoding="utf-8-sig")
    table = Holidays.of_city(tmp_path)
    assert table.kind(date(2099, 1, 1)) is DayKind.HOLIDAY
    assert table.kind(date(2099, 1, 3)) is DayKind.MAKE_UP
    assert table.kind(date(2099, 1, 4)) is DayKind.SUNDAY
    assert table.kind(date(2099, 1, 5)) is DayKind.WEEKDAY
    assert table.kind(date(2026, 2, 17)) is DayKind.HOLIDAY  # other years as published
    assert Holidays.of_city(tmp_path / "elsewhere").days == {}


@pytest.mark.parametrize(
    ("text", "code", "row", "value"),
    [
        ("date,kind\n2099-13-01,holiday\n", "windows.bad_holiday_date", 2, "2099-13-01"),
        ("date,kind\n2099-01-01,holiday\n2099-01-02,maybe\n", "windows.bad_holiday_kind", 3, "maybe"),
        ("day,kind\n2099-01-01,holiday\n", "windows.no_holiday_column", 1, "day、kind"),
        ("", "windows.no_holiday_column", 1, "–"),
    ],
)
def test_bad_tables(tmp_path: Path, text: str, code: str, row: int, value: str) -> None:
    file = tmp_path / FILE
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_holidays(file)
    assert caught.value.code == code
    assert (caught.value.details["row"], caught.value.details["value"]) == (row, value)
