"""Whether two population sources place people in the same parts of the city: they would be counted twice."""

from __future__ import annotations

import numpy as np
import shapely

from kezhong.city.crs import to_projected
from kezhong.city.workspace import City
from kezhong.errors import InputError
from kezhong.intake.report import Note

COARSE_M = 500
#: Neighbouring districts share some coarse cells along their border; the same town shares most.
TOLERATED = 0.3


def check(city: City, source: str, allowed: bool) -> list[Note]:
    """Compare the derived demand of ``source`` with every other source's.

    Returns
    -------
    Notes that state the total, where several sources stand side by side.

    Raises
    ------
    InputError
        More than 30 % of the smaller source's people live in 500 m cells where the other one has people too, and this
        was not ``allowed``.
    """
    demand = city.geo("demand")
    sources = sorted(set(demand["source"]))
    if len(sources) < 2 or source not in sources:
        return []
    xy = to_projected(shapely.get_coordinates(np.asarray(demand.geometry.array)), city.config.crs)
    cells = np.floor(xy / COARSE_M).astype(np.int64)
    keys = cells[:, 0] * 10_000_000 + cells[:, 1]
    people = demand["people"].to_numpy(dtype=np.float64)
    mine = (demand["source"] == source).to_numpy(dtype=bool)
    for other in sources:
        if other == source:
            continue
        theirs = (demand["source"] == other).to_numpy(dtype=bool)
        small, large = (mine, theirs) if people[mine].sum() <= people[theirs].sum() else (theirs, mine)
        both = np.isin(keys[small], keys[large])
        share = float(people[small][both].sum() / max(people[small].sum(), 1e-9))
        if share > TOLERATED and not allowed:
            raise InputError("intake.counted_twice", value=source, other=other, share=f"{share:.0%}")
    total = f"{people.sum():,.0f}"
    return [
        Note(
            f"全部人口来源({'、'.join(sources)})合计 {total} 人",
            f"all population sources ({', '.join(sources)}) sum to {total} people",
        )
    ]
