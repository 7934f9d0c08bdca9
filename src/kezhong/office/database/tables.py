"""What a database holds, asked from PostgreSQL's catalogue: tables, their order, sequences, the content of a table."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

import psycopg
from psycopg import sql

from kezhong.office.database.server import Database, connected

REVISION_TABLE = "alembic_version"

#: The text of a value must not depend on the settings of a server, else digests of equal content differ.
_TEXT_SETTINGS = {
    "datestyle": "ISO, YMD",
    "intervalstyle": "iso_8601",
    "timezone": "UTC",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "xmlbinary": "base64",
    # never filtered in silence: where a policy would hide rows, PostgreSQL then refuses
    "row_security": "off",
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "lock_timeout": "30s",
}


@dataclass(frozen=True, slots=True)
class Table:
    """A table with the columns that carry data (generated ones do not)."""

    schema: str
    name: str
    partitioned: bool
    columns: tuple[str, ...]
    order: sql.Composed

    @property
    def label(self) -> str:
        """``schema.name``."""
        return f"{self.schema}.{self.name}"

    @property
    def identifier(self) -> sql.Identifier:
        """Quoted, for statements."""
        return sql.Identifier(self.schema, self.name)

    @property
    def column_list(self) -> sql.Composed:
        """The columns, quoted."""
        return sql.SQL(", ").join(map(sql.Identifier, self.columns))


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """``table`` must be filled after ``target``, or the check be put off to the end."""

    table: str
    target: str
    name: str
    deferrable: bool


@dataclass(frozen=True, slots=True)
class SequenceState:
    """A sequence gives ``last`` next, or what follows it where ``called``."""

    name: str
    last: int
    called: bool


@dataclass(frozen=True, slots=True)
class Content:
    """What a table holds: rows, and bytes and digest of its CSV in the order of its key."""

    rows: int
    size: int
    sha256: str


@contextmanager
def owner_session(database: Database, *, reading: bool) -> Iterator[psycopg.Connection]:
    """The driver's connection as the owner, in one transaction; what is not committed inside is rolled back.

    With ``reading`` it sees one snapshot of everything, however long it takes, and cannot write.
    """
    engine = database.owner_engine
    with connected(engine, engine.url) as outer:
        connection = cast("psycopg.Connection", outer.connection.driver_connection)
        connection.rollback()
        if reading:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True
        for name, value in _TEXT_SETTINGS.items():
            connection.execute("SELECT set_config(%s, %s, true)", [name, value])
        try:
            yield connection
        finally:
            if not connection.closed:
                connection.rollback()


_TABLES = """
SELECT c.oid::int8, n.nspname, c.relname, c.relkind = 'p', c.relrowsecurity AND c.relforcerowsecurity
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence <> 't'
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relname <> %s
  AND NOT EXISTS (SELECT 1 FROM pg_depend d
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY 2, 3
"""
_COLUMNS = """
SELECT a.attname, a.attcollation <> 0, array_position(i.indkey::int2[], a.attnum)
FROM pg_attribute a LEFT JOIN pg_index i ON i.indrelid = a.attrelid AND i.indisprimary
WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
ORDER BY a.attnum
"""


def tables(connection: psycopg.Connection) -> tuple[list[Table], str | None]:
    """All tables but the one of the schema's revision, by name; and the first that forces its policies on its owner."""
    found: list[Table] = []
    forced: str | None = None
    for oid, schema, name, partitioned, force in connection.execute(_TABLES, [REVISION_TABLE]).fetchall():
        columns = connection.execute(_COLUMNS, [oid]).fetchall()
        found.append(Table(schema, name, partitioned, tuple(column for column, _, _ in columns), _order(columns)))
        if force and forced is None:
            forced = f"{schema}.{name}"
    return found, forced


def _order(columns: Sequence[tuple[str, bool, int | None]]) -> sql.Composed:
    """By the key, else by the whole row; texts by their bytes, since collations differ between servers."""
    key = sorted((column for column in columns if column[2] is not None), key=lambda column: column[2] or 0)
    if not key:
        whole = sql.SQL(", ").join(sql.Identifier(name) for name, _, _ in columns)
        return sql.SQL("ROW({})::text COLLATE {}").format(whole, sql.Identifier("C"))
    terms = [
        sql.SQL("{} COLLATE {}").format(sql.Identifier(name), sql.Identifier("C")) if text else sql.Identifier(name)
        for name, text, _ in key
    ]
    return sql.SQL(", ").join(terms)


def foreign_keys(connection: psycopg.Connection) -> list[ForeignKey]:
    """All foreign keys between tables, once each."""
    rows = connection.execute(
        """
        SELECT a.nspname || '.' || t.relname, b.nspname || '.' || f.relname, k.conname, k.condeferrable
        FROM pg_constraint k
        JOIN pg_class t ON t.oid = k.conrelid JOIN pg_namespace a ON a.oid = t.relnamespace
        JOIN pg_class f ON f.oid = k.confrelid JOIN pg_namespace b ON b.oid = f.relnamespace
        WHERE k.contype = 'f' AND k.conparentid = 0
        ORDER BY 1, 3
        """
    ).fetchall()
    return [ForeignKey(*row) for row in rows]


def fill_order(names: Iterable[str], keys: Iterable[ForeignKey]) -> tuple[list[str], list[ForeignKey]]:
    """Tables in an order in which they can be filled, and the foreign keys whose check has to wait for the end.

    A table's reference to itself needs nothing: it is checked when the whole table is in. In a circle the table with
    the fewest open references goes first, and those references are put off.
    """
    wanted = sorted(names)
    open_keys = {name: [key for key in keys if key.table == name and key.target != name] for name in wanted}
    order: list[str] = []
    put_off: list[ForeignKey] = []
    while open_keys:
        name = min(open_keys, key=lambda candidate: (len(_waiting(open_keys, candidate)), candidate))
        put_off.extend(_waiting(open_keys, name))
        order.append(name)
        del open_keys[name]
    return order, put_off


def _waiting(open_keys: dict[str, list[ForeignKey]], name: str) -> list[ForeignKey]:
    return [key for key in open_keys[name] if key.target in open_keys]


def sequences(connection: psycopg.Connection) -> list[SequenceState]:
    """All sequences as they stand now: they belong to no snapshot, and what they gave meanwhile is not given again."""
    names = connection.execute("SELECT schemaname, sequencename FROM pg_sequences ORDER BY 1, 2").fetchall()
    found = []
    for schema, name in names:
        statement = sql.SQL("SELECT last_value, is_called FROM {}").format(sql.Identifier(schema, name))
        row = connection.execute(statement).fetchone()
        if row is not None:
            found.append(SequenceState(f"{schema}.{name}", *row))
    return found


def revision(connection: psycopg.Connection) -> str:
    """The schema's revision as Alembic keeps it; empty where there is none."""
    exists = connection.execute("SELECT to_regclass(%s)", [f"public.{REVISION_TABLE}"]).fetchone()
    if exists is None or exists[0] is None:
        return ""
    rows = connection.execute("SELECT version_num FROM public.alembic_version ORDER BY 1").fetchall()
    return ",".join(str(row[0]) for row in rows)


def read_content(connection: psycopg.Connection, table: Table, sink: Callable[[bytes], object]) -> Content:
    """Pass the table as CSV to ``sink``, piece by piece."""
    statement = sql.SQL("COPY (SELECT {} FROM {}{} ORDER BY {}) TO STDOUT WITH (FORMAT csv, HEADER true)").format(
        table.column_list, sql.SQL("" if table.partitioned else "ONLY "), table.identifier, table.order
    )
    digest = hashlib.sha256()
    size = 0
    with connection.cursor() as cursor:
        with cursor.copy(statement) as copy:
            for piece in copy:
                block = bytes(piece)
                digest.update(block)
                size += len(block)
                sink(block)
        return Content(cursor.rowcount, size, digest.hexdigest())
