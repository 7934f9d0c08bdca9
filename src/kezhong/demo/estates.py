"""Estates, their walls and gates, their buildings, and where people live."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from kezhong.city.vocabulary import AGE_COLUMNS
from kezhong.demo import names
from kezhong.demo.communities import Community
from kezhong.demo.layout import Array, Block
from kezhong.demo.streets import Net, block_lanes

#: Shares of the age bands by type of community.
AGE_SHARES = {
    "old": (0.016, 0.020, 0.046, 0.024, 0.604, 0.160, 0.090, 0.040),
    "existing": (0.024, 0.030, 0.064, 0.032, 0.660, 0.110, 0.056, 0.024),
    "new": (0.044, 0.052, 0.092, 0.038, 0.690, 0.052, 0.022, 0.010),
    "village": (0.014, 0.018, 0.042, 0.022, 0.574, 0.180, 0.104, 0.046),
}
#: Communities whose people are older than their type says.
GREYER = {"老城根": 1.35, "机务": 1.4, "红砖": 1.3, "井儿巷": 1.25}
#: Walled estates with a single gate, on the side away from the shops.
ONE_GATE = {"凌霄", "月牙"}
FLOORS = {"old": 5, "existing": 6, "new": 18, "village": 1}
_MARGIN = 0.065


@dataclass(slots=True)
class Estate:
    """An estate (小区), or a quarter without walls."""

    number: int
    name: str
    community: str
    kind: str
    gated: bool
    block: Block
    rect: tuple[float, float, float, float]  # u0, v0, u1, v1 in the block
    built: int
    gates: list[int] = field(default_factory=list)  # nodes
    people: int = 0
    ring: Array = field(default_factory=lambda: np.zeros((0, 2)))


@dataclass(slots=True)
class People:
    """Where people live: groups of buildings, columns of equal length."""

    xy: Array
    estate: npt.NDArray[np.int64]
    community: npt.NDArray[np.object_]
    total: npt.NDArray[np.int64]
    ages: npt.NDArray[np.int64]  # (n, 8)


def build_estates(
    net: Net, communities: list[Community], blocks: list[Block], rng: np.random.Generator
) -> list[Estate]:
    """Divide the residential superblocks into estates and draw lanes, walls and gates."""
    kinds = {community.code: community for community in communities}
    estates: list[Estate] = []
    taken: set[str] = set()
    for block in blocks:
        if block.use == "rail":
            continue
        if block.use != "residential":
            block_lanes(net, block, rng)
            continue
        community = kinds[block.community]
        share = {"new": 0.9, "existing": 0.45, "old": 0.08, "village": 0.0}[community.kind]
        gated = bool(rng.random() < share) or community.short in ONE_GATE
        own = _divide(block, community, gated=gated, rng=rng, first=len(estates), taken=taken)
        estates += own
        if not gated:
            block_lanes(net, block, rng)
        elif len(own) > 1:  # a public lane between two walled estates
            lane = {"highway": "residential", "lit": "yes"}
            net.way([net.joint(block, 0, 0.5), net.joint(block, 2, 0.5)], lane)
        if gated:
            for estate in own:
                _wall(net, estate, single=community.short in ONE_GATE, rng=rng)
    return estates


def _divide(
    block: Block, community: Community, *, gated: bool, rng: np.random.Generator, first: int, taken: set[str]
) -> list[Estate]:
    two = rng.random() < 0.7
    halves = [(0.0, 0.5), (0.5, 1.0)] if two else [(0.0, 1.0)]
    built = {"old": (1976, 1996), "existing": (1997, 2014), "new": (2015, 2025), "village": (1985, 2012)}
    low, high = built[community.kind]
    found = []
    for k, (u0, u1) in enumerate(halves):
        rect = (u0 + _MARGIN, _MARGIN, u1 - _MARGIN, 1 - _MARGIN)
        ring = block.at(
            np.array([rect[0], rect[2], rect[2], rect[0], rect[0]]),
            np.array([rect[1], rect[1], rect[3], rect[3], rect[1]]),
        )
        name = _estate_name(community, rng, taken)
        year = int(rng.integers(low, high + 1))
        found.append(Estate(first + k, name, community.code, community.kind, gated, block, rect, year, ring=ring))
    return found


def _estate_name(community: Community, rng: np.random.Generator, taken: set[str]) -> str:
    if community.kind == "village":
        name = next(option for k in "一二三四五六七八" if (option := f"{community.short}{k}组") not in taken)
        taken.add(name)
        return name
    while True:
        first = names.ESTATE_FIRST[int(rng.integers(len(names.ESTATE_FIRST)))]
        last = names.ESTATE_LAST[community.kind][int(rng.integers(5))]
        name = f"{community.short}{first}{last}" if rng.random() < 0.3 else f"{first}{last}"
        if name in taken:
            name = f"{name}{('二', '三', '东', '西', '南', '北')[int(rng.integers(6))]}区"
        if name not in taken:
            taken.add(name)
            return name


def _wall(net: Net, estate: Estate, *, single: bool, rng: np.random.Generator) -> None:
    """A wall with gates, each with a few metres of drive to the street, and an inner path from the first gate."""
    block, (u0, v0, u1, v1) = estate.block, estate.rect
    outer = [0, 2]  # south, north
    if u0 < 0.2:
        outer.append(3)
    if u1 > 0.8:
        outer.append(1)
    if single:
        chosen = [2] if block.j % 2 else [0]
    else:
        order = rng.permutation(outer).tolist()
        chosen = sorted(order[: 3 if estate.kind == "existing" else min(3, len(order))])
    corner_nodes = [net.node(*estate.ring[k]) for k in range(4)]
    gates: dict[int, int] = {}
    for side in chosen:
        t = (u0 + u1) / 2 if side in (0, 2) else (v0 + v1) / 2
        t = round(t + float(rng.uniform(-0.08, 0.08)), 3)
        u, v = {0: (t, v0), 2: (t, v1), 3: (u0, t), 1: (u1, t)}[side]
        x, y = block.at(np.array([u]), np.array([v]))[0]
        gate = net.node(x, y, {"barrier": "gate", "access": "private", "foot": "residents"})
        net.way([net.joint(block, side, t), gate], {"highway": "service", "service": "driveway", "access": "private"})
        gates[side] = gate
    estate.gates = [gates[side] for side in chosen]
    sides = [0, 1, 2, 3]
    ring: list[int] = []
    for side in sides:
        ring.append(corner_nodes[side])
        if side in gates:
            ring.append(gates[side])
    net.way([*ring, corner_nodes[0]], {"barrier": "wall"})
    inner = block.at(
        np.array([u0 + 0.1, u1 - 0.1, u1 - 0.1, u0 + 0.1]), np.array([v0 + 0.2, v0 + 0.2, v1 - 0.2, v1 - 0.2])
    )
    path = [net.node(x, y) for x, y in inner]
    near = min(path, key=lambda node: float(np.hypot(*(np.array(net.xy[node]) - net.xy[estate.gates[0]]))))
    tags = {"highway": "service", "access": "private", "surface": "paving_stones"}
    net.way([*path, path[0]], dict(tags))
    net.way([estate.gates[0], near], dict(tags))


def settle(estates: list[Estate], communities: list[Community], rng: np.random.Generator) -> People:
    """Spread each community's people over its estates and over groups of buildings, with ages."""
    xy, estate_of, weight = [], [], []
    for estate in estates:
        u0, v0, u1, v1 = estate.rect
        columns = 2 if u1 - u0 < 0.5 else 4
        rows = 3 if estate.kind != "village" else 2
        u = np.linspace(u0, u1, 2 * columns + 1)[1::2]
        v = np.linspace(v0, v1, 2 * rows + 1)[1::2]
        grid_u, grid_v = (part.ravel() for part in np.meshgrid(u, v))
        points = estate.block.at(
            grid_u + rng.uniform(-0.015, 0.015, grid_u.size), grid_v + rng.uniform(-0.015, 0.015, grid_u.size)
        )
        xy.append(points)
        estate_of += [estate.number] * len(points)
        share = estate.block.weight * (u1 - u0) * rng.uniform(0.75, 1.25)
        weight += (share / len(points) * rng.uniform(0.7, 1.3, len(points))).tolist()
    index = np.array(estate_of)
    place = np.array(weight)
    community = np.array([estates[k].community for k in estate_of], dtype=object)
    total = np.zeros(len(index), dtype=np.int64)
    ages = np.zeros((len(index), len(AGE_COLUMNS)), dtype=np.int64)
    for own in communities:
        mine = np.flatnonzero(community == own.code)
        total[mine] = whole(place[mine], own.people)
        shares = np.array(AGE_SHARES[own.kind])
        shares[5:] *= GREYER.get(own.short, 1.0)
        shares = shares / shares.sum()
        draw = np.array([rng.multinomial(n, shares) for n in total[mine]])
        ages[mine] = draw
    for k, people in enumerate(np.bincount(index, weights=total, minlength=len(estates)).astype(int).tolist()):
        estates[k].people = people
    return People(np.vstack(xy), index, community, total, ages)


