"""``kezhong lived``: what each walker reaches in time, beside the verdict in metres."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from kezhong.cli.console import language, progress_bar, say, table
from kezhong.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from kezhong.assess.lived import Moment
    from kezhong.assess.lived_access import LivedAccess
    from kezhong.city.workspace import City

DayKind = Literal["weekday", "saturday", "sunday", "holiday"]
#: First hour of the day that stands for each kind; Wednesday for weekdays.
FIRST_HOUR = {"weekday": 48, "saturday": 120, "sunday": 144, "holiday": 168}
#: Columns of the file: name in the table, Chinese heading.
_HEADINGS = {
    "area_level": "层级",
    "area_code": "区域编码",
    "area_name": "区域",
    "element": "要素编码",
    "element_zh": "要素",
    "walker": "步行者编码",
    "walker_zh": "步行者",
    "threshold_min": "限时(分钟)",
    "people": "人口",
    "covered": "限时内人口",
    "share": "限时内占比",
    "difference": "与标准步速之差",
    "within_5": "5分钟内占比",
    "within_10": "10分钟内占比",
    "within_15": "15分钟内占比",
    "minutes": "平均分钟",
    "extra_minutes": "平均多用分钟",
    "cut_off": "被阻断人口",
}


def lived(
    city_dir: Annotated[Path, typer.Argument(help="城市文件夹 / city folder", metavar="CITY_DIR")],
    walker: Annotated[
        list[str] | None, typer.Option(help="步行者，可多次；默认全部 / walker, may be repeated; default: all")
    ] = None,
    element: Annotated[str | None, typer.Option(help="只要这种服务要素 / this service element only")] = None,
    area: Annotated[str | None, typer.Option(help="区域编码或名称；默认全市 / area; default: the city")] = None,
    basis: Annotated[str | None, typer.Option(help="口径 / basis")] = None,
    group: Annotated[str, typer.Option(help="人群 / age group, e.g. elderly, children")] = "all",
    night: Annotated[bool, typer.Option("--night", help="夜间，无照明道路按夜间计 / after dark")] = False,
    hour: Annotated[
        int | None,
        typer.Option(help="几点出行：大门与设施须开放 / hour of the day: gates and facilities open", min=0, max=23),
    ] = None,
    day_kind: Annotated[
        DayKind, typer.Option(help="哪类日子(与 --hour 同用)/ which kind of day, with --hour")
    ] = "weekday",
    breaks: Annotated[
        int, typer.Option(help="列出最阻断人的台阶、路段、大门 / list so many bars by the people they cut off", min=0)
    ] = 0,
    out: Annotated[Path | None, typer.Option(help="输出各级区域的全表 / all areas into a file: .xlsx .csv")] = None,
) -> None:
    """可达体验：各类步行者几分钟能到 / lived access: what each walker reaches in time."""
    from kezhong.assess.lived import Moment, chosen_walkers
    from kezhong.assess.lived_access import lived_access
    from kezhong.city.workspace import City

    if out is not None and out.suffix.lower() not in (".xlsx", ".csv"):
        raise InputError("cli.unknown_format", value=out.suffix, expected=".xlsx .csv")
    city = City.open(city_dir)
    moment = Moment(None if hour is None else FIRST_HOUR[day_kind] + hour, night or None)
    item = _element(element)
    people = [one.id for one in chosen_walkers(walker)]
    with progress_bar("lived") as progress:
        found = lived_access(
            city,
            basis,
            people,
            moment=moment,
            elements=None if item is None else [item],
            group=group,
            progress=progress,
        )
    code = city.areas.root or city.config.code if area is None else city.areas.find(area)
    rows = found.table[found.table["walker"].isin(people)]
    here = rows[rows["area_code"] == code]
    name = city.areas.name.get(code, city.config.name)
    say(
        f"{name}  口径 {found.basis}  快照 {city.snapshot.id}",
        f"{name}  basis {found.basis}  snapshot {city.snapshot.id}",
    )
    if item is None:
        _matrix(found, here, people)
    else:
        _walkers(found, here)
    _without_data(found, people)
    if breaks:
        for name in people:
            _breaks(city, name, (basis, item, group), moment, breaks)
    if out is not None:
        _write(city, found, rows, out)
        say(f"已写出 {len(rows):,} 行：{out}", f"{len(rows):,} rows written: {out}")


def _element(text: str | None) -> str | None:
    if text is None:
        return None
    from kezhong.intake.elements import need_element

    return need_element(text, "--element")


def _matrix(found: LivedAccess, rows: pd.DataFrame, people: list[str]) -> None:
    """Elements × walkers: share of the people who arrive in time."""
    from kezhong.catalogue import load_catalogue

    book, zh = load_catalogue(), language() == "zh"
    names = [book.walkers[one].zh if zh else book.walkers[one].en for one in people]
    share = rows.set_index(["element", "walker"])["share"]
    shown = [
        (
            book.element(element).zh if zh else book.element(element).en,
            f"{found.wanted[element].minutes:.1f}",
            *(_percent(share[element, one]) for one in people),
        )
        for element in found.wanted
    ]
    heading = ("要素", "限时(分)") if zh else ("element", "minutes")
    table((*heading, *names), shown, right=tuple(range(1, 2 + len(people))))


def _walkers(found: LivedAccess, rows: pd.DataFrame) -> None:
    """One element: a line a walker."""
    zh = language() == "zh"
    people = {name: times.walker for name, times in found.times.walkers.items()}
    shown = [
        (
            people[row.walker].zh if zh else people[row.walker].en,
            _number(row.threshold_min),
            _percent(row.share),
            _percent(row.difference, sign="+"),
            _percent(row.within_5),
            _percent(row.within_10),
            _percent(row.within_15),
            _number(row.minutes),
            _number(row.extra_minutes),
            f"{row.cut_off:,.0f}",
        )
        for row in rows.itertuples()
    ]
    headings = (
        ("步行者", "限时", "限时内", "与标准之差", "5分钟", "10分钟", "15分钟", "平均分钟", "多用分钟", "被阻断人口")
        if zh
        else ("walker", "limit", "in time", "difference", "5 min", "10 min", "15 min", "mean", "extra", "cut off")
    )
    table(headings, shown, right=tuple(range(1, 10)))


def _without_data(found: LivedAccess, people: list[str]) -> None:
    """A rule that cannot work with the data at hand says so."""
    from kezhong.assess.walker_wording import SWITCHES, without_data

    for name in people:
        times = found.times.walkers[name]
        idle = without_data(times.switches)
        if idle:
            say(
                f"{times.walker.zh}：{'、'.join(SWITCHES[one][0] for one in idle)}无数据，相应规则未起作用",
                f"{times.walker.en}: no data on {', '.join(SWITCHES[one][1] for one in idle)}: without effect",
            )
        if found.shut_out[name] > 0:
            say(
                f"{times.walker.zh}：{found.shut_out[name]:,.0f} 人家门口的道路无法通行",
                f"{times.walker.en}: {found.shut_out[name]:,.0f} people live on streets that are closed to this walker",
            )


def _breaks(city: City, walker: str, asked: tuple[str | None, str | None, str], moment: Moment, count: int) -> None:
    """The bars that cut most people off from something, each as if it alone were lifted."""
    from kezhong.assess.breaks import breaks as find
    from kezhong.assess.walker_wording import BARS
    from kezhong.catalogue import load_catalogue

    basis, item, group = asked
    book, zh = load_catalogue(), language() == "zh"
    found = find(city, walker, basis, elements=None if item is None else [item], moment=moment, group=group)
    person = book.walkers[walker]
    if found.table.empty:
        say(
            f"{person.zh}：没有哪一处阻断（共 {found.tried} 处）单独排除后能让人按时到达",
            f"{person.en}: none of {found.tried} bars, lifted by itself, brings anybody there in time",
        )
        return
    say(f"{person.zh}：阻断最多人的地方", f"{person.en}: what cuts off most people")
    shown = [
        (
            BARS[row.reason][0 if zh else 1],
            row.street if isinstance(row.street, str) else "–",
            f"{row.lon:.5f}, {row.lat:.5f}",
            book.element(row.element).zh if zh else book.element(row.element).en,
            f"{row.people:,.0f}",
            row.id,
        )
        for row in found.table.head(count).itertuples()
    ]
    headings = ("原因", "道路", "位置", "最受影响的要素", "人口", "编号") if zh else (
        "reason", "street", "position", "element", "people", "id"
    )  # fmt: skip
    table(headings, shown, right=(4,))


def _write(city: City, found: LivedAccess, rows: pd.DataFrame, out: Path) -> None:
    from kezhong.catalogue import load_catalogue
    from kezhong.report.beside import write_beside

    book, names = load_catalogue(), city.areas.name
    full = rows.assign(
        area_name=[names.get(code, city.config.name) for code in rows["area_code"]],
        element_zh=[book.element(name).zh for name in rows["element"]],
        walker_zh=[book.walkers[name].zh for name in rows["walker"]],
    )
    full = full[list(_HEADINGS)].rename(columns=_HEADINGS).round(4)
    moment = found.times.moment
    about = [
        ("城市", f"{city.config.name}【合成数据】" if city.config.synthetic else city.config.name),
        ("快照", city.snapshot.id),
        ("口径", found.basis),
        ("人群", found.group),
        ("时刻", "不限" if moment.hour is None else f"一周第 {moment.hour} 小时"),
        ("夜间", "是" if moment.dark else "否"),
    ]
    write_beside("可达体验", about, full, out)


def _percent(value: object, sign: str = "") -> str:
    number = float(str(value))
    return "–" if number != number else f"{100 * number:{sign}.1f}%"


def _number(value: object) -> str:
    number = float(str(value))
    return "–" if number != number else f"{number:.1f}"
