"""Office: people, their posts and roles, delegations, hand-over and erasure."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Query, Request
from pydantic_core import to_json
from starlette.responses import Response

from kezhong.errors import ConflictError, InputError
from kezhong.office.identity import granting, handover, oidc, people, second_factor
from kezhong.office.identity.people import PeopleFilter, PersonData
from kezhong.office.models import Person
from kezhong.office.organisation import importing
from kezhong.office.session import OfficeSession
from kezhong.server.etag import prepare, respond
from kezhong.server.identity import TheOffice, Unit
from kezhong.server.models.office import people as wire
from kezhong.server.office_http import created, version_of, versioned
from kezhong.server.paging import Cursor, digest, read_mark, write_cursor
from kezhong.server.permissions import Permission, require
from kezhong.server.routes import COMMON, READ
from kezhong.server.views.office import people as views

router = APIRouter(tags=["office: people"])
Key = Annotated[int, Path(ge=1, le=2**53)]
Table = Annotated[bytes, Body(media_type="application/octet-stream", description=".xlsx or .csv as it is")]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FILE: dict[int | str, dict[str, Any]] = {**COMMON, 200: {"content": {XLSX: {}}, "description": "The file"}}
_READ = [require(Permission.READ_PEOPLE)]
_WRITE = [require(Permission.WRITE_PEOPLE)]
_GRANT = [require(Permission.GRANT_ROLES)]


@router.get("/office/people", response_model=wire.PeoplePage, responses=READ, dependencies=_READ)
def list_people(
    request: Request,
    work: Unit,
    q: Annotated[
        str, Query(max_length=60, description="name, as pinyin or initials too, or start of the user name")
    ] = "",
    organisation: Annotated[int | None, Query(ge=1, le=2**53, description="a unit and all below it")] = None,
    role: Annotated[str | None, Query(max_length=40)] = None,
    status: Annotated[str | None, Query(pattern="^(active|left|locked)$")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Cursor = None,
) -> Response:
    """People in scope, unit by unit; contact data is masked."""
    wanted = PeopleFilter(q, organisation, True, role, status)
    question = digest(["people", q, organisation, role, status])
    after = None
    if cursor is not None:
        path, _, key = read_mark(cursor, question).rpartition("|")
        if not key.isdecimal() or not key.isascii():
            raise InputError("server.bad_cursor", value=cursor)
        after = (path, int(key))
    with work() as session:
        found = people.list_people(session, wanted, limit, after)
        kept = found[:limit]
        last = f"{kept[-1].org_path}|{kept[-1].id}" if len(found) > limit else None
        value = {"items": views.items(session, kept), "next_cursor": write_cursor(last, question) if last else None}
    return respond(request, prepare(value))


@router.post("/office/people", response_model=wire.PersonOut, status_code=201, responses=COMMON, dependencies=_WRITE)
def create_person(request: Request, work: Unit, office: TheOffice, body: wire.NewPerson) -> Response:
    """Enter a person with the main post."""

    def build(session: OfficeSession) -> tuple[Any, int]:
        data = PersonData(body.name, body.username, body.phone, body.email)
        person = people.create_person(session, data, body.organisation_id, body.title, is_contact=body.is_contact)
        session.flush()
        return views.person(session, office, person), person.version

    return created(work, request, body.model_dump(mode="json"), build)


@router.post("/office/people/import", response_model=wire.ImportOut, responses=COMMON, dependencies=_WRITE)
def import_people(work: Unit, content: Table) -> Response:
    """People with posts and roles from a table; all of it or nothing, every problem named by row and column."""
    with work() as session:
        done = importing.import_people(session, content)
    return _json({"created": done.created, "unchanged": done.unchanged})


@router.get("/office/people/export", response_class=Response, responses=FILE, dependencies=_READ)
def export_people(work: Unit, clear: Annotated[bool, Query(description="contact data in clear")] = False) -> Response:
    """People in scope as .xlsx; contact data masked, or in clear under `people:reveal`, which the audit notes."""
    with work() as session:
        content = importing.export_people(session, clear=clear)
    headers = {"Content-Disposition": 'attachment; filename="people.xlsx"', "Cache-Control": "no-store"}
    return Response(content, media_type=XLSX, headers=headers)


@router.get("/office/people/{person_id}", response_model=wire.PersonOut, responses=READ, dependencies=_READ)
def get_person(request: Request, work: Unit, office: TheOffice, person_id: Key) -> Response:
    """A person with posts and roles."""
    with work() as session:
        person = session.one(Person, person_id)
        value = views.person(session, office, person)
    return versioned(request, value, person.version)


@router.patch("/office/people/{person_id}", response_model=wire.PersonOut, responses=COMMON, dependencies=_WRITE)
def change_person(request: Request, work: Unit, office: TheOffice, person_id: Key, body: wire.PersonChange) -> Response:
    """Change name, user name or contact data."""
    with work() as session:
        before = session.one(Person, person_id, Permission.WRITE_PEOPLE)
        data = PersonData(body.name if body.name is not None else before.name, body.username, body.phone, body.email)
        person = people.update_person(session, person_id, version_of(request), data)
        session.flush()
        value = views.person(session, office, person)
    return versioned(request, value, person.version)


@router.post("/office/people/{person_id}/reveal", response_model=wire.Contact, responses=COMMON,
             dependencies=[require(Permission.REVEAL_PEOPLE)])  # fmt: skip
def reveal_person(work: Unit, person_id: Key, body: wire.Why) -> Response:
    """Contact data in clear; who read it, and why, stands in the audit."""
    with work() as session:
        person = people.reveal(session, person_id, body.reason)
        value = {"id": person.id, "phone": person.phone, "email": person.email}
    return _json(value)


@router.post(
    "/office/people/{person_id}/posts", response_model=wire.PersonOut, status_code=201, responses=COMMON,
    dependencies=_WRITE,
)  # fmt: skip
def add_post(request: Request, work: Unit, office: TheOffice, person_id: Key, body: wire.NewPost) -> Response:
    """Give a further post, or another main post: the person's place moves with that one."""

    def build(session: OfficeSession) -> tuple[Any, int]:
        people.add_post(
            session, person_id, body.organisation_id, body.title, main=body.main, is_contact=body.is_contact
        )
        session.flush()
        person = session.one(Person, person_id, Permission.WRITE_PEOPLE)
        return views.person(session, office, person), person.version

    return created(work, request, body.model_dump(mode="json"), build)


