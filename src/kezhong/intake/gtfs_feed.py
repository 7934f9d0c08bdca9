"""Reading the tables of a GTFS feed: a zip archive of comma-separated files with fixed names.

Tables are read in blocks by Arrow, so that a timetable of many millions of rows needs little more memory than its
numbers. Faults are collected with file, row, column and value.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv

from kezhong.errors import InputError
from kezhong.intake.report import row_details

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

#: Tables without which nothing can be counted; of the two calendars one is enough.
REQUIRED = ("stops.txt", "routes.txt", "trips.txt", "stop_times.txt")
CALENDARS = ("calendar.txt", "calendar_dates.txt")
#: No time: the feed leaves it to be interpolated.
BLANK = -1
#: Service days run past midnight, but not for longer than this.
MAX_HOUR = 71
_BLOCK = 1 << 24
_TIME = re.compile(r"\s*(\d{1,2}):([0-5]\d):([0-5]\d)\s*")
_DATE = re.compile(r"\s*(\d{4})(\d{2})(\d{2})\s*")
#: First row of data: the heading is row 1.
_FIRST = 2


@dataclass(frozen=True, slots=True)
class Fault:
    """One wrong row."""

    file: str
    row: int
    error: InputError


@dataclass(slots=True)
class Feed:
    """An open feed and the faults found so far."""

    path: Path
    archive: zipfile.ZipFile
    members: dict[str, str]  # name of a table → its path in the archive
    faults: list[Fault] = field(default_factory=list)

    def has(self, table: str) -> bool:
        """Whether the archive holds this table."""
        return table in self.members

    def name(self, table: str) -> str:
        """How messages call a table."""
        return f"{self.path.name}/{table}"

    def frame(self, table: str, needed: Sequence[str], optional: Sequence[str] = ()) -> pd.DataFrame:
        """A table as trimmed text, blank where a column or a value is missing; row number in ``row``."""
        blocks = list(self.blocks(table, needed, optional))
        if not blocks:
            return pd.DataFrame({name: pd.Series(dtype=object) for name in (*needed, *optional)}).assign(row=[])
        frame = pd.concat([block.to_pandas().astype(object) for _, block in blocks], ignore_index=True)
        for column in frame.columns:
            frame[column] = frame[column].str.strip()
        for column in optional:
            if column not in frame.columns:
                frame[column] = ""
        return frame.assign(row=np.arange(len(frame)) + _FIRST)

    def blocks(self, table: str, needed: Sequence[str], optional: Sequence[str] = ()) -> Iterator[tuple[int, Any]]:
        """Record batches of a table with the row number of their first row; only the named columns, as text.

        Raises
        ------
        InputError
            A column is missing, or the table is not readable as comma-separated UTF-8.
        """
        heading = self._heading(table)
        missing = [name for name in needed if name not in heading]
        if missing:
            raise InputError(
                "intake_gtfs.missing_column", file=self.name(table), row=1, column=missing[0], value="、".join(heading)
            )
        wanted = [name for name in (*needed, *optional) if name in heading]
        row = _FIRST
        try:
            with self.archive.open(self.members[table]) as stream:
                reader = pa_csv.open_csv(
                    cast(BinaryIO, stream),
                    read_options=pa_csv.ReadOptions(block_size=_BLOCK, column_names=heading, skip_rows=1),
                    parse_options=pa_csv.ParseOptions(newlines_in_values=True),
                    convert_options=pa_csv.ConvertOptions(
                        include_columns=wanted,
                        column_types=dict.fromkeys(wanted, pa.string()),
                        strings_can_be_null=False,
                    ),
                )
                for batch in reader:
                    if batch.num_rows:
                        yield row, batch
                        row += batch.num_rows
        except pa.ArrowInvalid as problem:
            if "Empty CSV" in str(problem):  # a heading without rows
                return
            raise InputError(
                "intake_gtfs.broken_table", file=self.name(table), row=row, problem=str(problem).strip()
            ) from problem
        except (zipfile.BadZipFile, zlib.error, OSError, EOFError) as problem:
            raise InputError("intake_gtfs.broken_archive", file=self.path.name, problem=str(problem)) from problem

    def reject(
        self, table: str, rows: npt.NDArray[np.generic], code: str, column: str, values: Sequence[object]
    ) -> None:
        """Record a fault for each of these rows."""
        for row, value in zip(rows.tolist(), values, strict=True):
            error = InputError(
                code, file=self.name(table), **row_details(row), column=column, value=value, others_zh="", others_en=""
            )
            self.faults.append(Fault(table, row, error))

    def settle(self, allow_rejects: bool) -> None:
        """Stop at the first fault, unless bad rows may be left out.

        Raises
        ------
        InputError
            The first fault, with the number of further ones.
        """
        if self.faults and not allow_rejects:
            first, more = self.faults[0].error, len(self.faults) - 1
            first.details["more"] = more
            if more:
                first.details.update(others_zh=f"；另有 {more} 行有误", others_en=f"; {more} more rows have faults")
            raise first

    def _heading(self, table: str) -> list[str]:
        try:
            with self.archive.open(self.members[table]) as stream:
                line = stream.readline(1 << 16).decode("utf-8-sig")
        except (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, NotImplementedError) as problem:
            raise InputError("intake_gtfs.broken_archive", file=self.path.name, problem=str(problem)) from problem
        except UnicodeDecodeError as problem:
            raise InputError(
                "intake_gtfs.broken_table", file=self.name(table), row=1, problem=str(problem)
            ) from problem
        return [name.strip().strip('"').strip() for name in line.split(",")]


@contextmanager
def open_feed(path: Path) -> Iterator[Feed]:
    """Open a feed; its tables may lie in the archive's root or in one folder.

    Raises
    ------
    InputError
        No such file, no zip archive, or a table is missing.
    """
    if not path.is_file():
        raise InputError("intake.no_file", file=path)
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError) as problem:
        raise InputError("intake_gtfs.broken_archive", file=path.name, problem=str(problem)) from problem
    with archive:
        names = sorted(archive.namelist(), key=lambda name: (name.count("/"), name))
        members: dict[str, str] = {}
        for name in names:
            if not name.startswith("__MACOSX"):
                members.setdefault(name.rpartition("/")[2].lower(), name)
        for table in REQUIRED:
            if table not in members:
                raise InputError("intake_gtfs.missing_table", file=path.name, value=table)
        if not any(table in members for table in CALENDARS):
            raise InputError("intake_gtfs.missing_table", file=path.name, value=" / ".join(CALENDARS))
        yield Feed(path, archive, members)


def seconds(texts: pd.Series) -> tuple[Ints, Flags]:
    """Times ``H:MM:SS`` in seconds after the start of the service day, :data:`BLANK` where blank; and which are wrong.

    25:10:00 is ten past one on the next day.
    """
    code, distinct = pd.factorize(texts)
    found = np.array([_second(text) for text in distinct] or [BLANK], dtype=np.int64)[code]
    return found, found < BLANK


def _second(text: str) -> int:
    if not text.strip():
        return BLANK
    match = _TIME.fullmatch(text)
    if not match or int(match[1]) > MAX_HOUR:
        return BLANK - 1
    return int(match[1]) * 3600 + int(match[2]) * 60 + int(match[3])


def days(texts: pd.Series) -> tuple[npt.NDArray[np.datetime64], Flags]:
    """Dates ``YYYYMMDD`` (NaT where wrong), and which are wrong."""
    code, distinct = pd.factorize(texts)
    found = np.array([_day(text) for text in distinct] or ["NaT"], dtype="datetime64[D]")[code]
    return found, np.isnat(found)


def _day(text: str) -> str:
    match = _DATE.fullmatch(text)
    if not match:
        return "NaT"
    day = f"{match[1]}-{match[2]}-{match[3]}"
    try:
        np.datetime64(day, "D")
    except ValueError:
        return "NaT"
    return day
