"""Deadlines as officials write them: 2023年6月底, 6月底前, 第二季度, 3月—12月, 长期坚持, 2023-06-30, an Excel cell."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

#: What has no end.
_ENDLESS = re.compile(r"长期|持续|常态|坚持|不间断|随时|long[- ]?term|ongoing", re.IGNORECASE)
_DIGITS = str.maketrans("０１２３４５６７８９／－．：", "0123456789/-.:")
_NUMERALS = {"一": 1, "二": 2, "三": 3, "四": 4}
_DASH = r"[-–—~～至到]+"
_YEAR, _MONTH, _DAY = r"(?P<y>\d{4})年", r"(?P<m>\d{1,2})月", r"(?P<d>\d{1,2})[日号]"
_TAIL = r"(?:以?前|之前|内|止|完成|报送|上报|报)*"
_FORMS = tuple(
    re.compile(f"^(?:{form}){_TAIL}$")
    for form in (
        r"(?P<y>\d{4})[-/.年](?P<m>\d{1,2})[-/.月](?P<d>\d{1,2})[日号]?(?:00:00(?::00)?)?",
        r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})",
        rf"(?:{_YEAR})?{_MONTH}{_DAY}",
        rf"(?:{_YEAR})?{_MONTH}(?P<part>上旬|中旬|下旬|月?底|月?末|月?初|中)?",
        r"(?P<y>\d{4})[-/.](?P<m>\d{1,2})",
        r"(?:(?P<y>\d{4})年?)?(?P<half>上半年|下半年)",
        r"(?:(?P<y>\d{4})年?)?第?(?P<q>[一二三四1-4])季度?(?:末|底)?",
        r"(?:(?P<y>\d{4})年?|本年|今年|当年)?(?P<yearend>年?底|年?末|年内|全年)",
        r"(?P<y>\d{4})年(?:度)?",
    )
)
_EXCEL_ZERO = date(1899, 12, 30)


@dataclass(frozen=True, slots=True)
class Deadline:
    """A day, or none; ``endless``: the paper says that it has no end. ``assumed_year``: the paper names none."""

    day: date | None
    endless: bool = False
    assumed_year: bool = False


def read_deadline(value: Any, year: int) -> Deadline | None:
    """What a cell says; ``None`` where it is not understood.

    Parameters
    ----------
    year
        For deadlines that name none.
    """
    if isinstance(value, datetime):
        return Deadline(value.date())
    if isinstance(value, date):
        return Deadline(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _serial(float(value))
    text = re.sub(r"\s+", "", str(value or "")).translate(_DIGITS)
    if not text:
        return Deadline(None)
    if text.isdigit() and len(text) == 5:
        return _serial(float(text))
    found = _single(text, year) or _span(text, year)
    if found is None and _ENDLESS.search(text):
        dated = [one for part in re.split(r"[,，;；、。]", text) if part and (one := _single(part, year)) is not None]
        return Deadline(dated[-1].day if dated else None, endless=True)
    return found


def _serial(number: float) -> Deadline | None:
    return Deadline(_EXCEL_ZERO + timedelta(days=int(number))) if 30_000 <= number <= 75_000 else None


def _span(text: str, year: int) -> Deadline | None:
    """The end of a span; a year before the dash holds behind it."""
    parts = re.split(_DASH, text)
    if len(parts) < 2 or not parts[-1]:
        return None
    named = re.search(r"\d{4}", parts[0])
    end = _single(parts[-1], int(named.group()) if named else year)
    if end is None:
        return None
    return Deadline(end.day, assumed_year=end.assumed_year and named is None)


def _single(text: str, year: int) -> Deadline | None:
    for form in _FORMS:
        match = form.match(text)
        if match is None:
            continue
        found = {name: value for name, value in match.groupdict().items() if value}
        chosen = int(found.get("y", year))
        try:
            return Deadline(_day(chosen, found), assumed_year="y" not in found)
        except ValueError:
            return None
    return None


def _day(year: int, found: dict[str, str]) -> date:
    if "half" in found:
        return date(year, 6, 30) if found["half"] == "上半年" else date(year, 12, 31)
    if "q" in found:
        return _month_end(year, 3 * (_NUMERALS.get(found["q"]) or int(found["q"])))
    if "m" not in found:
        return date(year, 12, 31)
    month = int(found["m"])
    if "d" in found:
        return date(year, month, int(found["d"]))
    part = found.get("part", "")
    if part.startswith("上旬"):
        return date(year, month, 10)
    if part in ("中旬", "中"):
        return date(year, month, 20 if part == "中旬" else 15)
    if part.endswith("初"):
        return date(year, month, 5)
    return _month_end(year, month)


def _month_end(year: int, month: int) -> date:
    return date(year, month, calendar.monthrange(year, month)[1])
