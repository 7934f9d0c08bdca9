"""The roles and the database of a new cluster; on a server of the city an administrator runs the same statements."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import psycopg
from psycopg import sql

from kezhong.office.database.settings import APP, DATABASE, OWNER

_PLAIN = sql.SQL("LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION NOINHERIT")

_DONE = "Kezhong 1"


def prepare_roles(
    connection: psycopg.Connection, connect: Callable[[str], AbstractContextManager[psycopg.Connection]]
) -> None:
    """Make both roles and the database; nothing happens where it was done before, to its end.

    Parameters
    ----------
    connection
        As the administrator, in the database ``postgres``, with every statement its own transaction.
    connect
        Connects as the administrator to the database named.
    """
    mark = "SELECT shobj_description(oid, 'pg_database') = %s FROM pg_database WHERE datname = %s"
    if connection.execute(mark, [_DONE, DATABASE]).fetchone() == (True,):
        return
    for role in (OWNER, APP):
        exists = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
        verb = sql.SQL("ALTER" if exists else "CREATE")
        connection.execute(sql.SQL("{} ROLE {} {}").format(verb, sql.Identifier(role), _PLAIN))
    if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone() is None:
        create = sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(DATABASE), sql.Identifier(OWNER))
        connection.execute(create)
    grant_database(connection, DATABASE)
    with connect(DATABASE) as inside:
        inside.execute(sql.SQL("ALTER SCHEMA public OWNER TO {}").format(sql.Identifier(OWNER)))
        inside.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
        inside.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(sql.Identifier(APP)))
    # last: a process that was killed before this leaves the work to the next
    comment = sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(DATABASE), sql.Literal(_DONE))
    connection.execute(comment)


def grant_database(connection: psycopg.Connection, name: str) -> None:
    """Let the app role connect to a database of the owner role, and nobody else."""
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name)))
    connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(sql.Identifier(name), sql.Identifier(APP)))
