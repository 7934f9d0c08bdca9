"""City examination (城市体检): counts of failing units beside percentages.

The examination reports how many units fail (未达标…数量) or how much is missing (…缺口数), not scores. Every basis can
be read this way; a basis may name the count a requirement feeds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from kezhong.city.vocabulary import FigureStatus

if TYPE_CHECKING:
    from kezhong.assess.api import Assessment

COLUMNS = (
    "name", "requirement_id", "element", "element_zh", "area_level", "failing", "tested", "share_failing", "unknown",
    "missing", "missing_unit", "status",
)  # fmt: skip
_FAILED = (FigureStatus.FALLS_SHORT.value, FigureStatus.CONFIRMED_ABSENT.value)
_TESTED = (*_FAILED, FigureStatus.MEETS.value)


def examine(found: Assessment) -> pd.DataFrame:
    """One row per requirement.

    Returns
    -------
    DataFrame
        ``failing`` of ``tested`` areas of ``area_level`` (the smallest level at which the requirement was tested),
        ``unknown`` further ones without sufficient data; ``missing`` is the sum of what is short, in ``missing_unit``
        (places, beds …), NaN where the requirement has no quantity.
    """
    figures = found.figures
    verdicts = figures[figures["indicator"] == "requirement_met"]
    gaps = figures[figures["indicator"] == "capacity_gap"]
    rows: list[dict[str, Any]] = []
    for rule in found.basis.requirements:
        own = verdicts[verdicts["requirement_id"] == rule.id]
        levels = [level for level in found.levels if (own["area_level"] == level).any()]
        level = levels[0] if levels else found.levels[0]
        own = own[own["area_level"] == level]
        tested = int(own["status"].isin(_TESTED).sum())
        failing = int(own["status"].isin(_FAILED).sum())
        short = gaps[gaps["requirement_id"] == rule.id]
        known = short["value"].notna()
        element = found.catalogue.element(rule.element)
        rows.append(
            {
                "name": rule.examination_count or f"未达标的{element.zh}单元数",
                "requirement_id": rule.id,
                "element": rule.element,
                "element_zh": element.zh,
                "area_level": level,
                "failing": failing,
                "tested": tested,
                "share_failing": failing / tested if tested else float("nan"),
                "unknown": int(len(own) - tested),
                "missing": float(short.loc[known, "value"].sum()) if known.any() else float("nan"),
                "missing_unit": str(short["unit"].iloc[0]) if known.any() else "",
                "status": _status(own, tested),
            }
        )
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _status(own: pd.DataFrame, tested: int) -> str:
    """Informative where something was tested; else why nothing was."""
    if tested:
        return FigureStatus.INFORMATIVE.value
    return str(own["status"].mode().iloc[0]) if len(own) else FigureStatus.NOT_APPLICABLE.value
