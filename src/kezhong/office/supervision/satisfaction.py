"""Residents' satisfaction as it was surveyed: how many were asked, how many satisfied, by which method, from where."""

from __future__ import annotations

from sqlalchemy import select

from kezhong import clock
from kezhong.errors import InputError
from kezhong.office.access.permissions import Permission
from kezhong.office.models import Area, Organisation, Satisfaction
from kezhong.office.session import OfficeSession
from kezhong.office.supervision.periods import parse_period


def enter(
    session: OfficeSession,
    area_code: str,
    period: str,
    asked: int,
    satisfied: int,
    *,
    method: str,
    source: str,
    note: str = "",
) -> Satisfaction:
    """Enter one survey of an area.

    Raises
    ------
    InputError
        More satisfied than asked, nobody asked, or the period is none.
    NotFoundError
        There is no such area.
    """
    if asked <= 0 or not 0 <= satisfied <= asked:
        raise InputError("appraisal.bad_satisfaction", asked=asked, satisfied=satisfied)
    when = parse_period(period)
    area = session.one(Area, area_code)
    office = _office_over(session, area)
    row = Satisfaction(
        period=when.text, starts_on=when.first, ends_on=when.last, asked=asked, satisfied=satisfied,
        method=method.strip(), source=source.strip(), note=note.strip(), area_code=area.code, area_path=area.path,
        org_id=office.id, org_path=office.path, department=office.department,
    )  # fmt: skip
    with session.because("satisfaction.enter", source):
        session.create(row, Permission.WRITE_MEASUREMENT)
        session.flush()
    return row


def withdraw(session: OfficeSession, key: int, reason: str) -> Satisfaction:
    """Count a survey no longer: it was entered by mistake. It stays readable."""
    row = session.one(Satisfaction, key, Permission.WRITE_MEASUREMENT)
    if row.withdrawn_at is None:
        with session.because("satisfaction.withdraw", reason):
            row.withdrawn_at, row.note = clock.now(), reason.strip()
    return row


def surveys(session: OfficeSession, limit: int, after: int | None = None) -> list[Satisfaction]:
    """Surveys within the actor's scope, newest first."""
    statement = select(Satisfaction).order_by(Satisfaction.id.desc()).limit(limit)
    if after is not None:
        statement = statement.where(Satisfaction.id < after)
    return session.rows(statement)


def _office_over(session: OfficeSession, area: Area) -> Organisation:
    """The unit whose area it is, or the nearest above: a survey belongs to the place, not to who typed it in."""
    kinds = ("government", "street_office", "community_committee")
    statement = select(Organisation).where(Organisation.kind.in_(kinds), Organisation.valid_to.is_(None))
    above: list[Organisation] = [one for one in session.rows(statement) if area.path.startswith(one.area_path)]
    if above:
        return max(above, key=lambda one: len(one.area_path))
    office: Organisation = session.rows(select(Organisation).where(Organisation.kind.in_(("office", "leading_group"))))[
        0
    ]
    return office
