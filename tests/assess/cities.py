"""Small invented cities: a lattice of streets 100 m apart, people at crossings, facilities where a test wants them."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.geometry import LineString, Point, Polygon

from kezhong.city.config import CityConfig
from kezhong.city.crs import to_geographic
from kezhong.city.vocabulary import AGE_COLUMNS
from kezhong.city.workspace import City

CRS = "EPSG:4545"
EAST, NORTH = 484_000.0, 4_392_000.0
STEP = 100.0
CIRCLES = {"L1": ["C1", "C2"], "L2": ["C3", "C4"]}
#: A circle that crosses the border of the two streets.
CROSSING = {"L1": ["C1"], "L2": ["C2", "C3"], "L3": ["C4"]}


def place(x: float, y: float) -> Point:
    """A point ``x``, ``y`` metres from the lattice's corner, lon/lat."""
    return Point(to_geographic(np.array([[EAST + x, NORTH + y]]), CRS)[0])


def frame(rows: list[dict[str, Any]]) -> gpd.GeoDataFrame:
    """A layer's part from rows with a geometry."""
    return gpd.GeoDataFrame(pd.DataFrame(rows), geometry="geometry", crs="EPSG:4326")


@dataclass
class Lattice:
    """A city of ``columns`` × ``rows`` crossings; communities are vertical strips."""

    folder: Path
    columns: int = 21
    rows: int = 11
    strips: int = 4
    ages: bool = True
    people: float = 30.0
    districts: bool = True
    circles: dict[str, list[str]] | None = None
    types: dict[str, str] = field(default_factory=dict)
    facilities: list[dict[str, Any]] = field(default_factory=list)
    doors: list[dict[str, Any]] = field(default_factory=list)
    verification: list[dict[str, Any]] = field(default_factory=list)
    ratios: list[dict[str, Any]] = field(default_factory=list)
    sites: list[dict[str, Any]] = field(default_factory=list)
    landuse: list[dict[str, Any]] = field(default_factory=list)
    estates: list[dict[str, Any]] = field(default_factory=list)
    gates: list[dict[str, Any]] = field(default_factory=list)
    buildings: list[dict[str, Any]] = field(default_factory=list)
    built_up: Any = None  # outline of the built-up area
    homes: dict[str, tuple[float, float, float, float]] = field(default_factory=dict)  # estate → who lives in it (box)
    steps: set[tuple[int, int]] = field(default_factory=set)
    households: float | None = 100.0

    @property
    def width(self) -> float:
        return (self.columns - 1) * STEP

    @property
    def height(self) -> float:
        return (self.rows - 1) * STEP

    def community(self, x: float) -> str:
        """Code of the strip a position lies in."""
        return f"C{min(int(x / (self.width / self.strips)), self.strips - 1) + 1}"

    def add(self, element: str, x: float, y: float, **more: Any) -> str:
        """Add a facility of an element; returns its id."""
        name: str = more.pop("facility_id", f"ledger:{element}-{len(self.facilities)}")
        self.facilities.append(
            {
                "facility_id": name, "element": element, "name": more.pop("name", f"{element} {len(self.facilities)}"),
                "status": more.pop("status", "open"), "community_code": self.community(x), "source": "ledger",
                "source_refs": name, "source_rows": f"ledger.xlsx#{len(self.facilities) + 2}",
                "geometry": place(x, y), "_xy": (x, y), **more,
            }
        )  # fmt: skip
        return name

    def build(self, **config: Any) -> City:
        """Write the city."""
        city = City.create(self.folder, CityConfig(name="试验市", code="150000", city_id="test", crs=CRS, **config))
        with city.edit("test") as edit:
            self._streets(edit)
            self._areas(edit)
            self._people(edit)
            self.put_facilities(edit)
            for layer, rows in (
                ("verification", self.verification), ("ratios", self.ratios),
            ):  # fmt: skip
                if rows:
                    edit.put(layer, "test", pd.DataFrame(rows))
            for layer, rows in (
                ("sites", self.sites), ("landuse", self.landuse), ("estates", self.estates), ("gates", self.gates),
                ("buildings", self.buildings),
            ):  # fmt: skip
                if rows:
                    edit.put(layer, "test", frame(rows))
            if self.built_up is not None:
                row = {"kind": "built_up", "code": "B1", "name": "城区", "source": "outline", "geometry": self.built_up}
                edit.put("area_sets", "outline", frame([row]))
        return city.refresh()

    def _streets(self, edit: Any) -> None:
        nodes, edges = [], []
        for i in range(self.columns):
            for j in range(self.rows):
                nodes.append(
                    {"node_id": f"n{i}-{j}", "kind": "junction", "source": "osm", "geometry": place(i * STEP, j * STEP)}
                )
                for di, dj in ((1, 0), (0, 1)):
                    if i + di < self.columns and j + dj < self.rows:
                        steps = di == 1 and (i, j) in self.steps
                        edges.append(
                            {
                                "edge_id": f"e{i}-{j}-{di}", "from_node": f"n{i}-{j}", "to_node": f"n{i + di}-{j + dj}",
                                "length_m": STEP, "highway": "steps" if steps else "residential", "name": f"街{j}",
                                "steps": steps, "bridge": False, "tunnel": False, "source": "osm",
                                "geometry": LineString(
                                    [place(i * STEP, j * STEP), place((i + di) * STEP, (j + dj) * STEP)]
                                ),
                            }
                        )  # fmt: skip
        edit.put("street_nodes", "osm", frame(nodes))
        edit.put("street_edges", "osm", frame(edges))

    def _shape(self, first: int, last: int) -> Any:
        wide = self.width / self.strips
        corners = [(first * wide, -50.0), (last * wide, self.height + 50.0)]
        if first == 0:
            corners[0] = (-50.0, -50.0)
        if last == self.strips:
            corners[1] = (self.width + 50.0, self.height + 50.0)
        (w, s), (e, n) = corners
        # The projected corners, not a box in lon/lat: away from the central meridian boxes leave gaps of metres.
        return Polygon([place(w, s), place(e, s), place(e, n), place(w, n)])

    def _areas(self, edit: Any) -> None:
        if self.strips == 0:
            return
        common = {"source": "test"}
        rows = [
            {"code": "150000", "name": "试验市", "level": "city", "geometry": self._shape(0, self.strips), **common}
        ]
        half = self.strips // 2
        if self.districts:
            rows += [
                {"code": "D1", "name": "东区", "level": "district", "parent_code": "150000",
                 "geometry": self._shape(0, half), **common},
                {"code": "D2", "name": "西区", "level": "district", "parent_code": "150000",
                 "geometry": self._shape(half, self.strips), **common},
                {"code": "S1", "name": "一街道", "level": "street", "parent_code": "D1",
                 "geometry": self._shape(0, half), **common},
                {"code": "S2", "name": "二街道", "level": "street", "parent_code": "D2",
                 "geometry": self._shape(half, self.strips), **common},
            ]  # fmt: skip
        for k in range(self.strips):
            parent = ("S1" if k < half else "S2") if self.districts else "150000"
            rows.append(
                {
                    "code": f"C{k + 1}", "name": f"社区{k + 1}", "level": "community", "parent_code": parent,
                    "community_type": self.types.get(f"C{k + 1}", "existing"), "households": self.households,
                    "geometry": self._shape(k, k + 1), **common,
                }
            )  # fmt: skip
        edit.put("areas", "test", frame(rows))
        if self.circles:
            edit.put(
                "area_sets",
                "test",
                gpd.GeoDataFrame(
                    {"kind": "life_circle", "code": list(self.circles), "name": list(self.circles), "source": "test"},
                    geometry=[None] * len(self.circles), crs="EPSG:4326",
                ),
            )  # fmt: skip
            members = [(c, m) for c, codes in self.circles.items() for m in codes]
            edit.put(
                "area_set_members",
                "test",
                pd.DataFrame(
                    [{"kind": "life_circle", "set_code": c, "member_code": m, "source": "test"} for c, m in members]
                ),
            )

    def _people(self, edit: Any) -> None:
        if self.people <= 0:
            return
        rows = []
        for i in range(self.columns):
            for j in range(self.rows):
                people = self.people + (i * 7 + j * 3) % 5
                bands = dict.fromkeys(AGE_COLUMNS, people / 8) if self.ages else {}
                rows.append(
                    {
                        "demand_id": f"d{i:02d}-{j:02d}", "people": people, **bands,
                        "age_basis": "counted" if self.ages else "none",
                        "community_code": self.community(i * STEP) if self.strips else None,
                        "estate_id": self._home(i * STEP, j * STEP),
                        "cell_id": f"AG100-4545-E{i}-N{j}", "method": "as_given", "source": "test",
                        "geometry": place(i * STEP, j * STEP),
                    }
                )  # fmt: skip
        edit.put("demand", "derived", frame(rows))

    def _home(self, x: float, y: float) -> str | None:
        return next((name for name, (w, s, e, n) in self.homes.items() if w <= x <= e and s <= y <= n), None)

    def put_facilities(self, edit: Any) -> None:
        if not self.facilities:
            return
        edit.put("service_points", "derived", frame(self.facilities))
        doors = self.doors or [
            {"facility_id": name, "access_id": "0", "kind": "point", "geometry": shape}
            for name, shape in {row["facility_id"]: row["geometry"] for row in self.facilities}.items()
        ]
        edit.put("access_points", "derived", frame(doors))
        base = {row["facility_id"]: row for row in self.facilities}
        edit.put(
            "facilities",
            "ledger",
            frame(
                [
                    {"facility_id": name, "name": row["name"], "status": row["status"], "source": "ledger",
                     "source_row": row["source_rows"], "geometry": row["geometry"]}
                    for name, row in base.items()
                ]
            ),
        )  # fmt: skip
        services = [
            {"facility_id": row["facility_id"], "element": row["element"], "matched_by": "test", "source": "ledger"}
            for row in self.facilities
        ]
        edit.put("facility_services", "ledger", pd.DataFrame(services))


