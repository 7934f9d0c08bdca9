"""The task list: list, board, calendar, Gantt, map, export; one task with its steps; import; bulk work."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Depends, Path, Query, Request
from sqlalchemy import select
from starlette.responses import Response

from kezhong import clock
from kezhong.errors import InputError, KezhongError
from kezhong.office.models import Programme, Task
from kezhong.office.session import OfficeSession
from kezhong.office.steps import take_step
from kezhong.office.tasks import exporting, handling, listing, parts, pictures, writing
from kezhong.office.tasks.questions import Question
from kezhong.server.etag import prepare, respond
from kezhong.server.identity import Unit, Work
from kezhong.server.models.office import tasks as wire
from kezhong.server.office_http import created, version_of, versioned
from kezhong.server.paging import digest, read_mark, write_cursor
from kezhong.server.permissions import Permission, require
from kezhong.server.routes import COMMON, READ
from kezhong.server.routes.office import remarks
from kezhong.server.views.office import tasks as view

router = APIRouter(tags=["office: tasks"])
router.include_router(remarks.router)
TaskId = Annotated[int, Path(ge=1, le=2**62, description="id of a task")]
Limit = Annotated[int, Query(ge=1, le=200, description="items in a page")]
Cursor = Annotated[str | None, Query(max_length=400, description="next_cursor of the page before")]
Words = Annotated[list[Annotated[str, Query(max_length=60)]], Query(max_length=30)]
Ids = Annotated[list[Annotated[int, Query(ge=0, le=2**62)]], Query(max_length=60)]
Sort = Annotated[
    str, Query(max_length=20, description="due, code, updated, progress, light or unit; a minus turns it round")
]


def question(
    programme: Annotated[int | None, Query(ge=1, le=2**62)] = None,
    state: Words = [],  # noqa: B006 – read only
    light: Words = [],  # noqa: B006
    circle: Annotated[
        list[Annotated[str, Query(max_length=60)]], Query(max_length=30, description="ids; none: without one")
    ] = [],  # noqa: B006
    stage: Ids = [],  # noqa: B006
    unit: Annotated[
        list[Annotated[int, Query(ge=1, le=2**62)]], Query(max_length=60, description="lead or joint")
    ] = [],  # noqa: B006
    area: Annotated[str, Query(max_length=40, description="code; the area with all below it")] = "",
    parent: Annotated[int | None, Query(ge=1, le=2**62)] = None,
    due_from: date | None = None,
    due_to: date | None = None,
    q: Annotated[
        str, Query(max_length=100, description="words in title, measure or code; names of units and areas; pinyin")
    ] = "",
    mine: bool = False,
    issued: bool = False,
    open: bool = False,  # noqa: A002
    late: bool = False,
    returned: bool = False,
    escalated: bool = False,
    shortfall: bool = False,
    top: bool = False,
) -> Question:
    """The filters, the same on every view."""
    return Question(
        programme=programme, state=tuple(state), light=tuple(light),
        circle=tuple("" if one == "none" else one for one in circle), stage=tuple(stage), unit=tuple(unit), area=area,
        parent=parent, due_from=due_from, due_to=due_to, text=q, mine=mine, issued=issued, open=open, late=late,
        returned=returned, escalated=escalated, shortfall=shortfall, top=top,
    )  # fmt: skip


Asked = Annotated[Question, Depends(question)]


@router.get("/office/tasks", response_model=wire.TaskPage, responses=READ, dependencies=[require(Permission.READ_TASK)])
def tasks(
    request: Request, work: Unit, asked: Asked, sort: Sort = "due", limit: Limit = 100, cursor: Cursor = None
) -> Response:
    """One page of the list, within the caller's scope."""
    mark = digest(["tasks", asked.told(), sort])
    after = None
    if cursor is not None:
        place, _, key = read_mark(cursor, mark).rpartition("|")
        if not (key.isascii() and key.isdecimal()):
            raise InputError("server.bad_cursor", value=cursor)
        after = (place, int(key))
    with work() as session:
        found, more = listing.page(session, asked, sort, limit, after)
        value = {
            "items": view.rows(session, found),
            "next_cursor": None if more is None else write_cursor(f"{more[0]}|{more[1]}", mark),
        }
    return respond(request, prepare(value))


