"""Reminders and escalation: whoever owns a deadline is reminded, and the level above is told when it has passed.

Which notice is due is decided by :mod:`kezhong.office.escalation`; here it is written down, once for ever by its key,
in the transaction that tells of it. Two processes, a clock that jumps or a process that is killed change nothing about
that: what has its key was told, what was told has its key.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import and_, func, insert, null, select, text, update
from sqlalchemy.dialects.postgresql import insert as pg_insert

from kezhong.office.calendar import DueRule, WorkCalendar, local_day
from kezhong.office.escalation import Level, Notice, ReminderRules, escalations
from kezhong.office.keeping import reminder_rules
from kezhong.office.machines import StateKind, get_machine
from kezhong.office.models import (
    DispatchSheet,
    Organisation,
    Pilot,
    Project,
    ReminderSent,
    StepTaken,
    Submission,
    Task,
    Verification,
)
from kezhong.office.office import Office
from kezhong.office.session import OfficeSession
from kezhong.office.telling.deadlines import work_calendar
from kezhong.office.telling.notices import Told, people_of, tell
from kezhong.office.telling.webhooks import emit

#: Classes with a deadline, and the machine of each.
TIMED: tuple[tuple[type[Any], str], ...] = (
    (Task, "task"),
    (Submission, "submission"),
    (Pilot, "pilot"),
    (Project, "project"),
    (DispatchSheet, "dispatch"),
    (Verification, "verification"),
)
#: Reminders begin at most so many days before a deadline.
_AHEAD = timedelta(days=31)
_BATCH = 200
_SENT: Any = ReminderSent.__table__
_STEP: Any = StepTaken.__table__


@dataclass(frozen=True, slots=True)
class Due:
    """A notice that is to be sent now, with what it is about."""

    row: Any
    notice: Notice


@dataclass
class Units:
    """All organisations in a form in which the one above is found at once."""

    parent: dict[int, int | None] = field(default_factory=dict)
    successor: dict[int, int] = field(default_factory=dict)
    governments: dict[str, int] = field(default_factory=dict)  # by the path of their district
    office: int | None = None
    names: dict[int, str] = field(default_factory=dict)

    def at(self, level: Level, row: Any) -> int | None:
        """The unit of a level for a row; where a level has none, the office."""
        if level is Level.LEAD:
            return int(row.org_id)
        if level is Level.SUPERIOR:
            return self.parent.get(row.org_id) or self.office
        if level is Level.DISTRICT:
            for path, unit in self.governments.items():
                if row.area_path.startswith(path):
                    return unit
        return self.office


@cache
def reminding_states(machine_id: str) -> tuple[str, ...]:
    """Open states in which somebody is reminded: not those that stop reminders, nor drafts."""
    machine = get_machine(machine_id)
    stopped = {step.to for step in machine.transitions.values() if "stop_reminders" in step.effects}
    begins = {
        source for step in machine.transitions.values() if "start_reminders" in step.effects for source in step.sources
    }
    quiet = {machine.initial} & begins
    return tuple(one for one in machine.of_kind(StateKind.OPEN) if one not in stopped | quiet)


def remind(office: Office, now: datetime) -> tuple[int, int]:
    """Send all that is due at ``now``; how many reminders and how many escalations."""
    with office.acting(office.system("clock")) as session:
        calendar = work_calendar(session)
        waiting = [(cls, one) for cls, machine in TIMED for one in _due(session, cls, machine, now, calendar)]
        units = _units(session)
    reminders = raised = 0
    for start in range(0, len(waiting), _BATCH):
        with office.acting(office.system("clock")) as session:
            low, high = _send(session, waiting[start : start + _BATCH], units, now)
        reminders, raised = reminders + low, raised + high
    return reminders, raised


def _due(session: OfficeSession, cls: type[Any], machine: str, now: datetime, calendar: WorkCalendar) -> list[Due]:
    rules = reminder_rules(session)
    rows = session.connection().execute(_question(cls, machine, now, calendar, rules)).all()
    sent: dict[tuple[int, date], set[str]] = {}
    if rows:
        table = ReminderSent.__table__
        statement = select(table.c.object_id, table.c.due, table.c.rule).where(
            table.c.object_kind == cls.KIND, table.c.object_id.in_([row.id for row in rows])
        )
        for one in session.connection().execute(statement):
            sent.setdefault((one.object_id, one.due), set()).add(one.rule)
    found = []
    for row in rows:
        due = calendar.try_due_on(row.due_on, DueRule.NEXT_WORKDAY).value
        notice = escalations(due, now, calendar, rules, sent=sent.get((row.id, due), ()), since=row.since).send
        if notice is not None:
            found.append(Due(row, notice))
    return found


def _ahead(rules: ReminderRules) -> timedelta:
    """How far before a deadline the first notice can fall: working days are twice as many calendar days at most."""
    return timedelta(days=10 - 2 * min(0, rules.rules[0].days))


def _question(cls: type[Any], machine: str, now: datetime, calendar: WorkCalendar, rules: ReminderRules) -> Any:
    table = cls.__table__
    if "due_on" in table.c:
        due = table.c.due_on
    else:  # only the moment is kept: its day is the one that ends there
        due = func.date(func.timezone(calendar.zone, table.c.due_at - text("interval '1 second'"))).label("due_on")
    names = [table.c[name] for name in ("code", "title", "name") if name in table.c]
    since = table.c.issued_at if "issued_at" in table.c else table.c.created_at
    last = ReminderSent.__table__
    told = (
        select(last.c.id)
        .where(
            last.c.object_kind == cls.KIND,
            last.c.object_id == table.c.id,
            last.c.rule == rules.rules[-1].id,
            last.c.due >= due,
        )
        .exists()
    )
    return select(
        table.c.id, table.c.state, table.c.org_id, table.c.org_path, table.c.area_code, table.c.area_path,
        table.c.department, table.c.version, due.label("due_on"), since.label("since"),
        (table.c.assignee_id if "assignee_id" in table.c else null()).label("assignee_id"), *names,
    ).where(
        and_(
            table.c.state.in_(reminding_states(machine)),
            due.is_not(None),
            due <= local_day(now, calendar.zone) + max(_AHEAD, _ahead(rules)),
            ~told,
        )
    ).order_by(table.c.id)  # fmt: skip


def _units(session: OfficeSession) -> Units:
    table = Organisation.__table__
    units = Units()
    rows = session.connection().execute(
        select(
            table.c.id, table.c.parent_id, table.c.kind, table.c.level, table.c.area_path, table.c.short_name,
            table.c.valid_to,
        ).order_by(table.c.id.desc())
    )  # fmt: skip
    for row in rows:
        units.parent[row.id], units.names[row.id] = row.parent_id, row.short_name
        if row.valid_to is not None:
            continue
        if row.kind == "government" and row.level == "district":
            units.governments[row.area_path] = row.id
        if row.kind == "office" and row.level == "city":
            units.office = row.id
    return units


def _send(
    session: OfficeSession, waiting: Sequence[tuple[type[Any], Due]], units: Units, now: datetime
) -> tuple[int, int]:
    """Send one batch in the transaction of ``session``; keys that another process wrote first are left out."""
    keys = {one.notice.key(f"{cls.KIND}:{one.row.id}"): (cls, one) for cls, one in waiting}
    statement = pg_insert(_SENT).on_conflict_do_nothing(index_elements=["key"]).returning(_SENT.c.key)
    rows = [
        {
            "key": key, "object_kind": cls.KIND, "object_id": one.row.id, "rule": one.notice.rule.id,
            "due": one.notice.due, "at": now,
        }
        for key, (cls, one) in keys.items()
    ]  # fmt: skip
    mine = set(session.connection().execute(statement, rows).scalars())
    sending = [(key, *keys[key]) for key in keys if key in mine]
    receivers = _receivers(session, (one for _, _, one in sending), units)
    things: list[Told] = []
    for key, cls, one in sending:
        things += _told(key, cls, one, units, receivers)
    tell(session, things)
    raised = [(cls, one) for _, cls, one in sending if one.notice.to is not Level.LEAD]
    _note(session, raised, now)
    for key, cls, one in sending:
        event = "escalated" if one.notice.to is not Level.LEAD else "reminded"
        emit(session, f"{cls.KIND}.{event}", _Seen(cls, one.row), {"rule": one.notice.rule.id}, f"reminder:{key}")
    return len(sending) - len(raised), len(raised)


def _receivers(session: OfficeSession, ones: Iterable[Due], units: Units) -> dict[int, tuple[int, ...]]:
    asked = {
        unit
        for one in ones
        for level in (one.notice.to, *one.notice.rule.copy)
        if (unit := units.at(level, one.row)) is not None
    }
    return people_of(session, asked)


def _told(key: str, cls: type[Any], one: Due, units: Units, receivers: dict[int, tuple[int, ...]]) -> list[Told]:
    rule, row = one.notice.rule, one.row
    details = {
        "rule": rule.id, "rule_zh": rule.zh, "rule_en": rule.en, "due_on": one.notice.due.isoformat(),
        "unit": units.names.get(row.org_id, ""),
        **{name: getattr(row, name) for name in ("code", "title", "name") if getattr(row, name, None)},
    }  # fmt: skip
    found: list[Told] = []
    seen: set[int] = set()
    for level in (rule.to, *rule.copy):
        unit = units.at(level, row)
        people = [person for person in receivers.get(unit or 0, ()) if person not in seen]
        if level is Level.LEAD and row.assignee_id is not None and row.assignee_id not in seen:
            people.append(row.assignee_id)
        seen.update(people)
        kind = _kind(rule.days) if level is Level.LEAD else "escalated"
        found.append(Told(key, kind, cls.KIND, row.id, tuple(dict.fromkeys(people)), details))
    return found


def _kind(days: int) -> str:
    if days < 0:
        return "due_soon"
    return "due_today" if days == 0 else "overdue"


def _note(session: OfficeSession, raised: Sequence[tuple[type[Any], Due]], now: datetime) -> None:
    """The course of the objects and the audit tell of escalations; no version moves by them."""
    steps = []
    levels: dict[tuple[type[Any], str], list[int]] = {}
    for cls, one in raised:
        row, rule = one.row, one.notice.rule
        steps.append(
            {
                "object_kind": cls.KIND, "object_id": row.id, "transition": "escalated", "before": row.state,
                "after": row.state, "at": now, "reason": "", "area_code": row.area_code, "area_path": row.area_path,
                "details": {"zh": rule.zh, "en": rule.en, "to": rule.to.value}, "org_id": row.org_id,
                "org_path": row.org_path, "department": row.department,
            }
        )  # fmt: skip
        levels.setdefault((cls, rule.to.value), []).append(row.id)
        session.audit.note(
            f"{cls.KIND}.escalate", cls.KIND, row.id, area_path=row.area_path, org_path=row.org_path,
            to=rule.to.value, rule=rule.id, due=one.notice.due,
        )  # fmt: skip
    if steps:
        session.connection().execute(insert(_STEP), steps)
    for (cls, level), ids in levels.items():
        table = cls.__table__
        if "escalated_to" in table.c:
            session.connection().execute(update(table).where(table.c.id.in_(ids)).values(escalated_to=level))


class _Seen:
    """A row of a question in the form in which webhooks are told of rows."""

    def __init__(self, cls: type[Any], row: Any) -> None:
        self.KIND = cls.KIND
        self.id, self.code, self.state, self.version = row.id, getattr(row, "code", None), row.state, row.version
        self.area_code, self.org_id = row.area_code, row.org_id
