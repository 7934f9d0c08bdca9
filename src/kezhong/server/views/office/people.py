"""People as values for the wire."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import or_, select

from kezhong import clock
from kezhong.office.access.permissions import Permission
from kezhong.office.access.roles import roles
from kezhong.office.access.scope import covers
from kezhong.office.identity import gates
from kezhong.office.identity.granting import delegations_of, in_force
from kezhong.office.identity.handover import in_hand
from kezhong.office.identity.people import person_values, posts_of
from kezhong.office.identity.settings import sign_in_settings
from kezhong.office.models import (
    Area,
    Credential,
    Delegation,
    ExternalIdentity,
    Organisation,
    Person,
    Post,
    RoleGrant,
)
from kezhong.office.office import Office
from kezhong.office.session import OfficeSession

#: What a button stands for, and the permission that it takes.
_ALLOWED = {
    "edit": Permission.WRITE_PEOPLE,
    "post": Permission.WRITE_PEOPLE,
    "reveal": Permission.REVEAL_PEOPLE,
    "grant": Permission.GRANT_ROLES,
    "hand-over": Permission.WRITE_PEOPLE,
    "password": Permission.WRITE_PEOPLE,
}


def items(session: OfficeSession, people: Sequence[Person]) -> list[dict[str, Any]]:
    """People in a list, with unit, main post and roles."""
    ids = [person.id for person in people]
    today = clock.today()
    units = _units(session, {person.org_id for person in people})
    posts = {
        post.person_id: post
        for post in session.scalars(
            select(Post)
            .where(Post.person_id.in_(ids), Post.valid_from <= today)
            .where(or_(Post.valid_to.is_(None), Post.valid_to >= today))
            .order_by(Post.is_main, Post.id.desc())
        )
    }
    held: dict[int, list[str]] = {}
    for grant in session.scalars(
        select(RoleGrant).where(RoleGrant.person_id.in_(ids), in_force()).order_by(RoleGrant.id)
    ):
        held.setdefault(grant.person_id, []).append(grant.role)
    return [_item(person, units, posts.get(person.id), held.get(person.id, [])) for person in people]


def person(session: OfficeSession, office: Office, row: Person) -> dict[str, Any]:
    """A person with posts and rights."""
    posts = posts_of(session, row.id)
    grants = list(
        session.scalars(
            select(RoleGrant)
            .where(RoleGrant.person_id == row.id, in_force())
            .order_by(RoleGrant.id)
            .execution_options(through_parent=True)
        )
    )
    units = _units(session, {post.organisation_id for post in posts} | {grant.org_id for grant in grants})
    areas = {
        area.code: area.name
        for area in session.scalars(select(Area).where(Area.code.in_([g.area_code for g in grants])))
    }
    credential = session.get(Credential, row.id)
    linked = session.scalar(select(ExternalIdentity.id).where(ExternalIdentity.person_id == row.id).limit(1))
    manages = covers(session.actor, Permission.WRITE_PEOPLE, row.area_path, row.org_path, row.department)
    key = gates.key_of(office, "account", row.username) if row.username and manages else None
    return {
        **items(session, [row])[0],
        "posts": [
            {
                "id": post.id,
                "unit": units[post.organisation_id],
                "title": post.title,
                "is_main": post.is_main,
                "is_contact": post.is_contact,
                "valid_from": post.valid_from,
                "valid_to": post.valid_to,
            }
            for post in posts
        ],
        "grants": [grant_out(grant, units, areas) for grant in grants],
        "left_on": row.left_on,
        "locked_until": gates.locked_until(office, key) if key else None,
        "totp": credential is not None and credential.totp_confirmed_at is not None,
        "linked": linked is not None,
        "allowed": allowed(session, row),
    }


def allowed(session: OfficeSession, row: Person) -> list[str]:
    """What the caller may do with a person now."""

    def may(permission: Permission) -> bool:
        return covers(session.actor, permission, row.area_path, row.org_path, row.department)

    if row.status == "erased":
        return []
    if row.status == "left":
        return ["erase"] if may(Permission.ERASE_PERSON) else []
    return [name for name, permission in _ALLOWED.items() if may(permission)]


def grant_out(grant: RoleGrant, units: dict[int, dict[str, Any]], areas: dict[str, str]) -> dict[str, Any]:
    """A role that somebody holds."""
    role = roles().get(grant.role)
    return {
        "id": grant.id,
        "role": grant.role,
        "zh": role.zh if role else grant.role,
        "en": role.en if role else grant.role,
        "unit": units[grant.org_id],
        "area_code": grant.area_code,
        "area": areas.get(grant.area_code, grant.area_code),
        "valid_from": grant.valid_from,
        "valid_to": grant.valid_to,
        "delegation_id": grant.delegation_id,
        "note": grant.note,
    }


def delegations(session: OfficeSession) -> dict[str, Any]:
    """The caller's delegations, both ways, and what could be lent."""
    found = delegations_of(session)
    me = session.actor.person_id
    lendable = [each.id for each in roles().values() if Permission.DELEGATE in each.permissions]
    own = list(
        session.scalars(
            select(RoleGrant)
            .where(
                RoleGrant.person_id == me, RoleGrant.delegation_id.is_(None), RoleGrant.role.in_(lendable), in_force()
            )
            .order_by(RoleGrant.id)
            .execution_options(through_parent=True)
        )
    )
    units = _units(session, {row.org_id for row in found} | {row.org_id for row in own})
    people = {one for row in found for one in (row.from_person_id, row.to_person_id)}
    names: dict[int, str] = {
        row[0]: row[1]
        for row in session.execute(
            select(Person.id, Person.name).where(Person.id.in_(people)).execution_options(through_parent=True)
        )
    }
    role_of: dict[int, str] = {
        row[0]: row[1]
        for row in session.execute(
            select(RoleGrant.id, RoleGrant.role)
            .where(RoleGrant.id.in_([row.grant_id for row in found]))
            .execution_options(through_parent=True)
        )
    }
    return {
        "items": [_delegation(row, me, units, names, role_of.get(row.grant_id, "")) for row in found],
        "lendable": [{"id": row.id, "role": row.role, **_words(row.role), "unit": units[row.org_id]} for row in own],
        "longest_days": sign_in_settings().delegation_longest.days,
    }


