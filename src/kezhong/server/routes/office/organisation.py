"""Office: the tree of units, what changes in it, and grid teams."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Query, Request
from pydantic_core import to_json
from sqlalchemy import func, or_, select
from starlette.responses import Response

from kezhong import clock
from kezhong.errors import InputError
from kezhong.office.models import GridTeam, Organisation, OrganisationChange
from kezhong.office.organisation import grid_teams, importing
from kezhong.office.organisation.changes import UnitData, cancel_change, change_unit, create_unit
from kezhong.office.organisation.versions import Order, name_at
from kezhong.office.session import OfficeSession
from kezhong.office.typed import by_name
from kezhong.server.etag import prepare, respond
from kezhong.server.identity import Unit
from kezhong.server.models.office import organisation as wire
from kezhong.server.models.office.people import ImportOut
from kezhong.server.office_http import created, version_of, versioned
from kezhong.server.paging import Cursor, digest, read_cursor, write_cursor
from kezhong.server.permissions import Permission, require
from kezhong.server.routes import COMMON, READ
from kezhong.server.views.office import organisation as views

router = APIRouter(tags=["office: organisation"])
Key = Annotated[int, Path(ge=1, le=2**53)]
Table = Annotated[bytes, Body(media_type="application/octet-stream", description=".xlsx or .csv as it is")]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FILE: dict[int | str, dict[str, Any]] = {**COMMON, 200: {"content": {XLSX: {}}, "description": "The file"}}
_READ = [require(Permission.READ_ORGANISATION)]
_WRITE = [require(Permission.WRITE_ORGANISATION)]
_FIELDS = {
    "rename": ("name", "short_name", "department"),
    "move": ("parent_id",),
    "merge": ("into", "others"),
    "split": ("parts",),
    "dissolve": ("successor",),
}


@router.get("/office/organisations", response_model=wire.UnitList, responses=READ, dependencies=_READ)
def list_units(
    request: Request,
    work: Unit,
    q: Annotated[str, Query(max_length=60, description="part of the name, its pinyin or initials, or the code")] = "",
    level: Annotated[str | None, Query(pattern="^(city|district|street|community)$")] = None,
    area: Annotated[str | None, Query(max_length=40, description="an area and all below it")] = None,
    ended: Annotated[bool, Query(description="those that were dissolved or merged, too")] = False,
) -> Response:
    """All units, those above before those below: the whole tree in one answer."""
    statement = select(Organisation).order_by(func.length(Organisation.path), Organisation.id).limit(5000)
    if level is not None:
        statement = statement.where(Organisation.level == level)
    if area is not None:
        statement = statement.where(Organisation.area_path.contains(f"{area}/", autoescape=True))
    if not ended:
        statement = statement.where(or_(Organisation.valid_to.is_(None), Organisation.valid_to >= clock.today()))
    with work() as session:
        if text := q.strip():
            names = select(Organisation.id, Organisation.name, Organisation.short_name)
            statement = statement.where(
                or_(
                    Organisation.name.contains(text, autoescape=True),
                    Organisation.short_name.contains(text, autoescape=True),
                    Organisation.code == text,
                    Organisation.id.in_(by_name(session, names, text)),
                )
            )
        value = {"items": views.units(session, session.rows(statement))}
    return respond(request, prepare(value))


@router.post(
    "/office/organisations", response_model=wire.UnitDetail, status_code=201, responses=COMMON, dependencies=_WRITE
)
def new_unit(request: Request, work: Unit, body: wire.NewUnit) -> Response:
    """Create a unit from a day on, by a paper."""

    def build(session: OfficeSession) -> tuple[Any, int]:
        data = UnitData(
            body.code, body.name, body.short_name, body.kind, body.area_code, body.parent_id, body.department
        )
        unit = create_unit(session, data, Order(body.effective_on, body.document, body.note))
        session.flush()
        return views.detail(session, unit), unit.version

    return created(work, request, body.model_dump(mode="json"), build)


@router.post("/office/organisations/import", response_model=ImportOut, responses=COMMON, dependencies=_WRITE)
def import_units(work: Unit, content: Table) -> Response:
    """Units from a table; all of it or nothing, every problem named by row and column."""
    with work() as session:
        done = importing.import_units(session, content)
    return _json({"created": done.created, "unchanged": done.unchanged})


@router.get("/office/organisations/export", response_class=Response, responses=FILE, dependencies=_READ)
def export_units(work: Unit) -> Response:
    """All units in force as .xlsx, which can be imported again."""
    with work() as session:
        content = importing.export_units(session)
    headers = {"Content-Disposition": 'attachment; filename="units.xlsx"', "Cache-Control": "no-store"}
    return Response(content, media_type=XLSX, headers=headers)


@router.get("/office/organisations/{org_id}", response_model=wire.UnitDetail, responses=READ, dependencies=_READ)
def get_unit(request: Request, work: Unit, org_id: Key) -> Response:
    """A unit with its history and planned changes."""
    with work() as session:
        unit = session.one(Organisation, org_id)
        value = views.detail(session, unit)
    return versioned(request, value, unit.version)


@router.get("/office/organisations/{org_id}/name", response_model=wire.NameAt, responses=READ, dependencies=_READ)
def get_name(request: Request, work: Unit, org_id: Key, day: date | None = None) -> Response:
    """What a unit was called on a day; of one that had ended by then, its successor's name."""
    on = day or clock.today()
    with work() as session:
        value = {"id": org_id, "day": on, "name": name_at(session, org_id, on)}
    return respond(request, prepare(value))


