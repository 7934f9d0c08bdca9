"""Appraisals as they travel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from kezhong import clock
from kezhong.office.access.permissions import Permission
from kezhong.office.models import Appraisal, AppraisalScore, AppraisalUnit, Area, Objection, Programme, Satisfaction
from kezhong.office.session import OfficeSession
from kezhong.office.steps import allowed_steps, course
from kezhong.office.supervision import appeals as appeal_service
from kezhong.office.supervision import appraisals as service
from kezhong.office.supervision import corrections as trail
from kezhong.office.supervision import own_rules
from kezhong.office.supervision.measures import MEASURES, wilson
from kezhong.office.supervision.periods import parse_period
from kezhong.office.supervision.rules import Rules
from kezhong.office.supervision.score_workbook import Part
from kezhong.office.supervision.scoring import parameters_of
from kezhong.server.views.office.dispatch import day, moment

_OPEN = ("filed", "under_review", "upheld")


def rules_out(rules: Rules) -> dict[str, Any]:
    """A rule set with the words of its measures."""
    return {
        "id": rules.id,
        "zh": rules.zh,
        "en": rules.en,
        "proposal": rules.proposal,
        "comment_days": rules.comment_days,
        "groups": [
            {
                "id": group.id,
                "zh": group.zh,
                "en": group.en,
                "items": [
                    {
                        "id": item.id,
                        "zh": item.zh,
                        "en": item.en,
                        "weight": float(item.weight),
                        "full_at": float(item.full_at),
                        "measure": item.measure,
                        "measure_zh": MEASURES[item.measure].zh,
                        "measure_en": MEASURES[item.measure].en,
                        "parameters": parameters_of(item),
                    }
                    for item in group.items
                ],
            }
            for group in rules.groups.values()
        ],
        "vetoes": [dict(veto) for veto in rules.vetoes.values()],
        "document": rules.document,
    }


def rules_in_force(session: OfficeSession) -> tuple[dict[str, Any], int]:
    """The rules for the next appraisal with what they may be made of, and their version."""
    rules, version = own_rules.rules_in_force(session)
    value = {
        "version": version,
        "own": version > 0,
        "rules": rules_out(rules),
        "measures": [
            {"id": name, "zh": one.zh, "en": one.en, "parameters": dict(one.parameters)}
            for name, one in MEASURES.items()
        ],
        "in_use": [
            {"id": row.id, "period_zh": parse_period(row.period).zh, "state": row.state}
            for row in own_rules.in_use(session)
        ],
        "may_write": session.actor.may(Permission.WRITE_APPRAISAL),
    }
    return value, version


def appraisal_out(session: OfficeSession, row: Appraisal) -> dict[str, Any]:
    """An appraisal without its scores."""
    rules = service.rules_of(row)
    return {
        "id": row.id,
        "version": row.version,
        "kind": "appraisal",
        "appraisal_kind": row.kind,
        "programme_id": row.programme_id,
        "programme": session.get_one(Programme, row.programme_id).name,
        "period": row.period,
        "period_zh": parse_period(row.period).zh,
        "state": row.state,
        "rules_id": rules.id,
        "rules_zh": rules.zh,
        "proposal": rules.proposal,
        "published_at": moment(row.published_at),
        "final_at": moment(row.final_at),
        "allowed": _allowed(session, row),
    }


def _allowed(session: OfficeSession, row: Appraisal) -> list[str]:
    actor = session.actor
    if not actor.may(Permission.WRITE_APPRAISAL):
        return []
    units = session.execute(
        select(AppraisalUnit.state, AppraisalUnit.published_at, AppraisalUnit.due_at).where(
            AppraisalUnit.appraisal_id == row.id
        )
    ).all()
    found = []
    if any(state in ("open", "computed") and published is None for state, published, _ in units):
        found.append("compute")
    if any(state == "computed" for state, _, _ in units):
        found.append("publish")
    now = clock.now()
    ready = [state == "published_for_comment" and (due is None or due <= now) for state, _, due in units]
    if actor.may(Permission.DECIDE_APPEAL) and ready and all(ready):
        found.append("finalise")
    return found


def detail(session: OfficeSession, row: Appraisal) -> dict[str, Any]:
    """An appraisal with the units and scores that the caller may see."""
    units = service.visible_units(session, row)
    appeals = appeal_service.appeals_of(session, row.id)
    appealed = {appeal.object_id for appeal, _ in appeals if appeal.state in _OPEN}
    names = {unit.org_id: unit.name for unit in units}
    corrections = trail.corrections_of(session, units, _open_to_caller(session, units))
    return {
        **appraisal_out(session, row),
        "rules": rules_out(service.rules_of(row)),
        "units": [_unit(session, unit, appealed, corrections.get(unit.id, [])) for unit in units],
        "hidden": not units and row.state in ("open", "computed"),
        "appeals": [appeal_out(session, one, score, names.get(score.org_id, "")) for one, score in appeals],
        "may_veto": session.actor.may(Permission.WRITE_APPRAISAL) and row.state in ("open", "computed"),
    }


def parts(session: OfficeSession, row: Appraisal) -> list[Part]:
    """What goes into a score sheet: units with their scores, and whether their rows are the caller's business."""
    units = service.visible_units(session, row)
    mine = _open_to_caller(session, units)
    corrections = trail.corrections_of(session, units, mine)
    return [
        Part(unit, service.scores_of(session, unit), unit.id in mine, corrections.get(unit.id, [])) for unit in units
    ]


