"""``kezhong hours``: the share of people who reach something open, hour by hour."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kezhong.cli.console import language, progress_bar, say, table
from kezhong.cli.lived import DayKind
from kezhong.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from kezhong.assess.by_hour import CityHours
    from kezhong.assess.offpeak import Schedule
    from kezhong.city.workspace import City

_SHOWN_TEXTS = 5


def hours(
    city_dir: Annotated[Path, typer.Argument(help="城市文件夹 / city folder", metavar="CITY_DIR")],
    element: Annotated[str, typer.Option(help="服务要素：编码或中英文名称 / service element")],
    area: Annotated[str | None, typer.Option(help="区域编码或名称；默认全市 / area; default: the city")] = None,
    day_kind: Annotated[DayKind, typer.Option(help="屏幕上显示哪类日子 / kind of day shown")] = "weekday",
    on: Annotated[
        str | None,
        typer.Option(
            "--date", help="这天属于哪类日子，由节假日表定 / the kind of this day, by the holiday table: 2026-10-01"
        ),
    ] = None,
    walker: Annotated[
        str | None, typer.Option(help="按这类步行者的分钟数；默认按米 / this walker's minutes; default: metres")
    ] = None,
    offpeak: Annotated[
        bool, typer.Option("--offpeak", help="情景：学校场地错峰开放 / scenario: school grounds open off-peak")
    ] = False,
    basis: Annotated[str | None, typer.Option(help="口径 / basis")] = None,
    group: Annotated[str, typer.Option(help="人群 / age group")] = "all",
    out: Annotated[Path | None, typer.Option(help="输出全部时段 / all hours into a file: .xlsx .csv")] = None,
) -> None:
    """分时段可达：几点有多少人能到开着门的设施 / who reaches something open, hour by hour."""
    from kezhong.assess.by_hour import city_hours
    from kezhong.assess.offpeak import off_peak_services, schedule_of
    from kezhong.city.workspace import City
    from kezhong.intake.elements import need_element

    if out is not None and out.suffix.lower() not in (".xlsx", ".csv"):
        raise InputError("cli.unknown_format", value=out.suffix, expected=".xlsx .csv")
    city = City.open(city_dir)
    shown = day_kind if on is None else _kind_of(city, on)
    item = need_element(element, "--element")
    root = city.areas.root or city.config.code
    code = root if area is None else city.areas.find(area)
    level = "city" if code == root else "life_circle" if code in city.areas.circles else city.areas.level[code]
    schedule = schedule_of(city.folder) if offpeak else None
    with progress_bar("hours") as progress:
        found = [
            city_hours(
                city,
                basis,
                level=level,
                group=group,
                elements=[item],
                services=services,
                walker=walker,
                progress=progress,
            )
            for services in (
                [None] if schedule is None else [None, off_peak_services(city.layer("service_points"), schedule)]
            )
        ]
    if not found[0].coverage.elements and not found[-1].coverage.elements:
        say(
            "该要素在本口径中没有步行阈值，或全市没有可计入的设施",
            "the basis sets no walking threshold for this element, or the city has nothing that counts",
        )
        return
    pages = [_page(one, code) for one in found]
    if pages[0].empty:  # nothing counts before the school grounds open
        pages[0] = pages[-1].assign(surely=0.0, possibly=0.0)
    _print(pages, shown, schedule)
    _readings(found[-1])
    if out is not None:
        _write(city, (item, code, walker, schedule), pages, out)
        say(f"已写出：{out}", f"written: {out}")


def _kind_of(city: City, text: str) -> str:
    from kezhong.assess.day_types import day_type, holidays_of

    try:
        day = date.fromisoformat(text)
    except ValueError as problem:
        raise InputError("cli.bad_option", option="--date", problem=text, command="kezhong hours") from problem
    return day_type(holidays_of(city.folder), day).value


def _page(found: CityHours, code: str) -> pd.DataFrame:
    """Rows ``day_type, hour, surely, possibly`` of one area; nothing is reached where nothing counts."""
    import pandas as pd

    if not found.coverage.elements:
        return pd.DataFrame(columns=["day_type", "hour", "surely", "possibly"])
    rows = found.coverage.by_day_type()
    return rows[rows["area_code"] == code].reset_index(drop=True)[["day_type", "hour", "surely", "possibly"]]


def _print(pages: list[pd.DataFrame], day_kind: str, schedule: Schedule | None) -> None:
    from kezhong.assess.walker_wording import DAY_TYPES

    zh = language() == "zh"
    say(
        f"{DAY_TYPES[day_kind][0]}，能到达开放设施的人口占比",
        f"{DAY_TYPES[day_kind][1]}: share who reach something open",
    )
    days = [page[page["day_type"] == day_kind].set_index("hour") for page in pages]
    shown = [
        (
            f"{hour:02d}:00",
            *(text for day in days for text in (_percent(day, hour, "surely"), _percent(day, hour, "possibly"))),
        )
        for hour in range(24)
    ]
    pair = ("确定开放", "可能开放") if zh else ("surely", "possibly")
    headings = ["时刻" if zh else "hour", *pair]
    if schedule is not None:
        headings += [f"错峰后{name}" if zh else f"{name}, off-peak" for name in pair]
    table(headings, shown, right=tuple(range(1, len(headings))))
    if schedule is not None:
        say(schedule.note_zh, schedule.note_en)


def _readings(found: CityHours) -> None:
    counts = found.hours.counts()
    say(
        f"设施 {len(found.hours)} 处：有开放时间 {counts['stated']}，按要素惯常时间推定 {counts['assumed']}，"
        f"未知 {counts['missing']}，读不懂 {counts['unread']}",
        f"{len(found.hours)} facilities: {counts['stated']} state hours, {counts['assumed']} assumed by the element, "
        f"{counts['missing']} unknown, {counts['unread']} not readable",
    )
    for text, number in found.hours.unread[:_SHOWN_TEXTS]:
        say(f"  读不懂（{number} 处）：{text}", f"  not readable ({number}): {text}")


def _write(
    city: City, asked: tuple[str, str, str | None, Schedule | None], pages: list[pd.DataFrame], out: Path
) -> None:
    from kezhong.assess.walker_wording import DAY_TYPES
    from kezhong.catalogue import load_catalogue
    from kezhong.report.beside import write_beside

    item, code, walker, schedule = asked
    names = {"day_type": "日子", "hour": "时刻", "surely": "确定开放占比", "possibly": "可能开放占比"}
    table_ = pages[0].assign(day_type=pages[0]["day_type"].map({key: zh for key, (zh, _) in DAY_TYPES.items()}))
    table_ = table_.rename(columns=names).round(4)
    for page in pages[1:]:
        table_ = table_.assign(错峰后确定开放占比=page["surely"].round(4), 错峰后可能开放占比=page["possibly"].round(4))
    about = [
        ("城市", f"{city.config.name}【合成数据】" if city.config.synthetic else city.config.name),
        ("快照", city.snapshot.id),
        ("区域", city.areas.name.get(code, city.config.name)),
        ("要素", load_catalogue().element(item).zh),
        ("步行者", "按米" if walker is None else load_catalogue().walker(walker).zh),
    ]
    if schedule is not None:
        about.append(("错峰开放", schedule.note_zh))
    write_beside("分时段可达", about, table_, out)


def _percent(day: pd.DataFrame, hour: int, column: str) -> str:
    value = float(day[column].get(hour, float("nan")))
    return "–" if value != value else f"{100 * value:.1f}%"
