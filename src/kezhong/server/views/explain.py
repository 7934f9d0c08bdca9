"""Explanations: the assess room follows the number; here they are only asked for."""

from __future__ import annotations

from typing import Any

from kezhong.city.results import Run
from kezhong.server.state import ServerState


def area(state: ServerState, run: Run, area_code: str, element: str) -> dict[str, Any]:
    """The body of ``GET /runs/{run}/explain``.

    Raises
    ------
    NotFoundError
        No such area or element.
    """
    return state.assessment(run).explain(area_code, element).to_dict()


def point(state: ServerState, run: Run, lonlat: tuple[float, float], element: str) -> dict[str, Any]:
    """The body of ``GET /runs/{run}/explain-point``.

    Raises
    ------
    NotFoundError
        Nobody lives near the point, or no such element.
    """
    return state.assessment(run).explain_point(*lonlat, element).to_dict()
