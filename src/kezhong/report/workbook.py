"""The .xlsx of the shortfall list: an official sheet to print, and the raw rows beside it."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import Cell, MergedCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from kezhong.report.context import Context
from kezhong.report.official import HEADINGS, NO_DATA

TITLE = "短板清单"
OFFICIAL_SHEET = "短板清单"
DATA_SHEET = "数据"
#: Named by the official document formats; programs without them fall back to their own song typeface.
_TITLE_FONT = Font(name="方正小标宋简体", size=20)
_BODY_FONT = Font(name="仿宋", size=10)
_HEAD_FONT = Font(name="黑体", size=10)
_LINE = Side(style="thin", color="FF808080")
_BORDER = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)
_HEAD_FILL = PatternFill("solid", fgColor="FFE8EDF3")
_FORMATS = {"people": "#,##0", "count": "0", "text": "@"}
#: Characters an XML file may not hold; Excel refuses a workbook with one of them.
_ILLEGAL = dict.fromkeys((*range(9), 11, 12, *range(14, 32)))


def write_workbook(context: Context, table: pd.DataFrame, raw: pd.DataFrame, file: Path) -> None:
    """Write the list.

    Parameters
    ----------
    table
        Rows in the official columns (:func:`kezhong.report.official.official_table`).
    raw
        The same rows with all columns and ids of the results.
    """
    book = Workbook()
    sheet = book.active
    if not isinstance(sheet, Worksheet):
        msg = "a new workbook has one worksheet"
        raise TypeError(msg)
    sheet.title = OFFICIAL_SHEET
    _official(sheet, context, table)
    _data(book.create_sheet(DATA_SHEET), raw)
    book.properties.title = f"{context.city}{TITLE}"
    book.properties.creator = f"刻钟 {context.version}"
    book.save(file)


def _official(sheet: Worksheet, context: Context, table: pd.DataFrame) -> None:
    width = len(HEADINGS)
    mark = "（合成数据）" if context.synthetic else ""
    _merged(sheet, 1, 1, width, f"{context.city}一刻钟社区生活圈{TITLE}{mark}")
    sheet.cell(1, 1).font = _TITLE_FONT
    sheet.cell(1, 1).alignment = Alignment(horizontal="center", vertical="center")
    sheet.row_dimensions[1].height = 36
    row = 2
    for label, value in [*context.lines(), ("条数", f"{len(table)} 条")]:
        _merged(sheet, row, 1, 2, label)
        _merged(sheet, row, 3, width, value)
        sheet.cell(row, 1).font = _HEAD_FONT
        sheet.cell(row, 3).font = _BODY_FONT
        sheet.cell(row, 3).alignment = Alignment(wrap_text=True, vertical="center")
        row += 1
    _headings(sheet, row)
    _rows(sheet, row + 1, table)
    _page(sheet, row, len(table), context)


def _headings(sheet: Worksheet, row: int) -> None:
    for column, heading in enumerate(HEADINGS, start=1):
        cell = sheet.cell(row, column, heading.zh)
        cell.font, cell.fill, cell.border = _HEAD_FONT, _HEAD_FILL, _BORDER
        cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
        sheet.column_dimensions[get_column_letter(column)].width = heading.width
    sheet.row_dimensions[row].height = 42


def _rows(sheet: Worksheet, first: int, table: pd.DataFrame) -> None:
    text = Alignment(vertical="center", wrap_text=True)
    number = Alignment(vertical="center", horizontal="right")
    styles: dict[str, Any] = {}
    for offset, values in enumerate(table.itertuples(index=False)):
        lines = 1
        for column, (heading, value) in enumerate(zip(HEADINGS, values, strict=True), start=1):
            cell: Any = sheet.cell(first + offset, column)
            fill_cell(cell, NO_DATA if heading.zh == "关联12345件数" and _missing(value) else value)
            if heading.kind not in styles:  # styling once a kind and sharing it is ten times as fast
                cell.font, cell.border, cell.number_format = _BODY_FONT, _BORDER, _FORMATS[heading.kind]
                cell.alignment = text if heading.kind == "text" else number
                styles[heading.kind] = cell._style
            else:
                cell._style = styles[heading.kind]
            if heading.kind == "text":
                lines = max(lines, math.ceil(_breadth(cell.value) / (heading.width - 1)))
        sheet.row_dimensions[first + offset].height = 14 * lines + 4


def _page(sheet: Worksheet, head: int, count: int, context: Context) -> None:
    last = get_column_letter(len(HEADINGS))
    sheet.freeze_panes = f"E{head + 1}"
    sheet.auto_filter.ref = f"A{head}:{last}{head + count}"
    sheet.print_title_rows = f"{head}:{head}"
    sheet.print_area = f"A1:{last}{head + count}"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    margins = sheet.page_margins
    margins.left = margins.right = 0.5
    margins.top = margins.bottom = 0.6
    sheet.print_options.horizontalCentered = True
    mark = "合成数据 " if context.synthetic else ""
    footer: Any = sheet.oddFooter
    footer.left.text = f"{mark}{context.city} {context.snapshot} {context.basis_id}".replace("&", "&&")
    footer.right.text = "第 &P 页 共 &N 页"


def _data(sheet: Worksheet, raw: pd.DataFrame) -> None:
    for column, name in enumerate(raw.columns, start=1):
        fill_cell(sheet.cell(1, column), name)
        sheet.cell(1, column).font = _HEAD_FONT
    for row, values in enumerate(raw.itertuples(index=False), start=2):
        for column, value in enumerate(values, start=1):
            if not _missing(value):
                fill_cell(sheet.cell(row, column), value)
    sheet.freeze_panes = "B2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(max(len(raw.columns), 1))}{len(raw) + 1}"


def fill_cell(cell: Cell | MergedCell, value: object) -> None:
    """Write a value; text stays text, also when it begins like a formula."""
    if _missing(value):
        return
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, str):
        cell.value = value.translate(_ILLEGAL)
        cell.data_type = "s"
    else:
        cell.value = value  # type: ignore[assignment]


def _merged(sheet: Worksheet, row: int, first: int, last: int, value: str) -> None:
    sheet.merge_cells(start_row=row, end_row=row, start_column=first, end_column=last)
    fill_cell(sheet.cell(row, first), value)


def _missing(value: object) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value))


def _breadth(value: object) -> int:
    """Width in half-width characters: a Chinese character takes two."""
    return sum(2 if ord(sign) > 0x2E7F else 1 for sign in str(value or ""))