def held(session: OfficeSession, row: Person) -> dict[str, Any]:
    """What a hand-over would move, and who of the unit could take it."""
    today = clock.today()
    colleagues = select(Post.person_id).where(
        Post.organisation_id == row.org_id,
        Post.valid_from <= today,
        or_(Post.valid_to.is_(None), Post.valid_to >= today),
    )
    statement = (
        select(Person)
        .where(or_(Person.org_id == row.org_id, Person.id.in_(colleagues)), Person.id != row.id)
        .where(Person.status == "active")
        .order_by(Person.id)
        .limit(200)
    )
    people = session.rows(statement, Permission.WRITE_PEOPLE)
    return {
        "counts": in_hand(session, row.id),
        "successors": [{"id": one.id, "name": one.name} for one in people],
    }


def _item(row: Person, units: dict[int, dict[str, Any]], post: Post | None, held_roles: list[str]) -> dict[str, Any]:
    return {
        "id": row.id,
        "version": row.version,
        "kind": "person",
        "name": row.name,
        "username": row.username,
        **person_values(row, clear=False),
        "status": row.status,
        "demo": row.demo,
        "unit": units[row.org_id],
        "title": post.title if post is not None else "",
        "is_contact": post is not None and post.is_contact,
        "roles": held_roles,
    }


def _delegation(
    row: Delegation, me: int | None, units: dict[int, dict[str, Any]], names: dict[int, str], role: str
) -> dict[str, Any]:
    return {
        "id": row.id,
        "kind": "delegation",
        "role": role,
        **_words(role),
        "unit": units[row.org_id],
        "giver": names.get(row.from_person_id, ""),
        "receiver": names.get(row.to_person_id, ""),
        "mine": row.from_person_id == me,
        "starts_at": row.starts_at,
        "ends_at": row.ends_at,
        "ended_at": row.ended_at,
        "running": row.ended_at is None and row.starts_at <= clock.now() < row.ends_at,
        "reason": row.reason,
    }


def _words(role_id: str) -> dict[str, str]:
    role = roles().get(role_id)
    return {"zh": role.zh if role else role_id, "en": role.en if role else role_id}


def _units(session: OfficeSession, ids: set[int]) -> dict[int, dict[str, Any]]:
    statement = select(Organisation.id, Organisation.name).where(Organisation.id.in_(ids))
    return {key: {"id": key, "name": name} for key, name in session.execute(statement)}
