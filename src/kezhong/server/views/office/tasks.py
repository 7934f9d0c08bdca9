"""Tasks as values for the wire."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import func, select

from kezhong import clock
from kezhong.catalogue import load_catalogue
from kezhong.holidays import DayKind
from kezhong.office.machines import StateKind, get_machine
from kezhong.office.models import Area, Comment, FileStored, Organisation, Programme, Stage, Task
from kezhong.office.session import OfficeSession
from kezhong.office.steps import allowed_steps, course
from kezhong.office.tasks import handling, listing, parts
from kezhong.office.tasks.files import files_of
from kezhong.office.tasks.importing import Plan
from kezhong.office.tasks.listing import Row
from kezhong.office.tasks.pictures import Counted, OnMap
from kezhong.office.tasks.questions import Question
from kezhong.office.telling.deadlines import shifted, work_calendar
from kezhong.office.telling.lighting import facts_of, light_of

#: States in which no light judges, with why.
_NOT_JUDGED = {
    "draft": ("尚未下达，不计进度", "not issued yet; progress is not judged"),
    "withdrawn": ("已撤销，不计进度", "withdrawn; progress is not judged"),
}


def row(session: OfficeSession, one: Row) -> dict[str, Any]:
    """A task in a list."""
    task = one.task
    return {
        "id": task.id, "version": task.version, "kind": "task", "code": task.code, "number": task.number,
        "title": task.title, "measure": task.measure, "circle": task.circle, "stage_id": task.stage_id,
        "programme_id": task.programme_id, "parent_id": task.parent_id, "level": task.level, "state": task.state,
        "light": task.light, "light_reason": task.light_reason, "progress": task.progress,
        "starts_on": task.starts_on, "due_on": task.due_on, "due_at": task.due_at, "late": is_late(task),
        "unit": {"id": task.org_id, "name": one.unit},
        "issuer": {"id": task.issuer_id, "name": one.issuer or ""} if task.issuer_id else None,
        "joint": [{"id": key, "name": name} for key, name in one.joint], "area_code": task.area_code,
        "area": one.area, "assignee_id": task.assignee_id, "assignee": one.assignee, "parts": one.parts,
        "escalated_to": task.escalated_to, "shortfall_id": task.shortfall_id, "updated_at": task.updated_at,
        "allowed": [step["id"] for step in allowed_steps(session, task)],
    }  # fmt: skip


def is_late(task: Task) -> bool:
    """As the filter *late* has it."""
    state = get_machine("task").state(task.state)
    waits = task.state in ("draft", "reported", "refused")
    return state.kind is StateKind.OPEN and not waits and task.due_at is not None and task.due_at <= clock.now()


def rows(session: OfficeSession, found: Sequence[Row]) -> list[dict[str, Any]]:
    """Several."""
    return [row(session, one) for one in found]


def named(session: OfficeSession, tasks: Sequence[Task]) -> list[dict[str, Any]]:
    """Tasks that were read through another, with names."""
    return rows(session, listing.with_names(session, tasks))


def detail(session: OfficeSession, task: Task) -> dict[str, Any]:
    """One task with all that belongs to it."""
    (one,) = listing.with_names(session, [task])
    light = light_of("task", facts_of(task), clock.now(), work_calendar(session))
    needs, waiting = parts.needs_of(session, task.id)
    above = [] if task.parent_id is None else _through(session, task.parent_id)
    remarks = session.execute(
        select(func.count())
        .select_from(Comment)
        .where(Comment.object_kind == "task", Comment.object_id == task.id, Comment.withdrawn_at.is_(None))
        .execution_options(through_parent=True)
    ).scalar()
    whole = named(session, above)
    return {
        **row(session, one),
        "progress_note": task.progress_note, "progress_by_hand": task.progress_by_hand, "issued_at": task.issued_at,
        "reported_at": task.reported_at, "done_at": task.done_at, "source": task.source, "weight": task.weight,
        "pilot_id": task.pilot_id, "project_id": task.project_id, "shortfall": task.shortfall,
        "light_told": {
            "colour": light.colour.value, "reason": light.reason.value,
            "zh": _NOT_JUDGED.get(task.state, ("", ""))[0] or light.text("zh"),
            "en": _NOT_JUDGED.get(task.state, ("", ""))[1] or light.text("en"),
            "proposal": light.rule.proposal, "assumed": light.assumed,
        },
        "shifted": shifted(session, task.due_on), "steps": allowed_steps(session, task),
        "may": handling.may(session, task), "course": course(session, task), "whole": whole[0] if whole else None,
        "children": named(session, parts.parts_of(session, task.id)), "needs": named(session, needs),
        "waiting": named(session, waiting), "comments": remarks or 0,
        "files": [file(session, each) for each in files_of(session, "task", task.id)],
    }  # fmt: skip


def _through(session: OfficeSession, task_id: int) -> list[Task]:
    statement = select(Task).where(Task.id == task_id).execution_options(through_parent=True)
    return list(session.scalars(statement))


def file(session: OfficeSession, stored: FileStored) -> dict[str, Any]:
    """An attachment."""
    return {
        "id": stored.id, "name": stored.name, "media_type": stored.media_type, "bytes": stored.bytes,
        "purpose": stored.purpose, "note": stored.note, "created_at": stored.created_at,
        "mine": stored.person_id is not None and stored.person_id == session.actor.person_id,
    }  # fmt: skip


def comments(session: OfficeSession, found: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Comments with names."""
    return [
        {
            "id": one["comment"].id, "version": one["comment"].version, "text": one["comment"].text,
            "person": one["person"], "unit": one["unit"], "mentioned": one["mentioned"],
            "mine": one["comment"].person_id is not None and one["comment"].person_id == session.actor.person_id,
            "at": one["comment"].created_at, "edited": one["comment"].version > 1,
            "withdrawn": one["comment"].withdrawn_at is not None,
        }
        for one in found
    ]  # fmt: skip


