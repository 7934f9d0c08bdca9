"""``kezhong serve`` and ``kezhong demo``: what they print, what they refuse, and how they log."""

from __future__ import annotations

import json
import logging
import socket
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from kezhong.city.workspace import City
from kezhong.cli import main, serving


def status(*arguments: object) -> int:
    """Exit status of the command."""
    try:
        return main([str(argument) for argument in arguments])
    except SystemExit as end:
        return int(end.code or 0)


@pytest.fixture(autouse=True)
def loggers() -> Iterator[None]:
    """The loggers of the program as they were."""
    before = {
        name: (found.handlers, found.level, found.propagate)
        for name in ("kezhong", "uvicorn")
        for found in [logging.getLogger(name)]
    }
    yield
    for name, (handlers, level, propagate) in before.items():
        found = logging.getLogger(name)
        found.handlers, found.propagate = handlers, propagate
        found.setLevel(level)


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What uvicorn would have served."""
    calls: list[dict[str, Any]] = []
    monkeypatch.setattr("uvicorn.run", lambda application, **how: calls.append({"application": application, **how}))
    return calls


@pytest.fixture
def port() -> int:
    """A free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(("host", "shown"), [("127.0.0.1", "127.0.0.1"), ("localhost", "localhost")])
def test_the_address_can_be_opened_as_it_is_printed(
    empty_city: City, served: list[dict[str, Any]], port: int, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch, language: str, host: str, shown: str,
) -> None:  # fmt: skip
    monkeypatch.setenv("KEZHONG_LANG", language)
    assert status("serve", empty_city.folder, "--host", host, "--port", port) == 0
    said = capsys.readouterr().out
    assert f"http://{shown}:{port}" in said
    assert f"http://{shown}：" not in said
    assert (served[0]["host"], served[0]["port"]) == (host, port)


def test_an_ipv6_address_stands_in_brackets(
    empty_city: City, served: list[dict[str, Any]], port: int, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    if not _has_ipv6():
        monkeypatch.setattr(serving, "_require_place", lambda *_: None)
    assert status("serve", empty_city.folder, "--host", "::1", "--port", port) == 0
    assert f"http://[::1]:{port}（" in capsys.readouterr().out
    assert served[0]["host"] == "::1"


def test_the_demonstration_prints_the_same_address(
    empty_city: City, served: list[dict[str, Any]], port: int, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    made = SimpleNamespace(folder=empty_city.folder, fresh=False)
    monkeypatch.setattr("kezhong.demo.make_demo", lambda *_, **__: made)
    assert status("demo", "--out", empty_city.folder, "--port", port) == 0
    assert f"http://127.0.0.1:{port}（" in capsys.readouterr().out
    assert len(served) == 1
    assert status("demo", "--out", empty_city.folder, "--no-serve") == 0
    assert "http" not in capsys.readouterr().out
    assert len(served) == 1


def test_serving_logs_json_lines(
    empty_city: City, served: list[dict[str, Any]], port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status("serve", empty_city.folder, "--port", port) == 0
    assert served[0]["log_config"] is None  # uvicorn would put its own handlers beside ours
    capsys.readouterr()
    logging.getLogger("kezhong.server.access").info("request", extra={"route": "/api/v1/city", "status": 200})
    logging.getLogger("kezhong.jobs").info("job")
    logging.getLogger("uvicorn.error").warning("odd request")
    logging.getLogger("uvicorn.error").info("not told")
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["message"] for line in lines] == ["request", "job", "odd request"]
    assert lines[0]["route"] == "/api/v1/city"


@pytest.mark.parametrize("port", ["0", "-1", "65536", "99999999999"])
def test_a_port_that_is_none(empty_city: City, capsys: pytest.CaptureFixture[str], port: str) -> None:
    assert status("serve", empty_city.folder, "--port", port) == 2
    assert "--port 的取值不对" in capsys.readouterr().err


def test_an_address_that_the_system_refuses(
    empty_city: City, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("socket.socket.bind", refuse)
    assert status("serve", empty_city.folder, "--port", 80) == 2
    said = capsys.readouterr().err
    assert "不能在 127.0.0.1 的端口 80 上提供服务：Permission denied" in said


def test_no_city_no_server(served: list[dict[str, Any]], port: int, tmp_path: Path) -> None:
    assert status("serve", tmp_path / "nothing", "--port", port) == 2
    assert served == []
