"""Estates, residential buildings and residential land as origins of their own, for the coverage variants.

Estates start at their gates (walled estates are not entered over the wall), buildings at a point inside, parcels at a
lattice of points inside, each standing for its share of the parcel's area.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from kezhong.assess.streets import lonlat
from kezhong.city.crs import to_geographic, to_projected
from kezhong.city.workspace import City

Floats = npt.NDArray[np.float64]

LATTICE_M = 50.0
MAX_LATTICE = 400_000
KINDS = ("estate", "building", "land")
LAYERS = ("estates", "gates", "buildings", "landuse")


@dataclass(frozen=True, eq=False)
class Places:
    """Origins beside the demand units.

    Attributes
    ----------
    kind : uint8 (n,)
        Number in :data:`KINDS`.
    weight : float64 (n,)
        1 an estate or building, m² of land.
    lonlat : float64 (n, 2)
        A point of the place.
    rows_lonlat, rows_place
        Points from which it is left, and the place each belongs to.
    """

    kind: npt.NDArray[np.uint8]
    weight: Floats
    lonlat: Floats
    rows_lonlat: Floats
    rows_place: npt.NDArray[np.int64]


def gather(city: City) -> Places:
    """Collect the places of a city; empty where it has none of these layers."""
    estates = city.geo("estates")
    buildings = city.geo("buildings")
    homes = buildings[buildings["residential"].fillna(value=False).to_numpy(dtype=bool)]
    land = city.geo("landuse")
    living = land[land["residential"].fillna(value=False).to_numpy(dtype=bool) & ~land["planned"].to_numpy(dtype=bool)]
    estate_xy, building_xy = _inside(estates), _inside(homes)
    land_xy, land_m2 = _lattice(living, city.config.crs)
    gate_xy, gate_of = _gates(city, estates)
    n, m = len(estate_xy), len(building_xy)
    points = np.concatenate([estate_xy, building_xy, land_xy])
    bare = np.setdiff1d(np.arange(len(points)), gate_of)
    return Places(
        kind=np.repeat(np.arange(3, dtype=np.uint8), [n, m, len(land_xy)]),
        weight=np.concatenate([np.ones(n + m), land_m2]),
        lonlat=points,
        rows_lonlat=np.concatenate([gate_xy, points[bare]]),
        rows_place=np.concatenate([gate_of, bare]).astype(np.int64),
    )


def _inside(frame: gpd.GeoDataFrame) -> Floats:
    shapes = shapely.point_on_surface(np.asarray(frame.geometry.array))
    return np.column_stack([shapely.get_x(shapes), shapely.get_y(shapes)]).reshape(-1, 2).astype(np.float64)


def _gates(city: City, estates: gpd.GeoDataFrame) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Gates people may use, and the row of their estate."""
    gates = city.geo("gates")
    gates = gates[(gates["access"] != "no").fillna(value=True).to_numpy(dtype=bool)]
    number = pd.Index(estates["estate_id"].to_numpy(dtype=object)).get_indexer(
        gates["estate_id"].to_numpy(dtype=object, na_value="")
    )
    return lonlat(gates)[number >= 0], number[number >= 0].astype(np.int64)


def _lattice(parcels: gpd.GeoDataFrame, crs: str) -> tuple[Floats, Floats]:
    """Points inside residential parcels and the area each stands for, m²."""
    if not len(parcels):
        return np.empty((0, 2)), np.empty(0)
    shapes: Any = shapely.transform(np.asarray(parcels.geometry.array), lambda xy: to_projected(xy, crs))
    west, south, east, north = shapely.total_bounds(shapes)
    step = max(LATTICE_M, float(np.sqrt((east - west) * (north - south) / MAX_LATTICE)))
    x, y = np.meshgrid(np.arange(west + step / 2, east, step), np.arange(south + step / 2, north, step))
    grid: Any = shapely.points(x.ravel(), y.ravel())
    tree = shapely.STRtree(grid)
    parcel, point = tree.query(shapes, predicate="intersects")
    bare = np.setdiff1d(np.arange(len(shapes)), parcel)
    parcel = np.concatenate([parcel, bare])
    chosen = np.concatenate([grid[point], shapely.point_on_surface(shapes[bare])])
    area = shapely.area(shapes)
    weight = area[parcel] / np.bincount(parcel, minlength=len(shapes))[parcel]
    xy = np.column_stack([shapely.get_x(chosen), shapely.get_y(chosen)])
    order = np.lexsort((xy[:, 1], xy[:, 0], parcel))
    return to_geographic(xy[order], crs), weight[order]
