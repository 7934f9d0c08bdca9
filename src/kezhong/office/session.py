"""A unit of work: one actor, one transaction, with scope in every query and an entry in the chain for every change.

::

    with office.acting(actor) as session:
        task = session.one(Task, 12, Permission.HANDLE_TASK)   # not found where the actor may not reach it
        with session.because("task.report", reason="…"):
            task.progress = 80
    # committed here; an exception rolls everything back

Three guards live here and nowhere else:

- every SELECT, UPDATE and DELETE on a scoped class carries the actor's scope (:mod:`kezhong.office.access.scope`);
- a row that is written must have been admitted under a permission (:meth:`OfficeSession.one`,
  :meth:`OfficeSession.create`, :meth:`OfficeSession.admit`);
- whatever is written goes into the audit (:mod:`kezhong.office.audit.recorder`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import Select, event, select
from sqlalchemy.orm import ORMExecuteState, Session, UOWTransaction, with_loader_criteria
from sqlalchemy.orm.attributes import get_history
from sqlalchemy.orm.exc import StaleDataError

from kezhong.errors import ConflictError, NotFoundError, PermissionDeniedError
from kezhong.office.access.actor import Actor, Grant
from kezhong.office.access.permissions import Permission
from kezhong.office.access.scope import covers, criterion, scoped_in
from kezhong.office.audit.guard import refuse_bulk
from kezhong.office.audit.recorder import Recorder
from kezhong.office.models.base import Base, Scoped, kind_of
from kezhong.office.secrets import Secrets

_T = TypeVar("_T", bound=Base)


class ChangedMeanwhileError(ConflictError):
    """Somebody else changed the row first; ``current`` holds its present version for the page to show."""

    http_status = 412


class OfficeSession(Session):
    """A session bound to an actor; see the module."""

    def __init__(self, bind: Any, actor: Actor, secrets: Secrets, root_path: str = "") -> None:
        super().__init__(bind, expire_on_commit=False, autoflush=True)
        self.actor = actor
        self.audit = Recorder(actor, secrets.origin, root_path)
        self.info["secrets"] = secrets
        # Held, not only numbered: a row that is let go must not lend its id, and so its permission, to another.
        self._admitted: dict[int, tuple[Base, Permission]] = {}

    # reading -----------------------------------------------------------------------------------------------------

    def one(
        self,
        cls: type[_T],
        key: Any,
        permission: Permission | None = None,
        *,
        version: int | None = None,
        lock: bool = False,
    ) -> _T:
        """A row by its key, within the scope of ``permission`` (default: of reading).

        With a permission the row may be written afterwards. ``version`` is what the caller last saw; ``lock`` keeps
        other writers waiting until this transaction ends.

        Raises
        ------
        NotFoundError
            No such row, or not within the actor's scope: the two are not told apart.
        ChangedMeanwhileError
            The row has another version by now.
        """
        column = cls.__mapper__.primary_key[0]
        statement = select(cls).where(column == key).execution_options(populate_existing=True)
        if lock:
            statement = statement.with_for_update(of=cls)
        row: _T | None = self.execute(self._under(statement, permission)).scalars().first()
        if row is None:
            raise NotFoundError("office.no_such", kind=kind_of(cls), value=key)
        current = getattr(row, "version", None)
        if version is not None and current != version:
            raise ChangedMeanwhileError(
                "office.changed_meanwhile",
                kind=kind_of(cls),
                value=key,
                yours=version,
                current=current,
            )
        if permission is not None:
            self._admitted[id(row)] = row, permission
        return row

    def rows(self, statement: Select[Any], permission: Permission | None = None) -> list[Any]:
        """What a SELECT of one class or column finds, within the scope of ``permission``."""
        return list(self.execute(self._under(statement, permission)).scalars())

    @staticmethod
    def _under(statement: Select[Any], permission: Permission | None) -> Select[Any]:
        return statement if permission is None else statement.execution_options(permission=permission)

    # writing -----------------------------------------------------------------------------------------------------

    def create(self, row: _T, permission: Permission) -> _T:
        """Add a row; a scoped one must lie where the actor holds ``permission``.

        Raises
        ------
        PermissionDeniedError
            The place is not the actor's.
        """
        self.actor.require(permission)
        place = _place(row)
        if place is not None and not covers(self.actor, permission, *place):
            raise PermissionDeniedError("office.out_of_scope", permission=permission.value)
        self._admitted[id(row)] = row, permission
        self.add(row)
        return row

    def admit(self, row: _T, permission: Permission) -> _T:
        """Let a row be written that was found through its parent, for which ``permission`` was checked."""
        self.actor.require(permission)
        self._admitted[id(row)] = row, permission
        return row

    def admit_with(self, row: Base, parent: Base, otherwise: Permission) -> None:
        """Let a row be written that belongs to ``parent``, under the right for which that was admitted.

        ``otherwise`` is the right where the parent was only read, or the actor may do everything.
        """
        _, permission = self._admitted.get(id(parent), (parent, otherwise))
        self.admit(row, permission)

    @contextmanager
    def because(self, action: str, reason: str = "") -> Iterator[None]:
        """Name the action, and why it is done, of all that is written inside."""
        before = self.audit.action, self.audit.reason
        self.flush()
        self.audit.action, self.audit.reason = action, reason
        try:
            yield
            self.flush()
        finally:
            self.audit.action, self.audit.reason = before


def _place(row: object) -> tuple[str, str, str | None] | None:
    """Where a scoped row lies: paths of area and organisation, and the line; ``None`` for other rows."""
    return (row.area_path, row.org_path, row.department) if isinstance(row, Scoped) else None


@event.listens_for(OfficeSession, "do_orm_execute")
def _no_bulk(state: ORMExecuteState) -> None:
    refuse_bulk(state)


@event.listens_for(OfficeSession, "do_orm_execute")
def _scope(state: ORMExecuteState) -> None:
    """Put the actor's scope into the query."""
    session = state.session
    if (
        not isinstance(session, OfficeSession)
        or not state.is_orm_statement
        or state.is_column_load
        or state.is_relationship_load
    ):
        return
    # A list that belongs to a row already found in scope (its comments, steps, files) is read through that row.
    if session.actor.everything or state.execution_options.get("through_parent"):
        return
    actor, permission = session.actor, state.execution_options.get("permission")
    state.statement = state.statement.options(
        *(
            _option(cls, actor.grants, actor.limit, actor.person_id, permission or cls.READ)
            for cls in scoped_in(state.statement)
        )
    )


