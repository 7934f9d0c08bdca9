"""The task list read: orders, pages by key, counts by facet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, and_, case, func, literal, literal_column, select, true, tuple_
from sqlalchemy.orm import defer

from kezhong.errors import InputError
from kezhong.office.models import Area, Organisation, Person, Task, TaskUnit
from kezhong.office.session import OfficeSession
from kezhong.office.tasks.questions import Question, check, conditions, facet_criteria, quick_filters

#: Orders of the list; a leading minus turns one round.
SORTS = ("due", "code", "updated", "progress", "light", "unit")


@dataclass(frozen=True, slots=True)
class Row:
    """A task with the names that a list shows beside it."""

    task: Task
    unit: str
    issuer: str | None
    area: str
    joint: tuple[tuple[int, str], ...] = ()
    parts: int = 0
    assignee: str | None = None


@dataclass(frozen=True, slots=True)
class Facets:
    """How many tasks there are: in all, by facet, and by quick filter."""

    total: int
    by: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    quick: Mapping[str, int] = field(default_factory=dict)


def _order(sort: str) -> tuple[Any, bool]:
    name, descending = sort.removeprefix("-"), sort.startswith("-")
    if name not in SORTS:
        raise InputError("tasks.bad_filter", column="sort", value=sort, expected=", ".join(SORTS))
    columns: dict[str, Any] = {
        "due": func.coalesce(Task.due_on, literal_column("'infinity'::date")),
        "code": Task.code,
        "updated": Task.updated_at,
        "progress": Task.progress,
        "light": case({"red": 0, "yellow": 1, "green": 2}, value=Task.light, else_=3),
        "unit": Task.org_path,
    }
    return columns[name], descending


def page(
    session: OfficeSession, question: Question, sort: str, limit: int, after: tuple[str, int] | None = None
) -> tuple[list[Row], tuple[str, int] | None]:
    """One page of the list, and the key of its last row where there are more."""
    check(question)
    column, descending = _order(sort)
    statement = select(Task).options(defer(Task.shortfall)).where(*conditions(session, question))
    if after is not None:
        mark = _mark(sort, after[0])
        place = tuple_(column, Task.id)
        last = tuple_(mark, literal(after[1]))
        statement = statement.where(place < last if descending else place > last)
    order = (column.desc(), Task.id.desc()) if descending else (column, Task.id)
    found = session.rows(statement.order_by(*order).limit(limit + 1))
    kept = found[:limit]
    more = (_value(sort, kept[-1]), kept[-1].id) if len(found) > limit else None
    return with_names(session, kept), more


def _value(sort: str, row: Task) -> str:
    name = sort.removeprefix("-")
    if name == "due":
        return row.due_on.isoformat() if row.due_on else "infinity"
    if name == "light":
        return str({"red": 0, "yellow": 1, "green": 2}.get(row.light, 3))
    attribute = {
        "code": row.code,
        "updated": row.updated_at.isoformat(),
        "progress": row.progress,
        "unit": row.org_path,
    }
    return str(attribute[name])


def _mark(sort: str, value: str) -> Any:
    name = sort.removeprefix("-")
    try:
        if name == "due":
            day = "infinity" if value == "infinity" else date.fromisoformat(value).isoformat()
            return literal_column(f"'{day}'::date")
        if name == "updated":
            return literal(datetime.fromisoformat(value))
        return literal(int(value) if name in ("progress", "light") else value)
    except ValueError as problem:
        raise InputError("server.bad_cursor", value=value) from problem


def with_names(session: OfficeSession, tasks: Sequence[Task]) -> list[Row]:
    """Rows with units, area, joint units and number of parts: four questions, however many rows."""
    if not tasks:
        return []
    ids = [row.id for row in tasks]
    joint: dict[int, list[tuple[int, str]]] = {}
    units = session.execute(
        select(TaskUnit.task_id, Organisation.id, Organisation.short_name)
        .join(Organisation, Organisation.id == TaskUnit.organisation_id)
        .where(TaskUnit.task_id.in_(ids))
        .order_by(TaskUnit.id)
    )
    for task_id, unit_id, name in units:
        joint.setdefault(task_id, []).append((unit_id, name))
    wanted = {row.org_id for row in tasks} | {row.issuer_id for row in tasks if row.issuer_id}
    names = {
        row.id: row.short_name
        for row in session.execute(select(Organisation.id, Organisation.short_name).where(Organisation.id.in_(wanted)))
    }
    areas = {
        row.code: row.name
        for row in session.execute(select(Area.code, Area.name).where(Area.code.in_({row.area_code for row in tasks})))
    }
    parts: dict[int, int] = {
        row[0] or 0: row[1]
        for row in session.execute(
            select(Task.parent_id, func.count())
            .where(Task.parent_id.in_(ids))
            .group_by(Task.parent_id)
            .execution_options(through_parent=True)
        )
    }
    people = _people(session, {row.assignee_id for row in tasks if row.assignee_id})
    return [
        Row(
            row,
            names.get(row.org_id, ""),
            names.get(row.issuer_id) if row.issuer_id else None,
            areas.get(row.area_code, ""),
            tuple(joint.get(row.id, ())),
            parts.get(row.id, 0),
            people.get(row.assignee_id) if row.assignee_id else None,
        )
        for row in tasks
    ]


def _people(session: OfficeSession, ids: set[int]) -> dict[int, str]:
    """Names of those to whom tasks of the list are given: told to whoever may see the task."""
    if not ids:
        return {}
    person = Person.__table__
    rows = session.connection().execute(select(person.c.id, person.c.name).where(person.c.id.in_(ids)))
    return {row.id: row.name for row in rows}


def facets(session: OfficeSession, question: Question) -> Facets:
    """Counts by state, light, circle, stage and unit, each without its own filter, and of quick filters: one query."""
    chosen = facet_criteria(question)
    names = ("state", "light", "circle", "stage", "unit")
    columns: dict[str, Any] = {
        "state": Task.state,
        "light": Task.light,
        "circle": func.coalesce(Task.circle, ""),
        "stage": Task.stage_id,
        "unit": Task.org_id,
    }
    quick = quick_filters(session)
    flags = [chosen.get(name, true()) for name in names]
    inner = (
        select(
            *[columns[name].label(name) for name in names],
            *[flag.label(f"p_{name}") for flag, name in zip(flags, names, strict=True)],
            *[criterion.label(f"q_{name}") for name, criterion in quick.items()],
        )
        .where(*conditions(session, question, without=names))
        .subquery()
    )
    c = inner.c
    every = {name: c[f"p_{name}"] for name in names}
    counts = [
        func.count().filter(and_(true(), *[flag for other, flag in every.items() if other != name])).label(f"n_{name}")
        for name in names
    ]
    whole = and_(true(), *every.values())
    statement = select(
        func.grouping(*[c[name] for name in names]).label("g"),
        *[c[name] for name in names],
        *counts,
        func.count().filter(whole).label("total"),
        *[func.count().filter(and_(whole, c[f"q_{name}"])).label(f"q_{name}") for name in quick],
    ).group_by(func.grouping_sets(*[tuple_(c[name]) for name in names], literal_column("()")))
    by: dict[str, dict[str, int]] = {name: {} for name in names}
    total, quickly = 0, dict.fromkeys(quick, 0)
    for row in session.execute(statement).mappings():
        grouped = [name for k, name in enumerate(names) if not row["g"] >> (len(names) - 1 - k) & 1]
        if not grouped:
            total = row["total"]
            quickly = {name: row[f"q_{name}"] for name in quick}
            continue
        name = grouped[0]
        if row[f"n_{name}"] and row[name] is not None:
            by[name][str(row[name])] = row[f"n_{name}"]
    return Facets(total, by, quickly)


def all_rows(session: OfficeSession, question: Question, sort: str, limit: int = 20_000) -> list[Row]:
    """Everything that is shown, for an export."""
    check(question)
    column, descending = _order(sort)
    statement: Select[Any] = select(Task).options(defer(Task.shortfall)).where(*conditions(session, question))
    order = (column.desc(), Task.id.desc()) if descending else (column, Task.id)
    return with_names(session, session.rows(statement.order_by(*order).limit(limit)))
