"""Jobs and search."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from kezhong.server.models.common import Bilingual, ErrorBody, NamedItem

JobState = Literal["queued", "running", "done", "failed", "cancelled"]


class AssessRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    kind: Literal["assess"]
    basis: str | None = Field(default=None, max_length=100, description="null: the city's own")
    walker: str = Field(default="standard", max_length=100)
    force: bool = Field(default=False, description="compute again although the run exists")


class OpeningsRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    kind: Literal["openings"]
    basis: str | None = Field(default=None, max_length=100, description="whose thresholds; null: the city's own")
    walker: str | None = Field(default=None, max_length=100, description="whose minutes; null: the metres")
    element: str | None = Field(default=None, max_length=100, description="only this service element; null: all")


JobRequest = Annotated[AssessRequest | OpeningsRequest, Field(discriminator="kind")]


class JobResult(BaseModel):
    run: str | None = Field(default=None, description="of `assess`: the run")
    openings: int | None = Field(
        default=None, description="of `openings`: how many serve somebody; `GET /openings` with the same question"
    )


class JobOut(BaseModel):
    id: str
    kind: str
    state: JobState
    progress: float = Field(description="0–1")
    step: Bilingual
    parameters: dict[str, Any]
    result: JobResult | None
    error: ErrorBody | None
    created: str
    started: str | None
    finished: str | None


class JobList(BaseModel):
    items: list[JobOut]
    next_cursor: str | None


class Hit(NamedItem):
    kind: Literal["area", "facility", "element", "shortfall"]
    sub: Bilingual = Field(description="what stands under the name: level and parent, elements, gap")
    lon: float | None
    lat: float | None


class Hits(BaseModel):
    items: list[Hit]
