"""The form of the verification ledger: one workbook a community, protected, printable on A4 landscape."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.header_footer import HeaderFooterItem, _HeaderFooterPart
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from kezhong.city.files import write_atomically

FORMAT = "kezhong-verification/1"
SHEET, META, LISTS = "核实台账", "_kezhong", "_要素"
HEADING_ROW = 5
YES, NO = "有", "没有"
FREE_ROWS = 5
#: Field → (heading, width in characters, whether it is filled in by the community).
COLUMNS: dict[str, tuple[str, float, bool]] = {
    "number": ("序号", 5, False),
    "circle": ("圈层", 11, False),
    "element_name": ("服务要素", 15, False),
    "known": ("已知设施（资料所载）", 24, False),
    "finding": ("核实结果", 9, True),
    "name": ("设施名称（更正或补充）", 20, True),
    "hours": ("开放时间", 13, True),
    "floor_area_m2": ("建筑面积(㎡)", 10, True),
    "gates": ("出入口数", 7, True),
    "confirmed_by": ("核实人（职务）", 12, True),
    "confirmed_on": ("核实日期", 11, True),
    "note": ("备注", 14, True),
    "element": ("要素编码", 4, False),
    "facility_ref": ("设施编码", 4, False),
}
HIDDEN = ("element", "facility_ref")
INSTRUCTIONS = (
    "填写说明：① 逐行到现场或向知情人核实，在“核实结果”中选“有”或“没有”；"
    "没有核实的行请留空，留空不作任何结论。"
    "② “已知设施”一栏有名称的，核实该设施是否仍在并正常使用；写“未检出”的，核实本社区内是否确有；"
    "写“还有其他吗”的，有则填“有”并写名称。"
    "③ 核实结果、核实人（填职务即可）、核实日期三项须同时填写。"
    "④ 请勿增删列、改动灰色部分；表尾空白行可补充表中未列的服务要素。"
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the form; ``values`` are earlier findings, by field."""

    element: str
    element_name: str
    circle: str
    known: str
    facility_ref: str
    values: dict[str, str | float]


@dataclass(frozen=True, slots=True)
class Form:
    """What a community's workbook says about itself."""

    city_name: str
    city_id: str
    community_code: str
    community_name: str
    basis: str
    snapshot: str
    day: str
    synthetic: bool


def write_form(target: Path, form: Form, lines: Sequence[Line], element_names: Sequence[str]) -> None:
    """Write the workbook of one community (atomically)."""
    book = Workbook()
    page = book.worksheets[0]
    page.title = SHEET
    _head(page, form)
    last = _lines(page, lines)
    _validate(page, last, len(lines), len(element_names))
    _dress(page, last)
    names = book.create_sheet(LISTS)
    for row, name in enumerate(element_names, 1):
        names.cell(row, 1, name)
    meta = book.create_sheet(META)
    for row, (key, value) in enumerate(
        (
            ("format", FORMAT),
            ("city_id", form.city_id),
            ("community_code", form.community_code),
            ("basis", form.basis),
            ("snapshot", form.snapshot),
        ),
        1,
    ):
        meta.cell(row, 1, key)
        meta.cell(row, 2, value)
    names.sheet_state = meta.sheet_state = "veryHidden"
    write_atomically(target, lambda path: _save(book, path))


def _save(book: Workbook, path: Path) -> None:
    with path.open("wb") as stream:
        book.save(stream)


def _head(page: Worksheet, form: Form) -> None:
    shown = len(COLUMNS) - len(HIDDEN)
    synthetic = "【合成数据】" if form.synthetic else ""
    page.cell(1, 1, f"{synthetic}{form.city_name} 社区服务设施核实台账")
    page.cell(2, 1, f"社区：{form.community_name}({form.community_code})")
    page.cell(3, 1, INSTRUCTIONS)
    page.cell(4, 1, f"发出日期 {form.day}  口径集 {form.basis}  数据版本 {form.snapshot}")
    for row, height, size, bold in ((1, 26, 16, True), (2, 20, 12, True), (3, 62, 9.5, False), (4, 16, 9, False)):
        page.merge_cells(start_row=row, start_column=1, end_row=row, end_column=shown)
        page.row_dimensions[row].height = height
        cell = page.cell(row, 1)
        cell.font = Font(name="宋体", size=size, bold=bold)
        cell.alignment = Alignment(wrap_text=True, vertical="center", horizontal="center" if row == 1 else "left")
    for column, (heading, width, _) in enumerate(COLUMNS.values(), 1):
        page.cell(HEADING_ROW, column, heading)
        page.column_dimensions[get_column_letter(column)].width = width
    for field in HIDDEN:
        page.column_dimensions[get_column_letter(list(COLUMNS).index(field) + 1)].hidden = True


