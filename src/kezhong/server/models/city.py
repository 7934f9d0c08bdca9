"""The city at its present snapshot."""

from __future__ import annotations

from pydantic import BaseModel, Field

from kezhong.server.models.common import Bilingual


class SnapshotInfo(BaseModel):
    id: str
    created: str
    message: str = Field(description="as the snapshot holds it")
    text: Bilingual = Field(description="what made it, in words")


class QualityCheck(BaseModel):
    id: str
    zh: str
    en: str
    status: str = Field(description="pass, warn, fail or na")
    value: float | None
    detail_zh: str
    detail_en: str


class Quality(BaseModel):
    score: float = Field(description="0–100")
    threshold: float = Field(description="below it the data are insufficient")
    insufficient: bool
    checks: list[QualityCheck]


class Counts(BaseModel):
    areas: dict[str, int] = Field(description="level → number; life circles included")
    facilities: int
    people: float
    demand: int


class CityInfo(BaseModel):
    name: str
    name_en: str
    code: str
    synthetic: bool = Field(description="invented data: every page and output says 合成数据")
    attribution: list[str]
    snapshot: SnapshotInfo | None = Field(description="null: nothing was imported yet")
    snapshots: list[SnapshotInfo]
    bounds: list[float] | None = Field(description="west, south, east, north; null: no geometry yet")
    center: list[float] | None = Field(description="longitude, latitude")
    crs: str
    basemap: bool
    quality: Quality | None = Field(description="null: nothing was imported yet")
    counts: Counts
    default_basis: str
    levels: list[str] = Field(description="levels of areas that are there, from the smallest to the largest")
