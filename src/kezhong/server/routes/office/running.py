"""Office: running it – state, backup, the clock's round, the working calendar, reminder rules."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Body, Path, Request
from starlette.responses import Response

from kezhong.holidays import FILE, DayKind, write_table
from kezhong.office import keeping
from kezhong.office.audit.anchors import anchor
from kezhong.office.status import status
from kezhong.office.telling.deadlines import work_calendar
from kezhong.office.telling.round import clock_round
from kezhong.server.etag import prepare, respond
from kezhong.server.identity import TheOffice, Unit
from kezhong.server.models.office import audit as audit_wire
from kezhong.server.models.office import running as wire
from kezhong.server.office_http import version_of, versioned
from kezhong.server.permissions import Permission, require
from kezhong.server.routes import COMMON, READ
from kezhong.server.state import State
from kezhong.server.views import jobs as jobs_view
from kezhong.server.views.office import audit as audit_view
from kezhong.server.views.office import running as view

router = APIRouter(prefix="/office/running", tags=["office: running"])
MAY = [require(Permission.RUN_OFFICE)]
Year = Annotated[int, Path(ge=1950, le=2200, description="year of the calendar")]
Day = Annotated[date, Path(description="2027-01-01")]
JobId = Annotated[str, Path(max_length=64, description="id of a verification")]
CSV = "text/csv"
#: A table as the body of a request; the middleware keeps it below one megabyte.
Table = Annotated[bytes, Body(media_type=CSV, description="日期,类别,名称")]


@router.get("", response_model=wire.RunningOut, responses=READ, dependencies=MAY)
def running(request: Request, office: TheOffice, work: Unit) -> Response:
    """How database, backup, anchors and queue stand."""
    with work() as session:
        calendar = work_calendar(session)
    return respond(request, prepare(view.running(status(office), calendar)))


@router.post("/backups", status_code=202, response_model=wire.BackupJob, responses=COMMON, dependencies=MAY)
def start_backup(request: Request, state: State, office: TheOffice) -> Response:
    """Back up into the city folder while people work; where it stands is told by ``/jobs``."""
    snapshot = view.start_backup(state, office).now()
    return respond(request, prepare({"id": snapshot.id, "state": snapshot.state.value}), 202)


@router.get("/backups/{job_id}", response_model=wire.BackupJob, responses=READ, dependencies=MAY)
def backup_job(request: Request, state: State, job_id: JobId) -> Response:
    """Where a backup stands."""
    return respond(request, prepare(jobs_view.job(state.jobs.get(job_id).now())))


@router.post("/anchors", response_model=audit_wire.AnchorState, responses=COMMON, dependencies=MAY)
def write_anchor(request: Request, office: TheOffice) -> Response:
    """Write the head of the chain outside the database now."""
    anchor(office, force=True)
    return respond(request, prepare(audit_view.anchor_state(status(office))))


@router.post("/rounds", response_model=wire.ClockRoundOut, responses=COMMON, dependencies=MAY)
def run_clock_round(request: Request, office: TheOffice) -> Response:
    """Do what is due now: lights, reminders, escalation, anchor."""
    done = clock_round(office)
    found = {
        "lights": done.lights, "reminders": done.reminders, "escalations": done.escalations, "skipped": done.skipped,
    }  # fmt: skip
    return respond(request, prepare(found))


@router.post(
    "/verifications", status_code=202, response_model=audit_wire.VerificationOut, responses=COMMON, dependencies=MAY
)
def run_verification(request: Request, state: State, office: TheOffice) -> Response:
    """Verify the audit's chain in the background."""
    job = audit_view.start_verification(state, office)
    return respond(request, prepare(audit_view.verification_out(job.now())), 202)


@router.get("/verifications/{job_id}", response_model=audit_wire.VerificationOut, responses=READ, dependencies=MAY)
def running_verification(request: Request, state: State, office: TheOffice, job_id: JobId) -> Response:
    """Where a verification stands."""
    return respond(request, prepare(audit_view.verification_out(audit_view.verification(state, job_id).now())))


@router.post(
    "/verifications/{job_id}/cancel", response_model=audit_wire.VerificationOut, responses=COMMON, dependencies=MAY
)
def stop_verification(request: Request, state: State, office: TheOffice, job_id: JobId) -> Response:
    """Stop a verification."""
    job = audit_view.verification(state, job_id)
    job.cancel()
    return respond(request, prepare(audit_view.verification_out(job.now())))


@router.get(
    "/calendar/{year}",
    response_model=wire.CalendarYearOut,
    responses=READ,
    dependencies=[require(Permission.SIGNED_IN)],
)
def calendar_year(request: Request, work: Unit, year: Year) -> Response:
    """Holidays and make-up workdays of a year, published and entered."""
    with work() as session:
        found = view.calendar_year(keeping.calendar_year(session, year))
    return respond(request, prepare(found))


@router.get(
    "/calendar/{year}/table.csv",
    response_class=Response,
    responses={200: {"content": {CSV: {}}, "description": "The table"}, **COMMON},
    dependencies=[require(Permission.SIGNED_IN)],
)
def calendar_table(work: Unit, year: Year) -> Response:
    """The year's table as CSV, to be changed in a spreadsheet and read back."""
    with work() as session:
        content = write_table(keeping.calendar_year(session, year).days)
    headers = {"Content-Disposition": f'attachment; filename="holidays-{year}.csv"', "Cache-Control": "no-store"}
    return Response(content, media_type=CSV, headers=headers)


@router.put("/calendar/days/{day}", status_code=204, response_class=Response, responses=COMMON, dependencies=MAY)
def set_calendar_day(work: Unit, day: Day, wanted: wire.CalendarDayWanted) -> Response:
    """Enter a holiday or a make-up workday, over what is published."""
    with work() as session:
        keeping.set_day(session, day, DayKind(wanted.kind), wanted.name.strip())
    return Response(status_code=204)


@router.delete("/calendar/days/{day}", status_code=204, response_class=Response, responses=COMMON, dependencies=MAY)
def remove_calendar_day(work: Unit, day: Day) -> Response:
    """Take an entered day back; what is published counts again."""
    with work() as session:
        keeping.remove_day(session, day)
    return Response(status_code=204)


@router.post("/calendar/table", response_model=wire.Taken, responses=COMMON, dependencies=MAY)
def read_calendar_table(request: Request, work: Unit, content: Table) -> Response:
    """Enter all days of a CSV table; nothing of it where one row is wrong."""
    with work() as session:
        number = keeping.read_days(session, content, FILE)
    return respond(request, prepare({"days": number}))


@router.get("/reminders", response_model=wire.RemindersOut, responses=READ, dependencies=MAY)
def reminders(request: Request, work: Unit) -> Response:
    """The rules by which people are reminded and levels above are told."""
    with work() as session:
        page, version = keeping.reminders_page(session)
    return versioned(request, view.reminders(page, version), version)


@router.put("/reminders", response_model=wire.RemindersOut, responses=COMMON, dependencies=MAY)
def set_reminders(request: Request, work: Unit, wanted: wire.RemindersIO) -> Response:
    """Put the office's own rules in force."""
    with work() as session:
        version = keeping.set_reminders(session, version_of(request), view.reminders_in(wanted))
        page, version = keeping.reminders_page(session)
    return versioned(request, view.reminders(page, version), version)
