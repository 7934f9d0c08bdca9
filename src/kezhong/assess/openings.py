"""Which opening serves most people: closed gates, crossings, ramps and dead ends, each as if it alone were opened.

People gain an element who come within the threshold of its widest requirement (:mod:`kezhong.assess.wanted`) and did
not before. Without a walker costs are the metres of the verdict, with one they are that walker's deciseconds.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from kezhong.assess.breaks import bars_of, opened_ends, unbarred
from kezhong.assess.breaks import breaks as barriers_of_reach
from kezhong.assess.by_hour import counting_copies, open_doors
from kezhong.assess.streets import attach, lonlat, project, street_graph
from kezhong.assess.study import assessed_points
from kezhong.assess.units import build_units
from kezhong.assess.walking import rules_of, street_attributes, walker_cost_details
from kezhong.assess.wanted import Wanted, community_types, wanted_of
from kezhong.catalogue import load_basis, load_catalogue
from kezhong.city.crs import to_geographic
from kezhong.city.workspace import City
from kezhong.errors import DataMissingError
from kezhong.network import Access, Candidates, People, WalkGraph, Weights, crossings, gaps, openings, reach
from kezhong.network.walkers import Barred, walker_weights
from kezhong.progress import Progress, silent, span

GROUPS = ("all", "elderly", "children")
COLUMNS = (
    "id", "kind", "name", "lon", "lat", "geometry", "area_code", "people", "elderly", "children", "complete",
    "elements", "length_m", "basis", "walker",
)  # fmt: skip
#: A dead end's link does not lead across these.
_DIVIDES = ("water", "river", "railway", "wall")
#: What closes an edge or its end to a walker, by the kind of opening; the rest is no matter of opening.
BARS = {
    "barred_gate": (Barred.BARRIER, Barred.GATE_ACCESS, Barred.GATE_HOURS, Barred.ACCESS),
    "missing_ramp": (Barred.STEPS, Barred.PASSAGE),
    "missing_crossing": (Barred.ROAD_ACROSS, Barred.KERB),
}
_SWITCHES = {
    "barred_gate": ("barriers", "gate_access", "access"),
    "missing_ramp": ("steps", "passages"),
    "missing_crossing": ("roads_across", "kerbs"),
}
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class KindState:
    """What the city's data let one say of a kind of opening.

    ``state``: ``used``; ``none``: there are data and nothing is closed; ``no_data``: nothing to look at; for a
    dead end, that the links could not be tested against water and railways; ``no_walker``: only a walker is barred.
    """

    kind: str
    tried: int
    state: Literal["used", "none", "no_data", "no_walker"]


@dataclass(frozen=True, eq=False)
class OpeningsFound:
    """Openings in the order of the people who gain, with :data:`COLUMNS`, and what was looked at.

    ``people`` gain at least one element, as many as the one that most people gain; ``complete`` would then have all
    elements of the basis. ``elderly`` and ``children`` are those among ``people``; NaN where no ages are known.
    """

    table: gpd.GeoDataFrame
    kinds: tuple[KindState, ...]
    basis: str
    walker: str | None


@dataclass(frozen=True, eq=False)
class _Asked:
    """Arrays of one question."""

    graph: WalkGraph
    demand: Access
    n_demand: int
    shown: Access
    n_shown: int
    element: npt.NDArray[np.int32]
    limits: npt.NDArray[np.uint32]
    weights: Weights | None
    per_dm: float

    def nearest(self, places: Access, n: int) -> npt.NDArray[np.uint32]:
        return reach(
            self.graph, places, n, self.shown, self.n_shown, self.element, len(self.limits), int(self.limits.max()),
            weights=self.weights,
        ).nearest_dm  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Part:
    """Openings of one kind: facts a row, gain (C, E, G), complete (C, G)."""

    facts: pd.DataFrame
    gain: Floats
    complete: Floats


def openings_of(
    city: City,
    basis: str | None = None,
    *,
    walker: str | None = None,
    elements: Collection[str] | None = None,
    progress: Progress = silent,
) -> OpeningsFound:
    """Rank what could be opened by the people who would gain access.

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
    person = None if walker is None else catalogue.walker(walker)
    points = assessed_points(city, catalogue, "any")
    chosen = load_basis(basis or city.config.basis, city.folder)
    wanted = tuple(wanted_of(chosen, catalogue, set(points["element"]), elements, community_types(city)).values())
    asked = _asked(city, points, wanted, None if person is None else person.id)
    units = build_units(city, points)
    groups = np.array([np.nan_to_num(units.group(name), nan=0.0) for name in GROUPS])
    given = People(groups, np.ones((len(wanted), asked.n_demand), dtype=bool), np.ones(len(wanted), dtype=bool))
    parts, kinds = [], []
    if wanted:
        old = asked.nearest(asked.demand, asked.n_demand)
        gates, gate_state = _gates(city, asked, given, old)
        ends, end_state = _dead_ends(city, asked, given, old, span(progress, 0.2, 0.95))
        parts, kinds = [gates, ends], [gate_state, end_state]
        if person is not None:
            bars, states = _bars(city, person.id, asked, given, old)
            parts, kinds = [*parts, bars], [*kinds, *states]
        else:
            kinds += [KindState(kind, 0, "no_walker") for kind in BARS]
    known = np.array([bool(np.isfinite(units.group(name)).any()) for name in GROUPS])
    table = _table(city, parts, wanted, known)
    table["basis"], table["walker"] = chosen.id, None if person is None else person.id
    progress(1.0, "network.step_reach")
    return OpeningsFound(table[list(COLUMNS)], tuple(kinds), chosen.id, None if person is None else person.id)


