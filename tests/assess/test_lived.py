"""Lived access on a lattice: the standard walker is the verdict, and each difference follows from what was planted."""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from assess.cities import Lattice, covered, units_of, usual
from kezhong.assess import assess
from kezhong.assess.breaks import breaks
from kezhong.assess.by_hour import at_least, city_hours
from kezhong.assess.lived import Moment, lived_times
from kezhong.assess.lived_access import COLUMNS, lived_access
from kezhong.assess.origins import UNREACHED
from kezhong.assess.walking import costs_by_hour, walker_cost_details
from kezhong.catalogue import load_basis, load_catalogue
from kezhong.city.vocabulary import AGE_GROUPS
from kezhong.city.workspace import City
from kezhong.errors import DataMissingError, InputError, NotFoundError

BASIS = "kezhong-default"
BOOK = load_catalogue()


def retag(
    city: City, edges: dict[str, dict[str, Any]] | None = None, nodes: dict[str, dict[str, Any]] | None = None
) -> City:
    """The city with other tags on some streets and nodes."""
    with city.edit("tags") as edit:
        for layer, key, tags in (("street_edges", "edge_id", edges), ("street_nodes", "node_id", nodes)):
            frame = city.geo(layer)
            for name, values in (tags or {}).items():
                row = frame.index[frame[key] == name]
                assert len(row) == 1, name
                for column, value in values.items():
                    frame.loc[row, column] = value
            edit.put(layer, "osm", frame)
    return city.refresh()


def across(i: int) -> list[str]:
    """The lattice's eleven edges from column ``i`` to the next."""
    return [f"e{i}-{j}-1" for j in range(11)]


def _wait(m_per_s: float, start_s: float) -> float:
    """Seconds until a gap in the traffic of a residential street, by the formula of docs/walkers.md."""
    filled = 60.0 / 3600.0 * (7.0 / m_per_s + start_s)
    return (math.exp(filled) - filled - 1.0) * 60.0


def rows_of(table: pd.DataFrame, element: str, area: str = "150000") -> pd.DataFrame:
    return table[(table["element"] == element) & (table["area_code"] == area)].set_index("walker")


def test_the_standard_walker_is_the_verdict(city: City, lattice: Lattice) -> None:
    found = lived_access(city, BASIS)
    assert tuple(found.table.columns) == COLUMNS
    assert set(found.table["walker"]) == set(BOOK.walkers)
    figures = assess(city, BASIS).figures
    asked = figures[(figures["indicator"] == "coverage") & (figures["variant"] == "population")]
    standard = found.table[found.table["walker"] == "standard"].set_index(["area_code", "element"])
    compared = 0
    for row in asked.itertuples():
        own = standard.loc[(row.area_code, row.element)] if (row.area_code, row.element) in standard.index else None
        if own is None or row.requirement_id != own["requirement_id"]:
            continue
        assert own["share"] == pytest.approx(row.value, abs=1e-12)
        assert own["covered"] == pytest.approx(row.numerator)
        compared += 1
    assert compared > 20
    assert (standard["difference"].dropna() == 0).all()
    assert (standard["extra_minutes"].dropna() == 0).all()
    assert not standard["cut_off"].any()
    # By arithmetic: 500 m from a market along the lattice are 7.5 minutes.
    by_hand = covered(lattice, "wet_market", 500.0)
    assert standard.loc[("150000", "wet_market"), "covered"] == by_hand.loc[by_hand["in"], "people"].sum()
    minutes = (by_hand["m"] / 66.7 * by_hand["people"]).sum() / by_hand["people"].sum()
    assert standard.loc[("150000", "wet_market"), "minutes"] == pytest.approx(minutes, abs=0.01)


