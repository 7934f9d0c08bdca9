"""Health, and who is calling."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

import kezhong
from kezhong.server.etag import prepare, respond
from kezhong.server.models import Health, Session
from kezhong.server.permissions import Actor, Permission, require
from kezhong.server.routes import COMMON, READ
from kezhong.server.state import State

health = APIRouter(tags=["health"])
router = APIRouter(tags=["session"])


@health.get("/health/live", responses=COMMON, dependencies=[require(Permission.PUBLIC)])
async def live() -> Health:
    """Whether the process answers."""
    return Health(status="ok")


@health.get("/health/ready", responses=COMMON, dependencies=[require(Permission.PUBLIC)])
def ready(state: State) -> Health:
    """Whether the city can be read."""
    state.city()
    return Health(status="ok")


@router.get("/session", response_model=Session, responses=READ)
def session(request: Request, actor: Actor = require(Permission.PUBLIC)) -> Response:
    """Who is calling, and what they may do."""
    found = Session(
        principal=actor.name,
        permissions=sorted(actor.permissions),
        version=kezhong.__version__,
        languages=["zh", "en"],
    )
    return respond(request, prepare(found.model_dump()))