def _asked(city: City, points: gpd.GeoDataFrame, wanted: tuple[Wanted, ...], walker: str | None) -> _Asked:
    """In decimetres, or in a walker's deciseconds."""
    graph, weights, per_dm = street_graph(city), None, 1.0
    limits = [one.limit_dm for one in wanted]
    if walker is not None:
        weights = walker_cost_details(city, walker).weights
        per_dm = 60.0 / load_catalogue().walker(walker).m_per_min
        limits = [int(np.floor(one.minutes * 600.0 + 1e-6)) for one in wanted]
    demand, facilities, n_demand = open_doors(city, points, per_dm)
    shown, element, n_shown = counting_copies(points, wanted, facilities)
    return _Asked(
        graph, demand, n_demand, shown, n_shown, element, np.array(limits, dtype=np.uint32), weights, per_dm
    )  # fmt: skip


def _gates(city: City, asked: _Asked, people: People, old: npt.NDArray[np.uint32]) -> tuple[_Part, KindState]:
    """Gates of gated estates that nobody may pass, for the estate's own people."""
    estates, gates = city.geo("estates"), city.geo("gates")
    gated = set(estates.loc[estates["gated"].fillna(value=False).astype(bool), "estate_id"])
    mine = gates[gates["estate_id"].isin(gated)]
    shut = mine[mine["access"] == "no"].reset_index(drop=True)
    gain = np.zeros((len(shut), len(asked.limits), len(GROUPS)))
    complete = np.zeros((len(shut), len(GROUPS)))
    state: Literal["used", "none", "no_data"] = (
        "used" if len(shut) else "none" if mine["access"].notna().any() else "no_data"
    )
    if len(shut):
        xy, n = project(lonlat(shut), city.config.crs), len(shut)
        rows, _ = attach(asked.graph, xy, np.arange(n), np.zeros(n), n, None)
        paced = Access.of(rows.place, rows.edge, rows.offset_dm, np.rint(rows.extra_dm * asked.per_dm).astype(int))
        from_gate = asked.nearest(paced, n).astype(np.int64)
        demand = city.geo("demand")
        home, estate = project(lonlat(demand), city.config.crs), demand["estate_id"].to_numpy(dtype=object)
        for number, own in enumerate(shut["estate_id"]):
            at = np.flatnonzero(estate == own)
            inside = np.rint(np.hypot(*(home[at] - xy[number]).T) * 10.0 * asked.per_dm).astype(np.int64)
            new = np.minimum(old[:, at], inside[None, :] + from_gate[:, number : number + 1])
            _count(asked, people, old[:, at], new, at, gain[number], complete[number])
    shape = np.asarray(shut.geometry.array)
    facts = pd.DataFrame(
        {"id": "gate:" + shut["gate_id"].astype(str), "kind": "closed_gate", "name": shut["name"], "geometry": shape,
         "length_m": np.zeros(len(shut))}
    )  # fmt: skip
    return _Part(facts, gain, complete), KindState("closed_gate", len(shut), state)


