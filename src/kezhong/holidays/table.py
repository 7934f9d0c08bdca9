"""A city's holiday table as a CSV file: read it in, write it out.

::

    日期,类别,名称
    2027-01-01,放假,元旦
    2027-01-03,上班,元旦调休

The columns may be called ``date,kind,name``. It is what an office imports and exports, and what lies in the city folder
as :data:`FILE`. Spreadsheets save UTF-8 or, on Chinese Windows, GB 18030, and write dates in their own way: both are
read.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from datetime import date

from kezhong.errors import InputError
from kezhong.holidays.days import FIRST_YEAR, LAST_YEAR, Day, DayKind
from kezhong.messages import Language

#: Name of the table in a city folder.
FILE = "holidays.csv"
_DATE = re.compile(
    r"(\d{4})(?:-(\d{1,2})-(\d{1,2})|/(\d{1,2})/(\d{1,2})|\.(\d{1,2})\.(\d{1,2})|年(\d{1,2})月(\d{1,2})日)"
)
_COLUMNS = {"date": ("date", "日期"), "kind": ("kind", "类别"), "name": ("name", "名称")}
_KINDS = {
    "holiday": DayKind.HOLIDAY,
    "放假": DayKind.HOLIDAY,
    "节假日": DayKind.HOLIDAY,
    "休": DayKind.HOLIDAY,
    "workday": DayKind.WORKDAY,
    "上班": DayKind.WORKDAY,
    "调休上班": DayKind.WORKDAY,
    "班": DayKind.WORKDAY,
}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_WORDS: dict[Language, dict[DayKind, str]] = {
    "zh": {DayKind.HOLIDAY: "放假", DayKind.WORKDAY: "上班"},
    "en": {DayKind.HOLIDAY: "holiday", DayKind.WORKDAY: "workday"},
}


def read_table(content: bytes, file: str) -> dict[date, Day]:
    """Read a table; all of it or nothing.

    Parameters
    ----------
    content
        The file's bytes.
    file
        Its name, for messages.

    Raises
    ------
    InputError
        With file, row (from 1, the heading), column and value: no text, no such column, no date, no kind, a day
        that occurs twice, no row at all.
    """
    rows = _rows(content, file)
    heading = [cell.strip().lower() for cell in rows[0][1]] if rows else []
    places = {key: _place(heading, key, file) for key in ("date", "kind")}
    name_place = next((heading.index(one) for one in _COLUMNS["name"] if one in heading), None)
    found: dict[date, Day] = {}
    for number, row in rows[1:]:
        cells = {key: row[place].strip() if place < len(row) else "" for key, place in places.items()}
        day = _date(cells["date"])
        if day is None:
            raise InputError(
                "holidays.bad_date", file=file, row=number, column=heading[places["date"]], value=cells["date"]
            )
        kind = _KINDS.get(cells["kind"].lower())
        if kind is None:
            raise InputError(
                "holidays.bad_kind", file=file, row=number, column=heading[places["kind"]], value=cells["kind"]
            )
        if day in found:
            raise InputError(
                "holidays.day_twice", file=file, row=number, column=heading[places["date"]], value=cells["date"]
            )
        has_name = name_place is not None and name_place < len(row)
        name = row[name_place].strip() if has_name and name_place is not None else ""
        found[day] = Day(kind, name[1:] if name.startswith("'") and name[1:].startswith(_FORMULA) else name)
    if not found:
        raise InputError("holidays.empty_table", file=file, row=1)
    return found


def write_table(days: Mapping[date, Day], language: Language = "zh") -> bytes:
    """The table as CSV in UTF-8 with a byte order mark (for spreadsheets), sorted by day."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow([names[1 if language == "zh" else 0] for names in _COLUMNS.values()])
    words = _WORDS[language]
    # A name that a spreadsheet would take for a formula gets the apostrophe that it shows as nothing.
    names = {day: f"'{entry.name}" if entry.name.startswith(_FORMULA) else entry.name for day, entry in days.items()}
    writer.writerows([day.isoformat(), words[entry.kind], names[day]] for day, entry in sorted(days.items()))
    return stream.getvalue().encode("utf-8-sig")


def _rows(content: bytes, file: str) -> list[tuple[int, list[str]]]:
    """Rows that are not blank, with their numbers in the file."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        break
    else:
        raise InputError("holidays.not_text", file=file, row=1)
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        return [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as problem:
        raise InputError("holidays.not_text", file=file, row=reader.line_num) from problem


def _place(heading: list[str], key: str, file: str) -> int:
    for name in _COLUMNS[key]:
        if name in heading:
            return heading.index(name)
    raise InputError("holidays.no_column", file=file, row=1, column=_COLUMNS[key][1], value="、".join(heading) or "–")


def _date(text: str) -> date | None:
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    year, month, day = (int(part) for part in match.groups() if part is not None)
    try:
        return date(year, month, day) if FIRST_YEAR <= year <= LAST_YEAR else None
    except ValueError:
        return None
