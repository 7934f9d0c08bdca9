"""Explanations: the assess room follows the number; here they are only asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kezhong.city.results import Run
from kezhong.server.state import ServerState

if TYPE_CHECKING:
    from kezhong.assess.explanation import Explanation


def area(state: ServerState, run: Run, area_code: str, element: str) -> dict[str, Any]:
    """The body of ``GET /runs/{run}/explain``.

    Raises
    ------
    NotFoundError
        No such area or element.
    """
    return _body(state.assessment(run).explain(area_code, element, sensitive=False))


def point(state: ServerState, run: Run, lonlat: tuple[float, float], element: str) -> dict[str, Any]:
    """The body of ``GET /runs/{run}/explain-point``.

    Raises
    ------
    NotFoundError
        Nobody lives near the point, or no such element.
    """
    return _body(state.assessment(run).explain_point(*lonlat, element, sensitive=False))


def sensitivity(state: ServerState, run: Run, area_code: str, element: str) -> dict[str, Any]:
    """The body of ``GET /runs/{run}/sensitivity``.

    Raises
    ------
    NotFoundError
        No such area or element.
    """
    return {"sensitivity": state.assessment(run).sensitivity(area_code, element)}


def _body(told: Explanation) -> dict[str, Any]:
    """Without the sources of uncertainty: these are asked for by themselves, when somebody wants to see them."""
    body = told.to_dict()
    del body["sensitivity"]
    return body
