"""Whether a value reaches what was set, and how surely. Pure.

Only a value whose data suffice is judged. 数据不足, 未检出, 无数据, 确无 and 不适用 pass through as what they are: none
of them is *met* or *not met*, and none is held against anyone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

#: Statuses of figures that carry a value to be judged.
JUDGED = frozenset({"meets", "falls_short", "informative"})
#: Statuses that are no verdict.
SILENT = ("data_insufficient", "not_detected", "no_data", "confirmed_absent", "not_applicable")
#: Shares are sums of fractions of people: compared with this tolerance, as the assessment does.
EPSILON = 1e-9


@dataclass(frozen=True, slots=True)
class Verdict:
    """``met``, ``not_met`` or one of :data:`SILENT`; ``uncertain`` where the interval lies on both sides (跨目标值)."""

    status: str
    uncertain: bool = False


def reaches(value: float, wanted: float, comparison: str) -> bool:
    """Whether a value is at least, or at most, what is wanted."""
    return value + EPSILON >= wanted if comparison == "at_least" else value - EPSILON <= wanted


def judge(
    figure_status: str,
    value: float | None,
    wanted: float,
    comparison: str = "at_least",
    low: float | None = None,
    high: float | None = None,
) -> Verdict:
    """The verdict by value, with a flag where the interval does not bear it out.

    Parameters
    ----------
    figure_status
        Status of the figure; ``informative`` for what the office counts itself.
    low, high
        Ends of the interval; ``None`` where none was computed, and then nothing is flagged.
    """
    if figure_status not in JUDGED:
        return Verdict(figure_status if figure_status in SILENT else "no_data")
    if value is None or math.isnan(value):
        return Verdict("no_data")
    ends = [reaches(end, wanted, comparison) for end in (low, high) if end is not None and not math.isnan(end)]
    return Verdict("met" if reaches(value, wanted, comparison) else "not_met", len(ends) == 2 and ends[0] != ends[1])
