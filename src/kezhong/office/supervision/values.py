"""What people write into cells: 60, ６０, 60%, 0.6 under a percent format, 是, √, 2026.12.31."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from kezhong.office.supervision.forms import MAX_TEXT, Column

_NUMBER = re.compile(r"^[+-]?\d+(?:\.\d+)?$")
_DAY = re.compile(r"^(\d{4})[-./年](\d{1,2})[-./月](\d{1,2})日?$")
#: Characters an XML file may not hold.
_ILLEGAL = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF))


@dataclass(frozen=True, slots=True)
class Written:
    """A cell as it stands in a file."""

    value: Any
    place: str = ""
    percent: bool = False  # its number format shows per cent
    formula: bool = False


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a cell means: a value, or the code of what is wrong; ``note`` is said, but the value is taken."""

    value: Any = None
    problem: str = ""
    note: str = ""


def clean_text(value: Any) -> str:
    """Text without control characters and outer blanks."""
    return str(value).replace("\r\n", "\n").replace("\r", "\n").translate(_ILLEGAL).strip()


def parse(column: Column, cell: Written) -> Parsed:
    """The meaning of a cell in this column."""
    if cell.formula:
        return Parsed(problem="dispatch.formula")
    if cell.value is None or (isinstance(cell.value, str) and not cell.value.strip()):
        return Parsed("" if column.kind == "text" else None)
    if column.kind == "percent":
        return _percent(cell)
    if column.kind == "choice":
        return _choice(column, cell.value)
    if column.kind == "day":
        return _day(cell.value)
    text = clean_text(_plain(cell.value))
    return Parsed(text) if len(text) <= MAX_TEXT else Parsed(problem="dispatch.too_long")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.date().isoformat()
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _percent(cell: Written) -> Parsed:
    value, percent, note = cell.value, cell.percent, ""
    if isinstance(value, bool | date | datetime):
        return Parsed(problem="dispatch.number_wanted")
    if isinstance(value, str):
        text = unicodedata.normalize("NFKC", value).replace(" ", "").replace(",", "")
        percent = text.endswith("%")
        text = text.removesuffix("%")
        if not _NUMBER.match(text):
            return Parsed(problem="dispatch.number_wanted")
        number = Decimal(text)
    else:
        try:
            number = Decimal(str(value))
        except InvalidOperation:
            return Parsed(problem="dispatch.number_wanted")
        if not number.is_finite():
            return Parsed(problem="dispatch.number_wanted")
        if percent:  # Excel keeps 60% as 0.6
            number *= 100
    if not percent and 0 < number < 1:
        number, note = number * 100, "dispatch.share_read"
    elif not percent and number == 1:
        note = "dispatch.one_read"
    if not 0 <= number <= 100:
        return Parsed(problem="dispatch.out_of_range")
    whole = int(number.quantize(Decimal(1), ROUND_HALF_UP))
    return Parsed(whole, note=note or ("dispatch.rounded" if whole != number else ""))


def _choice(column: Column, value: Any) -> Parsed:
    if isinstance(value, bool):
        value = "true" if value else "false"
    text = unicodedata.normalize("NFKC", str(value)).strip().lower()
    for choice in column.choices:
        if text in (choice.id, choice.zh, choice.en, *choice.also):
            return Parsed(choice.id)
    return Parsed(problem="dispatch.choice_wanted")


def _day(value: Any) -> Parsed:
    if isinstance(value, datetime):
        return Parsed(value.date().isoformat())
    if isinstance(value, date):
        return Parsed(value.isoformat())
    match = _DAY.match(unicodedata.normalize("NFKC", str(value)).replace(" ", ""))
    if match is None:
        return Parsed(problem="dispatch.day_wanted")
    try:
        return Parsed(date(*(int(part) for part in match.groups())).isoformat())
    except ValueError:
        return Parsed(problem="dispatch.day_wanted")
