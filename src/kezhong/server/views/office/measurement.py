"""Targets, awaiting tasks, sheets, objections and promises on the wire."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from kezhong.catalogue import load_catalogue
from kezhong.city import snapshots
from kezhong.city.results import Run
from kezhong.office.access.permissions import Permission
from kezhong.office.measuring.anew import WAITS
from kezhong.office.measuring.counting import Counted
from kezhong.office.measuring.figures import FigureReader
from kezhong.office.measuring.in_use import InUse
from kezhong.office.measuring.judging import judge
from kezhong.office.measuring.objections import KINDS as OBJECTED
from kezhong.office.measuring.objections import OPEN as UNDECIDED
from kezhong.office.measuring.targets import BOUND, COUNTED, now_of
from kezhong.office.models import (
    Area,
    Measurement,
    Objection,
    Organisation,
    Person,
    Promise,
    StepTaken,
    Target,
    Task,
    Verification,
)
from kezhong.office.session import OfficeSession
from kezhong.office.steps import allowed_steps, course

#: Sources of targets that no clause of a plan stands behind.
_PROPOSAL = "建议值"


def stamp(moment: datetime | None) -> str | None:
    """A moment of the wire."""
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%SZ")


class Names:
    """Names of areas and units of some rows, asked for once."""

    def __init__(self, session: OfficeSession, rows: Iterable[Any]) -> None:
        found = list(rows)
        areas = {row.area_code for row in found}
        units = {row.org_id for row in found}
        self.areas = {
            one.code: one for one in session.scalars(select(Area).where(Area.code.in_(areas)))
        }  # fmt: skip
        unit = Organisation.__table__
        self.units: dict[int, str] = {
            one.id: one.short_name
            for one in session.execute(select(unit.c.id, unit.c.short_name).where(unit.c.id.in_(units)))
        }

    def area(self, code: str) -> str:
        """Full name of an area."""
        return self.areas[code].full_name if code in self.areas else code

    def unit(self, org_id: int) -> str:
        """Short name of a unit."""
        return self.units.get(org_id, "")


def run_shown(reader: FigureReader, run: Run) -> dict[str, Any]:
    """The run that measures."""
    made = run.manifest
    return {
        "id": run.id,
        "basis": made["basis"],
        "walker": made["walker"],
        "window": made.get("window", "any"),
        "snapshot": made["snapshot"],
        "made": made["created"],
        "quality": made.get("quality"),
        "insufficient": bool(made.get("insufficient")),
        "current": made["snapshot"] == snapshots.head(reader.folder / "snapshots"),
    }


def counts(session: OfficeSession, cls: type[Any], *conditions: Any) -> dict[str, int]:
    """Rows in scope by state."""
    rows = session.execute(select(cls.state, func.count()).where(*conditions).group_by(cls.state))
    return {str(state): int(number) for state, number in rows}


# targets --------------------------------------------------------------------------------------------------------------


def figure_name(key: Mapping[str, Any]) -> dict[str, str]:
    """Element, indicator and threshold in words."""
    book = load_catalogue()
    element = book.elements.get(str(key["element"]))
    indicator = book.indicators.get(str(key["indicator"]))
    limit = f" {key['threshold']:g} {key['threshold_unit']}" if key.get("threshold") is not None else ""
    parts = {}
    for language in ("zh", "en"):
        first = getattr(element, language) if element is not None else ""
        second = getattr(indicator, language) if indicator is not None else str(key["indicator"])
        parts[language] = (f"{first} · {second}" if first else second) + limit
    return parts


def _explain(names: dict[str, Area], key: Mapping[str, Any] | None) -> dict[str, str] | None:
    if not key or key["element"] == "*":
        return None
    area = names.get(str(key["area_code"]))
    return {"area": key["area_code"], "level": area.level if area is not None else "", "element": key["element"]}


def measured(row: Measurement) -> dict[str, Any]:
    """One measurement."""
    return {
        "run_id": row.run_id,
        "snapshot": row.snapshot,
        "at": stamp(row.at),
        "value": row.value,
        "numerator": row.numerator,
        "denominator": row.denominator,
        "low": row.low,
        "high": row.high,
        "status": row.status,
        "reason": row.reason,
        "uncertain": row.uncertain,
        "quality": row.quality,
    }


def _now(target: Target, counted: Counted | None, rows: list[Measurement]) -> dict[str, Any] | None:
    if target.kind in BOUND:
        return measured(rows[-1]) if rows else None
    if counted is None:
        return None
    verdict = judge(counted.status, counted.value, target.value, target.comparison, counted.low, counted.high)
    return {
        "run_id": "",
        "snapshot": "",
        "at": None,
        "value": counted.value,
        "numerator": counted.numerator,
        "denominator": counted.denominator,
        "low": counted.low,
        "high": counted.high,
        "status": verdict.status,
        "reason": counted.reason,
        "uncertain": verdict.uncertain,
        "quality": None,
    }


def target(
    session: OfficeSession,
    names: Names,
    areas: dict[str, Area],
    row: Target,
    rows: list[Measurement],
    *,
    detail: bool = False,
) -> dict[str, Any]:
    """A target with what was measured."""
    counted = now_of(session, row, rows) if row.kind in COUNTED else None
    value: dict[str, Any] = {
        "id": row.id,
        "version": row.version,
        "kind": "target",
        "target_kind": row.kind,
        "metric": row.metric,
        "name": row.name,
        "circle": row.circle,
        "area_code": row.area_code,
        "area": names.area(row.area_code),
        "org": names.unit(row.org_id),
        "stage_id": row.stage_id,
        "comparison": row.comparison,
        "wanted": row.value,
        "unit": row.unit,
        "due_on": row.due_on.isoformat(),
        "source": row.source,
        "proposal": row.source.startswith(_PROPOSAL),
        "figure_key": row.figure_key,
        "figure_name": figure_name(row.figure_key) if row.figure_key else None,
        "explain": _explain(areas, row.figure_key),
        "baseline": row.baseline,
        "baseline_run": row.baseline_run,
        "now": _now(row, counted, rows),
        "course": [measured(one) for one in rows if one.run_id],
        "allowed": ["bind"] if row.kind in BOUND and session.actor.may(Permission.WRITE_MEASUREMENT) else [],
    }
    if detail:
        made_of = counted.details if counted is not None else {}
        value |= {name: made_of.get(name, []) for name in ("covered", "missing", "unknown", "pilots", "redrawn")}
    return value


def key_areas(session: OfficeSession, keys: Iterable[Mapping[str, Any] | None]) -> dict[str, Area]:
    """Areas that figure keys name."""
    codes = {str(key["area_code"]) for key in keys if key and "area_code" in key}
    return {one.code: one for one in session.scalars(select(Area).where(Area.code.in_(codes)))}


# awaiting tasks -------------------------------------------------------------------------------------------------------


def awaiting(session: OfficeSession, tasks: list[Task]) -> list[dict[str, Any]]:
    """Tasks that came of shortfalls, with their last sheet and what the last measurement said."""
    ids = [one.id for one in tasks]
    names = Names(session, tasks)
    sheets: dict[int, Verification] = {}
    of_sheet: dict[int, int] = {}
    for one in session.execute(
        select(Verification)
        .where(Verification.task_id.in_(ids), Verification.state != "superseded")
        .order_by(Verification.id)
        .execution_options(through_parent=True)
    ).scalars():
        sheets[one.task_id] = one
        of_sheet[one.id] = one.task_id
    last: dict[int, StepTaken] = {}
    for step in session.execute(
        select(StepTaken)
        .where(
            StepTaken.object_kind == "task",
            StepTaken.object_id.in_(ids),
            StepTaken.transition.in_(("keep_awaiting", "request_verification", "measure_met", "measure_not_met")),
        )
        .order_by(StepTaken.id)
        .execution_options(through_parent=True)
    ).scalars():
        last[step.object_id] = step
    open_ones = _undecided(session, ids, of_sheet)
    sheet_names = Names(session, sheets.values())
    return [
        _awaiting(session, one, names, sheets.get(one.id), sheet_names, last.get(one.id), open_ones.get(one.id, 0))
        for one in tasks
    ]


def _undecided(session: OfficeSession, tasks: list[int], of_sheet: dict[int, int]) -> dict[int, int]:
    found: dict[int, int] = {}
    for objection in session.execute(
        select(Objection)
        .where(
            Objection.state.in_(UNDECIDED),
            ((Objection.object_kind == "verification") & Objection.object_id.in_(list(of_sheet)))
            | ((Objection.object_kind == "task") & Objection.object_id.in_(tasks)),
        )
        .execution_options(through_parent=True)
    ).scalars():
        key = of_sheet[objection.object_id] if objection.object_kind == "verification" else objection.object_id
        found[key] = found.get(key, 0) + 1
    return found


def _awaiting(
    session: OfficeSession, row: Task, names: Names, sheet: Verification | None, sheet_names: Names,
    step: StepTaken | None, undecided: int,
) -> dict[str, Any]:  # fmt: skip
    outcome, run_id = "", ""
    if step is not None:
        run_id = str(step.details.get("run", ""))
        said = str(step.details.get("status", ""))
        outcome = said if said in WAITS else {"request_verification": "sheet", "keep_awaiting": "waiting"}.get(
            step.transition, step.transition
        )  # fmt: skip
    brief = {"area_name", "element", "element_zh", "element_en", "requirement_zh", "requirement_en", "gap_zh", "gap_en",
             "people_affected", "clause", "evidence", "area_code", "area_level", "circle"}  # fmt: skip
    steps = {one["id"] for one in allowed_steps(session, row)}
    allowed = [name for name in ("close_unmeasured", "correct_measurement") if name in steps]
    objectable = OBJECTED["task"][1] or frozenset()
    if row.state in objectable and session.actor.may(Permission.OBJECT):
        allowed.append("object")
    return {
        "id": row.id,
        "version": row.version,
        "kind": "task",
        "code": row.code,
        "title": row.title,
        "state": row.state,
        "org": names.unit(row.org_id),
        "area_code": row.area_code,
        "area": names.area(row.area_code),
        "circle": row.circle,
        "done_at": stamp(row.done_at),
        "shortfall_id": row.shortfall_id or "",
        "shortfall": {name: value for name, value in row.shortfall.items() if name in brief} if row.shortfall else None,
        "outcome": outcome,
        "outcome_text": step.reason if step is not None else "",
        "run_id": run_id,
        "sheet": None if sheet is None else _brief(sheet, sheet_names),
        "objections": undecided,
        "allowed": allowed,
    }


# sheets ---------------------------------------------------------------------------------------------------------------


def _brief(row: Verification, names: Names) -> dict[str, Any]:
    return {
        "id": row.id,
        "version": row.version,
        "state": row.state,
        "finding": row.finding,
        "due_at": stamp(row.due_at),
        "run_id": row.run_id,
        "org": names.unit(row.org_id),
    }


def sheets(session: OfficeSession, rows: list[Verification]) -> list[dict[str, Any]]:
    """Verification sheets with their tasks; who signed is named by name alone."""
    names = Names(session, rows)
    task, unit, person = Task.__table__, Organisation.__table__, Person.__table__
    about = {
        one.id: one
        for one in session.execute(
            select(task.c.id, task.c.code, task.c.title, unit.c.short_name)
            .join(unit, unit.c.id == task.c.org_id)
            .where(task.c.id.in_([row.task_id for row in rows]))
        )
    }
    signers: dict[int, str] = {
        one.id: one.name
        for one in session.execute(
            select(person.c.id, person.c.name).where(person.c.id.in_([row.signed_by for row in rows if row.signed_by]))
        )
    }
    found = []
    for row in rows:
        told = about[row.task_id]
        steps = [one["id"] for one in allowed_steps(session, row)]
        found.append(
            {
                **_brief(row, names),
                "kind": "verification",
                "task_id": row.task_id,
                "task_code": told.code,
                "task_title": told.title,
                "task_org": told.short_name,
                "area_code": row.area_code,
                "area": names.area(row.area_code),
                "shortfall_id": row.shortfall_id,
                "measured": row.measured,
                "note": row.note,
                "signed_by": signers.get(row.signed_by or 0),
                "signed_at": stamp(row.signed_at),
                "object_until": stamp(row.object_until),
                "allowed": [one for one in steps if one in ("sign", "object", "confirm")],
            }
        )
    return found


def sheet(session: OfficeSession, row: Verification) -> dict[str, Any]:
    """One sheet with its course."""
    return {**sheets(session, [row])[0], "course": steps_of(session, row)}


def steps_of(session: OfficeSession, row: Any) -> list[dict[str, Any]]:
    """The course of a row for the wire."""
    return [{**one, "at": stamp(one["at"])} for one in course(session, row)]


# objections -----------------------------------------------------------------------------------------------------------


def objections(session: OfficeSession, rows: list[Objection]) -> list[dict[str, Any]]:
    """Objections with what they are about."""
    names = Names(session, rows)
    task, sheet_, measurement, aim = (
        Task.__table__, Verification.__table__, Measurement.__table__, Target.__table__,
    )  # fmt: skip
    ids: dict[str, list[int]] = {}
    for row in rows:
        ids.setdefault(row.object_kind, []).append(row.object_id)
    titles: dict[tuple[str, int], tuple[str, int | None]] = {}
    for one in session.execute(select(task.c.id, task.c.code, task.c.title).where(task.c.id.in_(ids.get("task", [])))):
        titles["task", one.id] = f"{one.code} {one.title}", one.id
    for one in session.execute(
        select(sheet_.c.id, task.c.code, task.c.title, task.c.id.label("task_id"))
        .join(task, task.c.id == sheet_.c.task_id)
        .where(sheet_.c.id.in_(ids.get("verification", [])))
    ):
        titles["verification", one.id] = f"{one.code} {one.title}", one.task_id
    for one in session.execute(
        select(measurement.c.id, aim.c.name)
        .join(aim, aim.c.id == measurement.c.target_id)
        .where(measurement.c.id.in_(ids.get("measurement", [])))
    ):
        titles["measurement", one.id] = one.name, None
    return [_objection(session, row, names, *titles.get((row.object_kind, row.object_id), ("", None))) for row in rows]


def _objection(session: OfficeSession, row: Objection, names: Names, title: str, task_id: int | None) -> dict[str, Any]:
    return {
        "id": row.id,
        "version": row.version,
        "kind": "objection",
        "object_kind": row.object_kind,
        "object_id": row.object_id,
        "title": title,
        "task_id": task_id,
        "area_code": row.area_code,
        "area": names.area(row.area_code),
        "org": names.unit(row.org_id),
        "text": row.text,
        "state": row.state,
        "decision": row.decision,
        "before": row.before,
        "after": row.after,
        "created_at": stamp(row.created_at),
        "decided_at": stamp(row.decided_at),
        "allowed": allowed_steps(session, row),
    }


def objection(session: OfficeSession, row: Objection) -> dict[str, Any]:
    """One objection with its course."""
    return {**objections(session, [row])[0], "course": steps_of(session, row)}


# promises and facilities ----------------------------------------------------------------------------------------------


def promises(session: OfficeSession, found: list[tuple[Promise, Any, bool]]) -> list[dict[str, Any]]:
    """A pilot's promises."""
    areas = key_areas(session, (one.figure_key for one, _, _ in found))
    return [
        {
            "id": one.id,
            "version": one.version,
            "kind": "promise",
            "name": one.name,
            "unit": one.unit,
            "comparison": one.comparison,
            "before": one.before,
            "before_run": one.before_run,
            "promised": one.promised,
            "measured": one.measured,
            "status": one.measured_status,
            "run_id": one.measured_run,
            "measured_at": stamp(one.measured_at),
            **{
                name: getattr(figure, name) if figure is not None else None
                for name in ("low", "high", "numerator", "denominator")
            },
            "uncertain": uncertain,
            "explain": _explain(areas, one.figure_key) if "element" in one.figure_key else None,
        }
        for one, figure, uncertain in found
    ]


def facility(row: InUse) -> dict[str, Any]:
    """A project in use."""
    element = load_catalogue().elements.get(row.element or "")
    return {
        "project_id": row.id,
        "code": row.code,
        "name": row.name,
        "element": row.element,
        "element_name": None if element is None else {"zh": element.zh, "en": element.en},
        "lon": row.lon,
        "lat": row.lat,
        "opened": row.opened.isoformat() if row.opened else None,
        "source": row.source,
        "lacks": list(row.lacks),
    }