@lru_cache(maxsize=8192)
def _option(
    cls: Any,
    grants: tuple[Grant, ...],
    limit: frozenset[Permission] | None,
    person_id: int | None,
    permission: Permission,
) -> Any:
    """The criterion of a class; kept by the rights themselves, so that ended rights are never found again."""
    actor = Actor(person_id, "", grants, limit)
    return with_loader_criteria(cls, criterion(cls, actor, permission), include_aliases=True)


@event.listens_for(OfficeSession, "before_flush")
def _guard(session: OfficeSession, context: UOWTransaction, instances: object) -> None:
    """Refuse to write a scoped row that nobody was permitted to write, or to move one out of the actor's scope."""
    if session.actor.everything:
        return
    for row in (*session.new, *session.dirty, *session.deleted):
        if not isinstance(row, Scoped) or not session.is_modified(row):
            continue
        if id(row) not in session._admitted:  # a fault of ours, not of the caller
            msg = f"{type(row).__name__} is written without a permission: use one(), create() or admit()"
            raise AssertionError(msg)
        # A new row was checked by create(), or lies where the admitted row does that it belongs to – which an actor may
        # have reached because its unit is involved (issuer, joint unit), not because it holds the place.
        moved = row not in session.new and any(
            get_history(row, name).has_changes() for name in ("area_path", "org_path", "department")
        )
        permission = session._admitted[id(row)][1]
        if moved and not covers(session.actor, permission, row.area_path, row.org_path, row.department):
            raise PermissionDeniedError("office.out_of_scope", permission=permission.value)


@event.listens_for(OfficeSession, "after_flush")
def _record(session: OfficeSession, context: UOWTransaction) -> None:
    session.audit.after_flush(session, context)


@event.listens_for(OfficeSession, "before_commit")
def _append(session: OfficeSession) -> None:
    try:
        session.flush()
    except StaleDataError as problem:
        raise ChangedMeanwhileError("office.changed_meanwhile", kind="", value="", yours="", current="") from problem
    session.audit.append(session)


@event.listens_for(OfficeSession, "after_rollback")
def _forget(session: OfficeSession) -> None:
    session.audit.forget()