def test_pace_alone_on_level_ground(city: City, lattice: Lattice) -> None:
    """No tags, no heights: pace decides; the short waits at crossings are lost between blocks of 100 m."""
    found = lived_access(city, BASIS, ["older_80", "wheelchair", "adult"])
    rows = rows_of(found.table, "wet_market")
    for name in ("older_80", "wheelchair", "adult"):
        pace = BOOK.walker(name).m_per_min
        reach = covered(lattice, "wet_market", pace * rows.loc[name, "threshold_min"])
        assert rows.loc[name, "covered"] == reach.loc[reach["in"], "people"].sum(), name
        fifteen = covered(lattice, "wet_market", pace * 15.0)
        assert rows.loc[name, "within_15"] == pytest.approx(
            fifteen.loc[fifteen["in"], "people"].sum() / units_of(lattice)["people"].sum()
        )
    assert rows.loc["older_80", "covered"] == rows.loc["wheelchair", "covered"]
    assert rows.loc["adult", "difference"] >= 0 >= rows.loc["older_80", "difference"]
    # A rule without data says so.
    states = {switch.name: switch.state for switch in found.times.walkers["wheelchair"].switches}
    assert states["slope"] == states["steps"] == states["kerbs"] == "no_data"
    assert states["lighting"] == "off"


def test_a_verdict_knows_no_walker_and_a_run_keeps_his_time(city: City) -> None:
    runs = {name: assess(city, BASIS, walker=name) for name in ("standard", "older_70")}
    np.testing.assert_array_equal(runs["standard"].run.array("nearest_dm"), runs["older_70"].run.array("nearest_dm"))
    times = lived_times(city, ["older_70"]).walkers["older_70"].deciseconds
    stored = runs["older_70"].run.array("walker_ds")
    reached = runs["older_70"].run.array("nearest_dm") != UNREACHED
    np.testing.assert_array_equal(stored[reached], times[reached])
    assert (stored[~reached] == UNREACHED).all()


def test_steps_cut_off_wheels_and_slow_the_old(tmp_path: Path) -> None:
    lattice = usual(tmp_path, steps={(10, j) for j in range(11)})
    city = lattice.build()
    found = lived_access(city, BASIS)
    rows = rows_of(found.table, "primary_school")
    units = units_of(lattice)
    west = units["x"] <= 1000.0  # the school stands in the east
    for name in ("pram", "wheelchair"):
        assert rows.loc[name, "cut_off"] == units.loc[west, "people"].sum()
        assert found.shut_out[name] == 0.0
    assert not rows.loc[["adult", "older_70", "child_alone"], "cut_off"].any()
    # The stair of 100 m has 333 steps: up and down cost the mean of 0.93 and 0.94 s each, in place of 100 m on the level.
    one = lived_times(city, ["older_70"])
    ds = one.walkers["older_70"].deciseconds[one.row["primary_school"]]
    demand = city.layer("demand")["demand_id"].tolist()
    # At each crossing of residential streets a gap has to come: 7 m wide, 60 vehicles an hour.
    wait = 10.0 * _wait(0.9, 3.0)
    level, stair = 1000.0 / 0.9 + wait, 333 * 0.935 * 10.0 + wait
    assert ds[demand.index("d10-05")] == pytest.approx(4 * level + stair, abs=3)
    assert ds[demand.index("d11-05")] == pytest.approx(4 * level, abs=3)
    run = assess(city, BASIS, walker="wheelchair")
    assert "barred" in set(run.cells("primary_school")["reason"])


def test_unlit_ways_close_to_a_child_at_night(tmp_path: Path) -> None:
    city = retag(usual(tmp_path).build(), {name: {"lit": "no"} for name in across(10)})
    day, night = (lived_access(city, BASIS, moment=Moment(night=dark)) for dark in (False, True))
    before, after = (rows_of(found.table, "primary_school") for found in (day, night))
    assert before.loc["child_alone", "cut_off"] == 0 < after.loc["child_alone", "cut_off"]
    assert after.loc["older_70", "minutes"] > before.loc["older_70", "minutes"]  # 15 % on the dark edges
    assert after.loc["standard", "share"] == before.loc["standard", "share"]
    # An hour tells whether it is dark: Wednesday 20:00 and 12:00.
    evening, noon = (lived_times(city, ["child_alone"], moment=Moment(hour=48 + hour)) for hour in (20, 12))
    assert evening.moment.dark
    assert not noon.moment.dark
    cost = [one.walkers["child_alone"].cost[one.row["primary_school"]] for one in (evening, noon)]
    assert (cost[0] == UNREACHED).sum() > (cost[1] == UNREACHED).sum() == 0


