"""Reach: nearest facility of every element from every demand unit, cached so that a second basis needs no search.

The cache is keyed by the content of the street, facility and demand layers, the thresholds of *all* bases, the walker's
bars and the window; a basis only compares what is stored with its own thresholds.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt

from kezhong.assess import places as places_module
from kezhong.assess.origins import UNREACHED, Lengths, Origins, enough_counted
from kezhong.assess.places import Places
from kezhong.assess.reasons import REACH_CODES
from kezhong.assess.searching import CATCHMENT_M, search
from kezhong.assess.stored import read_arrays, write_arrays
from kezhong.assess.streets import SNAP_M, layers_key
from kezhong.assess.thresholds import LEAST_BOUND_M, Thresholds, limit_dm, thresholds_of
from kezhong.city.workspace import City
from kezhong.progress import Progress, silent

__all__ = [
    "CATCHMENT_M",
    "LAYERS",
    "LEAST_BOUND_M",
    "Lengths",
    "ReachTable",
    "Thresholds",
    "limit_dm",
    "reach_table",
    "read_arrays",
    "reasons",
    "thresholds_of",
    "write_arrays",
]

_FORMAT = 2
#: Layers on which distances depend.
LAYERS = (
    "street_nodes",
    "street_edges",
    "service_points",
    "access_points",
    "demand",
    "demand_exits",
    *places_module.LAYERS,
)


@dataclass(frozen=True, eq=False)
class ReachTable:
    """What the search found. E elements, T thresholds, D demand units, P places; rows of ``points`` are facilities.

    Attributes
    ----------
    nearest_dm, nearest_facility
        (E, D): decimetres to the nearest, :data:`UNREACHED` beyond the bound, and its row, −1.
    counts
        (E, T, D): facilities within each threshold.
    straight_dm
        (E, D): straight line to the nearest, for the buffer variant.
    snap_reason
        (D,): 0 on the network, 1 no street, 2 island, 3 barred.
    place_dm, place_straight_dm
        (E, P): the same from estates, buildings and land.
    straight_enough, place_enough, place_straight_enough
        (K, D) and (K, P): whether as many as ``thresholds.several`` asks for lie within the threshold.
    pair_ptr, pair_facility, pair_dm
        CSR over demand units: facilities with a stated capacity within reach.
    """

    elements: tuple[str, ...]
    thresholds: Thresholds
    nearest_dm: Lengths
    nearest_facility: npt.NDArray[np.int32]
    counts: npt.NDArray[Any]
    straight_dm: Lengths
    snap_reason: npt.NDArray[np.uint8]
    places: Places
    place_dm: Lengths
    place_straight_dm: Lengths
    straight_enough: npt.NDArray[np.bool_]
    place_enough: npt.NDArray[np.bool_]
    place_straight_enough: npt.NDArray[np.bool_]
    pair_ptr: npt.NDArray[np.int64]
    pair_facility: npt.NDArray[np.int32]
    pair_dm: Lengths
    key: str
    searched: bool

    @cached_property
    def row(self) -> dict[str, int]:
        """Row of each element."""
        return {element: number for number, element in enumerate(self.elements)}

    @cached_property
    def people_on_foot(self) -> Origins:
        """From demand units on the network."""
        several = self.thresholds.several
        enough = enough_counted(several, self.row, self.thresholds.dm, self.counts)
        return Origins(self.row, self.nearest_dm, several, enough)

    def facility(self, row: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
        """Nearest facility (D,) of the element whose row each demand unit names, −1 where it names none."""
        if not len(self.elements):
            return row
        chosen = self.nearest_facility[np.maximum(row, 0), np.arange(len(row))]
        return np.where(row >= 0, chosen, np.int32(-1))

    @cached_property
    def people_straight(self) -> Origins:
        """From demand units in a straight line."""
        return Origins(self.row, self.straight_dm, self.thresholds.several, self.straight_enough)

    @cached_property
    def places_on_foot(self) -> Origins:
        """From estates, buildings and land on the network."""
        return Origins(self.row, self.place_dm, self.thresholds.several, self.place_enough)

    @cached_property
    def places_straight(self) -> Origins:
        """From estates, buildings and land in a straight line."""
        return Origins(self.row, self.place_straight_dm, self.thresholds.several, self.place_straight_enough)

    @cached_property
    def reason(self) -> npt.NDArray[np.uint8]:
        """(E, D): number in :data:`kezhong.assess.reasons.REACH_CODES`."""
        return reasons(self.nearest_dm, self.snap_reason)


def reasons(nearest_dm: Lengths, snap_reason: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Why a unit does or does not reach an element, as numbers in ``REACH_CODES``."""
    ok, beyond = REACH_CODES.index("ok"), REACH_CODES.index("beyond")
    unreached = np.where(snap_reason == 0, beyond, snap_reason).astype(np.uint8)
    return np.where(nearest_dm == UNREACHED, unreached[None, :], np.uint8(ok)).astype(np.uint8)


def reach_table(
    city: City,
    points: gpd.GeoDataFrame,
    thresholds: Thresholds,
    *,
    window: str = "any",
    progress: Progress = silent,
) -> ReachTable:
    """The reach of everybody on the whole network, from the cache where it is there.

    Parameters
    ----------
    points
        Assessed service points, sorted by facility and element; ``thresholds.elements`` are the elements they serve.
    """
    key = layers_key(
        city,
        LAYERS,
        "reach",
        _FORMAT,
        thresholds.elements,
        thresholds.dm.tolist(),
        thresholds.bound_dm,
        thresholds.several,
        window,
        SNAP_M,
    )
    file = city.cache_file(f"reach-{key}.npz")
    stored = read_arrays(file)
    searched = stored is None
    if stored is None:
        stored = search(city, points, thresholds, progress)
        write_arrays(file, stored)
    spots = Places(*(stored[f"places_{name}"] for name in ("kind", "weight", "lonlat", "rows_lonlat", "rows_place")))
    own = {name: array for name, array in stored.items() if not name.startswith("places_")}
    return ReachTable(
        elements=thresholds.elements, thresholds=thresholds, places=spots, key=key, searched=searched, **own
    )
