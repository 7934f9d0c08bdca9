"""The plan of the invented city: zones on warped grids of superblocks, and what stands where.

Everything here is fixed: a seed changes details (jitter, people, names of estates), never the plan, so that the
planted shortfalls keep their places. Positions are metres east and north of the city's origin.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

#: An uninhabited stretch of dunes; the coordinates mean nothing.
ORIGIN_LON, ORIGIN_LAT = 108.05, 40.22
CRS = "EPSG:4545"
RIVER_HALF_WIDTH = 130.0
RIVER_SPAN = (-11500.0, 9000.0)
RAIL_GAP = 70.0


def river_x(y: Array | float) -> Array:
    """East of the river's middle at northing ``y``."""
    return np.asarray(-3750 + 420 * np.sin(np.asarray(y) / 2300 + 0.5) + 0.00001 * np.asarray(y) ** 2)


@dataclass(frozen=True, slots=True)
class Town:
    """A town's seat, or a village, by its middle."""

    x: float
    y: float
    turn: float


#: In the order of :data:`names.TOWNS`: seat, village, village.
TOWN_PLACES: dict[str, tuple[tuple[Town, Town, Town], ...]] = {
    "A": (
        (Town(1330, 5620, 0.2), Town(-1670, 6620, 0.5), Town(3440, 7320, -0.2)),
        (Town(5620, 1550, -0.15), Town(7430, 3660, 0.3), Town(7930, -250, 0.6)),
    ),
    "B": (
        (Town(-5480, 4880, 0.3), Town(-7780, 6280, 0.1), Town(-3870, 6750, -0.4)),
        (Town(-8140, 300, 0.0), Town(-9730, 2490, 0.5), Town(-9840, -1810, -0.3)),
        (Town(-6070, -5030, -0.25), Town(-8460, -5830, 0.2), Town(-4290, -6630, 0.4)),
    ),
    "C": (
        (Town(-520, -7100, 0.1), Town(-2020, -9100, 0.4), Town(-2320, -5510, -0.2)),
        (Town(6360, -6070, -0.3), Town(8170, -4670, 0.2), Town(8360, -7770, 0.5)),
        (Town(3550, -9620, 0.15), Town(960, -10020, -0.4), Town(6160, -9920, 0.3)),
    ),
}


@dataclass(frozen=True)
class Zone:
    """A built-up zone: a grid of superblocks, bent, turned and placed."""

    name: str
    widths: tuple[float, ...]
    heights: tuple[float, ...]
    centre: tuple[float, float]
    turn: float
    warp: float
    rail_column: int | None = None
    rail_crossings: tuple[int, ...] = ()  # grid lines (rows) that cross the railway
    parks: frozenset[tuple[int, int]] = frozenset()
    factories: frozenset[tuple[int, int]] = frozenset()
    offices: frozenset[tuple[int, int]] = frozenset()
    reserves: frozenset[tuple[int, int]] = frozenset()
    wobble: float = 0.1

    @cached_property
    def lines(self) -> tuple[Array, Array]:
        """Positions of the grid lines along both axes, the zone's middle at 0."""
        u = np.concatenate([[0.0], np.cumsum(self.widths)])
        v = np.concatenate([[0.0], np.cumsum(self.heights)])
        return u - u[-1] / 2, v - v[-1] / 2

    def place(self, u: Array, v: Array) -> Array:
        """Grid position → metres in the city, (n, 2)."""
        bent_u = u + self.warp * np.sin(v / 1450 + 0.7) + 0.35 * self.warp * np.sin(u / 800 + v / 900)
        bent_v = v + self.warp * np.sin(u / 1650 + 1.9) + 0.3 * self.warp * np.sin(v / 700 - u / 1100)
        cos, sin = math.cos(self.turn), math.sin(self.turn)
        return np.column_stack(
            [self.centre[0] + cos * bent_u - sin * bent_v, self.centre[1] + sin * bent_u + cos * bent_v]
        )

    def inside(self, i: int, j: int) -> bool:
        """Whether superblock (i, j) belongs to the built-up zone (a wobbly oval)."""
        u, v = self.lines
        mid_u, mid_v = (u[i] + u[i + 1]) / 2, (v[j] + v[j + 1]) / 2
        angle = math.atan2(mid_v, mid_u)
        radius = math.hypot(mid_u / (u[-1] * 1.08), mid_v / (v[-1] * 1.08))
        if radius > 1 + self.wobble * math.sin(3 * angle + 1.0) + 0.06 * math.sin(7 * angle):
            return False
        x, y = self.place(np.array([mid_u]), np.array([mid_v]))[0]
        half = max(self.widths[i], self.heights[j]) / 2
        return bool(abs(x - float(river_x(y))) > RIVER_HALF_WIDTH + half + 20)


