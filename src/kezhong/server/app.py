"""The application factory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

import kezhong
from kezhong.office.office import Office
from kezhong.server import errors, hours, isochrones, lived, openings
from kezhong.server.guard import check_bind, make_guard
from kezhong.server.middleware import Surroundings
from kezhong.server.permissions import LOCAL_ANALYST
from kezhong.server.routes import PREFIX, city, explain, jobs, pages, runs, search, session, shortfalls, whatif
from kezhong.server.routes import office as office_routes
from kezhong.server.state import ServerState


def create_app(
    city_folder: str | Path,
    *,
    host: str = "127.0.0.1",
    static: Path = pages.STATIC,
    office: Office | None = None,
    public_url: str | None = None,
    queue: bool = True,
) -> FastAPI:
    """The application that serves one city folder.

    Parameters
    ----------
    city_folder
        Folder with a ``kezhong.toml``.
    host
        Address it will be served at.
    static
        Folder of the built web application.
    office
        The city's office, opened, for sign-in and the programme; closed with the application. Without one there is
        the local analyst.
    public_url
        Scheme and host under which other machines reach it. Only with this and an office is any other address than
        this machine's own served.
    queue
        Whether this process works on the office's timed work (reminders, deliveries); tests say no.

    Raises
    ------
    PermissionDeniedError
        ``host`` is not this machine's own, and there is no office or no public address.
    InputError
        The public address is none.
    WorkspaceError
        The folder is no city or cannot be read.
    """
    guard = make_guard(public_url if office is not None else None)
    check_bind(host, public=guard.public_url is not None)
    app = describe()
    app.state.guard = guard
    app.state.kezhong = ServerState(Path(city_folder))
    app.state.office = office
    app.state.local = LOCAL_ANALYST
    app.state.static = static
    app.state.queue, app.state.queue_worker = queue, None
    return app


def describe() -> FastAPI:
    """All the routes, without a city; enough to describe the interface."""
    app = FastAPI(
        title="Kezhong 刻钟",
        version=kezhong.__version__,
        summary="15-minute community life circles: measure, explain, list the shortfalls",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=_lifespan,
        generate_unique_id_function=lambda route: route.name,
    )
    app.include_router(session.health, include_in_schema=False)
    app.include_router(session.health, prefix=PREFIX)
    # `explain` and `shortfalls` before `runs` would change nothing: their paths are longer. Pages come last, since
    # they take whatever is left.
    for module in (session, city, runs, explain, shortfalls, jobs, search, lived, hours, isochrones, openings, whatif):
        app.include_router(module.router, prefix=PREFIX)
    for router in office_routes.routers():
        app.include_router(router, prefix=PREFIX)
    app.include_router(pages.basemap_router, prefix=PREFIX)
    app.include_router(pages.router)
    errors.install(app)
    app.add_middleware(Surroundings)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    if app.state.office is not None and app.state.queue:
        from kezhong.office.telling.queue import QueueWorker

        app.state.queue_worker = QueueWorker(app.state.office)
        app.state.queue_worker.start()
    yield
    if app.state.queue_worker is not None:
        await run_in_threadpool(app.state.queue_worker.stop)
    await run_in_threadpool(app.state.kezhong.jobs.close)
    if app.state.office is not None:
        await run_in_threadpool(app.state.office.close)
