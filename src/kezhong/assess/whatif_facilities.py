"""Facilities under edits: what the figures read of them, as columns; whatever an edit changes is replaced."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from kezhong.assess.scale import METRICS
from kezhong.assess.streets import lonlat
from kezhong.city.scenarios import ADDED, AddFacility

Floats = npt.NDArray[np.float64]

#: What the figures of operation read of a facility beside its capacity.
_OPERATION = ("hours", "wheelchair", "shared", "grade", "used", "satisfaction")


@dataclass(frozen=True, eq=False)
class Facilities:
    """Services of the city, and behind them those that a scenario adds; one row for each element a facility serves.

    Attributes
    ----------
    base
        Rows of the city (``service_points``).
    ids, elements, names
        Of each row; ``None`` for no name.
    rows_of
        Facility → its rows.
    lonlat : (n, 2)
        Where it stands.
    numbers
        Metric → (n,), NaN where not stated.
    added
        The edit that adds each row behind those of the city.
    state
        Facility → what the scenario did to it.
    """

    base: gpd.GeoDataFrame
    ids: tuple[str, ...]
    elements: tuple[str, ...]
    names: tuple[str | None, ...]
    rows_of: Mapping[str, tuple[int, ...]]
    lonlat: Floats
    numbers: Mapping[str, Floats]
    added: tuple[AddFacility, ...]
    state: Mapping[str, str]

    @classmethod
    def of(cls, points: gpd.GeoDataFrame) -> Facilities:
        """Those of the city as it is."""
        ids = tuple(points["facility_id"].astype(str).tolist())
        rows: dict[str, tuple[int, ...]] = {}
        for row, name in enumerate(ids):
            rows[name] = (*rows.get(name, ()), row)
        numbers = {name: points[name].to_numpy(dtype=np.float64) for name in METRICS}
        elements = tuple(points["element"].astype(str).tolist())
        names = tuple(
            name if isinstance(name, str) and name else None for name in points["name"].to_numpy(dtype=object)
        )
        return cls(points, ids, elements, names, rows, lonlat(points), numbers, (), {})

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def n_added(self) -> int:
        """How many facilities were added."""
        return sum(name.startswith(ADDED) for name in self.rows_of)

    def with_one(self, edit: AddFacility) -> tuple[Facilities, list[int]]:
        """With one more facility; its rows."""
        name, first, n = f"{ADDED}{self.n_added + 1}", len(self), len(edit.elements)
        rows = tuple(range(first, first + n))
        made = replace(
            self,
            ids=(*self.ids, *[name] * n),
            elements=(*self.elements, *edit.elements),
            names=(*self.names, *[edit.name or None] * n),
            rows_of={**self.rows_of, name: rows},
            lonlat=np.concatenate([self.lonlat, np.tile([[edit.lon, edit.lat]], (n, 1))]),
            numbers={key: np.append(old, [_number(getattr(edit, key))] * n) for key, old in self.numbers.items()},
            added=(*self.added, *[edit] * n),
            state={**self.state, name: "added"},
        )
        return made, list(rows)

    def moved(self, rows: list[int], place: tuple[float, float]) -> Facilities:
        """With some rows elsewhere."""
        where = self.lonlat.copy()
        where[rows] = place
        return replace(self, lonlat=where)

    def resized(self, rows: list[int], capacity: float) -> Facilities:
        """With another capacity of some rows."""
        values = self.numbers["capacity"].copy()
        values[rows] = capacity
        return replace(self, numbers={**self.numbers, "capacity": values})

    def noted(self, facility: str, state: str) -> Facilities:
        """With what the scenario did to a facility."""
        return replace(self, state={**self.state, facility: state})

    def figures(self) -> pd.DataFrame:
        """The columns that figures of content and scale read."""
        return pd.DataFrame(dict(self.numbers))

    def operation(self, rows: npt.NDArray[np.intp]) -> pd.DataFrame:
        """The columns that figures of operation read, of some rows."""
        n = len(self.base)
        known, fresh = rows[rows < n], rows[rows >= n]
        table = pd.DataFrame(self.base[list(_OPERATION)].iloc[known]).reset_index(drop=True)
        table = table.reindex(range(len(rows)))
        for place, row in enumerate(fresh.tolist(), start=len(known)):
            if (hours := self.added[row - n].hours) is not None:
                table.loc[place, "hours"] = hours
        return table.assign(capacity=self.numbers["capacity"][np.concatenate([known, fresh])])


def _number(value: float | None) -> float:
    return np.nan if value is None else value
