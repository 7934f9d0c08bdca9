"""Office: papers that are due."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from sqlalchemy import select
from starlette.responses import Response

from kezhong import clock
from kezhong.office.models import Submission
from kezhong.office.programme.submissions import OWED, ask_for, overview
from kezhong.office.session import OfficeSession
from kezhong.office.steps import take_step
from kezhong.server.etag import prepare, respond
from kezhong.server.identity import Unit
from kezhong.server.models.office import submissions as wire
from kezhong.server.models.office.programme import StepBody
from kezhong.server.office_http import created, version_of, versioned
from kezhong.server.paging import Cursor
from kezhong.server.permissions import Permission, require
from kezhong.server.routes import COMMON, READ
from kezhong.server.routes.office.pilots import Filter, Key, OfficeLimit, ProgrammeKey
from kezhong.server.views.office import submissions as views
from kezhong.server.views.office.pilots import counts_by_state
from kezhong.server.views.office.programme import page, paper_kind

router = APIRouter(tags=["office: submissions"])
_READ = [require(Permission.READ_SUBMISSION)]


@router.get("/office/submissions", response_model=wire.SubmissionPage, responses=READ, dependencies=_READ)
def submissions(
    request: Request,
    work: Unit,
    programme: ProgrammeKey = None,
    state: Filter = None,
    code: Filter = None,
    overdue: Annotated[bool, Query(description="only what is owed after its deadline")] = False,
    limit: OfficeLimit = 100,
    cursor: Cursor = None,
) -> Response:
    """Papers due, newest first, with the number of them in each state."""
    conditions: list[Any] = []
    if programme is not None:
        conditions.append(Submission.programme_id == programme)
    if code:
        conditions.append(Submission.code == code)
    if overdue:
        conditions += [Submission.state.in_(OWED), Submission.due_at <= clock.now()]
    with work() as session:
        statement = select(Submission).where(*conditions)
        if state:
            statement = statement.where(Submission.state == state)
        question = {"programme": programme, "state": state, "code": code, "overdue": overdue}
        value = page(
            session, statement, Submission, limit, cursor, question,
            lambda rows: views.submission_items(session, rows),
        )  # fmt: skip
        value["counts"] = counts_by_state(session, Submission, *conditions)
    return respond(request, prepare(value))


@router.get("/office/submissions/overview", response_model=wire.SubmissionOverview, responses=READ, dependencies=_READ)
def submissions_overview(request: Request, work: Unit, programme: Annotated[int, Query(ge=1, le=2**53)]) -> Response:
    """Each kind of paper: who has handed in, who is missing."""
    with work() as session:
        value = {"items": [paper_kind(one) for one in overview(session, programme)]}
    return respond(request, prepare(value))


@router.post(
    "/office/submissions",
    response_model=wire.SubmissionOut,
    status_code=201,
    responses=COMMON,
    dependencies=[require(Permission.REVIEW_SUBMISSION)],
)
def create_submission(request: Request, work: Unit, body: wire.NewSubmission) -> Response:
    """Ask a unit for a paper by a day."""

    def build(session: OfficeSession) -> tuple[Any, int]:
        row = ask_for(session, **body.model_dump())
        return views.submission_detail(session, row), row.version

    return created(work, request, body.model_dump(mode="json"), build)


@router.get(
    "/office/submissions/{submission_id}", response_model=wire.SubmissionOut, responses=READ, dependencies=_READ
)
def submission(request: Request, work: Unit, submission_id: Key) -> Response:
    """A paper with its editions and their files."""
    with work() as session:
        row = session.one(Submission, submission_id)
        value, version = views.submission_detail(session, row), row.version
    return versioned(request, value, version)


@router.post(
    "/office/submissions/{submission_id}/steps/{step}",
    response_model=wire.SubmissionOut,
    responses=COMMON,
    dependencies=_READ,
)
def submission_step(
    request: Request, work: Unit, submission_id: Key, step: Annotated[str, Path(max_length=60)], body: StepBody
) -> Response:
    """Hand in, receive, return …; the files attached since the last edition make the next one."""
    version = version_of(request)
    with work() as session:
        row = session.one(Submission, submission_id)
        row = take_step(session, row, step, version=version, reason=body.reason, fields=body.fields)
        session.flush()
        value, now = views.submission_detail(session, row), row.version
    return versioned(request, value, now)
