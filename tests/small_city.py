"""A small invented city with a run, written by hand: results whose every number the tests know.

Two districts, three streets, six communities of 1 km², one life circle over two streets; one demand unit per analysis
cell (and one cell of two people); three elements. Nothing is computed: tests of what reads results need no engine.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from kezhong.assess import run_key
from kezhong.catalogue import load_basis, load_catalogue
from kezhong.city.config import CityConfig
from kezhong.city.grid import cell_ids
from kezhong.city.results import FIGURE_COLUMNS, GRADE_COLUMNS, SHORTFALL_COLUMNS, Run, RunStore
from kezhong.city.workspace import City

CRS = "EPSG:4545"
ELEMENTS = ("wet_market", "kindergarten", "public_toilet")
COMMUNITIES = ("150301001001", "150301001002", "150301002001", "150301002002", "150302001001", "150302001002")
NAMES = ("和平社区", "滨河社区", "长青社区", "重庆路社区", "矿山社区", "巴音乌素村")
UNREACHED = 0xFFFFFFFF
WEST, SOUTH, STEP = 106.80, 39.60, 0.01


@dataclass(frozen=True)
class SmallCity:
    """The city and its one run."""

    city: City
    run: Run


def make(folder: Path, *, synthetic: bool = True, basis: str = "kezhong-default") -> SmallCity:
    """Write the city and its run into ``folder``."""
    config = CityConfig(
        name="试验市", name_en="Trial City", code="150300", crs=CRS, synthetic=synthetic, basis=basis,
        attribution=("© OpenStreetMap contributors, ODbL 1.0", "试验市统计局(虚构)"),
    )  # fmt: skip
    with City.create(folder, config).edit("make") as edit:
        edit.put("areas", "t", _areas())
        edit.put("area_sets", "t", _frame([
            {"kind": "life_circle", "code": "LC1", "name": "和平生活圈", "source": "t", "geometry": None},
        ]))  # fmt: skip
        edit.put("area_set_members", "t", pd.DataFrame({
            "kind": "life_circle", "set_code": "LC1", "member_code": list(COMMUNITIES[1:4]), "source": "t",
        }))  # fmt: skip
        edit.put("demand", "derived", demand())
        edit.put("service_points", "derived", _service_points())
        pmtiles = folder / "tiles.pmtiles"
        pmtiles.write_bytes(bytes(range(256)) * 40)
        edit.put_asset("basemap", pmtiles, "basemap-0123.pmtiles")
    city = City.open(folder)
    return SmallCity(city, write_run(city, basis))


def write_run(city: City, basis: str, walker: str = "standard") -> Run:
    """A run over :data:`ELEMENTS`, with known numbers."""
    units = demand()
    n = len(units)
    key = run_key(city, load_basis(basis), load_catalogue().walker(walker))
    nearest = np.vstack([np.arange(n) * 500 + 1000, np.full(n, 4000), np.arange(n) * 100]).astype(np.uint32)
    nearest[1, 5] = UNREACHED
    reason = np.zeros((3, n), dtype=np.uint8)
    reason[1, 5] = 4
    minutes = np.where(nearest == UNREACHED, UNREACHED, nearest * 0.9).astype(np.uint32)
    return RunStore(city.folder).write(
        key,
        {"created": "2026-11-23T08:00:00Z", "quality": 87.0, "insufficient": False, "cell_elements": list(ELEMENTS),
         "bound_m": 2000.0, "layers": city.snapshot.parts, "totals": {"people": float(units["people"].sum())},
         "thresholds_dm": [[0]] * len(ELEMENTS)},
        {"figures": figures(basis), "shortfalls": shortfalls(), "grades": grades(),
         "demand": pd.DataFrame({"demand_id": units["demand_id"]})},
        {"nearest_dm": nearest, "walker_ds": minutes, "reason": reason,
         "nearest_facility": np.full((3, n), -1, dtype=np.int32)},
        ["f1"],
    )  # fmt: skip


def requirement_of(element: str) -> str:
    """Id of the default basis's first requirement of an element."""
    return next(rule.id for rule in load_basis("kezhong-default").requirements if rule.element == element)


