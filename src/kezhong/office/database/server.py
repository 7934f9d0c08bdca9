"""Opening the database of a city: the server of the environment, or the one that comes with the software."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from kezhong.errors import PermissionDeniedError, WorkspaceError
from kezhong.office.database.address import OWNER_VARIABLE, DatabaseAddress, given_address, shown, socket_address
from kezhong.office.database.embedded import EmbeddedServer, state_folder

#: Major versions of PostgreSQL that are tested.
OLDEST, NEWEST = 15, 18
POOL_SIZE = 10
_COMMON = {"timezone": "UTC", "lock_timeout": "5s", "search_path": "public"}
#: A request of the office; nothing a person waits for takes longer. Plans are made for the values at hand: a scope is
#: a prefix, and a plan for any prefix reads the whole table.
_APP = {
    **_COMMON,
    "statement_timeout": "30s",
    "idle_in_transaction_session_timeout": "60s",
    "plan_cache_mode": "force_custom_plan",
}
#: Migrations, backup and restore take as long as they take, but wait for a lock no longer than anybody else.
_OWNER = {**_COMMON, "statement_timeout": "0", "idle_in_transaction_session_timeout": "10min"}


class Database:
    """An open database with its two engines; made by :func:`open_database`."""

    def __init__(self, address: DatabaseAddress, revive: Callable[[], object] | None = None) -> None:
        self.address = address
        self.app_engine = _engine(
            address.app_url, _APP, revive, pool_size=POOL_SIZE, max_overflow=0, pool_timeout=15, pool_pre_ping=True
        )
        self._owner_engine = (
            _engine(address.owner_url, _OWNER, revive, poolclass=NullPool) if address.owner_url is not None else None
        )

    @property
    def owner_engine(self) -> Engine:
        """As the owner of the tables: for migrations, backup and restore only.

        Raises
        ------
        PermissionDeniedError
            Only the app's address was given.
        """
        if self._owner_engine is None:
            raise PermissionDeniedError("database.no_owner", expected=OWNER_VARIABLE)
        return self._owner_engine

    @property
    def app_role(self) -> str:
        """The role that migrations grant rights to."""
        return self.address.app_role

    def check(self) -> None:
        """Refuse a server that the office cannot be safe on; called by :func:`open_database`.

        Raises
        ------
        WorkspaceError
            No answer, or a version of PostgreSQL other than 15 to 18, or not in UTF-8.
        PermissionDeniedError
            The app's role is a superuser, passes row-level security, or may become a role that does.
        """
        with connected(self.app_engine, self.address.app_url) as connection:
            _check_server(connection)
            _check_role(connection)

    def check_tables(self) -> None:
        """Refuse an app role that owns tables with row-level security, which it would pass; call it after migrating.

        Raises
        ------
        PermissionDeniedError
            It owns such a table, or is a member of the role that does.
        """
        with connected(self.app_engine, self.address.app_url) as connection:
            owned = connection.scalar(_OWNED_TABLE)
            if owned is not None:
                raise PermissionDeniedError("database.app_owns_tables", value=self.app_role, table=owned)

    def close(self) -> None:
        """Close all connections."""
        self.app_engine.dispose()
        if self._owner_engine is not None:
            self._owner_engine.dispose()

    def __repr__(self) -> str:
        return f"Database({self.address!r})"


@contextlib.contextmanager
def open_database(city_id: str, *, environ: Mapping[str, str] = os.environ) -> Iterator[Database]:
    """The database of a city, for the time of the block.

    With ``KEZHONG_DATABASE_URL`` it is that one (``KEZHONG_DATABASE_OWNER_URL``: the same database as the owner of its
    tables); without, the embedded server is started or joined.

    Raises
    ------
    InputError
        An address or the city's id is not valid.
    WorkspaceError, ConflictError, PermissionDeniedError
        See :meth:`EmbeddedServer.start` and :meth:`Database.check`.
    """
    address = given_address(environ)
    if address is not None:
        with contextlib.closing(Database(address)) as database:
            database.check()
            yield database
        return
    server = EmbeddedServer(state_folder(environ), city_id)
    with running(server) as database:
        yield database


@contextlib.contextmanager
def running(server: EmbeddedServer) -> Iterator[Database]:
    """Use an embedded server for the time of the block."""
    server.start()
    try:
        with contextlib.closing(Database(socket_address(server.socket), server.revive)) as database:
            database.check()
            yield database
    finally:
        server.stop()


@contextlib.contextmanager
def connected(engine: Engine, url: URL) -> Iterator[Connection]:
    """A connection; a server that does not answer becomes an error that names it, without the role and the password.

    Raises
    ------
    WorkspaceError
        No answer, or the server does not let us in.
    """
    try:
        connection = engine.connect()
    except DBAPIError as problem:
        # The driver's words may quote the address; only their kind is kept.
        raise WorkspaceError("database.unreachable", value=shown(url), problem=_kind(problem)) from None
    with connection:
        yield connection


def _engine(url: URL, settings: Mapping[str, str], revive: Callable[[], object] | None, **pool: Any) -> Engine:
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    given = url.query.get("options")
    if isinstance(given, str):
        options = f"{options} {given}"
    arguments = {"application_name": "kezhong", "connect_timeout": 10, "client_encoding": "utf8", "options": options}
    engine = create_engine(
        url.difference_update_query(["options"]), connect_args=arguments, hide_parameters=True, **pool
    )
    if revive is not None:
        _revive_on_failure(engine, revive)
    return engine


def _revive_on_failure(engine: Engine, revive: Callable[[], object]) -> None:
    """Start the embedded server again when it was killed: the pool notices when it connects anew."""

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: object, _record: object, arguments: list[Any], named: dict[str, Any]) -> psycopg.Connection:
        try:
            return psycopg.connect(*arguments, **named)
        except psycopg.OperationalError:
            revive()
        return psycopg.connect(*arguments, **named)


def _kind(problem: DBAPIError) -> str:
    said = str(problem.orig).lower()
    for words in ("password authentication failed", "does not exist", "timeout", "refused", "resolve", "ssl"):
        if words in said:
            return words
    return type(problem.orig).__name__


def _check_server(connection: Connection) -> None:
    version = int(connection.scalar(text("SHOW server_version_num")) or 0)
    if not OLDEST <= version // 10_000 <= NEWEST:
        found = connection.scalar(text("SHOW server_version"))
        raise WorkspaceError("database.unsupported_version", found=found, expected=f"{OLDEST}–{NEWEST}")
    encoding = connection.scalar(text("SHOW server_encoding"))
    if encoding != "UTF8":
        raise WorkspaceError("database.not_utf8", found=encoding)


_STRONG_ROLE = text(
    "SELECT rolname FROM pg_roles WHERE (rolsuper OR rolbypassrls) AND pg_has_role(current_user, oid, 'MEMBER') LIMIT 1"
)
_OWNED_TABLE = text(
    "SELECT oid::regclass::text FROM pg_class WHERE relrowsecurity AND NOT relforcerowsecurity"
    " AND pg_has_role(current_user, relowner, 'MEMBER') LIMIT 1"
)


def _check_role(connection: Connection) -> None:
    strong = connection.scalar(_STRONG_ROLE)
    if strong is not None:
        current = connection.scalar(text("SELECT current_user"))
        raise PermissionDeniedError("database.app_too_strong", value=current, role=strong)
