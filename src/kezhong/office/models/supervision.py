"""Measured, not claimed; told in time; dispatched monthly; appraised yearly."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from kezhong.office.access.permissions import Permission
from kezhong.office.models.base import Base, Identified, Reference, Scoped, Stamped, Versioned, one_of


class Verification(Identified, Versioned, Stamped, Scoped, Base):
    """The community's verification sheet of a closed task whose shortfall still stands.

    ``measured`` is the figure's row of the run that measured anew; ``task.state`` only becomes *measured_not_met*
    once this sheet is confirmed and no objection is open. Insufficient data never counts against anyone.
    """

    __tablename__ = "verification"
    KIND = "verification"
    READ = Permission.READ_MEASUREMENT

    task_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("task.id"), index=True)
    shortfall_id: Mapped[str]
    run_id: Mapped[str]
    state: Mapped[str] = mapped_column(default="issued", index=True)
    due_at: Mapped[datetime | None]
    measured: Mapped[dict[str, Any]]
    finding: Mapped[str] = mapped_column(default="")  # confirmed, built_but_missing_in_data, not_built, other
    note: Mapped[str] = mapped_column(default="")
    signed_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("person.id"))
    signed_at: Mapped[datetime | None]
    object_until: Mapped[datetime | None]  # until when who is affected may object; nothing is confirmed before

    @classmethod
    def involves(cls, org_path: str) -> list[Any]:
        """The lead unit of the task sees the sheet, wherever the community lies: it may object."""
        from kezhong.office.models.programme import Task

        # The table, not the class: the scope of tasks would be added to a query on the class.
        task = Task.__table__
        return [one_of(cls.task_id, select(task.c.id).where(task.c.org_path.startswith(org_path, autoescape=True)))]


class Objection(Identified, Versioned, Stamped, Scoped, Base):
    """An objection to a measurement or an appeal against an appraisal; its decision leaves a trail."""

    __tablename__ = "objection"
    KIND = "objection"
    READ = Permission.READ_MEASUREMENT

    object_kind: Mapped[str]  # verification, task, measurement; appraisal_score, appraisal_unit, inspection
    object_id: Mapped[int] = mapped_column(BigInteger, index=True)
    text: Mapped[str]
    state: Mapped[str] = mapped_column(default="filed", index=True)
    decision: Mapped[str] = mapped_column(default="")
    before: Mapped[dict[str, Any] | None]  # what was corrected
    after: Mapped[dict[str, Any] | None]
    decided_at: Mapped[datetime | None]
    due_on: Mapped[date | None]  # by when it is to be decided
    due_at: Mapped[datetime | None]


class Measurement(Identified, Stamped, Scoped, Base):
    """A target as measured by one run: read from the figures by key, never computed here."""

    __tablename__ = "measurement"
    __table_args__ = (UniqueConstraint("target_id", "run_id"),)
    KIND = "measurement"
    READ = Permission.READ_MEASUREMENT

    target_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("target.id"), index=True)
    run_id: Mapped[str]  # '' where it is counted in the programme itself
    at: Mapped[datetime]
    value: Mapped[float | None]
    numerator: Mapped[float | None]
    denominator: Mapped[float | None]
    low: Mapped[float | None]
    high: Mapped[float | None]
    # met, not_met; or no verdict, against nobody: data_insufficient, not_detected, no_data, confirmed_absent,
    # not_applicable
    status: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")  # reason code of the figure, or of the binding
    uncertain: Mapped[bool] = mapped_column(default=False)  # the interval straddles the target
    quality: Mapped[float | None]
    snapshot: Mapped[str] = mapped_column(default="")  # of the run; '' where counted in the programme itself
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)


class Notice(Identified, Reference, Base):
    """Something a person is told in the application; ``key`` lets it be said once only."""

    __tablename__ = "notice"
    __table_args__ = (UniqueConstraint("person_id", "key"),)
    KIND = "notice"
    WHY = "read by its receiver only, by person"
    AUDITED = False  # what it tells of is audited

    person_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("person.id"), index=True)
    key: Mapped[str]
    kind: Mapped[str]  # due_soon, overdue, escalated, returned, mentioned, assigned, approved …
    urgency: Mapped[str] = mapped_column(default="normal")  # normal, act
    object_kind: Mapped[str]
    object_id: Mapped[int] = mapped_column(BigInteger)
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    at: Mapped[datetime]
    read_at: Mapped[datetime | None]


class NoticePreference(Reference, Base):
    """What a person wants to be told by e-mail; in the application everything is told."""

    __tablename__ = "notice_preference"
    KIND = "notice_preference"
    WHY = "read by its owner and by the sender, by person"
    AUDITED = False  # a preference

    person_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("person.id"), primary_key=True)
    email: Mapped[str] = mapped_column(default="act")  # none, act: what one must act on, all
    muted: Mapped[list[str]] = mapped_column(default=list)  # kinds that are not told


class ReminderSent(Identified, Reference, Base):
    """A reminder or an escalation that went out; ``key`` (object, rule, deadline) lets it go out once for ever."""

    __tablename__ = "reminder_sent"
    __table_args__ = (UniqueConstraint("key"), Index("ix_reminder_sent_object", "object_kind", "object_id"))
    KIND = "reminder_sent"
    WHY = "read by the clock's round only"
    AUDITED = False  # the escalation itself is audited

    key: Mapped[str]
    object_kind: Mapped[str]
    object_id: Mapped[int] = mapped_column(BigInteger)
    rule: Mapped[str]
    due: Mapped[date]
    at: Mapped[datetime]


class Delivery(Identified, Reference, Base):
    """A notice on its way out by e-mail or webhook; tried again until it is delivered or given up."""

    __tablename__ = "delivery"
    __table_args__ = (UniqueConstraint("channel", "key"),)
    KIND = "delivery"
    WHY = "read by the sender and under office:run"
    AUDITED = False

    notice_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("notice.id", ondelete="CASCADE"), index=True)
    channel: Mapped[str]  # email, webhook:<id>
    key: Mapped[str]
    payload: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(default="waiting", index=True)  # waiting, sent, failed
    tries: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime]
    problem: Mapped[str] = mapped_column(default="")
    sent_at: Mapped[datetime | None]


class Webhook(Identified, Versioned, Stamped, Reference, Base):
    """An address outside that is told of events; its secret comes from the environment by name."""

    __tablename__ = "webhook"
    KIND = "webhook"
    WHY = "read under office:run"

    name: Mapped[str]
    url: Mapped[str]
    secret_variable: Mapped[str | None]
    events: Mapped[list[str]]
    active: Mapped[bool] = mapped_column(default=True)


class DispatchRound(Identified, Versioned, Stamped, Reference, Base):
    """A month's dispatch (月调度), a quarter's bulletin (季通报) or a half-year check."""

    __tablename__ = "dispatch_round"
    __table_args__ = (UniqueConstraint("programme_id", "kind", "period"),)
    KIND = "dispatch_round"
    WHY = "that there is a round is known to everybody; its sheets are scoped"

    programme_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("programme.id"), index=True)
    kind: Mapped[str]  # monthly, quarterly, half_year
    period: Mapped[str]  # 2026-11, 2026Q4, 2026H2
    due_on: Mapped[date]
    due_at: Mapped[datetime]
    sent_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(default="")
    levels: Mapped[list[str]] = mapped_column(default=list)  # levels of the units that were asked
    starts_on: Mapped[date | None]  # first and last day of the period
    ends_on: Mapped[date | None]
    content: Mapped[dict[str, Any] | None]  # a bulletin's figures, as they were when it was made


class DispatchSheet(Identified, Versioned, Stamped, Scoped, Base):
    """One unit's reply sheet of a round; the file that went out carries ``nonce`` and the versions of its rows."""

    __tablename__ = "dispatch_sheet"
    __table_args__ = (UniqueConstraint("round_id", "org_id"),)
    KIND = "dispatch_sheet"
    READ = Permission.READ_DISPATCH

    round_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("dispatch_round.id"), index=True)
    state: Mapped[str] = mapped_column(default="sent", index=True)
    nonce: Mapped[str]
    rows: Mapped[list[dict[str, Any]]]  # as sent: task, version, progress
    replies: Mapped[list[dict[str, Any]]] = mapped_column(default=list)  # as read back
    summary: Mapped[str] = mapped_column(default="")
    problems: Mapped[str] = mapped_column(default="")
    filled_at: Mapped[datetime | None]
    filled_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("person.id"))
    accepted_at: Mapped[datetime | None]
    due_on: Mapped[date | None]  # the round's, or later where the sheet was returned with a new one
    due_at: Mapped[datetime | None]
    first_filled_at: Mapped[datetime | None]  # what timeliness is judged by
    returns: Mapped[int] = mapped_column(default=0)  # how often it was returned
    answered: Mapped[int] = mapped_column(default=0)  # rows that say something
    digest: Mapped[str] = mapped_column(default="")  # of the replies: the same file read again changes nothing
    written: Mapped[list[dict[str, Any]]] = mapped_column(default=list)  # what acceptance wrote, row by row


