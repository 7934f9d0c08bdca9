"""The tables of the queue, in a schema of their own; installed by the owner role with the migrations."""

from __future__ import annotations

from typing import Any

from procrastinate.schema import SchemaManager
from psycopg import sql
from sqlalchemy import Connection

SCHEMA = "queue"


def install_queue(owner_connection: Connection, app_role: str) -> None:
    """Make the queue's schema where it is missing, and let the app role use it; within the caller's transaction.

    Parameters
    ----------
    owner_connection
        As the owner of the tables.
    app_role
        The role of the application.
    """
    raw: Any = owner_connection.connection.driver_connection
    with raw.cursor() as cursor:
        cursor.execute("SELECT to_regclass('queue.procrastinate_jobs') IS NOT NULL, current_setting('search_path')")
        there, path = cursor.fetchone()
        if not there:
            cursor.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(SCHEMA)))
            cursor.execute(sql.SQL("SET LOCAL search_path TO {}").format(sql.Identifier(SCHEMA)))
            cursor.execute(SchemaManager.get_schema())
            cursor.execute("SELECT set_config('search_path', %s, true)", [path])
        for statement in (
            "GRANT USAGE ON SCHEMA {schema} TO {role}",
            "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}",
            "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {role}",
            "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA {schema} TO {role}",
        ):
            cursor.execute(
                sql.SQL(statement).format(schema=sql.Identifier(SCHEMA), role=sql.Identifier(app_role))
            )  # fmt: skip