@router.delete("/office/people/{person_id}/posts/{post_id}", status_code=204, responses=COMMON, dependencies=_WRITE)
def end_post(work: Unit, person_id: Key, post_id: Key) -> Response:
    """End a post that is not the main one."""
    with work() as session:
        people.end_post(session, person_id, post_id)
    return _nothing()


@router.post(
    "/office/people/{person_id}/grants", response_model=wire.PersonOut, status_code=201, responses=COMMON,
    dependencies=_GRANT,
)  # fmt: skip
def grant_role(request: Request, work: Unit, office: TheOffice, person_id: Key, body: wire.NewGrant) -> Response:
    """Give a role for a unit: within the caller's own area, and of the unit's level."""

    def build(session: OfficeSession) -> tuple[Any, int]:
        granting.grant_role(
            session,
            person_id,
            body.role,
            body.organisation_id,
            area_code=body.area_code,
            valid_to=_aware(body.valid_to) if body.valid_to is not None else None,
            note=body.note,
        )
        session.flush()
        person = session.one(Person, person_id, Permission.GRANT_ROLES)
        return views.person(session, office, person), person.version

    return created(work, request, body.model_dump(mode="json"), build)


@router.post("/office/grants/{grant_id}/revoke", status_code=204, responses=COMMON, dependencies=_GRANT)
def revoke_grant(work: Unit, grant_id: Key, body: wire.Why) -> Response:
    """End a role at once, with all that was lent from it."""
    with work() as session:
        granting.revoke_grant(session, grant_id, body.reason)
    return _nothing()


@router.get("/office/people/{person_id}/in-hand", response_model=wire.InHand, responses=READ, dependencies=_WRITE)
def in_hand(request: Request, work: Unit, person_id: Key) -> Response:
    """What a hand-over would move, and who of the unit could take it."""
    with work() as session:
        value = views.held(session, session.one(Person, person_id, Permission.WRITE_PEOPLE))
    return respond(request, prepare(value))


