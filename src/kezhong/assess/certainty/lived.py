"""Intervals of lived access: the share of people whom a walker's minutes bring to an element."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from kezhong.assess.certainty.intervals import MOST_DM, Sampler
from kezhong.assess.certainty.sampling import Sums, Ways, Within, quantiles, shares
from kezhong.assess.origins import UNREACHED
from kezhong.assess.stored import read_arrays, write_arrays
from kezhong.assess.study import LIVED_MINUTES

if TYPE_CHECKING:
    from kezhong.assess.study import Study

Floats = npt.NDArray[np.float64]
_FORMAT = 1


def lived_bounds(sampler: Sampler) -> tuple[Floats, Floats]:
    """5th and 95th percentile (elements, minutes, areas), minutes as :data:`kezhong.assess.study.LIVED_MINUTES`.

    They do not depend on the basis, so they are kept in the city's cache for all of them.
    """
    file = sampler.study.city.cache_file(f"certainty-lived-{_key(sampler)}.npz")
    stored = read_arrays(file)
    if stored is None:
        low, high = _sample(sampler)
        stored = {"low": low, "high": high}
        write_arrays(file, stored)
    return stored["low"], stored["high"]


def _key(sampler: Sampler) -> str:
    study, units = sampler.study, sampler.study.units
    content = (_FORMAT, sampler.around.key, sampler.spreads.hash, study.walker.id, study.walker.m_per_min)
    digest = hashlib.blake2b(repr((*content, units.codes.tolist())).encode(), digest_size=8)
    for array in (units.member.indptr, units.member.indices, units.people, study.walker_ds):
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def _sample(sampler: Sampler) -> tuple[Floats, Floats]:
    study, draws, units = sampler.study, sampler.draws, sampler.study.units
    shape = (len(study.table.elements), len(LIVED_MINUTES), len(units.codes))
    low, high = np.full(shape, np.nan), np.full(shape, np.nan)
    near, sums = sampler.around.people, Sums(units.member)
    shift = draws.shift(np.arange(len(units.people)))
    people = draws.people
    total = sums.constant(units.people) if people is None else sums.of(units.people, people)
    pace = study.walker.m_per_min * 10.0
    for column, minutes in enumerate(LIVED_MINUTES):
        limit = int(minutes * pace)
        if limit > MOST_DM:
            continue
        within = Within(near, limit, draws, shift, timed=True, straight=False)
        for row in range(shape[0]):
            met = within.any_of(Ways((row,), np.empty((0, len(units.people)), np.uint32)), _late(study, row, pace))
            counted = sums.met(units.people, met, people)
            low[row, column], high[row, column] = quantiles(shares(counted, np.broadcast_to(total, counted.shape)))
    return low, high


def _late(study: Study, row: int, pace: float) -> npt.NDArray[np.float32] | None:
    """(n,) decimetres that a walker's slopes, steps and waiting add on the way to the nearest, at his own pace.

    The way to the next but one is taken to be delayed as much: of it only the length is known.
    """
    dm, ds = study.table.nearest_dm[row], study.walker_ds[row]
    known = (dm != UNREACHED) & (ds != UNREACHED)
    late = np.where(known, ds / 600.0 * pace - dm, 0.0)
    # Whom a bar keeps out stays out.
    late[(ds == UNREACHED) & (dm != UNREACHED)] = np.inf
    # Whole deciseconds are less than a decimetre: that is rounding and no delay.
    late[np.abs(late) < pace / 600.0] = 0.0
    return late.astype(np.float32) if late.any() else None
