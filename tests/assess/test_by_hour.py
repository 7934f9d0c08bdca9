"""Coverage by hour of whole cities: planted hours on a lattice, off-peak opening, a real timetable."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely

from assess.cities import CRS, EAST, NORTH, Lattice
from kezhong.assess.by_hour import city_hours
from kezhong.assess.offpeak import off_peak_services, schedule_of
from kezhong.assess.windows import window_coverage
from kezhong.catalogue import load_basis
from kezhong.city.crs import to_projected
from kezhong.city.workspace import City
from kezhong.errors import DataMissingError

BASIS = "kezhong-default"


def _threshold_m(element: str) -> float:
    rules = [rule for rule in load_basis(BASIS).requirements if rule.element == element and rule.threshold is not None]
    assert {rule.threshold.unit for rule in rules if rule.threshold} == {"m"}
    return max(rule.threshold.value for rule in rules if rule.threshold)


def _share(found: object, element: str, day: int, hour: int) -> tuple[float, float]:
    coverage = found.coverage  # type: ignore[attr-defined]
    row = coverage.elements.index(element)
    sure, maybe = coverage.shares()
    return float(sure[row, 0, 24 * day + hour]), float(maybe[row, 0, 24 * day + hour])


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> City:
    """2 km × 1 km; pharmacies at both ends, one by day, one round the clock; a school in the middle."""
    lattice = Lattice(tmp_path_factory.mktemp("town"))
    lattice.add("pharmacy", 0.0, 500.0, hours="周一至周五 8:00-20:00")
    lattice.add("pharmacy", 2000.0, 500.0, hours="24小时")
    lattice.add("pharmacy", 1000.0, 500.0, hours="详见门口")
    lattice.add("primary_school", 1000.0, 500.0)
    lattice.add("small_sports_ground", 0.0, 0.0, hours="06:00-08:00")
    return lattice.build()


def test_hours_on_a_lattice(town: City) -> None:
    found = city_hours(town, BASIS, level="city", elements=["pharmacy"])
    assert found.hours.counts() == {"stated": 2, "assumed": 0, "missing": 0, "unread": 1}
    assert found.hours.unread == (("详见门口", 1),)
    # By brute force: people live at crossings of a lattice, where ways have Manhattan lengths.
    demand = town.geo("demand")
    people = demand["people"].to_numpy(dtype=float)
    xy = to_projected(shapely.get_coordinates(np.asarray(demand.geometry.array)), CRS) - [EAST, NORTH]
    ends = [np.abs(xy - [x, 500.0]).sum(axis=1) <= _threshold_m("pharmacy") + 0.05 for x in (0.0, 1000.0, 2000.0)]
    by_day, notice, always = ends
    wednesday_noon, wednesday_night = _share(found, "pharmacy", 2, 12), _share(found, "pharmacy", 2, 3)
    assert wednesday_noon[0] == pytest.approx(people[by_day | always].sum() / people.sum())
    assert wednesday_night[0] == pytest.approx(people[always].sum() / people.sum())
    assert wednesday_night[1] == pytest.approx(people[always | notice].sum() / people.sum())
    assert wednesday_night[1] > wednesday_night[0] > 0
    assert _share(found, "pharmacy", 5, 12) == wednesday_night  # Saturdays as at night
    assert found.coverage.people.sum() == pytest.approx(demand["people"].sum())
    night = window_coverage(found.surely, "Mo-Su 22:00-06:00", found.people, found.area_of, 1)
    assert night[0, 0] == pytest.approx(wednesday_night[0])


def test_communities_sum_up_to_the_city(town: City) -> None:
    whole = city_hours(town, BASIS, level="city").coverage
    parts = city_hours(town, BASIS).coverage
    assert len(parts.areas) == 4
    np.testing.assert_allclose(parts.surely.sum(axis=1), whole.surely[:, 0])
    np.testing.assert_allclose(parts.possibly.sum(axis=1), whole.possibly[:, 0])


def test_school_grounds_open_in_the_evening(town: City) -> None:
    element = "small_sports_ground"
    rows = off_peak_services(town.layer("service_points"), schedule_of())
    before = city_hours(town, BASIS, level="city", elements=[element])
    after = city_hours(town, BASIS, level="city", elements=[element], services=rows)
    assert _share(before, element, 2, 19)[0] == 0.0
    assert _share(after, element, 2, 19)[0] > 0.0
    assert _share(after, element, 2, 12) == _share(before, element, 2, 12) == (0.0, 0.0)  # lessons
    assert _share(after, element, 2, 7) == _share(before, element, 2, 7)
    assert _share(after, element, 7, 12)[0] > 0.0  # on a public holiday
    assert (after.coverage.surely >= before.coverage.surely).all()


def test_a_timetable_tells_the_hours_of_stops(tmp_path: Path) -> None:
    lattice = Lattice(tmp_path)
    stop = lattice.add("bus_stop", 1000.0, 500.0)
    city = lattice.build()
    unknown = city_hours(city, BASIS, level="city", elements=["bus_stop"])
    assert _share(unknown, "bus_stop", 2, 8)[0] == 0.0
    assert _share(unknown, "bus_stop", 2, 8)[1] > 0.0
    source = stop.partition(":")[0]
    with city.edit("timetable") as edit:
        rows = [(stop, "weekday", 8, 3), (stop, "weekday", 9, 1)]
        frame = pd.DataFrame(rows, columns=["facility_id", "day_type", "hour", "departures"])
        edit.put("stop_service", source, frame.assign(source=source))
    city = city.refresh()
    timed = city_hours(city, BASIS, level="city", elements=["bus_stop"])
    share = _share(unknown, "bus_stop", 2, 8)[1]
    assert _share(timed, "bus_stop", 2, 8) == (share, share)
    assert _share(timed, "bus_stop", 2, 9) == (0.0, 0.0)  # an hour between two buses
    assert _share(timed, "bus_stop", 5, 8) == (0.0, share)  # nobody told about Saturdays
    often = city_hours(city, BASIS, level="city", elements=["bus_stop"], headway_min=60)
    assert _share(often, "bus_stop", 2, 9) == (share, share)


def test_without_streets(empty_city: City) -> None:
    with pytest.raises(DataMissingError) as caught:
        city_hours(empty_city, BASIS)
    assert caught.value.code == "assess.no_streets"
