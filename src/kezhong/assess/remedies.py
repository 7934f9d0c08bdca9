"""Kinds of remedy that fit a shortfall, least building first (不搞大拆大建)."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np
import numpy.typing as npt
import shapely

from kezhong.assess.hours import match_share
from kezhong.assess.rules import Rule
from kezhong.assess.scale import ScaleTest
from kezhong.assess.streets import project
from kezhong.assess.study import Study
from kezhong.catalogue.model import REMEDY_IDS, CircleId
from kezhong.city.vocabulary import CommunityType

#: A public building of at least this floor area (m²) may host a further use or open at other hours.
HOST_FLOOR_M2 = 200.0
#: Below this many people per km² a service that comes by fits better than a building.
LOW_DENSITY = 1500.0
#: An idle asset within this distance (straight, metres) of the affected is worth a look where no threshold is set.
SITE_REACH_M = 500.0
#: Hours are worth extending where facilities are open for less than this share of the hours wanted.
SHORT_HOURS = 0.9


class Remedies:
    """Decides for each shortfall which of its element's remedies are possible on the spot."""

    def __init__(self, study: Study) -> None:
        self.study = study

    def fitting(self, rule: Rule, row: int, test: ScaleTest | None) -> list[str]:
        """Remedies that fit, in the order of building least; ``new`` is always left as the last."""
        possible: dict[str, Callable[[], bool]] = {
            "share": lambda: self._host(row),
            "extend_hours": lambda: self._hours(rule, row, test),
            "convert": lambda: self._idle_site(rule, row),
            "mobile": lambda: self._sparse(row),
            "extend": lambda: test is not None and bool(rule.serving.any()),
            "new": lambda: True,
        }
        return [name for name in REMEDY_IDS if name in rule.element.remedies and possible[name]()]

    @cached_property
    def _hosts(self) -> npt.NDArray[np.bool_]:
        """Public facilities large enough to be shared: schools, centres, stations; no shops."""
        points, catalogue = self.study.points, self.study.catalogue
        public = np.array(
            [catalogue.elements[name].circle is not CircleId.CONVENIENT_CONSUMPTION for name in points["element"]],
            dtype=bool,
        )
        shared = points["shared"].fillna(value=False).to_numpy(dtype=bool)
        large = points["floor_area_m2"].fillna(0.0).to_numpy(dtype=np.float64) >= HOST_FLOOR_M2
        return np.asarray(public & (large | shared))

    @cached_property
    def _hosts_in(self) -> npt.NDArray[np.float64]:
        """Number of such facilities in each area."""
        return np.asarray(self.study.units.located @ self._hosts.astype(np.float64))

    def _host(self, row: int) -> bool:
        return bool(self._hosts_in[row] > 0)

    def _hours(self, rule: Rule, row: int, test: ScaleTest | None) -> bool:
        if self.study.window == "any" and test is None:
            return False  # a place that is too far stays too far when it is open longer
        wanted = rule.element.hours
        if not wanted:
            return False
        here = np.flatnonzero(self.study.units.located[row].toarray().ravel() * rule.serving > 0)
        texts = self.study.points["hours"].iloc[here].dropna()
        shares = np.array([match_share(str(text), wanted) for text in texts], dtype=np.float64)
        return bool((shares < SHORT_HOURS).any())

    @cached_property
    def _sites(self) -> npt.NDArray[np.float64]:
        """Idle assets (not the reserves, which are for building new), metres."""
        if not self.study.city.has("sites"):
            return np.empty((0, 2))
        sites = self.study.city.geo("sites")
        idle = sites[(sites["kind"] != "reserve").to_numpy(dtype=bool)]
        points = shapely.point_on_surface(np.asarray(idle.geometry.array))
        lonlat = np.column_stack([shapely.get_x(points), shapely.get_y(points)]).reshape(-1, 2).astype(np.float64)
        return project(lonlat, self.study.city.config.crs)

    @cached_property
    def _units_xy(self) -> npt.NDArray[np.float64]:
        return project(self.study.units.xy, self.study.city.config.crs)

    def _idle_site(self, rule: Rule, row: int) -> bool:
        if not len(self._sites):
            return False
        member = self.study.units.member
        inside = member.indices[member.indptr[row] : member.indptr[row + 1]]
        lacking = inside[rule.applies[inside] & ~rule.covered[inside]]
        origins = self._units_xy[lacking if len(lacking) else inside]
        limit = rule.limit_dm / 10.0 if rule.limit_dm > 0 else SITE_REACH_M
        if not len(origins):
            return False
        return any(float(np.hypot(*(origins - site).T).min()) <= limit for site in self._sites)

    @cached_property
    def _density(self) -> dict[str, float]:
        """People per km² of the areas that have a shape."""
        areas, units = self.study.city.areas, self.study.units
        frame = areas.frame[~areas.frame.geometry.isna()]
        crs = self.study.city.config.crs
        shapes = shapely.transform(np.asarray(frame.geometry.array), lambda xy: project(xy, crs))
        km2 = dict(zip(frame["code"], shapely.area(shapes) / 1e6, strict=True))
        return {
            str(code): float(people) / km2[code]
            for code, people in zip(units.codes, units.residents, strict=True)
            if km2.get(code, 0.0) > 0
        }

    def _sparse(self, row: int) -> bool:
        units = self.study.units
        if row < units.n_leaves and units.types[row] == CommunityType.VILLAGE.value:
            return True
        return self._density.get(str(units.codes[row]), LOW_DENSITY) < LOW_DENSITY
