"""Signing in and out, and one's own account."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from kezhong.city.workspace import City
from kezhong.errors import PermissionDeniedError
from kezhong.office.identity import sessions
from kezhong.office.identity.settings import sign_in_settings
from kezhong.office.identity.sign_in import Caller, SignedIn, sign_in, sign_in_demo
from kezhong.office.office import Office
from kezhong.server.etag import prepare, respond
from kezhong.server.guard import is_this_machine
from kezhong.server.identity import COOKIE, TheOffice, Unit
from kezhong.server.models.office.account import DemoSignInRequest, SignedInOut, SignInOptions, SignInRequest
from kezhong.server.permissions import Permission, require
from kezhong.server.routes import COMMON, READ
from kezhong.server.views.office import account as view

router = APIRouter(tags=["office: account"])


def caller_of(request: Request) -> Caller:
    """Where a request comes from."""
    return Caller(
        request.client.host if request.client else None,
        request.headers.get("user-agent", ""),
        request.scope.get("request_id"),
    )


def signed_in(request: Request, found: SignedIn) -> Response:
    """The answer that carries the cookie."""
    response = Response(
        SignedInOut(person=found.person_id, must_change=found.must_change).model_dump_json(),
        status_code=201,
        media_type="application/json",
        headers={"Cache-Control": "no-store"},
    )
    set_cookie(request, response, found.token)
    return response


def set_cookie(request: Request, response: Response, token: str) -> None:
    """The session's cookie: not for scripts, not for other sites, and over https only where there is https."""
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(sign_in_settings().longest.total_seconds()),
        path="/",
        secure=is_secure(request),
        httponly=True,
        samesite="strict",
    )


def is_secure(request: Request) -> bool:
    """Whether the browser reached us by https."""
    return request.url.scheme == "https" or (request.app.state.guard.https and not is_this_machine(request.scope))


def _demo_allowed(request: Request, office: Office) -> bool:
    return is_this_machine(request.scope) and _synthetic(office)


def _synthetic(office: Office) -> bool:
    return bool(City.open(office.city_folder).config.synthetic)


@router.get("/office/sign-in", response_model=SignInOptions, responses=READ, dependencies=[require(Permission.PUBLIC)])
def sign_in_options(request: Request, office: TheOffice) -> Response:
    """How one can sign in here."""
    demo = view.demo_accounts(office) if _demo_allowed(request, office) else []
    found = {"password": True, "oidc": None, "demo": demo, "password_min_length": sign_in_settings().min_length}
    return respond(request, prepare(found))


@router.post(
    "/office/session",
    status_code=201,
    response_model=SignedInOut,
    responses=COMMON,
    dependencies=[require(Permission.PUBLIC)],
)
def start(request: Request, office: TheOffice, wanted: SignInRequest) -> Response:
    """Sign in by password. 401 `identity.code_needed` asks for a code of the second factor; 429: wait."""
    return signed_in(request, sign_in(office, wanted.username, wanted.password, wanted.code, caller_of(request)))


@router.post(
    "/office/session/demo",
    status_code=201,
    response_model=SignedInOut,
    responses=COMMON,
    dependencies=[require(Permission.PUBLIC)],
)
def start_demo(request: Request, office: TheOffice, wanted: DemoSignInRequest) -> Response:
    """Enter as somebody of the demonstration; only in a city of synthetic data, only on its own machine."""
    if not _demo_allowed(request, office):
        raise PermissionDeniedError("identity.demo_only_here")
    return signed_in(request, sign_in_demo(office, wanted.person, caller_of(request)))


@router.delete("/office/session", status_code=204, responses=COMMON, dependencies=[require(Permission.SIGNED_IN)])
def sign_out(request: Request, work: Unit) -> Response:
    """Sign out."""
    with work() as session:
        sessions.sign_out(session)
    response = Response(status_code=204, headers={"Cache-Control": "no-store"})
    response.delete_cookie(COOKIE, path="/", secure=is_secure(request), httponly=True, samesite="strict")
    return response
