"""What hangs on objects of the office: files, comments; saved views; and the import of a ledger."""

from __future__ import annotations

import base64
import hashlib
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Body, Path, Query, Request
from starlette.responses import FileResponse, Response

from kezhong.errors import InputError
from kezhong.office.models import Task
from kezhong.office.session import OfficeSession
from kezhong.office.tasks import files, importing, remarks
from kezhong.server.etag import prepare, respond
from kezhong.server.identity import Unit
from kezhong.server.models.office import tasks as wire
from kezhong.server.office_http import created, version_of
from kezhong.server.permissions import Permission, require
from kezhong.server.routes import COMMON, READ
from kezhong.server.views.office import tasks as view

router = APIRouter()
Kind = Annotated[str, Query(max_length=40, description="kind of the object: task, submission, pilot …")]
ObjectId = Annotated[int, Query(ge=1, le=2**62)]
Id = Annotated[int, Path(ge=1, le=2**62)]


# files ---------------------------------------------------------------------------------------------------------------


@router.get(
    "/office/files", response_model=wire.FileList, responses=READ, dependencies=[require(Permission.READ_PROGRAMME)]
)
def list_files(request: Request, work: Unit, kind: Kind, object_id: ObjectId) -> Response:
    """Files of an object the caller may see."""
    with work() as session:
        files.holder(session, kind, object_id, write=False)
        value = {"items": [view.file(session, one) for one in files.files_of(session, kind, object_id)]}
    return respond(request, prepare(value))


@router.post(
    "/office/files",
    status_code=201,
    response_model=wire.FileOut,
    responses=COMMON,
    dependencies=[require(Permission.READ_PROGRAMME)],
)
def attach_file(
    request: Request,
    work: Unit,
    kind: Kind,
    object_id: ObjectId,
    name: Annotated[str, Query(min_length=1, max_length=200)],
    content: Annotated[bytes, Body(media_type="application/octet-stream")] = b"",
    purpose: Annotated[str, Query(max_length=20)] = "evidence",
    note: Annotated[str, Query(max_length=500)] = "",
) -> Response:
    """Attach a file of at most 20 MB; never asked for. Photographs lose their position."""
    wanted = {
        "kind": kind, "id": object_id, "name": name, "content": hashlib.sha256(content).hexdigest(), "purpose": purpose,
        "note": note,
    }  # fmt: skip

    def build(session: OfficeSession) -> tuple[Any, int]:
        stored = files.store_file(
            session, work.office.files_folder, kind, object_id, name, content, purpose=purpose, note=note
        )  # fmt: skip
        return view.file(session, stored), 1

    return created(work, request, wanted, build)


@router.get(
    "/office/files/{file_id}",
    responses={200: {"content": {"application/octet-stream": {}}, "description": "The file"}, **COMMON},
    dependencies=[require(Permission.READ_PROGRAMME)],
)
def download_file(work: Unit, file_id: Id) -> Response:
    """A file whose object the caller may see; always as a download, never shown by the browser."""
    with work() as session:
        stored, path = files.read_file(session, work.office.files_folder, file_id)
        name, media_type = stored.name, stored.media_type
    plain = "".join(sign if sign.isascii() and (sign.isalnum() or sign in "._-") else "_" for sign in name)
    headers = {
        "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-store",
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }
    return FileResponse(path, media_type=media_type, headers=headers)


@router.delete(
    "/office/files/{file_id}", status_code=204, responses=COMMON, dependencies=[require(Permission.READ_PROGRAMME)]
)
def remove_file(work: Unit, file_id: Id) -> Response:
    """Take an attachment away."""
    with work() as session:
        files.remove_file(session, file_id)
    return Response(status_code=204)


# comments ------------------------------------------------------------------------------------------------------------


@router.get(
    "/office/comments",
    response_model=wire.CommentList,
    responses=READ,
    dependencies=[require(Permission.READ_PROGRAMME)],
)
def list_comments(request: Request, work: Unit, kind: Kind, object_id: ObjectId) -> Response:
    """Comments on an object the caller may see, oldest first."""
    with work() as session:
        value = {"items": view.comments(session, remarks.comments_of(session, kind, object_id))}
    return respond(request, prepare(value))


