"""The reply sheet as a workbook: known cells locked, the rest open with drop-downs, a hidden page with the seal.

No formula and no macro: it opens the same in Excel, WPS and LibreOffice.
"""

from __future__ import annotations

import io
import math
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from kezhong.office.secrets import Secrets
from kezhong.office.supervision import cells
from kezhong.office.supervision.forms import KINDS_ZH, LIGHTS_ZH, MAX_TEXT, WHOLE, Column, Form
from kezhong.office.supervision.seal import FORMAT, seal

META = "_kezhong"
KEY = "行号"
HEADING_ROW = 6
#: Rows of the whole sheet's texts, in the order of :data:`WHOLE`.
WHOLE_ROWS = (4, 5)
_UNSAFE = re.compile(r'[\\/:*?"<>|\x00-\x1f]')


@dataclass(frozen=True, slots=True)
class Cover:
    """What a sheet says about itself."""

    sheet_id: int
    round_id: int
    org_id: int
    nonce: str
    programme: str
    unit: str
    period: str
    period_zh: str
    due: str  # in words
    synthetic: bool = False
    summary: str = ""
    problems: str = ""

    def head(self, form: Form) -> dict[str, Any]:
        """What the hidden page holds and the seal covers."""
        return {
            "format": FORMAT,
            "form": form.id,
            "sheet": self.sheet_id,
            "round": self.round_id,
            "org": self.org_id,
            "unit": self.unit,
            "period": self.period,
            "nonce": self.nonce,
        }


def write_sheet(
    secrets: Secrets,
    form: Form,
    cover: Cover,
    rows: Sequence[Mapping[str, Any]],
    replies: Mapping[str, Mapping[str, Any]],
) -> bytes:
    """The workbook of one unit, with what was filled in so far (by row)."""
    book = Workbook()
    page: Any = book.active
    page.title = form.title
    _head(page, form, cover)
    _headings(page, form)
    styles: dict[str, Any] = {}
    for number, row in enumerate(rows, 1):
        _row(page, form, HEADING_ROW + number, number, row, replies.get(row["row"], {}), styles)
    last = HEADING_ROW + max(len(rows), 1)
    _validate(page, form, last)
    _page(page, form, cover, last)
    _meta(book.create_sheet(META), secrets, form, cover, rows)
    book.properties.title = f"{cover.unit}{cover.period_zh}{form.title}"
    book.properties.creator = "刻钟"
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def file_name(unit: str, period: str, form: Form, number: int | None = None) -> str:
    """A name that every file system takes."""
    start = f"{number:03d}_" if number is not None else ""
    return _UNSAFE.sub("_", f"{start}{unit}_{period}_{form.title}")[:120] + ".xlsx"


