"""Run by Alembic: the connection is handed in by :func:`kezhong.office.migrations.upgrade`."""

from __future__ import annotations

from alembic import context

from kezhong.office.models import Base

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Base.metadata, compare_type=True, compare_server_default=False)
with context.begin_transaction():
    context.run_migrations()
