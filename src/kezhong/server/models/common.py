"""What every body is made of: texts in both languages, errors, health, the session."""

from __future__ import annotations

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
    status: Literal["ok"]


class Session(BaseModel):
    principal: str
    permissions: list[str]
    version: str
    languages: list[str]
