"""Idle assets (闲置资产): the city's ledger of sites, read by key, and which of them are taken into use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import select

from kezhong.city.workspace import City
from kezhong.errors import ConflictError, InputError, NotFoundError
from kezhong.office.access.permissions import Permission
from kezhong.office.models import Project, SiteUse
from kezhong.office.programme.places import acting_unit, area_of, place_of
from kezhong.office.session import OfficeSession

#: Land that is kept free on purpose is no idle asset.
RESERVE = "reserve"


def idle_sites(city: City) -> list[dict[str, Any]]:
    """Every idle asset of the city's newest snapshot, with the community it lies in; empty without the layer."""
    if not city.has("sites"):
        return []
    frame = city.geo("sites")
    frame = frame[(frame["kind"] != RESERVE).to_numpy(dtype=bool)].reset_index(drop=True)
    points = np.array(
        [None if shape is None else shape.representative_point() for shape in frame.geometry], dtype=object
    )
    places = city.areas.locate(points) if len(frame) else np.array([], dtype=object)
    found = []
    for row, point, place in zip(frame.to_dict("records"), points, places, strict=True):
        found.append(
            {
                "site_id": str(row["site_id"]),
                "name": _text(row["name"]) or str(row["site_id"]),
                "kind": str(row["kind"]),
                "land_m2": _number(row["land_m2"]),
                "floor_area_m2": _number(row["floor_area_m2"]),
                "owner": _text(row["owner"]),
                "area_code": _text(place),
                "lon": None if point is None else round(point.x, 6),
                "lat": None if point is None else round(point.y, 6),
            }
        )
    return sorted(found, key=lambda one: one["site_id"])


def site(city: City, site_id: str) -> dict[str, Any]:
    """An idle asset by its id.

    Raises
    ------
    NotFoundError
        The newest snapshot has none with this id.
    """
    for one in idle_sites(city):
        if one["site_id"] == site_id:
            return one
    raise NotFoundError("programme.no_site", value=site_id)


def uses(session: OfficeSession) -> dict[str, SiteUse]:
    """Uses by site. Read past the scope: whether a site of the public ledger is taken is known to everybody."""
    statement = select(SiteUse).order_by(SiteUse.id).execution_options(through_parent=True)
    return {one.site_id: one for one in session.execute(statement).scalars()}


def site_summary(sites: list[dict[str, Any]], used: Mapping[str, SiteUse]) -> dict[str, Any]:
    """Sites and floor or land, taken into use ÷ all; ``None`` where the ledger gives no areas."""
    taken = [one for one in sites if one["site_id"] in used]
    whole = sum(one["floor_area_m2"] or one["land_m2"] or 0 for one in sites)
    filled = sum(used[one["site_id"]].used_m2 or 0 for one in taken)
    return {
        "sites": len(sites),
        "used": len(taken),
        "share": len(taken) / len(sites) if sites else None,
        "m2": whole,
        "used_m2": filled,
        "m2_share": min(1.0, filled / whole) if whole else None,
    }


def take_site(session: OfficeSession, city: City, site_id: str, values: Mapping[str, Any]) -> SiteUse:
    """Take an idle asset into use: ``use``, ``used_m2``, ``used_from``, ``project_id``.

    Raises
    ------
    NotFoundError
        No such site or project.
    ConflictError
        It is in use already.
    InputError
        It lies in no community, or more is used than there is.
    """
    found = site(city, site_id)
    if site_id in uses(session):
        raise ConflictError("programme.site_taken", value=found["name"])
    if not found["area_code"]:
        raise InputError("programme.site_nowhere", column="site_id", value=found["name"])
    area = area_of(session, found["area_code"])
    project_id = values.get("project_id")
    if project_id is not None:
        session.one(Project, project_id, Permission.WRITE_PROJECT)
    row = SiteUse(
        site_id=site_id, name=found["name"], kind=found["kind"], lon=found["lon"], lat=found["lat"],
        area_m2=found["floor_area_m2"] or found["land_m2"], **dict(values),
        **place_of(acting_unit(session, Permission.WRITE_PROJECT, area.path), area),
    )  # fmt: skip
    _check(row)
    with session.because("site.use"):
        session.create(row, Permission.WRITE_PROJECT)
        session.flush()
    return row


def change_use(session: OfficeSession, use_id: int, version: int, changes: Mapping[str, Any]) -> SiteUse:
    """Change a use. Raises as :func:`take_site`."""
    row = session.one(SiteUse, use_id, Permission.WRITE_PROJECT, version=version)
    if changes.get("project_id") is not None:
        session.one(Project, changes["project_id"], Permission.WRITE_PROJECT)
    with session.because("site.use"):
        for name, value in changes.items():
            setattr(row, name, value)
        _check(row)
    return row


def leave_site(session: OfficeSession, use_id: int, version: int) -> None:
    """The asset is idle again."""
    row = session.one(SiteUse, use_id, Permission.WRITE_PROJECT, version=version)
    with session.because("site.leave"):
        session.delete(row)


def _check(row: SiteUse) -> None:
    if row.used_m2 is not None and row.area_m2 is not None and row.used_m2 > row.area_m2 * 1.01:
        raise InputError("programme.site_too_much", column="used_m2", value=row.used_m2, there=row.area_m2)


def _text(value: object) -> str | None:
    return None if value is None or pd.isna(value) else str(value)


def _number(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)
