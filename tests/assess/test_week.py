"""Masks of opening hours: planted texts, closed forms, what is unknown."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kezhong.assess import hours as quarters
from kezhong.assess.week import (
    Reading,
    expected_bits,
    from_flags,
    to_flags,
    to_words,
    week_bits,
    week_masks,
    window_mask,
)

_ALL = (1 << 192) - 1


def _sure(text: str) -> np.ndarray:
    bits = week_bits(text)
    assert bits is not None
    return to_flags(to_words([bits[0]]))[0].reshape(8, 24)


def _hours(row: np.ndarray) -> list[int]:
    return np.flatnonzero(row).tolist()


def test_office_hours_in_chinese() -> None:
    week = _sure("周一至周五 8:30-17:30")
    for day in range(5):
        assert _hours(week[day]) == list(range(8, 18))  # half of hour 8 and half of hour 17 are enough
    assert not week[5:].any()


@pytest.mark.parametrize(
    ("text", "monday"),
    [
        ("Mo 08:00-08:29", []),
        ("Mo 08:00-08:30", [8]),
        ("Mo 08:31-09:00", []),
        ("Mo 08:00-08:15,08:45-09:00", [8]),  # two quarters make half an hour
        ("Mo 08:20-09:25", [8]),
        ("Su 22:00-02:00", [0, 1]),  # Sunday's night is Monday's morning
    ],
)
def test_half_of_the_hour(text: str, monday: list[int]) -> None:
    assert _hours(_sure(text)[0]) == monday


@pytest.mark.parametrize(
    ("text", "holiday"),
    [
        ("Mo-Fr 08:00-17:00", []),  # closed on Sundays, so on holidays
        ("Mo-Su 09:00-12:00", [9, 10, 11]),
        ("Mo-Su 09:00-12:00; PH off", []),
        ("Mo-Su 09:00-17:00; PH 10:00-12:00", [10, 11]),
        ("PH 10:00-12:00; Mo-Su 09:00-17:00", [10, 11]),
        ("Mo-Fr,PH 09:00-11:00; Su off", [9, 10]),
        ("Mo-Su 08:00-20:00; PH 22:00-02:00", [0, 1, 22, 23]),
        ("工作日 8:30-17:00，节假日休息", []),
        ("24小时", list(range(24))),
    ],
)
def test_public_holidays_have_rules_of_their_own(text: str, holiday: list[int]) -> None:
    assert _hours(_sure(text)[7]) == holiday


def test_a_text_that_says_only_when_it_is_closed_is_unknown() -> None:
    assert week_bits("PH off") is None
    assert week_bits("off") == (0, 0)


def test_open_unknown_is_possible_and_not_sure() -> None:
    bits = week_bits("Mo 09:00-10:00 unknown")
    assert bits == (0, 1 << 9)


def test_what_is_unknown_is_kept_counted_and_never_closed() -> None:
    texts = ["Mo 08:00-10:00", "视情况", None, "  ", "视情况", "以公告为准", float("nan")]
    elements = ["pharmacy", "pharmacy", "pharmacy", "bus_stop", "bus_stop", "pharmacy", "no_such_element"]
    masks = week_masks(texts, elements)  # type: ignore[arg-type]
    assert masks.reading.tolist() == [
        Reading.STATED,
        Reading.UNREAD,
        Reading.ASSUMED,
        Reading.MISSING,
        Reading.UNREAD,
        Reading.UNREAD,
        Reading.MISSING,
    ]
    assert masks.counts() == {"stated": 1, "assumed": 1, "missing": 2, "unread": 3}
    assert masks.unread == (("视情况", 2), ("以公告为准", 1))
    assert masks.known.tolist() == [True] + [False] * 6
    sure, maybe = to_flags(masks.surely), to_flags(masks.possibly)
    assert _hours(sure[0]) == _hours(maybe[0]) == [8, 9]
    assert not sure[1:].any()
    assert maybe[[1, 3, 4, 5, 6]].all()
    # A pharmacy that states nothing may be open when the catalogue expects it, 08:00–21:00, and not at night.
    assert _hours(maybe[2].reshape(8, 24)[3]) == list(range(8, 21))


def test_without_elements_missing_hours_are_wholly_unknown() -> None:
    masks = week_masks([None, "Mo 08:00-09:00"])
    assert to_flags(masks.possibly)[0].all()
    assert expected_bits("bus_stop") is None
    assert len(week_masks([])) == 0
    assert week_masks([]).surely.shape == (0, 3)


def test_windows() -> None:
    assert to_flags(window_mask("Mo-Su 22:00-06:00")).sum() == 56
    assert to_flags(window_mask("Mo-Su 22:00-06:00", holidays=True)).sum() == 64
    with pytest.raises(ValueError, match="晚些时候"):
        window_mask("晚些时候")


_SPAN = st.tuples(st.integers(0, 95), st.integers(1, 40))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 6), _SPAN), min_size=1, max_size=4))
def test_agrees_with_the_quarters_of_the_other_reader(rules: list[tuple[int, tuple[int, int]]]) -> None:
    names = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
    parts = []
    for day, (start, length) in rules:
        end = min(start + length, 96)
        parts.append(f"{names[day]} {start // 4:02d}:{start % 4 * 15:02d}-{end // 4:02d}:{end % 4 * 15:02d}")
    text = "; ".join(parts)
    other = quarters.week(text)
    assert other is not None
    expected = other.reshape(168, 4).sum(axis=1) >= 2
    assert (_sure(text).ravel()[:168] == expected).all()
    assert (_sure(text)[7] == expected[144:]).all()


@given(st.integers(0, _ALL))
def test_flags_and_words_are_the_same_thing(bits: int) -> None:
    words = to_words([bits])
    assert (from_flags(to_flags(words)) == words).all()
    assert sum(1 << int(bit) for bit in np.flatnonzero(to_flags(words)[0])) == bits
