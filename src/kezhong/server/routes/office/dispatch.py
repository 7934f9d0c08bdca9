"""Monthly dispatch, quarterly bulletin and half-year check: rounds, sheets, files out and in."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Body, Path, Query, Request
from starlette.responses import Response

from kezhong.office.models import DispatchRound, DispatchSheet, Programme
from kezhong.office.session import OfficeSession
from kezhong.office.supervision import rounds as service
from kezhong.office.supervision import sheets
from kezhong.office.supervision.bulletin_workbook import write_bulletin
from kezhong.office.supervision.periods import parse_period
from kezhong.server.etag import prepare, respond
from kezhong.server.identity import Unit
from kezhong.server.models.office import dispatch as wire
from kezhong.server.office_http import created, version_of, versioned
from kezhong.server.paging import Cursor, digest, read_cursor, write_cursor
from kezhong.server.permissions import Permission, require
from kezhong.server.routes import COMMON, READ
from kezhong.server.views.office import dispatch as view

router = APIRouter(prefix="/office/dispatch", tags=["office: dispatch"])
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
RoundId = Annotated[int, Path(ge=1, le=2**62, description="id of a round")]
SheetId = Annotated[int, Path(ge=1, le=2**62, description="id of a sheet")]
Limit = Annotated[int, Query(ge=1, le=200, description="items in a page")]
#: A workbook as the body of a request; the middleware keeps it below one megabyte.
Workbook = Annotated[bytes, Body(media_type=XLSX, description="the .xlsx as it is")]
FILE: dict[int | str, dict[str, Any]] = {
    200: {"content": {XLSX: {"schema": {"type": "string", "format": "binary"}}}, "description": "The file"},
    **COMMON,
}


def attachment(name: str, content: bytes, media_type: str = XLSX) -> Response:
    """A file to be saved under its Chinese name."""
    plain = f"kezhong{name[name.rfind('.') :]}"
    headers = {
        "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}",
        "Cache-Control": "no-store",
    }
    return Response(content, media_type=media_type, headers=headers)


@router.get("/rounds", response_model=wire.RoundList, responses=READ, dependencies=[require(Permission.READ_DISPATCH)])
def dispatch_rounds(
    request: Request,
    work: Unit,
    programme_id: Annotated[int | None, Query(ge=1, le=2**62)] = None,
    kind: wire.Kind | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Rounds, newest first."""
    question = digest(("rounds", programme_id, kind))
    with work() as session:
        found = service.rounds(session, programme_id, kind, limit + 1, read_cursor(cursor, question) or None)
        items = [view.round_out(session, row) for row in found[:limit]]
    following = write_cursor(items[-1]["id"], question) if len(found) > limit else None
    return respond(request, prepare({"items": items, "next_cursor": following}))


@router.post(
    "/rounds",
    status_code=201,
    response_model=wire.RoundDetail,
    responses=COMMON,
    dependencies=[require(Permission.SEND_DISPATCH)],
)
def open_dispatch_round(request: Request, work: Unit, wanted: wire.RoundWanted) -> Response:
    """Open a round: a sheet goes to every unit of the levels that leads something open; a bulletin is computed."""

    def build(session: OfficeSession) -> tuple[Any, int]:
        row = service.open_round(
            session,
            wanted.programme_id,
            wanted.kind,
            wanted.period,
            wanted.due_on,
            levels=wanted.levels,
            note=wanted.note,
        )
        return view.round_detail(session, row), row.version

    return created(work, request, wanted, build)


@router.get(
    "/rounds/{round_id}",
    response_model=wire.RoundDetail,
    responses=READ,
    dependencies=[require(Permission.READ_DISPATCH)],
)
def dispatch_round(request: Request, work: Unit, round_id: RoundId) -> Response:
    """A round: who replied, who is late, what was accepted; or the figures of a bulletin."""
    with work() as session:
        row = session.one(DispatchRound, round_id)
        value = view.round_detail(session, row)
    return versioned(request, value, row.version)


@router.post(
    "/rounds/{round_id}/close",
    response_model=wire.RoundDetail,
    responses=COMMON,
    dependencies=[require(Permission.SEND_DISPATCH)],
)
def close_dispatch_round(request: Request, work: Unit, round_id: RoundId) -> Response:
    """File a round: nothing is filled in any more."""
    version = version_of(request)
    with work() as session:
        row = service.close_round(session, round_id, version)
        session.flush()
        value = view.round_detail(session, row)
    return versioned(request, value, row.version)


@router.post(
    "/rounds/{round_id}/remind",
    response_model=wire.Reminded,
    responses=COMMON,
    dependencies=[require(Permission.SEND_DISPATCH)],
)
def remind_of_dispatch(request: Request, work: Unit, round_id: RoundId) -> Response:
    """Tell the contacts of the units whose sheet is missing; once a day each."""
    with work() as session:
        names = service.remind(session, round_id)
    return respond(request, prepare({"units": names}))


