"""The schema that the migrations make is the one the models want, and data goes forward with it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import MetaData, inspect, text

from kezhong.errors import ConflictError
from kezhong.office import migrations
from kezhong.office.database import Database
from kezhong.office.migrations import draft
from kezhong.office.models import Base
from office_database import fresh_database
from office_world import World, migrate


@pytest.fixture
def empty(pytestconfig: pytest.Config) -> Iterator[Database]:
    with fresh_database(pytestconfig) as database:
        yield database


@pytest.fixture
def migrated(pytestconfig: pytest.Config) -> Iterator[Database]:
    with fresh_database(pytestconfig, prepare=migrate) as database:
        yield database


def test_migrations_make_what_the_models_want(migrated: Database) -> None:
    with migrated.owner_engine.connect() as connection:
        assert draft.differences(connection) == []
        assert draft.following(connection, "Nothing")[1].rstrip().endswith("pass")


def run(database: Database, page: str) -> None:
    module = ModuleType("drafted")
    exec(compile(page, "drafted.py", "exec"), module.__dict__)  # noqa: S102 - what was just drafted
    with database.owner_engine.begin() as connection, Operations.context(MigrationContext.configure(connection)):
        module.upgrade()


def shape(database: Database) -> dict[str, Any]:
    """Tables with columns, keys, checks and indexes, as the database describes them."""
    found = inspect(database.owner_engine)
    return {
        name: (
            [
                (one["name"], str(one["type"]), one["nullable"], bool(one.get("identity")))
                for one in found.get_columns(name)
            ],
            found.get_pk_constraint(name)["constrained_columns"],
            sorted((one["name"], one["referred_table"], str(one["options"])) for one in found.get_foreign_keys(name)),
            sorted(one["name"] for one in found.get_unique_constraints(name)),
            sorted((one["name"], one["sqltext"]) for one in found.get_check_constraints(name)),
            sorted((one["name"], one["unique"], str(one.get("expressions"))) for one in found.get_indexes(name)),
        )
        for name in sorted(found.get_table_names())
        if name != "alembic_version"
    }


def test_the_first_revision_can_be_written_as_explicit_steps(
    empty: Database, pytestconfig: pytest.Config, tmp_path: Path
) -> None:
    with empty.owner_engine.connect() as connection:
        page = draft.formatted(draft.initial(connection))
        connection.rollback()
    assert "Base.metadata" not in page
    assert "kezhong.office.models" not in page
    assert draft.formatted(page) == page
    run(empty, page)
    with fresh_database(pytestconfig) as other:
        with other.owner_engine.begin() as connection:
            connection.execute(text("CREATE EXTENSION IF NOT EXISTS pg_trgm"))
            Base.metadata.create_all(connection)
        assert shape(empty) == shape(other)
    with empty.owner_engine.connect() as connection:
        assert draft.differences(connection) == []
        assert connection.execute(text("SELECT seq FROM audit_head")).scalar() == 0
        with pytest.raises(Exception, match="append-only"):
            connection.execute(text("TRUNCATE audit_entry"))


def test_a_change_of_the_models_is_drafted(migrated: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    changed = MetaData(naming_convention=Base.metadata.naming_convention)
    for table in Base.metadata.tables.values():
        table.to_metadata(changed)
    from sqlalchemy import Column, Text

    changed.tables["task"].append_column(Column("colour", Text))
    monkeypatch.setattr(draft.Base, "metadata", changed)
    with migrated.owner_engine.connect() as connection:
        name, page = draft.following(connection, "A colour for tasks")
    assert name.endswith("_a_colour_for_tasks.py")
    page = draft.formatted(page)
    assert 'op.add_column("task", sa.Column("colour", sa.Text(), nullable=True))' in page
    run(migrated, page)
    with migrated.owner_engine.connect() as connection:
        assert draft.differences(connection) == []


def test_data_goes_forward_through_all_revisions(world: World) -> None:
    """From 0001 with data: later revisions run over rows, not over empty tables."""
    database = world.office.database
    tables = [table.name for table in Base.metadata.sorted_tables]

    def counts() -> dict[str, int]:
        with database.owner_engine.connect() as connection:
            return {name: connection.execute(text(f'SELECT count(*) FROM "{name}"')).scalar() or 0 for name in tables}

    before = counts()
    migrations.upgrade(database.owner_engine, database.app_role)  # again: nothing happens, and the rights stay
    assert counts() == before
    with database.app_engine.connect() as connection, pytest.raises(Exception, match="permission denied"):
        connection.execute(text("DELETE FROM audit_entry"))


def test_a_database_of_a_newer_program_is_refused(migrated: Database) -> None:
    with migrated.owner_engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(ConflictError, match="9999"):
        migrations.upgrade(migrated.owner_engine, migrated.app_role)


def test_the_command_asks_what_changes(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        draft.main([])
    assert "say what changes" in capsys.readouterr().err
    assert sys.modules["kezhong.office.migrations.draft"] is draft
