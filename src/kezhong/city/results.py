"""The schema of results, and the ``runs`` folder.

Every figure is a row; screens, reports and the API read these rows and nobody recomputes a figure elsewhere.
A run is immutable: its id is a hash of what it was made from, so the same question has the same run.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from kezhong.city.files import explain
from kezhong.errors import NotFoundError, WorkspaceError

#: The key of a figure within a run; targets of the programme bind to it.
FIGURE_KEY = (
    "area_code",
    "element",
    "indicator",
    "variant",
    "age_group",
    "walker",
    "window",
    "threshold",
    "threshold_unit",
    "basis_hash",
    "scenario",
)
#: column → (dtype, meaning)
FIGURE_COLUMNS: dict[str, tuple[str, str]] = {
    "area_code": ("string", "area or life circle, from community upwards; in estate_figures the estate's id"),
    "area_level": ("string", "community, life_circle, street, district, city; estate"),
    "element": ("string", "service element; '*' for figures over all elements"),
    "family": ("string", "content_scale, coverage, efficiency, quality, equity, grade"),
    "indicator": ("string", "id of the indicator, e.g. coverage, nearest_m, places, floor_area_per_100hh"),
    "variant": ("string", "population, target_pop, land, building, estate, buffer; '' where none applies"),
    "age_group": ("string", "age group counted; 'all' for everybody"),
    "walker": ("string", "walker for minutes; 'metres' for the normative test on network length"),
    "window": ("string", "time window; 'any' where opening hours are not considered"),
    "threshold": ("float64", "value of the threshold; NaN where none applies"),
    "threshold_unit": ("string", "m or min; '' where none applies"),
    "basis_hash": ("string", "hash of the basis with the city's overlay"),
    "scenario": ("string", "'' for the city as it is"),
    "value": ("float64", "the figure"),
    "unit": ("string", "share, m, min, m², places, count …"),
    "numerator": ("float64", "NaN where the indicator has none"),
    "denominator": ("float64", "NaN where the indicator has none"),
    "low": ("float64", "lower end of the interval; NaN where none was computed"),
    "high": ("float64", "upper end of the interval"),
    "status": ("string", "FigureStatus"),
    "reason": ("string", "why the status is what it is, one of the reason codes of assess"),
    "requirement_id": ("string", "requirement of the basis that was tested; '' where none"),
    "quality": ("float64", "score of the data-quality gate, 0–100"),
}
#: One row per shortfall (短板清单); columns of the official list plus what the map and the programme need.
SHORTFALL_COLUMNS: dict[str, tuple[str, str]] = {
    "shortfall_id": ("string", "stable: basis + area + element + requirement"),
    "rank": ("int64", "position in the whole list (by circle, then rank in the circle)"),
    "rank_in_circle": ("int64", "position within its circle, 1 = most urgent"),
    "circle": ("string", "one of the eight circles"),
    "area_code": ("string", "area"),
    "area_level": ("string", "level of the area"),
    "area_name": ("string", "full name"),
    "life_circle": ("string", "code of its life circle; null: none"),
    "district_code": ("string", "code of its district; null: none"),
    "street_code": ("string", "code of its street; null: none"),
    "element": ("string", "service element"),
    "element_zh": ("string", "its Chinese name"),
    "element_en": ("string", "its English name"),
    "aspect": ("string", "aspect"),
    "tier": ("string", "tier"),
    "level": ("string", "level of the element"),
    "requirement_id": ("string", "requirement not met"),
    "requirement_zh": ("string", "the requirement in words"),
    "requirement_en": ("string", "the requirement in words"),
    "clause": ("string", "document and clause, or 建议值(待核)"),
    "evidence": ("string", "found, partly_found, memory, proposal"),
    "wording": ("string", "未达到 for new communities, 对照差距 for existing ones"),
    "present_zh": ("string", "present state in words"),
    "present_en": ("string", "present state in words"),
    "presence": ("string", "Presence: what is known of the element here"),
    "gap": ("float64", "what is missing, in gap_unit"),
    "gap_unit": ("string", "m, places, beds, m², facilities, persons, share"),
    "gap_zh": ("string", "the gap in words"),
    "gap_en": ("string", "the gap in words"),
    "nearest_m": ("float64", "mean network distance of the affected to the nearest facility; NaN: none within reach"),
    "people_affected": ("float64", "residents affected"),
    "children_affected": ("float64", "of these 0–14; NaN where ages are unknown"),
    "elderly_affected": ("float64", "of these 60 and over; NaN where ages are unknown"),
    "target_group": ("string", "age group the element is for"),
    "target_affected": ("float64", "affected members of the target group"),
    "target_total": ("float64", "all members of the target group in the area"),
    "target_share": ("float64", "target_affected ÷ target_total"),
    "need_weight": ("float64", "weight from residents' surveys and tickets; 1 where there are none"),
    "tickets_12345": ("float64", "related 12345 tickets; NaN: no data"),
    "certainty": ("string", "high, medium, low: how sure the finding is, from source and verification"),
    "certainty_zh": ("string", "in words"),
    "remedies": ("string", "kinds of remedy that fit, least building first, separated by ';'"),
    "lead_department": ("string", "牵头单位"),
    "responsible_department": ("string", "责任单位"),
    "status": ("string", "open"),
    "quality": ("float64", "score of the data-quality gate, 0–100"),
    "lon": ("float64", "a point within the affected part of the area"),
    "lat": ("float64", "see lon"),
}
#: One row per life circle / community / …: grade and what stands behind it.
GRADE_COLUMNS: dict[str, tuple[str, str]] = {
    "area_code": ("string", "area or life circle"),
    "area_level": ("string", "level"),
    "grade": ("string", "A to D; 'insufficient' where data are"),
    "score": ("float64", "0–100, weighted (a proposal of the basis)"),
    "content_scale": ("float64", "0–100; NaN: no figure"),
    "coverage": ("float64", "0–100"),
    "efficiency": ("float64", "0–100; NaN: no data"),
    "quality_family": ("float64", "0–100; NaN: no data"),
    "required_total": ("int64", "required elements that apply here"),
    "required_met": ("int64", "of these met"),
    "required_unknown": ("int64", "of these without sufficient data"),
    "failing_elements": ("string", "ids separated by ';', worst first"),
    "people": ("float64", "residents"),
    "status": ("string", "FigureStatus"),
}
TABLES = {
    "figures": FIGURE_COLUMNS,
    "estate_figures": FIGURE_COLUMNS,
    "shortfalls": SHORTFALL_COLUMNS,
    "grades": GRADE_COLUMNS,
}


@dataclass(frozen=True, slots=True)
class RunKey:
    """Everything a run's results depend on."""

    snapshot: str
    basis: str
    basis_hash: str
    walker: str = "standard"
    window: str = "any"
    scenario: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)
    version: str = ""

    @property
    def run_id(self) -> str:
        """``r-`` and 16 hexadecimal digits."""
        text = json.dumps(asdict(self), sort_keys=True, ensure_ascii=False)
        return "r-" + hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def empty_table(columns: dict[str, tuple[str, str]]) -> pd.DataFrame:
    """A table of the given schema without rows."""
    return typed_table(pd.DataFrame({name: [] for name in columns}), columns)


