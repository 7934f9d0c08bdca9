"""``GET /hours``: the share of people who reach something open, hour by hour, and by night."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from kezhong.catalogue import load_basis, load_catalogue
from kezhong.city.workspace import City
from kezhong.server.etag import respond
from kezhong.server.models import HoursOut
from kezhong.server.permissions import Permission, require
from kezhong.server.routes import READ
from kezhong.server.routes.runs import LevelName
from kezhong.server.state import State

if TYPE_CHECKING:
    import pandas as pd

    from kezhong.assess.by_hour import CityHours
    from kezhong.assess.offpeak import Schedule

router = APIRouter(tags=["hours"], responses=READ, dependencies=[require(Permission.READ_RESULTS)])
#: Texts of hours that could not be read, the most frequent first.
_SHOWN_TEXTS = 50
_PLACES = 4


@router.get("/hours", response_model=HoursOut)
def hours(
    request: Request,
    state: State,
    element: Annotated[str, Query(min_length=1, max_length=100, description="service element")],
    area: Annotated[str | None, Query(max_length=100, description="only this area or life circle")] = None,
    level: Annotated[LevelName | None, Query(description="level of areas; default: the area's own, else city")] = None,
    walker: Annotated[str | None, Query(max_length=100, description="whose minutes; default: the metres")] = None,
    offpeak: Annotated[bool, Query(description="with school grounds opened off-peak")] = False,
    basis: Annotated[str | None, Query(max_length=100, description="whose threshold; default: the city's")] = None,
    group: Annotated[str, Query(max_length=100, description="age group that is counted")] = "all",
) -> Response:
    """Shares by day and hour, surely and possibly open; with the nights, and with off-peak opening as a scenario."""
    from kezhong.assess.by_hour import city_hours
    from kezhong.assess.offpeak import off_peak_services, schedule_of

    city = state.city()
    item = load_catalogue().element(element).id
    person = None if walker is None else load_catalogue().walker(walker).id
    chosen = load_basis(basis or city.config.basis, city.folder)
    code, at = where(city, area, level)
    schedule = schedule_of(city.folder) if offpeak else None
    key = ("hours", city.snapshot.id, chosen.id, chosen.hash, item, code, at, person, schedule, group)

    def build() -> dict[str, Any]:
        added = None if schedule is None else off_peak_services(city.layer("service_points"), schedule)
        found = city_hours(city, chosen.id, level=at, group=group, elements=[item], services=added, walker=person)
        return {
            "basis": chosen.id, "snapshot": city.snapshot.id, "element": item, "walker": person, "group": group,
            "level": at, **_offpeak(schedule, added), **_body(city, found, code),
        }  # fmt: skip

    return respond(request, state.bodies.get(key, build))


def where(city: City, area: str | None, level: str | None) -> tuple[str | None, str]:
    """Code of the area that is asked for (``None``: all), and the level of the rows."""
    if area is None:
        return None, level or "city"
    if area == (city.areas.root or city.config.code):
        return area, "city"
    code = city.areas.find(area)
    return code, "life_circle" if code in city.areas.circles else city.areas.level[code]


def _offpeak(schedule: Schedule | None, added: pd.DataFrame | None) -> dict[str, Any]:
    if schedule is None or added is None:
        return {"offpeak": None}
    return {
        "offpeak": {
            "file": schedule.file,
            "evidence": schedule.evidence.value,
            "note": {"zh": schedule.note_zh, "en": schedule.note_en},
            "facilities": int(added["facility_id"].nunique()),
            "services": len(added),
        }
    }


def _body(city: City, found: CityHours, code: str | None) -> dict[str, Any]:
    from kezhong.assess.walker_wording import DAYS
    from kezhong.assess.windows import NIGHT, night_coverage

    days = [{"id": day, "zh": zh, "en": en} for day, (zh, en) in DAYS.items()]
    body = {
        "days": days,
        "night": NIGHT,
        "hours_known": found.hours.counts(),
        "unread": [{"text": text, "facilities": n} for text, n in found.hours.unread[:_SHOWN_TEXTS]],
    }
    if not found.coverage.elements:  # found nowhere in the city, or without a threshold in this basis
        return {**body, "requirement": None, "threshold_min": None, "threshold_m": None, "counting": [], "items": []}
    one = found.wanted[0]
    threshold = one.requirement.threshold
    nights = night_coverage(found.surely[0], found.possibly[0], found.people, found.area_of, found.coverage.areas)
    sure, maybe = (np.round(share[0], _PLACES) for share in found.coverage.shares())
    names = city.areas.name
    items = []
    for row, area in enumerate(found.coverage.areas):
        if code is not None and area != code:
            continue
        night = nights.iloc[row].drop(["area_code", "people"]).astype(float).round(_PLACES)
        items.append(
            {
                "area_code": area,
                "area_name": names.get(area, city.config.name),
                "people": float(found.coverage.people[row]),
                "surely": sure[row].tolist(),
                "possibly": maybe[row].tolist(),
                "night": night.to_dict(),
            }
        )
    return {
        **body,
        "requirement": one.requirement.id,
        "threshold_min": threshold.value if threshold and threshold.unit == "min" else None,
        "threshold_m": threshold.value if threshold and threshold.unit == "m" else None,
        "counting": list(one.elements),
        "items": items,
    }
