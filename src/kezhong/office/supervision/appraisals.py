"""The annual appraisal: opened with its rules, computed from rows, published for comment, made final.

Each unit's appraisal has a state of its own, so that one unit's appeal keeps nobody else waiting. What was computed is
kept with its rows; once a unit's appraisal is published, only an appeal changes it, and once final, nothing does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

from sqlalchemy import select

from kezhong import clock
from kezhong.errors import ConflictError, InputError
from kezhong.office.access.permissions import Permission
from kezhong.office.machines import get_machine
from kezhong.office.models import Appraisal, AppraisalScore, AppraisalUnit, Objection, Programme
from kezhong.office.session import OfficeSession
from kezhong.office.steps import take_step
from kezhong.office.supervision.facts import Facts, Unit, units_of
from kezhong.office.supervision.measures import MEASURES, Measured
from kezhong.office.supervision.own_rules import rules_in_force
from kezhong.office.supervision.periods import parse_period
from kezhong.office.supervision.rules import Group, Item, Rules, get_rules, parse_rules
from kezhong.office.supervision.scoring import earned, effective_weights, explain, parameters_of, rounded
from kezhong.office.telling.deadlines import work_calendar


def rules_of(appraisal: Appraisal) -> Rules:
    """The rules as they were when the appraisal was opened."""
    return parse_rules(appraisal.rules, appraisal.period)


def open_appraisal(
    session: OfficeSession, programme_id: int, period: str, rules: str | Mapping[str, Any] | None = None
) -> Appraisal:
    """Open an appraisal of a year or half-year for all districts and the departments that have a part.

    Parameters
    ----------
    rules
        Id of a shipped rule set, a whole one, or ``None`` for the city's (:mod:`.own_rules`). It is kept with the
        appraisal.

    Raises
    ------
    ConflictError
        There is one already, or nobody to appraise.
    InputError
        The rules are wrong.
    """
    session.actor.require(Permission.WRITE_APPRAISAL)
    programme = session.one(Programme, programme_id)
    when = parse_period(period, "annual", "half_year")
    if rules is None:
        wanted, _ = rules_in_force(session)
    else:
        wanted = get_rules(rules) if isinstance(rules, str) else parse_rules(rules, "rules")
    known = select(Appraisal.id).where(
        Appraisal.programme_id == programme_id, Appraisal.kind == when.kind, Appraisal.period == when.text
    )
    if session.execute(known).first() is not None:
        raise ConflictError("appraisal.exists", period=when.zh)
    units = [unit for unit in units_of(session, programme_id, when.last) if unit.group in wanted.groups]
    if not units:
        raise ConflictError("appraisal.no_units")
    appraisal = Appraisal(
        programme_id=programme.id, kind=when.kind, period=when.text, starts_on=when.first, ends_on=when.last,
        rules=dict(wanted.source),
    )  # fmt: skip
    with session.because("appraisal_unit.open"):
        session.create(appraisal, Permission.WRITE_APPRAISAL)
        session.flush()
        for unit in units:
            row = AppraisalUnit(appraisal_id=appraisal.id, group=unit.group, name=unit.org.name, **_place(unit))
            session.create(row, Permission.WRITE_APPRAISAL)
        session.flush()
    return appraisal


def _place(unit: Unit) -> dict[str, Any]:
    org = unit.org
    return {
        "area_code": org.area_code, "area_path": org.area_path, "org_id": org.id, "org_path": org.path,
        "department": org.department,
    }  # fmt: skip


def compute(session: OfficeSession, appraisal_id: int, version: int | None = None) -> Appraisal:
    """Count everything anew for the units that are not published yet. The same rows give the same scores.

    Raises
    ------
    ConflictError
        All units are published or final.
    """
    session.actor.require(Permission.WRITE_APPRAISAL)
    appraisal = session.one(Appraisal, appraisal_id, Permission.WRITE_APPRAISAL, version=version, lock=True)
    rules = rules_of(appraisal)
    rows = _units(session, appraisal)
    # What was shown once is not counted anew behind the back of those who read it: only an appeal changes it.
    waiting = [row for row in rows if row.state in ("open", "computed") and row.published_at is None]
    if not waiting:
        raise _frozen(rows[0])
    facts = Facts(session, appraisal.programme_id, appraisal.starts_on, appraisal.ends_on)
    known = {unit.org.id: unit for unit in units_of(session, appraisal.programme_id, appraisal.ends_on)}
    for row in waiting:
        # A unit that was dissolved keeps its appraisal: it is counted by the place it had.
        unit = known.get(row.org_id) or Unit(row, row.group)  # type: ignore[arg-type]
        _compute_unit(session, appraisal, row, unit, rules.groups[row.group], facts)
    _follow(session, appraisal)
    return appraisal


def _compute_unit(
    session: OfficeSession, appraisal: Appraisal, row: AppraisalUnit, unit: Unit, group: Group, facts: Facts
) -> None:
    found = {item.id: MEASURES[item.measure].count(facts, unit, parameters_of(item)) for item in group.items}
    have = {score.item: score for score in scores_of(session, row)}
    if row.state == "computed":
        take_step(session, row, "reopen_data", reason="重新计分")
    session.admit(row, Permission.WRITE_APPRAISAL)
    with session.because("appraisal_unit.compute"):
        for item in group.items:
            score = have.get(item.id)
            if score is None:
                score = AppraisalScore(
                    appraisal_id=appraisal.id, item=item.id, name=item.zh, weight=float(item.weight), status="no_data",
                    rows=[], **_place_of(row),
                )  # fmt: skip
                session.create(score, Permission.WRITE_APPRAISAL)
                have[item.id] = score
            session.admit(score, Permission.WRITE_APPRAISAL)
            if score.status != "corrected":  # a correction stands: it was decided, not counted
                _put(score, item, found[item.id])
        retotal(session, row, group, list(have.values()), Permission.WRITE_APPRAISAL)
    take_step(session, row, "compute", fields={"result": str(row.total)})
    row.computed_at = clock.now()


def _put(score: AppraisalScore, item: Item, measured: Measured) -> None:
    share = measured.share
    values = {
        "numerator": None if measured.numerator is None else float(measured.numerator),
        "denominator": None if measured.denominator is None else float(measured.denominator),
        "value": None if share is None else float(share),
        "rows": measured.rows,
        "status": "no_data" if share is None else "scored",
        "details": {"share": None if share is None else str(share), **measured.details, "why": list(measured.why)},
    }
    _set(score, values)


def _set(row: Any, values: Mapping[str, Any]) -> None:
    """Write only what differs, so that computing twice leaves no trace of a change that is none."""
    for name, value in values.items():
        if getattr(row, name) != value:
            setattr(row, name, value)


def share_of(score: AppraisalScore) -> Fraction | None:
    """The exact share of a score, as it was counted or corrected."""
    text = score.details.get("share") if score.details else None
    return Fraction(text) if text is not None else None


def retotal(
    session: OfficeSession, row: AppraisalUnit, group: Group, scores: Sequence[AppraisalScore], permission: Permission
) -> None:
    """Effective weights, scores, formulas and the total of a unit, from the shares of its items."""
    by_item = {score.item: score for score in scores}
    shares = {item.id: share_of(by_item[item.id]) for item in group.items}
    weights = effective_weights(group.items, shares)
    total = Fraction(0)
    for item in group.items:
        score, share, weight = by_item[item.id], shares[item.id], weights[item.id]
        session.admit(score, permission)
        points = None if share is None or weight is None else rounded(earned(share, item) * weight)
        total += Fraction(str(points)) if points is not None else 0
        effective = None if weight is None else float(weight)
        why = (score.details.get("why") or ["", ""]) if score.details else ["", ""]
        words = explain(item, score.value, score.numerator, score.denominator, effective, points, why=(why[0], why[1]))
        _set(
            score,
            {
                "effective_weight": effective,
                "score": points,
                "details": {**score.details, **words},
                "weight": float(item.weight),
            },
        )
    known = [item for item in group.items if shares[item.id] is not None]
    whole = sum((item.weight for item in group.items), Fraction(0))
    _set(
        row,
        {
            "total": float(total) if known else None,
            "measured_weight": float(sum((item.weight for item in known), Fraction(0)) / whole),
        },
    )


def _place_of(row: AppraisalUnit) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ("area_code", "area_path", "org_id", "org_path", "department")}


def _units(session: OfficeSession, appraisal: Appraisal) -> list[AppraisalUnit]:
    statement = select(AppraisalUnit).where(AppraisalUnit.appraisal_id == appraisal.id).order_by(AppraisalUnit.id)
    return session.rows(statement, Permission.WRITE_APPRAISAL)


def scores_of(session: OfficeSession, row: AppraisalUnit) -> list[AppraisalScore]:
    """A unit's scores, read through the unit's appraisal, which was found in scope."""
    statement = select(AppraisalScore).where(
        AppraisalScore.appraisal_id == row.appraisal_id, AppraisalScore.org_id == row.org_id
    )
    return list(session.execute(statement.order_by(AppraisalScore.id).execution_options(through_parent=True)).scalars())


def _frozen(row: AppraisalUnit) -> ConflictError:
    state = get_machine("appraisal").state(row.state)
    return ConflictError("appraisal.frozen", state_zh=state.zh, state_en=state.en)


def publish(
    session: OfficeSession, appraisal_id: int, due_on: date | None = None, version: int | None = None
) -> Appraisal:
    """Publish for comment (公示) what is computed, until a day: by default the rules' working days from today."""
    session.actor.require(Permission.WRITE_APPRAISAL)
    appraisal = session.one(Appraisal, appraisal_id, Permission.WRITE_APPRAISAL, version=version)
    days = rules_of(appraisal).comment_days
    until = due_on or work_calendar(session).try_add_workdays(clock.today(), days).value
    rows = [row for row in _units(session, appraisal) if row.state == "computed"]
    if not rows:
        raise _frozen(_units(session, appraisal)[0])
    for row in rows:
        row = take_step(session, row, "publish", fields={"due": until})
        row.published_at = clock.now()
    _follow(session, appraisal)
    return appraisal


