"""The table of figures, filled block by block: one block is one indicator of one element over many areas."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from kezhong.assess.reasons import REASONS
from kezhong.assess.units import Units
from kezhong.city.results import FIGURE_COLUMNS
from kezhong.city.vocabulary import FigureStatus

Floats = npt.NDArray[np.float64]

#: Statuses by the number the blocks carry.
STATUSES: tuple[str, ...] = tuple(status.value for status in FigureStatus)
STATUS = {name: number for number, name in enumerate(STATUSES)}
REASON = {name: number for number, name in enumerate(REASONS)}

#: Columns that hold one value for a whole block.
_SCALAR = (
    "element",
    "family",
    "indicator",
    "variant",
    "age_group",
    "walker",
    "threshold_unit",
    "unit",
    "requirement_id",
)


class FigureBook:
    """Collects blocks and turns them into one table in a fixed order."""

    def __init__(self, units: Units, *, basis_hash: str, window: str, quality: float, scenario: str = "") -> None:
        self.units = units
        self._context = {"basis_hash": basis_hash, "window": window, "scenario": scenario}
        self._quality = quality
        self._scalars: dict[str, list[str]] = {name: [] for name in _SCALAR}
        self._thresholds: list[float] = []
        self._rows: list[npt.NDArray[np.intp]] = []
        self._numbers: dict[str, list[Floats]] = {
            name: [] for name in ("value", "numerator", "denominator", "low", "high")
        }
        self._status: list[npt.NDArray[np.int8]] = []
        self._reason: list[npt.NDArray[np.int8]] = []

    def add(
        self,
        element: str,
        family: str,
        indicator: str,
        value: npt.ArrayLike,
        *,
        unit: str,
        status: npt.ArrayLike | str,
        reason: npt.ArrayLike | str = "",
        numerator: npt.ArrayLike = np.nan,
        denominator: npt.ArrayLike = np.nan,
        low: npt.ArrayLike = np.nan,
        high: npt.ArrayLike = np.nan,
        variant: str = "",
        age_group: str = "all",
        walker: str = "metres",
        threshold: float = np.nan,
        threshold_unit: str = "",
        requirement_id: str = "",
        areas: npt.NDArray[np.intp] | None = None,
    ) -> None:
        """Add one block.

        Parameters
        ----------
        value, numerator, denominator, low, high
            Shape (areas,) or one number for all; the ends of the interval are NaN where there is none.
        status, reason
            A name for all areas, or an array of numbers (:data:`STATUS`, :data:`REASON`).
        areas
            Rows of ``units`` the block covers; all of them where ``None``.
        """
        rows = np.arange(len(self.units.codes)) if areas is None else areas
        n = len(rows)
        if n == 0:
            return
        self._rows.append(rows)
        numbers = {"value": value, "numerator": numerator, "denominator": denominator, "low": low, "high": high}
        for name, given in numbers.items():
            self._numbers[name].append(np.broadcast_to(np.asarray(given, dtype=np.float64), (n,)))
        self._status.append(_codes(status, STATUS, n))
        self._reason.append(_codes(reason, REASON, n))
        self._thresholds.append(threshold)
        texts = (element, family, indicator, variant, age_group, walker, threshold_unit, unit, requirement_id)
        for name, text in zip(_SCALAR, texts, strict=True):
            self._scalars[name].append(text)

    def frame(self) -> pd.DataFrame:
        """The table (:data:`kezhong.city.results.FIGURE_COLUMNS`), in the order of the blocks."""
        sizes = np.array([len(rows) for rows in self._rows], dtype=np.int64)
        rows = np.concatenate(self._rows) if self._rows else np.array([], dtype=np.intp)
        n = len(rows)
        columns: dict[str, Any] = {
            "area_code": _coded(rows, list(self.units.codes)),
            "area_level": _coded(rows, list(self.units.levels)),
            "threshold": np.repeat(np.array(self._thresholds, dtype=np.float64), sizes),
            "status": _coded(_joined(self._status, n), list(STATUSES)),
            "reason": _coded(_joined(self._reason, n), list(REASONS)),
            "quality": np.full(n, self._quality),
        }
        for name, texts in self._scalars.items():
            known = sorted(set(texts))
            numbers = np.array([known.index(text) for text in texts], dtype=np.int64)
            columns[name] = _coded(np.repeat(numbers, sizes), known)
        for name, text in self._context.items():
            columns[name] = _coded(np.zeros(n, dtype=np.int64), [text])
        for name, parts in self._numbers.items():
            columns[name] = np.concatenate(parts) if parts else np.array([], dtype=np.float64)
        return pd.DataFrame({name: columns[name] for name in FIGURE_COLUMNS})


def _codes(given: npt.ArrayLike | str, numbers: dict[str, int], n: int) -> npt.NDArray[np.int8]:
    value: npt.ArrayLike = numbers[given] if isinstance(given, str) else given
    return np.broadcast_to(np.asarray(value, dtype=np.int8), (n,))


def _joined(parts: list[npt.NDArray[np.int8]], n: int) -> npt.NDArray[np.int64]:
    return np.concatenate(parts).astype(np.int64) if n else np.array([], dtype=np.int64)


def _coded(codes: npt.NDArray[Any], texts: list[str]) -> Any:
    """A text column from numbers and the texts they stand for, without making a string object a row."""
    dictionary = pa.array(texts, type=pa.large_string())
    array = pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32)), dictionary)
    return pd.array(pa.chunked_array([array.cast(pa.large_string())]), dtype="string[pyarrow]")
