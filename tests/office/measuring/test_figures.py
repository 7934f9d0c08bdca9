"""Figures read by key: what is there, what says why it has no value, and what is not there at all."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest

from kezhong.errors import InputError, NotFoundError
from kezhong.office.measuring.figures import normal_key
from kezhong.office.measuring.targets import bindable
from measuring_world import ELEMENT, FIRST, figure, next_run, reader
from office_world import World

KEY = {
    "area_code": FIRST, "element": ELEMENT, "indicator": "coverage", "variant": "population", "threshold": 500.0,
    "threshold_unit": "m",
}  # fmt: skip
AT = {"variant": "population", "threshold": 500.0, "threshold_unit": "m"}


def test_a_figure_has_its_parts(world: World) -> None:
    row = figure(FIRST, "coverage", 0.6, numerator=60.0, denominator=100.0, low=0.5, high=0.7, status="meets", **AT)
    run = next_run(
        world, [row, figure(FIRST, "coverage", 0.9, variant="population", threshold=1000.0, threshold_unit="m")]
    )
    found = reader(world).figure(run, KEY)
    assert (found.known, found.value, found.numerator, found.denominator) == (True, 0.6, 60.0, 100.0)
    assert (found.low, found.high, found.status, found.unit, found.quality) == (0.5, 0.7, "meets", "share", 87.0)
    assert reader(world).figure(run, {**KEY, "threshold": 1000}).value == 0.9


@pytest.mark.parametrize(
    "status", ["not_detected", "no_data", "data_insufficient", "confirmed_absent", "not_applicable"]
)
def test_the_kinds_of_not_knowing_stay_apart(world: World, status: str) -> None:
    run = next_run(world, [figure(FIRST, "coverage", np.nan, status=status, reason="none_found", **AT)])
    found = reader(world).figure(run, KEY)
    assert (found.known, found.value, found.status, found.reason) == (True, None, status, "none_found")


def test_an_unknown_key_is_no_data_and_says_so(world: World) -> None:
    run = next_run(world, [figure(FIRST, "coverage", 0.6, **AT)])
    find = reader(world).figure
    for other in ({"area_code": "999"}, {"threshold": 501.0}, {"variant": "land"}, {"walker": "standard"}):
        found = find(run, {**KEY, **other})
        assert (found.known, found.status, found.reason) == (False, "no_data", "no_row")
    assert find(run, {**KEY, "basis_hash": "another"}).reason == "other_basis"
    assert find(run, KEY).value == 0.6


def test_a_value_that_is_missing_is_no_data(world: World) -> None:
    run = next_run(world, [figure(FIRST, "coverage", np.nan, status="informative", **AT)])
    found = reader(world).figure(run, KEY)
    assert (found.known, found.status, found.reason) == (True, "no_data", "no_value")


def test_the_newest_run_of_a_snapshot(world: World) -> None:
    find = reader(world)
    first = find.default()
    assert first is not None  # the small city's own
    run = next_run(world, [figure(FIRST, "coverage", 0.6, **AT)])
    assert find.default().id == run  # type: ignore[union-attr]
    assert find.newest(snapshot=str(first.manifest["snapshot"])).id == first.id  # type: ignore[union-attr]
    assert find.newest(walker="elderly") is None
    assert find.newest(basis="none") is None


def test_a_run_written_anew_is_read_anew(world: World) -> None:
    run = next_run(world, [figure(FIRST, "coverage", 0.6, **AT)])
    assert reader(world).figure(run, KEY).value == 0.6
    again = next_run(world, [figure(FIRST, "coverage", 0.7, **AT)])
    assert again == run
    file = world.office.city_folder / "runs" / run / "manifest.json"
    os.utime(file, ns=(1, file.stat().st_mtime_ns + 5_000_000))
    assert reader(world).figure(run, KEY).value == 0.7


@pytest.mark.parametrize("run", ["r-0000000000000000", "../../etc", "r-..", "", "r-a/b"])
def test_no_such_run(world: World, run: str) -> None:
    with pytest.raises(NotFoundError):
        reader(world).run(run)


@pytest.mark.parametrize(
    "bad", [{"area_code": ""}, {"indicator": ""}, {"run": "r-1"}, {"threshold": "x"}, {"element": 3}]
)
def test_a_key_that_is_none(bad: dict[str, Any]) -> None:
    with pytest.raises(InputError) as problem:
        normal_key({**KEY, **bad})
    assert problem.value.code == "measuring.bad_key"


def test_what_a_target_can_be_bound_to(world: World) -> None:
    next_run(
        world, [figure(FIRST, "coverage", 0.6, **AT), figure(FIRST, "nearest_m", 300.0, unit="m", variant="population")]
    )
    found = bindable(reader(world), FIRST, ELEMENT)
    assert [(one["key"]["indicator"], one["of_people"]) for one in found] == [("coverage", True), ("nearest_m", False)]
    assert reader(world).figure(found[0]["figure"]["run_id"], found[0]["key"]).value == 0.6