@router.get(
    "/office/tasks/facets", response_model=wire.TaskFacets, responses=READ, dependencies=[require(Permission.READ_TASK)]
)
def task_facets(request: Request, work: Unit, asked: Asked) -> Response:
    """How many tasks there are by facet (each without its own filter) and by quick filter."""
    with work() as session:
        found = listing.facets(session, asked)
    return respond(request, prepare({"total": found.total, "by": found.by, "quick": found.quick}))


@router.get(
    "/office/tasks/board", response_model=wire.Board, responses=READ, dependencies=[require(Permission.READ_TASK)]
)
def task_board(
    request: Request, work: Unit, asked: Asked, per_column: Annotated[int, Query(ge=1, le=50)] = 20
) -> Response:
    """Columns by state, each with its first cards and its count."""
    with work() as session:
        columns = [
            {"state": one["state"], "count": one["count"], "items": view.rows(session, one["rows"])}
            for one in pictures.board(session, asked, per_column)
        ]
    return respond(request, prepare({"columns": columns}))


@router.get(
    "/office/tasks/calendar", response_model=wire.Calendar, responses=READ, dependencies=[require(Permission.READ_TASK)]
)
def task_calendar(
    request: Request, work: Unit, asked: Asked, month: Annotated[str, Query(pattern=r"^20\d{2}-(0[1-9]|1[0-2])$")]
) -> Response:
    """Tasks by the day of their deadline, for the weeks of a month."""
    first = date.fromisoformat(f"{month}-01")
    start = first - timedelta(days=first.weekday())
    end = start + timedelta(days=41)
    with work() as session:
        value = view.calendar_days(session, pictures.calendar(session, asked, start, end), start, end)
    return respond(request, prepare(value))


@router.get(
    "/office/tasks/gantt", response_model=wire.Gantt, responses=READ, dependencies=[require(Permission.READ_TASK)]
)
def task_gantt(
    request: Request,
    work: Unit,
    asked: Asked,
    first: date,
    last: date,
    limit: Annotated[int, Query(ge=1, le=500)] = 300,
    skip: Annotated[int, Query(ge=0, le=100_000, description="tasks that stand before")] = 0,
) -> Response:
    """Tasks whose time touches a window of at most six years, with dependencies."""
    if not first <= last <= first + timedelta(days=2200):
        raise InputError("tasks.bad_filter", column="last", value=last, expected=f"{first} …")
    with work() as session:
        found, links, total = pictures.gantt(session, asked, first, last, limit, skip)
        value = {
            "items": view.rows(session, found), "links": links, "total": total, "first": first, "last": last,
        }  # fmt: skip
    return respond(request, prepare(value))


@router.get(
    "/office/tasks/map", response_model=wire.TaskMap, responses=READ, dependencies=[require(Permission.READ_TASK)]
)
def task_map(request: Request, work: Unit, asked: Asked) -> Response:
    """Tasks counted by the areas within ``area`` (by default within the smallest that holds them all), and pilots."""
    with work() as session:
        value = view.task_map(pictures.on_map(session, asked), pictures.pilots_on_map(session, asked))
    return respond(request, prepare(value))


@router.get(
    "/office/tasks/export",
    responses={200: {"content": {exporting.MEDIA_TYPE: {}}, "description": "A workbook"}, **COMMON},
    dependencies=[require(Permission.READ_TASK)],
)
def task_export(work: Unit, asked: Asked, sort: Sort = "code") -> Response:
    """Exactly what is shown, as a workbook with the city's columns; at most 20,000 tasks."""
    with work() as session:
        total = listing.facets(session, asked).total
        found = listing.all_rows(session, asked, sort)
        programmes = {one.task.programme_id for one in found}
        names = session.scalars(select(Programme.name).where(Programme.id.in_(programmes))).all()
        content = exporting.workbook(
            found, city=work.office.config.name, programme="、".join(names) or "–",
            filters=view.filters_in_words(session, asked), total=total,
        )  # fmt: skip
        session.audit.note("task.export", "task", "list", count=len(found))
    name = quote(f"任务清单_{clock.today().isoformat()}.xlsx")
    headers = {
        "Content-Disposition": f"attachment; filename=\"tasks.xlsx\"; filename*=UTF-8''{name}",
        "Cache-Control": "no-store",
    }
    return Response(content, media_type=exporting.MEDIA_TYPE, headers=headers)