class Appraisal(Identified, Versioned, Stamped, Reference, Base):
    """An appraisal of districts and departments over a period, by a rule set that is kept with it."""

    __tablename__ = "appraisal"
    __table_args__ = (UniqueConstraint("programme_id", "kind", "period"),)
    KIND = "appraisal"
    WHY = "that it takes place is known; scores are scoped"

    programme_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("programme.id"), index=True)
    kind: Mapped[str]  # annual, half_year
    period: Mapped[str]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    state: Mapped[str] = mapped_column(default="open")
    rules: Mapped[dict[str, Any]]  # the whole rule set, as it was
    run_id: Mapped[str | None]
    published_at: Mapped[datetime | None]
    final_at: Mapped[datetime | None]


class AppraisalUnit(Identified, Versioned, Stamped, Scoped, Base):
    """One unit's appraisal: its state, its total, and what overrides it. The scope is the unit appraised.

    ``total`` is the sum of the rounded scores; null where nothing could be measured. A veto (一票否决) leaves the
    total readable and says that it does not count.
    """

    __tablename__ = "appraisal_unit"
    __table_args__ = (UniqueConstraint("appraisal_id", "org_id"),)
    KIND = "appraisal_unit"
    READ = Permission.READ_APPRAISAL

    appraisal_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("appraisal.id"), index=True)
    group: Mapped[str]  # district, department: which part of the rules
    name: Mapped[str]  # as it was called
    state: Mapped[str] = mapped_column(default="open", index=True)
    total: Mapped[float | None]
    measured_weight: Mapped[float | None]  # share of the weights for which there were data
    vetoes: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    due_on: Mapped[date | None]  # last day of the publication for comment
    due_at: Mapped[datetime | None]
    computed_at: Mapped[datetime | None]
    published_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]


