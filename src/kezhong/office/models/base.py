"""What every table of the office is built on: naming, time, versions, and the two declarations no table escapes.

Each mapped class says who may see its rows (:class:`Scoped`, :class:`ChildOf` or :class:`Reference`) and what of it
goes into the audit (``AUDITED``, ``PERSONAL``). A test walks all tables and refuses one that says neither.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, ClassVar

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Identity,
    Integer,
    MetaData,
    Select,
    Table,
    Text,
    TypeDecorator,
    func,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column
from sqlalchemy.orm.mapper import Mapper

from kezhong import clock
from kezhong.office.access.permissions import Permission

NAMING = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Instant(TypeDecorator[datetime]):
    """A moment: aware in Python, stored in UTC. A naive one is refused, since it could mean two moments."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse what has no zone."""
        if value is not None and value.tzinfo is None:
            msg = f"{value!r} has no time zone"
            raise ValueError(msg)
        return value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """In UTC, whatever the connection's zone."""
        return None if value is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """All tables of the office."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        int: BigInteger,
        str: Text,
        datetime: Instant,
        date: Date,
        dict[str, Any]: JSONB,
        list[str]: ARRAY(Text),
        list[int]: ARRAY(BigInteger),
        list[dict[str, Any]]: JSONB,
    }

    #: Whether changes of rows are written into the audit; False needs a reason beside it.
    AUDITED: ClassVar[bool] = True
    #: Columns with personal data: the audit holds keyed digests of them, exports mask them.
    PERSONAL: ClassVar[frozenset[str]] = frozenset()
    #: Columns that are never written anywhere else, not even as digests.
    SECRET: ClassVar[frozenset[str]] = frozenset()
    #: Name of the class on the wire and in the audit.
    KIND: ClassVar[str] = ""


class Identified:
    """A number for a key."""

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)


class Stamped:
    """When a row came and when it last changed."""

    created_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    updated_at: Mapped[datetime] = mapped_column(Instant, default=clock.now, onupdate=clock.now)


class Versioned:
    """A row that people edit: a second writer with an older version is told, and overwrites nothing."""

    version: Mapped[int] = mapped_column(Integer, nullable=False)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:  # noqa: N805
        """SQLAlchemy counts the version and checks it in every UPDATE."""
        return {"version_id_col": cls.__table__.c.version if hasattr(cls, "__table__") else cls.version}


class Scoped:
    """A row that lies in an area and belongs to an organisation: seen only by whom these let.

    ``area_path`` and ``org_path`` are copies of the paths of the area and of the organisation (its *lead*), so that a
    scope is one prefix in the query. ``department`` is the line (条线) of that organisation, if it has one.
    """

    #: What a caller needs to see rows at all.
    READ: ClassVar[Permission]

    area_code: Mapped[str] = mapped_column(Text, ForeignKey("area.code"))
    area_path: Mapped[str] = mapped_column(Text, index=True)
    org_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"), index=True)
    org_path: Mapped[str] = mapped_column(Text, index=True)
    department: Mapped[str | None] = mapped_column(Text)

    @classmethod
    def involves(cls, org_path: str) -> list[Any]:
        """Further criteria under which an organisation has part in a row, besides being its lead: it may read it, and
        do to it what its permissions let it do."""
        return []

    @classmethod
    def shown_to(cls, org_path: str) -> list[Any]:
        """Further criteria under which an organisation may *read* a row; they never let it write one."""
        return []

    @classmethod
    def owned_by(cls, person_id: int) -> list[Any]:
        """Criteria under which a row is a person's own."""
        return []


class ChildOf:
    """A row that is seen with its parent, and only then."""

    #: Class of the parent and the column of this class that points to it.
    PARENT: ClassVar[str]
    PARENT_KEY: ClassVar[str]


class Reference:
    """A row that anybody signed in may see (stages, areas, organisations), or that only services read.

    ``WHY`` says why no scope applies.
    """

    WHY: ClassVar[str]


def one_of(column: Any, keys: Select[Any]) -> ColumnElement[bool]:
    """Whether a column holds one of the keys that ``keys`` finds, as ``= ANY (ARRAY(…))``.

    Between alternatives of a scope it must not be ``IN (…)``: PostgreSQL makes a filter of that and reads the whole
    table, but combines the indexes of all alternatives where the keys are worked out first.
    """
    condition: ColumnElement[bool] = column == func.any(func.array(keys.scalar_subquery()))
    return condition


def table_of(cls: type[Base]) -> Table:
    """The table under a class, for statements that are no business of the session's."""
    table = cls.__table__
    assert isinstance(table, Table)  # noqa: S101  (no class of ours is mapped to a join)
    return table


def kind_of(row: object) -> str:
    """Name of a row's class on the wire and in the audit."""
    return getattr(row, "KIND", "") or type(row).__name__.lower()


def all_mappers() -> list[Mapper[Any]]:
    """Every mapped class."""
    return sorted(Base.registry.mappers, key=lambda mapper: mapper.class_.__name__)
