"""Numbers, dates and yes/no as people write them."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kezhong.intake import values


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("约300", 300),
        ("300人左右", 300),
        ("１２３", 123),
        ("1,234,567.5", 1234567.5),
        ("１，２３４", 1234),
        ("2.5万", 25000),
        ("12%", 0.12),
        ("120张", 120),
        (" 45 ㎡", 45),
        ("-3", -3),
        ("1.5e3", 1500),
    ],
)
def test_numbers_as_written(text: str, number: float) -> None:
    found, bad, _ = values.numbers(pd.Series([text], dtype=object))
    assert not bad[0]
    assert found[0] == pytest.approx(number)


@pytest.mark.parametrize("text", ["10-20", "三百", "1,23", "NaN", "inf", "12,5", "abc"])
def test_what_is_no_number_is_reported(text: str) -> None:
    found, bad, _ = values.numbers(pd.Series([text], dtype=object))
    assert bad[0]
    assert np.isnan(found[0])


@pytest.mark.parametrize("text", ["", "-", "—", "暂无", "不详", None, "N/A"])
def test_blanks_are_neither_number_nor_fault(text: str | None) -> None:
    found, bad, _ = values.numbers(pd.Series([text], dtype=object))
    assert not bad[0]
    assert np.isnan(found[0])


@given(st.floats(min_value=-1e12, max_value=1e12, allow_nan=False))
def test_a_number_survives_being_text(number: float) -> None:
    found, bad, _ = values.numbers(pd.Series([f"{number:,.3f}"], dtype=object))
    assert not bad[0]
    assert found[0] == pytest.approx(number, abs=6e-4)


@pytest.mark.parametrize(
    ("value", "day"),
    [
        ("2023年5月1日", "2023-05-01"),
        ("2023/5/1", "2023-05-01"),
        ("2023.05.01", "2023-05-01"),
        ("20230501", "2023-05-01"),
        (45047, "2023-05-01"),  # Excel's serial number
        ("2023年5月", "2023-05-01"),
        ("2023年", "2023-01-01"),
        (datetime(2023, 5, 1), "2023-05-01"),  # noqa: DTZ001  # Excel knows no zones
    ],
)
def test_dates(value: object, day: str) -> None:
    found, bad = values.dates(pd.Series([value], dtype=object))
    assert found[0] == day
    assert not bad[0]


def test_a_date_that_is_none() -> None:
    _, bad = values.dates(pd.Series(["2023-02-30", "昨天"], dtype=object))
    assert bad.all()


def test_codes_from_excel_lose_their_fraction() -> None:
    assert values.texts(pd.Series([150302001002.0, "１５０", None], dtype=object)).tolist() == [
        "150302001002",
        "150",
        None,
    ]


def test_flags() -> None:
    found, bad = values.flags(pd.Series(["是", "√", "否", "开放", "", "也许"], dtype=object))
    assert found.tolist() == [True, True, False, False, None, None]
    assert bad.tolist() == [False] * 5 + [True]
