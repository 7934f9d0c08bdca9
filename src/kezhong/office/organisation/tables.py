"""Tables of units and people as .xlsx or .csv: read with file, row and column of everything that is wrong; written.

The columns are those of :data:`UNIT_COLUMNS` and :data:`PEOPLE_COLUMNS`, by their Chinese or English heading, in any
order. A row that is empty is left out; a heading that is not known is refused, since its values would be lost.
"""

from __future__ import annotations

import csv
import io
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from kezhong.errors import InputError, KezhongError
from kezhong.office.supervision.reading import check_container

MAX_ROWS = 20_000
MAX_BYTES = 10 * 1024 * 1024
_MAX_CELL = 400
#: A cell that begins so is run as a formula by spreadsheets.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

#: Column, Chinese heading, whether it must be filled, and what it holds.
UNIT_COLUMNS: tuple[tuple[str, str, bool, str], ...] = (
    ("code", "编码", True, "letters, digits, . _ -; unique"),
    ("name", "名称", True, "full name"),
    ("short_name", "简称", False, "empty: the name"),
    ("kind", "类别", True, "id or Chinese word of the kind"),
    ("area_code", "区域编码", True, "code of the area in the city folder"),
    ("parent_code", "上级编码", False, "code of the unit above, in the office or earlier in the table"),
    ("department", "条线", False, "id or Chinese name of the line in the catalogue"),
)
PEOPLE_COLUMNS: tuple[tuple[str, str, bool, str], ...] = (
    ("name", "姓名", True, ""),
    ("unit_code", "单位编码", True, "code of the unit"),
    ("title", "岗位", True, ""),
    ("username", "用户名", False, "unique; needed to sign in by password"),
    ("phone", "电话", False, ""),
    ("email", "邮箱", False, ""),
    ("is_contact", "联络员", False, "是 or 否"),
    ("roles", "角色", False, "ids or Chinese names of roles, separated by 、"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table: its number as the reader sees it, and its values by column."""

    number: int
    values: Mapping[str, str]


class Problems:
    """What is wrong with a table, collected so that all of it is said at once."""

    def __init__(self, file: str, columns: Sequence[tuple[str, str, bool, str]]) -> None:
        self.file = file
        self._headings = {column: heading for column, heading, _, _ in columns}
        self.found: list[dict[str, Any]] = []

    def add(self, row: int, column: str, value: object, problem: KezhongError | str) -> None:
        """Note that a cell is wrong."""
        zh = problem.message("zh") if isinstance(problem, KezhongError) else problem
        en = problem.message("en") if isinstance(problem, KezhongError) else problem
        self.found.append(
            {"row": row, "column": self._headings.get(column, column), "value": str(value)[:80], "zh": zh, "en": en}
        )

    def refuse(self) -> None:
        """Raise with all that was found; nothing was written.

        Raises
        ------
        InputError
            With the first problem in the message and the first hundred in the details.
        """
        if not self.found:
            return
        first = self.found[0]
        lines = [f"第{each['row']}行 {each['column']}“{each['value']}”：{each['zh']}" for each in self.found[:100]]
        raise InputError(
            "organisation.bad_table",
            file=self.file,
            row=first["row"],
            column=first["column"],
            value=first["value"],
            problem=first["zh"],
            problem_en=first["en"],
            count=len(self.found),
            problems=lines,
        )


def read_table(content: bytes, name: str, columns: Sequence[tuple[str, str, bool, str]]) -> list[Row]:
    """The lines of a table.

    Raises
    ------
    InputError
        It is no table, too large, or its headings are not those of ``columns``.
    """
    if len(content) > MAX_BYTES:
        raise InputError("organisation.table_large", file=name, expected=MAX_BYTES // 1024 // 1024)
    grid = _workbook(content, name) if content[:2] == b"PK" else _csv(content, name)
    lines = ((number, [cell.strip() for cell in cells]) for number, cells in grid)
    filled = ((number, cells) for number, cells in lines if any(cells))
    head = next(filled, None)
    if head is None:
        raise InputError("organisation.table_empty", file=name)
    places = _places(head[1], name, head[0], columns)
    rows: list[Row] = []
    for number, cells in filled:
        if len(rows) >= MAX_ROWS:
            raise InputError("organisation.table_rows", file=name, expected=MAX_ROWS)
        values = {column: cells[k] if k < len(cells) else "" for column, k in places.items()}
        rows.append(Row(number, {column: value[:_MAX_CELL] for column, value in values.items()}))
    return rows


def require_filled(rows: list[Row], columns: Sequence[tuple[str, str, bool, str]], problems: Problems) -> None:
    """Note every cell that must be filled and is not."""
    for row in rows:
        for column, _, needed, _ in columns:
            if needed and not row.values.get(column):
                problems.add(row.number, column, "", "必填 / must be filled")


def write_workbook(columns: Sequence[tuple[str, str, bool, str]], rows: Sequence[Sequence[Any]], title: str) -> bytes:
    """A workbook with these columns; no cell of it is ever run as a formula."""
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None  # noqa: S101  (a new workbook has a page)
    page.title = title
    page.append([heading for _, heading, _, _ in columns])
    for cell in page[1]:
        cell.font = Font(bold=True)
    for row in rows:
        page.append([plain(value) for value in row])
    page.freeze_panes = "A2"
    for k in range(1, len(columns) + 1):
        page.column_dimensions[get_column_letter(k)].width = 20
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def plain(value: Any) -> Any:
    """A value as a cell that is text where it is text."""
    if value is None or isinstance(value, int | float | date | datetime):
        return value
    text = str(value)
    return "'" + text if text.startswith(_FORMULA) else text


def _places(cells: list[str], name: str, row: int, columns: Sequence[tuple[str, str, bool, str]]) -> dict[str, int]:
    known = {heading: column for column, heading, _, _ in columns} | {column: column for column, *_ in columns}
    places: dict[str, int] = {}
    for k, text in enumerate(cells):
        if not text:
            continue
        column = known.get(text) or known.get(text.lower())
        if column is None or column in places:
            expected = "、".join(heading for _, heading, _, _ in columns)
            raise InputError("organisation.table_heading", file=name, row=row, column=text[:40], expected=expected)
        places[column] = k
    missing = [heading for column, heading, needed, _ in columns if needed and column not in places]
    if missing:
        raise InputError("organisation.table_missing", file=name, row=row, column="、".join(missing))
    return places


def _workbook(content: bytes, name: str) -> Iterator[tuple[int, list[str]]]:
    check_container(content)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
            page = book.worksheets[0]
            page.reset_dimensions()
            grid = [
                (number, [_text(value) for value in row])
                for number, row in enumerate(page.iter_rows(max_col=40, max_row=MAX_ROWS + 100, values_only=True), 1)
            ]
            book.close()
    except InputError:
        raise
    except Exception as problem:  # openpyxl raises whatever its parts raise: a broken file is the sender's
        raise InputError("organisation.no_table", file=name, value=type(problem).__name__) from problem
    return iter(grid)


def _csv(content: bytes, name: str) -> Iterator[tuple[int, list[str]]]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise InputError("organisation.no_table", file=name, value="encoding")
    if "\x00" in text:
        raise InputError("organisation.no_table", file=name, value="binary")
    try:
        return iter([(number, row) for number, row in enumerate(csv.reader(io.StringIO(text)), 1)])
    except csv.Error as problem:
        raise InputError("organisation.no_table", file=name, value=str(problem)) from problem


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))  # a phone number that the spreadsheet took for a figure
    if isinstance(value, datetime):
        return value.date().isoformat()
    return str(value)


def content_of(file: str | Path | bytes, name: str | None = None) -> tuple[bytes, str]:
    """Bytes and name of a file that is given by its path or by its content."""
    if isinstance(file, bytes):
        return file, name or "upload"
    path = Path(file)
    try:
        return path.read_bytes(), path.name
    except OSError as problem:
        raise InputError("organisation.no_table", file=path, value=problem.strerror or "–") from problem