def choices(session: OfficeSession) -> dict[str, Any]:
    """Units in force, programmes, stages and areas: what is known to everybody in the programme."""
    own = session.actor.organisations
    units = session.scalars(select(Organisation).where(Organisation.valid_to.is_(None)).order_by(Organisation.path))
    order = {level: k for k, level in enumerate(("city", "district", "street", "community"))}
    areas = session.scalars(select(Area).where(Area.valid_to.is_(None), Area.level.in_(order)).order_by(Area.path))
    return {
        "units": [
            {
                "id": one.id, "name": one.short_name, "full_name": one.name, "kind": one.kind, "level": one.level,
                "department": one.department, "area_code": one.area_code, "mine": one.id in own,
            }
            for one in units
        ],
        "programmes": [
            {"id": one.id, "name": one.name, "starts_on": one.starts_on, "ends_on": one.ends_on, "state": one.state}
            for one in session.scalars(select(Programme).order_by(Programme.starts_on.desc()))
        ],
        "stages": [
            {"id": one.id, "programme_id": one.programme_id, "number": one.number, "name": one.name}
            for one in session.scalars(select(Stage).order_by(Stage.programme_id, Stage.number))
        ],
        "areas": [{"code": one.code, "name": one.name, "level": one.level} for one in areas],
    }  # fmt: skip


def calendar_days(session: OfficeSession, days: Sequence[dict[str, Any]], first: Any, last: Any) -> dict[str, Any]:
    """Days with their tasks, and which days of the span are free or worked otherwise than weeks are."""
    known = work_calendar(session)
    exceptions = {
        day: entry
        for year in range(first.year, last.year + 1)
        for day, entry in known.exceptions(year).items()
        if first <= day <= last
    }
    return {
        "days": [
            {"day": one["day"], "count": one["count"], "counts": one["counts"], "items": rows(session, one["rows"])}
            for one in days
        ],
        "free": {day.isoformat(): one.name for day, one in exceptions.items() if one.kind is DayKind.HOLIDAY},
        "workdays": [day.isoformat() for day, one in exceptions.items() if one.kind is DayKind.WORKDAY],
    }


