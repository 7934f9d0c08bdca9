"""Comments with mentions, and saved views."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import or_, select

from kezhong import clock
from kezhong.errors import ConflictError, InputError, NotFoundError, PermissionDeniedError
from kezhong.office.access.permissions import Permission
from kezhong.office.identity.rights import actor_for
from kezhong.office.models import Comment, Organisation, Person, SavedView, Task
from kezhong.office.session import OfficeSession
from kezhong.office.tasks.files import holder
from kezhong.office.telling.notices import Told, about, tell
from kezhong.office.typed import by_name

#: Comments can be made on whatever files can be attached to.
LONGEST = 2000
MOST_VIEWS = 50


def comments_of(session: OfficeSession, kind: str, object_id: int, limit: int = 200) -> list[dict[str, Any]]:
    """Comments of an object the actor may see, oldest first, with the names of who wrote and who is mentioned."""
    holder(session, kind, object_id, write=False)
    statement = (
        select(Comment)
        .where(Comment.object_kind == kind, Comment.object_id == object_id)
        .order_by(Comment.id.desc())
        .limit(limit)
        .execution_options(through_parent=True)
    )
    rows = list(session.scalars(statement))[::-1]
    names = _names(session, {one for row in rows for one in (row.person_id, *row.mentions) if one is not None})
    return [
        {
            "comment": row,
            "person": names.get(row.person_id or 0, ("", ""))[0],
            "unit": names.get(row.person_id or 0, ("", ""))[1],
            "mentioned": [{"id": one, "name": names.get(one, ("", ""))[0]} for one in row.mentions],
        }
        for row in rows
    ]


def _names(session: OfficeSession, people: set[int]) -> dict[int, tuple[str, str]]:
    """Who wrote on an object may be named to whoever may see it."""
    person, unit = Person.__table__, Organisation.__table__
    rows = session.connection().execute(
        select(person.c.id, person.c.name, unit.c.short_name)
        .join(unit, unit.c.id == person.c.org_id)
        .where(person.c.id.in_(people))
    )
    return {row.id: (row.name, row.short_name) for row in rows}


def comment(session: OfficeSession, kind: str, object_id: int, text: str, mentions: Sequence[int] = ()) -> Comment:
    """Write a comment; whoever is mentioned is told.

    Raises
    ------
    InputError
        Empty, too long, or somebody mentioned who may not see the object.
    """
    session.actor.require(Permission.COMMENT)
    row = holder(session, kind, object_id, write=False)
    said = text.strip()
    if not said or len(said) > LONGEST:
        raise InputError("tasks.comment_empty")
    wanted = list(dict.fromkeys(mentions))[:20]
    blind = [one for one in wanted if not may_see(session, one, row)]
    if blind:
        names = _names(session, set(blind))
        raise InputError(
            "tasks.cannot_mention", column="mentions", value="、".join(names.get(one, ("–", ""))[0] for one in blind)
        )
    note = Comment(
        object_kind=kind, object_id=object_id, person_id=session.actor.person_id, text=said, mentions=wanted,
        area_code=row.area_code, area_path=row.area_path, org_id=row.org_id, org_path=row.org_path,
        department=row.department,
    )  # fmt: skip
    with session.because("comment.write"):
        session.admit(note, Permission.COMMENT)
        session.add(note)
        session.flush()
    people = tuple(one for one in wanted if one != session.actor.person_id)
    tell(session, [Told(f"comment:{note.id}", "mentioned", kind, object_id, people, about(row, reason=said[:120]))])
    return note


def edit_comment(session: OfficeSession, comment_id: int, version: int, text: str | None) -> Comment:
    """Change one's own comment, or (``None``) withdraw it: its text then goes, its place stays.

    Raises
    ------
    PermissionDeniedError
        It is somebody else's.
    """
    statement = select(Comment).where(Comment.id == comment_id).execution_options(through_parent=True)
    row = session.scalars(statement).first()
    if row is None:
        raise NotFoundError("office.no_such", kind="comment", value=comment_id)
    holder(session, row.object_kind, row.object_id, write=False)
    if row.person_id is None or row.person_id != session.actor.person_id:
        raise PermissionDeniedError("tasks.not_your_comment")
    if row.version != version:
        from kezhong.office.session import ChangedMeanwhileError

        raise ChangedMeanwhileError(
            "office.changed_meanwhile", kind="comment", value=comment_id, yours=version, current=row.version
        )
    session.admit(row, Permission.COMMENT)
    if text is None:
        with session.because("comment.withdraw"):
            row.text, row.withdrawn_at, row.mentions = "", clock.now(), []
        return row
    if not text.strip() or len(text) > LONGEST or row.withdrawn_at is not None:
        raise InputError("tasks.comment_empty")
    with session.because("comment.edit"):
        row.text = text.strip()
    return row


def may_see(session: OfficeSession, person_id: int, row: Any) -> bool:
    """Whether somebody may see an object, with the rights of this moment: the same rule as for themselves."""
    actor = actor_for(session.connection(), person_id)
    if actor is None or not actor.may(row.READ):
        return False
    from kezhong.office.access.scope import criterion

    cls = type(row)
    statement = select(cls.id).where(cls.id == row.id, criterion(cls, actor, cls.READ))
    return session.execute(statement.execution_options(through_parent=True)).first() is not None


def mentionable(session: OfficeSession, task_id: int, text: str, limit: int = 8) -> list[dict[str, Any]]:
    """People whose name or unit holds ``text`` and who may see the task; of those the actor may know of."""
    row = session.one(Task, task_id)
    pattern = text.strip()
    statement = (
        select(Person.id, Person.name, Organisation.short_name)
        .join(Organisation, Organisation.id == Person.org_id)
        .where(Person.status == "active")
        .order_by(Person.id)
        .limit(60)
    )
    if pattern:
        statement = statement.where(
            or_(
                Person.name.icontains(pattern, autoescape=True),
                Organisation.short_name.icontains(pattern, autoescape=True),
                Person.id.in_(by_name(session, select(Person.id, Person.name), pattern)),
            )
        )
    found: list[dict[str, Any]] = []
    for person_id, name, unit in session.execute(statement):
        if may_see(session, person_id, row):
            found.append({"id": person_id, "name": name, "unit": unit})
        if len(found) >= limit:
            break
    return found


# saved views ---------------------------------------------------------------------------------------------------------


def views_of(session: OfficeSession, page: str) -> list[SavedView]:
    """The actor's own saved views of a page."""
    statement = select(SavedView).where(SavedView.person_id == session.actor.person_id, SavedView.page == page)
    return list(session.scalars(statement.order_by(SavedView.name)))


def save_view(session: OfficeSession, page: str, name: str, query: str) -> SavedView:
    """Keep a filter and order under a name; an older one of that name is replaced.

    Raises
    ------
    ConflictError
        There are too many.
    """
    have = views_of(session, page)
    row = next((one for one in have if one.name == name.strip()), None)
    if row is None:
        if len(have) >= MOST_VIEWS or session.actor.person_id is None:
            raise ConflictError("tasks.too_many", value=len(have) + 1, limit=MOST_VIEWS)
        row = SavedView(person_id=session.actor.person_id, page=page, name=name.strip(), query=query)
        session.add(row)
    row.query = query
    session.flush()
    return row


def drop_view(session: OfficeSession, view_id: int) -> None:
    """Forget one of the actor's own views."""
    row = session.get(SavedView, view_id)
    if row is None or row.person_id != session.actor.person_id:
        raise NotFoundError("office.no_such", kind="saved_view", value=view_id)
    session.delete(row)
    session.flush()
