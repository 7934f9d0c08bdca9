"""Signing in and out, and one's own account."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from pydantic_core import to_json
from starlette.responses import RedirectResponse, Response

from kezhong.city.workspace import City
from kezhong.errors import NotFoundError, PermissionDeniedError
from kezhong.office.identity import accounts, oidc, second_factor, sessions
from kezhong.office.identity.settings import sign_in_settings
from kezhong.office.identity.sign_in import Caller, SignedIn, SignInRefusedError, sign_in, sign_in_demo
from kezhong.office.office import Office
from kezhong.server.etag import prepare, respond
from kezhong.server.guard import is_this_machine
from kezhong.server.identity import COOKIE, TheOffice, Unit
from kezhong.server.models.office.account import (
    AccountOut,
    DemoSignInRequest,
    PasswordRequest,
    RecoveryCodes,
    SignedInOut,
    SignInOptions,
    SignInRequest,
    TokenMade,
    TokenRequest,
    TotpBegin,
    TotpCode,
    TotpEnrolment,
)
from kezhong.server.permissions import Permission, require
from kezhong.server.routes import COMMON, PREFIX, READ
from kezhong.server.views.office import account as view

router = APIRouter(tags=["office: account"])
_OIDC_COOKIE = "kezhong_oidc"
Key = Annotated[int, Path(ge=1, le=2**62)]


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
    config = City.open(office.city_folder).config
    demo = view.demo_accounts(office) if _demo_allowed(request, office) else []
    directory = oidc.settings_from()
    found = {
        "city": {"zh": config.name, "en": config.name_en or config.name},
        "synthetic": config.synthetic,
        "password": True,
        "oidc": {"name": directory.name, "start": f"{PREFIX}/office/oidc/start"} if directory else None,
        "demo": demo,
        "password_min_length": sign_in_settings().min_length,
    }
    return respond(request, prepare(found))


@router.post(
    "/office/session",
    status_code=201,
    response_model=SignedInOut,
    responses=COMMON,
    dependencies=[require(Permission.PUBLIC)],
)
def start_session(request: Request, office: TheOffice, wanted: SignInRequest) -> Response:
    """Sign in by password. 401 `identity.code_needed` asks for a code of the second factor; 429: wait."""
    return signed_in(request, sign_in(office, wanted.username, wanted.password, wanted.code, caller_of(request)))


@router.post(
    "/office/session/demo",
    status_code=201,
    response_model=SignedInOut,
    responses=COMMON,
    dependencies=[require(Permission.PUBLIC)],
)
def start_demo_session(request: Request, office: TheOffice, wanted: DemoSignInRequest) -> Response:
    """Enter as somebody of the demonstration; only in a city of synthetic data, only on its own machine."""
    if not _demo_allowed(request, office):
        raise PermissionDeniedError("identity.demo_only_here")
    return signed_in(request, sign_in_demo(office, wanted.person, caller_of(request)))


@router.delete("/office/session", status_code=204, responses=COMMON, dependencies=[require(Permission.SIGNED_IN)])
def end_own_session(request: Request, work: Unit) -> Response:
    """Sign out."""
    with work() as session:
        sessions.sign_out(session)
    response = Response(status_code=204, headers={"Cache-Control": "no-store"})
    response.delete_cookie(COOKIE, path="/", secure=is_secure(request), httponly=True, samesite="strict")
    return response


@router.get("/office/oidc/start", responses=COMMON, dependencies=[require(Permission.PUBLIC)])
def oidc_start(request: Request, office: TheOffice) -> Response:
    """Go to the city's own directory to sign in there."""
    redirect = f"{_base(request)}{PREFIX}/office/oidc/callback"
    address, sealed = _directory(request).begin(office, redirect)
    response = RedirectResponse(address, status_code=303, headers={"Cache-Control": "no-store"})
    # Lax, since the browser comes back from another site; it holds nothing but this one sign-in, sealed.
    response.set_cookie(
        _OIDC_COOKIE,
        sealed,
        max_age=600,
        path=f"{PREFIX}/office/oidc",
        secure=is_secure(request),
        httponly=True,
        samesite="lax",
    )
    return response


@router.get("/office/oidc/callback", responses=COMMON, dependencies=[require(Permission.PUBLIC)])
def oidc_callback(
    request: Request,
    office: TheOffice,
    state: Annotated[str, Query(max_length=200)] = "",
    code: Annotated[str, Query(max_length=2000)] = "",
) -> Response:
    """Come back from the directory; leads to the first page, signed in or with what went wrong."""
    sealed = request.cookies.get(_OIDC_COOKIE, "")
    try:
        found = _directory(request).finish(office, sealed, state, code, caller_of(request))
    except (SignInRefusedError, NotFoundError) as problem:
        response = RedirectResponse(f"/?signin={problem.code}", status_code=303)
    else:
        response = RedirectResponse("/", status_code=303)
        set_cookie(request, response, found.token)
    response.headers["Cache-Control"] = "no-store"
    response.delete_cookie(_OIDC_COOKIE, path=f"{PREFIX}/office/oidc")
    return response


