"""Nothing that the audit covers is written past it.

The recorder sees what the session flushes, row by row. A statement that changes many rows at once is not seen, so on
audited tables it is refused, unless the service says that it records the change itself
(``execution_options(audited_elsewhere=True)``).
"""

from __future__ import annotations

from functools import cache

from sqlalchemy import Delete, Insert, Update
from sqlalchemy.orm import ORMExecuteState
from sqlalchemy.sql.dml import UpdateBase

from kezhong.errors import KezhongError
from kezhong.office.models.base import all_mappers

#: What a service says that writes its own entries.
OPTION = "audited_elsewhere"


class PastTheAuditError(KezhongError, AssertionError):
    """A defect of ours: rows would change without an entry."""


@cache
def audited_tables() -> frozenset[str]:
    """Names of the tables whose changes are recorded."""
    return frozenset(
        str(mapper.local_table.name)  # type: ignore[attr-defined]
        for mapper in all_mappers()
        if mapper.class_.AUDITED
    )


def refuse_bulk(state: ORMExecuteState) -> None:
    """Refuse a bulk statement on an audited table.

    Raises
    ------
    PastTheAuditError
        With the name of the table.
    """
    statement = state.statement
    if not isinstance(statement, UpdateBase) or state.execution_options.get(OPTION):
        return
    if isinstance(statement, Insert | Update | Delete):
        name = str(getattr(statement.table, "name", ""))
        if name in audited_tables():
            raise PastTheAuditError("audit.bulk_write", value=name)
