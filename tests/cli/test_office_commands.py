"""``kezhong office`` and ``kezhong audit`` from setting up to restoring elsewhere."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import small_city
from kezhong.cli import main
from kezhong.office.audit.keys import new_pair
from kezhong.office.database import EmbeddedServer
from office_database import state_for_tests

PASSWORD = "正确的马电池订书钉-4721"


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A city whose embedded server stays up between commands."""
    folder = small_city.make(tmp_path_factory.mktemp("office") / "city").city.folder
    state = state_for_tests()
    patch = pytest.MonkeyPatch()
    patch.setenv("KEZHONG_STATE", str(state))
    patch.setenv("KEZHONG_ADMIN_PASSWORD", PASSWORD)
    patch.delenv("KEZHONG_DATABASE_URL", raising=False)
    patch.delenv("KEZHONG_AUDIT_KEY", raising=False)
    server = EmbeddedServer(state, city_id(folder), durable=False)
    server.start()
    yield folder
    server.stop()
    patch.undo()
    shutil.rmtree(state, ignore_errors=True)


def city_id(folder: Path) -> str:
    from kezhong.city.config import read_config

    return read_config(folder).city_id


def renamed(folder: Path, target: Path) -> Path:
    """The same city as another installation has it: an id of its own, no office."""
    shutil.copytree(folder, target, ignore=shutil.ignore_patterns("office"))
    file = target / "kezhong.toml"
    old = city_id(folder)
    file.write_text(file.read_text("utf-8").replace(f'"{old}"', f'"{target.name}"'), "utf-8")
    assert city_id(target) == target.name
    return target


def run(*arguments: object) -> int:
    try:
        return main([str(one) for one in arguments])
    except SystemExit as problem:
        return int(problem.code or 0)


def said(capsys: pytest.CaptureFixture[str], *arguments: object, status: int = 0) -> str:
    capsys.readouterr()
    code = run(*arguments)
    found = capsys.readouterr()
    assert code == status, found.out + found.err
    return found.out + found.err


