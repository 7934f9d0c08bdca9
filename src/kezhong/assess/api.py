"""``assess``: one question put to one city, answered once and kept as a run."""

from __future__ import annotations

from functools import cached_property
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from kezhong import clock
from kezhong.assess.certainty.spreads import load_spreads
from kezhong.assess.hours import WINDOWS
from kezhong.assess.origins import UNREACHED
from kezhong.assess.prepare import prepare
from kezhong.assess.reasons import REACH_CODES
from kezhong.assess.streets import SNAP_M
from kezhong.catalogue import load_basis, load_catalogue
from kezhong.city.areas import ROLL_UP
from kezhong.city.results import Run, RunKey, RunStore
from kezhong.city.vocabulary import FigureStatus
from kezhong.city.workspace import City
from kezhong.errors import DataMissingError, InputError, NotFoundError
from kezhong.progress import Progress, silent, span

if TYPE_CHECKING:
    from kezhong.assess.explanation import Explanation
    from kezhong.catalogue.model import Basis, Walker

#: Raised when formulae change, so that an old run is not taken for an answer of the new ones.
METHOD = 6
VARIANTS = ("population", "target_pop", "land", "building", "estate", "buffer")


def assess(
    city: City,
    basis: str | None = None,
    walker: str = "standard",
    window: str = "any",
    progress: Progress = silent,
    force: bool = False,
) -> Assessment:
    """Assess a city against one basis.

    The same snapshot, basis, walker, window and version give the same run, which is then only read. Distances are
    searched once for all bases and kept in the city's cache.

    Parameters
    ----------
    basis
        Id of a basis; by default the city's own setting. The city's ``overlay.yaml`` applies.
    walker
        Profile for minutes of lived access. The verdict in metres does not depend on it.
    window
        Time window in which facilities must be open (:data:`kezhong.assess.hours.WINDOWS`).
    progress
        Told the share done; may raise :class:`kezhong.errors.CancelledError`, which leaves everything as it was.
    force
        Compute even where the run exists.

    Raises
    ------
    NotFoundError
        Unknown basis or walker.
    InputError
        Unknown window.
    DataMissingError
        The city has no streets.
    """
    catalogue = load_catalogue()
    if window not in WINDOWS:
        raise InputError("assess.unknown_window", value=window, expected=", ".join(WINDOWS))
    chosen = load_basis(basis or city.config.basis, city.folder)
    person = catalogue.walker(walker)
    if not city.has("street_edges"):
        raise DataMissingError("assess.no_streets")
    key = run_key(city, chosen, person, window)
    store = RunStore(city.folder)
    run = None if force else store.find(key)
    if run is None:
        from kezhong.assess.evaluate import evaluate

        study = prepare(city, chosen, person, window, span(progress, 0.0, 0.7))
        progress(0.7, "assess.step_figures")
        result = evaluate(study, span(progress, 0.7, 0.95))
        progress(0.95, "assess.step_write")
        manifest = {"created": clock.stamp(), **result.manifest}
        run = store.write(key, manifest, result.tables, result.arrays, result.facility_ids)
    progress(1.0, "assess.step_write")
    return Assessment(city, run, chosen, person)


def run_key(city: City, basis: Basis, walker: Walker, window: str = "any") -> RunKey:
    """The identity of a run: what its results depend on."""
    parameters = {"m_per_min": walker.m_per_min, "snap_m": SNAP_M, "method": METHOD, "crs": city.config.crs}
    parameters["spreads"] = load_spreads(city.folder).hash
    return RunKey(
        snapshot=city.snapshot.id,
        basis=basis.id,
        basis_hash=basis.hash,
        walker=walker.id,
        window=window,
        parameters=parameters,
        version=version("kezhong"),
    )


def open_assessment(city: City, run_id: str) -> Assessment:
    """An assessment made before, by the id of its run, with the snapshot it was made of."""
    run = RunStore(city.folder).get(run_id)
    if run.manifest["snapshot"] != city.snapshot.id:
        city = City.open(city.folder, run.manifest["snapshot"])
    basis = load_basis(run.manifest["basis"], city.folder)
    if basis.hash != run.manifest["basis_hash"]:
        from kezhong.catalogue.model import Basis as Model

        basis = Model.model_validate(run.manifest["basis_document"])
    return Assessment(city, run, basis, load_catalogue().walker(run.manifest["walker"]))


