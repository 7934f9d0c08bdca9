"""The clock's round: lights, reminders, escalation; safe to run twice, late, or in two places at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from kezhong import clock
from kezhong.office.audit.anchors import anchor_quietly
from kezhong.office.office import Office
from kezhong.office.organisation.changes import apply_due_changes
from kezhong.office.telling.lighting import refresh_lights
from kezhong.office.telling.reminding import remind

#: Number of the lock that one round holds at a time.
_LOCK = 0x6B7A636C


@dataclass(frozen=True, slots=True)
class Round:
    """What a round did; ``skipped``: another process is at it."""

    lights: int = 0
    reminders: int = 0
    escalations: int = 0
    skipped: bool = False


def clock_round(office: Office, now: datetime | None = None) -> Round:
    """Bring lights to the present, remind, and escalate what is overdue, each thing once.

    Parameters
    ----------
    now
        The present moment, aware; the clock's by default.
    """
    moment = now or clock.now()
    with _alone(office) as free:
        if not free:
            return Round(skipped=True)
        apply_due_changes(office)  # first: what is told must go to the unit that has it from today on
        lights = refresh_lights(office, moment)
        reminders, raised = remind(office, moment)
        if lights or reminders or raised:
            with office.acting(office.system("clock")) as session:
                session.audit.note(
                    "clock.round", "office", moment.date(), lights=lights, reminders=reminders, escalations=raised
                )
        anchor_quietly(office)
        return Round(lights, reminders, raised)


@contextmanager
def _alone(office: Office) -> Iterator[bool]:
    """A lock of the database that ends with its connection, however the process ends."""
    with office.database.app_engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        free = bool(connection.execute(text("SELECT pg_try_advisory_lock(:n)"), {"n": _LOCK}).scalar())
        try:
            yield free
        finally:
            if free:
                connection.execute(text("SELECT pg_advisory_unlock(:n)"), {"n": _LOCK})
