"""Office: projects, their money, and what is opened from a shortfall."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from sqlalchemy import select
from starlette.responses import Response

from kezhong.office.measuring.figures import FigureReader
from kezhong.office.models import Area, Organisation, Project
from kezhong.office.programme.openings import open_task
from kezhong.office.programme.projects import (
    add_money,
    change_money,
    change_project,
    create_project,
    drop_money,
    money_sums,
)
from kezhong.office.session import OfficeSession
from kezhong.office.steps import take_step
from kezhong.office.typed import any_of, written
from kezhong.server.etag import prepare, respond
from kezhong.server.identity import Unit, Work
from kezhong.server.models.office import projects as wire
from kezhong.server.models.office.programme import StepBody
from kezhong.server.office_http import created, version_of, versioned
from kezhong.server.paging import Cursor
from kezhong.server.permissions import Permission, require
from kezhong.server.routes import COMMON, READ
from kezhong.server.routes.office import community
from kezhong.server.routes.office.pilots import Filter, Key, OfficeLimit, ProgrammeKey
from kezhong.server.views.office import projects as views
from kezhong.server.views.office.pilots import counts_by_state
from kezhong.server.views.office.programme import page

router = APIRouter(tags=["office: projects"])
_READ = [require(Permission.READ_PROJECT)]
_WRITE = [require(Permission.WRITE_PROJECT)]


def _reader(work: Work) -> FigureReader:
    return FigureReader(work.office.city_folder)


@router.get("/office/projects", response_model=wire.ProjectPage, responses=READ, dependencies=_READ)
def projects(
    request: Request,
    work: Unit,
    programme: ProgrammeKey = None,
    state: Filter = None,
    circle: Filter = None,
    district: Filter = None,
    pilot: ProgrammeKey = None,
    q: Annotated[
        str | None, Query(max_length=100, description="in the name, as pinyin or initials too; or the code")
    ] = None,
    limit: OfficeLimit = 100,
    cursor: Cursor = None,
) -> Response:
    """Projects, newest first, with their money and the number of them in each state."""
    with work() as session:
        conditions: list[Any] = []
        for column, value in ((Project.programme_id, programme), (Project.pilot_id, pilot), (Project.circle, circle)):
            if value is not None and value != "":
                conditions.append(column == value)
        if district:
            path = session.execute(select(Area.path).where(Area.code == district)).scalar() or "-"
            conditions.append(Project.area_path.startswith(path, autoescape=True))
        if q:
            conditions.append(any_of(Project.name, written(session, q)) | (Project.code == q))
        statement = select(Project).where(*conditions)
        if state:
            statement = statement.where(Project.state == state)
        question = {"p": programme, "s": state, "c": circle, "d": district, "t": pilot, "q": q}
        found = page(
            session, statement, Project, limit, cursor, question, lambda rows: views.project_items(session, rows)
        )
        found["counts"] = counts_by_state(session, Project, *conditions)
    return respond(request, prepare(found))


@router.post("/office/projects", response_model=wire.ProjectOut, status_code=201, responses=COMMON, dependencies=_WRITE)
def propose_project(request: Request, work: Unit, body: wire.NewProject) -> Response:
    """Propose a project, by hand or from a row of the shortfall list (``run_id`` and ``shortfall_id``)."""

    def build(session: OfficeSession) -> tuple[Any, int]:
        row = create_project(session, _reader(work), **body.model_dump())
        return views.project_detail(session, row), row.version

    return created(work, request, body.model_dump(mode="json"), build)


@router.get("/office/projects/{project_id}", response_model=wire.ProjectOut, responses=READ, dependencies=_READ)
def project(request: Request, work: Unit, project_id: Key) -> Response:
    """A project with its money, sites, offers, files and course."""
    with work() as session:
        row = session.one(Project, project_id)
        value, version = views.project_detail(session, row), row.version
    return versioned(request, value, version)


@router.patch("/office/projects/{project_id}", response_model=wire.ProjectOut, responses=COMMON, dependencies=_WRITE)
def edit_project(request: Request, work: Unit, project_id: Key, body: wire.ProjectChange) -> Response:
    """Change a project's data; its state moves by steps."""
    version = version_of(request)
    changes = body.model_dump(exclude_unset=True)
    for name in ("name", "progress", "address", "operator", "note"):  # cannot be empty; leave what is there
        if changes.get(name, "") is None:
            del changes[name]
    with work() as session:
        row = change_project(session, project_id, version, changes)
        return _told(request, session, row)