@router.post(
    "/office/organisations/{org_id}/changes", response_model=wire.ChangeDone, responses=COMMON, dependencies=_WRITE
)
def make_unit_change(request: Request, work: Unit, org_id: Key, body: wire.UnitChange) -> Response:
    """Rename, move, merge, split or dissolve a unit: at once, or planned for its day."""
    given = body.model_dump(mode="json", exclude_unset=True)
    foreign = set(given) - {"change", "effective_on", "document", "note"} - set(_FIELDS[body.change])
    if foreign:
        raise InputError("organisation.foreign_field", value=", ".join(sorted(foreign)), change=body.change)
    values = {name: given[name] for name in _FIELDS[body.change] if name in given}
    order = Order(body.effective_on, body.document, body.note)
    with work() as session:
        done = change_unit(session, org_id, version_of(request), body.change, values, order)
        session.flush()
        unit = session.one(Organisation, org_id)
        planned = views.change(done) if isinstance(done, OrganisationChange) else None
        value = {"planned": planned, "unit": views.detail(session, unit)}
    return versioned(request, value, unit.version)


@router.post(
    "/office/organisation-changes/{change_id}/cancel", response_model=wire.ChangeOut, responses=COMMON,
    dependencies=_WRITE,
)  # fmt: skip
def cancel_unit_change(request: Request, work: Unit, change_id: Key) -> Response:
    """Drop a planned change."""
    with work() as session:
        row = cancel_change(session, change_id, version_of(request))
        session.flush()
        value = views.change(row)
    return versioned(request, value, row.version)


@router.get("/office/grid-teams", response_model=wire.TeamPage, responses=READ, dependencies=_READ)
def list_teams(
    request: Request,
    work: Unit,
    area: Annotated[str | None, Query(max_length=40, description="an area and all below it")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 100,
    cursor: Cursor = None,
) -> Response:
    """Grid teams with their members, and the forms of teams; names of people out of scope are left out."""
    question = digest(["grid-teams", area])
    statement = select(GridTeam).where(or_(GridTeam.valid_to.is_(None), GridTeam.valid_to >= clock.today()))
    if area is not None:
        statement = statement.where(GridTeam.area_path.contains(f"{area}/", autoescape=True))
    statement = statement.where(GridTeam.id > min(read_cursor(cursor, question), 2**53))
    with work() as session:
        rows = session.rows(statement.order_by(GridTeam.id).limit(limit + 1))
        kept = rows[:limit]
        following = write_cursor(kept[-1].id, question) if len(rows) > limit else None
        value = {"items": views.teams(session, kept), "next_cursor": following, "templates": views.templates()}
    return respond(request, prepare(value))


@router.post("/office/grid-teams", response_model=wire.TeamOut, status_code=201, responses=COMMON, dependencies=_WRITE)
def new_team(request: Request, work: Unit, body: wire.NewTeam) -> Response:
    """A grid team of a unit, in its area or below."""

    def build(session: OfficeSession) -> tuple[Any, int]:
        team = grid_teams.create_team(
            session, body.code, body.name, body.template, body.organisation_id, body.area_code, body.grid_code
        )
        session.flush()
        return views.teams(session, [team])[0], team.version

    return created(work, request, body.model_dump(mode="json"), build)


@router.delete("/office/grid-teams/{team_id}", status_code=204, responses=COMMON, dependencies=_WRITE)
def end_team(request: Request, work: Unit, team_id: Key) -> Response:
    """Dissolve a team and its posts."""
    with work() as session:
        grid_teams.end_team(session, team_id, version_of(request))
    return _nothing()


@router.post(
    "/office/grid-teams/{team_id}/members", response_model=wire.TeamOut, status_code=201, responses=COMMON,
    dependencies=_WRITE,
)  # fmt: skip
def add_member(request: Request, work: Unit, team_id: Key, body: wire.NewMember) -> Response:
    """Put a person on a post of a team."""

    def build(session: OfficeSession) -> tuple[Any, int]:
        grid_teams.add_member(session, team_id, body.person_id, body.post)
        session.flush()
        team = session.one(GridTeam, team_id)
        return views.teams(session, [team])[0], team.version

    return created(work, request, body.model_dump(mode="json"), build)


@router.delete(
    "/office/grid-teams/{team_id}/members/{member_id}", status_code=204, responses=COMMON, dependencies=_WRITE
)
def end_member(work: Unit, team_id: Key, member_id: Key) -> Response:
    """Take a person off a post of a team."""
    with work() as session:
        grid_teams.end_member(session, team_id, member_id)
    return _nothing()


def _json(value: object) -> Response:
    return Response(to_json(value), media_type="application/json", headers={"Cache-Control": "no-store"})


def _nothing() -> Response:
    return Response(status_code=204, headers={"Cache-Control": "no-store"})
