"""The walkable network of the invented city, as OSM will hold it: nodes, ways and their tags."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np

from kezhong.demo import names
from kezhong.demo.communities import Community
from kezhong.demo.layout import RIVER_HALF_WIDTH, RIVER_SPAN, ZONES, Array, Block, Zone, river_x

Tags = dict[str, str]
#: Side of a block → grid line it lies on.
_SOUTH, _EAST, _NORTH, _WEST = range(4)


@dataclass(slots=True)
class Net:
    """Nodes and ways under construction; ids are positions in the lists."""

    xy: list[tuple[float, float]] = field(default_factory=list)
    node_tags: dict[int, Tags] = field(default_factory=dict)
    ways: list[tuple[list[int], Tags]] = field(default_factory=list)
    #: Attachments on a side street: side key → (position 0–1 along it, node).
    joints: dict[tuple[object, ...], list[tuple[float, int]]] = field(default_factory=lambda: defaultdict(list))
    corner: dict[tuple[object, ...], int] = field(default_factory=dict)

    def node(self, x: float, y: float, tags: Tags | None = None) -> int:
        """Add a node."""
        self.xy.append((float(x), float(y)))
        number = len(self.xy) - 1
        if tags:
            self.node_tags[number] = tags
        return number

    def way(self, nodes: list[int], tags: Tags) -> None:
        """Add a way."""
        if len(nodes) > 1:
            self.ways.append((nodes, tags))

    def joint(self, block: Block, side: int, t: float) -> int:
        """The node on a block's side at ``t`` (0–1, west to east or south to north); made once."""
        key = _side_key(block, side)
        for position, node in self.joints[key]:
            if abs(position - t) < 0.02:
                return node
        u, v = {_SOUTH: (t, 0.0), _NORTH: (t, 1.0), _WEST: (0.0, t), _EAST: (1.0, t)}[side]
        x, y = block.at(np.array([u]), np.array([v]))[0]
        node = self.node(x, y)
        self.joints[key].append((t, node))
        return node

    def at_corner(self, block: Block, di: int, dj: int) -> int:
        """The node of a block's corner; shared by its neighbours."""
        key = (_family(block), block.i + di, block.j + dj)
        if key not in self.corner:
            x, y = block.corners[{(0, 0): 0, (1, 0): 1, (1, 1): 2, (0, 1): 3}[di, dj]]
            self.corner[key] = self.node(x, y)
        return self.corner[key]


def _family(block: Block) -> str:
    """Zone of a grid block, or its town or village."""
    return block.key.split("-")[0] if "-" in block.key else block.zone


def _side_key(block: Block, side: int) -> tuple[object, ...]:
    di, dj = (1, 0) if side == _EAST else (0, 1) if side == _NORTH else (0, 0)
    return (_family(block), "h" if side in (_SOUTH, _NORTH) else "v", block.i + di, block.j + dj)


def side_streets(net: Net, blocks: list[Block]) -> None:
    """The streets between the superblocks; call it after everything has been attached to them."""
    done: set[tuple[object, ...]] = set()
    for block in blocks:
        zone = ZONES[block.zone] if "-" not in block.key else None
        for side in (_SOUTH, _EAST, _NORTH, _WEST):
            key = _side_key(block, side)
            if key in done or (block.use == "rail" and not _crosses_rail(zone, key)):
                continue
            done.add(key)
            ends = {
                _SOUTH: ((0, 0), (1, 0)),
                _NORTH: ((0, 1), (1, 1)),
                _WEST: ((0, 0), (0, 1)),
                _EAST: ((1, 0), (1, 1)),
            }
            first, last = (net.at_corner(block, *end) for end in ends[side])
            middle = [node for _, node in sorted(net.joints.get(key, []))]
            tags = _street_tags(zone, key)
            if block.use == "rail":
                tags |= {"tunnel": "yes", "layer": "-1"}
            net.way([first, *middle, last], tags)
            if tags["highway"] in ("primary", "secondary"):
                for node in (first, last):
                    net.node_tags.setdefault(node, {"highway": "crossing", "crossing": "traffic_signals"})


