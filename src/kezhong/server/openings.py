"""``GET /openings``: which gate, crossing, ramp or dead end serves most people if it were opened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import shapely
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from kezhong.catalogue import load_basis, load_catalogue
from kezhong.city.workspace import City
from kezhong.server.etag import prepare, respond
from kezhong.server.models import OpeningsOut
from kezhong.server.permissions import Permission, require
from kezhong.server.routes import READ
from kezhong.server.state import State

if TYPE_CHECKING:
    import geopandas as gpd

    from kezhong.assess.openings import OpeningsFound

router = APIRouter(tags=["openings"], responses=READ, dependencies=[require(Permission.READ_RESULTS)])
_DIGITS = 6
Kind = Literal["closed_gate", "dead_end", "no_crossing", "barred_gate", "missing_ramp", "missing_crossing"]


@router.get("/openings", response_model=OpeningsOut)
def openings(
    request: Request,
    state: State,
    basis: Annotated[str | None, Query(max_length=100, description="whose thresholds; default: the city's")] = None,
    walker: Annotated[str | None, Query(max_length=100, description="whose minutes; default: the metres")] = None,
    element: Annotated[str | None, Query(max_length=100, description="only this service element")] = None,
    area: Annotated[str | None, Query(max_length=100, description="only in this area")] = None,
    kind: Annotated[Kind | None, Query(description="only this kind")] = None,
    limit: Annotated[int, Query(ge=1, le=1000, description="most rows")] = 100,
) -> Response:
    """Each is tried alone, everything else as it is; the first serves most people."""
    from kezhong.assess.openings import openings_of

    city, book = state.city(), load_catalogue()
    chosen = load_basis(basis or city.config.basis, city.folder)
    person = None if walker is None else book.walker(walker).id
    item = None if element is None else book.element(element).id
    code = None if area is None else city.areas.find(area)
    key = ("openings", city.snapshot.id, chosen.id, chosen.hash, person, item)
    found = state.keep(
        key, lambda: openings_of(city, chosen.id, walker=person, elements=None if item is None else [item])
    )
    rows = found.table
    if kind is not None:
        rows = rows[rows["kind"] == kind]
    if code is not None:
        rows = rows[city.areas.covers(code, rows["area_code"])]
    return respond(request, prepare(_body(city, found, rows, limit)))


def _body(city: City, found: OpeningsFound, rows: gpd.GeoDataFrame, limit: int) -> dict[str, Any]:
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
