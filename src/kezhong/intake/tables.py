"""Reading a tabular file, whatever it is: Excel, delimited text, GeoPackage, Shapefile, GeoJSON.

The reader finds the heading, takes merged cells apart and names each row as a person finds it in the file. It does
not interpret values: that is :mod:`kezhong.intake.rows`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from kezhong.errors import InputError
from kezhong.intake.report import Note, Skipped
from kezhong.intake.values import half_width

#: Scores a list of column names: how many of them the reader of this kind of file knows.
Score = Callable[[Sequence[str]], int]

_TEXT = frozenset({".csv", ".txt", ".tsv"})
_EXCEL = frozenset({".xlsx", ".xlsm", ".xls", ".et"})
_GEO = frozenset({".gpkg", ".shp", ".geojson", ".json"})
_TOTALS = frozenset({"合计", "总计", "小计", "共计", "总和", "累计", "total", "sum", "subtotal"})
_FOOTNOTES = ("注:", "备注:", "说明:", "填表", "制表", "审核", "单位负责人", "note:", "source:")
_SEARCHED = 20  # rows in which the heading is looked for


@dataclass(slots=True)
class Table:
    """Rows of a source file before interpretation.

    ``labels`` names each row in the file (``幼儿园!7``, ``12``); ``shapes`` and ``crs`` are set for GIS files;
    ``merged`` holds (row position, column name) of data cells that repeat a merged cell's value.
    """

    file: Path
    frame: pd.DataFrame
    labels: npt.NDArray[np.object_]
    shapes: npt.NDArray[np.object_] | None = None
    crs: object = None
    merged: frozenset[tuple[int, str]] = frozenset()
    notes: list[Note] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)

    @property
    def columns(self) -> list[str]:
        """Names of the columns as the file writes them."""
        return [str(name) for name in self.frame.columns]


def read_table(file: str | Path, score: Score, *, sheet: str | None = None) -> Table:
    """Read a file into a :class:`Table`.

    Parameters
    ----------
    file
        ``.xlsx``, ``.csv``/``.txt`` (UTF-8 or GBK/GB18030), ``.gpkg``, ``.shp`` or ``.geojson``.
    score
        Knows the columns that are wanted; the heading is the row it scores highest.
    sheet
        Sheet of a workbook or layer of a GeoPackage; by default all sheets with the first one's heading, and the
        only layer.

    Raises
    ------
    InputError
        No such file, foreign, damaged, protected or empty.
    """
    path = Path(file).expanduser()
    if not path.is_file():
        raise InputError("intake.no_file", file=path)
    if path.stat().st_size == 0:
        raise InputError("intake.empty_file", file=path.name)
    suffix = path.suffix.lower()
    if suffix in _TEXT:
        from kezhong.intake.textfiles import read_text

        return _finish(heading_of(path, read_text(path), score))
    if suffix in _EXCEL:
        from kezhong.intake.workbooks import read_workbook

        return _finish(read_workbook(path, score, sheet))
    if suffix in _GEO:
        from kezhong.intake.geofiles import read_geofile

        return read_geofile(path, sheet)
    raise InputError("intake.unknown_format", file=path.name, value=suffix or "–")


@dataclass(frozen=True, slots=True)
class Grid:
    """Cells of one sheet before the heading is known.

    ``cells`` is a DataFrame of objects without header; ``labels`` the rows' names; ``merges`` lists
    (first row, last row, first column, last column) as positions in ``cells``.
    """

    cells: pd.DataFrame
    labels: npt.NDArray[np.object_]
    merges: tuple[tuple[int, int, int, int], ...] = ()


def heading_of(path: Path, grid: Grid, score: Score) -> Table:
    """Find the heading of a grid and cut the data below it.

    The heading is the best-scoring row among the first twenty (the first with two texts where none is known).
    Rows above it that carry merged group headings are joined to it as ``group/name``; titles are left out.
    """
    cells = grid.cells
    top = min(_SEARCHED, len(cells))
    blank = cells.iloc[:top].map(_blank).to_numpy(dtype=bool) if top else np.zeros((0, 0), dtype=bool)
    names = [[_name(value) for value in cells.iloc[row]] for row in range(top)]
    scores = [score([name for name in row if name]) for row in names]
    if scores and max(scores) > 0:
        last = int(np.argmax(scores))
    else:
        worded = [row for row in range(top) if _worded(names[row]) >= min(2, cells.shape[1])]
        if not worded:
            raise InputError("intake.no_heading", file=path.name)
        last = worded[0]
    first = _first_heading_row(last, grid.merges, cells.shape[1], blank)
    header = _unique(_join([names[row] for row in range(first, last + 1)]))
    data = cells.iloc[last + 1 :].reset_index(drop=True)
    data.columns = pd.Index(header)
    data = data.loc[:, [bool(name) for name in header]]
    merged = frozenset(
        (row - last - 1, header[column])
        for low, high, left, right in grid.merges
        if high > last
        for row in range(max(low, last + 1), high + 1)
        for column in range(left, right + 1)
        if column < len(header) and (row, column) != (low, left)
    )
    return Table(path, data, grid.labels[last + 1 :], merged=merged)


def _finish(table: Table) -> Table:
    """Leave out empty rows, sums and footnotes; say which."""
    if table.frame.empty:
        raise InputError("intake.no_rows", file=table.file.name)
    filled = ~_blanks(table.frame)
    count = filled.sum(axis=1)
    keep = count > 0
    first = np.argmax(filled, axis=1)
    lead = table.frame.to_numpy(dtype=object)[np.arange(len(table.frame)), first]
    for position in np.flatnonzero(keep & np.fromiter((isinstance(value, str) for value in lead), bool, len(lead))):
        text = half_width(lead[position]).lower().replace(" ", "")
        if text in _TOTALS:
            keep[position] = False
            table.skipped.append(Skipped(str(table.labels[position]), "合计行，不计入", "a row of sums, not counted"))
        elif count[position] <= 2 and text.startswith(_FOOTNOTES):
            keep[position] = False
            table.skipped.append(Skipped(str(table.labels[position]), "表下说明，不是数据", "a footnote, no data"))
    if not keep.any():
        raise InputError("intake.no_rows", file=table.file.name)
    if keep.all():
        return table
    moved = {int(old): new for new, old in enumerate(np.flatnonzero(keep))}
    table.merged = frozenset((moved[row], name) for row, name in table.merged if row in moved)
    table.frame = table.frame[keep].reset_index(drop=True)
    table.labels = table.labels[keep]
    return table


def _blanks(frame: pd.DataFrame) -> npt.NDArray[np.bool_]:
    columns = []
    for name in range(frame.shape[1]):
        series = frame.iloc[:, name]
        empty = series.isna().to_numpy(dtype=bool).copy()
        if not pd.api.types.is_numeric_dtype(series.dtype):
            empty |= np.fromiter((isinstance(value, str) and not value.strip() for value in series), bool, len(series))
        columns.append(empty)
    return np.column_stack(columns)


def _blank(value: object) -> bool:
    return value is None or (isinstance(value, float) and np.isnan(value)) or not str(value).strip()


def _name(value: object) -> str:
    return "" if _blank(value) else "".join(half_width(str(value)).split("\n")).strip()


def _worded(names: Sequence[str]) -> int:
    return len({name for name in names if name and not name.replace(".", "").replace("-", "").isdigit()})


def _first_heading_row(
    last: int, merges: tuple[tuple[int, int, int, int], ...], width: int, blank: npt.NDArray[np.bool_]
) -> int:
    """The topmost row that belongs to the heading ending at ``last``: follow merged cells upwards, stop at titles."""
    first = last
    used = int((~blank[last]).sum()) if last < len(blank) else width
    grown = True
    while grown:
        grown = False
        for low, high, left, right in merges:
            tall = low < first <= high  # a vertical merge that starts above
            group = high == first - 1 and left < right and right - left + 1 < max(used, 2)
            if tall or group:
                first, grown = low, True
    return first


def _join(rows: Sequence[Sequence[str]]) -> list[str]:
    joined = []
    for parts in zip(*rows, strict=True):
        kept: list[str] = []
        for part in parts:
            if part and part not in kept:
                kept.append(part)
        joined.append("/".join(kept))
    return joined


def _unique(names: Sequence[str]) -> list[str]:
    seen: dict[str, int] = {}
    out = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        out.append(name if seen[name] == 1 or not name else f"{name}#{seen[name]}")
    return out
