"""The shortfall list (短板清单): pages, one row, export."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import Response

from kezhong.server.etag import prepare, respond
from kezhong.server.models import ShortfallDetail, ShortfallPage
from kezhong.server.paging import Cursor, Limit
from kezhong.server.permissions import Permission, require
from kezhong.server.routes import PREFIX, READ
from kezhong.server.routes.runs import RunId
from kezhong.server.shortfalls import ShortfallFilter
from kezhong.server.state import State
from kezhong.server.views import shortfalls as shortfalls_view

router = APIRouter(prefix="/runs", tags=["shortfalls"], responses=READ)
Filters = Annotated[ShortfallFilter, Depends()]


@router.get("/{run_id}/shortfalls", response_model=ShortfallPage, dependencies=[require(Permission.READ_RESULTS)])
def shortfalls(
    request: Request,
    state: State,
    run_id: RunId,
    filters: Filters,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response:
    """One page of the list under filters, with the number of rows for every choice of every filter."""
    run = state.run(run_id)
    page = shortfalls_view.index(state, run).page(filters, limit, cursor)
    return respond(request, prepare(page))


@router.get(
    "/{run_id}/shortfalls/export",
    dependencies=[require(Permission.EXPORT_RESULTS)],
    response_class=Response,
    responses={
        200: {
            "description": "The file: exactly the rows under the filters, in their order",
            "content": {
                kind: {"schema": {"type": "object"} if "json" in kind else {"type": "string", "format": "binary"}}
                for kind, _ in shortfalls_view.FORMATS.values()
            },
        }
    },
)
def export(
    request: Request,
    state: State,
    run_id: RunId,
    filters: Filters,
    fmt: Annotated[Literal["xlsx", "csv", "geojson", "gpkg"], Query(alias="format")] = "xlsx",
) -> Response:
    """The list as a file, with the context in it."""
    run = state.run(run_id)
    prepared, name = shortfalls_view.export(state, run, filters, fmt)
    response = respond(request, prepared)
    response.headers["Content-Disposition"] = (
        f"attachment; filename=\"shortfalls.{fmt}\"; filename*=UTF-8''{quote(name)}"
    )
    return response


@router.get(
    "/{run_id}/shortfalls/{shortfall_id}",
    response_model=ShortfallDetail,
    dependencies=[require(Permission.READ_RESULTS)],
)
def shortfall(
    request: Request,
    state: State,
    run_id: RunId,
    shortfall_id: Annotated[str, Path(max_length=300, description="id of a shortfall")],
) -> Response:
    """One row, and where its explanation is."""
    run = state.run(run_id)
    row, body = shortfalls_view.index(state, run).row(shortfall_id)
    link = f"{PREFIX}/runs/{run.id}/explain?area={quote(row['area_code'])}&element={quote(row['element'])}"
    return respond(request, prepare(b'{"row":' + body + b',"explanation":' + prepare(link).body + b"}"))
