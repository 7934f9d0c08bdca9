"""Health, and who is calling."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

import kezhong
from kezhong.errors import WorkspaceError
from kezhong.office.office import Office
from kezhong.server.etag import prepare, respond
from kezhong.server.models import Bilingual, Health, Session, SessionPerson
from kezhong.server.permissions import NOBODY, Actor, Permission, require
from kezhong.server.routes import COMMON, READ
from kezhong.server.state import State
from kezhong.server.views.office import account as account_view

health = APIRouter(tags=["health"])
router = APIRouter(tags=["session"])


@health.get(
    "/health/live", responses=COMMON, response_model_exclude_unset=True, dependencies=[require(Permission.PUBLIC)]
)
async def live() -> Health:
    """Whether the process answers."""
    return Health(status="ok")


@health.get(
    "/health/ready", responses=COMMON, response_model_exclude_unset=True, dependencies=[require(Permission.PUBLIC)]
)
def ready(request: Request, state: State) -> Health:
    """Whether the city can be read, and whether the office's timed work is running."""
    state.city()
    worker = request.app.state.queue_worker
    if worker is None or worker.problem is None:
        return Health(status="ok")
    down = WorkspaceError("telling.queue_down", problem=worker.problem)
    return Health(status="degraded", problems=[Bilingual(zh=down.message("zh"), en=down.message("en"))])


@router.get("/session", response_model=Session, responses=READ)
def session(request: Request, actor: Actor = require(Permission.PUBLIC)) -> Response:
    """Who is calling, and what they may do."""
    office: Office | None = request.app.state.office
    person = account_view.person_of(office, actor) if office is not None else None
    found = Session(
        principal=actor.name,
        permissions=sorted(actor.permissions),
        version=kezhong.__version__,
        languages=["zh", "en"],
        office=office is not None,
        signed_in=actor is not NOBODY,
        must_change=office is not None and account_view.must_change(office, actor),
        person=SessionPerson.model_validate(person) if person is not None else None,
    )
    return respond(request, prepare(found.model_dump()))
