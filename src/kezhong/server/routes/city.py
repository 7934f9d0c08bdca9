"""The city, the catalogue and the bases."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from kezhong.server.etag import respond
from kezhong.server.models import BasisOut, CatalogueOut, CityInfo, OutlineCollection
from kezhong.server.permissions import Permission, require
from kezhong.server.routes import READ
from kezhong.server.state import State
from kezhong.server.views import catalogue as catalogue_view
from kezhong.server.views import city as city_view
from kezhong.server.views import outlines

router = APIRouter(responses=READ)


@router.get("/city", tags=["city"], response_model=CityInfo, dependencies=[require(Permission.READ_CITY)])
def city(request: Request, state: State) -> Response:
    """The city at its present snapshot: name, extent, counts, data quality."""
    return respond(request, city_view.prepared(state))


@router.get(
    "/city/outlines", tags=["city"], response_model=OutlineCollection, dependencies=[require(Permission.READ_CITY)]
)
def city_outlines(
    request: Request,
    state: State,
    level: Annotated[
        Literal["community", "life_circle", "street", "district", "city"], Query(description="level of areas")
    ] = "community",
) -> Response:
    """Outlines of a level's areas at the present snapshot, as GeoJSON: simplified, of bounded size, without results."""
    return respond(request, outlines.prepared(state, level))


@router.get("/catalogue", tags=["catalogue"], response_model=CatalogueOut, dependencies=[require(Permission.READ_CITY)])
def catalogue(request: Request, state: State) -> Response:
    """Service elements and the lists they refer to."""
    return respond(request, state.bodies.get("catalogue", catalogue_view.catalogue))


@router.get("/bases", tags=["catalogue"], response_model=list[BasisOut], dependencies=[require(Permission.READ_CITY)])
def bases(request: Request, state: State) -> Response:
    """The bases (口径集), with the city's own overlays."""
    return respond(request, catalogue_view.prepared_bases(state))
