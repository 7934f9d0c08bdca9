"""Drafts a revision from the models: ``python -m kezhong.office.migrations.draft "what changes"``.

It starts an empty server of its own, brings it to the newest revision, compares it with the models and writes
``versions/NNNN_what_changes.py``. A draft is read and mended by a person before it is committed: a rename looks like
a removal and an addition, and old rows may need values.

``--initial`` writes the first revision anew, from nothing. That is allowed until the first release, and never after.
"""

from __future__ import annotations

import argparse
import contextlib
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from alembic.autogenerate import compare_metadata, produce_migrations, render_python_code
from alembic.migration import MigrationContext
from alembic.operations import ops
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Connection, ForeignKeyConstraint, Index, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex

from kezhong.office import migrations
from kezhong.office.database import Database, EmbeddedServer, running
from kezhong.office.models import Base
from kezhong.office.models.base import Instant

VERSIONS = migrations.FOLDER / "versions"
INITIAL = VERSIONS / "0001_office.py"
#: What the models do not say.
_FIRST = '''
_GUARD = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the audit is append-only' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_entry_append_only BEFORE UPDATE OR DELETE ON audit_entry
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_entry_no_truncate BEFORE TRUNCATE ON audit_entry
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""
_HEAD = "INSERT INTO audit_head (id, seq, hash) VALUES (1, 0, decode(repeat('00', 32), 'hex'))"
'''
_PAGE = '''"""{message}

Revision {revision}, {after}.
"""

# ruff: noqa: E501, RUF100 - drafted by kezhong.office.migrations.draft
from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "{revision}"
down_revision = {down}
branch_labels = None
depends_on = None
{constants}

def upgrade() -> None:
    """Forward."""
    {body}
'''


def differences(connection: Connection) -> list[Any]:
    """In what the database differs from the models; empty where they agree."""
    return list(compare_metadata(_context(connection), Base.metadata))


def initial(connection: Connection) -> str:
    """The first revision as a page, from an empty database."""
    connection.execute(text("CREATE EXTENSION IF NOT EXISTS pg_trgm"))
    body = [
        'op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")',
        _body(connection),
        *(f"op.execute({statement!r})" for statement in _written_indexes().values()),
        "op.execute(_GUARD)",
        "op.execute(_HEAD)",
    ]
    return _PAGE.format(
        message="The office.",
        revision="0001",
        after="the first",
        down="None",
        constants=_FIRST,
        body="\n    ".join(body),
    )


def following(connection: Connection, message: str) -> tuple[str, str]:
    """Name and page of the next revision, from a database at the newest."""
    newest = migrations.newest()
    revision = f"{int(newest) + 1:04d}"
    slug = re.sub(r"[^a-z0-9]+", "_", message.lower()).strip("_")[:40] or "change"
    page = _PAGE.format(
        message=message.rstrip(".") + ".", revision=revision, after=f"after {newest}", down=f'"{newest}"', constants="",
        body=_body(connection),
    )  # fmt: skip
    return f"{revision}_{slug}.py", page


def formatted(page: str) -> str:
    """As the project formats its code."""
    done = subprocess.run(
        [_ruff(), "format", "--line-length", "120", "-"], input=page, capture_output=True, text=True, check=True
    )
    return done.stdout


def _ruff() -> str:
    beside = Path(sys.executable).with_name("ruff")
    return str(beside) if beside.exists() else "ruff"


def _context(connection: Connection) -> MigrationContext:
    options = {"compare_type": True, "compare_server_default": False, "include_object": _ours}
    return MigrationContext.configure(connection, opts=options)


def _ours(thing: object, name: str | None, kind: str, reflected: bool, compared: object) -> bool:
    """Indexes over expressions are left to people: PostgreSQL writes an expression anew, so it always looks changed."""
    if kind == "index":
        return not (reflected and name in _written_indexes()) and not _is_written(thing)
    return not (kind == "table" and name == "alembic_version")


def _is_written(index: object) -> bool:
    return isinstance(index, Index) and any(not isinstance(one, Column) for one in index.expressions)


def _written_indexes() -> dict[str, str]:
    """Indexes over expressions by name, as statements."""
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    return {
        str(index.name): str(CreateIndex(index).compile(dialect=dialect))
        for table in Base.metadata.sorted_tables
        for index in sorted(table.indexes, key=lambda one: str(one.name))
        if _is_written(index)
    }


def _body(connection: Connection) -> str:
    found = produce_migrations(_context(connection), Base.metadata)
    steps = found.upgrade_ops
    if steps is None or steps.is_empty():
        return "pass"
    late: list[ops.MigrateOperation] = []
    for step in steps.ops:
        if isinstance(step, ops.CreateTableOp):
            late += _late_keys(step)
    steps.ops.extend(late)
    # Alembic indents all lines but the first, and puts comments of its own around them.
    lines = render_python_code(steps, render_item=_render).splitlines()
    return "\n".join(line for line in lines if not line.strip().startswith("# ###")).strip()


def _late_keys(step: ops.CreateTableOp) -> list[ops.MigrateOperation]:
    """References in a circle of tables: made when all tables are there, since Alembic leaves them out otherwise."""
    late = [one for one in step.columns if isinstance(one, ForeignKeyConstraint) and one.use_alter]
    step.columns = [one for one in step.columns if not any(one is other for other in late)]
    return [ops.CreateForeignKeyOp.from_constraint(one) for one in late]


def _render(kind: str, thing: Any, context: Any) -> str | Literal[False]:
    """Types of ours by what they are in the database: a revision must not depend on later code."""
    if kind != "type":
        return False
    if isinstance(thing, Instant):
        return "sa.DateTime(timezone=True)"
    if isinstance(thing, postgresql.ARRAY):
        return f"postgresql.ARRAY(sa.{type(thing.item_type).__name__}())"
    return "postgresql.JSONB()" if isinstance(thing, postgresql.JSONB) else False


@contextlib.contextmanager
def _empty() -> Iterator[Database]:
    state = Path(tempfile.mkdtemp(prefix="kz-draft-"))
    state.chmod(0o711)
    try:
        with running(EmbeddedServer(state, "draft", durable=False)) as database:
            yield database
    finally:
        shutil.rmtree(state, ignore_errors=True)


def main(arguments: list[str] | None = None) -> Path:
    """Write a draft; returns where."""
    parser = argparse.ArgumentParser(prog="python -m kezhong.office.migrations.draft", description=__doc__)
    parser.add_argument("message", nargs="?", default="", help="what changes, in English")
    parser.add_argument("--initial", action="store_true", help="write 0001 anew from the models")
    options = parser.parse_args(arguments)
    if not options.initial and not options.message.strip():
        parser.error("say what changes")
    ScriptDirectory.from_config(migrations.config())
    with _empty() as database:
        if options.initial:
            with database.owner_engine.begin() as connection:
                target, page = INITIAL, initial(connection)
        else:
            migrations.upgrade(database.owner_engine, database.app_role)
            with database.owner_engine.begin() as connection:
                name, page = following(connection, options.message.strip())
                target = VERSIONS / name
    target.write_text(formatted(page), "utf-8")
    sys.stdout.write(f"{target}\n")
    return target


if __name__ == "__main__":
    main()