@router.post(
    "/office/comments",
    status_code=201,
    response_model=wire.CommentList,
    responses=COMMON,
    dependencies=[require(Permission.COMMENT)],
)
def write_comment(request: Request, work: Unit, kind: Kind, object_id: ObjectId, body: wire.CommentNew) -> Response:
    """Comment; people mentioned are told, and must be able to see the object. Answers with all comments."""

    def build(session: OfficeSession) -> tuple[Any, int]:
        remarks.comment(session, kind, object_id, body.text, body.mentions)
        return {"items": view.comments(session, remarks.comments_of(session, kind, object_id))}, 1

    return created(work, request, body, build)


@router.patch(
    "/office/comments/{comment_id}",
    response_model=wire.CommentList,
    responses=COMMON,
    dependencies=[require(Permission.COMMENT)],
)
def edit_comment(request: Request, work: Unit, comment_id: Id, body: wire.CommentEdit) -> Response:
    """Change one's own comment, or withdraw it. Answers with all comments of its object."""
    version = version_of(request)
    with work() as session:
        row = remarks.edit_comment(session, comment_id, version, body.text)
        session.flush()
        value = {"items": view.comments(session, remarks.comments_of(session, row.object_kind, row.object_id))}
    return respond(request, prepare(value))


@router.get(
    "/office/tasks/{task_id}/mentionable",
    response_model=wire.People,
    responses=READ,
    dependencies=[require(Permission.COMMENT)],
)
def mentionable(request: Request, work: Unit, task_id: Id, q: Annotated[str, Query(max_length=40)] = "") -> Response:
    """People who may see the task, by part of their name or unit."""
    with work() as session:
        value = {"items": remarks.mentionable(session, task_id, q)}
    return respond(request, prepare(value))


# saved views ---------------------------------------------------------------------------------------------------------


@router.get("/office/views", response_model=wire.ViewList, responses=READ, dependencies=[require(Permission.SIGNED_IN)])
def list_views(request: Request, work: Unit, page: Annotated[str, Query(max_length=40)]) -> Response:
    """The caller's own saved views of a page."""
    with work() as session:
        found = [{"id": one.id, "name": one.name, "query": one.query} for one in remarks.views_of(session, page)]
    return respond(request, prepare({"items": found}))


@router.post(
    "/office/views",
    status_code=201,
    response_model=wire.ViewOut,
    responses=COMMON,
    dependencies=[require(Permission.SIGNED_IN)],
)
def save_view(request: Request, work: Unit, body: wire.ViewNew) -> Response:
    """Keep filters and order under a name; an older view of that name is replaced."""

    def build(session: OfficeSession) -> tuple[Any, int]:
        row = remarks.save_view(session, body.page, body.name, body.query)
        return {"id": row.id, "name": row.name, "query": row.query}, row.version

    return created(work, request, body, build)


@router.delete(
    "/office/views/{view_id}", status_code=204, responses=COMMON, dependencies=[require(Permission.SIGNED_IN)]
)
def drop_view(work: Unit, view_id: Id) -> Response:
    """Forget one of the caller's views."""
    with work() as session:
        remarks.drop_view(session, view_id)
    return Response(status_code=204)


# import --------------------------------------------------------------------------------------------------------------


@router.post(
    "/office/tasks/import",
    response_model=wire.ImportPlan,
    responses=COMMON,
    dependencies=[require(Permission.WRITE_TASK)],
)
def import_ledger(request: Request, work: Unit, body: wire.ImportRequest) -> Response:
    """Take in an existing ledger: with ``write`` false say what would be done, with true do it, all or nothing."""
    try:
        content = base64.b64decode(body.content, validate=True)
    except ValueError as problem:  # of binascii, too; text that is not ASCII
        raise InputError("tasks.ledger_kind", file=body.name) from problem

    def build(session: OfficeSession) -> tuple[Any, int]:
        plan = importing.plan_import(
            session, body.name, content, programme_id=body.programme_id, year=body.year, units=body.units
        )  # fmt: skip
        value = view.import_plan(session, plan, written=body.write)
        if body.write:
            made = importing.write_import(
                session, plan, programme_id=body.programme_id, source=body.name, issue=body.issue
            )  # fmt: skip
            session.audit.note("task.import", Task.KIND, body.name, made=len(made), lines=plan.counts())
        return value, 1

    if body.write:
        return created(work, request, body, build, status_code=200)
    with work() as session:
        value, _ = build(session)
    return respond(request, prepare(value))
