"""Openings: one question, its finished answer, the work that makes one, and how the answer is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import shapely

from kezhong.catalogue import load_catalogue
from kezhong.city.workspace import City
from kezhong.errors import NotFoundError
from kezhong.progress import Progress
from kezhong.server.state import ServerState
from kezhong.server.views.catalogue import basis_of

if TYPE_CHECKING:
    import geopandas as gpd

    from kezhong.assess.openings import OpeningsFound

_DIGITS = 6


@dataclass(frozen=True, eq=False)
class OpeningsAsked:
    """One question about the city as it is, with names resolved to ids."""

    city: City
    basis: str
    basis_hash: str
    walker: str | None
    element: str | None

    @classmethod
    def of(cls, state: ServerState, basis: str | None, walker: str | None, element: str | None) -> OpeningsAsked:
        """Raises :class:`NotFoundError` where there is no such basis, walker or element."""
        city, book = state.city(), load_catalogue()
        chosen = basis_of(city, basis or city.config.basis)
        person = None if walker is None else book.walker(walker).id
        item = None if element is None else book.element(element).id
        return cls(city, chosen.id, chosen.hash, person, item)

    @property
    def parameters(self) -> dict[str, str | None]:
        """What was asked, as a job shows it."""
        return {
            "basis": self.basis, "walker": self.walker, "element": self.element, "snapshot": self.city.snapshot.id,
        }  # fmt: skip

    @property
    def key(self) -> tuple[str | None, ...]:
        """The same for the same answer."""
        return ("openings", self.basis_hash, *self.parameters.values())

    def kept(self, state: ServerState) -> OpeningsFound | None:
        """The finished answer; ``None``: nobody computed it since the server started, or it was forgotten."""
        found: OpeningsFound | None = state.answers.peek(self.key)
        return found

    def need(self, state: ServerState) -> OpeningsFound:
        """The finished answer, or :class:`NotFoundError` that says how to have it made."""
        found = self.kept(state)
        if found is None:
            raise NotFoundError("server.openings_not_computed")
        return found

    def work(self, state: ServerState, progress: Progress) -> Mapping[str, Any]:
        """Compute the answer and keep it; the result of the job."""
        from kezhong.assess.openings import openings_of

        only = None if self.element is None else [self.element]
        found = state.answers.get(
            self.key,
            lambda: openings_of(self.city, self.basis, walker=self.walker, elements=only, progress=progress),
        )
        return result(found)


def result(found: OpeningsFound) -> dict[str, Any]:
    """What a finished job says of its answer."""
    return {"openings": len(found.table)}


def body(city: City, found: OpeningsFound, rows: gpd.GeoDataFrame, limit: int) -> dict[str, Any]:
    """Some rows of an answer on the wire (:class:`kezhong.server.models.OpeningsOut`)."""
    from kezhong.assess.openings_wording import KIND_WORDS, REASON_WORDS, STATE_WORDS

    return {
        "basis": found.basis,
        "snapshot": city.snapshot.id,
        "walker": found.walker,
        "reason": found.reason,
        "reason_text": _both(REASON_WORDS[found.reason]) if found.reason else None,
        "kinds": [
            {"id": one.kind, **_both(KIND_WORDS[one.kind]), "tried": one.tried, "state": one.state,
             "state_text": _both(STATE_WORDS[one.state])}
            for one in found.kinds
        ],
        "total": len(rows),
        "items": [_item(city, int(rank), row) for rank, row in rows.head(limit).iterrows()],
    }  # fmt: skip


def _item(city: City, rank: int, row: Any) -> dict[str, Any]:
    from kezhong.assess.openings_wording import KIND_WORDS

    book, code = load_catalogue(), row["area_code"]
    shape = shapely.set_precision(row["geometry"], 10.0**-_DIGITS, mode="pointwise")
    return {
        "rank": rank + 1,
        "id": row["id"],
        "kind": row["kind"],
        "kind_text": _both(KIND_WORDS[row["kind"]]),
        "name": row["name"],
        "lon": round(row["lon"], _DIGITS),
        "lat": round(row["lat"], _DIGITS),
        "geometry": shapely.geometry.mapping(shape),
        "area_code": code,
        "area_name": None if code is None else city.areas.name.get(code, city.config.name),
        **{name: _number(row[name]) for name in ("people", "elderly", "children", "ages_unknown", "complete")},
        "elements": [
            {"id": name, "zh": book.element(name).zh, "en": book.element(name).en, "people": people}
            for name, people in row["elements"].items()
        ],
        "length_m": round(float(row["length_m"]), 1),
        "untested": [name for name in row["untested"].split(",") if name],
    }


def _number(value: float) -> float | None:
    return None if value != value else round(float(value), 1)  # NaN is the one that differs from itself


def _both(words: tuple[str, str]) -> dict[str, str]:
    return {"zh": words[0], "en": words[1]}
