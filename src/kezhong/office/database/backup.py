"""A backup while everybody goes on working: one file, one moment.

All tables are read in one transaction that sees one snapshot, so that what is written meanwhile is in it wholly or not
at all, and no one waits. The files of evidence are read after the tables: they are never changed, and a row is written
after its file, so every file that a row of the snapshot names is there.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import psycopg
from psycopg import sql

from kezhong import clock
from kezhong.city.files import explain
from kezhong.errors import KezhongError, WorkspaceError
from kezhong.office.database.archive import (
    ANCHORS,
    MANIFEST,
    PIECE,
    AnchorsEntry,
    FileEntry,
    Manifest,
    TableEntry,
    check_members,
    new_member,
    open_archive,
    read_manifest,
)
from kezhong.office.database.server import Database
from kezhong.office.database.tables import Table, owner_session, read_content, revision, sequences, tables
from kezhong.progress import Progress, silent, span

_CONTENT_NAME = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class BackupReport:
    """What was written. ``damaged`` names files of evidence whose content no longer fits the digest in their name."""

    path: Path
    size: int
    manifest: Manifest
    damaged: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verified:
    """A sound archive, and the tables in which a live database differs from it (empty: equal, or not compared)."""

    manifest: Manifest
    differences: tuple[str, ...]


def backup(
    database: Database,
    files_folder: Path | None,
    out: Path,
    *,
    anchors: Callable[[psycopg.Connection], bytes] | None = None,
    progress: Progress = silent,
) -> BackupReport:
    """Write the whole database and its files of evidence into ``out``, which appears when it is complete.

    ``anchors`` gives the content of the file of anchors as it belongs to the snapshot of the connection. The file
    of the backup holds personal data: only its owner may read it. An older one of that name stays until the new one is
    flushed to the disk.

    Raises
    ------
    PermissionDeniedError
        Only the app's address is known (``KEZHONG_DATABASE_OWNER_URL`` is missing).
    WorkspaceError
        The disk is full, or the database refused or broke off; nothing is left behind.
    """
    with _appearing(out) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as archive:
        moment = clock.now()
        stamp = (moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second)
        try:
            with owner_session(database, reading=True) as connection:
                found = _lock(connection)
                postgres = connection.execute("SHOW server_version").fetchone()
                entries = tuple(
                    _write_table(
                        archive,
                        connection,
                        table,
                        stamp,
                        span(progress, 0.7 * i / len(found), 0.7 * (i + 1) / len(found)),
                    )
                    for i, table in enumerate(found)
                )
                states = tuple(sequences(connection))
                schema = revision(connection)
                outside = None if anchors is None else anchors(connection)
        except psycopg.Error as problem:
            raise WorkspaceError("database.backup_failed", problem=said(problem)) from problem
        files, damaged = _write_files(archive, files_folder, stamp, span(progress, 0.7, 1.0))
        manifest = Manifest(
            made=moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
            kezhong=version("kezhong"),
            postgresql=str(postgres[0]) if postgres else "",
            revision=schema,
            tables=entries,
            sequences=states,
            files=files,
            anchors=None if outside is None else _write_anchors(archive, outside, stamp),
        )
        with new_member(archive, MANIFEST, stamp) as target:
            target.write(manifest.to_json())
    return BackupReport(out, out.stat().st_size, manifest, damaged)


def verify_backup(archive: Path, database: Database | None = None, *, progress: Progress = silent) -> Verified:
    """Read an archive from end to end and compute all digests anew; with ``database`` compare it with that as well.

    Raises
    ------
    InputError
        The archive is truncated, altered or of a newer format.
    WorkspaceError
        It cannot be read, or the database cannot.
    """
    with open_archive(archive) as opened:
        manifest = read_manifest(opened, archive)
        check_members(opened, manifest, archive, progress if database is None else span(progress, 0.0, 0.5))
    if database is None:
        return Verified(manifest, ())
    try:
        with owner_session(database, reading=True) as connection:
            return Verified(manifest, differences(connection, manifest, span(progress, 0.5, 1.0)))
    except psycopg.Error as problem:
        raise WorkspaceError("database.backup_failed", problem=said(problem)) from problem


def differences(connection: psycopg.Connection, manifest: Manifest, progress: Progress = silent) -> tuple[str, ...]:
    """Names of tables that are missing on either side or differ in content."""
    live = {table.label: table for table in tables(connection)[0]}
    kept = {entry.name: entry for entry in manifest.tables}
    found = sorted(live.keys() ^ kept.keys())
    for number, name in enumerate(sorted(live.keys() & kept.keys())):
        content = read_content(connection, live[name], lambda _piece: None)
        if (content.rows, content.sha256) != (kept[name].rows, kept[name].sha256):
            found.append(name)
        progress((number + 1) / len(live), "database.step_compare")
    return tuple(found)


def said(problem: psycopg.Error) -> str:
    """The database's own words without details, which quote rows."""
    primary = problem.diag.message_primary if problem.diag is not None else None
    return f"{primary or type(problem).__name__} ({problem.sqlstate or '–'})"


