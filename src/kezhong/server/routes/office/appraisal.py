"""The annual appraisal: rules, scores with their rows, publication, appeals, score sheets; residents' satisfaction."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from sqlalchemy import select
from starlette.responses import Response

from kezhong.errors import NotFoundError
from kezhong.office.models import Appraisal, AppraisalScore, AppraisalUnit, Objection
from kezhong.office.session import OfficeSession
from kezhong.office.supervision import appeals as appeal_service
from kezhong.office.supervision import appraisals as service
from kezhong.office.supervision import corrections as trail
from kezhong.office.supervision import satisfaction as surveys
from kezhong.office.supervision.own_rules import set_own_rules
from kezhong.office.supervision.periods import parse_period
from kezhong.office.supervision.rules import load_rules
from kezhong.office.supervision.score_workbook import differences, write_scores
from kezhong.server.etag import prepare, respond
from kezhong.server.identity import Unit
from kezhong.server.models.office import appraisal as wire
from kezhong.server.office_http import created, version_of, versioned
from kezhong.server.paging import Cursor, digest, read_cursor, write_cursor
from kezhong.server.permissions import Permission, require
from kezhong.server.routes import COMMON, READ
from kezhong.server.routes.office.dispatch import FILE, Limit, Workbook, attachment
from kezhong.server.views.office import appraisal as view

router = APIRouter(tags=["office: appraisal"])
Id = Annotated[int, Path(ge=1, le=2**62)]
Programme = Annotated[int | None, Query(ge=1, le=2**62, description="of this programme")]
_READ = [require(Permission.READ_APPRAISAL)]
_WRITE = [require(Permission.WRITE_APPRAISAL)]


@router.get("/office/appraisals", response_model=wire.AppraisalList, responses=READ, dependencies=_READ)
def appraisals(
    request: Request, work: Unit, programme_id: Programme = None, limit: Limit = 50, cursor: Cursor = None
) -> Response:
    """Appraisals, newest first."""
    question = digest(("appraisals", programme_id))
    statement = select(Appraisal).order_by(Appraisal.id.desc()).limit(limit + 1)
    if programme_id is not None:
        statement = statement.where(Appraisal.programme_id == programme_id)
    if after := read_cursor(cursor, question):
        statement = statement.where(Appraisal.id < after)
    with work() as session:
        found = session.rows(statement)
        items = [view.appraisal_out(session, row) for row in found[:limit]]
    following = write_cursor(items[-1]["id"], question) if len(found) > limit else None
    return respond(request, prepare({"items": items, "next_cursor": following}))


@router.post(
    "/office/appraisals", status_code=201, response_model=wire.AppraisalDetail, responses=COMMON, dependencies=_WRITE
)
def open_appraisal(request: Request, work: Unit, wanted: wire.AppraisalWanted) -> Response:
    """Open an appraisal of all districts and the departments that have a part, with the rules it goes by."""

    def build(session: OfficeSession) -> tuple[Any, int]:
        row = service.open_appraisal(session, wanted.programme_id, wanted.period, wanted.rules)
        return view.detail(session, row), row.version

    return created(work, request, wanted, build)


@router.get("/office/appraisals/rules", response_model=wire.RulesList, responses=READ, dependencies=_READ)
def appraisal_rules(request: Request) -> Response:
    """Rule sets as shipped, each measure in words."""
    return respond(request, prepare({"items": [view.rules_out(rules) for rules in load_rules().values()]}))


@router.get("/office/appraisal-rules", response_model=wire.RulesInForce, responses=READ, dependencies=_READ)
def rules_in_force(request: Request, work: Unit) -> Response:
    """The rules for the next appraisal: the city's own, or the shipped proposal; and which appraisals are under way."""
    with work() as session:
        value, version = view.rules_in_force(session)
    return versioned(request, value, version)


@router.put("/office/appraisal-rules", response_model=wire.RulesInForce, responses=COMMON, dependencies=_WRITE)
def put_rules(request: Request, work: Unit, wanted: wire.RulesWanted) -> Response:
    """Put the city's own rules in force for appraisals opened from now on; ``If-Match: "v0"`` over the shipped."""
    version = version_of(request)
    with work() as session:
        page = {"id": "own", **wanted.model_dump(exclude={"reason"})}
        set_own_rules(session, version, page, wanted.reason)
        value, now = view.rules_in_force(session)
    return versioned(request, value, now)


@router.get(
    "/office/appraisals/{appraisal_id}", response_model=wire.AppraisalDetail, responses=READ, dependencies=_READ
)
def appraisal(request: Request, work: Unit, appraisal_id: Id) -> Response:
    """An appraisal: units and items, as far as they are published to the caller."""
    with work() as session:
        row = session.one(Appraisal, appraisal_id)
        value = view.detail(session, row)
    return versioned(request, value, row.version)


