"""Who is within a threshold in every sample, and what that sums up to in every area."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from kezhong.assess.certainty.draws import Draws
from kezhong.assess.certainty.neighbours import Neighbours
from kezhong.assess.origins import Origins
from kezhong.assess.rules import Rule
from kezhong.assess.study import STANDARD, Study

Floats = npt.NDArray[np.float64]
Reals = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Ways:
    """How a requirement can be met from N origins.

    Attributes
    ----------
    rows
        Element rows of which one facility is enough: these feel facilities that are gone or unknown.
    fixed : uint32 (n, N)
        Decimetres to what is settled whatever the samples say of facilities: the assigned school, or the nearest of
        an element of which several are needed.
    """

    rows: tuple[int, ...]
    fixed: npt.NDArray[np.uint32]

    def at(self, origins: Rows) -> Ways:
        """The same from some of the origins."""
        return Ways(self.rows, self.fixed[:, origins])


def ways_of(study: Study, rule: Rule, origins: Origins, decided: npt.NDArray[np.uint32]) -> Ways:
    """``decided`` (N,) is the distance by which the verdict goes."""
    assigned = study.assignment is not None and any(name in study.assignment.elements for name in rule.elements)
    if assigned:
        return Ways((), decided[None, :])
    counts = rule.requirement.any_of_count
    single = [name for name in rule.elements if counts.get(name, 1) <= 1 and name in origins.row]
    several = [name for name in rule.elements if counts.get(name, 1) > 1]
    fixed = [origins.of(name, counts[name], rule.limit_dm) for name in several]
    return Ways(tuple(origins.row[name] for name in single), np.array(fixed, dtype=np.uint32).reshape(-1, len(origins)))


class Within:
    """Origins within one threshold, sample by sample.

    Parameters
    ----------
    near
        Of the same n origins as ``shift`` (n, S; decimetres).
    timed
        Whether the threshold is in minutes, so that walking speed enters.
    straight
        Whether as the crow flies, where neither the streets' length nor speed does.
    """

    def __init__(
        self, near: Neighbours, limit_dm: int, draws: Draws, shift: Reals, *, timed: bool, straight: bool
    ) -> None:
        scale = np.full(draws.samples, limit_dm, dtype=np.float32)
        if not straight:
            scale = (scale * draws.speed if timed else scale) / draws.length
            shift = shift / draws.length
        self._near, self._draws = near, draws
        #: (n, S): the longest way of the map that is still within the threshold.
        self.allowed = np.asarray(scale[None, :] - shift, dtype=np.float32)
        self._most = self.allowed.max(axis=1, initial=-1.0)
        self._least = self.allowed.min(axis=1, initial=np.inf)
        kept = near.place_dm <= self._most[near.origin]
        self._ptr = np.concatenate([[0], np.cumsum(kept)])[near.ptr]
        self._origin, self._dm = near.origin[kept], near.place_dm[kept].astype(np.float32)

    def any_of(self, ways: Ways, late: Reals | None = None) -> Flags:
        """(n, S): whether a requirement is met; ``late`` (n,) decimetres are added to every way of an origin."""
        met = np.zeros(self.allowed.shape, dtype=bool)
        for fixed in ways.fixed:
            met |= fixed.astype(np.float32)[:, None] <= self.allowed
        for row in ways.rows:
            self._known(row, met, late)
            if row in self._draws.added:
                self._unknown(self._draws.added[row], met, late)
        return met

    def _known(self, row: int, met: Flags, late: Reals | None) -> None:
        alive, rows = self._draws.alive, np.arange(len(met))
        for near, facility in zip(self._near.dm[row], self._near.facility[row], strict=True):
            dm = np.asarray(near, dtype=np.float32) if late is None else near + late
            # Farther facilities are no nearer, and matter only where a nearer one may not count.
            here = rows[dm[rows] <= self._most[rows]]
            if not len(here):
                return
            sure = dm[here] <= self._least[here]
            close = np.ones((len(here), met.shape[1]), dtype=bool)
            close[~sure] = dm[here[~sure], None] <= self.allowed[here[~sure]]
            close &= alive[facility[here]]
            close |= met[here]
            met[here] = close
            rows = here[~close.all(axis=1)]

    def _unknown(self, added: Flags, met: Flags, late: Reals | None) -> None:
        # Only those who are not yet served in every sample can gain, and only pairs so near are looked at.
        gains = ~np.asarray(met.all(axis=1))[self._origin]
        ptr = np.concatenate([[0], np.cumsum(gains, dtype=np.int32)])[self._ptr]
        near, far = self._origin[gains], self._dm[gains]
        if late is not None:
            far = far + late[near]
        place, sample = np.nonzero(added)
        count = ptr[place + 1] - ptr[place]
        begin = np.repeat(ptr[place] - np.cumsum(count) + count, count)
        at = begin + np.arange(len(begin))
        # One flat number for origin and sample: half the cost of two.
        flat = near[at].astype(np.int64) * met.shape[1] + np.repeat(sample, count)
        within = far[at] <= self.allowed.ravel()[flat]
        met.ravel()[flat[within]] = True


def timed(rule: Rule) -> bool:
    """Whether the threshold is in minutes, so that walking speed enters."""
    return rule.walker == STANDARD


class Sums:
    """Sums over areas of values per origin and sample.

    Origins that lie in the same areas are added up once, whatever the number of levels.
    """

    def __init__(self, member: Any) -> None:
        table = sparse.csc_matrix(member)
        kinds, of = _alike(table)
        n = table.shape[1]
        self._of = of
        self._gather = sparse.csr_matrix((np.ones(n), (of, np.arange(n))), shape=(len(kinds), n))
        self._areas = table[:, kinds].toarray()

    def of(self, weight: Floats, values: Reals) -> Floats:
        """``weight`` (n,), ``values`` (n, S): (areas, S)."""
        kept = np.flatnonzero(weight)
        return np.asarray(self._areas @ self._gathered(kept, weight, values[kept]).astype(np.float64))

    def met(self, weight: Floats, met: Flags, factor: Reals | None) -> Floats:
        """Sums of ``weight`` (n,) where ``met`` (n, S), times ``factor`` (n, S) where it is given: (areas, S)."""
        some = np.flatnonzero((weight != 0) & met.any(axis=1))
        if factor is not None:
            return np.asarray(self._areas @ self._gathered(some, weight, met[some] * factor[some]).astype(np.float64))
        # Most origins are in or out in every sample: these are added up once.
        always = met[some].all(axis=1)
        sure = np.zeros(len(weight))
        sure[some[always]] = weight[some[always]]
        mixed = some[~always]
        part = self._gathered(mixed, weight, met[mixed].astype(np.float32)).astype(np.float64)
        return np.asarray(self._areas @ (part + (self._gather @ sure)[:, None]))

    def constant(self, weight: Floats) -> Floats:
        """Sums of ``weight`` (n,): (areas, 1)."""
        return np.asarray(self._areas @ (self._gather @ weight))[:, None]

    def _gathered(self, rows: Rows, weight: Floats, values: Reals) -> npt.NDArray[Any]:
        data = weight[rows].astype(np.float32)
        matrix = sparse.csr_matrix(
            (data, (self._of[rows], np.arange(len(rows)))), shape=(self._areas.shape[1], len(rows))
        )
        return np.asarray(matrix @ values)


def _alike(table: Any) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """A column of each kind of equal columns, and the kind of every column."""
    table.sort_indices()
    length = np.diff(table.indptr)
    wide = np.full((table.shape[1], int(length.max(initial=0))), -1, dtype=np.int64)
    wide[np.repeat(np.arange(len(length)), length), _ranks(length)] = table.indices
    _, first, of = np.unique(wide, axis=0, return_index=True, return_inverse=True)
    return first, of.reshape(-1)


def _ranks(length: npt.NDArray[Any]) -> npt.NDArray[np.intp]:
    begin = np.cumsum(length) - length
    return np.asarray(np.arange(int(length.sum())) - np.repeat(begin, length))


def quantiles(samples: Floats) -> tuple[Floats, Floats]:
    """5th and 95th percentile over the last axis; NaN where a sample is."""
    low, high = np.full(samples.shape[:-1], np.nan), np.full(samples.shape[:-1], np.nan)
    known = ~np.isnan(samples).any(axis=-1)
    if known.any():
        low[known], high[known] = np.quantile(samples[known], ENDS, axis=-1)
    return low, high


def stretched(low: Floats, high: Floats, point: Floats) -> tuple[Floats, Floats]:
    """An interval that holds the point value; NaN where that is unknown.

    Facilities that are missing from the data only ever add to a figure: the interval need not be symmetrical, and the
    figure itself may be one of its ends. What differs by rounding alone does not differ.
    """
    low, high = (np.where(np.abs(end - point) < _SAME, point, end) for end in (low, high))
    unknown = np.isnan(low) | np.isnan(point)
    return np.where(unknown, np.nan, np.minimum(low, point)), np.where(unknown, np.nan, np.maximum(high, point))


#: Between these lie nine of ten samples.
ENDS = (0.05, 0.95)
_SAME = 1e-6


def shares(top: Floats, bottom: Floats) -> Floats:
    """Quotients; NaN where nobody is there."""
    result: Floats = np.divide(top, bottom, out=np.full(top.shape, np.nan), where=bottom > 0)
    return result
