"""Coverage by hour × day of a city: its facilities' hours, its timetables, one search, all elements at once.

An element is tested within the threshold of its widest requirement, by the substitutes that count for it
(:mod:`kezhong.assess.wanted`); where several of a substitute are needed, so many must be open in the hour. For whom a
requirement applies is a matter of the verdict, which knows no hour.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from kezhong.assess.searching import accesses
from kezhong.assess.stops import HEADWAY_MIN, stop_masks
from kezhong.assess.streets import street_graph
from kezhong.assess.study import assessed_points, element_order
from kezhong.assess.thresholds import Thresholds
from kezhong.assess.units import build_units
from kezhong.assess.walking import costs_by_hour, is_plain, rules_of
from kezhong.assess.wanted import Wanted, community_types, wanted_of
from kezhong.assess.week import BITS, WORDS, Masks, Reading, WeekMasks, from_flags, week_masks
from kezhong.assess.windows import HourCoverage, hour_coverage
from kezhong.catalogue import load_basis, load_catalogue
from kezhong.catalogue.walkers import Walker
from kezhong.city.workspace import City
from kezhong.errors import DataMissingError
from kezhong.network import Access, Weights, covers, pairs
from kezhong.progress import Progress, silent, span

#: Elements whose hours a timetable tells.
TRANSIT = ("bus_stop", "rail_station")


@dataclass(frozen=True, eq=False, slots=True)
class CityHours:
    """Coverage by hour of a city, and what it was made of.

    Attributes
    ----------
    coverage
        People covered by element, area and hour.
    hours
        Masks of the facilities, in the order of ``points``.
    points
        The facilities: rows of ``service_points``.
    surely, possibly
        uint64 (E, D, 3): hours in which each demand unit reaches an open facility, for windows of one's own
        (:func:`kezhong.assess.windows.window_coverage`, :func:`~kezhong.assess.windows.night_coverage`).
    wanted
        The requirement whose threshold counts, and what counts for it, in the order of the elements.
    people, area_of
        (D,) people of the group, and the area of each demand unit, −1: none.
    """

    coverage: HourCoverage
    hours: WeekMasks
    points: gpd.GeoDataFrame
    wanted: tuple[Wanted, ...]
    surely: Masks
    possibly: Masks
    people: npt.NDArray[np.float64]
    area_of: npt.NDArray[np.int64]


def city_hours(
    city: City,
    basis: str | None = None,
    *,
    level: str = "",
    group: str = "all",
    elements: Collection[str] | None = None,
    headway_min: float = HEADWAY_MIN,
    services: pd.DataFrame | None = None,
    walker: str | None = None,
    progress: Progress = silent,
) -> CityHours:
    """Coverage by hour × day.

    Parameters
    ----------
    basis
        Whose thresholds count; default: the city's.
    level
        Level of the areas; default: the lowest there is.
    group
        Age group; units whose ages are not known count nobody.
    elements
        Only these; default: all that have facilities and a threshold.
    headway_min
        Longest mean headway that still is a service at a stop, minutes.
    services
        Services that are added to the city's (:func:`kezhong.assess.offpeak.off_peak_services`).
    walker
        Whose minutes count, with the gates and the darkness of each hour; default: the metres of the verdict.

    Raises
    ------
    DataMissingError
        The city has no streets.
    NotFoundError
        No such basis or walker.
    """
    if not city.has("street_edges"):
        raise DataMissingError("assess.no_streets")
    catalogue = load_catalogue()
    points = assessed_points(city, catalogue, "any")
    if services is not None:
        points = with_services(points, services)
    chosen = load_basis(basis or city.config.basis, city.folder)
    wanted = wanted_of(chosen, catalogue, set(points["element"]), elements, community_types(city))
    counting = {name for one in wanted.values() for name in one.elements}
    points = points[points["element"].isin(counting)].reset_index(drop=True)
    hours = facility_hours(city, points, headway_min)
    progress(0.1, "assess.step_streets")
    person = None if walker is None else catalogue.walker(walker)
    found = _Week(city, points, tuple(wanted.values()), hours, person).search(span(progress, 0.1, 0.9))
    order = tuple(wanted)
    surely, possibly = np.ascontiguousarray(found[..., :WORDS]), np.ascontiguousarray(found[..., WORDS:])
    units = build_units(city, points)
    rows = units.need_level(level or units.leaf_level)
    inside = units.member[rows].tocoo()
    area_of = np.full(found.shape[1], -1, dtype=np.int64)
    area_of[inside.col] = inside.row
    people = np.nan_to_num(units.group(group), nan=0.0)
    coverage = hour_coverage(surely, possibly, people, area_of, order, [str(code) for code in units.codes[rows]])
    progress(1.0, "assess.step_figures")
    return CityHours(coverage, hours, points, tuple(wanted.values()), surely, possibly, people, area_of)


def facility_hours(city: City, points: pd.DataFrame, headway_min: float = HEADWAY_MIN) -> WeekMasks:
    """Masks of service points: stops that are in a timetable by their departures, all others by their stated hours."""
    stated = week_masks(points["hours"], points["element"].to_numpy(dtype=object).tolist())
    rows = np.flatnonzero(points["element"].isin(TRANSIT).to_numpy(dtype=bool))
    if not len(rows) or not city.has("stop_service"):
        return stated
    stops = points.iloc[rows]
    timed = stop_masks(
        stops["facility_id"].tolist(),
        city.layer("stop_service"),
        headway_min=headway_min,
        source_refs=stops["source_refs"].tolist(),
    )
    rows, known = rows[timed.known], timed.known
    surely, possibly, reading = stated.surely.copy(), stated.possibly.copy(), stated.reading.copy()
    surely[rows], possibly[rows], reading[rows] = timed.surely[known], timed.possibly[known], Reading.STATED
    return WeekMasks(surely, possibly, reading, stated.unread)


def with_services(points: gpd.GeoDataFrame, services: pd.DataFrame) -> gpd.GeoDataFrame:
    """Service points with services added: ``facility_id``, ``element`` and ``hours`` of places that are there."""
    places = points.drop_duplicates("facility_id").drop(columns=["element", "hours"])
    added = places.merge(services[["facility_id", "element", "hours"]], on="facility_id")
    both = pd.concat([points, added[points.columns]], ignore_index=True)
    joined = gpd.GeoDataFrame(both, geometry="geometry", crs=points.crs)
    return joined.sort_values(["facility_id", "element"], kind="stable").reset_index(drop=True)


@dataclass(frozen=True, eq=False)
class _Week:
    """One search for all hours of the week: which facilities count for what, and whose costs when."""

    city: City
    points: gpd.GeoDataFrame
    wanted: tuple[Wanted, ...]
    hours: WeekMasks
    walker: Walker | None

    def search(self, progress: Progress) -> Masks:
        """uint64 (E, D, 2 · WORDS): hours in which enough is surely, then possibly, open within the threshold."""
        demand, facilities, n_demand = open_doors(self.city, self.points, 1.0)
        out = np.zeros((len(self.wanted), n_demand, 2 * WORDS), np.uint64)
        phases = self._phases()
        for number, phase in enumerate(phases):
            ends = (_paced(demand, phase.per_dm), _paced(facilities, phase.per_dm))
            masks = self.hours.both & np.tile(phase.hours, 2)
            part = span(progress, number / len(phases), (number + 1) / len(phases))
            out |= self._covers(ends, n_demand, phase, masks, part)
        return out

    def _covers(
        self, ends: tuple[Access, Access], n_demand: int, phase: _Phase, masks: Masks, progress: Progress
    ) -> Masks:
        """Every element by those of which one is enough in one search, then those of which several are needed."""
        graph = street_graph(self.city)
        demand, facilities = ends
        limit = np.array([[phase.limit(one)] for one in self.wanted], dtype=np.uint32).reshape(-1, 1)
        place, element = _counting(self.points, self.wanted)
        shown = _copied(facilities, place, len(self.points))
        found = covers(
            graph, demand, n_demand, shown, len(place), element, len(self.wanted), limit, masks[place],
            weights=phase.weights, progress=progress,
        )[:, 0]  # fmt: skip
        kind = self.points["element"].to_numpy(dtype=object)
        for row, one in enumerate(self.wanted):
            for name, needed in one.severally():
                own = np.flatnonzero(kind == name)
                part = _copied(facilities, own, len(self.points))
                near = pairs(graph, demand, n_demand, part, len(own), int(limit[row, 0]), weights=phase.weights)
                found[row] |= at_least(needed, near.ptr, masks[own][near.facility])
        return found

    def _phases(self) -> list[_Phase]:
        """Metres: one for the whole week. A walker: one for each set of hours with the same costs of the streets."""
        always = from_flags(np.ones(BITS, dtype=bool))
        if self.walker is None:
            return [_Phase(always, None, 1.0, 0.0)]
        if is_plain(rules_of(self.walker, load_catalogue().crossings)):
            return [_Phase(always, None, 1.0, self.walker.m_per_min * 10.0)]
        return [
            _Phase(from_flags(flags), weights, 60.0 / self.walker.m_per_min, 600.0)
            for flags, weights in costs_by_hour(self.city, self.walker)
        ]


@dataclass(frozen=True, eq=False, slots=True)
class _Phase:
    """Hours (3,) in which the streets cost the same; ``per_dm`` what a decimetre off the streets costs then.

    ``per_min``: cost of a minute; 0 where the metres of the verdict count.
    """

    hours: Masks
    weights: Weights | None
    per_dm: float
    per_min: float

    def limit(self, one: Wanted) -> int:
        """The threshold in the phase's unit."""
        return int(np.floor(one.minutes * self.per_min + 1e-6)) if self.per_min else one.limit_dm


