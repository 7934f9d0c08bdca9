"""What the office counts itself: pilots by state, and circle coverage.

Circle coverage (圈覆盖) is the share of the communities of the built-up area that lie in the circles of accepted
pilots: a statement about the programme. Access coverage (可达覆盖) is a share of people and comes from the figures: a
statement about what residents reach. The two are never added or mixed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from kezhong.office.models import Area, Pilot, Target
from kezhong.office.session import OfficeSession

#: A pilot with one of these states has left the programme.
_LEFT = frozenset({"withdrawn", "declined", "not_accepted"})
#: Metric → which pilots it counts.
METRICS: dict[str, Callable[[Pilot], bool]] = {
    # What was nominated stays nominated whatever the review says; a nomination taken back does not.
    "pilots_nominated": lambda pilot: pilot.kind == "pilot" and pilot.state != "withdrawn",
    "pilots_approved": lambda pilot: (
        pilot.kind == "pilot"
        and pilot.state not in _LEFT
        and pilot.state not in {"nominated", "under_review", "returned"}
    ),
    "circles_accepted": lambda pilot: pilot.state == "accepted",
}


@dataclass(frozen=True, slots=True)
class Counted:
    """A value with what it is made of; ``status`` as in figures."""

    value: float | None
    numerator: float | None = None
    denominator: float | None = None
    low: float | None = None
    high: float | None = None
    status: str = "informative"
    reason: str = ""
    details: dict[str, Any] = field(default_factory=dict)


def count(session: OfficeSession, target: Target) -> Counted:
    """Pilots in the target's area that its metric counts, with their ids."""
    counts = METRICS.get(target.metric)
    if counts is None:
        return Counted(None, status="no_data", reason="unknown_metric")
    found = [pilot for pilot in _pilots(session, target) if counts(pilot)]
    states: dict[str, int] = {}
    for pilot in found:
        states[pilot.state] = states.get(pilot.state, 0) + 1
    return Counted(
        float(len(found)),
        details={"pilots": [{"id": one.id, "name": one.name, "state": one.state} for one in found], "by_state": states},
    )


def circle_coverage(session: OfficeSession, target: Target) -> Counted:
    """Communities of the built-up area inside accepted circles ÷ all of them, in the target's area.

    A community of which it is not known whether it belongs to the built-up area is in neither number. Such are named,
    and the interval says what they could change: the lower end counts all outside as missing, the upper end all
    inside as covered.
    """
    places = list(
        session.scalars(
            select(Area)
            .where(
                Area.level == "community",
                Area.valid_to.is_(None),
                Area.path.startswith(target.area_path, autoescape=True),
            )
            .order_by(Area.code)
        )
    )
    accepted = [pilot for pilot in _pilots(session, target, everywhere=True) if pilot.state == "accepted"]
    covered, redrawn = _members(session, accepted)
    inside = [one for one in places if one.built_up is True and one.code in covered]
    outside = [one for one in places if one.built_up is True and one.code not in covered]
    unknown = [one for one in places if one.built_up is None]
    unknown_in = sum(one.code in covered for one in unknown)
    top, bottom = len(inside), len(inside) + len(outside)
    details = {
        "covered": _named(inside),
        "missing": _named(outside),
        "unknown": _named(unknown),
        "pilots": [{"id": one.id, "name": one.name, "state": one.state} for one in accepted],
        "redrawn": redrawn,
    }
    if not bottom:
        reason = "built_up_unknown" if unknown else "no_built_up"
        return Counted(None, 0.0, 0.0, status="no_data", reason=reason, details=details)
    low = high = None
    if unknown:
        low = top / (bottom + len(unknown) - unknown_in)
        high = (top + unknown_in) / (bottom + unknown_in)
    return Counted(top / bottom, float(top), float(bottom), low, high, details=details)


def _members(session: OfficeSession, pilots: list[Pilot]) -> tuple[set[str], list[dict[str, Any]]]:
    """Communities inside the pilots' circles as they were accepted, and circles that were redrawn since."""
    circles = {
        area.code: area
        for area in session.scalars(select(Area).where(Area.code.in_({one.life_circle for one in pilots})))
    }
    covered: set[str] = set()
    redrawn = []
    for pilot in pilots:
        circle = circles.get(pilot.life_circle)
        now = set(circle.members) if circle is not None else set()
        then = set(pilot.communities) or now
        covered |= then
        if now and now != then:
            changed = {"added": sorted(now - then), "removed": sorted(then - now)}
            redrawn.append({"pilot": pilot.id, "circle": pilot.life_circle, **changed})
    return covered, redrawn


def _pilots(session: OfficeSession, target: Target, *, everywhere: bool = False) -> list[Pilot]:
    """Pilots of the target's programme in its area; ``everywhere``: also elsewhere, since a circle may cross a border.

    Read through the target, which the caller found in scope: a count must not depend on who asks for it.
    """
    statement = select(Pilot).where(Pilot.programme_id == target.programme_id).order_by(Pilot.id)
    if not everywhere:
        statement = statement.where(Pilot.area_path.startswith(target.area_path, autoescape=True))
    return list(session.execute(statement.execution_options(through_parent=True)).scalars())


def _named(areas: list[Area]) -> list[dict[str, str]]:
    return [{"code": one.code, "name": one.name} for one in areas]
