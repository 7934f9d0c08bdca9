"""Office: the audit."""

from __future__ import annotations

import io
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import Response

from kezhong import clock
from kezhong.office.audit import history
from kezhong.office.audit.evidence import write_evidence
from kezhong.office.audit.sheet import as_html, month_sheet
from kezhong.office.status import status
from kezhong.server.etag import prepare, respond
from kezhong.server.identity import TheOffice, Unit
from kezhong.server.models.office import audit as wire
from kezhong.server.paging import Cursor, digest, read_cursor, write_cursor
from kezhong.server.permissions import Permission, require
from kezhong.server.routes import COMMON, READ
from kezhong.server.state import State
from kezhong.server.views.office import audit as view

router = APIRouter(prefix="/office/audit", tags=["office: audit"])
Limit = Annotated[int, Query(ge=1, le=200, description="items in a page")]
JobId = Annotated[str, Path(max_length=64, description="id of a verification")]
_Text = Annotated[str | None, Query(max_length=200)]


def _wanted(
    object_kind: _Text = None,
    object_id: _Text = None,
    actor_id: Annotated[int | None, Query(ge=1, le=2**62, description="who did it")] = None,
    action: Annotated[str | None, Query(max_length=200, description="task, or task.report")] = None,
    area_path: Annotated[str | None, Query(max_length=200, description="here and below")] = None,
    start: Annotated[datetime | None, Query(description="from this moment on")] = None,
    end: Annotated[datetime | None, Query(description="before this moment")] = None,
    request_id: _Text = None,
) -> history.Filter:
    """The filters of the list; a moment without a zone is UTC."""
    return history.Filter(object_kind, object_id, actor_id, action, area_path, _aware(start), _aware(end), request_id)


Wanted = Annotated[history.Filter, Depends(_wanted)]


def _aware(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=clock.now().tzinfo) if moment is not None and moment.tzinfo is None else moment


def _page(found: list[Any], items: list[dict[str, Any]], limit: int, question: str) -> dict[str, Any]:
    following = write_cursor(items[-1]["id"], question) if len(found) > limit else None
    return {"items": items, "next_cursor": following}


@router.get("", response_model=wire.AuditList, responses=READ, dependencies=[require(Permission.READ_AUDIT)])
def audit_entries(request: Request, work: Unit, wanted: Wanted, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """What was changed or read in the caller's area, newest first."""
    question = digest(("audit", wanted))
    before = read_cursor(cursor, question) or None
    with work() as session:
        found = history.list_entries(session, wanted, before=before, limit=limit + 1)
        page = _page(found, view.entries(session, found[:limit]), limit, question)
    return respond(request, prepare(page))


@router.get(
    "/objects/{kind}/{object_id}",
    response_model=wire.AuditList,
    responses=READ,
    dependencies=[require(Permission.SIGNED_IN)],
)
def object_history(
    request: Request,
    work: Unit,
    kind: Annotated[str, Path(max_length=60, description="kind of object: task, pilot …")],
    object_id: Annotated[str, Path(max_length=100)],
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """What happened to one object, newest first; for whoever may see the object."""
    question = digest(("history", kind, object_id))
    before = read_cursor(cursor, question) or None
    with work() as session:
        found = history.object_history(session, kind, object_id, before=before, limit=limit + 1)
        page = _page(found, view.entries(session, found[:limit]), limit, question)
    return respond(request, prepare(page))


@router.get("/state", response_model=wire.AuditState, responses=READ, dependencies=[require(Permission.READ_AUDIT)])
def audit_state(request: Request, office: TheOffice) -> Response:
    """How long the chain is, and up to where it is anchored outside the database."""
    now = status(office)
    kinds = [{"id": kind, "zh": zh, "en": en} for kind, zh, en in history.audited_kinds()]
    state = {"entries": now.entries, "last_at": now.head_at, "anchor": view.anchor_state(now), "kinds": kinds}
    return respond(request, prepare(state))


@router.post(
    "/verifications",
    status_code=202,
    response_model=wire.VerificationOut,
    responses=COMMON,
    dependencies=[require(Permission.READ_AUDIT)],
)
def start_verification(request: Request, state: State, office: TheOffice) -> Response:
    """Verify the whole chain in the background; one that runs already is given."""
    return respond(request, prepare(view.verification_out(view.start_verification(state, office).now())), 202)


@router.get(
    "/verifications/{job_id}",
    response_model=wire.VerificationOut,
    responses=READ,
    dependencies=[require(Permission.READ_AUDIT)],
)
def audit_verification(request: Request, state: State, office: TheOffice, job_id: JobId) -> Response:
    """Where a verification stands, and what it found."""
    return respond(request, prepare(view.verification_out(view.verification(state, job_id).now())))


@router.post(
    "/verifications/{job_id}/cancel",
    response_model=wire.VerificationOut,
    responses=COMMON,
    dependencies=[require(Permission.READ_AUDIT)],
)
def cancel_verification(request: Request, state: State, office: TheOffice, job_id: JobId) -> Response:
    """Stop a verification."""
    job = view.verification(state, job_id)
    job.cancel()
    return respond(request, prepare(view.verification_out(job.now())))


@router.get(
    "/evidence.zip",
    response_class=Response,
    responses={
        200: {
            "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}},
            "description": "The package",
        },
        **COMMON,
    },
    dependencies=[require(Permission.EXPORT_AUDIT)],
)
def audit_evidence(office: TheOffice, work: Unit, wanted: Wanted) -> Response:
    """The chosen entries as evidence that stands alone; the export is itself an entry of the audit."""
    buffer = io.BytesIO()
    write_evidence(office, work.actor, wanted, buffer)
    name = f"evidence-{clock.today(office.config.timezone).isoformat()}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(buffer.getvalue(), media_type="application/zip", headers=headers)


@router.get(
    "/sheet.html",
    response_class=Response,
    responses={200: {"content": {"text/html": {}}, "description": "A page to print"}, **COMMON},
    dependencies=[require(Permission.EXPORT_AUDIT)],
)
def audit_sheet(office: TheOffice, month: Annotated[str, Query(max_length=7, description="2026-11")]) -> Response:
    """The month's anchors on paper, to be signed by two."""
    headers = {"Content-Disposition": f'attachment; filename="sheet-{month_sheet(office, month).month}.html"'}
    return Response(as_html(month_sheet(office, month)), media_type="text/html; charset=utf-8", headers=headers)
