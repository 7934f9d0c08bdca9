"""Signing in, and one's own account."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from kezhong.server.models.common import Bilingual, NamedItem

#: Long enough for any pass phrase; the rules themselves are told in words by the service.
Password = Annotated[str, Field(min_length=1, max_length=400)]
Code = Annotated[str, Field(min_length=1, max_length=20)]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SignInRequest(_Request):
    """A user name and a password; ``code`` once the account asks for its second factor."""

    username: Annotated[str, Field(min_length=1, max_length=100)]
    password: Password
    code: Code | None = None


class DemoSignInRequest(_Request):
    """Whom of the demonstration to enter as."""

    person: Annotated[int, Field(ge=1, le=2**62)]


class DemoAccount(BaseModel):
    """A person of the demonstration."""

    id: int
    name: str
    organisation: str
    level: str
    roles: list[NamedItem]


class OidcOption(BaseModel):
    """Sign-in through the city's own directory."""

    name: str
    start: str


class SignInOptions(BaseModel):
    """How one can sign in here; ``demo`` is empty but for the demonstration city, seen from its own machine."""

    city: Bilingual
    synthetic: bool
    password: bool
    oidc: OidcOption | None
    demo: list[DemoAccount]
    password_min_length: int


class SignedInOut(BaseModel):
    """Signed in; the cookie came with it."""

    person: int
    must_change: bool


class SessionRow(BaseModel):
    """A signed-in browser."""

    id: int
    here: bool
    method: str
    user_agent: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime


class TokenRow(BaseModel):
    """An API token; ``hint`` is its end."""

    id: int
    name: str
    hint: str
    permissions: list[str]
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None


class AccountOut(BaseModel):
    """One's own account."""

    username: str | None
    has_password: bool
    changed_at: datetime | None
    totp: bool
    recovery_left: int
    sessions: list[SessionRow]
    tokens: list[TokenRow]


class PasswordRequest(_Request):
    """The present password and the new one."""

    current: Password
    new: Password


class TotpBegin(_Request):
    """The password, again, before the second factor is changed."""

    password: Password


class TotpCode(_Request):
    """A code that the second factor shows."""

    code: Code


class TotpEnrolment(BaseModel):
    """What to put into the authenticator; ``svg`` is the QR code."""

    secret: str
    uri: str
    svg: str


class RecoveryCodes(BaseModel):
    """Codes for the day on which the second factor is lost; shown this once."""

    codes: list[str]


class TokenRequest(_Request):
    """A new API token."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    permissions: Annotated[list[Annotated[str, Field(max_length=40)]], Field(min_length=1, max_length=80)]
    expires_at: datetime


class TokenMade(BaseModel):
    """The token itself, shown this once."""

    id: int
    token: str
    hint: str
    expires_at: datetime
