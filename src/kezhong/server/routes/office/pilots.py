"""Office: pilots from nomination to acceptance."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from sqlalchemy import select
from starlette.responses import Response

from kezhong.office.measuring.figures import FigureReader
from kezhong.office.measuring.targets import bindable
from kezhong.office.models import Area, Pilot
from kezhong.office.programme.candidates import candidates
from kezhong.office.programme.grading import assess_commerce, assess_pilot
from kezhong.office.programme.pilots import (
    change_pilot,
    change_promise,
    drop_promise,
    nominate,
    promise,
    refresh_sheet,
)
from kezhong.office.session import OfficeSession
from kezhong.office.steps import take_step
from kezhong.server.etag import prepare, respond
from kezhong.server.identity import Unit, Work
from kezhong.server.models.office import pilots as wire
from kezhong.server.models.office.programme import StepBody
from kezhong.server.office_http import created, version_of, versioned
from kezhong.server.paging import Cursor
from kezhong.server.permissions import Permission, require
from kezhong.server.routes import COMMON, READ
from kezhong.server.views.office import pilots as views
from kezhong.server.views.office.programme import MAX_LIMIT, page

router = APIRouter(tags=["office: pilots"])
Key = Annotated[int, Path(ge=1, le=2**53)]
Filter = Annotated[str | None, Query(max_length=60)]
ProgrammeKey = Annotated[int | None, Query(ge=1, le=2**53)]
OfficeLimit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="items in a page")]


def _reader(work: Work) -> FigureReader:
    return FigureReader(work.office.city_folder)


@router.get(
    "/office/pilots", response_model=wire.PilotPage, responses=READ, dependencies=[require(Permission.READ_PILOT)]
)
def pilots(
    request: Request,
    work: Unit,
    programme: ProgrammeKey = None,
    state: Filter = None,
    district: Filter = None,
    kind: Filter = None,
    limit: OfficeLimit = 100,
    cursor: Cursor = None,
) -> Response:
    """Pilots, newest first, with the number of them in each state."""
    with work() as session:
        conditions = _conditions(session, programme, district, kind)
        statement = select(Pilot).where(*conditions)
        if state:
            statement = statement.where(Pilot.state == state)
        question = {"programme": programme, "state": state, "district": district, "kind": kind}
        value = page(session, statement, Pilot, limit, cursor, question, lambda rows: views.pilot_items(session, rows))
        value["counts"] = views.counts_by_state(session, Pilot, *conditions)
    return respond(request, prepare(value))


def _conditions(session: OfficeSession, programme: int | None, district: str | None, kind: str | None) -> list[Any]:
    found: list[Any] = []
    if programme is not None:
        found.append(Pilot.programme_id == programme)
    if kind:
        found.append(Pilot.kind == kind)
    if district:
        path = session.execute(select(Area.path).where(Area.code == district)).scalar() or "-"
        found.append(Pilot.area_path.startswith(path, autoescape=True))
    return found


@router.post(
    "/office/pilots",
    response_model=wire.PilotOut,
    status_code=201,
    responses=COMMON,
    dependencies=[require(Permission.NOMINATE_PILOT)],
)
def nominate_pilot(request: Request, work: Unit, body: wire.NewPilot) -> Response:
    """Nominate a life circle of one's own, with its assessment sheet."""

    def build(session: OfficeSession) -> tuple[Any, int]:
        pilot, _ = nominate(session, _reader(work), **body.model_dump())
        session.flush()
        return views.pilot_detail(session, pilot), pilot.version

    return created(work, request, body.model_dump(mode="json"), build)


@router.get(
    "/office/pilots/candidates",
    response_model=wire.CandidateList,
    responses=READ,
    dependencies=[require(Permission.NOMINATE_PILOT)],
)
def pilot_candidates(request: Request, work: Unit, programme: Annotated[int, Query(ge=1, le=2**53)]) -> Response:
    """Life circles the caller may nominate, and which of them are pilots already."""
    with work() as session:
        value = candidates(session, programme)
    return respond(request, prepare(value))


@router.get(
    "/office/pilots/{pilot_id}",
    response_model=wire.PilotOut,
    responses=READ,
    dependencies=[require(Permission.READ_PILOT)],
)
def pilot(request: Request, work: Unit, pilot_id: Key) -> Response:
    """A pilot with its sheet, promises, inspections, tasks, projects and course."""
    with work() as session:
        row = session.one(Pilot, pilot_id)
        value, version = views.pilot_detail(session, row), row.version
    return versioned(request, value, version)


@router.patch(
    "/office/pilots/{pilot_id}",
    response_model=wire.PilotOut,
    responses=COMMON,
    dependencies=[require(Permission.NOMINATE_PILOT)],
)
def edit_pilot(request: Request, work: Unit, pilot_id: Key, body: wire.PilotChange) -> Response:
    """Change what was nominated, before the review or after a return."""
    version = version_of(request)
    with work() as session:
        row = change_pilot(session, pilot_id, version, body.model_dump(exclude_none=True))
        return _told(request, session, row)


def _told(request: Request, session: OfficeSession, row: Pilot) -> Response:
    session.flush()
    return versioned(request, views.pilot_detail(session, row), row.version)


