"""``kezhong isochrone``: a GeoJSON file, a table, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assess.cities import STEP, Lattice, place
from kezhong.cli import main

HERE = place(10 * STEP, 5 * STEP)
AT = f"{HERE.x},{HERE.y}"


@pytest.fixture(scope="module")
def lattice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Lattice(tmp_path_factory.mktemp("iso") / "city").build().folder


def status(*arguments: object) -> int:
    """Exit status of the command."""
    try:
        return main([str(argument) for argument in arguments])
    except SystemExit as end:
        return int(end.code or 0)


def test_points_of_a_file_and_of_the_command(lattice: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    points = tmp_path / "points.csv"
    points.write_text(f"id,lon,lat\n学校,{HERE.x},{HERE.y}\n,{HERE.x + 0.003},{HERE.y}\n", "utf-8-sig")
    out = tmp_path / "out.geojson"
    arguments = ("--at", AT, "--points", points, "--minutes", "5,10", "--streets", "--cells", "--out", out)
    assert status("isochrone", lattice, *arguments) == 0
    body = json.loads(out.read_text("utf-8"))
    assert [point["point"] for point in body["points"]] == ["1", "学校", "3"]
    assert len(body["features"]) == 3 * 2 * 2
    first, second = body["features"][0]["properties"], body["features"][4]["properties"]
    assert first["people"] == second["people"] > 0
    shown = capsys.readouterr().out
    assert "学校" in shown
    assert "范围止于：水面 无数据" in shown


def test_a_walker_at_night(lattice: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.geojson"
    arguments = ("--at", AT, "--walker", "older_80", "--night", "--hour", "20", "--out", out)
    assert status("isochrone", lattice, *arguments) == 0
    body = json.loads(out.read_text("utf-8"))
    assert (body["walker"], body["hour"], body["dark"]) == ("older_80", 68, True)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("--at", "0,0"), "没有街道"),
        (("--at", "116.3"), "不是有效的经纬度"),
        (("--at", "x,y"), "不是用逗号分隔的数字"),
        ((), "至少 1 个"),
        (("--at", AT, "--minutes", "500"), "阈值 500"),
        (("--at", AT, "--minutes", "5", "--metres", "100"), "单位"),
        (("--at", AT, "--walker", "nobody"), "nobody"),
        (("--at", AT, "--night"), "指定步行者"),
        (("--points", "nowhere.csv"), "nowhere.csv"),
    ],
)
def test_what_is_refused(
    lattice: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], text: str
) -> None:
    out = tmp_path / "out.geojson"
    assert status("isochrone", lattice, *arguments, "--out", out) != 0
    assert text in capsys.readouterr().err
    assert not out.exists()


def test_files_of_points_that_cannot_be_used(lattice: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    points = tmp_path / "points.csv"
    for content, text in (("x,y\n1,2\n", "x, y"), ("lon,lat\n", "–"), ("lon,lat\n106,\n", "第 1 个点")):
        points.write_text(content, "utf-8")
        assert status("isochrone", lattice, "--points", points, "--out", tmp_path / "out.geojson") != 0
        assert text in capsys.readouterr().err
    assert status("isochrone", lattice, "--at", AT, "--out", tmp_path / "out.xlsx") != 0
