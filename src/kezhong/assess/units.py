"""Who and what lies in which area: the matrices by which everything is summed up.

An *area* here is a community, life circle, street, district or the city. The *leaves* are the areas of the lowest
level the city has; each demand unit and each facility belongs to at most one of them, and every larger area is
summed from demand units directly, so that a shared facility is never counted twice in a roll-up.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy import sparse

from kezhong.city.areas import ROLL_UP, AreaTree
from kezhong.city.vocabulary import AGE_GROUPS, AreaLevel, CommunityType, SetKind
from kezhong.city.workspace import City
from kezhong.errors import InputError, NotFoundError

Floats = npt.NDArray[np.float64]
Objects = npt.NDArray[np.object_]
Rows = npt.NDArray[np.intp]

_TREE = (AreaLevel.COMMUNITY.value, AreaLevel.STREET.value, AreaLevel.DISTRICT.value)


@dataclass(frozen=True, eq=False)
class Units:
    """The areas of a city and what lies in them.

    Attributes
    ----------
    codes, levels
        Code and level of each area, shape (areas,); from communities to the city, sorted by code within a level.
    leaf_level
        The lowest level there is; its areas are the leaves, the first ``n_leaves`` rows.
    leaf_of
        Leaf of each demand unit, −1 outside all, shape (demand,).
    member
        Areas × demand units, 1 where the unit lies in the area.
    located
        Areas × service points, 1 where the facility lies in the area.
    people
        Residents of each demand unit, shape (demand,).
    ages
        Residents by age band, columns of the demand layer; NaN where unknown.
    types
        Community type of each leaf, ``None`` where not stated.
    households
        Households of each area; NaN where unknown.
    """

    codes: Objects
    levels: Objects
    names: Objects
    leaf_level: str
    n_leaves: int
    leaf_of: npt.NDArray[np.intp]
    member: Any
    located: Any
    people: Floats
    ages: pd.DataFrame
    types: Objects
    households: Floats
    xy: Floats

    @cached_property
    def row(self) -> dict[str, int]:
        """Row of each area code."""
        return {str(code): number for number, code in enumerate(self.codes)}

    @cached_property
    def residents(self) -> Floats:
        """Residents of each area."""
        return self.sums(self.people)

    @property
    def city(self) -> int:
        """Row of the city."""
        return len(self.codes) - 1

    def rows(self, level: str) -> Rows:
        """Rows of the areas of a level."""
        return np.flatnonzero(self.levels == level)

    def need_level(self, level: str) -> Rows:
        """Rows of the areas of a level.

        Raises
        ------
        NotFoundError
            The city has no areas of this level.
        """
        found = self.rows(level)
        if not len(found):
            known = ", ".join(dict.fromkeys(self.levels.tolist()))
            raise NotFoundError("assess.unknown_level", value=level, expected=known)
        return found

    def sums(self, values: Floats) -> Floats:
        """Sum over each area's demand units; ``values`` is (demand,) or (things, demand), result (areas, …)."""
        if values.ndim == 1:
            return np.asarray(self.member @ values)
        return np.ascontiguousarray((self.member @ values.T).T)

    def group(self, name: str) -> Floats:
        """Members of an age group in each demand unit; NaN where its ages are unknown.

        Raises
        ------
        InputError
            No such group.
        """
        if name not in AGE_GROUPS:
            raise InputError("assess.unknown_group", value=name, expected=", ".join(AGE_GROUPS))
        if name == "all":
            return self.people
        return self._groups[name]

    @cached_property
    def _groups(self) -> dict[str, Floats]:
        table = self.ages
        return {
            name: table[list(bands)].sum(axis=1, skipna=False).to_numpy(dtype=np.float64)
            for name, bands in AGE_GROUPS.items()
            if name != "all"
        }

    @cached_property
    def ages_known(self) -> npt.NDArray[np.bool_]:
        """Whether the ages of everybody in an area are known, shape (areas,)."""
        unknown = np.isnan(self._groups["elderly"]) | np.isnan(self._groups["children"])
        return np.asarray(self.sums(np.where(unknown, self.people, 0.0)) <= 0)