def _lock(connection: psycopg.Connection) -> list[Table]:
    """All tables, held so that none is dropped meanwhile; the snapshot is taken by the first look at the catalogue."""
    found, forced = tables(connection)
    if forced is not None:
        raise WorkspaceError("database.backup_forced_rls", table=forced)
    if found:
        names = sql.SQL(", ").join(table.identifier for table in found)
        connection.execute(sql.SQL("LOCK TABLE {} IN ACCESS SHARE MODE").format(names))
    return found


def _write_table(
    archive: zipfile.ZipFile,
    connection: psycopg.Connection,
    table: Table,
    stamp: tuple[int, int, int, int, int, int],
    progress: Progress,
) -> TableEntry:
    member = TableEntry(table.label, table.columns, 0, 0, "").member
    with new_member(archive, member, stamp) as target:
        content = read_content(connection, table, _telling(target.write, progress))
    progress(1.0, "database.step_tables")
    return TableEntry(table.label, table.columns, content.rows, content.size, content.sha256)


def _telling(write: Callable[[bytes], object], progress: Progress) -> Callable[[bytes], object]:
    """``write``, which also lets a cancelled backup of a large table end."""
    written = 0

    def sink(block: bytes) -> None:
        nonlocal written
        before = written
        write(block)
        written += len(block)
        if written // PIECE != before // PIECE:
            progress(0.0, "database.step_tables")

    return sink


def _write_anchors(
    archive: zipfile.ZipFile, content: bytes, stamp: tuple[int, int, int, int, int, int]
) -> AnchorsEntry:
    with new_member(archive, ANCHORS, stamp) as target:
        target.write(content)
    return AnchorsEntry(len(content), hashlib.sha256(content).hexdigest())


def _write_files(
    archive: zipfile.ZipFile,
    folder: Path | None,
    stamp: tuple[int, int, int, int, int, int],
    progress: Progress,
) -> tuple[tuple[FileEntry, ...], tuple[str, ...]]:
    found = sorted(_evidence(folder)) if folder is not None and folder.is_dir() else []
    entries: list[FileEntry] = []
    damaged: list[str] = []
    for number, (name, file) in enumerate(found):
        digest = hashlib.sha256()
        size = 0
        with file.open("rb") as source, new_member(archive, f"files/{name}", stamp) as target:
            while piece := source.read(PIECE):
                digest.update(piece)
                size += len(piece)
                target.write(piece)
                progress(number / len(found), "database.step_files")
        entries.append(FileEntry(name, size, digest.hexdigest()))
        if _CONTENT_NAME.fullmatch(file.stem) and file.stem != digest.hexdigest():
            damaged.append(name)
    progress(1.0, "database.step_files")
    return tuple(entries), tuple(damaged)


def _evidence(folder: Path) -> Iterator[tuple[str, Path]]:
    """Complete files: those that are just being written have names that begin with a dot."""
    for file in folder.rglob("*"):
        name = file.relative_to(folder)
        if file.is_file() and not file.is_symlink() and not any(part.startswith(".") for part in name.parts):
            yield name.as_posix(), file


@contextlib.contextmanager
def _appearing(out: Path) -> Iterator[Path]:
    """A temporary file beside ``out`` that only we may read; flushed and renamed at the end, removed on failure."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=out.parent, prefix=f".{out.name}.", suffix=".tmp")
    except OSError as problem:
        raise explain(problem, out) from problem
    part = Path(name)
    try:
        yield part
        os.fsync(handle)
        part.replace(out)
        _flush_folder(out.parent)
    except KezhongError:
        raise
    except OSError as problem:
        raise explain(problem, out) from problem
    finally:
        os.close(handle)
        part.unlink(missing_ok=True)


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
