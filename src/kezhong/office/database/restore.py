"""A backup put into an empty database, wholly or not at all.

Everything happens in one transaction of the owner, who is no superuser and so cannot switch constraints off: tables are
filled in the order of their references, checks of circles are put off to the end, and triggers of the schema (which
would stamp or refuse old rows) rest meanwhile. Before it commits, every table is read back and compared with the
manifest.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import zipfile
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from pathlib import Path

import psycopg
from psycopg import sql

from kezhong.city.files import explain
from kezhong.errors import ConflictError, InputError, KezhongError, WorkspaceError
from kezhong.office.database.archive import Manifest, check_members, open_archive, pieces, read_manifest
from kezhong.office.database.backup import differences, said
from kezhong.office.database.server import Database
from kezhong.office.database.tables import (
    ForeignKey,
    SequenceState,
    Table,
    fill_order,
    foreign_keys,
    owner_session,
    revision,
    tables,
)
from kezhong.progress import Progress, silent, span


def restore(
    archive: Path,
    database: Database,
    files_folder: Path | None,
    *,
    seeded: Collection[str] = (),
    anchors: Callable[[Manifest, bytes | None], Callable[[], None]] | None = None,
    progress: Progress = silent,
) -> Manifest:
    """Put a backup into a database that was migrated to the same revision and is empty.

    Parameters
    ----------
    files_folder
        Where the evidence goes; files of the same content may be there already. None leaves it out.
    seeded
        Names (``public.role``) of tables that the migrations fill; their rows give way to those of the backup.
    anchors
        Puts the backup's copy of the anchors (``None``: it has none) where it belongs, before the database commits;
        what it returns takes that back.

    Raises
    ------
    InputError
        The archive is damaged, of a newer format, of another revision, or of other tables or columns.
    ConflictError
        The database is not empty, or the folder holds another file of the same name.
    WorkspaceError
        The database refused; nothing was kept.
    PermissionDeniedError
        Only the app's address is known.
    """
    made: list[Path] = []
    undo: list[Callable[[], None]] = []
    committing = False
    with open_archive(archive) as opened:
        manifest = read_manifest(opened, archive)
        check_members(opened, manifest, archive, span(progress, 0.0, 0.2))
        try:
            with owner_session(database, reading=False) as connection:
                found = _ready(connection, manifest, seeded)
                if files_folder is not None:
                    _put_files(opened, archive, manifest, files_folder, made, span(progress, 0.2, 0.4))
                _fill(connection, opened, archive, found, manifest, seeded, span(progress, 0.4, 0.9))
                _same(connection, manifest, span(progress, 0.9, 1.0))
                if anchors is not None:
                    undo.append(anchors(manifest, _anchors(opened, archive, manifest)))
                committing = True
                connection.commit()
        except psycopg.Error as problem:
            if committing and connection.broken:
                raise ConflictError("database.commit_unknown") from problem  # the files stay: the rows may be there
            _take_back(made, undo)
            raise WorkspaceError("database.restore_failed", problem=said(problem)) from problem
        except BaseException:
            _take_back(made, undo)
            raise
    return manifest


def _same(connection: psycopg.Connection, manifest: Manifest, progress: Progress) -> None:
    odd = differences(connection, manifest, progress)
    if odd:
        raise WorkspaceError("database.restore_failed", problem=f"≠ {', '.join(odd[:3])}")


def _ready(connection: psycopg.Connection, manifest: Manifest, seeded: Collection[str]) -> list[Table]:
    """The tables to fill, locked against everybody who would write; the checks that need no byte of the content."""
    found, _ = tables(connection)
    present = revision(connection)
    if present != manifest.revision:
        raise InputError("database.restore_other_revision", found=manifest.revision or "–", expected=present or "–")
    columns = {table.label: table.columns for table in found}
    kept = {entry.name: entry.columns for entry in manifest.tables}
    odd = sorted(name for name in columns.keys() | kept.keys() if columns.get(name) != kept.get(name))
    if odd:
        raise InputError("database.restore_other_schema", problem=", ".join(odd[:5]))
    for table in found:
        connection.execute(sql.SQL("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE").format(table.identifier))
        filled = connection.execute(sql.SQL("SELECT EXISTS (SELECT FROM {})").format(table.identifier)).fetchone()
        if filled is not None and filled[0] and table.label not in seeded:
            raise ConflictError("database.restore_not_empty", table=table.label)
    return found


# ---- tables --------------------------------------------------------------------------------------------


def _fill(
    connection: psycopg.Connection,
    opened: zipfile.ZipFile,
    archive: Path,
    found: Sequence[Table],
    manifest: Manifest,
    seeded: Collection[str],
    progress: Progress,
) -> None:
    by_name = {table.label: table for table in found}
    members = {entry.name: entry.member for entry in manifest.tables}
    order, circular = fill_order(by_name, foreign_keys(connection))
    resting = _rest_triggers(connection, found)
    _put_off(connection, by_name, circular)
    for name in reversed(order):
        if name in seeded:
            connection.execute(sql.SQL("DELETE FROM {}").format(by_name[name].identifier))
    for number, name in enumerate(order):
        table = by_name[name]
        statement = sql.SQL("COPY {} ({}) FROM STDIN WITH (FORMAT csv, HEADER match)")
        with (
            connection.cursor() as cursor,
            cursor.copy(statement.format(table.identifier, table.column_list)) as copy,
        ):
            for piece in pieces(opened, members[name], archive):
                copy.write(piece)
                progress(number / len(order), "database.step_restore_tables")
    _continue_sequences(connection, manifest.sequences)
    connection.execute("SET CONSTRAINTS ALL IMMEDIATE")  # all that was put off is checked here
    _as_before(connection, by_name, circular)
    for again in resting:
        connection.execute(again)
    progress(1.0, "database.step_restore_tables")


def _rest_triggers(connection: psycopg.Connection, found: Sequence[Table]) -> list[sql.Composed]:
    """Switch the schema's own triggers off; the statements that switch each on again as it was."""
    again: list[sql.Composed] = []
    for table in found:
        rows = connection.execute(
            "SELECT tgname, tgenabled::text FROM pg_trigger"
            " WHERE tgrelid = to_regclass(%s) AND NOT tgisinternal AND tgenabled IN ('O', 'A') ORDER BY tgname",
            [table.identifier.as_string(connection)],
        ).fetchall()
        for name, enabled in rows:
            parts = (table.identifier, sql.Identifier(name))
            connection.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER {}").format(*parts))
            always = sql.SQL("ALWAYS " if enabled == "A" else "")
            again.append(sql.SQL("ALTER TABLE {} ENABLE {}TRIGGER {}").format(parts[0], always, parts[1]))
    return again


