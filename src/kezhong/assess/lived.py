"""Lived access (可达体验): the minutes every walker needs, beside the verdict in metres, which no walker changes.

The city is laid out once; each walker then has a cost of every edge (:mod:`kezhong.assess.walking`) and a contracted
network for it, kept in the city's cache and shared by all processes. Every walker starts at the same doors and gates as
the verdict does, so that a difference between two walkers is the streets' and not the measurement's: a home whose door
opens onto a flight of steps is cut off from a wheelchair.

**How long is near.** A threshold in minutes counts as it stands. One in metres counts as the minutes that the standard
walker needs for it (``metres / 66.7``): his coverage then *is* the coverage in metres, and what another walker loses
against it is due to pace, slopes, stairs, waits and what is closed. The round 5, 10 and 15 minutes stand beside it.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt

from kezhong.assess.by_hour import facility_hours
from kezhong.assess.origins import UNREACHED, Lengths, Origins
from kezhong.assess.searching import accesses
from kezhong.assess.stored import read_arrays, write_arrays
from kezhong.assess.streets import SNAP_M, layers_key, street_graph
from kezhong.assess.study import assessed_points, element_order
from kezhong.assess.thresholds import Thresholds
from kezhong.assess.walking import DARK, is_plain, rules_of, walker_cost_details
from kezhong.assess.walking import LAYERS as STREETS
from kezhong.catalogue import load_catalogue
from kezhong.catalogue.walkers import Walker
from kezhong.city.workspace import City
from kezhong.errors import DataMissingError, NotFoundError
from kezhong.network import Access, Hierarchy, WalkGraph, Weights, nearest
from kezhong.network.walkers import Switch
from kezhong.progress import Progress, silent

Flags = npt.NDArray[np.bool_]

#: Farther than this on foot is out of reach (minutes), unless a basis asks for more.
FARTHEST_MIN = 90.0
_LAYERS = (
    "street_nodes",
    "street_edges",
    "street_heights",
    "service_points",
    "access_points",
    "demand",
    "demand_exits",
)
_FORMAT = 2


@dataclass(frozen=True, slots=True)
class Moment:
    """When people walk.

    Attributes
    ----------
    hour
        Hour of the week (0: Monday 00:00; 168–191: a public holiday) in which gates must be open and facilities may
        be; ``None``: hours are not looked at.
    night
        Whether unlit ways are dark; by default what the hour says, and without an hour it is day.
    """

    hour: int | None = None
    night: bool | None = None

    @property
    def dark(self) -> bool:
        """Whether it is dark."""
        if self.night is not None:
            return self.night
        return self.hour is not None and self.hour % 24 in DARK


@dataclass(frozen=True, eq=False)
class WalkerTimes:
    """What one walker needs from every demand unit to the nearest of every element.

    Attributes
    ----------
    cost : uint32 (E, D)
        In units of which ``per_min`` make a minute; :data:`UNREACHED` beyond the bound. Decimetres for a walker whom
        nothing slows or stops (the verdict's own lengths, unrounded), else deciseconds.
    facility : int32 (E, D)
        Row of the nearest in the points, −1: none.
    enough : uint32 (K, D)
        Cost to the n-th nearest, for each of :attr:`LivedTimes.several`.
    shut_out : bool (D,)
        Units of which every door opens onto a street that is closed to the walker.
    switches
        What the walker's rules could do with the data.
    """

    walker: Walker
    per_min: float
    cost: Lengths
    facility: npt.NDArray[np.int32]
    enough: Lengths
    shut_out: Flags
    switches: tuple[Switch, ...]

    @property
    def deciseconds(self) -> Lengths:
        """(E, D): the time, :data:`UNREACHED` beyond the bound."""
        time = np.rint(self.cost * (600.0 / self.per_min))
        return np.where(self.cost == UNREACHED, UNREACHED, time).astype(np.uint32)

    def limit(self, minutes: float) -> int:
        """Largest cost within so many minutes."""
        return int(np.floor(minutes * self.per_min + 1e-6))

    def origins(self, row: Mapping[str, int], needed: Sequence[tuple[str, int]], minutes: float) -> Origins:
        """The demand units, for the rule by which substitutes count (:meth:`Origins.nearest`)."""
        limit = self.limit(minutes)
        several = tuple((element, limit, number) for element, number in needed)
        return Origins(row, self.cost, several, self.enough <= limit)


@dataclass(frozen=True, eq=False)
class LivedTimes:
    """Times of several walkers over the same doors.

    ``elements`` are the E rows of all arrays, ``points`` the facilities, ``several`` (element, number) the substitutes
    of which more than one is needed.
    """

    moment: Moment
    elements: tuple[str, ...]
    points: gpd.GeoDataFrame
    several: tuple[tuple[str, int], ...]
    walkers: Mapping[str, WalkerTimes]

    @property
    def row(self) -> dict[str, int]:
        """Row of each element."""
        return {element: number for number, element in enumerate(self.elements)}


def chosen_walkers(names: Sequence[str] | None) -> tuple[Walker, ...]:
    """Walkers by id (or an earlier id) in the catalogue's order, each once; all where none is named.

    Raises
    ------
    NotFoundError
        No such walker.
    """
    book = load_catalogue()
    wanted = {book.walker(name).id for name in names or book.walkers}
    return tuple(walker for walker in book.walkers.values() if walker.id in wanted)


def lived_times(
    city: City,
    walkers: Sequence[str | Walker] | None = None,
    *,
    moment: Moment = Moment(),  # immutable
    window: str = "any",
    several: Sequence[tuple[str, int]] = (),
    farthest_min: float = FARTHEST_MIN,
    progress: Progress = silent,
) -> LivedTimes:
    """The nearest of every element for every walker, in one pass; what was searched before is read from the cache.

    Parameters
    ----------
    walkers
        Ids or profiles; by default all of the catalogue.
    moment
        Hour and darkness.
    window
        As in :func:`kezhong.assess.assess`: facilities must be open then.
    several
        Elements of which so many are needed (at least 2).
    farthest_min
        How far the search goes, minutes.

    Raises
    ------
    DataMissingError
        The city has no streets.
    NotFoundError
        No such walker.
    """
    if not city.has("street_edges"):
        raise DataMissingError("assess.no_streets")
    book = load_catalogue()
    named = [one for one in walkers or () if isinstance(one, str)]
    people = (*chosen_walkers(named if walkers else None),) if named or not walkers else ()
    people += tuple(one for one in walkers or () if isinstance(one, Walker))
    points = assessed_points(city, book, window)
    if moment.hour is not None:
        points = points[open_in(city, points, moment.hour)].reset_index(drop=True)
    elements = element_order(points, book)
    needed = tuple((name, number) for name, number in several if name in elements)
    field = _Field(city, points, elements, needed, moment, window, farthest_min)
    found: dict[str, WalkerTimes] = {}
    for number, person in enumerate(people):
        progress(number / len(people), "assess.step_lived")
        found[person.id] = field.times(person)
    progress(1.0, "assess.step_lived")
    return LivedTimes(moment, elements, points, needed, found)


def open_in(city: City, points: gpd.GeoDataFrame, hour: int) -> Flags:
    """Facilities that are possibly open in an hour of the week."""
    masks = facility_hours(city, points).possibly
    word, bit = divmod(hour, 64)
    return np.asarray((masks[:, word] >> np.uint64(bit)) & np.uint64(1), dtype=bool)


def hierarchy_of(city: City, weights: Weights | None) -> Hierarchy:
    """The street graph contracted for these costs: memory-mapped from the city's cache, or built and kept there.

    Kept by the costs themselves, so that hours with the same gates open share one.
    """
    digest = hashlib.blake2b(layers_key(city, STREETS[:2], "hierarchy-1").encode(), digest_size=8)
    if weights is not None:
        digest.update(np.ascontiguousarray(weights.forward).data)
        digest.update(np.ascontiguousarray(weights.backward).data)
    folder = city.cache_file(f"hierarchy-{digest.hexdigest()}")
    try:
        return Hierarchy.load(folder)
    except (NotFoundError, OSError, ValueError, EOFError):  # absent, or damaged: the cache may be deleted at any time
        made = Hierarchy.build(street_graph(city), weights=weights)
    temporary = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    try:
        made.save(temporary)
        if folder.exists():
            shutil.rmtree(folder)
        temporary.rename(folder)
    except OSError:  # the cache is a convenience: without room for it the hierarchy is built anew next time
        shutil.rmtree(temporary, ignore_errors=True)
    return made


class _Field:
    """The city laid out for several walkers: facilities, doors, snapping; made when the first walker needs it."""

    def __init__(
        self, city: City, points: gpd.GeoDataFrame, elements: tuple[str, ...], several: tuple[tuple[str, int], ...],
        moment: Moment, window: str, farthest_min: float,
    ) -> None:  # fmt: skip
        self.city, self.points, self.elements, self.several = city, points, elements, several
        self.moment, self.window, self.farthest_min = moment, window, farthest_min
        self._accesses: tuple[Any, ...] | None = None

    def times(self, person: Walker) -> WalkerTimes:
        """From the cache, or searched and kept there."""
        rules = rules_of(person, load_catalogue().crossings)
        plain = is_plain(rules)
        per_min = person.m_per_min * 10.0 if plain else 600.0
        key = layers_key(
            self.city, _LAYERS, "lived", _FORMAT, repr(rules), self.moment.dark, self.moment.hour, self.window,
            self.elements, self.several, self.farthest_min, SNAP_M,
        )  # fmt: skip
        file = self.city.cache_file(f"lived-{key}.npz")
        costs = walker_cost_details(self.city, person, night=self.moment.dark, hour=self.moment.hour)
        stored = read_arrays(file)
        if stored is None:
            stored = self._search(None if plain else costs.weights, per_min, 1.0 if plain else 60.0 / person.m_per_min)
            write_arrays(file, stored)
        return WalkerTimes(person, per_min, switches=costs.switches, **stored)

    def _search(self, weights: Weights | None, per_min: float, per_dm: float) -> dict[str, Any]:
        """``per_dm``: cost of a decimetre off the streets, between a door and the street or within an estate."""
        graph = street_graph(self.city)
        demand, facilities, element, n_demand = self._doors(per_dm)
        hierarchy = hierarchy_of(self.city, weights)
        limit = int(np.floor(self.farthest_min * per_min))
        n, n_elements = len(self.points), len(self.elements)
        found = nearest(hierarchy, graph, demand, n_demand, facilities, n, element, n_elements, limit, weights=weights)
        enough = np.full((len(self.several), n_demand), UNREACHED, dtype=np.uint32)
        for row, (name, number) in enumerate(self.several):
            own = element == self.elements.index(name)
            rows = own[facilities.place]
            part = Access(
                (np.cumsum(own) - 1)[facilities.place[rows]].astype(np.int32), facilities.edge[rows],
                facilities.offset_dm[rows], facilities.extra_dm[rows],
            )  # fmt: skip
            count = int(own.sum())
            enough[row] = nearest(
                hierarchy, graph, demand, n_demand, part, count, np.zeros(count, np.int32), 1, limit,
                k=number, weights=weights,
            ).cost[0, number - 1]  # fmt: skip
        return {
            "cost": found.cost[:, 0],
            "facility": found.facility[:, 0],
            "enough": enough,
            "shut_out": _shut_out(graph, demand, n_demand, weights),
        }

    def _doors(self, per_dm: float) -> tuple[Access, Access, npt.NDArray[np.int32], int]:
        if self._accesses is None:
            width = np.zeros((len(self.elements), 1), dtype=np.uint32)
            self._accesses = accesses(self.city, self.points, Thresholds(self.elements, width, 0), None)
        demand, facilities, reason, element = self._accesses
        both = (
            replace(rows, extra_dm=np.rint(rows.extra_dm * per_dm).astype(np.uint32)) for rows in (demand, facilities)
        )
        start, goal = both
        return start, goal, element, len(reason)


def _shut_out(graph: WalkGraph, demand: Access, n_demand: int, weights: Weights | None) -> Flags:
    """Units on the network of which no door opens onto a street, or a crossing of streets, that can be used."""
    on = demand.edge >= 0
    has = np.zeros(n_demand, dtype=bool)
    has[demand.place[on]] = True
    if weights is None:
        return np.zeros(n_demand, dtype=bool)
    costs = weights if weights.inner is None else weights.inner
    usable = ~((costs.forward == UNREACHED) & (costs.backward == UNREACHED))
    crossing = np.zeros(graph.n_nodes, dtype=bool)
    crossing[graph.edge_u[usable]] = crossing[graph.edge_v[usable]] = True
    edge, offset = demand.edge[on], demand.offset_dm[on]
    free = usable[edge] | (crossing[graph.edge_u[edge]] & (offset == 0))
    free |= crossing[graph.edge_v[edge]] & (offset == graph.edge_dm[edge])
    out = np.ones(n_demand, dtype=bool)
    out[demand.place[on][free]] = False
    return has & out


def run_seconds(city: City, walker: Walker, nearest_dm: Lengths, window: str, progress: Progress = silent) -> Lengths:
    """Deciseconds (E, D) of a run's walker to what is nearest to him by time.

    What the verdict does not reach within its bound has no minutes either, so that the means of different walkers are
    over the same people as far as they arrive.
    """
    if is_plain(rules_of(walker, load_catalogue().crossings)):
        seconds = np.rint(nearest_dm * (60.0 / walker.m_per_min))
        return np.where(nearest_dm == UNREACHED, UNREACHED, seconds).astype(np.uint32)
    times = lived_times(city, [walker], window=window, progress=progress).walkers[walker.id]
    return np.where(nearest_dm == UNREACHED, UNREACHED, times.deciseconds).astype(np.uint32)
