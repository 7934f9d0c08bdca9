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
