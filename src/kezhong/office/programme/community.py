"""Residents' offers (共建), notes on what worked (总结经验), applications to the level above (申报)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import select

from kezhong import clock
from kezhong.errors import ConflictError, InputError
from kezhong.office.access.permissions import Permission
from kezhong.office.models import Application, Experience, Offer, Pilot, Programme, Project
from kezhong.office.programme.places import acting_unit, area_of, place_of, unit_of
from kezhong.office.session import OfficeSession
from kezhong.office.telling.deadlines import due_at

# offers --------------------------------------------------------------------------------------------------------------


def register_offer(session: OfficeSession, *, area_code: str, org_id: int | None = None, **values: Any) -> Offer:
    """Register what somebody offers; the unit answers for it, by default the actor's own.

    Raises
    ------
    NotFoundError, PermissionDeniedError
        No such area or unit, or not the actor's.
    """
    area = area_of(session, area_code)
    own = acting_unit(session, Permission.WRITE_OFFER, area.path)
    unit = unit_of(session, org_id) if org_id else own
    row = Offer(registered_by_id=own.id, **values, **place_of(unit, area))
    with session.because("offer.register"):
        session.create(row, Permission.WRITE_OFFER)
        session.flush()
    return row


def link_offer(session: OfficeSession, offer_id: int, version: int, project_id: int | None) -> Offer:
    """Say which project an offer goes into."""
    row = session.one(Offer, offer_id, Permission.WRITE_OFFER, version=version)
    if project_id is not None:
        session.one(Project, project_id)
    with session.because("offer.link"):
        row.project_id = project_id
    return row


def masked(text: str) -> str:
    """A name or a number of which one recognises only one's own: 王**, 138****0000."""
    text = text.strip()
    if len(text) >= 7 and any(one.isdigit() for one in text):
        return f"{text[:3]}{'*' * (len(text) - 7)}{text[-4:]}" if len(text) > 7 else f"{text[:2]}*****"
    return text[:1] + "*" * (len(text) - 1) if text else ""


def reveal_offer(session: OfficeSession, offer_id: int) -> Offer:
    """An offer with its personal data in clear; the reading is written into the audit.

    Raises
    ------
    PermissionDeniedError
        The actor may not see contact data.
    """
    session.actor.require(Permission.REVEAL_PEOPLE)
    row = session.one(Offer, offer_id, Permission.REVEAL_PEOPLE)
    session.audit.note(
        "personal.read", "offer", row.id, area_path=row.area_path, org_path=row.org_path, fields="from_name, contact"
    )
    return row


# notes ---------------------------------------------------------------------------------------------------------------


def write_experience(
    session: OfficeSession, *, title: str, text: str, circle: str | None = None, pilot_id: int | None = None
) -> Experience:
    """A note on what worked, of the actor's unit; others see it once it is published."""
    if pilot_id is not None:
        session.one(Pilot, pilot_id)
    unit = acting_unit(session, Permission.WRITE_EXPERIENCE)
    row = Experience(title=title, text=text, circle=circle, pilot_id=pilot_id, **place_of(unit))
    with session.because("experience.write"):
        session.create(row, Permission.WRITE_EXPERIENCE)
        session.flush()
    return row


def change_experience(session: OfficeSession, note_id: int, version: int, changes: Mapping[str, Any]) -> Experience:
    """Change a note; ``published`` publishes it or takes it back."""
    row = session.one(Experience, note_id, Permission.WRITE_EXPERIENCE, version=version)
    _own(session, row)
    published = changes.get("published")
    with session.because("experience.publish" if published is not None else "experience.change"):
        for name, value in changes.items():
            if name != "published":
                setattr(row, name, value)
        if published is not None:
            row.published_at = (row.published_at or clock.now()) if published else None
    return row


def _own(session: OfficeSession, row: Experience) -> None:
    """A published note is seen by everybody, and still changed by its own unit, or the office, only."""
    from kezhong.errors import PermissionDeniedError
    from kezhong.office.access.scope import covers

    right = Permission.WRITE_EXPERIENCE
    if not covers(session.actor, right, row.area_path, row.org_path, row.department):
        raise PermissionDeniedError("office.out_of_scope", permission=right.value)


# applications --------------------------------------------------------------------------------------------------------


def prepare_application(
    session: OfficeSession,
    *,
    programme_id: int,
    level: str,
    name: str,
    scheme: str,
    pilot_id: int | None = None,
    due_on: date | None = None,
    note: str = "",
) -> Application:
    """Begin an application for a provincial or national pilot.

    Raises
    ------
    InputError
        The pilot is of another programme.
    """
    programme = session.one(Programme, programme_id)
    area_path = ""
    if pilot_id is not None:
        pilot = session.one(Pilot, pilot_id)
        area_path = pilot.area_path
        if pilot.programme_id != programme.id:
            raise InputError("programme.other_programme", column="pilot_id", value=pilot_id)
    unit = acting_unit(session, Permission.WRITE_APPLICATION, area_path)
    row = Application(
        programme_id=programme.id, level=level, name=name, scheme=scheme, pilot_id=pilot_id, due_on=due_on,
        due_at=due_at(session, due_on), note=note, **place_of(unit),
    )  # fmt: skip
    with session.because("application.prepare"):
        session.create(row, Permission.WRITE_APPLICATION)
        session.flush()
    return row


def change_application(
    session: OfficeSession, application_id: int, version: int, changes: Mapping[str, Any]
) -> Application:
    """Change an application that is still being prepared.

    Raises
    ------
    ConflictError
        It was handed on.
    """
    row = session.one(Application, application_id, Permission.WRITE_APPLICATION, version=version)
    if row.state != "preparing":
        raise ConflictError("programme.application_closed", value=row.name)
    if changes.get("pilot_id") is not None and session.one(Pilot, changes["pilot_id"]).programme_id != row.programme_id:
        raise InputError("programme.other_programme", column="pilot_id", value=changes["pilot_id"])
    with session.because("application.change"):
        for name, value in changes.items():
            setattr(row, name, value)
        if "due_on" in changes:
            row.due_at = due_at(session, row.due_on)
    return row


def published(session: OfficeSession) -> list[Experience]:
    """Notes the actor may read: published ones and those of the own scope, newest first."""
    return session.rows(select(Experience).order_by(Experience.id.desc()).limit(200))
