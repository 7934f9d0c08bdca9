"""What becomes of a unit's work when the unit ends: open things go to the successor, what is done stays with its unit.

Each scoped class says here how it goes along; a test refuses one that does not. What stays is seen by the successor
nevertheless, since an ended unit hangs below it in the tree.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, or_, select

from kezhong import clock
from kezhong.office.access.permissions import Permission
from kezhong.office.access.roles import roles
from kezhong.office.identity.granting import in_force
from kezhong.office.identity.handover import final_states
from kezhong.office.identity.places import last_day, place_of
from kezhong.office.models import (
    Application,
    CircleDuty,
    Delegation,
    DispatchSheet,
    GridTeam,
    Objection,
    Offer,
    Organisation,
    Person,
    Pilot,
    Post,
    Project,
    RoleGrant,
    Submission,
    Target,
    Task,
    TaskUnit,
    Verification,
)
from kezhong.office.session import OfficeSession

_WRITE = Permission.WRITE_ORGANISATION
_PAST_SCOPE = {"through_parent": True}


def _open(cls: Any, machine: str) -> Callable[[], ColumnElement[bool]]:
    return lambda: cls.state.not_in(final_states(machine))


def _running_delegation() -> ColumnElement[bool]:
    condition: ColumnElement[bool] = (Delegation.ends_at > clock.now()) & Delegation.ended_at.is_(None)
    return condition


#: Scoped classes whose open rows go to the successor, and which those are.
GOES: dict[type[Any], Callable[[], ColumnElement[bool]]] = {
    Task: _open(Task, "task"),
    Pilot: _open(Pilot, "pilot"),
    Submission: _open(Submission, "submission"),
    Project: _open(Project, "project"),
    Application: _open(Application, "application"),
    Offer: _open(Offer, "offer"),
    Objection: _open(Objection, "objection"),
    Verification: _open(Verification, "verification"),
    Target: lambda: Target.due_on >= clock.today(),
    Person: lambda: Person.status == "active",
    RoleGrant: in_force,
    Delegation: _running_delegation,
    DispatchSheet: _open(DispatchSheet, "dispatch"),
}
#: Scoped classes whose rows tell what was, and stay with the unit whose doing they are.
STAYS = frozenset(
    {
        "StepTaken", "FileStored", "Comment", "Promise", "Inspection", "Edition", "Money", "SiteUse", "Experience",
        "Measurement", "Satisfaction", "AppraisalUnit", "AppraisalScore", "Handover",
    }
)  # fmt: skip


def open_work(session: OfficeSession, org_id: int) -> dict[str, int]:
    """How much open work a unit has, by kind; people and rights count too."""
    found: dict[str, int] = {}
    for cls, which in GOES.items():
        rows = session.scalars(select(cls.id).where(cls.org_id == org_id, which()).execution_options(**_PAST_SCOPE))
        found[cls.KIND] = len(rows.all())
    found["circle_duty"] = len(_duties(session, org_id))
    found["grid_team"] = len(_grid_teams(session, org_id))
    found["joint"] = len(_joint(session, org_id))
    return {kind: count for kind, count in found.items() if count}


def pass_on(
    session: OfficeSession,
    unit: Organisation,
    successor: Organisation,
    *,
    only: dict[type[Any], set[int]] | None = None,
) -> dict[str, int]:
    """Give a unit's open work, people, rights and duties to its successor.

    Parameters
    ----------
    only
        Ids by class, where only some of it goes (a split); duties then stay.

    Returns
    -------
    dict
        How many of each kind went.
    """
    place = place_of(successor)
    counts: dict[str, int] = {}
    for cls, which in GOES.items():
        if only is not None and cls not in only:
            continue
        statement = select(cls).where(cls.org_id == unit.id, which()).order_by(cls.id).with_for_update(of=cls)
        if only is not None:
            statement = statement.where(cls.id.in_(only[cls]))
        if cls is DispatchSheet:  # a successor that has its own sheet of the round keeps that one
            have = select(DispatchSheet.round_id).where(DispatchSheet.org_id == successor.id)
            statement = statement.where(DispatchSheet.round_id.not_in(have))
        rows = list(session.scalars(statement.execution_options(**_PAST_SCOPE)))
        for row in rows:
            if cls is RoleGrant and row.role in roles() and successor.level not in roles()[row.role].levels:
                session.admit(row, _WRITE).revoked_at = clock.now()  # a street's role means nothing in a district
                continue
            _give(session, row, unit, place)
            if cls is Task:
                row.level = successor.level
        counts[cls.KIND] = len(rows)
    if only is None or Person in only:
        _posts(session, unit, successor, None if only is None else only[Person])
    if only is None:
        counts["circle_duty"] = _pass_duties(session, unit, successor)
        counts["joint"] = _pass_joint(session, unit, successor)
        for team in _grid_teams(session, unit.id):
            team.organisation_id = successor.id
    _end_doubles(session, successor)
    session.flush()
    return {kind: count for kind, count in counts.items() if count}


def end_rights(session: OfficeSession, org_id: int) -> int:
    """End roles, posts and duties of a unit that ends without a successor; how many roles."""
    now = clock.now()
    grants = select(RoleGrant).where(RoleGrant.org_id == org_id, in_force(now))
    rows = list(session.scalars(grants.execution_options(**_PAST_SCOPE)))
    for grant in rows:
        session.admit(grant, _WRITE).revoked_at = now
    lent = select(Delegation).where(Delegation.org_id == org_id, _running_delegation())
    for delegation in session.scalars(lent.execution_options(**_PAST_SCOPE)):
        session.admit(delegation, _WRITE).ended_at = now
    for post in _open_posts(session, org_id):
        post.valid_to = last_day()
    for duty in _duties(session, org_id):
        duty.valid_to = last_day()
    return len(rows)


def _give(session: OfficeSession, row: Any, unit: Organisation, place: dict[str, Any]) -> None:
    session.admit(row, _WRITE)
    # What lies in an area of its own (a community's task of a district's bureau) stays there; what lay in the unit's
    # own area goes to the successor's.
    keep_area = row.area_code != unit.area_code
    for name, value in place.items():
        if not (keep_area and name in ("area_code", "area_path")):
            setattr(row, name, value)


def _open_posts(session: OfficeSession, org_id: int) -> list[Post]:
    today = clock.today()
    statement = select(Post).where(Post.organisation_id == org_id, or_(Post.valid_to.is_(None), Post.valid_to >= today))
    return list(session.scalars(statement))


def _posts(session: OfficeSession, unit: Organisation, successor: Organisation, people: set[int] | None) -> None:
    today = clock.today()
    for post in _open_posts(session, unit.id):
        if people is not None and post.person_id not in people:
            continue
        post.valid_to = last_day()
        session.add(
            Post(
                person_id=post.person_id,
                organisation_id=successor.id,
                title=post.title,
                is_main=post.is_main,
                is_contact=post.is_contact,
                valid_from=today,
            )
        )


def _duties(session: OfficeSession, org_id: int) -> list[CircleDuty]:
    statement = select(CircleDuty).where(
        CircleDuty.organisation_id == org_id,
        or_(CircleDuty.valid_to.is_(None), CircleDuty.valid_to >= clock.today()),
    )
    return list(session.scalars(statement))


def _pass_duties(session: OfficeSession, unit: Organisation, successor: Organisation) -> int:
    have = {(duty.programme_id, duty.circle, duty.duty) for duty in _duties(session, successor.id)}
    mine = _duties(session, unit.id)
    for duty in mine:
        duty.valid_to = last_day()
        if (duty.programme_id, duty.circle, duty.duty) not in have:
            session.add(
                CircleDuty(
                    programme_id=duty.programme_id,
                    circle=duty.circle,
                    organisation_id=successor.id,
                    duty=duty.duty,
                    valid_from=clock.today(),
                )
            )
    return len(mine)


def _joint(session: OfficeSession, org_id: int) -> list[TaskUnit]:
    open_tasks = select(Task.id).where(Task.state.not_in(final_states("task")))
    statement = select(TaskUnit).where(TaskUnit.organisation_id == org_id, TaskUnit.task_id.in_(open_tasks))
    return list(session.scalars(statement.execution_options(**_PAST_SCOPE)))


def _pass_joint(session: OfficeSession, unit: Organisation, successor: Organisation) -> int:
    mine = _joint(session, unit.id)
    have = {part.task_id for part in _joint(session, successor.id)}
    issued = select(Task).where(Task.issuer_id == unit.id, Task.state.not_in(final_states("task")))
    for task in session.scalars(issued.execution_options(**_PAST_SCOPE)):
        session.admit(task, _WRITE).issuer_id = successor.id
    for part in mine:
        if part.task_id in have:
            session.delete(part)
        else:
            part.organisation_id = successor.id
    return len(mine)


def _grid_teams(session: OfficeSession, org_id: int) -> list[GridTeam]:
    statement = select(GridTeam).where(
        GridTeam.organisation_id == org_id, or_(GridTeam.valid_to.is_(None), GridTeam.valid_to >= clock.today())
    )
    return list(session.scalars(statement))


def _end_doubles(session: OfficeSession, unit: Organisation) -> None:
    """Somebody who held one role in both units holds it once; of two main posts the first stays the main one."""
    session.flush()
    statement = (
        select(RoleGrant)
        .where(RoleGrant.org_id == unit.id, RoleGrant.delegation_id.is_(None), in_force())
        .order_by(RoleGrant.id)
    )
    seen: set[tuple[int, str, str]] = set()
    for grant in session.scalars(statement.execution_options(**_PAST_SCOPE)):
        key = (grant.person_id, grant.role, grant.area_code)
        if key in seen:
            session.admit(grant, _WRITE).revoked_at = clock.now()
        seen.add(key)
    posts: set[tuple[int, str]] = set()
    for post in sorted(_open_posts(session, unit.id), key=lambda each: each.id):
        if (post.person_id, post.title) in posts:
            session.delete(post)
        posts.add((post.person_id, post.title))
