"""What the data-quality gate reports."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

#: Below this score (0–100) the city's data do not carry an assessment: results are marked 数据不足.
THRESHOLD = 60.0
#: A failed key check (no network, no people, hardly any facilities) caps the score here, whatever the others say.
CAP = 40.0
#: Weight of each check in the score; checks that do not apply are left out of the mean.
WEIGHTS: Mapping[str, float] = {
    "network": 15.0,
    "street_reach": 15.0,
    "snap_distance": 5.0,
    "population": 20.0,
    "facility_density": 25.0,
    "elements_found": 10.0,
    "attributes": 5.0,
    "duplicates": 5.0,
    "placement": 10.0,
    "datum": 10.0,
    "verification": 5.0,
    "age": 5.0,
}
#: Reasons why nothing is concluded for an area: code → (Chinese, English).
REASONS: Mapping[str, tuple[str, str]] = {
    "city_network": ("全市没有步行路网", "the city has no street network"),
    "city_street_reach": ("路网数据没有覆盖多数居民", "the street data do not cover most people"),
    "city_population": ("全市没有人口数据", "the city has no population data"),
    "city_facility_density": (
        "全市设施数量与人口严重不符，属数据缺失",
        "far too few facilities for the city's people: data are missing",
    ),
    "city_score": ("全市数据质量得分低于合格线", "the city's data-quality score is below the threshold"),
    "area_facilities": (
        "该区域几乎没有设施记录，与同类区域相差悬殊，属数据缺失",
        "hardly any facility is recorded here, unlike in areas of its kind: data are missing",
    ),
    "area_streets": ("该区域多数居民附近没有路网数据", "most people here have no street data near them"),
    "area_parts": ("该区域过半人口所在的社区数据不足", "over half of the people here live where data are insufficient"),
}

Status = Literal["pass", "warn", "fail", "na"]


@dataclass(frozen=True, slots=True)
class Check:
    """One check: what was looked at, what came out, and what it adds to the score.

    ``value`` is a share unless ``unit`` says otherwise; ``score`` is 0–1, ``None`` where the check does not apply.
    """

    id: str
    zh: str
    en: str
    status: Status
    value: float | None
    threshold: float | None
    unit: str
    score: float | None
    detail_zh: str
    detail_en: str
    key: bool = False  # failing it makes the whole city insufficient


@dataclass(frozen=True, slots=True)
class QualityReport:
    """Result of the gate for one snapshot.

    Attributes
    ----------
    score
        0–100, the weighted mean of the checks that apply, capped where a key check failed.
    checks
        All checks, in a fixed order.
    area_score
        Area code (communities and everything above them) → 0–100; areas without people have none.
    flagged
        Area code → code of the reason (see :data:`REASONS`) for areas whose own data are insufficient.
    """

    snapshot: str
    score: float
    checks: tuple[Check, ...]
    area_score: Mapping[str, float]
    flagged: Mapping[str, str]

    @property
    def threshold(self) -> float:
        """Score below which the data are insufficient."""
        return THRESHOLD

    @property
    def failed(self) -> str | None:
        """Code of the reason why the whole city is insufficient, else ``None``."""
        for check in self.checks:
            if check.key and check.status == "fail":
                return f"city_{check.id}"
        return "city_score" if self.score < THRESHOLD else None

    @property
    def sufficient(self) -> bool:
        """Whether the city's data carry an assessment."""
        return self.failed is None

    def insufficient(self, area_code: str, element: str = "") -> str | None:
        """Why nothing may be concluded for an area, as a code of :data:`REASONS`; ``None`` where the data suffice.

        Data are judged by area: what no source shows anywhere in the city is 未检出 or 无数据, which the assessment
        decides element by element. ``element`` is taken so that callers need not change when that becomes finer.
        """
        return self.failed or self.flagged.get(area_code)

    def to_dict(self) -> dict[str, Any]:
        """JSON-compatible form."""
        return {
            "snapshot": self.snapshot,
            "score": self.score,
            "threshold": THRESHOLD,
            "sufficient": self.sufficient,
            "checks": [asdict(check) for check in self.checks],
            "area_score": dict(self.area_score),
            "flagged": dict(self.flagged),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> QualityReport:
        """The inverse of :meth:`to_dict`.

        Raises
        ------
        KeyError, TypeError
            Not such a document.
        """
        checks = tuple(Check(**check) for check in values["checks"])
        return cls(values["snapshot"], float(values["score"]), checks, values["area_score"], values["flagged"])


def reason_text(reason: str) -> tuple[str, str]:
    """Chinese and English words for a reason of :meth:`QualityReport.insufficient`."""
    return REASONS[reason]


def total(checks: tuple[Check, ...]) -> float:
    """The score: weighted mean of the checks that apply, rounded to one decimal."""
    counted = [(WEIGHTS[check.id], check.score) for check in checks if check.score is not None]
    weight = math.fsum(share for share, _ in counted)
    score = 100 * math.fsum(share * value for share, value in counted) / weight if weight else 0.0
    if any(check.key and check.status == "fail" for check in checks):
        score = min(score, CAP)
    return round(score, 1)


def graded(value: float, bad: float, good: float) -> float:
    """0 at ``bad``, 1 at ``good``, linear between; either may be the larger."""
    return min(1.0, max(0.0, (value - bad) / (good - bad)))
