"""Pilots as the wire shows them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from kezhong.office.access.permissions import Permission
from kezhong.office.models import Area, FileStored, Inspection, Organisation, Person, Pilot, Project, Promise, Task
from kezhong.office.programme.pilots import OPEN_TO_CHANGE, PROMISING, Compared, compared
from kezhong.office.programme.projects import sums_by_project
from kezhong.office.programme.submissions import files_of
from kezhong.office.session import OfficeSession
from kezhong.office.steps import course
from kezhong.server.views.office.programme import Names, head

_PARENT = {"through_parent": True}


def pilot_items(session: OfficeSession, rows: list[Pilot]) -> list[dict[str, Any]]:
    """Lines of the list."""
    names = Names(session, rows)
    circles = _areas(session, [row.life_circle for row in rows])
    return [_item(session, row, names, circles.get(row.life_circle)) for row in rows]


def _item(session: OfficeSession, row: Pilot, names: Names, circle: Area | None) -> dict[str, Any]:
    return {
        **head(session, row, names),
        "programme_id": row.programme_id,
        "code": row.code,
        "name": row.name,
        "pilot_kind": row.kind,
        "life_circle": row.life_circle,
        "communities": row.communities,
        "people": row.sheet.get("people"),
        "lon": circle.lon if circle else None,
        "lat": circle.lat if circle else None,
        "due_on": row.due_on,
        "light": row.light,
        "grade": row.grade,
        "commerce_grade": row.commerce_grade,
        "nominated_at": row.nominated_at,
        "approved_at": row.approved_at,
        "accepted_at": row.accepted_at,
    }


def pilot_detail(session: OfficeSession, row: Pilot) -> dict[str, Any]:
    """A pilot with everything its page shows; what belongs to it is read through it."""
    areas = _areas(session, [row.life_circle, *row.communities])
    circle = areas.get(row.life_circle)
    may = session.actor.may
    return {
        **_item(session, row, Names(session, [row]), circle),
        "grounds": row.grounds,
        "circle": _area(row.life_circle, circle),
        "community_names": [_area(code, areas.get(code)) for code in row.communities],
        "sheet": row.sheet,
        "rules": row.rules,
        "grade_details": row.grade_details,
        "commerce_details": row.commerce_details,
        "promises": [promise_item(one) for one in _children(session, Promise, row)],
        "inspections": _inspections(session, row),
        "course": course(session, row),
        "files": [file_item(one) for one in files_of(session, row)],
        "tasks": _tasks(session, row) if may(Permission.READ_TASK) else [],
        "projects": _projects(session, row) if may(Permission.READ_PROJECT) else [],
        "compared": compared_item(compared(session, row)),
        "may_promise": may(Permission.BUILD_PILOT) and row.state in PROMISING,
        "may_change": may(Permission.NOMINATE_PILOT) and row.state in OPEN_TO_CHANGE,
        "may_assess": may(Permission.ACCEPT_PILOT),
        "may_commerce": may(Permission.REVIEW_PILOT),
    }


def compared_item(found: Compared) -> dict[str, Any]:
    """Nominations beside the plan."""
    return {"nominated": found.nominated, "target": found.target, "over": found.over}


def promise_item(row: Promise) -> dict[str, Any]:
    """Before, promised, measured."""
    return {
        "id": row.id,
        "version": row.version,
        "figure_key": row.figure_key,
        "name": row.name,
        "unit": row.unit,
        "before": row.before,
        "before_run": row.before_run,
        "promised": row.promised,
        "comparison": row.comparison,
        "measured": row.measured,
        "measured_run": row.measured_run,
        "measured_status": row.measured_status,
        "measured_at": row.measured_at,
    }


def file_item(row: FileStored) -> dict[str, Any]:
    """A file's line; its content has an address of its own."""
    return {
        "id": row.id,
        "name": row.name,
        "media_type": row.media_type,
        "bytes": row.bytes,
        "purpose": row.purpose,
        "note": row.note,
        "at": row.created_at,
    }


def people_names(session: OfficeSession, ids: list[int | None]) -> dict[int, str]:
    """Names of people who acted on an object the caller may see."""
    wanted = [one for one in ids if one is not None]
    table = Person.__table__
    found = session.execute(select(table.c.id, table.c.name).where(table.c.id.in_(wanted))).all()
    return {one.id: one.name for one in found}


def counts_by_state(session: OfficeSession, cls: type[Any], *conditions: Any) -> dict[str, int]:
    """How many there are in each state, within the caller's scope."""
    statement = select(cls.state, func.count()).where(*conditions).group_by(cls.state)
    return {row[0]: int(row[1]) for row in session.execute(statement).all()}


def _areas(session: OfficeSession, codes: list[str]) -> dict[str, Area]:
    return {one.code: one for one in session.execute(select(Area).where(Area.code.in_(set(codes)))).scalars()}


def _area(code: str, area: Area | None) -> dict[str, Any]:
    if area is None:
        return {"code": code, "name": code, "level": "", "full_name": code}
    return {"code": area.code, "name": area.name, "level": area.level, "full_name": area.full_name}


def _children(session: OfficeSession, cls: type[Any], row: Pilot) -> list[Any]:
    statement = select(cls).where(cls.pilot_id == row.id).order_by(cls.id).limit(500).execution_options(**_PARENT)
    return list(session.execute(statement).scalars())


def _inspections(session: OfficeSession, row: Pilot) -> list[dict[str, Any]]:
    found: list[Inspection] = _children(session, Inspection, row)
    names = people_names(session, [one.person_id for one in found])
    return [
        {
            "id": one.id,
            "inspection_kind": one.kind,
            "on": one.on,
            "person": names.get(one.person_id) if one.person_id else None,
            "verdict": one.verdict,
            "items": one.items,
            "note": one.note,
        }
        for one in reversed(found)
    ]


def _tasks(session: OfficeSession, row: Pilot) -> list[dict[str, Any]]:
    statement = (
        select(Task, Organisation.short_name)
        .join(Organisation, Organisation.id == Task.org_id)
        .where(Task.pilot_id == row.id)
        .order_by(Task.due_on, Task.id)
        .limit(200)
    )
    return [
        {
            "id": one.id,
            "code": one.code,
            "title": one.title,
            "state": one.state,
            "light": one.light,
            "progress": one.progress,
            "due_on": one.due_on,
            "unit": unit,
        }
        for one, unit in session.execute(statement).all()
    ]


def _projects(session: OfficeSession, row: Pilot) -> list[dict[str, Any]]:
    found = session.rows(select(Project).where(Project.pilot_id == row.id).order_by(Project.id).limit(200))
    sums = sums_by_project(session, [one.id for one in found])
    return [
        {
            "id": one.id,
            "code": one.code,
            "name": one.name,
            "state": one.state,
            "due_on": one.due_on,
            "planned": sums.get(one.id, (0.0, 0.0))[0],
            "paid": sums.get(one.id, (0.0, 0.0))[1],
        }
        for one in found
    ]
