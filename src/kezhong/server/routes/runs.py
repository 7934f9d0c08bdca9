"""Runs: what was assessed, areas, coverage, cells, facilities."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from kezhong.server.etag import prepare, respond
from kezhong.server.models import AreaCollection, Cells, Coverage, FacilityCollection, ResolvedRun, RunDetail, RunList
from kezhong.server.paging import Cursor, Limit, digest, page_after
from kezhong.server.permissions import Permission, require
from kezhong.server.routes import READ
from kezhong.server.state import State
from kezhong.server.views import areas as areas_view
from kezhong.server.views import cells as cells_view
from kezhong.server.views import coverage as coverage_view
from kezhong.server.views import facilities as facilities_view
from kezhong.server.views import runs as runs_view

router = APIRouter(prefix="/runs", tags=["runs"], responses=READ, dependencies=[require(Permission.READ_RESULTS)])

LevelName = Literal["community", "life_circle", "street", "district", "city"]
RunId = Annotated[str, Path(max_length=64, description="id of a run")]
Level = Annotated[LevelName, Query(description="level of areas")]
ElementId = Annotated[str, Query(min_length=1, max_length=100, description="service element; '*' for all required")]
Name = Annotated[str | None, Query(max_length=100)]


@router.get("", response_model=RunList)
def runs(
    request: Request,
    state: State,
    basis: Name = None,
    walker: Name = None,
    limit: Limit = 1000,
    cursor: Cursor = None,
) -> Response:
    """Runs, newest first."""
    found = runs_view.summaries(state, basis, walker)
    items, following = page_after(found, [one["id"] for one in found], limit, cursor, digest([basis, walker]))
    return respond(request, prepare({"items": items, "next_cursor": following}))


@router.get("/resolve", response_model=ResolvedRun)
def resolve(request: Request, state: State, basis: Name = None, walker: Name = None, snapshot: Name = None) -> Response:
    """The run of a context, if it was made: by default the city's basis, the standard walker, the present snapshot."""
    found = runs_view.resolve(state, basis, walker, snapshot)
    return respond(request, prepare({"run": found.id if found else None}))


@router.get("/{run_id}", response_model=RunDetail)
def run(request: Request, state: State, run_id: RunId) -> Response:
    """What the run was made from, and its totals."""
    found = state.run(run_id)
    return respond(request, state.bodies.get(("run", *state.run_key(found)), lambda: runs_view.detail(state, found)))


@router.get("/{run_id}/areas", response_model=AreaCollection)
def areas(request: Request, state: State, run_id: RunId, level: Level = "community") -> Response:
    """Areas of a level with their grades, as GeoJSON (shapes simplified for display)."""
    found = state.run(run_id)
    key = ("areas", level, *state.run_key(found))
    return respond(request, state.bodies.get(key, lambda: areas_view.collection(state.city_of(found), found, level)))


@router.get("/{run_id}/coverage", response_model=Coverage)
def coverage(
    request: Request, state: State, run_id: RunId, element: ElementId = "*", level: Level = "community"
) -> Response:
    """Coverage of one element (or of all the required ones) in the areas of a level."""
    found = state.run(run_id)
    key = ("coverage", element, level, *state.run_key(found))
    return respond(request, state.bodies.get(key, lambda: coverage_view.table(state, found, element, level)))


@router.get("/{run_id}/cells", response_model=Cells)
def cells(request: Request, state: State, run_id: RunId, element: ElementId) -> Response:
    """How far people walk, by analysis cell, as columns."""
    found = state.run(run_id)
    key = ("cells", element, *state.run_key(found))
    return respond(request, state.bodies.get(key, lambda: cells_view.columns(state, found, element)))


@router.get("/{run_id}/facilities", response_model=FacilityCollection)
def facilities(request: Request, state: State, run_id: RunId, element: ElementId) -> Response:
    """Facilities of one element (``*``: of all), as GeoJSON points."""
    found = state.run(run_id)
    key = ("facilities", element, *state.run_key(found))
    build = lambda: facilities_view.collection(state.city_of(found), element)  # noqa: E731
    return respond(request, state.bodies.get(key, build))
