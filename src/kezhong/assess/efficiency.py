"""Capacity-limited access: the two-step floating catchment area and its distance-weighted form, on pairs.

Pure functions on arrays. A *pair* is a demand unit and a facility within the search bound with their network
distance; three parallel arrays hold all pairs of one element.

Sources: Luo & Wang (2003), 2SFCA; Luo & Qi (2009), E2SFCA.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.integer]
Decay = Literal["binary", "banded"]

#: E2SFCA: weights of the inner, middle and outer third of the catchment (Luo & Qi 2009, Gaussian weights, set 1).
BAND_WEIGHTS = (1.0, 0.68, 0.22)


@dataclass(frozen=True, slots=True)
class Access:
    """Result of a floating catchment.

    ``score`` (demand,): supply per member of the demand group that a unit can reach, competition considered.
    ``ratio`` (facilities,): supply per member of the demand group in a facility's catchment; 0 where it is empty.
    """

    score: Floats
    ratio: Floats


def decay_weights(cost: Floats, catchment: float, decay: Decay = "binary") -> Floats:
    """Weight of each pair: 0 beyond the catchment; within it 1, or by the third of the catchment it lies in."""
    inside = cost <= catchment
    if decay == "binary" or catchment <= 0:
        return inside.astype(np.float64)
    bands = np.clip(np.ceil(cost * len(BAND_WEIGHTS) / catchment).astype(np.int64) - 1, 0, len(BAND_WEIGHTS) - 1)
    return np.where(inside, np.array(BAND_WEIGHTS)[bands], 0.0)


def floating_catchment(
    demand_row: Ints,
    facility_row: Ints,
    cost: Floats,
    people: Floats,
    supply: Floats,
    catchment: float,
    decay: Decay = "binary",
) -> Access:
    """Two-step floating catchment area: ``binary`` is 2SFCA, ``banded`` is E2SFCA.

    Step 1 divides each facility's supply by the (weighted) people in its catchment; step 2 adds up, for each demand
    unit, the (weighted) ratios of the facilities it reaches.

    Parameters
    ----------
    demand_row, facility_row, cost
        Pairs, shape (pairs,); ``cost`` in the unit of ``catchment``.
    people
        Members of the demand group, shape (demand,).
    supply
        Places, beds …, shape (facilities,); NaN (unknown) is no supply.
    """
    weight = decay_weights(np.asarray(cost, dtype=np.float64), catchment, decay)
    wanted = np.bincount(facility_row, weights=weight * people[demand_row], minlength=len(supply))
    offered = np.nan_to_num(np.asarray(supply, dtype=np.float64), nan=0.0)
    ratio = np.divide(offered, wanted, out=np.zeros(len(supply)), where=wanted > 0)
    score = np.bincount(demand_row, weights=weight * ratio[facility_row], minlength=len(people))
    return Access(score=score.astype(np.float64), ratio=ratio)


def served_share(score: Floats, need_per_head: float) -> Floats:
    """Share of a unit's demand group that the reachable supply suffices for: min(1, score ÷ need per head)."""
    if need_per_head <= 0:
        return np.ones(len(score))
    return np.minimum(1.0, score / need_per_head)
