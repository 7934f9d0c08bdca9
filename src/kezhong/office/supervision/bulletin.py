"""The quarterly bulletin (季通报): what was due, done, late, returned and measured, by unit.

Units stand in the order of their codes, not of their figures, and no person is named (基层减负).
"""

from __future__ import annotations

from datetime import date
from typing import Any

from kezhong import clock
from kezhong.office.models import Submission, Task
from kezhong.office.session import OfficeSession
from kezhong.office.supervision.facts import Facts, Unit, units_of

#: Figures of a unit in the order of the bulletin's columns.
FIGURES = (
    "due", "done", "late", "overdue", "returned", "papers_due", "papers_late", "papers_missing",
    "sheets_due", "sheets_late", "sheets_missing", "measured_met", "measured_not_met", "awaiting", "insufficient",
)  # fmt: skip
_MEASURED = {
    "measured_met": "measured_met",
    "measured_not_met": "measured_not_met",
    "awaiting_measurement": "awaiting",
    "closed_unmeasured": "insufficient",
}


def compute(session: OfficeSession, programme_id: int, first: date, last: date) -> dict[str, Any]:
    """The figures, each with the rows it was counted from."""
    facts = Facts(session, programme_id, first, last)
    units = [_unit(facts, unit) for unit in units_of(session, programme_id, last)]
    return {"from": first.isoformat(), "to": last.isoformat(), "made_at": clock.stamp(), "units": units}


def _unit(facts: Facts, unit: Unit) -> dict[str, Any]:
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in FIGURES}
    now = clock.now()
    for task in facts.of(unit):
        fate = facts.fate(task)
        row = _row("task", task, task.title)
        found["due"].append(row)
        if fate.done:
            found["done"].append(row)
        if fate.late:
            found["late"].append(row)
        if facts.is_overdue(task, now):
            found["overdue"].append(row)
        if task.id in facts.returned:
            found["returned"].append(row)
        if task.state in _MEASURED:
            found[_MEASURED[task.state]].append(row)
    _papers(facts, unit, found)
    for sheet, round_ in facts.sheets(unit):
        row = {"kind": "dispatch_sheet", "id": sheet.id, "code": round_.period, "title": ""}
        found["sheets_due"].append(row)
        if sheet.first_filled_at is None:
            if sheet.due_at is not None and sheet.due_at < now:
                found["sheets_missing"].append(row)
        elif sheet.due_at is not None and sheet.first_filled_at > sheet.due_at:
            found["sheets_late"].append(row)
    return {
        "org_id": unit.org.id,
        "name": unit.org.name,
        "group": unit.group,
        "figures": {name: len(rows) for name, rows in found.items()},
        "rows": found,
    }


def _papers(facts: Facts, unit: Unit, found: dict[str, list[dict[str, Any]]]) -> None:
    papers = facts.submissions(unit)
    handed = first_handed_in(facts, papers)
    for paper in papers:
        row = _row("submission", paper, paper.name)
        found["papers_due"].append(row)
        at = handed.get(paper.id)
        if at is None:
            if paper.due_at < clock.now():  # nothing is missing before its deadline
                found["papers_missing"].append(row)
        elif at > paper.due_at:
            found["papers_late"].append(row)


def first_handed_in(facts: Facts, papers: list[Submission]) -> dict[int, Any]:
    """When each paper first came in: later editions after a return do not make it late."""
    found: dict[int, Any] = {paper.id: paper.handed_in_at for paper in papers if paper.handed_in_at is not None}
    found.update(facts.first_step("submission", [paper.id for paper in papers], ("submit",)))
    return found


def _row(kind: str, row: Task | Submission, title: str) -> dict[str, Any]:
    return {"kind": kind, "id": row.id, "code": row.code, "title": title}
