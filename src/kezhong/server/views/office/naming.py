"""Names and moments of the office's rows on the wire."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from kezhong import clock
from kezhong.office.models import Area, Organisation
from kezhong.office.session import OfficeSession


def stamp(moment: datetime | None) -> str | None:
    """A moment of the wire."""
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def last_day(moment: datetime | None) -> str | None:
    """The day that a deadline ends: the moment itself is the first of the next."""
    return None if moment is None else clock.local_day(moment - timedelta(seconds=1)).isoformat()


class Names:
    """Names of areas and units of some rows, asked for once."""

    def __init__(self, session: OfficeSession, rows: Iterable[Any]) -> None:
        found = list(rows)
        areas = {row.area_code for row in found}
        units = {row.org_id for row in found}
        self.areas = {
            one.code: one for one in session.scalars(select(Area).where(Area.code.in_(areas)))
        }  # fmt: skip
        unit = Organisation.__table__
        self.units: dict[int, str] = {
            one.id: one.short_name
            for one in session.execute(select(unit.c.id, unit.c.short_name).where(unit.c.id.in_(units)))
        }

    def area(self, code: str) -> str:
        """Full name of an area."""
        return self.areas[code].full_name if code in self.areas else code

    def unit(self, org_id: int) -> str:
        """Short name of a unit."""
        return self.units.get(org_id, "")
