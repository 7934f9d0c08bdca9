"""Communities, streets and districts: the superblocks divided by expected residents."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from kezhong.demo import names
from kezhong.demo.layout import TOWN_PLACES, ZONES, Array, Block, Town, Zone, block_use, density

#: Residents of the urban streets by zone; a town's seat has 4,000, a village 2,000.
URBAN = {"A": 322_000, "B": 102_000, "C": 72_000}
SEAT, VILLAGE = 4_000, 2_000

#: Stage of development by street; single communities differ (``KIND_OF``). The rest is *existing*.
STREET_KIND = {
    "鼓楼台街道": "old",
    "东站街道": "old",
    "炉前街道": "old",
    "云麓街道": "new",
    "晴岚街道": "new",
    "砚湖街道": "new",
}
KIND_OF = {
    "渡江路": "old",
    "船工里": "old",
    "渔火": "old",
    "书院巷": "old",
    "老城根": "old",
    "听雨": "existing",
    "岭南台": "new",
    "望江亭": "new",
    "星河湾": "new",
}


@dataclass(slots=True)
class Community:
    """A community or village before it has streets and people."""

    code: str
    name: str  # with 社区 or 村
    zone: str
    street_code: str
    street_name: str
    kind: str  # old, existing, new, village
    people: int
    town: Town | None = None  # seats and villages
    blocks: list[Block] = field(default_factory=list)

    @property
    def short(self) -> str:
        """Name without 社区."""
        return self.name.removesuffix("社区")


def lay_out(rng: np.random.Generator) -> tuple[list[Block], list[Community]]:
    """All superblocks and all 87 communities and villages, each with its share of the people."""
    blocks: list[Block] = []
    communities: list[Community] = []
    for zone in ZONES.values():
        own = _grid_blocks(zone, rng)
        blocks += own
        communities += _urban_communities(zone, own)
    for name in ZONES:
        for community in _town_communities(name):
            communities.append(community)
            community.blocks = _town_blocks(community, rng)
            blocks += community.blocks
    for community in communities:
        for block in community.blocks:
            block.community = community.code
            block.kind = community.kind
    return blocks, communities


def _grid_blocks(zone: Zone, rng: np.random.Generator) -> list[Block]:
    u, v = zone.lines
    grid_u, grid_v = np.meshgrid(u, v, indexing="ij")
    corners = zone.place(grid_u.ravel(), grid_v.ravel())
    jitter = rng.uniform(-16, 16, corners.shape)
    if zone.rail_column is not None:  # the railway's two sides stay smooth
        column = np.repeat(np.arange(len(u)), len(v))
        jitter[np.isin(column, (zone.rail_column, zone.rail_column + 1))] = 0.0
    points = (corners + jitter).reshape(len(u), len(v), 2)
    found = []
    for i in range(len(zone.widths)):
        for j in range(len(zone.heights)):
            if not zone.inside(i, j):
                continue
            ring = np.array([points[i, j], points[i + 1, j], points[i + 1, j + 1], points[i, j + 1]])
            block = Block(zone.name, i, j, ring, block_use(zone, i, j), key=f"{zone.name}{i:02d}{j:02d}")
            if block.use == "residential":
                x, y = block.middle
                block.weight = density(zone, x, y) * block.hectares
            found.append(block)
    return found


def _urban_communities(zone: Zone, blocks: list[Block]) -> list[Community]:
    code, _ = names.DISTRICTS[zone.name]
    streets = names.STREETS[zone.name]
    if zone.rail_column is None:
        parts = _divide(blocks, [len(own) for _, own in streets])
    else:  # no community lies on both sides of the railway
        west = [block for block in blocks if block.i < zone.rail_column]
        east = [block for block in blocks if block.i > zone.rail_column]
        beyond = 2  # the last two streets of the list
        parts = _divide(west, [len(own) for _, own in streets[:-beyond]])
        parts += _divide(east, [len(own) for _, own in streets[-beyond:]])
    found: list[Community] = []
    for number, ((street, shorts), part) in enumerate(zip(streets, parts, strict=True), 1):
        street_code = f"{code}{number:03d}"
        for k, (short, own) in enumerate(zip(shorts, _divide(part, [1] * len(shorts)), strict=True), 1):
            kind = KIND_OF.get(short, STREET_KIND.get(street, "existing"))
            found.append(
                Community(f"{street_code}{k:03d}", f"{short}社区", zone.name, street_code, street, kind, 0, blocks=own)
            )
    _share_people(found, URBAN[zone.name])
    return found


def _share_people(communities: list[Community], total: int) -> None:
    weights = np.array([sum(block.weight for block in community.blocks) for community in communities])
    exact = weights / weights.sum() * total
    whole = np.floor(exact).astype(int)
    for k in np.argsort(whole - exact, kind="stable")[: total - whole.sum()]:
        whole[k] += 1
    for community, people in zip(communities, whole.tolist(), strict=True):
        community.people = people


def _divide(blocks: list[Block], shares: list[int]) -> list[list[Block]]:
    """Cut a set of superblocks into contiguous parts with residents in the given proportion."""
    if len(shares) == 1:
        return [blocks]
    middles = np.array([block.middle for block in blocks])
    grid = np.array([[block.i, block.j] for block in blocks])
    spread = middles.max(axis=0) - middles.min(axis=0)
    axis = 0 if spread[0] >= spread[1] else 1
    order = np.lexsort((grid[:, 1 - axis], grid[:, axis]))
    # Parks and works weigh a little, or a cut could leave them to either side.
    weights = np.array([blocks[k].weight + 0.5 for k in order])
    half = len(shares) // 2
    wanted = sum(shares[:half]) / sum(shares) * weights.sum()
    cut = int(np.searchsorted(np.cumsum(weights), wanted)) + 1
    first = [blocks[k] for k in order[:cut]]
    second = [blocks[k] for k in order[cut:]]
    return _divide(first, shares[:half]) + _divide(second, shares[half:])


def _town_communities(zone: str) -> list[Community]:
    code, _ = names.DISTRICTS[zone]
    found = []
    for number, ((town, seat, villages), places) in enumerate(
        zip(names.TOWNS[zone], TOWN_PLACES[zone], strict=True), 101
    ):
        street_code = f"{code}{number:03d}"
        found.append(
            Community(f"{street_code}001", f"{seat}社区", zone, street_code, town, "existing", SEAT, places[0])
        )
        for k, (village, place) in enumerate(zip(villages, places[1:], strict=True), 201):
            found.append(
                Community(f"{street_code}{k:03d}", village, zone, street_code, town, "village", VILLAGE, place)
            )
    return found


def _town_blocks(community: Community, rng: np.random.Generator) -> list[Block]:
    """A seat is 3 × 2 small superblocks, a village 2 × 1 of them."""
    town = community.town
    if town is None:
        return []
    columns, rows, size = (2, 1, 240.0) if community.kind == "village" else (3, 2, 260.0)
    cos, sin = np.cos(town.turn), np.sin(town.turn)
    found = []
    nodes: dict[tuple[int, int], Array] = {}
    for i in range(columns + 1):
        for j in range(rows + 1):
            u, v = (i - columns / 2) * size, (j - rows / 2) * size
            x, y = town.x + cos * u - sin * v, town.y + sin * u + cos * v
            nodes[i, j] = np.array([x, y]) + rng.uniform(-14, 14, 2)
    for i in range(columns):
        for j in range(rows):
            ring = np.array([nodes[i, j], nodes[i + 1, j], nodes[i + 1, j + 1], nodes[i, j + 1]])
            block = Block(community.zone, i, j, ring, "residential", key=f"{community.code[-9:]}-{i}{j}")
            block.weight = block.hectares * rng.uniform(0.85, 1.15)
            found.append(block)
    return found
