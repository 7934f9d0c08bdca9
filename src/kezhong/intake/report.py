"""What an import did: read, taken, left out, and what the user should know about it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Skipped:
    """One row (or object) that was left out, and why.

    ``row`` names the place in the source as a person finds it there, e.g. ``幼儿园!7`` (sheet and row of an Excel
    file), ``12`` (line of a CSV) or ``w123`` (OSM way).
    """

    row: str
    reason_zh: str
    reason_en: str


def row_details(label: object) -> dict[str, object]:
    """Details of an error about a row: its label as data, and as people of either language write it.

    ``台账!3`` is 工作表“台账”第 3 行 and sheet “台账”, row 3; ``12`` is 第 12 行 and row 12.
    """
    sheet, _, row = str(label).rpartition("!")
    zh, en = f"第 {row} 行", f"row {row}"
    return {
        "row": label,
        "at_zh": f"工作表“{sheet}”{zh}" if sheet else zh,
        "at_en": f"sheet “{sheet}”, {en}" if sheet else en,
    }


def first_details(label: object) -> dict[str, object]:
    """The same of the row that was there first, as ``first``, ``first_zh`` and ``first_en``."""
    row = row_details(label)
    return {"first": label, "first_zh": row["at_zh"], "first_en": row["at_en"]}


@dataclass(frozen=True, slots=True)
class Note:
    """Something the user should know although nothing is wrong: which column was taken for what, sums …"""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class ImportReport:
    """The result of one import.

    Attributes
    ----------
    kind
        What was imported, as in ``kezhong import <kind>``.
    source
        Name of the source; a later import with the same name replaces this one and nothing else.
    read
        Rows (or objects) the file has.
    taken
        Rows (or objects) that went into the city.
    skipped
        Rows left out, with the reason.
    notes
        What the user should know.
    snapshot_id
        The city's snapshot after the import.
    rejects
        Path of the file with the rows left out (``allow_rejects``), or ``None``.
    """

    kind: str
    source: str
    read: int
    taken: int
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[Note, ...] = ()
    snapshot_id: str = ""
    rejects: str | None = None