@router.get(
    "/office/tasks/choices", response_model=wire.Choices, responses=READ, dependencies=[require(Permission.READ_TASK)]
)
def task_choices(request: Request, work: Unit) -> Response:
    """Units, programmes, stages and areas that forms and filters choose from."""
    with work() as session:
        value = view.choices(session)
    return respond(request, prepare(value))


@router.post(
    "/office/tasks",
    status_code=201,
    response_model=wire.TaskDetail,
    responses=COMMON,
    dependencies=[require(Permission.WRITE_TASK)],
)
def create_task(request: Request, work: Unit, body: wire.TaskNew) -> Response:
    """A draft. The same ``Idempotency-Key`` gives the same task."""

    def build(session: OfficeSession) -> tuple[Any, int]:
        row = writing.create_task(session, writing.NewTask(**(body.model_dump() | {"joint": tuple(body.joint)})))
        return view.detail(session, row), row.version

    return created(work, request, body, build)


@router.post(
    "/office/tasks/bulk",
    response_model=wire.BulkOutcome,
    responses=COMMON,
    dependencies=[require(Permission.READ_TASK)],
)
def bulk(request: Request, work: Unit, body: wire.BulkRequest) -> Response:
    """The same for many tasks, each in a transaction of its own; says of each what became of it."""
    items = [_bulk_one(work, body, item) for item in body.items]
    done = sum(item["ok"] for item in items)
    return respond(request, prepare({"items": items, "done": done, "failed": len(items) - done}))


def _bulk_one(work: Work, body: wire.BulkRequest, item: wire.BulkItem) -> dict[str, Any]:
    code = ""
    try:
        with work() as session:
            row = session.one(Task, item.id)
            code = row.code
            version = row.version if item.version is None else item.version
            if body.action == "step":
                row = take_step(
                    session, row, body.transition, version=version, reason=body.reason, fields=body.fields
                )  # fmt: skip
            elif body.action == "assign":
                row = handling.assign(session, item.id, version, body.person_id)
            elif body.action == "due":
                row = writing.edit_task(session, item.id, version, {"due_on": body.due_on}, body.reason)
            else:
                handling.remind_unit(session, item.id, body.reason)
            session.flush()
            found = row.version
    except KezhongError as problem:
        return {"id": item.id, "code": code, "ok": False, "version": None, "error": problem.envelope()["error"]}
    return {"id": item.id, "code": code, "ok": True, "version": found, "error": None}


# one task ------------------------------------------------------------------------------------------------------------


def _detail(request: Request, session: OfficeSession, row: Task) -> Response:
    session.flush()
    session.refresh(row)
    return versioned(request, view.detail(session, row), row.version)


@router.get(
    "/office/tasks/{task_id}",
    response_model=wire.TaskDetail,
    responses=READ,
    dependencies=[require(Permission.READ_TASK)],
)
def task(request: Request, work: Unit, task_id: TaskId) -> Response:
    """One task with its steps, parts, needs, files and course."""
    with work() as session:
        row = session.one(Task, task_id)
        return versioned(request, view.detail(session, row), row.version)


@router.patch(
    "/office/tasks/{task_id}",
    response_model=wire.TaskDetail,
    responses=COMMON,
    dependencies=[require(Permission.WRITE_TASK)],
)
def edit_task(request: Request, work: Unit, task_id: TaskId, body: wire.TaskEdit) -> Response:
    """Change what the task says; only the fields that are sent."""
    version = version_of(request)
    changes = body.model_dump(exclude_unset=True)
    reason = changes.pop("reason", "")
    with work() as session:
        row = writing.edit_task(session, task_id, version, changes, reason)
        return _detail(request, session, row)


@router.post(
    "/office/tasks/{task_id}/steps",
    response_model=wire.TaskDetail,
    responses=COMMON,
    dependencies=[require(Permission.READ_TASK)],
)
def take_task_step(request: Request, work: Unit, task_id: TaskId, body: wire.StepRequest) -> Response:
    """Take a step; which right it takes depends on the step."""
    version = version_of(request)
    with work() as session:
        row = session.one(Task, task_id)
        row = take_step(
            session, row, body.transition, version=version, reason=body.reason, fields=body.fields
        )  # fmt: skip
        return _detail(request, session, row)


