"""What an explanation holds, and its JSON form."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

#: Statuses in words.
STATUS_WORDS: dict[str, tuple[str, str]] = {
    "meets": ("达到", "met"),
    "falls_short": ("未达到", "not met"),
    "informative": ("仅列数值", "for information"),
    "data_insufficient": ("数据不足", "data insufficient"),
    "not_detected": ("未检出", "not detected"),
    "no_data": ("无数据", "no data"),
    "confirmed_absent": ("确无", "confirmed absent"),
    "not_applicable": ("不适用", "not applicable"),
}
#: Variants of coverage in words.
VARIANT_WORDS: dict[str, tuple[str, str]] = {
    "population": ("按常住人口", "of residents"),
    "target_pop": ("按服务对象", "of the target group"),
    "land": ("按居住用地", "of residential land"),
    "building": ("按住宅楼栋", "of residential buildings"),
    "estate": ("按居住小区", "of estates"),
    "buffer": ("按直线距离，仅供对比", "in a straight line, for comparison only"),
}


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything behind one verdict; :meth:`to_dict` is what the API sends."""

    area: dict[str, Any]
    element: dict[str, Any]
    verdict_zh: str
    verdict_en: str
    status: str
    status_zh: str
    status_en: str
    reason_zh: str
    reason_en: str
    figures: list[dict[str, Any]]
    requirements: list[dict[str, Any]]
    people: dict[str, Any]
    unit: dict[str, Any] | None
    facility: dict[str, Any] | None
    nearest: dict[str, Any] | None  # beside an assigned school that is not the nearest
    decides: dict[str, str]
    facilities: list[dict[str, Any]]
    route: dict[str, Any] | None
    steps: list[dict[str, Any]]
    sources: list[dict[str, Any]]
    verification: list[dict[str, Any]]
    conflicts: list[dict[str, Any]]
    certainty: dict[str, str]
    sensitivity: dict[str, Any] | None  # None where the figure has no interval, or it was not asked for
    parameters: dict[str, Any]
    versions: dict[str, Any]
    shortfall_id: str | None

    def to_dict(self) -> dict[str, Any]:
        """JSON-compatible form."""
        found: dict[str, Any] = _json(asdict(self))
        return found

    def text(self, language: str = "zh") -> str:
        """A page of text for the terminal."""
        from kezhong.assess.page import page

        return page(self, "zh" if language == "zh" else "en")


def _json(value: Any) -> Any:
    """Plain JSON types; missing values become null."""
    if isinstance(value, dict):
        return {str(key): _json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_json(item) for item in value]
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, float | np.floating):
        return None if np.isnan(value) else float(value)
    if isinstance(value, np.integer | np.bool_):
        return value.item()
    return value if isinstance(value, str | int | bool) else str(value)
