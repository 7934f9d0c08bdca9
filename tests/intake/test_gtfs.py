"""GTFS: planted timetables counted by hand, faults by file, row and column, real feeds against another computation."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kezhong.city.workspace import City
from kezhong.errors import InputError
from kezhong.intake import import_gtfs, new_city

#: About 100 m and 1 m at this latitude, in degrees of latitude.
HUNDRED, ONE = 0.0009, 0.000009
LAT, LON = 39.605, 106.805

TABLES: dict[str, str] = {
    "stops.txt": f"""stop_id,stop_name,stop_lat,stop_lon,location_type,parent_station,wheelchair_boarding
A,首站,{LAT},{LON},,,1
B,中站,{LAT + HUNDRED},{LON},0,,2
B2,中站,{LAT + HUNDRED + 2 * ONE},{LON},0,,
C,末站,{LAT + 3 * HUNDRED},{LON},0,,
S,枢纽,{LAT + 6 * HUNDRED},{LON},1,,
S1,枢纽1,{LAT + 6.5 * HUNDRED},{LON},0,S,
S2,枢纽2,{LAT + 7 * HUNDRED},{LON},0,S,
Q,渡口,{LAT + 9 * HUNDRED},{LON},0,,
N,节点,,,3,S,
""",
    "routes.txt": "route_id,route_type\nbus,3\nmetro,1\nferry,4\n",
    "calendar.txt": """service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date
WK,1,1,1,1,1,0,0,20240101,20240131
SU,0,0,0,0,0,0,1,20240101,20240131
""",
    # 3 January is a holiday; on the 10th twice as much runs.
    "calendar_dates.txt": "service_id,date,exception_type\nWK,20240103,2\nSU,20240103,1\nX,20240110,1\n",
    "trips.txt": """route_id,service_id,trip_id
bus,WK,t1
bus,WK,night
bus,SU,sun
metro,WK,m
bus,WK,often
bus,X,extra
ferry,WK,f
""",
    "stop_times.txt": """trip_id,arrival_time,departure_time,stop_id,stop_sequence,pickup_type
