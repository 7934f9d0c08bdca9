"""Tasks handled: progress reported, given to a person, reminded of – and who may do what with one."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, literal, or_, select

from kezhong import clock
from kezhong.errors import ConflictError, InputError, PermissionDeniedError
from kezhong.office.access.permissions import Permission
from kezhong.office.machines import Relation, StateKind, get_machine
from kezhong.office.models import Person, Post, RoleGrant, Task
from kezhong.office.session import OfficeSession
from kezhong.office.steps import InName, note_course, related, take_step
from kezhong.office.tasks.parts import roll_up
from kezhong.office.telling.lighting import relight
from kezhong.office.telling.notices import Told, about, tell, tell_units

#: States in which the lead unit reports progress.
WORKING = ("accepted", "in_progress", "returned")
#: Steps that the first progress of a task implies, by its state.
_BEGIN = {"issued": ("accept", "start"), "accepted": ("start",), "returned": ("rework",)}


def report_progress(
    session: OfficeSession,
    task_id: int,
    version: int | None,
    progress: int | None,
    note: str | None = "",
    *,
    by_hand: bool = False,
    reason: str = "",
    in_name: InName | None = None,
) -> Task:
    """Report how far a task is; one that was not begun, or was returned, is taken up by progress above 0.

    Parameters
    ----------
    progress
        Percent. With parts its progress is theirs; ``by_hand`` sets it all the same, ``None`` goes back to the parts.
    note
        How things stand; ``None`` leaves what was said last.
    reason
        Why, for course and audit: what a progress that goes back needs.
    in_name
        The unit that said so on something it handed in, where the actor only passes it on. Its word also accepts a task
        that was just issued: it would not report on what is not its duty.

    Raises
    ------
    PermissionDeniedError
        Neither the lead unit nor whom it was given to.
    ConflictError
        It is not being worked on, or has parts.
    InputError
        No percentage.
    """
    row = session.one(Task, task_id, Permission.HANDLE_TASK, version=version, lock=True)
    if not _reports(session, row, in_name):
        raise PermissionDeniedError("tasks.not_lead")
    if row.state not in WORKING and not (in_name and row.state == "issued"):
        raise ConflictError("tasks.not_working", state_zh=get_machine("task").state(row.state).zh)
    parts = count_parts(session, row)
    if progress is None and not parts:
        raise InputError("tasks.bad_progress", column="progress", value="–")
    if progress is not None and not 0 <= progress <= 100:
        raise InputError("tasks.bad_progress", column="progress", value=progress)
    if parts and progress is not None and not by_hand:
        raise ConflictError("tasks.progress_of_parts", count=parts)
    if progress:
        begin(session, row, in_name)
    said = "" if note is None else note.strip()
    told = "；".join(part for part in (reason.strip(), said) if part)
    with session.because("task.progress", in_name.reason(reason) if in_name else reason.strip()):
        row.progress_by_hand = bool(parts) and progress is not None
        row.progress = row.progress if progress is None else progress
        row.progress_note = row.progress_note if note is None else said[:2000]
        row.updated_at = clock.now()
        relight(session, row)
        _note(
            session, row, "progress", f"填报进度 {row.progress}%", f"progress {row.progress}%",
            in_name.reason(told) if in_name else told, in_name,
        )  # fmt: skip
    if progress is None:
        roll_up(session, row.id)
    roll_up(session, row.parent_id)
    return row


def _reports(session: OfficeSession, row: Task, in_name: InName | None) -> bool:
    if in_name is not None:
        return in_name.org_id == row.org_id
    return is_related(session, row, Relation.LEAD) or row.assignee_id == session.actor.person_id


def count_parts(session: OfficeSession, row: Task) -> int:
    """How many parts a task was handed down in."""
    counted = select(func.count()).where(Task.__table__.c.parent_id == row.id)
    return int(session.connection().execute(counted).scalar_one())


def begin(session: OfficeSession, row: Task, in_name: InName | None = None) -> None:
    """Take the steps that bring a task into progress; none where it is."""
    for step in _BEGIN.get(row.state, ()):
        take_step(session, row, step, in_name=in_name)


def assign(session: OfficeSession, task_id: int, version: int, person_id: int | None) -> Task:
    """Give a task to somebody of its unit, or take it back; the unit stays responsible.

    Raises
    ------
    InputError
        The person does not work there.
    """
    row = session.one(Task, task_id, Permission.HANDLE_TASK, version=version, lock=True)
    if not is_related(session, row, Relation.LEAD):
        raise PermissionDeniedError("tasks.not_lead")
    refuse_finished(row)
    if person_id is not None and person_id not in {one["id"] for one in people_of_unit(session, row.org_id)}:
        raise InputError("tasks.not_of_unit", column="person_id", value=person_id)
    with session.because("task.assign"):
        row.assignee_id = person_id
        row.updated_at = clock.now()
    if person_id is not None and person_id != session.actor.person_id:
        key = f"task:{row.id}:assigned:{row.version}"
        tell(session, [Told(key, "assigned", "task", row.id, (person_id,), about(row))])
    return row


def people_of_unit(session: OfficeSession, org_id: int) -> list[dict[str, Any]]:
    """Who works in a unit now: id, name, title. For a row whose unit the caller found in scope."""
    person, post, grant = Person.__table__, Post.__table__, RoleGrant.__table__
    today, now = clock.today(), clock.now()
    posts = select(post.c.person_id, post.c.title).where(
        post.c.organisation_id == org_id,
        post.c.valid_from <= today,
        or_(post.c.valid_to.is_(None), post.c.valid_to >= today),
    )
    grants = select(grant.c.person_id, literal("")).where(
        grant.c.org_id == org_id,
        grant.c.valid_from <= now,
        grant.c.revoked_at.is_(None),
        or_(grant.c.valid_to.is_(None), grant.c.valid_to > now),
        grant.c.role.not_in(("auditor", "analyst", "administrator", "inspector")),
    )
    found: dict[int, dict[str, Any]] = {}
    titles: dict[int, str] = {}
    for row in (*session.connection().execute(posts), *session.connection().execute(grants)):
        titles[row[0]] = titles.get(row[0]) or row[1]
    names = select(person.c.id, person.c.name).where(person.c.id.in_(titles), person.c.status == "active")
    for row in session.connection().execute(names.order_by(person.c.id)):
        found[row.id] = {"id": row.id, "name": row.name, "title": titles[row.id]}
    return list(found.values())


def remind_unit(session: OfficeSession, task_id: int, note: str = "") -> int:
    """Remind the unit of a task by hand (催办), at most once a day; how many people were told.

    Raises
    ------
    ConflictError
        It is finished, or reminded of today already: who is reminded every hour does not work faster.
    """
    row = session.one(Task, task_id, Permission.REVIEW_TASK)
    if not any(
        is_related(session, row, one, Permission.REVIEW_TASK)
        for one in (Relation.CREATOR, Relation.SUPERIOR, Relation.OFFICE)
    ):
        raise PermissionDeniedError("tasks.not_issuer")
    refuse_finished(row)
    if row.state == "draft":
        raise ConflictError("tasks.not_issued")
    key = f"task:{row.id}:remind:{clock.today().isoformat()}"
    people = (row.assignee_id,) if row.assignee_id else ()
    told = tell_units(session, [row.org_id], "reminded", row, key, people, reason=note.strip()[:500])
    if not told:
        raise ConflictError("tasks.reminded_today")
    with session.because("task.remind"):
        _note(session, row, "remind", "催办", "reminded", note.strip())
    session.audit.note("task.remind", "task", row.id, area_path=row.area_path, org_path=row.org_path)
    return told


def _note(
    session: OfficeSession, row: Task, what: str, zh: str, en: str, reason: str, in_name: InName | None = None
) -> None:
    """A line in the course of the task that is no step of its machine."""
    units = [grant.org_id for grant in session.actor.grants]
    org = row.org_id if row.org_id in units else next(iter(units), None)
    note_course(
        session, row, what, org_id=in_name.org_id if in_name else org, otherwise=Permission.READ_TASK,
        reason=reason[:2000], details={"zh": zh, "en": en}, passed_on_by=org,
    )  # fmt: skip


def is_related(
    session: OfficeSession, row: Task, relation: Relation, right: Permission = Permission.HANDLE_TASK
) -> bool:
    """Whether the actor stands in the relation to the task."""
    if session.actor.everything:
        return True
    return any(related(session, row, relation, grant) for grant in session.actor.grants_for(right))


def may_edit(session: OfficeSession, row: Task) -> bool:
    """Whether the actor issued it, or is the office."""
    return any(is_related(session, row, one, Permission.WRITE_TASK) for one in (Relation.CREATOR, Relation.OFFICE))


def refuse_finished(row: Task) -> None:
    """What is done or void is not changed any more.

    Raises
    ------
    ConflictError
        It is.
    """
    state = get_machine("task").state(row.state)
    if state.kind in (StateKind.DONE, StateKind.VOID):
        raise ConflictError("tasks.finished", state_zh=state.zh, state_en=state.en)


def may(session: OfficeSession, row: Task) -> list[str]:
    """What the actor may do with a task besides its steps: ``edit``, ``split``, ``progress``, ``assign`` …"""
    kind = get_machine("task").state(row.state).kind
    over = kind in (StateKind.DONE, StateKind.VOID)
    actor = session.actor
    found = []
    edit = actor.may(Permission.WRITE_TASK) and may_edit(session, row)
    lead = actor.may(Permission.HANDLE_TASK) and is_related(session, row, Relation.LEAD)
    if edit and not over:
        found += ["edit", "needs"]
    if actor.may(Permission.WRITE_TASK) and not over and (edit or lead):
        found.append("split")
    if row.state in WORKING and (lead or (row.assignee_id is not None and row.assignee_id == actor.person_id)):
        found.append("progress")
    if lead and not over:
        found.append("assign")
    if lead or edit:
        found.append("files")
    if actor.may(Permission.COMMENT):
        found.append("comment")
    above = (Relation.CREATOR, Relation.SUPERIOR, Relation.OFFICE)
    if (
        not over
        and row.state != "draft"
        and any(is_related(session, row, one, Permission.REVIEW_TASK) for one in above)
    ):
        found.append("remind")
    return found
