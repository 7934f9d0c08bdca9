"""Walkers' costs: examples worked out by hand, and what must hold for every network and every walker."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kezhong.errors import InputError
from kezhong.network.attributes import (
    Allowed,
    Answer,
    Barrier,
    Crossing,
    Kerb,
    Ramp,
    Road,
    StreetAttributes,
    Structure,
    Surface,
)
from kezhong.network.walker_rules import RoadCrossings, SlopeRule, WalkerRules, gap_wait, signal_wait, wait_table
from kezhong.network.walkers import Barred, WalkerWeights, walker_weights
from kezhong.network.weights import CLOSED
from random_streets import random_streets

TOBLER = SlopeRule("tobler")
CROSSINGS = RoadCrossings(
    width_m=(0, 5, 7, 9, 14, 20, 24),
    flow=(0, 0.005, 0.02, 0.08, 0.2, 0.3, 0.5),
    cycle_s=(0, 60, 60, 60, 90, 120, 150),
    green_s=(0, 30, 30, 25, 30, 30, 35),
    yielding=0.7,
    most_s=60.0,
)


def chain(n: int, metres: float = 100.0, **known: Any) -> StreetAttributes:
    """A way of ``n`` edges one after another."""
    nodes = np.arange(n + 1)
    lengths = np.full(n, round(metres * 10))
    return StreetAttributes.of(nodes[:-1], nodes[1:], lengths, n + 1, **known)


def junction(roads: list[int], metres: float = 100.0, **known: Any) -> StreetAttributes:
    """Edges from node 0 outwards."""
    n = len(roads)
    return StreetAttributes.of(
        np.zeros(n), np.arange(1, n + 1), np.full(n, round(metres * 10)), n + 1, road=np.array(roads), **known
    )


def at(n: int, where: int, code: int) -> np.ndarray:
    """Codes that are 0 but in one place."""
    codes = np.zeros(n, np.uint8)
    codes[where] = code
    return codes


def test_level_way_takes_length_over_speed() -> None:
    found = walker_weights(chain(1, 125.0), WalkerRules(1.25))
    assert found.weights.forward.tolist() == found.weights.backward.tolist() == [1000]  # 100 s
    assert found.barred.tolist() == [Barred.OPEN]
    assert all(switch.state == "off" for switch in found.switches)


def test_tobler_by_hand_uphill_downhill_and_over_a_hill() -> None:
    slope = WalkerRules(5.0 / 3.6, slope=TOBLER)
    # 100 m up 10 m, at 5 km/h on the level: 72 s × e^{0.35}; down: 72 s × e^{−3.5 (0.05 − 0.05)} = 72 s.
    up = walker_weights(chain(1, height_ptr=[0, 2], height_dm=[0, 100]), slope)
    assert up.weights.forward[0] == round(720 * math.exp(0.35))
    assert up.weights.backward[0] == round(720 * math.exp(3.5 * (abs(-0.10 + 0.05) - 0.05)))
    # A hill in the middle costs as much as its two halves, although rise and fall cancel out.
    hill = walker_weights(chain(1, height_ptr=[0, 3], height_dm=[0, 50, 0]), slope)
    half_up, half_down = math.exp(0.35), math.exp(3.5 * (abs(-0.10 + 0.05) - 0.05))
    assert hill.weights.forward[0] == hill.weights.backward[0] == round(360 * (half_up + half_down))
    assert up.switch("slope").state == "worked"


def test_a_surveyed_incline_stands_for_the_whole_edge() -> None:
    streets = chain(1, height_ptr=[0, 2], height_dm=[0, 100], incline=[-0.02])
    found = walker_weights(
        streets, WalkerRules(1.0, slope=SlopeRule("table", slopes=(-0.1, 0, 0.1), speeds=(1, 1, 0.5)))
    )
    assert found.weights.forward[0] == 1000
    assert found.weights.backward[0] == round(1000 / 0.9)


def test_stairs_counted_estimated_up_and_down() -> None:
    rules = WalkerRules(1.0, step_up_s=1.0, step_down_s=0.5)
    streets = chain(3, 6.0, steps=[1, 1, 1], step_count=[10, 0, 0], rising=[1, -1, 0])
    found = walker_weights(streets, rules)
    # 10 steps; 6 m / 0.3 m = 20 steps; 20 steps whose direction nobody knows.
    assert found.weights.forward.tolist() == [100, 100, 150]
    assert found.weights.backward.tolist() == [50, 200, 150]
    # Heights tell where the tag is silent.
    told = walker_weights(chain(1, 6.0, steps=[1], height_ptr=[0, 2], height_dm=[0, 30]), rules)
    assert (told.weights.forward[0], told.weights.backward[0]) == (200, 100)


def test_waits_by_formula() -> None:
    assert signal_wait(90, 30) == 20.0
    # t = 14 / 1 + 2 = 16 s at 0.1 vehicles a second: (e^1.6 − 1.6 − 1) / 0.1
    assert gap_wait(14, 0.1, 1.0, 2.0) == pytest.approx((math.exp(1.6) - 2.6) / 0.1)
    assert gap_wait(14, 0.0, 1.0, 2.0) == 0.0
    table = wait_table(WalkerRules(1.0, crossings=CROSSINGS, start_s=2.0))
    assert table[0, Crossing.SIGNALS, Road.SECONDARY] == 20.0
    assert table[0, Crossing.UNMARKED, Road.PRIMARY] == 60.0  # people do not wait for minutes
    assert (table[1] <= table[0]).all()
    assert (table[:, Crossing.MARKED] <= table[:, Crossing.UNMARKED]).all()


def test_crossing_a_road_costs_one_wait_whatever_it_is_made_of() -> None:
    rules = WalkerRules(1.0, crossings=CROSSINGS, start_s=2.0)
    # A path on either side of a secondary road, which runs through node 0.
    streets = junction([Road.SECONDARY, Road.SECONDARY, Road.FOOT, Road.FOOT], node_crossing=at(5, 0, Crossing.SIGNALS))
    found = walker_weights(streets, rules)
    assert found.weights.forward.tolist() == [1000, 1000, 1100, 1100]  # 20 s, half on either side
    assert found.part.forward.tolist() == [1000] * 4
    # Where no road runs through, nobody waits.
    end = walker_weights(junction([Road.SECONDARY, Road.FOOT]), rules)
    assert end.weights.forward.tolist() == [1000, 1000]


def test_a_crossing_beside_the_junction_is_the_junctions() -> None:
    # Secondary road 3–0–1–2, side street 0–4; signals mapped at node 1, 20 m from the junction.
    streets = StreetAttributes.of(
        np.array([3, 0, 1, 0]), np.array([0, 1, 2, 4]), np.array([1000, 200, 1000, 1000]), 5,
        road=np.array([Road.SECONDARY] * 3 + [Road.LOCAL]), node_crossing=at(5, 1, Crossing.SIGNALS),
    )  # fmt: skip
    found = walker_weights(streets, WalkerRules(1.0, crossings=CROSSINGS))
    assert found.weights.forward[3] == 1100


def test_stairs_ramps_and_a_bridge_that_only_stairs_lead_to() -> None:
    wheels = WalkerRules(0.8, steps_closed=True, ramp=Ramp.WHEELCHAIR)
    steps = np.array([1, 0, 1], np.uint8)
    bridge = chain(3, steps=steps, structure=[0, Structure.BRIDGE, 0])
    assert walker_weights(bridge, wheels).barred.tolist() == [Barred.STEPS, Barred.PASSAGE, Barred.STEPS]
    ramped = chain(3, steps=steps, structure=[0, Structure.BRIDGE, 0], ramp=[Ramp.WHEELCHAIR, 0, Ramp.PRAM])
    assert walker_weights(ramped, wheels).barred.tolist() == [Barred.OPEN, Barred.OPEN, Barred.STEPS]
    penalty = walker_weights(chain(4, structure=[0, 1, 1, 0]), WalkerRules(1.0, passage_s=20.0))
    assert penalty.weights.forward.tolist() == [1000, 1100, 1100, 1000]  # 20 s for the bridge as a whole


def test_gates_shut_the_end_of_the_edge_and_only_the_side_street() -> None:
    rules = WalkerRules(1.0, gate_s=4.0, barrier_closed=Barrier.NARROW, access_closed=Allowed.RESIDENTS)
    gate = walker_weights(chain(2, node_barrier=at(3, 1, Barrier.GATE)), rules)
    assert gate.weights.forward.tolist() == [1020, 1020]
    narrow = walker_weights(chain(2, node_barrier=at(3, 1, Barrier.NARROW)), rules)
    assert narrow.barred.tolist() == [Barred.BARRIER] * 2
    assert narrow.shut_v.tolist() == [True, False]
    assert narrow.shut_u.tolist() == [False, True]
    assert (narrow.weights.forward == CLOSED).all()
    assert narrow.part.forward.tolist() == [1000, 1000]  # places along the edge are still reached
    # The gate stands at the mouth of a service road: the street it opens onto stays open.
    mouth = junction([Road.LOCAL, Road.LOCAL, Road.SERVICE], node_allowed=at(4, 0, Allowed.RESIDENTS))
    assert walker_weights(mouth, rules).barred.tolist() == [0, 0, Barred.GATE_ACCESS]
    # At the end of a dead end it stops nobody.
    assert walker_weights(chain(1, node_barrier=at(2, 1, Barrier.SHUT)), rules).barred.tolist() == [0]


def test_gate_hours() -> None:
    hours = np.array([[1 << 8, 0, 1 << 40]], dtype=np.uint64)  # Monday 08:00, and a holiday 00:00 (bit 168)
    streets = chain(2, node_barrier=at(3, 1, Barrier.GATE), node_hours=[-1, 0, -1], hours=hours)
    rules = WalkerRules(1.0)
    assert walker_weights(streets, rules).barred.tolist() == [0, 0]
    assert walker_weights(streets, rules, hour=8).barred.tolist() == [0, 0]
    assert walker_weights(streets, rules, hour=168).barred.tolist() == [0, 0]
    shut = walker_weights(streets, rules, hour=9)
    assert shut.barred.tolist() == [Barred.GATE_HOURS] * 2
    assert shut.switch("gate_hours").closed == 2
    assert walker_weights(chain(2), rules, hour=9).switch("gate_hours").state == "no_data"


def test_kerb_surface_width_light_and_surveyed_tags() -> None:
    rules = WalkerRules(
        1.0, kerb_s=(0, 0, 1, 4, 9), kerb_closed=Kerb.RAISED, surface=(1, 1, 1, 2, 1, 1, 1), surface_closed=Surface.LOOSE,
        least_width_cm=90, dark=1.5, surveyed_no=True, surveyed_yes=True,
    )  # fmt: skip
    streets = chain(
        7,
        kerb=[0, Kerb.ROLLED, Kerb.RAISED, 0, 0, 0, Kerb.RAISED],
        surface=[Surface.COBBLED, 0, 0, Surface.LOOSE, 0, 0, Surface.SOFT],
        width_cm=[0, 0, 0, 0, 80, 0, 80],
        lit=[Answer.NO, Answer.YES, 0, 0, 0, 0, 0],
        wheelchair=[0, 0, 0, 0, 0, Answer.NO, Answer.YES],
    )
    day, night = walker_weights(streets, rules), walker_weights(streets, rules, night=True)
    assert day.barred.tolist() == [0, 0, Barred.KERB, Barred.SURFACE, Barred.WIDTH, Barred.WHEELCHAIR, 0]
    assert day.weights.forward[:2].tolist() == [2000, 1040]
    assert night.weights.forward[:2].tolist() == [3000, 1040]
    assert day.switch("lighting").state == "off"
    assert (night.switch("lighting").state, night.switch("lighting").known) == ("worked", 2)


def test_a_child_does_not_cross_or_walk_along_main_roads() -> None:
    rules = WalkerRules(
        1.0, across=(Road.SECONDARY, Road.PRIMARY, 7), along_bare=Road.SECONDARY, along_unknown=Road.PRIMARY
    )
    sides = [Road.SECONDARY, Road.SECONDARY, Road.LOCAL, Road.LOCAL]
    bare = walker_weights(junction(sides, sidewalk=[Answer.NO, Answer.NO, 0, 0]), rules)
    assert bare.barred.tolist() == [Barred.ROAD_ALONG] * 2 + [Barred.ROAD_ACROSS] * 2
    assert bare.shut_u.tolist() == [False, False, True, True]
    # A zebra lets the child cross a secondary road; so do signals.
    for kind in (Crossing.MARKED, Crossing.SIGNALS):
        found = walker_weights(junction(sides, node_crossing=at(5, 0, kind)), rules)
        assert found.barred.tolist() == [0, 0, 0, 0]
    # With a sidewalk one may come out of the side street; the mapped crossing itself stays closed.
    walk = {"sidewalk": [Answer.YES, Answer.YES, 0, 0]}
    assert walker_weights(junction(sides, **walk), rules).barred.tolist() == [0, 0, 0, 0]
    mapped = junction(sides, crossing=[0, 0, Crossing.UNMARKED, Crossing.UNMARKED], **walk)
    assert walker_weights(mapped, rules).barred.tolist() == [0, 0, Barred.ROAD_ACROSS, Barred.ROAD_ACROSS]


def test_slope_limits_need_more_than_a_few_metres_of_sampled_heights() -> None:
    rules = WalkerRules(1.0, slope=SlopeRule(up=0.08, down=0.08, over_m=20))
    # 100 m in ten pieces of 10 m, of which n rise by 1.5 m.
    for n, shut in ((2, False), (3, True)):
        height = np.concatenate([[0], np.cumsum([15] * n + [0] * (10 - n))])
        found = walker_weights(chain(1, height_ptr=[0, 11], height_dm=height), rules)
        assert bool(found.weights.forward[0] == CLOSED) is shut
    assert walker_weights(chain(1, 5.0, incline=[0.1]), rules).barred.tolist() == [Barred.SLOPE]
    climbs = replace(rules.slope, down=None)
    one_way = walker_weights(chain(1, incline=[0.1]), replace(rules, slope=climbs))
    assert one_way.weights.forward[0] == CLOSED
    assert one_way.weights.backward[0] == 1000


@pytest.mark.parametrize(
    ("rules", "column"),
    [
        (WalkerRules(0.0), "m_per_s"),
        (WalkerRules(1.0, surface=(1.0,)), "surface"),
        (WalkerRules(1.0, slope=SlopeRule("table", slopes=(0.1, 0.0), speeds=(1, 1))), "slopes"),
    ],
)
def test_bad_rules_are_refused(rules: WalkerRules, column: str) -> None:
    with pytest.raises(InputError) as wrong:
        walker_weights(chain(1), rules)
    assert wrong.value.details["column"] == column


def test_bad_attributes_are_refused() -> None:
    for known in ({"surface": [9]}, {"height_ptr": [0, 1], "height_dm": [1]}, {"node_hours": [0, 0]}, {"lit": [0, 0]}):
        with pytest.raises(InputError):
            chain(1, **{name: np.array(value) for name, value in known.items()})
    with pytest.raises(InputError):
        walker_weights(chain(1), WalkerRules(1.0), hour=192)


# ---- what must hold for every network ------------------------------------------------------------------------


BASE = WalkerRules(
    1.2, slope=TOBLER, step_up_s=0.7, step_down_s=0.6, kerb_s=(0, 0, 0, 1, 2), surface=(1, 1, 1.1, 1.2, 1.1, 1.3, 1.5),
    dark=1.2, crossings=CROSSINGS, start_s=2.0, passage_s=10.0, gate_s=2.0,
)  # fmt: skip
SEEDS = st.integers(0, 2**32 - 1)


def no_nearer(slow: WalkerWeights, fast: WalkerWeights) -> bool:
    return all(
        bool((getattr(slow.weights, way) >= getattr(fast.weights, way)).all()) for way in ("forward", "backward")
    )


def closed(found: WalkerWeights) -> tuple[np.ndarray, np.ndarray]:
    return found.weights.forward == CLOSED, found.weights.backward == CLOSED


@settings(max_examples=60, deadline=None)
@given(SEEDS, st.floats(0.3, 1.0), st.booleans())
def test_slower_is_never_nearer(seed: int, share: float, night: bool) -> None:
    streets = random_streets(seed)
    fast = walker_weights(streets, BASE, night=night)
    slow = replace(BASE, m_per_s=BASE.m_per_s * share, step_up_s=0.7 / share, step_down_s=0.6 / share, start_s=3.0)
    assert no_nearer(walker_weights(streets, slow, night=night), fast)


@settings(max_examples=60, deadline=None)
@given(SEEDS)
def test_flat_and_symmetric_gives_symmetric(seed: int) -> None:
    found = walker_weights(random_streets(seed, flat=True), replace(BASE, barrier_closed=3, access_closed=4), hour=30)
    assert np.array_equal(found.weights.forward, found.weights.backward)


@settings(max_examples=60, deadline=None)
@given(SEEDS)
def test_turning_every_edge_round_turns_the_costs_round(seed: int) -> None:
    streets = random_streets(seed)
    turned = {name: array for name, array in streets.arrays().items() if name not in ("edge_u", "edge_v", "length_dm")}
    turned["rising"] = -streets.rising
    turned["incline"] = -streets.incline
    turned["height_dm"] = np.concatenate(
        [streets.height_dm[a:b][::-1] for a, b in zip(streets.height_ptr[:-1], streets.height_ptr[1:], strict=True)]
    ).astype(np.int32)
    rules = replace(BASE, slope=replace(TOBLER, up=0.1, down=0.15), across=(4, 5, 7), barrier_closed=3)
    round_ = StreetAttributes.of(streets.edge_v, streets.edge_u, streets.length_dm, streets.n_nodes, **turned)
    here, there = walker_weights(streets, rules), walker_weights(round_, rules)
    assert (
        np.abs(here.weights.forward.astype(np.int64) - there.weights.backward).max() <= 1
    )  # rounding of the last digit
    assert np.array_equal(here.shut_u, there.shut_v)
    assert np.array_equal(here.barred, there.barred)


@settings(max_examples=60, deadline=None)
@given(SEEDS, st.integers(0, 10), st.booleans())
def test_more_restrictions_close_a_superset(seed: int, which: int, night: bool) -> None:
    stricter: list[dict[str, Any]] = [
        {"steps_closed": True}, {"kerb_closed": Kerb.ROLLED}, {"surface_closed": Surface.LOOSE}, {"least_width_cm": 120},
        {"surveyed_no": True}, {"dark_closed": True}, {"across": (4, 5, 7)}, {"along_bare": 4, "along_unknown": 5},
        {"barrier_closed": 3}, {"access_closed": 3}, {"slope": replace(TOBLER, up=0.06, down=0.06)},
    ]  # fmt: skip
    streets = random_streets(seed)
    loose, strict = (
        walker_weights(streets, BASE, night=night),
        walker_weights(streets, replace(BASE, **stricter[which]), night=night),
    )
    for before, after in zip(closed(loose), closed(strict), strict=True):
        assert (before <= after).all()
    assert ((loose.barred > 0) <= (strict.barred > 0)).all()
    assert no_nearer(strict, loose)


@settings(max_examples=60, deadline=None)
@given(SEEDS)
def test_uphill_is_no_faster_than_level(seed: int) -> None:
    streets = random_streets(seed, stairs=False)
    rng = np.random.default_rng(seed)
    m = streets.n_edges
    rising = StreetAttributes.of(
        streets.edge_u, streets.edge_v, streets.length_dm, streets.n_nodes,
        height_ptr=np.arange(m + 1) * 3, height_dm=np.cumsum(rng.integers(0, 60, (m, 3)), axis=1).reshape(-1),
    )  # fmt: skip
    level = StreetAttributes.of(streets.edge_u, streets.edge_v, streets.length_dm, streets.n_nodes)
    climb, flat = walker_weights(rising, BASE).weights, walker_weights(level, BASE).weights
    assert (climb.forward >= flat.forward).all()


@settings(max_examples=60, deadline=None)
@given(SEEDS, st.integers(0, 191))
def test_an_edge_has_a_reason_exactly_where_something_is_closed(seed: int, hour: int) -> None:
    rules = replace(
        BASE, across=(4, 5, 7), along_bare=4, kerb_closed=4, barrier_closed=3, slope=replace(TOBLER, up=0.1)
    )
    found = walker_weights(random_streets(seed), rules, hour=hour)
    forward, backward = closed(found)
    assert np.array_equal(found.barred > 0, forward | backward)
    assert ((found.part.forward == CLOSED) <= forward).all()
    open_ = ~forward
    assert (found.part.forward[open_] <= found.weights.forward[open_]).all()


def test_a_rule_without_data_says_so() -> None:
    rules = replace(BASE, kerb_closed=4, least_width_cm=90, barrier_closed=3, slope=replace(TOBLER, up=0.1))
    found = walker_weights(junction([Road.PRIMARY, Road.PRIMARY, Road.FOOT]), rules, night=True, hour=3)
    states = {switch.name: switch.state for switch in found.switches}
    for name in (
        "slope",
        "steps",
        "kerbs",
        "surface",
        "width",
        "lighting",
        "crossings",
        "signals",
        "barriers",
        "gate_hours",
    ):
        assert states[name] == "no_data", name
    assert states["roads_along"] == states["wheelchair_tag"] == "off"
    assert found.switch("crossings").of == 1
