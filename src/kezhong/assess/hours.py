"""Opening hours: common Chinese phrases into OSM syntax, and how well they meet the hours wanted.

The text itself is never changed; what cannot be read counts as *unknown*, not as closed. Public holidays and make-up
workdays are not considered: the measure is an ordinary week.
"""

from __future__ import annotations

import re
import warnings
from datetime import datetime, timedelta
from functools import cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd

Flags = npt.NDArray[np.bool_]

#: A week is kept as 7 × 96 quarters of an hour, Monday first.
QUARTERS = 7 * 96
#: Monday of an ordinary week without public holidays.
_MONDAY = datetime(2026, 6, 1)  # noqa: DTZ001  # opening hours are local wall-clock time
#: A facility counts as open in a window when it is open for at least this share of it.
OPEN_SHARE = 0.5

#: Time windows a question may be asked for; ``any`` does not look at opening hours.
WINDOWS: dict[str, str] = {
    "any": "24/7",
    "morning": "Mo-Su 06:00-09:00",
    "working_hours": "Mo-Fr 09:00-17:00",
    "evening": "Mo-Su 18:00-21:00",
    "weekend": "Sa-Su 09:00-17:00",
}

_DAYS = {"一": "Mo", "二": "Tu", "三": "We", "四": "Th", "五": "Fr", "六": "Sa", "日": "Su", "天": "Su"}
_ALWAYS = ("24小时", "全天", "24h", "全天候", "昼夜", "7x24", "24/7", "7*24", "24小时营业", "全天开放", "全天24小时")
_NAMED = (
    ("工作日", "周一至周五"),
    ("双休日", "周六至周日"),
    ("周末", "周六至周日"),
    ("节假日", "PH"),
    ("法定PH", "PH"),
    ("每天", "周一至周日"),
    ("每日", "周一至周日"),
    ("天天", "周一至周日"),
)
_TIME = re.compile(r"(上午|早上|早|凌晨|下午|午后|晚上|晚|夜间|中午)?(\d{1,2})(?::([0-5]\d)|[点时](半|[0-5]?\d)?分?)")
_DAY_RANGE = re.compile(r"(?:周|星期|礼拜)([一二三四五六日天])(?:到|-)(?:周|星期|礼拜)?([一二三四五六日天])")
_DAY_LIST = re.compile(r"(?:周|星期|礼拜)([一二三四五六日天](?:[、,]?(?:周|星期|礼拜)?[一二三四五六日天])*)")
_DAY_START = re.compile(r"(?<![-、])(?<![一二三四五六日天],)(?:PH|(?:周|星期|礼拜)[一二三四五六日天])")
_REST = re.compile(r"(?:闭馆|休息|不开放|关闭|停业|休馆|不营业|休)")
#: Full-width digits and signs, and the dashes people write, to plain ones.
_HALF_WIDTH: dict[int, str] = {
    **{0xFF10 + digit: str(digit) for digit in range(10)},
    **dict.fromkeys((0xFF5E, 0x007E, 0x2014, 0x2013, 0x2212, 0x301C, 0xFF0D, 0x81F3), "-"),
    0xFF1A: ":",
    0xFF1B: ";",
    0xFF0C: ",",
    0xFF08: "(",
    0xFF09: ")",
}
_NOISE = re.compile(r"营业|开放|服务|时间|均|[()]|:(?![0-5]\d)")


@cache
def normalise(text: str) -> str | None:
    """OSM opening hours of a phrase as offices write it; ``None`` where it cannot be read.

    >>> normalise("周一至周五 8:30-17:30")
    'Mo-Fr 08:30-17:30'
    >>> normalise("全天")
    '24/7'
    """
    plain = _squeeze(text)
    if not plain:
        return None
    if plain.lower() in _ALWAYS:
        return "24/7"
    if _readable(text):
        return text.strip()
    found = _translate(plain)
    return found if found and _readable(found) else None


def _squeeze(text: str) -> str:
    """Half-width signs, one kind of dash, no blanks."""
    plain = re.sub(r"-{2,}", "-", text.strip().translate(_HALF_WIDTH))
    return re.sub(r"\s+", "", plain)