t1,07:50:00,07:50:00,A,1,
t1,,,B,2,
t1,,,B2,3,
t1,08:20:00,08:20:00,C,4,
night,24:30:00,24:30:00,A,1,0
night,25:10:00,25:10:00,B,5,0
night,25:20:00,25:20:00,S1,9,1
night,25:40:00,25:40:00,C,10,0
sun,10:00:00,10:00:00,A,1,
sun,11:00:00,11:00:00,C,2,
m,06:00:00,06:01:00,S1,1,
m,06:10:00,06:10:00,S2,2,
m,06:20:00,06:20:00,B,3,
often,00:00:00,00:00:00,C,1,
often,00:30:00,00:30:00,A,2,
often,00:50:00,00:50:00,B,3,
extra,12:00:00,12:00:00,A,1,
extra,12:10:00,12:10:00,B,2,
f,12:00:00,12:00:00,Q,1,
f,12:10:00,12:10:00,A,2,
""",
    "frequencies.txt": "trip_id,start_time,end_time,headway_secs\noften,09:00:00,10:00:00,1200\noften,23:45:00,24:00:00,600\n",
}


@pytest.fixture
def feed(tmp_path: Path) -> Callable[..., Path]:
    """Write a feed; keywords replace tables (without suffix), ``None`` drops one."""

    def write(*, folder: str = "", name: str = "feed.zip", **changes: str | None) -> Path:
        tables = {**TABLES, **{f"{table}.txt": text for table, text in changes.items()}}
        path = tmp_path / name
        with zipfile.ZipFile(path, "w") as archive:
            for table, text in tables.items():
                if text is not None:
                    archive.writestr(folder + table, text)
        return path

    return write


@pytest.fixture
def bare(tmp_path: Path) -> City:
    return new_city(tmp_path / "bare", "无区划")


def _counts(city: City) -> dict[tuple[str, str, int], int]:
    frame = city.refresh().layer("stop_service")
    return {
        (row.facility_id.removeprefix("gtfs:"), row.day_type, row.hour): row.departures for row in frame.itertuples()
    }


def test_a_planted_timetable(city: City, feed: Callable[..., Path]) -> None:
    report = import_gtfs(city, feed())
    # Wednesday: the ordinary one is the 17th or any without exceptions; the first of these is the 17th.
    assert _counts(city) == {
        ("A", "weekday", 7): 1,  # t1
        ("B", "weekday", 8): 1,  # t1: a third of the way, 08:00; it calls at B and B2 and leaves once
        ("A", "weekday", 0): 1 + 2,  # Tuesday's night bus at 24:30, the runs at 23:45 and 23:55, half an hour on
        ("B", "weekday", 1): 1,  # the night bus at 25:10
        ("S", "weekday", 6): 1,  # the metro calls at two platforms of the station and leaves it once
        ("C", "weekday", 9): 3,  # 09:00, 09:20, 09:40
        ("C", "weekday", 23): 2,  # 23:45, 23:55
        ("A", "weekday", 9): 2,  # half an hour after 09:00 and 09:20
        ("A", "weekday", 10): 1,
        ("A", "sunday", 10): 1,
    }
    city = city.refresh()
    services = city.layer("facility_services")
    assert set(zip(services["facility_id"], services["element"], strict=True)) == {
        ("gtfs:A", "bus_stop"),
        ("gtfs:B", "bus_stop"),
        ("gtfs:C", "bus_stop"),
        ("gtfs:S", "rail_station"),
    } | ({("gtfs:B", "rail_station"), ("gtfs:S", "bus_stop")})
    facilities = city.geo("facilities").set_index("facility_id")
    assert facilities.loc["gtfs:A", "wheelchair"] == "yes"
    assert facilities.loc["gtfs:B", "wheelchair"] == "no"
    assert facilities.loc["gtfs:S", "name"] == "枢纽"
    assert facilities.loc["gtfs:S"].geometry.y == pytest.approx(LAT + 6 * HUNDRED)
    assert facilities.loc["gtfs:A", "source_row"] == "feed.zip/stops.txt!2"
    assert set(facilities["source_datum"]) == {"wgs84"}
    assert set(facilities["as_of"].astype(str)) == {"2024-01-17"}
    assert (report.kind, report.source, report.read, report.taken) == ("gtfs", "gtfs", 8, 4)
    told = " ".join(note.zh for note in report.notes)
    assert "周六按未知处理" in told
    assert "1 个站点没有可上车" in told  # the ferry's
    assert set(city.layer("service_points")["source"]) == {"gtfs"}


def test_a_second_import_replaces_its_source_only(city: City, feed: Callable[..., Path]) -> None:
    import_gtfs(city, feed())
    import_gtfs(city.refresh(), feed(), source="second")
    one = _counts(city)
    import_gtfs(city.refresh(), feed(frequencies=None), source="second")
    frame = city.refresh().layer("stop_service")
    assert {key: value for key, value in _counts(city).items() if not key[0].startswith("second:")} == {
        key: value for key, value in one.items() if not key[0].startswith("second:")
    }
    # Without frequencies the trip "often" runs once, at midnight.
    mine = frame[frame["source"] == "second"].set_index(["facility_id", "day_type", "hour"])["departures"]
    assert mine["second:C", "weekday", 0] == 1


def test_only_exceptions_and_a_folder_within(bare: City, feed: Callable[..., Path]) -> None:
    dates = "service_id,date,exception_type\nWK,20240106,1\nX,20240107,1\n"
    trips = "route_id,service_id,trip_id\nbus,WK,t1\nbus,X,extra\n"
    times = "\n".join(
        line for line in TABLES["stop_times.txt"].splitlines() if line.startswith(("trip_id", "t1,", "ext"))
    )
    import_gtfs(
        bare, feed(folder="gtfs/", calendar=None, calendar_dates=dates, trips=trips, stop_times=times, frequencies=None)
    )
    assert _counts(bare) == {("A", "saturday", 7): 1, ("B", "saturday", 8): 1, ("A", "sunday", 12): 1}


def test_as_of_chooses_the_nearest_ordinary_day(bare: City, feed: Callable[..., Path]) -> None:
    import_gtfs(bare, feed(), as_of="2024-01-30")
    notes = import_gtfs(bare.refresh(), feed(), as_of="2024-01-30").notes
    assert any("2024-01-31" in note.zh for note in notes)
    with pytest.raises(InputError) as caught:
        import_gtfs(bare.refresh(), feed(), as_of="gestern")
    assert caught.value.code == "intake.bad_option"


def _line(table: str, old: str, new: str) -> dict[str, str]:
    assert old in TABLES[f"{table}.txt"]
    return {table: TABLES[f"{table}.txt"].replace(old, new)}


BAD = [
    (_line("stops", f"C,末站,{LAT + 3 * HUNDRED}", "C,末站,98"), "bad_coordinate", "stops.txt", 5, "stop_lat", "98"),
    (_line("stops", f"C,末站,{LAT + 3 * HUNDRED}", "C,末站,北"), "bad_coordinate", "stops.txt", 5, "stop_lat", "北"),
    (_line("stops", "C,末站", "A,末站"), "duplicate_id", "stops.txt", 5, "stop_id", "A"),
    (_line("routes", "ferry,4", "ferry,船"), "bad_route_type", "routes.txt", 4, "route_type", "船"),
    (_line("routes", "ferry,4", "bus,3"), "duplicate_id", "routes.txt", 4, "route_id", "bus"),
    (_line("trips", "bus,SU,sun", "tram,SU,sun"), "unknown_route", "trips.txt", 4, "route_id", "tram"),
    (_line("trips", "bus,SU,sun", "bus,SA,sun"), "unknown_service", "trips.txt", 4, "service_id", "SA"),
    (_line("trips", "bus,SU,sun", "bus,SU,t1"), "duplicate_id", "trips.txt", 4, "trip_id", "t1"),
    (_line("stop_times", "C,2,", "Z,2,"), "unknown_stop", "stop_times.txt", 11, "stop_id", "Z"),
    (_line("stop_times", "sun,10:00:00", "son,10:00:00"), "unknown_trip", "stop_times.txt", 10, "trip_id", "son"),
    (_line("stop_times", "10:00:00,A,1", "10:61:00,A,1"), "bad_time", "stop_times.txt", 10, "departure_time", "10:61:00"),
    (_line("stop_times", "10:00:00,A,1", "72:00:00,A,1"), "bad_time", "stop_times.txt", 10, "departure_time", "72:00:00"),
    (_line("stop_times", "10:00:00,A,1", "10:00:00,A,eins"), "bad_sequence", "stop_times.txt", 10, "stop_sequence", "eins"),
    (_line("stop_times", "B,2,\nt1", "B,1,\nt1"), "duplicate_sequence", "stop_times.txt", 3, "stop_sequence", 1),
    (_line("stop_times", "11:00:00,11:00:00", "09:00:00,09:00:00"), "backward_time", "stop_times.txt", 11, "departure_time", "09:00:00"),
    (_line("stop_times", "sun,11:00:00,11:00:00", "sun,,"), "no_time", "stop_times.txt", 11, "departure_time", ""),
    (_line("calendar", "20240131\nSU", "20240231\nSU"), "bad_date", "calendar.txt", 2, "end_date", "20240231"),
    (_line("calendar", "20240131\nSU", "20231231\nSU"), "backward_dates", "calendar.txt", 2, "end_date", "20231231"),
    (_line("calendar", "WK,1,1,1", "WK,1,ja,1"), "bad_flag", "calendar.txt", 2, "tuesday", "ja"),
    (_line("calendar_dates", "X,20240110,1", "X,20240110,3"), "bad_exception", "calendar_dates.txt", 4, "exception_type", "3"),
    (_line("calendar_dates", "X,20240110,1", "X,10.1.2024,1"), "bad_date", "calendar_dates.txt", 4, "date", "10.1.2024"),
    (_line("frequencies", "1200", "0"), "bad_headway", "frequencies.txt", 2, "headway_secs", "0"),
    (_line("frequencies", "09:00:00", ""), "bad_time", "frequencies.txt", 2, "start_time", ""),
    (_line("frequencies", "10:00:00", "08:00:00"), "backward_time", "frequencies.txt", 2, "end_time", "08:00:00"),
    (_line("frequencies", "often,09", "oft,09"), "unknown_trip", "frequencies.txt", 2, "trip_id", "oft"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "code", "table", "row", "column", "value"),
    BAD,
    ids=[f"{one[1]}-{one[4]}-{at}" for at, one in enumerate(BAD)],
)
def test_a_wrong_row_stops_the_import(
    bare: City,
    feed: Callable[..., Path],
    changes: dict[str, str],
    code: str,
    table: str,
    row: int,
    column: str,
    value: object,
) -> None:
    before = bare.snapshot.id
    with pytest.raises(InputError) as caught:
        import_gtfs(bare, feed(**changes))
    details = caught.value.details
    assert caught.value.code == f"intake_gtfs.{code}"
    assert (details["file"], details["row"], details["column"], details["value"]) == (
        f"feed.zip/{table}",
        row,
        column,
        value,
    )
    for language in ("zh", "en"):
        assert str(row) in caught.value.message(language)
        assert caught.value.action(language)
    assert bare.refresh().snapshot.id == before


def test_wrong_rows_may_be_left_out(bare: City, feed: Callable[..., Path]) -> None:
    times = TABLES["stop_times.txt"] + "sun,12:00:00,12:00:00,Z,3,\nt1,zwölf,zwölf,C,9,\n"
    report = import_gtfs(bare, feed(stop_times=times), allow_rejects=True)
    assert [one.row for one in report.skipped] == ["stop_times.txt!22", "stop_times.txt!23"]
    assert report.rejects is not None
    with Path(report.rejects).open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.reader(stream))
    assert [row[:4] for row in rows[1:]] == [
        ["stop_times.txt", "22", "stop_id", "Z"],
        ["stop_times.txt", "23", "departure_time", "zwölf"],
    ]
    assert _counts(bare)["A", "sunday", 10] == 1


@pytest.mark.parametrize(
    ("changes", "code", "value"),
    [
        ({"stops": None}, "missing_table", "stops.txt"),
        ({"stop_times": None}, "missing_table", "stop_times.txt"),
        ({"calendar": None, "calendar_dates": None}, "missing_table", "calendar.txt / calendar_dates.txt"),
    ],
)
def test_missing_tables(bare: City, feed: Callable[..., Path], changes: dict[str, None], code: str, value: str) -> None:
    with pytest.raises(InputError) as caught:
        import_gtfs(bare, feed(**changes))
    assert (caught.value.code, caught.value.details["value"]) == (f"intake_gtfs.{code}", value)


def test_foreign_and_damaged_files(bare: City, feed: Callable[..., Path], tmp_path: Path) -> None:
    def refused(path: Path) -> str:
        with pytest.raises(InputError) as caught:
            import_gtfs(bare, path)
        return caught.value.code

    assert refused(tmp_path / "none.zip") == "intake.no_file"
    text = tmp_path / "text.zip"
    text.write_text("stops", encoding="utf-8")
    assert refused(text) == "intake_gtfs.broken_archive"
    good = feed()
    raw = bytearray(good.read_bytes())
    raw[40:80] = bytes(40)
    good.write_bytes(raw)
    assert refused(good) in ("intake_gtfs.broken_archive", "intake_gtfs.broken_table")
    assert refused(feed(stops=TABLES["stops.txt"].replace("stop_lat", "lat"))) == "intake_gtfs.missing_column"
    assert refused(feed(stops=TABLES["stops.txt"] + "D,x,1,2,3,4,5,6,7\n")) == "intake_gtfs.broken_table"
    assert refused(feed(stop_times=TABLES["stop_times.txt"].splitlines()[0] + "\n")) == "intake_gtfs.no_departures"
    assert refused(feed(stops=TABLES["stops.txt"].splitlines()[0] + "\n")) == "intake_gtfs.no_departures"
    assert refused(feed(routes=TABLES["routes.txt"].replace("3", "4").replace("1", "4"))) == "intake_gtfs.no_departures"


def test_text_that_is_not_utf8(bare: City, tmp_path: Path) -> None:
    path = tmp_path / "gbk.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for table, text in TABLES.items():
            archive.writestr(table, text.encode("gb18030"))
    with pytest.raises(InputError) as caught:
        import_gtfs(bare, path)
    assert caught.value.code == "intake_gtfs.broken_table"


def test_another_citys_feed(city: City, feed: Callable[..., Path]) -> None:
    moved = TABLES["stops.txt"].replace(f",{LON}", ",120.0")
    with pytest.raises(InputError) as caught:
        import_gtfs(city, feed(stops=moved))
    assert caught.value.code == "intake_gtfs.outside_city"
    assert caught.value.details["row"] == 2


# ---- real feeds -------------------------------------------------------------------------------------------------------


def _table(archive: zipfile.ZipFile, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.TextIOWrapper(archive.open(name), encoding="utf-8-sig")))


def _by_hand(path: Path, day: date, interpolated: bool) -> dict[tuple[str, int], int]:
    """Departures by stop id and hour of one calendar day, row by row in plain Python."""
    with zipfile.ZipFile(path) as archive:
        running = []
        for shift in (0, 1):
            when = day - timedelta(days=shift)
            text, column = when.strftime("%Y%m%d"), when.strftime("%A").lower()
            active = {
                row["service_id"]
                for row in _table(archive, "calendar.txt")
                if row[column] == "1" and row["start_date"] <= text <= row["end_date"]
            }
            for row in _table(archive, "calendar_dates.txt"):
                if row["date"] == text:
                    (active.add if row["exception_type"] == "1" else active.discard)(row["service_id"])
            running.append(active)
        service = {row["trip_id"]: row["service_id"] for row in _table(archive, "trips.txt")}
        place = {
            row["stop_id"]: (float(row["stop_lat"]), float(row["stop_lon"])) for row in _table(archive, "stops.txt")
        }
        trips: dict[str, list[tuple[int, str, str]]] = {}
        for row in _table(archive, "stop_times.txt"):
            trips.setdefault(row["trip_id"], []).append(
                (int(row["stop_sequence"]), row["stop_id"], row["departure_time"])
            )
    counts: dict[tuple[str, int], int] = {}
    for trip, calls in trips.items():
        calls.sort()
        times = [
            sum(int(part) * unit for part, unit in zip(time.split(":"), (3600, 60, 1), strict=True)) if time else None
            for _, _, time in calls
        ]
        if interpolated:
            spots = np.array([place[stop] for _, stop, _ in calls])
            step = np.diff(spots, axis=0) * [1.0, np.cos(np.radians(spots[:, 0].mean()))]
            along = np.r_[0.0, np.hypot(*step.T).cumsum()]
            known = [at for at, time in enumerate(times) if time is not None]
            times = np.interp(along, along[known], [times[at] for at in known]).tolist()
        for (_, stop, _), time in list(zip(calls, times, strict=True))[:-1]:
            shift, second = divmod(time, 86_400)
            if service[trip] in running[int(shift)]:
                key = stop, int(second // 3600)
                counts[key] = counts.get(key, 0) + 1
    return counts


def _imported(path: Path, folder: Path) -> tuple[City, pd.DataFrame]:
    city = new_city(folder / "c", "X")
    import_gtfs(city, path)
    city = city.refresh()
    frame = city.layer("stop_service")
    return city, frame.assign(stop=frame["facility_id"].str.removeprefix("gtfs:"))


@pytest.mark.data
def test_las_palmas(data_folder: Path, tmp_path: Path) -> None:
    path = data_folder / "las_palmas" / "gtfs_bus.zip"
    city, frame = _imported(path, tmp_path)
    totals = {"weekday": 78_690, "saturday": 46_377, "sunday": 41_670}
    assert frame.groupby("day_type")["departures"].sum().to_dict() == totals
    assert len(city.layer("facilities")) == 791
    # Ordinary days by eye: a Wednesday, Saturday and Sunday far from any exception.
    for day_type, day in (
        ("weekday", date(2022, 5, 18)),
        ("saturday", date(2022, 5, 21)),
        ("sunday", date(2022, 5, 22)),
    ):
        expected = _by_hand(path, day, interpolated=False)
        mine = frame[frame["day_type"] == day_type]
        found = {(row.stop, row.hour): row.departures for row in mine.itertuples()}
        assert sum(expected.values()) == totals[day_type]
        # One pair of stops stands within 5 m: its departures are one facility's.
        differing = {key[0] for key in found if found[key] != expected.get(key)}
        assert len(differing) <= 2
        assert sum(found.values()) == sum(expected.values())


@pytest.mark.data
def test_porto_alegre(data_folder: Path, tmp_path: Path) -> None:
    path = data_folder / "porto_alegre" / "poa_eptc.zip"
    _, frame = _imported(path, tmp_path)
    assert set(frame["day_type"]) == {"weekday"}  # the feed has no weekend
    expected = _by_hand(path, date(2019, 5, 22), interpolated=True)
    found = {(row.stop, row.hour): row.departures for row in frame.itertuples()}
    assert sum(found.values()) == 127_545
    assert sum(expected.values()) == pytest.approx(127_545, abs=110)  # pairs of stops within 5 m are left once
    moved = sum(abs(found.get(key, 0) - expected.get(key, 0)) for key in {*found, *expected})
    # Lengths are measured in another projection here: some interpolated times fall across the full hour, and stops of
    # one place were added up.
    assert moved < 0.05 * sum(expected.values())
