"""Reading the figures of a run by key.

A figure that is not there, and one that says why it has no value, are two things: an unknown key gives ``no_data``
(无数据) with the reason, while 未检出, 数据不足, 确无 and 不适用 come from the row itself.
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from kezhong.city import snapshots
from kezhong.city.config import read_config
from kezhong.city.results import FIGURE_KEY, Run, RunStore
from kezhong.errors import InputError, NotFoundError, WorkspaceError

#: The walker of the default run, as the server and the command line take it.
STANDARD_WALKER = "standard"
#: What a key has where nothing else is said.
DEFAULTS: Mapping[str, Any] = {
    "element": "*",
    "variant": "",
    "age_group": "all",
    "walker": "metres",
    "window": "any",
    "threshold": None,
    "threshold_unit": "",
    "basis_hash": "",
    "scenario": "",
}
_KEPT = 6
_NUMBERS = ("value", "numerator", "denominator", "low", "high", "quality")


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of one run; ``known`` says whether the run has such a row at all."""

    run_id: str
    snapshot: str
    known: bool
    value: float | None = None
    numerator: float | None = None
    denominator: float | None = None
    low: float | None = None
    high: float | None = None
    status: str = "no_data"
    reason: str = "no_row"
    unit: str = ""
    quality: float | None = None
    requirement_id: str = ""
    basis_hash: str = ""

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


def normal_key(key: Mapping[str, Any]) -> dict[str, Any]:
    """The key with all its columns; what was left out gets the value that most figures have.

    An empty ``basis_hash`` stands for the basis of whatever run is read: the measurement then notes which that was.

    Raises
    ------
    InputError
        A column that the key does not have, a value of the wrong kind, or no area or indicator.
    """
    unknown = sorted(set(key) - set(FIGURE_KEY))
    if unknown:
        raise InputError("measuring.bad_key", column=", ".join(unknown), expected=", ".join(FIGURE_KEY))
    found: dict[str, Any] = {**DEFAULTS, **{name: value for name, value in key.items() if value is not None}}
    for name in FIGURE_KEY:
        if name == "threshold":
            continue
        if not isinstance(found.get(name), str) or (name in ("area_code", "indicator") and not found[name]):
            raise InputError("measuring.bad_key", column=name, expected=", ".join(FIGURE_KEY))
    threshold = found["threshold"]
    if threshold is not None:
        try:
            threshold = float(threshold)
        except (TypeError, ValueError) as problem:
            raise InputError("measuring.bad_key", column="threshold", expected="500") from problem
        found["threshold"] = None if math.isnan(threshold) else threshold
    return {name: found[name] for name in FIGURE_KEY}


class IndexedRun:
    """A run with its figures by area: what is asked for is looked up among the few hundred rows of one area."""

    def __init__(self, run: Run) -> None:
        self.run = run

    @property
    def id(self) -> str:
        """The run's id."""
        return self.run.id

    @property
    def snapshot(self) -> str:
        """Snapshot the run was made of."""
        return str(self.run.manifest["snapshot"])

    @property
    def made(self) -> datetime:
        """When it was made."""
        return moment(str(self.run.manifest["created"]))

    @cached_property
    def _figures(self) -> pd.DataFrame:
        return self.run.figures

    @cached_property
    def _areas(self) -> dict[str, Any]:
        return {str(code): rows for code, rows in self._figures.groupby("area_code", sort=False).indices.items()}

    @cached_property
    def _listed(self) -> dict[str, int]:
        return {str(one): at for at, one in enumerate(self.run.shortfalls["shortfall_id"])}

    def shortfall(self, shortfall_id: str) -> dict[str, Any] | None:
        """The row of the shortfall list; ``None`` where it is not in it."""
        at = self._listed.get(shortfall_id)
        if at is None:
            return None
        return {str(name): _plain(value) for name, value in self.run.shortfalls.iloc[at].items()}

    def of_area(self, area: str) -> pd.DataFrame:
        """All figures of an area."""
        return self._figures.iloc[self._areas.get(area, [])]

    def figure(self, key: Mapping[str, Any]) -> Figure:
        """The figure under a key; see the module on what is told apart."""
        wanted = normal_key(key)
        rows = self.of_area(wanted["area_code"])
        for name in FIGURE_KEY:
            if name in ("area_code", "basis_hash"):
                continue
            if name == "threshold":
                limit = wanted["threshold"]
                rows = rows[rows["threshold"].isna() if limit is None else (rows["threshold"] - limit).abs() < 1e-9]
            else:
                rows = rows[(rows[name].fillna("") == wanted[name]).to_numpy(dtype=bool)]
        if wanted["basis_hash"]:
            other = len(rows)
            rows = rows[(rows["basis_hash"] == wanted["basis_hash"]).to_numpy(dtype=bool)]
            if other and not len(rows):
                return Figure(self.id, self.snapshot, known=False, reason="other_basis")
        if not len(rows):
            return Figure(self.id, self.snapshot, known=False)
        return self._read(rows.iloc[0])

    def _read(self, row: Any) -> Figure:
        numbers = {name: _number(row[name]) for name in _NUMBERS}
        status, reason = str(row["status"]), "" if pd.isna(row["reason"]) else str(row["reason"])
        if numbers["value"] is None and status in ("informative", "meets", "falls_short"):
            status, reason = "no_data", reason or "no_value"
        return Figure(
            self.id,
            self.snapshot,
            known=True,
            status=status,
            reason=reason,
            unit=str(row["unit"]),
            requirement_id="" if pd.isna(row["requirement_id"]) else str(row["requirement_id"]),
            basis_hash=str(row["basis_hash"]),
            **numbers,
        )


