"""Assessments and other long work."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Header, Path, Request
from starlette.responses import Response

from kezhong.office.measuring.after import after_run
from kezhong.server.etag import prepare, respond
from kezhong.server.models import JobList, JobOut, JobRequest
from kezhong.server.paging import Cursor, Limit, digest, page_after
from kezhong.server.permissions import Permission, require
from kezhong.server.routes import COMMON, READ
from kezhong.server.state import State
from kezhong.server.views import jobs as jobs_view

router = APIRouter(prefix="/jobs", tags=["jobs"])
JobId = Annotated[str, Path(max_length=64, description="id of a job")]


@router.post(
    "",
    status_code=202,
    response_model=JobOut,
    responses={200: {"model": JobOut, "description": "The result is there already"}, **COMMON},
    dependencies=[require(Permission.RUN_JOBS)],
)
def submit(
    request: Request,
    state: State,
    wanted: JobRequest,
    idempotency_key: Annotated[str | None, Header(max_length=200)] = None,
) -> Response:
    """Assess the city or rank openings; the same ``Idempotency-Key`` gives the same job.

    A result that is there already is given at once.
    """
    office = request.app.state.office
    # A city with an office measures by the run at once; what fails there does not undo the run.
    afterwards = None if office is None else partial(after_run, office)
    job = jobs_view.submit(state, wanted, idempotency_key, afterwards).now()
    return respond(request, prepare(jobs_view.job(job)), 200 if job.over else 202)


@router.get("", response_model=JobList, responses=READ, dependencies=[require(Permission.READ_JOBS)])
async def jobs(request: Request, state: State, limit: Limit = 1000, cursor: Cursor = None) -> Response:
    """Jobs since the server started, newest first; of those that are over, the last 200."""
    found = state.jobs.all()
    kept, following = page_after(found, [job.id for job in found], limit, cursor, digest("jobs"))
    return respond(request, prepare({"items": [jobs_view.job(job) for job in kept], "next_cursor": following}))


@router.get("/{job_id}", response_model=JobOut, responses=READ, dependencies=[require(Permission.READ_JOBS)])
async def job(request: Request, state: State, job_id: JobId) -> Response:
    """Where a job stands."""
    return respond(request, prepare(jobs_view.job(state.jobs.get(job_id).now())))


@router.post("/{job_id}/cancel", response_model=JobOut, responses=COMMON, dependencies=[require(Permission.RUN_JOBS)])
async def cancel(request: Request, state: State, job_id: JobId) -> Response:
    """Stop a job: at once where it waits, at its next step where it runs; nothing where it is over."""
    found = state.jobs.get(job_id)
    found.cancel()
    return respond(request, prepare(jobs_view.job(found.now())))