def _directory(request: Request) -> oidc.Directory:
    """The provider, with what was fetched from it kept between requests."""
    settings = oidc.settings_from()
    kept: oidc.Directory | None = getattr(request.app.state, "oidc", None)
    if kept is None or kept.settings != settings:
        kept = request.app.state.oidc = oidc.directory_of(settings)
    return kept


def _base(request: Request) -> str:
    public: str | None = request.app.state.guard.public_url
    return public if public and not is_this_machine(request.scope) else str(request.base_url).rstrip("/")


@router.get("/office/account", response_model=AccountOut, responses=READ, dependencies=[require(Permission.SIGNED_IN)])
def get_account(request: Request, work: Unit) -> Response:
    """One's own account: password, second factor, sessions, tokens."""
    with work() as session:
        found = view.account(session)
    return respond(request, prepare(found))


@router.put("/office/account/password", status_code=204, responses=COMMON, dependencies=[require(Permission.SIGNED_IN)])
def change_password(work: Unit, office: TheOffice, wanted: PasswordRequest) -> Response:
    """Change one's own password; all other sessions end."""
    with work() as session:
        accounts.change_password(session, office, wanted.current, wanted.new)
    return _nothing()


@router.post(
    "/office/account/totp",
    status_code=201,
    response_model=TotpEnrolment,
    responses=COMMON,
    dependencies=[require(Permission.SIGNED_IN)],
)
def begin_totp(work: Unit, office: TheOffice, wanted: TotpBegin) -> Response:
    """A secret for the authenticator, as text and QR code; it counts once a code of it was confirmed."""
    with work() as session:
        accounts.check_password(session, office, wanted.password)
        found = second_factor.begin(session, f"刻钟 {office.config.name}")
    return _secret({"secret": found.secret, "uri": found.uri, "svg": found.svg}, 201)


@router.post(
    "/office/account/totp/confirm",
    response_model=RecoveryCodes,
    responses=COMMON,
    dependencies=[require(Permission.SIGNED_IN)],
)
def confirm_totp(work: Unit, wanted: TotpCode) -> Response:
    """Switch the second factor on; the answer has the recovery codes, shown this once."""
    with work() as session:
        accounts.require_browser(session)
        codes = second_factor.confirm(session, wanted.code)
    return _secret({"codes": codes})


@router.post(
    "/office/account/totp/off", status_code=204, responses=COMMON, dependencies=[require(Permission.SIGNED_IN)]
)
def totp_off(work: Unit, office: TheOffice, wanted: TotpBegin) -> Response:
    """Switch the second factor off."""
    with work() as session:
        accounts.check_password(session, office, wanted.password)
        second_factor.switch_off(session, accounts.require_browser(session))
    return _nothing()


@router.delete(
    "/office/account/sessions/{session_id}",
    status_code=204,
    responses=COMMON,
    dependencies=[require(Permission.SIGNED_IN)],
)
def end_session(work: Unit, session_id: Key) -> Response:
    """End one of one's own sessions."""
    with work() as session:
        accounts.require_browser(session)
        sessions.end_session(session, session_id)
    return _nothing()


@router.post(
    "/office/account/tokens",
    status_code=201,
    response_model=TokenMade,
    responses=COMMON,
    dependencies=[require(Permission.SIGNED_IN)],
)
def make_token(work: Unit, wanted: TokenRequest) -> Response:
    """An API token with some of one's own permissions and an end; its value is in this answer only."""
    with work() as session:
        token, value = accounts.make_token(session, wanted.name, wanted.permissions, wanted.expires_at)
        found = {"id": token.id, "token": value, "hint": token.hint, "expires_at": token.expires_at}
    return _secret(found, 201)


@router.delete(
    "/office/account/tokens/{token_id}", status_code=204, responses=COMMON, dependencies=[require(Permission.SIGNED_IN)]
)
def revoke_token(work: Unit, token_id: Key) -> Response:
    """End one of one's own tokens, at once."""
    with work() as session:
        accounts.revoke_token(session, token_id)
    return _nothing()


def _secret(value: object, status_code: int = 200) -> Response:
    """Something shown once: kept by nobody on the way."""
    return Response(
        to_json(value), status_code=status_code, media_type="application/json", headers={"Cache-Control": "no-store"}
    )


def _nothing() -> Response:
    return Response(status_code=204, headers={"Cache-Control": "no-store"})
