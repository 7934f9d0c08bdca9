"""The city under edits: facilities, streets and people as they stand, and the study an assessment would make."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy import sparse

from kezhong.assess.enrolment import ASSIGNED_BOUND_M
from kezhong.assess.origins import Origins
from kezhong.assess.searching import pairs_within
from kezhong.assess.study import STANDARD, Study
from kezhong.assess.thresholds import Thresholds, thresholds_of
from kezhong.assess.units import incidences
from kezhong.assess.whatif_facilities import Facilities
from kezhong.assess.whatif_network import LonLat, Network
from kezhong.assess.whatif_shares import Pairs, kept, weighed
from kezhong.catalogue import load_basis
from kezhong.catalogue.model import Kind
from kezhong.city.scenarios import (
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
from kezhong.city.vocabulary import AGE_COLUMNS, AreaLevel
from kezhong.city.workspace import City
from kezhong.errors import InputError
from kezhong.network import Access

Undo = Callable[[], None]

#: Elements that stand somewhere.
STANDING = (Kind.POINT, Kind.AREA, Kind.LINE)
_NONE = np.uint32(0xFFFFFFFF)


class Touched(NamedTuple):
    """What edits may have altered: elements by name, the streets, the people."""

    elements: frozenset[str] = frozenset()
    streets: bool = False
    people: bool = False

    def __or__(self, other: object) -> Touched:
        if not isinstance(other, Touched):
            return NotImplemented
        return Touched(self.elements | other.elements, self.streets or other.streets, self.people or other.people)


def all_thresholds(study: Study, elements: tuple[str, ...]) -> Thresholds:
    """Thresholds of all bases for some elements, as an assessment gathers them."""
    bases = {name: load_basis(name, study.city.folder) for name in study.catalogue.bases}
    bases[study.basis.id] = study.basis
    return thresholds_of(bases, elements, study.catalogue.walker(STANDARD).m_per_min)


class Town:
    """One city while it is edited. Whatever an edit changes is replaced, never written into, but for the answers.

    Attributes
    ----------
    network : Network
        Who reaches what.
    facilities : Facilities
        All of them; those no longer in use as well.
    units : Units
        Areas and people.
    closed_edges, closed_nodes
        Segments and gates that the scenario closed.
    """

    def __init__(self, study: Study) -> None:
        self.base = study
        elements = tuple(name for name, one in study.catalogue.elements.items() if one.kind in STANDING)
        self.network = Network(study, all_thresholds(study, elements))
        self.facilities = Facilities.of(study.points)
        # Plain columns: the layer's table carries shapes and texts that every selection would drag along.
        ages = pd.DataFrame({name: study.units.ages[name].to_numpy(dtype=np.float64) for name in AGE_COLUMNS})
        self.units = kept(study.units, replace(study.units, ages=ages))
        self.weighed = weighed(study.basis, study.catalogue.elements.values())
        self.assignment = study.assignment
        self.closed_edges: frozenset[str] = frozenset()
        self.closed_nodes: frozenset[str] = frozenset()
        self.pieces: dict[int, tuple[int, ...]] = {}
        self._edge_row = pd.Index(self.city.layer("street_edges")["edge_id"].astype(str))
        self._node_row = pd.Index(self.city.layer("street_nodes")["node_id"].astype(str))
        self._located = sparse.coo_matrix(study.units.located)
        self._columns: dict[LonLat, npt.NDArray[np.intp]] = {}
        self._inside: dict[str, npt.NDArray[np.intp]] = {}
        self.pairs = self._paired(self.weighed)
        self._loose = Touched()

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

    def apply(self, edit: Edit) -> tuple[Touched, Undo]:
        """Do one checked edit: what it touches, and the way back. The answers follow with :meth:`settle`."""
        before = {name: self.__dict__[name] for name in _STATE}
        steps: list[Undo] = []

        def back() -> None:
            for step in reversed(steps):
                step()
            self.__dict__.update(before)

        try:
            touched = self._do(edit, steps)
        except BaseException:
            back()
            raise
        self._loose |= touched

        def undo() -> None:
            back()
            self._loose |= touched

        return touched, undo

    def _do(self, edit: Edit, steps: list[Undo]) -> Touched:
        if isinstance(edit, STREET_EDITS):
            steps.append(self._streets(edit))
            return Touched(streets=True)
        if isinstance(edit, ChangePeople):
            self._people(edit)
            return Touched(people=True)
        if isinstance(edit, AddFacility):
            return self._add(edit, steps)
        if isinstance(edit, MoveFacility):
            return self._move(edit, steps)
        if isinstance(edit, CloseFacility):
            return self._close(edit, steps)
        return self._resize(edit)

    def _add(self, edit: AddFacility, steps: list[Undo]) -> Touched:
        self.facilities, rows = self.facilities.with_one(edit)
        for row, element in zip(rows, edit.elements, strict=True):
            number, undo = self.network.add(self.network.thresholds.row[element], (edit.lon, edit.lat))
            steps.append(undo)
            if number != row:
                raise AssertionError(f"facility {number} in row {row}")
        return self._concerned(rows)

    def _move(self, edit: MoveFacility, steps: list[Undo]) -> Touched:
        rows, place = self._alive(edit.facility, None), (edit.lon, edit.lat)
        steps.append(self.network.move(rows, place))
        self.facilities = self.facilities.moved(rows, place)
        if self.facilities.state.get(edit.facility) != "added":
            self.facilities = self.facilities.noted(edit.facility, "moved")
        return self._concerned(rows)

    def _close(self, edit: CloseFacility, steps: list[Undo]) -> Touched:
        rows = self._alive(edit.facility, edit.element)
        steps.append(self.network.close(rows))
        if not self._alive(edit.facility, None):
            self.facilities = self.facilities.noted(edit.facility, "closed")
        return self._concerned(rows)

    def _resize(self, edit: ResizeFacility) -> Touched:
        rows = self._alive(edit.facility, edit.element)
        self.facilities = self.facilities.resized(rows, edit.capacity)
        if self.facilities.state.get(edit.facility, "open") == "open":
            self.facilities = self.facilities.noted(edit.facility, "resized")
        return self._concerned(rows)

    def _alive(self, facility: str, element: str | None) -> list[int]:
        alive, names = self.network.layout.alive, self.facilities.elements
        rows = self.facilities.rows_of[facility]
        return [row for row in rows if alive[row] and (element is None or names[row] == element)]

    def _concerned(self, rows: list[int]) -> Touched:
        return Touched(frozenset(self.facilities.elements[row] for row in rows))

    def _people(self, edit: ChangePeople) -> None:
        units, chosen = self.units, self._meant(edit)
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
        self.units = replace(units, people=people, ages=pd.DataFrame(ages, columns=list(AGE_COLUMNS)))
        self.units.__dict__["row"] = units.row

    def _meant(self, edit: ChangePeople) -> npt.NDArray[np.intp]:
        if edit.area is not None:
            return np.asarray(self.units.member[self.units.row[edit.area]].indices, dtype=np.intp)
        known = pd.Index(self.city.layer("demand")["demand_id"].astype(str))
        return np.unique(known.get_indexer(pd.Index(edit.demand)))

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
            return undo
        if isinstance(edit, CloseEdge):
            self.closed_edges |= {edit.edge}
        elif isinstance(edit, OpenEdge):
            self.closed_edges -= {edit.edge}
        elif isinstance(edit, CloseGate):
            self.closed_nodes |= {edit.node}
        elif isinstance(edit, OpenGate):
            self.closed_nodes -= {edit.node}
        return self.network.close_edges(self.closed_mask())

    def closed_mask(self) -> npt.NDArray[np.bool_]:
        """Edges that nobody walks, of the network as it now is."""
        graph = self.network.layout.graph
        mask = np.zeros(graph.n_edges, dtype=bool)
        for row in self._edge_row.get_indexer(sorted(self.closed_edges)):
            mask[[row, *self.pieces.get(int(row), ())]] = True
        nodes = self._node_row.get_indexer(sorted(self.closed_nodes))
        mask |= np.isin(graph.edge_u, nodes) | np.isin(graph.edge_v, nodes)
        return mask

    # ---- answers -----------------------------------------------------------------------------------------------

    def settle(self) -> frozenset[str]:
        """Bring the answers up to date after any number of edits, done or taken back.

        Returns the elements that may be nearer or farther, or have other facilities, than when this was last called.
        """
        touched, self._loose = self._loose, Touched()
        thresholds = self.network.thresholds
        looked = frozenset(thresholds.elements[row] for row in self.network.settle())
        names = self.weighed if touched.streets else self.weighed & touched.elements
        if names:
            past = {name: pairs for name, pairs in self.pairs.items() if name not in names}
            self.pairs = {**past, **self._paired(names)}
        schools = frozenset(() if self.assignment is None else self.assignment.elements)
        if schools and (touched.streets or schools & touched.elements):
            self._assign()
        return looked | touched.elements

    def _paired(self, names: Iterable[str]) -> dict[str, Pairs]:
        """Pairs of homes and facilities that state a capacity, of some elements."""
        network = self.network
        layout, rows, thresholds = network.layout, network.origins, network.thresholds
        homes = rows.place < network.n_demand
        demand = Access(rows.place[homes], rows.edge[homes], rows.offset_dm[homes], rows.extra_dm[homes])
        numbers = [thresholds.row[name] for name in names]
        stated = ~np.isnan(self.facilities.numbers["capacity"]) & layout.alive & np.isin(layout.element, numbers)
        ptr, facility, dm = pairs_within(
            layout.graph, demand, network.n_demand, network.facilities, stated, thresholds, layout.element,
            layout.weights,
        )  # fmt: skip
        unit, element = np.repeat(np.arange(network.n_demand), np.diff(ptr)), layout.element[facility]
        found = {}
        for number in np.unique(layout.element[stated]):
            own = element == number
            found[thresholds.elements[number]] = (unit[own], facility[own], dm[own])
        return found

    def _assign(self) -> None:
        """Assigned schools: one that is closed assigns nobody, and the way is as far as it now is."""
        old = self.base.assignment
        if old is None:
            return
        n = self.network.n_demand
        chosen = np.concatenate([old.unit_facility, old.place_facility], axis=1)
        chosen = np.where(~np.append(self.network.layout.alive, True)[chosen], np.int32(-1), chosen)
        dm = self.network.assigned(chosen, int(ASSIGNED_BOUND_M * 10))
        self.assignment = replace(
            old, unit_facility=chosen[:, :n], unit_dm=dm[:, :n], place_facility=chosen[:, n:], place_dm=dm[:, n:]
        )

    # ---- the study ---------------------------------------------------------------------------------------------

    def study(self) -> Study:
        """What an assessment of the edited city would gather; facilities no longer in use count nowhere."""
        network, base, layout = self.network, self.base, self.network.layout
        thresholds, n = network.thresholds, network.n_demand
        present = np.unique(layout.element[layout.alive])
        elements = tuple(thresholds.elements[row] for row in present)
        row_of = {name: int(row) for name, row in zip(elements, present, strict=True)}
        near, several = network.near, thresholds.several
        enough = np.array([network.enough[one] for one in several], dtype=bool).reshape(len(several), -1)
        # As the crow flies is not followed: no basis that judges by it is let in.
        nowhere, none = np.broadcast_to(_NONE, near.shape), np.zeros((len(several), network.n_origins), dtype=bool)
        table = replace(
            base.table,
            elements=elements,
            thresholds=thresholds,
            nearest_dm=near[:, :n],
            nearest_facility=network.which[:, :n],
            counts=np.zeros((0, 0, n), dtype=np.uint16),
            straight_dm=nowhere[:, :n],
            place_dm=near[:, n:],
            place_straight_dm=nowhere[:, n:],
            straight_enough=none[:, :n],
            place_enough=enough[:, n:],
            place_straight_enough=none[:, n:],
        )
        table.__dict__["row"] = row_of
        table.__dict__["people_on_foot"] = Origins(row_of, near[:, :n], several, enough[:, :n])
        units = replace(self.units, located=self._where())
        made = replace(
            base, units=kept(self.units, units), points=self.facilities.figures(), table=table,
            assignment=self.assignment, walker_ds=table.straight_dm,
        )  # fmt: skip
        for name in ("place_areas", "ground", "ratios", "shows_osm"):
            made.__dict__[name] = getattr(base, name)
        made.__dict__["point_elements"] = np.where(layout.alive, layout.element, -1).astype(np.intp)
        made.__dict__["has_facilities"] = bool(layout.alive.any())
        return made

    def _where(self) -> Any:
        """Areas × facilities: 1 where one stands in the area."""
        moved = sorted(self.network.layout.placed)
        if not moved:
            return self.base.units.located
        places = [(float(x), float(y)) for x, y in self.facilities.lonlat[moved]]
        self._locate([place for place in dict.fromkeys(places) if place not in self._columns])
        old = self._located
        stay = ~np.isin(old.col, moved)
        own = [self._columns[place] for place in places]
        rows = np.concatenate([old.row[stay], *own])
        columns = np.concatenate([old.col[stay], np.repeat(moved, [len(one) for one in own])])
        shape = (old.shape[0], len(self.facilities))
        return sparse.csr_matrix((np.ones(len(rows)), (rows, columns)), shape=shape)

    def _locate(self, places: list[LonLat]) -> None:
        """Note the areas in which places lie; what lies in one community lies in the same larger areas."""
        if not places:
            return
        areas = self.city.areas
        shapes = np.atleast_1d(np.asarray(shapely.points(places), dtype=object))
        codes = areas.locate(shapes, AreaLevel.COMMUNITY.value)
        for place, code in zip(places, codes, strict=True):
            if code in self._inside:
                self._columns[place] = self._inside[code]
                continue
            column = incidences(self.city, self.units, np.array([place]))[0].tocsc().indices.astype(np.intp)
            self._columns[place] = column
            if code in areas.communities:
                self._inside[code] = column


#: What an edit replaces.
_STATE = ("facilities", "units", "closed_edges", "closed_nodes", "pieces")

__all__ = ["STANDING", "Touched", "Town", "all_thresholds"]
