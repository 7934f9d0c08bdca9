"""The rows of a sheet: what a unit leads and has not finished, as sent out and as it is now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select

from kezhong.office.machines import Machine, StateKind, get_machine
from kezhong.office.models import Project, Submission, Task
from kezhong.office.session import OfficeSession

#: Kinds of rows: letter of the key, class, machine.
KINDS: Mapping[str, tuple[str, type[Any], str]] = {
    "task": ("T", Task, "task"),
    "submission": ("S", Submission, "submission"),
    "project": ("P", Project, "project"),
}
#: Open, but not the unit's turn.
_WAITING: Mapping[str, tuple[str, ...]] = {
    "task": ("draft", "refused", "reported"),
    "submission": ("submitted", "resubmitted"),
}
#: Of what stands in a row, what a unit answers to: when one of these changes, the answer may no longer fit.
_MATTERS = ("state", "progress", "due", "title", "measure")
_WORDS = {
    "state": ("状态", "state"),
    "progress": ("进度", "progress"),
    "due": ("时限", "due"),
    "title": ("任务", "title"),
    "measure": ("措施", "measure"),
}


@dataclass(frozen=True, slots=True)
class Live:
    """A row as it stands now: ``None`` where it is gone or belongs to another unit."""

    row: dict[str, Any] | None
    open: bool
    changes: tuple[dict[str, Any], ...] = ()


def machine_of_kind(kind: str) -> Machine:
    """The state machine of a row's kind."""
    return get_machine(KINDS[kind][2])


def open_states(kind: str) -> tuple[str, ...]:
    """States in which the unit has something to do: not drafts, nor what waits for somebody else."""
    return tuple(one for one in machine_of_kind(kind).of_kind(StateKind.OPEN) if one not in _WAITING.get(kind, ()))


def gather(session: OfficeSession, programme_id: int, levels: Sequence[str]) -> dict[int, list[dict[str, Any]]]:
    """Open tasks, submissions and projects of the programme by the unit that leads them."""
    found: dict[int, list[dict[str, Any]]] = {}
    for kind, (_, cls, _) in KINDS.items():
        statement = select(cls).where(cls.programme_id == programme_id, cls.state.in_(open_states(kind)))
        if kind == "task":
            statement = statement.where(cls.level.in_(levels))
        for row in session.rows(statement.order_by(cls.due_on.nulls_last(), cls.code, cls.id)):
            found.setdefault(row.org_id, []).append(snapshot(kind, row))
    return found


def refresh(session: OfficeSession, programme_id: int, org_id: int) -> list[dict[str, Any]]:
    """The rows of one unit anew."""
    found: list[dict[str, Any]] = []
    for kind, (_, cls, _) in KINDS.items():
        statement = select(cls).where(
            cls.programme_id == programme_id, cls.org_id == org_id, cls.state.in_(open_states(kind))
        )
        found += [snapshot(kind, row) for row in session.rows(statement.order_by(cls.due_on.nulls_last(), cls.code))]
    return found


def snapshot(kind: str, row: Any) -> dict[str, Any]:
    """What goes out of a row."""
    return {
        "row": f"{KINDS[kind][0]}{row.id}",
        "kind": kind,
        "id": row.id,
        "version": row.version,
        "org_id": row.org_id,
        "code": row.code,
        "title": row.title if kind == "task" else row.name,
        "measure": row.measure if kind == "task" else "",
        "circle": row.circle,
        "due": _text(row.due_on),
        "progress": row.progress if kind != "submission" else None,
        "light": getattr(row, "light", "grey"),
        "state": row.state,
    }


def live(session: OfficeSession, rows: Iterable[Mapping[str, Any]]) -> dict[str, Live]:
    """How the rows of a sheet stand now, with what changed since it went out.

    Read through the sheet, which the caller found in scope: whoever may see a sheet may see how its rows fare.
    """
    wanted: dict[str, dict[int, Mapping[str, Any]]] = {}
    for row in rows:
        if row["kind"] in KINDS:
            wanted.setdefault(row["kind"], {})[row["id"]] = row
    found: dict[str, Live] = {}
    for kind, sent in wanted.items():
        cls = KINDS[kind][1]
        statement = select(cls).where(cls.id.in_(sent)).execution_options(through_parent=True, populate_existing=True)
        present = {row.id: row for row in session.execute(statement).scalars()}
        for key, before in sent.items():
            found[before["row"]] = _compared(kind, before, present.get(key))
    return found


def _compared(kind: str, before: Mapping[str, Any], row: Any) -> Live:
    if row is None or row.org_id != before.get("org_id", row.org_id):
        return Live(None, open=False)
    now = snapshot(kind, row)
    still = row.state in open_states(kind)
    # Not by the version: a light moves it, and the parts of a task move its progress without it.
    changes = [
        {"field": name, "before": before.get(name), "now": now[name]}
        for name in _MATTERS
        if before.get(name) != now[name]
    ]
    return Live(now, still, tuple(changes))


def in_words(kind: str, changes: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """What changed, as details of a message: ``changes_zh``, ``changes_en``."""
    machine = machine_of_kind(kind)

    def value(name: str, of: Any, language: str) -> str:
        if of in (None, ""):
            return "–"
        if name == "state" and of in machine.states:
            return str(getattr(machine.states[of], language))
        return f"{of}%" if name == "progress" else str(of)

    def told(change: Mapping[str, Any], language: str) -> str:
        name = change["field"]
        word = _WORDS[name][0 if language == "zh" else 1]
        if name in ("title", "measure"):
            return f"{word}已修改" if language == "zh" else f"{word} was edited"
        return f"{word} {value(name, change['before'], language)} → {value(name, change['now'], language)}"

    return {
        "changes_zh": "，".join(told(change, "zh") for change in changes),
        "changes_en": ", ".join(told(change, "en") for change in changes),
    }


def _text(day: date | None) -> str | None:
    return day.isoformat() if day else None