def square(column: int, row: int, width: int = 1, height: int = 1) -> shapely.Polygon:
    """A square of the lattice of communities."""
    west, south = WEST + column * STEP, SOUTH + row * STEP
    return shapely.box(west, south, west + width * STEP, south + height * STEP)


def _areas() -> gpd.GeoDataFrame:
    rows = [
        ("150300", "试验市", "city", None, None, square(0, 0, 3, 2)),
        ("150301", "东岸区", "district", "150300", None, square(0, 0, 2, 2)),
        ("150302", "西山区", "district", "150300", None, square(2, 0, 1, 2)),
        ("150301001", "滨河街道", "street", "150301", None, square(0, 0, 1, 2)),
        ("150301002", "长青街道", "street", "150301", None, square(1, 0, 1, 2)),
        ("150302001", "矿山镇", "street", "150302", None, square(2, 0, 1, 2)),
    ]
    kinds = ("existing", "new", "old", "existing", "old", "village")
    for number, (code, name, kind) in enumerate(zip(COMMUNITIES, NAMES, kinds, strict=True)):
        shape = square(number // 2, number % 2) if number < 5 else None
        rows.append((code, name, "community", code[:9], kind, shape))
    names = ("code", "name", "level", "parent_code", "community_type", "geometry")
    return _frame([dict(zip(names, row, strict=True), source="t") for row in rows])


def demand() -> gpd.GeoDataFrame:
    """Four units in each community; two of them share a cell, one cell holds two people only."""
    rows = []
    for number, code in enumerate(COMMUNITIES):
        for unit in range(4):
            offset = 0.002 if unit == 3 else 0.002 * (unit + 1)  # unit 3 stands where unit 0 does
            lon, lat = WEST + (number // 2) * STEP + offset, SOUTH + (number % 2) * STEP + 0.005
            people = 2.0 if (number, unit) == (0, 1) else 100.0 * (number + 1)
            rows.append({
                "demand_id": f"d{number}{unit}", "people": people, "age_0_2": people * 0.03, "age_basis": "counted",
                "community_code": code, "method": "as_given", "source": "t", "geometry": shapely.Point(lon, lat),
            })  # fmt: skip
    frame = _frame(rows)
    frame["cell_id"] = cell_ids(shapely.get_coordinates(frame.geometry.array), CRS)
    return frame.sort_values("demand_id").reset_index(drop=True)


def _service_points() -> gpd.GeoDataFrame:
    rows = []
    for number, element in enumerate(ELEMENTS):
        for place in range(2):
            rows.append({
                "facility_id": f"ledger:{element}-{place}", "element": element, "status": "open",
                "name": "和平菜市场" if (number, place) == (0, 0) else None, "capacity": 120.0 if number == 1 else None,
                "capacity_unit": "places" if number == 1 else None, "source": "ledger",
                "source_refs": "x", "source_rows": "台账!7",
                "geometry": shapely.Point(WEST + 0.003 + 0.004 * number, SOUTH + 0.003 + 0.005 * place),
            })  # fmt: skip
    return _frame(rows)


def _frame(rows: list[dict[str, object]]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(rows, geometry="geometry", crs="EPSG:4326")


def figures(basis: str) -> pd.DataFrame:
    """Coverage (two variants), metres and minutes of each community and element."""
    rows = []
    base = dict.fromkeys(FIGURE_COLUMNS, "")
    base.update(age_group="all", window="any", basis_hash=load_basis(basis).hash, walker="metres", quality=87.0)
    for name, (dtype, _) in FIGURE_COLUMNS.items():
        if dtype == "float64" and name != "quality":
            base[name] = np.nan
    for e, element in enumerate(ELEMENTS):
        for c, code in enumerate(COMMUNITIES):
            share = (c + e + 1) / 10
            own = {**base, "area_code": code, "area_level": "community", "element": element, "family": "coverage"}
            status = "meets" if share >= 0.5 else "falls_short"
            rows += [
                {**own, "indicator": "coverage", "variant": "target_pop", "value": share, "numerator": share * 100,
                 "denominator": 100.0, "threshold": 500.0, "threshold_unit": "m", "unit": "share", "status": status,
                 "reason": "" if share >= 0.5 else "too_far", "requirement_id": requirement_of(element)},
                {**own, "indicator": "coverage", "variant": "population", "value": share / 2, "unit": "share",
                 "status": "informative"},
                {**own, "indicator": "nearest_m", "value": 100.0 * (c + 1), "unit": "m", "status": "informative"},
                {**own, "indicator": "minutes", "value": 1.5 * (c + 1), "unit": "min", "status": "informative"},
            ]  # fmt: skip
    return pd.DataFrame(rows)


def shortfalls() -> pd.DataFrame:
    """Two of the elements fall short in every community; ranked by circle, then by people."""
    book = load_catalogue()
    rows = []
    for element in ELEMENTS[:2]:
        entry = book.elements[element]
        for c, code in enumerate(COMMUNITIES):
            people = float(np.nan if c == 4 else 1140 - 100 * c)
            rows.append({
                "shortfall_id": f"sf-{element}-{code}", "circle": entry.circle.value, "area_code": code,
                "area_level": "community", "area_name": NAMES[c], "life_circle": "LC1" if c in (1, 2, 3) else None,
                "district_code": code[:6], "street_code": code[:9], "element": element, "element_zh": entry.zh,
                "element_en": entry.en, "aspect": entry.aspect.value, "tier": entry.tier.value,
                "level": entry.level.value, "requirement_id": requirement_of(element),
                "requirement_zh": f"应配{entry.zh},步行距离不超过 500 m", "requirement_en": f"{entry.en} within 500 m",
                "clause": "建议值(待核)", "evidence": "proposal", "wording": "对照差距",
                "present_zh": "=1+1 注入" if c == 0 else "最近 620 m", "present_en": "nearest 620 m",
                "presence": "present", "gap": 120.0 + c, "gap_unit": "m", "gap_zh": f"超出 {120 + c} m",
                "gap_en": f"{120 + c} m too far", "nearest_m": np.nan if c == 3 else 620.0 + c,
                "people_affected": people, "children_affected": 120.0, "elderly_affected": 266.0, "target_group": "all",
                "target_affected": people, "target_total": 2000.0, "target_share": people / 2000, "need_weight": 1.0,
                "tickets_12345": np.nan, "certainty": ("high", "medium", "low")[c % 3],
                "certainty_zh": ("高", "中", "低")[c % 3], "remedies": "share;new" if c % 2 else "convert",
                "lead_department": "@商务局" if c == 1 else "市商务局", "responsible_department": "区政府",
                "status": "open", "quality": 87.0, "lon": np.nan if c == 5 else WEST + 0.005 * c,
                "lat": np.nan if c == 5 else SOUTH + 0.005,
            })  # fmt: skip
    order = [circle for circle in book.circles]  # noqa: C416
    frame = pd.DataFrame(rows)
    frame["place"] = frame["circle"].map(order.index)
    frame = frame.sort_values(["place", "area_code"], kind="stable").reset_index(drop=True)
    frame["rank"] = np.arange(len(frame)) + 1
    frame["rank_in_circle"] = frame.groupby("circle").cumcount() + 1
    return frame[list(SHORTFALL_COLUMNS)]


def grades() -> pd.DataFrame:
    """A grade for every community, the life circle and the city."""
    rows = []
    for c, code in enumerate((*COMMUNITIES, "LC1", "150300")):
        level = "community" if c < 6 else "life_circle" if c == 6 else "city"
        rows.append({
            "area_code": code, "area_level": level, "grade": "ABCD"[c % 4], "score": 60.0 + c, "content_scale": np.nan,
            "coverage": 70.0, "efficiency": np.nan, "quality_family": np.nan, "required_total": 3, "required_met": 1,
            "required_unknown": 0, "failing_elements": "kindergarten;wet_market", "people": 1000.0 * (c + 1),
            "status": "falls_short",
        })  # fmt: skip
    return pd.DataFrame(rows)[list(GRADE_COLUMNS)]
