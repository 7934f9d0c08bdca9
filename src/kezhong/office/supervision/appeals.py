"""Appeals against scores: filed by the unit appraised, decided by the office, corrected with what it was before."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import select

from kezhong.errors import ConflictError, NotFoundError, PermissionDeniedError
from kezhong.office.access.permissions import Permission
from kezhong.office.machines import Relation
from kezhong.office.models import AppraisalScore, AppraisalUnit, Objection
from kezhong.office.session import OfficeSession
from kezhong.office.steps import Step, related, right_of, take_step
from kezhong.office.supervision.appraisals import open_appeals, scores_of
from kezhong.office.supervision.corrections import (
    FINAL,
    change_share,
    check_share,
    correct_final,
    follow_units,
    unit_of,
)

#: The step of an appraisal that waits for an appeal which is reviewed again.
_AGAIN = "appeal_again"


def file_appeal(session: OfficeSession, score_id: int, text: str) -> Objection:
    """Appeal against one score (申诉). The unit's appraisal waits until it is settled.

    Raises
    ------
    NotFoundError
        The score is not the actor's own.
    ConflictError
        It is not published, or an appeal against it is open already.
    PermissionDeniedError
        The score is that of a unit below or beside the actor's: appealing is its own business.
    """
    score = session.one(AppraisalScore, score_id, Permission.APPEAL)
    unit = unit_of(session, score, Permission.APPEAL)
    if unit.state not in ("published_for_comment", "appealed"):
        raise ConflictError("appraisal.not_published")
    if not is_lead(session, unit):
        raise PermissionDeniedError("appraisal.not_your_score", value=unit.name)
    if any(one.object_id == score.id for one in open_appeals(session, unit)):
        raise ConflictError("appraisal.appeal_open")
    appeal = Objection(
        object_kind="appraisal_score", object_id=score.id, text=text.strip(), area_code=score.area_code,
        area_path=score.area_path, org_id=score.org_id, org_path=score.org_path, department=score.department,
    )  # fmt: skip
    if unit.state == "published_for_comment":
        take_step(session, unit, "appeal", reason=text)
    with session.because("appeal.file", text):
        session.create(appeal, Permission.APPEAL)
        session.flush()
    follow_units(session, unit)
    return appeal


def is_lead(session: OfficeSession, unit: AppraisalUnit) -> bool:
    """Whether the actor acts for the appraised unit itself: its district and its line see the score as well."""
    grants = session.actor.grants_for(Permission.APPEAL)
    return session.actor.everything or any(related(session, unit, Relation.LEAD, grant) for grant in grants)


def decide(
    session: OfficeSession,
    appeal_id: int,
    step: str,
    *,
    version: int | None = None,
    reason: str = "",
    due: date | None = None,
    share: float | None = None,
) -> Objection:
    """Take a step of an appeal: ``take_up`` (due), ``uphold``, ``dismiss`` (reason), ``correct`` (share), ``withdraw``;
    ``review_again`` (reason, due) by the level above.

    Parameters
    ----------
    share
        With ``correct``: the corrected share of the item, 0 to 1.
    """
    permission = Permission.APPEAL if step == "withdraw" else Permission.DECIDE_APPEAL
    appeal = session.one(Objection, appeal_id, permission)
    if not appeal.object_kind.startswith("appraisal"):
        raise NotFoundError("office.no_such", kind="appeal", value=appeal_id)
    if share is not None:
        check_share(share)
    fields = {"due": due, "result": None if share is None else str(share)}
    appeal = take_step(session, appeal, step, version=version, reason=reason, fields=fields)
    if step in ("uphold", "dismiss"):
        appeal.decision = reason.strip()
    return appeal


def correct_score(session: OfficeSession, appeal: Objection, step: Step) -> None:
    """Put the decided share in the place of the counted one; the former value stays readable in three places.

    A result that is final meanwhile – the appeal was reviewed again – is corrected by its own step, with its own trail.
    """
    right = right_of(step.transition)
    score = _score_of(session, appeal, right)
    unit = unit_of(session, score, right)
    reason = appeal.decision or step.reason
    share = float(str(step.fields["result"]))
    if unit.state in FINAL:
        correct_final(session, score.id, share, reason, appeal=appeal)
        return
    with session.because("appeal.correct", reason):
        score.objection_id = appeal.id
        appeal.before, appeal.after = change_share(session, score, unit, check_share(share), reason, right)


def review_again(session: OfficeSession, appeal: Objection, step: Step) -> None:
    """An appeal that was dismissed is open anew, at the level above: what was decided stays in its course.

    A result that is published waits for it again. One that is final stands while it is reviewed, and is corrected
    where the appeal is upheld after all.

    Raises
    ------
    ConflictError
        The result is being counted anew and is not shown to anybody now, or another appeal against it is open.
    """
    right = right_of(step.transition)
    score = _score_of(session, appeal, right)
    unit = unit_of(session, score, right)
    if unit.state in ("open", "computed"):
        raise ConflictError("appraisal.not_published")
    if any(one.object_id == score.id and one.id != appeal.id for one in open_appeals(session, unit)):
        raise ConflictError("appraisal.appeal_open")
    appeal.decided_at, appeal.decision = None, ""
    if unit.state == "published_for_comment":
        take_step(session, unit, _AGAIN, reason=step.reason, by_system=True)
        follow_units(session, unit)


def settle_unit(session: OfficeSession, appeal: Objection, step: Step) -> None:
    """When the last appeal of a unit is settled its appraisal goes on: back to the publication, or to be shown anew."""
    if not appeal.object_kind.startswith("appraisal"):
        return
    session.flush()
    score = _score_of(session, appeal, right_of(step.transition))
    unit = unit_of(session, score, right_of(step.transition))
    if unit.state != "appealed" or open_appeals(session, unit):
        return
    upheld = _corrected_since_published(session, unit)
    take_step(
        session,
        unit,
        "appeal_upheld" if upheld else "appeal_settled",
        by_system=True,
        fields={"result": "corrected" if upheld else "unchanged"},
    )
    follow_units(session, unit)


def _corrected_since_published(session: OfficeSession, unit: AppraisalUnit) -> bool:
    keys = [score.id for score in scores_of(session, unit)]
    statement = select(Objection.id).where(
        Objection.object_kind == "appraisal_score", Objection.object_id.in_(keys), Objection.state == "corrected"
    )
    if unit.published_at is not None:
        statement = statement.where(Objection.created_at >= unit.published_at)
    return session.execute(statement.execution_options(through_parent=True)).first() is not None


def _score_of(session: OfficeSession, appeal: Objection, permission: Permission) -> AppraisalScore:
    return session.one(AppraisalScore, appeal.object_id, permission)


def appeals_of(session: OfficeSession, appraisal_id: int) -> list[tuple[Objection, AppraisalScore]]:
    """Appeals within the actor's scope, newest first, each with its score."""
    statement: Any = (
        select(Objection, AppraisalScore)
        .join(AppraisalScore, AppraisalScore.id == Objection.object_id)
        .where(Objection.object_kind == "appraisal_score", AppraisalScore.appraisal_id == appraisal_id)
        .order_by(Objection.id.desc())
    )
    return [(row[0], row[1]) for row in session.execute(statement).all()]
