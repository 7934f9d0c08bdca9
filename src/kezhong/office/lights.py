"""Green, yellow and red lights by time progress (时序进度).

Time progress is the share of the days from start to deadline that have passed: today itself has not, so that nobody
is behind on a day's morning for what the day is there for. Green: the progress is not below it; yellow: below it by no
more than the rule's share; red: by more, or overdue. The thresholds are this project's proposal (建议值(待核)), after
the practice of monthly dispatch; they are data (``office/data/lights.yaml``).

A grey light judges nothing and says why. Shares are exact fractions: being behind by exactly a tenth is yellow.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import cache
from importlib import resources

from kezhong import messages
from kezhong.errors import InputError
from kezhong.messages import Language
from kezhong.office.calendar import Reckoned, WorkCalendar, local_day
from kezhong.office.strict_yaml import read_strict, unknown_keys

FILE = "lights.yaml"


class Colour(StrEnum):
    """What the light shows."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"
    GREY = "grey"


class Count(StrEnum):
    """Which days are counted."""

    WORKDAYS = "workdays"
    DAYS = "days"

    @property
    def unit(self) -> tuple[str, str]:
        """The unit in words: (zh, en)."""
        return ("个工作日", "working days") if self is Count.WORKDAYS else ("天", "days")


class Reason(StrEnum):
    """Why: codes of the message catalogue."""

    DONE = "calendar.light_done"
    DONE_LATE = "calendar.light_done_late"
    SUSPENDED = "calendar.light_suspended"
    NO_DUE = "calendar.light_no_due"
    NO_START = "calendar.light_no_start"
    CONTRADICTION = "calendar.light_contradiction"
    NOT_STARTED = "calendar.light_not_started"
    NO_REPORT = "calendar.light_no_report"
    OVERDUE = "calendar.light_overdue"
    ON_SCHEDULE = "calendar.light_on_schedule"
    BEHIND = "calendar.light_behind"
    FAR_BEHIND = "calendar.light_far_behind"


@dataclass(frozen=True, slots=True)
class LightRule:
    """How lights are set; ``proposal`` marks thresholds that no document prescribes."""

    yellow_behind: Fraction = Fraction(1, 10)
    count: Count = Count.WORKDAYS
    proposal: bool = True


@dataclass(frozen=True, slots=True)
class Light:
    """A light with its reason.

    ``expected`` is the time progress and ``behind`` how far the progress lies below it (negative: above), both as
    shares; null where nothing was compared. ``days_late`` counts in the rule's days. ``assumed``: a year of the span
    has no known holidays, weekends alone were taken as free.
    """

    colour: Colour
    reason: Reason
    rule: LightRule
    progress: Fraction | None = None
    expected: Fraction | None = None
    days_late: int = 0
    assumed: bool = False

    @property
    def behind(self) -> Fraction | None:
        """How far the progress lies below the time progress."""
        return None if self.expected is None or self.progress is None else self.expected - self.progress

    def text(self, language: Language = "zh") -> str:
        """The reason in words."""
        unit_zh, unit_en = self.rule.count.unit
        details = {
            "progress": _percent(self.progress),
            "expected": _percent(self.expected),
            "limit": _percent(self.rule.yellow_behind),
            "days": self.days_late,
            "unit_zh": unit_zh,
            "unit_en": unit_en if self.days_late != 1 else unit_en.removesuffix("s"),
        }
        return messages.text(self.reason, details, language)


@dataclass(frozen=True)
class _Span:
    """Counting in one kind of days, remembering whether anything was assumed."""

    calendar: WorkCalendar
    count: Count
    assumed: list[bool] = field(default_factory=list)

    def days(self, first: date, last: date) -> int:
        """Days from ``first`` to ``last``, both included."""
        if self.count is Count.DAYS:
            return max((last - first).days + 1, 0)
        return self._taken(self.calendar.try_count_workdays(first, last))

    def after(self, due: date, day: date) -> int:
        """Days after ``due`` up to and including ``day``."""
        if self.count is Count.DAYS:
            return max((day - due).days, 0)
        return max(self._taken(self.calendar.try_workdays_between(due, day)), 0)

    def _taken(self, found: Reckoned[int]) -> int:
        self.assumed.append(found.assumed)
        return found.value