def _told(request: Request, session: OfficeSession, row: Appraisal) -> Response:
    session.flush()
    return versioned(request, view.detail(session, row), row.version)


@router.post(
    "/office/appraisals/{appraisal_id}/compute",
    response_model=wire.AppraisalDetail,
    responses=COMMON,
    dependencies=_WRITE,
)
def compute_appraisal(request: Request, work: Unit, appraisal_id: Id) -> Response:
    """Count all units that are not published yet; the same rows give the same scores."""
    version = version_of(request)
    with work() as session:
        return _told(request, session, service.compute(session, appraisal_id, version))


@router.post(
    "/office/appraisals/{appraisal_id}/publish",
    response_model=wire.AppraisalDetail,
    responses=COMMON,
    dependencies=_WRITE,
)
def publish_appraisal(request: Request, work: Unit, appraisal_id: Id, wanted: wire.Publication) -> Response:
    """Publish for comment: each unit sees its own result and may appeal."""
    version = version_of(request)
    with work() as session:
        return _told(request, session, service.publish(session, appraisal_id, wanted.due_on, version))


@router.post(
    "/office/appraisals/{appraisal_id}/finalise",
    response_model=wire.AppraisalDetail,
    responses=COMMON,
    dependencies=[require(Permission.DECIDE_APPEAL)],
)
def finalise_appraisal(request: Request, work: Unit, appraisal_id: Id) -> Response:
    """Make it final, after the days of comment and with no appeal open; then all totals are read by all."""
    version = version_of(request)
    with work() as session:
        return _told(request, session, service.finalise(session, appraisal_id, version))


@router.get("/office/appraisals/{appraisal_id}/file", response_class=Response, responses=FILE, dependencies=_READ)
def appraisal_file(work: Unit, appraisal_id: Id) -> Response:
    """The score sheets the caller may see: totals, formulas, the rows behind each score, the rules."""
    with work() as session:
        row = session.one(Appraisal, appraisal_id)
        told = view.appraisal_out(session, row)
        title = f"{told['programme']}{parse_period(row.period).zh}考核得分表"
        content = write_scores(title, row, service.rules_of(row), view.parts(session, row))
    return attachment(f"{title}.xlsx", content)


@router.post(
    "/office/appraisals/{appraisal_id}/compare",
    response_model=wire.ScoreComparison,
    responses=COMMON,
    dependencies=_READ,
)
def compare_appraisal(request: Request, work: Unit, appraisal_id: Id, content: Workbook) -> Response:
    """Read a score sheet back and say where it differs from what is kept. Nothing is written."""
    with work() as session:
        row = session.one(Appraisal, appraisal_id)
        scores = {score.id: score for part in view.parts(session, row) for score in part.scores}
        value = {"scores": len(scores), "differences": differences(row, scores, content)}
    return respond(request, prepare(value))


@router.post(
    "/office/appraisal-units/{unit_id}/veto",
    response_model=wire.AppraisalDetail,
    responses=COMMON,
    dependencies=_WRITE,
)
def veto_appraisal(request: Request, work: Unit, unit_id: Id, wanted: wire.VetoWanted) -> Response:
    """Note a veto (一票否决) with its grounds, or take it back; ``If-Match`` is the unit's version."""
    version = version_of(request)
    with work() as session:
        unit = service.set_veto(session, unit_id, wanted.veto, wanted.reason, version=version)
        return _told(request, session, session.one(Appraisal, unit.appraisal_id))


@router.get("/office/appraisal-scores/{score_id}", response_model=wire.ScoreOut, responses=READ, dependencies=_READ)
def appraisal_score(request: Request, work: Unit, score_id: Id) -> Response:
    """A score: formula with numbers, the rows it came from, its appeals."""
    with work() as session:
        score, unit = _score(session, score_id)
        value = view.score_out(session, score, unit)
    return versioned(request, value, score.version)


def _score(session: OfficeSession, score_id: int) -> tuple[AppraisalScore, AppraisalUnit]:
    score = session.one(AppraisalScore, score_id)
    row = session.one(Appraisal, score.appraisal_id)
    for unit in service.visible_units(session, row):
        if unit.org_id == score.org_id:
            return score, unit
    raise NotFoundError("appraisal.not_published")