def test_before_it_is_set_up(city: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    if not (city / "office" / "office.json").exists():
        assert "kezhong office init" in said(capsys, "office", "status", city, status=2)
        monkeypatch.setenv("KEZHONG_ADMIN_PASSWORD", "short")
        said(capsys, "office", "init", city, status=2)
        assert not (city / "office" / "office.json").exists()
        monkeypatch.delenv("KEZHONG_ADMIN_PASSWORD")
        assert "KEZHONG_ADMIN_PASSWORD" in said(capsys, "office", "init", city, status=2)


def test_the_whole_course(
    city: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "管理员用户名 chief" in said(capsys, "office", "init", city, "--admin-user", "chief")
    said(capsys, "office", "init", city, status=2)  # there are people already
    assert "区域" in said(capsys, "office", "sync", city)
    assert "已是最新" in said(capsys, "office", "migrate", city)
    found = json.loads(said(capsys, "office", "status", city, "--json"))
    assert (found["people"], found["units"], found["embedded"]) == (1, 1, True)
    assert "PostgreSQL" in said(capsys, "office", "status", city)
    assert "亮灯" in said(capsys, "office", "round", city)
    _audit(city, tmp_path, capsys, monkeypatch)
    _open_files(city, tmp_path, capsys)
    _backup(city, tmp_path, capsys)


def _audit(city: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    text = said(capsys, "audit", "verify", city)
    assert "审计链完整" in text
    assert "签名" in text
    seed, public = re.findall(r"=(\S{44})", said(capsys, "audit", "key"))
    monkeypatch.setenv("KEZHONG_AUDIT_KEY", seed)
    said(capsys, "audit", "verify", city, status=1)  # nothing is signed yet
    assert "已签名" in said(capsys, "audit", "anchor", city)
    verdict = json.loads(said(capsys, "audit", "verify", city, "--json"))
    assert verdict["whole"]
    assert verdict["protected"] == verdict["seq"] > 0
    assert "whole" in json.loads(said(capsys, "audit", "verify", city, "--json", "--public-key", public))
    month = verdict["protected_at"][:7]
    for name in ("sheet.html", "sheet.txt"):
        said(capsys, "audit", "sheet", city, "--month", month, "--out", tmp_path / name)
    digest = verdict["hash"]
    typed = f"{verdict['seq']}:{digest[:4]} {digest[4:20]}"
    assert digest[:4] in (tmp_path / "sheet.txt").read_text("utf-8")
    said(capsys, "audit", "verify", city, "--sheet-hash", typed)
    said(capsys, "audit", "verify", city, "--sheet-hash", f"{verdict['seq']}:{'0' * 16}", status=1)
    said(capsys, "audit", "verify", city, "--sheet-hash", "twelve", status=2)
    said(capsys, "audit", "sheet", city, "--month", month, "--out", tmp_path / "sheet.doc", status=2)
    assert "条记录" in said(capsys, "audit", "export", city, "--object", "person", "--out", tmp_path / "evidence")
    assert (tmp_path / "evidence" / "check.py").is_file()
    for bad in (("--object", "person/"), ("--object", "dragon/1"), ("--from", "yesterday")):
        said(capsys, "audit", "export", city, *bad, "--out", tmp_path / "none", status=2)
    other = new_pair()[1]
    monkeypatch.delenv("KEZHONG_AUDIT_KEY")
    assert "不认识的密钥" in said(capsys, "audit", "verify", city, "--public-key", other, status=1)
    monkeypatch.setenv("KEZHONG_AUDIT_KEY", seed)


def _open_files(city: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "已脱敏" in said(capsys, "office", "export", city, "--out", tmp_path / "masked")
    options = ("--with-personal-data", "--reason", "迁移")
    said(capsys, "office", "export", city, "--out", tmp_path / "open", *options, status=2)  # nobody there to confirm
    assert "含个人信息" in said(capsys, "office", "export", city, "--out", tmp_path / "open", *options, "--yes")
    other = renamed(city, tmp_path / "imported")
    said(capsys, "office", "import", other, tmp_path / "nowhere", status=2)
    assert not (other / "office" / "office.json").exists()
    assert "已导入" in said(capsys, "office", "import", other, tmp_path / "open")
    assert "审计链" in said(capsys, "audit", "verify", other, status=1)  # the anchors stayed with the old city
    said(
        capsys, "audit", "verify", other, "--anchors", city / "office" / "anchors.jsonl", status=1
    )  # another city's id


def _backup_behind(city: Path, tmp_path: Path, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The anchors of a city that went on after its backup are not forgotten by restoring it."""
    said(capsys, "audit", "export", city, "--object", "person", "--out", tmp_path / "later")
    assert "无需写明" in said(capsys, "audit", "anchor", city, "--put-back")
    behind = renamed(city, tmp_path / "behind")
    (behind / "office").mkdir()
    shutil.copy(city / "office" / "anchors.jsonl", behind / "office")
    text = said(capsys, "office", "restore", behind, file)
    assert "未作改动" in text
    assert "不在库中" in text
    assert "退回到第" in said(capsys, "audit", "verify", behind, status=1)  # the anchors are of the other id


def _backup(city: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "office.zip"
    assert "已备份" in said(capsys, "office", "backup", city, "--out", file)
    assert "备份完好" in said(capsys, "office", "verify", file)
    other = renamed(city, tmp_path / "restored")
    assert "审计锚点已放回" in said(capsys, "office", "restore", other, file)
    assert (other / "office" / "anchors.jsonl").read_bytes() == (city / "office" / "anchors.jsonl").read_bytes()
    said(capsys, "office", "restore", other, file, status=2)
    _backup_behind(city, tmp_path, file, capsys)
    found = json.loads(said(capsys, "office", "status", other, "--json"))
    assert found["people"] == 1
    assert json.loads(said(capsys, "office", "status", city, "--json"))["backup"]["file"] == "office.zip"
    file.write_bytes(file.read_bytes()[:-40])
    said(capsys, "office", "verify", file, status=2)
