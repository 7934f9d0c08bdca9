"""Where a person's rows lie: the five columns of a scoped row, from a unit."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from kezhong import clock
from kezhong.errors import ConflictError, NotFoundError
from kezhong.office.models import Area, Organisation
from kezhong.office.session import OfficeSession


def place_of(unit: Organisation, area: Area | None = None) -> dict[str, Any]:
    """The place of a row that belongs to a unit; in the unit's area, or in a given one."""
    return {
        "area_code": unit.area_code if area is None else area.code,
        "area_path": unit.area_path if area is None else area.path,
        "org_id": unit.id,
        "org_path": unit.path,
        "department": unit.department,
    }


def last_day() -> date:
    """The last day of what ends now: dates of validity name days that count, so this is yesterday."""
    return clock.today() - timedelta(days=1)


def unit_in_force(session: OfficeSession, org_id: int) -> Organisation:
    """A unit that exists today.

    Raises
    ------
    NotFoundError
        There is none with this id.
    ConflictError
        It was dissolved or merged; with its successor.
    """
    unit = session.get(Organisation, org_id)
    if unit is None:
        raise NotFoundError("office.no_such", kind="organisation", value=org_id)
    if unit.valid_to is not None and unit.valid_to < clock.today():
        successor = session.get(Organisation, unit.successor_id) if unit.successor_id else None
        raise ConflictError(
            "organisation.ended", value=unit.name, on=unit.valid_to, successor=successor.name if successor else "–"
        )
    return unit