def build_units(city: City, points: pd.DataFrame) -> Units:
    """Gather areas, membership and people.

    Parameters
    ----------
    points
        The service points that are assessed (rows of layer ``service_points``), a GeoDataFrame.
    """
    demand = city.geo("demand")
    areas = city.areas
    per_level = _levels(city, demand, points)
    codes: list[str] = []
    levels: list[str] = []
    member: list[Any] = []
    located: list[Any] = []
    for level, (names, unit_rows, point_rows) in per_level.items():
        codes += names
        levels += [level] * len(names)
        member.append(_incidence(unit_rows, len(names)))
        located.append(_incidence(point_rows, len(names)))
    leaf_level = levels[0]
    leaves = [code for code, level in zip(codes, levels, strict=True) if level == leaf_level]
    xy = np.column_stack([shapely.get_x(demand.geometry), shapely.get_y(demand.geometry)])
    return Units(
        codes=np.array(codes, dtype=object),
        levels=np.array(levels, dtype=object),
        names=np.array([areas.name.get(code, city.config.name) for code in codes], dtype=object),
        leaf_level=leaf_level,
        n_leaves=len(leaves),
        leaf_of=per_level[leaf_level][1],
        member=sparse.vstack(member, format="csr"),
        located=sparse.vstack(located, format="csr"),
        people=demand["people"].to_numpy(dtype=np.float64),
        ages=demand,
        types=np.array([areas.community_type.get(code) for code in leaves], dtype=object),
        households=_households(areas, codes, levels),
        xy=xy.reshape(-1, 2),
    )


#: Level, its area codes, an index of these, community → area.
_Rung = tuple[str, list[str], pd.Index, dict[str, str]]


def _levels(
    city: City, demand: gpd.GeoDataFrame, points: pd.DataFrame
) -> dict[str, tuple[list[str], npt.NDArray[np.intp], npt.NDArray[np.intp]]]:
    """Level → area codes, row of each demand unit's area, row of each service point's area (−1: none)."""
    areas = city.areas
    unit_codes, point_codes = _communities(areas, demand), _communities(areas, points)
    found: dict[str, tuple[list[str], npt.NDArray[np.intp], npt.NDArray[np.intp]]] = {}
    for level, codes, number, above in _ladder(areas):
        rows = []
        for frame, communities in ((demand, unit_codes), (points, point_codes)):
            lifted = pd.Series(communities, dtype=object).map(above).to_numpy(dtype=object)
            missing = pd.isna(lifted) & pd.isna(communities)
            if missing.any() and level in _TREE:
                lifted[missing] = areas.locate(np.asarray(frame.geometry.array)[missing], level)
            rows.append(number.get_indexer(lifted))
        found[level] = (codes, rows[0], rows[1])
    root = areas.root or city.config.code
    everybody = np.zeros(len(demand), dtype=np.intp)
    inside = np.zeros(len(points), dtype=np.intp)
    shape = areas.frame.loc[areas.frame["code"] == root].geometry
    if len(shape) and shape.iloc[0] is not None:
        # Only those that no community claims are put to the (often very detailed) outline of the city.
        unclaimed = np.flatnonzero(pd.isna(point_codes))
        outline = shape.iloc[0]
        shapely.prepare(outline)
        within = shapely.intersects(outline, np.asarray(points.geometry.array)[unclaimed])
        inside[unclaimed[~within]] = -1
    found[AreaLevel.CITY.value] = ([root], everybody, inside)
    return found


_LADDERS: WeakKeyDictionary[AreaTree, list[_Rung]] = WeakKeyDictionary()


