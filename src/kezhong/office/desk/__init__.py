"""Each role's first page (工作台): what is due, what is late, what was returned, what changed in my area."""

from __future__ import annotations

from kezhong.office.desk.sections import Entry, Section, desk

__all__ = ["Entry", "Section", "desk"]
