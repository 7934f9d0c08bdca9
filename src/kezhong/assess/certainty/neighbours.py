"""What lies around every origin: the nearest few facilities of each element, and places where unknown ones may be.

Both are searched once for a state of the data and kept in the city's cache; the samples only read them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt

from kezhong.assess import places as places_module
from kezhong.assess.reach import LAYERS
from kezhong.assess.stored import read_arrays, write_arrays
from kezhong.assess.streets import SNAP_M, attach, demand_rows, facility_rows, layers_key, lonlat, project, street_graph
from kezhong.assess.thresholds import Thresholds
from kezhong.city.workspace import City

Rows = npt.NDArray[np.int32]
Near = npt.NDArray[np.uint16]

#: How many facilities of an element are kept for each origin: where all of these are gone, none is reached.
NEAREST = 3
#: Most places where unknown facilities may be.
POOL = 128
#: Farther than this nothing is kept (decimetres); it is also what stands for “none”.
FAR = 0xFFFF
_FORMAT = 1
_SIDES = ("people", "places", "people_straight", "places_straight")


@dataclass(frozen=True, eq=False)
class Neighbours:
    """N origins, E elements, the K nearest facilities of each, C places.

    Attributes
    ----------
    dm : uint16 (E, K, N)
        Decimetres, nearest first; :data:`FAR` where there is none so near.
    facility : int32 (E, K, N)
        Row of the service point, −1 for none.
    ptr : int64 (C + 1,), origin : int32 (k,), place_dm : uint16 (k,)
        Place ``c`` is reached by ``origin[ptr[c]:ptr[c + 1]]``.
    """

    dm: Near
    facility: Rows
    ptr: npt.NDArray[np.int64]
    origin: Rows
    place_dm: Near

    def of(self, rows: npt.NDArray[np.intp]) -> Neighbours:
        """The same of some origins, renumbered in the order given."""
        number = np.full(self.dm.shape[2], -1, dtype=np.int32)
        number[rows] = np.arange(len(rows), dtype=np.int32)
        kept = number[self.origin] >= 0
        ptr = np.concatenate([[0], np.cumsum(kept)])[self.ptr]
        return Neighbours(
            self.dm[:, :, rows], self.facility[:, :, rows], ptr, number[self.origin[kept]], self.place_dm[kept]
        )


@dataclass(frozen=True, eq=False)
class Surroundings:
    """Neighbours of people and of places (estates, buildings, land), on foot and in a straight line.

    ``place_point`` (C,) is the service point at which each place stands, where unknown facilities may be: services
    stand where services stand.
    """

    people: Neighbours
    places: Neighbours
    people_straight: Neighbours
    places_straight: Neighbours
    place_point: npt.NDArray[np.int64]
    key: str


def surroundings(city: City, points: gpd.GeoDataFrame, thresholds: Thresholds, window: str) -> Surroundings:
    """Search, or read what was searched before.

    Parameters
    ----------
    points
        The assessed service points; ``thresholds.elements`` are the elements they serve.
    """
    key = layers_key(
        city, LAYERS, "certainty", _FORMAT, thresholds.elements, thresholds.bound_dm, window, SNAP_M, NEAREST, POOL
    )
    file = city.cache_file(f"certainty-{key}.npz")
    stored = read_arrays(file)
    if stored is None:
        stored = _search(city, points, thresholds, key)
        write_arrays(file, stored)
    names = tuple(Neighbours.__dataclass_fields__)
    sides = {side: Neighbours(*(stored[f"{side}.{name}"] for name in names)) for side in _SIDES}
    return Surroundings(**sides, place_point=stored["place_point"], key=key)


def _search(city: City, points: gpd.GeoDataFrame, thresholds: Thresholds, key: str) -> dict[str, Any]:
    graph, crs = street_graph(city), city.config.crs
    number = thresholds.row
    element = np.array([number[name] for name in points["element"]], dtype=np.int32)
    chosen = _pool(points, key)
    sites = points.iloc[chosen].reset_index(drop=True)
    start, unit, inside = demand_rows(city)
    spots = places_module.gather(city)
    bare = np.zeros(len(spots.rows_place))
    doors, door_of = facility_rows(city, points)
    entries, entry_of = facility_rows(city, sites)
    doors_xy, entries_xy = project(doors, crs), project(entries, crs)
    facilities, _ = attach(graph, doors_xy, door_of, np.zeros(len(door_of)), len(points), None)
    pool, _ = attach(graph, entries_xy, entry_of, np.zeros(len(entry_of)), len(chosen), None)
    limit = min(thresholds.bound_dm, FAR - 1)
    found: dict[str, Any] = {"place_point": chosen}
    for side, rows, of, extra, n, whole in (
        ("people", start, unit, inside, len(city.layer("demand")), lonlat(city.geo("demand"))),
        ("places", spots.rows_lonlat, spots.rows_place, bare, len(spots.kind), spots.lonlat),
    ):
        origins, _ = attach(graph, project(rows, crs), of, extra, n, None)
        on_foot = _on_foot(city, origins, n, facilities, element, len(thresholds.elements), pool, len(chosen), limit)
        straight = _straight(
            project(whole, crs), doors_xy, door_of, element, len(thresholds.elements), entries_xy, entry_of, limit
        )
        for name, part in ((side, on_foot), (f"{side}_straight", straight)):
            for column in Neighbours.__dataclass_fields__:
                found[f"{name}.{column}"] = getattr(part, column)
    return found


def _pool(points: gpd.GeoDataFrame, key: str) -> npt.NDArray[np.int64]:
    """Rows of service points at which unknown facilities may stand, spread evenly over all there are."""
    ids = points["facility_id"].to_numpy(dtype=object).astype(str)
    _, first = np.unique(ids, return_index=True)
    drawn = np.random.default_rng(int(key, 16)).permutation(first)[:POOL]
    return np.sort(drawn).astype(np.int64)


def _on_foot(
    city: City, origins: Any, n: int, facilities: Any, element: Rows,
    n_elements: int, pool: Any, n_pool: int, limit: int,
) -> Neighbours:  # fmt: skip
    from kezhong.assess.lived import hierarchy_of
    from kezhong.network import nearest, pairs

    graph = street_graph(city)
    if not n or not n_elements:
        return _none(n_elements, n, n_pool)
    found = nearest(
        hierarchy_of(city, None), graph, origins, n, facilities, len(element), element, n_elements, limit, k=NEAREST
    )
    around = pairs(graph, origins, n, pool, n_pool, limit)
    origin = np.repeat(np.arange(n, dtype=np.int32), np.diff(around.ptr))
    return _with_pool(found.cost, found.facility, around.facility, origin, around.dm, n_pool)


def _straight(
    xy: npt.NDArray[np.float64], doors: npt.NDArray[np.float64], door_of: npt.NDArray[np.int64], element: Rows,
    n_elements: int, entries: npt.NDArray[np.float64], entry_of: npt.NDArray[np.int64], limit: int,
) -> Neighbours:  # fmt: skip
    from scipy.spatial import cKDTree

    n_pool = int(entry_of.max(initial=-1)) + 1
    if not len(xy) or not n_elements:
        return _none(n_elements, len(xy), n_pool)
    cost = np.full((n_elements, NEAREST, len(xy)), FAR, dtype=np.int64)
    facility = np.full((n_elements, NEAREST, len(xy)), -1, dtype=np.int32)
    door_element = element[door_of]
    for number in range(n_elements):
        own = np.flatnonzero(door_element == number)
        if not len(own):
            continue
        metres, which = cKDTree(doors[own]).query(xy, k=list(range(1, NEAREST + 1)))
        known = np.isfinite(metres) & (metres * 10.0 <= limit)
        cost[number] = np.where(known, np.rint(np.where(known, metres, 0.0) * 10.0), FAR).T
        facility[number] = np.where(known, door_of[own][np.minimum(which, len(own) - 1)], -1).T
    tree = cKDTree(entries)
    near = cKDTree(xy).sparse_distance_matrix(tree, limit / 10.0, output_type="coo_matrix")
    dm = np.rint(near.data * 10.0).astype(np.int64)
    return _with_pool(cost, facility, entry_of[near.col].astype(np.int32), near.row.astype(np.int32), dm, n_pool)


def _with_pool(cost: Any, facility: Rows, place: Rows, origin: Rows, dm: Any, n_pool: int) -> Neighbours:
    order = np.lexsort((origin, place))
    ptr = np.concatenate([[0], np.cumsum(np.bincount(place, minlength=n_pool))]).astype(np.int64)
    return Neighbours(
        np.minimum(cost, FAR).astype(np.uint16),
        facility,
        ptr,
        origin[order],
        np.minimum(dm[order], FAR).astype(np.uint16),
    )


def _none(n_elements: int, n: int, n_pool: int) -> Neighbours:
    return Neighbours(
        np.full((n_elements, NEAREST, n), FAR, dtype=np.uint16),
        np.full((n_elements, NEAREST, n), -1, dtype=np.int32),
        np.zeros(n_pool + 1, dtype=np.int64),
        np.empty(0, dtype=np.int32),
        np.empty(0, dtype=np.uint16),
    )
