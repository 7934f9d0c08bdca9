"""The shortfall list as files: reopened, they hold the same rows."""

from __future__ import annotations

import csv
import json
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import openpyxl
import pandas as pd
import pyogrio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kezhong import clock
from kezhong.city.results import SHORTFALL_COLUMNS
from kezhong.city.workspace import City
from kezhong.errors import InputError, WorkspaceError
from kezhong.report import context_of, official_table, write_shortfall_file, write_shortfalls
from kezhong.report.official import HEADINGS
from kezhong.report.shortfalls import guard
from small_city import SmallCity


def _write(small: SmallCity, tmp_path: Path, name: str, rows: pd.DataFrame | None = None) -> Path:
    chosen = small.run.shortfalls if rows is None else rows
    return write_shortfall_file(small.city, small.run, chosen, tmp_path / name)


def _same(value: object, expected: object) -> bool:
    if expected is None or expected is pd.NA or expected != expected:
        return value is None or value != value
    if isinstance(expected, float):
        return value == pytest.approx(expected, rel=1e-14)  # a workbook keeps 16 digits
    return value == expected


def test_workbook_holds_the_rows_with_ids_in_the_same_order(small: SmallCity, tmp_path: Path) -> None:
    rows = small.run.shortfalls.iloc[::-1].head(7)
    book = openpyxl.load_workbook(_write(small, tmp_path, "a.xlsx", rows))
    heading, *read = book["数据"].iter_rows(values_only=True)
    assert heading == tuple(SHORTFALL_COLUMNS)
    assert len(read) == 7
    for got, expected in zip(read, rows.itertuples(index=False), strict=True):
        assert [pair for pair in zip(got, expected, strict=True) if not _same(*pair)] == []


def test_workbook_looks_official(small: SmallCity, tmp_path: Path) -> None:
    with clock.frozen(datetime(2026, 11, 23, 20, tzinfo=UTC)):
        sheet = openpyxl.load_workbook(_write(small, tmp_path, "a.xlsx"))["短板清单"]
    assert sheet["A1"].value == "试验市一刻钟社区生活圈短板清单（合成数据）"
    context = {sheet.cell(row, 1).value: sheet.cell(row, 3).value for row in range(2, 12)}
    assert context["城市"] == "试验市【合成数据】"
    assert small.city.snapshot.id in context["数据快照"]
    assert "kezhong-default" in context["口径"]
    assert context["导出日期"] == "2026年11月24日"  # already the next day in Shanghai
    assert context["评估时间"] == "2026年11月23日 16:00"
    assert context["数据质量得分"] == "87/100"
    assert "OpenStreetMap" in context["数据来源与署名"]
    assert context["条数"] == "12 条"
    head = [cell.value for cell in sheet[12]]
    assert head == [heading.zh for heading in HEADINGS]
    assert sheet.freeze_panes == "E13"
    assert sheet.print_title_rows == "$12:$12"
    assert sheet.page_setup.orientation == "landscape"
    assert int(sheet.page_setup.paperSize) == 9
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert sheet["C13"].alignment.wrap_text
    assert sheet.max_row == 12 + 12


def test_official_columns_say_what_the_rows_say(small: SmallCity) -> None:
    rows = small.run.shortfalls
    table = official_table(small.city, small.run, rows)
    assert list(table["编号"]) == list(rows["rank"])
    first = table.iloc[1]
    assert first["生活圈/社区"] == "和平生活圈/滨河社区"
    assert table.iloc[0]["生活圈/社区"] == "和平社区"
    assert first["标准要求及依据条款"].endswith("（建议值(待核)）")
    assert first["差距"].startswith("对照差距：超出 121 m")
    assert first["状态"] == "待整改"
    assert "、" in first["整改方式"]
    assert "share" not in "".join(table["整改方式"])
    assert table["居民需求排序"].isna().all()  # residents were not asked


def test_need_order_counts_over_the_whole_list(small: SmallCity) -> None:
    rows = small.run.shortfalls.copy()
    rows["need_weight"] = [1.0, 3.0, 2.0, 3.0] + [1.0] * (len(rows) - 4)
    run = SimpleNamespace(shortfalls=rows, manifest=small.run.manifest)
    table = official_table(small.city, run, rows.iloc[[1, 2]])  # type: ignore[arg-type]
    assert list(table["居民需求排序"]) == [1, 2]