def _crosses_rail(zone: Zone | None, key: tuple[object, ...]) -> bool:
    return zone is not None and key[1] == "h" and key[3] in zone.rail_crossings


def _street_tags(zone: Zone | None, key: tuple[object, ...]) -> Tags:
    _, axis, i, j = key
    if zone is None:
        return {"highway": "residential", "surface": "asphalt"}
    line = int(str(j)) if axis == "h" else int(str(i))
    table = names.ROADS_EW if axis == "h" else names.ROADS_NS
    prefix = {"A": "", "B": "西", "C": "南"}[zone.name]
    kind = "primary" if line % 5 == 4 else "secondary" if line % 5 == 2 else "tertiary" if line % 2 else "residential"
    tags = {"highway": kind, "name": prefix + table[line % len(table)], "surface": "asphalt", "lit": "yes"}
    if kind != "residential":
        tags["sidewalk"] = "both"
    return tags


# ---- inside the superblocks --------------------------------------------------------------------------------------


def lattice(
    net: Net, block: Block, us: list[float], vs: list[float], tags: Tags, rng: np.random.Generator, keep: float
) -> None:
    """Lanes through a block: every north–south lane whole, pieces of the east–west ones with probability ``keep``."""
    grid: dict[tuple[int, int], int] = {}
    for a, u in enumerate(us):
        for b, v in enumerate(vs):
            du, dv = rng.uniform(-0.03, 0.03, 2)
            x, y = block.at(np.array([u + du]), np.array([v + dv]))[0]
            grid[a, b] = net.node(x, y)
    for a, u in enumerate(us):
        lane = [net.joint(block, _SOUTH, u), *(grid[a, b] for b in range(len(vs))), net.joint(block, _NORTH, u)]
        net.way(lane, dict(tags))
    for b, v in enumerate(vs):
        row = [net.joint(block, _WEST, v), *(grid[a, b] for a in range(len(us))), net.joint(block, _EAST, v)]
        for first, second in itertools.pairwise(row):
            if rng.random() < keep:
                steep = _hilly(block) and rng.random() < 0.2
                net.way([first, second], {"highway": "steps", "incline": "up"} if steep else dict(tags))


def _hilly(block: Block) -> bool:
    """The eastern rise of the main district and the north of the mining town."""
    x, y = block.middle
    return (block.zone == "A" and x > 1500) or (block.zone == "C" and y > -5600)


def _spread(n: int, rng: np.random.Generator) -> list[float]:
    return [round((k + 1) / (n + 1) + float(rng.uniform(-0.05, 0.05)), 3) for k in range(n)]


def block_lanes(net: Net, block: Block, rng: np.random.Generator) -> None:
    """Public lanes of a block that is not gated."""
    if block.use == "residential":
        if block.kind == "old":
            lattice(net, block, _spread(3, rng), _spread(3, rng), {"highway": "living_street"}, rng, 0.75)
        elif block.kind == "village":
            lattice(net, block, _spread(2, rng), _spread(2, rng), {"highway": "residential"}, rng, 0.7)
        else:
            lattice(net, block, _spread(2, rng), _spread(2, rng), {"highway": "service"}, rng, 0.8)
    elif block.use == "park":
        lattice(net, block, [0.33, 0.67], [0.4, 0.7], {"highway": "footway", "surface": "paving_stones"}, rng, 1.0)
    elif block.use == "office":
        lattice(net, block, [0.5], [0.5], {"highway": "pedestrian"}, rng, 1.0)
    elif block.use == "factory":
        lattice(net, block, [0.5], [], {"highway": "service"}, rng, 1.0)


# ---- between the zones -------------------------------------------------------------------------------------------


def _nearest(net: Net, candidates: list[int], x: float, y: float) -> int:
    return min(candidates, key=lambda node: math.dist(net.xy[node], (x, y)))


def _corners(net: Net, family: str) -> list[int]:
    return [node for key, node in net.corner.items() if key[0] == family]


