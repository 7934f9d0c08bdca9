"""The kinds of opening: gates of estates, dead ends, missing crossings, and what bars a walker's way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from kezhong.assess.breaks import bars_of, opened_ends, unbarred
from kezhong.assess.openings_people import GROUPS
from kezhong.assess.streets import attach, lonlat, project
from kezhong.assess.walking import rules_of, street_attributes, walker_cost_details
from kezhong.catalogue import load_catalogue
from kezhong.city.crs import to_geographic
from kezhong.city.workspace import City
from kezhong.network import Access, Candidates, Gaps, Openings, People, WalkGraph, Weights, crossings, gaps, openings
from kezhong.network import reach as search
from kezhong.network.walkers import Barred, walker_weights
from kezhong.progress import Progress, silent, span

Floats = npt.NDArray[np.float64]
Lengths = npt.NDArray[np.uint32]
State = Literal["used", "none", "no_data", "no_walker"]

KINDS = ("closed_gate", "dead_end", "no_crossing", "barred_gate", "missing_ramp", "missing_crossing")
#: A new link does not lead across these kinds of the layer ``landscape``.
DIVIDES = ("water", "river", "railway", "motorway", "wall")
_STEP = "assess.step_reach"
#: Farthest apart that two sides of a main road may be to be joined by a crossing (metres, 建议值(待核)).
ROAD_M = 60.0
#: Of crossings nearer to one another than this only the best is told (metres, 建议值(待核)).
APART_M = 100.0
#: Main roads, and the ways beside them on which people walk.
_MAIN = ("trunk", "trunk_link", "primary", "primary_link", "secondary", "secondary_link")
_BESIDE = ("footway", "path", "pedestrian", "steps", "cycleway", "living_street", "service")
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


@dataclass(frozen=True, slots=True)
class KindState:
    """What the city's data let one say of a kind of opening.

    ``state``: ``used``; ``none``: there are data and nothing is closed; ``no_data``: nothing to look at;
    ``no_walker``: only a walker is barred, the metres of the verdict know no bar.
    """

    kind: str
    tried: int
    state: State


@dataclass(frozen=True, eq=False)
class Question:
    """Arrays of one question; ``old`` (E, D) costs to the nearest as things are."""

    city: City
    graph: WalkGraph
    demand: Access
    n_demand: int
    shown: Access
    n_shown: int
    element: npt.NDArray[np.int32]
    limits: Lengths
    weights: Weights | None
    per_dm: float
    people: People
    old: Lengths

    def nearest(self, places: Access, n: int) -> Lengths:
        """(E, n): cost from places to the nearest."""
        return search(
            self.graph, places, n, self.shown, self.n_shown, self.element, len(self.limits), int(self.limits.max()),
            weights=self.weights,
        ).nearest_dm  # fmt: skip

    def tried(self, these: Candidates, progress: Progress = silent) -> Openings:
        """What each candidate would bring."""
        return openings(
            self.graph, self.demand, self.n_demand, self.shown, self.n_shown, self.element, len(self.limits),
            self.limits, self.people, these, weights=self.weights, known=self.old, progress=progress,
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Part:
    """Openings of one kind: facts a row, gain (C, E, G), some and complete (C, G)."""

    facts: pd.DataFrame
    gain: Floats
    some: Floats
    complete: Floats

    @classmethod
    def of(cls, facts: pd.DataFrame, found: Openings) -> Part:
        """From what the kernels found."""
        return cls(facts, found.gain, found.some, found.complete)

    def rows(self, chosen: npt.NDArray[np.intp]) -> Part:
        """Some of the rows."""
        facts = self.facts.iloc[chosen].reset_index(drop=True)
        return Part(facts, self.gain[chosen], self.some[chosen], self.complete[chosen])


def closed_gates(asked: Question, progress: Progress = silent) -> tuple[Part | None, KindState]:
    """Gates of gated estates that nobody may pass, for the estate's own people.

    Inside the estate people walk straight to the gate, as they do to the gates that are open.
    """
    city = asked.city
    if not city.has("estates") or not city.has("gates"):
        return None, KindState("closed_gate", 0, "no_data")
    estates, gates = city.geo("estates"), city.geo("gates")
    gated = set(estates.loc[estates["gated"].fillna(value=False).astype(bool), "estate_id"])
    mine = gates[gates["estate_id"].isin(gated)]
    shut = mine[mine["access"] == "no"].reset_index(drop=True)
    if not len(shut):
        return None, KindState("closed_gate", 0, "none" if mine["access"].notna().any() else "no_data")
    n = len(shut)
    gain = np.zeros((n, len(asked.limits), len(GROUPS)))
    some, complete = np.zeros((n, len(GROUPS))), np.zeros((n, len(GROUPS)))
    xy = project(lonlat(shut), city.config.crs)
    rows, _ = attach(asked.graph, xy, np.arange(n), np.zeros(n), n, None)
    paced = Access.of(rows.place, rows.edge, rows.offset_dm, np.rint(rows.extra_dm * asked.per_dm).astype(int))
    from_gate = asked.nearest(paced, n).astype(np.int64)
    demand = city.geo("demand")
    home, estate = project(lonlat(demand), city.config.crs), demand["estate_id"].to_numpy(dtype=object, na_value="")
    for number, own in enumerate(shut["estate_id"]):
        progress(number / n, _STEP)
        at = np.flatnonzero(estate == own)
        inside = np.rint(np.hypot(*(home[at] - xy[number]).T) * 10.0 * asked.per_dm).astype(np.int64)
        new = np.minimum(asked.old[:, at], inside[None, :] + from_gate[:, number : number + 1])
        gain[number], some[number], complete[number] = _won(asked, new, at)
    facts = pd.DataFrame(
        {"id": "gate:" + shut["gate_id"].astype(str), "kind": "closed_gate", "name": shut["name"],
         "geometry": np.asarray(shut.geometry.array), "length_m": 0.0, "untested": ""}
    )  # fmt: skip
    return Part(facts, gain, some, complete), KindState("closed_gate", n, "used")


def _won(asked: Question, new: npt.NDArray[np.int64], at: npt.NDArray[np.intp]) -> tuple[Floats, Floats, Floats]:
    """People (E, G), (G,), (G,) of some units who gain an element, any element, all that they lack."""
    limits, given = asked.limits[:, None].astype(np.int64), asked.people
    missed = (asked.old[:, at] > limits) & given.applies[:, at]
    won = missed & (new <= limits)
    gain = np.stack(
        [
            np.where(won[e], given.served(np.full(len(at), given.serves[e]), at), 0.0).sum(axis=1)
            for e in range(len(won))
        ]
    )
    some = given.served(np.bitwise_or.reduce(np.where(won, given.serves[:, None], 0), axis=0), at).sum(axis=1)
    return gain, some, given.groups[:, at] @ (missed.any(axis=0) & ~(missed & ~won).any(axis=0))


def dead_ends(asked: Question, progress: Progress) -> tuple[Part | None, KindState]:
    """Dead ends within 60 m of another street, across nothing that a strip of paving does not cross."""
    progress(0.0, _STEP)
    lines, untested = _dividing(asked.city)
    progress(0.1, _STEP)
    return _links(asked, gaps(asked.graph), "dead_end", lines, untested, span(progress, 0.2, 1.0))


def no_crossings(asked: Question, progress: Progress) -> tuple[Part | None, KindState]:
    """Two sides of a main road that are a long way round from one another, where the ways beside it are mapped."""
    streets = asked.city.geo("street_edges")
    kind = streets["highway"].to_numpy(dtype=object)
    main, beside = np.isin(kind, _MAIN), np.isin(kind, _BESIDE)
    graph = asked.graph
    near = np.zeros(graph.n_nodes, dtype=bool)
    near[graph.edge_u[beside]] = near[graph.edge_v[beside]] = True
    nodes = np.flatnonzero(near)
    if not main.any() or not len(nodes):
        return None, KindState("no_crossing", 0, "no_data")
    roads = np.asarray(streets.geometry.array)[main]
    xy, ptr = _courses(roads, asked.city)
    nodes = nodes[_within(graph.node_xy[nodes], xy, ptr, ROAD_M)]
    progress(0.1, _STEP)
    found = gaps(graph, nodes, within_m=ROAD_M, barred=main, across=(xy, ptr)) if len(nodes) else None
    if found is None or not len(found.node):
        return None, KindState("no_crossing", 0, "none")
    progress(0.2, _STEP)
    lines, untested = _dividing(asked.city)
    part, state = _links(asked, found, "no_crossing", lines, untested, span(progress, 0.3, 1.0))
    if part is not None:
        part.facts["name"] = _crossed(
            part.facts, streets.loc[main, "name"].to_numpy(dtype=object, na_value=None), roads
        )
    return None if part is None else _apart(part, asked.city), state


def _links(
    asked: Question, found: Gaps, kind: str, divides: tuple[Floats, npt.NDArray[np.int64]] | None, untested: str,
    progress: Progress,
) -> tuple[Part | None, KindState]:  # fmt: skip
    progress(0.0, _STEP)
    free = np.ones(len(found.node), dtype=bool)
    if divides is not None:
        free[crossings(found.xy, *divides)[0]] = False
    if not free.any():
        return None, KindState(kind, 0, "none")
    node, edge, offset = found.node[free], found.edge[free], found.offset_dm[free]
    xy, metres = found.xy[free], found.metres[free]
    on, at = asked.graph.at_nodes(node)
    cost = np.rint(metres * 10.0 * asked.per_dm).astype(np.int64)
    progress(0.1, _STEP)
    these = Candidates.links(asked.graph, (on, at), (edge, offset), cost, cost)
    won = asked.tried(these, span(progress, 0.1, 1.0))
    lines = shapely.linestrings(to_geographic(xy.reshape(-1, 2), asked.city.config.crs).reshape(-1, 2, 2))
    ids = asked.city.layer("street_nodes")["node_id"].to_numpy(dtype=object)[node]
    street = asked.city.layer("street_edges")["name"].to_numpy(dtype=object, na_value=None)[edge]
    facts = pd.DataFrame(
        {"id": [f"{_PREFIX[kind]}:{one}" for one in ids], "kind": kind, "name": street, "geometry": lines,
         "length_m": metres, "untested": untested}
    )  # fmt: skip
    return Part.of(facts, won), KindState(kind, len(node), "used")


def _crossed(facts: pd.DataFrame, names: npt.NDArray[np.object_], roads: npt.NDArray[Any]) -> npt.NDArray[np.object_]:
    """Name of the road that each link leads across."""
    found = np.full(len(facts), None, dtype=object)
    link, road = shapely.STRtree(roads).query(np.asarray(facts["geometry"].array), predicate="intersects")
    found[link] = names[road]
    return found


_PREFIX = {"dead_end": "end", "no_crossing": "crossing"}


def _apart(part: Part, city: City) -> Part:
    """Without the crossings that lie next to a better one: along a road there is a candidate every few metres."""
    from scipy.spatial import cKDTree

    spot = shapely.centroid(np.asarray(part.facts["geometry"].array))
    xy = project(np.column_stack([shapely.get_x(spot), shapely.get_y(spot)]), city.config.crs)
    tree, kept = cKDTree(xy), np.ones(len(xy), dtype=bool)
    for row in np.lexsort((part.facts["id"].to_numpy(dtype=str), -part.complete[:, 0], -part.some[:, 0])):
        if kept[row]:
            beside = tree.query_ball_point(xy[row], APART_M)
            kept[beside] = False
            kept[row] = True
    return part.rows(np.flatnonzero(kept))


def bars(asked: Question, walker: str, progress: Progress = silent) -> tuple[Part | None, list[KindState]]:
    """Gates, stairs and crossings on the streets that are closed to the walker."""
    progress(0.0, _STEP)
    catalogue, city, graph = load_catalogue(), asked.city, asked.graph
    found = walker_cost_details(city, walker)
    rules = rules_of(catalogue.walker(walker), catalogue.crossings)
    free = walker_weights(street_attributes(city), unbarred(rules)).weights
    whole, nodes = bars_of(city, found)
    at_node = np.full(graph.n_nodes, -1, dtype=np.int64)
    for ends, shut in ((graph.edge_u, found.shut_u), (graph.edge_v, found.shut_v)):
        at_node[ends[shut]] = np.flatnonzero(shut)
    kind_of = np.full(max(Barred) + 1, None, dtype=object)
    for kind, reasons in BARS.items():
        kind_of[list(reasons)] = kind
    whole = whole[pd.notna(kind_of[found.barred[whole]])]
    nodes = nodes[pd.notna(kind_of[found.barred[at_node[nodes]]])]
    progress(0.2, _STEP)
    won = asked.tried(
        Candidates.joined([
            Candidates.edges(graph, whole, free.forward[whole], free.backward[whole]),
            Candidates.gates(graph, nodes, found.weights, opened_ends(found, free)),
        ]),
        span(progress, 0.2, 1.0),
    )  # fmt: skip
    edges, points = city.geo("street_edges"), city.geo("street_nodes")
    edge = np.concatenate([whole, at_node[nodes]])
    facts = pd.DataFrame({
        "id": [*("edge:" + edges["edge_id"].astype(str)).to_numpy()[whole],
               *("node:" + points["node_id"].astype(str)).to_numpy()[nodes]],
        "kind": kind_of[found.barred[edge]],
        "name": edges["name"].to_numpy(dtype=object, na_value=None)[edge],
        "geometry": np.concatenate([np.asarray(edges.geometry.array)[whole], np.asarray(points.geometry.array)[nodes]]),
        "length_m": np.concatenate([graph.edge_dm[whole] / 10.0, np.zeros(len(nodes))]),
        "untested": "",
    })  # fmt: skip
    states = []
    for kind, names in _SWITCHES.items():
        tried = int((facts["kind"] == kind).sum())
        known = any(found.switch(name).state == "worked" for name in names)
        states.append(KindState(kind, tried, "used" if tried else "none" if known else "no_data"))
    return Part.of(facts, won), states


def _dividing(city: City) -> tuple[tuple[Floats, npt.NDArray[np.int64]] | None, str]:
    """Courses of what no new link may cross, and the layers that would tell more and are not there."""
    shapes, untested = [], []
    for layer in ("landscape", "buildings"):
        if not city.has(layer):
            untested.append(layer)
            continue
        frame = city.geo(layer)
        shape = np.asarray(frame.geometry.array)
        shapes.append(shape[frame["kind"].isin(DIVIDES).to_numpy(dtype=bool)] if layer == "landscape" else shape)
    text = ",".join(untested)
    return (_courses(np.concatenate(shapes), city) if shapes else None), text


def _courses(shapes: npt.NDArray[np.object_], city: City) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Lines and outlines as flat courses in metres, with offsets."""
    parts = shapely.get_parts(shapes[~shapely.is_missing(shapes)])
    kind = shapely.get_type_id(parts)
    area, line = kind == shapely.GeometryType.POLYGON, kind == shapely.GeometryType.LINESTRING
    lines = np.concatenate([shapely.get_rings(parts[area]), parts[line]])
    course, which = shapely.get_coordinates(lines, return_index=True)
    ptr = np.concatenate([[0], np.cumsum(np.bincount(which, minlength=len(lines)))]).astype(np.int64)
    return project(course, city.config.crs), ptr


def _within(points: Floats, xy: Floats, ptr: npt.NDArray[np.int64], metres: float) -> npt.NDArray[np.bool_]:
    """Whether points lie near any of the courses."""
    lines = np.atleast_1d(
        np.asarray(shapely.linestrings(xy, indices=np.repeat(np.arange(len(ptr) - 1), np.diff(ptr))), dtype=object)
    )
    spots = np.atleast_1d(np.asarray(shapely.points(points), dtype=object))
    found = np.zeros(len(points), dtype=bool)
    found[shapely.STRtree(lines).query(spots, predicate="dwithin", distance=metres)[0]] = True
    return found