def finalise(session: OfficeSession, appraisal_id: int, version: int | None = None) -> Appraisal:
    """Make final what was published, after its days of comment and with no appeal open.

    Raises
    ------
    ConflictError
        The publication still runs, or an appeal is open.
    """
    session.actor.require(Permission.DECIDE_APPEAL)
    appraisal = session.one(Appraisal, appraisal_id, Permission.DECIDE_APPEAL, version=version)
    rows = _units(session, appraisal)
    if not any(row.state in ("published_for_comment", "appealed") for row in rows):
        raise _frozen(rows[0])
    appealed = [row for row in rows if row.state == "appealed"]
    if appealed:
        raise ConflictError("appraisal.open_appeals", count=len(appealed))
    now = clock.now()
    running = [row for row in rows if row.state == "published_for_comment" and row.due_at and row.due_at > now]
    if running:
        raise ConflictError("appraisal.still_open", due=str(max(row.due_on for row in running if row.due_on)))
    for row in rows:
        if row.state == "published_for_comment":
            take_step(session, row, "finalise")
    _follow(session, appraisal)
    return appraisal


def _follow(session: OfficeSession, appraisal: Appraisal) -> None:
    """The whole stands where its slowest unit stands."""
    session.flush()
    follow(session, appraisal, [row.state for row in _units(session, appraisal)])


