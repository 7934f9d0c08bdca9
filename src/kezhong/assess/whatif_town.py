"""The city under edits: facilities, streets and people as they stand, and the study an assessment would make."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy import sparse

from kezhong.assess.enrolment import ASSIGNED_BOUND_M
from kezhong.assess.searching import CATCHMENT_M, pairs_within
from kezhong.assess.study import STANDARD, Study, element_order
from kezhong.assess.thresholds import Thresholds, thresholds_of
from kezhong.assess.units import Units, incidences
from kezhong.assess.whatif_network import Network
from kezhong.catalogue import load_basis
from kezhong.catalogue.model import Kind
from kezhong.city.scenarios import (
    ADDED,
    STREET_EDITS,
    AddFacility,
    ChangePeople,
    CloseEdge,
    CloseFacility,
    CloseGate,
    Edit,
    MoveFacility,
    OpenEdge,
    OpenGate,
    OpenLink,
    ResizeFacility,
    bands,
)
from kezhong.city.vocabulary import AGE_COLUMNS
from kezhong.city.workspace import City
from kezhong.errors import InputError

Undo = Callable[[], None]
Pairs = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.uint32]]

#: Elements that stand somewhere.
STANDING = (Kind.POINT, Kind.AREA, Kind.LINE)
#: What an edit may change beside single elements.
EVERYTHING = "*"


def all_thresholds(study: Study, elements: tuple[str, ...]) -> Thresholds:
    """Thresholds of all bases for some elements, as an assessment gathers them."""
    bases = {name: load_basis(name, study.city.folder) for name in study.catalogue.bases}
    bases[study.basis.id] = study.basis
    return thresholds_of(bases, elements, study.catalogue.walker(STANDARD).m_per_min)


class Town:
    """One city while it is edited. Whatever an edit changes is replaced, never written into, but for the network."""

    def __init__(self, study: Study) -> None:
        self.base = study
        elements = tuple(name for name, one in study.catalogue.elements.items() if one.kind in STANDING)
        self.network = Network(study, all_thresholds(study, elements))
        self.points = study.points
        self.units = study.units
        self.located = sparse.csc_matrix(study.units.located)
        table = study.table
        unit = np.repeat(np.arange(len(study.units.people)), np.diff(table.pair_ptr))
        self.pairs: Pairs = unit.astype(np.int64), table.pair_facility.astype(np.int64), table.pair_dm
        shape = (len(elements), len(table.places.kind))
        self.place_dm = np.full(shape, np.uint32(0xFFFFFFFF), dtype=np.uint32)
        if table.elements:
            self.place_dm[[self.network.thresholds.row[name] for name in table.elements]] = table.place_dm
        self.place_enough: dict[Any, npt.NDArray[np.bool_]] = dict(
            zip(table.thresholds.several, table.place_enough, strict=True)
        )
        self.assignment = study.assignment
        ids = self.points["facility_id"].astype(str).tolist()
        self.rows_of: dict[str, tuple[int, ...]] = {}
        for row, name in enumerate(ids):
            self.rows_of[name] = (*self.rows_of.get(name, ()), row)
        self.n_added = 0
        self.state: dict[str, str] = {}
        self.closed_edges: frozenset[str] = frozenset()
        self.closed_nodes: frozenset[str] = frozenset()
        self.pieces: dict[int, tuple[int, ...]] = {}
        self.links: tuple[int, ...] = ()
        self._thresholds: dict[tuple[str, ...], Thresholds] = {table.elements: table.thresholds}
        self._edge_row = pd.Index(self.city.layer("street_edges")["edge_id"].astype(str))
        self._node_row = pd.Index(self.city.layer("street_nodes")["node_id"].astype(str))

    @property
    def city(self) -> City:
        """The city itself."""
        return self.base.city

    def fork(self) -> Town:
        """A town of one's own that stands as this one does."""
        own = object.__new__(Town)
        own.__dict__.update(self.__dict__)
        own.network = self.network.fork()
        return own

    # ---- edits -------------------------------------------------------------------------------------------------

    def apply(self, edit: Edit) -> tuple[frozenset[str], Undo]:
        """Do one checked edit: the elements it concerns (:data:`EVERYTHING` among them: all), and the way back."""
        before = dict(self.__dict__)
        steps: list[Undo] = []

        def back() -> None:
            for step in reversed(steps):
                step()
            self.__dict__.update(before)

        try:
            return self._do(edit, steps), back
        except BaseException:
            back()
            raise

    def _do(self, edit: Edit, steps: list[Undo]) -> frozenset[str]:
        if isinstance(edit, STREET_EDITS):
            steps.append(self._streets(edit))
            return frozenset([EVERYTHING])
        if isinstance(edit, ChangePeople):
            self._people(edit)
            return frozenset([EVERYTHING])
        if isinstance(edit, AddFacility):
            return self._add(edit, steps)
        if isinstance(edit, MoveFacility):
            return self._move(edit, steps)
        if isinstance(edit, CloseFacility):
            return self._close(edit, steps)
        return self._resize(edit)

    def _add(self, edit: AddFacility, steps: list[Undo]) -> frozenset[str]:
        self.n_added += 1
        name, first = f"{ADDED}{self.n_added}", len(self.points)
        column = incidences(self.city, self.units, np.array([[edit.lon, edit.lat]]))[0]
        n = len(edit.elements)
        points = self.points.reindex(range(first + n))
        rows = range(first, first + n)
        values: dict[str, object] = {
            "facility_id": name, "name": edit.name, "capacity": edit.capacity, "hours": edit.hours,
            "floor_area_m2": edit.floor_area_m2, "site_area_m2": edit.site_area_m2, "source_refs": name,
        }  # fmt: skip
        for key, value in values.items():
            if value is not None:
                points.loc[rows, key] = value
        points.loc[rows, "element"] = list(edit.elements)
        self.points = points.set_geometry(_with(self.points.geometry, [shapely.Point(edit.lon, edit.lat)] * n))
        self.located = sparse.csc_matrix(sparse.hstack([self.located, *[column] * n]))
        for row, element in zip(rows, edit.elements, strict=True):
            number, undo = self.network.add(self.network.thresholds.row[element], (edit.lon, edit.lat))
            steps.append(undo)
            if number != row:
                raise AssertionError(f"facility {number} in row {row}")
        self.rows_of = {**self.rows_of, name: tuple(rows)}
        self.state = {**self.state, name: "added"}
        return self._changed(list(rows))

    def _move(self, edit: MoveFacility, steps: list[Undo]) -> frozenset[str]:
        rows = self._alive(edit.facility, None)
        column = incidences(self.city, self.units, np.array([[edit.lon, edit.lat]]))[0]
        lists = self.located.tolil(copy=True)
        for row in rows:
            lists[:, row] = column.toarray()
            steps.append(self.network.move(row, (edit.lon, edit.lat)))
        self.located = sparse.csc_matrix(lists)
        shapes = np.asarray(self.points.geometry.array).copy()
        shapes[rows] = shapely.Point(edit.lon, edit.lat)
        self.points = self.points.set_geometry(_with(self.points.geometry.iloc[:0], shapes))
        if not edit.facility.startswith(ADDED):
            self.state = {**self.state, edit.facility: "moved"}
        return self._changed(rows)

    def _close(self, edit: CloseFacility, steps: list[Undo]) -> frozenset[str]:
        rows = self._alive(edit.facility, edit.element)
        steps.extend(self.network.close(row) for row in rows)
        if not self._alive(edit.facility, None):
            self.state = {**self.state, edit.facility: "closed"}
        return self._changed(rows)

    def _resize(self, edit: ResizeFacility) -> frozenset[str]:
        rows = self._alive(edit.facility, edit.element)
        points = self.points.copy()
        points.loc[rows, "capacity"] = edit.capacity
        self.points = points
        if self.state.get(edit.facility, "open") == "open":
            self.state = {**self.state, edit.facility: "resized"}
        return self._changed(rows)

    def _alive(self, facility: str, element: str | None) -> list[int]:
        names = self.points["element"]
        return [
            row
            for row in self.rows_of[facility]
            if self.network.alive[row] and (element is None or names.iloc[row] == element)
        ]

    def _changed(self, rows: list[int]) -> frozenset[str]:
        """Bring up to date what hangs on single facilities: catchments, places and assigned schools."""
        elements = frozenset(self.points["element"].iloc[rows].astype(str))
        self._pair(rows)
        numbers = np.array(sorted(self.network.thresholds.row[name] for name in elements), dtype=np.intp)
        if self.place_dm.shape[1]:
            self.place_dm = self.place_dm.copy()
            self.place_dm[numbers] = self.network.places(numbers)
            if elements & {name for name, _, _ in self.network.thresholds.several}:
                self._enough()
        self._assign(moved=rows)
        return elements

    def _enough(self) -> None:
        several = self.network.thresholds.several
        self.place_enough = dict(zip(several, self.network.places_enough(), strict=True))

    def _pair(self, rows: list[int] | None) -> None:
        """Pairs of homes and facilities that state a capacity, anew for some facilities or for all."""
        network, n = self.network, len(self.points)
        stated = self.points["capacity"].notna().to_numpy(dtype=bool) & network.alive
        kept = np.zeros(len(self.pairs[0]), dtype=bool)
        if rows is not None:
            chosen = np.zeros(n, dtype=bool)
            chosen[rows] = True
            stated, kept = stated & chosen, ~chosen[self.pairs[1]]
        parts: Pairs = self.pairs[0][kept], self.pairs[1][kept], self.pairs[2][kept]
        if stated.any():
            streets = network.streets
            ptr, facility, dm = pairs_within(
                streets.graph, network.demand, network.n_demand, network.facilities, stated, network.thresholds,
                network.element, streets.weights,
            )  # fmt: skip
            unit = np.repeat(np.arange(network.n_demand), np.diff(ptr))
            found = (np.append(parts[0], unit), np.append(parts[1], facility), np.append(parts[2], dm))
            order = np.lexsort((found[1], found[0]))
            parts = found[0][order].astype(np.int64), found[1][order].astype(np.int64), found[2][order]
        self.pairs = parts

    def _assign(self, moved: list[int] | None) -> None:
        """Assigned schools: one that is closed assigns nobody, one that moved is as far as it now stands."""
        old = self.assignment
        if old is None:
            return
        dead = ~np.append(self.network.alive, True)
        fresh: dict[str, Any] = {}
        for kind, homes in (("unit", True), ("place", False)):
            chosen = getattr(old, f"{kind}_facility")
            chosen = np.where(dead[chosen], np.int32(-1), chosen)
            again = chosen if moved is None else np.where(np.isin(chosen, moved), chosen, np.int32(-1))
            dm = self.network.assigned(again, homes, int(ASSIGNED_BOUND_M * 10))
            past = np.where(chosen >= 0, getattr(old, f"{kind}_dm"), np.uint32(0xFFFFFFFF))
            fresh[f"{kind}_facility"], fresh[f"{kind}_dm"] = chosen, np.where(again >= 0, dm, past)
        self.assignment = replace(old, **fresh)

    def _people(self, edit: ChangePeople) -> None:
        units, chosen = self.units, self._concerned(edit)
        ages = units.ages[list(AGE_COLUMNS)].to_numpy(dtype=np.float64).copy()
        unknown = np.isnan(ages[chosen]).any(axis=1) & (units.people[chosen] > 0)
        if edit.ages and unknown.any():
            raise InputError("whatif.ages_unknown", value=int(unknown.sum()))
        people = units.people.copy()
        if edit.ages:
            old = ages[chosen]
            factors = np.array([bands(edit)[name] for name in AGE_COLUMNS])
            ages[chosen] = old * factors
            people[chosen] += (ages[chosen] - old).sum(axis=1)
        else:
            factor = 1.0 if edit.factor is None else edit.factor
            ages[chosen] *= factor
            people[chosen] *= factor
        table = units.ages.copy()
        table[list(AGE_COLUMNS)] = ages
        table["people"] = people
        self.units = replace(units, people=people, ages=table)

    def _concerned(self, edit: ChangePeople) -> npt.NDArray[np.intp]:
        if edit.area is not None:
            return np.asarray(self.units.member[self.units.row[edit.area]].indices, dtype=np.intp)
        known = pd.Index(self.city.layer("demand")["demand_id"].astype(str))
        return np.unique(known.get_indexer(pd.Index(edit.demand)))

    # ---- streets -----------------------------------------------------------------------------------------------

    def _streets(self, edit: Edit) -> Undo:
        if isinstance(edit, OpenLink):
            cuts, undo = self.network.link([edit.begin, *edit.via, edit.end])
            pieces = dict(self.pieces)
            origin = {part: whole for whole, parts in pieces.items() for part in parts}
            for first, _, second in cuts:
                whole = origin.get(first, first)
                pieces[whole] = (*pieces.get(whole, ()), second)
                origin[second] = whole
            self.pieces = pieces
            self.links = (*self.links, self.network.streets.graph.n_edges - 1)
        else:
            if isinstance(edit, CloseEdge):
                self.closed_edges |= {edit.edge}
            elif isinstance(edit, OpenEdge):
                self.closed_edges -= {edit.edge}
            elif isinstance(edit, CloseGate):
                self.closed_nodes |= {edit.node}
            elif isinstance(edit, OpenGate):
                self.closed_nodes -= {edit.node}
            undo = self.network.close_edges(self.closed_mask())
        try:
            self._pair(None)
            if self.place_dm.shape[1]:
                everything = np.arange(len(self.network.thresholds.elements))
                self.place_dm = self.network.places(everything)
                self._enough()
            self._assign(moved=None)
        except BaseException:
            undo()
            raise
        return undo

    def closed_mask(self) -> npt.NDArray[np.bool_]:
        """Edges that nobody walks, of the network as it now is."""
        graph = self.network.streets.graph
        mask = np.zeros(graph.n_edges, dtype=bool)
        for row in self._edge_row.get_indexer(sorted(self.closed_edges)):
            mask[[row, *self.pieces.get(int(row), ())]] = True
        nodes = self._node_row.get_indexer(sorted(self.closed_nodes))
        mask |= np.isin(graph.edge_u, nodes) | np.isin(graph.edge_v, nodes)
        return mask

    # ---- the study ---------------------------------------------------------------------------------------------

    def study(self) -> Study:
        """What an assessment of the edited city would gather."""
        network, base = self.network, self.base
        alive = network.alive
        number = np.append(np.cumsum(alive) - 1, -1).astype(np.int32)
        points = self.points[alive].reset_index(drop=True)
        elements = element_order(points, base.catalogue)
        if elements not in self._thresholds:
            self._thresholds = {**self._thresholds, elements: all_thresholds(base, elements)}
        thresholds = self._thresholds[elements]
        rows = np.array([network.thresholds.row[name] for name in elements], dtype=np.intp)
        near = network.near[rows]
        unit, facility, dm = self.pairs
        ptr = np.concatenate([[0], np.cumsum(np.bincount(unit, minlength=network.n_demand))]).astype(np.int64)
        n_places = len(base.table.places.kind)
        # As the crow flies is not followed: no basis that judges by it is let in.
        far, several = np.uint32(0xFFFFFFFF), len(thresholds.several)
        table = replace(
            base.table,
            elements=elements,
            thresholds=thresholds,
            nearest_dm=near,
            nearest_facility=number[network.which[rows]],
            counts=network.counts[rows][:, : thresholds.dm.shape[1]],
            straight_dm=np.broadcast_to(far, near.shape),
            snap_reason=network.snap_reason,
            place_dm=self.place_dm[rows],
            place_straight_dm=np.broadcast_to(far, (len(rows), n_places)),
            straight_enough=np.zeros((several, network.n_demand), dtype=bool),
            place_enough=np.array([self.place_enough[one] for one in thresholds.several], dtype=bool).reshape(
                several, n_places
            ),
            place_straight_enough=np.zeros((several, n_places), dtype=bool),
            pair_ptr=ptr,
            pair_facility=number[facility],
            pair_dm=dm,
        )
        assignment = self.assignment
        if assignment is not None:
            assignment = replace(
                assignment,
                unit_facility=number[assignment.unit_facility],
                place_facility=number[assignment.place_facility],
            )
        located = sparse.csr_matrix(self.located[:, np.flatnonzero(alive)])
        units = _kept(self.units, replace(self.units, located=located))
        made = replace(
            base, units=units, points=points, table=table, assignment=assignment,
            walker_ds=np.broadcast_to(far, near.shape),
        )  # fmt: skip
        for name in ("place_areas", "ground", "ratios", "shows_osm"):
            made.__dict__[name] = getattr(base, name)
        return made


def _kept(old: Units, new: Units) -> Units:
    """Carry over what is derived from people and areas alone."""
    for name in ("row", "residents", "_groups", "ages_known"):
        new.__dict__[name] = getattr(old, name)
    return new


def _with(old: Any, shapes: Any) -> Any:
    import geopandas as gpd

    return gpd.GeoSeries(np.append(np.asarray(old.array), np.asarray(shapes, dtype=object)), crs="EPSG:4326")


__all__ = ["CATCHMENT_M", "EVERYTHING", "STANDING", "Town", "all_thresholds"]
