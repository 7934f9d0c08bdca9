"""Isochrones (可达范围) of a city: reached streets, population units and areas around any points.

Definitions, formulae and limits are in ``docs/isochrones.md``. The verdict uses none of this.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from kezhong.assess.barriers import LAYERS as BARRIER_LAYERS
from kezhong.assess.barriers import BarrierState, barriers_of
from kezhong.assess.lived import Moment
from kezhong.assess.streets import SNAP_M, attach, demand_rows, layers_key, project, street_graph
from kezhong.assess.study import STANDARD
from kezhong.assess.walking import LAYERS as STREETS
from kezhong.assess.walking import is_plain, rules_of, walker_cost_details
from kezhong.catalogue import load_catalogue
from kezhong.catalogue.walkers import Walker
from kezhong.city.crs import to_geographic
from kezhong.city.workspace import City
from kezhong.errors import DataMissingError, InputError
from kezhong.network import ISLAND, Access, Isochrones, Outlines, Pairs, Streets, snap
from kezhong.network.walkers import Switch
from kezhong.progress import Progress, silent, span

Floats = npt.NDArray[np.float64]
Shapes = npt.NDArray[Any]

#: Minutes where none are asked for.
MINUTES = (5.0, 10.0, 15.0)
#: Largest thresholds; farther than this nobody walks to a daily service, and rasters would grow without need.
MOST_MIN, MOST_M = 60.0, 5_000.0
#: Most thresholds and most points of one question.
MOST_LIMITS, MOST_POINTS = 6, 20_000

#: By day, at no particular hour.
ANY_TIME = Moment()

_DECIMALS = 6
_SIMPLIFIED_M = 0.25
_KEPT = 4
_prepared: OrderedDict[str, _Prepared] = OrderedDict()
_lock = threading.Lock()


@dataclass(frozen=True, eq=False)
class _Prepared:
    """A network with a walker's costs and the barriers, and the homes on it."""

    network: Isochrones
    demand: Access
    people: Floats
    demand_ids: npt.NDArray[Any]
    barriers: tuple[BarrierState, ...]
    switches: tuple[Switch, ...]
    per_min: float
    per_dm: float


@dataclass(frozen=True, eq=False)
class Reachable:
    """Isochrones of n points within T thresholds.

    Attributes
    ----------
    lonlat : float64 (n, 2)
    thresholds
        As asked for, in minutes or metres.
    unit
        ``min`` or ``m``.
    walker
        Id of the walker; ``None``: the metres of the verdict.
    moment
        Hour and darkness; they matter to a walker only.
    gap_m : float64 (n,)
        From the point to the street it was put on.
    island : bool (n,)
        Whether only a small separate part of the network is near.
    stuck : bool (n,)
        Whether the walker gets nowhere: the street is closed to him, or the way to it takes all the time.
    streets, areas
        Of the network room; costs in units of which ``per_unit`` make a minute or a metre.
    cells
        Population units by point with their costs; ``facility`` numbers :attr:`demand_ids`.
    people : float64 (n, T)
        Residents of the units that are reached.
    barriers
        What the areas stop at, and which of it the city has data of.
    switches
        What the walker's rules could do with the data; none for the metres.
    """

    lonlat: Floats
    thresholds: tuple[float, ...]
    unit: str
    walker: str | None
    moment: Moment
    gap_m: Floats
    island: npt.NDArray[np.bool_]
    stuck: npt.NDArray[np.bool_]
    streets: Streets
    areas: Outlines
    cells: Pairs
    demand_ids: npt.NDArray[Any]
    people: Floats
    barriers: tuple[BarrierState, ...]
    switches: tuple[Switch, ...]
    per_unit: float
    network: Isochrones
    crs: str

    def polygons(self) -> Shapes:
        """Areas in longitude and latitude, shapely multipolygons (n, T), empty where nothing is reached."""
        rings = (self.areas.ring_ptr, self.areas.polygon_ptr, self.areas.ptr)
        shapes = shapely.from_ragged_array(shapely.GeometryType.MULTIPOLYGON, self.areas.xy, rings)
        return self._table(shapely.simplify(shapes, _SIMPLIFIED_M))

    def lines(self) -> Shapes:
        """Reached streets in longitude and latitude, shapely multilines (n, T)."""
        xy, ptr = self.streets.courses(self.network.graph)
        return self._table(shapely.from_ragged_array(shapely.GeometryType.MULTILINESTRING, xy, (ptr, self.streets.ptr)))

    def _table(self, metres: Shapes) -> Shapes:
        def turned(xy: Floats) -> Floats:
            return np.round(to_geographic(xy, self.crs), _DECIMALS) if len(xy) else xy

        return np.asarray(shapely.transform(metres, turned)).reshape(len(self.lonlat), len(self.thresholds))

    def reached_cells(self, point: int) -> list[tuple[str, float]]:
        """Population units that a point reaches within the largest threshold: id and minutes (or metres)."""
        rows = slice(self.cells.ptr[point], self.cells.ptr[point + 1])
        ids = self.demand_ids[self.cells.facility[rows]]
        cost = np.round(self.cells.dm[rows] / self.per_unit, 2)
        return list(zip(ids.tolist(), cost.tolist(), strict=True))


