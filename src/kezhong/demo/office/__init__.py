"""The demonstration city's programme under way: its units, people and the course of its first months.

Everything goes through the public faces of ``kezhong.office``, at the moments at which it would have happened (the
clock stands there), so that the audit chain, the deadlines and the lights are what they would be in a real city.
"""

from __future__ import annotations

from kezhong.demo.office.build import build_office
from kezhong.demo.office.people import ACCOUNTS

__all__ = ["ACCOUNTS", "build_office"]