class Assessment:
    """The results of one run, with the city they were made of."""

    def __init__(self, city: City, run: Run, basis: Basis, walker: Walker) -> None:
        self.city = city
        self.run = run
        self.basis = basis
        self.walker = walker
        self.catalogue = load_catalogue()

    @property
    def figures(self) -> pd.DataFrame:
        """All figures (:data:`kezhong.city.results.FIGURE_COLUMNS`). No row of an indicator: 不适用 to that element."""
        return self.run.figures

    @property
    def shortfalls(self) -> pd.DataFrame:
        """The ranked list (:data:`kezhong.city.results.SHORTFALL_COLUMNS`)."""
        return self.run.shortfalls

    @property
    def grades(self) -> pd.DataFrame:
        """Grades (:data:`kezhong.city.results.GRADE_COLUMNS`)."""
        return self.run.grades

    @property
    def estate_figures(self) -> pd.DataFrame:
        """Figures of the estates, with the columns of :attr:`figures`.

        ``area_code`` is the estate's id and ``area_level`` is ``estate``. The variant ``estate`` (by the gates, 1 or
        0 of 1) carries the verdict; the variants of people count those who live in it. Empty without estates.
        """
        return self.run.estate_figures

    @property
    def insufficient(self) -> bool:
        """Whether the data do not suffice for any verdict."""
        return bool(self.run.manifest["insufficient"])

    @property
    def to_verify(self) -> list[dict[str, Any]]:
        """Required elements found nowhere in the city: not detected or no data, never a shortfall."""
        return list(self.run.manifest["to_verify"])

    @property
    def levels(self) -> list[str]:
        """Levels of area there are, from the smallest."""
        found = set(self.grades["area_level"])
        return [level for level in ROLL_UP if level in found]

    def coverage(self, element: str, level: str = "community", variant: str | None = None) -> gpd.GeoDataFrame:
        """Coverage of an element in the areas of a level, with their shapes.

        Parameters
        ----------
        level
            ``community``, ``life_circle``, ``street``, ``district`` or ``city``; where the city lacks communities
            the smallest level there is takes their place.
        variant
            One of the coverage variants; by default the one that carries the verdict, else the population.

        Returns
        -------
        GeoDataFrame
            One row per area: ``area_code``, ``area_name``, ``full_name`` and the columns of figures. An area without
            such a figure has the status ``not_applicable``.
        """
        item = self.catalogue.element(element)
        wanted = self._level(level)
        if variant is not None and variant not in VARIANTS:
            raise InputError("assess.unknown_variant", value=variant, expected=", ".join(VARIANTS))
        rows = self.figures
        rows = rows[(rows["element"] == item.id) & (rows["indicator"] == "coverage") & (rows["area_level"] == wanted)]
        if variant is not None:
            rows = rows[rows["variant"] == variant]
        else:
            # The verdict's row of each area first, then the population, then whatever there is.
            informative = (rows["status"] == FigureStatus.INFORMATIVE.value).astype(int)
            rank = rows["variant"].map({name: number for number, name in enumerate(VARIANTS)})
            rows = rows.assign(_a=informative, _b=rank).sort_values(["_a", "_b"], kind="stable")
            rows = rows.drop_duplicates("area_code").drop(columns=["_a", "_b"])
        areas = self.areas(wanted)
        table = areas.merge(rows.drop(columns=["area_level"]), on="area_code", how="left")
        missing = table["status"].isna()
        table.loc[missing, "status"] = FigureStatus.NOT_APPLICABLE.value
        table.loc[missing, "element"] = item.id
        return table

    def areas(self, level: str = "community") -> gpd.GeoDataFrame:
        """Areas of a level: code, name, full name, shape (empty where none is known)."""
        wanted = self._level(level)
        tree = self.city.areas
        codes = self.grades.loc[self.grades["area_level"] == wanted, "area_code"].astype(str).tolist()
        shapes = dict(zip(tree.frame["code"], tree.frame.geometry, strict=True))
        for circle, members in tree.circle_members.items():
            parts = [shapes[code] for code in members if shapes.get(code) is not None]
            shapes[circle] = gpd.GeoSeries(parts).union_all() if parts else None
        own = tree.sets[tree.sets["kind"] == "life_circle"]
        shapes.update({c: s for c, s in zip(own["code"], own.geometry, strict=True) if s is not None})
        return gpd.GeoDataFrame(
            {
                "area_code": codes,
                "area_level": [wanted] * len(codes),
                "area_name": [tree.name.get(code, self.city.config.name) for code in codes],
                "full_name": [tree.full_name(code) if code in tree.level else self.city.config.name for code in codes],
            },
            geometry=gpd.GeoSeries([shapes.get(code) for code in codes], crs="EPSG:4326"),
            crs="EPSG:4326",
        )

    def _level(self, level: str) -> str:
        if level == "community" and level not in self.levels:
            return self.levels[0]
        if level not in self.levels:
            raise NotFoundError("assess.unknown_level", value=level, expected=", ".join(self.levels))
        return level

    def cells(self, element: str) -> gpd.GeoDataFrame:
        """Demand units with metres, minutes of the run's walker, nearest facility and reason, as points.

        An element that the city shows nowhere gives units without distances.
        """
        item = self.catalogue.element(element)
        demand = self.city.geo("demand")
        n = len(demand)
        metres, minutes = np.full(n, np.nan), np.full(n, np.nan)
        reason = np.full(n, REACH_CODES.index("beyond"))
        facility: npt.NDArray[np.object_] = np.full(n, None, dtype=object)
        if item.id in self.run.elements:
            row = self.run.elements.index(item.id)
            dm, ds = self.run.array("nearest_dm")[row], self.run.array("walker_ds")[row]
            metres = np.where(dm == UNREACHED, np.nan, dm / 10.0)
            minutes = np.where(ds == UNREACHED, np.nan, ds / 600.0)
            reason = np.asarray(self.run.array("reason")[row])
            which = np.asarray(self.run.array("nearest_facility")[row])
            names = np.array([*self.run.facility_ids, None], dtype=object)
            facility = names[which]
        return gpd.GeoDataFrame(
            {
                "demand_id": demand["demand_id"],
                "community_code": demand["community_code"],
                "people": demand["people"],
                "nearest_m": metres,
                "minutes": minutes,
                "facility_id": facility,
                "reason": np.array(REACH_CODES, dtype=object)[reason],
            },
            geometry=demand.geometry,
            crs=demand.crs,
        )

    def estates(self, element: str) -> gpd.GeoDataFrame:
        """Estates with metres on foot from their gates, residents and verdict, as the variant ``estate`` counts them.

        Returns
        -------
        GeoDataFrame
            ``estate_id``, ``area_code`` (its community), ``name``, ``metres`` (NaN: none within the search bound),
            ``people`` (NaN: unknown), ``status``, shape. The status is that of :attr:`estate_figures`:
            ``not_applicable`` where the basis does not ask for the element here, ``informative`` where it sets no
            walking threshold anywhere.
        """
        from kezhong.assess.estates import estate_results

        return estate_results(self, element)

    def examination(self) -> pd.DataFrame:
        """Counts of failing units (未达标…数量, 缺口数) and percentages, per requirement and in total."""
        from kezhong.assess.examination import examine

        return examine(self)

    @cached_property
    def _explainer(self) -> Any:
        from kezhong.assess.explain import Explainer

        return Explainer(self)

    def explain(self, area: str, element: str, *, sensitive: bool = True) -> Explanation:
        """Everything behind the verdict on one element in one area (code, or name where it is unique).

        Without ``sensitive`` the sources of its uncertainty are left out, which take the longest.
        """
        found: Explanation = self._explainer.area(area, element, sensitive=sensitive)
        return found

    def explain_point(self, lon: float, lat: float, element: str, *, sensitive: bool = True) -> Explanation:
        """The same for the demand unit nearest to a position."""
        found: Explanation = self._explainer.point(lon, lat, element, sensitive=sensitive)
        return found

    def sensitivity(self, area: str, element: str) -> dict[str, Any] | None:
        """The interval of the verdict's figure and its sources (:class:`kezhong.assess.certainty.Sensitivity`).

        ``None`` where the figure has no interval.
        """
        found: dict[str, Any] | None = self._explainer.sensitivity(area, element)
        return found

    def summary(self) -> dict[str, Any]:
        """The run in a nutshell, JSON-compatible: manifest, grades, and the head of the list."""
        grades = self.grades
        upper = grades[grades["area_level"] != self.levels[0]] if len(self.levels) > 1 else grades
        return {
            "run": self.run.id,
            "city": self.city.config.name,
            "synthetic": self.city.config.synthetic,
            **{name: value for name, value in self.run.manifest.items() if name not in ("id", "basis_document")},
            "grades": [_plain(row) for row in upper.to_dict("records")],
            "shortfalls": len(self.shortfalls),
            "first_shortfalls": [_plain(row) for row in self.shortfalls.head(10).to_dict("records")],
        }


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """A row for JSON: missing values become null."""
    return {name: None if pd.isna(value) else value for name, value in row.items()}
