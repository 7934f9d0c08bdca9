"""Boundaries of communities, streets, districts and the city; the official grid; life circles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from kezhong.demo import names
from kezhong.demo.communities import Community
from kezhong.demo.layout import Block

Shapes = npt.NDArray[np.object_]
_GRID = 0.01  # metres; one grid for all overlays, so that neighbours share their borders
KIND_ZH = {"old": "老旧", "existing": "既有", "new": "新建", "village": "村"}


@dataclass(slots=True)
class AreaRow:
    """One area of the tree."""

    code: str
    name: str
    level: str  # 市, 区, 街道, 社区
    parent: str | None
    kind: str | None
    households: int
    shape: shapely.Geometry


def area_rows(blocks: list[Block], communities: list[Community]) -> list[AreaRow]:
    """The tree from the city down; every level tiles the one above."""
    shapes = _community_shapes(blocks, communities)
    rows: list[AreaRow] = []
    streets: dict[str, list[Community]] = {}
    for community in communities:
        streets.setdefault(community.street_code, []).append(community)
    for community in communities:
        homes = round(community.people / {"old": 2.3, "existing": 2.6, "new": 2.9, "village": 2.7}[community.kind])
        rows.append(
            AreaRow(
                community.code, community.name, "社区", community.street_code, KIND_ZH[community.kind], homes,
                shapes[community.code],
            )
        )  # fmt: skip
    for code, own in streets.items():
        shape = shapely.union_all(np.array([shapes[community.code] for community in own]), grid_size=_GRID)
        district = names.DISTRICTS[own[0].zone][0]
        rows.append(AreaRow(code, own[0].street_name, "街道", district, None, 0, shape))
    for code, name in names.DISTRICTS.values():
        own_shapes = np.array([row.shape for row in rows if row.parent == code])
        rows.append(AreaRow(code, name, "区", "9999", None, 0, shapely.union_all(own_shapes, grid_size=_GRID)))
    everything = np.array([row.shape for row in rows if row.level == "区"])
    rows.append(AreaRow("9999", names.CITY, "市", None, None, 0, shapely.union_all(everything, grid_size=_GRID)))
    for row in rows:
        homes = sum(other.households for other in rows if other.level == "社区" and other.code.startswith(row.code))
        row.households = row.households or homes
    order = {"市": 0, "区": 1, "街道": 2, "社区": 3}
    return sorted(rows, key=lambda row: (order[row.level], row.code))


def _community_shapes(blocks: list[Block], communities: list[Community]) -> dict[str, shapely.Geometry]:
    """Superblocks of the community, and of the open land what lies nearer to it than to any other."""
    owned = [block for block in blocks if block.community]
    quads: Shapes = np.asarray(
        shapely.polygons([np.vstack([block.corners, block.corners[:1]]) for block in owned]), dtype=object
    )
    owner = np.array([block.community for block in owned], dtype=object)
    built = shapely.union_all(quads, grid_size=_GRID)
    hull = shapely.convex_hull(built).buffer(1100).simplify(40)
    outline = shapely.set_precision(hull, _GRID)
    open_land = shapely.difference(outline, built, grid_size=_GRID)
    middles = shapely.MultiPoint([block.middle for block in owned])
    parts: Shapes = np.asarray(
        shapely.get_parts(shapely.voronoi_polygons(middles, extend_to=outline, ordered=True)), dtype=object
    )
    found = {}
    for community in communities:
        mine = owner == community.code
        cell = shapely.union_all(parts[mine])
        fringe = shapely.intersection(open_land, cell, grid_size=_GRID)
        whole = shapely.union_all([*quads[mine], fringe], grid_size=_GRID)
        found[community.code] = _polygons(whole)
    return found


def _polygons(shape: shapely.Geometry) -> shapely.Geometry:
    """Without stray lines, points and slivers that overlays leave."""
    parts = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon" and part.area > 50]
    return shapely.MultiPolygon(parts) if len(parts) > 1 else shapely.Polygon(parts[0])


def grid_cells(blocks: list[Block], communities: list[Community]) -> tuple[list[str], Shapes]:
    """The official grid (about 10,000 m² a cell, along the streets) with codes of 15 digits.

    A code is the community's, and a serial that counts from north to south and from west to east.
    """
    codes: list[str] = []
    shapes: list[shapely.Geometry] = []
    step = np.linspace(0, 1, 4)
    for community in communities:
        own: list[tuple[float, float, shapely.Geometry]] = []
        for block in community.blocks:
            for a in range(3):
                for b in range(3):
                    u = np.array([step[a], step[a + 1], step[a + 1], step[a], step[a]])
                    v = np.array([step[b], step[b], step[b + 1], step[b + 1], step[b]])
                    ring = block.at(u, v)
                    own.append((-round(ring[:4, 1].mean(), 0), ring[:4, 0].mean(), shapely.Polygon(ring)))
        own.sort(key=lambda entry: (entry[0] // 100, entry[1]))
        for serial, (_, _, shape) in enumerate(own, 1):
            codes.append(f"{community.code}{serial:03d}")
            shapes.append(shape)
    return codes, np.array(shapes, dtype=object)


def life_circles(communities: list[Community]) -> list[tuple[str, str, list[str]]]:
    """The 14 life circles: one for each urban street, but the railway's two sides make one across two streets."""
    streets: dict[str, list[Community]] = {}
    for community in communities:
        if community.town is None:
            streets.setdefault(community.street_name, []).append(community)
    both_sides = {"槐安", "井儿巷"}
    circles: list[tuple[str, list[str]]] = []
    for street, own in streets.items():
        if street == "东站街道":
            more = [community.code for community in streets["鼓楼台街道"] if community.short in both_sides]
            circles.append(("铁路两侧生活圈", [community.code for community in own] + more))
        else:
            codes = [community.code for community in own if community.short not in both_sides]
            circles.append((f"{street.removesuffix('街道')}生活圈", codes))
    return [(f"SHQ{k:02d}", name, codes) for k, (name, codes) in enumerate(circles, 1)]
