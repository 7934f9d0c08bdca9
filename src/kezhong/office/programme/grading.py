"""What a pilot is graded by: values for each item of the rule set, with the rows they were made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import select

from kezhong import clock
from kezhong.errors import DataMissingError, InputError, NotFoundError
from kezhong.office.access.permissions import Permission
from kezhong.office.machines import StateKind, get_machine
from kezhong.office.measuring.figures import FigureReader
from kezhong.office.models import Inspection, Pilot, Promise, Satisfaction, Task
from kezhong.office.programme.rules import Value, apply_rules, rule_sets
from kezhong.office.programme.sheet import chosen_run
from kezhong.office.session import OfficeSession

_PARENT = {"through_parent": True}


def assess_pilot(
    session: OfficeSession,
    reader: FigureReader,
    pilot_id: int,
    *,
    version: int | None = None,
    run_id: str | None = None,
) -> Pilot:
    """Grade a pilot by the rule set in force and keep the sheet; the acceptance then takes its grade from it.

    Raises
    ------
    NotFoundError, ChangedMeanwhileError
        As :meth:`OfficeSession.one`; or no such run.
    """
    pilot = session.one(Pilot, pilot_id, Permission.ACCEPT_PILOT, version=version)
    rules = rule_sets(session)["pilot"]
    graded = apply_rules(rules, pilot_values(session, reader, pilot, run_id))
    with session.because("pilot.assess"):
        pilot.rules = f"{rules.id} {rules.hash}"
        pilot.grade_details = {**graded.document, "assessed_at": clock.stamp()}
    return pilot


def assess_commerce(
    session: OfficeSession, pilot_id: int, version: int, values: Mapping[str, float | None], source: str
) -> Pilot:
    """The commerce scheme's grade of circle 2, from entered values; it never touches the pilot's own grade.

    Raises
    ------
    InputError
        An item that the scheme does not have, or a share outside 0 to 1.
    """
    rules = rule_sets(session)["commerce"]
    items = {one.id: one for one in rules.items}
    found: dict[str, Value] = {}
    for name, value in values.items():
        if name not in items:
            raise InputError("programme.unknown_item", column=name, value=name, expected=", ".join(items))
        if value is not None and not 0 <= value <= (1 if items[name].unit == "share" else 1000):
            raise InputError("programme.bad_value", column=name, value=value, expected="0–1")
        found[name] = Value(value, status="no_data" if value is None else "known", source=source)
    pilot = session.one(Pilot, pilot_id, Permission.REVIEW_PILOT, version=version)
    graded = apply_rules(rules, found)
    with session.because("pilot.commerce", source):
        pilot.commerce_grade = graded.grade
        pilot.commerce_details = {**graded.document, "assessed_at": clock.stamp(), "source": source}
    return pilot


def pilot_values(
    session: OfficeSession, reader: FigureReader, pilot: Pilot, run_id: str | None = None
) -> dict[str, Value]:
    """A value for each item of the pilot's rule set."""
    return {
        "required_met": _required(reader, pilot, run_id),
        "tasks_done": _tasks(session, pilot),
        "promises_kept": _promises(session, pilot),
        "inspection_passed": _inspection(session, pilot),
        "satisfaction": _satisfaction(session, pilot),
    }


def _share(top: float, bottom: float, rows: Iterable[Any], source: str) -> Value:
    if not bottom:
        return Value(None, top, bottom, "no_data", tuple(rows), source)
    return Value(top / bottom, top, bottom, "known", tuple(rows), source)


def _required(reader: FigureReader, pilot: Pilot, run_id: str | None) -> Value:
    try:
        run = chosen_run(reader, run_id)
    except (DataMissingError, NotFoundError):
        return Value(None, status="no_data")
    grades = run.run.grades
    found = grades[(grades["area_code"] == pilot.life_circle).to_numpy(dtype=bool)].to_dict("records")
    if not found:
        return Value(None, status="no_data", source=run.id)
    row = found[0]
    if str(row["grade"]) == "insufficient" or str(row["status"]) == "data_insufficient":
        return Value(None, status="data_insufficient", source=run.id)
    known = int(row["required_total"]) - int(row["required_unknown"])
    rows = [{"area": pilot.life_circle, "unknown": int(row["required_unknown"])}]
    return _share(int(row["required_met"]), known, rows, run.id)


def _tasks(session: OfficeSession, pilot: Pilot) -> Value:
    tasks = session.execute(
        select(Task.code, Task.title, Task.state)
        .where(Task.pilot_id == pilot.id)
        .order_by(Task.code)
        .execution_options(**_PARENT)
    ).all()
    states = get_machine("task").states
    counted = [one for one in tasks if states[one.state].kind not in (StateKind.VOID, StateKind.PAUSED)]
    done = [one for one in counted if states[one.state].kind is StateKind.DONE]
    rows = [{"code": one.code, "name": one.title, "state": one.state} for one in counted]
    return _share(len(done), len(counted), rows, "task")


def _promises(session: OfficeSession, pilot: Pilot) -> Value:
    found = session.execute(
        select(Promise).where(Promise.pilot_id == pilot.id).order_by(Promise.id).execution_options(**_PARENT)
    ).scalars()
    judged = [one for one in found if one.measured_status in ("met", "not_met")]
    rows = [{"id": one.id, "name": one.name, "status": one.measured_status, "run": one.measured_run} for one in judged]
    return _share(sum(one.measured_status == "met" for one in judged), len(judged), rows, "promise")


def _inspection(session: OfficeSession, pilot: Pilot) -> Value:
    last = session.execute(
        select(Inspection)
        .where(Inspection.pilot_id == pilot.id, Inspection.kind.in_(("inspection", "acceptance")))
        .order_by(Inspection.on.desc(), Inspection.id.desc())
        .limit(1)
        .execution_options(**_PARENT)
    ).scalar_one_or_none()
    if last is None:
        return Value(None, status="no_data")
    judged = [one for one in last.items if isinstance(one.get("ok"), bool)]
    rows = [{"item": one.get("item", ""), "ok": one["ok"]} for one in judged]
    return _share(sum(one["ok"] for one in judged), len(judged), rows, f"inspection {last.id} {last.on.isoformat()}")


def _satisfaction(session: OfficeSession, pilot: Pilot) -> Value:
    """The newest survey of the circle, else the newest of each of its communities, added up."""
    found = session.execute(
        select(Satisfaction)
        .where(Satisfaction.area_code.in_([pilot.life_circle, *pilot.communities]), Satisfaction.withdrawn_at.is_(None))
        .order_by(Satisfaction.period.desc(), Satisfaction.id.desc())
        .execution_options(**_PARENT)
    ).scalars()
    newest: dict[str, Satisfaction] = {}
    for one in found:
        newest.setdefault(one.area_code, one)
    own = newest.get(pilot.life_circle)
    used = [own] if own is not None else list(newest.values())
    rows = [{"area": one.area_code, "period": one.period, "asked": one.asked, "source": one.source} for one in used]
    return _share(sum(one.satisfied for one in used), sum(one.asked for one in used), rows, "satisfaction")
