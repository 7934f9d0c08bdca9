"""The commands on a tiny city: what they print, their exit status, and the two languages."""

from __future__ import annotations

import inspect
import json
import socket
from pathlib import Path

import pandas as pd
import pytest

from kezhong import intake
from kezhong.assess import open_assessment
from kezhong.catalogue import load_catalogue
from kezhong.city.workspace import City
from kezhong.cli import importing, main, results
from kezhong.cli.console import local_time
from kezhong.cli.docs import render
from kezhong.errors import CancelledError
from kezhong.server.shortfalls import ShortfallFilter, ShortfallIndex
from small_city import SmallCity, make


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> SmallCity:
    return make(tmp_path_factory.mktemp("small") / "city")


def status(*arguments: object) -> int:
    """Exit status of the command."""
    try:
        return main([str(argument) for argument in arguments])
    except SystemExit as end:
        return int(end.code or 0)


def test_info_shows_local_time_and_the_language(
    small: SmallCity, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert status("info", small.city.folder) == 0
    assert "2026-11-23 16:00" in capsys.readouterr().out  # the run of 08:00 UTC
    monkeypatch.setenv("KEZHONG_LANG", "en")
    assert status("info", small.city.folder) == 0
    assert "walker standard" in capsys.readouterr().out
    assert status("info", small.city.folder, "--json") == 0
    assert json.loads(capsys.readouterr().out)["snapshot"]["id"] == small.city.snapshot.id


def test_a_stored_moment_is_shown_in_the_citys_zone() -> None:
    assert local_time("2026-11-23T20:30:00Z", "Asia/Shanghai") == "2026-11-24 04:30"
    assert local_time("", "Asia/Shanghai") == "–"


@pytest.mark.parametrize(
    ("arguments", "zh", "en"),
    [
        (("asess",), "没有命令“asess”", "there is no command"),
        (("explain", "x"), "缺少必填的 --area", "--area is required"),
        (("info",), "缺少必填的 CITY_DIR", "CITY_DIR is required"),
        (("assess", "x", "--bases", "y"), "没有选项 --bases", "has no option --bases"),
        (("serve", "x", "--port", "abc"), "--port 的取值不对", "--port does not take"),
        (("import", "roads", "x", __file__), "不能导入“roads”", "cannot be imported"),
        (("import", "streets", "x", "nothing.pbf"), "找不到文件", "there is no file"),
        (("import", "streets", "x", __file__, "--people-column", "p"), "--people-column 不适用", "does not go with"),
        (("info", "nowhere"), "不是刻钟的城市文件夹", "not a Kezhong city folder"),
        (("shortfalls", "x", "--out", "list.pdf"), "不认识输出格式", "unknown output format"),
        (("shortfalls", "x", "--top", "-5"), "--top 的取值不对", "--top does not take"),
        (("new", "x"), "没有给出城市名称", "the name of the city is missing"),
        (("new", "x"), "kezhong new x --name 我的城市", "kezhong new x --name MyCity"),
        (("new", "x", "--name", "  "), "没有给出城市名称", "the name of the city is missing"),
        (("import", "gates", "x", __file__, "--site-kind", "留白"), "--site-kind 不适用", "--site-kind does not go"),
        (("import", "estates", "x", __file__, "--edition", "2024"), "--edition 不适用", "--edition does not go"),
        (("import", "sites", "x", __file__, "--site-kind", "月球"), "--site-kind 的取值“月球”不对", "留白"),
    ],
)
def test_a_wrong_command_line_is_explained(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], zh: str, en: str
) -> None:
    assert status(*arguments) == 2
    said = capsys.readouterr().err
    assert zh in said
    assert en in said