@router.post(
    "/office/tasks/{task_id}/progress",
    response_model=wire.TaskDetail,
    responses=COMMON,
    dependencies=[require(Permission.HANDLE_TASK)],
)
def report_progress(request: Request, work: Unit, task_id: TaskId, body: wire.ProgressRequest) -> Response:
    """Report how far it is."""
    version = version_of(request)
    with work() as session:
        row = handling.report_progress(session, task_id, version, body.progress, body.note, by_hand=body.by_hand)
        return _detail(request, session, row)


@router.post(
    "/office/tasks/{task_id}/assignee",
    response_model=wire.TaskDetail,
    responses=COMMON,
    dependencies=[require(Permission.HANDLE_TASK)],
)
def assign(request: Request, work: Unit, task_id: TaskId, body: wire.AssigneeRequest) -> Response:
    """Give it to somebody of its unit."""
    version = version_of(request)
    with work() as session:
        row = handling.assign(session, task_id, version, body.person_id)
        return _detail(request, session, row)


@router.post(
    "/office/tasks/{task_id}/parts",
    status_code=201,
    response_model=wire.TaskDetail,
    responses=COMMON,
    dependencies=[require(Permission.WRITE_TASK)],
)
def decompose(request: Request, work: Unit, task_id: TaskId, body: wire.Parts) -> Response:
    """Hand it down (分解): all parts or none; answers with the whole."""
    version = version_of(request)

    def build(session: OfficeSession) -> tuple[Any, int]:
        whole = session.one(Task, task_id)
        new = [
            writing.NewTask(
                programme_id=whole.programme_id, org_id=one.org_id, title=one.title or whole.title,
                measure=one.measure or whole.measure, due_on=one.due_on or whole.due_on, weight=one.weight,
                joint=tuple(one.joint), source=whole.code,
            )
            for one in body.parts
        ]  # fmt: skip
        made = writing.decompose(session, task_id, version, new)
        if body.issue:
            for part in made:
                take_step(session, part, "issue")
        session.flush()
        session.refresh(whole)
        return view.detail(session, whole), whole.version

    return created(work, request, body, build)


@router.put(
    "/office/tasks/{task_id}/needs",
    response_model=wire.TaskDetail,
    responses=COMMON,
    dependencies=[require(Permission.WRITE_TASK)],
)
def set_needs(request: Request, work: Unit, task_id: TaskId, body: wire.NeedsRequest) -> Response:
    """Say which tasks have to be finished first; all of them at once."""
    version = version_of(request)
    with work() as session:
        row = parts.set_needs(session, task_id, version, body.needs)
        return _detail(request, session, row)


@router.post(
    "/office/tasks/{task_id}/reminders",
    response_model=dict[Literal["told"], int],
    responses=COMMON,
    dependencies=[require(Permission.REVIEW_TASK)],
)
def remind(request: Request, work: Unit, task_id: TaskId, body: wire.ReminderRequest) -> Response:
    """Remind the unit by hand (催办), once a day at most."""
    with work() as session:
        told = handling.remind_unit(session, task_id, body.note)
    return respond(request, prepare({"told": told}))


@router.get(
    "/office/tasks/{task_id}/people",
    response_model=wire.People,
    responses=READ,
    dependencies=[require(Permission.HANDLE_TASK)],
)
def assignable(request: Request, work: Unit, task_id: TaskId) -> Response:
    """Who works in the task's unit."""
    with work() as session:
        row = session.one(Task, task_id)
        value = {"items": handling.people_of_unit(session, row.org_id)}
    return respond(request, prepare(value))


@router.get(
    "/office/tasks/{task_id}/similar",
    response_model=wire.TaskPage,
    responses=READ,
    dependencies=[require(Permission.READ_TASK)],
)
def candidates(
    request: Request, work: Unit, task_id: TaskId, q: Annotated[str, Query(max_length=100)] = ""
) -> Response:
    """Tasks of the same programme that it could wait for."""
    with work() as session:
        row = session.one(Task, task_id)
        asked = replace(Question(), programme=row.programme_id, text=q)
        found, _ = listing.page(session, asked, "code", 30)
        others = [one for one in found if one.task.id != task_id]
        value = {"items": view.rows(session, others), "next_cursor": None}
    return respond(request, prepare(value))
