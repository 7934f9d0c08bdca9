"""Reading a sheet back: a file from anywhere, so nothing in it is believed before it was checked.

Size and compression are looked at before anything is unpacked; formulas are seen and never computed; the hidden page
must carry our seal. Rows are found by their key or code, so that they may have been sorted.
"""

from __future__ import annotations

import io
import unicodedata
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import openpyxl

from kezhong.errors import InputError
from kezhong.office.secrets import Secrets
from kezhong.office.supervision.checking import blank_reply
from kezhong.office.supervision.forms import FORMS, WHOLE, Form
from kezhong.office.supervision.problems import Problem, Severity
from kezhong.office.supervision.seal import FORMAT, same_seal, seal
from kezhong.office.supervision.values import Written, clean_text, parse
from kezhong.office.supervision.workbook import KEY, META, known_cells

#: Bytes of a file, of all that is in it, and entries: a sheet of 2,000 rows needs a fifth of each.
MAX_FILE, MAX_UNPACKED, MAX_ENTRIES, MAX_RATIO = 1024 * 1024, 24 * 1024 * 1024, 200, 200
MAX_ROWS, MAX_COLUMNS = 5000, 40
_OLE = b"\xd0\xcf\x11\xe0"
_BLANKS = 200  # blank rows in a row after which the table has ended


@dataclass(frozen=True, slots=True)
class Stated:
    """What a file says it is, under our seal, and its visible page."""

    head: Mapping[str, str]
    form: Form
    grid: list[list[Written]] = field(repr=False)

    @property
    def sheet_id(self) -> int:
        """The sheet's id."""
        return int(self.head["sheet"])


def check_container(content: bytes) -> None:
    """Refuse what is no small, plain workbook, before anything of it is unpacked.

    Raises
    ------
    InputError
        Too large, oddly compressed, with macros, encrypted, or no workbook at all.
    """
    if len(content) > MAX_FILE:
        raise InputError("dispatch.too_big", value=f"{len(content) // 1024} KB")
    if content.startswith(_OLE):
        raise InputError("dispatch.not_workbook", value=".xls / 加密 encrypted")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_archive(archive)
    except InputError:
        raise
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError) as problem:
        raise InputError("dispatch.not_workbook", value=type(problem).__name__) from problem


def _check_archive(archive: zipfile.ZipFile) -> None:
    entries = archive.infolist()
    unpacked = sum(entry.file_size for entry in entries)
    ratio = max((entry.file_size / max(entry.compress_size, 1) for entry in entries), default=0)
    if len(entries) > MAX_ENTRIES or unpacked > MAX_UNPACKED or (ratio > MAX_RATIO and unpacked > 4 * MAX_FILE):
        raise InputError("dispatch.too_big", value=f"{unpacked // 1024} KB / {len(entries)}")
    for entry in entries:
        _check_entry(archive, entry)


def _check_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    name = entry.filename.lower()
    if name.endswith("vbaproject.bin") or entry.flag_bits & 0x1:
        raise InputError("dispatch.not_workbook", value=entry.filename[:60])
    if name.endswith((".xml", ".rels")):
        with archive.open(entry) as stream:
            start = stream.read(4096)
        # An entity could grow without end; no spreadsheet program writes a document type.
        if b"<!DOCTYPE" in start or b"<!ENTITY" in start:
            raise InputError("dispatch.not_workbook", value="DOCTYPE")


def open_file(secrets: Secrets, content: bytes) -> Stated:
    """Open a file and check its seal.

    Raises
    ------
    InputError
        It is no workbook, none of ours, or its hidden page was altered.
    """
    check_container(content)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # unknown extensions, default styles: no matter for the values
            book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
            try:
                pages = {page.title: [list(row) for row in _grid(page)] for page in book.worksheets}
            finally:
                book.close()
    except InputError:
        raise
    except Exception as problem:  # openpyxl raises whatever its parts raise: a broken file is the sender's, not ours
        raise InputError("dispatch.not_workbook", value=type(problem).__name__) from problem
    if META not in pages:
        raise InputError("dispatch.not_our_file")
    head = _meta(secrets, pages[META])
    form = FORMS.get(head["form"])
    if form is None or form.title not in pages:
        raise InputError("dispatch.no_table", value=head["form"])
    return Stated(head, form, pages[form.title])


