"""Who reaches what while streets and facilities change: edits are noted at once, and followed when an answer is needed.

What stands is an immutable :class:`Layout`; an edit makes another one and notes which edges and facilities it
concerns. The answers (:class:`kezhong.network.Follower`) then go from one layout to the next, over any number of edits,
forwards or back: only what these concern is snapped and searched anew. Homes, estates, buildings and land are origins
alike.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from kezhong.assess.origins import Several
from kezhong.assess.searching import enough_on_foot
from kezhong.assess.streets import SNAP_M, demand_rows, facility_rows, project, street_graph
from kezhong.assess.study import Study
from kezhong.assess.thresholds import Thresholds
from kezhong.errors import InputError
from kezhong.network import (
    Access,
    Follower,
    Footing,
    Scene,
    Snapped,
    WalkGraph,
    Weights,
    reach,
    snap,
    snap_near,
    with_link,
)

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.intp]
Lengths = npt.NDArray[np.uint32]
LonLat = tuple[float, float]

#: The end of a link joins a street at most so far away (metres).
JOIN_M = 50.0
Undo = Callable[[], None]


@dataclass(frozen=True, eq=False)
class Layout:
    """What stands.

    Attributes
    ----------
    graph, closed
        The network with the scenario's links, and the edges that it closed (bool).
    element : int32 (n,)
        Row of the element of each facility there ever was.
    alive : bool (n,)
        Facilities in use.
    placed
        Where facilities are entered that were added or moved (metres); the others by the city's doors.
    """

    graph: WalkGraph
    closed: Flags
    element: npt.NDArray[np.int32]
    alive: Flags
    placed: Mapping[int, Floats]

    @property
    def weights(self) -> Weights | None:
        """Lengths; ``None`` where nothing is closed."""
        return Weights.of_lengths(self.graph, self.closed) if self.closed.any() else None

    @property
    def open_edges(self) -> Flags | None:
        """Edges on which something can stand; ``None`` for all."""
        return ~self.closed if self.closed.any() else None


class Network:
    """The search's arrays under edits. Origins are the demand units, and behind them the places.

    Attributes
    ----------
    layout : Layout
        What stands now.
    n_demand, n_places
        Origins of both kinds.
    """

    def __init__(self, study: Study, thresholds: Thresholds) -> None:
        city = study.city
        graph, self._crs = street_graph(city), city.config.crs
        self._graph = graph
        self.thresholds = thresholds
        self.n_demand, spots = len(study.units.people), study.table.places
        self.n_places = len(spots.kind)
        start, unit, inside = demand_rows(city)
        doors, self._door_of = facility_rows(city, study.points)
        self._origin = np.concatenate([unit, spots.rows_place.astype(np.int64) + self.n_demand]).astype(np.int32)
        self._inside = np.zeros(len(self._origin), dtype=np.int64)
        self._inside[: len(inside)] = np.rint(inside * 10.0)
        xy = [project(part, self._crs) for part in (start, spots.rows_lonlat, doors)]
        element = np.array([thresholds.row[name] for name in study.points["element"]], dtype=np.int32)
        closed = np.zeros(graph.n_edges, dtype=bool)
        self.layout = Layout(graph, closed, element, np.ones(len(element), dtype=bool), {})
        self.footing = Footing.of(graph, closed, np.concatenate(xy), SNAP_M)
        scene = self._scene(self.layout, self.footing)
        self.follower = Follower(scene, self.n_origins, len(thresholds.elements), thresholds.bound_dm)
        self._edges: frozenset[int] = frozenset()
        self._facilities: frozenset[int] = frozenset()
        self._enough = {one: self._counted(one) for one in thresholds.several}

    @property
    def n_origins(self) -> int:
        """Demand units and places together."""
        return self.n_demand + self.n_places

    def fork(self) -> Network:
        """A network of one's own that stands as this one does."""
        own = object.__new__(Network)
        own.__dict__.update(self.__dict__)
        own.follower = self.follower.fork()
        own._enough = dict(self._enough)
        return own

    # ---- the present answer --------------------------------------------------------------------------------

    @property
    def near(self) -> Lengths:
        """(E, origins) decimetres to the nearest; changes in place."""
        return self.follower.near

    @property
    def which(self) -> npt.NDArray[np.int32]:
        """(E, origins) its number, −1; changes in place."""
        return self.follower.which

    @property
    def enough(self) -> Mapping[Several, Flags]:
        """(origins,): whether as many as the thresholds ask for lie within them."""
        return self._enough

    def settle(self) -> list[int]:
        """Bring the answers up to date; the rows of the elements that were looked at."""
        if not self._edges and not self._facilities:
            return []
        layout, edges = self.layout, sorted(self._edges)
        if edges:
            self.footing = self.footing.on(layout.graph, layout.closed, edges)
        scene = self._scene(layout, self.footing)
        looked = self.follower.follow(scene, edges, np.array(sorted(self._facilities), dtype=np.int64))
        self._edges, self._facilities = frozenset(), frozenset()
        for one in self._enough:
            if self.thresholds.row[one[0]] in looked:
                self._enough[one] = self._counted(one)
        return [int(row) for row in looked]

    # ---- edits -----------------------------------------------------------------------------------------------

    def add(self, element: int, lonlat: LonLat) -> tuple[int, Undo]:
        """A new facility; its number and the way back."""
        old, number = self.layout, len(self.layout.element)
        made = replace(
            old, element=np.append(old.element, np.int32(element)), alive=np.append(old.alive, True),
            placed={**old.placed, number: self._metres(lonlat)},
        )  # fmt: skip
        return number, self._become(made, facilities=[number])

    def close(self, numbers: list[int]) -> Undo:
        """Take facilities out of use."""
        alive = self.layout.alive.copy()
        alive[numbers] = False
        return self._become(replace(self.layout, alive=alive), facilities=numbers)

    def move(self, numbers: list[int], lonlat: LonLat) -> Undo:
        """Facilities are entered at one place elsewhere."""
        here = self._metres(lonlat)
        placed = {**self.layout.placed, **dict.fromkeys(numbers, here)}
        return self._become(replace(self.layout, placed=placed), facilities=numbers)

    def link(self, course: list[LonLat]) -> tuple[tuple[tuple[int, int, int], ...], Undo]:
        """Open a way along a course (lon/lat); the cuts it makes (:class:`kezhong.network.Linked`).

        Raises
        ------
        InputError
            No street that can be walked is near one of its ends.
        """
        old = self.layout
        begin, end = self._join([course[0], course[-1]])
        between = project(np.array(course[1:-1], dtype=np.float64).reshape(-1, 2), self._crs)
        made = with_link(old.graph, None, begin, end, between)
        closed = np.append(old.closed, np.zeros(made.graph.n_edges - len(old.closed), dtype=bool))
        for first, _, second in made.cuts:
            closed[second] = closed[first]
        edges = {edge for first, _, second in made.cuts for edge in (first, second)} | {made.edge}
        return made.cuts, self._become(replace(old, graph=made.graph, closed=closed), edges=edges)

    def close_edges(self, closed: Flags) -> Undo:
        """Let exactly these edges be closed."""
        changed = np.flatnonzero(closed != self.layout.closed).tolist()
        return self._become(replace(self.layout, closed=closed), edges=set(changed))

    def _become(self, layout: Layout, *, facilities: list[int] | None = None, edges: set[int] | None = None) -> Undo:
        old = self.layout
        concerned = frozenset(edges or ()), frozenset(facilities or ())

        def note(present: Layout) -> None:
            self.layout = present
            self._edges, self._facilities = self._edges | concerned[0], self._facilities | concerned[1]

        note(layout)
        return lambda: note(old)

    def _join(self, ends: list[LonLat]) -> list[tuple[int, int]]:
        """Where on the streets (edge, decimetres) the ends of a link join them."""
        layout, xy = self.layout, np.concatenate([self._metres(end) for end in ends])
        found = self._snapped(layout, xy, JOIN_M)
        for (lon, lat), edge in zip(ends, found.edge, strict=True):
            if edge < 0:
                raise InputError("whatif.no_street_near", value=f"{lon}, {lat}", expected=round(JOIN_M))
        return [(int(edge), int(offset)) for edge, offset in zip(found.edge, found.offset_dm, strict=True)]

    def _snapped(self, layout: Layout, xy: Floats, gap: float) -> Snapped:
        """Points on the streets; the whole of a network with links is not filed for a few of them."""
        if layout.graph is self._graph:
            return snap(layout.graph, xy, gap, edge_mask=layout.open_edges)
        return snap_near(layout.graph, xy, gap, layout.open_edges)

    def _metres(self, lonlat: LonLat) -> Floats:
        return project(np.array([lonlat], dtype=np.float64), self._crs)

    # ---- accesses --------------------------------------------------------------------------------------------

    @property
    def origins(self) -> Access:
        """Accesses of demand units and places; the edge is −1 off the streets."""
        return self.follower.scene.places

    @property
    def facilities(self) -> Access:
        """Accesses of the facilities in use."""
        return self.follower.scene.facilities

    def _scene(self, layout: Layout, footing: Footing) -> Scene:
        n = len(self._origin)
        extra = (footing.gap_dm[:n].astype(np.int64) + self._inside).astype(np.uint32)
        places = Access(self._origin, footing.edge[:n], footing.offset_dm[:n], extra)
        elsewhere = np.zeros(len(layout.element), dtype=bool)
        elsewhere[list(layout.placed)] = True
        at = np.flatnonzero((layout.alive & ~elsewhere)[self._door_of] & (footing.edge[n:] >= 0))
        parts = [(self._door_of[at], footing.edge[n:][at], footing.offset_dm[n:][at], footing.gap_dm[n:][at])]
        own = [number for number in sorted(layout.placed) if layout.alive[number]]
        if own:
            xy = np.concatenate([layout.placed[number] for number in own])
            found = self._snapped(layout, xy, SNAP_M)
            on = found.edge >= 0
            parts.append((np.array(own)[on], found.edge[on], found.offset_dm[on], found.gap_dm[on]))
        columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
        return Scene(layout.graph, layout.closed, places, Access.of(*columns), layout.element)

    # ---- further questions -----------------------------------------------------------------------------------

    def _counted(self, one: Several) -> Flags:
        """(origins,): whether so many facilities of an element lie within a threshold."""
        alone = replace(self.thresholds, several=(one,))
        present = np.where(self.layout.alive, self.layout.element, -1)
        found = enough_on_foot(
            self.layout.graph, self.origins, self.n_origins, self.facilities, present, alone, self.layout.weights
        )
        return np.asarray(found[0])

    def assigned(self, chosen: npt.NDArray[np.int32], limit_dm: int) -> Lengths:
        """(K, origins): decimetres to the facility chosen for each origin, −1 none."""
        result = np.full(chosen.shape, np.uint32(0xFFFFFFFF), dtype=np.uint32)
        wanted = np.unique(chosen[chosen >= 0])
        if not len(wanted):
            return result
        rows = self.facilities
        kept = np.isin(rows.place, wanted)
        slot = np.searchsorted(wanted, rows.place[kept]).astype(np.int32)
        part = Access(slot, rows.edge[kept], rows.offset_dm[kept], rows.extra_dm[kept])
        dm = reach(
            self.layout.graph, self.origins, self.n_origins, part, len(wanted), np.arange(len(wanted)), len(wanted),
            limit_dm, weights=self.layout.weights,
        ).nearest_dm  # fmt: skip
        for number in range(len(chosen)):
            at = np.flatnonzero(chosen[number] >= 0)
            result[number, at] = dm[np.searchsorted(wanted, chosen[number, at]), at]
        return result


__all__ = ["JOIN_M", "SNAP_M", "Layout", "LonLat", "Network", "Undo"]
