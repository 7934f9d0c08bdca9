"""``kezhong isochrone``: what is reached on foot from points, as GeoJSON."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kezhong.cli.console import language, progress_bar, say, table
from kezhong.cli.lived import FIRST_HOUR, DayKind
from kezhong.errors import InputError

if TYPE_CHECKING:
    from kezhong.assess.isochrones import Reachable

_SHOWN = 20


def isochrone(
    city_dir: Annotated[Path, typer.Argument(help="城市文件夹 / city folder", metavar="CITY_DIR")],
    out: Annotated[Path, typer.Option(help="输出文件 / file: .geojson")],
    at: Annotated[
        list[str] | None, typer.Option(help="起点“经度,纬度”，可多次 / a point as lon,lat; may be repeated")
    ] = None,
    points: Annotated[
        Path | None, typer.Option(help="起点文件，列 lon、lat，可有 id / CSV with the columns lon, lat and id")
    ] = None,
    minutes: Annotated[str | None, typer.Option(help="分钟；默认 5,10,15 / minutes; default 5,10,15")] = None,
    metres: Annotated[str | None, typer.Option(help="改按米 / metres instead of minutes")] = None,
    walker: Annotated[
        str | None, typer.Option(help="步行者；默认按规范口径的米 / walker; default: the metres of the verdict")
    ] = None,
    night: Annotated[bool, typer.Option("--night", help="夜间，无照明道路按夜间计 / after dark")] = False,
    hour: Annotated[
        int | None, typer.Option(help="几点出行，大门须开放 / hour of the day: gates open", min=0, max=23)
    ] = None,
    day_kind: Annotated[
        DayKind, typer.Option(help="哪类日子(与 --hour 同用)/ which kind of day, with --hour")
    ] = "weekday",
    streets: Annotated[bool, typer.Option("--streets", help="同时写出可达街道 / with the reached streets")] = False,
    cells: Annotated[bool, typer.Option("--cells", help="同时写出可达人口单元 / with the population units")] = False,
) -> None:
    """可达范围：从若干点步行可到的街道、人口与面 / isochrones: streets, people and areas reached on foot."""
    from kezhong.assess.isochrone_features import feature_collection
    from kezhong.assess.isochrones import MINUTES, isochrones, numbers
    from kezhong.assess.lived import Moment
    from kezhong.city.files import write_text
    from kezhong.city.workspace import City

    if out.suffix.lower() not in (".geojson", ".json"):
        raise InputError("cli.unknown_format", value=out.suffix, expected=".geojson")
    if minutes is not None and metres is not None:
        raise InputError("isochrones.bad_unit", value="min m", expected="min / m")
    names, lonlat = _given(at or [], points)
    given = metres if metres is not None else minutes
    moment = Moment(None if hour is None else FIRST_HOUR[day_kind] + hour, night or None)
    with progress_bar("isochrone") as progress:
        found = isochrones(
            City.open(city_dir),
            lonlat,
            MINUTES if given is None else numbers(given),
            unit="min" if metres is None else "m",
            walker=walker,
            moment=moment,
            progress=progress,
        )
    body = feature_collection(found, names=names, streets=streets, cells=cells)
    write_text(out, json.dumps(body, ensure_ascii=False) + "\n")
    _show(found, names)
    say(f"已写出：{out}", f"written: {out}")


def _given(at: list[str], file: Path | None) -> tuple[list[str], list[tuple[float, float]]]:
    """Names and coordinates of the points."""
    from kezhong.assess.isochrones import numbers

    names: list[str] = []
    found: list[tuple[float, float]] = []
    for text in at:
        pair = numbers(text)
        if len(pair) != 2:
            raise InputError("isochrones.bad_point", row=len(found) + 1, value=text)
        names.append(str(len(found) + 1))
        found.append((pair[0], pair[1]))
    if file is not None:
        for number, row in enumerate(_rows(file), start=1):
            try:
                found.append((float(row["lon"]), float(row["lat"])))
            except (TypeError, ValueError) as problem:
                value = f"{row['lon']},{row['lat']}"
                raise InputError("isochrones.bad_point", row=number, value=value) from problem
            names.append(row.get("id") or str(len(found)))
    return names, found


def _rows(file: Path) -> list[dict[str, str]]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.DictReader(stream))
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        raise InputError("isochrones.bad_points_file", file=file, value=str(problem)) from problem
    if not rows or not {"lon", "lat"} <= set(rows[0]):
        raise InputError("isochrones.bad_points_file", file=file, value=", ".join(rows[0]) if rows else "–")
    return rows


def _show(found: Reachable, names: list[str]) -> None:
    zh = language() == "zh"
    square, metres = found.areas.square_metres() / 1e6, found.streets.length_dm() / 1e4
    unit = {"min": "分钟", "m": "米"}[found.unit] if zh else found.unit
    rows = [
        (
            names[p], f"{value:g} {unit}", f"{found.people[p, t]:,.0f}", f"{square[p, t]:.2f}", f"{metres[p, t]:.1f}",
        )
        for p in range(min(len(names), _SHOWN))
        for t, value in enumerate(found.thresholds)
    ]  # fmt: skip
    headings = (
        ("起点", "阈值", "人口", "面积(km²)", "街道(km)") if zh else ("point", "within", "people", "km²", "streets km")
    )
    table(headings, rows, right=(1, 2, 3, 4))
    if len(names) > _SHOWN:
        say(f"……共 {len(names)} 个起点", f"… {len(names)} points in all")
    if found.stuck.any():
        stuck = "、".join(name for name, bad in zip(names, found.stuck, strict=True) if bad)
        say(f"该步行者在这些点寸步难行：{stuck}", f"the walker gets nowhere from: {stuck}")
    _barriers(found)


def _barriers(found: Reachable) -> None:
    """What the areas stop at, and what could not be considered for want of data."""
    from kezhong.assess.barriers import KINDS, STATES

    at = 0 if language() == "zh" else 1
    parts = [f"{KINDS[one.kind][at]} {one.count or STATES[one.state][at]}" for one in found.barriers]
    say("范围止于：" + "；".join(parts), "areas stop at: " + "; ".join(parts))