def _told(request: Request, session: OfficeSession, row: Project) -> Response:
    session.flush()
    return versioned(request, views.project_detail(session, row), row.version)


@router.post(
    "/office/projects/{project_id}/steps/{step}", response_model=wire.ProjectOut, responses=COMMON, dependencies=_READ
)
def project_step(
    request: Request, work: Unit, project_id: Key, step: Annotated[str, Path(max_length=60)], body: StepBody
) -> Response:
    """Take a step of the project; ``fund`` needs money to be entered."""
    version = version_of(request)
    with work() as session:
        row = session.one(Project, project_id)
        row = take_step(session, row, step, version=version, reason=body.reason, fields=body.fields)
        return _told(request, session, row)


# money ---------------------------------------------------------------------------------------------------------------


@router.get("/office/money/sums", response_model=wire.MoneySums, responses=READ, dependencies=_READ)
def money_summary(request: Request, work: Unit, programme: ProgrammeKey = None, pilot: ProgrammeKey = None) -> Response:
    """Planned and paid, in all, by kind of money and by district, within the caller's scope."""
    with work() as session:
        value = money_sums(session, programme, pilot)
    return respond(request, prepare(value))


@router.post(
    "/office/projects/{project_id}/money",
    response_model=wire.MoneyOut,
    status_code=201,
    responses=COMMON,
    dependencies=_WRITE,
)
def create_money(request: Request, work: Unit, project_id: Key, body: wire.NewMoney) -> Response:
    """A source of money of a project, in yuan."""

    def build(session: OfficeSession) -> tuple[Any, int]:
        row = add_money(session, project_id, body.model_dump())
        return views.money_item(row), row.version

    return created(work, request, body.model_dump(mode="json"), build)


@router.patch("/office/money/{money_id}", response_model=wire.MoneyOut, responses=COMMON, dependencies=_WRITE)
def edit_money(request: Request, work: Unit, money_id: Key, body: wire.MoneyChange) -> Response:
    """Change a source of money."""
    version = version_of(request)
    with work() as session:
        row = change_money(session, money_id, version, body.model_dump(exclude_none=True))
        session.flush()
        value, now = views.money_item(row), row.version
    return versioned(request, value, now)


@router.delete("/office/money/{money_id}", status_code=204, responses=COMMON, dependencies=_WRITE)
def delete_money(request: Request, work: Unit, money_id: Key) -> Response:
    """Take a source of money away of which nothing is paid."""
    version = version_of(request)
    with work() as session:
        drop_money(session, money_id, version)
    return Response(status_code=204)


# from a shortfall ----------------------------------------------------------------------------------------------------


@router.post(
    "/office/shortfalls/{shortfall_id}/task",
    response_model=wire.OpenedTask,
    status_code=201,
    responses=COMMON,
    dependencies=[require(Permission.WRITE_TASK)],
)
def task_from_shortfall(
    request: Request,
    work: Unit,
    shortfall_id: Annotated[str, Path(min_length=1, max_length=300)],
    body: wire.TaskFromShortfall,
) -> Response:
    """A task from a row of the shortfall list, a draft or issued at once; its lead is the responsible line's unit."""

    def build(session: OfficeSession) -> tuple[Any, int]:
        row = open_task(session, _reader(work), shortfall_id, **body.model_dump(exclude={"issue"}))
        if body.issue:
            row = take_step(session, row, "issue")
            session.flush()
        unit = session.execute(select(Organisation.name).where(Organisation.id == row.org_id)).scalar_one()
        value = {"id": row.id, "version": row.version, "kind": "task", "code": row.code, "title": row.title}
        return {**value, "state": row.state, "unit": unit}, row.version

    return created(work, request, body.model_dump(mode="json"), build)


router.include_router(community.router)
