"""Office: idle assets, residents' offers, notes on what worked, applications to the level above."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from sqlalchemy import select
from starlette.responses import Response

from kezhong.office.models import Application, Area, Experience, Offer, SiteUse
from kezhong.office.programme import community, sites
from kezhong.office.session import OfficeSession
from kezhong.office.steps import take_step
from kezhong.server.etag import prepare, respond
from kezhong.server.identity import Unit
from kezhong.server.models.office import projects as wire
from kezhong.server.models.office.programme import StepBody
from kezhong.server.office_http import created, version_of, versioned
from kezhong.server.paging import Cursor
from kezhong.server.permissions import Permission, require
from kezhong.server.routes import COMMON, READ
from kezhong.server.routes.office.pilots import Filter, Key, OfficeLimit, ProgrammeKey
from kezhong.server.state import ServerState, State
from kezhong.server.views.office import projects as views
from kezhong.server.views.office.pilots import counts_by_state
from kezhong.server.views.office.programme import page

router = APIRouter()
Step = Annotated[str, Path(max_length=60)]
_WRITE_PROJECT = [require(Permission.WRITE_PROJECT)]
_READ_OFFER = [require(Permission.READ_OFFER)]
_READ_APPLICATION = [require(Permission.READ_APPLICATION)]


# sites ---------------------------------------------------------------------------------------------------------------


def _sites(state: ServerState) -> list[dict[str, Any]]:
    city = state.city()
    snapshot = city.snapshot.id if city.snapshot else None
    return state.keep(("idle-sites", snapshot), lambda: sites.idle_sites(city))


@router.get(
    "/office/sites", response_model=wire.SiteList, responses=READ, dependencies=[require(Permission.READ_PROJECT)]
)
def idle_sites(
    request: Request,
    work: Unit,
    state: State,
    district: Filter = None,
    used: Annotated[bool | None, Query(description="true: in use, false: idle")] = None,
) -> Response:
    """Idle assets of the city's ledger, which of them are in use, and the share."""
    with work() as session:
        taken = sites.uses(session)
        mine = {one.id for one in session.rows(select(SiteUse).order_by(SiteUse.id))}
        found = _sites(state)
        areas = {
            one.code: one
            for one in session.execute(
                select(Area).where(Area.code.in_({one["area_code"] for one in found if one["area_code"]}))
            ).scalars()
        }
        if district:
            found = [one for one in found if one["area_code"] in areas
                     and f"/{district}/" in areas[one["area_code"]].path]  # fmt: skip
        summary = sites.site_summary(found, taken)
        told = {one["id"]: one for one in views.use_items(session, [row for row in taken.values() if row.id in mine])}
        items = []
        for one in found:
            use = taken.get(one["site_id"])
            if used is not None and (use is not None) is not used:
                continue
            name = areas[one["area_code"]].full_name if one["area_code"] in areas else None
            items.append({**one, "area_name": name, "used": use is not None, "use": told.get(use.id) if use else None})
    return respond(request, prepare({"items": items[:2000], "summary": summary}))


@router.post(
    "/office/site-uses", response_model=wire.SiteUseOut, status_code=201, responses=COMMON, dependencies=_WRITE_PROJECT
)
def use_site(request: Request, work: Unit, state: State, body: wire.NewSiteUse) -> Response:
    """Take an idle asset into use."""

    def build(session: OfficeSession) -> tuple[Any, int]:
        row = sites.take_site(session, state.city(), body.site_id, body.model_dump(exclude={"site_id"}))
        return views.use_items(session, [row])[0], row.version

    return created(work, request, body.model_dump(mode="json"), build)


@router.patch(
    "/office/site-uses/{use_id}", response_model=wire.SiteUseOut, responses=COMMON, dependencies=_WRITE_PROJECT
)
def edit_use(request: Request, work: Unit, use_id: Key, body: wire.SiteUseChange) -> Response:
    """Change a use of an idle asset."""
    version = version_of(request)
    with work() as session:
        row = sites.change_use(session, use_id, version, body.model_dump(exclude_none=True))
        session.flush()
        value, now = views.use_items(session, [row])[0], row.version
    return versioned(request, value, now)


