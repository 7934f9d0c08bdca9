"""Who reaches what while streets and facilities change: the arrays of the search, kept up to date by edits.

Facilities are followed in place (:class:`kezhong.network.Live`). A change of the streets is searched anew for all,
since homes and doors may then belong to other streets: what is nearest to a door decides, as in an assessment.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from kezhong.assess.searching import enough_on_foot
from kezhong.assess.streets import SNAP_M, attach, demand_rows, facility_rows, project, street_graph
from kezhong.assess.study import Study
from kezhong.assess.thresholds import Thresholds
from kezhong.errors import InputError
from kezhong.network import Access, Change, Live, Reach, WalkGraph, Weights, reach, snap, with_link

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.intp]

#: The end of a link joins a street at most so far away (metres).
JOIN_M = 50.0
Undo = Callable[[], None]


@dataclass(frozen=True, eq=False)
class Streets:
    """The network as it is, with the edges that the scenario closed (bool)."""

    graph: WalkGraph
    closed: Flags

    @property
    def weights(self) -> Weights | None:
        """Lengths; ``None`` where nothing is closed."""
        return Weights.of_lengths(self.graph, self.closed) if self.closed.any() else None

    @property
    def barred(self) -> Flags | None:
        """Edges on which nothing stands any more."""
        return self.closed if self.closed.any() else None


@dataclass(frozen=True, eq=False)
class Doors:
    """Where facilities are entered: metres, and the number of the facility; of closed ones as well."""

    xy: Floats
    of: npt.NDArray[np.int64]

    def moved(self, facility: int, xy: Floats) -> Doors:
        """With one facility entered elsewhere."""
        kept = self.of != facility
        return Doors(
            np.concatenate([self.xy[kept], xy]), np.append(self.of[kept], np.full(len(xy), facility)).astype(np.int64)
        )

    def at(self, facility: int) -> Floats:
        """Doors of one facility."""
        own: Floats = self.xy[self.of == facility]
        return own


class Network:
    """The search's arrays under edits.

    Attributes
    ----------
    streets, doors
        The present network and doors.
    element : int32 (n,)
        Row of each facility's element.
    alive : bool (n,)
        Facilities in use.
    """

    _demand: Access
    _rows: Access
    _origins: Access
    snap_reason: npt.NDArray[Any]

    def __init__(self, study: Study, thresholds: Thresholds) -> None:
        city = study.city
        graph, self._crs = street_graph(city), city.config.crs
        self.thresholds = thresholds
        self.streets = Streets(graph, np.zeros(graph.n_edges, dtype=bool))
        start, self._unit, self._inside = demand_rows(city)
        self._start = project(start, self._crs)
        self.n_demand = len(study.units.people)
        doors, of = facility_rows(city, study.points)
        self.doors = Doors(project(doors, self._crs), of)
        self.element = np.array([thresholds.row[name] for name in study.points["element"]], dtype=np.int32)
        self.alive = np.ones(len(self.element), dtype=bool)
        spots = study.table.places
        self._spots, self._spot_of, self.n_places = (
            project(spots.rows_lonlat, self._crs),
            spots.rows_place,
            len(spots.kind),
        )
        self._attach()
        self._found = self._spread(study)
        self._live: Live | None = None

    # ---- the present answer --------------------------------------------------------------------------------

    @property
    def near(self) -> npt.NDArray[np.uint32]:
        """(E, D) decimetres; changes in place."""
        return self._live.near if self._live is not None else self._found.nearest_dm

    @property
    def which(self) -> npt.NDArray[np.int32]:
        """(E, D) facility, −1; changes in place."""
        return self._live.which if self._live is not None else self._found.nearest_facility

    @property
    def counts(self) -> npt.NDArray[Any]:
        """(E, T, D); changes in place."""
        return self._live.counts if self._live is not None else self._found.counts

    @property
    def facilities(self) -> Access:
        """Accesses of the facilities in use."""
        rows = self._rows
        kept = self.alive[rows.place]
        return Access(rows.place[kept], rows.edge[kept], rows.offset_dm[kept], rows.extra_dm[kept])

    @property
    def demand(self) -> Access:
        """Accesses of the demand units."""
        return self._demand

    # ---- facilities ----------------------------------------------------------------------------------------

    def fork(self) -> Network:
        """A network of one's own that stands as this one does; only one that nobody has edited can be forked."""
        own = object.__new__(Network)
        own.__dict__.update(self.__dict__)
        return own

    def add(self, element: int, lonlat: tuple[float, float]) -> tuple[int, Undo]:
        """A new facility; its number and the way back."""
        back, live = self._remember(), self._following()
        xy = project(np.array([lonlat], dtype=np.float64), self._crs)
        number, change = live.add(element, _own(self._rows_at(xy)))
        self.element = np.append(self.element, np.int32(element))
        self.alive = np.append(self.alive, True)
        self._enter(number, xy)
        return number, lambda: back([change])

    def close(self, number: int) -> Undo:
        """Take a facility out of use."""
        back, live = self._remember(), self._following()
        changes = [live.remove(number)] if (self._rows.place == number).any() else []
        self.alive = self.alive.copy()
        self.alive[number] = False
        return lambda: back(changes)

    def move(self, number: int, lonlat: tuple[float, float]) -> Undo:
        """A facility is entered at one place elsewhere."""
        back, live = self._remember(), self._following()
        xy = project(np.array([lonlat], dtype=np.float64), self._crs)
        rows = _own(self._rows_at(xy))
        changes = [live.remove(number)] if (self._rows.place == number).any() else []
        if len(rows.place):
            changes.append(live.reopen(number, rows))
        self._enter(number, xy)
        return lambda: back(changes)

    def _remember(self) -> Callable[[list[Change]], None]:
        live = self._following()
        before = (self.element, self.alive, self.doors, self._rows)

        def back(changes: list[Change]) -> None:
            for change in reversed(changes):
                live.restore(change)
            self.element, self.alive, self.doors, self._rows = before

        return back

    def _enter(self, number: int, xy: Floats) -> None:
        self.doors = self.doors.moved(number, xy)
        fresh, old = self._rows_at(xy), self._rows
        kept = old.place != number
        place = np.append(old.place[kept], np.full(len(fresh.place), number, np.int32))
        parts = [np.concatenate([getattr(old, name)[kept], getattr(fresh, name)]) for name in
                 ("edge", "offset_dm", "extra_dm")]  # fmt: skip
        self._rows = Access(place, *parts)

    def _rows_at(self, xy: Floats) -> Access:
        """Accesses of one facility with these doors; none where no street is near."""
        graph, barred = self.streets.graph, self.streets.barred
        rows, _ = attach(graph, xy, np.zeros(len(xy), np.int64), np.zeros(len(xy)), 1, barred)
        return rows.checked(graph, 1, "facility")

    def _following(self) -> Live:
        if self._live is None:
            streets = self.streets
            self._live = Live(
                streets.graph, self._demand, self.n_demand, self.facilities, len(self.element), self.element,
                len(self.thresholds.elements), self.thresholds.bound_dm, self.thresholds.dm,
                weights=streets.weights, known=self._found,
            )  # fmt: skip
        return self._live

    # ---- streets -------------------------------------------------------------------------------------------

    def join(self, lonlat: tuple[float, float]) -> tuple[int, int]:
        """Edge and offset of the street nearest to a position.

        Raises
        ------
        InputError
            No street is near.
        """
        xy = project(np.array([lonlat], dtype=np.float64), self._crs)
        found = snap(self.streets.graph, xy, JOIN_M, edge_mask=~self.streets.closed)
        if found.edge[0] < 0:
            raise InputError("whatif.no_street_near", value=f"{lonlat[0]}, {lonlat[1]}", expected=round(JOIN_M))
        return int(found.edge[0]), int(found.offset_dm[0])

    def link(self, course: list[tuple[float, float]]) -> tuple[tuple[tuple[int, int, int], ...], Undo]:
        """Open a way along a course (lon/lat); the cuts it makes (:class:`kezhong.network.Linked`)."""
        begin, end = self.join(course[0]), self.join(course[-1])
        between = project(np.array(course[1:-1], dtype=np.float64).reshape(-1, 2), self._crs)
        made = with_link(self.streets.graph, None, begin, end, between)
        closed = np.append(self.streets.closed, np.zeros(made.graph.n_edges - len(self.streets.closed), dtype=bool))
        for first, _, second in made.cuts:
            closed[second] = closed[first]
        return made.cuts, self._become(Streets(made.graph, closed))

    def close_edges(self, closed: Flags) -> Undo:
        """Let exactly these edges be closed."""
        return self._become(Streets(self.streets.graph, closed))

    def _become(self, streets: Streets) -> Undo:
        before = (self.streets, self._demand, self._rows, self.snap_reason, self._origins, self._found, self._live)

        def back() -> None:
            (
                self.streets, self._demand, self._rows, self.snap_reason, self._origins, self._found, self._live
            ) = before  # fmt: skip

        self.streets = streets
        self._attach()
        self._found = self._search()
        self._live = None
        return back

    def _attach(self) -> None:
        graph, barred = self.streets.graph, self.streets.barred
        n = len(self.element)
        demand, self.snap_reason = attach(graph, self._start, self._unit, self._inside, self.n_demand, barred)
        rows, _ = attach(graph, self.doors.xy, self.doors.of, np.zeros(len(self.doors.of)), n, barred)
        self._demand, self._rows = demand.checked(graph, self.n_demand, "demand"), rows.checked(graph, n, "facilities")
        bare = np.zeros(len(self._spot_of))
        self._origins, _ = attach(graph, self._spots, self._spot_of, bare, self.n_places, barred)

    def _search(self) -> Reach:
        found = reach(
            self.streets.graph, self._demand, self.n_demand, self.facilities, len(self.element), self.element,
            len(self.thresholds.elements), self.thresholds.bound_dm, self.thresholds.dm, weights=self.streets.weights,
        )  # fmt: skip
        return Reach(found.nearest_dm, found.nearest_facility, found.counts.astype(np.uint32))

    def _spread(self, study: Study) -> Reach:
        """The answer of the assessment, with a row for every element that could be added."""
        table, shape = study.table, (len(self.thresholds.elements), self.n_demand)
        near = np.full(shape, np.uint32(0xFFFFFFFF), dtype=np.uint32)
        which = np.full(shape, -1, dtype=np.int32)
        counts = np.zeros((shape[0], self.thresholds.dm.shape[1], shape[1]), dtype=np.uint32)
        rows = [self.thresholds.row[name] for name in table.elements]
        if rows:
            near[rows], which[rows] = table.nearest_dm, table.nearest_facility
            counts[rows, : table.counts.shape[1]] = table.counts
        return Reach(near, which, counts)

    # ---- estates, buildings, land ----------------------------------------------------------------------------

    def places(self, elements: Rows) -> npt.NDArray[np.uint32]:
        """(elements, P): decimetres from estates, buildings and land to the nearest of some elements."""
        slot = np.full(len(self.thresholds.elements), -1, dtype=np.int64)
        slot[elements] = np.arange(len(elements))
        rows = self.facilities
        kept = slot[self.element[rows.place]] >= 0
        part = Access(rows.place[kept], rows.edge[kept], rows.offset_dm[kept], rows.extra_dm[kept])
        found = reach(
            self.streets.graph, self._origins, self.n_places, part, len(self.element),
            np.maximum(slot[self.element], 0), max(len(elements), 1), self.thresholds.bound_dm,
            weights=self.streets.weights,
        )  # fmt: skip
        return found.nearest_dm[: len(elements)]

    def places_enough(self) -> Flags:
        """(several, P): whether as many as the thresholds ask for lie within them."""
        present = np.where(self.alive, self.element, -1)
        return enough_on_foot(
            self.streets.graph, self._origins, self.n_places, self.facilities, present, self.thresholds,
            self.streets.weights,
        )  # fmt: skip

    def assigned(self, chosen: npt.NDArray[np.int32], homes: bool, limit_dm: int) -> npt.NDArray[np.uint32]:
        """(K, …): decimetres from units (``homes``) or places to the facility chosen for each, −1 none."""
        result = np.full(chosen.shape, np.uint32(0xFFFFFFFF), dtype=np.uint32)
        wanted = np.unique(chosen[chosen >= 0])
        origins, n = (self._demand, self.n_demand) if homes else (self._origins, self.n_places)
        if not len(wanted) or not n:
            return result
        rows = self.facilities
        kept = np.isin(rows.place, wanted)
        slot = np.searchsorted(wanted, rows.place[kept]).astype(np.int32)
        part = Access(slot, rows.edge[kept], rows.offset_dm[kept], rows.extra_dm[kept])
        dm = reach(
            self.streets.graph, origins, n, part, len(wanted), np.arange(len(wanted)), len(wanted), limit_dm,
            weights=self.streets.weights,
        ).nearest_dm  # fmt: skip
        for number in range(len(chosen)):
            at = np.flatnonzero(chosen[number] >= 0)
            result[number, at] = dm[np.searchsorted(wanted, chosen[number, at]), at]
        return result


def _own(rows: Access) -> Access:
    return Access.of(np.zeros(len(rows.place), np.int32), rows.edge, rows.offset_dm, rows.extra_dm)


__all__ = ["JOIN_M", "SNAP_M", "Doors", "Network", "Streets", "Undo"]
