"""The same facility in several sources, or twice in one: found by distance and name.

Two records are one facility when they serve a common element, lie near one another, and their names agree; where a
name is missing they must lie nearer still. Numbers in names must be equal: 第一小学 is not 第二小学.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

#: Metres within which records of an element with the same name are one; ledgers give gates or middles of large sites.
NEAR_M = 50.0
NEAR_OF: dict[str, float] = {
    **dict.fromkeys(("hospital", "junior_middle_school", "primary_school", "community_school"), 150.0),
    **dict.fromkeys(("residential_park_15", "residential_park_10", "residential_park_5"), 150.0),
    **dict.fromkeys(("kindergarten", "pocket_park", "wet_market", "elderly_nursing_home", "elderly_home"), 100.0),
    **dict.fromkeys(("bus_stop", "public_toilet", "ev_charging", "bicycle_parking", "recycling_point"), 25.0),
}
#: Metres within which an unnamed record joins one of another source.
UNNAMED_M = 20.0
#: Share of characters that must agree.
SIMILAR = 0.75

_BRACKETS = re.compile(r"[(\[【〔<《][^)\]】〕>》]*[)\]】〕>》]")
_SEPARATORS = re.compile(r"[\s\-_·・.,。、'’\"“”/|&+]+")
_DIGITS = str.maketrans("零〇一二三四五六七八九", "00123456789")
_NUMBERED = re.compile(r"第?([0-9]+)")
#: Words that say what kind of place it is, or its legal form; what remains tells places of one kind apart.
_GENERIC = re.compile(
    "股份有限公司|有限责任公司|有限公司|公司|社区卫生服务中心|社区卫生服务站|卫生服务中心|卫生服务站|卫生院|卫生室|服务中心|"
    "服务站|门诊部|诊所|医院|幼儿园|托育园|托儿所|小学|中学|学校|大药房|药房|药店|连锁|便利店|超市|农贸市场|菜市场|市场|"
    "公共厕所|公厕|卫生间|公交站|站|公园|广场|支行|分行|银行|营业厅|营业所|营业部|网点|图书馆|图书室|分馆|分店|门店|店|"
    "|".join(
        rf"\b{word}\b"
        for word in (
            "the", "school", "kindergarten", "pharmacy", "farmacia", "supermarket", "supermercado", "park", "parque",
            "hospital", "clinic", "colegio", "ceip", "ies", "escuela", "bank", "banco", "restaurant", "restaurante",
            "bar", "cafe", "cafeteria", "peluqueria", "library", "biblioteca", "plaza", "apteekki", "koulu", "de",
            "del", "la", "el", "las", "los", "of",
        )
    )
)  # fmt: skip


@lru_cache(maxsize=65536)
def normal(name: str) -> tuple[str, str, str]:
    """What is compared of a name: its core without brackets and generic words, the brackets' content, its numbers."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name)).casefold()
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign)).translate(_DIGITS)
    branch = "".join(_BRACKETS.findall(plain))[1:-1]
    bare = _BRACKETS.sub("", plain)
    core = _SEPARATORS.sub("", _GENERIC.sub("", bare))
    return core or _SEPARATORS.sub("", bare), branch, " ".join(sorted(_NUMBERED.findall(bare)))


@lru_cache(maxsize=65536)
def alike(one: str, two: str) -> bool:
    """Whether two names may mean the same place of one kind."""
    (core, branch, numbers), (other_core, other_branch, other_numbers) = normal(one), normal(two)
    if numbers and other_numbers and numbers != other_numbers:
        return False
    if branch and other_branch and difflib.SequenceMatcher(None, branch, other_branch).ratio() < SIMILAR:
        return False
    if core == other_core:
        return True
    short, long = sorted((core, other_core), key=len)
    if len(short) >= 2 and short in long and numbers == other_numbers:
        return True
    matcher = difflib.SequenceMatcher(None, core, other_core)
    return matcher.quick_ratio() >= SIMILAR and matcher.ratio() >= SIMILAR


def joined(
    shapes: npt.NDArray[np.object_],
    names: npt.NDArray[np.object_],
    sources: npt.NDArray[np.object_],
    serves: pd.DataFrame,
) -> npt.NDArray[np.int64]:
    """Number of the facility each record belongs to, shape (n,).

    Parameters
    ----------
    shapes
        (n,) in metres.
    names, sources
        (n,) names (or ``None``) and names of sources.
    serves
        Rows ``record`` (0 … n − 1) and ``element``.
    """
    pairs = [
        _pairs(shapes, names, sources, rows["record"].to_numpy(dtype=np.int64), NEAR_OF.get(str(element), NEAR_M))
        for element, rows in serves.groupby("element", sort=True)
    ]
    one, two = np.concatenate(pairs, axis=1) if pairs else np.empty((2, 0), dtype=np.int64)
    graph = coo_array((np.ones(len(one), dtype=np.int8), (one, two)), shape=(len(shapes), len(shapes)))
    _, cluster = connected_components(graph, directed=False)
    return np.asarray(cluster, dtype=np.int64)


def _pairs(
    shapes: npt.NDArray[np.object_],
    names: npt.NDArray[np.object_],
    sources: npt.NDArray[np.object_],
    records: npt.NDArray[np.int64],
    near: float,
) -> npt.NDArray[np.int64]:
    """Pairs of records of one element that are the same place, (2, p)."""
    mine = shapes[records]
    left, right = shapely.STRtree(mine).query(mine, predicate="dwithin", distance=near)
    rising = left < right
    one, two = records[left[rising]], records[right[rising]]
    if len(one) == 0:
        return np.empty((2, 0), dtype=np.int64)
    named = ~pd.isna(names)
    both = named[one] & named[two]
    foreign = np.not_equal(sources[one], sources[two])
    surface = shapely.get_dimensions(shapes) == 2
    apart = shapely.distance(shapes[one], shapes[two])
    # A point and a surface that touch: mappers draw the site and put a point into it as well. Two surfaces of one
    # source (two pitches side by side) or two points (two toilets) are two places unless they share a name.
    inside = (apart == 0) & (surface[one] != surface[two])
    same = ~both & ((foreign & (apart <= UNNAMED_M)) | inside)
    ask = np.flatnonzero(both)
    same[ask] = [alike(names[a], names[b]) for a, b in zip(one[ask].tolist(), two[ask].tolist(), strict=True)]
    return np.stack([one[same], two[same]])
