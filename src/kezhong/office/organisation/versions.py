"""What units were called, and where they belonged, from which day to which: the history that is never rewritten."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import or_, select

from kezhong.errors import NotFoundError
from kezhong.office.models import Organisation, OrganisationVersion
from kezhong.office.session import OfficeSession


@dataclass(frozen=True, slots=True)
class Order:
    """By what, from when, and why a unit changes."""

    effective_on: date
    document: str | None = None
    note: str | None = None


def name_at(session: OfficeSession, org_id: int, day: date) -> str:
    """What the unit was called on a day; of one that had ended by then, its successor's name.

    Raises
    ------
    NotFoundError
        There is no such unit.
    """
    seen: set[int] = set()
    while True:
        unit = session.get(Organisation, org_id)
        if unit is None:
            raise NotFoundError("office.no_such", kind="organisation", value=org_id)
        seen.add(org_id)
        if unit.valid_to is not None and unit.valid_to < day and unit.successor_id and unit.successor_id not in seen:
            org_id = unit.successor_id
            continue
        version = session.scalar(
            select(OrganisationVersion)
            .where(
                OrganisationVersion.organisation_id == org_id,
                OrganisationVersion.valid_from <= day,
                or_(OrganisationVersion.valid_to.is_(None), OrganisationVersion.valid_to >= day),
            )
            .order_by(OrganisationVersion.id.desc())
            .limit(1)
        )
        if version is not None:
            return version.name
        first = session.scalar(
            select(OrganisationVersion)
            .where(OrganisationVersion.organisation_id == org_id)
            .order_by(OrganisationVersion.valid_from, OrganisationVersion.id)
            .limit(1)
        )
        return unit.name if first is None or day >= first.valid_from else first.name


def history_of(session: OfficeSession, org_id: int) -> list[OrganisationVersion]:
    """Versions of a unit, oldest first."""
    statement = select(OrganisationVersion).where(OrganisationVersion.organisation_id == org_id)
    return list(session.scalars(statement.order_by(OrganisationVersion.id)))


def version_row(
    unit: Organisation, change: str, order: Order, *, valid_from: date | None = None, valid_to: date | None = None
) -> OrganisationVersion:
    return OrganisationVersion(
        organisation_id=unit.id,
        name=unit.name,
        short_name=unit.short_name,
        department=unit.department,
        parent_id=unit.parent_id,
        valid_from=valid_from or order.effective_on,
        valid_to=valid_to,
        change=change,
        document=order.document,
        note=order.note,
    )


def first_version(session: OfficeSession, unit: Organisation) -> None:
    """A unit that came without a history gets the first line of it, before anything changes."""
    have = select(OrganisationVersion.id).where(OrganisationVersion.organisation_id == unit.id).limit(1)
    if session.scalar(have) is None:
        session.add(version_row(unit, "created", Order(unit.valid_from)))
        session.flush()


def next_version(session: OfficeSession, unit: Organisation, change: str, order: Order, *, ends: bool = False) -> None:
    before = order.effective_on - timedelta(days=1)
    for version in history_of(session, unit.id):
        if version.valid_to is None or version.valid_to > before:
            version.valid_to = before
    # The last line of a unit that ended covers no day: it says what happened, and by which paper.
    session.add(version_row(unit, change, order, valid_to=before if ends else None))
    session.flush()
