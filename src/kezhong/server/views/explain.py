"""Explanations: the assess room follows the number; here it is found which one is meant."""

from __future__ import annotations

from typing import Any

import numpy as np

from kezhong.city.results import Run
from kezhong.errors import NotFoundError
from kezhong.server.state import ServerState
from kezhong.server.views.cells import grid_of

#: A click farther than this from anybody is a click on nothing (metres).
NEAR_M = 500.0
_M_PER_DEGREE = 111_195.0


def area(state: ServerState, run: Run, area_code: str, element: str) -> dict[str, Any]:
    """The body of ``GET /runs/{run}/explain``.

    Raises
    ------
    NotFoundError
        No such area or element.
    """
    assessment = state.assessment(run)
    return dict(assessment.explain(assessment.city.areas.find(area_code), element).to_dict())


def point(state: ServerState, run: Run, lonlat: tuple[float, float], element: str) -> dict[str, Any]:
    """The body of ``GET /runs/{run}/explain-point``.

    Raises
    ------
    NotFoundError
        Nobody lives near the point, or no such element.
    """
    grid = grid_of(state, run)
    lon, lat = lonlat
    scale = np.array([np.cos(np.radians(lat)), 1.0]) * _M_PER_DEGREE
    away = np.hypot(*((grid.unit_lonlat - np.array([lon, lat])) * scale).T)
    if len(away) == 0 or away.min() > NEAR_M:
        raise NotFoundError("server.no_people_there", lon=round(lon, 5), lat=round(lat, 5), metres=int(NEAR_M))
    unit = int(away.argmin())
    return dict(state.assessment(run).explain_unit(run.demand_ids[unit], element).to_dict())