def zip_of(files: Iterable[tuple[str, bytes]]) -> bytes:
    """Many workbooks in one file."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:  # workbooks are compressed already
        for name, content in files:
            archive.writestr(name, content)
    return stream.getvalue()


def _head(page: Worksheet, form: Form, cover: Cover) -> None:
    width = len(form.columns)
    mark = "（合成数据）" if cover.synthetic else ""
    lines = (
        (1, f"{cover.programme}{cover.period_zh}{form.title}{mark}", cells.TITLE, 34),
        (2, f"填报单位：{cover.unit}        调度期：{cover.period_zh}        截止时间：{cover.due}", cells.HEAD, 20),
        (3, form.instructions, cells.BODY, 46),
    )
    for row, text, font, height in lines:
        page.merge_cells(start_row=row, end_row=row, start_column=1, end_column=width)
        cell = cells.fill(page.cell(row, 1), text)
        cell.font = font
        cell.alignment = cells.MIDDLE if row == 1 else cells.WRAPPED
        page.row_dimensions[row].height = height
    for row, (field, label) in zip(WHOLE_ROWS, WHOLE, strict=True):
        page.merge_cells(start_row=row, end_row=row, start_column=1, end_column=3)
        page.merge_cells(start_row=row, end_row=row, start_column=4, end_column=width)
        name = cells.fill(page.cell(row, 1), label)
        name.font, name.alignment, name.fill = cells.HEAD, cells.MIDDLE, cells.KNOWN_FILL
        value = page.cell(row, 4)
        value.number_format = "@"
        value.font, value.alignment, value.protection = cells.BODY, cells.WRAPPED, cells.FREE
        cells.fill(value, getattr(cover, field))
        page.row_dimensions[row].height = 40
        for column in range(1, width + 1):
            page.cell(row, column).border = cells.BORDER


def _headings(page: Worksheet, form: Form) -> None:
    for number, column in enumerate(form.columns, 1):
        cell = cells.fill(page.cell(HEADING_ROW, number), column.zh)
        cell.font, cell.fill, cell.border, cell.alignment = cells.HEAD, cells.HEAD_FILL, cells.BORDER, cells.MIDDLE
        page.column_dimensions[get_column_letter(number)].width = column.width
    page.row_dimensions[HEADING_ROW].height = 32
    key = len(form.columns) + 1
    cells.fill(page.cell(HEADING_ROW, key), KEY)
    page.column_dimensions[get_column_letter(key)].hidden = True


def known_cells(form: Form, number: int, row: Mapping[str, Any]) -> dict[str, Any]:
    """What stands in the locked cells of a row."""
    measure = row.get("measure", "")
    if isinstance(measure, list):
        measure = "；".join(measure)
    values = {
        "number": number,
        "kind": KINDS_ZH[row["kind"]],
        "code": row.get("code", ""),
        "title": row.get("title", ""),
        "measure": measure,
        "due": row.get("due") or "未定",
        "last": row.get("progress"),
        "light": LIGHTS_ZH.get(row.get("light", "grey"), ""),
        "count": row.get("count"),
    }
    return {column.id: values[column.id] for column in form.columns if not column.filled}


def _row(
    page: Worksheet,
    form: Form,
    at: int,
    number: int,
    row: Mapping[str, Any],
    reply: Mapping[str, Any],
    styles: dict[str, Any],
) -> None:
    known = known_cells(form, number, row)
    lines = 1
    for place, column in enumerate(form.columns, 1):
        cell: Any = page.cell(at, place)
        # Where a column is not for this kind of row, its cells stay locked.
        free = column.filled and not (row["kind"] == "submission" and column.id in ("progress", "done", "reason"))
        _style(cell, column, free, styles)
        value = _told(column, reply.get(column.id)) if column.filled else known[column.id]
        cells.fill(cell, value)
        lines = max(lines, math.ceil(cells.breadth(value) / max(column.width - 1, 1)))
    cells.fill(page.cell(at, len(form.columns) + 1), row["row"])
    page.row_dimensions[at].height = min(max(14 * lines + 4, 32), 400)


def _style(cell: Any, column: Column, free: bool, styles: dict[str, Any]) -> None:
    name = f"{column.kind}{free}{column.id in ('title', 'measure')}"
    if name in styles:  # styling once a kind and sharing it is ten times as fast
        cell._style = styles[name]
        return
    cell.font, cell.border = cells.BODY, cells.BORDER
    cell.alignment = cells.WRAPPED if column.kind == "text" or column.id in ("title", "measure") else cells.MIDDLE
    cell.protection = cells.FREE if free else cells.LOCKED
    if not free:
        cell.fill = cells.KNOWN_FILL
    cell.number_format = {"percent": "0", "day": "yyyy-mm-dd", "text": "@"}.get(column.kind, "General")
    styles[name] = cell._style


def _told(column: Column, value: Any) -> Any:
    if value in (None, ""):
        return None
    if column.kind == "choice":
        return next((choice.zh for choice in column.choices if choice.id == value), value)
    return value


def _validate(page: Worksheet, form: Form, last: int) -> None:
    for place, column in enumerate(form.columns, 1):
        if not column.filled:
            continue
        letter = get_column_letter(place)
        rule = DataValidation(allow_blank=True, showErrorMessage=True, showInputMessage=bool(column.hint))
        rule.errorTitle, rule.error = column.zh, column.hint or f"不超过 {MAX_TEXT} 字"
        rule.promptTitle, rule.prompt = column.zh, column.hint or None
        if column.kind == "percent":
            rule.type, rule.operator, rule.formula1, rule.formula2 = "whole", "between", "0", "100"
        elif column.kind == "choice":
            rule.type, rule.formula1 = "list", '"' + ",".join(choice.zh for choice in column.choices) + '"'
        elif column.kind == "day":
            rule.type, rule.operator, rule.formula1 = "date", "greaterThan", "36526"
        else:
            rule.type, rule.operator, rule.formula1 = "textLength", "lessThanOrEqual", str(MAX_TEXT)
        rule.add(f"{letter}{HEADING_ROW + 1}:{letter}{last}")
        page.add_data_validation(rule)


def _page(page: Worksheet, form: Form, cover: Cover, last: int) -> None:
    first_free = next(place for place, column in enumerate(form.columns, 1) if column.filled)
    frozen = min(first_free, 5)
    page.freeze_panes = f"{get_column_letter(frozen)}{HEADING_ROW + 1}"
    page.protection.sheet = True
    protection = page.protection
    protection.formatColumns = protection.formatRows = protection.sort = protection.autoFilter = False
    page.print_title_rows = f"{HEADING_ROW}:{HEADING_ROW}"
    page.print_area = f"A1:{get_column_letter(len(form.columns))}{last}"
    page.page_setup.orientation = "landscape"
    page.page_setup.paperSize = page.PAPERSIZE_A4
    page.page_setup.fitToWidth, page.page_setup.fitToHeight = 1, 0
    page.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    margins = page.page_margins
    margins.left = margins.right = 0.4
    margins.top = margins.bottom = 0.6
    header: Any = page.oddHeader
    footer: Any = page.oddFooter
    header.left.text = cover.programme.replace("&", "&&")
    header.right.text = f"{cover.unit} {cover.period_zh}".replace("&", "&&")
    footer.left.text = f"截止 {cover.due}  编号 {cover.sheet_id}".replace("&", "&&")
    footer.right.text = "第 &P 页 共 &N 页"


def _meta(page: Worksheet, secrets: Secrets, form: Form, cover: Cover, rows: Sequence[Mapping[str, Any]]) -> None:
    head = cover.head(form)
    table = [(row["row"], row.get("id", ""), row.get("version", ""), row.get("progress", "")) for row in rows]
    kept = [tuple("" if value is None else value for value in row) for row in table]
    for at, (name, value) in enumerate([*head.items(), ("seal", seal(secrets, head, kept)), ("rows", len(kept))], 1):
        cells.fill(page.cell(at, 1), name)
        cells.fill(page.cell(at, 2), str(value))
    start = len(head) + 3
    for at, row in enumerate(kept, start):
        for place, value in enumerate(row, 1):
            cells.fill(page.cell(at, place), str(value))
    page.sheet_state = "veryHidden"
    page.protection.sheet = True
