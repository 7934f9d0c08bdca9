"""``GET /lived``: what each walker reaches in time, by area and element."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from kezhong.catalogue import load_basis, load_catalogue
from kezhong.city.workspace import City
from kezhong.server.etag import prepare, respond
from kezhong.server.hours import where
from kezhong.server.models import LivedPage
from kezhong.server.paging import Cursor, Limit, digest, read_cursor, write_cursor
from kezhong.server.permissions import Permission, require
from kezhong.server.routes import READ
from kezhong.server.routes.runs import LevelName
from kezhong.server.state import State

if TYPE_CHECKING:
    import pandas as pd

    from kezhong.assess.lived_access import LivedAccess

router = APIRouter(tags=["lived"], responses=READ, dependencies=[require(Permission.READ_RESULTS)])
Word = Annotated[str | None, Query(max_length=100)]
_PLACES = 4
_NUMBERS = (
    "people", "covered", "share", "difference", "within_5", "within_10", "within_15", "minutes", "extra_minutes",
    "cut_off",
)  # fmt: skip


@router.get("/lived", response_model=LivedPage)
def lived(
    request: Request,
    state: State,
    basis: Annotated[str | None, Query(max_length=100, description="whose thresholds; default: the city's")] = None,
    walker: Annotated[list[str] | None, Query(max_length=20, description="walkers; default: all")] = None,
    element: Annotated[str | None, Query(max_length=100, description="only this service element")] = None,
    area: Annotated[str | None, Query(max_length=100, description="only this area or life circle")] = None,
    level: Annotated[LevelName | None, Query(description="level of areas; default: the area's own, else city")] = None,
    group: Annotated[str, Query(max_length=100, description="age group that is counted")] = "all",
    hour: Annotated[
        int | None, Query(ge=0, le=191, description="hour of the week, 0: Monday 00:00, 168–191: a public holiday")
    ] = None,
    night: Annotated[bool | None, Query(description="whether it is dark; default: as the hour says, else day")] = None,
    limit: Limit = 1000,
    cursor: Cursor = None,
) -> Response:
    """Walkers side by side: minutes, people in time, and the difference to the standard walker; beside the verdict."""
    from kezhong.assess.lived import Moment, chosen_walkers
    from kezhong.assess.lived_access import lived_access

    city = state.city()
    chosen = load_basis(basis or city.config.basis, city.folder)
    people = [one.id for one in chosen_walkers(walker)]
    item = None if element is None else load_catalogue().element(element).id
    code, at = where(city, area, level)
    moment = Moment(hour, night)
    key = ("lived", city.snapshot.id, chosen.id, chosen.hash, group, moment)
    found = state.keep(key, lambda: lived_access(city, chosen.id, moment=moment, group=group))
    question = digest([city.snapshot.id, chosen.hash, people, item, code, at, group, hour, moment.dark])
    body = _body(city, found, (people, item, code, at), (limit, read_cursor(cursor, question), question))
    return respond(request, prepare(body))


def _body(
    city: City,
    found: LivedAccess,
    wanted: tuple[list[str], str | None, str | None, str],
    page: tuple[int, int, str],
) -> dict[str, Any]:
    from kezhong.assess.study import STANDARD

    people, item, code, level = wanted
    table = found.table
    chosen = (table["area_level"] == level) & table["walker"].isin(people)
    if item is not None:
        chosen &= table["element"] == item
    if code is not None:
        chosen &= table["area_code"] == code
    rows = table[chosen]
    limit, start, question = page
    end = start + limit
    book = load_catalogue()
    elements = list(dict.fromkeys(rows["element"]))
    return {
        "basis": found.basis,
        "snapshot": city.snapshot.id,
        "group": found.group,
        "hour": found.times.moment.hour,
        "dark": found.times.moment.dark,
        "level": level,
        "standard": STANDARD,
        "walkers": [_walker(found, name) for name in people],
        "elements": [
            {
                "id": name,
                "zh": book.element(name).zh,
                "en": book.element(name).en,
                "requirement": found.wanted[name].requirement.id if name in found.wanted else None,
                "threshold_min": round(found.wanted[name].minutes, 2) if name in found.wanted else None,
                "counting": list(found.wanted[name].elements) if name in found.wanted else [name],
            }
            for name in elements
        ],
        "items": _items(city, rows.iloc[start:end]),
        "next_cursor": write_cursor(end, question) if end < len(rows) else None,
    }


def _items(city: City, rows: pd.DataFrame) -> list[dict[str, Any]]:
    names = city.areas.name
    shown = rows[["area_code", "element", "walker", *_NUMBERS]].copy()
    shown.insert(1, "area_name", [names.get(code, city.config.name) for code in shown["area_code"]])
    shown[list(_NUMBERS)] = shown[list(_NUMBERS)].round(_PLACES)
    return list(shown.astype(object).where(shown.notna(), None).to_dict("records"))


def _walker(found: LivedAccess, name: str) -> dict[str, Any]:
    from kezhong.assess.walker_wording import STATES, SWITCHES

    times = found.times.walkers[name]
    person = times.walker
    return {
        "id": person.id,
        "zh": person.zh,
        "en": person.en,
        "note": {"zh": person.note_zh, "en": person.note_en},
        "m_per_min": person.m_per_min,
        "shut_out": found.shut_out[name],
        "switches": [
            {
                "id": switch.name,
                "zh": SWITCHES[switch.name][0],
                "en": SWITCHES[switch.name][1],
                "state": switch.state,
                "state_text": {"zh": STATES[switch.state][0], "en": STATES[switch.state][1]},
                "known": switch.known,
                "of": switch.of,
                "closed": switch.closed,
            }
            for switch in times.switches
        ],
    }
