"""Reminders before a deadline and escalation after it: which notice is to be sent now, to whom.

Pure functions over the deadline, the clock and what has been sent. They hold when the clock jumps:

- forward, over several rules at once: only the last of them is sent (the highest level wins), the others are skipped
  for good;
- backward: what was sent, and everything below it, is never sent again for the same deadline.

The caller stores the key of each notice sent (:meth:`Notice.key`: object, rule, deadline) under a unique constraint, in
the transaction that sends it. A new deadline has keys of its own, so its reminders begin anew. Finished and paused
objects are the caller's to leave out. The rules shipped are this project's proposal (建议值(待核)).
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cache
from importlib import resources
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from kezhong.errors import InputError
from kezhong.office.calendar import DueRule, Reckoned, WorkCalendar
from kezhong.office.lights import Count
from kezhong.office.strict_yaml import read_strict, unknown_keys

FILE = "reminders.yaml"
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_ID = re.compile(r"[a-z][a-z0-9_]*")  # no colon: the id stands between colons in the key
_PAGE = frozenset({"proposal", "count", "at", "rules"})
_RULE = frozenset({"id", "days", "to", "zh", "en"})


class Level(StrEnum):
    """Who is told, from below to above; the programme finds the unit (two levels may be the same one)."""

    LEAD = "lead"
    SUPERIOR = "superior"
    DISTRICT = "district"
    OFFICE = "office"


_HEIGHT = {level: height for height, level in enumerate(Level)}


@dataclass(frozen=True, slots=True)
class ReminderRule:
    """One notice: ``days`` from the deadline (negative before it), who is told, who gets a copy."""

    id: str
    days: int
    to: Level
    zh: str
    en: str
    copy: tuple[Level, ...] = ()


@dataclass(frozen=True, slots=True)
class ReminderRules:
    """All notices in the order of time; ``at`` is the local time of day at which they go out."""

    rules: tuple[ReminderRule, ...]
    at: time = time(9)
    count: Count = Count.WORKDAYS
    proposal: bool = True


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice that has fallen due for one deadline.

    ``moment`` is when it should have gone out (UTC); ``assumed``: reckoned over a year without known holidays.
    """

    rule: ReminderRule
    due: date
    moment: datetime
    assumed: bool

    @property
    def to(self) -> Level:
        """Who is told."""
        return self.rule.to

    def key(self, object_id: str) -> str:
        """The idempotency key: the same notice of the same object and deadline has the same key for ever."""
        return f"{object_id}:{self.rule.id}:{self.due.isoformat()}"


@dataclass(frozen=True, slots=True)
class Escalation:
    """What is to be done now: one notice at most; ``skipped`` ones are overtaken and will never be sent."""

    send: Notice | None
    skipped: tuple[Notice, ...] = ()


def escalations(
    due: date,
    now: datetime,
    calendar: WorkCalendar,
    rules: ReminderRules,
    *,
    sent: Collection[str] = (),
    since: datetime | None = None,
) -> Escalation:
    """The notice to send now for one open object.

    Parameters
    ----------
    due
        The day with which the deadline really ends (:meth:`WorkCalendar.due_on`).
    now
        The present moment, aware.
    calendar
        Working days and the city's zone; unknown years are assumed, and the notice says so.
    rules
        What is sent when.
    sent
        Ids of the rules already sent for this object and this deadline.
    since
        When the object was issued with this deadline: reminders whose moment had passed by then are not sent (a task
        given with one day's time has no reminder five days before). Overdue notices are not affected.
    """
    if now.tzinfo is None:
        msg = "now must carry a time zone"
        raise ValueError(msg)
    highest = max((place for place, rule in enumerate(rules.rules) if rule.id in sent), default=-1)
    reached = [_notice(rule, due, calendar, rules) for rule in rules.rules[highest + 1 :]]
    open_ones = [one for one in reached if one.moment <= now and not _before_issue(one, since)]
    if not open_ones:
        return Escalation(None)
    return Escalation(open_ones[-1], tuple(open_ones[:-1]))


def next_moment(due: date, after: datetime, calendar: WorkCalendar, rules: ReminderRules) -> datetime | None:
    """The first moment later than ``after`` at which a notice falls due (UTC); None when all have passed."""
    moments = (_notice(rule, due, calendar, rules).moment for rule in rules.rules)
    return min((one for one in moments if one > after), default=None)


def _before_issue(notice: Notice, since: datetime | None) -> bool:
    return since is not None and notice.rule.days <= 0 and notice.moment < since