def gated(tmp_path: Path) -> City:
    """Every way across between columns 10 and 12 leads through a gate at column 11, open from 6 to 22."""
    gates = {f"n11-{j}": {"kind": "gate", "barrier": "gate", "hours": "06:00-22:00"} for j in range(11)}
    along = {f"e11-{j}-0": {"access": "no"} for j in range(10)}  # nobody walks along the wall
    lattice = usual(tmp_path)
    lattice.add("public_toilet", 300.0, 300.0, hours="24小时")
    lattice.add("public_toilet", 1600.0, 700.0, hours="24小时")
    lattice.add("community_health_centre", 1500.0, 500.0, hours="24小时")
    return retag(lattice.build(), along, gates)


def test_a_gate_shuts_passage_and_not_the_street_before_it(tmp_path: Path) -> None:
    city = gated(tmp_path)
    details = walker_cost_details(city, "adult", hour=48 + 23)
    shut = details.shut_u | details.shut_v
    assert shut.sum() >= 22
    assert details.weights.inner is not None
    open_now, shut_now = (lived_times(city, ["adult"], moment=Moment(hour=48 + hour, night=False)) for hour in (12, 23))
    ids = city.layer("demand")["demand_id"]
    column = ids.str[1:3].astype(int).to_numpy()
    for times, passed in ((open_now, True), (shut_now, False)):
        cost = times.walkers["adult"].cost[times.row["public_toilet"]]
        assert ((cost != UNREACHED)[column <= 10]).all()  # one on either side
        assert ((cost != UNREACHED)[column >= 12]).all()
        clinic = times.walkers["adult"].cost[times.row["community_health_centre"]]
        assert (clinic != UNREACHED)[column <= 10].any() == passed
        assert (clinic != UNREACHED)[column >= 12].all()
    # A toilet in mid-edge just before the gate is reached at all hours.
    lattice = usual(tmp_path / "two")
    lattice.add("public_toilet", 1080.0, 500.0, hours="24小时")
    city = retag(lattice.build(), None, {"n11-5": {"kind": "gate", "barrier": "gate", "hours": "06:00-22:00"}})
    late = lived_times(city, ["adult"], moment=Moment(hour=48 + 23, night=False))
    near = late.walkers["adult"].cost[late.row["public_toilet"]][
        city.layer("demand")["demand_id"].tolist().index("d10-05")
    ]
    # Four fifths of the edge: walking, half of two waits, and half of the two seconds that a gate takes.
    assert near == pytest.approx(0.8 * (1000.0 / 1.25 + 10.0 * _wait(1.25, 2.0) + 10.0), abs=1)


def test_hours_of_gates_make_classes_of_hours(tmp_path: Path) -> None:
    city = gated(tmp_path)
    classes = costs_by_hour(city, "adult")  # light is nothing to an adult
    assert len(classes) == 2
    flags = np.array([flags for flags, _ in classes])
    assert (flags.sum(axis=0) == 1).all()
    closed = next(flags for flags, weights in classes if weights.inner is not None)
    assert {int(hour) % 24 for hour in np.flatnonzero(closed)} == {0, 1, 2, 3, 4, 5, 22, 23}
    by_walker = city_hours(city, BASIS, level="city", elements=["primary_school"], walker="adult").coverage
    assert by_walker.possibly[0, 0, 48 + 12] > by_walker.possibly[0, 0, 48 + 5] > 0


def test_the_standard_walkers_hours_are_those_of_metres(tmp_path: Path) -> None:
    lattice = usual(tmp_path)
    lattice.add("pharmacy", 1200.0, 500.0, hours="24小时")
    city = lattice.build()
    metres, walked = (city_hours(city, BASIS, walker=walker) for walker in (None, "standard"))
    np.testing.assert_array_equal(metres.surely, walked.surely)
    np.testing.assert_array_equal(metres.possibly, walked.possibly)
    slow = city_hours(city, BASIS, walker="older_80")
    assert (slow.surely & ~metres.surely == 0).all()
    assert (slow.possibly & ~metres.possibly == 0).all()


