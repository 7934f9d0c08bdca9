"""The half-year check (检查): what to look at in each unit, item by item, with the rows that gave rise to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import cache
from importlib import resources
from typing import Any

from kezhong import clock
from kezhong.errors import InputError
from kezhong.office.session import OfficeSession
from kezhong.office.strict_yaml import read_strict, unknown_keys
from kezhong.office.supervision.bulletin import first_handed_in
from kezhong.office.supervision.facts import Facts, Unit, units_of

FILE = "checks.yaml"
#: Rows that are named in an item; the rest is counted.
NAMED = 20
_Rows = list[dict[str, Any]]


def _row(kind: str, row: Any, title: str) -> dict[str, Any]:
    return {"kind": kind, "id": row.id, "code": row.code, "title": title}


def _tasks(wanted: Callable[[Facts, Any], bool]) -> Callable[[Facts, Unit], _Rows]:
    def find(facts: Facts, unit: Unit) -> _Rows:
        return [_row("task", task, task.title) for task in facts.of(unit) if wanted(facts, task)]

    return find


def _late_papers(facts: Facts, unit: Unit) -> _Rows:
    papers, now = facts.submissions(unit), clock.now()
    handed = first_handed_in(facts, papers)
    return [_row("submission", one, one.name) for one in papers if (handed.get(one.id) or now) > one.due_at]


#: What an item of the file can rest on; ``nothing`` is looked at without a row.
SOURCES: Mapping[str, Callable[[Facts, Unit], _Rows]] = {
    "overdue_tasks": _tasks(lambda facts, task: facts.is_overdue(task, clock.now())),
    "late_tasks": _tasks(lambda facts, task: facts.fate(task).late),
    "returned_tasks": _tasks(lambda facts, task: task.id in facts.returned),
    "red_tasks": _tasks(lambda facts, task: task.light == "red" and not facts.fate(task).done),
    "awaiting_measurement": _tasks(lambda facts, task: task.state == "awaiting_measurement"),
    "measured_not_met": _tasks(lambda facts, task: task.state == "measured_not_met"),
    "data_insufficient": _tasks(lambda facts, task: task.state == "closed_unmeasured"),
    "late_papers": _late_papers,
    "nothing": lambda facts, unit: [],
}


@cache
def load_items() -> tuple[dict[str, Any], ...]:
    """The items as shipped: 建议值.

    Raises
    ------
    InputError
        The file is wrong.
    """
    text = resources.files("kezhong.office").joinpath("data/appraisal", FILE).read_text("utf-8")
    page = read_strict(text, FILE)
    problems = unknown_keys(page, frozenset({"proposal", "items"}), frozenset())
    for item in page.get("items", ()):
        problems += unknown_keys(item, frozenset({"id", "zh", "en", "rows"}), frozenset({"always", "note"}))
        if item.get("rows") not in SOURCES:
            problems.append((f"不认识“{item.get('rows')}”", f"“{item.get('rows')}” is unknown"))
    if problems:
        words = {"problem_zh": "；".join(zh for zh, _ in problems), "problem_en": "; ".join(en for _, en in problems)}
        raise InputError("appraisal.broken_rules", value=FILE, **words)
    return tuple(page["items"])


def gather(session: OfficeSession, programme_id: int, last: date) -> dict[int, _Rows]:
    """Items by unit, for the half year that ends with ``last``."""
    first = date(last.year, 1 if last.month <= 6 else 7, 1)
    facts = Facts(session, programme_id, first, last)
    return {unit.org.id: _items(facts, unit) for unit in units_of(session, programme_id, last)}


def _items(facts: Facts, unit: Unit) -> _Rows:
    found: _Rows = []
    for item in load_items():
        rows = SOURCES[item["rows"]](facts, unit)
        if not rows and not item.get("always"):
            continue
        lines = [f"{row['code']} {row['title']}" for row in rows[:NAMED]]
        if len(rows) > NAMED:
            lines.append(f"等 {len(rows)} 条")
        found.append(
            {
                "row": f"C-{item['id']}",
                "kind": "check",
                "id": None,
                "version": None,
                "code": item["id"],
                "title": item["zh"],
                "title_en": item["en"],
                "measure": "；".join(lines) or item.get("note", ""),
                "count": len(rows),
                "refs": [{name: row[name] for name in ("kind", "id", "code", "title")} for row in rows],
            }
        )
    return found