def _lines(page: Worksheet, lines: Sequence[Line]) -> int:
    row = HEADING_ROW
    for number, line in enumerate(lines, 1):
        row += 1
        known: dict[str, str | float] = {
            "number": number,
            "circle": line.circle,
            "element_name": line.element_name,
            "known": line.known,
            "element": line.element,
            "facility_ref": line.facility_ref,
            **line.values,
        }
        for column, field in enumerate(COLUMNS, 1):
            if field in known:
                page.cell(row, column, known[field])
    for number in range(len(lines) + 1, len(lines) + FREE_ROWS + 1):
        row += 1
        page.cell(row, 1, number)
        page.cell(row, list(COLUMNS).index("known") + 1, "（补充）")
    return row


def _validate(page: Worksheet, last: int, lines: int, names: int) -> None:
    first = HEADING_ROW + 1
    place = {field: get_column_letter(at) for at, field in enumerate(COLUMNS, 1)}

    def rule(field: str, start: int, **options: object) -> None:
        found = DataValidation(allow_blank=True, showErrorMessage=True, **options)  # type: ignore[arg-type]
        page.add_data_validation(found)
        found.add(f"{place[field]}{start}:{place[field]}{last}")

    rule("finding", first, type="list", formula1=f'"{YES},{NO}"', errorTitle="核实结果", error="请选“有”或“没有”")
    rule(
        "element_name",
        first + lines,
        type="list",
        formula1=f"'{LISTS}'!$A$1:$A${names}",
        errorTitle="服务要素",
        error="请从下拉列表中选择服务要素",
    )
    for field in ("floor_area_m2", "gates"):
        rule(
            field,
            first,
            type="decimal",
            operator="greaterThanOrEqual",
            formula1="0",
            errorTitle="数字",
            error="请填不小于 0 的数字",
        )
    rule(
        "confirmed_on",
        first,
        type="date",
        operator="greaterThan",
        formula1="36526",
        errorTitle="日期",
        error="请填日期，如 2025-3-1",
    )


def _dress(page: Worksheet, last: int) -> None:
    thin = Side(style="thin", color="808080")
    border = Border(left=thin, right=thin, top=thin, bottom=thin)
    grey, pale = PatternFill("solid", fgColor="D9D9D9"), PatternFill("solid", fgColor="F2F2F2")
    free = last - FREE_ROWS
    for row in range(HEADING_ROW, last + 1):
        page.row_dimensions[row].height = 30
        for column, (field, (_, _, filled)) in enumerate(COLUMNS.items(), 1):
            cell = page.cell(row, column)
            editable = row > HEADING_ROW and (filled or (row > free and field == "element_name"))
            cell.border = border
            cell.font = Font(name="宋体", size=9.5, bold=row == HEADING_ROW)
            cell.alignment = Alignment(
                wrap_text=True, vertical="center", horizontal="center" if row == HEADING_ROW else None
            )
            cell.protection = Protection(locked=not editable)
            if row == HEADING_ROW:
                cell.fill = grey
            elif not editable:
                cell.fill = pale
            if field == "confirmed_on" and row > HEADING_ROW:
                cell.number_format = "yyyy-mm-dd"
    page.freeze_panes = f"D{HEADING_ROW + 1}"
    page.protection.sheet = True
    page.protection.formatColumns = page.protection.formatRows = False
    page.page_setup.orientation = "landscape"
    page.page_setup.paperSize = 9  # A4
    page.page_setup.fitToWidth, page.page_setup.fitToHeight = 1, 0
    page.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    page.print_title_rows = f"{HEADING_ROW}:{HEADING_ROW}"
    page.page_margins.left = page.page_margins.right = 0.4
    page.oddFooter = HeaderFooterItem(center=_HeaderFooterPart("第 &P 页，共 &N 页"))
