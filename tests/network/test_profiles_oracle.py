"""Every walker of the catalogue, rule by rule, against costs worked out independently and SciPy's Dijkstra."""

from __future__ import annotations

from typing import Any

import numpy as np
import profile_oracle as oracle
import pytest
from network_oracle import FAR

from kezhong.assess.walking import rules_of
from kezhong.catalogue import load_catalogue
from kezhong.catalogue.walkers import Walker
from kezhong.network import CLOSED, UNREACHED, Access, Hierarchy, WalkGraph, nearest, reach
from kezhong.network.attributes import StreetAttributes
from kezhong.network.walkers import walker_weights
from kezhong.network.weights import Inner

#: Every rule a profile may have; one that opens what others close stands with those.
RULES: dict[str, tuple[str, ...]] = {
    "slope": ("slope",),
    "steps": ("steps",),
    "kerbs": ("kerbs",),
    "ground": ("ground",),
    "width": ("width",),
    "night": ("night",),
    "crossing": ("crossing",),
    "along": ("along",),
    "passage": ("passage",),
    "gates": ("gates",),
    "wheelchair": ("slope", "kerbs", "ground", "width", "wheelchair_no", "wheelchair_yes"),
}
PARTS = tuple(dict.fromkeys(part for parts in RULES.values() for part in parts))
#: 5, 10 and 15 minutes, in deciseconds; nothing is looked for beyond an hour and a half.
MINUTES = (3_000, 6_000, 9_000)
LIMIT = 54_000
PLACES, ELEMENTS = 12, 3
#: An ordinary Tuesday at 20:00, when it is dark.
NIGHT = (True, 44)
DAY = (False, None)


def profile(name: str, rule: str) -> Walker:
    """A walker of the catalogue with this rule alone (``all``: as shipped; ``pace``: nothing but the speed)."""
    walker = load_catalogue().walker(name)
    kept = PARTS if rule == "all" else RULES.get(rule, ())
    gone = {part: False if part.startswith("wheelchair") else None for part in PARTS if part not in kept}
    return walker.model_copy(update=gone)


def has(name: str, rule: str) -> bool:
    """Whether a shipped profile has a rule."""
    walker = load_catalogue().walker(name)
    return walker.wheelchair_yes if rule == "wheelchair" else getattr(walker, rule) is not None


WALKERS = tuple(walker.id for walker in load_catalogue().walkers.values())
CASES = [(name, rule) for name in WALKERS for rule in (*RULES, "all") if rule == "all" or has(name, rule)]


def town(seed: int, *, nodes: int = 26, edges: int = 46) -> StreetAttributes:
    """Streets of which most carry little, so that every rule is met and few close the whole town."""
    rng = np.random.default_rng(seed)

    def codes(n: int, highest: int, share: float = 0.2) -> Any:
        return rng.integers(1, highest + 1, n) * (rng.random(n) < share)

    lengths = np.where(rng.random(edges) < 0.2, rng.integers(0, 320, edges), rng.integers(300, 4000, edges))
    pieces = np.where(rng.random(edges) < 0.7, rng.integers(2, 9, edges), 0)
    ptr = np.concatenate([[0], np.cumsum(pieces)])
    steep = np.repeat(rng.choice([2.0, 8.0, 30.0], edges), pieces)
    first = rng.integers(0, nodes, edges)
    # Mostly to a neighbour in number, so that there are streets; now and then anywhere, loops included.
    second = np.where(
        rng.random(edges) < 0.6, (first + rng.integers(1, 4, edges)) % nodes, rng.integers(0, nodes, edges)
    )
    return StreetAttributes.of(
        first, second, lengths, nodes,
        road=codes(edges, 6, 0.6), steps=codes(edges, 1), step_count=codes(edges, 40, 0.3),
        rising=rng.integers(-1, 2, edges), ramp=codes(edges, 3, 0.5), surface=codes(edges, 6, 0.4),
        width_cm=codes(edges, 200, 0.3), lit=codes(edges, 3, 0.5), wheelchair=codes(edges, 3),
        crossing=codes(edges, 3), kerb=codes(edges, 4), sidewalk=codes(edges, 3, 0.6), structure=codes(edges, 2),
        allowed=codes(edges, 4, 0.1), oneway=codes(edges, 1, 0.3),
        incline=np.where(rng.random(edges) < 0.15, rng.normal(0, 0.08, edges), np.nan),
        height_ptr=ptr, height_dm=np.rint(rng.normal(100, 1, ptr[-1]) * steep), node_crossing=codes(nodes, 3, 0.4),
        node_kerb=codes(nodes, 4), node_barrier=codes(nodes, 5, 0.25), node_allowed=codes(nodes, 4),
        node_wheelchair=codes(nodes, 3), node_hours=np.where(rng.random(nodes) < 0.2, rng.integers(0, 2, nodes), -1),
        hours=np.array([[2**64 - 1, 0, 2**63], [0, 2**64 - 1, 0]], np.uint64) ^ np.uint64(1 << 44),
    )  # fmt: skip


def graph_of(streets: StreetAttributes) -> WalkGraph:
    """The network of these edges; where its nodes lie does not matter."""
    xy = np.random.default_rng(7).random((streets.n_nodes, 2)) * 300.0
    ends = np.stack([xy[streets.edge_u], xy[streets.edge_v]], 1).reshape(-1, 2)
    return WalkGraph.build(
        xy, streets.edge_u, streets.edge_v, ends, 2 * np.arange(streets.n_edges + 1), streets.length_dm
    )


