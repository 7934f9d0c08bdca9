"""Excel workbooks, read with openpyxl: values of formulas, merged cells taken apart, rows named ``sheet!row``."""

from __future__ import annotations

import warnings
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kezhong.errors import InputError
from kezhong.intake.report import Note
from kezhong.intake.tables import Grid, Score, Table, heading_of

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


def open_workbook(path: Path) -> Workbook:
    """Open a workbook for reading values.

    Raises
    ------
    InputError
        Old ``.xls``, protected by a password, an HTML page or anything else under an Excel name, damaged.
    """
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    raw = path.read_bytes()
    if raw.startswith(_OLE):
        raise InputError("intake.protected_workbook" if _ENCRYPTED in raw else "intake.old_workbook", file=path.name)
    if not raw.startswith(b"PK"):
        raise InputError("intake.foreign_workbook", file=path.name)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # unknown extensions, default styles: no matter for the values
            with path.open("rb") as stream:
                return openpyxl.load_workbook(stream, data_only=True)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, EOFError, OSError, SyntaxError) as problem:
        raise InputError("intake.broken_workbook", file=path.name, problem=str(problem)) from problem


def read_workbook(path: Path, score: Score, sheet: str | None = None) -> Table:
    """Read one sheet, or every visible sheet that has the first one's heading."""
    book = open_workbook(path)
    sheets: list[Worksheet] = [page for page in book.worksheets if page.sheet_state == "visible"]
    if sheet is not None:
        sheets = [page for page in book.worksheets if page.title == sheet]
        if not sheets:
            raise InputError("intake.no_sheet", file=path.name, value=sheet, near="、".join(book.sheetnames))
    grids = [(page.title, grid) for page in sheets if (grid := _grid(page)) is not None]
    if not grids:
        raise InputError("intake.no_rows", file=path.name)
    tables = _tables(path, grids, score)
    best = max(range(len(tables)), key=lambda at: (score(tables[at][1].columns), -at))
    title, table = tables[best]
    alike = [found for name, found in tables if name != title and found.columns == table.columns]
    others = [name for name, found in tables if name != title and found.columns != table.columns]
    if alike:
        table = _append([found for _, found in tables if found.columns == table.columns])
    if others:
        names = "、".join(others)
        table.notes.append(
            Note(f"工作表 {names} 的表头不同，未读取", f"sheets with another heading were not read: {names}")
        )
    return table


def _tables(path: Path, grids: list[tuple[str, Grid]], score: Score) -> list[tuple[str, Table]]:
    tables: list[tuple[str, Table]] = []
    failed: InputError | None = None
    for title, grid in grids:
        try:
            tables.append((title, heading_of(path, grid, score)))
        except InputError as problem:  # a sheet of remarks has no heading; the data may stand on another
            failed = problem
    if not tables:
        raise failed or InputError("intake.no_rows", file=path.name)
    return tables


def _append(tables: list[Table]) -> Table:
    merged: set[tuple[int, str]] = set()
    offset = 0
    for table in tables:
        merged |= {(row + offset, name) for row, name in table.merged}
        offset += len(table.frame)
    frame = pd.concat([table.frame.astype(object) for table in tables], ignore_index=True)
    labels = np.concatenate([table.labels for table in tables])
    return Table(tables[0].file, frame, labels, merged=frozenset(merged))


def _grid(page: Worksheet) -> Grid | None:
    """Cells that hold something, as a frame; ``None`` for an empty sheet.

    Only stored cells are visited: a sheet formatted down to its millionth row must not be walked through.
    """
    stored = {
        place: cell.value for place, cell in page._cells.items() if cell.value is not None and str(cell.value).strip()
    }
    if not stored:
        return None
    height = max(row for row, _ in stored)
    width = max(column for _, column in stored)
    cells = np.full((height, width), None, dtype=object)
    for (row, column), value in stored.items():
        cells[row - 1, column - 1] = value
    merges = []
    for area in page.merged_cells.ranges:
        low, high = area.min_row - 1, min(area.max_row, height) - 1
        left, right = area.min_col - 1, min(area.max_col, width) - 1
        if high < low or right < left or cells[low, left] is None:
            continue
        cells[low : high + 1, left : right + 1] = cells[low, left]
        merges.append((low, high, left, right))
    labels = np.array([f"{page.title}!{row}" for row in range(1, height + 1)], dtype=object)
    return Grid(pd.DataFrame(cells, dtype=object), labels, tuple(sorted(merges)))
