"""Values that come with steps, as they come off the wire."""

from __future__ import annotations

from datetime import date
from typing import Any

from kezhong.errors import InputError


def as_date(value: Any) -> date:
    """A day, also where it comes as text of the wire.

    Raises
    ------
    InputError
        It is none.
    """
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError as problem:
        raise InputError("steps.bad_date", column="due", value=value, expected="2026-06-30") from problem
