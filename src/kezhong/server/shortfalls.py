"""Filtering, sorting and paging the shortfall list; what is shown is exactly what is exported.

A :class:`ShortfallIndex` is made once per run: codes for the filters, one JSON text per row, one text per row for
the search. Answering a request is then a few array operations.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from fastapi import Query
from pydantic_core import to_json

from kezhong.catalogue.model import CircleId, TierId
from kezhong.city.results import SHORTFALL_COLUMNS
from kezhong.errors import InputError, NotFoundError

SortKey = Literal[
    "rank", "-rank", "rank_in_circle", "-rank_in_circle", "people_affected", "-people_affected",
    "target_affected", "-target_affected", "target_share", "-target_share", "children_affected",
    "-children_affected", "elderly_affected", "-elderly_affected", "nearest_m", "-nearest_m", "tickets_12345",
    "-tickets_12345", "need_weight", "-need_weight", "gap", "-gap", "area_name", "-area_name", "element_zh",
    "-element_zh", "element_en", "-element_en", "circle", "-circle", "tier", "-tier", "certainty", "-certainty",
]  # fmt: skip
_ORDERS = {"certainty": ["high", "medium", "low"], "tier": [tier.value for tier in TierId],
           "circle": [circle.value for circle in CircleId]}  # fmt: skip
_FACETS = {"circle": "circle", "tier": "tier", "certainty": "certainty", "district": "district_code",
           "element": "element", "remedy": "remedies"}  # fmt: skip
_Text = Annotated[str | None, Query(max_length=100)]


@dataclass(frozen=True)
class ShortfallFilter:
    """Query parameters shared by the list and its export."""

    circle: Annotated[CircleId | None, Query(description="one of the eight circles")] = None
    area: Annotated[str | None, Query(max_length=100, description="area or life circle; areas below count")] = None
    element: Annotated[str | None, Query(max_length=100, description="service element")] = None
    tier: Annotated[TierId | None, Query(description="basic, quality, characteristic")] = None
    district: Annotated[str | None, Query(max_length=100, description="code of a district")] = None
    certainty: Annotated[Literal["high", "medium", "low"] | None, Query(description="how sure the finding is")] = None
    remedy: Annotated[str | None, Query(max_length=100, description="a kind of remedy that fits")] = None
    q: Annotated[str | None, Query(max_length=100, description="words in area, element, gap or department")] = None
    sort: Annotated[SortKey, Query(description="column; '-' before it for descending")] = "rank"

    @property
    def digest(self) -> str:
        """Short hash of filters and order, for cursors."""
        text = json.dumps(asdict(self), sort_keys=True, default=str)
        return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()


class ShortfallIndex:
    """One run's list, ready to be asked."""

    def __init__(self, frame: pd.DataFrame, root: str | None) -> None:
        self.frame = frame.sort_values("rank", kind="stable").reset_index(drop=True)
        self._root = root
        n = len(self.frame)
        self._text = {name: self.frame[name].fillna("").to_numpy(dtype=object, na_value="") for name in _STRINGS}
        self._remedies = [frozenset(str(text).split(";")) - {""} for text in self._text["remedies"]]
        self._words = np.array(["\x1f".join(parts).casefold() for parts in self._searched()] or [], dtype=object)
        self._rows: list[bytes] = [to_json(row, inf_nan_mode="null") for row in records(self.frame)]
        self._position = {str(key): place for place, key in enumerate(self._text["shortfall_id"])}
        self._all: npt.NDArray[np.bool_] = np.ones(n, dtype=bool)

    def row(self, shortfall_id: str) -> tuple[dict[str, Any], bytes]:
        """One row, as a dictionary and as JSON.

        Raises
        ------
        NotFoundError
            The list has no such row.
        """
        place = self._position.get(shortfall_id)
        if place is None:
            raise NotFoundError("server.unknown_shortfall", value=shortfall_id)
        return json.loads(self._rows[place]), self._rows[place]

    def select(self, wanted: ShortfallFilter) -> npt.NDArray[np.intp]:
        """Positions of the rows under the filters, in the order asked for."""
        kept = self._all.copy()
        for mask in self._masks(wanted).values():
            kept &= mask
        return self._ordered(np.flatnonzero(kept), wanted.sort)

    def rows(self, wanted: ShortfallFilter) -> pd.DataFrame:
        """The rows under the filters, in the order asked for, as a table of :data:`SHORTFALL_COLUMNS`."""
        return self.frame.iloc[self.select(wanted)].reset_index(drop=True)

    def page(self, wanted: ShortfallFilter, limit: int, cursor: str | None) -> bytes:
        """One page as JSON (:class:`kezhong.server.models.ShortfallPage`)."""
        masks = self._masks(wanted)
        kept = self._all.copy()
        for mask in masks.values():
            kept &= mask
        order = self._ordered(np.flatnonzero(kept), wanted.sort)
        start = read_cursor(cursor, wanted.digest)
        if start > len(order):
            raise InputError("server.bad_cursor", value=cursor)
        end = start + limit
        following = write_cursor(end, wanted.digest) if end < len(order) else None
        rest = to_json({"next_cursor": following, "total": len(order), "facets": self._facets(masks)})
        return b'{"items":[' + b",".join(self._rows[place] for place in order[start:end]) + b"]," + rest[1:]

    def _searched(self) -> list[tuple[str, ...]]:
        columns = ("shortfall_id", "area_name", "area_code", "element", "element_zh", "element_en", "gap_zh", "gap_en",
                   "lead_department", "responsible_department")  # fmt: skip
        return list(zip(*(map(str, self._text[name]) for name in columns), strict=True))

    def _masks(self, wanted: ShortfallFilter) -> dict[str, npt.NDArray[np.bool_]]:
        """Mask of each filter that is set, by its name."""
        masks: dict[str, npt.NDArray[np.bool_]] = {}
        for name, column in _FACETS.items():
            value = getattr(wanted, name)
            if value is None:
                continue
            if name == "remedy":
                masks[name] = np.fromiter((value in found for found in self._remedies), bool, len(self._remedies))
            else:
                masks[name] = self._text[column] == str(value)
        if wanted.area is not None and wanted.area != self._root:
            columns = ("area_code", "life_circle", "street_code", "district_code")
            masks["area"] = np.logical_or.reduce([self._text[name] == wanted.area for name in columns])
        if wanted.q:
            words = wanted.q.casefold().split()
            masks["q"] = np.fromiter(
                (all(word in text for word in words) for text in self._words), bool, len(self._words)
            )
        return masks

    def _facets(self, masks: dict[str, npt.NDArray[np.bool_]]) -> dict[str, dict[str, int]]:
        found: dict[str, dict[str, int]] = {}
        for name, column in _FACETS.items():
            kept = self._all.copy()
            for other, mask in masks.items():
                if other != name:
                    kept &= mask
            if name == "remedy":
                values = [remedy for place in np.flatnonzero(kept) for remedy in self._remedies[place]]
            else:
                values = [str(value) for value in self._text[column][kept] if value]
            kinds, counts = np.unique(np.array(values, dtype=str), return_counts=True)
            found[name] = dict(zip(kinds.tolist(), counts.tolist(), strict=True))
        return found

    def _ordered(self, kept: npt.NDArray[np.intp], sort: str) -> npt.NDArray[np.intp]:
        name, descending = sort.removeprefix("-"), sort.startswith("-")
        values = self.frame[name].iloc[kept]
        if name in _ORDERS:
            places = {value: place for place, value in enumerate(_ORDERS[name])}
            keys = values.map(places).to_numpy(dtype=float, na_value=np.nan)
        elif name in _STRINGS:
            codes, _ = pd.factorize(values.fillna("").astype(str), sort=True)
            keys = np.asarray(codes, dtype=float)
        else:
            keys = values.to_numpy(dtype=float, na_value=np.nan)
        # A stable sort keeps the list's rank among equals; NaN comes last both ways.
        return kept[np.argsort(-keys if descending else keys, kind="stable")]


