"""Whole transactions, done again where the database says that nothing of them was kept."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from kezhong.errors import ConflictError

_log = logging.getLogger(__name__)
_Result = TypeVar("_Result")

#: The server rolled the transaction back and says so (serialisation failure, deadlock), be it at the commit.
_ROLLED_BACK = frozenset({"40001", "40P01"})
#: The server goes down, comes up, or ended our session. Before the commit that, too, means that nothing was kept.
_GOING = frozenset({"57P01", "57P02", "57P03", "57P05", "25P03"})
_FIRST_WAIT = 0.05


def retrying(engine: Engine, work: Callable[[Connection], _Result], *, attempts: int = 6) -> _Result:
    """Do ``work`` in one transaction and commit it; from the start again where it met another or lost its connection.

    ``work`` may run several times: it must read all it needs through its connection and do nothing outside the
    database. With the ORM use ``Session(connection)`` inside and ``flush``, not ``commit``.

    **Only what was not committed is repeated.** As long as the commit was not sent, a lost connection means a rollback:
    the server keeps nothing of an open transaction. Once it was sent and no answer came, it may have been done or not,
    and repeating it would do it twice; that is told, not guessed. An answer of *rolled back* is always safe.

    Raises
    ------
    ConflictError
        The outcome of a commit is unknown, or all ``attempts`` failed in such a way.
    sqlalchemy.exc.DBAPIError
        Anything else the database refuses.
    """
    for attempt in range(attempts):
        if attempt:
            time.sleep(_FIRST_WAIT * 2 ** (attempt - 1) * (0.5 + random.random()))  # noqa: S311 - to part colliding writers
        try:
            connection = engine.connect()
        except DBAPIError as problem:
            if not _nothing_kept(problem):
                raise
            _log.info("no connection: %s", _state(problem) or "lost")
            continue
        with connection:
            transaction = connection.begin()
            try:
                result = work(connection)
            except DBAPIError as problem:
                if not _nothing_kept(problem):
                    raise
                _log.info("a transaction is done again: %s", _state(problem) or "connection lost")
                continue
            try:
                transaction.commit()
            except DBAPIError as problem:
                if _state(problem) in _ROLLED_BACK:
                    continue
                if problem.connection_invalidated or _state(problem) in _GOING or _state(problem) is None:
                    raise ConflictError("database.commit_unknown") from problem
                raise
            return result
    raise ConflictError("database.still_in_conflict", value=attempts)


def _state(problem: DBAPIError) -> str | None:
    found = getattr(problem.orig, "sqlstate", None)
    return found if isinstance(found, str) else None


def _nothing_kept(problem: DBAPIError) -> bool:
    """Whether a failure before the commit means that the same work may succeed from the start."""
    state = _state(problem)
    if state is None:
        return problem.connection_invalidated or type(problem.orig).__name__ == "OperationalError"
    return state in _ROLLED_BACK or state in _GOING or state.startswith("08")
