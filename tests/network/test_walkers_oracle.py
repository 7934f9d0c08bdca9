"""Every rule of every walker against costs written once more in plain Python, and their reach against SciPy."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
import walker_oracle as oracle
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from kezhong.assess.walking import rules_of
from kezhong.catalogue import load_catalogue
from kezhong.network import CLOSED, UNREACHED, Access, WalkGraph, Weights, reach
from kezhong.network.attributes import StreetAttributes
from kezhong.network.walker_rules import SlopeRule, WalkerRules
from kezhong.network.walkers import walker_weights
from random_streets import random_streets

WALKERS = tuple(load_catalogue().walkers)
SEEDS = st.integers(0, 2**32 - 2)
HOURS = st.sampled_from([None, 20, 100, 170])
QUICK = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
MINUTES = np.array([3_000, 6_000, 9_000])  # 5, 10 and 15 minutes in deciseconds
#: One rule at a time: the fields of the walker's numbers that belong to it.
RULES: dict[str, tuple[str, ...]] = {
    "pace": (),
    "slope": ("slope",),
    "stairs": ("step_up_s", "step_down_s", "going_m", "steps_closed", "ramp"),
    "kerbs": ("kerb_s", "kerb_closed"),
    "surface": ("surface", "surface_closed"),
    "width": ("least_width_cm",),
    "surveyed": ("surveyed_no", "surveyed_yes"),
    "lighting": ("dark", "dark_closed"),
    "crossings": ("crossings", "start_s"),
    "roads across": ("crossings", "across"),
    "roads along": ("along_bare", "along_unknown"),
    "passages": ("passage_s", "steps_closed", "ramp"),
    "gates": ("gate_s", "barrier_closed", "access_closed"),
}


def rules(name: str) -> WalkerRules:
    return rules_of(load_catalogue().walker(name), load_catalogue().crossings)


def agrees(streets: StreetAttributes, given: WalkerRules, *, night: bool, hour: int | None) -> None:
    found = walker_weights(streets, given, night=night, hour=hour)
    told = oracle.walk(streets, given, night=night, hour=hour)
    np.testing.assert_array_equal(found.shut_u, [edge.shut[0] for edge in told])
    np.testing.assert_array_equal(found.shut_v, [edge.shut[1] for edge in told])
    for back, (part, ends) in enumerate(
        ((found.part.forward, found.weights.forward), (found.part.backward, found.weights.backward))
    ):
        np.testing.assert_array_equal(part == CLOSED, [edge.closed[back] for edge in told])
        for e, edge in enumerate(told):
            seconds = edge.backward if back else edge.forward
            if edge.closed[back] or any(edge.shut):
                assert ends[e] == CLOSED, e
            else:
                # Rounded to the nearest decisecond; at a half the last bit of a sum may decide either way.
                assert abs(float(ends[e]) - 10.0 * seconds) <= 0.5 + 1e-6, (e, ends[e], 10.0 * seconds)


@QUICK
@given(SEEDS, st.sampled_from(WALKERS), st.booleans(), HOURS)
def test_all_rules_together(seed: int, name: str, night: bool, hour: int | None) -> None:
    agrees(random_streets(seed), rules(name), night=night, hour=hour)


@pytest.mark.parametrize("rule", RULES)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(SEEDS, st.sampled_from(WALKERS), st.booleans(), HOURS)
def test_each_rule_by_itself(rule: str, seed: int, name: str, night: bool, hour: int | None) -> None:
    whole = rules(name)
    alone = replace(WalkerRules(whole.m_per_s), **{field: getattr(whole, field) for field in RULES[rule]})
    agrees(random_streets(seed), alone, night=night, hour=hour)


def test_every_number_of_a_walker_belongs_to_a_rule() -> None:
    named = {field for group in RULES.values() for field in group} | {"m_per_s"}
    assert named == {field.name for field in fields(WalkerRules)}


def test_every_rule_is_some_walkers() -> None:
    """A rule that no shipped walker has would be tested with nothing."""
    default = WalkerRules(1.0)
    for rule, group in RULES.items():
        # The depth of a step is the same for all, 0.3 m, which is also what the network room assumes.
        for field in set(group) - {"going_m"}:
            assert any(getattr(rules(name), field) != getattr(default, field) for name in WALKERS), (rule, field)


@QUICK
@given(SEEDS, st.floats(0.5, 2.0), st.floats(0.0, 8.0), st.floats(0.0, 0.3))
def test_slopes_of_any_shape(seed: int, pace: float, steepness: float, offset: float) -> None:
    for slope in (
        SlopeRule("tobler", steepness=steepness, offset=offset, up=0.08, down=0.1),
        SlopeRule("table", slopes=(-0.2, 0.0, 0.1, 0.3), speeds=(0.7, 1.0, 0.6, 0.2), up=0.05, over_m=3.0),
    ):
        agrees(random_streets(seed), WalkerRules(pace, slope=slope), night=False, hour=None)


@QUICK
@given(SEEDS, st.sampled_from(WALKERS), st.booleans(), HOURS)
def test_who_is_reached_in_five_ten_and_fifteen_minutes(seed: int, name: str, night: bool, hour: int | None) -> None:
    """The walker's own costs, then SciPy's search between nodes: nearest and counts at each threshold."""
    streets = random_streets(seed)
    told = oracle.walk(streets, rules(name), night=night, hour=hour)
    weights = walker_weights(streets, rules(name), night=night, hour=hour).weights
    plain = Weights(weights.forward, weights.backward)
    n = streets.n_nodes
    way = np.full((n, n), np.inf)
    for e, edge in enumerate(told):
        for back, (a, b) in enumerate(((streets.edge_u[e], streets.edge_v[e]), (streets.edge_v[e], streets.edge_u[e]))):
            cost = edge.deciseconds(bool(back), int((weights.backward if back else weights.forward)[e]))
            if cost is not None and a != b:
                way[a, b] = min(way[a, b], cost)
    way[way == 0] = 1e-7  # SciPy takes a stored nought for no edge
    distance = dijkstra(csr_array(np.where(np.isfinite(way), way, 0.0)))

    xy = np.random.default_rng(7).random((n, 2)) * 300.0
    course = np.stack([xy[streets.edge_u], xy[streets.edge_v]], 1).reshape(-1, 2)
    graph = WalkGraph.build(
        xy, streets.edge_u, streets.edge_v, course, 2 * np.arange(streets.n_edges + 1), streets.length_dm
    )
    edge_of, offset = graph.at_nodes(np.arange(n, dtype=np.int32))
    # A node at which only edges without length end has no position of its own.
    at = np.where(offset == 0, streets.edge_u[edge_of], streets.edge_v[edge_of])
    usable = np.flatnonzero((edge_of >= 0) & (at == np.arange(n)))
    random = np.random.default_rng(seed)
    goals = random.choice(usable, 6)
    homes = Access.of(np.arange(len(usable)), edge_of[usable], offset[usable])
    doors = Access.of(np.arange(6), edge_of[goals], offset[goals])
    element = random.integers(0, 2, 6).astype(np.int32)
    found = reach(
        graph, homes, len(usable), doors, 6, element, 2, int(MINUTES[-1]), np.tile(MINUTES, (2, 1)), weights=plain
    )
    table = np.rint(distance[np.ix_(usable, goals)])
    for number in range(2):
        own = table[:, element == number]
        least = own.min(axis=1, initial=np.inf)
        expected = np.where(least <= MINUTES[-1], least, int(UNREACHED)).astype(np.int64)
        np.testing.assert_array_equal(found.nearest_dm[number].astype(np.int64), expected)
        for column, limit in enumerate(MINUTES):
            np.testing.assert_array_equal(found.counts[number, column], (own <= limit).sum(axis=1))