def test_substitutes_count_in_the_hours_in_which_enough_are_open(tmp_path: Path) -> None:
    """wzjz-2020 takes two convenience stores for a supermarket: both must be open."""
    rule = next(one for one in load_basis("wzjz-2020").requirements if one.any_of_count)
    name, needed = next(iter(rule.any_of_count.items()))
    assert needed == 2
    lattice = usual(tmp_path)
    lattice.add(name, 1000.0, 500.0, hours="08:00-20:00")
    lattice.add(name, 1000.0, 600.0, hours="12:00-24:00")
    city = lattice.build()
    found = city_hours(city, "wzjz-2020", level="city", elements=[rule.element])
    assert found.coverage.elements == (rule.element,)
    share = found.coverage.shares()[0][0, 0, 48:72]
    assert (share[12:20] > 0).all()
    assert (share[:12] == 0).all()
    assert (share[20:] == 0).all()
    lived = lived_access(city, "wzjz-2020", ["adult"], elements=[rule.element])
    row = rows_of(lived.table, rule.element).loc["standard"]
    assert row["share"] == pytest.approx(share[12])
    one_shut = lived_access(city, "wzjz-2020", ["adult"], elements=[rule.element], moment=Moment(hour=48 + 9))
    assert rows_of(one_shut.table, rule.element).loc["standard", "share"] == 0.0
    # A single substitute counts by itself: a community health centre for a station.
    single = next(one for one in load_basis(BASIS).requirements if one.any_of and one.threshold and not one.in_district)
    lattice = usual(tmp_path / "one")
    lattice.add(single.any_of[0], 1000.0, 500.0, hours="08:00-20:00")
    hours = city_hours(lattice.build(), BASIS, level="city", elements=[single.element])
    assert hours.coverage.elements == (single.element,)
    assert hours.coverage.surely[0, 0, 48 + 12] > 0 == hours.coverage.surely[0, 0, 48 + 21]


@pytest.mark.parametrize("needed", [1, 2, 3])
def test_at_least_so_many_bits(needed: int) -> None:
    random = np.random.default_rng(needed)
    sizes = random.integers(0, 6, 40)
    ptr = np.concatenate([[0], np.cumsum(sizes)])
    flags = random.random((int(ptr[-1]), 128)) < 0.4
    masks = np.packbits(flags, axis=1, bitorder="little").view("<u8").astype(np.uint64)
    expected = np.array([flags[a:b].sum(axis=0) >= needed for a, b in itertools.pairwise(ptr)])
    found = np.unpackbits(at_least(needed, ptr, masks).view(np.uint8), axis=1, bitorder="little").astype(bool)
    np.testing.assert_array_equal(found, expected)


def test_a_walker_that_can_go_nowhere(tmp_path: Path) -> None:
    """Sand everywhere: nobody in a wheelchair gets out of the door, and the table says so instead of failing."""
    city = usual(tmp_path).build()
    names = city.layer("street_edges")["edge_id"]
    city = retag(city, {name: {"surface": "sand"} for name in names})
    found = lived_access(city, BASIS, ["wheelchair", "adult"])
    rows = rows_of(found.table, "wet_market").loc["wheelchair"]
    people = city.layer("demand")["people"].sum()
    # Homes and shops of the lattice stand at crossings: only who lives at a shop's own crossing reaches it.
    same = units_of(Lattice(tmp_path / "x")).merge(pd.DataFrame([(300.0, 300.0), (1600.0, 700.0)], columns=["x", "y"]))
    assert rows["covered"] == same["people"].sum()
    assert rows["minutes"] == rows["extra_minutes"] == 0.0
    assert rows["cut_off"] == people - same["people"].sum()
    assert found.shut_out == {"standard": 0.0, "adult": 0.0, "wheelchair": people}
    # Where shops stand away from the crossings nobody reaches anything, and there is no mean.
    away = Lattice(tmp_path / "away")
    away.add("wet_market", 350.0, 300.0)
    city = away.build()
    city = retag(city, {name: {"surface": "sand"} for name in names})
    rows = rows_of(lived_access(city, BASIS, ["wheelchair"]).table, "wet_market").loc["wheelchair"]
    assert rows["share"] == rows["within_15"] == 0.0
    assert np.isnan(rows["minutes"])
    assert np.isnan(rows["extra_minutes"])
    assert (city_hours(city, BASIS, walker="wheelchair").possibly == 0).all()
    run = assess(city, BASIS, walker="wheelchair")
    assert set(run.cells("wet_market")["reason"]) == {"barred", "beyond"}


