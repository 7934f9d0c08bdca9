"""Search over areas, elements, facilities and shortfalls."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from kezhong.server.etag import prepare, respond
from kezhong.server.models import Hits
from kezhong.server.permissions import Permission, require
from kezhong.server.routes import READ
from kezhong.server.search import index_for
from kezhong.server.state import State

router = APIRouter(tags=["search"], responses=READ, dependencies=[require(Permission.READ_CITY)])


@router.get("/search", response_model=Hits)
def search(
    request: Request,
    state: State,
    q: Annotated[str, Query(min_length=1, max_length=100, description="name, code, pinyin or pinyin initials")],
    run: Annotated[str | None, Query(max_length=64, description="its shortfalls are searched too")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> Response:
    """What fits, best first."""
    return respond(request, prepare({"items": index_for(state, run).find(q, limit)}))