def _grid(page: Any) -> Iterator[list[Written]]:
    page.reset_dimensions()  # what a file says of its own size is not believed
    blanks = 0
    for number, row in enumerate(page.iter_rows(max_col=MAX_COLUMNS), 1):
        if number > MAX_ROWS or blanks > _BLANKS:
            return
        cells = [_written(cell, number, place) for place, cell in enumerate(row, 1)]
        blanks = blanks + 1 if all(cell.value is None for cell in cells) else 0
        yield cells


def _written(cell: Any, row: int, place: int) -> Written:
    value = cell.value
    if value is None:
        return Written(None)
    form = str(getattr(cell, "number_format", "") or "")
    letter = openpyxl.utils.get_column_letter(place)
    if getattr(cell, "data_type", "") == "f":
        return Written(str(value)[:80], f"{letter}{row}", formula=True)
    return Written(value, f"{letter}{row}", percent="%" in form)


def _meta(secrets: Secrets, grid: Sequence[Sequence[Written]]) -> dict[str, str]:
    def at(row: int, place: int) -> str:
        found = grid[row][place].value if row < len(grid) and place < len(grid[row]) else None
        return "" if found is None else str(found)

    head: dict[str, str] = {}
    row = 0
    while row < len(grid) and at(row, 0) not in ("", "seal") and row < 20:
        head[at(row, 0)] = at(row, 1)
        row += 1
    if head.get("format") != FORMAT:
        raise InputError("dispatch.not_our_file")
    try:
        count = int(at(row + 1, 1))
        rows = [[at(row + 2 + number, place) for place in range(4)] for number in range(min(count, MAX_ROWS))]
        int(head["sheet"])
    except (ValueError, KeyError) as problem:
        raise InputError("dispatch.seal_broken") from problem
    if not same_seal(at(row, 1), seal(secrets, head, rows)):
        raise InputError("dispatch.seal_broken")
    return head


@dataclass
class Read:
    """The replies of a file, in the order of the sheet, and the texts above the table."""

    replies: list[dict[str, Any]]
    whole: dict[str, str]
    problems: list[Problem]


def read_rows(stated: Stated, sent: Sequence[Mapping[str, Any]]) -> Read:
    """Take the visible page apart.

    Raises
    ------
    InputError
        The heading is gone.
    """
    form, grid = stated.form, stated.grid
    heading, places = _heading(form, grid)
    problems: list[Problem] = []
    by_key = {row["row"]: row for row in sent}
    by_code = {str(row["code"]): row for row in sent if row.get("code")}
    order = {row["row"]: number for number, row in enumerate(sent)}
    taken: dict[str, dict[str, Any]] = {}
    for number in range(heading + 1, len(grid)):
        cells = grid[number]
        row = _which(cells, places, by_key, by_code)
        if row is None:
            problems += _added(form, cells, places, number)
        elif row["row"] in taken:
            if _filled(form, cells, places):
                problems.append(_at_row("dispatch.row_twice", Severity.ERROR, row, number))
        else:
            taken[row["row"]] = _reply(form, row, cells, places, number, problems, order[row["row"]] + 1)
    for row in sent:
        if row["row"] not in taken:
            problems.append(_at_row("dispatch.row_missing", Severity.WARNING, row, None))
    # In the order of the sheet, not of the file: sorting the rows must not change a word of what is told.
    problems.sort(key=lambda problem: order.get(problem.row, len(order)))
    replies = [taken.get(row["row"], blank_reply(form, row["row"])) for row in sent]
    return Read(replies, _whole(grid[:heading]), problems)


def _label(value: Any) -> str:
    return "".join(unicodedata.normalize("NFKC", str(value or "")).split())


