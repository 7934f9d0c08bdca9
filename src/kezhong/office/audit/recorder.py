"""Collects what a unit of work changes and continues the chain with it, in the same transaction.

The recorder listens to the session: whatever is flushed is noted, so no service can forget it. Before the commit the
head of the chain is locked and the entries are appended; a transaction that fails leaves neither change nor entry.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from typing import Any

from sqlalchemy import insert, inspect, select, update
from sqlalchemy.orm import Session, UOWTransaction
from sqlalchemy.orm.base import NO_VALUE, PassiveFlag

from kezhong import clock
from kezhong.office.access.actor import Actor
from kezhong.office.audit.chain import Draft, canonical, keyed_digest, link
from kezhong.office.models.audit import AuditEntry, AuditHead
from kezhong.office.models.base import Base, Scoped, kind_of
from kezhong.office.models.people import Person

#: Columns that change with every write and say nothing.
_SILENT = frozenset({"created_at", "updated_at", "version"})
_ERASED = "hmac:key-erased"
_PERSON = Person.__table__


class Recorder:
    """What one session did: the changes, the action they belong to, and why."""

    def __init__(self, actor: Actor, origin_key: bytes, root_path: str = "") -> None:
        self.actor = actor
        self.root_path = root_path  # where things happen that lie in no area of their own
        self.action = ""
        self.reason = ""
        self._origin_key = origin_key
        self._drafts: list[Draft] = []

    def note(
        self, action: str, kind: str, object_id: object, *, area_path: str = "", org_path: str = "", **after: Any
    ) -> None:
        """Note something that is no change of a row: a sign-in, a reading of personal data, an export."""
        self._add(action, kind, str(object_id), area_path or self.root_path, org_path, {}, after)

    def after_flush(self, session: Session, context: UOWTransaction) -> None:
        """Note the rows that this flush wrote."""
        for row in session.new:
            self._row(session, row, "create")
        for row in session.dirty:
            self._row(session, row, "update")
        for row in session.deleted:
            self._row(session, row, "delete")

    def append(self, session: Session) -> None:
        """Write the entries; called before the commit, when all is flushed."""
        drafts, self._drafts = self._drafts, []
        if not drafts:
            return
        connection = session.connection()
        # This lock is what makes it one chain: writers queue here for the few milliseconds until their commit.
        head = connection.execute(
            select(AuditHead.seq, AuditHead.hash).where(AuditHead.id == 1).with_for_update()
        ).one()
        rows = link(head.seq, head.hash, drafts, clock.now())
        connection.execute(insert(AuditEntry), rows)
        connection.execute(
            update(AuditHead).where(AuditHead.id == 1).values(seq=rows[-1]["seq"], hash=rows[-1]["hash"])
        )

    def forget(self) -> None:
        """Drop what was noted: the transaction was rolled back."""
        self._drafts.clear()

    def _row(self, session: Session, row: object, what: str) -> None:
        if not isinstance(row, Base) or not row.AUDITED:
            return
        before, after = _changes(session, row, what)
        if what == "update" and not before and not after:
            return
        area_path, org_path = self._place(row)
        key = "/".join(str(part) for part in inspect(row).mapper.primary_key_from_instance(row))
        kind = kind_of(row)
        self._add(self.action or f"{kind}.{what}", kind, key, area_path, org_path, before, after)

    def _add(
        self,
        action: str,
        kind: str,
        key: str,
        area_path: str,
        org_path: str,
        before: dict[str, Any],
        after: dict[str, Any],
    ) -> None:
        actor = self.actor
        self._drafts.append(
            Draft(
                actor_id=actor.person_id,
                actor=actor.name if actor.person_id is None else actor.via,
                action=action,
                object_kind=kind,
                object_id=key,
                area_path=area_path,
                org_path=org_path,
                before=canonical(before),
                after=canonical(after),
                reason=self.reason,
                request_id=actor.request_id or "",
                origin_digest=self._origin(actor.origin),
            )
        )

    def _place(self, row: Base) -> tuple[str, str]:
        if isinstance(row, Scoped):
            return row.area_path, row.org_path
        return str(getattr(row, "area_path", "") or self.root_path), ""

    def _origin(self, origin: str | None) -> str:
        if not origin:
            return ""
        return hmac.new(self._origin_key, origin.encode(), hashlib.sha256).hexdigest()[:32]


def _changes(session: Session, row: Base, what: str) -> tuple[dict[str, Any], dict[str, Any]]:
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    state = inspect(row)
    for attribute in state.mapper.column_attrs:
        name = attribute.key
        if name in _SILENT:
            continue
        history = state.get_history(name, PassiveFlag.PASSIVE_NO_INITIALIZE)
        if what == "update" and not history.has_changes():
            continue
        new = state.dict.get(name, NO_VALUE)
        old = _first(history.deleted)
        if what != "create" and old is not NO_VALUE:
            before[name] = _told(session, row, name, old)
        if what == "delete" and new is not NO_VALUE:
            before.setdefault(name, _told(session, row, name, new))
        elif what != "delete" and new is not NO_VALUE and not (what == "create" and new is None):
            after[name] = _told(session, row, name, new)
    return before, after


def _first(values: Iterable[Any] | None) -> Any:
    for value in values or ():
        return value
    return NO_VALUE


def _told(session: Session, row: Base, name: str, value: Any) -> Any:
    if name in row.SECRET:
        return "secret"
    if name in row.PERSONAL:
        return None if value is None else _digest(session, row, value)
    return value.hex() if isinstance(value, bytes) else value


def _digest(session: Session, row: Base, value: Any) -> str:
    person_id = row.id if isinstance(row, Person) else getattr(row, "person_id", None)
    if isinstance(row, Person):
        key = row.digest_key
    elif person_id is not None:
        # Past the scope on purpose: the key is needed whoever changes the row, and never leaves this function.
        key = session.connection().execute(select(_PERSON.c.digest_key).where(_PERSON.c.id == person_id)).scalar()
    else:
        key = session.info["secrets"].digest
    return _ERASED if key is None else keyed_digest(key, value)
