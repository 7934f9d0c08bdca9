"""When a person leaves: what they had in hand goes to a successor of the same unit, in one transaction."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, or_, select

from kezhong import clock
from kezhong.errors import ConflictError, InputError
from kezhong.office.access.permissions import Permission
from kezhong.office.identity.granting import (
    check_reach,
    end_delegations_to,
    end_grant,
    in_force,
    keep_an_administrator,
)
from kezhong.office.identity.people import posts_of
from kezhong.office.identity.places import last_day
from kezhong.office.identity.sessions import end_sessions
from kezhong.office.machines import get_machine
from kezhong.office.models import (
    ApiToken,
    Credential,
    DispatchSheet,
    ExternalIdentity,
    GridTeamMember,
    Handover,
    Idempotency,
    Notice,
    Organisation,
    Person,
    Pilot,
    Post,
    RoleGrant,
    SavedView,
    SignInSession,
    Task,
    table_of,
)
from kezhong.office.session import OfficeSession

_WRITE = Permission.WRITE_PEOPLE
_PAST_SCOPE = {"through_parent": True}


def final_states(machine: str) -> list[str]:
    """States from which nothing more is to be done, not even a measurement."""
    return [state.id for state in get_machine(machine).states.values() if state.terminal]


def in_hand(session: OfficeSession, person_id: int) -> dict[str, int]:
    """What a hand-over would move; for the page that asks for it."""
    counts = {name: len(rows) for name, rows in _held(session, person_id).items()}
    counts["posts"] = len(posts_of(session, person_id, clock.today()))
    counts["grants"] = len(_own_grants(session, person_id))
    return counts


def hand_over(session: OfficeSession, person_id: int, to_person_id: int, note: str = "") -> Handover:
    """Let a person leave, and a successor of the same unit take over.

    Tasks assigned, pilots they are responsible for, sheets being filled in, posts of the unit and places in grid teams
    go to the successor. Roles are not handed over: they end, like everything lent to or by the person, their sessions
    and their tokens; whoever gives roles gives them to the successor.

    Raises
    ------
    InputError
        The successor is not of the same unit.
    ConflictError
        One of the two has left, or the person is the last who could give roles.
    PermissionDeniedError
        The person holds a role beyond the caller's reach, which would end by this.
    """
    person = session.one(Person, person_id, _WRITE, lock=True)
    successor = session.one(Person, to_person_id, _WRITE, lock=True)
    today = clock.today()
    for each in (person, successor):
        if each.status != "active":
            raise ConflictError("people.not_active", value=each.name or "–")
    check_reach(session, person)
    theirs = {post.organisation_id for post in posts_of(session, to_person_id, today)}
    if person_id == to_person_id or person.org_id not in theirs | {successor.org_id}:
        raise InputError("people.not_same_unit", value=successor.name)
    keep_an_administrator(session, but_person=person_id)
    with session.because("person.handed-over", note):
        counts: dict[str, Any] = {}
        for name, rows in _held(session, person_id).items():
            counts[name] = len(rows)
            for row, column in rows:
                setattr(session.admit(row, _WRITE), column, to_person_id)
        counts["posts"] = _posts(session, person_id, to_person_id)
        counts["teams"] = _teams(session, person_id, to_person_id)
        grants = _own_grants(session, person_id)
        counts["grants"] = len(grants)
        for grant in grants:
            end_grant(session, grant, _WRITE)
        counts["delegations"] = end_delegations_to(session, person_id, _WRITE)
        counts["tokens"] = end_tokens(session, person_id)
        person.status = "left"
        person.left_on = today
        counts["sessions"] = end_sessions(session, person_id)
        place = {name: getattr(person, name) for name in ("area_code", "area_path", "org_id", "org_path", "department")}
        row = Handover(from_person_id=person_id, to_person_id=to_person_id, counts=counts, note=note or None, **place)
        session.create(row, _WRITE)
    return row


def erase(session: OfficeSession, person_id: int, reason: str) -> Person:
    """Remove name and contact data of somebody who left, and the key of their digests.

    The row stays, and with it whatever refers to it; the chain of the audit stays whole, since it holds digests only,
    which nobody can match any more.

    Raises
    ------
    ConflictError
        They have not left: hand over first.
    """
    person = session.one(Person, person_id, Permission.ERASE_PERSON, lock=True)
    if person.status != "left":
        raise ConflictError("people.not_left" if person.status == "active" else "people.erased", value=person.name)
    name = person.name
    with session.because("person.erased", reason):
        person.status = "erased"
        person.digest_key = None
        person.name = ""
        person.username = person.phone = person.email = None
        for cls in (Credential, ExternalIdentity):
            for row in session.scalars(select(cls).where(cls.person_id == person_id)):
                session.delete(row)
        for token in session.scalars(select(ApiToken).where(ApiToken.person_id == person_id)):
            token.name = token.hint = ""
    # Answers kept for repeated requests may hold the name; the rest is theirs alone.
    session.execute(delete(Idempotency).where(Idempotency.body.contains(name, autoescape=True)))
    for table in (table_of(SignInSession), table_of(Notice), table_of(SavedView)):
        session.execute(delete(table).where(table.c.person_id == person_id))
    return person


def _held(session: OfficeSession, person_id: int) -> dict[str, list[tuple[Any, str]]]:
    """Open things in a person's hand, read through the person: they may lie in any area."""
    found: dict[str, list[tuple[Any, str]]] = {}
    for name, cls, column, machine in (
        ("tasks", Task, "assignee_id", "task"),
        ("pilots", Pilot, "responsible_id", "pilot"),
        ("sheets", DispatchSheet, "filled_by", "dispatch"),
    ):
        statement = (
            select(cls)
            .where(getattr(cls, column) == person_id, cls.state.not_in(final_states(machine)))
            .order_by(cls.id)
            .with_for_update(of=cls)
            .execution_options(populate_existing=True, **_PAST_SCOPE)
        )
        found[name] = [(row, column) for row in session.scalars(statement)]
    return found


