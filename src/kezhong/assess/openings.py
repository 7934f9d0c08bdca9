"""Which opening serves most people: closed gates, crossings, ramps and dead ends, each as if it alone were opened.

People gain an element who come within the threshold of its widest requirement (:mod:`kezhong.assess.wanted`) and did
not before; each element counts for its own age group, where the basis asks for it. Without a walker costs are the
metres of the verdict, with one they are that walker's deciseconds.
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

from kezhong.assess.by_hour import counting_copies, open_doors
from kezhong.assess.openings_kinds import KINDS, KindState, Part, Question, bars, closed_gates, dead_ends, no_crossings
from kezhong.assess.openings_people import GROUPS, Served, served
from kezhong.assess.prepare import prepare
from kezhong.assess.streets import street_graph
from kezhong.assess.study import STANDARD, Study
from kezhong.assess.walking import walker_cost_details
from kezhong.assess.wanted import Wanted, community_types, wanted_of
from kezhong.catalogue import load_basis, load_catalogue
from kezhong.city.workspace import City
from kezhong.errors import DataMissingError
from kezhong.network import reach
from kezhong.progress import Progress, called, silent, span

COLUMNS = (
    "id", "kind", "name", "lon", "lat", "geometry", "area_code", *GROUPS, "complete", "elements", "length_m",
    "untested", "basis", "walker",
)  # fmt: skip
Reason = Literal["", "no_population", "no_facilities", "no_requirement"]


@dataclass(frozen=True, eq=False)
class OpeningsFound:
    """Openings in the order of the people who gain, with :data:`COLUMNS`, and what was looked at.

    ``people`` gain at least one element that is for them, each counted once; ``elements`` names them one by one;
    ``complete`` would then have all elements of the basis. ``elderly`` and ``children`` are those among ``people``, NaN
    where the city knows no ages. ``ages_unknown``: people without known ages where something is gained; they stand in
    ``people`` only where it is for everybody. ``untested``: layers that would have told what a link runs into.
    ``reason`` says why there is nothing to tell.
    """

    table: gpd.GeoDataFrame
    kinds: tuple[KindState, ...]
    basis: str
    walker: str | None
    reason: Reason = ""


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
    CancelledError
        From ``progress``: nothing is kept of the question.
    DataMissingError
        The city has no streets.
    NotFoundError
        No such basis, walker or element.
    """
    if not city.has("street_edges"):
        raise DataMissingError("assess.no_streets")
    catalogue = load_catalogue()
    person = None if walker is None else catalogue.walker(walker).id
    only = None if elements is None else {catalogue.element(name).id for name in elements}
    chosen = load_basis(basis or city.config.basis, city.folder)
    study = prepare(city, chosen, catalogue.walker(STANDARD), "any", span(progress, 0.0, 0.25))
    present = set(study.points["element"])
    wanted = tuple(wanted_of(chosen, catalogue, present, only, community_types(city)).values())
    reason = _reason(study, wanted)
    if reason:
        none = gpd.GeoDataFrame(columns=list(COLUMNS), geometry="geometry", crs="EPSG:4326")
        return OpeningsFound(none, (), chosen.id, person, reason)
    people = served(study, wanted)
    asked = _asked(study, wanted, people, person, called(span(progress, 0.25, 0.4), "assess.step_reach"))
    parts, kinds = _tried(asked, person, span(progress, 0.4, 0.95))
    progress(0.95, "assess.step_openings_rank")
    table = _table(city, parts, wanted, people)
    table["basis"], table["walker"] = chosen.id, person
    progress(1.0, "assess.step_openings_rank")
    kinds.sort(key=lambda one: KINDS.index(one.kind))
    return OpeningsFound(table[list(COLUMNS)], tuple(kinds), chosen.id, person)


def _reason(study: Study, wanted: tuple[Wanted, ...]) -> Reason:
    if not study.has_people:
        return "no_population"
    if not study.has_facilities:
        return "no_facilities"
    return "" if wanted else "no_requirement"


def _tried(asked: Question, walker: str | None, progress: Progress) -> tuple[list[Part], list[KindState]]:
    gates, gate_state = closed_gates(asked, called(span(progress, 0.0, 0.1), "assess.step_openings_gates"))
    ends, end_state = dead_ends(asked, called(span(progress, 0.1, 0.4), "assess.step_openings_ends"))
    roads, road_state = no_crossings(asked, called(span(progress, 0.4, 0.7), "assess.step_openings_roads"))
    parts, kinds = [gates, ends, roads], [gate_state, end_state, road_state]
    if walker is None:
        kinds += [KindState(kind, 0, "no_walker") for kind in ("barred_gate", "missing_ramp", "missing_crossing")]
    else:
        shut, states = bars(asked, walker, called(span(progress, 0.7, 1.0), "assess.step_openings_bars"))
        parts, kinds = [*parts, shut], [*kinds, *states]
    return [part for part in parts if part is not None], kinds


def _asked(
    study: Study, wanted: tuple[Wanted, ...], people: Served, walker: str | None, progress: Progress
) -> Question:
    """In decimetres, or in a walker's deciseconds."""
    progress(0.0, "assess.step_reach")
    city, weights, per_dm = study.city, None, 1.0
    graph, limits = street_graph(city), [one.limit_dm for one in wanted]
    if walker is not None:
        weights = walker_cost_details(city, walker).weights
        per_dm = 60.0 / study.catalogue.walker(walker).m_per_min
        limits = [int(np.floor(one.minutes * 600.0 + 1e-6)) for one in wanted]
    progress(0.3, "assess.step_reach")
    demand, facilities, n_demand = open_doors(city, study.points, per_dm)
    shown, element, n_shown = counting_copies(study.points, wanted, facilities)
    bounds = np.array(limits, dtype=np.uint32)
    old = reach(
        graph, demand, n_demand, shown, n_shown, element, len(bounds), int(bounds.max()), weights=weights,
        progress=span(progress, 0.5, 1.0),
    ).nearest_dm  # fmt: skip
    return Question(
        city, graph, demand, n_demand, shown, n_shown, element, bounds, weights, per_dm, people.people, old
    )  # fmt: skip


def _table(city: City, parts: list[Part], wanted: tuple[Wanted, ...], people: Served) -> gpd.GeoDataFrame:
    if not parts:
        return gpd.GeoDataFrame(columns=list(COLUMNS), geometry="geometry", crs="EPSG:4326")
    facts = pd.concat([part.facts for part in parts], ignore_index=True)
    gain = np.concatenate([part.gain for part in parts])
    some = np.concatenate([part.some for part in parts])
    for number, column in enumerate(GROUPS):
        facts[column] = some[:, number] if people.known[number] else np.nan
    facts["complete"] = np.concatenate([part.complete for part in parts])[:, 0]
    named = facts["name"].astype(object)
    facts["name"] = named.where(named.notna(), None)
    names = [one.element for one in wanted]
    facts["elements"] = [
        {names[e]: round(float(row[e]), 1) for e in np.argsort(-row, kind="stable") if row[e] > 0}
        for row in gain[..., 0]
    ]
    facts = facts[(facts["people"] > 0) | (facts["ages_unknown"] > 0)]
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


__all__ = ["COLUMNS", "GROUPS", "KINDS", "KindState", "OpeningsFound", "openings_of"]
