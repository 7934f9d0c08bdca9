"""The rows of one source under examination: typed columns, and every fault with its row, column and value.

Faults are collected. In the end the first one stops the import, or (``allow_rejects``) the faulty rows are left out
and written to a file with the reason beside each.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from kezhong.city.files import write_atomically
from kezhong.errors import InputError
from kezhong.intake import values
from kezhong.intake.columns import unit_factor
from kezhong.intake.mapping import Mapping
from kezhong.intake.report import Note, Skipped, first_details, row_details
from kezhong.intake.tables import Table
from kezhong.intake.values import absent

Objects = npt.NDArray[np.object_]
Mask = npt.NDArray[np.bool_]


@dataclass(slots=True)
class Rows:
    """A table, which of its columns means what, and the faults found so far (row position → error)."""

    table: Table
    columns: dict[str, str]
    mapping: Mapping = field(default_factory=Mapping)
    faults: dict[int, InputError] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.table.frame)

    @property
    def file(self) -> str:
        """Name of the file, for messages."""
        return self.table.file.name

    def has(self, which: str) -> bool:
        """Whether the file or the mapping gives this field."""
        return which in self.columns or which in self.mapping.constants

    def heading(self, which: str) -> str:
        """The column's name in the file (the field's own name where the file lacks it)."""
        return self.columns.get(which, which)

    def series(self, which: str) -> pd.Series:
        """The raw column; constants repeated; blank where the field is not given."""
        if which in self.columns:
            return self.table.frame[self.columns[which]]
        return pd.Series([self.mapping.constants.get(which)] * len(self), dtype=object)

    def texts(self, which: str, *, required: bool = False) -> Objects:
        """Trimmed text, ``None`` where blank; translated by the mapping's ``[values.<field>]``."""
        found = values.texts(self.series(which))
        table = self.mapping.values.get(which)
        if table:
            found = np.array([table.get(text, text) if text is not None else None for text in found], dtype=object)
        if required:
            self.reject(absent(found), "intake.missing_value", which)
        return found

    def choices(self, which: str, vocabulary: dict[str, str], *, default: str | None = None) -> Objects:
        """Words of a closed vocabulary (spelling → value); blanks become ``default``."""
        found = self.texts(which)
        out = np.array([default if text is None else vocabulary.get(text.lower()) for text in found], dtype=object)
        wrong = absent(out) & ~absent(found)
        self.reject(wrong, "intake.unknown_word", which, expected="、".join(dict.fromkeys(vocabulary)))
        return out

    def numbers(
        self, which: str, *, required: bool = False, low: float | None = 0.0, high: float | None = None
    ) -> npt.NDArray[np.float64]:
        """Numbers in our unit, NaN where blank; anything unreadable or out of bounds is a fault."""
        found, bad, about = values.numbers(self.series(which))
        self.reject(bad, "intake.not_a_number", which)
        if self.table.merged and which in self.columns:
            name = self.columns[which]
            spread = np.zeros(len(self), dtype=bool)
            spread[[row for row, column in self.table.merged if column == name and row < len(self)]] = True
            self.reject(spread & ~np.isnan(found), "intake.merged_number", which)
        factor = unit_factor(self.columns[which]) if which in self.columns else 1.0
        if factor != 1.0:
            found = found * factor
            name = self.columns[which]
            self.notes.append(
                Note(f"“{name}”按其单位乘以 {factor:g}", f"“{name}” was multiplied by {factor:g} for its unit")
            )
        with np.errstate(invalid="ignore"):
            if low is not None:
                self.reject(found < low, "intake.out_of_bounds", which, low=low, high="" if high is None else high)
            if high is not None:
                self.reject(found > high, "intake.out_of_bounds", which, low="" if low is None else low, high=high)
        if about.any():
            name = self.heading(which)
            self.notes.append(
                Note(
                    f"“{name}”有 {int(about.sum())} 个约数，按所写数字取用",
                    f"“{name}”: {int(about.sum())} approximate figures taken as written",
                )
            )
        if required:
            self.reject(np.isnan(found) & ~bad, "intake.missing_value", which)
        return found

    def dates(self, which: str) -> Objects:
        """ISO dates, ``None`` where blank."""
        found, bad = values.dates(self.series(which))
        self.reject(bad, "intake.not_a_date", which)
        return found

    def flags(self, which: str) -> Objects:
        """True, False or ``None``."""
        found, bad = values.flags(self.series(which))
        self.reject(bad, "intake.not_yes_or_no", which)
        return found

    def reject(self, mask: Mask, code: str, which: str | None = None, **details: object) -> None:
        """Record a fault in each row of ``mask``; a row keeps its first fault."""
        positions = np.flatnonzero(mask)
        if len(positions) == 0:
            return
        column = self.heading(which) if which else "–"
        raw = self.series(which).to_numpy(dtype=object) if which else None
        for position in positions.tolist():
            if position not in self.faults:
                value = {"value": values.show(raw[position])} if raw is not None and "value" not in details else {}
                self.faults[position] = InputError(
                    code,
                    **{
                        "file": self.file,
                        **row_details(str(self.table.labels[position])),
                        "column": column,
                        "others_zh": "",
                        "others_en": "",
                        **value,
                        **details,
                    },
                )

    def duplicates(self, keys: Objects, which: str) -> None:
        """Record repeated keys as faults (the second and later ones), naming the row that had it first."""
        known = ~absent(keys)
        series = pd.Series(keys)
        again = series.duplicated(keep="first").to_numpy(dtype=bool) & known
        if again.any():
            first = {key: self.table.labels[at] for at, key in reversed(list(enumerate(keys.tolist())))}
            for position in np.flatnonzero(again).tolist():
                mask = np.zeros(len(self), dtype=bool)
                mask[position] = True
                lead = first_details(first[keys[position]])
                self.reject(mask, "intake.duplicate_code", which, value=keys[position], **lead)

    def settle(self, allow_rejects: bool) -> Mask:
        """Which rows are good.

        Raises
        ------
        InputError
            The first fault, with the number of further ones, unless rows may be rejected; or nothing is left.
        """
        keep = np.ones(len(self), dtype=bool)
        keep[list(self.faults)] = False
        if self.faults and (not allow_rejects or not keep.any()):
            first = self.faults[min(self.faults)]
            more = len(self.faults) - 1
            first.details["more"] = more
            if more:
                first.details.update(others_zh=f"；另有 {more} 行有误", others_en=f"; {more} more rows have faults")
            raise first
        return keep

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """Rows left out, for the report."""
        faulty = (
            Skipped(str(self.table.labels[at]), fault.message("zh"), fault.message("en"))
            for at, fault in sorted(self.faults.items())
        )
        return (*self.table.skipped, *faulty)


def write_rejects(rows: Rows, folder: Path, source: str) -> Path:
    """Write the rejected rows with their reasons as ``rejects/<source>-<n>.csv`` (UTF-8 with mark, opens in Excel)."""
    safe = re.sub(r"[^\w.\-]", "_", source)
    target_folder = folder / "rejects"
    number = 1
    while (target_folder / f"{safe}-{number}.csv").exists():
        number += 1
    target = target_folder / f"{safe}-{number}.csv"
    positions = sorted(rows.faults)
    frame = rows.table.frame.iloc[positions].astype(object)
    head: dict[str, Any] = {
        "源行 row": rows.table.labels[positions],
        "原因": [rows.faults[at].message("zh") for at in positions],
        "reason": [rows.faults[at].message("en") for at in positions],
    }
    out = pd.concat([pd.DataFrame(head), frame.reset_index(drop=True)], axis=1)
    write_atomically(target, lambda path: out.to_csv(path, index=False, encoding="utf-8-sig"))
    return target