def isochrones(
    city: City,
    lonlat: npt.ArrayLike,
    thresholds: Sequence[float] = MINUTES,
    *,
    unit: str = "min",
    walker: str | None = None,
    moment: Moment = ANY_TIME,
    progress: Progress = silent,
) -> Reachable:
    """What is reached from points within thresholds; many points in one call.

    Parameters
    ----------
    lonlat
        Degrees, (n, 2).
    thresholds, unit
        Minutes (``min``) or metres (``m``). Without a walker a minute is what the standard walker makes of it in
        metres; with a walker only minutes are possible.
    walker
        Id of a walker of the catalogue; ``None``: the metres of the verdict.
    moment
        When a walker walks: gates that must be open, darkness.

    Raises
    ------
    DataMissingError
        The city has no streets.
    InputError
        Thresholds or coordinates out of range, a point with no street within 300 m, an hour without a walker.
    NotFoundError
        No such walker.
    """
    person = None if walker is None else load_catalogue().walker(walker)
    walker = None if person is None else person.id
    values = _thresholds(thresholds, unit, walker, moment)
    points = _points(lonlat)
    if not city.has("street_edges"):
        raise DataMissingError("assess.no_streets")
    ready = _prepare(city, person, moment)
    graph, n = ready.network.graph, len(points)
    found = snap(graph, project(points, city.config.crs), SNAP_M)
    off = np.flatnonzero(found.edge < 0)
    if len(off):
        row = int(off[0])
        lon, lat = points[row].tolist()
        raise InputError("isochrones.off_map", row=row + 1, lon=lon, lat=lat, expected=int(SNAP_M))
    extra = np.rint(found.gap_dm * ready.per_dm).astype(np.uint32)
    origins = Access.of(np.arange(n), found.edge, found.offset_dm, extra)
    per_unit = ready.per_min if unit == "min" else 10.0
    limits = np.floor(np.array(values) * per_unit + 1e-6).astype(np.int64)
    network = ready.network
    streets = network.streets(origins, n, limits, progress=span(progress, 0.0, 0.2))
    areas = network.areas(origins, n, limits, progress=span(progress, 0.2, 0.8))
    cells = network.places(
        origins, n, ready.demand, len(ready.people), int(limits.max()), progress=span(progress, 0.8, 1.0)
    )
    point = np.repeat(np.arange(n), np.diff(cells.ptr))
    people = [
        np.bincount(point[within], weights=ready.people[cells.facility[within]], minlength=n)
        for within in (cells.dm <= limit for limit in limits)
    ]
    longest = streets.length_dm().max(axis=1, initial=0)
    return Reachable(
        points, values, unit, walker, moment, found.gap_dm / 10.0, found.reason == ISLAND, longest == 0, streets, areas,
        cells, ready.demand_ids, np.stack(people, axis=1), ready.barriers, ready.switches, per_unit, network,
        city.config.crs,
    )  # fmt: skip