def _open_to_caller(session: OfficeSession, units: Sequence[AppraisalUnit]) -> set[int]:
    return {unit.id for unit in units if service.may_see_rows(session, unit)}


def correction_out(one: trail.Correction) -> dict[str, Any]:
    """A correction."""
    return {
        "score_id": one.score_id,
        "item": one.name,
        "at": moment(one.at),
        "unit": one.unit,
        "person": one.person,
        "reason": one.reason,
        "before": dict(one.before),
        "after": dict(one.after),
        "final": one.final,
    }


def _unit(
    session: OfficeSession, unit: AppraisalUnit, appealed: set[int], corrections: Sequence[trail.Correction]
) -> dict[str, Any]:
    return {
        "id": unit.id,
        "version": unit.version,
        "org_id": unit.org_id,
        "name": unit.name,
        "group": unit.group,
        "state": unit.state,
        "total": unit.total,
        "measured_weight": unit.measured_weight,
        "vetoes": unit.vetoes,
        "due_on": day(unit.due_on),
        "open_to_caller": service.may_see_rows(session, unit),
        "scores": [_cell(score, appealed) for score in service.scores_of(session, unit)],
        "corrections": [correction_out(one) for one in corrections],
    }


def _cell(score: AppraisalScore, appealed: set[int]) -> dict[str, Any]:
    return {
        "id": score.id,
        "item": score.item,
        "name": score.name,
        "weight": score.weight,
        "effective_weight": score.effective_weight,
        "value": score.value,
        "score": score.score,
        "status": score.status,
        "appealed": score.id in appealed,
    }


def score_out(session: OfficeSession, score: AppraisalScore, unit: AppraisalUnit) -> dict[str, Any]:
    """A score with its formula, its rows and its appeals."""
    found = [
        (one, of) for one, of in appeal_service.appeals_of(session, score.appraisal_id) if one.object_id == score.id
    ]
    open_ = any(one.state in _OPEN for one, _ in found)
    mine = bool(session.rows(select(AppraisalScore.id).where(AppraisalScore.id == score.id), Permission.APPEAL))
    told = trail.corrections_of(session, [unit], _open_to_caller(session, [unit])).get(unit.id, [])
    corrects = {step["id"] for step in allowed_steps(session, unit)} if unit.state in trail.FINAL else set()
    return {
        **_cell(score, {score.id} if open_ else set()),
        "version": score.version,
        "kind": "appraisal_score",
        "unit": unit.name,
        "unit_state": unit.state,
        "appraisal_id": score.appraisal_id,
        "numerator": score.numerator,
        "denominator": score.denominator,
        "details": score.details,
        "corrected_from": score.corrected_from,
        "correction": score.correction,
        "rows": score.rows,
        "appeals": [appeal_out(session, one, of, unit.name) for one, of in found],
        "corrections": [correction_out(one) for one in told if one.score_id == score.id],
        "may_correct": "correct" in corrects,
        "may_appeal": mine and not open_ and unit.state in ("published_for_comment", "appealed"),
    }


def appeal_out(session: OfficeSession, appeal: Objection, score: AppraisalScore, unit: str) -> dict[str, Any]:
    """An appeal with its course."""
    return {
        "id": appeal.id,
        "version": appeal.version,
        "score_id": score.id,
        "item": score.name,
        "unit": unit,
        "text": appeal.text,
        "state": appeal.state,
        "decision": appeal.decision,
        "before": appeal.before,
        "after": appeal.after,
        "due_on": day(appeal.due_on),
        "at": moment(appeal.created_at),
        "decided_at": moment(appeal.decided_at),
        "allowed": allowed_steps(session, appeal),
        "course": [{**step, "at": moment(step["at"])} for step in course(session, appeal)],
    }


def survey_out(session: OfficeSession, row: Satisfaction) -> dict[str, Any]:
    """A survey with its interval."""
    area = session.get(Area, row.area_code)
    low, high = wilson(row.satisfied, row.asked)
    return {
        "id": row.id,
        "kind": "satisfaction",
        "area_code": row.area_code,
        "area": area.full_name if area is not None else row.area_code,
        "period": row.period,
        "asked": row.asked,
        "satisfied": row.satisfied,
        "share": row.satisfied / row.asked,
        "low": low,
        "high": high,
        "method": row.method,
        "source": row.source,
        "note": row.note,
        "withdrawn_at": moment(row.withdrawn_at),
    }
