"""Who arrives in time: lived access by area, element and walker, and what each walker loses against the standard.

    share(e, a, w) = Σ people(d) · [time(w, d, e) is within the threshold of e] ÷ Σ people(d)

over the demand units *d* of area *a*, where the time is that of walker *w* to the nearest of what counts for *e*. The
same people are counted for every walker (all residents, or one age group): the table says what the streets do to
somebody who walks like this, not how many such walkers there are.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from kezhong.assess.lived import FARTHEST_MIN, LivedTimes, Moment, WalkerTimes, lived_times
from kezhong.assess.origins import UNREACHED
from kezhong.assess.study import LIVED_MINUTES, STANDARD, assessed_points
from kezhong.assess.units import Units, build_units
from kezhong.assess.wanted import Wanted, community_types, wanted_of
from kezhong.assess.week import BITS
from kezhong.catalogue import load_basis, load_catalogue
from kezhong.city.workspace import City
from kezhong.errors import InputError
from kezhong.progress import Progress, silent, span

Floats = npt.NDArray[np.float64]

#: Columns of the table.
COLUMNS = (
    "area_code", "area_level", "element", "walker", "requirement_id", "threshold_min", "people", "covered", "share",
    "difference", "within_5", "within_10", "within_15", "minutes", "extra_minutes", "cut_off",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class LivedAccess:
    """Lived access of a city.

    Attributes
    ----------
    table
        A row per area, element and walker with :data:`COLUMNS`: ``threshold_min`` minutes of the widest requirement
        (NaN: the basis sets none); ``people`` counted; ``covered`` of them within it, their ``share`` and its
        ``difference`` to the standard walker's (negative: fewer arrive); ``within_5`` … shares within round minutes;
        ``minutes`` mean over those who arrive at all; ``extra_minutes`` mean beyond the standard walker over those
        whom both bring there; ``cut_off`` people whom only the standard walker brings there (within
        :data:`kezhong.assess.lived.FARTHEST_MIN` minutes). Shares are NaN where nobody is counted.
    times
        The arrays behind it.
    wanted
        Element → the requirement whose threshold counts.
    shut_out
        Walker → people of whom no door opens onto a street that he can use, in the whole city.
    basis, group
        Whose thresholds, which people.
    """

    table: pd.DataFrame
    times: LivedTimes
    wanted: dict[str, Wanted]
    shut_out: dict[str, float]
    basis: str
    group: str


def lived_access(
    city: City,
    basis: str | None = None,
    walkers: Sequence[str] | None = None,
    *,
    moment: Moment = Moment(),  # noqa: B008  # immutable
    levels: Collection[str] | None = None,
    elements: Collection[str] | None = None,
    group: str = "all",
    progress: Progress = silent,
) -> LivedAccess:
    """Compare walkers by area and element.

    Parameters
    ----------
    basis
        Whose thresholds count; default: the city's.
    walkers
        Ids; default: all of the catalogue. The standard walker is always among them: the others are set against him.
    moment
        Hour of the week and darkness.
    levels
        Levels of areas; default: all there are.
    elements
        Only these; default: all that have facilities.
    group
        Age group that is counted; units whose ages are not known count nobody.

    Raises
    ------
    DataMissingError
        The city has no streets.
    NotFoundError
        No such basis, walker or level.
    InputError
        No such age group, or an hour that is none of a week's.
    """
    catalogue = load_catalogue()
    if moment.hour is not None and not 0 <= moment.hour < BITS:
        raise InputError("network.bad_walker", column="hour", value=moment.hour, expected=f"0–{BITS - 1}")
    chosen = load_basis(basis or city.config.basis, city.folder)
    present = set(assessed_points(city, catalogue, "any")["element"])
    wanted = wanted_of(chosen, catalogue, present, elements, community_types(city))
    shown = [name for name in catalogue.elements if name in wanted or name in present]
    if elements is not None:
        shown = [name for name in shown if name in elements]
    # One search serves every choice of elements and every basis: all of them are looked for together.
    several = sorted({pair for name in catalogue.bases for pair in _severally(city, name, present)}
                     | {pair for one in wanted.values() for pair in one.severally()})  # fmt: skip
    farthest = max([FARTHEST_MIN, *(one.minutes for one in wanted.values())])
    names = list(dict.fromkeys([STANDARD, *(walkers or catalogue.walkers)]))
    times = lived_times(
        city, names, moment=moment, several=several, farthest_min=farthest, progress=span(progress, 0.0, 0.8)
    )
    units = build_units(city, times.points)
    rows = _rows(units, levels)
    people = np.nan_to_num(units.group(group), nan=0.0)
    progress(0.8, "assess.step_figures")
    pages = _Pages(units, rows, people, times, wanted, shown)
    standard = pages.of(times.walkers[STANDARD])
    table = pd.concat([pages.against(times.walkers[name], standard) for name in times.walkers], ignore_index=True)
    shut_out = {name: float(people[one.shut_out].sum()) for name, one in times.walkers.items()}
    progress(1.0, "assess.step_figures")
    return LivedAccess(table, times, wanted, shut_out, chosen.id, group)


def _severally(city: City, basis: str, present: set[str]) -> list[tuple[str, int]]:
    wanted = wanted_of(load_basis(basis, city.folder), load_catalogue(), present)
    return [pair for one in wanted.values() for pair in one.severally()]


def _rows(units: Units, levels: Collection[str] | None) -> npt.NDArray[np.intp]:
    if levels is None:
        return np.arange(len(units.codes))
    return np.sort(np.concatenate([units.need_level(level) for level in levels]))


@dataclass(frozen=True, eq=False)
class _Nearest:
    """What counts for every element, from every demand unit, for one walker: costs, and people within minutes."""

    cost: npt.NDArray[np.uint32]
    limit: npt.NDArray[np.int64]
    per_min: float

    @property
    def reached(self) -> npt.NDArray[np.bool_]:
        """Whether the walker arrives at all."""
        return np.asarray(self.cost != UNREACHED)

    @property
    def minutes(self) -> Floats:
        """Minutes, 0 where nothing is reached."""
        return np.where(self.reached, self.cost / self.per_min, 0.0)

    def within(self, minutes: float) -> npt.NDArray[np.bool_]:
        """Whether it takes at most so many minutes."""
        return np.asarray(self.cost <= int(np.floor(minutes * self.per_min + 1e-6)))


@dataclass(frozen=True, eq=False)
class _Pages:
    """The parts of the table, one a walker."""

    units: Units
    rows: npt.NDArray[np.intp]
    people: Floats
    times: LivedTimes
    wanted: dict[str, Wanted]
    shown: list[str]

    def of(self, times: WalkerTimes) -> _Nearest:
        """Nearest of each element with its substitutes, by the rule of the verdict."""
        cost = np.full((len(self.shown), len(self.people)), UNREACHED, dtype=np.uint32)
        limit = np.full(len(self.shown), -1, dtype=np.int64)
        for row, name in enumerate(self.shown):
            one = self.wanted.get(name)
            if one is None:
                cost[row] = times.cost[self.times.row[name]] if name in self.times.row else UNREACHED
                continue
            limit[row] = times.limit(one.minutes)
            origins = times.origins(self.times.row, self.times.several, one.minutes)
            cost[row], _ = origins.nearest(one.elements, one.counts, int(limit[row]))
        return _Nearest(cost, limit, times.per_min)

    def against(self, times: WalkerTimes, standard: _Nearest) -> pd.DataFrame:
        """The rows of one walker."""
        own = self.of(times)
        counted = self._sums(np.ones(own.cost.shape, dtype=bool))
        asked = own.limit >= 0
        covered = self._sums((own.cost <= own.limit[:, None]) & asked[:, None])
        base = self._sums((standard.cost <= standard.limit[:, None]) & asked[:, None])
        covered[:, ~asked] = base[:, ~asked] = np.nan
        both = own.reached & standard.reached
        extra = np.where(both, own.minutes - standard.minutes, 0.0)
        n_areas, n_elements = covered.shape
        columns = {
            "area_code": np.repeat(self.units.codes[self.rows], n_elements),
            "area_level": np.repeat(self.units.levels[self.rows], n_elements),
            "element": np.tile(np.array(self.shown, dtype=object), n_areas),
            "walker": times.walker.id,
            "requirement_id": np.tile(np.array([self._requirement(name) for name in self.shown], object), n_areas),
            "threshold_min": np.tile(np.array([self._minutes(name) for name in self.shown]), n_areas),
            "people": counted.ravel(),
            "covered": covered.ravel(),
            "share": _share(covered, counted).ravel(),
            "difference": (_share(covered, counted) - _share(base, counted)).ravel(),
            **{
                f"within_{minutes:g}": _share(self._sums(own.within(minutes)), counted).ravel()
                for minutes in LIVED_MINUTES
            },
            "minutes": _share(self._sums(own.minutes), self._sums(own.reached)).ravel(),
            "extra_minutes": _share(self._sums(extra), self._sums(both)).ravel(),
            "cut_off": self._sums(standard.reached & ~own.reached).ravel(),
        }
        return pd.DataFrame(columns)[list(COLUMNS)]

    def _sums(self, values: npt.NDArray[np.generic]) -> Floats:
        """People-weighted sums (areas, elements) of values (elements, demand)."""
        weighted = np.asarray(values, dtype=np.float64) * self.people
        return np.array(self.units.sums(weighted).T[self.rows] if len(values) else np.zeros((len(self.rows), 0)))

    def _requirement(self, name: str) -> str | None:
        return self.wanted[name].requirement.id if name in self.wanted else None

    def _minutes(self, name: str) -> float:
        return self.wanted[name].minutes if name in self.wanted else float("nan")


def _share(part: Floats, whole: Floats) -> Floats:
    return np.asarray(np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0))
