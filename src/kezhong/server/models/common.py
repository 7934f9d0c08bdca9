"""What every body is made of: texts in both languages, errors, health, the session."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel


class Bilingual(BaseModel):
    """A text in both languages."""

    zh: str
    en: str


class NamedItem(BaseModel):
    """Something with an id and a name in both languages."""

    id: str
    zh: str
    en: str


class ErrorBody(BaseModel):
    """What went wrong, what to do about it, and the id under which the log knows it."""

    code: str
    message: Bilingual
    action: Bilingual
    details: dict[str, Any]
    request_id: str | None


class ErrorEnvelope(BaseModel):
    """The one form of every error."""

    error: ErrorBody


class Health(BaseModel):
    """Whether it answers; *degraded*: it does, and something beside it does not work."""

    status: Literal["ok", "degraded"]
    problems: list[Bilingual] = []


class SessionPost(BaseModel):
    """A post of the person."""

    title: str
    organisation_id: int
    organisation: str
    is_main: bool


class SessionGrant(BaseModel):
    """A role of the person that counts now; ``until`` and ``lent_by`` where it was lent."""

    role: str
    zh: str
    en: str
    organisation_id: int
    organisation: str
    level: str
    area_code: str
    area: str
    delegated: bool
    until: datetime | None
    lent_by: str | None


class SessionPerson(BaseModel):
    """Who signed in."""

    id: int
    name: str
    demo: bool
    posts: list[SessionPost]
    grants: list[SessionGrant]


class Session(BaseModel):
    """Who is calling; ``office`` says whether the city has one, so that people sign in."""

    principal: str
    permissions: list[str]
    version: str
    languages: list[str]
    office: bool
    signed_in: bool
    must_change: bool
    person: SessionPerson | None
