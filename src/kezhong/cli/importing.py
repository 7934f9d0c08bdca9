"""``kezhong import``: one command for every kind of data; what each kind takes is read off its function."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from kezhong.cli.console import language, progress_bar, say
from kezhong.errors import InputError

#: kind → name of the function in :mod:`kezhong.intake`
KINDS = {
    "streets": "import_streets",
    "facilities": "import_facilities",
    "population": "import_population",
    "areas": "import_areas",
    "circles": "import_circles",
    "estates": "import_estates",
    "gates": "import_gates",
    "buildings": "import_buildings",
    "landuse": "import_landuse",
    "sites": "import_sites",
    "grid": "import_grid",
    "built-up": "import_built_up",
    "enrolment": "import_enrolment",
    "ratios": "import_ratios",
    "elevation": "import_elevation",
    "gtfs": "import_gtfs",
}
#: Parameters of the functions whose option has another name: ``--kind`` and ``--version`` would mislead.
_OPTIONS = {"kind": "site-kind", "version": "edition"}
_SHOWN = 10
#: What each kind takes, below the options of ``--help`` (\b keeps the lines as they are).
EPILOG = """\b
数据种类 / kinds:
  streets     .osm.pbf .osm .osm.gz,或线图层 / or a line layer
  facilities  .osm.pbf .osm,或台账 / or a ledger: --element --mapping --datum --sheet
  population  点、栅格、面 / points, GeoTIFF, polygons: --people-column --age-shares --band --allow-overlap
  areas       行政区域 / areas of the tree: --level --code-column --name-column
  circles     生活圈 / life circles: --edition
  estates     小区 / estates
  gates       小区出入口 / gates of estates
  buildings   建筑 / buildings
  landuse     用地 / land use: --planned
  sites       闲置资产与预留用地 / idle assets and reserved sites: --site-kind
  grid        官方网格 / the official grid: --household
  built-up    城区范围 / the built-up area
  enrolment   学区 / enrolment areas
  ratios      统计类要素 / elements that are statistics: --element
  elevation   高程栅格 / elevation model (GeoTIFF): --unit --band
  gtfs        公交班次 / a GTFS timetable (.zip)

