"""What is built and handed in: pilots, submissions, projects and their money, sites, offers, notes, applications."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Text, UniqueConstraint, any_, select
from sqlalchemy.orm import Mapped, mapped_column

from kezhong.office.access.permissions import Permission
from kezhong.office.models.base import Base, Identified, Scoped, Stamped, Versioned


class Pilot(Identified, Versioned, Stamped, Scoped, Base):
    """A life circle on its way from nomination to acceptance. The scope is the district that nominates it."""

    __tablename__ = "pilot"
    __table_args__ = (UniqueConstraint("programme_id", "code"),)
    KIND = "pilot"
    READ = Permission.READ_PILOT

    programme_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("programme.id"), index=True)
    stage_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("stage.id"))
    code: Mapped[str]
    name: Mapped[str]
    life_circle: Mapped[str] = mapped_column(Text, ForeignKey("area.code"), index=True)
    communities: Mapped[list[str]]  # codes, as nominated
    kind: Mapped[str] = mapped_column(default="pilot")  # pilot (试点), roll_out (推广)
    state: Mapped[str] = mapped_column(default="nominated", index=True)
    due_on: Mapped[date | None]
    due_at: Mapped[datetime | None]
    light: Mapped[str] = mapped_column(default="grey")
    grounds: Mapped[str] = mapped_column(default="")  # why it is nominated
    sheet: Mapped[dict[str, Any]] = mapped_column(default=dict)  # assessment sheet of the nomination, with its run
    rules: Mapped[str] = mapped_column(default="")  # id and hash of the rule set it is accepted by
    grade: Mapped[str | None]  # by that rule set; null: not graded
    grade_details: Mapped[dict[str, Any] | None]
    nominated_at: Mapped[datetime | None]
    approved_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    # 便民生活圈 (circle 2, commerce): a scheme of its own, beside the grade and never part of it
    commerce_grade: Mapped[str | None]
    commerce_details: Mapped[dict[str, Any] | None]
    responsible_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("person.id"))

    @classmethod
    def involves(cls, org_path: str) -> list[Any]:
        """Streets and communities of the life circle have part in it, also where it crosses a street."""
        from kezhong.office.models.organisation import Organisation

        own = select(Organisation.id).where(
            Organisation.path.startswith(org_path, autoescape=True), Organisation.area_code == any_(cls.communities)
        )
        return [own.exists()]


class Promise(Identified, Versioned, Stamped, Scoped, Base):
    """What a pilot's plan promises of one figure: before, promised, and – by reference to a run – measured."""

    __tablename__ = "promise"
    KIND = "promise"
    READ = Permission.READ_PILOT

    pilot_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("pilot.id"), index=True)
    figure_key: Mapped[dict[str, Any]]
    name: Mapped[str]
    unit: Mapped[str]
    before: Mapped[float | None]
    before_run: Mapped[str | None]
    promised: Mapped[float]
    comparison: Mapped[str] = mapped_column(default="at_least")
    measured: Mapped[float | None]
    measured_run: Mapped[str | None]
    measured_status: Mapped[str | None]
    measured_at: Mapped[datetime | None]


class Inspection(Identified, Stamped, Scoped, Base):
    """A self-check, an inspection or an acceptance of a pilot, with its sheet (items, findings, what to mend)."""

    __tablename__ = "inspection"
    KIND = "inspection"
    READ = Permission.READ_PILOT

    pilot_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("pilot.id"), index=True)
    kind: Mapped[str]  # self_check, inspection, half_year, acceptance
    on: Mapped[date]
    person_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("person.id"))
    verdict: Mapped[str]  # passed, to_mend, failed
    items: Mapped[list[dict[str, Any]]]
    note: Mapped[str] = mapped_column(default="")


class Submission(Identified, Versioned, Stamped, Scoped, Base):
    """A paper that is due from a unit: the list of pilots, an implementation plan, a work plan."""

    __tablename__ = "submission"
    KIND = "submission"
    READ = Permission.READ_SUBMISSION

    programme_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("programme.id"), index=True)
    stage_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("stage.id"))
    code: Mapped[str] = mapped_column(index=True)
    asked_by_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    kind: Mapped[str]  # pilot_list, implementation_plan, circle_plan, work_plan, other
    name: Mapped[str]
    name_en: Mapped[str] = mapped_column(default="")
    source: Mapped[str] = mapped_column(default="")  # the clause of the plan
    circle: Mapped[str | None]
    pilot_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("pilot.id"))
    due_on: Mapped[date]
    due_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(default="due", index=True)
    light: Mapped[str] = mapped_column(default="grey")
    handed_in_at: Mapped[datetime | None]  # the first time
    late: Mapped[bool] = mapped_column(default=False)  # of the first time, against the deadline of that moment
    done_at: Mapped[datetime | None]  # received
    edition: Mapped[int] = mapped_column(default=0)  # how often it was handed in
    note: Mapped[str] = mapped_column(default="")


class Edition(Identified, Stamped, Scoped, Base):
    """One handing-in of a submission: its files stay when a later edition replaces it."""

    __tablename__ = "edition"
    __table_args__ = (UniqueConstraint("submission_id", "number"),)
    KIND = "edition"
    READ = Permission.READ_SUBMISSION

    submission_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("submission.id"), index=True)
    number: Mapped[int]
    handed_in_at: Mapped[datetime]
    late: Mapped[bool]
    person_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("person.id"))
    files: Mapped[list[int]]  # ids of FileStored
    reply: Mapped[str] = mapped_column(default="")
    verdict: Mapped[str] = mapped_column(default="")  # '' (not looked at yet), received, returned
    reason: Mapped[str] = mapped_column(default="")  # of the return


