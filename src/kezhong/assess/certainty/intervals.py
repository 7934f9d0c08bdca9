"""Intervals of all coverage figures of a run, from one batch of samples."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from kezhong.assess.certainty.draws import Draws, draw
from kezhong.assess.certainty.neighbours import FAR, Neighbours, Surroundings, surroundings
from kezhong.assess.certainty.sampling import Sums, Ways, Within, quantiles, shares, stretched, timed, ways_of
from kezhong.assess.certainty.spreads import Spreads, load_spreads
from kezhong.assess.places import KINDS
from kezhong.assess.rules import Rule, at_places

if TYPE_CHECKING:
    from kezhong.assess.study import Study

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]
Sampled = tuple[Floats, Floats]
#: What is counted: a weight for each origin, and whether its sampled factor is that of people, of members, or none.
Weighed = tuple[str, Floats, str]

#: Thresholds beyond this have no interval: what lies around an origin is kept only so far (decimetres).
MOST_DM = FAR // 2
#: Origins sampled together; larger cities go block by block, so that memory does not grow with them.
BLOCK = 65_536


@dataclass(frozen=True, eq=False)
class Sampler:
    """The samples of one study, and what they are counted by."""

    study: Study
    around: Surroundings
    spreads: Spreads
    draws: Draws

    @classmethod
    def of(cls, study: Study) -> Sampler | None:
        """Search what lies around, and draw; ``None`` where nobody lives or nothing was found."""
        if not study.has_people or not study.has_facilities:
            return None
        around = surroundings(study.city, study.points, study.table.thresholds, study.window)
        spreads = load_spreads(study.city.folder)
        return cls(study, around, spreads, draw(study, around, spreads))

    def fits(self, rule: Rule) -> bool:
        """Whether a requirement has an interval: tested on foot, asked of somebody, near enough to be kept."""
        return rule.by_walking and rule.limit_dm <= MOST_DM and bool(rule.applies.any())

    def people(self, rule: Rule) -> list[Weighed]:
        """The variants that count people."""
        units, group = self.study.units, rule.element.age_group
        found = [("population", units.people * rule.applies, "people")]
        if group != "all":
            found.append(("target_pop", np.nan_to_num(units.group(group)) * rule.applies, "members"))
        return found

    def places(self, rule: Rule, applies: npt.NDArray[np.bool_]) -> list[Weighed]:
        """The variants that count estates, buildings and land."""
        table = self.study.table.places
        found = [(name, table.weight * (applies & (table.kind == number)), "") for number, name in enumerate(KINDS)]
        return [item for item in found if item[1].any()]


class Side:
    """People or places as origins, on foot or in a straight line, in blocks."""

    def __init__(self, sampler: Sampler, near: Neighbours, *, places: bool, straight: bool) -> None:
        study = sampler.study
        self._draws, self._places, self._straight = sampler.draws, places, straight
        member = study.place_areas[0] if places else study.units.member
        n = near.dm.shape[2]
        self._blocks = [np.arange(first, min(first + BLOCK, n)) for first in range(0, n, BLOCK)]
        whole = len(self._blocks) == 1
        self._near = [near if whole else near.of(rows) for rows in self._blocks]
        self._sums = [Sums(member[:, rows]) for rows in self._blocks]
        self._kept: tuple[int, bool] | None = None
        self._within: list[Within] = []

    def counted(self, rule: Rule, ways: Ways, weighed: list[Weighed]) -> dict[str, Sampled]:
        """Numerators (areas, S) and denominators (areas, S or 1) of some variants."""
        found: dict[str, Sampled] = {}
        for number, within in enumerate(self._each(rule)):
            rows, sums = self._blocks[number], self._sums[number]
            met = within.any_of(ways.at(rows))
            for name, weight, kind in weighed:
                own = weight[rows]
                all_of = {"people": self._draws.people, "members": self._draws.members}.get(kind)
                factor = None if all_of is None else all_of[rows]
                part = (
                    sums.met(own, met, factor),
                    sums.constant(own) if factor is None else sums.of(own, factor),
                )
                old = found.get(name)
                found[name] = part if old is None else (old[0] + part[0], old[1] + part[1])
        return found

    def _each(self, rule: Rule) -> Iterator[Within]:
        """For the threshold of a requirement, kept for the next that has the same."""
        wanted = (rule.limit_dm, timed(rule))
        if len(self._blocks) > 1:
            yield from (self._made(number, wanted) for number in range(len(self._blocks)))
            return
        if self._kept != wanted:
            self._kept, self._within = wanted, [self._made(number, wanted) for number in range(len(self._blocks))]
        yield from self._within

    def _made(self, number: int, wanted: tuple[int, bool]) -> Within:
        shift = self._draws.shift(self._blocks[number], places=self._places)
        limit, by_time = wanted
        return Within(self._near[number], limit, self._draws, shift, timed=by_time, straight=self._straight)


class _Counter:
    """All variants of all requirements."""

    def __init__(self, sampler: Sampler) -> None:
        around = sampler.around
        self.sampler = sampler
        self._people = Side(sampler, around.people, places=False, straight=False)
        self._people_straight = Side(sampler, around.people_straight, places=False, straight=True)
        self._places = Side(sampler, around.places, places=True, straight=False)
        self._places_straight = Side(sampler, around.places_straight, places=True, straight=True)

    def rule(self, rule: Rule) -> dict[str, Sampled]:
        """Variant → numerators and denominators of one requirement."""
        study, table = self.sampler.study, self.sampler.study.table
        if not self.sampler.fits(rule):
            return {}
        ways = ways_of(study, rule, table.people_on_foot, rule.nearest_dm)
        found = self._people.counted(rule, ways, self.sampler.people(rule))
        if len(table.places.kind):
            here = at_places(study, rule)
            weighed = self.sampler.places(rule, here.applies)
            on_foot = ways_of(study, rule, table.places_on_foot, here.dm)
            found |= self._places.counted(rule, on_foot, weighed)
            straight = ways_of(study, rule, table.places_straight, here.straight_dm)
            land = [("buffer", weight, "") for name, weight, _ in weighed if name == "land"]
            found |= self._places_straight.counted(rule, straight, land) if land else {}
        if "buffer" not in found:
            counts = rule.requirement.any_of_count
            dm, _ = table.people_straight.nearest(rule.elements, counts, rule.limit_dm)
            straight = ways_of(study, rule, table.people_straight, dm)
            weighed = [("buffer", study.units.people * rule.applies, "people")]
            found |= self._people_straight.counted(rule, straight, weighed)
        return found


@dataclass(frozen=True, eq=False)
class Bounds:
    """5th and 95th percentile (areas,), by variant and first column of the requirements that share a row of figures."""

    found: dict[tuple[str, int], Sampled]

    def of(self, variant: str, column: int, rows: Rows, value: Floats) -> Sampled:
        """Ends (rows,) around the values of some areas; NaN where there is no interval."""
        if (variant, column) not in self.found:
            nothing = np.full(len(rows), np.nan)
            return nothing, nothing
        low, high = self.found[variant, column]
        return stretched(low[rows], high[rows], value)


def coverage_bounds(sampler: Sampler, rules: list[Rule], groups: list[list[int]]) -> Bounds:
    """Sample the coverage of all requirements.

    Parameters
    ----------
    groups
        Numbers of the requirements that are added up in one row of figures.
    """
    counter = _Counter(sampler)
    # Requirements with one threshold come one after the other: they share what is within it.
    order = sorted(groups, key=lambda group: (rules[group[0]].limit_dm, rules[group[0]].walker))
    found: dict[tuple[str, int], Sampled] = {}
    for group in order:
        found |= _of_group(counter, rules, group)
    return Bounds(found)


def _of_group(counter: _Counter, rules: list[Rule], group: list[int]) -> dict[tuple[str, int], Sampled]:
    sums: dict[str, Sampled] = {}
    for column in group:
        for variant, (top, bottom) in counter.rule(rules[column]).items():
            old = sums.get(variant)
            sums[variant] = (top, bottom) if old is None else (old[0] + top, old[1] + bottom)
    return {
        (variant, group[0]): quantiles(shares(top, np.broadcast_to(bottom, top.shape)))
        for variant, (top, bottom) in sums.items()
    }
