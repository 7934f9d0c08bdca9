"""The holiday table as a file: what spreadsheets write is read, what is wrong is refused with its place."""

from __future__ import annotations

import contextlib
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kezhong.errors import InputError
from kezhong.holidays import Day, DayKind, Holidays, read_table, write_table


def test_the_published_years_go_out_and_come_back() -> None:
    for year in range(2004, 2027):
        table = Holidays().exceptions(year)
        assert read_table(write_table(table), "holidays.csv") == table
        assert read_table(write_table(table, "en"), "holidays.csv") == table


@given(
    st.dictionaries(
        st.dates(date(1950, 1, 1), date(2200, 12, 31)),
        st.builds(
            Day, st.sampled_from(DayKind), st.text(st.characters(exclude_categories=["Cs", "Cc"])).map(str.strip)
        ),
        min_size=1,
        max_size=20,
    )
)
@settings(max_examples=100, deadline=None)
def test_any_table_goes_out_and_comes_back(table: dict[date, Day]) -> None:
    assert read_table(write_table(table), "t.csv") == table


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_spreadsheets_encodings_and_dates_are_read(encoding: str) -> None:
    text = "日期,类别,名称\r\n2027/1/1,放假,元旦\r\n,,\r\n2027年1月3日,上班,元旦调休\r\n2027.5.1,休,\r\n2027-10-01,节假日\r\n"
    assert read_table(text.encode(encoding), "t.csv") == {
        date(2027, 1, 1): Day(DayKind.HOLIDAY, "元旦"),
        date(2027, 1, 3): Day(DayKind.WORKDAY, "元旦调休"),
        date(2027, 5, 1): Day(DayKind.HOLIDAY),
        date(2027, 10, 1): Day(DayKind.HOLIDAY),
    }


@pytest.mark.parametrize(
    ("text", "code", "row", "column", "value"),
    [
        ("date,kind\n2027-02-29,holiday\n", "bad_date", 2, "date", "2027-02-29"),
        ("date,kind\n2027-01-01,holiday\n2027-1/2,holiday\n", "bad_date", 3, "date", "2027-1/2"),
        ("date,kind\n27-01-01,holiday\n", "bad_date", 2, "date", "27-01-01"),
        ("date,kind\n20270-01-01,holiday\n", "bad_date", 2, "date", "20270-01-01"),
        ("date,kind\n1027-01-01,holiday\n", "bad_date", 2, "date", "1027-01-01"),
        ("日期,类别\n\n2027-01-01,也许\n", "bad_kind", 3, "类别", "也许"),
        ("日期,类别\n2027-01-01\n", "bad_kind", 2, "类别", ""),
        ("date,kind\n2027-01-01,holiday\n2027/1/1,workday\n", "day_twice", 3, "date", "2027/1/1"),
        ("date,what\n2027-01-01,holiday\n", "no_column", 1, "类别", "date、what"),
        ("", "no_column", 1, "日期", "–"),
        ("date,kind\n", "empty_table", 1, None, None),
    ],
)
def test_a_bad_table_is_refused_with_its_place(
    text: str, code: str, row: int, column: str | None, value: str | None
) -> None:
    with pytest.raises(InputError) as caught:
        read_table(text.encode(), "放假安排.csv")
    error = caught.value
    assert error.code == f"holidays.{code}"
    assert (error.details["file"], error.details["row"]) == ("放假安排.csv", row)
    assert (error.details.get("column"), error.details.get("value")) == (column, value)
    assert "放假安排.csv" in error.message("zh")


@given(st.binary(max_size=200))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_a_table_or_refused(content: bytes) -> None:
    with contextlib.suppress(InputError):
        assert read_table(content, "t.csv")


def test_no_text_is_refused() -> None:
    with pytest.raises(InputError, match=r"holidays\.not_text"):
        read_table(b"\x50\x4b\x03\x04\xff\xff\xff", "t.xlsx")
