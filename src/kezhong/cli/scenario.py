"""``kezhong scenario``: stored what-ifs, listed, shown, tried, compared and merged without a browser."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kezhong.cli.console import language, local_time, progress_bar, say, table
from kezhong.cli.results import dump
from kezhong.errors import ConflictError, InputError

if TYPE_CHECKING:
    from kezhong.city.scenarios import Scenario
    from kezhong.city.workspace import City

app = typer.Typer(
    help="情景：列出、查看、试算、对比、合并、删除 / scenarios: list, show, apply, compare, merge, delete",
    no_args_is_help=True,
    rich_markup_mode=None,
)
CityDir = Annotated[Path, typer.Argument(help="城市文件夹 / city folder", metavar="CITY_DIR")]
Which = Annotated[str, typer.Argument(help="情景的名称或编号 / name or id of the scenario", metavar="SCENARIO")]
Basis = Annotated[str | None, typer.Option(help="口径 / basis")]
AsJson = Annotated[bool, typer.Option("--json", help="输出 JSON / print JSON")]
_SHOWN = 15


@app.command("list")
def list_(city_dir: CityDir, as_json: AsJson = False) -> None:
    """全部情景 / all scenarios, newest first."""
    from kezhong.city.scenario_store import ScenarioStore
    from kezhong.city.workspace import City

    city = City.open(city_dir)
    found = ScenarioStore(city.folder).all()
    if as_json:
        dump([asdict(one) for one in found])
        return
    if not found:
        say("还没有保存的情景。", "no scenario is stored.")
        return
    zh = language() == "zh"
    headings = ("名称", "编辑", "保存于", "说明", "编号") if zh else ("name", "edits", "stored", "note", "id")
    table(
        headings,
        [
            (one.name, one.edits, local_time(one.created, city.config.timezone), one.note or "–", one.id)
            for one in found
        ],
        right=(1,),
    )


@app.command()
def show(city_dir: CityDir, scenario: Which, as_json: AsJson = False) -> None:
    """一个情景的各步编辑 / the edits of a scenario; --json writes what `apply --file` reads."""
    from kezhong.assess.whatif_wording import edits

    city, found = _stored(city_dir, scenario)
    if as_json:
        dump(found.documents())
        return
    for row in edits(city, found):
        sys.stdout.write(f"{row['n']:>3}  {row['label'][language()]}\n")


@app.command("apply")
def apply_(
    city_dir: CityDir,
    scenario: Annotated[str | None, typer.Argument(help="情景 / scenario", metavar="SCENARIO")] = None,
    file: Annotated[Path | None, typer.Option(help="改为读取编辑文件 / edits from a file: .json")] = None,
    save: Annotated[str | None, typer.Option(help="把文件中的编辑存为情景 / store them under this name")] = None,
    note: Annotated[str, typer.Option(help="说明 / note")] = "",
    basis: Basis = None,
    as_json: AsJson = False,
) -> None:
    """试算：这些编辑会改变什么，数据不变 / what the edits would change; the data stay as they are."""
    from kezhong.assess.whatif import Engine, Session
    from kezhong.city.scenario_store import ScenarioStore
    from kezhong.city.workspace import City

    if (scenario is None) == (file is None):
        raise InputError("cli.missing_option", value="SCENARIO / --file", command="kezhong scenario apply")
    if file is None:
        city, found = _stored(city_dir, str(scenario))
    else:
        city, found = City.open(city_dir), _read(file)
    with progress_bar("scenario") as progress:
        session = Session(Engine(city, basis, progress=progress), found.edits)
    total = session.total()
    named = None
    if save is not None:
        named = ScenarioStore(city.folder).save(found, save, note=note, snapshot=city.snapshot.id)
    if as_json:
        dump(total if named is None else {"scenario": named.id, **total})
        return
    if named is not None:
        say(f"已保存为“{named.name}”（{named.id}）", f"stored as “{named.name}” ({named.id})")
    _told(total)


@app.command()
def compare(city_dir: CityDir, first: Which, second: Which, basis: Basis = None, as_json: AsJson = False) -> None:
    """两个情景并排 / two scenarios beside one another and the city as it is."""
    from kezhong.assess.whatif import Engine
    from kezhong.assess.whatif import compare as compared

    city, one = _stored(city_dir, first)
    _, other = _stored(city_dir, second)
    with progress_bar("scenario") as progress:
        found = compared(Engine(city, basis, progress=progress), one, other)
    if as_json:
        dump(found)
        return
    zh, difference = language() == "zh", found["difference"]
    people = {row["group"]: row for row in difference["people"]}
    rows = [
        (name, *(_gain(people[group][side]) for side in ("first", "second")))
        for group, name in _groups(zh)
    ]  # fmt: skip
    table((("人群（受益 / 受损）" if zh else "people (gain / loss)"), first, second), rows, right=(1, 2))
    before, one_total, other_total = difference["shortfalls"]["total"]
    say(
        f"短板：现状 {before} 条，{first} {one_total} 条，{second} {other_total} 条",
        f"shortfalls: {before} as it is, {one_total} with {first}, {other_total} with {second}",
    )
    graded = [row for row in difference["areas"] if len(set(row["grade"])) > 1 and row["level"] == "community"]
    if graded:
        headings = ("社区", "现状", first, second) if zh else ("community", "now", first, second)
        table(headings, [(row["name"], *row["grade"]) for row in graded[:_SHOWN]])


@app.command()
def merge(
    city_dir: CityDir, first: Which, second: Which,
    name: Annotated[str, typer.Option(help="合并后的名称 / name of the result")],
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """合并；两边改了同一对象时不合并 / one of two; nothing where both concern the same thing."""
    from kezhong.city.scenario_store import ScenarioStore
    from kezhong.city.scenarios import merge as merged

    city, one = _stored(city_dir, first)
    _, other = _stored(city_dir, second)
    found = merged(one, other)
    if found.conflicts:
        clash = found.conflicts[0]
        raise ConflictError("whatif.conflict", first=clash.first, second=clash.second, value=clash.id)
    named = ScenarioStore(city.folder).save(found.scenario, name, snapshot=city.snapshot.id)
    if as_json:
        dump(asdict(named))
        return
    say(
        f"已合并为“{named.name}”：{named.edits} 步编辑（{named.id}）",
        f"merged as “{named.name}”: {named.edits} edits ({named.id})",
    )


@app.command()
def delete(city_dir: CityDir, scenario: Which) -> None:
    """删除一个情景 / delete a scenario."""
    from kezhong.city.scenario_store import ScenarioStore
    from kezhong.city.workspace import City

    store = ScenarioStore(City.open(city_dir).folder)
    named = store.named(_id(store, scenario))
    store.remove(named.id)
    say(f"已删除情景“{named.name}”", f"scenario “{named.name}” deleted")


def _stored(city_dir: Path, which: str) -> tuple[City, Scenario]:
    from kezhong.city.scenario_store import ScenarioStore
    from kezhong.city.workspace import City

    city = City.open(city_dir)
    store = ScenarioStore(city.folder)
    return city, store.get(_id(store, which))


def _id(store: Any, which: str) -> str:
    """People know names; ids work as well."""
    return next((one.id for one in store.all() if one.name == which), which)


def _read(file: Path) -> Scenario:
    from kezhong.city.scenarios import Scenario

    if not file.is_file():
        raise InputError("cli.no_file", file=file)
    try:
        documents = json.loads(file.read_text("utf-8-sig"))
    except (json.JSONDecodeError, UnicodeDecodeError) as problem:
        raise InputError("whatif.bad_file", file=file, detail=problem) from problem
    if not isinstance(documents, list):
        raise InputError("whatif.bad_file", file=file, detail="[…]")
    return Scenario.of(documents)


def _groups(zh: bool) -> list[tuple[str, str]]:
    names = {
        "all": ("全体居民", "everybody"),
        "elderly": ("60 岁及以上", "60 and older"),
        "children": ("0–14 岁", "below 15"),
    }
    return [(group, words[0 if zh else 1]) for group, words in names.items()]


def _gain(pair: list[float]) -> str:
    return " / ".join("–" if value != value else f"{value:,.0f}" for value in pair)  # NaN


def _told(total: dict[str, Any]) -> None:
    zh = language() == "zh"
    people = {row["group"]: row for row in total["people"]}
    rows = [(name, _gain([people[group]["gain"]]), _gain([people[group]["loss"]])) for group, name in _groups(zh)]
    table(("人群", "受益", "受损") if zh else ("people", "gain", "loss"), rows, right=(1, 2))
    if total["elements"]:
        headings = ("要素", "受益", "受损") if zh else ("element", "gain", "loss")
        lines = [
            (row["zh" if zh else "en"], _gain([row["gain"]]), _gain([row["loss"]]))
            for row in total["elements"][:_SHOWN]
        ]
        table(headings, lines, right=(1, 2))
    graded = [row for row in total["areas"] if row["grade"][0] != row["grade"][1]]
    for row in graded[:_SHOWN]:
        sys.stdout.write(f"{row['name']}：{row['grade'][0]} → {row['grade'][1]}\n")
    before, after = total["shortfalls"]["total"]
    say(f"短板：{before} 条 → {after} 条", f"shortfalls: {before} → {after}")