def whole(weights: Array, total: int) -> npt.NDArray[np.int64]:
    """Whole numbers in proportion to ``weights`` that add up to ``total`` (largest remainders)."""
    exact = weights / weights.sum() * total
    found: npt.NDArray[np.int64] = np.floor(exact).astype(np.int64)
    found[np.argsort(found - exact, kind="stable")[: total - int(found.sum())]] += 1
    return found


def building_rings(estates: list[Estate], rng: np.random.Generator) -> list[tuple[Array, int, int]]:
    """Footprints of the housing: ring, storeys, number of the estate."""
    found = []
    for estate in estates:
        u0, v0, u1, v1 = estate.rect
        columns = 2 if u1 - u0 < 0.5 else 4
        rows = {"old": 5, "existing": 4, "new": 3, "village": 4}[estate.kind]
        width, height = (u1 - u0) / columns, (v1 - v0) / rows
        for a in range(columns):
            for b in range(rows):
                if rng.random() < 0.08:
                    continue
                left, low = u0 + (a + 0.16) * width, v0 + (b + 0.3) * height
                right, top = left + 0.68 * width, low + (0.3 if estate.kind != "new" else 0.26) * height
                ring = estate.block.at(np.array([left, right, right, left, left]), np.array([low, low, top, top, low]))
                floors = max(1, FLOORS[estate.kind] + int(rng.integers(-1, 2)) * (4 if estate.kind == "new" else 1))
                found.append((ring, floors, estate.number))
    return found
