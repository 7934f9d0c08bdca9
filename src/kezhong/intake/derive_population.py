"""Where people start walking: the derived layers ``demand`` and ``demand_exits``.

Fine cells and places are taken as they are. Points closer together than cells (addresses, buildings) are gathered into
the cells of the analysis grid, so that no row stands for one dwelling. People of larger polygons are spread over the
residential buildings in them, else over residential land, else over the area, and gathered in the same way.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from kezhong.city.crs import GEOGRAPHIC, to_geographic, to_projected
from kezhong.city.grid import cell_ids
from kezhong.city.vocabulary import AGE_COLUMNS, AgeBasis, AreaLevel, SetKind
from kezhong.city.workspace import City, Edit
from kezhong.intake.buildings import weights
from kezhong.intake.cells import cut, holder

Floats = npt.NDArray[np.float64]
Objects = npt.NDArray[np.object_]

#: Points whose median distance to their neighbour is below this are no cells: they are gathered.
DENSE_M = 50.0
#: Polygons up to this area (150 m × 150 m) are cells themselves.
FINE_AREA_M2 = 22_500.0
#: Gathered units with fewer people than this show the ages of their source's small units together, not their own.
FEW_PEOPLE = 10.0
_PART = "derived"


@dataclass(slots=True)
class Pieces:
    """Parts of population rows at places: ``row`` of the population layer, projected x and y, share of the row's
    people, method, and whether parts of one cell are gathered."""

    row: npt.NDArray[np.int64]
    xy: Floats
    share: Floats
    method: Objects
    gather: npt.NDArray[np.bool_]
    by_row: npt.NDArray[np.bool_]  # gathered within the row only (polygons), not over the whole source


def derive(edit: Edit) -> None:
    """Rebuild ``demand`` and ``demand_exits`` from population, areas, estates, gates, buildings and land use."""
    city = edit.city
    population = city.geo("population")
    if population.empty:
        edit.remove("demand", _PART)
        edit.remove("demand_exits", _PART)
        return
    demand = build_demand(city, population)
    edit.put("demand", _PART, demand)
    exits = build_exits(city, demand)
    if exits.empty:
        edit.remove("demand_exits", _PART)
    else:
        edit.put("demand_exits", _PART, exits)


def build_demand(city: City, population: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Demand units of a population layer, not yet stored."""
    crs = city.config.crs
    shapes = np.asarray(population.geometry.array)
    local = shapely.transform(shapes, lambda xy: to_projected(xy, crs))
    polygon = np.isin(shapely.get_type_id(shapes), (3, 6))
    fine = polygon & (shapely.area(local) <= FINE_AREA_M2)
    pieces = _joined([_points(population, local, ~polygon), _fine(local, fine), _spread(city, local, polygon & ~fine)])
    lonlat = to_geographic(pieces.xy, crs)
    return _gather(city, population, pieces, lonlat)


