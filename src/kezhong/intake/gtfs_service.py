"""From a timetable to departures by stop and hour on a representative weekday, Saturday and Sunday.

**Representative days.** Of all Wednesdays on which the feed has trips, the number of trips that most of them have is
the ordinary one (the larger of two equally frequent ones), and the first Wednesday with it, or the one nearest to the
day that the user names, represents the weekday; the same for Saturday and Sunday. Public holidays and the feed's ends
do not disturb it. A day type without a single trip in the whole feed is not known.

**Hours.** A service day may run past 24:00; such departures are counted in the small hours of the next calendar day,
so that the hours 0–23 of a day hold what leaves on that calendar day, from whichever service day.

**Departures.** One for each trip at each stop but its last; none where boarding is not possible or must be arranged
by telephone (``pickup_type`` 1 and 2). Trips of ``frequencies.txt`` are counted once for each of their runs. Times left
blank are interpolated along the straight lines between the trip's stops. A trip that calls at two records of one
stop, one after the other, leaves it once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from kezhong.intake.gtfs_feed import BLANK, Feed, days, seconds

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
#: Day type → weekday (Monday 0) that represents it.
REPRESENTATIVE = {"weekday": 2, "saturday": 5, "sunday": 6}
_DAY_S = 86_400
_NO_BOARDING = ("1", "2")
#: A calendar longer than this is a typing error or says nothing of any one week.
_MAX_DAYS = 36_600


@dataclass(frozen=True, eq=False, slots=True)
class Calls:
    """Rows of ``stop_times``, sorted by trip and sequence; all arrays (c,)."""

    trip: Ints  # position among the trips
    stop: Ints  # position among the stops
    second: Ints  # departure, seconds after the start of the service day
    boards: Flags  # somebody may get on here
    row: Ints  # row in the file


@dataclass(frozen=True, eq=False, slots=True)
class Days:
    """Which services run on which days of the feed: ``runs`` (services, days) from ``first`` on."""

    first: np.datetime64
    runs: Flags

    def on(self, day: np.datetime64) -> Flags:
        """Services (s,) that run on a day; none outside the feed."""
        at = int((day - self.first).astype(int))
        return self.runs[:, at] if 0 <= at < self.runs.shape[1] else np.zeros(len(self.runs), dtype=bool)


def read_days(feed: Feed) -> tuple[pd.Index, Days]:
    """Services of the feed and the days on which they run."""
    ids, spans = _calendar(feed)
    exceptions = _exceptions(feed)
    services = pd.Index(pd.unique(np.concatenate([ids, exceptions["service_id"].to_numpy(dtype=object)])))
    every = [*(span[0] for span in spans), *(span[1] for span in spans), *exceptions["date"].tolist()]
    if not every:
        return services, Days(np.datetime64("1970-01-01"), np.zeros((len(services), 0), dtype=bool))
    stamps = np.array(every, dtype="datetime64[D]")
    first, last = stamps.min(), stamps.max()
    n = min(int((last - first).astype(int)) + 1, _MAX_DAYS)
    runs = np.zeros((len(services), n), dtype=bool)
    weekday = ((first + np.arange(n)).astype("datetime64[D]").astype(int) + 3) % 7  # 1970-01-01 was a Thursday
    for service, (begin, end, pattern) in zip(services.get_indexer(ids).tolist(), spans, strict=True):
        span = slice(int((begin - first).astype(int)), int((end - first).astype(int)) + 1)
        runs[service, span] |= pattern[weekday[span]]
    at = (exceptions["date"].to_numpy(dtype="datetime64[D]") - first).astype(np.int64)
    inside = at < n
    kind = exceptions["exception_type"].to_numpy() == "1"
    runs[services.get_indexer(exceptions["service_id"])[inside], at[inside]] = kind[inside]
    return services, Days(first, runs)


def _calendar(feed: Feed) -> tuple[npt.NDArray[np.object_], list[tuple[np.datetime64, np.datetime64, Flags]]]:
    """Ids of the services of ``calendar.txt`` and (first day, last day, (7,) weekdays) of each."""
    table = "calendar.txt"
    if not feed.has(table):
        return np.empty(0, dtype=object), []
    frame = feed.frame(table, ("service_id", *_WEEK, "start_date", "end_date"))
    bad = np.zeros(len(frame), dtype=bool)
    ends = []
    for column in ("start_date", "end_date"):
        day, wrong = days(frame[column])
        _reject(feed, table, frame, wrong & ~bad, "intake_gtfs.bad_date", column)
        bad |= wrong
        ends.append(day)
    backwards = ~bad & (ends[1] < ends[0])
    _reject(feed, table, frame, backwards, "intake_gtfs.backward_dates", "end_date")
    bad |= backwards
    for column in _WEEK:
        wrong = ~frame[column].isin(["0", "1"]).to_numpy(dtype=bool) & ~bad
        _reject(feed, table, frame, wrong, "intake_gtfs.bad_flag", column)
        bad |= wrong
    pattern = (frame[list(_WEEK)] == "1").to_numpy(dtype=bool)
    good = np.flatnonzero(~bad)
    spans = [(ends[0][at], ends[1][at], pattern[at]) for at in good.tolist()]
    return frame["service_id"].to_numpy(dtype=object)[good], spans


def _exceptions(feed: Feed) -> pd.DataFrame:
    """Good rows of ``calendar_dates.txt``: ``service_id``, ``date``, ``exception_type``."""
    table = "calendar_dates.txt"
    if not feed.has(table):
        return pd.DataFrame(
            {"service_id": pd.Series(dtype=object), "date": pd.Series(dtype="datetime64[s]"), "exception_type": ""}
        )
    frame = feed.frame(table, ("service_id", "date", "exception_type"))
    day, wrong = days(frame["date"])
    _reject(feed, table, frame, wrong, "intake_gtfs.bad_date", "date")
    unknown = ~frame["exception_type"].isin(["1", "2"]).to_numpy(dtype=bool) & ~wrong
    _reject(feed, table, frame, unknown, "intake_gtfs.bad_exception", "exception_type")
    return frame.assign(date=day)[~wrong & ~unknown].reset_index(drop=True)


def read_calls(feed: Feed, trips: pd.Index, stops: pd.Index, xy: npt.NDArray[np.float64]) -> Calls:
    """Read ``stop_times.txt`` block by block and fill in the times that it leaves blank.

    Parameters
    ----------
    trips, stops
        Known ids.
    xy
        (stops, 2) metres, for the interpolation.
    """
    table = "stop_times.txt"
    needed = ("trip_id", "departure_time", "stop_id", "stop_sequence")
    parts = [
        _block(feed, table, row, batch.to_pandas(), trips, stops)
        for row, batch in feed.blocks(table, needed, ("arrival_time", "pickup_type"))
    ]
    empty = np.empty(0, dtype=np.int64)
    trip, stop, second, boards, sequence, row = (
        (np.concatenate(column) for column in zip(*parts, strict=True)) if parts else (empty,) * 6
    )
    order = np.lexsort((row, sequence, trip))
    trip, stop, second, row, sequence = trip[order], stop[order], second[order], row[order], sequence[order]
    twice = np.r_[False, (trip[1:] == trip[:-1]) & (sequence[1:] == sequence[:-1])] if len(trip) else np.zeros(0, bool)
    feed.reject(table, row[twice], "intake_gtfs.duplicate_sequence", "stop_sequence", sequence[twice].tolist())
    calls = Calls(trip, stop, second, boards[order].astype(bool), row)
    return _timed(feed, table, _take(calls, ~twice), xy)


def _block(
    feed: Feed, table: str, first: int, frame: pd.DataFrame, trips: pd.Index, stops: pd.Index
) -> tuple[Ints, ...]:
    """Numbers of one block's good rows: trip, stop, second, boards, sequence, row."""
    row = np.arange(len(frame), dtype=np.int64) + first
    good = np.ones(len(frame), dtype=bool)

    def need(wrong: Flags, code: str, column: str) -> None:
        found = wrong & good
        feed.reject(table, row[found], code, column, frame[column].to_numpy(dtype=object)[found].tolist())
        good[found] = False

    trip = _positions(trips, frame["trip_id"])
    need(trip < 0, "intake_gtfs.unknown_trip", "trip_id")
    stop = _positions(stops, frame["stop_id"])
    need(stop < 0, "intake_gtfs.unknown_stop", "stop_id")
    code, distinct = pd.factorize(frame["stop_sequence"].str.strip())
    numbers = np.array([int(text) if text.isdecimal() else -1 for text in distinct] or [-1], dtype=np.int64)
    sequence = numbers[code]
    need(sequence < 0, "intake_gtfs.bad_sequence", "stop_sequence")
    second, wrong = seconds(frame["departure_time"])
    need(wrong, "intake_gtfs.bad_time", "departure_time")
    if "arrival_time" in frame.columns:  # one of the two is enough
        arrival, wrong = seconds(frame["arrival_time"])
        need(wrong, "intake_gtfs.bad_time", "arrival_time")
        second = np.where(second == BLANK, arrival, second)
    boards = np.ones(len(frame), dtype=np.int64)
    if "pickup_type" in frame.columns:
        boards = (~frame["pickup_type"].str.strip().isin(_NO_BOARDING)).to_numpy(dtype=np.int64)
    return trip[good], stop[good], second[good], boards[good], sequence[good], row[good]


