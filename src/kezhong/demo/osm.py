"""The OpenStreetMap extract of the invented city (``.osm.pbf``), written with pyosmium."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import osmium
from osmium.osm.mutable import Node, Way

from kezhong.city.crs import to_geographic
from kezhong.demo import names
from kezhong.demo.estates import Estate, People
from kezhong.demo.facilities import Facility, Stock
from kezhong.demo.layout import CRS, Array, Block, river_x
from kezhong.demo.layout import RIVER_SPAN as SPAN
from kezhong.demo.streets import Net, Tags, railway, river_ring

#: Element → share of its facilities that mappers have drawn too, their tags, and how they write the name.
_MAPPED: dict[str, tuple[float, Tags]] = {
    "kindergarten": (0.6, {"amenity": "kindergarten"}),
    "primary_school": (0.7, {"amenity": "school", "isced:level": "1"}),
    "junior_middle_school": (0.7, {"amenity": "school", "isced:level": "2"}),
    "pharmacy": (0.35, {"amenity": "pharmacy"}),
    "convenience_store": (0.4, {"shop": "convenience"}),
    "supermarket": (0.6, {"shop": "supermarket"}),
    "wet_market": (0.5, {"amenity": "marketplace"}),
    "public_toilet": (0.4, {"amenity": "toilets"}),
    "bus_stop": (0.7, {"highway": "bus_stop"}),
    "bank_branch": (0.7, {"amenity": "bank"}),
    "police_station": (0.8, {"amenity": "police"}),
    "childrens_playground": (0.25, {"leisure": "playground"}),
}
#: What else mappers have drawn: tags, how many, what it is called.
_STREET_LIFE: tuple[tuple[Tags, int, str], ...] = (
    ({"amenity": "restaurant"}, 150, "饭馆"),
    ({"amenity": "cafe"}, 45, "咖啡馆"),
    ({"shop": "bakery"}, 40, "烘焙坊"),
    ({"shop": "laundry"}, 50, "洗衣店"),
    ({"shop": "books"}, 18, "书店"),
    ({"shop": "pet"}, 14, "宠物店"),
    ({"shop": "mobile_phone"}, 30, "通讯店"),
    ({"shop": "copyshop"}, 24, "图文店"),
    ({"amenity": "post_office"}, 16, "邮政所"),
    ({"amenity": "car_wash"}, 22, "洗车行"),
    ({"leisure": "fitness_centre"}, 24, "健身房"),
    ({"amenity": "charging_station"}, 46, "充电站"),
    ({"amenity": "parking"}, 60, "停车场"),
    ({"amenity": "bicycle_parking"}, 60, ""),
    ({"amenity": "recycling", "recycling_type": "centre"}, 20, "再生资源回收站"),
    ({"shop": "mall"}, 6, "购物中心"),
    ({"amenity": "cinema"}, 5, "影城"),
)
_LAND = {"residential": "residential", "factory": "industrial", "office": "commercial"}


@dataclass(slots=True)
class Drawing:
    """Everything that goes into the file, ids still positions."""

    net: Net
    polygons: list[tuple[Array, Tags]] = field(default_factory=list)
    lines: list[tuple[Array, Tags]] = field(default_factory=list)
    points: list[tuple[float, float, Tags]] = field(default_factory=list)


def draw(
    net: Net,
    blocks: list[Block],
    estates: list[Estate],
    buildings: list[tuple[Array, int, int]],
    stock: Stock,
    people: People,
    silent: str,
    rng: np.random.Generator,
) -> Drawing:
    """Collect land, water, railway, parks, buildings and what mappers know of the facilities."""
    drawing = Drawing(net)
    drawing.polygons.append((river_ring(), {"natural": "water", "water": "river", "name": "沙川河"}))
    y = np.linspace(*SPAN, 60)
    drawing.lines.append((np.column_stack([river_x(y), y]), {"waterway": "river", "name": "沙川河"}))
    drawing.lines.append((railway(), {"railway": "rail", "name": "沙川铁路", "usage": "main"}))
    for block in blocks:
        ring = np.vstack([block.corners, block.corners[:1]])
        if block.use == "park":
            name = (
                f"{('望湖', '揽秀', '青榆', '百草', '映月', '晨露', '金沙', '长风')[(block.i * 3 + block.j) % 8]}公园"
            )
            drawing.polygons.append((ring, {"leisure": "park", "name": name}))
        elif block.use in _LAND:
            drawing.polygons.append((ring, {"landuse": _LAND[block.use]}))
        elif block.use == "reserve":
            drawing.polygons.append((ring, {"landuse": "greenfield"}))
    middles = np.array([block.middle for block in blocks if block.use != "rail"])
    for k, (node, name) in enumerate(stock.parks):
        _small_park(drawing, node, name, middles, large=k % 5 == 0)
    for ring, floors, number in buildings:
        kind = "house" if estates[number].kind == "village" else "apartments"
        drawing.polygons.append((ring, {"building": kind, "building:levels": str(floors)}))
    for facility in stock.facilities:
        _mapped(drawing, facility, rng)
    _street_life(drawing, people, silent, rng)
    return drawing


def _street_life(drawing: Drawing, people: People, silent: str, rng: np.random.Generator) -> None:
    """Shops and the like where people live, most of them in the middle; none in the silent community."""
    weights = people.total.astype(float) ** 1.5
    weights[people.community == silent] = 0
    weights /= weights.sum()
    for tags, count, word in _STREET_LIFE:
        for k in rng.choice(len(weights), count, replace=False, p=weights).tolist():
            x, y = people.xy[k] + rng.uniform(-25, 25, 2)
            brand = names.BRANDS[int(rng.integers(len(names.BRANDS)))]
            drawing.points.append((float(x), float(y), {**tags, "name": f"{brand}{word}"} if word else dict(tags)))


def _small_park(drawing: Drawing, node: int, name: str, middles: Array, *, large: bool) -> None:
    """A green strip between the street and the houses, with a path into it."""
    xy = np.array(drawing.net.xy[node])
    inward = middles[np.argmin(np.hypot(*(middles - xy).T))] - xy
    length = float(np.hypot(*inward))
    ahead = inward / length if length > 1 else np.array([1.0, 0.0])
    side = np.array([-ahead[1], ahead[0]])
    depth, half = (66.0, 33.0) if large else (22.0, 24.0)
    near, far = xy + 5 * ahead, xy + (5 + depth) * ahead
    ring = np.array([near - half * side, near + half * side, far + half * side, far - half * side, near - half * side])
    drawing.polygons.append((ring, {"leisure": "park", "name": name}))
    inside = drawing.net.node(*(xy + (3 + depth / 2) * ahead))
    drawing.net.way([node, inside], {"highway": "footway"})


def _mapped(drawing: Drawing, facility: Facility, rng: np.random.Generator) -> None:
    """What a mapper saw: some metres beside the ledger's place, under a shorter name or none."""
    share, tags = _MAPPED.get(facility.kind.element, (0.0, {}))
    if facility.status != "open" or rng.random() >= share:
        return
    unnamed = facility.kind.element in ("public_toilet", "childrens_playground")
    angle = float(rng.uniform(0, 2 * math.pi))
    gap = float(rng.uniform(8, 16) if unnamed else rng.uniform(18, 24))
    name = facility.name.removeprefix("示范市").split("(")[0]
    own = dict(tags) if unnamed else {**tags, "name": name}
    drawing.points.append((facility.x + gap * math.cos(angle), facility.y + gap * math.sin(angle), own))


