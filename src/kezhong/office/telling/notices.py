"""Notices: what a person is told in the application, and what of it also goes out by e-mail or to a webhook.

A notice has a key; the same key is said once to a person, whoever says it and however often. It is written in the
transaction of what it tells of, so that nobody is told of something that did not happen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from kezhong import clock
from kezhong.office.models import (
    Delivery,
    Notice,
    NoticePreference,
    Organisation,
    Person,
    Post,
    RoleGrant,
    kind_of,
)
from kezhong.office.session import OfficeSession
from kezhong.office.telling.mail import mail_is_set

#: Kinds of notices, with whether one must act on them.
KINDS: Mapping[str, str] = {
    "assigned": "act",
    "returned": "act",
    "refused": "act",
    "reported": "act",
    "due_soon": "act",
    "due_today": "act",
    "overdue": "act",
    "escalated": "act",
    "reminded": "act",
    "mentioned": "normal",
    "approved": "normal",
    "changed": "normal",
}
_DELIVERY: Any = Delivery.__table__
EMAIL = ("none", "act", "all")
#: Roles that look on and do not act: their holders are not told what a unit has to do.
_WATCHING = frozenset({"auditor", "analyst", "administrator", "inspector"})
#: A unit that was dissolved hands its notices to its successor, at most so often.
_SUCCESSIONS = 5


@dataclass(frozen=True, slots=True)
class Told:
    """One thing to tell: to whom, about what."""

    key: str
    kind: str
    object_kind: str
    object_id: int
    people: tuple[int, ...]
    details: Mapping[str, Any] = field(default_factory=dict)


def tell(session: OfficeSession, things: Iterable[Told]) -> int:
    """Tell people, each thing once; how many notices are new."""
    now = clock.now()
    rows: list[dict[str, Any]] = [
        {
            "person_id": person, "key": thing.key[:300], "kind": thing.kind, "urgency": KINDS[thing.kind],
            "object_kind": thing.object_kind, "object_id": thing.object_id, "details": dict(thing.details), "at": now,
        }
        for thing in things
        for person in dict.fromkeys(thing.people)
    ]  # fmt: skip
    if not rows:
        return 0
    muted, by_mail = _preferences(session, {row["person_id"] for row in rows})
    rows = [row for row in rows if row["kind"] not in muted.get(row["person_id"], ())]
    made = 0
    outgoing: list[dict[str, Any]] = []
    table: Any = Notice.__table__
    for start in range(0, len(rows), 1000):
        statement = (
            insert(table)
            .on_conflict_do_nothing(index_elements=["person_id", "key"])
            .returning(table.c.id, table.c.person_id, table.c.urgency)
        )
        for found in session.connection().execute(statement, rows[start : start + 1000]):
            made += 1
            wish = by_mail.get(found.person_id, "none")
            if wish == "all" or (wish == "act" and found.urgency == "act"):
                outgoing.append(
                    {
                        "notice_id": found.id, "channel": "email", "key": f"notice:{found.id}", "payload": {},
                        "next_try_at": now,
                    }
                )  # fmt: skip
    _send_out(session, outgoing)
    return made


def _send_out(session: OfficeSession, rows: Sequence[dict[str, Any]]) -> None:
    for start in range(0, len(rows), 1000):
        defaults = [{"state": "waiting", "tries": 0, "problem": "", **row} for row in rows[start : start + 1000]]
        statement = insert(_DELIVERY).on_conflict_do_nothing(index_elements=["channel", "key"])
        session.connection().execute(statement, defaults)


def _preferences(session: OfficeSession, people: set[int]) -> tuple[dict[int, list[str]], dict[int, str]]:
    """Muted kinds, and wishes for e-mail of those who have an address – where mail is set up at all."""
    table = NoticePreference.__table__
    muted: dict[int, list[str]] = {}
    wishes: dict[int, str] = {}
    for row in session.connection().execute(select(table).where(table.c.person_id.in_(people))):
        muted[row.person_id] = row.muted
        wishes[row.person_id] = row.email
    if not mail_is_set():
        return muted, {}
    person = Person.__table__
    reachable = session.connection().execute(
        select(person.c.id).where(person.c.id.in_(people), person.c.email.is_not(None), person.c.email != "")
    )
    return muted, {key: wishes.get(key, "act") for key in reachable.scalars()}


# who ----------------------------------------------------------------------------------------------------------------


def people_of(session: OfficeSession, units: Iterable[int]) -> dict[int, tuple[int, ...]]:
    """Whom to tell for each unit: its contacts (联络员), else whoever acts for it; deputies are told too.

    Read past the scope on purpose: whoever takes a step tells units that are not below it. Only ids leave this
    function.
    """
    asked = list(dict.fromkeys(units))
    in_force = _successors(session, asked)
    contacts: dict[int, list[int]] = {}
    others: dict[int, list[int]] = {}
    _from_posts(session, set(in_force.values()), contacts, others)
    _from_grants(session, set(in_force.values()), contacts, others)
    return {unit: tuple(contacts.get(now) or others.get(now) or ()) for unit, now in in_force.items()}


def _successors(session: OfficeSession, asked: Sequence[int]) -> dict[int, int]:
    unit = Organisation.__table__
    today = clock.today()
    found = {one: one for one in asked}
    for _ in range(_SUCCESSIONS):
        rows = session.connection().execute(
            select(unit.c.id, unit.c.successor_id).where(
                unit.c.id.in_(set(found.values())), unit.c.valid_to < today, unit.c.successor_id.is_not(None)
            )
        )
        gone = {row.id: row.successor_id for row in rows}
        if not gone:
            break
        found = {one: gone.get(now, now) for one, now in found.items()}
    return found


def _from_posts(
    session: OfficeSession, units: set[int], contacts: dict[int, list[int]], others: dict[int, list[int]]
) -> None:
    post, person = Post.__table__, Person.__table__
    today = clock.today()
    rows = session.connection().execute(
        select(post.c.organisation_id, post.c.person_id, post.c.is_contact)
        .join(person, and_(person.c.id == post.c.person_id, person.c.status == "active"))
        .where(post.c.organisation_id.in_(units), _valid(post, today))
        .order_by(post.c.id)
    )
    for row in rows:
        (contacts if row.is_contact else others).setdefault(row.organisation_id, []).append(row.person_id)


def _from_grants(
    session: OfficeSession, units: set[int], contacts: dict[int, list[int]], others: dict[int, list[int]]
) -> None:
    """Add whoever acts for a unit, deputies first; who only watches there is left out, contact or not."""
    grant, person = RoleGrant.__table__, Person.__table__
    now = clock.now()
    rows = session.connection().execute(
        select(grant.c.org_id, grant.c.person_id, grant.c.delegation_id, grant.c.role)
        .join(person, and_(person.c.id == grant.c.person_id, person.c.status == "active"))
        .where(
            grant.c.org_id.in_(units),
            grant.c.valid_from <= now,
            or_(grant.c.valid_to.is_(None), grant.c.valid_to > now),
            or_(grant.c.revoked_at.is_(None), grant.c.revoked_at > now),
        )
        .order_by(grant.c.id)
    )
    acting: set[tuple[int, int]] = set()
    watching: set[tuple[int, int]] = set()
    for row in rows:
        place = (row.org_id, row.person_id)
        if row.role in _WATCHING:
            watching.add(place)
            continue
        acting.add(place)
        into = contacts if row.delegation_id is not None and row.org_id in contacts else others
        into.setdefault(row.org_id, []).append(row.person_id)
    for unit, person_id in watching - acting:
        for group in (contacts, others):
            group[unit] = [one for one in group.get(unit, ()) if one != person_id]


def _valid(table: Any, today: date) -> Any:
    return and_(table.c.valid_from <= today, or_(table.c.valid_to.is_(None), table.c.valid_to >= today))


def offices(session: OfficeSession) -> tuple[int, ...]:
    """The leading-group office of the city (one, as a rule)."""
    unit = Organisation.__table__
    rows = session.connection().execute(
        select(unit.c.id).where(unit.c.kind == "office", unit.c.level == "city", unit.c.valid_to.is_(None))
    )
    return tuple(rows.scalars())


def superior_of(session: OfficeSession, org_id: int) -> tuple[int, ...]:
    """The unit above in the tree; for one at the top, the leading-group office."""
    unit = Organisation.__table__
    parent = session.connection().execute(select(unit.c.parent_id).where(unit.c.id == org_id)).scalar()
    return (parent,) if parent is not None else offices(session)


def about(row: Any, **more: Any) -> dict[str, Any]:
    """What a notice says of its object: enough for a line of text, nothing personal."""
    names = ("code", "title", "name")
    found = {name: getattr(row, name) for name in names if getattr(row, name, None)}
    due = getattr(row, "due_on", None)
    if due is not None:
        found["due_on"] = due.isoformat()
    return {**found, **more}


def tell_units(
    session: OfficeSession,
    units: Iterable[int],
    kind: str,
    row: Any,
    key: str,
    more_people: Iterable[int] = (),
    **details: Any,
) -> int:
    """Tell the people of some units of a row; whoever does it is not told of their own doing."""
    found = people_of(session, units)
    people = dict.fromkeys(person for unit in found.values() for person in unit) | dict.fromkeys(more_people)
    people.pop(session.actor.person_id or 0, None)
    told = Told(key, kind, kind_of(row), row.id, tuple(people), about(row, **details))
    return tell(session, [told])


# reading -------------------------------------------------------------------------------------------------------------


def my_notices(
    session: OfficeSession,
    person_id: int,
    *,
    limit: int,
    before: int | None = None,
    unread: bool = False,
    kind: str = "",
) -> list[Notice]:
    """A person's notices, newest first; ``before`` is the id of the last one seen."""
    statement = select(Notice).where(Notice.person_id == person_id).order_by(Notice.id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(Notice.id < before)
    if unread:
        statement = statement.where(Notice.read_at.is_(None))
    if kind:
        statement = statement.where(Notice.kind == kind)
    return list(session.scalars(statement))


def unread_count(session: OfficeSession, person_id: int) -> dict[str, int]:
    """How many a person has not read, and how many of them ask for something to be done."""
    from sqlalchemy import func

    counted = session.execute(
        select(func.count(), func.count().filter(Notice.urgency == "act")).where(
            Notice.person_id == person_id, Notice.read_at.is_(None)
        )
    ).one()
    return {"unread": counted[0], "act": counted[1]}


def mark_read(session: OfficeSession, person_id: int, ids: Sequence[int] | None, at: datetime | None = None) -> int:
    """Mark some (or, with ``None``, all) of a person's own notices as read; how many were."""
    statement = update(Notice).where(Notice.person_id == person_id, Notice.read_at.is_(None))
    if ids is not None:
        statement = statement.where(Notice.id.in_(ids))
    done = session.execute(statement.values(read_at=at or clock.now()).execution_options(synchronize_session=False))
    return int(done.rowcount)  # type: ignore[attr-defined]


def preference(session: OfficeSession, person_id: int) -> NoticePreference:
    """What a person wants to be told."""
    found = session.get(NoticePreference, person_id)
    return found or NoticePreference(person_id=person_id, email="act", muted=[])


def set_preference(session: OfficeSession, person_id: int, email: str, muted: Sequence[str]) -> NoticePreference:
    """Change it."""
    row = preference(session, person_id)
    row.email, row.muted = email, sorted(set(muted))
    session.add(row)
    session.flush()
    return row
