"""A score that was wrong is put right, and who did it, why, and what it was before stays readable.

Two ways lead here. While a result is published, an appeal that is upheld corrects it (:mod:`.appeals`). Once it is
final nothing but the step *correct* of the machine changes it: by the office, with a reason, or because an appeal that
had been dismissed was upheld at the level above. The corrected result is shown at once to whoever saw the former one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from sqlalchemy import select

from kezhong.errors import InputError
from kezhong.office.access.permissions import Permission
from kezhong.office.models import (
    Appraisal,
    AppraisalScore,
    AppraisalUnit,
    Objection,
    Organisation,
    Person,
    StepTaken,
)
from kezhong.office.session import OfficeSession
from kezhong.office.steps import machine_of, take_step
from kezhong.office.supervision.appraisals import follow, retotal, rules_of, scores_of

#: What a correction changes of a score, and its trail keeps.
_FIGURES = ("numerator", "denominator", "value", "score", "status", "effective_weight")
#: States in which a result counts as final.
FINAL = ("final", "corrected")

Figures = dict[str, Any]


def check_share(share: float) -> Fraction:
    """The exact share that a decimal number means.

    Raises
    ------
    InputError
        It is not within 0 and 1.
    """
    if not 0 <= share <= 1:
        raise InputError("appraisal.bad_share", column="share", value=share)
    return Fraction(str(share))


def unit_of(session: OfficeSession, score: AppraisalScore, permission: Permission, *, lock: bool = False) -> Any:
    """The appraisal of the unit that a score belongs to."""
    statement = select(AppraisalUnit.id).where(
        AppraisalUnit.appraisal_id == score.appraisal_id, AppraisalUnit.org_id == score.org_id
    )
    key = session.execute(statement.execution_options(through_parent=True)).scalar_one()
    return session.one(AppraisalUnit, key, permission, lock=lock)


def change_share(
    session: OfficeSession,
    score: AppraisalScore,
    unit: AppraisalUnit,
    share: Fraction,
    reason: str,
    permission: Permission,
) -> tuple[Figures, Figures]:
    """Put a decided share in the place of the counted one and total the unit anew; the figures before and after.

    What was counted first stays in ``score.details["counted"]``, however often it is corrected.
    """
    before = {name: getattr(score, name) for name in _FIGURES} | {"total": unit.total}
    group = rules_of(session.one(Appraisal, score.appraisal_id)).groups[unit.group]
    score.corrected_from = score.value
    score.value, score.status = float(share), "corrected"
    score.numerator = score.denominator = None
    score.details = {**score.details, "share": str(share), "counted": score.details.get("counted") or before}
    score.correction = reason
    retotal(session, unit, group, scores_of(session, unit), permission)
    return before, {name: getattr(score, name) for name in _FIGURES} | {"total": unit.total}


def correct_final(
    session: OfficeSession,
    score_id: int,
    share: float,
    reason: str,
    *,
    version: int | None = None,
    appeal: Objection | None = None,
) -> AppraisalScore:
    """Correct one score of a result that is final.

    Parameters
    ----------
    share
        The share of the item that should have been found, 0 to 1.
    reason
        Why: on what finding, paper or complaint it rests. Whoever may read the result reads it.
    version
        Of the score, as the caller last saw it.
    appeal
        The appeal that was upheld, where it comes from one.

    Raises
    ------
    IllegalStepError
        The unit's result is not final: then it is counted anew, or corrected through an appeal.
    InputError
        No share, no reason, or the share that stands already.
    NotFoundError, PermissionDeniedError
        Not the office.
    """
    exact = check_share(share)
    score = session.one(AppraisalScore, score_id, Permission.WRITE_APPRAISAL, version=version, lock=True)
    unit = unit_of(session, score, Permission.WRITE_APPRAISAL, lock=True)
    machine_of(unit).step(unit.state, "correct")
    if not reason.strip():
        raise InputError("appraisal.correction_needs_reason", column="reason")
    if score.details.get("share") == str(exact):
        raise InputError("appraisal.same_share", column="share", value=share)
    with session.because("appraisal_unit.correct", reason.strip()):
        before, after = change_share(session, score, unit, exact, reason.strip(), Permission.WRITE_APPRAISAL)
        if appeal is not None:
            score.objection_id = appeal.id
            appeal.before, appeal.after = before, after
    fields = {
        "result": _in_words(score.name, before, after), "score_id": score.id, "item": score.item, "name": score.name,
        "before": before, "after": after, "appeal_id": appeal.id if appeal is not None else None,
    }  # fmt: skip
    take_step(session, unit, "correct", reason=reason, fields=fields)
    follow_units(session, unit)
    return score


def _in_words(name: str, before: Figures, after: Figures) -> str:
    def share(value: float | None) -> str:
        return "无数据" if value is None else f"{value * 100:.2f}%"

    def points(value: float | None) -> str:
        return "无数据" if value is None else f"{value:.2f}"

    return (
        f"{name}：完成率 {share(before['value'])} → {share(after['value'])}，"
        f"得分 {points(before['score'])} → {points(after['score'])}，"
        f"总分 {points(before['total'])} → {points(after['total'])}"
    )


def follow_units(session: OfficeSession, unit: AppraisalUnit) -> None:
    """Let the appraisal stand where its slowest unit stands, after one of them took a step."""
    session.flush()
    statement = select(AppraisalUnit.state).where(AppraisalUnit.appraisal_id == unit.appraisal_id)
    states = list(session.execute(statement.execution_options(through_parent=True)).scalars())
    follow(session, session.one(Appraisal, unit.appraisal_id), states)


@dataclass(frozen=True, slots=True)
class Correction:
    """One correction of a score: when, by whom, why, and the figures before and after.

    ``final``: of a result that was final already. ``person`` is empty for those whose business the rows are not.
    """

    unit_id: int
    score_id: int
    name: str
    at: datetime
    unit: str
    person: str
    reason: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    final: bool


def corrections_of(
    session: OfficeSession, units: Iterable[AppraisalUnit], open_to: Iterable[int] = ()
) -> dict[int, list[Correction]]:
    """Corrections by id of the unit's appraisal, oldest first.

    Read through units that the caller may see. Those of a final result are told to all of these, since they read the
    former one; those out of an appeal, and who did it, only for the units in ``open_to`` (ids of their appraisals).
    """
    chosen = list(units)
    known = {unit.id: unit for unit in chosen}
    mine = set(open_to)
    found: dict[int, list[Correction]] = {}
    for row in _steps(session, "appraisal_unit", known):
        told = row.details
        found.setdefault(row.object_id, []).append(
            Correction(
                row.object_id, told["score_id"], told["name"], row.at, row.unit_name or "",
                (row.person_name or "") if row.object_id in mine else "", row.reason, told["before"], told["after"],
                final=True,
            )
        )  # fmt: skip
    for unit_id, one in _from_appeals(session, [unit for unit in chosen if unit.id in mine]):
        found.setdefault(unit_id, []).append(one)
    return {key: sorted(ones, key=lambda one: one.at) for key, ones in found.items()}


def _from_appeals(session: OfficeSession, units: Iterable[AppraisalUnit]) -> Iterable[tuple[int, Correction]]:
    for unit in units:
        scores = {score.id: score for score in scores_of(session, unit)}
        statement = select(Objection).where(
            Objection.object_kind == "appraisal_score", Objection.object_id.in_(scores), Objection.state == "corrected"
        )
        appeals = {one.id: one for one in session.execute(statement.execution_options(through_parent=True)).scalars()}
        # One that was upheld after the result was final is told as a correction of that.
        later = {row.details.get("appeal_id") for row in _steps(session, "appraisal_unit", [unit.id])}
        for row in _steps(session, "objection", [key for key in appeals if key not in later]):
            appeal = appeals[row.object_id]
            yield (
                unit.id,
                Correction(
                    unit.id, appeal.object_id, scores[appeal.object_id].name, row.at, row.unit_name or "",
                    row.person_name or "", appeal.decision or row.reason, appeal.before or {}, appeal.after or {},
                    final=False,
                ),
            )  # fmt: skip


def _steps(session: OfficeSession, kind: str, keys: Iterable[int]) -> list[Any]:
    step, person, unit = StepTaken.__table__, Person.__table__, Organisation.__table__
    statement = (
        select(
            step.c.object_id, step.c.at, step.c.reason, step.c.details, person.c.name.label("person_name"),
            unit.c.short_name.label("unit_name"),
        )
        .outerjoin(person, person.c.id == step.c.person_id)
        .outerjoin(unit, unit.c.id == step.c.actor_org_id)
        .where(step.c.object_kind == kind, step.c.object_id.in_(list(keys)), step.c.transition == "correct")
        .order_by(step.c.id)
    )  # fmt: skip
    return list(session.connection().execute(statement))
