"""What was built must show: projects in use as a ledger of facilities that the city takes in like any other.

The office never writes the city's layers. It hands out a ledger; somebody imports it, and the next run shows it.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from sqlalchemy import or_, select

from kezhong import clock
from kezhong.catalogue import load_catalogue
from kezhong.city.vocabulary import AreaLevel
from kezhong.city.workspace import City
from kezhong.office.access.permissions import Permission
from kezhong.office.access.roles import Reach
from kezhong.office.access.scope import below
from kezhong.office.models import Area, Project, SiteUse, StepTaken
from kezhong.office.session import OfficeSession

#: Name of the source in the city's layers; importing anew replaces what came of the office before, and nothing else.
SOURCE = "office-projects"
#: Columns of the ledger, as ``kezhong import facilities`` knows them.
COLUMNS = (
    "编码", "名称", "服务要素", "lon", "lat", "坐标系",
    "容量", "容量单位", "建筑面积", "状态", "运营单位", "地址", "数据日期",
)  # fmt: skip
#: Units in which a scale is a capacity, by how people write them; square metres are floor area.
_CAPACITIES = {
    "床": "beds", "张": "beds", "张床": "beds", "床位": "beds", "beds": "beds",
    "学位": "places", "托位": "places", "位": "places", "places": "places",
    "班": "classes", "classes": "classes", "车位": "spaces", "个车位": "spaces", "spaces": "spaces",
    "座": "seats", "席": "seats", "餐位": "seats", "seats": "seats",
}  # fmt: skip
_AREAS = frozenset({"m²", "m2", "㎡", "平方米", "平米"})


@dataclass(frozen=True, slots=True)
class InUse:
    """A project in use; ``lacks`` names what keeps it out of the ledger."""

    id: int
    code: str
    name: str
    element: str | None
    lon: float | None
    lat: float | None
    scale: float | None
    scale_unit: str
    operator: str
    address: str
    opened: date | None
    lacks: tuple[str, ...] = ()

    @property
    def source(self) -> str:
        """Where it comes from, as the facility carries it."""
        return source_of(self.code)


@dataclass(frozen=True, slots=True)
class Importable:
    """What somebody may bring into the city's data.

    ``ids`` are the projects in use that lie in the caller's area and stand there, too; ``replaces`` the sources
    (:attr:`InUse.source`) for which the import speaks, ``None``: for all.
    """

    ids: frozenset[int]
    replaces: frozenset[str] | None


def importable(session: OfficeSession, city: City, rows: list[InUse], root_path: str) -> Importable:
    """Which of some projects in use the actor may bring in: those of the areas in which it holds ``measurement:write``.

    Whoever holds it for the city speaks for all of them. Otherwise a project counts whose area *and* position lie
    below the area of the grant: nobody puts a facility into another district.
    """
    grants = session.actor.grants_for(Permission.WRITE_MEASUREMENT)
    if session.actor.everything or any(one.reach is Reach.AREA and one.area_path == root_path for one in grants):
        return Importable(frozenset(one.id for one in rows), None)
    paths = [one.area_path for one in grants]
    if not paths:
        return Importable(frozenset(), frozenset())
    here = or_(*(below(Project.area_path, path) for path in paths))
    mine = session.execute(
        select(Project.id, Project.code).where(here).execution_options(permission=Permission.WRITE_MEASUREMENT)
    ).all()
    ids = {one.id for one in mine}
    standing = _standing_in(session, city, [one for one in rows if one.id in ids], paths)
    elsewhere = {one.id for one in rows} - standing  # what the city brought in of them stays
    return Importable(frozenset(standing), frozenset(source_of(one.code) for one in mine if one.id not in elsewhere))


def _standing_in(session: OfficeSession, city: City, rows: list[InUse], paths: list[str]) -> set[int]:
    """Ids of those whose position lies in an area below one of the paths, and of those that have none."""
    placed = [(one, shapely.Point(one.lon, one.lat)) for one in rows if one.lon is not None and one.lat is not None]
    points: npt.NDArray[np.object_] = np.array([point for _, point in placed], dtype=object)
    found: list[str | None] = [None] * len(placed)
    for level in (AreaLevel.COMMUNITY, AreaLevel.STREET, AreaLevel.DISTRICT):  # the smallest that the city has there
        at = city.areas.locate(points, level.value)
        found = [before or now for before, now in zip(found, at, strict=True)]
    known = select(Area.code, Area.path).where(Area.code.in_({one for one in found if one}))
    path_of = {one.code: one.path for one in session.execute(known)}
    inside = {
        one.id
        for (one, _), code in zip(placed, found, strict=True)
        if any(path_of.get(code or "", "").startswith(path) for path in paths)
    }
    return inside | ({one.id for one in rows} - {one.id for one, _ in placed})


def source_of(code: str) -> str:
    """Where a facility comes from, by the code of its project: its code in the ledger."""
    return f"office:project:{code}"


def facilities_in_use(session: OfficeSession) -> list[InUse]:
    """Projects in use within the actor's scope; a project without a position of its own stands where its site is."""
    projects = session.rows(
        select(Project).where(Project.state == "in_use").order_by(Project.code), Permission.READ_PROJECT
    )
    ids = [one.id for one in projects]
    sites: dict[int, SiteUse] = {}
    for site in session.execute(
        select(SiteUse)
        .where(SiteUse.project_id.in_(ids), SiteUse.lon.is_not(None), SiteUse.lat.is_not(None))
        .order_by(SiteUse.id.desc())
        .execution_options(through_parent=True)
    ).scalars():
        sites[site.project_id or 0] = site
    opened: dict[int, date] = {}
    for step in session.execute(
        select(StepTaken)
        .where(StepTaken.object_kind == "project", StepTaken.object_id.in_(ids), StepTaken.after == "in_use")
        .order_by(StepTaken.id)
        .execution_options(through_parent=True)
    ).scalars():
        opened[step.object_id] = clock.local_day(step.at)
    elements = load_catalogue().elements
    return [_in_use(one, sites.get(one.id), opened.get(one.id), elements) for one in projects]


def _in_use(project: Project, site: SiteUse | None, opened: date | None, elements: Any) -> InUse:
    own = project.lon is not None and project.lat is not None
    lon, lat = (project.lon, project.lat) if own else (site.lon, site.lat) if site is not None else (None, None)
    lacks = []
    if project.element is None or project.element not in elements:
        lacks.append("element")
    if lon is None or lat is None:
        lacks.append("position")
    return InUse(
        project.id, project.code, project.name, project.element, lon, lat, project.scale, project.scale_unit or "",
        project.operator, project.address, opened or (site.used_from if site is not None else None) or project.due_on,
        tuple(lacks),
    )  # fmt: skip


def ledger(rows: list[InUse]) -> str:
    """The ledger as CSV (with a byte order mark, so that spreadsheets read the Chinese): what lacks nothing."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for one in rows:
        if one.lacks:
            continue
        unit = one.scale_unit.strip().lower()
        capacity = one.scale if unit in _CAPACITIES else None
        area = one.scale if unit in _AREAS else None
        writer.writerow(
            [
                one.source, _safe(one.name), one.element, one.lon, one.lat, "wgs84", _blank(capacity),
                _CAPACITIES[unit] if capacity is not None else "", _blank(area), "open", _safe(one.operator),
                _safe(one.address), one.opened.isoformat() if one.opened else "",
            ]
        )  # fmt: skip
    return "\ufeff" + out.getvalue()


def _blank(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def _safe(text: str) -> str:
    """No cell that a spreadsheet would take for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
