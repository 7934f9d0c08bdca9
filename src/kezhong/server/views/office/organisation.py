"""Units and grid teams as values for the wire."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select

from kezhong.office.access.permissions import Permission
from kezhong.office.access.scope import covers
from kezhong.office.models import Area, GridTeam, Organisation, OrganisationChange, Person
from kezhong.office.organisation.grid_teams import members_of, team_templates, vacancies
from kezhong.office.organisation.succession import open_work
from kezhong.office.organisation.versions import history_of
from kezhong.office.session import OfficeSession

_WRITE = Permission.WRITE_ORGANISATION


def units(session: OfficeSession, rows: Sequence[Organisation]) -> list[dict[str, Any]]:
    """Units in a list, with the number of people whom the caller may see there."""
    areas: dict[str, str] = {row[0]: row[1] for row in session.execute(select(Area.code, Area.name))}
    people: dict[int, int] = {
        row[0]: row[1]
        for row in session.execute(
            select(Person.org_id, func.count()).where(Person.status == "active").group_by(Person.org_id)
        )
    }
    return [
        {
            "id": row.id,
            "version": row.version,
            "kind": "organisation",
            "code": row.code,
            "name": row.name,
            "short_name": row.short_name,
            "unit_kind": row.kind,
            "level": row.level,
            "department": row.department,
            "parent_id": row.parent_id,
            "area_code": row.area_code,
            "area": areas.get(row.area_code, row.area_code),
            "valid_from": row.valid_from,
            "valid_to": row.valid_to,
            "successor_id": row.successor_id,
            "people": people.get(row.id, 0),
            "editable": row.valid_to is None and covers(session.actor, _WRITE, row.area_path, row.path, row.department),
        }
        for row in rows
    ]


def detail(session: OfficeSession, row: Organisation) -> dict[str, Any]:
    """A unit with history, planned changes and – for whoever may change it – its open work."""
    value = units(session, [row])[0]
    changes = session.scalars(
        select(OrganisationChange)
        .where(OrganisationChange.organisation_id == row.id)
        .order_by(OrganisationChange.effective_on, OrganisationChange.id)
    )
    return {
        **value,
        "history": [
            {
                "name": line.name,
                "short_name": line.short_name,
                "department": line.department,
                "parent_id": line.parent_id,
                "valid_from": line.valid_from,
                "valid_to": line.valid_to,
                "change": line.change,
                "document": line.document,
                "note": line.note,
            }
            for line in history_of(session, row.id)
        ],
        "changes": [change(one) for one in changes],
        "open_work": open_work(session, row.id) if value["editable"] else {},
    }


def change(row: OrganisationChange) -> dict[str, Any]:
    """A planned change."""
    return {
        "id": row.id,
        "version": row.version,
        "organisation_id": row.organisation_id,
        "change": row.change,
        "values": row.values,
        "effective_on": row.effective_on,
        "document": row.document,
        "note": row.note,
        "state": row.state,
        "applied_at": row.applied_at,
        "problem": row.problem,
    }


def teams(session: OfficeSession, rows: Sequence[GridTeam]) -> list[dict[str, Any]]:
    """Grid teams with members; of people out of the caller's scope the post is told and not the name."""
    found = members_of(session, [row.id for row in rows])
    ids = {member.person_id for member in found}
    names: dict[int, str] = {
        row[0]: row[1] for row in session.execute(select(Person.id, Person.name).where(Person.id.in_(ids)))
    }
    areas: dict[str, str] = {row[0]: row[1] for row in session.execute(select(Area.code, Area.name))}
    org_ids = [row.organisation_id for row in rows]
    orgs = {unit.id: unit for unit in session.scalars(select(Organisation).where(Organisation.id.in_(org_ids)))}
    values = []
    for row in rows:
        members = [member for member in found if member.team_id == row.id]
        unit = orgs[row.organisation_id]
        values.append(
            {
                "id": row.id,
                "version": row.version,
                "kind": "grid_team",
                "code": row.code,
                "name": row.name,
                "template": row.template,
                "area_code": row.area_code,
                "area": areas.get(row.area_code, row.area_code),
                "grid_code": row.grid_code,
                "organisation_id": row.organisation_id,
                "organisation": unit.name,
                "members": [
                    {
                        "id": member.id,
                        "person_id": member.person_id,
                        "name": names.get(member.person_id, ""),
                        "post": member.post,
                        "valid_from": member.valid_from,
                    }
                    for member in members
                ],
                "vacant": [post.id for post in vacancies(row.template, [member.post for member in members])],
                "editable": covers(session.actor, _WRITE, unit.area_path, unit.path, unit.department),
            }
        )
    return values


def templates() -> list[dict[str, Any]]:
    """The forms of grid teams."""
    return [
        {
            "id": form.id,
            "zh": form.zh,
            "en": form.en,
            "source": form.source,
            "assumed": form.assumed,
            "posts": [
                {"id": post.id, "zh": post.zh, "en": post.en, "min": post.least, "max": post.most}
                for post in form.posts
            ],
        }
        for form in team_templates().values()
    ]