def numbers(text: str) -> tuple[float, ...]:
    """Numbers with commas between them.

    Raises
    ------
    InputError
        Something else stands there.
    """
    try:
        return tuple(float(part) for part in text.replace("，", ",").split(","))
    except ValueError as problem:
        raise InputError("isochrones.bad_list", value=text) from problem


def _thresholds(values: Sequence[float], unit: str, walker: str | None, moment: Moment) -> tuple[float, ...]:
    most = {"min": MOST_MIN, "m": MOST_M}.get(unit)
    if most is None or (unit == "m" and walker is not None):
        raise InputError("isochrones.bad_unit", value=unit, expected="min" if walker else "min m")
    given = tuple(float(value) for value in values)
    if not 1 <= len(given) <= MOST_LIMITS:
        raise InputError("isochrones.too_many", value=len(given), expected=MOST_LIMITS)
    for value in given:
        if not 0.0 < value <= most:
            raise InputError("isochrones.bad_threshold", value=value, expected=f"{most:g} {unit}")
    if walker is None and (moment.hour is not None or moment.dark):
        raise InputError("isochrones.moment_without_walker")
    return given


def _points(lonlat: npt.ArrayLike) -> Floats:
    points = np.asarray(lonlat, dtype=np.float64).reshape(-1, 2)
    if not 1 <= len(points) <= MOST_POINTS:
        raise InputError("isochrones.too_many_points", value=len(points), expected=MOST_POINTS)
    with np.errstate(invalid="ignore"):
        bad = ~((np.abs(points[:, 0]) <= 180.0) & (np.abs(points[:, 1]) <= 85.0))
    if bad.any():
        row = int(np.argmax(bad))
        raise InputError("isochrones.bad_point", row=row + 1, value=", ".join(f"{x:g}" for x in points[row]))
    return points


def _prepare(city: City, person: Walker | None, moment: Moment) -> _Prepared:
    """The network of a walker in this process; a few are kept."""
    rules = None if person is None else rules_of(person, load_catalogue().crossings)
    layers = (*STREETS, *BARRIER_LAYERS, "demand", "demand_exits")
    key = layers_key(city, layers, "isochrones", repr(rules), moment.dark, moment.hour)
    with _lock:
        if key in _prepared:
            _prepared.move_to_end(key)
            return _prepared[key]
    made = _made(city, person, moment)
    with _lock:
        _prepared[key] = made
        while len(_prepared) > _KEPT:
            _prepared.popitem(last=False)
    return made


def _made(city: City, person: Walker | None, moment: Moment) -> _Prepared:
    graph = street_graph(city)
    weights = None
    switches: tuple[Switch, ...] = ()
    per_min, per_dm = load_catalogue().walker(STANDARD).m_per_min * 10.0, 1.0
    if person is not None:
        costs = walker_cost_details(city, person, night=moment.dark, hour=moment.hour)
        switches = costs.switches
        if is_plain(rules_of(person, load_catalogue().crossings)):
            per_min = person.m_per_min * 10.0
        else:
            weights, per_min, per_dm = costs.weights, 600.0, 60.0 / person.m_per_min
    barriers, states = barriers_of(city)
    units = city.layer("demand")
    start, unit, inside = demand_rows(city)
    demand, _ = attach(graph, project(start, city.config.crs), unit, inside, len(units), None)
    extra = np.rint(demand.extra_dm * per_dm).astype(np.uint32)
    return _Prepared(
        Isochrones.build(graph, weights=weights, barriers=barriers),
        Access(demand.place, demand.edge, demand.offset_dm, extra),
        units["people"].to_numpy(dtype=np.float64),
        units["demand_id"].to_numpy(dtype=object),
        states,
        switches,
        per_min,
        per_dm,
    )