def typed_table(frame: pd.DataFrame, columns: dict[str, tuple[str, str]]) -> pd.DataFrame:
    """Order and cast the columns of a result table; a missing or unknown column is a programming error."""
    if set(frame.columns) != set(columns):
        msg = f"columns differ: {sorted(set(frame.columns) ^ set(columns))}"
        raise ValueError(msg)
    kinds = {"string": "string", "float64": "float64", "int64": "int64", "bool": "bool"}
    return pd.DataFrame({name: frame[name].astype(kinds[dtype]) for name, (dtype, _) in columns.items()}).reset_index(
        drop=True
    )


class Run:
    """Results of one assessment, read from its folder when asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        file = folder / "manifest.json"
        if not file.is_file():
            raise NotFoundError("city.no_run", run=folder.name)
        with _whole(self.id):
            self.manifest: dict[str, Any] = dict(json.loads(file.read_text("utf-8")))

    @property
    def id(self) -> str:
        """The run's id."""
        return self.folder.name

    @cached_property
    def figures(self) -> pd.DataFrame:
        """All figures (:data:`FIGURE_COLUMNS`)."""
        return self._table("figures")

    @cached_property
    def estate_figures(self) -> pd.DataFrame:
        """Figures of the estates, with the same columns; empty where the run has none."""
        file = self.folder / "estate_figures.parquet"
        return self._table("estate_figures") if file.is_file() else empty_table(FIGURE_COLUMNS)

    @cached_property
    def shortfalls(self) -> pd.DataFrame:
        """The shortfall list, ranked (:data:`SHORTFALL_COLUMNS`)."""
        return self._table("shortfalls")

    @cached_property
    def grades(self) -> pd.DataFrame:
        """Grades (:data:`GRADE_COLUMNS`)."""
        return self._table("grades")

    @cached_property
    def elements(self) -> list[str]:
        """Elements with cell-level arrays, in the arrays' row order."""
        return list(self.manifest["cell_elements"])

    @cached_property
    def demand_ids(self) -> list[str]:
        """Demand units, in the arrays' column order."""
        return list(self._table("demand")["demand_id"])

    def array(self, name: str) -> npt.NDArray[Any]:
        """A cell-level array, memory-mapped, shape (elements, demand units).

        ``nearest_dm`` uint32 decimetres on the network to the nearest facility, 0xFFFFFFFF: none within the search
        bound; ``nearest_facility`` int32 row in ``facility_ids.json``, −1: none; ``walker_ds`` uint32 deciseconds for
        the run's walker; ``reason`` uint8 (see ``assess.reach``).
        """
        file = self.folder / "cells" / f"{name}.npy"
        if not file.is_file():
            raise NotFoundError("city.no_run", run=f"{self.id}/{name}")
        with _whole(self.id):
            array: npt.NDArray[Any] = np.load(file, mmap_mode="r")
        return array

    @cached_property
    def facility_ids(self) -> list[str]:
        """Facilities by the row number used in ``nearest_facility``."""
        with _whole(self.id):
            return list(json.loads((self.folder / "facility_ids.json").read_text("utf-8")))

    def _table(self, name: str) -> pd.DataFrame:
        with _whole(self.id):
            return pd.read_parquet(self.folder / f"{name}.parquet")