def _own_grants(session: OfficeSession, person_id: int) -> list[RoleGrant]:
    statement = select(RoleGrant).where(RoleGrant.person_id == person_id, RoleGrant.delegation_id.is_(None), in_force())
    return list(session.scalars(statement.execution_options(**_PAST_SCOPE)))


def _posts(session: OfficeSession, person_id: int, to_person_id: int) -> int:
    today = clock.today()
    mine = posts_of(session, person_id, today)
    theirs = {post.organisation_id: post for post in posts_of(session, to_person_id, today)}
    for post in mine:
        post.valid_to = last_day()
        have = theirs.get(post.organisation_id)
        if have is not None:
            have.is_contact = have.is_contact or post.is_contact
        elif session.get_one(Organisation, post.organisation_id).valid_to is None:
            session.add(
                Post(
                    person_id=to_person_id,
                    organisation_id=post.organisation_id,
                    title=post.title,
                    is_main=False,
                    is_contact=post.is_contact,
                    valid_from=today,
                )
            )
    return len(mine)


def _teams(session: OfficeSession, person_id: int, to_person_id: int) -> int:
    today = clock.today()
    running = or_(GridTeamMember.valid_to.is_(None), GridTeamMember.valid_to >= today)
    mine = list(session.scalars(select(GridTeamMember).where(GridTeamMember.person_id == person_id, running)))
    for member in mine:
        member.valid_to = last_day()
        same = (GridTeamMember.team_id == member.team_id, GridTeamMember.post == member.post)
        have = session.scalar(select(GridTeamMember).where(GridTeamMember.person_id == to_person_id, *same))
        if have is not None:
            have.valid_to = None
        else:
            session.add(
                GridTeamMember(team_id=member.team_id, person_id=to_person_id, post=member.post, valid_from=today)
            )
    return len(mine)


def end_tokens(session: OfficeSession, person_id: int) -> int:
    """Revoke all tokens of a person; how many there were."""
    tokens = list(
        session.scalars(select(ApiToken).where(ApiToken.person_id == person_id, ApiToken.revoked_at.is_(None)))
    )
    for token in tokens:
        token.revoked_at = clock.now()
    return len(tokens)
