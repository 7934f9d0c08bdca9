"""Migrations of the office's schema, forward only, run by the owner role.

``upgrade(engine)`` brings a database to the newest revision. A new revision is drafted from the models with
``python -m kezhong.office.migrations.draft "what changes"`` against a database at the newest one, and then read.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text

from kezhong.errors import ConflictError
from kezhong.office.telling.queue_schema import install_queue

FOLDER = Path(__file__).parent
#: Tables that are filled before anybody works: by the migrations, and by the first sync. A backup replaces them.
SEEDED = ("public.area", "public.audit_head")
#: One number for the lock under which processes migrate in turn.
_LOCK = 0x6B657A68


def config() -> Config:
    """Alembic's settings, without a file."""
    found = Config()
    found.set_main_option("script_location", str(FOLDER))
    return found


def newest() -> str:
    """The revision that this program wants."""
    return str(ScriptDirectory.from_config(config()).get_current_head())


def present(engine: Engine) -> str | None:
    """The revision that the database has; ``None``: it is empty."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def upgrade(engine: Engine, app_role: str, revision: str = "head") -> None:
    """Bring the schema to ``revision``, in one transaction, one process at a time, and give the app role its rights.

    Raises
    ------
    ConflictError
        The database is of a newer program than this one.
    """
    settings = config()
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})
        have = MigrationContext.configure(connection).get_current_revision()
        known = {script.revision for script in ScriptDirectory.from_config(settings).walk_revisions()}
        if have is not None and have not in known:
            raise ConflictError("office.newer_database", value=have, known=newest())
        settings.attributes["connection"] = connection
        command.upgrade(settings, revision)
        _grant(connection, app_role)
        install_queue(connection, app_role)


def _grant(connection: object, role: str) -> None:
    """The application reads and writes rows and changes no table; of the chain it may only read and append."""
    from psycopg import sql

    raw = connection.connection.driver_connection  # type: ignore[attr-defined]
    name = sql.Identifier(role)
    for statement in (
        "GRANT USAGE ON SCHEMA public TO {}",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {}",
        "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}",
        "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {}",
        "REVOKE UPDATE, DELETE, TRUNCATE ON audit_entry, audit_anchor FROM {}",
        "REVOKE INSERT, DELETE, TRUNCATE ON audit_head FROM {}",
        "REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON alembic_version FROM {}",
    ):
        raw.execute(sql.SQL(statement).format(name))
