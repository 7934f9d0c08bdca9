"""Public transport stops by hour: a stop serves in an hour when its departures follow each other closely enough."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from kezhong.assess.week import BITS, HOLIDAY, Reading, WeekMasks, from_flags

#: A stop serves in an hour when the mean headway is at most so many minutes; 建议值(待核).
HEADWAY_MIN = 30.0
#: Bits of each day type of a timetable; a public holiday has Sunday's timetable.
_DAYS: dict[str, tuple[slice, ...]] = {
    "weekday": tuple(slice(24 * day, 24 * day + 24) for day in range(5)),
    "saturday": (slice(120, 144),),
    "sunday": (slice(144, 168), slice(HOLIDAY, BITS)),
}


def stop_masks(
    facility_ids: Sequence[str],
    service: pd.DataFrame,
    *,
    headway_min: float = HEADWAY_MIN,
    source_refs: Sequence[str] | None = None,
) -> WeekMasks:
    """Masks of the hours in which stops are served.

    Parameters
    ----------
    facility_ids
        (n,) stops.
    service
        Layer ``stop_service``: ``facility_id``, ``day_type``, ``hour``, ``departures``, ``source``.
    headway_min
        Longest mean headway (60 ÷ departures in the hour) that still is a service, in minutes.
    source_refs
        (n,) ids of all records joined into each stop, separated by blanks (column of ``service_points``). They are
        mostly the two sides of one road: the record with the most departures in an hour counts, since nobody waits
        for either direction alike.

    Returns
    -------
    A stop that is in no timetable is unknown (:attr:`Reading.MISSING`). A day type on which the whole source has no
    departure is unknown, not without service: a feed of weekdays says nothing about Sundays.

    Raises
    ------
    ValueError
        ``headway_min`` is not above zero.
    """
    if not headway_min > 0:
        msg = f"headway_min must be above zero, not {headway_min}"
        raise ValueError(msg)
    n = len(facility_ids)
    departures, told = departures_by_hour(facility_ids, service, source_refs)
    surely = told & (departures * headway_min >= 60.0)
    reading = np.where(told.any(axis=1), Reading.STATED, Reading.MISSING).astype(np.uint8)
    return WeekMasks(from_flags(surely), from_flags(surely | ~told), reading) if n else _nothing()


def departures_by_hour(
    facility_ids: Sequence[str], service: pd.DataFrame, source_refs: Sequence[str] | None = None
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Departures of stops in each of the 192 hours, (n, 192), and whether the timetable says anything about it."""
    n = len(facility_ids)
    owner = pd.Series(facility_ids, dtype=object)
    if source_refs is not None:
        owner = pd.Series(source_refs, dtype=object).fillna("").str.split().explode()
    place = pd.DataFrame({"facility_id": owner.to_numpy(dtype=object), "at": owner.index.to_numpy()})
    place = place.dropna().drop_duplicates()
    rows = place.merge(service, on="facility_id")
    ids = place["facility_id"].astype(str)
    told = np.zeros((n, BITS), dtype=bool)
    departures = np.zeros((n, BITS), dtype=np.int64)
    for day, spans in _DAYS.items():
        mine = rows[rows["day_type"] == day]
        by_hour = np.zeros((n, 24), dtype=np.int64)
        hour = mine["hour"].to_numpy(dtype=np.int64)
        np.maximum.at(by_hour, (mine["at"].to_numpy(dtype=np.int64), hour), mine["departures"].to_numpy(dtype=np.int64))
        prefixes = tuple(f"{source}:" for source in service.loc[service["day_type"] == day, "source"].unique())
        known = place.loc[ids.str.startswith(prefixes), "at"].to_numpy(dtype=np.int64)
        for span in spans:
            departures[:, span] = by_hour
            told[known, span] = True
    return departures, told


def _nothing() -> WeekMasks:
    empty = np.zeros((0, 3), dtype=np.uint64)
    return WeekMasks(empty, empty, np.zeros(0, dtype=np.uint8))
