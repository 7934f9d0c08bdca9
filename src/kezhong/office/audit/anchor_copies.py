"""The anchors in a backup, and what becomes of them when it is restored.

Anchors are there to show that the database was cut off or rewritten, so a restored copy never takes the place of a file
that knows more. Files of anchors only grow: of two that belong together one is a beginning of the other, and the longer
one is kept. Where they do not belong together, the present file stays and the copy is laid beside it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import psycopg

from kezhong.city.files import explain
from kezhong.office.audit.anchors import (
    Rollback,
    anchor_rollback,
    append_lines,
    parse_anchor,
    second_file,
    whole_lines,
)
from kezhong.office.database.archive import Manifest
from kezhong.office.office import Office

Outcome = Literal["none", "same", "placed", "extended", "kept", "beside"]


def copy_of(path: Path) -> Callable[[psycopg.Connection], bytes]:
    """What a backup takes along: the lines up to the head of its snapshot.

    The file is read after the tables: every anchor that they list is in it, and those written meanwhile are left out,
    since the restored chain would not have their entries.
    """

    def read(connection: psycopg.Connection) -> bytes:
        row = connection.execute("SELECT seq FROM audit_head WHERE id = 1").fetchone()
        head = int(row[0]) if row else 0
        lines = whole_lines(path)
        while lines and (last := parse_anchor(lines[-1])) is not None and last.seq > head:
            lines.pop()
        return b"".join(line + b"\n" for line in lines)

    return read


@dataclass
class Settled:
    """What became of the anchors.

    ``outcome``: ``placed`` there was no file; ``extended`` the file lacked the end; ``same``; ``kept`` the file knows
    more; ``beside`` it is of another course, and the copy lies at ``copy``; ``none`` the backup has no anchors.
    ``rollback`` is set where the anchors knew entries that the restored chain does not have.
    """

    outcome: Outcome = "none"
    copy: Path | None = None
    rollback: Rollback | None = None
    _undo: list[Callable[[], object]] = field(default_factory=list, repr=False)

    def take_back(self) -> None:
        """As it was before: the restoring failed."""
        while self._undo:
            self._undo.pop()()


def settle(
    office: Office, manifest: Manifest, copy: bytes | None, settled: Settled, environ: Mapping[str, str] = os.environ
) -> None:
    """Bring the anchors outside together: the present file, the second one and the copy of the backup.

    Called before the database commits; :func:`tell_rollback` follows after it.

    Raises
    ------
    WorkspaceError
        A file cannot be read or written; everything is as before.
    """
    file, second = office.anchors_file, second_file(office, environ)
    present = whole_lines(file)
    kept = list(present)
    if second is not None and _is_beginning(kept, other := whole_lines(second)):
        kept = other
    theirs = (copy or b"").split(b"\n")[:-1]
    if _is_beginning(kept, theirs):
        kept = theirs
    elif not _is_beginning(theirs, kept):
        settled.copy = _beside(file, manifest, copy or b"", settled)
    settled.outcome = _outcome(settled, copy is not None, present, kept, theirs)
    if len(kept) > len(present):
        before = len(b"".join(line + b"\n" for line in present)) if file.exists() else None
        settled._undo.append(lambda: _cut(file, before))
        append_lines(file, kept[len(present) :])


def _outcome(settled: Settled, there: bool, present: list[bytes], kept: list[bytes], theirs: list[bytes]) -> Outcome:
    if not there:
        return "none"
    if settled.copy is not None:
        return "beside"
    if len(kept) > len(present):
        return "extended" if present else "placed"
    return "same" if theirs == present else "kept"


def tell_rollback(office: Office, settled: Settled, environ: Mapping[str, str] = os.environ) -> None:
    """After the commit: where the anchors know more than the restored chain, they say so from now on.

    Anchors of another course get no such line: it would explain away what has to be looked into.
    """
    if settled.outcome != "beside":
        settled.rollback = anchor_rollback(office, environ)


def _is_beginning(short: list[bytes], long: list[bytes]) -> bool:
    return long[: len(short)] == short


def _beside(file: Path, manifest: Manifest, copy: bytes, settled: Settled) -> Path:
    stamp = "".join(sign for sign in manifest.made if sign.isalnum())
    path = file.with_name(f"anchors-{stamp}.jsonl")
    try:
        if not path.exists():
            settled._undo.append(lambda: path.unlink(missing_ok=True))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(copy)
    except OSError as problem:
        raise explain(problem, path) from problem
    return path


def _cut(file: Path, size: int | None) -> None:
    """Back to ``size`` bytes; ``None``: it was not there."""
    try:
        if size is None:
            file.unlink(missing_ok=True)
        else:
            os.truncate(file, size)
    except OSError as problem:
        raise explain(problem, file) from problem