class FigureReader:
    """The runs of a city, read by key; opened runs are kept until their manifest changes.

    Parameters
    ----------
    city_folder
        The city's folder.
    """

    def __init__(self, city_folder: Path) -> None:
        self.folder = city_folder
        self._store = RunStore(city_folder)

    def run(self, run_id: str) -> IndexedRun:
        """The run with this id.

        Raises
        ------
        NotFoundError
            There is none.
        """
        stamp = self._stamp(run_id)
        key = (str(self.folder), run_id, stamp)
        with _lock:
            found = _open.get(key)
            if found is not None:
                _open.move_to_end(key)
                return found
        found = IndexedRun(self._store.get(run_id))
        with _lock:
            for old in [one for one in _open if one[:2] == key[:2]]:
                del _open[old]
            _open[key] = found
            while len(_open) > _KEPT:
                _open.popitem(last=False)
        return found

    def figure(self, run_id: str, key: Mapping[str, Any]) -> Figure:
        """The figure of a run under a key (:data:`kezhong.city.results.FIGURE_KEY` without the run)."""
        return self.run(run_id).figure(key)

    def newest(
        self,
        basis: str | None = None,
        walker: str = STANDARD_WALKER,
        window: str = "any",
        snapshot: str | None = None,
    ) -> Run | None:
        """The newest run of a basis (default: the city's), walker and window, on a snapshot where one is given."""
        wanted = {"basis": basis or read_config(self.folder).basis, "walker": walker, "window": window, "scenario": ""}
        for run in self.runs():
            made = run.manifest
            if snapshot in (None, made["snapshot"]) and all(made.get(name, "") == own for name, own in wanted.items()):
                return run
        return None

    def default(self) -> Run | None:
        """The run that measures: the city's basis, the standard walker, of HEAD where there is one, else the newest."""
        head = snapshots.head(self.folder / "snapshots")
        return self.newest(snapshot=head) or self.newest()

    def runs(self) -> list[Run]:
        """Every run, newest first; one that is being written anew this moment, or is broken, is left out."""
        found = []
        for path in self.folder.glob("runs/r-*/manifest.json"):
            try:
                found.append(self.manifest(path.parent.name))
            except (NotFoundError, WorkspaceError):
                continue
        return sorted(found, key=lambda run: (str(run.manifest["created"]), run.id), reverse=True)

    def manifest(self, run_id: str) -> Run:
        """A run of which only the manifest is read."""
        key = (str(self.folder), run_id, self._stamp(run_id))
        with _lock:
            found = _manifests.get(key)
        if found is None:
            found = self._store.get(run_id)
            with _lock:
                _manifests[key] = found
                while len(_manifests) > 500:
                    _manifests.popitem(last=False)
        return found

    def snapshot_made(self, run_id: str) -> datetime | None:
        """When the snapshot was made that a run describes; ``None`` where its file is gone."""
        try:
            found = snapshots.read(self.folder / "snapshots", str(self.manifest(run_id).manifest["snapshot"]))
        except (NotFoundError, WorkspaceError):
            return None
        return moment(found.created) if found.created else None

    def _stamp(self, run_id: str) -> int:
        if not run_id.startswith("r-") or not run_id[2:].isalnum():
            raise NotFoundError("city.no_run", run=run_id)
        try:
            return (self._store.folder / run_id / "manifest.json").stat().st_mtime_ns
        except OSError as problem:
            raise NotFoundError("city.no_run", run=run_id) from problem


_lock = threading.Lock()
_open: OrderedDict[tuple[str, str, int], IndexedRun] = OrderedDict()
_manifests: OrderedDict[tuple[str, str, int], Run] = OrderedDict()


def moment(text: str) -> datetime:
    """An instant from a stamp of the city folder."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def _number(value: Any) -> float | None:
    number = float(value)
    return None if math.isnan(number) else number


def _plain(value: Any) -> Any:
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return None
    return value.item() if hasattr(value, "item") else value