def light(
    start: date | None,
    due: date | None,
    now: datetime,
    progress: float | Decimal | Fraction | None,
    done: date | None,
    rule: LightRule,
    *,
    calendar: WorkCalendar,
    suspended: bool = False,
) -> Light:
    """The light of one task, project or pilot.

    Parameters
    ----------
    start
        First local day of the work.
    due
        The day with which the deadline really ends (:meth:`WorkCalendar.due_on`).
    now
        The present moment, aware.
    progress
        Share done, 0 to 1, as reported; None where nobody reported any.
    done
        The local day on which it was done. While a report awaits review, pass the day of the report: a reviewer's
        delay is not the unit's.
    rule
        Thresholds and kind of days.
    calendar
        Working days and the city's zone.
    suspended
        The object is in a state of the kind *paused*.

    Raises
    ------
    InputError
        The progress is not within 0 and 1.
    """
    share = _share(progress)
    span = _Span(calendar, rule.count)
    colour, reason, expected, late = _judge(
        start, due, local_day(now, calendar.zone), share, done, rule, span, suspended
    )
    return Light(colour, reason, rule, share, expected, late, any(span.assumed))


_Verdict = tuple[Colour, Reason, Fraction | None, int]


def _judge(
    start: date | None,
    due: date | None,
    today: date,
    share: Fraction | None,
    done: date | None,
    rule: LightRule,
    span: _Span,
    suspended: bool,
) -> _Verdict:
    if done is not None:
        late = due is not None and done > due
        return (
            Colour.GREEN,
            Reason.DONE_LATE if late else Reason.DONE,
            None,
            span.after(due, done) if due is not None and late else 0,
        )
    if suspended:
        return Colour.GREY, Reason.SUSPENDED, None, 0
    if due is None:
        return Colour.GREY, Reason.NO_DUE, None, 0
    if start is not None and start > due:
        return Colour.GREY, Reason.CONTRADICTION, None, 0
    if today > due:
        return Colour.RED, Reason.OVERDUE, None, span.after(due, today)
    if start is None:
        return Colour.GREY, Reason.NO_START, None, 0
    if today < start:
        return Colour.GREY, Reason.NOT_STARTED, None, 0
    return _compare(start, due, today, share, rule, span)


def _compare(start: date, due: date, today: date, share: Fraction | None, rule: LightRule, span: _Span) -> _Verdict:
    whole = span.days(start, due)
    passed = whole - span.days(today, due)
    expected = Fraction(passed, whole) if whole else Fraction(0)
    if share is None:
        return Colour.GREY, Reason.NO_REPORT, expected, 0
    behind = expected - share
    if behind <= 0:
        return Colour.GREEN, Reason.ON_SCHEDULE, expected, 0
    if behind <= rule.yellow_behind:
        return Colour.YELLOW, Reason.BEHIND, expected, 0
    return Colour.RED, Reason.FAR_BEHIND, expected, 0


def parse_light_rule(text: str, file: str = FILE) -> LightRule:
    """The rule of a data file.

    Raises
    ------
    InputError
        A key is missing or unknown, or a value is none that it can be.
    """
    page = read_strict(text, file)
    problems = unknown_keys(page, frozenset({"proposal", "count", "yellow_behind"}), frozenset())
    if not problems and page["count"] not in list(Count):
        problems.append((f"count 不能是“{page['count']}”", f"count cannot be “{page['count']}”"))
    if not problems and not isinstance(page["proposal"], bool):
        problems.append(("proposal 应为 true 或 false", "proposal must be true or false"))
    if not problems:
        try:
            return LightRule(_share_of(page["yellow_behind"]), Count(page["count"]), page["proposal"])
        except (ValueError, ZeroDivisionError):
            problems.append(("yellow_behind 应在 0 到 1 之间", "yellow_behind must lie within 0 and 1"))
    raise InputError(
        "calendar.bad_rules",
        file=file,
        problem_zh="；".join(zh for zh, _ in problems),
        problem="; ".join(en for _, en in problems),
    )


@cache
def load_light_rule() -> LightRule:
    """The rule as shipped: 建议值(待核)."""
    return parse_light_rule(resources.files("kezhong.office").joinpath("data", FILE).read_text("utf-8"))


def _share(progress: float | Decimal | Fraction | None) -> Fraction | None:
    if progress is None:
        return None
    try:
        return _share_of(progress)
    except (ValueError, ZeroDivisionError) as problem:
        raise InputError("calendar.bad_progress", value=str(progress)) from problem


def _share_of(value: object) -> Fraction:
    """An exact share out of what a person wrote: 0.1 is a tenth, not the nearest binary fraction."""
    share = Fraction(str(value))
    if not 0 <= share <= 1:
        raise ValueError(value)
    return share


def _percent(share: Fraction | None) -> str:
    """In per cent with at most one decimal."""
    return "–" if share is None else f"{float(share * 100):.1f}".removesuffix(".0") + "%"
