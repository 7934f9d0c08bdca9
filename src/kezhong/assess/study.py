"""One question put to one city: everything the indicators read, gathered once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from kezhong.assess.enrolment import Assignment
from kezhong.assess.ground import Ground
from kezhong.assess.hours import WINDOWS, open_in_window
from kezhong.assess.reach import ReachTable
from kezhong.assess.units import Units, incidences
from kezhong.catalogue.model import Basis, Element, Kind, Walker
from kezhong.city.vocabulary import FacilityStatus, Presence
from kezhong.city.workspace import City

if TYPE_CHECKING:
    from kezhong.catalogue import Catalogue
    from kezhong.quality import QualityReport

Floats = npt.NDArray[np.float64]
Lengths = npt.NDArray[np.uint32]

STANDARD = "standard"
#: Minutes by which lived access is shown.
LIVED_MINUTES = (5.0, 10.0, 15.0)


@dataclass(frozen=True, eq=False)
class Study:
    """The city at one snapshot, the basis, the walker, and what the search found.

    ``walker_ds`` (E, D): deciseconds of the run's walker to what is nearest to him by time.
    """

    city: City
    catalogue: Catalogue
    basis: Basis
    walker: Walker
    window: str
    quality: QualityReport
    units: Units
    points: gpd.GeoDataFrame
    table: ReachTable
    walker_ds: Lengths
    assignment: Assignment | None = None

    @property
    def standard_pace(self) -> float:
        """Metres a minute of the standard walker, by which thresholds in minutes are tested."""
        return self.catalogue.walker(STANDARD).m_per_min

    @cached_property
    def point_elements(self) -> npt.NDArray[np.intp]:
        """Element row of each assessed service point."""
        return np.array([self.table.row[name] for name in self.points["element"]], dtype=np.intp)

    @cached_property
    def has_people(self) -> bool:
        """Whether anybody is known to live in the city."""
        return bool(self.units.people.sum() > 0)

    @cached_property
    def has_facilities(self) -> bool:
        """Whether any facility is known."""
        return len(self.points) > 0

    @cached_property
    def shows_osm(self) -> bool:
        """Whether an OpenStreetMap source of facilities is loaded."""
        if any(source.startswith("osm") for source in self.city.sources("facilities")):
            return True
        return bool(self.city.layer("facilities")["facility_id"].str.startswith("osm:").any())

    @cached_property
    def ground(self) -> Ground:
        """What was found on the ground, and which departments' ledgers name."""
        return Ground.of(self.city)

    @cached_property
    def place_areas(self) -> tuple[Any, npt.NDArray[np.intp]]:
        """Areas × places matrix (estates, buildings, land), and the leaf of each place, −1 outside all."""
        return incidences(self.city, self.units, self.table.places.lonlat)

    def presence(self, elements: tuple[str, ...]) -> Presence:
        """What is known of the elements in the whole city: present, not detected, or no data."""
        if any(element in self.table.row for element in elements):
            return Presence.PRESENT
        if any(self._could_be_shown(self.catalogue.element(element)) for element in elements):
            return Presence.NOT_DETECTED
        return Presence.NO_DATA

    def _could_be_shown(self, element: Element) -> bool:
        if element.kind in (Kind.RATIO, Kind.PROGRAM):
            return False
        return (bool(element.osm) and self.shows_osm) or element.id in self.ground.ledgers

    def serving(self, elements: tuple[str, ...]) -> npt.NDArray[np.bool_]:
        """Which service points serve any of the elements."""
        rows = [self.table.row[element] for element in elements if element in self.table.row]
        return np.asarray(np.isin(self.point_elements, rows))

    @cached_property
    def ratios(self) -> dict[tuple[str, str], tuple[float, float, float, str]]:
        """(Area, element) → value, numerator, denominator, unit of the ledger ratio; its element's metric first."""
        rows = self.city.layer("ratios")
        found: dict[tuple[str, str], tuple[float, float, float, str]] = {}
        for row in rows.to_dict("records"):
            key = (str(row["area_code"]), str(row["element"]))
            metric = self.catalogue.elements[key[1]].ratio_metric if key[1] in self.catalogue.elements else ""
            if key in found and row["metric"] != metric:
                continue
            value, top, bottom = (float(row[name]) for name in ("value", "numerator", "denominator"))
            if np.isnan(value) and bottom > 0:
                value = top / bottom
            unit = "" if pd.isna(row["unit"]) else str(row["unit"])
            found[key] = (value, top, bottom, unit)
        return found


def assessed_points(city: City, catalogue: Catalogue, window: str) -> gpd.GeoDataFrame:
    """Service points that count: in use, of a known element, open in the window where their hours are known."""
    points = city.geo("service_points")
    open_now = (points["status"] == FacilityStatus.OPEN.value).to_numpy(dtype=bool)
    known = points["element"].isin(list(catalogue.elements)).to_numpy(dtype=bool)
    chosen = open_now & known
    if window != "any":
        chosen &= open_in_window(points["hours"], WINDOWS[window])
    return points[chosen].reset_index(drop=True)


def element_order(points: pd.DataFrame, catalogue: Catalogue) -> tuple[str, ...]:
    """Elements that have a facility, in the catalogue's order."""
    found = set(points["element"])
    return tuple(element for element in catalogue.elements if element in found)
