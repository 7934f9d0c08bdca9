"""``kezhong import gtfs``: stops of a GTFS timetable as facilities, with their departures by hour."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from kezhong.catalogue import load_catalogue
from kezhong.city.crs import GEOGRAPHIC, projected_crs_for, to_projected
from kezhong.city.files import write_atomically
from kezhong.city.vocabulary import Datum, FacilityStatus
from kezhong.city.workspace import City
from kezhong.errors import InputError
from kezhong.intake import datum as datums
from kezhong.intake import derive
from kezhong.intake import gtfs_service as timetable
from kezhong.intake.extent import outline
from kezhong.intake.gtfs_feed import Fault, Feed, open_feed
from kezhong.intake.report import ImportReport, Note, Skipped
from kezhong.intake.storing import put_layers
from kezhong.progress import Progress, silent

Ints = npt.NDArray[np.int64]

#: Stops that share a kind of service and are closer than this are one place, unless the feed names their station.
NEAR_M = 5.0
BUS, RAIL = "bus_stop", "rail_station"
#: Route types of GTFS and its extended list → element: (first, last, element). The others (railways between towns,
#: ferries, cable cars …) serve no element of the catalogue.
_MODES = (
    (0, 1, RAIL),
    (3, 3, BUS),
    (5, 5, RAIL),
    (11, 11, BUS),
    (12, 12, RAIL),
    (109, 109, RAIL),
    (400, 405, RAIL),
    (700, 799, BUS),
    (800, 800, BUS),
    (900, 999, RAIL),
)
_BLANKS = re.compile(r"\s")
_WHEELCHAIR = {"1": "yes", "2": "no"}


@dataclass(frozen=True, eq=False, slots=True)
class _Stops:
    """Rows of ``stops.txt`` (as the feed has them), their places in metres and in WGS 84."""

    frame: pd.DataFrame
    lonlat: npt.NDArray[np.float64]
    xy: npt.NDArray[np.float64]


def import_gtfs(
    city: City,
    file: str | Path,
    *,
    source: str | None = None,
    datum: str | None = None,
    as_of: str | None = None,
    allow_rejects: bool = False,
    progress: Progress = silent,
) -> ImportReport:
    """Import the stops of a GTFS feed and their departures by hour; a second import of the same source replaces it.

    Stops of one station, and stops with a common kind of service within 5 m of each other, become one facility. Which
    days are counted and how is described in :mod:`kezhong.intake.gtfs_service`.

    Parameters
    ----------
    source
        Name of the source, default ``gtfs``; several operators need several names.
    datum
        Of the coordinates, default WGS 84, as the format demands.
    as_of
        Day the data describe; the ordinary days nearest to it are counted. Default: the feed's first ordinary
        Wednesday, Saturday and Sunday; then the data describe that Wednesday.
    allow_rejects
        Leave wrong rows out and write them to a file, instead of refusing the whole.

    Raises
    ------
    InputError
        No GTFS feed, tables or columns missing, a wrong row (with file, row, column and value), nothing to take, or
        most stops outside the city.
    """
    path = Path(file).expanduser()
    name = source or "gtfs"
    where = datums.parse_datum(datum) if datum else Datum.WGS84.value
    with open_feed(path) as feed:
        progress(0.0, "intake_gtfs.step_reading")
        stops = _read_stops(feed, where)
        services, feed_days = timetable.read_days(feed)
        trips, service_of, element_of = _read_trips(feed, services)
        progress(0.1, "intake_gtfs.step_times")
        calls = timetable.read_calls(feed, trips, pd.Index(stops.frame["stop_id"]), stops.xy)
        runs = timetable.read_runs(feed, trips)
        feed.settle(allow_rejects)
        read, faults = len(stops.frame), feed.faults
    _check_place(city, stops, where, path.name)
    progress(0.6, "intake_gtfs.step_counting")
    kind = _kinds(stops, calls, element_of)
    group, leads = _groups(stops, kind)
    departures = timetable.departures_of(calls, runs, group)
    weight = np.bincount(service_of, weights=_runs_of(len(trips), runs), minlength=len(services)).astype(np.int64)
    chosen = timetable.representative(feed_days, weight, _day(as_of))
    if not len(departures[0]) or not chosen:
        raise InputError("intake_gtfs.no_departures", file=path.name, stops=read, trips=len(trips))
    counts = timetable.by_hour(departures, service_of, feed_days, chosen, len(leads))
    served = np.unique(departures[1])
    day = as_of or str(chosen.get("weekday", next(iter(chosen.values()))))
    common = {"source": name, "as_of": day}
    facilities = _facilities(stops, leads[served], name, path.name).assign(**common, source_datum=where)
    layers = {
        "facilities": facilities,
        "facility_services": _services(stops, kind, group, served, leads, name).assign(source=name),
        "stop_service": counts.assign(facility_id=_ids(stops, leads[counts["group"]], name), **common).drop(
            columns="group"
        ),
    }
    with city.edit(f"import gtfs {name}: {path.name}") as edit:
        progress(0.7, "intake_gtfs.step_writing")
        put_layers(edit, name, layers)
        derive.refresh(edit, {"facilities", "facility_services"})
    progress(1.0, "intake_gtfs.step_done")
    rejects = _write_rejects(city.folder, name, faults) if faults else None
    return ImportReport(
        "gtfs",
        name,
        read,
        len(facilities),
        skipped=tuple(
            Skipped(f"{one.file}!{one.row}", one.error.message("zh"), one.error.message("en")) for one in faults
        ),
        notes=tuple(_notes(stops, kind, group, served, chosen, counts)),
        snapshot_id=city.refresh().snapshot.id,
        rejects=str(rejects) if rejects else None,
    )


def _read_stops(feed: Feed, where: str) -> _Stops:
    table = "stops.txt"
    optional = ("stop_name", "location_type", "parent_station", "wheelchair_boarding")
    frame = feed.frame(table, ("stop_id", "stop_lat", "stop_lon"), optional)
    lonlat = np.column_stack([pd.to_numeric(frame[name], errors="coerce") for name in ("stop_lon", "stop_lat")])
    lonlat = lonlat.astype(np.float64)
    # Nodes and boarding areas within a station (types 3 and 4) need no position of their own; nobody leaves from them.
    inner = frame["location_type"].isin(["3", "4"]).to_numpy(dtype=bool)
    bad = np.zeros(len(frame), dtype=bool)
    for column, at, bound in (("stop_lon", 0, 180.0), ("stop_lat", 1, 90.0)):
        wrong = ~(np.abs(lonlat[:, at]) <= bound) & ~inner & ~bad
        _reject(feed, table, frame, wrong, "intake_gtfs.bad_coordinate", column)
        bad |= wrong
    zero = (lonlat == 0).all(axis=1) & ~inner & ~bad
    _reject(feed, table, frame, zero, "intake_gtfs.bad_coordinate", "stop_lat")
    twice = frame["stop_id"].duplicated().to_numpy(dtype=bool) | (frame["stop_id"] == "").to_numpy(dtype=bool)
    _reject(feed, table, frame, twice & ~bad & ~zero, "intake_gtfs.duplicate_id", "stop_id")
    good = ~(bad | zero | twice | inner)
    if not good.any():
        feed.settle(allow_rejects=False)
        raise InputError("intake_gtfs.no_departures", file=feed.path.name, stops=0, trips=0)
    place = datums.to_wgs84(lonlat[good], where)
    middle = place.mean(axis=0)
    xy = to_projected(place, projected_crs_for(float(middle[0]), float(middle[1])))
    return _Stops(frame[good].reset_index(drop=True), place, xy)


def _read_trips(feed: Feed, services: pd.Index) -> tuple[pd.Index, Ints, npt.NDArray[np.object_]]:
    """Ids of the trips; service and element (``None``: no element's) of each."""
    routes = feed.frame("routes.txt", ("route_id", "route_type"))
    number = pd.to_numeric(routes["route_type"], errors="coerce")
    _reject(feed, "routes.txt", routes, number.isna().to_numpy(dtype=bool), "intake_gtfs.bad_route_type", "route_type")
    elements = np.full(len(routes), None, dtype=object)
    for low, high, element in _MODES:
        elements[number.between(low, high).to_numpy(dtype=bool)] = element
    trips = feed.frame("trips.txt", ("route_id", "service_id", "trip_id"))
    route_ids = pd.Index(routes["route_id"])
    twice = route_ids.duplicated()
    _reject(feed, "routes.txt", routes, twice, "intake_gtfs.duplicate_id", "route_id")
    good = np.ones(len(trips), dtype=bool)
    for column, wrong, code in (
        ("trip_id", trips["trip_id"].duplicated(), "intake_gtfs.duplicate_id"),
        ("route_id", ~trips["route_id"].isin(route_ids), "intake_gtfs.unknown_route"),
        ("service_id", ~trips["service_id"].isin(services), "intake_gtfs.unknown_service"),
    ):
        found = wrong.to_numpy(dtype=bool) & good
        _reject(feed, "trips.txt", trips, found, code, column)
        good &= ~found
    trips = trips[good]
    first = np.flatnonzero(~twice)
    route = first[route_ids[~twice].get_indexer(trips["route_id"])]
    service = np.asarray(services.get_indexer(trips["service_id"]), dtype=np.int64)
    return pd.Index(trips["trip_id"]), service, elements[route]


def _kinds(
    stops: _Stops, calls: timetable.Calls, element_of: npt.NDArray[np.object_]
) -> dict[str, npt.NDArray[np.bool_]]:
    """Element → which stops (s,) its trips call at."""
    found = {}
    for element in (BUS, RAIL):
        at = np.zeros(len(stops.frame), dtype=bool)
        at[calls.stop[(element_of == element)[calls.trip]]] = True
        found[element] = at
    return found


def _groups(stops: _Stops, kind: dict[str, npt.NDArray[np.bool_]]) -> tuple[Ints, Ints]:
    """Facility of each stop (−1: it serves no element) and the stop that leads each facility.

    A station leads its stops, even if nothing calls at the station's own record; else the smallest id.
    """
    n = len(stops.frame)
    mode = kind[BUS] + 2 * kind[RAIL]
    position = pd.Index(stops.frame["stop_id"])
    parent = position.get_indexer(stops.frame["parent_station"])
    parent[stops.frame["parent_station"].to_numpy(dtype=object) == ""] = -1
    children = np.flatnonzero((parent >= 0) & (mode > 0))
    free = np.flatnonzero((parent < 0) & (mode > 0))
    near = cKDTree(stops.xy[free]).query_pairs(NEAR_M, output_type="ndarray") if len(free) else np.empty((0, 2), int)
    near = free[near]
    near = near[(mode[near[:, 0]] & mode[near[:, 1]]) > 0]
    one, two = np.r_[near[:, 0], children], np.r_[near[:, 1], parent[children]]
    linked = coo_array((np.ones(len(one), dtype=np.int8), (one, two)), shape=(n, n))
    _, cluster = connected_components(linked, directed=False)
    used = np.zeros(n, dtype=bool)
    used[free] = used[children] = True
    member = used.copy()
    member[parent[children]] = True  # stations take part as leaders
    station = np.zeros(n, dtype=bool)
    station[parent[children]] = True
    order = pd.DataFrame({"at": np.arange(n), "cluster": cluster, "child": ~station, "id": position})[member]
    lead = order.sort_values(["cluster", "child", "id"], kind="stable").drop_duplicates("cluster").sort_values("id")
    number = pd.Series(np.arange(len(lead)), index=lead["cluster"])
    group = np.where(used, number.reindex(cluster).fillna(-1).to_numpy(dtype=np.int64), -1)
    return np.asarray(group, dtype=np.int64), lead["at"].to_numpy(dtype=np.int64)


def _runs_of(n_trips: int, runs: pd.DataFrame) -> npt.NDArray[np.float64]:
    """How often each trip runs on a day of its service: once, or as ``frequencies.txt`` says."""
    number = np.ones(n_trips)
    repeated = runs.groupby("trip")["runs"].sum()
    number[repeated.index.to_numpy(dtype=np.int64)] = repeated.to_numpy(dtype=np.float64)
    return number


def _ids(stops: _Stops, which: Ints, source: str) -> npt.NDArray[np.object_]:
    """Ids in the city; blanks separate ids elsewhere, so they become underscores here."""
    raw = stops.frame["stop_id"].to_numpy(dtype=object)[which]
    return np.array([f"{source}:{_BLANKS.sub('_', stop)}" for stop in raw], dtype=object)


def _facilities(stops: _Stops, lead: Ints, source: str, file: str) -> gpd.GeoDataFrame:
    rows = stops.frame.iloc[lead]
    names = rows["stop_name"].to_numpy(dtype=object)
    table = pd.DataFrame(
        {
            "facility_id": _ids(stops, lead, source),
            "name": np.where(names == "", None, names),
            "status": FacilityStatus.OPEN.value,
            "wheelchair": [_WHEELCHAIR.get(flag) for flag in rows["wheelchair_boarding"]],
            "source_row": [f"{file}/stops.txt!{row}" for row in rows["row"]],
        }
    )
    return gpd.GeoDataFrame(table, geometry=shapely.points(stops.lonlat[lead]), crs=GEOGRAPHIC)


def _services(
    stops: _Stops, kind: dict[str, npt.NDArray[np.bool_]], group: Ints, served: Ints, leads: Ints, source: str
) -> pd.DataFrame:
    pages = []
    for element, at in kind.items():
        mine = np.intersect1d(np.unique(group[at & (group >= 0)]), served)
        pages.append(pd.DataFrame({"facility_id": _ids(stops, leads[mine], source), "element": element}))
    return pd.concat(pages, ignore_index=True).assign(matched_by="GTFS route_type")


def _day(as_of: str | None) -> np.datetime64 | None:
    if as_of is None:
        return None
    try:
        return np.datetime64(date.fromisoformat(as_of), "D")
    except ValueError as problem:
        raise InputError("intake.bad_option", option="as_of", value=as_of, expected="2024-12-31") from problem


def _check_place(city: City, stops: _Stops, where: str, file: str) -> None:
    """Refuse a feed most of whose stops lie outside the city."""
    frame = outline(city)
    found = None if frame is None else datums.suspect(stops.lonlat, Datum.WGS84.value, frame)
    if frame is not None and found is not None:
        west, south, east, north = shapely.bounds(frame)
        raise InputError(
            "intake_gtfs.outside_city",
            file=f"{file}/stops.txt",
            row=int(stops.frame["row"].iloc[0]),
            column="stop_lon",
            value=f"{stops.lonlat[0, 0]:g}, {stops.lonlat[0, 1]:g}",
            datum=where,
            share=f"{found.outside:.0%}",
            frame=f"{west:.3f}–{east:.3f} E, {south:.3f}–{north:.3f} N",
        )


def _reject(feed: Feed, table: str, frame: pd.DataFrame, wrong: npt.NDArray[np.bool_], code: str, column: str) -> None:
    rows = frame["row"].to_numpy(dtype=np.int64)[wrong]
    feed.reject(table, rows, code, column, frame[column].to_numpy(dtype=object)[wrong].tolist())


def _write_rejects(folder: Path, source: str, faults: list[Fault]) -> Path:
    """Write the rows left out as ``rejects/<source>-<n>.csv`` (UTF-8 with mark, opens in Excel)."""
    safe = re.sub(r"[^\w.\-]", "_", source)
    number = 1
    while (target := folder / "rejects" / f"{safe}-{number}.csv").exists():
        number += 1
    text = io.StringIO()
    out = csv.writer(text)
    out.writerow(["文件 file", "源行 row", "列 column", "值 value", "原因", "reason"])
    for one in faults:
        details = one.error.details
        out.writerow(
            [one.file, one.row, details["column"], details["value"], one.error.message("zh"), one.error.message("en")]
        )
    write_atomically(target, lambda path: path.write_text(text.getvalue(), encoding="utf-8-sig"))
    return target


def _notes(
    stops: _Stops,
    kind: dict[str, npt.NDArray[np.bool_]],
    group: Ints,
    served: Ints,
    chosen: dict[str, np.datetime64],
    counts: pd.DataFrame,
) -> list[Note]:
    book = load_catalogue().elements
    number = {name: len(np.intersect1d(np.unique(group[at & (group >= 0)]), served)) for name, at in kind.items()}
    notes = [
        Note(
            "、".join(f"{book[name].zh} {n:,} 处" for name, n in number.items() if n),
            ", ".join(f"{n:,} × {book[name].en.lower()}" for name, n in number.items() if n),
        )
    ]
    names = {"weekday": ("工作日", "weekday"), "saturday": ("周六", "Saturday"), "sunday": ("周日", "Sunday")}
    for day_type, (zh, en) in names.items():
        if day_type in chosen:
            total = int(counts.loc[counts["day_type"] == day_type, "departures"].sum())
            day = chosen[day_type]
            notes.append(Note(f"{zh}以 {day} 为代表：发车 {total:,} 班次", f"{en} as on {day}: {total:,} departures"))
        else:
            notes.append(
                Note(f"班次表没有{zh}的班次：{zh}按未知处理", f"the feed has no trip on a {en}: it counts as unknown")
            )
    stop = stops.frame["location_type"].isin(["", "0"]).to_numpy(dtype=bool)
    unserved = int((stop & ~np.isin(group, served)).sum())
    if unserved:
        notes.append(
            Note(
                f"{unserved:,} 个站点没有可上车的公交或轨道班次，未导入",
                f"{unserved:,} stops from which no bus or urban rail leaves were left out",
            )
        )
    return notes
