"""What a change of a unit must fulfil before anything is done."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from kezhong import clock
from kezhong.errors import ConflictError, InputError, PermissionDeniedError
from kezhong.office.access.permissions import Permission
from kezhong.office.access.scope import covers
from kezhong.office.identity.places import unit_in_force
from kezhong.office.models import Organisation
from kezhong.office.models.organisation import LEVELS
from kezhong.office.session import OfficeSession

_WRITE = Permission.WRITE_ORGANISATION
#: Nobody plans the renaming of a bureau for later than this.
_FURTHEST = timedelta(days=366 * 2)


def require_unit(session: OfficeSession, unit: Organisation) -> None:
    """Refuse to change a unit outside the caller's scope: units themselves are public and carry none.

    Raises
    ------
    PermissionDeniedError
        Not within the scope of ``organisation:write``.
    """
    if not covers(session.actor, _WRITE, unit.area_path, unit.path, unit.department):
        raise PermissionDeniedError("office.out_of_scope", permission=_WRITE.value)


def check_values(session: OfficeSession, unit: Organisation, change: str, values: Mapping[str, Any]) -> None:
    if change == "rename":
        check_name(values.get("name"))
        check_department(values.get("department"))
    elif change == "move":
        _check_parent(session, unit, values.get("parent_id"))
    elif change == "split":
        parts = values.get("parts") or []
        if not parts:
            raise InputError("organisation.no_parts")
        for part in parts:
            check_name(part.get("name"))
    elif change == "merge":
        if values.get("into") is None:
            raise InputError("organisation.no_successor")
        _check_successor(session, unit, values["into"])
        for other in values.get("others") or ():
            found = unit_in_force(session, other)
            require_unit(session, found)
            _check_successor(session, found, values["into"])
    elif values.get("successor") is not None:
        _check_successor(session, unit, values["successor"])


def _check_parent(session: OfficeSession, unit: Organisation, parent_id: int | None) -> None:
    if parent_id is None:
        return
    parent = unit_in_force(session, parent_id)
    require_unit(session, parent)
    if parent.path.startswith(unit.path):
        raise ConflictError("organisation.below_itself", value=unit.name, parent=parent.name)
    if LEVELS.index(parent.level) > LEVELS.index(unit.level):
        raise InputError("organisation.level_above", value=unit.name, parent=parent.name)


def _check_successor(session: OfficeSession, unit: Organisation, into_id: int) -> None:
    into = unit_in_force(session, into_id)
    require_unit(session, into)
    if into.path.startswith(unit.path):
        raise ConflictError("organisation.below_itself", value=unit.name, parent=into.name)


def check_day(day: date, valid_from: date | None) -> None:
    today = clock.today()
    first = date(today.year, 1, 1)
    if valid_from is not None and valid_from > first:
        first = valid_from
    if not first <= day <= today + _FURTHEST:
        raise InputError("organisation.bad_day", value=day, first=first, last=today + _FURTHEST)


def check_name(value: Any) -> str:
    text = str(value or "").strip()
    if not text or len(text) > 80:
        raise InputError("organisation.bad_name", value=text[:80] or "–")
    return text


def check_department(value: Any) -> str | None:
    """A line of the catalogue, or none."""
    from kezhong.catalogue import load_catalogue

    if not value:
        return None
    known = load_catalogue().departments
    if value not in known:
        raise InputError("organisation.bad_department", value=value, expected=", ".join(known))
    return str(value)


def children_of(session: OfficeSession, unit: Organisation) -> list[Organisation]:
    statement = select(Organisation).where(Organisation.parent_id == unit.id, Organisation.valid_to.is_(None))
    return list(session.scalars(statement.order_by(Organisation.id)))
