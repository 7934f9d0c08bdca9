"""Measured, not claimed: targets, re-measurement, verification sheets, objections, promises, facilities in use."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request
from sqlalchemy import select
from starlette.responses import Response

from kezhong.city.workspace import City
from kezhong.errors import NotFoundError
from kezhong.office.measuring import after, in_use, objections, promises, rules, sheets, targets
from kezhong.office.measuring.anew import WAITS
from kezhong.office.measuring.figures import FigureReader
from kezhong.office.models import Objection, Target, Task, Verification
from kezhong.office.session import OfficeSession
from kezhong.office.steps import take_step
from kezhong.server.etag import prepare, respond
from kezhong.server.identity import Unit, Work
from kezhong.server.models import JobOut
from kezhong.server.models.office import measurement as wire
from kezhong.server.office_http import created, version_of, versioned
from kezhong.server.paging import Cursor, digest, read_cursor, write_cursor
from kezhong.server.permissions import Permission, require
from kezhong.server.routes import COMMON, READ
from kezhong.server.state import State
from kezhong.server.views import jobs as jobs_view
from kezhong.server.views.office import measurement as view
from kezhong.server.views.office import sheets as sheet_view
from kezhong.server.views.office.naming import Names
from kezhong.server.views.office.projects_import import submit_import

router = APIRouter(prefix="/office/measurement", tags=["office: measurement"])
Id = Annotated[int, Path(ge=1, le=2**62)]
Limit = Annotated[int, Query(ge=1, le=200, description="items in a page")]
Code = Annotated[str, Query(max_length=100)]
TaskState = Literal["awaiting_measurement", "measured_met", "measured_not_met", "closed_unmeasured"]
SheetState = Literal["issued", "community_signed", "objected", "confirmed", "superseded"]
ObjectionState = Literal["filed", "under_review", "upheld", "corrected", "dismissed", "withdrawn"]


def _reader(work: Work) -> FigureReader:
    return FigureReader(work.office.city_folder)


def _page(
    session: OfficeSession, cls: type[Any], conditions: list[Any], limit: int, cursor: str | None, question: str
) -> Any:
    """Newest first, by key: rows and the cursor of the next page."""
    before = read_cursor(cursor, question)
    if before:
        conditions = [*conditions, cls.id < before]
    rows = session.rows(select(cls).where(*conditions).order_by(cls.id.desc()).limit(limit + 1))
    following = write_cursor(rows[limit - 1].id, question) if len(rows) > limit else None
    return rows[:limit], following


@router.get("", response_model=wire.Measuring, responses=READ, dependencies=[require(Permission.READ_MEASUREMENT)])
def measurement_start(request: Request, work: Unit) -> Response:
    """The run that measures, the rules, and how much there is of what."""
    reader = _reader(work)
    run = reader.default()
    with work() as session:
        own = rules.rules(session)
        value = {
            "run": None if run is None else view.run_shown(reader, run),
            "rules": {
                "verification_workdays": own.verification_workdays,
                "objection_workdays": own.objection_workdays,
                "review_workdays": own.review_workdays,
                "proposal": own.proposal,
            },
            "findings": [{"id": name, "zh": zh, "en": en} for name, (zh, en) in sheets.FINDINGS.items()],
            "waits": {name: {"zh": zh, "en": en} for name, (zh, en) in WAITS.items()},
            "tasks": view.counts(session, Task, Task.shortfall_id.is_not(None)),
            "sheets": view.counts(session, Verification),
            "objections": view.counts(session, Objection, Objection.object_kind.in_(list(objections.KINDS))),
            "review_due": rules.day_after(session, own.review_workdays).isoformat(),
        }
    return respond(request, prepare(value))


# targets --------------------------------------------------------------------------------------------------------------


@router.get(
    "/targets", response_model=wire.TargetsMeasured, responses=READ, dependencies=[require(Permission.READ_MEASUREMENT)]
)
def measured_targets(
    request: Request, work: Unit, programme: Annotated[int | None, Query(ge=1, le=2**62)] = None,
    limit: Limit = 100, cursor: Cursor = None,
) -> Response:  # fmt: skip
    """Targets with baseline, what was measured and the course over runs; in the order of the programme."""
    question = digest(["measured targets", programme])
    after_id = read_cursor(cursor, question)
    statement = select(Target).where(Target.id > after_id).order_by(Target.id).limit(limit + 1)
    if programme is not None:
        statement = statement.where(Target.programme_id == programme)
    with work() as session:
        rows = session.rows(statement)
        following = write_cursor(rows[limit - 1].id, question) if len(rows) > limit else None
        kept = rows[:limit]
        found = targets.course_of(session, kept)
        names, areas = Names(session, kept), view.key_areas(session, (one.figure_key for one in kept))
        items = [view.target(session, names, areas, one, found[one.id]) for one in kept]
    return respond(request, prepare({"items": items, "next_cursor": following}))


@router.get(
    "/targets/{target_id}", response_model=wire.TargetDetail, responses=COMMON,
    dependencies=[require(Permission.READ_MEASUREMENT)],
)  # fmt: skip
def measured_target(request: Request, work: Unit, target_id: Id) -> Response:
    """A target with what it is made of: pilots, communities inside, outside, and not known."""
    with work() as session:
        row = session.one(Target, target_id)
        value = _target(session, row)
    return versioned(request, value, row.version)


def _target(session: OfficeSession, row: Target) -> dict[str, Any]:
    found = targets.course_of(session, [row])
    names, areas = Names(session, [row]), view.key_areas(session, [row.figure_key])
    return view.target(session, names, areas, row, found[row.id], detail=True)


@router.put(
    "/targets/{target_id}/figure", response_model=wire.TargetDetail, responses=COMMON,
    dependencies=[require(Permission.WRITE_MEASUREMENT)],
)  # fmt: skip
def bind_target(request: Request, work: Unit, target_id: Id, wanted: wire.FigureKey) -> Response:
    """Bind a target to a figure, and measure it by the present run; needs ``If-Match``."""
    version = version_of(request)
    reader = _reader(work)
    run = reader.default()
    with work() as session:
        row = targets.bind_target(session, target_id, wanted.model_dump(), version=version)
        if run is not None:
            targets.measure_target(session, row, reader, run.id)
        value = _target(session, row)
    return versioned(request, value, row.version)


@router.get(
    "/bindable", response_model=wire.BindableList, responses=READ, dependencies=[require(Permission.READ_MEASUREMENT)]
)
def bindable_figures(
    request: Request, work: Unit, area: Annotated[str, Query(min_length=1, max_length=100)], element: Code = "*"
) -> Response:
    """The figures of an area and element in the present run, as keys that a target can be bound to."""
    reader = _reader(work)
    run = reader.default()
    if run is None:
        raise NotFoundError("measuring.no_run")
    items = [
        {
            "key": one["key"],
            "name": view.figure_name(one["key"]),
            "of_people": one["of_people"],
            **{name: one["figure"][name] for name in ("value", "status", "unit")},
        }
        for one in targets.bindable(reader, area, element, run.id)
    ]
    return respond(request, prepare({"items": items, "run_id": run.id}))


@router.post(
    "/measure", response_model=wire.Measured, responses=COMMON, dependencies=[require(Permission.WRITE_MEASUREMENT)]
)
def measure_now(request: Request, work: Unit, wanted: wire.MeasureRequest) -> Response:
    """Measure targets, promises and awaiting tasks by a run; doing it again changes nothing more."""
    reader = _reader(work)
    run = reader.default() if wanted.run is None else reader.manifest(wanted.run)
    if run is None:
        raise NotFoundError("measuring.no_run")
    with work() as session:
        found = after.measure(session, reader, run.id)
    return respond(
        request,
        prepare({"run_id": run.id, "targets": found.targets, "promises": found.promises, "tasks": found.tasks}),
    )


# 待复测 and sheets


@router.get(
    "/tasks", response_model=wire.AwaitingList, responses=READ, dependencies=[require(Permission.READ_MEASUREMENT)]
)
def awaiting_tasks(
    request: Request, work: Unit, state: TaskState = "awaiting_measurement", limit: Limit = 50, cursor: Cursor = None
) -> Response:
    """Closed tasks that came of shortfalls, by what was found, newest first."""
    with work() as session:
        conditions = [Task.state == state, Task.shortfall_id.is_not(None)]
        rows, following = _page(session, Task, conditions, limit, cursor, digest(["awaiting", state]))
        items = sheet_view.awaiting(session, rows)
    return respond(request, prepare({"items": items, "next_cursor": following}))


@router.post(
    "/tasks/{task_id}/close-unmeasured", response_model=wire.AwaitingTask, responses=COMMON,
    dependencies=[require(Permission.DECIDE_OBJECTION)],
)  # fmt: skip
def close_unmeasured(request: Request, work: Unit, task_id: Id, wanted: wire.ReasonRequest) -> Response:
    """Close a task without a finding: what the data cannot show is held against nobody. Needs ``If-Match``."""
    version = version_of(request)
    with work() as session:
        row = take_step(session, session.one(Task, task_id), "close_unmeasured", version=version, reason=wanted.reason)
        value = sheet_view.awaiting(session, [row])[0]
    return versioned(request, value, row.version)


@router.get(
    "/verifications", response_model=wire.SheetList, responses=READ, dependencies=[require(Permission.READ_MEASUREMENT)]
)
def verification_sheets(
    request: Request, work: Unit, state: Annotated[list[SheetState] | None, Query(max_length=5)] = None,
    limit: Limit = 50, cursor: Cursor = None,
) -> Response:  # fmt: skip
    """Verification sheets in scope, newest first."""
    with work() as session:
        conditions = [Verification.state.in_(state)] if state else []
        rows, following = _page(session, Verification, conditions, limit, cursor, digest(["sheets", state]))
        items = sheet_view.sheets(session, rows)
    return respond(request, prepare({"items": items, "next_cursor": following}))


@router.get(
    "/verifications/{sheet_id}", response_model=wire.SheetDetail, responses=COMMON,
    dependencies=[require(Permission.READ_MEASUREMENT)],
)  # fmt: skip
def verification_sheet(request: Request, work: Unit, sheet_id: Id) -> Response:
    """A verification sheet with its course."""
    with work() as session:
        row = session.one(Verification, sheet_id)
        value = sheet_view.sheet(session, row)
    return versioned(request, value, row.version)


@router.post(
    "/verifications/{sheet_id}/sign", response_model=wire.SheetDetail, responses=COMMON,
    dependencies=[require(Permission.VERIFY)],
)  # fmt: skip
def sign_sheet(request: Request, work: Unit, sheet_id: Id, wanted: wire.SignRequest) -> Response:
    """The community says what it found; needs ``If-Match``. No photograph and no position is asked for."""
    version = version_of(request)
    with work() as session:
        row = sheets.sign_sheet(session, sheet_id, wanted.finding, wanted.note, version=version)
        value = sheet_view.sheet(session, row)
    return versioned(request, value, row.version)


@router.post(
    "/verifications/{sheet_id}/confirm", response_model=wire.SheetDetail, responses=COMMON,
    dependencies=[require(Permission.DECIDE_OBJECTION)],
)  # fmt: skip
def confirm_sheet(request: Request, work: Unit, sheet_id: Id, wanted: wire.ReasonRequest) -> Response:
    """The office confirms a signed sheet once nobody may object any more; needs ``If-Match``."""
    version = version_of(request)
    with work() as session:
        row = sheets.conclude_sheet(session, sheet_id, version=version, reason=wanted.reason)
        value = sheet_view.sheet(session, row)
    return versioned(request, value, row.version)


# objections -----------------------------------------------------------------------------------------------------------


@router.get(
    "/objections",
    response_model=wire.ObjectionList,
    responses=READ,
    dependencies=[require(Permission.READ_MEASUREMENT)],
)
def list_objections(
    request: Request, work: Unit, state: Annotated[list[ObjectionState] | None, Query(max_length=6)] = None,
    limit: Limit = 50, cursor: Cursor = None,
) -> Response:  # fmt: skip
    """Objections to sheets, findings and measurements in scope, newest first; appeals have a page of their own."""
    with work() as session:
        conditions = [Objection.object_kind.in_(list(objections.KINDS))]
        if state:
            conditions.append(Objection.state.in_(state))
        rows, following = _page(session, Objection, conditions, limit, cursor, digest(["objections", state]))
        items = sheet_view.objections(session, rows)
    return respond(request, prepare({"items": items, "next_cursor": following}))


@router.post(
    "/objections", status_code=201, response_model=wire.ObjectionDetail, responses=COMMON,
    dependencies=[require(Permission.OBJECT)],
)  # fmt: skip
def file_objection(request: Request, work: Unit, wanted: wire.ObjectRequest) -> Response:
    """Object to a sheet, to a finding or to a measurement; the same ``Idempotency-Key`` files one objection."""

    def build(session: OfficeSession) -> tuple[Any, int]:
        row = objections.file_objection(
            session, wanted.object_kind, wanted.object_id, wanted.text, version=wanted.version
        )
        return sheet_view.objection(session, row), row.version

    return created(work, request, wanted.model_dump(), build)


@router.get(
    "/objections/{objection_id}", response_model=wire.ObjectionDetail, responses=COMMON,
    dependencies=[require(Permission.READ_MEASUREMENT)],
)  # fmt: skip
def read_objection(request: Request, work: Unit, objection_id: Id) -> Response:
    """An objection with its course, and what was corrected."""
    with work() as session:
        row = session.one(Objection, objection_id)
        value = sheet_view.objection(session, row)
    return versioned(request, value, row.version)


@router.post(
    "/objections/{objection_id}/withdraw", response_model=wire.ObjectionDetail, responses=COMMON,
    dependencies=[require(Permission.OBJECT)],
)  # fmt: skip
def withdraw_objection(request: Request, work: Unit, objection_id: Id, wanted: wire.ReasonRequest) -> Response:
    """Take an objection back; needs ``If-Match``."""
    version = version_of(request)
    with work() as session:
        row = session.one(Objection, objection_id)
        row = take_step(session, row, "withdraw", version=version, reason=wanted.reason)
        value = sheet_view.objection(session, row)
    return versioned(request, value, row.version)


@router.post(
    "/objections/{objection_id}/decide", response_model=wire.ObjectionDetail, responses=COMMON,
    dependencies=[require(Permission.DECIDE_OBJECTION)],
)  # fmt: skip
def decide_objection(request: Request, work: Unit, objection_id: Id, wanted: wire.DecideRequest) -> Response:
    """Take up, uphold, dismiss, correct or review again; needs ``If-Match``."""
    version = version_of(request)
    fields = {"due": wanted.due, "result": wanted.result}
    with work() as session:
        row = objections.decide_objection(
            session, objection_id, wanted.step, version=version, reason=wanted.reason, fields=fields
        )
        session.flush()
        value = sheet_view.objection(session, row)
    return versioned(request, value, row.version)


# promises, and what was built -----------------------------------------------------------------------------------------


@router.get("/promises", response_model=wire.PromiseList, responses=READ, dependencies=[require(Permission.READ_PILOT)])
def pilot_promises(request: Request, work: Unit, pilot: Annotated[int, Query(ge=1, le=2**62)]) -> Response:
    """A pilot's promises: before, promised, measured."""
    with work() as session:
        items = view.promises(session, promises.promises_of(session, _reader(work), pilot))
    return respond(request, prepare({"items": items}))