def build_exits(city: City, demand: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Gates by which the people of gated estates leave, with the straight-line distance inside the estate."""
    estates, gates = city.geo("estates"), city.geo("gates")
    gated = set(estates.loc[estates["gated"].fillna(value=False).astype(bool), "estate_id"])
    usable = gates[gates["estate_id"].isin(gated) & (gates["access"].fillna("yes") != "no")]
    inside = demand[demand["estate_id"].isin(set(usable["estate_id"]))]
    pairs = inside[["demand_id", "estate_id", "geometry"]].merge(
        usable[["gate_id", "estate_id", "geometry"]], on="estate_id", suffixes=("", "_gate")
    )
    start = to_projected(shapely.get_coordinates(pairs["geometry"].to_numpy(dtype=object)), city.config.crs)
    end_points = pairs["geometry_gate"].to_numpy(dtype=object)
    end = to_projected(shapely.get_coordinates(shapely.centroid(end_points)), city.config.crs)
    columns = {
        "demand_id": pairs["demand_id"].to_numpy(dtype=object),
        "gate_id": pairs["gate_id"].to_numpy(dtype=object),
        "extra_m": np.hypot(*(end - start).T),
    }
    return gpd.GeoDataFrame(pd.DataFrame(columns), geometry=shapely.centroid(end_points), crs=GEOGRAPHIC)


# ---- placing -----------------------------------------------------------------------------------------------


def _points(population: gpd.GeoDataFrame, local: Objects, chosen: npt.NDArray[np.bool_]) -> Pieces:
    """Points (and raster cells) as given; dense sources are gathered."""
    row = np.flatnonzero(chosen)
    xy = shapely.get_coordinates(shapely.centroid(local[row]))
    kinds = population["kind"].to_numpy(dtype=object)[row] if "kind" in population.columns else np.full(len(row), None)
    raster = kinds == "raster_cell"
    gather = np.zeros(len(row), dtype=bool)
    sources = population["source"].to_numpy(dtype=object)[row]
    for source in pd.unique(pd.Series(sources[~raster], dtype=object)):
        mine = (sources == source) & ~raster
        gather[mine] = _dense(xy[mine])
    method = np.where(raster, "raster_cell", "as_given").astype(object)
    return Pieces(row, xy, np.ones(len(row)), method, gather, np.zeros(len(row), dtype=bool))


def _dense(xy: Floats) -> bool:
    """Whether points stand closer together than the cells of any published grid."""
    from scipy.spatial import cKDTree

    if len(xy) < 2:
        return False
    distance, _ = cKDTree(xy).query(xy, k=2, workers=1)
    return bool(np.median(distance[:, 1]) < DENSE_M)


def _fine(local: Objects, chosen: npt.NDArray[np.bool_]) -> Pieces:
    row = np.flatnonzero(chosen)
    xy = shapely.get_coordinates(shapely.point_on_surface(local[row])) if len(row) else np.empty((0, 2))
    no = np.zeros(len(row), dtype=bool)
    return Pieces(row, xy, np.ones(len(row)), np.full(len(row), "as_given", dtype=object), no, no)


def _spread(city: City, local: Objects, chosen: npt.NDArray[np.bool_]) -> Pieces:
    """People of polygons over buildings, else residential land, else the area."""
    waiting = np.flatnonzero(chosen)
    found: list[Pieces] = []
    for place, method in (
        (_in_buildings, "dasymetric_buildings"),
        (_on_land, "dasymetric_landuse"),
        (_over_area, "area_weighted"),
    ):
        if len(waiting) == 0:
            break
        owner, xy, weight = place(city, local[waiting])
        total = np.bincount(owner, weights=weight, minlength=len(waiting))
        good = (total[owner] > 0) & (weight > 0)
        owner, xy, weight = owner[good], xy[good], weight[good]
        yes = np.ones(len(owner), dtype=bool)
        found.append(
            Pieces(waiting[owner], xy, weight / total[owner], np.full(len(owner), method, dtype=object), yes, yes)
        )
        waiting = waiting[total <= 0]
    return _joined(found)


def _in_buildings(city: City, polygons: Objects) -> tuple[npt.NDArray[np.int64], Floats, Floats]:
    buildings = city.geo("buildings")
    buildings = buildings[buildings["residential"].astype(bool)]
    if buildings.empty:
        return np.empty(0, dtype=np.int64), np.empty((0, 2)), np.empty(0)
    local = shapely.transform(np.asarray(buildings.geometry.array), lambda xy: to_projected(xy, city.config.crs))
    points = shapely.point_on_surface(local)
    weight = weights(
        buildings["floor_area_m2"].to_numpy(dtype=np.float64),
        buildings["dwellings"].to_numpy(dtype=np.float64),
        shapely.area(local),
    )
    building, owner = shapely.STRtree(polygons).query(points, predicate="intersects")
    return owner, shapely.get_coordinates(points)[building], weight[building]


def _on_land(city: City, polygons: Objects) -> tuple[npt.NDArray[np.int64], Floats, Floats]:
    parcels = city.geo("landuse")
    parcels = parcels[parcels["residential"].astype(bool) & ~parcels["planned"].astype(bool)]
    if parcels.empty:
        return np.empty(0, dtype=np.int64), np.empty((0, 2)), np.empty(0)
    local = shapely.transform(np.asarray(parcels.geometry.array), lambda xy: to_projected(xy, city.config.crs))
    polygons = shapely.make_valid(polygons)
    parcel, owner = shapely.STRtree(polygons).query(local, predicate="intersects")
    pieces = shapely.intersection(shapely.make_valid(local[parcel]), polygons[owner])
    position, parts = cut(pieces)
    return owner[position], shapely.get_coordinates(shapely.point_on_surface(parts)), shapely.area(parts)


def _over_area(city: City, polygons: Objects) -> tuple[npt.NDArray[np.int64], Floats, Floats]:
    owner, parts = cut(shapely.make_valid(polygons))
    return owner, shapely.get_coordinates(shapely.point_on_surface(parts)), shapely.area(parts)


def _joined(parts: list[Pieces]) -> Pieces:
    if not parts:
        none = np.empty(0, dtype=bool)
        return Pieces(np.empty(0, dtype=np.int64), np.empty((0, 2)), np.empty(0), np.empty(0, dtype=object), none, none)
    return Pieces(
        np.concatenate([part.row for part in parts]),
        np.concatenate([part.xy for part in parts]),
        np.concatenate([part.share for part in parts]),
        np.concatenate([part.method for part in parts]),
        np.concatenate([part.gather for part in parts]),
        np.concatenate([part.by_row for part in parts]),
    )


# ---- gathering ---------------------------------------------------------------------------------------------


def _gather(city: City, population: gpd.GeoDataFrame, pieces: Pieces, lonlat: Floats) -> gpd.GeoDataFrame:
    """One row per place or per (source or polygon, community, estate, cell), with people and ages summed."""
    points = np.asarray(shapely.points(lonlat))
    table = pd.DataFrame(
        {
            "people": population["people"].to_numpy(dtype=np.float64)[pieces.row] * pieces.share,
            "x": pieces.xy[:, 0],
            "y": pieces.xy[:, 1],
            "method": pieces.method,
            "source": population["source"].to_numpy(dtype=object)[pieces.row],
            "basis": population["age_basis"].to_numpy(dtype=object)[pieces.row],
            "community_code": city.areas.locate(points, AreaLevel.COMMUNITY.value),
            "estate_id": _estates(city, points),
            "cell_id": cell_ids(lonlat, city.config.crs),
        }
    )
    for band in AGE_COLUMNS:
        table[band] = population[band].to_numpy(dtype=np.float64)[pieces.row] * pieces.share
    names = population["population_id"].to_numpy(dtype=object)[pieces.row]
    table["demand_id"] = _unit_names(table, pieces, names)
    table = table[table["people"] > 0]
    units = _summed(table)
    units = _guard_few(units, set(table.loc[pieces.gather[table.index] & ~pieces.by_row[table.index], "demand_id"]))
    where = to_geographic(units[["x", "y"]].to_numpy(dtype=np.float64), city.config.crs)
    places = np.asarray(shapely.points(where))
    units["grid_code"] = city.areas.locate(places, SetKind.OFFICIAL_GRID.value)
    return gpd.GeoDataFrame(units.drop(columns=["x", "y"]), geometry=places, crs=GEOGRAPHIC)


def _unit_names(table: pd.DataFrame, pieces: Pieces, names: Objects) -> Objects:
    """Stable ids: the population row's own, or what it is gathered by."""
    base = np.where(pieces.by_row, names, table["source"].to_numpy(dtype=object))
    place = table["cell_id"].to_numpy(dtype=object)
    out = names.copy()
    chosen = np.flatnonzero(pieces.gather)
    communities = table["community_code"].fillna("-").to_numpy(dtype=object)
    estates = table["estate_id"].fillna("-").to_numpy(dtype=object)
    out[chosen] = [f"{base[at]}/{communities[at]}/{estates[at]}/{place[at]}" for at in chosen.tolist()]
    return out


def _summed(table: pd.DataFrame) -> pd.DataFrame:
    weighted = table.assign(x=table["x"] * table["people"], y=table["y"] * table["people"])
    known = table[list(AGE_COLUMNS)].notna().any(axis=1)
    weighted["aged"] = np.where(known, table["people"], 0.0)
    weighted["stated"] = table["basis"] == AgeBasis.STATED_SHARE.value
    groups = weighted.groupby("demand_id", sort=True)
    sums = groups[["people", "x", "y", "aged"]].sum()
    ages = groups[list(AGE_COLUMNS)].sum(min_count=1)
    first = groups[["method", "source", "community_code", "estate_id", "cell_id"]].first()
    units = pd.concat([sums, ages, first], axis=1)
    units["x"] /= units["people"]
    units["y"] /= units["people"]
    # Where some rows of a unit have ages and others have none, the known ones stand for all of the unit.
    scale = np.where(units["aged"] > 0, units["people"] / units["aged"].where(units["aged"] > 0, 1.0), 1.0)
    units[list(AGE_COLUMNS)] = units[list(AGE_COLUMNS)].mul(scale, axis=0)
    stated = groups["stated"].any().to_numpy(dtype=bool) | (scale > 1 + 1e-9)
    basis = np.where(stated, AgeBasis.STATED_SHARE.value, AgeBasis.COUNTED.value)
    units["age_basis"] = np.where(units["aged"] > 0, basis, AgeBasis.NONE.value)
    return units.drop(columns="aged").reset_index()


def _guard_few(units: pd.DataFrame, gathered: set[str]) -> pd.DataFrame:
    """Give small units gathered from points the pooled ages of their source's small units: sums stay, persons hide."""
    few = (
        units["demand_id"].isin(gathered) & (units["people"] < FEW_PEOPLE) & (units["age_basis"] != AgeBasis.NONE.value)
    )
    if not few.any():
        return units
    columns = list(AGE_COLUMNS)
    small = units[few]
    pool = small.groupby("source")[columns].transform("sum", min_count=1)
    people = small.groupby("source")["people"].transform("sum")
    units.loc[few, columns] = pool.mul(small["people"] / people, axis=0)
    units.loc[few, "age_basis"] = AgeBasis.STATED_SHARE.value
    return units


def _estates(city: City, points: Objects) -> Objects:
    estates = city.geo("estates")
    found = np.full(len(points), None, dtype=object)
    if estates.empty:
        return found
    hit = holder(points, np.asarray(estates.geometry.array))
    found[hit >= 0] = estates["estate_id"].to_numpy(dtype=object)[hit[hit >= 0]]
    return found
