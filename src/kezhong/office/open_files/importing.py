"""Reading an export into an empty office: wholly or not at all."""

from __future__ import annotations

import json
import re
import secrets
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from kezhong.city.files import explain
from kezhong.errors import ConflictError, InputError, WorkspaceError
from kezhong.office.access.actor import Actor
from kezhong.office.access.permissions import Permission
from kezhong.office.database.tables import ForeignKey, fill_order, foreign_keys, owner_session
from kezhong.office.migrations import present
from kezhong.office.office import Office
from kezhong.office.open_files.layout import BOM, FILES, FORMAT, PACKAGE, ExportedTable, exported_tables
from kezhong.progress import Progress, silent

#: Tables that are not empty in an office just made: areas are synced, the chain has its head.
_SEEDED = ("area", "audit_head")
_PIECE = 1 << 18
_COPY_CONTEXT = re.compile(r'COPY \w+, line (\d+)(?:, column (\w+)(?:: "(.*)")?)?', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Imported:
    """What was read."""

    tables: int
    rows: int
    files: int
    personal: bool


def import_office(office: Office, folder: Path, actor: Actor, *, progress: Progress = silent) -> Imported:
    """Read an export into an office that has nothing but its areas.

    Passwords and tokens are not in an export: people get new passwords afterwards.

    Raises
    ------
    InputError
        No export, of another schema, or a value that does not fit: with file, row, column and value.
    ConflictError
        The office is not empty.
    PermissionDeniedError
        The actor may not run the office, or the address of the tables' owner is missing.
    """
    actor.require(Permission.RUN_OFFICE)
    package = _package(office, folder)
    tables = {table.name: table for table in exported_tables()}
    _check_names(folder, package, tables)
    try:
        with owner_session(office.database, reading=False) as connection:
            connection.execute("SELECT set_config('lock_timeout', '30s', true)")
            rows = _fill(connection, folder, tables, progress)
            connection.commit()
    except psycopg.Error as problem:
        raise WorkspaceError("running.import_failed", problem=_said(problem)) from problem
    office.forget_root()
    files = _copy_files(folder / FILES, office.files_folder)
    with office.acting(actor) as session:
        session.audit.note("data.import", "data", "-", made=package["created"], personal=package["personal_data"])
    return Imported(len(tables), rows, files, bool(package["personal_data"]))


def _package(office: Office, folder: Path) -> dict[str, Any]:
    file = folder / PACKAGE
    try:
        package = json.loads(file.read_text("utf-8"))
    except FileNotFoundError as problem:
        raise InputError("running.no_export", folder=folder) from problem
    except (ValueError, UnicodeDecodeError) as problem:
        raise InputError("running.no_export", folder=folder) from problem
    except OSError as problem:
        raise explain(problem, file) from problem
    if not isinstance(package, dict) or package.get("format") != FORMAT or "resources" not in package:
        raise InputError("running.no_export", folder=folder)
    have = present(office.database.app_engine)
    if package.get("revision") != have:
        raise InputError("running.other_revision", found=package.get("revision"), expected=have)
    return package


def _check_names(folder: Path, package: dict[str, Any], tables: dict[str, ExportedTable]) -> None:
    named = {str(one.get("name")) for one in package["resources"]}
    odd = sorted(named ^ set(tables))
    if odd:
        raise InputError("running.other_tables", value=", ".join(odd[:5]))
    for table in tables.values():
        if not (folder / table.member).is_file():
            raise InputError("running.no_table", file=folder / table.member)


def _fill(connection: psycopg.Connection, folder: Path, tables: dict[str, ExportedTable], progress: Progress) -> int:
    for name in tables:
        filled = connection.execute(sql.SQL("SELECT EXISTS (SELECT FROM {})").format(sql.Identifier(name))).fetchone()
        if filled is not None and filled[0] and name not in _SEEDED:
            raise ConflictError("running.not_empty", table=name)
    for name in _SEEDED:
        connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(name)))
    keys = [
        ForeignKey(key.table.partition(".")[2], key.target.partition(".")[2], key.name, key.deferrable)
        for key in foreign_keys(connection)
    ]
    order, circular = fill_order(tables, [key for key in keys if key.table in tables and key.target in tables])
    _deferrable(connection, circular, "DEFERRABLE INITIALLY DEFERRED")
    rows = 0
    for number, name in enumerate(order):
        progress(number / len(order), "running.step_import")
        rows += _read_table(connection, tables[name], folder / tables[name].member)
    connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    _deferrable(connection, circular, "NOT DEFERRABLE")
    _new_digest_keys(connection)
    _continue_numbers(connection, tables)
    return rows


def _deferrable(connection: psycopg.Connection, keys: Sequence[ForeignKey], how: str) -> None:
    for key in keys:
        connection.execute(
            sql.SQL("ALTER TABLE {} ALTER CONSTRAINT {} {}").format(
                sql.Identifier(key.table), sql.Identifier(key.name), sql.SQL(how)
            )
        )


def _read_table(connection: psycopg.Connection, table: ExportedTable, file: Path) -> int:
    statement = sql.SQL("COPY {} ({}) FROM STDIN WITH (FORMAT csv, HEADER match)").format(
        sql.Identifier(table.name), sql.SQL(", ").join(sql.Identifier(one.name) for one in table.columns)
    )
    try:
        with file.open("rb") as stream, connection.cursor() as cursor:
            if stream.read(len(BOM)) != BOM:
                stream.seek(0)
            with cursor.copy(statement) as copy:
                while piece := stream.read(_PIECE):
                    copy.write(piece)
            return cursor.rowcount
    except OSError as problem:
        raise explain(problem, file) from problem
    except (psycopg.DataError, psycopg.IntegrityError) as problem:
        match = _COPY_CONTEXT.search(problem.diag.context or "")
        row, column, value = match.groups() if match else (None, None, None)
        raise InputError(
            "running.bad_value",
            file=file,
            row=row or "–",
            column=column or problem.diag.column_name or problem.diag.constraint_name or "–",
            value=value or "–",
            problem=problem.diag.message_primary or problem.sqlstate,
        ) from problem


def _new_digest_keys(connection: psycopg.Connection) -> None:
    """Secrets are not exported: everybody who is not erased gets a new key for the digests of the audit."""
    people = connection.execute("SELECT id FROM person WHERE status <> 'erased'").fetchall()
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE person SET digest_key = %s WHERE id = %s", [(secrets.token_bytes(32), key) for (key,) in people]
        )


def _continue_numbers(connection: psycopg.Connection, tables: dict[str, ExportedTable]) -> None:
    for name in tables:
        columns = connection.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attidentity <> ''", [name]
        ).fetchall()
        for (column,) in columns:
            last = connection.execute(
                sql.SQL("SELECT coalesce(max({}), 0) FROM {}").format(sql.Identifier(column), sql.Identifier(name))
            ).fetchone()
            statement = sql.SQL("ALTER TABLE {} ALTER COLUMN {} RESTART WITH {}")
            following = sql.Literal((last[0] if last else 0) + 1)
            connection.execute(statement.format(sql.Identifier(name), sql.Identifier(column), following))


def _copy_files(source: Path, target: Path) -> int:
    number = 0
    try:
        for file in source.rglob("*") if source.is_dir() else ():
            place = target / file.relative_to(source)
            if file.is_file() and not file.is_symlink() and not place.exists():
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, place)
                number += 1
    except OSError as problem:
        raise explain(problem, target) from problem
    return number


def _said(problem: psycopg.Error) -> str:
    return f"{problem.diag.message_primary or type(problem).__name__} ({problem.sqlstate or '–'})"
