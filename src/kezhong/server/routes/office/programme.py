"""Office: the programme, its stages, targets and duties, and the rules that grade pilots."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from sqlalchemy import select
from starlette.responses import Response

from kezhong.office.models import Programme, Setting, Stage, Target
from kezhong.office.programme import create_programme, load_template, template_ids
from kezhong.office.programme.edit import (
    add_duty,
    add_target,
    change_programme,
    change_stage,
    change_target,
    end_duty,
    remove_target,
    set_rules,
)
from kezhong.office.programme.progress import progress_of_targets
from kezhong.office.programme.rules import SETTING, shipped_document
from kezhong.office.session import OfficeSession
from kezhong.server.etag import prepare, respond
from kezhong.server.identity import Unit
from kezhong.server.models.office import programme as wire
from kezhong.server.office_http import created, version_of, versioned
from kezhong.server.permissions import Permission, require
from kezhong.server.routes import COMMON, READ
from kezhong.server.views.office import programme as views

router = APIRouter(tags=["office: programme"])
Key = Annotated[int, Path(ge=1, le=2**53)]
_READ = [require(Permission.READ_PROGRAMME)]
_WRITE = [require(Permission.WRITE_PROGRAMME)]


@router.get("/office/programmes", response_model=wire.ProgrammeList, responses=READ, dependencies=_READ)
def programmes(request: Request, work: Unit) -> Response:
    """All programmes, the newest first."""
    with work() as session:
        rows = session.rows(select(Programme).order_by(Programme.starts_on.desc(), Programme.id.desc()).limit(200))
        value = {"items": [views.programme_item(row) for row in rows]}
    return respond(request, prepare(value))


@router.get(
    "/office/programme-templates", response_model=wire.ProgrammeTemplateList, responses=READ, dependencies=_WRITE
)
def programme_templates(request: Request, work: Unit) -> Response:
    """Templates a programme can be set up from, with the districts they ask for."""
    found = [load_template(one) for one in template_ids()]
    items = [
        {
            "id": one.id, "zh": one.zh, "en": one.en, "source": one.source, "starts_on": one.starts_on,
            "ends_on": one.ends_on, "hash": one.hash, "measures": len(one.measures),
            "slots": [{"id": slot.id, "zh": slot.zh, "en": slot.en} for slot in one.slots],
        }
        for one in found
    ]  # fmt: skip
    return respond(request, prepare({"items": items}))


@router.post(
    "/office/programmes",
    response_model=wire.CreatedProgramme,
    status_code=201,
    responses=COMMON,
    dependencies=_WRITE,
)
def set_up_programme(request: Request, work: Unit, body: wire.NewProgramme) -> Response:
    """Set up a programme from a template: all of it or nothing."""

    def build(session: OfficeSession) -> tuple[Any, int]:
        made = create_programme(session, body.template, body.code, body.name, body.bindings, body.shift_years)
        names = ("stages", "targets", "duties", "submissions", "tasks", "applications")
        value = {name: getattr(made, name) for name in names}
        value |= {"programme": views.programme_item(made.programme), "without_unit": list(made.without_unit)}
        return value, made.programme.version

    return created(work, request, body.model_dump(mode="json"), build)


@router.get("/office/programmes/{programme_id}", response_model=wire.ProgrammeOut, responses=READ, dependencies=_READ)
def programme(request: Request, work: Unit, programme_id: Key) -> Response:
    """A programme with its stages, targets and what is there now, duties, and papers due."""
    with work() as session:
        row = session.one(Programme, programme_id)
        value, version = views.programme_detail(session, row, work.office.config.timezone), row.version
    return versioned(request, value, version)


@router.patch(
    "/office/programmes/{programme_id}", response_model=wire.ProgrammeItem, responses=COMMON, dependencies=_WRITE
)
def edit_programme(request: Request, work: Unit, programme_id: Key, body: wire.ProgrammeChange) -> Response:
    """Change a programme's name, text, document or state."""
    version = version_of(request)
    with work() as session:
        row = change_programme(session, programme_id, version, body.model_dump(exclude_unset=True, exclude_none=True))
        session.flush()
        value, now = views.programme_item(row), row.version
    return versioned(request, value, now)