@router.get(
    "/rounds/{round_id}/file",
    response_class=Response,
    responses=FILE,
    dependencies=[require(Permission.READ_DISPATCH)],
)
def dispatch_round_file(work: Unit, round_id: RoundId) -> Response:
    """All sheets within the caller's scope in one .zip; of a bulletin its workbook."""
    with work() as session:
        row = session.one(DispatchRound, round_id)
        if row.kind == "quarterly":
            programme, period = session.get_one(Programme, row.programme_id), parse_period(row.period).zh
            content = view.round_detail(session, row)["bulletin"]
            return attachment(f"{period}通报.xlsx", write_bulletin(f"{programme.name}{period}通报", content))
        name, packed = service.round_files(session, round_id)
    return attachment(name, packed, "application/zip")


@router.post(
    "/preview", response_model=wire.PreviewOut, responses=COMMON, dependencies=[require(Permission.FILL_DISPATCH)]
)
def preview_dispatch_file(
    request: Request,
    work: Unit,
    content: Workbook,
    sheet_id: Annotated[int | None, Query(ge=1, le=2**62, description="the sheet that is open on the page")] = None,
) -> Response:
    """Read a filled-in file: problems, and what would change. Nothing is written."""
    with work() as session:
        value = view.preview_out(session, sheets.read_sheet(session, content, sheet_id))
    return respond(request, prepare(value))


@router.get(
    "/sheets/{sheet_id}",
    response_model=wire.SheetOut,
    responses=READ,
    dependencies=[require(Permission.READ_DISPATCH)],
)
def dispatch_sheet(request: Request, work: Unit, sheet_id: SheetId) -> Response:
    """A sheet: rows as sent and as they stand now, what was filled in, its course."""
    with work() as session:
        sheet = session.one(DispatchSheet, sheet_id)
        value = view.sheet_out(session, sheet)
    return versioned(request, value, sheet.version)


@router.get(
    "/sheets/{sheet_id}/file",
    response_class=Response,
    responses=FILE,
    dependencies=[require(Permission.READ_DISPATCH)],
)
def dispatch_sheet_file(work: Unit, sheet_id: SheetId) -> Response:
    """The sheet as a workbook, with what was filled in so far."""
    with work() as session:
        name, content = service.sheet_file(session, session.one(DispatchSheet, sheet_id))
    return attachment(name, content)


@router.post(
    "/sheets/{sheet_id}/check",
    response_model=wire.PreviewOut,
    responses=COMMON,
    dependencies=[require(Permission.FILL_DISPATCH)],
)
def check_dispatch_sheet(request: Request, work: Unit, sheet_id: SheetId, given: wire.Replies) -> Response:
    """Check what was filled in in the browser, as a file is checked. Nothing is written."""
    with work() as session:
        sheet = session.one(DispatchSheet, sheet_id, Permission.FILL_DISPATCH)
        found = sheets.check_replies(session, sheet, _replies(given), given.summary, given.problems)
        value = view.preview_out(session, found)
    return respond(request, prepare(value))


@router.post(
    "/sheets/{sheet_id}/fill",
    response_model=wire.SheetOut,
    responses=COMMON,
    dependencies=[require(Permission.FILL_DISPATCH)],
)
def fill_dispatch_sheet(request: Request, work: Unit, sheet_id: SheetId, given: wire.Replies) -> Response:
    """Hand a sheet in. The same content once more changes nothing."""
    version = version_of(request)
    with work() as session:
        sheet = sheets.fill_sheet(
            session, sheet_id, _replies(given), summary=given.summary, problems_text=given.problems, version=version
        )
        return _told(request, session, sheet)


@router.post(
    "/sheets/{sheet_id}/accept",
    response_model=wire.SheetOut,
    responses=COMMON,
    dependencies=[require(Permission.REVIEW_DISPATCH)],
)
def accept_dispatch_sheet(request: Request, work: Unit, sheet_id: SheetId, given: wire.Decisions) -> Response:
    """Take a sheet over: progress goes to its tasks and projects, all of it or nothing."""
    version = version_of(request)
    with work() as session:
        return _told(request, session, sheets.accept_sheet(session, sheet_id, given.decisions, version=version))


@router.post(
    "/sheets/{sheet_id}/return",
    response_model=wire.SheetOut,
    responses=COMMON,
    dependencies=[require(Permission.REVIEW_DISPATCH)],
)
def return_dispatch_sheet(request: Request, work: Unit, sheet_id: SheetId, given: wire.Returned) -> Response:
    """Give a sheet back with a reason; one that was accepted is reopened with a deadline."""
    version = version_of(request)
    with work() as session:
        return _told(
            request, session, sheets.return_sheet(session, sheet_id, given.reason, due=given.due, version=version)
        )


@router.post(
    "/sheets/{sheet_id}/cancel",
    response_model=wire.SheetOut,
    responses=COMMON,
    dependencies=[require(Permission.SEND_DISPATCH)],
)
def cancel_dispatch_sheet(request: Request, work: Unit, sheet_id: SheetId, given: wire.Cancelled) -> Response:
    """Ask a unit no longer."""
    version = version_of(request)
    with work() as session:
        return _told(request, session, sheets.cancel_sheet(session, sheet_id, given.reason, version=version))


def _replies(given: wire.Replies) -> list[dict[str, Any]]:
    return [reply.model_dump() for reply in given.replies]


def _told(request: Request, session: OfficeSession, sheet: DispatchSheet) -> Response:
    session.flush()
    return versioned(request, view.sheet_out(session, sheet), sheet.version)