def doors(streets: StreetAttributes, seed: int) -> Access:
    """One or two doors a place, within edges."""
    rng = np.random.default_rng(seed)
    edge = rng.choice(np.flatnonzero(streets.length_dm > 1), PLACES + 4)
    offset = 1 + rng.integers(0, 2**31, PLACES + 4) % (streets.length_dm[edge].astype(np.int64) - 1)
    return Access.of(np.append(np.arange(PLACES), np.arange(4)), edge, offset, rng.integers(0, 300, PLACES + 4))


def told_and_worked_out(
    streets: StreetAttributes, walker: Walker, night: bool, hour: int | None
) -> tuple[Any, list[tuple[int | None, int | None, bool, bool]]]:
    """The product's costs, and the oracle's after they were compared edge by edge."""
    catalogue = load_catalogue()
    found = walker_weights(streets, rules_of(walker, catalogue.crossings), night=night, hour=hour)
    inner = found.weights.inner or Inner(found.weights.forward, found.weights.backward, found.shut_u, found.shut_v)
    expected = oracle.edges_of(oracle.Town(streets), walker, catalogue.crossings, night=night, hour=hour)
    costs = [
        (oracle.whole(edge.forward, int(inner.forward[e])), oracle.whole(edge.backward, int(inner.backward[e])),
         edge.shut_u, edge.shut_v)
        for e, edge in enumerate(expected)
    ]  # fmt: skip
    ours = [
        (*(None if way[e] == CLOSED else int(way[e]) for way in (inner.forward, inner.backward)),
         bool(inner.shut_start[e]), bool(inner.shut_end[e]))
        for e in range(streets.n_edges)
    ]  # fmt: skip
    assert ours == costs
    return found.weights, costs


def compared(seed: int, name: str, rule: str, when: tuple[bool, int | None]) -> np.ndarray:
    """Times and counts of one town, compared exactly; returns the times."""
    streets = town(seed)
    weights, costs = told_and_worked_out(streets, profile(name, rule), *when)
    graph, homes, goals = graph_of(streets), doors(streets, seed), doors(streets, seed + 1)
    pair = oracle.times(streets, costs, homes, PLACES, goals, PLACES)
    element = np.arange(PLACES) % ELEMENTS
    table = np.tile(np.array(MINUTES, np.uint32), (ELEMENTS, 1))
    asked = (graph, homes, PLACES, goals, PLACES)
    found = reach(*asked, element, ELEMENTS, LIMIT, table, weights=weights)
    for e in range(ELEMENTS):
        own = np.flatnonzero(element == e)
        least = pair[:, own].min(axis=1)
        near = np.where(least <= LIMIT, least, int(UNREACHED))
        np.testing.assert_array_equal(found.nearest_dm[e], near)
        np.testing.assert_array_equal(
            found.nearest_facility[e], np.where(least <= LIMIT, own[pair[:, own].argmin(axis=1)], -1)
        )
        for t, minutes in enumerate(MINUTES):
            np.testing.assert_array_equal(found.counts[e, t], (pair[:, own] <= minutes).sum(axis=1))
    swept = nearest(Hierarchy.build(graph, weights=weights), *asked, element, ELEMENTS, LIMIT, weights=weights)
    np.testing.assert_array_equal(swept.cost[:, 0], found.nearest_dm)
    return pair


@pytest.mark.parametrize(("name", "rule"), CASES)
def test_a_rule_against_dijkstra(name: str, rule: str) -> None:
    """Costs of every edge, times of every trip, counts within 5, 10 and 15 minutes; by day, and at night by the hour."""
    changed = False
    for seed in range(6):
        for when in (DAY, NIGHT):
            pair = compared(seed, name, rule, when)
            bare = oracle_of_pace(seed, name, when)
            changed |= not np.array_equal(pair, bare)
    assert changed or (name, rule) == ("standard", "all"), "a rule that changes nothing is not tested"


def oracle_of_pace(seed: int, name: str, when: tuple[bool, int | None]) -> np.ndarray:
    """Times of the same walker whom nothing slows or stops but closed gates."""
    streets = town(seed)
    roads = load_catalogue().crossings
    edges = oracle.edges_of(oracle.Town(streets), profile(name, "pace"), roads, night=when[0], hour=when[1])
    costs = [(round(edge.forward or 0.0), round(edge.backward or 0.0), edge.shut_u, edge.shut_v) for edge in edges]
    return oracle.times(streets, costs, doors(streets, seed), PLACES, doors(streets, seed + 1), PLACES)


@pytest.mark.parametrize("name", WALKERS)
def test_every_hour_of_a_gate(name: str) -> None:
    """Hours at the edges of the bit sets: Monday 00:00, the last of a word, Sunday 23:00, a public holiday."""
    for hour in (0, 43, 44, 63, 64, 127, 128, 167, 168, 191):
        compared(11, name, "all", (False, hour))


def test_the_towns_are_worth_asking() -> None:
    """Some trips lie within each of the thresholds, some beyond all of them, some are not to be made."""
    pair = np.concatenate([compared(seed, "adult", "all", DAY).ravel() for seed in range(6)])
    bounds = np.searchsorted([0, *MINUTES, LIMIT, FAR], pair, side="left")
    shares = np.bincount(bounds, minlength=6)[1:] / len(pair)
    assert (shares > 0.02).all(), shares