def _notice(rule: ReminderRule, due: date, calendar: WorkCalendar, rules: ReminderRules) -> Notice:
    day = _day(rule.days, due, calendar, rules.count)
    moment = datetime.combine(day.value, rules.at, ZoneInfo(calendar.zone)).astimezone(UTC)
    return Notice(rule, due, moment, day.assumed)


def _day(days: int, due: date, calendar: WorkCalendar, count: Count) -> Reckoned[date]:
    if count is Count.DAYS:
        return Reckoned(due + timedelta(days=days), assumed=False)
    if days > 0:
        return calendar.try_add_workdays(due, days)
    last = calendar.try_due_on(due, DueRule.PREVIOUS_WORKDAY)
    before = calendar.try_add_workdays(last.value, days)
    return Reckoned(before.value, last.assumed or before.assumed)


def parse_reminders(text: str, file: str = FILE) -> ReminderRules:
    """The rules of a data file.

    Raises
    ------
    InputError
        With every problem: keys, words, times, ids twice, rules not in the order of time, a level that sinks.
    """
    page = read_strict(text, file)
    problems = unknown_keys(page, _PAGE, frozenset()) or [*_page_problems(page), *_rule_problems(page["rules"])]
    if problems:
        raise InputError(
            "calendar.bad_rules",
            file=file,
            problem_zh="；".join(zh for zh, _ in problems),
            problem="; ".join(en for _, en in problems),
        )
    rules = tuple(
        ReminderRule(
            one["id"],
            one["days"],
            Level(one["to"]),
            one["zh"],
            one["en"],
            tuple(Level(to) for to in one.get("copy", ())),
        )
        for one in page["rules"]
    )
    return ReminderRules(rules, time.fromisoformat(page["at"]), Count(page["count"]), page["proposal"])


@cache
def load_reminders() -> ReminderRules:
    """The rules as shipped: 建议值(待核)."""
    return parse_reminders(resources.files("kezhong.office").joinpath("data", FILE).read_text("utf-8"))


def _page_problems(page: dict[str, Any]) -> list[tuple[str, str]]:
    problems = []
    if not isinstance(page["proposal"], bool):
        problems.append(("proposal 应为 true 或 false", "proposal must be true or false"))
    if page["count"] not in list(Count):
        problems.append((f"count 不能是“{page['count']}”", f"count cannot be “{page['count']}”"))
    if not isinstance(page["at"], str) or not _TIME.fullmatch(page["at"]):
        problems.append(('at 应写作 "09:00"', 'at must be written like "09:00"'))
    return problems


def _rule_problems(rules: Any) -> list[tuple[str, str]]:
    if not isinstance(rules, list) or not rules or not all(isinstance(one, dict) for one in rules):
        return [("rules 应为非空列表", "rules must be a list with entries")]
    problems = []
    for number, rule in enumerate(rules, start=1):
        keys = unknown_keys(rule, _RULE, frozenset({"copy"}))
        found = keys or _entry_problems(rule)
        problems += [(f"rules[{number}]：{zh}", f"rules[{number}]: {en}") for zh, en in found]
    if problems:
        return problems
    if len({one["id"] for one in rules}) < len(rules):
        problems.append(("编号重复", "an id occurs twice"))
    for one, two in pairwise(rules):
        if two["days"] <= one["days"]:
            problems.append((f"“{two['id']}”应晚于“{one['id']}”", f"“{two['id']}” must be later than “{one['id']}”"))
        if _HEIGHT[two["to"]] < _HEIGHT[one["to"]]:
            problems.append(
                (f"“{two['id']}”的层级低于前一条", f"“{two['id']}” goes to a lower level than the one before")
            )
    return problems


def _entry_problems(rule: dict[str, Any]) -> list[tuple[str, str]]:
    problems = []
    if not isinstance(rule["days"], int) or isinstance(rule["days"], bool):
        problems.append(("days 应为整数", "days must be a whole number"))
    copies = rule.get("copy", [])
    if not isinstance(copies, list) or any(to not in list(Level) for to in (rule["to"], *copies)):
        problems.append(("to、copy 应为已知层级", "to and copy must be known levels"))
    elif rule["to"] in copies:
        problems.append(("to 与 copy 重复", "a level is in both to and copy"))
    if not all(isinstance(rule[key], str) and rule[key].strip() for key in ("zh", "en")):
        problems.append(("zh、en 不能为空", "zh and en must not be empty"))
    if not _ID.fullmatch(str(rule["id"])):
        problems.append((f"编号“{rule['id']}”不合规则", f"“{rule['id']}” is no id"))
    return problems
