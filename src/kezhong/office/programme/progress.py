"""How far the targets of a programme are: counted now, or as last measured; never zero for what is unknown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from kezhong.office.measuring.targets import COUNTED, course_of, now_of
from kezhong.office.models import Target
from kezhong.office.session import OfficeSession


@dataclass(frozen=True, slots=True)
class Progress:
    """A target with what is there now.

    ``status``: ``met``, ``not_met`` or why there is no value: ``no_data`` (not measured yet), ``data_insufficient`` and
    so on as in figures. ``rows`` are what was counted.
    """

    target: Target
    value: float | None
    numerator: float | None
    denominator: float | None
    status: str
    at: datetime | None = None
    run_id: str = ""
    rows: tuple[dict[str, Any], ...] = ()

    @property
    def share(self) -> float | None:
        """Of what is asked for, 0 to 1: the length of a bar; ``None`` where nothing is known or less is better."""
        if self.value is None or self.target.comparison != "at_least" or not self.target.value:
            return None
        return max(0.0, min(1.0, self.value / self.target.value))


def progress_of_targets(session: OfficeSession, programme_id: int) -> list[Progress]:
    """The targets of a programme in the order of their deadlines."""
    targets: list[Target] = session.rows(
        select(Target).where(Target.programme_id == programme_id).order_by(Target.due_on, Target.code, Target.id)
    )
    courses = course_of(session, targets)
    return [_progress(session, one, courses[one.id]) for one in targets]


def _progress(session: OfficeSession, target: Target, course: list[Any]) -> Progress:
    found = now_of(session, target, course)
    if found is None or found.value is None:
        status = "no_data" if found is None or found.status in ("informative", "meets", "falls_short") else found.status
        return Progress(target, None, None, None, status)
    counted = target.kind in COUNTED
    reached = found.value <= target.value if target.comparison == "at_most" else found.value >= target.value - 1e-9
    last = None if counted or not course else course[-1]
    return Progress(
        target,
        found.value,
        found.numerator,
        found.denominator,
        "met" if reached else "not_met",
        last.at if last is not None else None,
        last.run_id if last is not None else "",
        tuple(found.details.get("pilots", ())),
    )
