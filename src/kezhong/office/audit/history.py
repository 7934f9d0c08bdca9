"""Reading the audit: the list with its filters, and the history of one object."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select

from kezhong.errors import NotFoundError
from kezhong.office.access.permissions import Permission
from kezhong.office.fields import kind_name
from kezhong.office.models import AuditEntry, Organisation, Person, Post, Scoped, all_mappers
from kezhong.office.session import OfficeSession

#: Open to everybody in the programme, so their history is, too.
_OPEN_KINDS = frozenset(
    {"programme", "stage", "circle_duty", "organisation", "grid_team", "dispatch_round", "appraisal", "calendar_day"}
)


@dataclass(frozen=True, slots=True)
class Filter:
    """Which entries are wanted; what is ``None`` or empty does not count."""

    object_kind: str | None = None
    object_id: str | None = None
    actor_id: int | None = None
    action: str | None = None
    area_path: str | None = None
    start: datetime | None = None
    end: datetime | None = None
    request_id: str | None = None

    def on(self, statement: Select[Any]) -> Select[Any]:
        """The statement with these conditions. ``action`` may be a beginning: ``task`` finds ``task.report``."""
        entry = AuditEntry
        if self.object_kind:
            statement = statement.where(entry.object_kind == self.object_kind)
        if self.object_id:
            statement = statement.where(entry.object_id == self.object_id)
        if self.actor_id is not None:
            statement = statement.where(entry.actor_id == self.actor_id)
        if self.action:
            statement = statement.where(
                (entry.action == self.action) | entry.action.startswith(f"{self.action}.", autoescape=True)
            )
        if self.area_path:
            statement = statement.where(entry.area_path.startswith(self.area_path, autoescape=True))
        if self.start is not None:
            statement = statement.where(entry.at >= self.start)
        if self.end is not None:
            statement = statement.where(entry.at < self.end)
        if self.request_id:
            statement = statement.where(entry.request_id == self.request_id)
        return statement


def list_entries(
    session: OfficeSession, wanted: Filter, *, before: int | None = None, limit: int = 50
) -> list[AuditEntry]:
    """Entries of the actor's area, newest first, before the sequence number ``before``."""
    statement = wanted.on(select(AuditEntry)).order_by(AuditEntry.seq.desc()).limit(limit)
    if before is not None:
        statement = statement.where(AuditEntry.seq < before)
    return session.rows(statement, Permission.READ_AUDIT)


def object_history(
    session: OfficeSession, kind: str, object_id: str, *, before: int | None = None, limit: int = 50
) -> list[AuditEntry]:
    """What happened to one object, newest first, for whoever may see the object itself – or the audit.

    Raises
    ------
    NotFoundError
        There is no such object, or the actor may see neither it nor the audit.
    """
    statement = (
        select(AuditEntry)
        .where(AuditEntry.object_kind == kind, AuditEntry.object_id == object_id)
        .order_by(AuditEntry.seq.desc())
        .limit(limit)
    )
    if before is not None:
        statement = statement.where(AuditEntry.seq < before)
    if _may_see(session, kind, object_id):
        return list(session.execute(statement, execution_options={"through_parent": True}).scalars())
    if not session.actor.may(Permission.READ_AUDIT):
        raise NotFoundError("office.no_such", kind=kind, value=object_id)
    return session.rows(statement, Permission.READ_AUDIT)


def _may_see(session: OfficeSession, kind: str, object_id: str) -> bool:
    cls = next((mapper.class_ for mapper in all_mappers() if kind == mapper.class_.KIND), None)
    if cls is None or not (issubclass(cls, Scoped) or kind in _OPEN_KINDS):
        return False
    column = cls.__mapper__.primary_key[0]
    key = getattr(cls, cls.__mapper__.get_property_by_column(column).key)  # the attribute: a bare column has no scope
    if issubclass(column.type.python_type, int):
        if not (object_id.isascii() and object_id.isdecimal() and len(object_id) < 19):
            return False
        return session.execute(select(key).where(key == int(object_id))).first() is not None
    return kind in _OPEN_KINDS


@dataclass(frozen=True, slots=True)
class Change:
    """One column of an entry: what it was and what it became, as far as that may be told."""

    field: str
    before: Any
    after: Any
    masked: bool


def changes(entry: AuditEntry) -> list[Change]:
    """The columns an entry changed. Digests of personal values and marks of secrets are ``masked``, without a value."""
    before, after = json.loads(entry.before), json.loads(entry.after)
    found = []
    for name in dict.fromkeys((*before, *after)):
        old, new = before.get(name), after.get(name)
        masked = _hidden(old) or _hidden(new)
        found.append(Change(name, None if masked else old, None if masked else new, masked))
    return found


def _hidden(value: Any) -> bool:
    return isinstance(value, str) and (value.startswith("hmac:") or value == "secret")


@dataclass(frozen=True, slots=True)
class Who:
    """Somebody who acted: the post and unit are known inside the programme, the name only in the reader's scope."""

    id: int
    name: str | None
    post: str | None
    unit: str | None


def people(session: OfficeSession, ids: Collection[int]) -> dict[int, Who]:
    """Who these people are, as far as the reader may know."""
    if not ids:
        return {}
    found = session.execute(select(Person.id, Person.name).where(Person.id.in_(ids)))
    names: dict[int, str] = {row.id: row.name for row in found}
    rows = session.execute(
        select(Post.person_id, Post.title, Organisation.short_name)
        .join(Organisation, Organisation.id == Post.organisation_id)
        .where(Post.person_id.in_(ids))
        .order_by(Post.is_main, Post.id)
    ).all()
    posts = {row.person_id: (row.title, row.short_name) for row in rows}
    return {key: Who(key, names.get(key), *posts.get(key, (None, None))) for key in ids}


def audited_kinds() -> list[tuple[str, str, str]]:
    """Kinds of object that occur in the audit, with their names (id, zh, en)."""
    kinds: Sequence[str] = sorted(
        {mapper.class_.KIND for mapper in all_mappers() if mapper.class_.AUDITED}
        | {"account", "chain", "evidence", "data"}
    )
    return [(kind, kind_name(kind), kind_name(kind, "en")) for kind in kinds]
