"""The commands. Each imports what it needs when it is called, so that ``kezhong --help`` stays instant."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kezhong import __version__
from kezhong.cli import (
    audit,
    hours,
    importing,
    isochrone,
    lived,
    office,
    openings,
    results,
    scenario,
    serving,
    verifying,
)
from kezhong.cli.console import language, local_time, say, table
from kezhong.cli.helping import speak_both
from kezhong.errors import InputError

app = typer.Typer(
    name="kezhong",
    help="刻钟：一刻钟社区生活圈的摸排、体检与短板清单。/ Measure a city's 15-minute life circles.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

_WINDOW = "须在此时段开放 / must be open then: any morning working_hours evening weekend"
CityDir = Annotated[Path, typer.Argument(help="城市文件夹 / city folder", metavar="CITY_DIR")]


def _version(value: bool) -> None:
    if value:
        typer.echo(f"kezhong {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="版本 / version")
    ] = False,
) -> None:
    """Options of the command itself."""


@app.command()
def new(
    city_dir: CityDir,
    name: Annotated[str, typer.Option(help="城市名称；用模板时可不填 / name of the city; a template has its own")] = "",
    boundary: Annotated[Path | None, typer.Option(help="城市边界 / boundary, a polygon layer")] = None,
    areas: Annotated[Path | None, typer.Option(help="区域面图层 / polygons of areas")] = None,
    level: Annotated[
        str, typer.Option(help="区域层级 / level of these areas: community, street, district")
    ] = "community",
    template: Annotated[str | None, typer.Option(help="模板 / template, e.g. wuhai")] = None,
    code: Annotated[str, typer.Option(help="城市编码 / code of the city")] = "city",
    datum: Annotated[
        str | None, typer.Option(help="坐标系 / datum of the files: wgs84, gcj02, bd09, EPSG:4545")
    ] = None,
) -> None:
    """新建城市文件夹 / make a city folder."""
    from kezhong.intake import new_city

    if not name.strip() and template is None:
        raise InputError("cli.missing_name", folder=city_dir)
    city = new_city(
        city_dir, name.strip(), boundary=boundary, areas=areas, level=level, template=template, code=code, datum=datum
    )
    say(f"已建立“{city.config.name}”：{city.folder}", f"made “{city.config.name}”: {city.folder}")


@app.command()
def info(city_dir: CityDir, as_json: Annotated[bool, typer.Option("--json", help="JSON")] = False) -> None:
    """图层、快照与体检结果 / layers, snapshots and runs."""
    from kezhong.city.changes import change_text
    from kezhong.city.results import RunStore
    from kezhong.city.schemas import LAYERS
    from kezhong.city.workspace import City

    city = City.open(city_dir)
    runs = RunStore(city.folder).all()
    if as_json:
        results.dump(
            {
                "name": city.config.name, "snapshot": city.snapshot.document(),
                "snapshots": [snapshot.document() for snapshot in city.history()],
                "runs": [run.manifest for run in runs],
            }
        )  # fmt: skip
        return
    say(f"{city.config.name}  快照 {city.snapshot.id}", f"{city.config.name}  snapshot {city.snapshot.id}")
    rows = [
        (
            LAYERS[layer].zh if language() == "zh" else layer,
            layer,
            len(city.layer(layer)),
            "、".join(city.sources(layer)),
        )
        for layer in LAYERS
        if city.has(layer)
    ]
    headings = ("数据", "图层", "行数", "来源") if language() == "zh" else ("data", "layer", "rows", "sources")
    table(headings, rows, right=(2,))
    if not rows:
        say("还没有数据：先运行 kezhong import streets", "no data yet: start with kezhong import streets")
    zone = city.config.timezone
    for snapshot in city.history():
        made = local_time(snapshot.created, zone)
        say(
            f"快照 {snapshot.id}  {made}  {change_text(snapshot.message)}",
            f"snapshot {snapshot.id}  {made}  {change_text(snapshot.message, 'en')}",
        )
    for run in runs:
        basis, walker, made = run.manifest["basis"], run.manifest["walker"], local_time(run.manifest["created"], zone)
        say(
            f"体检 {run.id}  口径 {basis}  步行者 {walker}  {made}",
            f"run {run.id}  basis {basis}  walker {walker}  {made}",
        )


@app.command()
def migrate(city_dir: CityDir) -> None:
    """升级旧版城市文件夹 / bring a folder of an older format up to date."""
    from kezhong.city.config import FORMAT_VERSION, read_config

    config = read_config(city_dir)
    say(f"格式已是最新版本 {config.format_version}", f"the format is current: {FORMAT_VERSION}")


@app.command()
def check(city_dir: CityDir, as_json: Annotated[bool, typer.Option("--json", help="JSON")] = False) -> None:
    """数据质量体检;不合格时退出码为 1 / the data-quality gate; exit status 1 below the threshold."""
    raise typer.Exit(results.check(city_dir, as_json=as_json))


@app.command()
def assess(
    city_dir: CityDir,
    basis: Annotated[str | None, typer.Option(help="口径 / basis, see kezhong catalogue show")] = None,
    walker: Annotated[str, typer.Option(help="步行者 / walker")] = "standard",
    window: Annotated[str, typer.Option(help=_WINDOW)] = "any",
    force: Annotated[bool, typer.Option("--force", help="重新计算 / compute again")] = False,
    no_office: Annotated[
        bool,
        typer.Option("--no-office", help="不复测办公室的目标和任务 / do not measure the office's targets and tasks"),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON")] = False,
) -> None:
    """体检 / assess the city against a basis."""
    question = results.Question(basis, walker, window)
    results.assess(city_dir, question, force=force, as_json=as_json, office=not no_office)


@app.command()
def shortfalls(
    city_dir: CityDir,
    out: Annotated[Path | None, typer.Option(help="输出文件 / file: .xlsx .csv .geojson .gpkg")] = None,
    basis: Annotated[str | None, typer.Option(help="口径 / basis")] = None,
    walker: Annotated[str, typer.Option(help="步行者 / walker")] = "standard",
    window: Annotated[str, typer.Option(help=_WINDOW)] = "any",
    circle: Annotated[str | None, typer.Option(help="只要这个圈层 / this circle only")] = None,
    area: Annotated[
        str | None,
        typer.Option(help="只要这个区域及其下级 / this area (code or name) and what lies in it"),
    ] = None,
    element: Annotated[
        str | None, typer.Option(help="只要这种服务要素 / this service element (id, Chinese or English name)")
    ] = None,
    top: Annotated[int, typer.Option(help="屏幕上显示的行数 / rows on the screen", min=0, max=100_000)] = 20,
) -> None:
    """短板清单 / the shortfall list."""
    results.shortfalls(
        city_dir, results.Question(basis, walker, window), results.Filter(circle, area, element), out=out, top=top
    )


@app.command()
def explain(
    city_dir: CityDir,
    area: Annotated[str, typer.Option(help="区域编码或名称 / code or name of the area")],
    element: Annotated[
        str, typer.Option(help="服务要素：编码或中英文名称 / service element: id, Chinese or English name")
    ],
    basis: Annotated[str | None, typer.Option(help="口径 / basis")] = None,
    walker: Annotated[str, typer.Option(help="步行者 / walker")] = "standard",
    window: Annotated[str, typer.Option(help=_WINDOW)] = "any",
    as_json: Annotated[bool, typer.Option("--json", help="JSON")] = False,
) -> None:
    """说明一个数字的来历 / follow one figure to its sources."""
    results.explain(city_dir, results.Question(basis, walker, window), area, element, as_json=as_json)


@app.command()
def export(
    city_dir: CityDir,
    out: Annotated[Path, typer.Option(help="输出文件夹 / folder")],
    basis: Annotated[str | None, typer.Option(help="口径 / basis")] = None,
    walker: Annotated[str, typer.Option(help="步行者 / walker")] = "standard",
    window: Annotated[str, typer.Option(help=_WINDOW)] = "any",
) -> None:
    """导出全部数据与数据字典 / export everything with a data dictionary."""
    results.export(city_dir, out, results.Question(basis, walker, window))


@app.command()
def serve(
    city_dir: CityDir,
    host: Annotated[str, typer.Option(help="地址 / address")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="端口 / port", min=1, max=65535)] = 8000,
    public_url: Annotated[
        str | None, typer.Option(help="对外网址，须已设立办公室 / public address; needs an office: https://HOST")
    ] = None,
) -> None:
    """启动网页 / serve the application."""
    serving.serve(city_dir, host, port, public_url)


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="输出文件夹 / folder")] = Path("demo-city"),
    no_serve: Annotated[bool, typer.Option("--no-serve", help="只生成 / generate only")] = False,
    host: Annotated[str, typer.Option(help="地址 / address")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="端口 / port", min=1, max=65535)] = 8000,
) -> None:
    """生成示范市(合成数据)/ the generated demonstration city."""
    serving.demo(out, host, port, no_serve=no_serve)


app.command()(lived.lived)
app.command()(hours.hours)
app.command()(isochrone.isochrone)
app.command()(openings.openings)
app.command("import", epilog=importing.EPILOG)(importing.import_)
app.add_typer(verifying.app, name="verify")
app.add_typer(scenario.app, name="scenario")
app.add_typer(office.app, name="office")
app.add_typer(audit.app, name="audit")


def _mount_catalogue() -> None:
    from kezhong.cli import catalogue

    app.add_typer(catalogue.app, name="catalogue")


_mount_catalogue()
speak_both(app)
