"""Verdicts: by value, flagged where the interval does not bear them out, and silent where the data do not suffice."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kezhong.office.measuring.judging import JUDGED, SILENT, Verdict, judge

shares = st.floats(0, 1, allow_nan=False)


@pytest.mark.parametrize(
    ("value", "comparison", "low", "high", "status", "uncertain"),
    [
        (0.8, "at_least", None, None, "met", False),
        (0.8, "at_least", 0.81, 0.9, "met", False),
        (0.79, "at_least", 0.7, 0.79, "not_met", False),
        (0.82, "at_least", 0.75, 0.9, "met", True),
        (0.78, "at_least", 0.75, 0.8, "not_met", True),
        (0.1, "at_most", 0.05, 0.2, "met", False),
        (0.81, "at_most", 0.7, 0.9, "not_met", True),
        (0.8, "at_most", 0.8, 0.8, "met", False),
    ],
)
def test_by_value_and_by_interval(
    value: float, comparison: str, low: float | None, high: float | None, status: str, uncertain: bool
) -> None:
    assert judge("informative", value, 0.8, comparison, low, high) == Verdict(status, uncertain)


def test_sums_of_fractions_of_people_are_not_exact() -> None:
    assert judge("meets", 0.1 + 0.2 - 1e-12, 0.3).status == "met"


@given(st.sampled_from(SILENT), st.none() | shares, shares, st.none() | shares, st.none() | shares)
def test_what_is_not_known_is_never_a_verdict(
    status: str, value: float | None, wanted: float, low: float | None, high: float | None
) -> None:
    assert judge(status, value, wanted, "at_least", low, high) == Verdict(status)


@given(st.text(max_size=12).filter(lambda text: text not in JUDGED and text not in SILENT), shares, shares)
def test_an_unknown_status_is_no_verdict_either(status: str, value: float, wanted: float) -> None:
    assert judge(status, value, wanted) == Verdict("no_data")


@given(st.sampled_from(sorted(JUDGED)), shares)
def test_no_value_is_no_verdict(status: str, wanted: float) -> None:
    assert judge(status, None, wanted).status == "no_data"
    assert judge(status, math.nan, wanted).status == "no_data"


@given(shares, shares, shares, shares, st.sampled_from(["at_least", "at_most"]))
def test_an_interval_on_one_side_bears_the_verdict_out(
    value: float, low: float, high: float, wanted: float, comparison: str
) -> None:
    low, high = min(low, value, high), max(low, value, high)
    found = judge("informative", value, wanted, comparison, low, high)
    if not found.uncertain:
        assert judge("informative", low, wanted, comparison).status == found.status
        assert judge("informative", high, wanted, comparison).status == found.status
