"""From tags to a walker's costs: one small city, and what holds between the catalogue's walkers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intake.osm_text import OsmText
from kezhong.assess import walking
from kezhong.catalogue import load_catalogue
from kezhong.city.config import CityConfig
from kezhong.city.workspace import City
from kezhong.errors import DataMissingError, NotFoundError
from kezhong.intake.elevation import import_elevation
from kezhong.intake.streets import import_streets
from kezhong.network.attributes import Allowed, Answer, Barrier, Crossing, Kerb, Ramp, Road, Structure, Surface
from kezhong.network.walkers import Barred, walker_weights
from kezhong.network.weights import CLOSED
from random_streets import random_streets

BOOK = load_catalogue()


def rules(walker: str) -> walking.WalkerRules:
    return walking.rules_of(BOOK.walker(walker), BOOK.crossings)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    """A main road from west to east, a side street, stairs, a footbridge, a gated service road and a muddy path."""
    folder = tmp_path_factory.mktemp("walking")
    text = OsmText()
    text.nodes(
        {1: (0, 0), 3: (400, 0), 4: (200, 200), 6: (100, -100), 7: (200, -200), 8: (0, 200), 9: (0, 400), 11: (600, 0)}
    )
    text.node(2, 200, 0, highway="traffic_signals")
    text.node(5, 200, -60, highway="crossing", crossing="zebra", kerb="lowered")
    text.node(10, 0, 100, barrier="lift_gate", access="private", opening_hours="Mo-Su 06:00-22:00")
    text.way(1, [1, 2, 3, 11], highway="secondary", sidewalk="both", oneway="yes", lit="yes", surface="asphalt")
    text.way(2, [2, 4], highway="residential", surface="sett;asphalt", incline="6%")
    text.way(3, [2, 5, 7], highway="footway", footway="crossing", crossing="zebra", kerb="raised")
    text.way(4, [1, 6], highway="steps", step_count="12", incline="down", tags={"ramp:wheelchair": "yes"})
    text.way(5, [6, 7], highway="footway", bridge="yes", layer="1", width="0.8")
    text.way(6, [1, 10, 8], highway="service", access="private")
    text.way(7, [8, 9], highway="path", surface="mud", lit="no", wheelchair="no")
    made = City.create(folder / "city", CityConfig(name="试验市", crs="EPSG:4545"))
    import_streets(made, text.write(folder / "t.osm"))
    return made.refresh()


def edge(city: City, name: str) -> int:
    return city.layer("street_edges")["edge_id"].tolist().index(name)


def test_tags_become_codes(city: City) -> None:
    found = walking.street_attributes(city)

    def at(name: str, column: str) -> object:
        return getattr(found, column)[edge(city, name)].item()

    main, side, stairs, bridge, path = "w1:1-2", "w2:2-4", "w4:1-6", "w5:6-7", "w7:8-9"
    assert [at(main, name) for name in ("road", "sidewalk", "oneway", "lit", "surface")] == [
        Road.SECONDARY, Answer.YES, 1, Answer.YES, Surface.SMOOTH,
    ]  # fmt: skip
    assert [at(side, "road"), at(side, "surface"), at(side, "incline"), at(side, "rising")] == [
        Road.LOCAL, Surface.COBBLED, 0.06, 1,
    ]  # fmt: skip
    assert [at(stairs, name) for name in ("steps", "step_count", "rising", "ramp")] == [1, 12, -1, Ramp.WHEELCHAIR]
    assert [at(bridge, name) for name in ("structure", "width_cm")] == [Structure.BRIDGE, 80]
    assert [at(path, name) for name in ("surface", "lit", "wheelchair")] == [Surface.SOFT, Answer.NO, Answer.NO]
    assert [at("w3:2-5", name) for name in ("crossing", "kerb")] == [Crossing.MARKED, Kerb.RAISED]
    assert at("w6:1-10", "allowed") == Allowed.RESIDENTS
    node = city.layer("street_nodes")["node_id"].tolist().index
    assert found.node_crossing[node("n2")] == Crossing.SIGNALS
    assert [found.node_crossing[node("n5")], found.node_kerb[node("n5")]] == [Crossing.MARKED, Kerb.LOWERED]
    assert [found.node_barrier[node("n10")], found.node_allowed[node("n10")]] == [Barrier.GATE, Allowed.RESIDENTS]
    assert found.node_hours[node("n10")] == 0
    assert (found.node_hours >= 0).sum() == 1


def test_costs_by_hand(city: City) -> None:
    weights, barred, _ = walking.walker_costs(city, "adult")
    length = city.layer("street_edges")["length_m"].to_numpy()
    # The main road's last part meets nothing but itself: its length at 1.25 m/s.
    at = edge(city, "w1:2-11")
    assert weights.forward[at] == weights.backward[at] == round(float(np.rint(length[at] * 10)) / 1.25)
    # The side street climbs 6 %; at node 2 there are signals on a one-way secondary road: half of half of 20 s.
    at = edge(city, "w2:2-4")
    level = np.rint(length[at] * 10) / 1.25
    assert weights.forward[at] == round(level * np.exp(3.5 * 0.06) + 50)
    # 12 stairs down at 0.6 s, up at 0.7 s; half a passage where the bridge begins belongs to the bridge.
    at = edge(city, "w4:1-6")
    assert (weights.backward[at] - weights.forward[at]) == 12
    assert barred[edge(city, "w7:8-9")] == Barred.OPEN


def test_each_walker_meets_its_own_bars(city: City) -> None:
    bars = {name: walking.walker_costs(city, name, night=True)[1] for name in BOOK.walkers}
    path, bridge, kerb = (edge(city, name) for name in ("w7:8-9", "w5:6-7", "w3:2-5"))
    assert not bars["standard"].any()
    assert bars["child_alone"][path] == Barred.DARK
    assert bars["pram"][path] == Barred.SURFACE
    assert bars["wheelchair"][[path, bridge, kerb]].tolist() == [Barred.WHEELCHAIR, Barred.WIDTH, Barred.KERB]
    assert bars["wheelchair"][edge(city, "w4:1-6")] == Barred.OPEN  # there is a ramp


def test_gate_hours_in_the_city(city: City) -> None:
    gate = [edge(city, name) for name in ("w6:1-10", "w6:10-8")]
    assert walking.walker_costs(city, "adult", hour=12)[1][gate].tolist() == [0, 0]
    night = walking.walker_cost_details(city, "adult", hour=23)
    assert night.barred[gate].tolist() == [Barred.GATE_HOURS] * 2
    assert night.shut_v[gate[0]]
    assert night.part.forward[gate[0]] != CLOSED
    states = {switch.name: switch.state for switch in night.switches}
    assert (states["gate_hours"], states["slope"], states["lighting"]) == ("worked", "worked", "off")


def test_what_is_cached_is_what_was_computed(city: City) -> None:
    first = walking.walker_cost_details(city, "older_80", night=True)
    again = walking.walker_cost_details(city, "older_80", night=True)
    assert list(city.cache_file("").glob("walking-*.npz"))
    for name in ("weights", "part"):
        for way in ("forward", "backward"):
            one, other = getattr(getattr(first, name), way), getattr(getattr(again, name), way)
            assert one.dtype == other.dtype == np.uint32
            assert np.array_equal(one, other)
    assert np.array_equal(first.barred, again.barred)
    assert first.switches == again.switches


def test_earlier_ids_and_unknown_walkers(city: City, tmp_path: Path) -> None:
    new, old = (walking.walker_costs(city, name)[0] for name in ("older_70", "elderly"))
    assert np.array_equal(new.forward, old.forward)
    with pytest.raises(NotFoundError):
        walking.walker_costs(city, "runner")
    with pytest.raises(DataMissingError):
        walking.walker_costs(City.create(tmp_path / "empty", CityConfig(name="空城")), "adult")


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1), st.booleans(), st.integers(0, 191))
def test_wheelchair_within_pram_within_adult(seed: int, night: bool, hour: int) -> None:
    """What is closed to an adult is closed to a pram, and what is closed to a pram is closed to a wheelchair."""
    streets = random_streets(seed)
    closed = []
    for walker in ("adult", "pram", "wheelchair"):
        found = walker_weights(streets, rules(walker), night=night, hour=hour)
        ways = (found.weights.forward, found.weights.backward, found.part.forward, found.part.backward)
        closed.append(np.concatenate([*(way == CLOSED for way in ways), found.shut_u, found.shut_v]))
    whole = len(streets.edge_u) * 4
    for fewer, more in ((0, 1), (1, 2)):
        assert (closed[fewer][:whole] <= closed[more][:whole]).all()
        assert (closed[fewer][whole:] <= closed[more][whole:]).all()


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1), st.booleans())
def test_older_is_never_nearer(seed: int, night: bool) -> None:
    streets = random_streets(seed)
    costs = [walker_weights(streets, rules(name), night=night).weights for name in ("adult", "older_70", "older_80")]
    for faster, slower in ((0, 1), (1, 2)):
        assert (costs[slower].forward >= costs[faster].forward).all()
        assert (costs[slower].backward >= costs[faster].backward).all()


@pytest.mark.data
def test_porto_alegre_shows_what_slopes_and_stairs_do(tmp_path: Path, data_folder: Path) -> None:
    city = City.create(tmp_path / "poa", CityConfig(name="Porto Alegre"))
    import_streets(city, data_folder / "porto_alegre" / "poa_osm.pbf")
    flat = walking.walker_costs(city.refresh(), "adult")
    slope = next(switch for switch in flat[2] if switch.name == "slope")
    assert slope.known < 0.01 * slope.of  # only the few surveyed inclines
    import_elevation(city.refresh(), data_folder / "porto_alegre" / "poa_elevation.tif")
    city = city.refresh()
    costs = {name: walking.walker_costs(city, name) for name in BOOK.walkers}
    closed = {name: (found[0].forward == CLOSED) | (found[0].backward == CLOSED) for name, found in costs.items()}
    assert not closed["standard"].any()
    assert closed["adult"].mean() < 0.01
    assert 0.02 < closed["pram"].mean() < 0.06
    assert 0.15 < closed["wheelchair"].mean() < 0.30
    assert (closed["pram"] <= closed["wheelchair"]).all()
    assert (costs["adult"][0].forward != costs["adult"][0].backward).mean() > 0.8
    # Up and down together a hill costs more than level ground.
    both = [weights.forward.astype(np.int64) + weights.backward for weights in (costs["adult"][0], flat[0])]
    assert both[0].sum() > both[1].sum()