def test_info_says_what_made_each_snapshot(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert status("new", tmp_path / "wuhai", "--template", "wuhai") == 0
    capsys.readouterr()
    assert status("info", tmp_path / "wuhai") == 0
    said = capsys.readouterr().out
    assert "按模板“wuhai”建立区域" in said
    assert "新建城市" in said
    monkeypatch.setenv("KEZHONG_LANG", "en")
    assert status("info", tmp_path / "wuhai") == 0
    assert "template wuhai" in capsys.readouterr().out


def test_help_is_in_both_languages_at_every_level(capsys: pytest.CaptureFixture[str]) -> None:
    for path in ((), ("serve",), ("import",), ("verify",), ("verify", "export"), ("catalogue", "show")):
        assert status(*path, "--help") == 0
        said = capsys.readouterr().out
        assert "显示本页并退出 / show this page and exit" in said
        assert "Show this message" not in said


def test_every_option_of_every_import_has_one_on_the_command_line() -> None:
    offered = set(inspect.signature(importing.import_).parameters)
    offered |= {name for name, option in importing._OPTIONS.items() if option.replace("-", "_") in offered}
    for kind, name in importing.KINDS.items():
        taken = set(inspect.signature(getattr(intake, name)).parameters) - {"city", "file", "progress"}
        assert taken <= offered, kind


def test_sites_of_a_stated_kind(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "sites.csv").write_text("编号,名称,经度,纬度\nA1,东坡地,106.8,39.6\nA2,河边地,106.81,39.61\n", "utf-8")
    assert status("new", tmp_path / "city", "--name", "试验市") == 0
    command = ("import", "sites", tmp_path / "city", tmp_path / "sites.csv", "--datum", "wgs84")
    assert status(*command) == 2  # no row says what it is
    assert status(*command, "--site-kind", "留白") == 0
    assert list(City.open(tmp_path / "city").layer("sites")["kind"]) == ["reserve", "reserve"]
    capsys.readouterr()


@pytest.mark.parametrize(
    ("area", "levels"),
    [
        ("150300", {"community", "life_circle", "street", "district", "city"}),
        ("东岸区", {"community", "life_circle", "street", "district"}),
        ("150302001", {"community", "street"}),
    ],
)
def test_shortfalls_of_an_area_hold_every_level_below(
    small: SmallCity, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path,
    area: str, levels: set[str],
) -> None:  # fmt: skip
    """The command and the server select through the same :meth:`AreaTree.covers`."""
    found = open_assessment(small.city, small.run.id)
    template = found.run.shortfalls.iloc[[0]]
    codes = list(small.city.areas.level)
    rows = pd.concat([template] * len(codes), ignore_index=True)
    rows["area_code"], rows["area_level"] = codes, [small.city.areas.level[code] for code in codes]
    rows["shortfall_id"], rows["rank"] = [f"sf-{code}" for code in codes], range(1, len(codes) + 1)
    monkeypatch.setitem(found.run.__dict__, "shortfalls", rows)
    monkeypatch.setattr(results, "_assessment", lambda *_, **__: found)
    assert status("shortfalls", small.city.folder, "--area", area, "--out", tmp_path / "list.geojson") == 0
    capsys.readouterr()
    features = json.loads((tmp_path / "list.geojson").read_text("utf-8"))["features"]
    assert {feature["properties"]["area_level"] for feature in features} == levels
    code = small.city.areas.find(area)
    index = ShortfallIndex(rows, small.city.areas, {})
    assert [feature["id"] for feature in features] == list(index.rows(ShortfallFilter(area=[code]))["shortfall_id"])


def test_a_circle_goes_by_its_chinese_name_too(
    small: SmallCity, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    found = open_assessment(small.city, small.run.id)
    monkeypatch.setattr(results, "_assessment", lambda *_, **__: found)
    written = []
    for circle in ("convenient_consumption", load_catalogue().circles["convenient_consumption"].zh):
        assert status("shortfalls", small.city.folder, "--circle", circle, "--out", tmp_path / "list.csv") == 0
        written.append((tmp_path / "list.csv").read_bytes())
    assert written[0] == written[1]
    assert written[0].count(b"sf-wet_market") == 6
    capsys.readouterr()


def test_json_holds_null_where_there_is_no_number(capsys: pytest.CaptureFixture[str]) -> None:
    results.dump({"a": [1.5, float("nan")], "b": {"c": float("inf"), 4: (1,)}})
    assert json.loads(capsys.readouterr().out, parse_constant=pytest.fail) == {
        "a": [1.5, None],
        "b": {"c": None, "4": [1]},
    }


def test_only_this_machine_is_served(small: SmallCity, capsys: pytest.CaptureFixture[str]) -> None:
    assert status("serve", small.city.folder, "--host", "0.0.0.0") == 2  # noqa: S104  # that it is refused
    assert "只允许本机地址" in capsys.readouterr().err


def test_a_port_in_use(small: SmallCity, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert status("serve", small.city.folder, "--port", port) == 2
    assert f"端口 {port} 已被占用" in capsys.readouterr().err


def test_a_defect_is_owned_and_its_traceback_goes_to_a_file(
    small: SmallCity, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("nought")

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("kezhong.cli.results.check", broken)
    assert status("check", small.city.folder) == 70
    said = capsys.readouterr().err
    assert "Traceback" not in said
    (log,) = tmp_path.glob("kezhong-*.log")
    assert str(log) in said
    assert "ZeroDivisionError: nought" in log.read_text("utf-8")


@pytest.mark.parametrize("problem", [CancelledError("cli.interrupted"), KeyboardInterrupt()])
def test_stopping_is_no_error(
    small: SmallCity, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, problem: BaseException
) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise problem

    monkeypatch.setattr("kezhong.cli.results.check", stopped)
    assert status("check", small.city.folder) == 130
    assert "原有版本完好" in capsys.readouterr().err


def test_the_page_does_not_depend_on_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "50")
    narrow = render()
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert render() == narrow
