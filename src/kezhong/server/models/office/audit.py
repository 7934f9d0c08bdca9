"""The audit on the wire."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from kezhong.server.models.common import Bilingual, ErrorBody


class AuditChange(BaseModel):
    field: str
    name: Bilingual
    before: Any = Field(description="null where masked, or where there was nothing")
    after: Any
    masked: bool = Field(description="a personal or secret value: that it changed is known, not what it was")


class AuditWho(BaseModel):
    person_id: int | None
    kind: str = Field(description="session, token, or the name of the system's part")
    name: str | None = Field(description="null where the person is out of the reader's scope")
    post: str | None
    unit: str | None


class AuditEntryOut(BaseModel):
    id: int = Field(description="its number in the chain")
    kind: Literal["audit_entry"]
    at: str
    who: AuditWho
    action: str
    action_name: Bilingual
    object_kind: str
    object_name: Bilingual
    object_id: str
    area_path: str
    reason: str
    request_id: str
    changes: list[AuditChange]
    hash: str


class AuditList(BaseModel):
    items: list[AuditEntryOut]
    next_cursor: str | None


class AuditKind(BaseModel):
    id: str
    zh: str
    en: str


class AnchorState(BaseModel):
    anchors: int
    seq: int
    at: str | None
    signed: bool
    key: bool = Field(description="whether a key to sign is set")
    second: int | None = Field(description="anchors in the second file; null without one")


class AuditState(BaseModel):
    entries: int
    last_at: str | None
    anchor: AnchorState
    kinds: list[AuditKind]


class VerdictFinding(BaseModel):
    code: str
    message: Bilingual
    action: Bilingual


class VerdictOut(BaseModel):
    whole: bool
    entries: int
    seq: int
    hash: str
    findings: list[VerdictFinding]
    count: int
    warnings: list[VerdictFinding]
    anchors: int
    signed: int
    protected: int = Field(description="last entry covered by a signed anchor")
    protected_at: str | None
    seconds: float


class VerificationOut(BaseModel):
    id: str
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    progress: float
    verdict: VerdictOut | None
    error: ErrorBody | None
    created: str
    finished: str | None