def task_map(found: OnMap, pilots: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Tasks by area, and pilots."""
    return {
        "trail": [{"code": one.code, "name": one.name, "level": one.level} for one in found.trail],
        "own": _place(found.own),
        "places": [_place(one) for one in found.places],
        "pilots": list(pilots),
    }


def _place(one: Counted) -> dict[str, Any]:
    lon, lat = one.point or (None, None)
    names = ("code", "name", "level", "count", "open", "late", "lights")
    return {**{name: getattr(one, name) for name in names}, "lon": lon, "lat": lat}


def import_plan(session: OfficeSession, plan: Plan, *, written: bool) -> dict[str, Any]:
    """What an import does, or did."""
    names = {one.id: one.short_name for one in session.execute(select(Organisation.id, Organisation.short_name))}
    return {
        "written": written, "sheet": plan.ledger.sheet, "columns": plan.ledger.columns, "counts": plan.counts(),
        "errors": plan.errors, "warnings": len(plan.problems) - plan.errors,
        "problems": [
            {
                "row": one.row, "column": one.column, "value": one.value[:200], "grave": one.grave, "code": one.code,
                "message": {"zh": one.texts()["zh"], "en": one.texts()["en"]},
                "action": {"zh": one.texts()["todo_zh"], "en": one.texts()["todo_en"]},
            }
            for one in plan.problems[:500]
        ],
        "unknown_units": [
            {"name": name, "near": [{"id": unit, "name": names.get(unit, "")} for unit in one.near]}
            for name, one in plan.unknown.items()
        ],
        "rows": [
            {
                "row": one.line.row, "number": one.line.text("number"), "title": one.title, "measure": one.measure,
                "unit": names.get(one.lead or 0, ""), "joint": [names.get(unit, "") for unit in one.joint],
                "due_on": one.due, "due_text": one.due_text, "circle": one.circle, "progress": one.progress,
                "outcome": one.outcome, "task_id": one.task.id if one.task is not None else None,
                "changes": sorted(one.changes),
            }
            for one in plan.rows[:2000]
        ],
        "skipped": plan.ledger.skipped[:200],
    }  # fmt: skip


def filters_in_words(session: OfficeSession, question: Question) -> list[str]:
    """What was asked for, for the head of an export."""
    told = question.told()
    states = get_machine("task").states
    circles = {one.id: one.zh for one in load_catalogue().circles.values()}
    lights = {"green": "绿灯", "yellow": "黄灯", "red": "红灯", "grey": "不评判"}
    words: list[str] = []
    if "state" in told:
        words.append("状态：" + "、".join(states[one].zh for one in question.state))
    if "light" in told:
        words.append("灯色：" + "、".join(lights[one] for one in question.light))
    if "circle" in told:
        words.append("圈层：" + "、".join(circles.get(one, one or "未分圈层") for one in question.circle))
    if "unit" in told:
        found = session.execute(select(Organisation.short_name).where(Organisation.id.in_(question.unit)))
        words.append("单位：" + "、".join(found.scalars()))
    if "area" in told:
        words.append("区域：" + str(session.execute(select(Area.full_name).where(Area.code == question.area)).scalar()))
    if "due_from" in told or "due_to" in told:
        words.append(f"时限：{question.due_from or '…'} 至 {question.due_to or '…'}")
    if "text" in told:
        words.append(f"包含“{question.text}”")
    quick = {
        "mine": "我单位的", "issued": "我单位下达的", "open": "未办结", "late": "逾期", "returned": "被退回",
        "escalated": "已升级", "shortfall": "来自短板", "top": "不含分解任务",
    }  # fmt: skip
    return [*words, *(word for name, word in quick.items() if name in told)]
