"""Sign-in through the city's own directory: OpenID Connect, authorisation code with PKCE, state and nonce.

Set by the environment: ``KEZHONG_OIDC_ISSUER``, ``KEZHONG_OIDC_CLIENT_ID``, ``KEZHONG_OIDC_CLIENT_SECRET`` (empty for
a public client), ``KEZHONG_OIDC_NAME`` (what the button says), ``KEZHONG_OIDC_SCOPES`` and ``KEZHONG_OIDC_MATCH_EMAIL``
(``yes``: a verified e-mail address that exactly one person has is enough; else people are linked beforehand).

What has to be remembered between leaving and coming back is sealed in a cookie, so that any process can finish.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
from authlib.common.security import generate_token
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from cryptography.fernet import Fernet, InvalidToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from sqlalchemy import func, select

from kezhong import clock
from kezhong.errors import InputError, NotFoundError
from kezhong.office.audit.chain import keyed_digest
from kezhong.office.identity.sessions import start_session
from kezhong.office.identity.sign_in import Caller, SignedIn, SignInRefusedError
from kezhong.office.models import ExternalIdentity, Person
from kezhong.office.office import Office

_PREFIX = "KEZHONG_OIDC_"
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"]
_LEEWAY = 60
_RETURN_WITHIN = timedelta(minutes=10)
_KNOWN_FOR = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class OidcSettings:
    """How the directory is reached; ``repr`` does not show the secret."""

    issuer: str
    client_id: str
    client_secret: str = field(default="", repr=False)
    name: str = ""
    scopes: str = "openid profile email"
    match_email: bool = False


def settings_from(environ: Mapping[str, str] = os.environ) -> OidcSettings | None:
    """What the environment says; ``None`` where there is no directory.

    Raises
    ------
    InputError
        The issuer is not https (or this machine), or the client's id is missing.
    """
    issuer = environ.get(_PREFIX + "ISSUER", "").strip()
    if not issuer:
        return None
    parts = urlsplit(issuer)
    local = parts.hostname in ("localhost", "127.0.0.1", "::1")
    if not parts.hostname or (parts.scheme != "https" and not (parts.scheme == "http" and local)):
        raise InputError("identity.oidc_issuer", value=issuer)
    client_id = environ.get(_PREFIX + "CLIENT_ID", "").strip()
    if not client_id:
        raise InputError("identity.oidc_client", value=_PREFIX + "CLIENT_ID")
    return OidcSettings(
        issuer=issuer,
        client_id=client_id,
        client_secret=environ.get(_PREFIX + "CLIENT_SECRET", ""),
        name=environ.get(_PREFIX + "NAME", "").strip() or parts.hostname,
        scopes=environ.get(_PREFIX + "SCOPES", "").strip() or "openid profile email",
        match_email=environ.get(_PREFIX + "MATCH_EMAIL", "").strip().lower() in ("1", "yes", "true"),
    )


class Directory:
    """The provider: its addresses and keys, fetched when needed and kept for some minutes."""

    def __init__(self, settings: OidcSettings) -> None:
        self.settings = settings
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[Any, dict[str, Any]]] = {}

    def begin(self, office: Office, redirect_uri: str) -> tuple[str, str]:
        """Where to send the browser, and the value of the cookie that it has to bring back."""
        found = {
            "state": generate_token(32),
            "nonce": generate_token(32),
            "verifier": generate_token(64),
            "redirect": redirect_uri,
            "at": clock.now().timestamp(),
        }
        address = prepare_grant_uri(
            str(self._configuration()["authorization_endpoint"]),
            self.settings.client_id,
            "code",
            redirect_uri=redirect_uri,
            scope=self.settings.scopes,
            state=found["state"],
            nonce=found["nonce"],
            code_challenge=create_s256_code_challenge(found["verifier"]),
            code_challenge_method="S256",
        )
        return str(address), Fernet(office.secrets.seal).encrypt(json.dumps(found).encode()).decode()

    def finish(self, office: Office, sealed: str, state: str, code: str, caller: Caller) -> SignedIn:
        """Sign in whom the provider vouches for.

        Raises
        ------
        SignInRefusedError
            The answer does not belong to a sign-in begun here, the provider's word is not valid, or it vouches for
            somebody who is not known here.
        """
        begun = _opened(office, sealed)
        if begun is None or not state or state != begun["state"] or not code:
            raise SignInRefusedError("identity.oidc_state")
        claims = self._claims(begun, code)
        person_id = self._person(office, claims)
        if person_id is None:
            subject = keyed_digest(office.secrets.digest, f"{self.settings.issuer} {claims['sub']}")
            with office.acting(caller.actor) as session:
                session.audit.note("sign-in.failed", "account", subject, why="oidc")
            raise SignInRefusedError("identity.oidc_unknown")
        token = start_session(
            office,
            person_id,
            "oidc",
            origin=caller.origin,
            user_agent=caller.user_agent,
            request_id=caller.request_id,
        )
        return SignedIn(token, person_id, must_change=False)

    def _claims(self, begun: dict[str, Any], code: str) -> dict[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": begun["redirect"],
            "code_verifier": begun["verifier"],
            "client_id": self.settings.client_id,
        }
        auth = (self.settings.client_id, self.settings.client_secret) if self.settings.client_secret else None
        try:
            with httpx.Client(timeout=10, follow_redirects=False) as client:
                answer = client.post(
                    str(self._configuration()["token_endpoint"]),
                    data=form,
                    auth=auth or httpx.USE_CLIENT_DEFAULT,
                    headers={"Accept": "application/json"},
                )
            answer.raise_for_status()
            return self._checked(str(answer.json()["id_token"]), str(begun["nonce"]))
        except (httpx.HTTPError, JoseError, ValueError, KeyError, TypeError) as problem:
            raise SignInRefusedError("identity.oidc_failed") from problem

    def _checked(self, id_token: str, nonce: str) -> dict[str, Any]:
        """The claims of an ID token whose signature, issuer, audience, times and nonce are right."""
        try:
            token = jwt.decode(id_token, KeySet.import_key_set(self._keys()), algorithms=_ALGORITHMS)
        except (JoseError, ValueError):  # the keys may have been changed since they were fetched
            keys = KeySet.import_key_set(self._keys(anew=True))
            token = jwt.decode(id_token, keys, algorithms=_ALGORITHMS)
        claims = dict(token.claims)
        jwt.JWTClaimsRegistry(
            now=int(clock.now().timestamp()),
            leeway=_LEEWAY,
            iss={"essential": True, "value": self.settings.issuer},
            aud={"essential": True, "value": self.settings.client_id},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
            nonce={"essential": True, "value": nonce},
        ).validate(claims)
        audience = claims["aud"]
        authorised = claims.get("azp")
        if (isinstance(audience, list) and len(audience) > 1 and authorised is None) or (
            authorised is not None and authorised != self.settings.client_id
        ):
            raise ValueError(authorised)
        return claims

    def _person(self, office: Office, claims: dict[str, Any]) -> int | None:
        issuer, subject = self.settings.issuer, str(claims["sub"])[:255]
        with office.acting(office.system("sign-in")) as session:
            linked = session.scalar(
                select(ExternalIdentity.person_id).where(
                    ExternalIdentity.issuer == issuer, ExternalIdentity.subject == subject
                )
            )
            if linked is None and self.settings.match_email and claims.get("email_verified") is True:
                address = str(claims.get("email") or "").strip().casefold()
                with_it = list(
                    session.scalars(
                        select(Person.id).where(func.lower(Person.email) == address, Person.status == "active").limit(2)
                    )
                )
                if address and len(with_it) == 1:
                    linked = with_it[0]
                    with session.because("identity.linked", "verified e-mail"):
                        session.add(ExternalIdentity(person_id=linked, issuer=issuer, subject=subject))
            if linked is None:
                return None
            status = session.scalar(select(Person.status).where(Person.id == linked))
        return linked if status == "active" else None

    def _configuration(self) -> dict[str, Any]:
        found = self._fetch(self.settings.issuer.rstrip("/") + "/.well-known/openid-configuration")
        if found.get("issuer") != self.settings.issuer:
            raise SignInRefusedError("identity.oidc_failed")
        return found

    def _keys(self, *, anew: bool = False) -> Any:
        return self._fetch(str(self._configuration()["jwks_uri"]), anew=anew)

    def _fetch(self, address: str, *, anew: bool = False) -> dict[str, Any]:
        with self._lock:
            kept = self._kept.get(address)
        if kept is not None and not anew and clock.now() - kept[0] < _KNOWN_FOR:
            return kept[1]
        try:
            answer = httpx.get(address, timeout=10)
            answer.raise_for_status()
            found: dict[str, Any] = answer.json()
        except (httpx.HTTPError, ValueError) as problem:
            raise SignInRefusedError("identity.oidc_failed") from problem
        with self._lock:
            self._kept[address] = (clock.now(), found)
        return found


def directory_of(settings: OidcSettings | None) -> Directory:
    """The provider.

    Raises
    ------
    NotFoundError
        None is set.
    """
    if settings is None:
        raise NotFoundError("identity.no_oidc")
    return Directory(settings)


def _opened(office: Office, sealed: str) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = json.loads(Fernet(office.secrets.seal).decrypt(sealed.encode()))
    except (InvalidToken, ValueError):
        return None
    age = clock.now().timestamp() - float(found["at"])
    return found if 0 <= age <= _RETURN_WITHIN.total_seconds() else None
