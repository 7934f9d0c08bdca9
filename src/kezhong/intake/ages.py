"""Age bands of a source → the bands of the city, whatever groups the source counts.

A source's groups may be coarser (0–14, 60+), nested (60+ of which 65+) or cross our bands (65+). What a group says is
never contradicted; inside a group people are split by stated shares, else by a stated estimate (``age_profile.toml``),
and the result is marked :data:`AgeBasis.STATED_SHARE`. Bands of which the source says nothing stay unknown.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

import numpy as np
import numpy.typing as npt

from kezhong.city.vocabulary import AGE_BANDS, AGE_COLUMNS, AgeBasis
from kezhong.errors import InputError
from kezhong.intake.columns import plain

Floats = npt.NDArray[np.float64]
OPEN_END = 120  # years; the upper end of "and over"

_GROUP = re.compile(
    r"^(?:age|ages|pop|人口|常住人口|其中|年龄|p|a)?(?P<low>\d{1,3})(?:岁)?(?:(?:至|到|~|\uff5e|-|–|—|to|_)(?P<high>\d{1,3})(?:岁)?"
    r"|(?P<open>岁及以上|岁以上|及以上|以上|岁\+|\+|plus|andover))(?:人口|人数|常住人口|人)?$"
)


@dataclass(frozen=True, slots=True)
class Group:
    """A column that counts people from ``low`` up to, not including, ``high`` years."""

    column: str
    low: int
    high: int


def find_groups(columns: Sequence[str]) -> list[Group]:
    """Columns that count an age group, e.g. ``0-2岁``, ``age_60_69``, ``65岁及以上``, ``80+``."""
    found = []
    for column in columns:
        text = re.sub(r"[(\uff08\[][^)\uff09\]]*[)\uff09\]]", "", column.lower())
        for part in (text, text.split("/")[-1]):
            match = _GROUP.match(_spelling(part))
            if match:
                low = int(match["low"])
                high = OPEN_END if match["open"] else int(match["high"]) + 1
                if low < high <= OPEN_END:
                    found.append(Group(column, low, high))
                    break
    return found


def _spelling(text: str) -> str:
    """Keep the mark between two ages, drop everything :func:`plain` drops."""
    marked = re.sub(r"(?<=\d)\s*(?:岁)?\s*[–—~\uff5e_至到-]\s*(?=\d)", "至", text.strip())
    return plain(marked)


@cache
def profile() -> Floats:
    """People by single year of age in the stated estimate, shape (120,)."""
    text = resources.files("kezhong.intake").joinpath("age_profile.toml").read_text("utf-8")
    groups = {int(low): float(people) for low, people in tomllib.loads(text)["groups"].items()}
    lows = sorted(groups)
    years = np.zeros(OPEN_END)
    for low, high in zip(lows, [*lows[1:], 100], strict=True):
        years[low:high] = groups[low] / (high - low)
    return years


def read_shares(shares: str | Path | Mapping[str, float] | None) -> dict[str, float]:
    """Stated shares of the bands in the total, from a mapping or a TOML file with a table ``[shares]``.

    Raises
    ------
    InputError
        Unknown band, a share outside 0–1, or a sum away from 1.
    """
    if shares is None:
        return {}
    name = "age_shares"
    if isinstance(shares, str | Path):
        path = Path(shares).expanduser()
        name = path.name
        if not path.is_file():
            raise InputError("intake.no_file", file=path)
        try:
            document = tomllib.loads(path.read_text("utf-8-sig"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
            raise InputError("intake.broken_mapping", file=name, problem=str(problem)) from problem
        shares = dict(document.get("shares", document))
    found: dict[str, float] = {}
    for band, share in dict(shares).items():
        if band not in AGE_BANDS or not isinstance(share, int | float) or not 0 <= share <= 1:
            raise InputError("intake.bad_share", file=name, column=band, value=share, near=", ".join(AGE_COLUMNS))
        found[band] = float(share)
    if abs(sum(found.values()) - 1) > 0.005 or set(found) != set(AGE_COLUMNS):
        raise InputError(
            "intake.shares_sum", file=name, value=f"{sum(found.values()):.4f}", near=", ".join(AGE_COLUMNS)
        )
    return found


@dataclass(frozen=True, slots=True)
class Bands:
    """People by band, shape (rows, 8) with NaN for unknown bands, how they came about, and bad rows.

    ``contradiction`` marks rows whose groups exceed one another (60+ smaller than 65+); ``excess`` is the number of
    rows whose bands sum to more than the total.
    """

    people: Floats
    basis: npt.NDArray[np.object_]
    contradiction: npt.NDArray[np.bool_]
    estimated: tuple[str, ...]  # bands that rest on an estimate


def bands(total: Floats, groups: Sequence[Group], counts: Floats, shares: Mapping[str, float]) -> Bands:
    """Distribute people over the city's bands.

    Parameters
    ----------
    total
        People of each row, shape (n,).
    groups, counts
        The source's age groups and their counts, shape (n, len(groups)); NaN where blank.
    shares
        Stated shares of the bands in the total (may be empty).
    """
    n = len(total)
    out = np.full((n, len(AGE_COLUMNS)), np.nan)
    basis = np.full(n, AgeBasis.NONE.value, dtype=object)
    wrong = np.zeros(n, dtype=bool)
    if not groups:
        if shares:
            out = total[:, None] * np.array([shares[band] for band in AGE_COLUMNS])
            basis[:] = AgeBasis.STATED_SHARE.value
        return Bands(out, basis, wrong, AGE_COLUMNS if shares else ())
    weights = _weights(shares)
    years, covered, wrong = _by_year(groups, counts, weights)
    exact = np.zeros(len(AGE_COLUMNS), dtype=bool)
    for place, (low, high) in enumerate(_intervals()):
        inside = covered[low:high]
        if not inside.any():
            if shares:
                out[:, place] = total * shares[AGE_COLUMNS[place]]
            continue
        known, whole = weights[low:high][inside].sum(), weights[low:high].sum()
        out[:, place] = years[:, low:high].sum(axis=1) * (whole / known if known > 0 else 1.0)
        exact[place] = inside.all() and _is_union(low, high, groups)
    blank = np.isnan(counts).all(axis=1)
    out[blank] = np.nan
    stated = AgeBasis.COUNTED.value if exact[~np.isnan(out).all(axis=0)].all() else AgeBasis.STATED_SHARE.value
    basis[~blank] = stated
    estimated = tuple(
        band for place, band in enumerate(AGE_COLUMNS) if not exact[place] and not np.isnan(out[:, place]).all()
    )
    return Bands(out, basis, wrong, estimated)


def _intervals() -> list[tuple[int, int]]:
    return [(low, OPEN_END if high is None else high + 1) for low, high in AGE_BANDS.values()]


def _is_union(low: int, high: int, groups: Sequence[Group]) -> bool:
    """Whether a band is made of whole groups."""
    at = low
    for group in sorted((group for group in groups if low <= group.low and group.high <= high), key=lambda g: g.low):
        if group.low == at:
            at = group.high
    return at == high


def _weights(shares: Mapping[str, float]) -> Floats:
    """Weight of each year of age: the estimate's shape inside a band, the stated shares between bands."""
    years = profile().copy()
    for band, (low, high) in zip(AGE_COLUMNS, _intervals(), strict=True):
        if shares:
            years[low:high] *= shares[band] / years[low:high].sum()
    return years


def _by_year(
    groups: Sequence[Group], counts: Floats, weights: Floats
) -> tuple[Floats, npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """People by year of age, shape (n, 120), the years covered, and rows whose groups contradict one another.

    Narrow groups first: a wide group distributes what its narrow parts leave over the years they do not cover.
    """
    years = np.zeros((len(counts), OPEN_END))
    covered = np.zeros(OPEN_END, dtype=bool)
    wrong = np.zeros(len(counts), dtype=bool)
    values = np.nan_to_num(counts)
    for place in sorted(range(len(groups)), key=lambda at: groups[at].high - groups[at].low):
        group = groups[place]
        span = slice(group.low, group.high)
        rest = values[:, place] - years[:, span].sum(axis=1)
        free = ~covered[span]
        wrong |= (rest < -1e-6 * np.maximum(values[:, place], 1)) & ~np.isnan(counts[:, place])
        if free.any():
            share = weights[span] * free
            share = share / share.sum() if share.sum() > 0 else free / free.sum()
            years[:, span] += np.maximum(rest, 0)[:, None] * share
            covered[span] = True
    return years, covered, wrong
