"""``GET /openings``: which gate, crossing, ramp or dead end serves most people if it were opened."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from kezhong.server.etag import prepare, respond
from kezhong.server.models import OpeningsOut
from kezhong.server.permissions import Permission, require
from kezhong.server.routes import READ
from kezhong.server.state import State
from kezhong.server.views.openings import OpeningsAsked, body

router = APIRouter(tags=["openings"], responses=READ, dependencies=[require(Permission.READ_RESULTS)])
Kind = Literal["closed_gate", "dead_end", "no_crossing", "barred_gate", "missing_ramp", "missing_crossing"]


@router.get("/openings", response_model=OpeningsOut)
def openings(
    request: Request,
    state: State,
    basis: Annotated[str | None, Query(max_length=100, description="whose thresholds; default: the city's")] = None,
    walker: Annotated[str | None, Query(max_length=100, description="whose minutes; default: the metres")] = None,
    element: Annotated[str | None, Query(max_length=100, description="only this service element")] = None,
    area: Annotated[str | None, Query(max_length=100, description="only in this area")] = None,
    kind: Annotated[Kind | None, Query(description="only this kind")] = None,
    limit: Annotated[int, Query(ge=1, le=1000, description="most rows")] = 100,
) -> Response:
    """Each is tried alone, everything else as it is; the first serves most people.

    The answer of a job of kind ``openings``; 404 ``server.openings_not_computed`` until one has made it.
    """
    asked = OpeningsAsked.of(state, basis, walker, element)
    city = asked.city
    code = None if area is None else city.areas.find(area)
    found = asked.need(state)
    rows = found.table
    if kind is not None:
        rows = rows[rows["kind"] == kind]
    if code is not None:
        rows = rows[city.areas.covers(code, rows["area_code"])]
    return respond(request, prepare(body(city, found, rows, limit)))