def at_least(needed: int, ptr: npt.NDArray[np.int64], masks: Masks) -> Masks:
    """Bits that are set in at least ``needed`` of each group's masks: uint64 (groups, W).

    Parameters
    ----------
    ptr
        int64 (groups + 1,): masks ``ptr[g] … ptr[g + 1] − 1`` belong to group *g*.
    """
    size = np.diff(ptr)
    reached = np.zeros((needed, len(size), masks.shape[1]), np.uint64)
    for place in range(int(size.max(initial=0))):
        groups = np.flatnonzero(size > place)
        here = masks[ptr[groups] + place]
        for level in range(needed - 1, 0, -1):
            reached[level, groups] |= reached[level - 1, groups] & here
        reached[0, groups] |= here
    enough: Masks = reached[needed - 1]
    return enough


def _paced(rows: Access, per_dm: float) -> Access:
    return replace(rows, extra_dm=np.rint(rows.extra_dm * per_dm).astype(np.uint32))


def open_doors(city: City, points: gpd.GeoDataFrame, per_dm: float) -> tuple[Access, Access, int]:
    """Accesses of homes and of service points, number of homes; ``per_dm``: cost of a decimetre off the streets."""
    elements = element_order(points, load_catalogue())
    bare = Thresholds(elements, np.zeros((len(elements), 1), np.uint32), 0)
    demand, facilities, reason, _ = accesses(city, points, bare, None)
    return _paced(demand, per_dm), _paced(facilities, per_dm), len(reason)