def test_the_cache_gives_the_same_and_is_found(tmp_path: Path) -> None:
    city = gated(tmp_path)
    first, again = (lived_access(city, BASIS, moment=Moment(hour=100)) for _ in range(2))
    pd.testing.assert_frame_equal(first.table, again.table)
    assert len(list(city.cache_file("").glob("hierarchy-*"))) >= 4
    assert len(list(city.cache_file("").glob("lived-*.npz"))) == len(BOOK.walkers)
    for file in city.cache_file("").glob("hierarchy-*/head.npy"):
        file.write_bytes(b"")
    for file in city.cache_file("").glob("lived-*.npz"):
        file.unlink()
    mended = lived_access(city, BASIS, moment=Moment(hour=100))
    pd.testing.assert_frame_equal(first.table, mended.table)


def test_wrong_questions(city: City, empty_city: City) -> None:
    with pytest.raises(NotFoundError):
        lived_access(city, walkers=["runner"])
    with pytest.raises(NotFoundError):
        lived_access(city, levels=["planet"])
    with pytest.raises(NotFoundError):
        city_hours(city, level="planet")
    with pytest.raises(NotFoundError):
        city_hours(city, walker="runner")
    with pytest.raises(InputError):
        lived_access(city, group="giants")
    with pytest.raises(InputError):
        lived_access(city, moment=Moment(hour=192))
    with pytest.raises(DataMissingError):
        lived_access(empty_city)
    assert lived_access(city, walkers=["elderly"]).times.walkers.keys() == {"standard", "older_70"}


def test_ages_are_counted_as_asked(city: City) -> None:
    everybody, old = (
        lived_access(city, BASIS, ["adult"], group=group, levels=["city"]).table for group in ("all", "elderly")
    )
    assert old["people"].iloc[0] < everybody["people"].iloc[0]
    ages = city.layer("demand")
    assert old["people"].iloc[0] == pytest.approx(ages[list(AGE_GROUPS["elderly"])].to_numpy().sum())


@pytest.mark.parametrize("walker", ["pram", "wheelchair"])
def test_what_breaks_a_reach_is_what_lifting_it_gives_back(tmp_path: Path, walker: str) -> None:
    """Every bar by itself: the people it is said to cut off are those who come when its stair gets a ramp."""
    lattice = usual(tmp_path, steps={(10, j) for j in range(11)})
    lattice.add("public_toilet", 1150.0, 500.0)
    city = lattice.build()
    found = breaks(city, walker, BASIS, elements=["public_toilet"])
    assert found.tried == 11
    assert set(found.table["reason"]) == {"steps"}
    assert len(found.table) > 2
    before = rows_of(lived_access(city, BASIS, [walker], elements=["public_toilet"]).table, "public_toilet")
    for row in found.table.head(3).itertuples():
        ramped = retag(city, {row.id: {"ramp": "wheelchair"}})
        after = rows_of(lived_access(ramped, BASIS, [walker], elements=["public_toilet"]).table, "public_toilet")
        assert after.loc[walker, "covered"] - before.loc[walker, "covered"] == pytest.approx(row.people)
        city = retag(ramped, {row.id: {"ramp": None}})
    assert breaks(city, "standard").table.empty
    with pytest.raises(NotFoundError):
        breaks(city, "runner")


def test_a_shut_gate_is_named(tmp_path: Path) -> None:
    city = gated(tmp_path)
    assert breaks(city, "adult", BASIS, elements=["public_toilet"]).tried == 10  # the wall, by day
    night = breaks(city, "adult", BASIS, elements=["community_health_centre"], moment=Moment(hour=48 + 23))
    gates = night.table[night.table["kind"] == "node"]
    assert set(gates["reason"]) == {"gate_hours"}
    assert gates["id"].str.startswith("n11-").all()
    closed, opened = (
        rows_of(lived_access(where, BASIS, ["adult"], elements=["community_health_centre"], moment=Moment(hour=71)).table,
                "community_health_centre").loc["adult", "covered"]
        for where in (city, retag(city, None, {gates["id"].iloc[0]: {"hours": None}}))
    )  # fmt: skip
    assert opened - closed == pytest.approx(gates["people"].iloc[0])
