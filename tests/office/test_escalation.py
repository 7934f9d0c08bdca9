"""Reminders and escalation, day by day and with a clock that jumps."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kezhong.errors import InputError
from kezhong.office.calendar import WorkCalendar
from kezhong.office.escalation import (
    Escalation,
    Level,
    ReminderRules,
    escalations,
    load_reminders,
    next_moment,
    parse_reminders,
)

CALENDAR = WorkCalendar()
RULES = load_reminders()
ORDER = [rule.id for rule in RULES.rules]
#: A Friday; the Spring Festival lies from 2024-02-10 to 02-17, and the 4th and 18th (Sundays) are worked.
DUE = date(2024, 2, 9)


def local(day: date, hour: int = 9, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC) - timedelta(hours=8)


def _ids(found: Escalation) -> tuple[str | None, list[str]]:
    return (found.send.rule.id if found.send else None), [one.rule.id for one in found.skipped]


class Outbox:
    """What a caller does: asks, sends, stores the key."""

    def __init__(self, due: date = DUE) -> None:
        self.due = due
        self.sent: list[str] = []
        self.keys: list[str] = []

    def look(self, now: datetime, since: datetime | None = None) -> str | None:
        found = escalations(self.due, now, CALENDAR, RULES, sent=self.sent, since=since)
        if found.send is None:
            return None
        self.sent.append(found.send.rule.id)
        self.keys.append(found.send.key("task-1"))
        return found.send.rule.id


def test_the_rules_shipped() -> None:
    assert [(one.days, one.to) for one in RULES.rules] == [
        (-5, Level.LEAD),
        (-2, Level.LEAD),
        (0, Level.LEAD),
        (1, Level.SUPERIOR),
        (5, Level.DISTRICT),
        (10, Level.OFFICE),
    ]
    assert RULES.proposal


def test_day_by_day_over_the_spring_festival() -> None:
    outbox, told = Outbox(), {}
    for place in range(40):
        day = date(2024, 1, 25) + timedelta(days=place)
        for hour in (8, 9, 12, 23):
            rule = outbox.look(local(day, hour))
            if rule:
                told[rule] = (day, hour)
    assert told == {
        "remind_5": (date(2024, 2, 4), 9),  # the worked Sunday
        "remind_2": (date(2024, 2, 7), 9),
        "due_today": (date(2024, 2, 9), 9),
        "overdue_1": (date(2024, 2, 18), 9),  # nobody is told during the festival
        "overdue_5": (date(2024, 2, 22), 9),
        "overdue_10": (date(2024, 2, 29), 9),
    }
    assert len(set(outbox.keys)) == len(outbox.keys) == 6
    assert outbox.keys[0] == "task-1:remind_5:2024-02-09"


def test_a_jump_by_months_sends_one_notice_to_the_highest_level() -> None:
    outbox = Outbox()
    assert outbox.look(local(date(2024, 1, 2))) is None
    found = escalations(DUE, local(date(2024, 8, 1)), CALENDAR, RULES)
    assert _ids(found) == ("overdue_10", ORDER[:-1])
    assert found.send is not None
    assert found.send.to is Level.OFFICE
    assert found.send.rule.copy == (Level.LEAD, Level.SUPERIOR, Level.DISTRICT)
    assert outbox.look(local(date(2024, 8, 1))) == "overdue_10"
    assert outbox.look(local(date(2025, 8, 1))) is None


def test_a_jump_back_sends_nothing_twice() -> None:
    outbox = Outbox()
    assert outbox.look(local(date(2024, 2, 19))) == "overdue_1"
    for place in range(60):
        assert outbox.look(local(date(2023, 12, 22)) + timedelta(days=place)) in {None}
    assert outbox.look(local(date(2024, 2, 22))) == "overdue_5"
    assert outbox.sent == ["overdue_1", "overdue_5"]


@given(st.lists(st.integers(-200, 400), max_size=25), st.dates(date(2005, 6, 1), date(2025, 6, 1)))
@settings(max_examples=200, deadline=None)
def test_whatever_the_clock_does_levels_only_rise(jumps: list[int], due: date) -> None:
    outbox = Outbox(due)
    for jump in jumps:
        outbox.look(local(due, 10) + timedelta(days=jump))
    assert len(set(outbox.keys)) == len(outbox.keys)
    assert outbox.sent == sorted(outbox.sent, key=ORDER.index)
    if jumps and max(jumps) > 40:
        assert outbox.sent[-1] == "overdue_10"


@given(st.dates(date(2005, 6, 1), date(2025, 6, 1)))
@settings(max_examples=100, deadline=None)
def test_moments_never_run_backwards_and_overdue_comes_after_the_deadline(due: date) -> None:
    found = escalations(due, local(due) + timedelta(days=400), CALENDAR, RULES)
    assert found.send is not None
    notices = [*found.skipped, found.send]
    assert [one.rule.id for one in notices] == ORDER
    moments = [one.moment for one in notices]
    assert moments == sorted(moments)
    for one in notices:
        assert (one.moment >= CALENDAR.deadline(due)) is (one.rule.days > 0)
        assert CALENDAR.is_workday((one.moment + timedelta(hours=8)).date())


def test_a_new_deadline_begins_anew() -> None:
    outbox = Outbox()
    outbox.look(local(date(2024, 2, 19)))
    extended = Outbox(date(2024, 3, 29))
    extended.keys = outbox.keys
    assert extended.look(local(date(2024, 3, 22))) == "remind_5"
    assert extended.keys == ["task-1:overdue_1:2024-02-09", "task-1:remind_5:2024-03-29"]


def test_no_reminder_for_a_moment_before_the_task_was_given() -> None:
    issued = local(date(2024, 2, 8), 15)
    found = escalations(DUE, issued, CALENDAR, RULES, since=issued)
    assert _ids(found) == (None, [])
    assert _ids(escalations(DUE, local(DUE), CALENDAR, RULES, since=issued)) == ("due_today", [])
    late = escalations(DUE, local(date(2024, 3, 1)), CALENDAR, RULES, since=local(date(2024, 3, 1)))
    assert _ids(late) == ("overdue_10", ["overdue_1", "overdue_5"])


def test_a_deadline_kept_on_a_holiday_is_reminded_of_on_the_last_working_day() -> None:
    found = escalations(date(2024, 2, 11), local(date(2024, 2, 9)), CALENDAR, RULES)
    assert _ids(found) == ("due_today", ["remind_5", "remind_2"])


def test_years_without_holidays_are_assumed_and_said() -> None:
    found = escalations(date(2026, 12, 30), local(date(2027, 6, 1)), CALENDAR, RULES)
    assert found.send is not None
    assert found.send.assumed
    assert [one.assumed for one in found.skipped] == [False, False, False, False, True]


def test_the_next_moment_is_when_the_next_notice_falls_due() -> None:
    assert next_moment(DUE, local(date(2024, 1, 1)), CALENDAR, RULES) == local(date(2024, 2, 4))
    assert next_moment(DUE, local(date(2024, 2, 4)), CALENDAR, RULES) == local(date(2024, 2, 7))
    assert next_moment(DUE, local(date(2024, 2, 29)), CALENDAR, RULES) is None


def test_calendar_days() -> None:
    rules = parse_reminders(
        'proposal: false\ncount: days\nat: "18:30"\nrules:\n  - {id: two, days: 2, to: office, zh: 逾期两天, en: two days}\n'
    )
    found = escalations(date(2024, 2, 9), local(date(2024, 2, 11), 18, 30), CALENDAR, rules)
    assert found.send is not None
    assert found.send.moment == local(date(2024, 2, 11), 18, 30)
    assert _ids(escalations(date(2024, 2, 9), local(date(2024, 2, 11), 18, 29), CALENDAR, rules)) == (None, [])


def test_rules_taken_out_of_the_table_do_no_harm() -> None:
    assert _ids(escalations(DUE, local(DUE), CALENDAR, RULES, sent={"no_longer_there", "due_today"})) == (None, [])
    assert _ids(escalations(DUE, local(DUE), CALENDAR, ReminderRules(()))) == (None, [])


def test_a_moment_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        escalations(DUE, datetime(2024, 2, 9), CALENDAR, RULES)  # noqa: DTZ001


GOOD = "{id: a, days: 1, to: lead, zh: 一, en: a}"


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ("[]", "must be a list with entries"),
        ("[{id: a, days: 1, to: lead, zh: 一}]", "“en” is missing"),
        ("[{id: a, days: 1.5, to: lead, zh: 一, en: a}]", "whole number"),
        ("[{id: a, days: true, to: lead, zh: 一, en: a}]", "whole number"),
        ("[{id: a, days: 1, to: mayor, zh: 一, en: a}]", "known levels"),
        ("[{id: a, days: 1, to: [lead], zh: 一, en: a}]", "known levels"),
        ("[{id: a, days: 1, to: lead, copy: lead, zh: 一, en: a}]", "known levels"),
        ("[{id: a, days: 1, to: lead, copy: [lead], zh: 一, en: a}]", "both to and copy"),
        ("[{id: a, days: 1, to: lead, zh: '', en: a}]", "must not be empty"),
        ("[{id: 'a:b', days: 1, to: lead, zh: 一, en: a}]", "is no id"),
        (f"[{GOOD}, {GOOD}]", "an id occurs twice"),
        (f"[{GOOD}, {{id: b, days: 1, to: lead, zh: 二, en: b}}]", "must be later"),
        ("[{id: a, days: 1, to: office, zh: 一, en: a}, {id: b, days: 2, to: lead, zh: 二, en: b}]", "lower level"),
    ],
)
def test_wrong_rules_are_refused(rules: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        parse_reminders(f'proposal: true\ncount: days\nat: "09:00"\nrules: {rules}\n')


@pytest.mark.parametrize("head", ['at: "9"', 'at: "24:00"', "at: 900", 'at: "09:00"\nmore: 1'])
def test_wrong_heads_are_refused(head: str) -> None:
    with pytest.raises(InputError, match=r"calendar\.bad_rules"):
        parse_reminders(f"proposal: true\ncount: days\n{head}\nrules: [{GOOD}]\n")
