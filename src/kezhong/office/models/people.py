"""People, their posts, their rights, and how they prove who they are."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, LargeBinary, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kezhong.office.access.permissions import Permission
from kezhong.office.models.base import Base, Identified, Reference, Scoped, Stamped, Versioned


class Person(Identified, Versioned, Stamped, Scoped, Base):
    """Somebody who works in the programme. The scope is that of the main post.

    An erased person keeps the row and loses name and contact; the audit's digests can then no longer be matched,
    since ``digest_key`` goes with them.
    """

    __tablename__ = "person"
    __table_args__ = (UniqueConstraint("username"),)
    KIND = "person"
    READ = Permission.READ_PEOPLE
    PERSONAL = frozenset({"name", "phone", "email", "username"})
    SECRET = frozenset({"digest_key"})

    username: Mapped[str | None]
    name: Mapped[str]
    phone: Mapped[str | None]
    email: Mapped[str | None]
    status: Mapped[str] = mapped_column(default="active")  # active, left, locked, erased
    demo: Mapped[bool] = mapped_column(default=False)  # may enter without a password, from this machine only
    digest_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    left_on: Mapped[date | None]

    @classmethod
    def owned_by(cls, person_id: int) -> list[Any]:
        """Oneself."""
        return [cls.id == person_id]


class Post(Identified, Stamped, Reference, Base):
    """A post (岗位) a person holds in an organisation."""

    __tablename__ = "post"
    KIND = "post"
    WHY = "who holds which post is known inside the programme; names come with the person, in scope"

    person_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("person.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"), index=True)
    title: Mapped[str]
    is_main: Mapped[bool] = mapped_column(default=True)
    is_contact: Mapped[bool] = mapped_column(default=False)  # 联络员: who is told first
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]


class RoleGrant(Identified, Stamped, Scoped, Base):
    """A role that a person holds for an organisation, in an area, from a moment to a moment.

    ``delegation_id`` marks a right that was lent; it ends with the delegation, and with the right it came from.
    """

    __tablename__ = "role_grant"
    KIND = "role_grant"
    READ = Permission.READ_PEOPLE

    person_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("person.id"), index=True)
    role: Mapped[str]
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    granted_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("person.id"))
    delegation_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("delegation.id", use_alter=True), index=True
    )
    note: Mapped[str | None]


class Delegation(Identified, Stamped, Scoped, Base):
    """One's own role lent to a deputy until a moment; never longer, never further than one's own."""

    __tablename__ = "delegation"
    __table_args__ = (CheckConstraint("ends_at > starts_at", name="order"),)
    KIND = "delegation"
    READ = Permission.READ_PEOPLE

    grant_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("role_grant.id"))
    from_person_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("person.id"), index=True)
    to_person_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("person.id"), index=True)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]  # ended early
    reason: Mapped[str]


class Handover(Identified, Stamped, Scoped, Base):
    """What a person who leaves or moves hands to a successor: tasks, pilots, sheets; one row a hand-over."""

    __tablename__ = "handover"
    KIND = "handover"
    READ = Permission.READ_PEOPLE

    from_person_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("person.id"))
    to_person_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("person.id"))
    counts: Mapped[dict[str, Any]]
    note: Mapped[str | None]


class Credential(Versioned, Stamped, Reference, Base):
    """Password and second factor of a person; read by sign-in only."""

    __tablename__ = "credential"
    KIND = "credential"
    WHY = "read by sign-in only, by person"
    SECRET = frozenset({"password_hash", "totp_secret", "recovery_hashes"})

    person_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("person.id"), primary_key=True)
    password_hash: Mapped[str | None]  # Argon2id
    must_change: Mapped[bool] = mapped_column(default=False)
    changed_at: Mapped[datetime | None]
    totp_secret: Mapped[bytes | None] = mapped_column(LargeBinary)  # sealed with KEZHONG_SECRET_KEY
    totp_confirmed_at: Mapped[datetime | None]
    totp_last_step: Mapped[int | None]  # a code counts once
    recovery_hashes: Mapped[list[str]] = mapped_column(default=list)


class SignInGate(Reference, Base):
    """Failures in a row of a name that was typed at sign-in, whether somebody has that name or not."""

    __tablename__ = "sign_in_gate"
    KIND = "sign_in_gate"
    WHY = "read by sign-in only; keys are digests"
    AUDITED: ClassVar[bool] = False  # failures and lock-outs are audited as actions

    key: Mapped[str] = mapped_column(Text, primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)
    last_at: Mapped[datetime]
    locked_until: Mapped[datetime | None]


class ExternalIdentity(Identified, Stamped, Reference, Base):
    """A person as an OpenID Connect provider knows them."""

    __tablename__ = "external_identity"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)
    KIND = "external_identity"
    WHY = "read by sign-in only"
    PERSONAL = frozenset({"subject"})

    person_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("person.id"), index=True)
    issuer: Mapped[str]
    subject: Mapped[str]


class SignInSession(Identified, Reference, Base):
    """A signed-in browser. The cookie's value is stored as a digest only."""

    __tablename__ = "sign_in_session"
    KIND = "sign_in_session"
    WHY = "read by sign-in only; a person sees their own"
    AUDITED: ClassVar[bool] = False  # sign-in and sign-out are audited as actions
    SECRET = frozenset({"token_digest"})

    token_digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    person_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("person.id"), index=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    method: Mapped[str]  # password, totp, oidc, demo
    user_agent: Mapped[str] = mapped_column(default="")
    origin: Mapped[str | None]


class ApiToken(Identified, Stamped, Reference, Base):
    """A key for programs, with a narrower right than its owner's and an end."""

    __tablename__ = "api_token"
    KIND = "api_token"
    WHY = "read by sign-in; a person sees their own"
    PERSONAL = frozenset({"name"})  # free text of the owner's
    SECRET = frozenset({"token_digest"})

    person_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("person.id"), index=True)
    name: Mapped[str]
    token_digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    hint: Mapped[str]  # its last four characters
    permissions: Mapped[list[str]]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class RateWindow(Reference, Base):
    """Attempts counted by key (address, account) in a window of time."""

    __tablename__ = "rate_window"
    KIND = "rate_window"
    WHY = "read by the server only; keys are digests"
    AUDITED: ClassVar[bool] = False  # counts, not facts

    key: Mapped[str] = mapped_column(Text, primary_key=True)
    window_start: Mapped[datetime] = mapped_column(primary_key=True)
    count: Mapped[int] = mapped_column(default=0)
