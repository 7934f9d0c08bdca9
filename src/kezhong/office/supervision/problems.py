"""What is wrong with a reply, where, and what to do: shown in a preview, never half taken in."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from kezhong import messages


class Severity(StrEnum):
    """How much a problem weighs."""

    ERROR = "error"  # nothing is taken in before it is mended
    DECIDE = "decide"  # the row changed meanwhile: taken or skipped when the sheet is accepted
    WARNING = "warning"  # taken in as said


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem; ``code`` is one of the message catalogue."""

    code: str
    severity: Severity
    row: str = ""
    field: str = ""
    place: str = ""
    value: str = ""
    details: dict[str, Any] = dataclasses.field(default_factory=dict)

    def told(self) -> dict[str, Any]:
        """On the wire, in words of both languages."""
        details = {"value": self.value, "place": self.place or "–", **self.details}
        return {
            "code": self.code,
            "severity": self.severity.value,
            "row": self.row,
            "field": self.field,
            "place": self.place,
            "value": self.value,
            "zh": messages.text(self.code, details, "zh"),
            "en": messages.text(self.code, details, "en"),
            "todo_zh": messages.action(self.code, details, "zh"),
            "todo_en": messages.action(self.code, details, "en"),
        }


def blocking(problems: list[Problem]) -> list[Problem]:
    """Those that have to be mended first."""
    return [problem for problem in problems if problem.severity is Severity.ERROR]