def _timed(feed: Feed, table: str, calls: Calls, xy: npt.NDArray[np.float64]) -> Calls:
    """Calls with every time known; a trip that goes back in time, or whose first or last time is blank, is a fault."""
    n = len(calls.trip)
    if n == 0:
        return calls
    known = calls.second != BLANK
    here = np.arange(n)
    before = np.maximum.accumulate(np.where(known, here, -1))
    after = np.minimum.accumulate(np.where(known, here, n)[::-1])[::-1]
    alone = (before < 0) | (after >= n)
    before, after = np.where(alone, here, before), np.where(alone, here, after)
    alone |= (calls.trip[before] != calls.trip) | (calls.trip[after] != calls.trip)
    feed.reject(table, calls.row[alone], "intake_gtfs.no_time", "departure_time", [""] * int(alone.sum()))
    step = np.r_[0.0, np.hypot(*np.diff(xy[calls.stop], axis=0).T)] if n > 1 else np.zeros(n)
    along = np.cumsum(step)
    length = along[after] - along[before]
    share = np.divide(along - along[before], length, out=np.zeros(n), where=length > 0)
    span = calls.second[after] - calls.second[before]
    second = np.where(known, calls.second, calls.second[before] + np.floor(share * span).astype(np.int64))
    back = np.r_[False, (calls.trip[1:] == calls.trip[:-1]) & (second[1:] < second[:-1])] & ~alone & known
    back[1:] &= ~alone[:-1]
    feed.reject(table, calls.row[back], "intake_gtfs.backward_time", "departure_time", _clock(second[back]))
    return _take(Calls(calls.trip, calls.stop, second, calls.boards, calls.row), ~alone & ~back)


