"""The search itself: from facilities to people and places, on the network and in a straight line."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt

from kezhong.assess import places as places_module
from kezhong.assess.origins import UNREACHED, Lengths
from kezhong.assess.places import Places
from kezhong.assess.streets import attach, demand_rows, facility_rows, lonlat, project, street_graph
from kezhong.assess.thresholds import Thresholds
from kezhong.city.workspace import City
from kezhong.progress import Progress, span

Floats = npt.NDArray[np.float64]

#: Supply is shared among people within this distance where no requirement says otherwise (metres).
CATCHMENT_M = 1000.0


def accesses(
    city: City, points: gpd.GeoDataFrame, thresholds: Thresholds, barred: npt.NDArray[np.bool_] | None
) -> tuple[Any, Any, npt.NDArray[np.uint8], npt.NDArray[np.int32]]:
    """Demand rows, facility rows, snapping reason of each unit, element row of each facility."""
    graph, crs = street_graph(city), city.config.crs
    start, unit, inside = demand_rows(city)
    demand, reason = attach(graph, project(start, crs), unit, inside, len(city.layer("demand")), barred)
    doors, place = facility_rows(city, points)
    facilities, _ = attach(graph, project(doors, crs), place, np.zeros(len(place)), len(points), barred)
    number = thresholds.row
    element = np.array([number[name] for name in points["element"]], dtype=np.int32)
    return demand, facilities, reason, element


def search(city: City, points: gpd.GeoDataFrame, thresholds: Thresholds, progress: Progress) -> dict[str, Any]:
    """The arrays of the reach table, on the whole network for everybody; those of the places start with ``places_``."""
    from kezhong.network import reach

    progress(0.0, "assess.step_streets")
    graph, crs = street_graph(city), city.config.crs
    n_elements, n_demand = len(thresholds.elements), len(city.layer("demand"))
    demand, facilities, reason, element = accesses(city, points, thresholds, None)
    progress(0.2, "assess.step_reach")
    found = reach(
        graph, demand, n_demand, facilities, len(points), element, n_elements,
        thresholds.bound_dm, thresholds.dm, progress=span(progress, 0.2, 0.6),
    )  # fmt: skip
    progress(0.6, "assess.step_reach")
    spots = places_module.gather(city)
    origins, _ = attach(
        graph, project(spots.rows_lonlat, crs), spots.rows_place, np.zeros(len(spots.rows_place)), len(spots.kind), None
    )
    place_dm = reach(
        graph, origins, len(spots.kind), facilities, len(points), element, n_elements,
        thresholds.bound_dm, progress=span(progress, 0.6, 0.8),
    ).nearest_dm  # fmt: skip
    progress(0.8, "assess.step_pairs")
    doors, door_of = facility_rows(city, points)
    door_xy, door_element = project(doors, crs), element[door_of]
    units_xy, spots_xy = project(lonlat(city.geo("demand")), crs), project(spots.lonlat, crs)
    stated = points["capacity"].notna().to_numpy(dtype=bool)
    ptr, facility, dm = pairs_within(graph, demand, n_demand, facilities, stated, thresholds, element)
    progress(0.95, "assess.step_pairs")
    return {
        "nearest_dm": found.nearest_dm,
        "nearest_facility": found.nearest_facility,
        "counts": found.counts,
        "snap_reason": reason,
        "straight_dm": _straight(units_xy, door_xy, door_element, n_elements),
        "place_dm": place_dm,
        "place_straight_dm": _straight(spots_xy, door_xy, door_element, n_elements),
        "straight_enough": _enough_straight(units_xy, (door_xy, door_of), element, thresholds),
        "place_enough": enough_on_foot(graph, origins, len(spots.kind), facilities, element, thresholds),
        "place_straight_enough": _enough_straight(spots_xy, (door_xy, door_of), element, thresholds),
        "pair_ptr": ptr,
        "pair_facility": facility,
        "pair_dm": dm,
        **{f"places_{name}": getattr(spots, name) for name in Places.__dataclass_fields__},
    }


def pairs_within(
    graph: Any,
    demand: Any,
    n_demand: int,
    facilities: Any,
    stated: npt.NDArray[np.bool_],
    thresholds: Thresholds,
    element: npt.NDArray[np.int32],
    weights: Any = None,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32], Lengths]:
    """Pairs of demand unit and facility, element by element within its own largest threshold.

    ``stated`` (facilities,) chooses those that state a capacity; ``weights`` are those of the network room.
    """
    from kezhong.network import Access, pairs

    limits = np.maximum(thresholds.dm.max(axis=1), int(CATCHMENT_M * 10))
    rows: list[npt.NDArray[Any]] = []
    for limit in np.unique(limits[element[stated]]):
        chosen = stated & (limits[element] == limit)
        renamed = np.cumsum(chosen) - 1
        kept = chosen[facilities.place]
        part = Access.of(
            renamed[facilities.place[kept]].astype(np.int32),
            facilities.edge[kept],
            facilities.offset_dm[kept],
            facilities.extra_dm[kept],
        )
        found = pairs(graph, demand, n_demand, part, int(chosen.sum()), int(limit), weights=weights)
        unit = np.repeat(np.arange(n_demand), np.diff(found.ptr))
        rows.append(np.column_stack([unit, np.flatnonzero(chosen)[found.facility], found.dm.astype(np.int64)]))
    table = np.concatenate(rows) if rows else np.empty((0, 3), dtype=np.int64)
    table = table[np.lexsort((table[:, 1], table[:, 0]))]
    ptr = np.concatenate([[0], np.cumsum(np.bincount(table[:, 0], minlength=n_demand))]).astype(np.int64)
    return ptr, table[:, 1].astype(np.int32), table[:, 2].astype(np.uint32)


def _straight(origins: Floats, doors: Floats, door_element: npt.NDArray[np.int32], n_elements: int) -> Lengths:
    """Straight line from each origin to the nearest door of each element, decimetres."""
    from scipy.spatial import cKDTree

    result = np.full((n_elements, len(origins)), UNREACHED, dtype=np.uint32)
    if not len(origins):
        return result
    order = np.argsort(door_element, kind="stable")
    edges = np.searchsorted(door_element[order], np.arange(n_elements + 1))
    for number in range(n_elements):
        own = doors[order[edges[number] : edges[number + 1]]]
        if len(own):
            metres, _ = cKDTree(own).query(origins)
            result[number] = np.minimum(np.rint(metres * 10.0), UNREACHED - 1).astype(np.uint32)
    return result


def enough_on_foot(
    graph: Any,
    origins: Any,
    n: int,
    facilities: Any,
    element: npt.NDArray[np.int32],
    thresholds: Thresholds,
    weights: Any = None,
) -> npt.NDArray[np.bool_]:
    """(several, n): whether so many facilities of an element lie within a threshold on the network."""
    from kezhong.network import Access, reach

    found = np.zeros((len(thresholds.several), n), dtype=bool)
    for number, (name, limit, needed) in enumerate(thresholds.several):
        chosen = element == thresholds.row[name]
        renamed = np.cumsum(chosen) - 1
        kept = chosen[facilities.place]
        part = Access.of(
            renamed[facilities.place[kept]].astype(np.int32),
            facilities.edge[kept],
            facilities.offset_dm[kept],
            facilities.extra_dm[kept],
        )
        one = np.zeros(int(chosen.sum()), dtype=np.int32)
        limits = np.array([[limit]], dtype=np.uint32)
        counts = reach(graph, origins, n, part, len(one), one, 1, limit, limits, weights=weights).counts
        found[number] = counts[0, 0] >= needed
    return found


def _enough_straight(
    origins: Floats, doors: tuple[Floats, npt.NDArray[np.int64]], element: npt.NDArray[np.int32], thresholds: Thresholds
) -> npt.NDArray[np.bool_]:
    """(several, origins): the same in a straight line; a facility with several doors counts once."""
    from scipy.spatial import cKDTree

    found = np.zeros((len(thresholds.several), len(origins)), dtype=bool)
    if not len(origins) or not thresholds.several:
        return found
    tree, (door_xy, door_of) = cKDTree(origins), doors
    for number, (name, limit, needed) in enumerate(thresholds.several):
        counted = np.zeros(len(origins), dtype=np.int64)
        for facility in np.flatnonzero(element == thresholds.row[name]):
            # Half a decimetre more: lengths are rounded to whole ones before they are compared.
            balls = tree.query_ball_point(door_xy[door_of == facility], (limit + 0.5) / 10.0)
            counted[np.unique(np.concatenate([np.asarray(ball, dtype=np.intp) for ball in balls]))] += 1
        found[number] = counted >= needed
    return found
