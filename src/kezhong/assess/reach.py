"""Reach: nearest facility of every element from every demand unit, cached so that a second basis needs no search.

The cache is keyed by the content of the street, facility and demand layers, the thresholds of *all* bases, the walker's
bars and the window; a basis only compares what is stored with its own thresholds.
"""

from __future__ import annotations

import contextlib
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt

from kezhong.assess import places as places_module
from kezhong.assess.origins import UNREACHED, Origins, Several, enough_counted
from kezhong.assess.places import Places
from kezhong.assess.reasons import REACH_CODES
from kezhong.assess.streets import (
    SNAP_M,
    attach,
    barred_edges,
    demand_rows,
    facility_rows,
    layers_key,
    project,
    street_graph,
)
from kezhong.catalogue.model import Basis
from kezhong.city.files import write_atomically
from kezhong.city.workspace import City
from kezhong.errors import WorkspaceError
from kezhong.progress import Progress, silent, span

Floats = npt.NDArray[np.float64]
Lengths = npt.NDArray[np.uint32]

#: The search goes at least this far, whatever the bases ask (metres).
LEAST_BOUND_M = 2000.0
#: Supply is shared among people within this distance where no requirement says otherwise (metres).
CATCHMENT_M = 1000.0
_FORMAT = 2
#: Layers on which distances depend.
LAYERS = (
    "street_nodes",
    "street_edges",
    "service_points",
    "access_points",
    "demand",
    "demand_exits",
    *places_module.LAYERS,
)


@dataclass(frozen=True, eq=False)
class Thresholds:
    """Thresholds in use, per element, over all bases.

    ``dm`` (elements, T) ascending, 0 unused; ``bound_dm`` how far the search goes; ``several`` the substitutes of
    which more than one must lie within a threshold.
    """

    elements: tuple[str, ...]
    dm: Lengths
    bound_dm: int
    several: tuple[Several, ...] = ()

    @cached_property
    def row(self) -> dict[str, int]:
        """Row of each element."""
        return {element: number for number, element in enumerate(self.elements)}

    def column(self, element: str, limit_dm: int) -> int:
        """Column of ``counts`` that counts within ``limit_dm``, −1 where it was not asked for."""
        found = np.flatnonzero(self.dm[self.row[element]] == limit_dm)
        return int(found[0]) if len(found) else -1


def limit_dm(value: float, unit: str, m_per_min: float) -> int:
    """Decimetres that a threshold allows; minutes count at the standard walker's pace."""
    metres = value if unit == "m" else value * m_per_min
    return int(np.floor(metres * 10.0 + 1e-6))


def thresholds_of(bases: Mapping[str, Basis], elements: tuple[str, ...], m_per_min: float) -> Thresholds:
    """Collect the thresholds of all bases for the given elements."""
    wanted: dict[str, set[int]] = {element: set() for element in elements}
    several: set[Several] = set()
    farthest = int(LEAST_BOUND_M * 10)
    for basis in bases.values():
        for rule in basis.requirements:
            if rule.threshold is None:
                continue
            limit = limit_dm(rule.threshold.value, rule.threshold.unit, m_per_min)
            farthest = max(farthest, limit)
            for element in rule.elements:
                if element not in wanted:
                    continue
                wanted[element].add(limit)
                if (needed := rule.any_of_count.get(element, 1)) > 1:
                    several.add((element, limit, needed))
    width = max((len(limits) for limits in wanted.values()), default=0)
    table = np.zeros((len(elements), max(width, 1)), dtype=np.uint32)
    for number, element in enumerate(elements):
        limits = sorted(wanted[element])
        table[number, : len(limits)] = limits
    return Thresholds(elements, table, farthest, tuple(sorted(several)))


