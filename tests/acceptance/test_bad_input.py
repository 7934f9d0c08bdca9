"""Every kind of bad input of the issue, through the command: status 2, zh and en, no traceback, the city unchanged."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import openpyxl
import pytest

from acceptance.command import CODES, SOUTH, WEST, Command, whole

HEAD = ["名称", "服务要素", "经度", "纬度", "床位数"]
GOOD = ["东幼儿园", "幼儿园", WEST + 0.001, SOUTH + 0.001, 120]


def head(command: Command, city: str = "city") -> str:
    return (command.folder / city / "snapshots" / "HEAD").read_text("utf-8")


def workbook(file: Path, rows: Sequence[Sequence[object]], merges: Sequence[str] = ()) -> str:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in rows:
        sheet.append(list(row))
    for cells in merges:
        sheet.merge_cells(cells)
    book.save(file)
    return file.name


def refused(command: Command, *arguments: object, says: tuple[object, ...] = (), limit: int | None = None) -> str:
    """The command is refused and the city is what it was."""
    before = head(command)
    said = command.refused(*arguments, says=says, limit_file_bytes=limit)
    assert head(command) == before
    whole(command.folder / "city")
    return said


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04 no map at all", b"\x00\x00\x00\x0e\x0a\x09OSMHeader\x18\x7f" + b"\x01" * 40]
)
@pytest.mark.parametrize("kind", ["streets", "facilities"])
def test_foreign_or_truncated_pbf(command: Command, kind: str, content: bytes) -> None:
    (command.folder / "city.osm.pbf").write_bytes(content)
    refused(command, "import", kind, "city", "city.osm.pbf", says=("city.osm.pbf",))


@pytest.mark.data
def test_a_real_pbf_cut_in_half(command: Command, data_folder: Path) -> None:
    content = (data_folder / "helsinki" / "helsinki_centre.osm.pbf").read_bytes()
    (command.folder / "half.osm.pbf").write_bytes(content[: len(content) // 2])
    refused(command, "import", "streets", "city", "half.osm.pbf", says=("half.osm.pbf",))


@pytest.mark.parametrize(
    "arguments",
    [
        ("assess", "void"), ("shortfalls", "void"), ("export", "void", "--out", "x"),
        ("explain", "void", "--area", "city", "--element", "菜市场"), ("verify", "export", "void", "--out", "x"),
    ],
)  # fmt: skip
def test_an_empty_city(command: Command, arguments: tuple[str, ...]) -> None:
    command.done("new", "void", "--name", "空城")
    command.refused(*arguments, says=("kezhong import",))
    report = command("check", "void")
    assert report.returncode == 1
    assert "没有人口数据" in report.stdout
    assert "没有导入路网" in report.stdout


def test_a_boundary_outside_the_data(command: Command) -> None:
    (command.folder / "far.geojson").write_text(
        '{"type":"Polygon","coordinates":[[[2.0,48.0],[2.1,48.0],[2.1,48.1],[2.0,48.1],[2.0,48.0]]]}', "utf-8"
    )
    command.done("new", "far", "--name", "远方", "--boundary", "far.geojson")
    command.refused("import", "population", "far", "people.csv", "--datum", "wgs84", says=("people.csv", "106.8"))


def test_a_wrong_or_missing_datum(command: Command) -> None:
    name = workbook(command.folder / "台账.xlsx", [HEAD, GOOD])
    refused(command, "import", "facilities", "city", name, says=(name, "datum", "坐标系"))
    refused(command, "import", "facilities", "city", name, "--datum", "EPSG:4545", says=(name, "2", "EPSG:4545"))
    refused(command, "import", "facilities", "city", name, "--datum", "wgs72x", says=("wgs72x",))


def test_excel_with_merged_headings_numbers_as_text_and_gbk(command: Command) -> None:
    rows = [["托幼机构台账", None, None, None, None], HEAD, [*GOOD[:2], str(GOOD[2]), str(GOOD[3]), "120"]]
    name = workbook(command.folder / "merged.xlsx", rows, ["A1:E1"])
    assert "采用 1 行" in command.done("import", "facilities", "city", name, "--datum", "wgs84")
    text = "\n".join(",".join(str(cell) for cell in row) for row in (HEAD, GOOD))
    (command.folder / "gbk.csv").write_bytes(text.encode("gb18030"))
    assert "采用 1 行" in command.done("import", "facilities", "city", "gbk.csv", "--datum", "wgs84")


def test_missing_coordinates_name_row_and_column(command: Command) -> None:
    name = workbook(command.folder / "a.xlsx", [HEAD, GOOD, ["西幼儿园", "幼儿园", None, SOUTH, 90]])
    refused(
        command, "import", "facilities", "city", name, "--datum", "wgs84", says=(name, "工作表“Sheet”第 3 行", "经度")
    )


@pytest.mark.parametrize("value", ["-5", "NaN", "八十", ""])
def test_population_that_is_no_count(command: Command, value: str) -> None:
    (command.folder / "bad.csv").write_text(
        f"lon,lat,pop\n{WEST},{SOUTH},80\n{WEST + 0.001},{SOUTH},{value}\n", "utf-8"
    )
    says = ("bad.csv", "第 3 行", "pop", "row 3", *([value] if value not in ("", "NaN") else []))
    refused(command, "import", "population", "city", "bad.csv", "--datum", "wgs84", says=says)


def test_duplicate_codes(command: Command) -> None:
    (command.folder / "areas.csv").write_text(f"编码,名称\n{CODES[0]},甲\n{CODES[1]},乙\n{CODES[0]},丙\n", "utf-8")
    refused(
        command, "import", "areas", "city", "areas.csv", "--level", "community",
        says=("areas.csv", "第 4 行", "编码", CODES[0], "row 4"),
    )  # fmt: skip


def test_an_unknown_element(command: Command) -> None:
    name = workbook(command.folder / "a.xlsx", [HEAD, [GOOD[0], "幼儿圆", *GOOD[2:]]])
    refused(
        command,
        "import",
        "facilities",
        "city",
        name,
        "--datum",
        "wgs84",
        says=("工作表“Sheet”第 2 行", "幼儿圆", "kindergarten"),
    )
    refused(command, "import", "facilities", "city", name, "--element", "幼儿圆", "--datum", "wgs84", says=("幼儿圆",))
    refused(command, "explain", "city", "--area", "东社区", "--element", "菜市厂", says=("菜市厂", "wet_market"))
    refused(command, "explain", "city", "--area", "东舍区", "--element", "菜市场", says=("东舍区", "东社区"))


def _slow(*arguments: str) -> object:
    return pytest.param(arguments, marks=pytest.mark.slow)


@pytest.mark.parametrize(
    "arguments",
    [
        ("shortfalls", "city", "--out", "list.xlsx"),
        _slow("import", "population", "city", "people.csv", "--datum", "wgs84", "--source", "other", "--allow-overlap"),
        _slow("import", "streets", "city", "streets.geojson", "--source", "other"),
        _slow("assess", "city", "--force"),
        _slow("shortfalls", "city", "--out", "list.csv"),
        _slow("shortfalls", "city", "--out", "list.gpkg"),
        _slow("export", "city", "--out", "folder"),
        _slow("verify", "export", "city", "--out", "ledgers"),
    ],
)
def test_a_full_disk(command: Command, arguments: tuple[str, ...]) -> None:
    """No file may grow beyond 600 bytes: what the system then says is what it says of a full disk."""
    command.done("assess", "city")
    runs = sorted(path.name for path in (command.folder / "city" / "runs").iterdir())
    refused(command, *arguments, limit=600)
    assert sorted(path.name for path in (command.folder / "city" / "runs").glob("r-*")) == runs
    assert not list((command.folder / "city").rglob("*.tmp"))
    command.done(*arguments)
