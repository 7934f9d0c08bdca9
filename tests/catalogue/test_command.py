"""``kezhong catalogue show / diff / validate``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kezhong.catalogue import load_catalogue
from kezhong.cli.catalogue import app
from kezhong.errors import InputError, NotFoundError

RUNNER = CliRunner()


def _run(*arguments: str) -> str:
    result = RUNNER.invoke(app, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_show_everything() -> None:
    text = _run("show")
    assert "舒适安居圈" in text
    assert "kezhong-default" in text
    found = json.loads(_run("show", "--json"))
    assert len(found["elements"]) == len(load_catalogue().elements)
    assert found["bases"][0]["hash"] == load_catalogue().basis("kezhong-default").hash


def test_show_an_element_with_the_bases_side_by_side() -> None:
    text = _run("show", "wet_market")
    assert "不混用" in text
    assert "TD/T 1062-2021 附录A" in text
    assert "建议值(待核)" in text
    found = json.loads(_run("show", "菜市场或生鲜超市", "--json"))
    assert found["id"] == "wet_market"
    assert found["conflict"] is True
    assert {row["basis"] for row in found["figures"]} >= {"gb50180-2018", "mofcom-2025"}


def test_show_a_circle_and_a_basis() -> None:
    assert "民政局" in _run("show", "养老服务圈")
    assert json.loads(_run("show", "elderly_care", "--json"))[0]["circle"] == "elderly_care"
    assert "td.pharmacy" in _run("show", "tdt1062-2021")
    assert json.loads(_run("show", "tdt1062-2021", "--json"))["id"] == "tdt1062-2021"


def test_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEZHONG_LANG", "en")
    assert "never mixed" in _run("show", "community_health_station")
    assert "the catalogue is sound" in _run("validate")


def test_unknown_name() -> None:
    with pytest.raises(NotFoundError):
        RUNNER.invoke(app, ["show", "moon_base"], catch_exceptions=False)


def test_diff() -> None:
    assert "community_health_station" in _run("diff", "gb50180-2018", "tdt1062-2021")
    rows = json.loads(_run("diff", "gb50180-2018", "tdt1062-2021", "--json"))
    station = next(row for row in rows if row["element"] == "community_health_station")
    assert station["before"]["threshold"]["value"] == 300
    assert station["after"]["threshold"]["value"] == 500


def test_overlay(tmp_path: Path) -> None:
    (tmp_path / "overlay.yaml").write_text(
        "changes: [{effective: 2026-01-01, bases: [wzjz-2020], remove: [wz.hairdresser]}]\n", "utf-8"
    )
    on = ("--overlay", str(tmp_path), "--on", "2026-05-01")
    assert "2020+2026-01-01" in _run("show", "wzjz-2020", *on)
    assert [row["element"] for row in json.loads(_run("diff", "wzjz-2020", "--json", *on))] == ["hairdresser"]
    assert "本地口径有效：wzjz-2020" in _run("validate", *on)
    (tmp_path / "overlay.yaml").write_text("changes: [{effective: 2026-01-01, bases: [x]}]\n", "utf-8")
    with pytest.raises(InputError):
        RUNNER.invoke(app, ["validate", *on], catch_exceptions=False)
    with pytest.raises(InputError) as wrong:
        RUNNER.invoke(app, ["show", "wzjz-2020", "--on", "昨天"], catch_exceptions=False)
    assert wrong.value.code == "catalogue.bad_day"


def test_validate_says_what_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    import kezhong.catalogue

    assert "目录无误" in _run("validate")
    monkeypatch.setattr(kezhong.catalogue, "problems", lambda book: ["element nursery: no function"])
    result = RUNNER.invoke(app, ["validate"])
    assert result.exit_code == 1
    assert "nursery" in result.output
