"""``GET /isochrones``: what is reached on foot from a point."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from kezhong.catalogue import load_catalogue
from kezhong.errors import InputError
from kezhong.server.etag import respond
from kezhong.server.models import IsochronesOut
from kezhong.server.permissions import Permission, require
from kezhong.server.routes import READ
from kezhong.server.state import State

router = APIRouter(tags=["isochrones"], responses=READ, dependencies=[require(Permission.READ_RESULTS)])
_LIST = "numbers with commas between them"


@router.get("/isochrones", response_model=IsochronesOut)
def isochrones(
    request: Request,
    state: State,
    lon: Annotated[float, Query(ge=-180, le=180, allow_inf_nan=False, description="longitude, degrees")],
    lat: Annotated[float, Query(ge=-85, le=85, allow_inf_nan=False, description="latitude, degrees")],
    minutes: Annotated[str | None, Query(max_length=100, description=f"{_LIST}; default: 5,10,15")] = None,
    metres: Annotated[str | None, Query(max_length=100, description=f"{_LIST}; instead of minutes")] = None,
    walker: Annotated[str | None, Query(max_length=100, description="whose minutes; default: the metres")] = None,
    hour: Annotated[
        int | None, Query(ge=0, le=191, description="hour of the week, 0: Monday 00:00, 168–191: a public holiday")
    ] = None,
    night: Annotated[bool | None, Query(description="whether it is dark; default: as the hour says, else day")] = None,
    streets: Annotated[bool, Query(description="with the reached streets")] = False,
    cells: Annotated[bool, Query(description="with the reached population units")] = False,
) -> Response:
    """Areas reached within minutes (or metres), with people, streets and units; GeoJSON, the largest first."""
    from kezhong.assess.isochrone_features import feature_collection
    from kezhong.assess.isochrones import MINUTES, numbers
    from kezhong.assess.isochrones import isochrones as ask
    from kezhong.assess.lived import Moment

    if minutes is not None and metres is not None:
        raise InputError("isochrones.bad_unit", value="min m", expected="min / m")
    city = state.city()
    unit = "m" if metres is not None else "min"
    given = metres if metres is not None else minutes
    thresholds = MINUTES if given is None else numbers(given)
    person = None if walker is None else load_catalogue().walker(walker).id
    moment = Moment(hour, night)
    key = ("isochrones", city.snapshot.id, lon, lat, thresholds, unit, person, moment, streets, cells)

    def build() -> dict[str, object]:
        found = ask(city, [[lon, lat]], thresholds, unit=unit, walker=person, moment=moment)
        return {"snapshot": city.snapshot.id, **feature_collection(found, streets=streets, cells=cells)}

    return respond(request, state.bodies.get(key, build))