class Project(Identified, Versioned, Stamped, Scoped, Base):
    """Something that is built, shared or changed: by hand, or opened from a row of the shortfall list."""

    __tablename__ = "project"
    __table_args__ = (UniqueConstraint("programme_id", "code"),)
    KIND = "project"
    READ = Permission.READ_PROJECT

    programme_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("programme.id"), index=True)
    pilot_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("pilot.id"), index=True)
    proposed_by_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    code: Mapped[str]
    name: Mapped[str]
    circle: Mapped[str | None]
    element: Mapped[str | None]  # service element
    remedy: Mapped[str | None]  # kind of remedy
    shortfall_id: Mapped[str | None] = mapped_column(index=True)
    shortfall: Mapped[dict[str, Any] | None]
    state: Mapped[str] = mapped_column(default="proposed", index=True)
    starts_on: Mapped[date | None]
    due_on: Mapped[date | None]
    due_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]  # in use
    progress: Mapped[int] = mapped_column(default=0)
    scale: Mapped[float | None]
    scale_unit: Mapped[str | None]
    address: Mapped[str] = mapped_column(default="")
    lon: Mapped[float | None]
    lat: Mapped[float | None]
    operator: Mapped[str] = mapped_column(default="")  # who will run it
    expected_people: Mapped[float | None]
    note: Mapped[str] = mapped_column(default="")


class Money(Identified, Versioned, Stamped, Scoped, Base):
    """A source of money of a project: planned and paid, in yuan.

    ``kind``: budget, higher_level, bond, social_capital (社会资本), loan (普惠贷款), brand_support (品牌引进),
    joint_lease (统一承租), self_raised, donation.
    """

    __tablename__ = "money"
    __table_args__ = (CheckConstraint("planned >= 0 and paid >= 0", name="positive"),)
    KIND = "money"
    READ = Permission.READ_PROJECT

    project_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("project.id"), index=True)
    kind: Mapped[str]
    source: Mapped[str]
    planned: Mapped[float]
    paid: Mapped[float] = mapped_column(default=0.0)
    document: Mapped[str] = mapped_column(default="")
    year: Mapped[int | None]


class SiteUse(Identified, Versioned, Stamped, Scoped, Base):
    """An idle asset taken into use; ``site_id`` is that of the city's ledger of sites."""

    __tablename__ = "site_use"
    KIND = "site_use"
    READ = Permission.READ_PROJECT

    project_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("project.id"), index=True)
    site_id: Mapped[str]
    name: Mapped[str]
    kind: Mapped[str]
    area_m2: Mapped[float | None]
    used_m2: Mapped[float | None]
    used_from: Mapped[date | None]
    use: Mapped[str] = mapped_column(default="")
    lon: Mapped[float | None]
    lat: Mapped[float | None]


class Offer(Identified, Versioned, Stamped, Scoped, Base):
    """What residents, firms or associations offer to build together (共建): rooms, hours, goods, money, skills."""

    __tablename__ = "offer"
    KIND = "offer"
    READ = Permission.READ_OFFER
    PERSONAL = frozenset({"from_name", "contact"})

    from_kind: Mapped[str]  # resident, firm, association, unit
    from_name: Mapped[str]
    contact: Mapped[str] = mapped_column(default="")
    kind: Mapped[str]  # room, hours, goods, money, skill, other
    text: Mapped[str]
    state: Mapped[str] = mapped_column(default="received", index=True)
    registered_by_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    reply: Mapped[str] = mapped_column(default="")  # the last answer given
    done_at: Mapped[datetime | None]
    project_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("project.id"))
    task_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("task.id"))


class Experience(Identified, Versioned, Stamped, Scoped, Base):
    """A note on what worked (总结经验), open to all districts once it is published."""

    __tablename__ = "experience"
    KIND = "experience"
    READ = Permission.READ_EXPERIENCE

    pilot_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("pilot.id"))
    circle: Mapped[str | None]
    title: Mapped[str]
    text: Mapped[str]
    published_at: Mapped[datetime | None]

    @classmethod
    def shown_to(cls, org_path: str) -> list[Any]:
        """What is published is for everybody."""
        return [cls.published_at.is_not(None)]


class Application(Identified, Versioned, Stamped, Scoped, Base):
    """An application for a provincial or national pilot (省级、国家级试点申报)."""

    __tablename__ = "application"
    KIND = "application"
    READ = Permission.READ_APPLICATION

    programme_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("programme.id"), index=True)
    level: Mapped[str]  # province, nation
    code: Mapped[str] = mapped_column(default="")
    name: Mapped[str]
    name_en: Mapped[str] = mapped_column(default="")
    source: Mapped[str] = mapped_column(default="")
    scheme: Mapped[str]  # of which ministry or department
    pilot_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("pilot.id"))
    state: Mapped[str] = mapped_column(default="preparing", index=True)
    due_on: Mapped[date | None]
    due_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]  # granted
    result: Mapped[str] = mapped_column(default="")  # what the level above decided
    note: Mapped[str] = mapped_column(default="")
