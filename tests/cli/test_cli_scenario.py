"""``kezhong scenario``: what it prints is what the engine says; wrong input names what is wrong and changes nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from assess.cities import Lattice, usual
from kezhong.assess.whatif import Engine, Session, compare
from kezhong.city.scenario_store import ScenarioStore
from kezhong.city.scenarios import Scenario
from kezhong.city.workspace import City
from kezhong.cli import main

CLOSE = {"kind": "close_facility", "facility": "ledger:wet_market-0"}
MOVE = {"kind": "move_facility", "facility": "ledger:pharmacy-2"}


@pytest.fixture
def city(tmp_path: Path) -> City:
    lattice: Lattice = usual(tmp_path)
    return lattice.build()


@pytest.fixture
def plan(city: City) -> str:
    return ScenarioStore(city.folder).save(Scenario.of([CLOSE]), "关市场", note="试算").id


def call(capsys: pytest.CaptureFixture[str], words: tuple[object, ...]) -> tuple[int, str, str]:
    try:
        code = main([str(word) for word in words])
    except SystemExit as left:
        code = int(left.code or 0)
    out, err = capsys.readouterr()
    return code or 0, out, err


def run(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    code, out, err = call(capsys, words)
    assert code == 0, err
    return out


def refused(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    code, out, err = call(capsys, words)
    assert code == 2, out
    return err


def total(city: City, documents: list[dict[str, Any]]) -> dict[str, Any]:
    return Session(Engine(city), Scenario.of(documents).edits).total()


def test_list_show_and_delete(city: City, plan: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert "关市场" in run(capsys, "scenario", "list", city.folder)
    (row,) = json.loads(run(capsys, "scenario", "list", city.folder, "--json"))
    assert (row["id"], row["note"], row["edits"]) == (plan, "试算", 1)
    assert "关闭“wet_market 0”" in run(capsys, "scenario", "show", city.folder, "关市场")
    assert json.loads(run(capsys, "scenario", "show", city.folder, plan, "--json")) == [CLOSE]
    run(capsys, "scenario", "delete", city.folder, "关市场")
    assert "还没有" in run(capsys, "scenario", "list", city.folder)


def test_apply_prints_what_the_engine_says(city: City, plan: str, capsys: pytest.CaptureFixture[str]) -> None:
    told = total(city, [CLOSE])
    found = json.loads(run(capsys, "scenario", "apply", city.folder, "关市场", "--json"))
    assert found["people"] == told["people"]
    assert found["shortfalls"]["total"] == told["shortfalls"]["total"]
    loss = next(row["loss"] for row in told["people"] if row["group"] == "all")
    assert loss > 0
    text = run(capsys, "scenario", "apply", city.folder, plan)
    assert f"{loss:,.0f}" in text
    before, after = told["shortfalls"]["total"]
    assert f"短板：{before} 条 → {after} 条" in text
    assert city.refresh().snapshot.id == City.open(city.folder).snapshot.id


def test_apply_a_file_and_keep_it(city: City, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "edits.json"
    spot = city.geo("service_points").geometry.iloc[4]
    file.write_text(json.dumps([CLOSE, {**MOVE, "lon": spot.x, "lat": spot.y}]), "utf-8")
    text = run(capsys, "scenario", "apply", city.folder, "--file", file, "--save", "两步")
    assert "已保存为“两步”" in text
    assert len(ScenarioStore(city.folder).all()) == 1
    assert json.loads(run(capsys, "scenario", "show", city.folder, "两步", "--json"))[0] == CLOSE
    kept = json.loads(run(capsys, "scenario", "apply", city.folder, "--file", file, "--save", "又两步", "--json"))
    assert kept["scenario"] in {one.id for one in ScenarioStore(city.folder).all()}
    assert kept["people"]


def test_compare_and_merge(city: City, plan: str, capsys: pytest.CaptureFixture[str]) -> None:
    store = ScenarioStore(city.folder)
    other = {"kind": "close_facility", "facility": "ledger:kindergarten-3"}
    store.save(Scenario.of([other]), "关幼儿园")
    told = compare(Engine(city), Scenario.of([CLOSE]), Scenario.of([other]))
    found = json.loads(run(capsys, "scenario", "compare", city.folder, "关市场", "关幼儿园", "--json"))
    assert found["difference"]["shortfalls"]["total"] == told["difference"]["shortfalls"]["total"]
    text = run(capsys, "scenario", "compare", city.folder, "关市场", "关幼儿园")
    assert "关市场" in text
    assert "全体居民" in text
    made = json.loads(run(capsys, "scenario", "merge", city.folder, "关市场", "关幼儿园", "--name", "都关", "--json"))
    assert made["edits"] == 2
    assert json.loads(run(capsys, "scenario", "show", city.folder, "都关", "--json")) == [CLOSE, other]


def test_wrong_input(city: City, plan: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = ScenarioStore(city.folder)
    store.save(Scenario.of([CLOSE, {"kind": "close_facility", "facility": "ledger:kindergarten-3"}]), "也关市场")
    before = store.all()
    bad = tmp_path / "bad.json"
    bad.write_text("{", "utf-8")
    one = tmp_path / "one.json"
    one.write_text('{"kind": "close_facility"}', "utf-8")
    unknown = tmp_path / "unknown.json"
    unknown.write_text('[{"kind": "paint", "facility": "x"}]', "utf-8")
    gone = tmp_path / "gone.json"
    gone.write_text(json.dumps([CLOSE, CLOSE]), "utf-8")
    for words, says in (
        (("show", city.folder, "没有这个"), "没有这个"),
        (("delete", city.folder, "没有这个"), "没有这个"),
        (("apply", city.folder), "--file"),
        (("apply", city.folder, plan, "--file", bad), "--file"),
        (("apply", city.folder, "--file", tmp_path / "none.json"), "none.json"),
        (("apply", city.folder, "--file", bad), "bad.json"),
        (("apply", city.folder, "--file", one), "one.json"),
        (("apply", city.folder, "--file", unknown), "paint"),
        (("apply", city.folder, "--file", gone, "--save", "不该有"), "wet_market"),
        (("merge", city.folder, "关市场", "也关市场", "--name", "合"), "wet_market"),
    ):
        assert says in refused(capsys, "scenario", *words), words
    assert store.all() == before