@router.get(
    "/facilities-in-use", response_model=wire.FacilitiesInUse, responses=READ,
    dependencies=[require(Permission.READ_PROJECT)],
)  # fmt: skip
def list_facilities_in_use(request: Request, work: Unit) -> Response:
    """Projects in use as facilities, with what keeps some out of the city's data.

    Whoever may bring them in also sees which lie outside the own area.
    """
    city = City.open(work.office.city_folder)
    with work() as session:
        rows = in_use.facilities_in_use(session)
        if work.actor.may(Permission.WRITE_MEASUREMENT):
            mine = in_use.importable(session, city, rows, work.office.root_path)
            rows = [one if one.id in mine.ids else replace(one, lacks=(*one.lacks, "outside")) for one in rows]
    known = len(city.layer("facilities", in_use.SOURCE)) if city.has("facilities") else 0
    ready = sum(not one.lacks for one in rows)
    return respond(request, prepare({"items": [view.facility(one) for one in rows], "ready": ready, "in_city": known}))


@router.get(
    "/facilities-in-use.csv", responses={200: {"content": {"text/csv": {}}}, **READ},
    dependencies=[require(Permission.READ_PROJECT)],
)  # fmt: skip
def facilities_ledger(request: Request, work: Unit) -> Response:
    """Projects in use as a ledger that ``kezhong import facilities`` takes."""
    with work() as session:
        text = in_use.ledger(in_use.facilities_in_use(session))
    answer = respond(request, prepare(text.encode(), "text/csv; charset=utf-8"))
    answer.headers["Content-Disposition"] = f'attachment; filename="{in_use.SOURCE}.csv"'
    return answer


@router.post(
    "/facilities-in-use/import", status_code=202, response_model=JobOut, responses=COMMON,
    dependencies=[require(Permission.WRITE_MEASUREMENT)],
)  # fmt: skip
def import_projects_in_use(request: Request, state: State, work: Unit) -> Response:
    """Bring projects in use into the city's data as the source ``office-projects``, and assess anew: a job.

    Those of the area in which the caller holds the permission, and only where they stand there; for the whole city
    the import replaces the source as a whole, else what came of projects elsewhere stays as it is.
    """
    with work() as session:
        rows = in_use.facilities_in_use(session)
        mine = in_use.importable(session, City.open(work.office.city_folder), rows, work.office.root_path)
    rows = [one for one in rows if one.id in mine.ids]
    job = submit_import(state, work.office, rows, mine.replaces, request.headers.get("idempotency-key"))
    return respond(request, prepare(jobs_view.job(job.now())), 202)
