"""Tables that stand beside the verdict (lived access, hours), as .csv or .xlsx with what they were made from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd
from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from kezhong.city.files import write_atomically
from kezhong.errors import InputError
from kezhong.report.shortfalls import plain_rows, write_guarded_csv
from kezhong.report.workbook import fill_cell

#: Endings that can be written.
TABLE_FORMATS = (".xlsx", ".csv")
_NOTE_SHEET = "说明"


def write_beside(title: str, about: Sequence[tuple[str, str]], table: pd.DataFrame, file: str | Path) -> Path:
    """Write a table; the file's ending says how.

    Parameters
    ----------
    title
        Name of the sheet.
    about
        Label and value of what the table was made from: a sheet of its own in the .xlsx, columns in the .csv, so that
        a row torn from its table still says what it is.
    table
        Column names are the headings.

    Raises
    ------
    InputError
        Another ending than those of :data:`TABLE_FORMATS`.
    WorkspaceError
        The file cannot be written; an older file of that name is whole.
    """
    target = Path(file)
    writers: dict[str, Callable[[Path], None]] = {
        ".csv": lambda path: write_guarded_csv(table.assign(**dict(about)), path),
        ".xlsx": lambda path: _write_workbook(title, about, table, path),
    }
    writer = writers.get(target.suffix.lower())
    if writer is None:
        value, expected = target.suffix or target.name, " ".join(TABLE_FORMATS)
        raise InputError("report.unknown_format", value=value, expected=expected)
    write_atomically(target, writer)
    return target


def _write_workbook(title: str, about: Sequence[tuple[str, str]], table: pd.DataFrame, path: Path) -> None:
    book = Workbook(write_only=False)
    sheet = book.create_sheet(title, 0)
    for extra in book.sheetnames[1:]:
        del book[extra]
    bold = Font(bold=True)
    for column, name in enumerate(table.columns, start=1):
        fill_cell(sheet.cell(1, column), str(name))
        sheet.cell(1, column).font = bold
    for row, values in enumerate(plain_rows(table), start=2):
        for column, value in enumerate(values, start=1):
            fill_cell(sheet.cell(row, column), value)
    sheet.freeze_panes = "B2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(max(len(table.columns), 1))}{len(table) + 1}"
    notes = book.create_sheet(_NOTE_SHEET)
    for row, (label, value) in enumerate(about, start=1):
        fill_cell(notes.cell(row, 1), label)
        fill_cell(notes.cell(row, 2), value)
    book.save(path)
