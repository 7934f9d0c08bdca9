"""The task list as a workbook: exactly what is shown, what was asked for above it, columns in the official order."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties

from kezhong import clock, messages
from kezhong.catalogue import load_catalogue
from kezhong.office.machines import get_machine
from kezhong.office.tasks.listing import Row

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: Heading and width; the first five are the city's list, so that the file can be read back by the import.
COLUMNS: Sequence[tuple[str, int]] = (
    ("序号", 7), ("主要任务", 30), ("具体措施", 46), ("责任单位", 26), ("完成时限", 13), ("圈层", 13), ("牵头单位", 18),
    ("配合单位", 22), ("进展", 9), ("进展情况", 30), ("状态", 10), ("红黄绿灯", 10), ("灯色说明", 22), ("下达单位", 18),
    ("任务编号", 12), ("所属区域", 14), ("承办人", 10), ("来源", 18),
)  # fmt: skip
_LIGHTS = {"green": "绿灯", "yellow": "黄灯", "red": "红灯", "grey": "不评判"}
_FILLS = {"green": "E3F3EA", "yellow": "FFF3D9", "red": "FCEBEA"}
_LINE = Side(style="thin", color="BFC7D1")


def workbook(rows: Sequence[Row], *, city: str, programme: str, filters: Sequence[str], total: int) -> bytes:
    """The file.

    Parameters
    ----------
    filters
        What was asked for, in words.
    total
        How many tasks there are under these filters; more than ``rows`` where the file had to be cut.
    """
    book = Workbook()
    sheet = book.active
    if sheet is None:  # a new workbook has one
        return b""
    sheet.title = "任务清单"
    last = get_column_letter(len(COLUMNS))
    head = (
        f"{city}一刻钟社区生活圈建设任务清单",
        f"方案：{programme}　导出时间：{clock.now().astimezone(_zone()).strftime('%Y-%m-%d %H:%M')}　共 {total} 项"
        + (f"（本表 {len(rows)} 项）" if total != len(rows) else ""),
        f"筛选：{'；'.join(filters) or '全部'}　灯色按时序进度计算，阈值为建议值（待核）",
    )
    for number, text in enumerate(head, 1):
        sheet.merge_cells(f"A{number}:{last}{number}")
        cell = sheet.cell(number, 1, _clean(text))
        cell.data_type = "s"
        cell.font = Font(bold=number == 1, size=16 if number == 1 else 10)
        cell.alignment = Alignment(horizontal="center" if number == 1 else "left", vertical="center")
    sheet.row_dimensions[1].height = 28
    for k, (name, width) in enumerate(COLUMNS, 1):
        cell = sheet.cell(4, k, name)
        cell.font, cell.fill = Font(bold=True), PatternFill("solid", fgColor="E6EFF9")
        cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
        cell.border = Border(_LINE, _LINE, _LINE, _LINE)
        sheet.column_dimensions[get_column_letter(k)].width = width
    circles = {one.id: one.zh for one in load_catalogue().circles.values()}
    for number, row in enumerate(rows, 5):
        _line(sheet, number, row, circles)
    sheet.freeze_panes = "C5"
    sheet.auto_filter.ref = f"A4:{last}{max(4, 4 + len(rows))}"
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 8  # A3
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = "4:4"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _line(sheet: Any, number: int, row: Row, circles: Mapping[str, str]) -> None:
    task = row.task
    reason = messages.load().get(task.light_reason)
    joint = "、".join(name for _, name in row.joint)
    values = (
        task.number or number - 4, task.title, task.measure, "、".join(name for name in (row.unit, joint) if name),
        task.due_on, circles.get(task.circle or "", ""), row.unit, joint, task.progress / 100, task.progress_note,
        get_machine("task").state(task.state).zh, _LIGHTS.get(task.light, task.light),
        _short(reason.zh if reason else ""), row.issuer or "", task.code, row.area, row.assignee or "", task.source,
    )  # fmt: skip
    for k, value in enumerate(values, 1):
        cell = sheet.cell(number, k, _clean(value))
        if isinstance(value, str):
            cell.data_type = "s"  # also what begins like a formula stays text
        cell.alignment = Alignment(vertical="top", wrap_text=True)
        cell.border = Border(_LINE, _LINE, _LINE, _LINE)
    sheet.cell(number, 5).number_format = "yyyy-mm-dd"
    sheet.cell(number, 9).number_format = "0%"
    if task.light in _FILLS:
        sheet.cell(number, 12).fill = PatternFill("solid", fgColor=_FILLS[task.light])


def _short(text: str) -> str:
    """A reason without its figures, which belong to the day on which they were reckoned."""
    return text.partition("（")[0].partition(" {")[0].replace("进度 {progress}，", "").partition("{")[0]


def _clean(value: Any) -> Any:
    """Text without what no cell may hold."""
    if not isinstance(value, str):
        return value
    return "".join(sign for sign in value if sign in "\n\t" or ord(sign) >= 32)[:32_000]


def _zone() -> Any:
    from zoneinfo import ZoneInfo

    return ZoneInfo(clock.CITY_ZONE)
