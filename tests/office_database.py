"""An empty, migrated database for each test that asks, in some tens of milliseconds, on the embedded PostgreSQL.

One cluster a worker of pytest, started at first use and removed at the end. What `prepare` does (the migrations) is done
once into a template; every test gets a copy of that template, and the copy is dropped after it::

    @pytest.fixture
    def database(pytestconfig: pytest.Config) -> Iterator[Database]:
        with fresh_database(pytestconfig, prepare=migrate) as database:
            yield database

The cluster is told not to wait for the disk (fsync off), for tests only; nothing else differs from a real one.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from kezhong.office.database import Database, EmbeddedServer
from kezhong.office.database.address import socket_address
from kezhong.office.database.roles import grant_database
from kezhong.office.database.settings import ADMIN, OWNER

Prepare = Callable[[Database], object]


@dataclass
class _Cluster:
    server: EmbeddedServer
    templates: dict[Prepare | None, str] = field(default_factory=dict)
    made: int = 0

    def connect(self, database: str = "postgres") -> psycopg.Connection:
        return psycopg.connect(host=str(self.server.socket), user=ADMIN, dbname=database, autocommit=True)

    def create(self, name: str, template: str) -> None:
        statement = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}")
        with self.connect() as connection:
            connection.execute(statement.format(sql.Identifier(name), sql.Identifier(OWNER), sql.Identifier(template)))
            grant_database(connection, name)

    def drop(self, name: str) -> None:
        with self.connect() as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def open(self, name: str) -> Database:
        return Database(socket_address(self.server.socket, name), self.server.revive)

    def template(self, prepare: Prepare | None) -> str:
        if prepare not in self.templates:
            name = f"kezhong_template_{len(self.templates)}"
            self.create(name, "kezhong")
            if prepare is not None:
                with contextlib.closing(self.open(name)) as database:
                    prepare(database)
            self.templates[prepare] = name
        return self.templates[prepare]


_KEY = pytest.StashKey[_Cluster]()


def state_for_tests() -> Path:
    """A folder for clusters that the server's own user may pass through, as pytest's `tmp_path` may not be for root.

    In memory where there is room: creating a cluster writes a thousand files.
    """
    memory = Path("/dev/shm")  # noqa: S108 - mkdtemp makes a folder of its own there
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2 << 30
    folder = Path(tempfile.mkdtemp(prefix="kz-", dir=memory if roomy else None))
    folder.chmod(0o711)
    return folder


def _cluster(config: pytest.Config) -> _Cluster:
    if _KEY not in config.stash:
        state = state_for_tests()
        server = EmbeddedServer(state, "tests", durable=False)
        config.add_cleanup(lambda: shutil.rmtree(state, ignore_errors=True))
        server.start()
        config.add_cleanup(server.stop)  # the last added is called first
        config.stash[_KEY] = _Cluster(server)
    return config.stash[_KEY]


@contextlib.contextmanager
def fresh_database(config: pytest.Config, prepare: Prepare | None = None) -> Iterator[Database]:
    """A database of its own, as `prepare` leaves it; `prepare` runs once a worker and must be the same object each time."""
    cluster = _cluster(config)
    template = cluster.template(prepare)
    cluster.made += 1
    name = f"kezhong_{cluster.made}"
    cluster.create(name, template)
    try:
        with contextlib.closing(cluster.open(name)) as database:
            yield database
    finally:
        cluster.drop(name)
