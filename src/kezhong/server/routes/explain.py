"""One number, followed to its sources."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from kezhong.server.etag import respond
from kezhong.server.models import Explanation, SensitivityAnswer
from kezhong.server.permissions import Permission, require
from kezhong.server.routes import READ
from kezhong.server.routes.runs import RunId
from kezhong.server.state import State
from kezhong.server.views import explain as explain_view

router = APIRouter(prefix="/runs", tags=["explain"], responses=READ, dependencies=[require(Permission.READ_RESULTS)])
Element = Annotated[str, Query(min_length=1, max_length=100, description="service element")]


@router.get("/{run_id}/explain", response_model=Explanation)
def explain(
    request: Request,
    state: State,
    run_id: RunId,
    area: Annotated[str, Query(min_length=1, max_length=100, description="area or life circle")],
    element: Element,
) -> Response:
    """The verdict on an element in an area, with figures, facility, route, clause, sources and versions."""
    run = state.run(run_id)
    key = ("explain", area, element, *state.run_key(run))
    return respond(request, state.bodies.get(key, lambda: explain_view.area(state, run, area, element)))


@router.get("/{run_id}/explain-point", response_model=Explanation)
def explain_point(
    request: Request,
    state: State,
    run_id: RunId,
    lon: Annotated[float, Query(ge=-180, le=180, allow_inf_nan=False)],
    lat: Annotated[float, Query(ge=-90, le=90, allow_inf_nan=False)],
    element: Element,
) -> Response:
    """The same for the people who live nearest to a point."""
    run = state.run(run_id)
    key = ("point", lon, lat, element, *state.run_key(run))
    return respond(request, state.bodies.get(key, lambda: explain_view.point(state, run, (lon, lat), element)))


@router.get("/{run_id}/sensitivity", response_model=SensitivityAnswer)
def sensitivity(
    request: Request,
    state: State,
    run_id: RunId,
    area: Annotated[str, Query(min_length=1, max_length=100, description="area or life circle")],
    element: Element,
) -> Response:
    """The interval of the figure that carries the verdict, and which inputs make it so wide."""
    run = state.run(run_id)
    key = ("sensitivity", area, element, *state.run_key(run))
    return respond(request, state.bodies.get(key, lambda: explain_view.sensitivity(state, run, area, element)))