def test_text_like_a_formula_stays_text(small: SmallCity, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(_write(small, tmp_path, "a.xlsx"))
    for sheet in book.worksheets:
        cells = [cell for row in sheet.iter_rows() for cell in row]
        assert not [cell.coordinate for cell in cells if cell.data_type == "f"]
        assert any(cell.value == "=1+1 注入" for cell in cells)
    text = _write(small, tmp_path, "a.csv").read_text("utf-8-sig")
    assert "'=1+1 注入" in text
    assert "'@商务局" in text


@given(st.text(min_size=1))
def test_guarded_text_never_begins_a_formula(text: str) -> None:
    guarded = guard(text)
    assert isinstance(guarded, str)
    assert guarded[0] not in "=+-@\t\r"
    assert guarded in (text, "'" + text)


def test_numbers_are_not_guarded() -> None:
    assert guard(-3.5) == -3.5
    assert guard(None) is None


def test_csv_has_the_mark_and_the_rows(small: SmallCity, tmp_path: Path) -> None:
    file = _write(small, tmp_path, "a.csv")
    assert file.read_bytes().startswith(b"\xef\xbb\xbf")
    with file.open(encoding="utf-8-sig", newline="") as handle:
        read = list(csv.DictReader(handle))
    assert [row["shortfall_id"] for row in read] == list(small.run.shortfalls["shortfall_id"])
    assert {row["数据说明"] for row in read} == {"合成数据"}
    people = small.run.shortfalls["people_affected"]
    assert [row["影响人口（人）"] for row in read] == ["" if n != n else str(n) for n in people]


def test_geojson_holds_the_rows(small: SmallCity, tmp_path: Path) -> None:
    document = json.loads(_write(small, tmp_path, "a.geojson").read_text("utf-8"))
    assert document["metadata"]["城市"] == "试验市【合成数据】"
    rows = small.run.shortfalls
    assert [feature["id"] for feature in document["features"]] == list(rows["shortfall_id"])
    for feature, (_, row) in zip(document["features"], rows.iterrows(), strict=True):
        assert all(_same(feature["properties"][name], row[name]) for name in SHORTFALL_COLUMNS)
        assert (feature["geometry"] is None) == (row["lon"] != row["lon"])


def test_geopackage_holds_the_rows(small: SmallCity, tmp_path: Path) -> None:
    file = _write(small, tmp_path, "a.gpkg")
    read = pyogrio.read_dataframe(file, layer="shortfalls")
    rows = small.run.shortfalls
    assert list(read["shortfall_id"]) == list(rows["shortfall_id"])
    pd.testing.assert_series_equal(read["people_affected"], rows["people_affected"], check_names=False)
    assert read.crs.to_epsg() == 4326
    known = rows["lon"].notna().to_numpy()
    assert list(read.geometry[known].x) == list(rows["lon"][known])
    assert "试验市【合成数据】" in list(pyogrio.read_dataframe(file, layer="context")["value"])


@pytest.mark.parametrize("name", ["a.xlsx", "a.csv", "a.geojson", "a.gpkg"])
def test_an_empty_list_is_written_too(small: SmallCity, tmp_path: Path, name: str) -> None:
    assert _write(small, tmp_path, name, small.run.shortfalls.head(0)).stat().st_size > 0


def test_unknown_ending_is_refused(small: SmallCity, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"\.pdf"):
        _write(small, tmp_path, "a.pdf")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="folders as files")
def test_a_place_that_cannot_be_written(small: SmallCity, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises((WorkspaceError, OSError)):
        _write(small, tmp_path, "file/a.csv")


def test_write_shortfalls_takes_an_assessment(small: SmallCity, tmp_path: Path) -> None:
    assessment = SimpleNamespace(city=small.city, run=small.run)
    file = write_shortfalls(assessment, small.run.shortfalls, tmp_path / "a.xlsx")  # type: ignore[arg-type]
    assert file.is_file()


def test_real_data_carry_no_synthetic_mark(small: SmallCity) -> None:
    city = City(small.city.folder, replace(small.city.config, synthetic=False), small.city.snapshot)
    assert "合成" not in str(context_of(city, small.run).lines())
