"""Periods as they are written – ``2026``, ``2026H2``, ``2026Q4``, ``2026-11`` – and the days they span."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from kezhong.errors import InputError

_FORM = re.compile(r"^(\d{4})(?:(?:H([12]))|(?:Q([1-4]))|(?:-(0[1-9]|1[0-2])))?$")
#: Months of each kind of period.
_MONTHS = {"annual": 12, "half_year": 6, "quarterly": 3, "monthly": 1}


@dataclass(frozen=True, slots=True)
class Period:
    """A period with its first and last day."""

    text: str
    kind: str  # annual, half_year, quarterly, monthly
    first: date
    last: date

    @property
    def zh(self) -> str:
        """As an official writes it."""
        year, number = self.first.year, (self.first.month - 1) // _MONTHS[self.kind] + 1
        if self.kind == "annual":
            return f"{year}年度"
        if self.kind == "half_year":
            return f"{year}年{'上' if number == 1 else '下'}半年"
        return f"{year}年第{'一二三四'[number - 1]}季度" if self.kind == "quarterly" else f"{year}年{number}月"

    @property
    def en(self) -> str:
        """In English."""
        return self.text


def parse_period(text: str, *kinds: str) -> Period:
    """The period that a text means, of one of the ``kinds`` (any, where none is named).

    Raises
    ------
    InputError
        It is none, or of another kind.
    """
    match = _FORM.match(text.strip())
    expected = {"annual": "2026", "half_year": "2026H2", "quarterly": "2026Q4", "monthly": "2026-11"}
    wanted = " / ".join(expected[kind] for kind in kinds or expected)
    if match is None or int(match.group(1)) < 1950:
        raise InputError("dispatch.bad_period", value=text, expected=wanted)
    year, half, quarter, month = (int(part) if part else 0 for part in match.groups())
    if half:
        kind, number = "half_year", half
    elif quarter:
        kind, number = "quarterly", quarter
    elif month:
        kind, number = "monthly", month
    else:
        kind, number = "annual", 1
    if kinds and kind not in kinds:
        raise InputError("dispatch.bad_period", value=text, expected=wanted)
    months = _MONTHS[kind]
    begin = (number - 1) * months
    end = begin + months
    first = date(year, begin + 1, 1)
    last = date(year + end // 12, end % 12 + 1, 1) - timedelta(days=1)
    return Period(text.strip(), kind, first, last)
