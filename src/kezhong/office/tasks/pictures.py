"""The task list as a board, a calendar, a Gantt chart and a map, under the same filters as the list."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import defer

from kezhong import clock
from kezhong.office.machines import get_machine
from kezhong.office.models import Area, Pilot, Task, TaskDependency
from kezhong.office.session import OfficeSession
from kezhong.office.tasks.effects import unfinished
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
    session: OfficeSession, question: Question, first: date, last: date, limit: int = 300, skip: int = 0
) -> tuple[list[Row], list[tuple[int, int]], int]:
    """Tasks whose time touches the window, by start; the dependencies among them; and how many there are in all.

    ``limit`` of them after the first ``skip``.
    """
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
        .offset(skip)
    )
    ids = [row.id for row in found]
    links = session.execute(
        select(TaskDependency.task_id, TaskDependency.needs_id).where(
            TaskDependency.task_id.in_(ids), TaskDependency.needs_id.in_(ids)
        )
    )
    return with_names(session, found), [(row[0], row[1]) for row in links], total


#: Levels of areas that a map of tasks goes through, from above.
_TREE = ("city", "district", "street", "community")


@dataclass(slots=True)
class Counted:
    """An area and its tasks, with those of all areas below it."""

    code: str
    name: str
    level: str
    point: tuple[float, float] | None = None
    count: int = 0
    open: int = 0
    late: int = 0
    lights: dict[str, int] = field(default_factory=dict)

    def add(self, light: str, count: int, unfinished_: int, late: int) -> None:
        self.count += count
        self.open += unfinished_
        self.late += late
        self.lights[light] = self.lights.get(light, 0) + count


@dataclass(frozen=True, slots=True)
class OnMap:
    """Tasks of an area: its own as a whole, and those of its parts, each with all below."""

    trail: tuple[Counted, ...]  # from the city to the area looked at; only the last is counted
    own: Counted
    places: tuple[Counted, ...]


def on_map(session: OfficeSession, question: Question) -> OnMap:
    """Tasks counted by the areas within one, and rolled up to them.

    The area is that of the question. Without one it is the smallest that holds them all, so that a street sees its
    communities at once; what belongs to a life circle, or to the area as a whole, is counted as the area's own.
    """
    check(question)
    found = session.execute(
        select(
            Task.area_path, Task.light, func.count(), func.count().filter(Task.state.in_(unfinished())),
            func.count().filter(is_late(clock.now())),
        )
        .where(*conditions(session, question))
        .group_by(Task.area_path, Task.light)
    ).all()  # fmt: skip
    codes = {code for path, *_ in found for code in path.rstrip("/").split("/")} | {question.area}
    tree = {area.code: area for area in session.scalars(select(Area).where(Area.code.in_(codes)))}
    base = _looked_at(session, question, [path for path, *_ in found], tree)
    steps = base.rstrip("/").split("/")
    tree |= {area.code: area for area in session.scalars(select(Area).where(Area.code.in_(steps)))}
    trail = tuple(_counted(tree[code]) for code in steps if code in tree)
    own = trail[-1] if trail else Counted("", "", "city")
    places: dict[str, Counted] = {}
    for path, light, count, unfinished_, late in found:
        child = tree.get(path.removeprefix(base).split("/")[0]) if path != base else None
        if child is None or child.level not in _TREE:
            own.add(light, count, unfinished_, late)
        else:
            places.setdefault(child.code, _counted(child)).add(light, count, unfinished_, late)
    return OnMap(trail, own, tuple(sorted(places.values(), key=lambda one: (-one.late, -one.open, one.code))))


def _looked_at(session: OfficeSession, question: Question, paths: list[str], tree: dict[str, Area]) -> str:
    """Path of the area whose parts are shown."""
    if question.area in tree:
        return tree[question.area].path
    if not paths:
        return session.execute(select(Area.path).where(Area.level == "city").order_by(Area.code)).scalar() or ""
    columns = zip(*(path.rstrip("/").split("/") for path in paths), strict=False)
    common = [steps[0] for steps in itertools.takewhile(lambda steps: len(set(steps)) == 1, columns)]
    inside = [code for code in common if code in tree and tree[code].level in _TREE]
    # A single community has nothing in it: it is shown within its street.
    if len(inside) > 1 and tree[inside[-1]].level == _TREE[-1]:
        inside.pop()
    return tree[inside[-1]].path if inside else ""


def _counted(area: Area) -> Counted:
    point = (area.lon, area.lat) if area.lon is not None and area.lat is not None else None
    return Counted(area.code, area.name, area.level, point)


def pilots_on_map(session: OfficeSession, question: Question) -> list[dict[str, Any]]:
    """Pilots in scope that are under way or accepted, at the points of their life circles, with their communities.

    Of the filters, area and programme count.
    """
    if not session.actor.may(Pilot.READ):
        return []
    statement = (
        select(Pilot.id, Pilot.name, Pilot.state, Pilot.light, Pilot.due_on, Pilot.communities, Area.lon, Area.lat)
        .join(Area, Area.code == Pilot.life_circle, isouter=True)
        .where(Pilot.state.not_in(("declined", "withdrawn")))
    )
    if question.programme is not None:
        statement = statement.where(Pilot.programme_id == question.programme)
    if question.area:
        path = session.execute(select(Area.path).where(Area.code == question.area)).scalar()
        statement = statement.where(Pilot.area_path.startswith(path or "-", autoescape=True))
    return [dict(row) for row in session.execute(statement.order_by(Pilot.id).limit(500)).mappings()]
