"""The chain of changes: append-only, each entry bound to the one before by its hash."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from kezhong.office.access.permissions import Permission
from kezhong.office.models.base import Base, Reference


class AuditEntry(Base):
    """One change, or one reading of personal data.

    ``before`` and ``after`` are canonical JSON of the columns that changed; personal values are keyed digests.
    ``origin_digest`` is the caller's address as a keyed digest. ``hash`` covers every column but itself.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_object", "object_kind", "object_id", "seq"),
        Index("ix_audit_entry_actor", "actor_id", "seq"),
        Index("ix_audit_entry_area_path", "area_path", "seq", postgresql_ops={"area_path": "text_pattern_ops"}),
        Index("ix_audit_entry_at", "at"),
    )
    KIND = "audit_entry"
    AUDITED: ClassVar[bool] = False  # it is the audit
    READ = Permission.READ_AUDIT

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    actor_id: Mapped[int | None]
    actor: Mapped[str]  # 'person', 'token' or the system's name: never a personal name
    action: Mapped[str]
    object_kind: Mapped[str]
    object_id: Mapped[str]
    area_path: Mapped[str]
    org_path: Mapped[str]
    before: Mapped[str]
    after: Mapped[str]
    reason: Mapped[str]
    request_id: Mapped[str]
    origin_digest: Mapped[str]
    previous: Mapped[bytes] = mapped_column(LargeBinary)
    hash: Mapped[bytes] = mapped_column(LargeBinary)


class AuditHead(Reference, Base):
    """The last entry of the chain; the one row whose lock orders all writers."""

    __tablename__ = "audit_head"
    __table_args__ = (CheckConstraint("id = 1", name="one"),)
    KIND = "audit_head"
    WHY = "read by the chain only"
    AUDITED: ClassVar[bool] = False

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    seq: Mapped[int]
    hash: Mapped[bytes] = mapped_column(LargeBinary)


class AuditAnchor(Reference, Base):
    """A head that was signed and written outside the database; the copy in here only helps to list them."""

    __tablename__ = "audit_anchor"
    KIND = "audit_anchor"
    WHY = "holds nothing but hashes"
    AUDITED: ClassVar[bool] = False  # the file outside is what counts

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    signature: Mapped[str] = mapped_column(Text)
    key_id: Mapped[str]
