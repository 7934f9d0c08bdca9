"""Where a row lies and whose it is: the columns of the scope, from a unit and, where it differs, an area."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from kezhong import clock
from kezhong.errors import NotFoundError, PermissionDeniedError
from kezhong.office.access.permissions import Permission
from kezhong.office.models import Area, Organisation
from kezhong.office.session import OfficeSession


def place_of(unit: Organisation, area: Area | None = None) -> dict[str, Any]:
    """Columns of a scoped row of ``unit``, in its own area or in ``area``."""
    return {
        "area_code": area.code if area is not None else unit.area_code,
        "area_path": area.path if area is not None else unit.area_path,
        "org_id": unit.id,
        "org_path": unit.path,
        "department": unit.department,
    }


def same_place(row: Any) -> dict[str, Any]:
    """Columns of a child that is seen where its parent is."""
    return {name: getattr(row, name) for name in ("area_code", "area_path", "org_id", "org_path", "department")}


def unit_of(session: OfficeSession, org_id: int) -> Organisation:
    """A unit in force.

    Raises
    ------
    NotFoundError
        There is none with this id, or it was dissolved.
    """
    unit = session.execute(select(Organisation).where(Organisation.id == org_id)).scalars().first()
    if unit is None or (unit.valid_to is not None and unit.valid_to < clock.today()):
        raise NotFoundError("office.no_such", kind="organisation", value=org_id)
    return unit


def area_of(session: OfficeSession, code: str) -> Area:
    """An area by its code.

    Raises
    ------
    NotFoundError
        There is none.
    """
    area = session.execute(select(Area).where(Area.code == code)).scalars().first()
    if area is None:
        raise NotFoundError("office.no_such", kind="area", value=code)
    return area


def district_of(session: OfficeSession, area_path: str) -> Area | None:
    """The district in which a path lies; ``None`` for the city itself."""
    steps = area_path.rstrip("/").split("/")
    if len(steps) < 2:
        return None
    area = session.execute(select(Area).where(Area.code == steps[1])).scalars().first()
    return area if area is not None and area.level == "district" else None


def acting_unit(session: OfficeSession, permission: Permission, area_path: str = "") -> Organisation:
    """The unit for which the actor does something: of the grants that hold the permission, the nearest to the area.

    For the system, which has no grants, the leading-group office.

    Raises
    ------
    PermissionDeniedError
        No unit of the actor's may do this there.
    """
    session.actor.require(permission)
    grants = [
        one for one in session.actor.grants_for(permission) if area_path.startswith(one.area_path) or not area_path
    ]
    wanted = select(Organisation)
    if session.actor.everything:
        wanted = wanted.where(Organisation.kind == "office", Organisation.level == "city")
    elif grants:
        wanted = wanted.where(Organisation.id == max(grants, key=lambda one: len(one.area_path)).org_id)
    else:
        raise PermissionDeniedError("office.out_of_scope", permission=permission.value)
    unit = session.execute(wanted).scalars().first()
    if unit is None:
        raise PermissionDeniedError("office.out_of_scope", permission=permission.value)
    return unit


def unit_for_line(session: OfficeSession, department: str | None, area_path: str) -> Organisation | None:
    """The unit of a line (条线) nearest to an area: the district's department, else the city's.

    Without a department: the district's government.
    """
    district = district_of(session, area_path)
    in_force = Organisation.valid_to.is_(None) | (Organisation.valid_to >= clock.today())
    wanted = select(Organisation).where(in_force)
    if department is None:
        wanted = wanted.where(Organisation.kind == "government")
    else:
        wanted = wanted.where(Organisation.department == department)
    found = list(session.execute(wanted.where(Organisation.level.in_(("city", "district")))).scalars())
    if district is not None:
        for unit in found:
            if unit.level == "district" and unit.area_code == district.code:
                return unit
    return next((unit for unit in found if unit.level == "city"), None)
