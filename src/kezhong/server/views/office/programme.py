"""The programme's objects on the wire: heads that all of them share, pages by key, the programme itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, select

from kezhong import clock
from kezhong.errors import InputError
from kezhong.office.models import Area, CircleDuty, Organisation, Programme, Stage, kind_of
from kezhong.office.programme.progress import Progress, progress_of_targets
from kezhong.office.programme.submissions import Kind, overview
from kezhong.office.session import OfficeSession
from kezhong.office.steps import allowed_steps
from kezhong.server.paging import digest, read_mark, write_cursor

MAX_LIMIT = 200


class Names:
    """Names of units and areas, read once for a page."""

    def __init__(self, session: OfficeSession, rows: Iterable[Any], more_units: Iterable[int | None] = ()) -> None:
        rows = list(rows)
        units = {row.org_id for row in rows} | {one for one in more_units if one is not None}
        areas = {row.area_code for row in rows}
        self.units = {
            one.id: {"id": one.id, "name": one.name, "short_name": one.short_name, "level": one.level}
            for one in session.execute(select(Organisation).where(Organisation.id.in_(units))).scalars()
        }
        self.areas = {
            one.code: {"code": one.code, "name": one.name, "level": one.level, "full_name": one.full_name}
            for one in session.execute(select(Area).where(Area.code.in_(areas))).scalars()
        }

    def unit(self, org_id: int | None) -> dict[str, Any] | None:
        """A unit, or ``None`` where there is none."""
        return self.units.get(org_id) if org_id is not None else None

    def area(self, code: str) -> dict[str, Any]:
        """An area."""
        return self.areas.get(code) or {"code": code, "name": code, "level": "", "full_name": code}


def head(session: OfficeSession, row: Any, names: Names) -> dict[str, Any]:
    """What every object with a state has on the wire."""
    found: dict[str, Any] = {
        "id": row.id,
        "version": row.version,
        "kind": kind_of(row),
        "unit": names.unit(row.org_id),
        "area": names.area(row.area_code),
        "updated_at": row.updated_at,
    }
    if hasattr(row, "state"):
        found |= {"state": row.state, "allowed": allowed_steps(session, row)}
    return found


def page(
    session: OfficeSession,
    statement: Select[Any],
    cls: type[Any],
    limit: int,
    cursor: str | None,
    question: Mapping[str, Any],
    view: Callable[[list[Any]], list[dict[str, Any]]],
) -> dict[str, Any]:
    """One page of a list, newest first, by key."""
    asked = digest(question)
    if cursor is not None:
        mark = read_mark(cursor, asked)
        if not (mark.isascii() and mark.isdecimal()):
            raise InputError("server.bad_cursor", value=cursor)
        statement = statement.where(cls.id < int(mark))
    rows = session.rows(statement.order_by(cls.id.desc()).limit(limit + 1))
    more = rows[limit:]
    rows = rows[:limit]
    return {"items": view(rows), "next_cursor": write_cursor(rows[-1].id, asked) if more else None}


def iso(value: date | datetime | None) -> str | None:
    """A day or a moment as text."""
    return None if value is None else value.isoformat()


# the programme -------------------------------------------------------------------------------------------------------


def programme_item(row: Programme) -> dict[str, Any]:
    """A line of the list of programmes."""
    return {
        "id": row.id,
        "version": row.version,
        "kind": "programme",
        "code": row.code,
        "name": row.name,
        "name_en": row.name_en,
        "template": row.template,
        "template_hash": row.template_hash,
        "starts_on": row.starts_on,
        "ends_on": row.ends_on,
        "state": row.state,
        "document": row.document,
        "text": row.text,
        "bindings": row.bindings,
    }


def programme_detail(session: OfficeSession, row: Programme, zone: str) -> dict[str, Any]:
    """The programme with stages, targets, duties and papers, as far as the caller may see them."""
    from kezhong.office.access.permissions import Permission

    today = clock.today(zone)
    stages = session.rows(select(Stage).where(Stage.programme_id == row.id).order_by(Stage.number))
    papers = overview(session, row.id) if session.actor.may(Permission.READ_SUBMISSION) else None
    return {
        **programme_item(row),
        "today": today,
        "may_write": session.actor.may(Permission.WRITE_PROGRAMME),
        "stages": [stage_item(one, today) for one in stages],
        "targets": [target_item(one, names) for one, names in _targets(session, row.id)],
        "duties": duties(session, row.id, today),
        "papers": None if papers is None else [paper_kind(one) for one in papers],
    }


def stage_item(row: Stage, today: date) -> dict[str, Any]:
    """A stage, and where today lies."""
    phase = "coming" if today < row.starts_on else "over" if today > row.ends_on else "now"
    return {
        "id": row.id,
        "version": row.version,
        "kind": "stage",
        "number": row.number,
        "code": row.code,
        "name": row.name,
        "name_en": row.name_en,
        "starts_on": row.starts_on,
        "ends_on": row.ends_on,
        "text": row.text,
        "source": row.source,
        "phase": phase,
    }


def _targets(session: OfficeSession, programme_id: int) -> list[tuple[Progress, Names]]:
    found = progress_of_targets(session, programme_id)
    names = Names(session, [one.target for one in found])
    return [(one, names) for one in found]


def target_item(one: Progress, names: Names) -> dict[str, Any]:
    """A target with what is there now."""
    row = one.target
    return {
        "id": row.id,
        "version": row.version,
        "kind": "target",
        "code": row.code,
        "name": row.name,
        "name_en": row.name_en,
        "target_kind": row.kind,
        "metric": row.metric,
        "figure_key": row.figure_key,
        "comparison": row.comparison,
        "value": row.value,
        "unit": row.unit,
        "stage_id": row.stage_id,
        "circle": row.circle,
        "due_on": row.due_on,
        "source": row.source,
        "area": names.area(row.area_code),
        "baseline": row.baseline,
        "now": {
            "value": one.value,
            "numerator": one.numerator,
            "denominator": one.denominator,
            "status": one.status,
            "share": one.share,
            "at": one.at,
            "run_id": one.run_id,
            "rows": list(one.rows),
        },
    }


def duties(session: OfficeSession, programme_id: int, today: date) -> list[dict[str, Any]]:
    """Who leads, is responsible or joins, by circle, today or from a later day on."""
    rows = session.execute(
        select(CircleDuty, Organisation.name, Organisation.short_name)
        .join(Organisation, Organisation.id == CircleDuty.organisation_id)
        .where(CircleDuty.programme_id == programme_id, CircleDuty.valid_to.is_(None) | (CircleDuty.valid_to >= today))
        .order_by(CircleDuty.id)
    ).all()
    return [
        {
            "id": duty.id,
            "circle": duty.circle,
            "duty": duty.duty,
            "organisation_id": duty.organisation_id,
            "name": name,
            "short_name": short,
            "valid_from": duty.valid_from,
            "valid_to": duty.valid_to,
        }
        for duty, name, short in rows
    ]


def paper_kind(one: Kind) -> dict[str, Any]:
    """A kind of paper with who is missing."""
    return {
        "code": one.code,
        "name": one.name,
        "name_en": one.name_en,
        "submission_kind": one.kind,
        "due_on": one.due_on,
        "total": one.total,
        "handed_in": one.handed_in,
        "received": one.received,
        "late": one.late,
        "missing": list(one.missing),
        "waiting": list(one.waiting),
        "returned": list(one.returned),
    }
