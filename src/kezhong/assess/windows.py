"""Windows (时段): which share of the people reaches an element that is open, hour by hour, and throughout a window.

Two figures stand side by side for every hour: reached **surely** open and reached **possibly** open (see
:mod:`kezhong.assess.week`). With everybody's hours known they are equal.

For element *e*, area *a* and hour *h*::

    share(e, a, h) = Σ people(d) · [some facility of e within the threshold of d is open in h] ÷ Σ people(d),  d in a

For a window *W* (a set of hours) of which at least *n* hours are needed::

    share(e, a, W) = Σ people(d) · [at least n hours of W have an open facility within the threshold] ÷ Σ people(d)

With *n* the whole window this is coverage one can rely on at any time of it, which is at most the least of its hours.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from kezhong.assess.week import Masks, to_flags, window_mask
from kezhong.network.hours import coverage_by_hour

Floats = npt.NDArray[np.float64]

#: Night, for pharmacies and emergency services; 建议值(待核).
NIGHT = "Mo-Su 22:00-06:00"
#: Days of the 192 bits, in their order.
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "holiday")
#: Which of :data:`DAYS` stands for a day type; a make-up workday is a Friday.
DAY_TYPES: dict[str, tuple[str, ...]] = {
    "weekday": DAYS[:5],
    "saturday": ("saturday",),
    "sunday": ("sunday",),
    "holiday": ("holiday",),
    "make_up": ("friday",),
}


@dataclass(frozen=True, eq=False, slots=True)
class HourCoverage:
    """People covered by hour.

    Attributes
    ----------
    elements, areas
        Names of the first two axes, E and A.
    people
        (A,) people of each area.
    surely, possibly
        (E, A, 192) people who reach an element that is surely (possibly) open in each hour.
    """

    elements: tuple[str, ...]
    areas: tuple[str, ...]
    people: Floats
    surely: Floats
    possibly: Floats

    def shares(self) -> tuple[Floats, Floats]:
        """Shares (E, A, 192), surely and possibly; NaN where nobody lives."""
        return _share(self.surely, self.people[:, None]), _share(self.possibly, self.people[:, None])

    def by_day_type(self) -> pd.DataFrame:
        """Rows ``element, area_code, day_type, hour, surely, possibly``: mean shares over the days of each type."""
        pages = []
        sure, maybe = (share.reshape(*share.shape[:2], len(DAYS), 24) for share in self.shares())
        for day_type, days in DAY_TYPES.items():
            which = [DAYS.index(day) for day in days]
            pages.append(self._page(day_type, sure[:, :, which].mean(axis=2), maybe[:, :, which].mean(axis=2)))
        return pd.concat(pages, ignore_index=True)

    def _page(self, day_type: str, surely: Floats, possibly: Floats) -> pd.DataFrame:
        index = pd.MultiIndex.from_product(
            [self.elements, self.areas, range(24)], names=["element", "area_code", "hour"]
        )
        page = index.to_frame(index=False)
        page.insert(2, "day_type", day_type)
        return page.assign(surely=surely.ravel(), possibly=possibly.ravel())


def hour_coverage(
    surely: Masks,
    possibly: Masks,
    people: npt.ArrayLike,
    area_of: npt.ArrayLike,
    elements: Sequence[str],
    areas: Sequence[str],
) -> HourCoverage:
    """Coverage by hour × day of every element in every area.

    Parameters
    ----------
    surely, possibly
        uint64 (E, D, 3): the union of the masks of all facilities of an element within its threshold of each demand
        point, made of the facilities' ``surely`` and ``possibly`` masks.
    people
        (D,) people, e.g. of one age group.
    area_of
        (D,) position in ``areas``; −1: in none.

    Raises
    ------
    ValueError
        The shapes do not fit.
    """
    n = len(areas)
    counted, where = np.asarray(people, dtype=np.float64), np.asarray(area_of, dtype=np.int64)
    covered = [coverage_by_hour(masks, counted, where, n) for masks in (surely, possibly)]
    return HourCoverage(tuple(elements), tuple(areas), _sum_by_area(counted, where, n), covered[0], covered[1])


def window_coverage(
    masks: Masks,
    window: str | Masks,
    people: npt.ArrayLike,
    area_of: npt.ArrayLike,
    n_areas: int,
    *,
    needed: float = 1.0,
) -> Floats:
    """Share of the people who reach an open facility in at least ``needed`` of a window's hours, (E, A).

    Parameters
    ----------
    masks
        uint64 (E, D, 3), as in :func:`hour_coverage`.
    window
        Opening hours (``Mo-Su 22:00-06:00``) or a mask (3,).
    needed
        Share of the window's hours, above 0, at most 1; 1: in every hour of it.

    Returns
    -------
    float64 (E, A); NaN where nobody lives.

    Raises
    ------
    ValueError
        The window is empty or no opening hours, or ``needed`` is out of bounds.
    """
    enough = covered_in(masks, window, needed=needed)
    counted, where = np.asarray(people, dtype=np.float64), np.asarray(area_of, dtype=np.int64)
    served = np.array([_sum_by_area(counted * row, where, n_areas) for row in enough]).reshape(len(enough), n_areas)
    return _share(served, _sum_by_area(counted, where, n_areas))


def covered_in(masks: Masks, window: str | Masks, *, needed: float = 1.0) -> npt.NDArray[np.bool_]:
    """Whether each mask (…, 3) has at least ``needed`` of a window's hours; of facilities or of demand points.

    Raises
    ------
    ValueError
        As :func:`window_coverage`.
    """
    hours = window_mask(window) if isinstance(window, str) else np.asarray(window, dtype=np.uint64)
    length = int(np.bitwise_count(hours).sum())
    if length == 0 or not 0 < needed <= 1:
        msg = f"window of {length} hours, of which {needed} is needed"
        raise ValueError(msg)
    open_hours = np.bitwise_count(np.asarray(masks, dtype=np.uint64) & hours).sum(axis=-1, dtype=np.int64)
    return np.asarray(open_hours >= math.ceil(length * needed - 1e-9))


def night_coverage(
    surely: Masks,
    possibly: Masks,
    people: npt.ArrayLike,
    area_of: npt.ArrayLike,
    areas: Sequence[str],
    *,
    night: str = NIGHT,
) -> pd.DataFrame:
    """Night service of one element, e.g. of pharmacies.

    Parameters
    ----------
    surely, possibly
        uint64 (D, 3): masks of one element, as in :func:`hour_coverage`.

    Returns
    -------
    A row an area: ``area_code``, ``people``; ``all_night_surely``/``_possibly``: share of the people who reach an open
    facility in every hour of every night; ``mean_surely``/``_possibly``: mean share over the hours of the night.
    """
    hours = window_mask(night)
    flags = to_flags(hours)
    coverage = hour_coverage(surely[None], possibly[None], people, area_of, ["night"], areas)
    table: dict[str, object] = {"area_code": list(areas), "people": coverage.people}
    both = zip(("surely", "possibly"), (surely, possibly), coverage.shares(), strict=True)
    for name, masks, share in both:
        table[f"all_night_{name}"] = window_coverage(masks[None], hours, people, area_of, len(areas))[0]
        table[f"mean_{name}"] = share[0][:, flags].mean(axis=1)
    return pd.DataFrame(table)


def union_of(masks: Masks, rows: npt.ArrayLike, groups: npt.ArrayLike, n_groups: int) -> Masks:
    """The union of facilities' masks by group: (n_groups, 3) from pairs of a facility's row and a group.

    For few pairs and for tests; the search over a city joins the masks itself.
    """
    out = np.zeros((n_groups, masks.shape[1]), dtype=np.uint64)
    np.bitwise_or.at(out, np.asarray(groups, dtype=np.int64), masks[np.asarray(rows, dtype=np.int64)])
    return out


def _sum_by_area(people: Floats, area_of: npt.NDArray[np.int64], n_areas: int) -> Floats:
    """People by area, added in the order of the points."""
    inside = area_of >= 0
    return np.asarray(np.bincount(area_of[inside], weights=people[inside], minlength=n_areas), dtype=np.float64)


def _share(part: Floats, whole: Floats) -> Floats:
    """Quotient; NaN where nobody lives."""
    lived_in = np.broadcast_to(whole > 0, part.shape)
    return np.asarray(np.divide(part, whole, out=np.full(part.shape, np.nan), where=lived_in))
