"""What changed between two runs of the same basis and walker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from kezhong.city.results import FIGURE_KEY
from kezhong.errors import InputError

if TYPE_CHECKING:
    from kezhong.assess.api import Assessment


@dataclass(frozen=True, slots=True)
class Comparison:
    """Differences of two runs.

    ``figures``: the key, ``value_before``, ``value_after``, ``change``, both statuses; rows that differ only.
    ``opened``, ``closed``: rows of the shortfall list that are new, or gone. ``grades``: areas whose grade changed.
    """

    figures: pd.DataFrame
    opened: pd.DataFrame
    closed: pd.DataFrame
    grades: pd.DataFrame


def compare(before: Assessment, after: Assessment) -> Comparison:
    """Compare two assessments of one city.

    Raises
    ------
    InputError
        They differ in city, basis, walker or window: figures of different questions are not compared.
    """
    _same_question(before, after)
    key = [name for name in FIGURE_KEY if name != "basis_hash"]
    columns = [*key, "value", "status", "unit"]
    joined = before.figures[columns].merge(
        after.figures[columns], on=[*key, "unit"], how="outer", suffixes=("_before", "_after"), sort=False
    )
    joined["change"] = joined["value_after"] - joined["value_before"]
    moved = joined["change"].abs() > 1e-9
    turned = joined["status_before"].fillna("") != joined["status_after"].fillna("")
    old, new = before.shortfalls, after.shortfalls
    grades = before.grades[["area_code", "area_level", "grade", "score"]].merge(
        after.grades[["area_code", "grade", "score"]], on="area_code", suffixes=("_before", "_after")
    )
    return Comparison(
        figures=joined[moved | turned].sort_values(key, kind="stable").reset_index(drop=True),
        opened=new[~new["shortfall_id"].isin(old["shortfall_id"])].reset_index(drop=True),
        closed=old[~old["shortfall_id"].isin(new["shortfall_id"])].reset_index(drop=True),
        grades=grades[grades["grade_before"] != grades["grade_after"]].reset_index(drop=True),
    )


def _same_question(before: Assessment, after: Assessment) -> None:
    pairs = {
        "city": (before.city.config.city_id, after.city.config.city_id),
        **{name: (before.run.manifest[name], after.run.manifest[name]) for name in ("basis", "walker", "window")},
    }
    different = [name for name, (one, other) in pairs.items() if one != other]
    if different:
        raise InputError("assess.different_cities", value=", ".join(different))
