"""Equity of access: Gini, Palma, gaps between age groups. Pure functions on arrays."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

#: The Palma ratio compares the best-off tenth with the worst-off two fifths.
TOP_SHARE = 0.1
BOTTOM_SHARE = 0.4


def gini(values: Floats, weights: Floats) -> float:
    """Gini coefficient of ``values``, each counted ``weights`` times (people).

    0 where everybody has the same; NaN where nobody has anything or nobody is counted. Equals
    ``Σᵢⱼ wᵢwⱼ|xᵢ − xⱼ| / (2 μ W²)``, computed on the sorted values.
    """
    known = (weights > 0) & ~np.isnan(values)
    x, w = values[known], weights[known]
    total = float((x * w).sum())
    if len(x) == 0 or total <= 0:
        return float("nan")
    order = np.argsort(x, kind="stable")
    x, w = x[order], w[order]
    people = np.cumsum(w)
    held = np.cumsum(x * w)
    before = np.concatenate([[0.0], held[:-1]])
    lorenz = float((w * (held + before)).sum()) / (float(people[-1]) * total)
    return max(0.0, 1.0 - lorenz)


def palma(values: Floats, weights: Floats, rank_by: Floats | None = None) -> float:
    """Mean of the top tenth of people over the mean of the bottom two fifths.

    People are ranked by ``rank_by`` (income …), or by ``values`` themselves where nothing else is known; a unit that
    straddles a limit is counted in part. NaN where the bottom has nothing.
    """
    ranks = values if rank_by is None else rank_by
    known = (weights > 0) & ~np.isnan(values) & ~np.isnan(ranks)
    x, w, r = values[known], weights[known], ranks[known]
    if len(x) == 0:
        return float("nan")
    order = np.argsort(r, kind="stable")
    x, w = x[order], w[order]
    upper = np.cumsum(w)
    lower = upper - w
    people = float(upper[-1])
    bottom = np.clip(np.minimum(upper, BOTTOM_SHARE * people) - lower, 0.0, None)
    top = np.clip(upper - np.maximum(lower, (1 - TOP_SHARE) * people), 0.0, None)
    low = float((x * bottom).sum() / bottom.sum())
    return float((x * top).sum() / top.sum()) / low if low > 0 else float("nan")


def group_gap(numerator: Floats, denominator: Floats, all_numerator: Floats, all_denominator: Floats) -> Floats:
    """Coverage of a group minus coverage of everybody, per area; NaN where either has no members."""
    with np.errstate(invalid="ignore", divide="ignore"):
        gap: Floats = numerator / denominator - all_numerator / all_denominator
    gap[(denominator <= 0) | (all_denominator <= 0)] = np.nan
    return gap