class AppraisalScore(Identified, Versioned, Stamped, Scoped, Base):
    """One item's score of one unit: value, how it came about, and the rows it came from."""

    __tablename__ = "appraisal_score"
    __table_args__ = (UniqueConstraint("appraisal_id", "org_id", "item"),)
    KIND = "appraisal_score"
    READ = Permission.READ_APPRAISAL

    appraisal_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("appraisal.id"), index=True)
    item: Mapped[str]
    name: Mapped[str]
    weight: Mapped[float]
    numerator: Mapped[float | None]
    denominator: Mapped[float | None]
    value: Mapped[float | None]  # share 0–1; null: no data, and then the item's weight is shared out
    score: Mapped[float | None]
    status: Mapped[str]  # scored, no_data, vetoed, corrected
    rows: Mapped[list[dict[str, Any]]]  # kind, id, code, what counted
    corrected_from: Mapped[float | None]
    correction: Mapped[str] = mapped_column(default="")
    effective_weight: Mapped[float | None]  # 实评权重: with the weights of items without data shared out
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)  # parameters, interval, why there is no data
    objection_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("objection.id"))


class Satisfaction(Identified, Stamped, Scoped, Base):
    """Residents' satisfaction of an area in a period, entered from a survey: sample, satisfied, method, source."""

    __tablename__ = "satisfaction"
    KIND = "satisfaction"
    READ = Permission.READ_MEASUREMENT

    period: Mapped[str]
    asked: Mapped[int]
    satisfied: Mapped[int]
    method: Mapped[str]
    source: Mapped[str] = mapped_column(Text)
    starts_on: Mapped[date | None]  # first and last day of the period, by which an appraisal finds it
    ends_on: Mapped[date | None]
    withdrawn_at: Mapped[datetime | None]  # entered by mistake: stays readable, counts no more
    note: Mapped[str] = mapped_column(default="")