def _put_off(connection: psycopg.Connection, by_name: dict[str, Table], circular: Sequence[ForeignKey]) -> None:
    for key in circular:
        if not key.deferrable:
            _alter(connection, by_name[key.table], key, "DEFERRABLE")
    connection.execute("SET CONSTRAINTS ALL DEFERRED")


def _as_before(connection: psycopg.Connection, by_name: dict[str, Table], circular: Sequence[ForeignKey]) -> None:
    for key in circular:
        if not key.deferrable:
            _alter(connection, by_name[key.table], key, "NOT DEFERRABLE")


def _alter(connection: psycopg.Connection, table: Table, key: ForeignKey, how: str) -> None:
    statement = sql.SQL("ALTER TABLE {} ALTER CONSTRAINT {} {}")
    connection.execute(statement.format(table.identifier, sql.Identifier(key.name), sql.SQL(how)))


def _continue_sequences(connection: psycopg.Connection, states: Sequence[SequenceState]) -> None:
    """Let them go on where they stood. ``setval`` would stay after a rollback; RESTART belongs to the transaction."""
    steps = {
        f"{schema}.{name}": (schema, name, step)
        for schema, name, step in connection.execute(
            "SELECT schemaname, sequencename, increment_by FROM pg_sequences"
        ).fetchall()
    }
    for state in states:
        if state.name not in steps:
            raise InputError("database.restore_other_schema", problem=state.name)
        schema, name, step = steps[state.name]
        following = state.last + step if state.called else state.last
        statement = sql.SQL("ALTER SEQUENCE {} RESTART WITH {}")
        connection.execute(statement.format(sql.Identifier(schema, name), sql.Literal(following)))


# ---- files ---------------------------------------------------------------------------------------------


def _put_files(
    opened: zipfile.ZipFile, archive: Path, manifest: Manifest, folder: Path, made: list[Path], progress: Progress
) -> None:
    """Each appears by rename; ``made`` collects those that were not there before."""
    try:
        for number, entry in enumerate(manifest.files):
            target = folder / entry.path
            if not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                _put_file(opened, archive, entry.member, target)
                made.append(target)
            elif _digest(target) != entry.sha256:
                odd = target
                break
            progress((number + 1) / len(manifest.files), "database.step_restore_files")
        else:
            return
    except KezhongError:
        raise
    except OSError as problem:
        raise explain(problem, folder) from problem
    raise ConflictError("database.restore_other_file", file=odd)


def _put_file(opened: zipfile.ZipFile, archive: Path, member: str, target: Path) -> None:
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as sink:
            for piece in pieces(opened, member, archive):
                sink.write(piece)
            sink.flush()
            os.fsync(sink.fileno())
        Path(name).rename(target)
    finally:
        Path(name).unlink(missing_ok=True)


def _digest(file: Path) -> str:
    with file.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def _anchors(opened: zipfile.ZipFile, archive: Path, manifest: Manifest) -> bytes | None:
    return None if manifest.anchors is None else b"".join(pieces(opened, manifest.anchors.member, archive))


def _take_back(made: Sequence[Path], undo: Sequence[Callable[[], None]]) -> None:
    for file in made:
        with suppress(OSError):
            file.unlink(missing_ok=True)
    for step in undo:
        step()