def usual(folder: Path, **more: Any) -> Lattice:
    """A lattice with two life circles and a few facilities of five elements: enough for the data-quality gate."""
    lattice = Lattice(folder / "city", **{"circles": CIRCLES, **more})
    lattice.add("wet_market", 300, 300)
    lattice.add("wet_market", 1600, 700)
    lattice.add("pharmacy", 100, 100)
    lattice.add("kindergarten", 500, 500, capacity=100.0, capacity_unit="places", hours="周一至周五 8:00-17:00")
    lattice.add("kindergarten", 1000, 500, capacity=150.0, capacity_unit="places", satisfaction=0.9)
    lattice.add("primary_school", 1500, 500, capacity=300.0, capacity_unit="places")
    lattice.add("elderly_home", 1700, 800, capacity=20.0, capacity_unit="beds")
    return lattice


def units_of(lattice: Lattice) -> pd.DataFrame:
    """People of every crossing by arithmetic."""
    rows = [
        (i * STEP, j * STEP, lattice.people + (i * 7 + j * 3) % 5, lattice.community(i * STEP))
        for i, j in itertools.product(range(lattice.columns), range(lattice.rows))
    ]
    return pd.DataFrame(rows, columns=["x", "y", "people", "community"])


def covered(lattice: Lattice, element: str, limit: float, number: int = 1) -> pd.DataFrame:
    """Metres to the ``number``-th nearest: between crossings the walking distance is the sum of the offsets."""
    units = units_of(lattice)
    spots = [row["_xy"] for row in lattice.facilities if row["element"] == element]
    units["m"] = [
        sorted(abs(x - a) + abs(y - b) for a, b in spots)[number - 1]
        for x, y in zip(units["x"], units["y"], strict=True)
    ]
    units["in"] = units["m"] <= limit + 0.05
    return units
