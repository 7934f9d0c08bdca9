"""Stops by hour: headways, day types that are not known, joined records."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kezhong.assess.stops import departures_by_hour, stop_masks
from kezhong.assess.week import Reading, to_flags

SERVICE = pd.DataFrame(
    [
        ("gtfs:A", "weekday", 7, 4, "gtfs"),
        ("gtfs:A", "weekday", 8, 2, "gtfs"),
        ("gtfs:A", "weekday", 9, 1, "gtfs"),
        ("gtfs:A", "sunday", 10, 2, "gtfs"),
        ("gtfs:B", "weekday", 7, 1, "gtfs"),
        ("gtfs:B", "weekday", 9, 3, "gtfs"),
        ("metro:A", "weekday", 0, 2, "metro"),
    ],
    columns=["facility_id", "day_type", "hour", "departures", "source"],
)


def test_headway() -> None:
    masks = stop_masks(["gtfs:A", "gtfs:C", "osm:n1"], SERVICE)
    assert masks.reading.tolist() == [Reading.STATED, Reading.STATED, Reading.MISSING]
    sure, maybe = (to_flags(one).reshape(3, 8, 24) for one in (masks.surely, masks.possibly))
    for day in range(5):
        assert np.flatnonzero(sure[0, day]).tolist() == [7, 8]  # 15 and 30 minutes; 60 are too long
        assert (sure[0, day] == maybe[0, day]).all()
    # No Saturday in the whole feed: not known. A holiday has Sunday's timetable.
    assert not sure[0, 5].any()
    assert maybe[0, 5].all()
    assert np.flatnonzero(sure[0, 6]).tolist() == np.flatnonzero(sure[0, 7]).tolist() == [10]
    # A stop of the feed at which nothing leaves is surely not served on the days that the feed knows.
    assert not maybe[1, :5].any()
    assert maybe[1, 5].all()
    assert maybe[2].all()


@pytest.mark.parametrize(("headway", "hours"), [(60, [7, 8, 9]), (30, [7, 8]), (29.9, [7]), (15, [7]), (10, [])])
def test_a_shorter_headway_is_never_better(headway: float, hours: list[int]) -> None:
    sure = to_flags(stop_masks(["gtfs:A"], SERVICE, headway_min=headway).surely)[0, :24]
    assert np.flatnonzero(sure).tolist() == hours


def test_joined_records_count_with_their_better_side() -> None:
    departures, told = departures_by_hour(["gtfs:A"], SERVICE, ["gtfs:A gtfs:B osm:n5"])
    assert departures[0, 7:10].tolist() == [4, 2, 3]
    assert told[0, :120].all()
    both, _ = departures_by_hour(["gtfs:A"], SERVICE, ["gtfs:A metro:A"])
    assert both[0, [0, 7]].tolist() == [2, 4]


def test_nothing_and_nonsense() -> None:
    assert len(stop_masks([], SERVICE)) == 0
    empty = stop_masks(["gtfs:A"], SERVICE.iloc[:0])
    assert empty.counts()["missing"] == 1
    with pytest.raises(ValueError, match="headway"):
        stop_masks(["gtfs:A"], SERVICE, headway_min=0)