def _ladder(areas: AreaTree) -> list[_Rung]:
    """Levels below the city: their area codes, an index of these, and the area of each community. Kept by city."""
    if areas in _LADDERS:
        return _LADDERS[areas]
    found: list[_Rung] = []
    for level in ROLL_UP:
        if level == AreaLevel.CITY.value:
            continue
        above: dict[str, str]
        if level == SetKind.LIFE_CIRCLE.value:
            codes, above = areas.circles, areas.circle_of
        else:
            codes = sorted(areas.frame.loc[areas.frame["level"] == level, "code"])
            above = {code: up for code in areas.communities if (up := _ancestor(areas, code, level)) is not None}
        if codes:
            found.append((level, codes, pd.Index(codes), above))
    _LADDERS[areas] = found
    return found


def incidences(city: City, units: Units, points: Floats) -> tuple[Any, npt.NDArray[np.intp]]:
    """Areas × points matrix of further points (lon/lat), and the leaf of each, −1 outside all."""
    if not len(points):
        return sparse.csr_matrix((len(units.codes), 0)), np.empty(0, dtype=np.intp)
    shapes = np.atleast_1d(np.asarray(shapely.points(points), dtype=object))
    code = city.areas.locate(shapes, AreaLevel.COMMUNITY.value)
    frame = gpd.GeoDataFrame({"community_code": code}, geometry=shapes, crs="EPSG:4326")
    per_level = _levels(city, frame, frame)
    matrix = sparse.vstack([_incidence(rows, len(codes)) for codes, rows, _ in per_level.values()], format="csr")
    return matrix, per_level[units.leaf_level][1]


def _communities(areas: AreaTree, frame: pd.DataFrame) -> Objects:
    """Community code of each row as the layer states it, ``None`` where it names none that is in force."""
    codes = frame["community_code"].to_numpy(dtype=object, na_value=None)
    known = pd.Index(areas.communities).get_indexer(codes) >= 0
    return np.asarray(np.where(known, codes, None), dtype=object)


def _ancestor(areas: AreaTree, code: str, level: str) -> str | None:
    return next((step for step in areas.path(code) if areas.level.get(step) == level), None)


def _incidence(rows: npt.NDArray[np.intp], n: int) -> Any:
    """Sparse 0/1 matrix (areas × things) from the area row of each thing."""
    inside = rows >= 0
    columns = np.flatnonzero(inside)
    return sparse.csr_matrix((np.ones(len(columns)), (rows[inside], columns)), shape=(n, len(rows)))


def _households(areas: AreaTree, codes: list[str], levels: list[str]) -> Floats:
    """Households of each area: stated, else the sum over its communities where all of them state it."""
    stated = {
        code: float(value)
        for code, value in zip(areas.frame["code"], areas.frame["households"], strict=True)
        if not pd.isna(value)
    }
    found = np.full(len(codes), np.nan)
    for number, code in enumerate(codes):
        if code in stated and levels[number] != SetKind.LIFE_CIRCLE.value:
            found[number] = stated[code]
            continue
        below = areas.communities_in(code) if code in areas.level else []
        if below and all(child in stated for child in below):
            found[number] = sum(stated[child] for child in below)
    return found


def built_up(city: City, units: Units, points: Floats, leaf_of: Rows) -> npt.NDArray[np.bool_]:
    """Whether points (n, 2; lon/lat) lie in the built-up area; without that layer, whether their leaf is no village.

    ``leaf_of`` is the leaf of each point, −1 outside all.
    """
    shapes = city.areas.sets[city.areas.sets["kind"] == SetKind.BUILT_UP.value]
    if len(shapes) and not shapes.geometry.isna().all():
        located = np.atleast_1d(np.asarray(shapely.points(points), dtype=object))
        return np.asarray(~pd.isna(city.areas.locate(located, SetKind.BUILT_UP.value)), dtype=bool)
    village = np.append(units.types == CommunityType.VILLAGE.value, False)  # row −1: no community
    return ~village[leaf_of].astype(bool)