@router.delete("/office/site-uses/{use_id}", status_code=204, responses=COMMON, dependencies=_WRITE_PROJECT)
def leave_site(request: Request, work: Unit, use_id: Key) -> Response:
    """The asset is idle again."""
    version = version_of(request)
    with work() as session:
        sites.leave_site(session, use_id, version)
    return Response(status_code=204)


# offers --------------------------------------------------------------------------------------------------------------


@router.get("/office/offers", response_model=wire.OfferPage, responses=READ, dependencies=_READ_OFFER)
def offers(
    request: Request,
    work: Unit,
    state: Filter = None,
    project: ProgrammeKey = None,
    limit: OfficeLimit = 100,
    cursor: Cursor = None,
) -> Response:
    """What residents and others offer; names and contacts masked."""
    conditions: list[Any] = [Offer.project_id == project] if project is not None else []
    with work() as session:
        statement = select(Offer).where(*conditions)
        if state:
            statement = statement.where(Offer.state == state)
        question = {"state": state, "project": project}
        value = page(session, statement, Offer, limit, cursor, question, lambda rows: views.offer_items(session, rows))
        value["counts"] = counts_by_state(session, Offer, *conditions)
    return respond(request, prepare(value))


@router.post(
    "/office/offers",
    response_model=wire.OfferDetail,
    status_code=201,
    responses=COMMON,
    dependencies=[require(Permission.WRITE_OFFER)],
)
def create_offer(request: Request, work: Unit, body: wire.NewOffer) -> Response:
    """Register an offer for somebody; its personal data are masked from then on."""

    def build(session: OfficeSession) -> tuple[Any, int]:
        row = community.register_offer(session, **body.model_dump())
        return views.offer_detail(session, row), row.version

    return created(work, request, body.model_dump(mode="json"), build)


@router.get("/office/offers/{offer_id}", response_model=wire.OfferDetail, responses=READ, dependencies=_READ_OFFER)
def offer(
    request: Request,
    work: Unit,
    offer_id: Key,
    reveal: Annotated[
        bool, Query(description="names and contacts in clear; needs people:reveal and is audited")
    ] = False,
) -> Response:
    """An offer with its course."""
    with work() as session:
        row = session.one(Offer, offer_id)
        if reveal:
            row = community.reveal_offer(session, offer_id)
        value, version = views.offer_detail(session, row, reveal=reveal), row.version
    return versioned(request, value, version)


@router.patch(
    "/office/offers/{offer_id}",
    response_model=wire.OfferDetail,
    responses=COMMON,
    dependencies=[require(Permission.WRITE_OFFER)],
)
def edit_offer(request: Request, work: Unit, offer_id: Key, body: wire.OfferChange) -> Response:
    """Say which project an offer goes into."""
    version = version_of(request)
    with work() as session:
        row = community.link_offer(session, offer_id, version, body.project_id)
        session.flush()
        value, now = views.offer_detail(session, row), row.version
    return versioned(request, value, now)


@router.post(
    "/office/offers/{offer_id}/steps/{step}",
    response_model=wire.OfferDetail,
    responses=COMMON,
    dependencies=_READ_OFFER,
)
def offer_step(request: Request, work: Unit, offer_id: Key, step: Step, body: StepBody) -> Response:
    """Contact, match, carry out, decline with an answer."""
    version = version_of(request)
    with work() as session:
        row = session.one(Offer, offer_id)
        row = take_step(session, row, step, version=version, reason=body.reason, fields=body.fields)
        session.flush()
        value, now = views.offer_detail(session, row), row.version
    return versioned(request, value, now)


# notes ---------------------------------------------------------------------------------------------------------------


@router.get(
    "/office/experience",
    response_model=wire.ExperienceList,
    responses=READ,
    dependencies=[require(Permission.READ_EXPERIENCE)],
)
def experience(request: Request, work: Unit) -> Response:
    """Notes on what worked: published ones, and those of one's own."""
    with work() as session:
        value = {"items": views.experience_items(session, community.published(session))}
    return respond(request, prepare(value))


