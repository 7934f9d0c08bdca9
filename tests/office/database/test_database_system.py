"""The same office on a PostgreSQL of the system, over TCP and with passwords: what a city hall runs.

Debian's is found by itself; ``KEZHONG_TEST_POSTGRES`` names the folder of the programs of another one.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import traceback
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Connection, text

from kezhong.errors import PermissionDeniedError, WorkspaceError
from kezhong.office.database import Database, backup, open_database, restore, retrying, verify_backup
from office_database import fresh_database, state_for_tests

PASSWORD = "pass-w0rd"


def _programs() -> Path:
    named = os.environ.get("KEZHONG_TEST_POSTGRES")
    found = [Path(named)] if named else sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in found:
        if (folder / "postgres").exists() and (folder / "initdb").exists():
            return folder
    pytest.skip("no PostgreSQL of the system: run scripts/install_postgres.sh or set KEZHONG_TEST_POSTGRES")


def _as_user() -> tuple[list[str], str]:
    """How to start a program as somebody other than root, whom PostgreSQL refuses."""
    if os.geteuid() != 0:
        return [], pwd.getpwuid(os.geteuid()).pw_name
    name = "postgres"
    try:
        pwd.getpwnam(name)
    except KeyError:
        pytest.skip("root cannot run PostgreSQL and there is no user postgres")
    if shutil.which("setpriv"):
        return ["setpriv", f"--reuid={name}", f"--regid={name}", "--clear-groups"], name
    return ["runuser", "-u", name, "--"], name


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A cluster made with that server's own initdb, with the roles an administrator would make."""
    programs = _programs()
    prefix, user = _as_user()
    folder = state_for_tests()
    if os.geteuid() == 0:
        shutil.chown(folder, user)
    secret = folder / "secret"
    secret.write_text(PASSWORD)
    secret.chmod(0o644)
    cluster, found = folder / "cluster", _free_port()
    environ = {"PATH": os.defpath, "LC_ALL": "C.UTF-8"}

    def run(*command: str) -> None:
        with (folder / "log").open("ab") as log:
            subprocess.run(
                [*prefix, *command],
                cwd=folder,
                env=environ,
                check=True,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    run(
        str(programs / "initdb"), "-D", str(cluster), "-U", "postgres", "--auth=scram-sha-256",
        f"--pwfile={secret}", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync",
    )  # fmt: skip
    options = f"-c listen_addresses=127.0.0.1 -c port={found} -c unix_socket_directories={folder} -c fsync=off"
    run(str(programs / "pg_ctl"), "start", "-w", "-D", str(cluster), "-l", str(folder / "server"), "-o", options)
    try:
        with psycopg.connect(_dsn("postgres", found, "postgres"), autocommit=True) as admin:
            for role in ("hall_owner", "hall_app"):
                admin.execute(f"CREATE ROLE {role} LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD '{PASSWORD}'")
        yield found
    finally:
        run(str(programs / "pg_ctl"), "stop", "-w", "-m", "fast", "-D", str(cluster))
        shutil.rmtree(folder, ignore_errors=True)


def _dsn(role: str, port: int, database: str) -> str:
    return f"postgresql://{role}:{PASSWORD}@127.0.0.1:{port}/{database}"


@pytest.fixture
def hall(port: int, request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """The environment of an office with a database of its own on that server."""
    name = f"office_{abs(hash(request.node.name)) % 10**8}"
    with psycopg.connect(_dsn("postgres", port, "postgres"), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} OWNER hall_owner")
    yield {
        "KEZHONG_DATABASE_URL": _dsn("hall_app", port, name),
        "KEZHONG_DATABASE_OWNER_URL": _dsn("hall_owner", port, name),
    }
    with psycopg.connect(_dsn("postgres", port, "postgres"), autocommit=True) as admin:
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _schema(database: Database) -> None:
    with database.owner_engine.begin() as connection:
        connection.exec_driver_sql(f"""
            CREATE TABLE IF NOT EXISTS office (id serial PRIMARY KEY, name text UNIQUE, parent int REFERENCES office,
                                               at timestamptz DEFAULT '2026-01-01 00:00+08', share float8);
            GRANT SELECT, INSERT ON office TO {database.app_role};
            GRANT USAGE ON SEQUENCE office_id_seq TO {database.app_role};
        """)


def _add(database: Database, names: list[str]) -> None:
    def work(connection: Connection) -> None:
        for name in names:
            connection.execute(text("INSERT INTO office (name, share) VALUES (:name, 0.1)"), {"name": name})

    retrying(database.app_engine, work)


def test_the_office_runs_there(hall: dict[str, str]) -> None:
    with open_database("town", environ=hall) as database:
        _schema(database)
        _add(database, ["街道办", "社区"])
        with database.owner_engine.begin() as connection:
            assert 15 <= int(connection.scalar(text("SHOW server_version_num"))) // 10_000 <= 18
            connection.execute(text("CREATE EXTENSION pg_trgm"))
            assert connection.scalar(text("SELECT show_trgm('社区')"))
        assert PASSWORD not in repr(database)


def test_a_backup_goes_from_there_to_the_embedded_server_and_back(
    hall: dict[str, str], pytestconfig: pytest.Config, tmp_path: Path
) -> None:
    """The digests are equal although versions and collations differ."""
    with open_database("town", environ=hall) as there, fresh_database(pytestconfig, _schema) as here:
        _schema(there)
        _add(there, ["b", "B", "ä", "Z", "社区", "街道"])
        report = backup(there, None, tmp_path / "b.zip")
        restore(report.path, here, None)
        assert verify_backup(report.path, here).differences == ()
        again = backup(here, None, tmp_path / "c.zip")
        assert again.manifest.tables == report.manifest.tables
        with there.owner_engine.begin() as connection:
            connection.execute(text("DELETE FROM office"))
        restore(again.path, there, None)
        assert verify_backup(report.path, there).differences == ()


def test_a_wrong_password_is_told_without_it(hall: dict[str, str]) -> None:
    wrong = "wr0ng-one"
    environ = {"KEZHONG_DATABASE_URL": hall["KEZHONG_DATABASE_URL"].replace(PASSWORD, wrong)}
    with pytest.raises(WorkspaceError) as caught, open_database("town", environ=environ):
        pass
    assert caught.value.code == "database.unreachable"
    assert "password authentication failed" in str(caught.value)
    assert wrong not in "".join(traceback.format_exception(caught.value))


def test_the_superuser_is_refused_as_the_app(hall: dict[str, str]) -> None:
    environ = {"KEZHONG_DATABASE_URL": hall["KEZHONG_DATABASE_URL"].replace("hall_app", "postgres")}
    with pytest.raises(PermissionDeniedError) as caught, open_database("town", environ=environ):
        pass
    assert caught.value.code == "database.app_too_strong"


def test_a_wrong_owner_password_is_told_too(hall: dict[str, str], tmp_path: Path) -> None:
    environ = {**hall, "KEZHONG_DATABASE_OWNER_URL": hall["KEZHONG_DATABASE_OWNER_URL"].replace(PASSWORD, "wr0ng")}
    with open_database("town", environ=environ) as database, pytest.raises(WorkspaceError) as caught:
        backup(database, None, tmp_path / "b.zip")
    assert caught.value.code == "database.unreachable"
    assert list(tmp_path.iterdir()) == []
