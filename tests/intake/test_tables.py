"""Headings, encodings, delimiters, foreign and damaged files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import geopandas as gpd
import openpyxl
import pytest
import shapely

from kezhong.errors import InputError
from kezhong.intake.columns import fields_of
from kezhong.intake.mapping import recognise
from kezhong.intake.tables import read_table


def score(columns: Sequence[str]) -> int:
    return len(recognise(columns, fields_of("facilities")))


def test_title_group_headings_sums_and_footnotes(write_xlsx: Callable[..., Path]) -> None:
    file = write_xlsx(
        [
            ["2024年幼儿园台账", None, None, None, None],
            ["名称", "位置", None, "规模", None],
            [None, "经度", "纬度", "建筑面积（㎡）", "学位"],
            ["甲园", 106.81, 39.61, 1200, 90],
            ["乙园", 106.82, 39.62, "约1,500", 120],
            [None, None, None, None, None],
            ["合计", None, None, 2700, 210],
            ["注：学位为核定数"],
        ],
        merges=["A1:E1", "A2:A3", "B2:C2", "D2:E2"],
    )
    table = read_table(file, score)
    assert table.columns == ["名称", "位置/经度", "位置/纬度", "规模/建筑面积(㎡)", "规模/学位"] or table.columns == [
        "名称",
        "位置/经度",
        "位置/纬度",
        "规模/建筑面积(m2)",
        "规模/学位",
    ]
    assert table.labels.tolist() == ["台账!4", "台账!5"]
    assert [skipped.row for skipped in table.skipped] == ["台账!7", "台账!8"]
    assert set(recognise(table.columns, fields_of("facilities"))) == {"name", "lon", "lat", "floor_area_m2", "capacity"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_encodings_and_delimiters(tmp_path: Path, encoding: str, delimiter: str) -> None:
    rows = [["名称", "经度", "纬度"], ["甲园", "106.81", "39.61"], ["乙园", "106.82", "39.62"]]
    file = tmp_path / "t.csv"
    file.write_bytes("\r\n".join(delimiter.join(row) for row in rows).encode(encoding))
    table = read_table(file, score)
    assert table.columns == ["名称", "经度", "纬度"]
    assert table.frame["名称"].tolist() == ["甲园", "乙园"]
    assert table.labels.tolist() == ["2", "3"]


def test_rows_are_named_by_their_line_even_with_line_breaks_inside(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text('名称,地址,经度\n甲,"一路\n二号",1\n乙,三路,2\n', encoding="utf-8")
    assert read_table(file, score).labels.tolist() == ["2", "4"]


def test_shapefile_without_code_page(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({"名称": ["人民公园"]}, geometry=[shapely.Point(106.8, 39.6)], crs="EPSG:4326")
    frame.to_file(tmp_path / "parks.shp", encoding="GB18030")
    (tmp_path / "parks.cpg").unlink()
    table = read_table(tmp_path / "parks.shp", score)
    assert table.columns == ["名称"]
    assert table.frame["名称"].tolist() == ["人民公园"]


def test_all_sheets_with_one_heading(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.worksheets[0].title = "说明"
    book.worksheets[0].append(["本表由教育局填报"])
    for name in ("东区", "西区"):
        page = book.create_sheet(name)
        page.append(["名称", "经度", "纬度"])
        page.append([name + "园", 106.8, 39.6])
    book.create_sheet("空表")
    book.save(tmp_path / "b.xlsx")
    table = read_table(tmp_path / "b.xlsx", score)
    assert table.labels.tolist() == ["东区!2", "西区!2"]
    assert any("说明" in note.zh for note in table.notes)
    assert read_table(tmp_path / "b.xlsx", score, sheet="西区").labels.tolist() == ["西区!2"]
    with pytest.raises(InputError, match="no_sheet"):
        read_table(tmp_path / "b.xlsx", score, sheet="北区")


def _bytes(content: bytes) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(content) and None


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.xlsx", b"<html><table></table></html>", "foreign_workbook"),
        ("a.xlsx", b"PK\x03\x04 truncated", "broken_workbook"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old_workbook"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "protected_workbook"),
        ("a.csv", b"", "empty_file"),
        ("a.csv", b"\x00\x01\x02\x03", "not_text"),
        ("a.csv", b"a,b\n" + b"x" * 1_200_000 + b"\n", "row_too_long"),
        ("a.csv", b"a,b\n" * 60 + b"1,2,3\n", "ragged_row"),
        ("a.csv", "名称,经度\n".encode(), "no_rows"),
        ("a.gpkg", b"SQLite format 3\x00" + bytes(400), "broken_geofile"),
        ("a.geojson", b'{"type":"FeatureCollection","features":[{"type":"Fea', "broken_geofile"),
        ("a.pdf", b"%PDF", "unknown_format"),
    ],
)
def test_files_that_cannot_be_read(tmp_path: Path, name: str, content: bytes, code: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_table(tmp_path / name, score)
    assert caught.value.code == f"intake.{code}"
    assert name in caught.value.message("zh")
    assert "–" not in caught.value.action("zh")


def test_truncated_geopackage(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({"名称": ["a"] * 500}, geometry=[shapely.Point(106.8, 39.6)] * 500, crs="EPSG:4326")
    frame.to_file(tmp_path / "a.gpkg")
    raw = (tmp_path / "a.gpkg").read_bytes()
    (tmp_path / "a.gpkg").write_bytes(raw[: len(raw) // 2])
    with pytest.raises(InputError, match="broken_geofile"):
        read_table(tmp_path / "a.gpkg", score)


def test_a_sheet_formatted_to_its_last_row_is_read_at_once(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    page = book.worksheets[0]
    page.append(["名称", "经度", "纬度"])
    page.append(["甲", 1, 2])
    page.cell(1_048_576, 1).number_format = "0.00"
    book.save(tmp_path / "a.xlsx")
    assert len(read_table(tmp_path / "a.xlsx", score).frame) == 1


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no_file"):
        read_table(tmp_path / "nowhere.xlsx", score)
