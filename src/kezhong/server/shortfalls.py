"""Filtering, sorting and paging the shortfall list; what is shown is exactly what is exported.

A :class:`ShortfallIndex` is made once per run: codes for the filters, one JSON text per row, one text per row for
the search. Answering a request is then a few array operations.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from fastapi import Query
from pydantic import StringConstraints
from pydantic_core import to_json

from kezhong.assess.wording import CERTAINTY, WORDING_EN
from kezhong.catalogue.model import CircleId, TierId
from kezhong.city.areas import AreaTree
from kezhong.city.results import SHORTFALL_COLUMNS
from kezhong.errors import InputError, NotFoundError
from kezhong.server.paging import digest, read_cursor, write_cursor

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
           "element": "element", "level": "level", "department": "responsible_department",
           "remedy": "remedies"}  # fmt: skip
_Word = Annotated[str, StringConstraints(max_length=100)]


@dataclass(frozen=True)
class ShortfallFilter:
    """Query parameters shared by the list and its export; a repeated parameter keeps the rows of any of its values."""

    circle: Annotated[list[CircleId] | None, Query(max_length=20, description="of the eight circles")] = None
    area: Annotated[list[_Word] | None, Query(max_length=20, description="areas; areas below count")] = None
    element: Annotated[list[_Word] | None, Query(max_length=200, description="service elements")] = None
    tier: Annotated[list[TierId] | None, Query(max_length=20, description="basic, quality, characteristic")] = None
    district: Annotated[list[_Word] | None, Query(max_length=200, description="codes of districts")] = None
    level: Annotated[list[_Word] | None, Query(max_length=20, description="levels of elements")] = None
    department: Annotated[list[_Word] | None, Query(max_length=200, description="responsible departments")] = None
    certainty: Annotated[
        list[Literal["high", "medium", "low"]] | None, Query(max_length=3, description="how sure the finding is")
    ] = None
    remedy: Annotated[list[_Word] | None, Query(max_length=20, description="kinds of remedies that fit")] = None
    q: Annotated[str | None, Query(max_length=100, description="words in area, element, gap or department")] = None
    sort: Annotated[SortKey, Query(description="column; '-' before it for descending")] = "rank"

    @property
    def digest(self) -> str:
        """Short hash of filters and order, for cursors."""
        return digest(asdict(self))


class ShortfallIndex:
    """One run's list, ready to be asked.

    Parameters
    ----------
    frame
        The run's shortfalls.
    areas
        The city's areas at the run's snapshot.
    clauses_en
        English of the clauses, by their Chinese (:func:`kezhong.assess.wording.clauses_en`).
    """

    def __init__(self, frame: pd.DataFrame, areas: AreaTree, clauses_en: Mapping[str, str]) -> None:
        self.frame = frame.sort_values("rank", kind="stable").reset_index(drop=True)
        self._areas = areas
        n = len(self.frame)
        self._text = {name: self.frame[name].fillna("").to_numpy(dtype=object, na_value="") for name in _STRINGS}
        self._remedies = [frozenset(str(text).split(";")) - {""} for text in self._text["remedies"]]
        self._words = np.array(["\x1f".join(parts).casefold() for parts in self._searched()] or [], dtype=object)
        self._rows: list[bytes] = [to_json(row, inf_nan_mode="null") for row in records(self.frame, clauses_en)]
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
            values = {str(value) for value in getattr(wanted, name) or ()}
            if not values:
                continue
            if name == "remedy":
                fits = (not values.isdisjoint(found) for found in self._remedies)
                masks[name] = np.fromiter(fits, bool, len(self._remedies))
            else:
                masks[name] = np.isin(self._text[column].astype(str), list(values))
        if wanted.area:
            covered = [self._areas.covers(area, self.frame["area_code"]) for area in wanted.area]
            masks["area"] = np.logical_or.reduce(covered)
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


def records(frame: pd.DataFrame, clauses_en: Mapping[str, str]) -> list[dict[str, Any]]:
    """Rows as dictionaries of plain values; missing values are ``None`` (``""`` in columns that are never null).

    Beside the columns of the results stand the English texts that these do not hold.
    """
    optional = {"life_circle", "district_code", "street_code"}
    columns: dict[str, list[Any]] = {}
    for name, (dtype, _) in SHORTFALL_COLUMNS.items():
        series = frame[name]
        if dtype == "string":
            missing = None if name in optional else ""
            columns[name] = series.astype(object).where(series.notna(), missing).tolist()
        else:
            columns[name] = series.tolist()
    columns["clause_en"] = [clauses_en.get(text, text) for text in columns["clause"]]
    columns["wording_en"] = [WORDING_EN.get(text, text) for text in columns["wording"]]
    columns["certainty_en"] = [CERTAINTY.get(grade, ("", grade))[1] for grade in columns["certainty"]]
    names = list(columns)
    return [dict(zip(names, values, strict=True)) for values in zip(*columns.values(), strict=True)]
