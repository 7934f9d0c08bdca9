"""What breaks a walker's reach: closed edges and gates, ranked by the people whom each of them alone cuts off.

Every bar is lifted by itself: a stair gets a ramp, a kerb is lowered, a gate opens. People count who then come within
an element's time (:mod:`kezhong.assess.lived_access`) and did not before. Where a way is closed at two places in a row,
either of them alone gives nobody anything.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from kezhong.assess.by_hour import counting_copies, open_doors
from kezhong.assess.lived import Moment, open_in
from kezhong.assess.streets import street_graph
from kezhong.assess.study import assessed_points
from kezhong.assess.units import build_units
from kezhong.assess.walking import is_plain, rules_of, street_attributes, walker_cost_details
from kezhong.assess.wanted import Wanted, community_types, wanted_of
from kezhong.catalogue import load_basis, load_catalogue
from kezhong.city.workspace import City
from kezhong.errors import DataMissingError
from kezhong.network import Candidates, People, openings
from kezhong.network.walker_rules import WalkerRules
from kezhong.network.walkers import Barred, WalkerWeights, walker_weights
from kezhong.network.weights import CLOSED, Weights
from kezhong.progress import Progress, silent, span

COLUMNS = ("kind", "id", "reason", "street", "lon", "lat", "element", "people", "over_elements")


@dataclass(frozen=True, eq=False)
class Breaks:
    """Bars in the order of the people they cut off.

    Attributes
    ----------
    table
        Rows with :data:`COLUMNS`: ``kind`` (``edge`` or ``node``) and ``id`` of the street layers; ``reason`` a
        :class:`kezhong.network.walkers.Barred` in lower case; name of the street and a position; the ``element`` that
        gains most ``people``, and the sum of the gains ``over_elements``. Bars that cut nobody off are left out.
    tried
        Number of bars looked at.
    """

    table: pd.DataFrame
    tried: int


def breaks(
    city: City,
    walker: str,
    basis: str | None = None,
    *,
    elements: Collection[str] | None = None,
    moment: Moment = Moment(),  # noqa: B008  # immutable
    group: str = "all",
    progress: Progress = silent,
) -> Breaks:
    """Rank what closes streets to a walker.

    Substitutes count as in :func:`kezhong.assess.lived_access.lived_access`, but for those of which several are needed.

    Raises
    ------
    DataMissingError
        The city has no streets.
    NotFoundError
        No such basis or walker.
    InputError
        No such age group.
    """
    if not city.has("street_edges"):
        raise DataMissingError("assess.no_streets")
    catalogue = load_catalogue()
    person = catalogue.walker(walker)
    points = assessed_points(city, catalogue, "any")
    if moment.hour is not None:
        points = points[open_in(city, points, moment.hour)].reset_index(drop=True)
    chosen = load_basis(basis or city.config.basis, city.folder)
    wanted = tuple(wanted_of(chosen, catalogue, set(points["element"]), elements, community_types(city)).values())
    found = walker_cost_details(city, person.id, night=moment.dark, hour=moment.hour)
    rules = rules_of(person, catalogue.crossings)
    empty = Breaks(pd.DataFrame(columns=list(COLUMNS)), 0)
    if is_plain(rules) or not wanted or not found.barred.any():
        return empty
    free = walker_weights(street_attributes(city), unbarred(rules), night=moment.dark).weights
    whole, nodes = bars_of(city, found)
    graph = street_graph(city)
    candidates = Candidates.joined(
        [
            Candidates.edges(graph, whole, free.forward[whole], free.backward[whole]),
            Candidates.gates(graph, nodes, found.weights, opened_ends(found, free)),
        ]
    )
    demand, facilities, n_demand = open_doors(city, points, 60.0 / person.m_per_min)
    shown, element, n_facilities = counting_copies(points, wanted, facilities)
    limits = np.array([np.floor(one.minutes * 600.0 + 1e-6) for one in wanted], dtype=np.uint32)
    people = np.nan_to_num(build_units(city, points).group(group), nan=0.0)
    gain = openings(
        graph, demand, n_demand, shown, n_facilities, element, len(wanted), limits,
        People.everybody(people, len(wanted)), candidates, weights=found.weights, progress=span(progress, 0.1, 0.95),
    ).gain[..., 0]  # fmt: skip
    table = _table(city, found, (whole, nodes), gain, wanted)
    progress(1.0, "assess.step_lived")
    return Breaks(table, candidates.n)


def unbarred(rules: WalkerRules) -> WalkerRules:
    """The same walker where nothing is closed: he keeps his pace and his seconds."""
    return replace(
        rules, slope=replace(rules.slope, up=None, down=None), steps_closed=False, kerb_closed=5, surface_closed=7,
        least_width_cm=0, surveyed_no=False, dark_closed=False, across=(7, 7, 7), along_bare=7, along_unknown=7,
        barrier_closed=6, access_closed=5,
    )  # fmt: skip


def bars_of(city: City, found: WalkerWeights) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Edges that are closed themselves, and nodes at which ends of edges are shut."""
    graph = street_graph(city)
    whole = np.flatnonzero((found.part.forward == CLOSED) | (found.part.backward == CLOSED))
    nodes = np.unique(np.concatenate([graph.edge_u[found.shut_u], graph.edge_v[found.shut_v]]))
    return whole.astype(np.int32), nodes.astype(np.int32)


def opened_ends(found: WalkerWeights, free: Weights) -> Weights:
    """Costs where every shut end is open and closed edges stay closed."""
    within = found.weights if found.weights.inner is None else found.weights.inner
    shut = found.shut_u | found.shut_v
    ways = (
        np.where(shut & (own != CLOSED), opened, cost)
        for own, opened, cost in (
            (within.forward, free.forward, found.weights.forward),
            (within.backward, free.backward, found.weights.backward),
        )
    )
    forward, backward = ways
    return Weights(forward, backward)


def _table(
    city: City,
    found: WalkerWeights,
    bars: tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]],
    gain: npt.NDArray[np.float64],
    wanted: tuple[Wanted, ...],
) -> pd.DataFrame:
    whole, nodes = bars
    edges, points, graph = city.geo("street_edges"), city.geo("street_nodes"), street_graph(city)
    at_node = np.full(graph.n_nodes, -1, dtype=np.int64)
    for ends, shut in ((graph.edge_u, found.shut_u), (graph.edge_v, found.shut_v)):
        at_node[ends[shut]] = np.flatnonzero(shut)
    edge = np.concatenate([whole, at_node[nodes]])
    middle = shapely.line_interpolate_point(np.asarray(edges.geometry.array)[whole], 0.5, normalized=True)
    where = np.concatenate([middle, np.asarray(points.geometry.array)[nodes]])
    best = gain.argmax(axis=1)
    ids = [*edges["edge_id"].to_numpy(dtype=object)[whole], *points["node_id"].to_numpy(dtype=object)[nodes]]
    table = pd.DataFrame(
        {
            "kind": ["edge"] * len(whole) + ["node"] * len(nodes),
            "id": ids,
            "reason": [Barred(code).name.lower() for code in found.barred[edge].tolist()],
            "street": edges["name"].to_numpy(dtype=object, na_value=None)[edge],
            "lon": shapely.get_x(where),
            "lat": shapely.get_y(where),
            "element": np.array([one.element for one in wanted], dtype=object)[best],
            "people": gain[np.arange(len(gain)), best],
            "over_elements": gain.sum(axis=1),
        }
    )
    table = table[table["people"] > 0]
    order = ["over_elements", "people", "id"]
    return table.sort_values(order, ascending=[False, False, True], kind="stable").reset_index(drop=True)
