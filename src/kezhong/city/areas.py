"""The area tree (city › district › street › community) and the area sets beside it."""

from __future__ import annotations

import difflib
from collections import defaultdict
from functools import cached_property

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from kezhong.city.vocabulary import AreaLevel, SetKind
from kezhong.errors import NotFoundError

#: From the smallest to the largest; ``life_circle`` stands beside the tree, between community and street.
ROLL_UP = ("community", "life_circle", "street", "district", "city")


class AreaTree:
    """Lookups on the areas of one snapshot.

    Areas of the tree are named by their code. A life circle is named by its code as well; the two code spaces must
    not overlap (intake checks it), so that one ``area_code`` column serves both.
    """

    def __init__(self, areas: gpd.GeoDataFrame, sets: gpd.GeoDataFrame, members: pd.DataFrame, crs: str) -> None:
        in_force = areas["valid_to"].isna().to_numpy(dtype=bool)
        self.frame: gpd.GeoDataFrame = areas[in_force].reset_index(drop=True)
        self.sets: gpd.GeoDataFrame = sets
        self.members = members
        self.crs = crs

    @cached_property
    def parent(self) -> dict[str, str | None]:
        """Code → code of the parent."""
        pairs = zip(self.frame["code"], self.frame["parent_code"], strict=True)
        return {code: None if pd.isna(up) else str(up) for code, up in pairs}

    @cached_property
    def level(self) -> dict[str, str]:
        """Code → level; life circles included."""
        found = dict(zip(self.frame["code"], self.frame["level"], strict=True))
        found.update(dict.fromkeys(self.circles, SetKind.LIFE_CIRCLE.value))
        return found

    @cached_property
    def name(self) -> dict[str, str]:
        """Code → name; life circles included."""
        found = dict(zip(self.frame["code"], self.frame["name"], strict=True))
        circles = self.sets[self.sets["kind"] == SetKind.LIFE_CIRCLE.value]
        found.update(zip(circles["code"], circles["name"], strict=True))
        return found

    @cached_property
    def community_type(self) -> dict[str, str | None]:
        """Community code → type, ``None`` where not stated."""
        pairs = zip(self.frame["code"], self.frame["community_type"], strict=True)
        return {code: None if pd.isna(kind) else str(kind) for code, kind in pairs}

    @cached_property
    def circles(self) -> list[str]:
        """Codes of the life circles."""
        return sorted(self.sets.loc[self.sets["kind"] == SetKind.LIFE_CIRCLE.value, "code"])

    @cached_property
    def communities(self) -> list[str]:
        """Codes of the communities and villages, sorted."""
        return sorted(self.frame.loc[self.frame["level"] == AreaLevel.COMMUNITY.value, "code"])

    @cached_property
    def root(self) -> str | None:
        """Code of the city itself."""
        found = self.frame.loc[self.frame["level"] == AreaLevel.CITY.value, "code"]
        return str(found.iloc[0]) if len(found) else None

    @cached_property
    def children(self) -> dict[str, list[str]]:
        """Code → codes of the direct children, sorted."""
        found: dict[str, list[str]] = defaultdict(list)
        for code, up in self.parent.items():
            if up is not None:
                found[up].append(code)
        return {code: sorted(below) for code, below in found.items()}

    @cached_property
    def circle_members(self) -> dict[str, list[str]]:
        """Life circle → its communities, sorted."""
        rows = self.members[self.members["kind"] == SetKind.LIFE_CIRCLE.value]
        found: dict[str, list[str]] = defaultdict(list)
        for circle, member in zip(rows["set_code"], rows["member_code"], strict=True):
            found[circle].append(member)
        return {circle: sorted(codes) for circle, codes in found.items()}

    @cached_property
    def circle_of(self) -> dict[str, str]:
        """Community → its life circle."""
        return {code: circle for circle, codes in self.circle_members.items() for code in codes}

    def path(self, code: str) -> list[str]:
        """Codes from ``code`` up to the city."""
        found = [code]
        while (up := self.parent.get(found[-1])) is not None and up not in found:
            found.append(up)
        return found

    def full_name(self, code: str) -> str:
        """Names from the district down, e.g. 东岸区滨河街道和平社区."""
        if code in self.circle_members or code not in self.parent:
            return self.name.get(code, code)
        return (
            "".join(self.name[step] for step in reversed(self.path(code)) if self.level[step] != "city")
            or self.name[code]
        )

    def communities_in(self, code: str) -> list[str]:
        """Communities that make up an area or life circle, itself included; sorted."""
        if code in self.circle_members:
            return self.circle_members[code]
        if self.level.get(code) == AreaLevel.COMMUNITY.value:
            return [code]
        below: list[str] = []
        for child in self.children.get(code, []):
            below += self.communities_in(child)
        return sorted(below)

    def within(self, code: str) -> frozenset[str]:
        """Codes of an area or life circle and of everything in it, at every level.

        Below an area of the tree lie its descendants and the life circles all of whose communities are among them;
        below a life circle its communities. A life circle over two streets lies in neither.
        """
        if code in self.circle_members:
            return frozenset({code, *self.circle_members[code]})
        found, open_ = {code}, [code]
        while open_:
            below = [child for child in self.children.get(open_.pop(), []) if child not in found]
            found.update(below)
            open_ += below
        return frozenset(found | {circle for circle, members in self.circle_members.items() if found >= {*members}})

    def covers(self, code: str, others: pd.Series) -> npt.NDArray[np.bool_]:
        """Which of ``others`` (codes) lie :meth:`within` the area ``code``; in the city itself lies everything."""
        if code == self.root:
            return np.ones(len(others), dtype=bool)
        return np.asarray(others.isin(self.within(code)), dtype=bool)

    def district_of(self, code: str) -> str | None:
        """The district of a community or street; ``None`` for life circles and cities without districts."""
        return next((step for step in self.path(code) if self.level.get(step) == AreaLevel.DISTRICT.value), None)

    def find(self, text: str) -> str:
        """Code of the area or circle with this code or name.

        Raises
        ------
        NotFoundError
            No such area, or the name fits several.
        """
        if text in self.level:
            return text
        fits = [code for code, name in self.name.items() if name == text]
        if len(fits) == 1:
            return fits[0]
        if fits:
            raise NotFoundError("city.ambiguous_area", value=text, near=", ".join(fits))
        near = difflib.get_close_matches(text, [*self.name.values(), *self.name], n=5, cutoff=0.4)
        raise NotFoundError("city.unknown_area", value=text, near=", ".join(near) or "–")

    def locate(self, points: npt.NDArray[np.object_], level: str = "community") -> npt.NDArray[np.object_]:
        """Code of the area of ``level`` (or of the set kind ``level``) that each point falls into.

        Parameters
        ----------
        points
            Shapely points, lon/lat. A point on a shared border belongs to the smaller code.

        Returns
        -------
        array of str or None, one per point
        """
        if level in tuple(SetKind):
            shapes = self.sets[self.sets["kind"] == level]
        else:
            shapes = self.frame[self.frame["level"] == level]
        shapes = shapes[~shapes.geometry.isna()]
        found = np.full(len(points), None, dtype=object)
        if shapes.empty or len(points) == 0:
            return found
        shapes = shapes.sort_values("code", kind="stable")
        codes = shapes["code"].to_numpy(dtype=object)
        tree = shapely.STRtree(np.asarray(shapes.geometry.array))
        which, area = tree.query(points, predicate="intersects")
        order = np.lexsort((area, which))[::-1]  # written last: the smallest code
        found[which[order]] = codes[area[order]]
        return found
