"""Enrolment areas (学区): where they are loaded the assigned school decides, not the nearest.

An area names its school by ``facility_ref``: the facility's id, the id of any of its source records (with or without
the source), or its name. A home in several areas of one kind of school belongs to the one with the smallest code.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from kezhong.assess.origins import UNREACHED, Lengths
from kezhong.assess.places import gather
from kezhong.assess.reach import LAYERS
from kezhong.assess.stored import read_arrays, write_arrays
from kezhong.assess.streets import SNAP_M, attach, demand_rows, facility_rows, layers_key, lonlat, project, street_graph
from kezhong.city.vocabulary import SetKind
from kezhong.city.workspace import City

Rows = npt.NDArray[np.int32]

#: Elements for which enrolment areas are usual; without them the explanation says that the nearest was used.
SCHOOLS = ("primary_school", "junior_middle_school")
#: How far the way to an assigned school is searched (metres).
ASSIGNED_BOUND_M = 5000.0
_FORMAT = 1


@dataclass(frozen=True, eq=False)
class Assignment:
    """Assigned schools. K elements, D demand units, P places (estates, buildings, land).

    Attributes
    ----------
    elements
        Elements for which at least one area names a known school.
    unit_facility, unit_dm
        (K, D): row of the assigned facility, −1 outside all areas, and decimetres to it.
    place_facility, place_dm
        (K, P): the same from places.
    unmatched
        Codes of areas whose school is not known.
    """

    elements: tuple[str, ...]
    unit_facility: Rows
    unit_dm: Lengths
    place_facility: Rows
    place_dm: Lengths
    unmatched: tuple[str, ...]

    def units(self, elements: Iterable[str], nearest: Lengths, which: Rows) -> tuple[Lengths, Rows]:
        """Replace the nearest (demand,) by the assigned for those who live in an enrolment area."""
        return _replaced(self.elements, elements, self.unit_facility, self.unit_dm, nearest, which)

    def places(self, elements: Iterable[str], nearest: Lengths) -> Lengths:
        """The same for places (P,)."""
        none = np.full(len(nearest), -1, dtype=np.int32)
        return _replaced(self.elements, elements, self.place_facility, self.place_dm, nearest, none)[0]


def _replaced(
    known: tuple[str, ...], elements: Iterable[str], facility: Rows, dm: Lengths, nearest: Lengths, which: Rows
) -> tuple[Lengths, Rows]:
    free = np.ones(len(nearest), dtype=bool)
    for element in elements:
        if element not in known:
            continue
        row = known.index(element)
        here = free & (facility[row] >= 0)
        nearest, which = np.where(here, dm[row], nearest), np.where(here, facility[row], which)
        free &= ~here
    return nearest, which


def assignment(city: City, points: gpd.GeoDataFrame, window: str = "any") -> Assignment | None:
    """Who is assigned to which school and how far it is; ``None`` where no enrolment areas are loaded.

    Parameters
    ----------
    points
        The assessed service points, of which the rows are counted.
    """
    areas = city.areas.sets[city.areas.sets["kind"] == SetKind.ENROLMENT.value]
    areas = areas[areas["facility_ref"].notna() & ~areas.geometry.isna()].sort_values("code", kind="stable")
    if not len(areas):
        return None
    schools, unmatched = _schools(areas, points)
    elements = tuple(sorted(schools))
    key = layers_key(city, (*LAYERS, "area_sets"), "enrolment", _FORMAT, window, SNAP_M, ASSIGNED_BOUND_M)
    file = city.cache_file(f"enrolment-{key}.npz")
    stored = read_arrays(file)
    if stored is None:
        stored = _search(city, areas, points, schools, elements)
        write_arrays(file, stored)
    return Assignment(elements=elements, unmatched=unmatched, **stored)


def _schools(areas: gpd.GeoDataFrame, points: gpd.GeoDataFrame) -> tuple[dict[str, dict[int, int]], tuple[str, ...]]:
    """Element → position of the area → row of its school; and codes of areas whose school is not known."""
    index = _index(points)
    names = points["element"].to_numpy(dtype=object)
    found: dict[str, dict[int, int]] = {}
    unmatched = []
    for position, (code, ref, shape) in enumerate(
        zip(areas["code"], areas["facility_ref"], areas.geometry, strict=True)
    ):
        by_element: dict[str, list[int]] = {}
        for row in index.get(str(ref).strip(), []):
            by_element.setdefault(str(names[row]), []).append(row)
        settled = {element: _one(rows, shape, points) for element, rows in by_element.items()}
        for element, only in settled.items():
            if only is not None:
                found.setdefault(element, {})[position] = only
        if all(only is None for only in settled.values()):
            unmatched.append(str(code))
    return found, tuple(unmatched)


def _index(points: gpd.GeoDataFrame) -> dict[str, list[int]]:
    """Whatever a school may be called by → rows."""
    found: dict[str, list[int]] = {}
    for row, (own, refs, name) in enumerate(
        zip(points["facility_id"], points["source_refs"], points["name"], strict=True)
    ):
        ids = {str(own), *str(refs).split(" ")}
        keys = ids | {text.rpartition(":")[2] for text in ids}
        if not pd.isna(name):
            keys.add(str(name).strip())
        for key in keys:
            found.setdefault(key, []).append(row)
    return found


def _one(rows: list[int], shape: Any, points: gpd.GeoDataFrame) -> int | None:
    """The school meant: the only one of that name, else the only one that stands in the area."""
    if len(rows) > 1:
        rows = [row for row in rows if shapely.intersects(shape, points.geometry.iloc[row])]
    return rows[0] if len(rows) == 1 else None


def _search(
    city: City,
    areas: gpd.GeoDataFrame,
    points: gpd.GeoDataFrame,
    schools: dict[str, dict[int, int]],
    elements: tuple[str, ...],
) -> dict[str, Any]:
    """Assigned facility and distance of every unit and place; each school is searched from on its own."""
    spots = gather(city)
    start, unit, inside = demand_rows(city)
    n_demand, n_places = len(city.layer("demand")), len(spots.kind)
    shapes = np.asarray(areas.geometry.array)
    homes = _assigned(lonlat(city.geo("demand")), shapes, schools, elements)
    places = _assigned(spots.lonlat, shapes, schools, elements)
    rows = np.unique(np.concatenate([homes[homes >= 0], places[places >= 0]]))
    bare = np.zeros(len(spots.rows_place))
    return {
        "unit_facility": homes,
        "unit_dm": _distances(city, points, rows, homes, (start, unit, inside, n_demand)),
        "place_facility": places,
        "place_dm": _distances(city, points, rows, places, (spots.rows_lonlat, spots.rows_place, bare, n_places)),
    }


def _assigned(
    spots: npt.NDArray[np.float64],
    shapes: npt.NDArray[Any],
    schools: dict[str, dict[int, int]],
    elements: tuple[str, ...],
) -> Rows:
    """(K, spots): row of the school of the area each spot lies in, −1 outside all."""
    found = np.full((len(elements), len(spots)), -1, dtype=np.int32)
    if not len(spots):
        return found
    located = np.atleast_1d(np.asarray(shapely.points(spots), dtype=object))
    for number, element in enumerate(elements):
        positions = np.array(sorted(schools[element]), dtype=np.intp)
        school = np.array([schools[element][int(position)] for position in positions], dtype=np.int32)
        spot, area = shapely.STRtree(shapes[positions]).query(located, predicate="intersects")
        order = np.lexsort((area, spot))[::-1]  # written last: the smallest code
        found[number, spot[order]] = school[area[order]]
    return found


def _distances(
    city: City, points: gpd.GeoDataFrame, rows: npt.NDArray[np.int32], chosen: Rows, origins: tuple[Any, Any, Any, int]
) -> Lengths:
    """(K, origins): decimetres to the chosen facility, searched with every school as an element of its own."""
    from kezhong.network import reach

    result = np.full(chosen.shape, UNREACHED, dtype=np.uint32)
    if not len(rows) or not origins[3]:
        return result
    graph, crs = street_graph(city), city.config.crs
    start, place, inside, n = origins
    homes, _ = attach(graph, project(start, crs), place, inside, n, None)
    doors, door_of = facility_rows(city, points.iloc[rows].reset_index(drop=True))
    targets, _ = attach(graph, project(doors, crs), door_of, np.zeros(len(door_of)), len(rows), None)
    bound = int(ASSIGNED_BOUND_M * 10)
    dm = reach(graph, homes, n, targets, len(rows), np.arange(len(rows)), len(rows), bound).nearest_dm
    for number in range(len(chosen)):
        at = np.flatnonzero(chosen[number] >= 0)
        result[number, at] = dm[np.searchsorted(rows, chosen[number, at]), at]
    return result