@router.post(
    "/office/appraisal-scores/{score_id}/appeals",
    status_code=201,
    response_model=wire.ScoreOut,
    responses=COMMON,
    dependencies=[require(Permission.APPEAL)],
)
def appeal(request: Request, work: Unit, score_id: Id, wanted: wire.AppealWanted) -> Response:
    """Appeal against one's own score, while it is published for comment."""

    def build(session: OfficeSession) -> tuple[Any, int]:
        appeal_service.file_appeal(session, score_id, wanted.text)
        score, unit = _score(session, score_id)
        return view.score_out(session, score, unit), score.version

    return created(work, request, wanted, build)


@router.post(
    "/office/appraisal-scores/{score_id}/correct",
    response_model=wire.ScoreOut,
    responses=COMMON,
    dependencies=_WRITE,
)
def correct_score(request: Request, work: Unit, score_id: Id, wanted: wire.CorrectionWanted) -> Response:
    """Correct a score of a final result; who, why and what was before stay readable. ``If-Match``: the score's."""
    version = version_of(request)
    with work() as session:
        trail.correct_final(session, score_id, wanted.share, wanted.reason, version=version)
        session.flush()
        score, unit = _score(session, score_id)
        value = view.score_out(session, score, unit)
    return versioned(request, value, score.version)


@router.post(
    "/office/appeals/{appeal_id}/decide",
    response_model=wire.AppealOut,
    responses=COMMON,
    dependencies=[require(Permission.DECIDE_APPEAL)],
)
def decide_appeal(request: Request, work: Unit, appeal_id: Id, wanted: wire.Decision) -> Response:
    """Take an appeal up, uphold or dismiss it, correct the score, review it again; what was before stays readable."""
    version = version_of(request)
    with work() as session:
        row = appeal_service.decide(
            session, appeal_id, wanted.step, version=version, reason=wanted.reason, due=wanted.due, share=wanted.share
        )
        return _appeal(request, session, row)


@router.post(
    "/office/appeals/{appeal_id}/withdraw",
    response_model=wire.AppealOut,
    responses=COMMON,
    dependencies=[require(Permission.APPEAL)],
)
def withdraw_appeal(request: Request, work: Unit, appeal_id: Id, wanted: wire.Withdrawal) -> Response:
    """Take one's own appeal back."""
    version = version_of(request)
    with work() as session:
        row = appeal_service.decide(session, appeal_id, "withdraw", version=version, reason=wanted.reason)
        return _appeal(request, session, row)


def _appeal(request: Request, session: OfficeSession, row: Objection) -> Response:
    session.flush()
    score = session.one(AppraisalScore, row.object_id)
    unit = session.rows(
        select(AppraisalUnit.name).where(
            AppraisalUnit.appraisal_id == score.appraisal_id, AppraisalUnit.org_id == score.org_id
        )
    )
    return versioned(request, view.appeal_out(session, row, score, unit[0] if unit else ""), row.version)


@router.get(
    "/office/satisfaction",
    response_model=wire.SurveyList,
    responses=READ,
    dependencies=[require(Permission.READ_MEASUREMENT)],
)
def satisfaction(request: Request, work: Unit, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """Surveys of residents' satisfaction, newest first, each with its interval."""
    question = digest("satisfaction")
    with work() as session:
        found = surveys.surveys(session, limit + 1, read_cursor(cursor, question) or None)
        items = [view.survey_out(session, row) for row in found[:limit]]
    following = write_cursor(items[-1]["id"], question) if len(found) > limit else None
    return respond(request, prepare({"items": items, "next_cursor": following}))


@router.post(
    "/office/satisfaction",
    status_code=201,
    response_model=wire.SurveyOut,
    responses=COMMON,
    dependencies=[require(Permission.WRITE_MEASUREMENT)],
)
def enter_satisfaction(request: Request, work: Unit, wanted: wire.SurveyWanted) -> Response:
    """Enter a survey: how many were asked, how many satisfied, by which method, from where."""

    def build(session: OfficeSession) -> tuple[Any, int]:
        row = surveys.enter(
            session, wanted.area_code, wanted.period, wanted.asked, wanted.satisfied,
            method=wanted.method, source=wanted.source, note=wanted.note,
        )  # fmt: skip
        return view.survey_out(session, row), 1

    return created(work, request, wanted, build)


@router.post(
    "/office/satisfaction/{survey_id}/withdraw",
    response_model=wire.SurveyOut,
    responses=COMMON,
    dependencies=[require(Permission.WRITE_MEASUREMENT)],
)
def withdraw_satisfaction(request: Request, work: Unit, survey_id: Id, wanted: wire.Withdrawal) -> Response:
    """Count a survey no longer; it stays readable."""
    with work() as session:
        row = surveys.withdraw(session, survey_id, wanted.reason)
        session.flush()
        value = view.survey_out(session, row)
    return respond(request, prepare(value))
