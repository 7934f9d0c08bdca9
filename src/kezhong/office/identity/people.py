"""People and their posts: listed in scope, contact data masked unless asked for, changed under ``people:write``."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_, select, tuple_

from kezhong import clock
from kezhong.errors import ConflictError, InputError, NotFoundError, PermissionDeniedError
from kezhong.office.access.permissions import Permission
from kezhong.office.identity import accounts, gates
from kezhong.office.identity.granting import check_reach, in_force
from kezhong.office.identity.places import last_day, place_of, unit_in_force
from kezhong.office.identity.sessions import end_sessions
from kezhong.office.identity.sign_in import username_of
from kezhong.office.models import ExternalIdentity, Organisation, Person, Post, RoleGrant
from kezhong.office.office import Office
from kezhong.office.session import OfficeSession
from kezhong.office.typed import by_name

_USERNAME = re.compile(r"^[\w][\w.-]{1,39}$")
_PHONE = re.compile(r"^\+?\d[\d -]{4,18}\d$")
_EMAIL = re.compile(r"^[^@\s]+@[^@\s]+\.[^@\s]+$")
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass(frozen=True, slots=True)
class PersonData:
    """What is entered of a person."""

    name: str
    username: str | None = None
    phone: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class PeopleFilter:
    """What the list of people is narrowed to."""

    q: str = ""
    org_id: int | None = None
    below: bool = True
    role: str | None = None
    status: str | None = None


def mask_phone(phone: str | None) -> str | None:
    """138****0000; of a short one nothing but its length remains."""
    if not phone:
        return phone
    return phone[:3] + "****" + phone[-4:] if len(phone) >= 11 else "*" * len(phone)


def mask_email(email: str | None) -> str | None:
    """z***@example.org."""
    if not email:
        return email
    name, _, host = email.partition("@")
    return f"{name[:1]}***@{host}"


def list_people(
    session: OfficeSession, wanted: PeopleFilter, limit: int, after: tuple[str, int] | None
) -> list[Person]:
    """People in scope, unit by unit; ``limit + 1`` of them, so that the caller sees whether there are more."""
    statement = select(Person).order_by(Person.org_path, Person.id).limit(limit + 1)
    conditions: list[ColumnElement[bool]] = []
    if wanted.q:
        text = wanted.q.strip()
        conditions.append(
            or_(
                Person.name.contains(text, autoescape=True),
                Person.username.startswith(text.casefold(), autoescape=True),
                Person.id.in_(by_name(session, select(Person.id, Person.name), text)),
            )
        )
    if wanted.org_id is not None:
        unit = session.get(Organisation, wanted.org_id)
        path = unit.path if unit is not None else "-"
        conditions.append(
            Person.org_path.startswith(path, autoescape=True) if wanted.below else Person.org_id == wanted.org_id
        )
    if wanted.role:
        conditions.append(
            exists().where(and_(RoleGrant.person_id == Person.id, RoleGrant.role == wanted.role, in_force()))
        )
    # Who was erased has nothing left to list.
    conditions.append(Person.status == wanted.status if wanted.status else Person.status != "erased")
    if after is not None:
        conditions.append(tuple_(Person.org_path, Person.id) > after)
    return session.rows(statement.where(*conditions))


def create_person(
    session: OfficeSession,
    data: PersonData,
    org_id: int,
    title: str,
    *,
    is_contact: bool = False,
    valid_from: date | None = None,
) -> Person:
    """Enter a person with the main post.

    Raises
    ------
    InputError
        Name, user name, phone or e-mail is not as required.
    ConflictError
        The user name is taken.
    """
    unit = unit_in_force(session, org_id)
    person = Person(digest_key=secrets.token_bytes(32), **_values(session, data, None), **place_of(unit))
    with session.because("person.created"):
        session.create(person, Permission.WRITE_PEOPLE)
        session.flush()
        session.add(
            Post(
                person_id=person.id,
                organisation_id=unit.id,
                title=_title(title),
                is_main=True,
                is_contact=is_contact,
                valid_from=valid_from or clock.today(),
            )
        )
    return person


def update_person(session: OfficeSession, person_id: int, version: int, data: PersonData) -> Person:
    """Change name, user name and contact data; a value left out stays as it is, an empty one is removed.

    Raises
    ------
    ChangedMeanwhileError
        Somebody else changed the person first.
    PermissionDeniedError
        User name or e-mail, of somebody whose roles reach further than the caller.
    """
    person = session.one(Person, person_id, Permission.WRITE_PEOPLE, version=version, lock=True)
    _still_here(person)
    values = _values(session, data, person)
    # People sign in by their user name, and where the city's directory is asked perhaps by their e-mail.
    if any(values[name] != getattr(person, name) for name in ("username", "email")):
        check_reach(session, person)
        if person_id == session.actor.person_id:
            accounts.refuse_token(session)
    with session.because("person.changed"):
        for name, value in values.items():
            setattr(person, name, value)
    return person


def _values(session: OfficeSession, data: PersonData, person: Person | None) -> dict[str, str | None]:
    def kept(name: str) -> str | None:
        value: str | None = getattr(data, name)
        if value is None:
            return getattr(person, name) if person is not None else None
        return value.strip() or None

    values = {name: kept(name) for name in ("name", "username", "phone", "email")}
    if not values["name"] or len(values["name"]) > 60:
        raise InputError("people.bad_name", value=values["name"] or "–")
    if values["username"]:
        values["username"] = username_of(values["username"])
    for name, pattern in (("username", _USERNAME), ("phone", _PHONE), ("email", _EMAIL)):
        value = values[name]
        if value and (not pattern.match(value) or len(value) > 120):
            raise InputError(f"people.bad_{name}", value=value)
    username = values["username"]
    if username and (person is None or username != person.username):
        taken = select(Person.id).where(Person.username == username).execution_options(through_parent=True)
        if session.scalar(taken) is not None:
            raise ConflictError("people.username_taken", value=username)
    return values


def add_post(session: OfficeSession, person_id: int, org_id: int, title: str, *, main: bool, is_contact: bool) -> Post:
    """Give a person a further post, or another main post: the person's place moves with that one."""
    person = session.one(Person, person_id, Permission.WRITE_PEOPLE, lock=True)
    _still_here(person)
    unit = unit_in_force(session, org_id)
    today = clock.today()
    with session.because("post.added"):
        if main:
            for post in posts_of(session, person_id, today):
                post.is_main = False
            for name, value in place_of(unit).items():
                setattr(person, name, value)
        post = Post(
            person_id=person_id,
            organisation_id=org_id,
            title=_title(title),
            is_main=main,
            is_contact=is_contact,
            valid_from=today,
        )
        session.add(post)
    return post


