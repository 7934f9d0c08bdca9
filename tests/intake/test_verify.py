"""The verification ledger goes out, is filled in, and comes back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest

from kezhong import clock
from kezhong.catalogue import load_catalogue
from kezhong.city.workspace import City
from kezhong.errors import DataMissingError, InputError
from kezhong.intake import import_facilities, new_city, verify_export, verify_import
from kezhong.intake.verify_sheet import COLUMNS, HEADING_ROW, SHEET

from .conftest import CODES, NAMES

COLUMN = {field: at for at, field in enumerate(COLUMNS, 1)}
NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def served(city: City, write_xlsx: Callable[..., Path]) -> City:
    """The city with one pharmacy known in its first community."""
    rows = [["编号", "名称", "经度", "纬度"], ["P1", "益民药店", 106.81, 39.61]]
    import_facilities(city, write_xlsx(rows), element="pharmacy", datum="wgs84")
    return city.refresh()


def rows_of(file: Path) -> list[dict[str, object]]:
    page = openpyxl.load_workbook(file)[SHEET]
    return [
        {"row": row, **{field: page.cell(row, at).value for field, at in COLUMN.items()}}
        for row in range(HEADING_ROW + 1, page.max_row + 1)
    ]


def fill(file: Path, wanted: Callable[[dict[str, object]], bool], **cells: object) -> int:
    """Fill in the first line that is wanted; returns its row."""
    book = openpyxl.load_workbook(file)
    line = next(row for row in rows_of(file) if wanted(row))
    row = int(str(line["row"]))
    for field, value in cells.items():
        book[SHEET].cell(row, COLUMN[field], value)  # type: ignore[arg-type]
    book.save(file)
    return row


def asked() -> list[str]:
    basis = load_catalogue().basis("kezhong-default")
    return [rule.element for rule in basis.requirements_for(None) if rule.status == "required"]


SAID = {"confirmed_by": "社区书记", "confirmed_on": "2026-02-20"}


def test_each_community_gets_a_form(served: City, tmp_path: Path) -> None:
    files = verify_export(served, tmp_path / "out")
    assert [file.name for file in files] == [
        f"{code}_{name}.xlsx" for code, name in zip(sorted(CODES), ("东社区", "西社区", "北社区", "南村"), strict=True)
    ]
    lines = rows_of(files[0])
    assert {line["element"] for line in lines if line["element"]} >= set(asked())
    pharmacy = [line["known"] for line in lines if line["element"] == "pharmacy"]
    assert pharmacy[0] == "益民药店"
    assert len(pharmacy) == 2  # and whether there is another one
    assert {line["known"] for line in rows_of(files[1]) if line["element"] == "pharmacy"} == {"未检出"}
    page = openpyxl.load_workbook(files[0])[SHEET]
    assert page.protection.sheet
    assert page.page_setup.orientation == "landscape"
    assert str(page.page_setup.paperSize) == "9"
    assert page.cell(HEADING_ROW, 1).protection.locked
    assert not page.cell(HEADING_ROW + 1, COLUMN["finding"]).protection.locked
    assert any(rule.type == "list" for rule in page.data_validations.dataValidation)
    assert page.column_dimensions["M"].hidden


def test_only_confirmed_lines_count(served: City, tmp_path: Path) -> None:
    files = verify_export(served, tmp_path / "out")
    other = next(element for element in asked() if element != "pharmacy")
    with clock.frozen(NOW):
        fill(files[0], lambda line: line["element"] == other, finding="没有", **SAID)
        fill(
            files[1],
            lambda line: line["element"] == "pharmacy",
            finding="有",
            name="康宁药店",
            floor_area_m2=80,
            **SAID,
        )
        report = verify_import(served, tmp_path / "out")
    found = served.refresh().layer("verification")
    assert report.taken == 2
    facts = {(row.community_code, row.element): (row.facility_ref, row.finding) for row in found.itertuples()}
    assert facts == {
        (CODES[0], other): ("none", "confirmed_absent"),
        (CODES[1], "pharmacy"): ("none", "present"),
    }
    points = served.refresh().layer("service_points")
    assert (points["name"] == "康宁药店").any()
    again = verify_export(served.refresh(), tmp_path / "again")
    line = next(line for line in rows_of(again[0]) if line["element"] == other)
    assert (line["finding"], line["confirmed_by"]) == ("没有", "社区书记")


def test_every_known_one_gone_and_no_other_means_absent(served: City, tmp_path: Path) -> None:
    file = verify_export(served, tmp_path / "out")[0]
    with clock.frozen(NOW):
        fill(file, lambda line: line["known"] == "益民药店", finding="没有", **SAID)
        verify_import(served, file)
        refs = served.refresh().layer("verification")["facility_ref"].tolist()
        assert refs == ["ledger:P1"]  # this one is gone; nobody said there is no other
        fill(file, lambda line: line["element"] == "pharmacy" and "还有" in str(line["known"]), finding="没有", **SAID)
        verify_import(served, file)
    assert sorted(served.refresh().layer("verification")["facility_ref"]) == ["ledger:P1", "none"]


def test_a_free_line_names_its_element(served: City, tmp_path: Path) -> None:
    file = verify_export(served, tmp_path / "out")[0]
    zh = load_catalogue().elements["pharmacy"].zh
    with clock.frozen(NOW):
        fill(file, lambda line: line["known"] == "（补充）", element_name=zh, finding="有", name="新药房", **SAID)
        verify_import(served, file)
    found = served.refresh().layer("verification")
    assert found["element"].tolist() == ["pharmacy"]
    assert found["facility_ref"].iloc[0].startswith("verify:")


@pytest.mark.parametrize(
    ("cells", "code", "column"),
    [
        ({"finding": "有", "confirmed_on": "2026-02-20"}, "finding_without_person", "核实人(职务)"),
        ({"finding": "有", "confirmed_by": "书记"}, "finding_without_date", "核实日期"),
        ({"finding": "有", "confirmed_by": "书记", "confirmed_on": "2027-01-01"}, "future_date", "核实日期"),
        ({"finding": "好像有", **SAID}, "not_yes_or_no", "核实结果"),
        ({"finding": "有", **SAID, "confirmed_on": "上周"}, "not_a_date", "核实日期"),
        ({"finding": "有", **SAID, "floor_area_m2": "很大"}, "not_a_number", None),
    ],
)
def test_bad_lines_stop_everything(
    served: City, tmp_path: Path, cells: dict[str, object], code: str, column: str | None
) -> None:
    files = verify_export(served, tmp_path / "out")
    before = served.snapshot.id
    with clock.frozen(NOW):
        row = fill(files[2], lambda line: line["element"] == "pharmacy", **cells)
        with pytest.raises(InputError) as caught:
            verify_import(served, tmp_path / "out")
    assert caught.value.code == f"intake.{code}"
    assert caught.value.details["row"] == row
    assert caught.value.details["file"] == files[2].name
    if column:
        assert str(caught.value.details["column"]).replace("（", "(").replace("）", ")") == column
    assert served.refresh().snapshot.id == before


def test_without_communities_there_is_no_ledger(tmp_path: Path) -> None:
    city = new_city(tmp_path / "void", "空城")
    with pytest.raises(DataMissingError) as caught:
        verify_export(city, tmp_path / "out")
    assert caught.value.code == "intake.no_communities_to_verify"
    assert "生活圈" not in caught.value.message("zh")
    assert "kezhong import areas" in caught.value.action("zh")
    assert not (tmp_path / "out").exists()


def test_foreign_files(served: City, tmp_path: Path, write_xlsx: Callable[..., Path]) -> None:
    with pytest.raises(InputError, match="not_a_verification"):
        verify_import(served, write_xlsx([["a", "b"], [1, 2]], "foreign.xlsx"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no_verification_files"):
        verify_import(served, tmp_path / "empty")
    with pytest.raises(InputError, match="no_file"):
        verify_import(served, tmp_path / "nowhere.xlsx")
    form = verify_export(served, tmp_path / "out")[0]
    other = new_city(tmp_path / "other", "另一市")
    with pytest.raises(InputError, match="verification_other_city"):
        verify_import(other, form)
    assert NAMES