def _translate(plain: str) -> str | None:
    for name, meaning in _NAMED:
        plain = plain.replace(name, meaning.replace("至", "-"))
    rules: list[str] = []
    days = ""
    for piece in re.split(r"[;。]", plain):
        for part in _by_day(piece):
            day, rest = _take_days(part)
            days = day or days
            if _REST.search(rest):
                rules.append(f"{days} off".strip())
                continue
            spans = _spans(rest)
            if spans is None:
                return None
            if spans:
                rules.append(f"{days} {spans}".strip())
    # A phrase that only says when it is closed does not say when it is open.
    return "; ".join(rules) if any(not rule.endswith("off") for rule in rules) else None


def _by_day(piece: str) -> list[str]:
    """Split before each new statement of days, so that each part has one."""
    starts = [
        match.start()
        for match in re.finditer(r"(?<![-、])(?<![一二三四五六日天],)(?:PH|(?:周|星期|礼拜)[一二三四五六日天])", piece)
    ]
    if not starts:
        return [piece] if piece else []
    edges = [0, *(start for start in starts if start > 0), len(piece)]
    return [piece[a:b] for a, b in pairwise(edges) if piece[a:b].strip(",、")]


def _take_days(part: str) -> tuple[str, str]:
    found = _DAY_RANGE.search(part)
    if found:
        return f"{_DAYS[found[1]]}-{_DAYS[found[2]]}", part[: found.start()] + part[found.end() :]
    found = _DAY_LIST.search(part)
    if found:
        names = [_DAYS[sign] for sign in found[1] if sign in _DAYS]
        return ",".join(names), part[: found.start()] + part[found.end() :]
    if "PH" in part:
        return "PH", part.replace("PH", "")
    return "", part


def _spans(rest: str) -> str | None:
    """Time spans of a part; empty where it has none, ``None`` where something is left over."""
    if any(word in rest for word in ("24小时", "全天", "昼夜")):
        return "00:00-24:00"
    times: list[tuple[int, int]] = []
    half = ""
    for found in _TIME.finditer(rest):
        half = found[1] or half
        hour, minute = int(found[2]), 30 if found[4] == "半" else int(found[3] or found[4] or 0)
        if half in ("下午", "午后", "晚上", "晚", "夜间") and hour < 12:
            hour += 12
        if hour > 24 or (hour == 24 and minute):
            return None
        times.append((hour, minute))
    left = re.sub(r"[-,、到和及与次日]", "", _NOISE.sub("", _TIME.sub("", rest)))
    if left or len(times) % 2:
        return None
    return ",".join(
        f"{a[0]:02d}:{a[1]:02d}-{b[0]:02d}:{b[1]:02d}" for a, b in zip(times[::2], times[1::2], strict=True)
    )


@cache
def _readable(text: str) -> bool:
    from opening_hours import validate

    return bool(validate(text))


@cache
def week(text: str) -> Flags | None:
    """The quarters of an ordinary week in which something with these hours is open; ``None``: unknown."""
    from opening_hours import OpeningHours, State

    phrase = normalise(text)
    if phrase is None:
        return None
    open_now = np.zeros(QUARTERS, dtype=bool)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library warns of forms it would write otherwise
        spans = list(OpeningHours(phrase).intervals(_MONDAY, _MONDAY + timedelta(days=7)))
    for begin, end, state, _ in spans:
        if state == State.OPEN:
            first = int((begin - _MONDAY).total_seconds() // 900)
            last = QUARTERS if end is None else int(-(-(end - _MONDAY).total_seconds() // 900))
            open_now[max(first, 0) : min(last, QUARTERS)] = True
    open_now.setflags(write=False)
    return open_now


def match_share(hours: str, wanted: str) -> float:
    """Share of the wanted hours in which a facility is open; NaN where its hours are unknown."""
    offered, needed = week(hours), week(wanted)
    if offered is None or needed is None or not needed.any():
        return float("nan")
    return float((offered & needed).sum() / needed.sum())


def match_shares(hours: pd.Series, wanted: str) -> npt.NDArray[np.float64]:
    """:func:`match_share` of many facilities; each distinct text is read once."""
    texts = hours.astype("object")
    known = {text: match_share(str(text), wanted) for text in texts.dropna().unique()}
    return np.asarray(texts.map(known).to_numpy(dtype=np.float64, na_value=np.nan))


def open_in_window(hours: pd.Series, window: str) -> Flags:
    """Whether each facility is open in (at least half of) a window; unknown hours count as open."""
    shares = match_shares(hours, window)
    return np.isnan(shares) | (shares >= OPEN_SHARE)


def unread(hours: pd.Series) -> list[str]:
    """Distinct texts that state hours but could not be read, sorted."""
    return sorted(str(text) for text in hours.dropna().unique() if normalise(str(text)) is None)
