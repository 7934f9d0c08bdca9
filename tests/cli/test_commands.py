"""The commands on a tiny city: what they print, their exit status, and the two languages."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from kezhong.cli import main
from kezhong.cli.console import local_time
from kezhong.cli.docs import render
from kezhong.errors import CancelledError
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
    ],
)
def test_a_wrong_command_line_is_explained(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], zh: str, en: str
) -> None:
    assert status(*arguments) == 2
    said = capsys.readouterr().err
    assert zh in said
    assert en in said


def test_only_this_machine_is_served(small: SmallCity, capsys: pytest.CaptureFixture[str]) -> None:
    assert status("serve", small.city.folder, "--host", "0.0.0.0") == 2  # noqa: S104  # that it is refused
    assert "只允许在本机地址" in capsys.readouterr().err


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