@router.post(
    "/office/pilots/{pilot_id}/sheet",
    response_model=wire.PilotOut,
    responses=COMMON,
    dependencies=[require(Permission.NOMINATE_PILOT)],
)
def pilot_sheet(request: Request, work: Unit, pilot_id: Key, body: wire.SheetWanted) -> Response:
    """Read the assessment sheet anew, from the named run or the one that measures."""
    version = version_of(request)
    with work() as session:
        row = session.one(Pilot, pilot_id, Permission.NOMINATE_PILOT, version=version)
        return _told(request, session, refresh_sheet(session, _reader(work), row, body.run_id))


@router.post(
    "/office/pilots/{pilot_id}/steps/{step}",
    response_model=wire.PilotOut,
    responses=COMMON,
    dependencies=[require(Permission.READ_PILOT)],
)
def pilot_step(
    request: Request, work: Unit, pilot_id: Key, step: Annotated[str, Path(max_length=60)], body: StepBody
) -> Response:
    """Take a step; who may take it and what it needs is said by ``allowed``. Submitting again reads the sheet anew."""
    version = version_of(request)
    with work() as session:
        row = session.one(Pilot, pilot_id)
        fields = dict(body.fields)
        if step == "resubmit" and session.actor.may(Permission.NOMINATE_PILOT):
            row = session.one(Pilot, pilot_id, Permission.NOMINATE_PILOT, version=version, lock=True)
            row = refresh_sheet(session, _reader(work), row)
            session.flush()
            version, fields["sheet"] = row.version, row.sheet["run"]["id"]
        row = take_step(session, row, step, version=version, reason=body.reason, fields=fields)
        return _told(request, session, row)


@router.post(
    "/office/pilots/{pilot_id}/assessment",
    response_model=wire.PilotOut,
    responses=COMMON,
    dependencies=[require(Permission.ACCEPT_PILOT)],
)
def grade_pilot(request: Request, work: Unit, pilot_id: Key, body: wire.SheetWanted) -> Response:
    """Grade the pilot by the rules in force; the acceptance takes its grade from this."""
    version = version_of(request)
    with work() as session:
        row = assess_pilot(session, _reader(work), pilot_id, version=version, run_id=body.run_id)
        return _told(request, session, row)


@router.post(
    "/office/pilots/{pilot_id}/commerce",
    response_model=wire.PilotOut,
    responses=COMMON,
    dependencies=[require(Permission.REVIEW_PILOT)],
)
def grade_commerce(request: Request, work: Unit, pilot_id: Key, body: wire.CommerceBody) -> Response:
    """Grade the commerce scheme of circle 2 from entered values; it is no part of the pilot's grade."""
    version = version_of(request)
    with work() as session:
        row = assess_commerce(session, pilot_id, version, body.values, body.source)
        return _told(request, session, row)


@router.get(
    "/office/pilots/{pilot_id}/figures",
    response_model=list[dict[str, Any]],
    responses=READ,
    dependencies=[require(Permission.READ_PILOT)],
)
def pilot_figures(
    request: Request, work: Unit, pilot_id: Key, element: Annotated[str, Query(max_length=60)] = "*"
) -> Response:
    """Figures of the life circle that can be promised, by key, with their values in the run of the sheet."""
    with work() as session:
        row = session.one(Pilot, pilot_id)
        run_id = str(row.sheet.get("run", {}).get("id") or "") or None
        area = row.life_circle
    found = bindable(_reader(work), area, element, run_id)
    return respond(request, prepare(found[:300]))


@router.post(
    "/office/pilots/{pilot_id}/promises",
    response_model=wire.PromiseOut,
    status_code=201,
    responses=COMMON,
    dependencies=[require(Permission.BUILD_PILOT)],
)
def create_promise(request: Request, work: Unit, pilot_id: Key, body: wire.NewPromise) -> Response:
    """Promise a value of a figure; what it is before is read from the sheet's run."""

    def build(session: OfficeSession) -> tuple[Any, int]:
        row = promise(session, _reader(work), pilot_id, **body.model_dump())
        session.flush()
        return views.promise_item(row), row.version

    return created(work, request, body.model_dump(mode="json"), build)


@router.patch(
    "/office/promises/{promise_id}",
    response_model=wire.PromiseOut,
    responses=COMMON,
    dependencies=[require(Permission.BUILD_PILOT)],
)
def edit_promise(request: Request, work: Unit, promise_id: Key, body: wire.PromiseChange) -> Response:
    """Change a promise, before the building was approved."""
    version = version_of(request)
    with work() as session:
        row = change_promise(session, promise_id, version, body.model_dump(exclude_none=True))
        session.flush()
        return versioned(request, views.promise_item(row), row.version)


@router.delete(
    "/office/promises/{promise_id}",
    status_code=204,
    responses=COMMON,
    dependencies=[require(Permission.BUILD_PILOT)],
)
def delete_promise(request: Request, work: Unit, promise_id: Key) -> Response:
    """Take a promise back, before the building was approved."""
    version = version_of(request)
    with work() as session:
        drop_promise(session, promise_id, version)
    return Response(status_code=204)
