"""The task list as a board, a calendar, a Gantt chart and a map, under the same filters as the list."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import defer

from kezhong import clock
from kezhong.office.machines import get_machine
from kezhong.office.models import Area, Pilot, Task, TaskDependency
from kezhong.office.session import OfficeSession
from kezhong.office.tasks.listing import Row, with_names
from kezhong.office.tasks.questions import Question, check, conditions, is_late

NO_DUE = date(9999, 12, 31)


def board(session: OfficeSession, question: Question, per_column: int = 20) -> list[dict[str, Any]]:
    """Columns by state, each with its first cards by deadline and its count."""
    check(question)
    ranked = (
        select(
            Task.id,
            Task.state.label("state"),
            func.count().over(partition_by=Task.state).label("count"),
            func.row_number()
            .over(partition_by=Task.state, order_by=(func.coalesce(Task.due_on, NO_DUE), Task.id))
            .label("place"),
        )
        .where(*conditions(session, question))
        .subquery()
    )
    shown = session.execute(
        select(ranked.c.id, ranked.c.state, ranked.c.count)
        .where(ranked.c.place <= per_column)
        .order_by(ranked.c.state, ranked.c.place)
    ).all()
    cards = {row.id: row.state for row in shown}
    tasks = {row.id: row for row in session.rows(select(Task).options(defer(Task.shortfall)).where(Task.id.in_(cards)))}
    rows = {one.task.id: one for one in with_names(session, [tasks[key] for key in cards if key in tasks])}
    counts = {row.state: row.count for row in shown}
    machine = get_machine("task")
    asked = question.state or tuple(machine.states)
    return [
        {
            "state": state,
            "count": counts.get(state, 0),
            "rows": [rows[key] for key, where in cards.items() if where == state and key in rows],
        }
        for state in machine.states
        if state in asked
    ]


def calendar(
    session: OfficeSession, question: Question, first: date, last: date, per_day: int = 6
) -> list[dict[str, Any]]:
    """Tasks by the day of their deadline, the most urgent first, with counts by light."""
    check(question)
    within = [*conditions(session, question), Task.due_on >= first, Task.due_on <= last]
    ranked = (
        select(
            Task.id,
            Task.due_on.label("due_on"),
            func.row_number()
            .over(
                partition_by=Task.due_on,
                order_by=(case({"red": 0, "yellow": 1, "grey": 2}, value=Task.light, else_=3), Task.id),
            )
            .label("place"),
        )
        .where(*within)
        .subquery()
    )
    ids = [row.id for row in session.execute(select(ranked.c.id).where(ranked.c.place <= per_day))]
    found = session.rows(
        select(Task).options(defer(Task.shortfall)).where(Task.id.in_(ids)).order_by(Task.due_on, Task.id)
    )
    counts: dict[Any, dict[str, int]] = {}
    for day, light, count in session.execute(
        select(Task.due_on, Task.light, func.count()).where(*within).group_by(Task.due_on, Task.light)
    ):
        counts.setdefault(day, {})[light] = count
    rows = with_names(session, found)
    return [
        {"day": day, "counts": by, "count": sum(by.values()), "rows": [one for one in rows if one.task.due_on == day]}
        for day, by in sorted(counts.items())
    ]


def gantt(
    session: OfficeSession, question: Question, first: date, last: date, limit: int = 300
) -> tuple[list[Row], list[tuple[int, int]], int]:
    """Tasks whose time touches the window, by start; the dependencies among them; and how many there are in all."""
    check(question)
    touches = [
        *conditions(session, question),
        Task.starts_on <= last,
        func.coalesce(Task.due_on, NO_DUE) >= first,
    ]
    total = session.execute(select(func.count()).select_from(Task).where(*touches)).scalar() or 0
    found = session.rows(
        select(Task)
        .options(defer(Task.shortfall))
        .where(*touches)
        .order_by(Task.starts_on, Task.code, Task.id)
        .limit(limit)
    )
    ids = [row.id for row in found]
    links = session.execute(
        select(TaskDependency.task_id, TaskDependency.needs_id).where(
            TaskDependency.task_id.in_(ids), TaskDependency.needs_id.in_(ids)
        )
    )
    return with_names(session, found), [(row[0], row[1]) for row in links], total


def on_map(session: OfficeSession, question: Question) -> list[dict[str, Any]]:
    """Tasks counted by area and light, at the area's point; areas without a point are left out and counted apart."""
    check(question)
    rows = session.execute(
        select(
            Area.code, Area.name, Area.level, Area.lon, Area.lat, Task.light, func.count().label("count"),
            func.count().filter(is_late(clock.now())).label("late"),
        )
        .join(Area, Area.code == Task.area_code)
        .where(*conditions(session, question))
        .group_by(Area.code, Area.name, Area.level, Area.lon, Area.lat, Task.light)
    )  # fmt: skip
    found: dict[str, dict[str, Any]] = {}
    for code, name, level, lon, lat, light, count, late in rows:
        one = found.setdefault(
            code,
            {"code": code, "name": name, "level": level, "lon": lon, "lat": lat, "count": 0, "late": 0, "lights": {}},
        )
        one["count"] += count
        one["late"] += late
        one["lights"][light] = count
    return list(found.values())


def pilots_on_map(session: OfficeSession, question: Question) -> list[dict[str, Any]]:
    """Pilots in scope at the points of their life circles; of the filters, area and programme count."""
    if not session.actor.may(Pilot.READ):
        return []
    statement = select(Pilot.id, Pilot.name, Pilot.state, Pilot.light, Area.lon, Area.lat).join(
        Area, Area.code == Pilot.life_circle
    )
    if question.programme is not None:
        statement = statement.where(Pilot.programme_id == question.programme)
    if question.area:
        path = session.execute(select(Area.path).where(Area.code == question.area)).scalar()
        statement = statement.where(Area.path.startswith(path or "-", autoescape=True))
    rows = session.execute(statement.where(Area.lon.is_not(None)).order_by(Pilot.id).limit(500))
    return [dict(row) for row in rows.mappings()]