def _link(net: Net, a: int, b: int, tags: Tags, rng: np.random.Generator) -> None:
    """A country road: nearly straight, with a bend every 500 m."""
    (ax, ay), (bx, by) = net.xy[a], net.xy[b]
    length = math.dist((ax, ay), (bx, by))
    pieces = max(2, round(length / 500))
    inner = []
    for k in range(1, pieces):
        t, off = k / pieces, float(rng.uniform(-0.04, 0.04)) * length / pieces
        inner.append(net.node(ax + t * (bx - ax) - off, ay + t * (by - ay) + off))
    net.way([a, *inner, b], tags)


def connect(net: Net, communities: list[Community], rng: np.random.Generator) -> None:
    """Bridges, the riverside walks, and the roads to towns and villages."""
    zones = {name: _corners(net, name) for name in ZONES}
    for y, name in ((1500.0, "曙光大桥"), (-1300.0, "西堤大桥")):
        x = float(river_x(y))
        east, west = _nearest(net, zones["A"], x + 300, y), _nearest(net, zones["B"], x - 300, y)
        tags = {"highway": "primary", "name": name, "bridge": "yes", "layer": "1", "sidewalk": "both", "lit": "yes"}
        net.way([west, east], tags)
    for name, side in (("A", 1), ("B", -1)):
        _promenade(net, zones[name], side)
    trunk = {"highway": "primary", "name": "南环公路", "surface": "asphalt", "sidewalk": "right"}
    near_a = _nearest(net, zones["A"], 1600, -3400)
    _link(net, near_a, _nearest(net, zones["C"], *net.xy[near_a]), trunk, rng)
    country = {"highway": "tertiary", "name": "乡道", "surface": "asphalt"}
    for community in communities:
        if community.town is None:
            continue
        own = _corners(net, community.code[-9:])
        in_town = community.kind == "village"
        targets = _corners(net, community.code[-9:-3] + "001") if in_town else zones[community.zone]
        aim = _nearest(net, targets, community.town.x, community.town.y)
        start = _nearest(net, own, *net.xy[aim])
        _link(net, start, _nearest(net, targets, *net.xy[start]), dict(country), rng)


def _promenade(net: Net, corners: list[int], side: int) -> None:
    """A footway along the bank, joined to the streets that end near it."""
    ys = [net.xy[node][1] for node in corners]
    before: int | None = None
    for y in np.arange(min(ys), max(ys), 220.0):
        x = float(river_x(y)) + side * (RIVER_HALF_WIDTH + 35)
        near = _nearest(net, corners, x, y)
        if math.dist(net.xy[near], (x, y)) > 330:
            before = None
            continue
        node = net.node(x, y)
        tags = {"highway": "footway", "name": "滨江步道", "surface": "paving_stones", "lit": "yes"}
        if before is not None:
            net.way([before, node], tags)
        net.way([node, near], {"highway": "footway"})
        before = node


def river_ring() -> Array:
    """The river as a closed ring."""
    y = np.linspace(*RIVER_SPAN, 90)
    middle = river_x(y)
    ring = np.column_stack(
        [
            np.concatenate([middle - RIVER_HALF_WIDTH, (middle + RIVER_HALF_WIDTH)[::-1]]),
            np.concatenate([y, y[::-1]]),
        ]
    )
    return np.vstack([ring, ring[:1]])


def railway() -> Array:
    """The railway: through the main district along its gap, then past the mining town."""
    zone = ZONES["A"]
    u, v = zone.lines
    column = zone.rail_column or 0
    middle = (u[column] + u[column + 1]) / 2
    through = zone.place(np.full(len(v), middle), v)
    south = np.array([[-400.0, RIVER_SPAN[0]], [150.0, -8200.0], [480.0, -5900.0], [650.0, -4300.0]])
    north = np.array([[through[-1, 0] - 350, 6000.0], [through[-1, 0] - 500, RIVER_SPAN[1]]])
    return np.vstack([south, through, north])
