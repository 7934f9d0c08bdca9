"""Areas and organisations: two trees, and the grid teams."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from kezhong.office.models.base import Base, Identified, Reference, Stamped, Versioned

LEVELS = ("city", "district", "street", "community")


class Area(Reference, Base):
    """An area of the city folder's tree, or a life circle (level ``life_circle``); copied when the office is synced.

    ``path`` is ``city/district/street/community/``; that of a life circle ends with its own code below the smallest
    area that holds all its communities.
    """

    __tablename__ = "area"
    __table_args__ = (Index("ix_area_path_prefix", "path", postgresql_ops={"path": "text_pattern_ops"}),)
    KIND = "area"
    WHY = "names of areas are public"
    AUDITED = False  # a copy; the city folder has its history

    code: Mapped[str] = mapped_column(Text, primary_key=True)
    name: Mapped[str]
    level: Mapped[str]
    parent_code: Mapped[str | None] = mapped_column(Text, ForeignKey("area.code"))
    path: Mapped[str]
    full_name: Mapped[str]
    built_up: Mapped[bool | None]  # whether it belongs to the built-up area (城区); null: not known
    people: Mapped[float | None]  # residents by the newest snapshot
    members: Mapped[list[str]] = mapped_column(default=list)  # communities of a life circle
    valid_to: Mapped[date | None]
    lon: Mapped[float | None]  # a point inside, for maps
    lat: Mapped[float | None]


class Organisation(Identified, Versioned, Stamped, Reference, Base):
    """A unit as it is now; :class:`OrganisationVersion` has what it was.

    ``kind``: leading_group, office, government, department, street_office, community_committee, grid_team, company,
    association. ``department`` is the catalogue's id of its line (条线); ``parent_id`` the unit it belongs to (块).
    """

    __tablename__ = "organisation"
    __table_args__ = (
        UniqueConstraint("code"),
        CheckConstraint("level in ('city','district','street','community')", name="level"),
        Index("ix_organisation_path_prefix", "path", postgresql_ops={"path": "text_pattern_ops"}),
    )
    KIND = "organisation"
    WHY = "who is responsible for what is known to everybody in the programme"

    code: Mapped[str]
    name: Mapped[str]
    short_name: Mapped[str]
    kind: Mapped[str]
    level: Mapped[str]
    department: Mapped[str | None]
    parent_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("organisation.id"), index=True)
    path: Mapped[str]  # ids from the top, e.g. 1/12/130/
    area_code: Mapped[str] = mapped_column(Text, ForeignKey("area.code"))
    area_path: Mapped[str] = mapped_column(Text, index=True)
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]  # last day; null: in force
    successor_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("organisation.id"))

    area: Mapped[Area] = relationship(lazy="raise")


class OrganisationVersion(Identified, Reference, Base):
    """What a unit was called and where it belonged, from a day to a day, and by which document it changed."""

    __tablename__ = "organisation_version"
    KIND = "organisation_version"
    WHY = "history of what everybody may see"

    organisation_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"), index=True)
    name: Mapped[str]
    short_name: Mapped[str]
    department: Mapped[str | None]
    parent_id: Mapped[int | None]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    change: Mapped[str]  # created, renamed, moved, merged, split, dissolved
    document: Mapped[str | None]  # the paper that ordered it
    note: Mapped[str | None]


class OrganisationChange(Identified, Versioned, Stamped, Reference, Base):
    """A change that was decided for a later day; the clock's round applies it on that day."""

    __tablename__ = "organisation_change"
    __table_args__ = (CheckConstraint("state in ('planned','applied','cancelled','failed')", name="state"),)
    KIND = "organisation_change"
    WHY = "that a unit will change is known inside the programme"

    change: Mapped[str]  # rename, move, merge, split, dissolve
    organisation_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"), index=True)
    values: Mapped[dict[str, Any]]
    effective_on: Mapped[date] = mapped_column(index=True)
    document: Mapped[str | None]
    note: Mapped[str | None]
    state: Mapped[str] = mapped_column(default="planned", index=True)
    applied_at: Mapped[datetime | None]
    problem: Mapped[str | None]  # why it could not be applied: code of the message


class GridTeam(Identified, Versioned, Stamped, Reference, Base):
    """A team of a grid: 一格一长一警, 三长一站 or a form of the city's own; the posts come from its template."""

    __tablename__ = "grid_team"
    __table_args__ = (UniqueConstraint("code"),)
    KIND = "grid_team"
    WHY = "residents must know who serves their grid; members are people and masked as such"

    code: Mapped[str]
    name: Mapped[str]
    template: Mapped[str]  # id in data/grid_teams.yaml
    area_code: Mapped[str] = mapped_column(Text, ForeignKey("area.code"))
    area_path: Mapped[str] = mapped_column(Text, index=True)
    grid_code: Mapped[str | None]  # of the household grid (综治网格)
    organisation_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    valid_to: Mapped[date | None]


class GridTeamMember(Identified, Reference, Base):
    """Who holds which post in a grid team. No positions and no tracks are kept of them."""

    __tablename__ = "grid_team_member"
    __table_args__ = (UniqueConstraint("team_id", "person_id", "post"),)
    KIND = "grid_team_member"
    WHY = "see GridTeam"

    team_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("grid_team.id"), index=True)
    person_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("person.id"))
    post: Mapped[str]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]


class CalendarDay(Reference, Base):
    """A holiday or a make-up workday that the office entered; stands above the shipped table."""

    __tablename__ = "calendar_day"
    KIND = "calendar_day"
    WHY = "holidays are public"

    day: Mapped[date] = mapped_column(primary_key=True)
    kind: Mapped[str]  # holiday, workday
    name: Mapped[str]


class Setting(Versioned, Reference, Base):
    """A setting of the office that people change at run time (reminder rules, appraisal rules …), as JSON."""

    __tablename__ = "setting"
    KIND = "setting"
    WHY = "read by services; written under programme:write or office:run"

    key: Mapped[str] = mapped_column(Text, primary_key=True)
    value: Mapped[dict[str, Any]]


class Idempotency(Reference, Base):
    """The answer to a creation, kept so that the same key gives the same thing."""

    __tablename__ = "idempotency"
    KIND = "idempotency"
    WHY = "read by the server only, by key and caller"
    AUDITED: ClassVar[bool] = False  # what was created is audited itself

    key: Mapped[str] = mapped_column(Text, primary_key=True)
    caller: Mapped[str] = mapped_column(Text, primary_key=True)
    question: Mapped[str]  # hash of method, path and body
    status: Mapped[int]
    body: Mapped[str]
    at: Mapped[datetime]