@router.post(
    "/office/experience",
    response_model=wire.ExperienceOut,
    status_code=201,
    responses=COMMON,
    dependencies=[require(Permission.WRITE_EXPERIENCE)],
)
def create_experience(request: Request, work: Unit, body: wire.NewExperience) -> Response:
    """Write a note on what worked; it is published separately."""

    def build(session: OfficeSession) -> tuple[Any, int]:
        row = community.write_experience(session, **body.model_dump())
        return views.experience_items(session, [row])[0], row.version

    return created(work, request, body.model_dump(mode="json"), build)


@router.patch(
    "/office/experience/{note_id}",
    response_model=wire.ExperienceOut,
    responses=COMMON,
    dependencies=[require(Permission.WRITE_EXPERIENCE)],
)
def edit_experience(request: Request, work: Unit, note_id: Key, body: wire.ExperienceChange) -> Response:
    """Change a note, publish it, or take it back."""
    version = version_of(request)
    with work() as session:
        row: Experience = community.change_experience(session, note_id, version, body.model_dump(exclude_none=True))
        session.flush()
        value, now = views.experience_items(session, [row])[0], row.version
    return versioned(request, value, now)


# applications --------------------------------------------------------------------------------------------------------


@router.get("/office/applications", response_model=wire.ApplicationPage, responses=READ, dependencies=_READ_APPLICATION)
def applications(
    request: Request, work: Unit, programme: ProgrammeKey = None, limit: OfficeLimit = 100, cursor: Cursor = None
) -> Response:
    """Applications for provincial and national pilots."""
    with work() as session:
        statement = select(Application)
        if programme is not None:
            statement = statement.where(Application.programme_id == programme)
        value = page(
            session, statement, Application, limit, cursor, {"programme": programme},
            lambda rows: views.application_items(session, rows),
        )  # fmt: skip
    return respond(request, prepare(value))


@router.post(
    "/office/applications",
    response_model=wire.ApplicationDetail,
    status_code=201,
    responses=COMMON,
    dependencies=[require(Permission.WRITE_APPLICATION)],
)
def create_application(request: Request, work: Unit, body: wire.NewApplication) -> Response:
    """Begin an application."""

    def build(session: OfficeSession) -> tuple[Any, int]:
        row = community.prepare_application(session, **body.model_dump())
        return views.application_detail(session, row), row.version

    return created(work, request, body.model_dump(mode="json"), build)


@router.get(
    "/office/applications/{application_id}",
    response_model=wire.ApplicationDetail,
    responses=READ,
    dependencies=_READ_APPLICATION,
)
def application(request: Request, work: Unit, application_id: Key) -> Response:
    """An application with its course."""
    with work() as session:
        row = session.one(Application, application_id)
        value, version = views.application_detail(session, row), row.version
    return versioned(request, value, version)


@router.patch(
    "/office/applications/{application_id}",
    response_model=wire.ApplicationDetail,
    responses=COMMON,
    dependencies=[require(Permission.WRITE_APPLICATION)],
)
def edit_application(request: Request, work: Unit, application_id: Key, body: wire.ApplicationChange) -> Response:
    """Change an application that is being prepared."""
    version = version_of(request)
    with work() as session:
        row = community.change_application(session, application_id, version, body.model_dump(exclude_none=True))
        session.flush()
        value, now = views.application_detail(session, row), row.version
    return versioned(request, value, now)


@router.post(
    "/office/applications/{application_id}/steps/{step}",
    response_model=wire.ApplicationDetail,
    responses=COMMON,
    dependencies=_READ_APPLICATION,
)
def application_step(request: Request, work: Unit, application_id: Key, step: Step, body: StepBody) -> Response:
    """Review, submit, note what the level above decided."""
    version = version_of(request)
    with work() as session:
        row = session.one(Application, application_id)
        row = take_step(session, row, step, version=version, reason=body.reason, fields=body.fields)
        session.flush()
        value, now = views.application_detail(session, row), row.version
    return versioned(request, value, now)
