"""Notices, webhooks and deliveries on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from kezhong.server.models.common import Bilingual


class NoticeOut(BaseModel):
    id: int
    kind: str
    urgency: str
    object_kind: str
    object_id: int
    text: Bilingual
    page: str = Field(description="address of the object's page within the application")
    at: datetime
    read: bool


class NoticePage(BaseModel):
    items: list[NoticeOut]
    next_cursor: str | None
    unread: int
    act: int


class Unread(BaseModel):
    unread: int
    act: int


class ReadRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")
    ids: Annotated[list[Annotated[int, Field(ge=1)]], Field(max_length=500)] | None = Field(
        description="null: all of them"
    )


class PreferenceOut(BaseModel):
    email: Literal["none", "act", "all"]
    muted: list[str]
    mail_available: bool
    kinds: list[str]


class PreferenceRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")
    email: Literal["none", "act", "all"]
    muted: Annotated[list[Annotated[str, Field(max_length=40)]], Field(max_length=40)] = []


class WebhookOut(BaseModel):
    id: int
    version: int
    name: str
    url: str
    secret_variable: str | None
    secret_set: bool
    events: list[str]
    active: bool
    waiting: int
    failed: int


class WebhookList(BaseModel):
    items: list[WebhookOut]
    events: list[str]


class WebhookRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: Annotated[str, Field(min_length=1, max_length=100)]
    url: Annotated[str, Field(min_length=8, max_length=500)]
    secret_variable: Annotated[str, Field(max_length=80, pattern=r"^KEZHONG_[A-Z0-9_]+$")] | None = None
    events: Annotated[list[Annotated[str, Field(max_length=60)]], Field(min_length=1, max_length=60)]
    active: bool = True


class DeliveryOut(BaseModel):
    id: int
    channel: str
    state: str
    tries: int
    next_try_at: datetime
    problem: str
    sent_at: datetime | None
    event: str


class DeliveryPage(BaseModel):
    items: list[DeliveryOut]
    counts: dict[str, int]
    queue: dict[str, Any]


class ClockRound(BaseModel):
    lights: int
    reminders: int
    escalations: int
    skipped: bool