@dataclass(frozen=True, eq=False)
class ReachTable:
    """What the search found. E elements, T thresholds, D demand units, P places; rows of ``points`` are facilities.

    Attributes
    ----------
    nearest_dm, nearest_facility
        (E, D): decimetres to the nearest, :data:`UNREACHED` beyond the bound, and its row, −1.
    counts
        (E, T, D): facilities within each threshold.
    straight_dm
        (E, D): straight line to the nearest, for the buffer variant.
    snap_reason
        (D,): 0 on the network, 1 no street, 2 island, 3 barred.
    place_dm, place_straight_dm
        (E, P): the same from estates, buildings and land.
    straight_enough, place_enough, place_straight_enough
        (K, D) and (K, P): whether as many as ``thresholds.several`` asks for lie within the threshold.
    pair_ptr, pair_facility, pair_dm
        CSR over demand units: facilities with a stated capacity within reach.
    """

    elements: tuple[str, ...]
    thresholds: Thresholds
    nearest_dm: Lengths
    nearest_facility: npt.NDArray[np.int32]
    counts: npt.NDArray[Any]
    straight_dm: Lengths
    snap_reason: npt.NDArray[np.uint8]
    places: Places
    place_dm: Lengths
    place_straight_dm: Lengths
    straight_enough: npt.NDArray[np.bool_]
    place_enough: npt.NDArray[np.bool_]
    place_straight_enough: npt.NDArray[np.bool_]
    pair_ptr: npt.NDArray[np.int64]
    pair_facility: npt.NDArray[np.int32]
    pair_dm: Lengths
    key: str
    searched: bool

    @cached_property
    def row(self) -> dict[str, int]:
        """Row of each element."""
        return {element: number for number, element in enumerate(self.elements)}

    @cached_property
    def people_on_foot(self) -> Origins:
        """From demand units on the network."""
        several = self.thresholds.several
        enough = enough_counted(several, self.row, self.thresholds.dm, self.counts)
        return Origins(self.row, self.nearest_dm, several, enough)

    def facility(self, row: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
        """Nearest facility (D,) of the element whose row each demand unit names, −1 where it names none."""
        if not len(self.elements):
            return row
        chosen = self.nearest_facility[np.maximum(row, 0), np.arange(len(row))]
        return np.where(row >= 0, chosen, np.int32(-1))

    @cached_property
    def people_straight(self) -> Origins:
        """From demand units in a straight line."""
        return Origins(self.row, self.straight_dm, self.thresholds.several, self.straight_enough)

    @cached_property
    def places_on_foot(self) -> Origins:
        """From estates, buildings and land on the network."""
        return Origins(self.row, self.place_dm, self.thresholds.several, self.place_enough)

    @cached_property
    def places_straight(self) -> Origins:
        """From estates, buildings and land in a straight line."""
        return Origins(self.row, self.place_straight_dm, self.thresholds.several, self.place_straight_enough)

    @cached_property
    def reason(self) -> npt.NDArray[np.uint8]:
        """(E, D): number in :data:`kezhong.assess.reasons.REACH_CODES`."""
        return reasons(self.nearest_dm, self.snap_reason)


def reasons(nearest_dm: Lengths, snap_reason: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Why a unit does or does not reach an element, as numbers in ``REACH_CODES``."""
    ok, beyond = REACH_CODES.index("ok"), REACH_CODES.index("beyond")
    unreached = np.where(snap_reason == 0, beyond, snap_reason).astype(np.uint8)
    return np.where(nearest_dm == UNREACHED, unreached[None, :], np.uint8(ok)).astype(np.uint8)


def reach_table(
    city: City,
    points: gpd.GeoDataFrame,
    thresholds: Thresholds,
    *,
    window: str = "any",
    progress: Progress = silent,
) -> ReachTable:
    """The reach of everybody on the whole network, from the cache where it is there.

    Parameters
    ----------
    points
        Assessed service points, sorted by facility and element; ``thresholds.elements`` are the elements they serve.
    """
    key = layers_key(
        city,
        LAYERS,
        "reach",
        _FORMAT,
        thresholds.elements,
        thresholds.dm.tolist(),
        thresholds.bound_dm,
        thresholds.several,
        window,
        SNAP_M,
    )
    file = city.cache_file(f"reach-{key}.npz")
    stored = read_arrays(file)
    searched = stored is None
    if stored is None:
        stored = _search(city, points, thresholds, progress)
        write_arrays(file, stored)
    spots = Places(*(stored[f"places_{name}"] for name in ("kind", "weight", "lonlat", "rows_lonlat", "rows_place")))
    own = {name: array for name, array in stored.items() if not name.startswith("places_")}
    return ReachTable(
        elements=thresholds.elements, thresholds=thresholds, places=spots, key=key, searched=searched, **own
    )


def walker_reach(
    city: City, points: gpd.GeoDataFrame, thresholds: Thresholds, *, window: str = "any", progress: Progress = silent
) -> tuple[Lengths, npt.NDArray[np.uint8]]:
    """Nearest (E, D) in decimetres and snapping reasons (D,) for a walker who avoids steps; cached like the rest."""
    key = layers_key(city, LAYERS, "walker", _FORMAT, thresholds.elements, thresholds.bound_dm, window, SNAP_M)
    file = city.cache_file(f"walker-{key}.npz")
    stored = read_arrays(file)
    if stored is None:
        from kezhong.network import reach

        graph, barred = street_graph(city), barred_edges(city)
        demand, facilities, reason, element = _accesses(city, points, thresholds, barred)
        found = reach(
            graph,
            demand,
            len(reason),
            facilities,
            len(points),
            element,
            len(thresholds.elements),
            thresholds.bound_dm,
            barred=barred,
            progress=progress,
        )
        stored = {"nearest_dm": found.nearest_dm, "snap_reason": reason}
        write_arrays(file, stored)
    return stored["nearest_dm"], stored["snap_reason"]


def _accesses(
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


def _search(city: City, points: gpd.GeoDataFrame, thresholds: Thresholds, progress: Progress) -> dict[str, Any]:
    from kezhong.network import reach

    progress(0.0, "assess.step_streets")
    graph, crs = street_graph(city), city.config.crs
    n_elements, n_demand = len(thresholds.elements), len(city.layer("demand"))
    demand, facilities, reason, element = _accesses(city, points, thresholds, None)
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
    units_xy, spots_xy = project(_points(city), crs), project(spots.lonlat, crs)
    ptr, facility, dm = _pairs(graph, demand, n_demand, facilities, points, thresholds, element)
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
        "place_enough": _enough_on_foot(graph, origins, len(spots.kind), facilities, element, thresholds),
        "place_straight_enough": _enough_straight(spots_xy, (door_xy, door_of), element, thresholds),
        "pair_ptr": ptr,
        "pair_facility": facility,
        "pair_dm": dm,
        **{f"places_{name}": getattr(spots, name) for name in Places.__dataclass_fields__},
    }


def _points(city: City) -> Floats:
    from kezhong.assess.streets import lonlat

    return lonlat(city.geo("demand"))


def _pairs(
    graph: Any,
    demand: Any,
    n_demand: int,
    facilities: Any,
    points: gpd.GeoDataFrame,
    thresholds: Thresholds,
    element: npt.NDArray[np.int32],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32], Lengths]:
    """Pairs of demand unit and facility with a capacity, element by element within its own largest threshold."""
    from kezhong.network import Access, pairs

    stated = points["capacity"].notna().to_numpy(dtype=bool)
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
        found = pairs(graph, demand, n_demand, part, int(chosen.sum()), int(limit))
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


def _enough_on_foot(
    graph: Any, origins: Any, n: int, facilities: Any, element: npt.NDArray[np.int32], thresholds: Thresholds
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
        found[number] = reach(graph, origins, n, part, len(one), one, 1, limit, limits).counts[0, 0] >= needed
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


def read_arrays(file: Path) -> dict[str, Any] | None:
    """A stored table; ``None`` where there is none or it is damaged (the cache may be deleted at any time)."""
    if not file.is_file():
        return None
    try:
        with np.load(file, allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile):
        file.unlink(missing_ok=True)
        return None


def write_arrays(file: Path, arrays: dict[str, Any]) -> None:
    """Store a table in the cache."""

    def save(path: Path) -> None:
        with path.open("wb") as handle:
            np.savez(handle, **arrays)

    # The cache is a convenience: without room for it the search is made anew next time.
    with contextlib.suppress(WorkspaceError):
        write_atomically(file, save)