def counting_copies(
    points: pd.DataFrame, wanted: tuple[Wanted, ...], facilities: Access
) -> tuple[Access, npt.NDArray[np.int32], int]:
    """Accesses of all that counts singly, a copy for each element it counts for; element of each copy, number."""
    place, element = _counting(points, wanted)
    return _copied(facilities, place, len(points)), element, len(place)


def _counting(points: pd.DataFrame, wanted: tuple[Wanted, ...]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
    """Facilities that count singly, once for every element they serve or stand in for: rows, element."""
    kind = points["element"].to_numpy(dtype=object)
    own = [np.flatnonzero(np.isin(kind, one.singly())) for one in wanted]
    element = np.repeat(np.arange(len(own)), [len(rows) for rows in own])
    return np.concatenate([np.zeros(0, np.int64), *own]).astype(np.int64), element.astype(np.int32)


def _copied(rows: Access, chosen: npt.NDArray[np.int64], n: int) -> Access:
    """Access rows of the chosen of ``n`` places, once for each time a place is chosen; numbered by the copy."""
    order = np.argsort(rows.place, kind="stable")
    ptr = np.searchsorted(rows.place[order], np.arange(n + 1))
    size = np.diff(ptr)[chosen]
    copy = np.repeat(np.arange(len(chosen)), size)
    within = np.arange(len(copy)) - np.repeat(np.cumsum(size) - size, size)
    take = order[np.repeat(ptr[:-1][chosen], size) + within]
    return Access(copy.astype(np.int32), rows.edge[take], rows.offset_dm[take], rows.extra_dm[take])