def follow(session: OfficeSession, appraisal: Appraisal, states: Sequence[str]) -> None:
    """Set the appraisal's own state from those of its units."""
    order = ("open", "computed", "appealed", "published_for_comment", "final", "corrected")
    state = min(states, key=order.index)
    values: dict[str, Any] = {"state": state}
    if state in ("published_for_comment", "appealed") and appraisal.published_at is None:
        values["published_at"] = clock.now()
    if state == "final" and appraisal.final_at is None:
        values["final_at"] = clock.now()
    _set(appraisal, values)


def set_veto(
    session: OfficeSession, unit_id: int, veto: str, reason: str, *, version: int | None = None
) -> AppraisalUnit:
    """一票否决: note, with its grounds, that a unit's total does not count; while nothing is published yet.

    An empty reason takes the veto back.

    Raises
    ------
    InputError
        The rules know no such veto.
    ConflictError
        It is published already.
    """
    row = session.one(AppraisalUnit, unit_id, Permission.WRITE_APPRAISAL, version=version)
    known = rules_of(session.one(Appraisal, row.appraisal_id)).vetoes
    if veto not in known:
        raise InputError("appraisal.unknown_veto", value=veto, near="、".join(one["zh"] for one in known.values()))
    if row.state not in ("open", "computed"):
        raise _frozen(row)
    kept = [one for one in row.vetoes if one["id"] != veto]
    if reason.strip():
        kept.append({"id": veto, "zh": known[veto]["zh"], "en": known[veto]["en"], "reason": reason.strip()})
    with session.because("appraisal_unit.veto", reason):
        row.vetoes = kept
    return row


def visible_units(session: OfficeSession, appraisal: Appraisal) -> list[AppraisalUnit]:
    """The units whose result the actor may read now.

    While it is not published, the office alone; from the publication on, each unit its own (and whoever stands above
    it); once the whole is final, everybody who may read appraisals at all.
    """
    statement = select(AppraisalUnit).where(AppraisalUnit.appraisal_id == appraisal.id).order_by(AppraisalUnit.id)
    if appraisal.state in ("final", "corrected"):
        session.actor.require(Permission.READ_APPRAISAL)
        return list(session.execute(statement.execution_options(through_parent=True)).scalars())
    if session.actor.may(Permission.WRITE_APPRAISAL):
        return session.rows(statement)
    return session.rows(statement.where(AppraisalUnit.published_at.is_not(None)))


def may_see_rows(session: OfficeSession, unit: AppraisalUnit) -> bool:
    """Whether the rows behind a unit's scores are the actor's business: those of others are not, even when final."""
    return bool(session.rows(select(AppraisalUnit.id).where(AppraisalUnit.id == unit.id)))


def open_appeals(session: OfficeSession, unit: AppraisalUnit) -> list[Objection]:
    """Appeals against a unit's scores that are not settled."""
    keys = [score.id for score in scores_of(session, unit)]
    statement = select(Objection).where(
        Objection.object_kind == "appraisal_score",
        Objection.object_id.in_(keys),
        Objection.state.in_(("filed", "under_review", "upheld")),
    )
    return list(session.execute(statement.execution_options(through_parent=True)).scalars())
