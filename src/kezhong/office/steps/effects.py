"""Inputs, effects and machines that mean the same for every kind."""

from __future__ import annotations

from typing import Any

from kezhong import clock
from kezhong.errors import InputError
from kezhong.office.session import OfficeSession
from kezhong.office.steps.registry import Step, register_effect, register_input, register_machine
from kezhong.office.steps.values import as_date


def _set_due(session: OfficeSession, row: Any, value: Any) -> None:
    if not hasattr(row, "due_on"):
        return
    day = as_date(value)
    if not 2000 <= day.year <= 2100:
        raise InputError("steps.bad_date", column="due", value=value, expected="2026-06-30")
    row.due_on = day
    if hasattr(row, "due_at"):
        from kezhong.office.telling.deadlines import due_at

        row.due_at = due_at(session, row.due_on)


def _set_done(session: OfficeSession, row: Any, step: Step) -> None:
    if hasattr(row, "done_at"):
        row.done_at = clock.now()


def _clear_done(session: OfficeSession, row: Any, step: Step) -> None:
    if hasattr(row, "done_at"):
        row.done_at = None


register_input("due", _set_due)
register_effect("set_done", _set_done)
register_effect("clear_done", _clear_done)
register_machine("objection", lambda row: "appeal" if row.object_kind.startswith("appraisal") else "objection")
