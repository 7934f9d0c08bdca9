"""``kezhong lived`` and ``kezhong hours``: what they print and write."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from assess.cities import usual
from kezhong.assess.lived_access import lived_access
from kezhong.city.workspace import City
from kezhong.cli import main


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    lattice = usual(tmp_path_factory.mktemp("cli"), steps={(10, j) for j in range(11)})
    lattice.add("pharmacy", 1200.0, 500.0, hours="看门口通知")
    lattice.add("small_sports_ground", 0.0, 0.0, hours="06:00-08:00")
    return lattice.build()


def status(*arguments: object) -> int:
    try:
        return main([str(argument) for argument in arguments])
    except SystemExit as end:
        return int(end.code or 0)


def test_lived_prints_walkers_and_what_lacks_data(city: City, capsys: pytest.CaptureFixture[str]) -> None:
    assert status("lived", city.folder) == 0
    out = capsys.readouterr().out
    assert "轮椅使用者" in out
    assert "药店" in out
    assert "坡度" in out
    assert "未起作用" in out
    assert status("lived", city.folder, "--element", "药店", "--area", "社区2", "--walker", "pram") == 0
    out = capsys.readouterr().out
    assert "社区2" in out
    assert "推婴儿车者" in out
    assert "轮椅使用者" not in out
    assert status("lived", city.folder, "--walker", "pram", "--breaks", "3") == 0
    out = capsys.readouterr().out
    assert "台阶无坡道" in out or "没有哪一处" in out


def test_lived_writes_all_areas(
    city: City, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEZHONG_LANG", "en")
    out = tmp_path / "lived.xlsx"
    assert status("lived", city.folder, "--element", "pharmacy", "--night", "--out", out) == 0
    assert "Wheelchair user" in capsys.readouterr().out
    book = openpyxl.load_workbook(out)
    rows = list(book["可达体验"].values)
    assert len(rows) - 1 == len(lived_access(city, elements=["pharmacy"]).table)
    about = dict(book["说明"].values)
    assert about["夜间"] == "是"
    assert about["快照"] == city.snapshot.id
    flat = tmp_path / "lived.csv"
    assert status("lived", city.folder, "--hour", "20", "--day-kind", "holiday", "--out", flat) == 0
    table = pd.read_csv(flat, encoding="utf-8-sig")
    assert set(table["时刻"]) == {"一周第 188 小时"}
    assert table["限时内占比"].dropna().between(0, 1).all()


def test_hours_on_the_screen_and_in_a_file(city: City, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "hours.csv"
    assert status("hours", city.folder, "--element", "小型多功能运动（球类）场地", "--offpeak", "--out", out) == 0
    shown = capsys.readouterr().out
    assert "错峰后" in shown
    assert "建议值(待核)" in shown
    table = pd.read_csv(out, encoding="utf-8-sig")
    evening = table[(table["日子"] == "工作日") & (table["时刻"] == 19)].iloc[0]
    assert evening["确定开放占比"] == 0.0 < evening["错峰后确定开放占比"]
    assert set(table["日子"]) == {"工作日", "周六", "周日", "法定节假日", "调休上班日"}
    assert status("hours", city.folder, "--element", "pharmacy", "--day-kind", "sunday", "--walker", "older_80") == 0
    shown = capsys.readouterr().out
    assert "周日" in shown
    assert "看门口通知" in shown
    assert status("hours", city.folder, "--element", "police_station") == 0
    assert "没有步行阈值" in capsys.readouterr().out


def test_the_kind_of_a_date_is_taken_from_the_holiday_table(city: City, capsys: pytest.CaptureFixture[str]) -> None:
    def shown(day: str) -> str:
        assert status("hours", city.folder, "--element", "pharmacy", "--date", day) == 0
        return capsys.readouterr().out.splitlines()[0].partition("，")[0]

    assert [shown(day) for day in ("2026-02-14", "2026-02-17", "2026-06-06", "2026-08-20")] == [
        "调休上班日", "法定节假日", "周六", "工作日",
    ]  # fmt: skip
    file = city.folder / "holidays.csv"
    file.write_text("日期,类别,名称\n2026-08-20,放假,暴雨停工\n", encoding="utf-8")
    try:
        assert [shown(day) for day in ("2026-08-20", "2026-02-17")] == ["法定节假日", "法定节假日"]
    finally:
        file.unlink()
    assert status("hours", city.folder, "--element", "pharmacy", "--date", "2099-01-02") == 2
    assert "2099" in capsys.readouterr().err


@pytest.mark.parametrize(
    "wrong",
    [
        ("lived", "--walker", "runner"),
        ("lived", "--out", "x.pdf"),
        ("lived", "--element", "castle"),
        ("lived", "--area", "nowhere"),
        ("lived", "--group", "giants"),
        ("lived", "--hour", "24"),
        ("hours",),
        ("hours", "--element", "pharmacy", "--out", "x.pdf"),
        ("hours", "--element", "pharmacy", "--walker", "runner"),
        ("hours", "--element", "pharmacy", "--day-kind", "someday"),
        ("hours", "--element", "pharmacy", "--date", "2026-02-30"),
    ],
)
def test_wrong_questions_are_explained(city: City, wrong: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert status(wrong[0], city.folder, *wrong[1:]) == 2
    assert "错误" in capsys.readouterr().err