\b
例 / examples:
  kezhong import streets    my-city city.osm.pbf
  kezhong import facilities my-city 幼儿园.xlsx --element 幼儿园 --datum gcj02
  kezhong import population my-city grid.csv --datum wgs84"""


def import_(
    kind: Annotated[str, typer.Argument(help="数据种类 / kind: " + " ".join(KINDS), metavar="KIND")],
    city_dir: Annotated[Path, typer.Argument(help="城市文件夹 / city folder", metavar="CITY_DIR")],
    file: Annotated[Path, typer.Argument(help="文件 / file", metavar="FILE")],
    source: Annotated[str | None, typer.Option(help="来源名称；同名再导入只替换该来源 / name of the source")] = None,
    element: Annotated[str | None, typer.Option(help="台账的服务要素 / service element of a ledger")] = None,
    mapping: Annotated[Path | None, typer.Option(help="列对应关系 / column mapping, TOML")] = None,
    datum: Annotated[str | None, typer.Option(help="坐标系 / wgs84, cgcs2000, gcj02, bd09, EPSG:4545 …")] = None,
    level: Annotated[str | None, typer.Option(help="区域层级 / level of areas")] = None,
    age_shares: Annotated[Path | None, typer.Option(help="年龄构成(TOML)/ stated age shares")] = None,
    as_of: Annotated[str | None, typer.Option(help="数据日期 / day the data describe, YYYY-MM-DD")] = None,
    sheet: Annotated[str | None, typer.Option(help="工作表或图层 / sheet or layer")] = None,
    site_kind: Annotated[
        str | None,
        typer.Option(help="未写明种类的闲置资产属何种 / kind of sites that do not state theirs, e.g. 留白, premises"),
    ] = None,
    band: Annotated[int | None, typer.Option(help="栅格波段 / band of a raster", min=1)] = None,
    unit: Annotated[str | None, typer.Option(help="高程单位 / unit of heights: m, dm, cm, ft")] = None,
    edition: Annotated[str | None, typer.Option(help="生活圈划定版本 / edition of the life circles, e.g. 2024")] = None,
    code_column: Annotated[str | None, typer.Option(help="编码列（区域）/ column of codes")] = None,
    name_column: Annotated[str | None, typer.Option(help="名称列（区域）/ column of names")] = None,
    people_column: Annotated[str | None, typer.Option(help="人口列 / column of people")] = None,
    planned: Annotated[bool, typer.Option("--planned", help="规划用地 / planned land use")] = False,
    household: Annotated[bool, typer.Option("--household", help="综治网格 / household grid")] = False,
    allow_overlap: Annotated[
        bool, typer.Option("--allow-overlap", help="与其他来源的人口相加 / add to other sources' people")
    ] = False,
    allow_rejects: Annotated[
        bool, typer.Option("--allow-rejects", help="略过坏行并另存 / leave bad rows out and save them")
    ] = False,
) -> None:
    """导入数据;再次导入只替换同一来源 / import data; a second import replaces that source only."""
    if not file.exists():
        raise InputError("cli.no_file", file=file)
    function = _function(kind)
    options: dict[str, Any] = {
        "source": source, "element": element, "mapping": mapping, "datum": datum, "level": level,
        "age_shares": age_shares, "as_of": as_of, "sheet": sheet, "code_column": code_column,
        "name_column": name_column, "people_column": people_column, "kind": site_kind, "band": band, "unit": unit,
        "version": edition, "planned": planned or None,
        "household": household or None, "allow_overlap": allow_overlap or None, "allow_rejects": allow_rejects or None,
    }  # fmt: skip
    given = {name: value for name, value in options.items() if value is not None}
    taken = inspect.signature(function).parameters
    for name in given:
        if name not in taken:
            raise InputError("cli.option_not_for_kind", value=_OPTIONS.get(name, name.replace("_", "-")), kind=kind)

    if site_kind is not None:
        given["kind"] = _site_kind(site_kind)

    from kezhong.city.workspace import City

    city = City.open(city_dir)
    with progress_bar(kind) as progress:
        if "progress" in taken:
            given["progress"] = progress
        report = function(city, file, **given)
    say(
        f"{kind}：读取 {report.read:,} 行，采用 {report.taken:,} 行（来源“{report.source}”）；"
        f"快照 {report.snapshot_id}",
        f"{kind}: {report.read:,} rows read, {report.taken:,} taken (source “{report.source}”); "
        f"snapshot {report.snapshot_id}",
    )
    for skipped in report.skipped[:_SHOWN]:
        say(f"  略过 {skipped.row}：{skipped.reason_zh}", f"  left out {skipped.row}: {skipped.reason_en}")
    if len(report.skipped) > _SHOWN:
        say(f"  …共略过 {len(report.skipped):,} 行", f"  … {len(report.skipped):,} rows left out in all")
    for note in report.notes:
        say(f"  说明：{_text(note)}", f"  note: {_text(note)}")


def _function(kind: str) -> Callable[..., Any]:
    from kezhong import intake

    if kind not in KINDS:
        raise InputError("cli.unknown_kind", value=kind, expected="、".join(KINDS))
    function: Callable[..., Any] = getattr(intake, KINDS[kind])
    return function


def _site_kind(word: str) -> str:
    """The kind that a word stands for, e.g. ``留白`` for reserve."""
    from kezhong.intake.sites import KINDS as KINDS_OF_SITES

    found = KINDS_OF_SITES.get(word.strip().lower())
    if found is None:
        expected = "、".join(dict.fromkeys(KINDS_OF_SITES))
        raise InputError("intake.bad_option", option="--site-kind", value=word, expected=expected)
    return found


def _text(note: Any) -> str:
    if isinstance(note, str):
        return note
    return str(note.zh if language() == "zh" else note.en)
