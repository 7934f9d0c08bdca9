"""A task ledger as a file: .xlsx or .csv, its header row found by names, merged cells carried down."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from openpyxl import load_workbook

from kezhong.errors import InputError

#: Column → names under which cities have it.
NAMES: Mapping[str, tuple[str, ...]] = {
    "number": ("序号", "编号", "项次", "任务序号"),
    "title": ("主要任务", "重点任务", "工作任务", "任务名称", "任务", "任务内容"),
    "measure": ("具体措施", "工作措施", "主要措施", "措施", "工作内容", "具体内容", "具体工作"),
    "units": ("责任单位", "责任部门", "承办单位", "主要责任单位", "责任主体"),
    "due": ("完成时限", "时限", "完成时间", "办结时限", "完成期限", "时间节点"),
    "circle": ("圈层", "所属圈层", "圈", "生活圈类型"),
    "lead": ("牵头单位", "牵头部门", "牵头责任单位"),
    "joint": ("配合单位", "配合部门", "协办单位", "参与单位"),
    "progress": ("进展", "进展情况", "工作进展", "完成情况", "推进情况", "进度"),
}
_HEADER_ROWS = 15
_MOST_ROWS = 10_000
#: Unpacked: all of it is held as cells, at some twenty times its size.
_MOST_BYTES = 24 * 1024 * 1024
#: Columns in which an empty cell means what stands above, merged or not.
_CARRIED = ("number", "title")
_NOT_DATA = re.compile(r"^(合计|总计|小计|备注|注[:：]|填表|填报|制表|审核|联系人)")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the ledger: its row in the file, and its cells by column."""

    row: int
    cells: Mapping[str, Any]
    section: str = ""

    def text(self, column: str) -> str:
        """A cell as text, without spaces around it."""
        value = self.cells.get(column)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        return str(value).strip() if value is not None else ""


@dataclass
class Ledger:
    """What a file holds: the names of its columns as written, its lines, and rows that are none."""

    columns: dict[str, str] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    skipped: list[tuple[int, str]] = field(default_factory=list)
    sheet: str = ""


def read_ledger(name: str, content: bytes) -> Ledger:
    """Read a ledger.

    Raises
    ------
    InputError
        No spreadsheet, none with the columns of a ledger, or too large.
    """
    if name.lower().endswith((".csv", ".txt")):
        return _ledger("", _csv_rows(name, content), name)
    if not name.lower().endswith((".xlsx", ".xlsm")):
        raise InputError("tasks.ledger_kind", file=name)
    best: InputError | None = None
    for sheet, rows in _sheets(name, content):
        try:
            return _ledger(sheet, rows, name)
        except InputError as problem:
            best = best or problem
    raise best or InputError("tasks.ledger_no_header", file=name, expected="序号、主要任务、责任单位、完成时限")


def _csv_rows(name: str, content: bytes) -> list[list[Any]]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise InputError("tasks.ledger_kind", file=name)
    head = text[:4000]
    delimiter = max(",\t;", key=head.count)
    try:
        rows = list(csv.reader(io.StringIO(text), delimiter=delimiter, strict=False))
    except csv.Error as problem:
        raise InputError("tasks.ledger_kind", file=name) from problem
    return [list(row) for row in rows]


def _sheets(name: str, content: bytes) -> list[tuple[str, list[list[Any]]]]:
    """Cells of every visible sheet; a merged cell's value stands in each cell it covers downwards."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            unpacked = sum(one.file_size for one in archive.infolist())
        book = load_workbook(io.BytesIO(content), data_only=True) if unpacked <= _MOST_BYTES else None
    except Exception as problem:  # openpyxl raises whatever its parts raise: a broken file is the sender's
        raise InputError("tasks.ledger_kind", file=name) from problem
    if book is None:
        raise InputError("tasks.file_too_large", value=name, limit=f"{_MOST_BYTES // 1024 // 1024} MB")
    found = []
    for sheet in book.worksheets:
        if sheet.sheet_state != "visible" or (sheet.max_row or 0) > _MOST_ROWS + 100:
            continue
        rows = [[cell.value for cell in row] for row in sheet.iter_rows(max_col=min(sheet.max_column or 1, 60))]
        for span in sheet.merged_cells.ranges:
            if span.min_col > 60 or span.max_row > len(rows):
                continue
            value = rows[span.min_row - 1][span.min_col - 1]
            if span.max_row > span.min_row:
                for row in range(span.min_row, span.max_row + 1):
                    rows[row - 1][span.min_col - 1] = value
        found.append((sheet.title, rows))
    return found


def _ledger(sheet: str, rows: Sequence[Sequence[Any]], name: str) -> Ledger:
    place, columns = _header(rows)
    if place is None:
        expected = "序号、主要任务、具体措施、责任单位、完成时限"
        raise InputError("tasks.ledger_no_header", file=name, expected=expected)
    if len(rows) - place > _MOST_ROWS:
        raise InputError("tasks.ledger_too_long", file=name, value=len(rows) - place, limit=_MOST_ROWS)
    ledger = Ledger({key: str(rows[place][k]).strip() for key, k in columns.items()}, sheet=sheet)
    above: dict[str, Any] = {}
    section = ""
    for number, row in enumerate(rows[place + 1 :], place + 2):
        cells = {key: row[k] if k < len(row) else None for key, k in columns.items()}
        texts = [_text(value) for value in row]
        if not any(texts):
            continue
        first = next(text for text in texts if text)
        if _NOT_DATA.match(first):
            ledger.skipped.append((number, first[:60]))
            continue
        if _is_section(texts, cells):
            section, above = first, {}
            ledger.skipped.append((number, first[:60]))
            continue
        for key in _CARRIED:
            # A number alone begins something new: its task must not be the one above.
            if key in cells and not _text(cells[key]) and not (key == "title" and _text(cells.get("number"))):
                cells[key] = above.get(key)
        above = {key: cells.get(key) for key in _CARRIED}
        ledger.lines.append(Line(number, cells, section))
    if not ledger.lines:
        raise InputError("tasks.ledger_empty", file=name)
    return ledger


def _header(rows: Sequence[Sequence[Any]]) -> tuple[int | None, dict[str, int]]:
    """The row with the most names of columns among the first ones; titles of the paper stand above it."""
    best: tuple[int, int, dict[str, int]] | None = None
    for place, row in enumerate(rows[:_HEADER_ROWS]):
        found: dict[str, int] = {}
        for k, value in enumerate(row):
            key = _column(_text(value))
            if key is not None and key not in found:
                found[key] = k
        enough = "title" in found and ({"units", "lead"} & found.keys() or "due" in found)
        if enough and (best is None or len(found) > best[0]):
            best = len(found), place, found
    return (best[1], best[2]) if best else (None, {})


def _column(text: str) -> str | None:
    name = re.sub(r"[\s()（）*:：]", "", text)
    for key, names in NAMES.items():
        if name in names:
            return key
    for key, names in NAMES.items():
        if len(name) <= 12 and any(name.startswith(one) for one in names if len(one) >= 4):
            return key
    return None


def _is_section(texts: Sequence[str], cells: Mapping[str, Any]) -> bool:
    """A row with one text only that is no task: the heading of a group (一、便民消费圈)."""
    distinct = {text for text in texts if text}
    if len(distinct) != 1:
        return False
    only = next(iter(distinct))
    return bool(re.match(r"^[（(]?[一二三四五六七八九十]+[)）]?[、.．]?", only)) or _text(cells.get("title")) != only


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()
