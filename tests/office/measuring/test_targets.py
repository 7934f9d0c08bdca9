"""Targets: counted, covered by circles, read from figures; a baseline that stays, and a course over runs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

import small_city
from kezhong.errors import InputError, NotFoundError, PermissionDeniedError
from kezhong.office.measuring.promises import measure_promises, promises_of
from kezhong.office.measuring.targets import bind_target, measure_counts, measure_targets
from kezhong.office.models import Area, AuditEntry, Measurement, Promise, Target
from kezhong.office.session import ChangedMeanwhileError
from measuring_world import (
    EAST,
    ELEMENT,
    FIRST,
    LATER,
    figure,
    make_pilot,
    make_promise,
    make_target,
    next_run,
    reader,
)  # fmt: skip
from office_world import WEST, World

AT = {"variant": "population", "threshold": 500.0, "threshold_unit": "m"}
KEY = {"area_code": FIRST, "element": ELEMENT, "indicator": "coverage", **AT}


def measured(world: World, target: int, run: str, name: str = "office") -> Measurement:
    with world.office.acting(world.actor(name)) as session:
        rows = measure_targets(session, reader(world), run)
        return next(row for row in rows if row.target_id == target)


def built_up(world: World, known: dict[str, bool | None]) -> None:
    with world.office.acting(world.office.system("test")) as session:
        for code, value in known.items():
            session.get(Area, code).built_up = value  # type: ignore[union-attr]


def test_pilots_are_counted_by_state_and_district(world: World) -> None:
    ids = [make_pilot(world, f"P{number}", state) for number, state in enumerate(("nominated", "declined", "building"))]
    gone = make_pilot(world, "P8", "withdrawn")
    west = make_pilot(world, "W1", "accepted", district="west", kind="roll_out")
    target = {
        metric: {
            area: make_target(world, "count", 3, metric=metric, area=area, unit="个") for area in ("150300", EAST, WEST)
        }
        for metric in ("pilots_nominated", "pilots_approved", "circles_accepted")
    }
    run = next_run(world, [])
    with world.office.acting(world.actor("office")) as session:
        found = {row.target_id: row for row in measure_targets(session, reader(world), run)}
    value = {metric: {area: found[one].value for area, one in areas.items()} for metric, areas in target.items()}
    assert value["pilots_nominated"] == {"150300": 3, EAST: 3, WEST: 0}  # a roll-out is no pilot
    assert value["pilots_approved"] == {"150300": 1, EAST: 1, WEST: 0}
    assert value["circles_accepted"] == {"150300": 1, EAST: 0, WEST: 1}
    nominated = found[target["pilots_nominated"][EAST]]
    assert nominated.status == "met"
    assert [one["id"] for one in nominated.details["pilots"]] == ids
    assert gone not in [one["id"] for one in nominated.details["pilots"]]
    assert [one["id"] for one in found[target["circles_accepted"][WEST]].details["pilots"]] == [west]


def test_a_metric_nobody_knows_is_no_data(world: World) -> None:
    target = make_target(world, "count", 1, metric="stars")
    assert measured(world, target, next_run(world, [])).reason == "unknown_metric"


def test_circle_coverage_in_closed_form(world: World) -> None:
    # LC1 holds communities 1, 2 and 3 (of six); the village is not built up; all others are known to be.
    target = make_target(world, "circle_coverage", 1.0, metric="communities_in_accepted_circles")
    east = make_target(world, "circle_coverage", 0.75, area=EAST)
    make_pilot(world, "P1", "building")
    run = next_run(world, [])
    assert (measured(world, target, run).value, measured(world, target, run).denominator) == (0.0, 5.0)
    make_pilot(world, "P2", "accepted")
    row = measured(world, target, run)
    assert (row.numerator, row.denominator, row.value, row.status) == (3.0, 5.0, 0.6, "not_met")
    assert (row.low, row.high, row.uncertain) == (None, None, False)
    assert [one["code"] for one in row.details["covered"]] == list(small_city.COMMUNITIES[1:4])
    assert [one["code"] for one in row.details["missing"]] == [small_city.COMMUNITIES[0], small_city.COMMUNITIES[4]]
    assert row.details["unknown"] == []
    row = measured(world, east, run)
    assert (row.numerator, row.denominator, row.status) == (3.0, 4.0, "met")


def test_communities_of_which_it_is_not_known_are_named_and_widen_the_interval(world: World) -> None:
    target = make_target(world, "circle_coverage", 0.6)
    make_pilot(world, "P1", "accepted")
    first, inside = small_city.COMMUNITIES[0], small_city.COMMUNITIES[1]
    built_up(world, {first: None, inside: None})
    row = measured(world, target, next_run(world, []))
    assert (row.numerator, row.denominator) == (2.0, 3.0)
    assert [one["code"] for one in row.details["unknown"]] == [first, inside]
    assert row.low == 2 / 4  # the unknown one outside is built up, the one inside is not
    assert row.high == 3 / 4
    assert (row.status, row.uncertain) == ("met", True)
    built_up(world, dict.fromkeys(small_city.COMMUNITIES))
    row = measured(world, target, next_run(world, [], mark="b"))
    assert (row.value, row.status, row.reason) == (None, "no_data", "built_up_unknown")
    assert len(row.details["unknown"]) == 6


def test_a_circle_counts_as_it_was_accepted(world: World) -> None:
    target = make_target(world, "circle_coverage", 0.6)
    make_pilot(world, "P1", "accepted", communities=[small_city.COMMUNITIES[1]])
    row = measured(world, target, next_run(world, []))
    assert row.numerator == 1.0
    assert row.details["redrawn"][0]["added"] == sorted(small_city.COMMUNITIES[2:4])


def test_the_two_coverages_are_two_things(world: World) -> None:
    circles = make_target(world, "circle_coverage", 0.6)
    people = make_target(world, "access_coverage", 0.6, area=EAST, figure_key=KEY)
    make_pilot(world, "P1", "accepted")
    run = next_run(world, [figure(FIRST, "coverage", 0.25, numerator=25.0, denominator=100.0, **AT)])
    assert measured(world, circles, run).denominator == 5.0  # communities
    assert measured(world, people, run).denominator == 100.0  # people


def test_bound_targets_read_their_figure(world: World) -> None:
    target = make_target(world, "indicator", 0.5, area=EAST)
    run = next_run(world, [figure(FIRST, "coverage", 0.6, low=0.4, high=0.7, numerator=60.0, denominator=100.0, **AT)])
    row = measured(world, target, run)
    assert (row.status, row.reason) == ("no_data", "not_bound")
    with world.office.acting(world.actor("office")) as session:
        bind_target(session, target, KEY, version=1)
    row = measured(world, target, run)
    assert (row.value, row.low, row.high, row.status, row.uncertain) == (0.6, 0.4, 0.7, "met", True)
    assert row.snapshot
    with world.office.acting(world.actor("office")) as session:
        assert session.query(Measurement).count() == 1  # one row a target and run
        assert session.get(Target, target).baseline == 0.6  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "status", ["data_insufficient", "not_detected", "no_data", "confirmed_absent", "not_applicable"]
)
def test_what_is_not_known_is_shown_as_that(world: World, status: str) -> None:
    target = make_target(world, "indicator", 0.5, area=EAST, figure_key=KEY)
    row = measured(world, target, next_run(world, [figure(FIRST, "coverage", 0.1, status=status, **AT)]))
    assert (row.status, row.uncertain) == (status, False)
    with world.office.acting(world.actor("office")) as session:
        assert session.get(Target, target).baseline is None  # type: ignore[union-attr]


def test_the_first_measurement_stays_the_baseline(world: World) -> None:
    target = make_target(world, "indicator", 0.5, area=EAST, figure_key=KEY)
    runs = [
        next_run(world, [figure(FIRST, "coverage", value, **AT)], when=LATER + timedelta(days=number), mark=str(number))
        for number, value in enumerate((0.2, 0.4, 0.6))
    ]
    for run in runs:
        measured(world, target, run)
    with world.office.acting(world.actor("office")) as session:
        row = session.get(Target, target)
        assert row is not None
        assert (row.baseline, row.baseline_run) == (0.2, runs[0])
        course = session.scalars(select(Measurement).order_by(Measurement.at)).all()
        assert [(one.value, one.status) for one in course] == [(0.2, "not_met"), (0.4, "not_met"), (0.6, "met")]
        version = row.version
    measured(world, target, runs[-1])
    with world.office.acting(world.actor("office")) as session:
        assert session.get(Target, target).version == version  # type: ignore[union-attr]


def test_counts_without_a_run(world: World) -> None:
    target = make_target(world, "count", 1, metric="circles_accepted", unit="个")
    with world.office.acting(world.actor("office")) as session:
        assert [(row.value, row.run_id) for row in measure_counts(session, world.programme)] == [(0.0, "")]
    make_pilot(world, "P1", "accepted")
    with world.office.acting(world.actor("office")) as session:
        assert [row.value for row in measure_counts(session, world.programme)] == [1.0]
        assert session.query(Measurement).filter_by(target_id=target).count() == 1


@pytest.mark.parametrize(
    ("kind", "key", "code"),
    [
        ("count", KEY, "measuring.not_bound"),
        ("indicator", {**KEY, "area_code": small_city.COMMUNITIES[5]}, "measuring.area_outside"),
        ("indicator", {**KEY, "indicator": "beauty"}, "measuring.unknown_indicator"),
        ("access_coverage", {**KEY, "variant": "land"}, "measuring.not_of_people"),
        ("access_coverage", {**KEY, "indicator": "nearest_m"}, "measuring.not_of_people"),
        ("access_coverage", {**KEY, "element": "*", "indicator": "blind_spot"}, "measuring.wrong_way"),
    ],
)
def test_what_cannot_be_bound_says_why(world: World, kind: str, key: dict[str, Any], code: str) -> None:
    target = make_target(world, kind, 0.5, area=EAST)
    with pytest.raises(InputError) as problem, world.office.acting(world.actor("office")) as session:
        bind_target(session, target, key)
    assert problem.value.code == code


def test_who_may_bind_and_where(world: World) -> None:
    target = make_target(world, "indicator", 0.5, area=EAST)
    for name in ("east", "civil", "community", "inspector"):
        with pytest.raises((PermissionDeniedError, NotFoundError)), world.office.acting(world.actor(name)) as session:
            bind_target(session, target, KEY)
    with pytest.raises(ChangedMeanwhileError), world.office.acting(world.actor("office")) as session:
        bind_target(session, target, KEY, version=7)
    with world.office.acting(world.actor("analyst")) as session:
        bind_target(session, target, KEY, version=1)
    with world.office.acting(world.office.system("t")) as session:
        assert "target.bind" in set(session.scalars(select(AuditEntry.action)))


def test_a_district_sees_its_own_measurements(world: World) -> None:
    make_target(world, "count", 1, metric="circles_accepted", area=EAST)
    west = make_target(world, "count", 1, metric="circles_accepted", area=WEST)
    measured(world, west, next_run(world, []))
    for name, number in (("east", 1), ("west", 1), ("office", 2), ("community", 0)):
        with world.office.acting(world.actor(name)) as session:
            assert len(session.rows(select(Measurement))) == number


def test_promises_are_measured(world: World) -> None:
    pilot = make_pilot(world, "P1", "building")
    promise = make_promise(world, pilot, KEY, 0.5)
    silent = make_promise(world, pilot, {**KEY, "variant": "land"}, 0.5)
    broken = make_promise(world, pilot, {"nothing": 1}, 0.5)
    run = next_run(world, [figure(FIRST, "coverage", 0.6, low=0.45, high=0.7, **AT)])
    with world.office.acting(world.actor("office")) as session:
        measure_promises(session, reader(world), run)
    with world.office.acting(world.actor("east")) as session:
        found = {one.id: (one, figure_, unsure) for one, figure_, unsure in promises_of(session, reader(world), pilot)}
        row, figure_, unsure = found[promise]
        assert (row.before, row.promised, row.measured, row.measured_status) == (0.2, 0.5, 0.6, "met")
        assert unsure
        assert figure_ is not None
        assert figure_.high == 0.7
        assert found[silent][0].measured_status == found[broken][0].measured_status == "no_data"
    older = next_run(world, [figure(FIRST, "coverage", 0.1, **AT)], when=LATER - timedelta(days=3), mark="old")
    with world.office.acting(world.actor("office")) as session:
        measure_promises(session, reader(world), older)
        assert session.get(Promise, promise).measured == 0.6  # type: ignore[union-attr]
    with pytest.raises(NotFoundError), world.office.acting(world.actor("west")) as session:
        promises_of(session, reader(world), pilot)
