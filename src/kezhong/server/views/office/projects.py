"""Projects, money, sites, offers, notes and applications as the wire shows them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from kezhong.office.access.permissions import Permission
from kezhong.office.access.scope import covers
from kezhong.office.models import Application, Experience, Money, Offer, Pilot, Project, SiteUse
from kezhong.office.programme.community import masked
from kezhong.office.programme.projects import money_of, sums_by_project
from kezhong.office.programme.submissions import files_of
from kezhong.office.session import OfficeSession
from kezhong.office.steps import course
from kezhong.server.views.office.pilots import file_item
from kezhong.server.views.office.programme import Names, head

_PARENT = {"through_parent": True}


def project_items(session: OfficeSession, rows: list[Project]) -> list[dict[str, Any]]:
    """Lines of the list, with their money."""
    names = Names(session, rows)
    sums = sums_by_project(session, [row.id for row in rows])
    return [_project(session, row, names, sums.get(row.id, (0.0, 0.0))) for row in rows]


def _project(session: OfficeSession, row: Project, names: Names, money: tuple[float, float]) -> dict[str, Any]:
    return {
        **head(session, row, names),
        "programme_id": row.programme_id,
        "pilot_id": row.pilot_id,
        "code": row.code,
        "name": row.name,
        "circle": row.circle,
        "element": row.element,
        "remedy": row.remedy,
        "shortfall_id": row.shortfall_id,
        "starts_on": row.starts_on,
        "due_on": row.due_on,
        "progress": row.progress,
        "planned": money[0],
        "paid": money[1],
        "lon": row.lon,
        "lat": row.lat,
    }


def project_detail(session: OfficeSession, row: Project) -> dict[str, Any]:
    """A project with its money, sites, offers, files and course."""
    names = Names(session, [row], [row.proposed_by_id])
    money = money_of(session, row)
    sums = sums_by_project(session, [row.id]).get(row.id, (0.0, 0.0))
    uses = session.execute(select(SiteUse).where(SiteUse.project_id == row.id).execution_options(**_PARENT)).scalars()
    offers = session.rows(select(Offer).where(Offer.project_id == row.id).order_by(Offer.id).limit(100))
    pilot = session.rows(select(Pilot.name).where(Pilot.id == row.pilot_id)) if row.pilot_id else []
    by = names.unit(row.proposed_by_id)
    own = session.actor.may(Permission.WRITE_PROJECT) and covers(
        session.actor, Permission.WRITE_PROJECT, row.area_path, row.org_path, row.department
    )
    return {
        **_project(session, row, names, sums),
        "scale": row.scale,
        "scale_unit": row.scale_unit,
        "address": row.address or "",
        "operator": row.operator or "",
        "expected_people": row.expected_people,
        "note": row.note or "",
        "shortfall": row.shortfall,
        "proposed_by": by["name"] if by else None,
        "pilot": pilot[0] if pilot else None,
        "money": [money_item(one) for one in money],
        "sites": use_items(session, list(uses)),
        "offers": offer_items(session, offers),
        "course": course(session, row),
        "files": [file_item(one) for one in files_of(session, row)],
        "may_write": own,
    }


def money_item(row: Money) -> dict[str, Any]:
    """A source of money."""
    return {
        "id": row.id,
        "version": row.version,
        "project_id": row.project_id,
        "money_kind": row.kind,
        "source": row.source,
        "planned": row.planned,
        "paid": row.paid,
        "document": row.document,
        "year": row.year,
    }


def use_items(session: OfficeSession, rows: list[SiteUse]) -> list[dict[str, Any]]:
    """Uses of idle assets."""
    names = Names(session, rows)
    return [
        {
            **head(session, row, names),
            "project_id": row.project_id,
            "site_id": row.site_id,
            "name": row.name,
            "site_kind": row.kind,
            "area_m2": row.area_m2,
            "used_m2": row.used_m2,
            "used_from": row.used_from,
            "use": row.use,
            "lon": row.lon,
            "lat": row.lat,
        }
        for row in rows
    ]


def offer_items(session: OfficeSession, rows: list[Offer], *, reveal: bool = False) -> list[dict[str, Any]]:
    """Offers; names and contacts masked unless they were asked for, and noted, before."""
    names = Names(session, rows)
    return [
        {
            **head(session, row, names),
            "from_kind": row.from_kind,
            "from_name": row.from_name if reveal else masked(row.from_name),
            "contact": row.contact if reveal else masked(row.contact),
            "revealed": reveal,
            "offer_kind": row.kind,
            "text": row.text,
            "reply": row.reply,
            "project_id": row.project_id,
            "created_at": row.created_at,
        }
        for row in rows
    ]


def offer_detail(session: OfficeSession, row: Offer, *, reveal: bool = False) -> dict[str, Any]:
    """An offer with its course."""
    return {
        **offer_items(session, [row], reveal=reveal)[0],
        "course": course(session, row),
        "may_reveal": session.actor.may(Permission.REVEAL_PEOPLE),
    }


def experience_items(session: OfficeSession, rows: list[Experience]) -> list[dict[str, Any]]:
    """Notes on what worked."""
    names = Names(session, rows)
    right = Permission.WRITE_EXPERIENCE
    return [
        {
            **head(session, row, names),
            "pilot_id": row.pilot_id,
            "circle": row.circle,
            "title": row.title,
            "text": row.text,
            "published_at": row.published_at,
            "may_write": session.actor.may(right)
            and covers(session.actor, right, row.area_path, row.org_path, row.department),
        }
        for row in rows
    ]


def application_items(session: OfficeSession, rows: list[Application]) -> list[dict[str, Any]]:
    """Applications for provincial and national pilots."""
    names = Names(session, rows)
    return [
        {
            **head(session, row, names),
            "programme_id": row.programme_id,
            "level": row.level,
            "code": row.code,
            "name": row.name,
            "name_en": row.name_en,
            "scheme": row.scheme,
            "pilot_id": row.pilot_id,
            "due_on": row.due_on,
            "result": row.result,
            "note": row.note,
        }
        for row in rows
    ]


def application_detail(session: OfficeSession, row: Application) -> dict[str, Any]:
    """An application with its course and files."""
    return {
        **application_items(session, [row])[0],
        "course": course(session, row),
        "files": [file_item(one) for one in files_of(session, row)],
    }
