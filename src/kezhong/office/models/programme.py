"""The programme: what is to be reached by when, and who leads what."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, literal_column, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from kezhong.office.access.permissions import Permission
from kezhong.office.models.base import Base, Identified, Reference, Scoped, Stamped, Versioned, one_of


class Programme(Identified, Versioned, Stamped, Reference, Base):
    """A programme of the city, made from a template; ``template_hash`` says from which state of it."""

    __tablename__ = "programme"
    __table_args__ = (UniqueConstraint("code"), CheckConstraint("ends_on >= starts_on", name="order"))
    KIND = "programme"
    WHY = "the plan is public within the programme"

    code: Mapped[str]
    name: Mapped[str]
    name_en: Mapped[str] = mapped_column(default="")
    template: Mapped[str]
    template_hash: Mapped[str]
    bindings: Mapped[dict[str, Any]] = mapped_column(default=dict)  # slot of the template → code of the district
    shift_years: Mapped[int] = mapped_column(default=0)
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    state: Mapped[str] = mapped_column(default="running")  # draft, running, finished
    document: Mapped[str | None]  # number of the paper, e.g. 〔2022〕4号
    text: Mapped[str] = mapped_column(default="")

    stages: Mapped[list[Stage]] = relationship(order_by="Stage.number", lazy="raise")


class Stage(Identified, Versioned, Stamped, Reference, Base):
    """A stage (阶段) with its dates."""

    __tablename__ = "stage"
    __table_args__ = (UniqueConstraint("programme_id", "number"), CheckConstraint("ends_on >= starts_on", name="order"))
    KIND = "stage"
    WHY = "part of the plan"

    programme_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("programme.id"), index=True)
    number: Mapped[int]
    code: Mapped[str]
    name: Mapped[str]
    name_en: Mapped[str] = mapped_column(default="")
    source: Mapped[str] = mapped_column(default="")  # the clause of the plan
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    text: Mapped[str] = mapped_column(default="")


class CircleDuty(Identified, Stamped, Reference, Base):
    """Who leads (牵头), is responsible (责任) or joins (配合) for one of the eight circles: three different things."""

    __tablename__ = "circle_duty"
    __table_args__ = (CheckConstraint("duty in ('lead','responsible','joint')", name="duty"),)
    KIND = "circle_duty"
    WHY = "part of the plan"

    programme_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("programme.id"), index=True)
    circle: Mapped[str]  # id in the catalogue
    organisation_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"), index=True)
    duty: Mapped[str]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]


class Target(Identified, Versioned, Stamped, Scoped, Base):
    """What is to be reached: a number of things, a share of an area, or an indicator of the assessment.

    ``kind``: ``count`` (of pilots nominated, approved, circles accepted …), ``circle_coverage`` (communities of the
    built-up area inside accepted circles ÷ all of them), ``access_coverage`` (people who reach what is required) or
    ``indicator``. The last two bind to a row of figures by ``figure_key`` – the key without the run.
    """

    __tablename__ = "target"
    KIND = "target"
    READ = Permission.READ_PROGRAMME

    programme_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("programme.id"), index=True)
    stage_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("stage.id"))
    circle: Mapped[str | None]
    code: Mapped[str] = mapped_column(default="")
    name: Mapped[str]
    name_en: Mapped[str] = mapped_column(default="")
    kind: Mapped[str]
    metric: Mapped[str]
    figure_key: Mapped[dict[str, Any] | None]
    comparison: Mapped[str] = mapped_column(default="at_least")  # at_least, at_most
    value: Mapped[float]
    unit: Mapped[str]
    baseline: Mapped[float | None]
    baseline_run: Mapped[str | None]
    due_on: Mapped[date]
    source: Mapped[str]  # the clause of the plan, or 建议值

    @classmethod
    def shown_to(cls, org_path: str) -> list[Any]:
        """The plan's targets are read by everybody in the programme, whosever they are."""
        return [cls.id.is_not(None)]