def _sizes(n: int, low: float, high: float) -> tuple[float, ...]:
    """Superblocks grow from the middle outwards, not evenly."""
    middle = (n - 1) / 2
    return tuple(
        round(low + (high - low) * (abs(k - middle) / middle) ** 1.3 + 14 * math.sin(2.3 * k), 1) for k in range(n)
    )


_A_WIDTHS = list(_sizes(18, 295, 395))
_A_WIDTHS[12] = RAIL_GAP

ZONES: dict[str, Zone] = {
    "A": Zone(
        "A", tuple(_A_WIDTHS), _sizes(19, 300, 390), (-300.0, 200.0), 0.09, 70.0,
        rail_column=12, rail_crossings=(4, 10, 15),
        parks=frozenset({(7, 9), (8, 9), (3, 13), (15, 6), (5, 4), (14, 12), (2, 8), (10, 15)}),
        factories=frozenset({(13, 1), (14, 1), (13, 2), (11, 1), (11, 2), (14, 2)}),
        offices=frozenset({(8, 8), (9, 9), (14, 8), (6, 10)}),
        reserves=frozenset({(16, 9), (15, 13), (4, 16)}),
    ),
    "B": Zone(
        "B", _sizes(11, 310, 390), _sizes(13, 310, 390), (-5750.0, -200.0), -0.13, 60.0,
        parks=frozenset({(5, 6), (8, 9), (2, 4), (7, 2)}),
        factories=frozenset({(0, 5), (0, 6), (1, 3), (0, 7)}),
        offices=frozenset({(6, 6)}),
        reserves=frozenset({(3, 10), (8, 4)}),
    ),
    "C": Zone(
        "C", _sizes(9, 310, 380), _sizes(10, 310, 380), (2700.0, -5900.0), 0.22, 45.0,
        parks=frozenset({(4, 5), (2, 7), (6, 3)}),
        factories=frozenset({(0, 3), (0, 4), (1, 3), (0, 5), (1, 2), (2, 1), (3, 1)}),
        offices=frozenset({(5, 5)}),
        reserves=frozenset({(7, 6)}),
    ),
}  # fmt: skip


@dataclass(slots=True)
class Block:
    """One superblock: four corner streets around estates, a park, works or offices."""

    zone: str
    i: int
    j: int
    corners: Array  # SW, SE, NE, NW in metres, (4, 2)
    use: str  # residential, park, factory, office, reserve, rail
    kind: str = "existing"  # community type
    community: str = ""
    weight: float = 0.0  # relative number of residents
    key: str = ""

    def at(self, u: Array, v: Array) -> Array:
        """Position inside, (0, 0) the south-west corner and (1, 1) the north-east one."""
        sw, se, ne, nw = self.corners
        u, v = np.atleast_1d(u)[:, None], np.atleast_1d(v)[:, None]
        found: Array = (1 - u) * (1 - v) * sw + u * (1 - v) * se + u * v * ne + (1 - u) * v * nw
        return found

    @property
    def middle(self) -> Array:
        """Mean of the corners."""
        found: Array = self.corners.mean(axis=0)
        return found

    @property
    def hectares(self) -> float:
        """Area."""
        x, y = self.corners[:, 0], self.corners[:, 1]
        return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2 / 1e4)


def block_use(zone: Zone, i: int, j: int) -> str:
    """What a superblock is for."""
    if i == zone.rail_column:
        return "rail"
    for use, places in (
        ("park", zone.parks),
        ("factory", zone.factories),
        ("office", zone.offices),
        ("reserve", zone.reserves),
    ):
        if (i, j) in places:
            return use
    return "residential"


def density(zone: Zone, x: float, y: float) -> float:
    """Relative density of residents: high in the middle of a zone, lower outwards."""
    r = math.hypot(x - zone.centre[0], y - zone.centre[1])
    peak, scale = {"A": (2.6, 2300.0), "B": (1.7, 1700.0), "C": (1.3, 1500.0)}[zone.name]
    return 0.55 + (peak - 0.55) * math.exp(-((r / scale) ** 2))
