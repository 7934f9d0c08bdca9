"""Lights by time progress: the borders of green, yellow and red; grey with its reason; late and done."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kezhong.errors import InputError
from kezhong.office.calendar import WorkCalendar, deadline
from kezhong.office.lights import Colour, Count, Light, LightRule, Reason, light, load_light_rule, parse_light_rule

CALENDAR = WorkCalendar()
DAYS = LightRule(count=Count.DAYS)
WORKDAYS = LightRule(count=Count.WORKDAYS)
#: Ten days, and ten working days (without a holiday), from a Monday.
START, DUE10, DUE14 = date(2023, 3, 6), date(2023, 3, 15), date(2023, 3, 17)


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 4, tzinfo=UTC)


def _light(
    day: date,
    progress: float | Decimal | Fraction | None,
    *,
    start: date | None = START,
    due: date | None = DUE10,
    done: date | None = None,
    rule: LightRule = DAYS,
    suspended: bool = False,
) -> Light:
    return light(start, due, noon(day), progress, done, rule, calendar=CALENDAR, suspended=suspended)


@pytest.mark.parametrize(
    ("progress", "colour", "reason"),
    [
        (0.5, Colour.GREEN, Reason.ON_SCHEDULE),
        (1.0, Colour.GREEN, Reason.ON_SCHEDULE),
        (0.49, Colour.YELLOW, Reason.BEHIND),
        (0.4, Colour.YELLOW, Reason.BEHIND),  # behind by exactly a tenth
        (Decimal("0.40"), Colour.YELLOW, Reason.BEHIND),
        (Fraction(2, 5), Colour.YELLOW, Reason.BEHIND),
        (0.39, Colour.RED, Reason.FAR_BEHIND),
        (0, Colour.RED, Reason.FAR_BEHIND),
    ],
)
def test_borders_after_half_the_time(progress: float, colour: Colour, reason: Reason) -> None:
    found = _light(START + timedelta(days=5), progress)
    assert (found.colour, found.reason, found.expected) == (colour, reason, Fraction(1, 2))


@pytest.mark.parametrize("passed", range(10))
def test_exactly_a_tenth_behind_is_yellow_on_every_day(passed: int) -> None:
    if passed:
        found = _light(START + timedelta(days=passed), (passed - 1) / 10)
        assert (found.colour, found.behind) == (Colour.YELLOW, Fraction(1, 10))
    assert _light(START + timedelta(days=passed), passed / 10).colour is Colour.GREEN


def test_today_has_not_passed_yet() -> None:
    assert _light(START, 0).expected == 0
    assert _light(START, 0).colour is Colour.GREEN
    assert _light(DUE10, 0.9).colour is Colour.GREEN


def test_working_days_stand_still_on_weekends_and_holidays() -> None:
    friday, saturday, monday = date(2023, 3, 10), date(2023, 3, 11), date(2023, 3, 13)
    shares = [_light(day, 0.5, due=DUE14, rule=WORKDAYS).expected for day in (friday, saturday, monday)]
    assert shares == [Fraction(2, 5), Fraction(1, 2), Fraction(1, 2)]
    start, due = (
        date(2024, 2, 5),
        date(2024, 2, 23),
    )  # 5 working days, the festival, then the 18th (a Sunday) to the 23rd
    festival = [
        light(start, due, noon(date(2024, 2, day)), 0.5, None, WORKDAYS, calendar=CALENDAR) for day in (10, 14, 18)
    ]
    assert {one.expected for one in festival} == {Fraction(5, 11)}
    calendar_days = light(start, due, noon(date(2024, 2, 18)), 0.5, None, DAYS, calendar=CALENDAR)
    assert calendar_days.expected == Fraction(13, 19)


def test_overdue_is_red_from_the_end_of_the_local_day() -> None:
    end = deadline(DUE10)
    before = light(START, DUE10, end - timedelta(seconds=1), 1, None, DAYS, calendar=CALENDAR)
    after = light(START, DUE10, end, 1, None, DAYS, calendar=CALENDAR)
    assert before.colour is Colour.GREEN
    assert (after.colour, after.reason, after.days_late) == (Colour.RED, Reason.OVERDUE, 1)


def test_days_late_are_counted_in_the_rules_days() -> None:
    friday, tuesday = date(2023, 3, 17), date(2023, 3, 21)
    assert _light(tuesday, 0.9, due=friday, rule=WORKDAYS).days_late == 2
    assert _light(tuesday, 0.9, due=friday, rule=DAYS).days_late == 4
    assert "2 个工作日" in _light(tuesday, 0.9, due=friday, rule=WORKDAYS).text("zh")
    assert "4 days" in _light(tuesday, 0.9, due=friday, rule=DAYS).text("en")


def test_done_late_keeps_the_days_and_is_no_longer_red() -> None:
    found = _light(date(2023, 5, 1), 1, done=DUE10 + timedelta(days=3))
    assert (found.colour, found.reason, found.days_late) == (Colour.GREEN, Reason.DONE_LATE, 3)
    in_time = _light(date(2023, 5, 1), 1, done=DUE10)
    assert (in_time.colour, in_time.reason, in_time.days_late) == (Colour.GREEN, Reason.DONE, 0)
    assert _light(date(2023, 5, 1), 1, due=None, done=DUE10).reason is Reason.DONE


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (_light(START - timedelta(days=1), None), Reason.NOT_STARTED),
        (_light(START, 0.1, suspended=True), Reason.SUSPENDED),
        (_light(date(2024, 1, 1), 0.1, suspended=True), Reason.SUSPENDED),
        (_light(START, 0.1, due=None), Reason.NO_DUE),
        (_light(START, 0.1, start=None), Reason.NO_START),
        (_light(START, 0.1, start=DUE10 + timedelta(days=1)), Reason.CONTRADICTION),
        (_light(date(2024, 1, 1), 0.1, start=DUE10 + timedelta(days=1)), Reason.CONTRADICTION),
        (_light(START, None), Reason.NO_REPORT),
    ],
)
def test_grey_judges_nothing_and_says_why(found: Light, reason: Reason) -> None:
    assert (found.colour, found.reason) == (Colour.GREY, reason)
    assert found.text("zh") != found.text("en")
    assert not found.text("zh").startswith("calendar.")


def test_overdue_needs_no_start_and_no_report() -> None:
    assert _light(date(2024, 1, 2), None, start=None).reason is Reason.OVERDUE


def test_a_span_without_a_working_day_is_on_schedule_until_it_is_overdue() -> None:
    saturday, sunday = date(2023, 3, 11), date(2023, 3, 12)
    assert _light(sunday, 0, start=saturday, due=sunday, rule=WORKDAYS).colour is Colour.GREEN
    assert _light(date(2023, 3, 13), 0, start=saturday, due=sunday, rule=WORKDAYS).colour is Colour.RED


def test_unknown_years_are_assumed_and_said() -> None:
    start, due = date(2026, 12, 1), date(2027, 1, 29)
    assert light(start, due, noon(date(2026, 12, 10)), 0.5, None, WORKDAYS, calendar=CALENDAR).assumed
    assert not light(start, due, noon(date(2026, 12, 10)), 0.5, None, DAYS, calendar=CALENDAR).assumed
    assert not _light(START, 0.5, rule=WORKDAYS).assumed


@pytest.mark.parametrize("progress", [-0.01, 1.01, float("nan"), float("inf")])
def test_impossible_progress_is_refused(progress: float) -> None:
    with pytest.raises(InputError, match=r"calendar\.bad_progress"):
        _light(START, progress)


def test_a_moment_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        light(START, DUE10, datetime(2023, 3, 7), 0, None, DAYS, calendar=CALENDAR)  # noqa: DTZ001


@given(
    st.dates(date(2010, 1, 1), date(2025, 1, 1)),
    st.integers(0, 400),
    st.integers(-20, 450),
    st.integers(0, 100),
    st.sampled_from([DAYS, WORKDAYS]),
)
@settings(max_examples=300, deadline=None)
def test_the_light_follows_its_numbers(start: date, length: int, offset: int, percent: int, rule: LightRule) -> None:
    due, today = start + timedelta(days=length), start + timedelta(days=offset)
    progress = percent / 100
    found = light(start, due, noon(today), progress, None, rule, calendar=CALENDAR)
    if today > due:
        assert found.colour is Colour.RED
    elif today < start:
        assert found.colour is Colour.GREY
    else:
        assert found.expected is not None
        assert found.behind is not None
        assert 0 <= found.expected <= 1
        wanted = Colour.GREEN if found.behind <= 0 else Colour.YELLOW if found.behind <= Fraction(1, 10) else Colour.RED
        assert found.colour is wanted
        if today < due:
            later = light(start, due, noon(today + timedelta(days=1)), progress, None, rule, calendar=CALENDAR)
            assert later.expected is not None
            assert later.expected >= found.expected


def test_the_rule_shipped_is_marked_as_a_proposal() -> None:
    assert load_light_rule() == LightRule(Fraction(1, 10), Count.WORKDAYS, proposal=True)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("count: days\nproposal: true\n", "“yellow_behind” is missing"),
        ("count: weeks\nproposal: true\nyellow_behind: 0.1\n", "count cannot be"),
        ("count: [days]\nproposal: true\nyellow_behind: 0.1\n", "count cannot be"),
        ("count: days\nproposal: maybe\nyellow_behind: 0.1\n", "true or false"),
        ("count: days\nproposal: true\nyellow_behind: 10\n", "within 0 and 1"),
        ("count: days\nproposal: true\nyellow_behind: much\n", "within 0 and 1"),
        ("count: days\nproposal: true\nyellow_behind: 0.1\ncolour: red\n", "“colour” is unknown"),
    ],
)
def test_wrong_rules_are_refused(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        parse_light_rule(text)


def test_a_citys_own_threshold_counts() -> None:
    rule = parse_light_rule("count: days\nproposal: false\nyellow_behind: 0.2\n")
    assert _light(START + timedelta(days=5), 0.3, rule=rule).colour is Colour.YELLOW
    assert _light(START + timedelta(days=5), 0.3).colour is Colour.RED
    assert "20%" in _light(START + timedelta(days=5), 0.3, rule=rule).text("zh")
