"""Delimited text: encoding and delimiter are found out, rows are named by their line."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import numpy as np
import pandas as pd

from kezhong.errors import InputError
from kezhong.intake.tables import Grid

_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_DELIMITERS = (",", "\t", ";", "|")
#: A line longer than this is no row of a ledger: an unclosed quotation mark or a foreign file.
MAX_LINE_BYTES = 1_000_000


def read_text(path: Path) -> Grid:
    """Read delimited text in UTF-8 (with or without mark), UTF-16 with mark, or GBK/GB18030.

    Raises
    ------
    InputError
        Not text, an overlong line, or a row with more fields than the others.
    """
    raw = path.read_bytes()
    _check_lines(path, raw)
    text = decode(raw, path.name)
    delimiter = _delimiter(text)
    quoted = '"' in text
    try:
        cells = pd.read_csv(
            io.StringIO(text),
            sep=delimiter,
            header=None,
            names=range(_width(text, delimiter)),
            dtype="string" if quoted else None,
            keep_default_na=False,
            skip_blank_lines=False,
            low_memory=False,
            on_bad_lines="error",
        )
    except pd.errors.ParserError as problem:
        found = re.search(r"line (\d+)", str(problem))
        raise InputError(
            "intake.ragged_row", file=path.name, row=found[1] if found else "–", value=str(problem).strip()
        ) from problem
    except pd.errors.EmptyDataError as problem:
        raise InputError("intake.no_rows", file=path.name) from problem
    cells = cells.astype(object)
    labels = (
        _line_numbers(text, len(cells), delimiter)
        if quoted
        else np.arange(1, len(cells) + 1).astype(str).astype(object)
    )
    return Grid(cells, labels)


def decode(raw: bytes, name: str) -> str:
    """Bytes to text; GB18030 includes GBK and GB2312."""
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return raw.decode(encoding)
    if b"\x00" in raw[:4096]:
        raise InputError("intake.not_text", file=name)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        pass
    try:
        return raw.decode("gb18030")
    except UnicodeDecodeError as problem:
        row = raw[: problem.start].count(b"\n") + 1
        raise InputError("intake.not_text", file=name, row=row) from problem


def _check_lines(path: Path, raw: bytes) -> None:
    ends = np.flatnonzero(np.frombuffer(raw, dtype=np.uint8) == ord("\n"))
    lengths = np.diff(ends, prepend=-1, append=len(raw))
    longest = int(lengths.argmax())
    if lengths[longest] > MAX_LINE_BYTES:
        raise InputError("intake.row_too_long", file=path.name, row=longest + 1, value=int(lengths[longest]))


def _delimiter(text: str) -> str:
    """The delimiter that cuts the first lines into the most columns, all alike."""
    lines = [line for line in text[:65536].splitlines()[:50] if line.strip()]
    best, most = ",", 0.0
    for delimiter in _DELIMITERS:
        counts = [line.count(delimiter) for line in lines]
        if not counts or max(counts) == 0:
            continue
        usual = max(set(counts), key=counts.count)
        worth = usual * counts.count(usual) / len(counts) if usual else max(counts) / len(counts) / 2
        if worth > most:
            best, most = delimiter, worth
    return best


def _width(text: str, delimiter: str) -> int:
    """Most fields among the first fifty records: titles above the heading are shorter than the table."""
    head = csv.reader(io.StringIO(text[:200_000]), delimiter=delimiter)
    widest = 1
    for position, record in enumerate(head):
        if position == 50:
            break
        widest = max(widest, len(record))
    return widest


def _line_numbers(text: str, n: int, delimiter: str) -> np.ndarray:
    """First line of each record; a quoted field may hold line breaks."""
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    lines = []
    start = 1
    for _ in reader:
        lines.append(str(start))
        start = reader.line_num + 1
    lines += [str(start)] * max(0, n - len(lines))
    return np.array(lines[:n], dtype=object)