def read_runs(feed: Feed, trips: pd.Index) -> pd.DataFrame:
    """Good rows of ``frequencies.txt``: ``trip``, ``start`` and ``headway`` in seconds, ``runs``."""
    table = "frequencies.txt"
    columns = ("trip_id", "start_time", "end_time", "headway_secs")
    if not feed.has(table):
        return pd.DataFrame({name: pd.Series(dtype=np.int64) for name in ("trip", "start", "headway", "runs")})
    frame = feed.frame(table, columns)
    trip = _positions(trips, frame["trip_id"])
    good = trip >= 0
    _reject(feed, table, frame, ~good, "intake_gtfs.unknown_trip", "trip_id")
    times = []
    for column in ("start_time", "end_time"):
        second, wrong = seconds(frame[column])
        wrong |= second == BLANK
        _reject(feed, table, frame, wrong & good, "intake_gtfs.bad_time", column)
        good &= ~wrong
        times.append(second)
    headway = np.array([int(text) if text.isdecimal() else 0 for text in frame["headway_secs"]], dtype=np.int64)
    _reject(feed, table, frame, (headway <= 0) & good, "intake_gtfs.bad_headway", "headway_secs")
    good &= headway > 0
    backwards = (times[1] < times[0]) & good
    _reject(feed, table, frame, backwards, "intake_gtfs.backward_time", "end_time")
    good &= ~backwards
    runs = -(-(times[1] - times[0]) // np.maximum(headway, 1))
    return pd.DataFrame({"trip": trip, "start": times[0], "headway": headway, "runs": runs})[good]


def departures_of(calls: Calls, runs: pd.DataFrame, group: Ints) -> tuple[Ints, Ints, Ints]:
    """Every departure of a service day: trip, group of stops, second; each (d,).

    Parameters
    ----------
    group
        (stops,) number of the facility each stop belongs to; −1: none.
    """
    if not len(calls.trip):
        return calls.trip, calls.stop, calls.second
    where = group[calls.stop]
    goes_on = np.r_[calls.trip[1:] == calls.trip[:-1], False]
    same_next = np.r_[where[1:] == where[:-1], False] & goes_on
    leaves = calls.boards & goes_on & ~same_next & (where >= 0)
    start = np.r_[True, calls.trip[1:] != calls.trip[:-1]]
    offset = calls.second - calls.second[np.maximum.accumulate(np.where(start, np.arange(len(start)), 0))]
    repeated = np.isin(calls.trip, runs["trip"].to_numpy())
    once = leaves & ~repeated
    table = pd.DataFrame({"trip": calls.trip, "where": where, "offset": offset})[leaves & repeated]
    table = table.merge(runs, on="trip")
    count = table["runs"].to_numpy(dtype=np.int64)
    turn = np.arange(int(count.sum())) - np.repeat(np.cumsum(count) - count, count)
    begin, headway = (table[name].to_numpy(dtype=np.int64) for name in ("start", "headway"))
    second = np.repeat(begin + table["offset"].to_numpy(dtype=np.int64), count) + turn * np.repeat(headway, count)
    trip, spot = (np.repeat(table[name].to_numpy(dtype=np.int64), count) for name in ("trip", "where"))
    return np.r_[calls.trip[once], trip], np.r_[where[once], spot], np.r_[calls.second[once], second]


def representative(feed_days: Days, weight: Ints, near: np.datetime64 | None = None) -> dict[str, np.datetime64]:
    """Day type → the day that represents it; day types without a trip are left out.

    Parameters
    ----------
    weight
        (services,) trips of each service.
    near
        Of the ordinary days take the one nearest to this; default: the first.
    """
    n = feed_days.runs.shape[1]
    number = weight @ feed_days.runs
    weekday = ((feed_days.first + np.arange(n)).astype("datetime64[D]").astype(int) + 3) % 7
    found: dict[str, np.datetime64] = {}
    for name, wanted in REPRESENTATIVE.items():
        mine = np.flatnonzero((weekday == wanted) & (number > 0))
        if len(mine):
            values, counts = np.unique(number[mine], return_counts=True)
            usual = values[counts == counts.max()].max()
            usual_days = mine[number[mine] == usual]
            wanted_at = 0 if near is None else int((near - feed_days.first).astype(int))
            found[name] = feed_days.first + int(usual_days[np.abs(usual_days - wanted_at).argmin()])
    return found


def by_hour(
    departures: tuple[Ints, Ints, Ints], service_of: Ints, feed_days: Days, chosen: dict[str, np.datetime64], n: int
) -> pd.DataFrame:
    """Rows ``group``, ``day_type``, ``hour``, ``departures`` (above zero) for the chosen calendar days."""
    trip, where, second = departures
    pages = []
    for day_type, day in chosen.items():
        counts = np.zeros((n, 24), dtype=np.int64)
        for shift in range(3):
            runs = feed_days.on(day - shift)[service_of[trip]]
            now = runs & (second // _DAY_S == shift)
            np.add.at(counts, (where[now], second[now] % _DAY_S // 3600), 1)
        group, hour = np.nonzero(counts)
        pages.append(
            pd.DataFrame({"group": group, "day_type": day_type, "hour": hour, "departures": counts[group, hour]})
        )
    return pd.concat(pages, ignore_index=True)


def _take(calls: Calls, keep: Flags) -> Calls:
    return Calls(calls.trip[keep], calls.stop[keep], calls.second[keep], calls.boards[keep], calls.row[keep])


def _positions(known: pd.Index, texts: pd.Series) -> Ints:
    """Positions of ids; −1: unknown."""
    code, distinct = pd.factorize(texts)
    found = known.get_indexer(pd.Index([text.strip() for text in distinct], dtype=object))
    return np.asarray(np.r_[found, -1][code], dtype=np.int64)


def _reject(feed: Feed, table: str, frame: pd.DataFrame, wrong: Flags, code: str, column: str) -> None:
    rows = frame["row"].to_numpy(dtype=np.int64)[wrong]
    feed.reject(table, rows, code, column, frame[column].to_numpy(dtype=object)[wrong].tolist())


def _clock(second: Ints) -> list[str]:
    return [f"{one // 3600:02d}:{one // 60 % 60:02d}:{one % 60:02d}" for one in second.tolist()]
