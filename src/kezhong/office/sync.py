"""Areas of the city folder, copied into the office: the one way in which the city's geography reaches it.

Codes are kept for ever: an area that is gone from the newest snapshot gets an end, and what refers to it stays.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from sqlalchemy import select

from kezhong import clock
from kezhong.city.areas import AreaTree
from kezhong.city.vocabulary import AreaLevel, CommunityType, SetKind
from kezhong.city.workspace import City
from kezhong.errors import DataMissingError
from kezhong.office.models import Area
from kezhong.office.organisation.paths import refresh_area_paths
from kezhong.office.session import OfficeSession


@dataclass(frozen=True, slots=True)
class Synced:
    """What a sync did."""

    areas: int
    new: int
    ended: int


def sync_areas(session: OfficeSession, city: City) -> Synced:
    """Bring the office's areas to the city's newest snapshot.

    Raises
    ------
    DataMissingError
        The city has no area tree with a root.
    """
    tree = city.areas
    if tree.root is None:
        raise DataMissingError("office.no_areas", folder=city.folder)
    rows = _rows(city, tree)
    have = {area.code: area for area in session.scalars(select(Area))}
    new = 0
    for row in rows:
        area = have.pop(str(row["code"]), None)
        if area is None:
            session.add(Area(**row))
            session.flush()  # a parent must be there before its children
            new += 1
            continue
        for name, value in row.items():
            if getattr(area, name) != value:
                setattr(area, name, value)
    ended = 0
    for area in have.values():
        if area.valid_to is None:
            area.valid_to = clock.today(city.config.timezone)
            ended += 1
    refresh_area_paths(session)  # what lies in an area that moved goes with it
    return Synced(len(rows), new, ended)


def path_of(tree: AreaTree, code: str) -> str:
    """``city/district/…/``; a life circle lies below the smallest area that holds all its communities."""
    if code not in tree.circle_members:
        return "".join(f"{step}/" for step in reversed(tree.path(code)))
    paths = [list(reversed(tree.path(member)))[:-1] for member in tree.circle_members[code]]
    common = [steps[0] for steps in zip(*paths, strict=False) if len(set(steps)) == 1]
    return "".join(f"{step}/" for step in (*common, code))


def _rows(city: City, tree: AreaTree) -> list[dict[str, object]]:
    frame = tree.frame.set_index("code")
    points = _points(tree)
    inside = _built_up(tree, points)
    people = _people(city, tree)
    order = {level: k for k, level in enumerate(("city", "district", "street", "community"))}
    codes = sorted(frame.index, key=lambda code: (order[str(tree.level[code])], code))
    rows: list[dict[str, object]] = []
    for code in [*codes, *tree.circles]:
        level = tree.level[code]
        path = path_of(tree, code)
        steps = path.rstrip("/").split("/")
        parent = tree.parent.get(code) if level != SetKind.LIFE_CIRCLE.value else steps[-2]
        lon, lat = points.get(code, (None, None))
        rows.append(
            {
                "code": code,
                "name": tree.name[code],
                "level": level,
                "parent_code": parent,
                "path": path,
                "full_name": tree.full_name(code),
                "built_up": inside.get(code),
                "people": people.get(code),
                "members": tree.circle_members.get(code, []),
                "valid_to": None,
                "lon": lon,
                "lat": lat,
            }
        )
    return rows


def _points(tree: AreaTree) -> dict[str, tuple[float, float]]:
    found: dict[str, tuple[float, float]] = {}
    for table in (tree.frame, tree.sets[tree.sets["kind"] == SetKind.LIFE_CIRCLE.value]):
        for code, shape in zip(table["code"], table.geometry, strict=True):
            if shape is not None and not shape.is_empty:
                point = shape.representative_point()
                found[str(code)] = (round(point.x, 6), round(point.y, 6))
    for circle, members in tree.circle_members.items():  # a circle without an outline of its own
        own = [found[member] for member in members if member in found]
        if circle not in found and own:
            x, y = np.mean(own, axis=0)
            found[circle] = (round(float(x), 6), round(float(y), 6))
    return found


def _built_up(tree: AreaTree, points: dict[str, tuple[float, float]]) -> dict[str, bool | None]:
    """By the outline of the built-up area where one was imported; else every community that is no village."""
    outline = tree.sets[tree.sets["kind"] == SetKind.BUILT_UP.value]
    shapes = [shape for shape in outline.geometry if shape is not None]
    if shapes:
        whole = shapely.union_all(shapes)
        return {
            code: bool(shapely.intersects_xy(whole, *points[code])) if code in points else None
            for code in tree.communities
        }
    kinds = tree.community_type
    return {code: None if kinds[code] is None else kinds[code] != CommunityType.VILLAGE.value for code in kinds
            if tree.level.get(code) == AreaLevel.COMMUNITY.value}  # fmt: skip


def _people(city: City, tree: AreaTree) -> dict[str, float]:
    if not city.has("demand"):
        return {}
    demand = city.layer("demand")
    own = demand.groupby("community_code")["people"].sum()
    return {code: float(own.reindex(tree.communities_in(code)).sum()) for code in tree.level if not pd.isna(code)}
