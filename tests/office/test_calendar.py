"""The working calendar against what was published, against day-by-day counting, and where nothing is known."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holiday_year import TABLE_2027
from kezhong.errors import DataMissingError, InputError
from kezhong.holidays import Day, DayKind, UnknownHolidaysError
from kezhong.office.calendar import DueRule, WorkCalendar, deadline, local_day

PLAIN = WorkCalendar()
KNOWN = st.dates(date(2005, 1, 1), date(2025, 12, 31))
ANY = st.dates(date(1960, 1, 1), date(2190, 12, 31))
DAY = timedelta(days=1)

#: Spring Festival as the State Council published it: first and last day off, make-up workdays.
SPRING = {
    2022: (date(2022, 1, 31), date(2022, 2, 6), (date(2022, 1, 29), date(2022, 1, 30))),
    2023: (date(2023, 1, 21), date(2023, 1, 27), (date(2023, 1, 28), date(2023, 1, 29))),
    2024: (date(2024, 2, 10), date(2024, 2, 17), (date(2024, 2, 4), date(2024, 2, 18))),
    2025: (date(2025, 1, 28), date(2025, 2, 4), (date(2025, 1, 26), date(2025, 2, 8))),
    2026: (date(2026, 2, 15), date(2026, 2, 23), (date(2026, 2, 14), date(2026, 2, 28))),
}


@pytest.mark.parametrize("year", SPRING)
def test_spring_festival_and_its_make_up_days(year: int) -> None:
    first, last, worked = SPRING[year]
    day = first
    while day <= last:
        assert not PLAIN.is_workday(day), day
        assert PLAIN.exceptions(year)[day] == Day(DayKind.HOLIDAY, "春节")
        day += DAY
    assert all(PLAIN.is_workday(one) and one.weekday() >= 5 for one in worked)
    assert all(PLAIN.exceptions(year)[one] == Day(DayKind.WORKDAY, "春节调休") for one in worked)
    assert PLAIN.workdays_between(first - DAY, last) == 0
    assert PLAIN.due_on(first) == PLAIN.next_workday(last)
    assert PLAIN.due_on(last, DueRule.PREVIOUS_WORKDAY) == PLAIN.previous_workday(first)
    assert PLAIN.due_on(first, DueRule.KEEP) == first


def test_the_days_around_the_spring_festival_of_2024() -> None:
    assert PLAIN.next_workday(date(2024, 2, 9)) == date(2024, 2, 18)  # Friday → the Sunday that is worked
    assert PLAIN.add_workdays(date(2024, 2, 2), 1) == date(2024, 2, 4)  # another worked Sunday
    assert PLAIN.add_workdays(date(2024, 2, 18), -1) == date(2024, 2, 9)
    assert PLAIN.workdays_between(date(2024, 2, 3), date(2024, 2, 18)) == 7


def test_the_plans_deadlines() -> None:
    assert PLAIN.due_on(date(2022, 3, 31)) == date(2022, 3, 31)  # a Thursday
    assert PLAIN.due_on(date(2023, 12, 31)) == date(2024, 1, 2)  # a Sunday; New Year's Day is off
    assert PLAIN.due_on(date(2023, 12, 31), DueRule.PREVIOUS_WORKDAY) == date(2023, 12, 29)


def test_leap_days() -> None:
    assert PLAIN.add_workdays(date(2024, 2, 28), 1) == date(2024, 2, 29)
    assert PLAIN.add_workdays(date(2024, 2, 29), 1) == date(2024, 3, 1)
    assert PLAIN.add_workdays(date(2023, 2, 28), 1) == date(2023, 3, 1)
    assert deadline(date(2024, 2, 28)) == datetime(2024, 2, 28, 16, tzinfo=UTC)
    assert local_day(datetime(2024, 2, 28, 16, tzinfo=UTC)) == date(2024, 2, 29)


def test_year_ends() -> None:
    assert PLAIN.add_workdays(date(2024, 12, 31), 1) == date(2025, 1, 2)
    assert PLAIN.add_workdays(date(2025, 1, 2), -1) == date(2024, 12, 31)
    assert not PLAIN.is_workday(date(2022, 12, 31))
    assert PLAIN.count_workdays(date(2022, 1, 1), date(2024, 12, 31)) == 249 + 249 + 251


def test_a_deadline_is_the_end_of_the_local_day() -> None:
    assert PLAIN.deadline(date(2022, 3, 31)) == datetime(2022, 3, 31, 16, tzinfo=UTC)
    assert local_day(PLAIN.deadline(date(2022, 3, 31)) - timedelta(microseconds=1)) == date(2022, 3, 31)
    assert local_day(PLAIN.deadline(date(2022, 3, 31))) == date(2022, 4, 1)
    assert WorkCalendar(zone="Asia/Urumqi").deadline(date(2022, 3, 31)) == datetime(2022, 3, 31, 18, tzinfo=UTC)
    with pytest.raises(ValueError, match="time zone"):
        local_day(datetime(2022, 3, 31))  # noqa: DTZ001


# --- against counting day by day


@given(KNOWN, st.integers(-300, 300))
@settings(max_examples=200, deadline=None)
def test_adding_is_counting_day_by_day(day: date, n: int) -> None:
    found, left = day, abs(n)
    while left:
        found += DAY if n > 0 else -DAY
        if not PLAIN.is_known(found.year):
            with pytest.raises(UnknownHolidaysError):
                PLAIN.add_workdays(day, n)
            return
        left -= PLAIN.is_workday(found)
    assert PLAIN.add_workdays(day, n) == found
    assert PLAIN.workdays_between(day, found) == n
    assert n == 0 or PLAIN.is_workday(found)


@given(KNOWN, st.integers(0, 200), st.integers(0, 200))
@settings(max_examples=100, deadline=None)
def test_steps_add_up(day: date, n: int, m: int) -> None:
    if PLAIN.try_add_workdays(day, n + m).assumed:
        return
    assert PLAIN.add_workdays(PLAIN.add_workdays(day, n), m) == PLAIN.add_workdays(day, n + m)


@given(KNOWN, KNOWN)
@settings(max_examples=100, deadline=None)
def test_counts_are_those_of_the_days(a: date, b: date) -> None:
    first, last = min(a, b), min(max(a, b), min(a, b) + timedelta(days=700))
    days = [first + timedelta(days=place) for place in range((last - first).days + 1)]
    assert PLAIN.count_workdays(first, last) == sum(PLAIN.is_workday(one) for one in days)
    assert PLAIN.workdays_between(first, last) == sum(PLAIN.is_workday(one) for one in days[1:])
    assert PLAIN.workdays_between(last, first) == -sum(PLAIN.is_workday(one) for one in days[:-1])
    assert PLAIN.count_workdays(last, first) == (int(PLAIN.is_workday(first)) if first == last else 0)


@given(KNOWN, st.sampled_from(list(DueRule)))
@settings(max_examples=200, deadline=None)
def test_a_moved_deadline_is_the_nearest_worked_day(day: date, rule: DueRule) -> None:
    due = PLAIN.due_on(day, rule)
    if rule is DueRule.KEEP:
        assert due == day
        return
    assert PLAIN.is_workday(due)
    between = [min(day, due) + timedelta(days=place) for place in range(abs((due - day).days))]
    skipped = [one for one in [*between, max(day, due)] if one != due]
    assert not any(PLAIN.is_workday(one) for one in skipped)
    assert (due >= day) if rule is DueRule.NEXT_WORKDAY else (due <= day)
    assert PLAIN.due_on(due, rule) == due


def test_it_agrees_with_the_library_on_every_day() -> None:
    import chinese_calendar

    day = date(2004, 1, 1)
    while day <= date(2026, 12, 31):
        assert PLAIN.is_workday(day) is chinese_calendar.is_workday(day), day
        day += DAY


# --- years nobody knows


def test_an_unknown_year_is_refused_not_guessed() -> None:
    assert PLAIN.known_until == date(2026, 12, 31)
    assert not PLAIN.is_known(2027)
    assert not PLAIN.is_known(2003)
    with pytest.raises(UnknownHolidaysError) as caught:
        PLAIN.is_workday(date(2027, 3, 1))
    assert isinstance(caught.value, DataMissingError)
    assert caught.value.details["year"] == 2027
    assert "春节" in caught.value.message("zh")
    with pytest.raises(UnknownHolidaysError):
        PLAIN.add_workdays(date(2026, 12, 30), 3)
    with pytest.raises(UnknownHolidaysError):
        PLAIN.workdays_between(date(2026, 12, 1), date(2027, 1, 5))
    with pytest.raises(UnknownHolidaysError):
        PLAIN.due_on(date(2027, 1, 1))
    assert PLAIN.due_on(date(2027, 1, 1), DueRule.KEEP) == date(2027, 1, 1)


def test_the_other_variant_assumes_plain_weeks_and_says_so() -> None:
    assert PLAIN.try_is_workday(date(2027, 1, 1)) == PLAIN.try_is_workday(date(2027, 3, 1))
    assert PLAIN.try_is_workday(date(2027, 1, 1)).assumed
    found = PLAIN.try_add_workdays(date(2026, 12, 30), 3)
    assert (found.value, found.assumed) == (date(2027, 1, 4), True)
    assert PLAIN.try_add_workdays(date(2026, 12, 29), 2).assumed is False
    assert PLAIN.try_workdays_between(date(2026, 12, 31), date(2027, 1, 4)).value == 2
    assert PLAIN.try_count_workdays(date(2027, 1, 1), date(2027, 1, 4)).assumed
    due = PLAIN.try_due_on(date(2027, 1, 2))
    assert (due.value, due.assumed) == (date(2027, 1, 4), True)
    assert PLAIN.try_due_on(date(2027, 1, 2), DueRule.KEEP).assumed is False


@given(ANY, st.integers(-600, 600))
@settings(max_examples=200, deadline=None)
def test_the_other_variant_never_refuses_and_says_when_it_knows(day: date, n: int) -> None:
    found = PLAIN.try_add_workdays(day, n)
    if found.assumed:
        with pytest.raises(UnknownHolidaysError):
            PLAIN.add_workdays(day, n)
    else:
        assert PLAIN.add_workdays(day, n) == found.value
    between = PLAIN.try_workdays_between(day, found.value)
    assert between.value == n


def test_an_entered_year_is_known() -> None:
    calendar = WorkCalendar(TABLE_2027)
    assert calendar.is_known(2027)
    assert calendar.known_until == date(2027, 12, 31)
    assert calendar.add_workdays(date(2026, 12, 31), 1) == date(2027, 1, 3)
    assert calendar.exceptions(2027) == dict(sorted(TABLE_2027.items()))


def test_what_has_been_entered_of_a_year_counts_where_it_is_assumed() -> None:
    calendar = WorkCalendar({date(2027, 1, 1): Day(DayKind.HOLIDAY, "元旦")})
    assert calendar.try_is_workday(date(2027, 1, 1)).value is False
    with pytest.raises(UnknownHolidaysError, match="Spring Festival"):
        calendar.is_workday(date(2027, 1, 4))


def test_an_offices_day_goes_over_the_published_one() -> None:
    calendar = WorkCalendar(
        {
            date(2024, 8, 15): Day(DayKind.HOLIDAY, "暴雨停工"),
            date(2024, 8, 17): Day(DayKind.WORKDAY, "补班"),
            date(2024, 10, 7): Day(DayKind.WORKDAY, "值班"),
        }
    )
    assert not calendar.is_workday(date(2024, 8, 15))
    assert calendar.is_workday(date(2024, 8, 17))
    assert calendar.is_workday(date(2024, 10, 7))
    assert not calendar.is_workday(date(2024, 10, 1))  # the rest of the year stays as published
    assert calendar.exceptions(2024)[date(2024, 10, 7)].name == "值班"


@pytest.mark.parametrize("day", [date(1949, 12, 31), date(2201, 1, 1), date.max, date.min])
def test_slips_of_the_pen_are_refused(day: date) -> None:
    with pytest.raises(InputError, match=r"holidays\.out_of_range"):
        PLAIN.try_is_workday(day)


def test_a_way_out_of_the_calendar_ends() -> None:
    with pytest.raises(InputError, match=r"holidays\.out_of_range"):
        PLAIN.try_add_workdays(date(2190, 1, 1), 10**9)