def write(drawing: Drawing, file: Path, offset: tuple[float, float]) -> None:
    """Write the extract: nodes first, then ways, ids counting up; the same drawing gives the same bytes."""
    points = [(x, y, drawing.net.node_tags.get(k, {})) for k, (x, y) in enumerate(drawing.net.xy)]
    ways: list[tuple[list[int], Tags]] = list(drawing.net.ways)
    for ring, tags in drawing.polygons:
        first = len(points)
        points += [(float(x), float(y), {}) for x, y in ring[:-1]]
        ways.append(([*range(first, len(points)), first], tags))
    for line, tags in drawing.lines:
        first = len(points)
        points += [(float(x), float(y), {}) for x, y in line]
        ways.append((list(range(first, len(points))), tags))
    points += drawing.points
    xy = np.array([(x, y) for x, y, _ in points]) + np.array(offset)
    lonlat = np.round(to_geographic(xy, CRS), 7)
    with osmium.SimpleWriter(str(file), overwrite=True) as writer:
        for k, ((lon, lat), (_, _, tags)) in enumerate(zip(lonlat.tolist(), points, strict=True), 1):
            writer.add_node(Node(id=k, version=1, location=(lon, lat), tags=tags))
        for k, (nodes, tags) in enumerate(ways, 1):
            writer.add_way(Way(id=k, version=1, nodes=[node + 1 for node in nodes], tags=tags))
