"""The samples themselves: what the inputs of one city may really be, drawn once and shared by all figures.

All figures see the same draws, so that two of them (or two bases, two areas) differ by what they measure and not by
chance. The seed is the content of the data: the same city gives the same interval, whenever and wherever it is asked.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from kezhong.assess.certainty.neighbours import Surroundings
from kezhong.assess.certainty.spreads import Spreads
from kezhong.assess.ground import WHOLE
from kezhong.assess.places import KINDS
from kezhong.city.vocabulary import Presence

if TYPE_CHECKING:
    from kezhong.assess.study import Study

Reals = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.intp]

#: What is uncertain, in the order of the sensitivity table.
SOURCES = ("length", "speed", "snapping", "population", "phantom", "missing")
#: Estates are entered at surveyed gates, buildings at a point inside, land at a lattice: the placing each resembles.
_PLACED = {"estate": "as_given", "building": "dasymetric_buildings", "land": "dasymetric_landuse"}
#: Rows of normal numbers drawn; farther origins take the same rows again, which bounds the memory of a large city.
TABLE = 16_384


@dataclass(frozen=True, eq=False)
class Draws:
    """S samples; N demand units, P places, F service points, C places of unknown facilities.

    Attributes
    ----------
    length, speed : float32 (S,)
        Factors of all network lengths and of the walking speed.
    off_dm : float64 (N,), place_off_dm : float64 (P,)
        Standard deviation of where each origin really is.
    jitter : float32 (M, S)
        Standard normal numbers; origin ``i`` is off by row ``i`` modulo M.
    people, members : float32 (N, S), or None
        Factors of the residents and of an age group among them; None where they are held at 1.
    gone : float64 (F,)
        Probability that a facility is not there any more.
    alive : bool (F + 1, S)
        Whether a facility is really there; the last row, of no facility, is false.
    added : element row → bool (C, S)
        Where unknown facilities of an element stand; an element of which nothing can be missing has no entry.
    """

    length: Reals
    speed: Reals
    off_dm: Floats
    place_off_dm: Floats
    jitter: Reals
    people: Reals | None
    members: Reals | None
    gone: Floats
    alive: Flags
    added: dict[int, Flags]

    @property
    def samples(self) -> int:
        """S."""
        return len(self.length)

    def shift(self, rows: Rows, *, places: bool = False) -> Reals:
        """(n, S): decimetres by which the way of some origins is longer than from where they were put."""
        spread = (self.place_off_dm if places else self.off_dm)[rows].astype(np.float32)
        return np.asarray(self.jitter[rows % len(self.jitter)] * spread[:, None])

    def only(self, source: str) -> Draws:
        """The same samples with everything but one source held at its point value."""
        one = np.ones(self.samples, dtype=np.float32)
        there = np.ones_like(self.alive)
        there[-1] = False
        held: dict[str, dict[str, Any]] = {
            "length": {"length": one},
            "speed": {"speed": one},
            "snapping": {"off_dm": np.zeros_like(self.off_dm), "place_off_dm": np.zeros_like(self.place_off_dm)},
            "population": {"people": None, "members": None},
            "phantom": {"alive": there},
            "missing": {"added": {}},
        }
        changes = [parts for name, parts in held.items() if name != source]
        return replace(self, **{name: value for parts in changes for name, value in parts.items()})


def draw(study: Study, around: Surroundings, spreads: Spreads) -> Draws:
    """All samples of one city."""
    return _Drawer(study, around, spreads).draws()


class _Drawer:
    def __init__(self, study: Study, around: Surroundings, spreads: Spreads) -> None:
        self.study, self.around, self.spreads = study, around, spreads
        self.samples = spreads.samples

    def draws(self) -> Draws:
        demand = self.study.city.layer("demand")
        method, basis = (demand[name].to_numpy(dtype=object) for name in ("method", "age_basis"))
        kinds = np.array([_PLACED[name] for name in KINDS], dtype=object)[self.study.table.places.kind]
        off, place_off = (10.0 * _looked_up(self.spreads.snapping, names) for names in (method, kinds))
        people = self._factors("people", _looked_up(self.spreads.population, method))
        gone = self._gone()
        return Draws(
            length=self._stratified("length", self.spreads.length["all"]),
            speed=self._stratified("speed", self.spreads.speed["all"]),
            off_dm=off,
            place_off_dm=place_off,
            jitter=self._normal("snapping", min(max(len(off), len(place_off), 1), TABLE)),
            people=people,
            members=people * self._factors("ages", _looked_up(self.spreads.ages, basis)),
            gone=gone,
            alive=self._alive(gone),
            added=self._added(),
        )

    def _random(self, stream: str) -> np.random.Generator:
        content = int(self.around.key, 16), zlib.crc32(stream.encode())
        return np.random.default_rng(np.random.SeedSequence(content))

    def _normal(self, stream: str, n: int) -> Reals:
        return np.asarray(self._random(stream).standard_normal((n, self.samples), dtype=np.float32))

    def _factors(self, stream: str, spread: Floats) -> Reals:
        """(n, S) lognormal factors with mean 1 and the given relative standard deviations."""
        log = np.sqrt(np.log1p(spread**2)).astype(np.float32)[:, None]
        return np.asarray(np.exp(self._normal(stream, len(spread)) * log - log**2 / np.float32(2.0)))

    def _stratified(self, stream: str, spread: float) -> Reals:
        """(S,) lognormal factors with median 1, one from each of S equally likely parts: little is left to chance."""
        middle = (self._random(stream).permutation(self.samples) + 0.5) / self.samples
        return np.asarray(np.exp(np.sqrt(np.log1p(spread**2)) * ndtri(middle)), dtype=np.float32)

    def _gone(self) -> Floats:
        points, chance = self.study.points, self.spreads.phantom
        # A facility that a department also names is as sure as its ledger; only what the open map alone shows is less.
        alone = [
            all(ref.startswith("osm:") for ref in refs.split(" ") if ref)
            for refs in points["source_refs"].fillna("").astype(str)
        ]
        seen = points["facility_id"].astype(str).isin(self._verified()).to_numpy(dtype=bool)
        return np.where(seen, chance["verified"], np.where(alone, chance["open_map"], chance["ledger"]))

    def _alive(self, gone: Floats) -> Flags:
        drawn = self._random("phantom").random((len(gone), self.samples), dtype=np.float32)
        alive = drawn >= gone.astype(np.float32)[:, None]
        return np.concatenate([alive, np.zeros((1, self.samples), dtype=bool)])

    def _verified(self) -> set[str]:
        rows = self.study.city.layer("verification")
        found = rows[(rows["finding"] == Presence.PRESENT.value) & (rows["facility_ref"] != WHOLE)]
        return set(found["facility_ref"].astype(str))

    def _added(self) -> dict[int, Flags]:
        study, chosen = self.study, self.around.place_point
        if not len(chosen):
            return {}
        where = study.points["community_code"].iloc[chosen].to_numpy(dtype=object, na_value=None)
        known = np.bincount(study.point_elements, minlength=len(study.table.elements))
        found = {}
        for number, element in enumerate(study.table.elements):
            named = "ledger" if element in study.ground.ledgers else "open_map"
            settled = study.ground.settled((element,))
            share = np.full(len(chosen), self.spreads.missing[named])
            share[[code in settled for code in where]] = self.spreads.missing["settled"]
            chance = -np.expm1(-share * known[number] / len(chosen))
            if chance.any():
                drawn = self._random(f"missing {element}").random((len(chosen), self.samples), dtype=np.float32)
                found[number] = drawn < chance.astype(np.float32)[:, None]
        return found


def _looked_up(table: dict[str, float], names: npt.NDArray[Any]) -> Floats:
    """A value for each name; a name the table lacks is as uncertain as the least certain one."""
    worst = max(table.values())
    known, which = np.unique(names.astype(str), return_inverse=True)
    return np.array([table.get(str(name), worst) for name in known], dtype=np.float64)[which]