class Task(Identified, Versioned, Stamped, Scoped, Base):
    """A line of the city's task list: 序号, 主要任务, 具体措施, 责任单位, 完成时限.

    The scope's organisation is the unit that has to do it (责任单位, lead). Joint units are :class:`TaskUnit`.
    A task handed down (分解) is a child; ``level`` is that of its organisation.
    """

    __tablename__ = "task"
    __table_args__ = (
        UniqueConstraint("programme_id", "code"),
        CheckConstraint("progress between 0 and 100", name="progress"),
        Index(
            "ix_task_search",
            literal_column("(title || ' ' || measure || ' ' || code)").label("search"),
            postgresql_using="gin",
            postgresql_ops={"search": "gin_trgm_ops"},
        ),
        Index("ix_task_area_prefix", "area_path", postgresql_ops={"area_path": "text_pattern_ops"}),
        Index("ix_task_org_prefix", "org_path", postgresql_ops={"org_path": "text_pattern_ops"}),
        # the orders of the list, each with the key that makes it total
        Index("ix_task_by_due", text("coalesce(due_on, 'infinity'::date)"), "id"),
        Index("ix_task_by_update", "updated_at", "id"),
    )
    KIND = "task"
    READ = Permission.READ_TASK

    programme_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("programme.id"), index=True)
    stage_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("stage.id"))
    parent_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("task.id"), index=True)
    code: Mapped[str]
    number: Mapped[str] = mapped_column(default="")  # 序号 as the list has it
    circle: Mapped[str | None] = mapped_column(index=True)
    title: Mapped[str]  # 主要任务
    measure: Mapped[str] = mapped_column(default="")  # 具体措施
    level: Mapped[str]
    issuer_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("organisation.id"), index=True)
    state: Mapped[str] = mapped_column(default="draft", index=True)
    progress: Mapped[int] = mapped_column(default=0)
    progress_note: Mapped[str] = mapped_column(default="")
    starts_on: Mapped[date]
    due_on: Mapped[date | None] = mapped_column(index=True)  # 完成时限, as written
    due_at: Mapped[datetime | None]  # end of the local day that counts, holidays considered
    issued_at: Mapped[datetime | None]  # when it was given with the deadline that counts now
    reported_at: Mapped[datetime | None]  # when its closing was asked for: a reviewer's delay is not the unit's
    done_at: Mapped[datetime | None]
    light: Mapped[str] = mapped_column(
        default="grey", index=True
    )  # green, yellow, red, grey; kept by the clock's round
    light_reason: Mapped[str] = mapped_column(default="")  # code of the message
    escalated_to: Mapped[str | None]  # level that was told last
    shortfall_id: Mapped[str | None] = mapped_column(index=True)
    shortfall: Mapped[dict[str, Any] | None]  # the row as it was when the task came of it
    pilot_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("pilot.id"), index=True)
    project_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("project.id", use_alter=True), index=True)
    source: Mapped[str] = mapped_column(default="")  # clause of the plan, ledger row, meeting
    ledger_key: Mapped[str | None] = mapped_column(index=True)  # hash of a ledger's row, by which it is known again
    progress_by_hand: Mapped[bool] = mapped_column(default=False)  # set by a person although there are parts
    assignee_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("person.id"), index=True)
    weight: Mapped[float] = mapped_column(default=1.0)

    units: Mapped[list[TaskUnit]] = relationship(lazy="raise", cascade="all, delete-orphan")

    @classmethod
    def involves(cls, org_path: str) -> list[Any]:
        """Joint units and the issuer are involved too."""
        from sqlalchemy import select

        from kezhong.office.models.organisation import Organisation

        below = select(Organisation.id).where(Organisation.path.startswith(org_path, autoescape=True))
        joint = select(TaskUnit.task_id).where(TaskUnit.organisation_id.in_(below))
        return [one_of(cls.id, joint), one_of(cls.issuer_id, below)]

    @classmethod
    def owned_by(cls, person_id: int) -> list[Any]:
        """Tasks assigned to the person."""
        return [cls.assignee_id == person_id]


class TaskUnit(Identified, Reference, Base):
    """A unit that has part in a task beside its lead."""

    __tablename__ = "task_unit"
    __table_args__ = (
        UniqueConstraint("task_id", "organisation_id"),
        CheckConstraint("duty in ('lead','joint')", name="duty"),
    )
    KIND = "task_unit"
    WHY = "read with its task"

    task_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("task.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"), index=True)
    duty: Mapped[str]


class TaskDependency(Identified, Reference, Base):
    """A task that cannot be finished before another."""

    __tablename__ = "task_dependency"
    __table_args__ = (UniqueConstraint("task_id", "needs_id"), CheckConstraint("task_id <> needs_id", name="self"))
    KIND = "task_dependency"
    WHY = "read with its task"

    task_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("task.id"), index=True)
    needs_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("task.id"), index=True)


class StepTaken(Identified, Scoped, Base):
    """A step of a state machine that was taken: what the page shows as the course of things."""

    __tablename__ = "step_taken"
    KIND = "step_taken"
    READ = Permission.READ_PROGRAMME
    AUDITED = False  # the change of state itself is audited

    object_kind: Mapped[str]
    object_id: Mapped[int] = mapped_column(BigInteger, index=True)
    transition: Mapped[str]
    before: Mapped[str]
    after: Mapped[str]
    at: Mapped[datetime]
    person_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("person.id"))
    actor_org_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    reason: Mapped[str] = mapped_column(default="")
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)


class FileStored(Identified, Stamped, Scoped, Base):
    """A file kept by its content's hash, attached to an object. Never compulsory; never a track of a person."""

    __tablename__ = "file_stored"
    KIND = "file"
    READ = Permission.READ_PROGRAMME

    sha256: Mapped[str] = mapped_column(Text, index=True)
    name: Mapped[str]
    media_type: Mapped[str]
    bytes: Mapped[int]
    object_kind: Mapped[str]
    object_id: Mapped[int] = mapped_column(BigInteger, index=True)
    purpose: Mapped[str] = mapped_column(default="evidence")  # evidence, plan, sheet, reply
    note: Mapped[str] = mapped_column(default="")
    person_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("person.id"))


class Comment(Identified, Versioned, Stamped, Scoped, Base):
    """A remark on an object; ``mentions`` are the people named with @, who are told."""

    __tablename__ = "comment"
    KIND = "comment"
    READ = Permission.READ_PROGRAMME

    object_kind: Mapped[str]
    object_id: Mapped[int] = mapped_column(BigInteger, index=True)
    person_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("person.id"))
    text: Mapped[str]
    mentions: Mapped[list[int]] = mapped_column(default=list)
    withdrawn_at: Mapped[datetime | None]


class SavedView(Identified, Versioned, Stamped, Reference, Base):
    """A filter and order of a list under a name, of one person."""

    __tablename__ = "saved_view"
    KIND = "saved_view"
    WHY = "read by its owner only, by person"
    AUDITED = False  # a preference

    person_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("person.id"), index=True)
    page: Mapped[str]
    name: Mapped[str]
    query: Mapped[str]