_STRINGS = tuple(name for name, (dtype, _) in SHORTFALL_COLUMNS.items() if dtype == "string")


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as dictionaries of plain values; missing values are ``None`` (``""`` in columns that are never null)."""
    optional = {"life_circle", "district_code", "street_code"}
    columns: dict[str, list[Any]] = {}
    for name, (dtype, _) in SHORTFALL_COLUMNS.items():
        series = frame[name]
        if dtype == "string":
            missing = None if name in optional else ""
            columns[name] = series.astype(object).where(series.notna(), missing).tolist()
        else:
            columns[name] = series.tolist()
    names = list(columns)
    return [dict(zip(names, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def write_cursor(offset: int, digest: str) -> str:
    """An opaque cursor; a run never changes, so a position in it stays what it was."""
    return base64.urlsafe_b64encode(f"{offset}.{digest}".encode()).decode().rstrip("=")


def read_cursor(cursor: str | None, digest: str) -> int:
    """Position of a cursor.

    Raises
    ------
    InputError
        No cursor of ours, or one of other filters.
    """
    if cursor is None:
        return 0
    try:
        text = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)).decode("ascii")
        offset, _, found = text.partition(".")
        place = int(offset)
    except ValueError as problem:
        raise InputError("server.bad_cursor", value=cursor) from problem
    if found != digest or place < 0:
        raise InputError("server.bad_cursor", value=cursor)
    return place