@router.post("/office/people/{person_id}/hand-over", response_model=wire.HandOverOut, responses=COMMON,
             dependencies=_WRITE)  # fmt: skip
def hand_over(work: Unit, person_id: Key, body: wire.HandOver) -> Response:
    """Let a person leave: what they have in hand goes to a successor of the unit; rights, sessions and tokens end."""
    with work() as session:
        row = handover.hand_over(session, person_id, body.to_person_id, body.note)
        session.flush()
        value = {"id": row.id, "counts": row.counts}
    return _json(value)


@router.post("/office/people/{person_id}/erase", status_code=204, responses=COMMON,
             dependencies=[require(Permission.ERASE_PERSON)])  # fmt: skip
def erase_person(work: Unit, person_id: Key, body: wire.Why) -> Response:
    """Remove name and contact data of somebody who left; the audit's chain stays whole."""
    with work() as session:
        handover.erase(session, person_id, body.reason)
    return _nothing()


@router.post("/office/people/{person_id}/password", response_model=wire.FreshPassword, responses=COMMON,
             dependencies=_WRITE)  # fmt: skip
def reset_password(work: Unit, person_id: Key) -> Response:
    """A new password, shown this once, to be changed at the next sign-in."""
    with work() as session:
        value = {"password": people.reset_password(session, person_id)}
    return _json(value)


@router.post("/office/people/{person_id}/unlock", status_code=204, responses=COMMON, dependencies=_WRITE)
def unlock_person(work: Unit, office: TheOffice, person_id: Key) -> Response:
    """Let a name that failed too often try again at once."""
    with work() as session:
        people.unlock(session, office, person_id)
    return _nothing()


@router.post("/office/people/{person_id}/totp-off", status_code=204, responses=COMMON, dependencies=_WRITE)
def switch_totp_off(work: Unit, person_id: Key, body: wire.Why) -> Response:
    """Switch a lost second factor off."""
    with work() as session:
        people.may_secure(session, person_id)
        with session.because("totp.off", body.reason):
            second_factor.switch_off(session, person_id)
    return _nothing()


@router.post("/office/people/{person_id}/identity", status_code=204, responses=COMMON, dependencies=_WRITE)
def link_identity(work: Unit, person_id: Key, body: wire.NewIdentity) -> Response:
    """Link a person with their account at the city's directory."""
    settings = oidc.settings_from()
    if settings is None:
        raise ConflictError("identity.no_oidc")
    with work() as session:
        people.link_identity(session, person_id, settings.issuer, body.subject)
    return _nothing()


@router.get("/office/delegations", response_model=wire.Delegations, responses=READ,
            dependencies=[require(Permission.SIGNED_IN)])  # fmt: skip
def list_delegations(request: Request, work: Unit) -> Response:
    """What the caller lent and was lent, and which roles could be lent."""
    with work() as session:
        value = views.delegations(session)
    return respond(request, prepare(value))


@router.post("/office/delegations", response_model=wire.Delegations, status_code=201, responses=COMMON,
             dependencies=[require(Permission.DELEGATE)])  # fmt: skip
def delegate(request: Request, work: Unit, body: wire.NewDelegation) -> Response:
    """Lend one of one's own roles to a deputy until a moment; what was lent cannot be lent on."""

    def build(session: OfficeSession) -> tuple[Any, int]:
        granting.delegate(session, body.grant_id, body.person_id, _aware(body.ends_at), body.reason)
        session.flush()
        return views.delegations(session), 1

    return created(work, request, body.model_dump(mode="json"), build)


@router.post("/office/delegations/{delegation_id}/end", status_code=204, responses=COMMON,
             dependencies=[require(Permission.SIGNED_IN)])  # fmt: skip
def end_delegation(work: Unit, delegation_id: Key) -> Response:
    """End a delegation at once: by either side, or by whoever gives roles there."""
    with work() as session:
        granting.end_delegation(session, delegation_id)
    return _nothing()


def _aware(moment: Any) -> Any:
    if moment.tzinfo is None:
        raise InputError("server.no_zone", value=moment)
    return moment


def _json(value: object) -> Response:
    return Response(to_json(value), media_type="application/json", headers={"Cache-Control": "no-store"})


def _nothing() -> Response:
    return Response(status_code=204, headers={"Cache-Control": "no-store"})