@contextlib.contextmanager
def _whole(run: str) -> Iterator[None]:
    """A file of a run that is missing, cut off or changed by hand is told as such."""
    try:
        yield
    except (OSError, ValueError, TypeError, pa.ArrowException) as problem:
        raise WorkspaceError("city.broken_run", run=run, problem=problem) from problem


class RunStore:
    """The ``runs`` folder of a city."""

    def __init__(self, city_folder: Path) -> None:
        self.folder = city_folder / "runs"

    def get(self, run_id: str) -> Run:
        """The run with this id, or :class:`NotFoundError`."""
        if not run_id.startswith("r-") or not run_id[2:].isalnum():
            raise NotFoundError("city.no_run", run=run_id)
        return Run(self.folder / run_id)

    def find(self, key: RunKey) -> Run | None:
        """The run for this question, if it was made before."""
        return Run(self.folder / key.run_id) if (self.folder / key.run_id / "manifest.json").is_file() else None

    def all(self) -> list[Run]:
        """Every run, newest first."""
        runs = [Run(path.parent) for path in self.folder.glob("r-*/manifest.json")]
        return sorted(runs, key=lambda run: (run.manifest["created"], run.id), reverse=True)

    def write(
        self,
        key: RunKey,
        manifest: dict[str, Any],
        tables: dict[str, pd.DataFrame],
        arrays: dict[str, npt.NDArray[Any]],
        facility_ids: list[str],
    ) -> Run:
        """Write a run; it appears under its id only when it is whole.

        ``tables`` holds ``figures``, ``shortfalls``, ``grades``, ``demand`` (``demand_id`` in array order) and, where
        there are estates, ``estate_figures``.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        target = self.folder / key.run_id
        try:
            temporary = Path(tempfile.mkdtemp(dir=self.folder, prefix=f".{key.run_id}."))
            try:
                temporary.chmod(0o755)
                (temporary / "cells").mkdir()
                for name, table in tables.items():
                    checked = typed_table(table, TABLES[name]) if name in TABLES else table
                    pq.write_table(
                        pa.Table.from_pandas(checked, preserve_index=False),
                        temporary / f"{name}.parquet",
                        compression="zstd",
                    )
                for name, array in arrays.items():
                    np.save(temporary / "cells" / f"{name}.npy", array)
                (temporary / "facility_ids.json").write_text(json.dumps(facility_ids, ensure_ascii=False), "utf-8")
                document = {"id": key.run_id, **asdict(key), **manifest}
                (temporary / "manifest.json").write_text(json.dumps(document, ensure_ascii=False, indent=1), "utf-8")
                if target.exists():
                    shutil.rmtree(target)
                temporary.rename(target)
            except BaseException:
                with contextlib.suppress(OSError):
                    shutil.rmtree(temporary)
                raise
        except OSError as problem:
            raise explain(problem, target) from problem
        return Run(target)
