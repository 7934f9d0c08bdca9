"""Lights of tasks, pilots and submissions: set when something changes, and by the clock's round when time passes.

A light is derived from deadline, progress and day; it is no edit of the row, so it moves no version and nobody's form
gets stale by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, and_, case, literal, null, or_, select, text

from kezhong import clock
from kezhong.office.calendar import DueRule, WorkCalendar, local_day
from kezhong.office.lights import Colour, Light, Reason, light, load_light_rule
from kezhong.office.machines import StateKind, get_machine
from kezhong.office.models import Pilot, Submission, Task
from kezhong.office.office import Office
from kezhong.office.session import OfficeSession
from kezhong.office.telling.deadlines import work_calendar

#: Classes with a light.
LIT: tuple[type[Any], ...] = (Task, Pilot, Submission)
_BATCH = 500


@dataclass(frozen=True, slots=True)
class Facts:
    """What a light follows from."""

    state: str
    start: date | None
    due: date | None
    progress: int | None
    done: datetime | None


@cache
def _states(kind: str) -> tuple[frozenset[str], frozenset[str], frozenset[str], str]:
    """Done, void and paused states of a machine, and its first."""
    machine = get_machine(kind)
    groups = (frozenset(machine.of_kind(one)) for one in (StateKind.DONE, StateKind.VOID, StateKind.PAUSED))
    done, void, paused = groups
    return done, void, paused, machine.initial


def light_of(kind: str, facts: Facts, now: datetime, calendar: WorkCalendar) -> Light:
    """The light of one object."""
    done, void, paused, initial = _states(kind)
    rule = load_light_rule()
    if facts.state in void or (kind == "task" and facts.state == initial):
        return Light(Colour.GREY, Reason.NOT_STARTED, rule)
    finished: date | None = None
    if facts.done is not None and (facts.state in done or facts.state == "reported"):
        finished = local_day(facts.done, calendar.zone)
    elif facts.state in done:  # brought in as done, without saying when
        return Light(Colour.GREEN, Reason.DONE, rule)
    due = None if facts.due is None else calendar.try_due_on(facts.due, DueRule.NEXT_WORKDAY).value
    progress = None if facts.progress is None else Fraction(facts.progress, 100)
    return light(
        facts.start, due, now, progress, finished, rule, calendar=calendar, suspended=facts.state in paused
    )  # fmt: skip


def facts_of(row: Any) -> Facts:
    """What the light of a row follows from."""
    return Facts(
        row.state,
        getattr(row, "starts_on", None),
        row.due_on,
        getattr(row, "progress", None),
        getattr(row, "reported_at", None) or getattr(row, "done_at", None) or _handed_in(row),
    )


def _handed_in(row: Any) -> datetime | None:
    for name in ("accepted_at", "handed_in_at"):
        found: datetime | None = getattr(row, name, None)
        if found is not None:
            return found
    return None


def relight(session: OfficeSession, row: Any) -> Light:
    """Set a row's light after its facts changed; the light with its reason in words."""
    found = light_of(row.KIND, facts_of(row), clock.now(), work_calendar(session))
    row.light = found.colour.value
    if hasattr(row, "light_reason"):
        row.light_reason = found.reason.value
    return found


# the clock's round ---------------------------------------------------------------------------------------------------


def refresh_lights(office: Office, now: datetime) -> int:
    """Bring all lights to ``now``; how many changed. In short transactions, passing over rows that are being edited."""
    with office.acting(office.system("clock")) as session:
        calendar = work_calendar(session)
        changes = {cls: _changes(session, cls, now, calendar) for cls in LIT}
    changed = 0
    for cls, rows in changes.items():
        for start in range(0, len(rows), _BATCH):
            with office.acting(office.system("clock")) as session:
                changed += _write(session, cls, rows[start : start + _BATCH])
    return changed


def _changes(session: OfficeSession, cls: type[Any], now: datetime, calendar: WorkCalendar) -> list[tuple[Any, ...]]:
    table = cls.__table__
    kind = cls.KIND
    seen: dict[Facts, Light] = {}
    found = []
    for row in session.connection().execute(_question(cls)):
        facts = Facts(row.state, row.start, row.due_on, row.progress, row.done)
        one = seen.get(facts)
        if one is None:
            one = seen[facts] = light_of(kind, facts, now, calendar)
        reason = one.reason.value if "light_reason" in table.c else ""
        if (row.light, row.reason) != (one.colour.value, reason):
            found.append((row.id, row.version, one.colour.value, reason))
    return found


def _question(cls: type[Any]) -> Any:
    """The facts of all rows whose light may move: those that are done and lit stay as they are."""
    table = cls.__table__
    done, void, _, _ = _states(cls.KIND)
    settled: ColumnElement[bool] = or_(
        and_(table.c.state.in_(done), table.c.light == "green"), and_(table.c.state.in_(void), table.c.light == "grey")
    )
    moments = [table.c[name] for name in ("reported_at", "done_at", "accepted_at", "handed_in_at") if name in table.c]
    column: Any = case(*[(moment.is_not(None), moment) for moment in moments], else_=null()) if moments else null()
    return select(
        table.c.id,
        table.c.version,
        table.c.state,
        table.c.due_on,
        table.c.light,
        (table.c.starts_on if "starts_on" in table.c else null()).label("start"),
        (table.c.progress if "progress" in table.c else null()).label("progress"),
        column.label("done"),
        (table.c.light_reason if "light_reason" in table.c else literal("")).label("reason"),
    ).where(~settled)


def _write(session: OfficeSession, cls: type[Any], rows: Sequence[tuple[Any, ...]]) -> int:
    name = cls.__table__.name
    reason = ", light_reason = v.reason" if "light_reason" in cls.__table__.c else ""
    # Who edits a row holds it for milliseconds and sets its light anyway: such rows are passed over.
    statement = text(
        f"WITH free AS (SELECT id FROM {name} WHERE id = ANY(:ids) ORDER BY id FOR UPDATE SKIP LOCKED)"  # noqa: S608
        f" UPDATE {name} AS t SET light = v.light{reason}"
        " FROM unnest(CAST(:ids AS bigint[]), CAST(:versions AS bigint[]), CAST(:lights AS text[]),"
        " CAST(:reasons AS text[])) AS v(id, version, light, reason)"
        " JOIN free ON free.id = v.id WHERE t.id = v.id AND t.version = v.version"
    )
    ids, versions, lights, reasons = (list(column) for column in zip(*rows, strict=True))
    done = session.connection().execute(
        statement, {"ids": ids, "versions": versions, "lights": lights, "reasons": reasons}
    )
    return int(done.rowcount)