def _count(
    asked: _Asked, people: People, old: npt.NDArray[np.uint32], new: npt.NDArray[np.int64],
    at: npt.NDArray[np.intp], gain: Floats, complete: Floats,
) -> None:  # fmt: skip
    limits = asked.limits[:, None].astype(np.int64)
    missed, still = old > limits, new > limits
    groups = people.groups[:, at]
    gain[:] = (missed & ~still).astype(np.float64) @ groups.T
    complete[:] = groups @ (missed.any(axis=0) & ~still.any(axis=0))


def _bars(
    city: City, walker: str, asked: _Asked, people: People, old: npt.NDArray[np.uint32]
) -> tuple[_Part, list[KindState]]:
    """Gates, stairs and crossings on the streets that are closed to the walker."""
    catalogue = load_catalogue()
    found = walker_cost_details(city, walker)
    rules = rules_of(catalogue.walker(walker), catalogue.crossings)
    free = walker_weights(street_attributes(city), unbarred(rules)).weights
    whole, nodes = bars_of(city, found)
    graph, at_node = asked.graph, np.full(asked.graph.n_nodes, -1, dtype=np.int64)
    for ends, shut in ((graph.edge_u, found.shut_u), (graph.edge_v, found.shut_v)):
        at_node[ends[shut]] = np.flatnonzero(shut)
    kind_of = np.full(max(Barred) + 1, None, dtype=object)
    for kind, reasons in BARS.items():
        kind_of[list(reasons)] = kind
    chosen = pd.notna(kind_of[found.barred[whole]])
    whole, nodes = whole[chosen], nodes[pd.notna(kind_of[found.barred[at_node[nodes]]])]
    these = Candidates.joined([
        Candidates.edges(graph, whole, free.forward[whole], free.backward[whole]),
        Candidates.gates(graph, nodes, found.weights, opened_ends(found, free)),
    ])  # fmt: skip
    won = openings(
        graph, asked.demand, asked.n_demand, asked.shown, asked.n_shown, asked.element, len(asked.limits),
        asked.limits, people, these, weights=found.weights, known=old,
    )  # fmt: skip
    edges, points = city.geo("street_edges"), city.geo("street_nodes")
    edge = np.concatenate([whole, at_node[nodes]])
    length = np.concatenate([graph.edge_dm[whole] / 10.0, np.zeros(len(nodes))])
    facts = pd.DataFrame({
        "id": [*("edge:" + edges["edge_id"].astype(str)).to_numpy()[whole],
               *("node:" + points["node_id"].astype(str)).to_numpy()[nodes]],
        "kind": kind_of[found.barred[edge]],
        "name": edges["name"].to_numpy(dtype=object, na_value=None)[edge],
        "geometry": np.concatenate([np.asarray(edges.geometry.array)[whole], np.asarray(points.geometry.array)[nodes]]),
        "length_m": length,
    })  # fmt: skip
    states = []
    for kind, names in _SWITCHES.items():
        tried = int((facts["kind"] == kind).sum())
        known = any(found.switch(name).state == "worked" for name in names)
        states.append(KindState(kind, tried, "used" if tried else "none" if known else "no_data"))
    return _Part(facts, won.gain, won.complete), states


