"""Which input makes a figure uncertain: each source let loose alone, on the people or places of one area."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from kezhong.assess.certainty.draws import SOURCES, Draws
from kezhong.assess.certainty.intervals import Sampler, Weighed
from kezhong.assess.certainty.sampling import Ways, Within, quantiles, stretched, timed, ways_of
from kezhong.assess.places import KINDS
from kezhong.assess.rules import Rule, at_places

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]

#: Name of each source, and what its spread stands for, in Chinese and English.
NAMES: dict[str, tuple[str, str]] = {
    "length": ("路网长度", "length of the streets"),
    "speed": ("步行速度", "walking speed"),
    "snapping": ("居住位置", "where people start"),
    "population": ("人口数", "number of people"),
    "phantom": ("已不存在的设施", "facilities that are gone"),
    "missing": ("未登记的设施", "facilities not in the data"),
}
_WHY: dict[str, tuple[str, str]] = {
    "length": ("路网图形误差与漏绘的小路", "geometry of the street map and paths it leaves out"),
    "speed": ("同类人群之间的步速差异", "people of one profile walk at different speeds"),
    "snapping": ("人口落位方法", "how people were put on the map"),
    "population": ("人口数据来源与分配方法", "source of the population and how it was distributed"),
    "phantom": ("设施来源与现场核实情况", "source of the facilities and verification on the ground"),
    "missing": ("要素来源与现场核实情况", "source of the element and verification on the ground"),
}
_PROPOSED = ("建议值(待核)", "proposed value, to be verified")


@dataclass(frozen=True, slots=True)
class Source:
    """One row of the table: ``low`` and ``high`` with this source alone; ``share`` of the variance, 0 to 1."""

    source: str
    zh: str
    en: str
    spread_zh: str
    spread_en: str
    evidence_zh: str
    evidence_en: str
    low: float
    high: float
    share: float


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """A figure with its interval and the sources of it, the largest first; ``samples`` were drawn."""

    variant: str
    value: float
    low: float
    high: float
    samples: int
    sources: tuple[Source, ...]

    def to_dict(self) -> dict[str, Any]:
        """JSON-compatible form."""
        return asdict(self)


def sensitivity(sampler: Sampler, rules: list[Rule], area: int, variant: str) -> Sensitivity | None:
    """Take apart the interval of one figure.

    Parameters
    ----------
    rules
        The requirements added up in the figure.
    area
        Row of ``units``.
    variant
        Any variant of coverage but the straight line.

    Returns
    -------
    ``None`` where the figure has no interval: nobody is concerned, or it is not tested on foot.
    """
    asked = [
        part for rule in rules if sampler.fits(rule) and (part := _asked(sampler, rule, area, variant)) is not None
    ]
    if not asked:
        return None
    value = float(_shares(asked, _held(sampler.draws))[0])
    whole = _shares(asked, sampler.draws)
    if np.isnan(value) or np.isnan(whole).any():
        return None
    low, high = _ends(whole, value)
    alone = {source: _shares(asked, sampler.draws.only(source)) for source in SOURCES}
    variance = {source: float(np.var(values)) for source, values in alone.items()}
    total = sum(variance.values())
    rows = [
        Source(
            source,
            *NAMES[source],
            *_spread(sampler, asked, source),
            f"{_WHY[source][0]}；{_PROPOSED[0]}",
            f"{_WHY[source][1]}; {_PROPOSED[1]}",
            *_ends(values, value),
            variance[source] / total if total > 0 else 0.0,
        )
        for source, values in alone.items()
        if source != "speed" or any(part.timed for part in asked)
    ]
    rows.sort(key=lambda row: -row.share)
    return Sensitivity(variant, value, low, high, sampler.draws.samples, tuple(rows))


@dataclass(frozen=True, eq=False)
class _Asked:
    """One requirement in one area."""

    near: Any
    rows: Rows
    places: bool
    weight: Floats
    kind: str
    ways: Ways
    limit_dm: int
    timed: bool


def _asked(sampler: Sampler, rule: Rule, area: int, variant: str) -> _Asked | None:
    study, places = sampler.study, variant in KINDS
    if places:
        here = at_places(study, rule)
        weighed: list[Weighed] = sampler.places(rule, here.applies)
        member, near = study.place_areas[0], sampler.around.places
        ways = ways_of(study, rule, study.table.places_on_foot, here.dm)
    else:
        weighed = sampler.people(rule)
        member, near = study.units.member, sampler.around.people
        ways = ways_of(study, rule, study.table.people_on_foot, rule.nearest_dm)
    found = next((item for item in weighed if item[0] == variant), None)
    if found is None:
        return None
    inside = member[area].indices
    rows = np.sort(inside[found[1][inside] != 0]).astype(np.intp)
    if not len(rows):
        return None
    return _Asked(near.of(rows), rows, places, found[1][rows], found[2], ways.at(rows), rule.limit_dm, timed(rule))


def _shares(asked: list[_Asked], draws: Draws) -> Floats:
    """(S,) the figure in every sample."""
    top, bottom = np.zeros(draws.samples), np.zeros(draws.samples)
    for part in asked:
        shift = draws.shift(part.rows, places=part.places)
        within = Within(part.near, part.limit_dm, draws, shift, timed=part.timed, straight=False)
        factors = {"people": draws.people, "members": draws.members}.get(part.kind)
        each = part.weight[:, None] * (1.0 if factors is None else factors[part.rows])
        met = within.any_of(part.ways)
        top += np.where(met, each, 0.0).sum(axis=0)
        bottom += np.broadcast_to(each, met.shape).sum(axis=0)
    result: Floats = np.divide(top, bottom, out=np.full(top.shape, np.nan), where=bottom > 0)
    return result


def _held(draws: Draws) -> Draws:
    """Everything at its point value."""
    return draws.only("")


def _ends(values: Floats, value: float) -> tuple[float, float]:
    low, high = quantiles(values[None, :])
    ends = stretched(low, high, np.array([value]))
    return float(ends[0][0]), float(ends[1][0])


def _spread(sampler: Sampler, asked: list[_Asked], source: str) -> tuple[str, str]:
    """How far the source may be off here, in words."""
    spreads = sampler.spreads
    if source in ("length", "speed"):
        text = f"±{getattr(spreads, source)['all']:.0%}"
        return text, text
    if source == "snapping":
        off = np.concatenate(
            [(sampler.draws.place_off_dm if part.places else sampler.draws.off_dm)[part.rows] for part in asked]
        )
        text = _range(off / 10.0, "{:.0f}")
        return f"±{text} 米", f"±{text} m"
    if source == "population":
        return _people_spread(sampler, asked)
    if source == "phantom":
        text = _gone(sampler, asked)
        return f"每处 {text} 的可能", f"{text} likely for each"
    text = _missing(sampler, asked)
    return f"已知数量的 {text}", f"{text} of those known"


def _people_spread(sampler: Sampler, asked: list[_Asked]) -> tuple[str, str]:
    if any(part.places for part in asked):
        return "不计人口", "counts no people"
    methods = sampler.study.city.layer("demand")["method"].to_numpy(dtype=object)
    table = sampler.spreads.population
    rows = np.unique(np.concatenate([methods[part.rows] for part in asked]).astype(str))
    text = _range(np.array([table.get(name, max(table.values())) for name in rows]), "{:.0%}")
    return f"每个居民点 ±{text}", f"±{text} for each demand unit"


def _gone(sampler: Sampler, asked: list[_Asked]) -> str:
    """Of the facilities that are nearest to anybody here."""
    near = np.unique(np.concatenate([part.near.facility[list(part.ways.rows), 0].ravel() for part in asked]))
    return _range(sampler.draws.gone[near[near >= 0]], "{:.0%}")


def _missing(sampler: Sampler, asked: list[_Asked]) -> str:
    table, study = sampler.spreads.missing, sampler.study
    elements = {study.table.elements[row] for part in asked for row in part.ways.rows}
    known = [table["ledger" if name in study.ground.ledgers else "open_map"] for name in sorted(elements)]
    return _range(np.array(known), "{:.0%}")


def _range(values: Floats, form: str) -> str:
    if not len(values):
        return form.format(0)
    least, most = form.format(float(values.min())), form.format(float(values.max()))
    return least if least == most else f"{least}–{most}"