def _heading(form: Form, grid: Sequence[Sequence[Written]]) -> tuple[int, dict[str, int]]:
    wanted = {_label(column.zh): column.id for column in form.columns} | {KEY: "key"}
    best: dict[str, int] = {}
    for number, cells in enumerate(grid[:40]):
        places: dict[str, int] = {}
        for place, cell in enumerate(cells):
            if (name := wanted.get(_label(cell.value))) is not None:
                places.setdefault(name, place)
        if all(column.id in places for column in form.filled) and ("key" in places or "code" in places):
            return number, places
        best = max(best, places, key=len)
    missing = [column.zh for column in form.columns if column.id not in best]
    raise InputError("dispatch.no_table", value="、".join(missing[:5]))


def _cell(cells: Sequence[Written], place: int | None) -> Written:
    return cells[place] if place is not None and place < len(cells) else Written(None)


def _which(
    cells: Sequence[Written],
    places: Mapping[str, int],
    by_key: Mapping[str, Mapping[str, Any]],
    by_code: Mapping[str, Mapping[str, Any]],
) -> Mapping[str, Any] | None:
    key = str(_cell(cells, places.get("key")).value or "").strip()
    code = clean_text(_cell(cells, places.get("code")).value or "")
    return by_key.get(key) or (by_code.get(code) if code else None)


def _filled(form: Form, cells: Sequence[Written], places: Mapping[str, int]) -> bool:
    return any(
        str(_cell(cells, places.get(column.id)).value or "").strip()
        for column in form.columns
        if column.filled or column.id in ("code", "title")
    )


def _added(form: Form, cells: Sequence[Written], places: Mapping[str, int], number: int) -> list[Problem]:
    if not _filled(form, cells, places):
        return []
    words = [str(_cell(cells, places.get(name)).value or "") for name in ("code", "title")]
    value = " ".join(word for word in words if word)[:80] or "–"
    return [Problem("dispatch.row_added", Severity.ERROR, place=str(number + 1), value=value)]


def _at_row(code: str, severity: Severity, row: Mapping[str, Any], number: int | None) -> Problem:
    value = f"{row.get('code', '')} {row.get('title', '')}".strip()[:80]
    return Problem(code, severity, row["row"], place="" if number is None else str(number + 1), value=value)


def _reply(
    form: Form,
    row: Mapping[str, Any],
    cells: Sequence[Written],
    places: Mapping[str, int],
    number: int,
    problems: list[Problem],
    rank: int,
) -> dict[str, Any]:
    reply = blank_reply(form, row["row"])
    known = known_cells(form, rank, row)
    for column in form.columns:
        cell = _cell(cells, places.get(column.id))
        if not column.filled:
            # The number moves with sorting, and people renumber; everything else that differs is said.
            if column.id not in ("number", "count") and column.id in places and _differs(cell, known[column.id]):
                problems.append(_of_cell("dispatch.known_altered", Severity.WARNING, row, column.id, cell, number))
            continue
        parsed = parse(column, cell)
        if parsed.problem:
            problems.append(_of_cell(parsed.problem, Severity.ERROR, row, column.id, cell, number))
            reply[column.id] = str(cell.value)[:80]  # as written, so that it is refused until somebody mends it
            continue
        if parsed.note:
            found = _of_cell(parsed.note, Severity.WARNING, row, column.id, cell, number)
            found.details["read"] = parsed.value
            problems.append(found)
        reply[column.id] = parsed.value
    return reply


def _of_cell(code: str, severity: Severity, row: Mapping[str, Any], field_: str, cell: Written, number: int) -> Problem:
    place = cell.place or str(number + 1)
    return Problem(code, severity, row["row"], field_, place, str(cell.value or "")[:80])


def _differs(cell: Written, known: Any) -> bool:
    value = int(cell.value) if isinstance(cell.value, float) and cell.value.is_integer() else cell.value
    have = clean_text("" if value is None else value)
    want = clean_text("" if known is None else known)
    return "".join(have.split()) != "".join(want.split())


def _whole(above: Sequence[Sequence[Written]]) -> dict[str, str]:
    found = {}
    labels = {_label(label): name for name, label in WHOLE}
    for cells in above:
        name = labels.get(_label(_cell(cells, 0).value))
        if name is not None:
            value = next((cell for cell in cells[1:] if cell.value is not None), Written(None))
            found[name] = "" if value.formula else clean_text(value.value or "")[:4000]
    return found
