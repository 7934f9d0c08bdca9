"""Writing cells so that a text is a text: nothing that begins with = + - @ may become a formula anywhere."""

from __future__ import annotations

from datetime import date
from typing import Any

from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side

from kezhong.office.supervision.values import clean_text

LINE = Side(style="thin", color="FF808080")
BORDER = Border(left=LINE, right=LINE, top=LINE, bottom=LINE)
HEAD_FILL = PatternFill("solid", fgColor="FFD9E2EC")
KNOWN_FILL = PatternFill("solid", fgColor="FFF0F0F0")
TITLE = Font(name="方正小标宋简体", size=18)
HEAD = Font(name="黑体", size=10)
BODY = Font(name="仿宋", size=10)
WRAPPED = Alignment(vertical="center", wrap_text=True)
MIDDLE = Alignment(horizontal="center", vertical="center", wrap_text=True)
LOCKED, FREE = Protection(locked=True), Protection(locked=False)


def fill(cell: Any, value: Any) -> Any:
    """Put a value into a cell; a text stays a text in every program that opens it."""
    if value is None or value == "":
        return cell
    if isinstance(value, str):
        cell.value = clean_text(value)
        cell.data_type = "s"
        # Excel drops the mark of the type when somebody edits the cell; the prefix keeps it a text even then.
        cell.quotePrefix = value[:1] in ("=", "+", "-", "@", "\t")
    elif isinstance(value, date):
        cell.value = value
        cell.number_format = "yyyy-mm-dd"
    else:
        cell.value = value
    return cell


def breadth(text: Any) -> int:
    """Width in half-width characters: a Chinese character takes two."""
    return sum(2 if ord(sign) > 0x2E7F else 1 for sign in str(text or ""))