def _dead_ends(
    city: City, asked: _Asked, people: People, old: npt.NDArray[np.uint32], progress: Progress
) -> tuple[_Part, KindState]:
    """Dead ends within 60 m of another street, not across water, a railway or a wall."""
    found = gaps(asked.graph)
    free = np.ones(len(found.node), dtype=bool)
    divides = _divides(city)
    if divides is not None:
        free[crossings(found.xy, *divides)[0]] = False
    node, edge, offset = found.node[free], found.edge[free], found.offset_dm[free]
    xy, metres = found.xy[free], found.metres[free]
    on, at = asked.graph.at_nodes(node)
    cost = np.rint(metres * 10.0 * asked.per_dm).astype(np.int64)
    these = Candidates.links(asked.graph, (on, at), (edge, offset), cost, cost)
    won = openings(
        asked.graph, asked.demand, asked.n_demand, asked.shown, asked.n_shown, asked.element, len(asked.limits),
        asked.limits, people, these, weights=asked.weights, known=old, progress=progress,
    )  # fmt: skip
    lines = shapely.linestrings(to_geographic(xy.reshape(-1, 2), city.config.crs).reshape(-1, 2, 2))
    ids = city.layer("street_nodes")["node_id"].to_numpy(dtype=object)[node]
    street = city.layer("street_edges")["name"].to_numpy(dtype=object, na_value=None)[edge]
    facts = pd.DataFrame(
        {"id": [f"end:{one}" for one in ids], "kind": "dead_end", "name": street, "geometry": lines, "length_m": metres}
    )
    state: Literal["used", "none", "no_data"] = "no_data" if divides is None else "used" if len(node) else "none"
    return _Part(facts, won.gain, won.complete), KindState("dead_end", len(node), state)


def _divides(city: City) -> tuple[Floats, npt.NDArray[np.int64]] | None:
    """Courses of what no link may cross; ``None`` where the city has no such data."""
    if not city.has("landscape"):
        return None
    frame = city.geo("landscape")
    shapes = shapely.get_parts(np.asarray(frame.geometry.array)[frame["kind"].isin(_DIVIDES).to_numpy(dtype=bool)])
    flat = shapely.get_type_id(shapes) == shapely.GeometryType.POLYGON
    lines = np.concatenate([shapely.get_rings(shapes[flat]), shapes[~flat]])
    course, which = shapely.get_coordinates(lines, return_index=True)
    ptr = np.concatenate([[0], np.cumsum(np.bincount(which, minlength=len(lines)))]).astype(np.int64)
    return project(course, city.config.crs), ptr


def _table(
    city: City, parts: list[_Part], wanted: tuple[Wanted, ...], known: npt.NDArray[np.bool_]
) -> gpd.GeoDataFrame:
    if not parts:
        return gpd.GeoDataFrame(columns=list(COLUMNS), geometry="geometry", crs="EPSG:4326")
    facts = pd.concat([part.facts for part in parts], ignore_index=True)
    gain = np.concatenate([part.gain for part in parts])
    best = gain[..., 0].argmax(axis=1)
    rows = np.arange(len(gain))
    for number, column in enumerate(("people", "elderly", "children")):
        facts[column] = gain[rows, best, number] if known[number] else np.nan
    facts["complete"] = np.concatenate([part.complete for part in parts])[:, 0]
    named = facts["name"].astype(object)
    facts["name"] = named.where(named.notna(), None)
    names = [one.element for one in wanted]
    facts["elements"] = [
        {names[e]: round(float(row[e]), 1) for e in np.argsort(-row, kind="stable") if row[e] > 0}
        for row in gain[..., 0]
    ]
    facts = facts[facts["people"] > 0]
    table = gpd.GeoDataFrame(facts, geometry="geometry", crs="EPSG:4326")
    spot = shapely.centroid(np.asarray(table.geometry.array))
    table["lon"], table["lat"] = shapely.get_x(spot), shapely.get_y(spot)
    table["area_code"] = _area(city, spot)
    order = ["people", "complete", "id"]
    return table.sort_values(order, ascending=[False, False, True], kind="stable").reset_index(drop=True)


def _area(city: City, spot: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """Code of the smallest area at each position."""
    code = np.full(len(spot), None, dtype=object)
    if not city.has("areas"):
        return code
    areas = city.geo("areas")
    shapes = np.asarray(areas.geometry.array)
    at, area = shapely.STRtree(shapes).query(spot, predicate="intersects")
    largest_first = np.argsort(-shapely.area(shapes)[area], kind="stable")
    code[at[largest_first]] = areas["code"].to_numpy(dtype=object)[area[largest_first]]
    return code


__all__ = ["COLUMNS", "GROUPS", "KindState", "OpeningsFound", "barriers_of_reach", "openings_of"]
