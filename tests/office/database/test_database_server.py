"""Addresses, roles, limits, and transactions that live through a restart."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Connection, event, text
from sqlalchemy.exc import DBAPIError

from kezhong.errors import ConflictError, InputError, KezhongError, PermissionDeniedError, WorkspaceError
from kezhong.office.database import Database, DatabaseAddress, EmbeddedServer, open_database, retrying, running
from kezhong.office.database.address import given_address, socket_address
from kezhong.office.database.settings import ADMIN
from office_database import fresh_database

SECRET = "s3cr%C3%A9t-Pw"
PLAIN = "s3crét-Pw"


@pytest.fixture
def database(pytestconfig: pytest.Config) -> Iterator[Database]:
    """An empty database."""
    with fresh_database(pytestconfig) as fresh:
        yield fresh


def _admin(database: Database) -> psycopg.Connection:
    host = str(database.address.app_url.query["host"])
    return psycopg.connect(host=host, user=ADMIN, dbname=database.address.app_url.database, autocommit=True)


# ---- addresses -----------------------------------------------------------------------------------------


def _without_secret(said: str) -> None:
    for secret in (SECRET, PLAIN, "s3cr"):
        assert secret not in said


def test_an_address_is_shown_without_its_secret() -> None:
    url = f"postgresql://kz:{SECRET}@db.example:5433/office?options=-c%20x%3D{SECRET}"
    address = given_address({"KEZHONG_DATABASE_URL": url, "KEZHONG_DATABASE_OWNER_URL": url})
    assert address is not None
    assert address.app_url.password == PLAIN
    database = Database(address)
    for shown in (repr(address), str(address), repr(database), repr(database.app_engine), str(database.owner_engine)):
        _without_secret(shown.partition("options=")[0])
    assert repr(address) == "DatabaseAddress('db.example:5433/office', owner=True)"


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://kz:{SECRET}@127.0.0.1:1/office",
        f"postgresql://kz:{SECRET}@/office?host=/nowhere",
        f"postgresql://kz:{SECRET}@127.0.0.1:1/office?sslmode=nonsense&sslpassword={SECRET}",
    ],
)
def test_no_error_or_log_shows_the_secret(url: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(WorkspaceError) as caught, open_database("town", environ={"KEZHONG_DATABASE_URL": url}):
        pass
    assert caught.value.code == "database.unreachable"
    _without_secret("".join(traceback.format_exception(caught.value)))
    _without_secret(str(caught.value.envelope()))
    _without_secret(caplog.text)


@pytest.mark.parametrize(
    "url",
    [
        f"mysql://kz:{SECRET}@host/office",
        f"postgresql+asyncpg://kz:{SECRET}@host/office",
        f"postgresql://kz:{SECRET}@host:port/office",
        f"postgresql://kz:{SECRET}@host",
        f"kz:{SECRET}@host/office",
        f"postgresql://host/office?password={SECRET}",
    ],
)
def test_an_address_that_is_none_is_told_without_its_secret(url: str) -> None:
    with pytest.raises(InputError) as caught:
        given_address({"KEZHONG_DATABASE_URL": url})
    assert caught.value.code == "database.bad_address"
    _without_secret("".join(traceback.format_exception(caught.value)))


def test_the_owner_alone_is_no_address() -> None:
    with pytest.raises(InputError, match="owner_alone"):
        given_address({"KEZHONG_DATABASE_OWNER_URL": "postgresql://a@b/c"})
    assert given_address({}) is None


def _url(database: Database, role: str) -> str:
    host = database.address.app_url.query["host"]
    return f"postgresql://{role}@/{database.address.app_url.database}?host={host}"


def test_the_address_of_the_environment_is_used_and_checked(database: Database) -> None:
    environ = {"KEZHONG_DATABASE_URL": _url(database, "kezhong_app")}
    with open_database("town", environ=environ) as given:
        with given.app_engine.connect() as connection:
            assert connection.scalar(text("SELECT current_user")) == "kezhong_app"
            assert connection.scalar(text("SHOW statement_timeout")) == "30s"
        with pytest.raises(PermissionDeniedError) as caught:
            _ = given.owner_engine
        assert caught.value.code == "database.no_owner"
    environ["KEZHONG_DATABASE_OWNER_URL"] = _url(database, "kezhong_owner")
    with open_database("town", environ=environ) as given, given.owner_engine.connect() as connection:
        assert connection.scalar(text("SELECT current_user")) == "kezhong_owner"


def test_an_app_role_that_passes_row_level_security_is_refused(database: Database) -> None:
    with _admin(database) as admin:
        admin.execute("CREATE ROLE kz_bypass LOGIN BYPASSRLS")
        admin.execute("CREATE ROLE kz_member LOGIN IN ROLE kz_bypass")
        for role in ("kz_bypass", "kz_member"):
            admin.execute(f"GRANT CONNECT ON DATABASE {database.address.app_url.database} TO {role}")
    try:
        for role in (ADMIN, "kz_bypass", "kz_member"):
            environ = {"KEZHONG_DATABASE_URL": _url(database, role)}
            with pytest.raises(PermissionDeniedError) as caught, open_database("town", environ=environ):
                pass
            assert caught.value.code == "database.app_too_strong"
    finally:
        with _admin(database) as admin:
            admin.execute("DROP OWNED BY kz_bypass, kz_member")
            admin.execute("DROP ROLE kz_member, kz_bypass")


@pytest.mark.parametrize(("number", "good"), [(140_011, False), (150_004, True), (180_006, True), (190_000, False)])
def test_other_versions_are_refused(
    database: Database, number: int, good: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = Connection.scalar

    def scalar(self: Connection, statement: object, *rest: object) -> object:
        found = original(self, statement, *rest)  # type: ignore[call-overload]
        return str(number) if "server_version_num" in str(statement) else found

    monkeypatch.setattr(Connection, "scalar", scalar)
    if good:
        database.check()
        return
    with pytest.raises(WorkspaceError) as caught:
        database.check()
    assert caught.value.code == "database.unsupported_version"


# ---- the plain role ------------------------------------------------------------------------------------


def test_the_plain_role_cannot_pass_row_level_security(database: Database) -> None:
    with database.owner_engine.begin() as connection:
        connection.exec_driver_sql("""
            CREATE TABLE note (town text, what text);
            INSERT INTO note VALUES ('a', '1'), ('b', '2');
            ALTER TABLE note ENABLE ROW LEVEL SECURITY;
            CREATE POLICY own ON note USING (town = current_setting('kezhong.town', true));
            GRANT SELECT, INSERT ON note TO kezhong_app;
        """)
    database.check_tables()
    with database.app_engine.begin() as connection:
        assert connection.scalar(text("SELECT count(*) FROM note")) == 0
        connection.execute(text("SET LOCAL kezhong.town = 'a'"))
        assert connection.scalars(text("SELECT what FROM note")).all() == ["1"]
    for statement in (
        "ALTER TABLE note DISABLE ROW LEVEL SECURITY",
        "SET ROLE kezhong_owner",
        "SET ROLE kezhong_admin",
        "SET session_replication_role = replica",
        "CREATE TABLE mine (a int)",
        "CREATE TEMPORARY TABLE mine (a int)",
        "DELETE FROM note",
        "SET row_security = off; SELECT * FROM note",
        "COPY note TO PROGRAM 'cat'",
        "ALTER ROLE kezhong_app BYPASSRLS",
    ):
        with pytest.raises(DBAPIError), database.app_engine.begin() as connection:
            connection.exec_driver_sql(statement)


def test_an_app_role_that_owns_protected_tables_is_refused(database: Database) -> None:
    with database.owner_engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE note (a int); ALTER TABLE note ENABLE ROW LEVEL SECURITY")
    assert database.address.owner_url is not None
    owner = Database(DatabaseAddress(database.address.owner_url, None))
    with pytest.raises(PermissionDeniedError) as caught:
        owner.check_tables()
    owner.close()
    assert caught.value.code == "database.app_owns_tables"
    assert caught.value.details["table"] == "note"


# ---- transactions --------------------------------------------------------------------------------------


@pytest.fixture
def counter(database: Database) -> Database:
    """A table with one number."""
    with database.owner_engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TABLE counter (n int); INSERT INTO counter VALUES (0); GRANT SELECT, UPDATE ON counter TO kezhong_app"
        )
    return database


def _number(database: Database) -> int:
    with database.owner_engine.connect() as connection:
        return int(connection.scalar(text("SELECT n FROM counter")) or 0)


def _add_one(connection: Connection) -> int:
    """Read, then write: loses updates unless the transactions are serialisable."""
    connection.execute(text("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE"))
    found = int(connection.scalar(text("SELECT n FROM counter")) or 0)
    connection.execute(text("UPDATE counter SET n = :n"), {"n": found + 1})
    return found + 1


def test_conflicting_transactions_are_all_done(counter: Database) -> None:
    def add() -> None:
        for _ in range(10):
            retrying(counter.app_engine, _add_one, attempts=40)

    threads = [threading.Thread(target=add) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert _number(counter) == 30


def test_it_gives_up_in_the_end(counter: Database) -> None:
    calls = []

    def work(connection: Connection) -> None:
        calls.append(1)
        connection.exec_driver_sql("DO $$ BEGIN RAISE 'x' USING ERRCODE = '40001'; END $$")

    with pytest.raises(ConflictError) as caught:
        retrying(counter.app_engine, work, attempts=3)
    assert caught.value.code == "database.still_in_conflict"
    assert len(calls) == 3


def test_other_errors_are_not_repeated(counter: Database) -> None:
    calls = []

    def work(connection: Connection) -> None:
        calls.append(1)
        connection.execute(text("SELECT nonsense"))

    with pytest.raises(DBAPIError):
        retrying(counter.app_engine, work)
    assert len(calls) == 1


def _end_session(database: Database, connection: Connection) -> None:
    pid = connection.scalar(text("SELECT pg_backend_pid()"))
    with _admin(database) as admin:
        admin.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])


def test_a_connection_lost_before_the_commit_is_done_again(counter: Database) -> None:
    calls = []

    def work(connection: Connection) -> None:
        calls.append(1)
        _add_one(connection)
        if len(calls) == 1:
            _end_session(counter, connection)
        connection.execute(text("SELECT 1"))

    retrying(counter.app_engine, work)
    assert len(calls) == 2
    assert _number(counter) == 1


def test_a_connection_lost_in_the_commit_is_told_and_not_repeated(counter: Database) -> None:
    """Here nothing was kept, but nobody at this end can know."""
    calls = []

    @event.listens_for(counter.app_engine, "commit")
    def end(connection: Connection) -> None:
        _end_session(counter, connection)

    def work(connection: Connection) -> None:
        calls.append(1)
        _add_one(connection)

    with pytest.raises(ConflictError) as caught:
        retrying(counter.app_engine, work)
    assert caught.value.code == "database.commit_unknown"
    assert len(calls) == 1


@pytest.mark.slow
def test_the_pool_recovers_from_restarts_under_load(state: Path) -> None:
    """Every change that was confirmed is there, every one that was told as unknown may be; none is there twice."""
    with running(EmbeddedServer(state, "town")) as database:
        with database.owner_engine.begin() as connection:
            connection.exec_driver_sql(
                "CREATE TABLE done (id text PRIMARY KEY); GRANT SELECT, INSERT ON done TO kezhong_app"
            )
        stop = threading.Event()
        confirmed: list[str] = []
        unknown: list[str] = []
        failed: list[BaseException] = []

        def add(thread: int) -> None:
            number = 0
            while not stop.is_set():
                number += 1
                name = f"{thread}-{number}"

                def work(connection: Connection, name: str = name) -> None:
                    connection.execute(text("INSERT INTO done VALUES (:name)"), {"name": name})

                try:
                    retrying(database.app_engine, work, attempts=12)
                    confirmed.append(name)
                except KezhongError as problem:
                    (unknown if problem.code == "database.commit_unknown" else failed).append(name)  # type: ignore[arg-type]
                except BaseException as problem:
                    failed.append(problem)

        threads = [threading.Thread(target=add, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for way in (signal.SIGKILL, signal.SIGINT, signal.SIGKILL):
            time.sleep(0.7)
            before = len(confirmed)
            os.kill(int((state / "town" / "cluster" / "postmaster.pid").read_text().split()[0]), way)
            until = time.monotonic() + 20
            while len(confirmed) < before + 20 and time.monotonic() < until:
                time.sleep(0.05)
            assert len(confirmed) >= before + 20
        stop.set()
        for thread in threads:
            thread.join()
        assert failed == []
        with database.owner_engine.connect() as connection:
            kept = set(connection.scalars(text("SELECT id FROM done")))
    assert set(confirmed) <= kept
    assert kept <= set(confirmed) | set(unknown)


def test_limits_end_what_hangs(counter: Database) -> None:
    with counter.owner_engine.begin() as holder:
        holder.execute(text("LOCK TABLE counter"))
        statement = "SET LOCAL lock_timeout = '200ms'; SELECT * FROM counter"
        with pytest.raises(DBAPIError, match="lock timeout"), counter.app_engine.begin() as connection:
            connection.exec_driver_sql(statement)


def test_the_pool_is_bounded(counter: Database) -> None:
    assert counter.app_engine.pool.size() == 10  # type: ignore[attr-defined]
    assert "kezhong_app" in str(socket_address(Path("/x")).app_url)