def end_post(session: OfficeSession, person_id: int, post_id: int) -> None:
    """End a post that is not the main one.

    Raises
    ------
    ConflictError
        It is the main post: give another one first, or hand over.
    """
    session.one(Person, person_id, Permission.WRITE_PEOPLE)
    post = session.scalar(select(Post).where(Post.id == post_id, Post.person_id == person_id))
    if post is None:
        raise NotFoundError("office.no_such", kind="post", value=post_id)
    if post.is_main:
        raise ConflictError("people.main_post")
    with session.because("post.ended"):
        post.valid_to = last_day()


def posts_of(session: OfficeSession, person_id: int, day: date | None = None) -> list[Post]:
    """Posts of a person who was found in scope; those of a day, or all."""
    statement = select(Post).where(Post.person_id == person_id).order_by(Post.is_main.desc(), Post.id)
    if day is not None:
        statement = statement.where(Post.valid_from <= day, or_(Post.valid_to.is_(None), Post.valid_to >= day))
    return list(session.scalars(statement))


def reveal(session: OfficeSession, person_id: int, reason: str) -> Person:
    """A person's contact data in clear; the reading is noted in the audit."""
    person = session.one(Person, person_id, Permission.REVEAL_PEOPLE)
    session.audit.reason = reason
    session.audit.note(
        "personal.read",
        "person",
        person_id,
        area_path=person.area_path,
        org_path=person.org_path,
        fields=["phone", "email"],
    )
    return person


def may_secure(session: OfficeSession, person_id: int) -> Person:
    """A person whose way of signing in the caller may change: whoever does that could sign in as them.

    Raises
    ------
    NotFoundError, ConflictError
        Not in scope, or gone.
    PermissionDeniedError
        Called by an API token, about oneself (that is done with one's own password), or about somebody whose roles
        reach further than the caller.
    """
    accounts.refuse_token(session)
    person = session.one(Person, person_id, Permission.WRITE_PEOPLE, lock=True)
    _still_here(person)
    if person_id == session.actor.person_id:
        raise PermissionDeniedError("people.own_account")
    check_reach(session, person)
    return person


def reset_password(session: OfficeSession, person_id: int) -> str:
    """A new password for a person, to be changed at the next sign-in; sessions of the person end.

    The second factor stays: who lost that, too, has it switched off expressly. Raises as :func:`may_secure`.
    """
    may_secure(session, person_id)
    fresh = "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))
    with session.because("password.reset"):
        accounts.set_password(session, person_id, fresh, must_change=True)
    end_sessions(session, person_id)
    return fresh


def unlock(session: OfficeSession, office: Office, person_id: int) -> None:
    """Let a name that failed too often try again at once."""
    person = session.one(Person, person_id, Permission.WRITE_PEOPLE)
    if person.username:
        gates.passed(office, gates.key_of(office, "account", person.username))
        session.audit.note(
            "sign-in.unlocked", "person", person_id, area_path=person.area_path, org_path=person.org_path
        )


def link_identity(session: OfficeSession, person_id: int, issuer: str, subject: str) -> None:
    """Let a person sign in as who the city's own directory says they are.

    Raises
    ------
    ConflictError
        The account there belongs to somebody else here.
    PermissionDeniedError
        As :func:`may_secure`.
    """
    may_secure(session, person_id)
    have = session.scalar(
        select(ExternalIdentity).where(ExternalIdentity.issuer == issuer, ExternalIdentity.subject == subject)
    )
    if have is not None and have.person_id != person_id:
        raise ConflictError("people.identity_taken")
    if have is None:
        with session.because("identity.linked"):
            session.add(ExternalIdentity(person_id=person_id, issuer=issuer, subject=subject))


def _title(title: str) -> str:
    text = title.strip()
    if not text or len(text) > 60:
        raise InputError("people.bad_title", value=text or "–")
    return text


def _still_here(person: Person) -> None:
    if person.status in ("left", "erased"):
        raise ConflictError("people.not_active", value=person.name or "–")


def person_values(person: Person, *, clear: bool) -> dict[str, Any]:
    """Contact data for the wire: masked unless it was asked for in clear."""
    return {
        "phone": person.phone if clear else mask_phone(person.phone),
        "email": person.email if clear else mask_email(person.email),
    }