@router.patch("/office/stages/{stage_id}", response_model=wire.StageOut, responses=COMMON, dependencies=_WRITE)
def edit_stage(request: Request, work: Unit, stage_id: Key, body: wire.StageChange) -> Response:
    """Change a stage's name, text or dates."""
    from kezhong import clock

    version = version_of(request)
    with work() as session:
        row: Stage = change_stage(
            session, stage_id, version, body.model_dump(exclude_none=True, exclude={"reason"}), body.reason
        )
        session.flush()
        value, now = views.stage_item(row, clock.today(work.office.config.timezone)), row.version
    return versioned(request, value, now)


@router.post(
    "/office/programmes/{programme_id}/targets",
    response_model=wire.TargetOut,
    status_code=201,
    responses=COMMON,
    dependencies=_WRITE,
)
def create_target(request: Request, work: Unit, programme_id: Key, body: wire.NewTarget) -> Response:
    """Add a target to the programme."""

    def build(session: OfficeSession) -> tuple[Any, int]:
        row = add_target(session, programme_id, body.area_code, body.model_dump(exclude={"area_code"}))
        return _target(session, row), row.version

    return created(work, request, body.model_dump(mode="json"), build)


@router.patch("/office/targets/{target_id}", response_model=wire.TargetOut, responses=COMMON, dependencies=_WRITE)
def edit_target(request: Request, work: Unit, target_id: Key, body: wire.TargetChange) -> Response:
    """Change a target; what it was stays in the audit."""
    version = version_of(request)
    with work() as session:
        row = change_target(
            session, target_id, version, body.model_dump(exclude_none=True, exclude={"reason"}), body.reason
        )
        session.flush()
        value, now = _target(session, row), row.version
    return versioned(request, value, now)


@router.delete("/office/targets/{target_id}", status_code=204, responses=COMMON, dependencies=_WRITE)
def delete_target(request: Request, work: Unit, target_id: Key) -> Response:
    """Take away a target added by hand that has not been measured."""
    version = version_of(request)
    with work() as session:
        remove_target(session, target_id, version)
    return Response(status_code=204)


def _target(session: OfficeSession, row: Target) -> dict[str, Any]:
    found = progress_of_targets(session, row.programme_id)
    one = next(each for each in found if each.target.id == row.id)
    return views.target_item(one, views.Names(session, [row]))


@router.post(
    "/office/programmes/{programme_id}/duties",
    response_model=list[wire.DutyOut],
    status_code=201,
    responses=COMMON,
    dependencies=_WRITE,
)
def create_duty(request: Request, work: Unit, programme_id: Key, body: wire.NewDuty) -> Response:
    """Name a lead, responsible or joint unit of a circle; answers with all duties."""
    from kezhong import clock

    def build(session: OfficeSession) -> tuple[Any, int]:
        add_duty(
            session, programme_id, circle=body.circle, org_id=body.organisation_id, duty=body.duty,
            valid_from=body.valid_from,
        )  # fmt: skip
        return views.duties(session, programme_id, clock.today(work.office.config.timezone)), 1

    return created(work, request, body.model_dump(mode="json"), build)


@router.delete("/office/duties/{duty_id}", status_code=204, responses=COMMON, dependencies=_WRITE)
def delete_duty(work: Unit, duty_id: Key) -> Response:
    """End a duty that is not the lead; one that has not begun goes altogether."""
    with work() as session:
        end_duty(session, duty_id)
    return Response(status_code=204)


@router.get("/office/pilot-rules", response_model=wire.GradingRules, responses=READ, dependencies=_READ)
def pilot_rules(request: Request, work: Unit) -> Response:
    """The rules by which pilots are graded, and those of the commerce scheme, which are another thing."""
    with work() as session:
        row = session.execute(select(Setting).where(Setting.key == SETTING)).scalar_one_or_none()
        version = row.version if row is not None else 0
        rules = row.value if row is not None else shipped_document()
    return versioned(request, {"version": version, "own": version > 0, "rules": rules}, version)


@router.put("/office/pilot-rules", response_model=wire.GradingRules, responses=COMMON, dependencies=_WRITE)
def put_pilot_rules(request: Request, work: Unit, body: wire.NewRules) -> Response:
    """Put the city's own rules in force, checked as a whole; ``If-Match: "v0"`` where the shipped ones were."""
    version = version_of(request)
    with work() as session:
        row = set_rules(session, version, body.model_dump())
        value, now = {"version": row.version, "own": True, "rules": row.value}, row.version
    return versioned(request, value, now)
