"""Reading numbers, dates and yes/no from the way people write them in ledgers.

``约300``, ``1,234``, full-width digits, numbers stored as text, ``2.5万``, ``12%``, Excel's serial dates,
``2023年5月``: each is understood or reported, never guessed.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

#: What people write into a cell they have nothing for.
BLANKS = frozenset(
    {
        "",
        "-",
        "--",
        "—",
        "——",
        "–",
        "/",
        "\\",
        "无数据",
        "暂无",
        "不详",
        "未知",
        "缺",
        "n/a",
        "na",
        "nan",
        "null",
        "none",
        "#n/a",
    }
)
_UNITS = "人|户|张|床|个|名|座|层|套|栋|处|间|所|位|班|台|辆|平方米|平米|m2|米|m|岁|年"
_NUMBER = re.compile(
    rf"^(?:约为|大约|大概|约|近|不足|~|≈)?(?P<body>[+-]?(?:\d{{1,3}}(?:,\d{{3}})+|\d+)(?:\.\d+)?(?:e[+-]?\d+)?|[+-]?\.\d+)"
    rf"(?P<scale>万|亿|%)?(?:余|多)?(?:{_UNITS})?(?:左右|以上|上下)?$",
    re.IGNORECASE,
)
_SCALES = {"万": 1e4, "亿": 1e8, "%": 0.01, None: 1.0}
_DATE = re.compile(r"^(\d{4})(?:[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?)?月?)?年?(?:[ T].*)?$")
_YES = frozenset({"是", "有", "√", "✓", "✔", "y", "yes", "true", "t", "1", "封闭", "封闭式", "已", "需要"})
_NO = frozenset({"否", "无", "没有", "×", "x", "✗", "n", "no", "false", "f", "0", "开放", "开放式", "未", "不"})
_EXCEL_EPOCH = date(1899, 12, 30)


def absent(column: npt.NDArray[np.object_]) -> npt.NDArray[np.bool_]:
    """Where a column of objects has nothing."""
    return np.asarray(pd.isna(column), dtype=bool)


def texts(series: pd.Series) -> npt.NDArray[np.object_]:
    """Trimmed text with full-width letters and digits made half-width; ``None`` where a cell is blank.

    Whole floats lose their ``.0``: Excel stores codes as numbers.
    """
    if len(series) and pd.api.types.is_integer_dtype(series.dtype):
        return np.asarray(series.astype("string").to_numpy(dtype=object, na_value=None))
    known: dict[object, str | None] = {}
    out = np.empty(len(series), dtype=object)
    for position, value in enumerate(series.tolist()):
        if value.__class__ is str:
            if value not in known:
                known[value] = _text(value)
            out[position] = known[value]
        else:
            out[position] = _text(value)
    return out


def numbers(series: pd.Series) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Numbers of a column.

    Returns
    -------
    values
        Float array, NaN where blank or unreadable.
    bad
        Where something stands that is no number (infinity and "nan" included).
    approximate
        Where the source itself says "about".
    """
    quick = pd.to_numeric(series, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan).copy()
    bad = np.isinf(quick)
    approximate = np.zeros(len(series), dtype=bool)
    column = series.to_numpy(dtype=object)
    for position in np.flatnonzero(np.isnan(quick)):
        text = _text(column[position])
        if text is None:
            bad[position] = isinstance(column[position], str) and column[position].strip().lower() == "nan"
            continue
        match = _NUMBER.match(text.replace(" ", ""))
        if match is None:
            bad[position] = True
            continue
        quick[position] = float(match["body"].replace(",", "")) * _SCALES[match["scale"]]
        approximate[position] = text[0] in "约大近不~≈" or text[-1] in "余多右下上"
    for position in np.flatnonzero(_booleans(column)):
        bad[position] = True
    quick[bad] = np.nan
    return quick, bad, approximate


def dates(series: pd.Series) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.bool_]]:
    """ISO dates (``None`` where blank) and where something stands that is no date.

    A year stands for its first day, a month for its first day. Excel's serial numbers are understood.
    """
    out = np.full(len(series), None, dtype=object)
    bad = np.zeros(len(series), dtype=bool)
    for position, value in enumerate(series.to_numpy(dtype=object)):
        if isinstance(value, datetime | date) and not pd.isna(value):
            out[position] = value.strftime("%Y-%m-%d")
            continue
        text = _text(value)
        if text is None:
            continue
        out[position] = _date(text)
        bad[position] = out[position] is None
    return out, bad


def flags(series: pd.Series) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.bool_]]:
    """True, False or ``None``, and where something else stands."""
    out = np.full(len(series), None, dtype=object)
    bad = np.zeros(len(series), dtype=bool)
    for position, value in enumerate(series.to_numpy(dtype=object)):
        if isinstance(value, bool | np.bool_):
            out[position] = bool(value)
            continue
        text = _text(value)
        if text is None:
            continue
        lowered = text.lower()
        if lowered in _YES:
            out[position] = True
        elif lowered in _NO:
            out[position] = False
        else:
            bad[position] = True
    return out, bad


def show(value: object, limit: int = 60) -> str:
    """A value as it appears in a message: short, on one line."""
    text = "" if value is None or (isinstance(value, float) and np.isnan(value)) else str(value)
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def half_width(text: str) -> str:
    """Full-width letters, digits and punctuation made half-width (NFKC), trimmed."""
    return unicodedata.normalize("NFKC", text).strip()


def _text(value: Any) -> str | None:
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, float | np.floating):
        if np.isnan(value):
            return None
        return str(int(value)) if float(value).is_integer() and abs(float(value)) < 1e15 else repr(float(value))
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == datetime.min.time() else value.isoformat(" ")
    text = half_width(str(value))
    return None if text.lower() in BLANKS else text


def _booleans(column: npt.NDArray[np.object_]) -> npt.NDArray[np.bool_]:
    return np.fromiter((value.__class__ is bool for value in column), dtype=bool, count=len(column))


def _date(text: str) -> str | None:
    if text.isdigit() and len(text) == 8:
        text = f"{text[:4]}-{text[4:6]}-{text[6:]}"
    elif re.fullmatch(r"\d{5}(\.\d+)?", text):
        return (_EXCEL_EPOCH + timedelta(days=int(float(text)))).isoformat()
    match = _DATE.match(text)
    if match is None:
        return None
    year, month, day = int(match[1]), int(match[2] or 1), int(match[3] or 1)
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None
