"""When facilities are open, hour by hour: a mask of 192 bits for each.

Bit *h* of 0 … 167 is hour *h* of an ordinary week (0: Monday 00:00–01:00), bits 168 … 191 are the 24 hours of a public
holiday. A bit is set where a facility is open for at least half of the hour. Nothing is rounded in between: the
opening-hours library gives spans to the minute.

Hours that nobody knows are neither open nor closed, so there are always two masks:

``surely``
    what the facility's own hours say; nothing where they are missing or cannot be read.
``possibly``
    the same, and in addition all hours that are not ruled out: every hour where the text cannot be read or nothing is
    known at all; the hours in which the catalogue expects the element to be used where the facility states none.

Every figure by hour is therefore a pair, and the truth lies between the two, as far as facilities that state nothing
keep to the hours in which the catalogue expects them to be used. A pharmacy without hours, for one, is *possibly* open
by day and no night pharmacy.

A **public holiday** has the hours of the rules for PH; a text without such a rule has its Sunday's hours. A **make-up
workday** (调休上班) has the hours of an ordinary Friday (:data:`MAKE_UP`). Which day is which is told by
:mod:`kezhong.assess.day_types`.
"""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from kezhong.assess.hours import normalise
from kezhong.catalogue import load_catalogue

Masks = npt.NDArray[np.uint64]

#: Hours of an ordinary week.
HOURS = 168
#: First bit of a public holiday.
HOLIDAY = 168
#: All bits: the week and a holiday.
BITS = 192
#: 64-bit words of a mask.
WORDS = 3
#: Bits of a make-up workday: those of Friday.
MAKE_UP = slice(96, 120)
#: A facility is open in an hour when it is open for at least so many of its minutes.
HALF_HOUR = 30

_ALL = (1 << BITS) - 1
_DAY = 1440
#: Monday of an ordinary week without public holidays; the same as in :mod:`kezhong.assess.hours`.
_MONDAY = datetime(2026, 6, 1)  # noqa: DTZ001  # opening hours are local wall-clock time
_PH = re.compile(r"\bPH\b")
_ONLY_CLOSED = re.compile(r"(?:off|closed)\s*(?:\"[^\"]*\")?$", re.IGNORECASE)
_PLAINLY_CLOSED = frozenset({"off", "closed", "24/7 off", "24/7 closed", "mo-su off", "mo-su closed"})


class Reading(IntEnum):
    """How the hours of a facility are known."""

    STATED = 0  # a text that could be read
    ASSUMED = 1  # no text: possibly open in the hours the catalogue names for the element
    MISSING = 2  # no text, and the catalogue names no hours
    UNREAD = 3  # a text that cannot be read; kept as it is


@dataclass(frozen=True, eq=False, slots=True)
class WeekMasks:
    """Opening hours of n facilities.

    Attributes
    ----------
    surely, possibly
        uint64 (n, 3); ``surely`` is a subset of ``possibly``.
    reading
        uint8 (n,), values of :class:`Reading`.
    unread
        Texts that could not be read, as given, with the number of facilities that have each; the most frequent first.
    """

    surely: Masks
    possibly: Masks
    reading: npt.NDArray[np.uint8]
    unread: tuple[tuple[str, int], ...] = ()

    def __len__(self) -> int:
        return len(self.reading)

    @property
    def known(self) -> npt.NDArray[np.bool_]:
        """Whether each facility's hours are stated and could be read."""
        return np.asarray(self.reading == Reading.STATED)

    @property
    def both(self) -> Masks:
        """uint64 (n, 6): ``surely`` and ``possibly`` side by side, for one search (:func:`kezhong.network.covers`)."""
        return np.ascontiguousarray(np.concatenate([self.surely, self.possibly], axis=1))

    def counts(self) -> dict[str, int]:
        """Facilities by :class:`Reading`, in lower case: ``stated``, ``assumed``, ``missing``, ``unread``."""
        found = np.bincount(self.reading, minlength=len(Reading)).tolist()
        return {reading.name.lower(): found[reading] for reading in Reading}


def week_masks(hours: pd.Series | Sequence[str | None], elements: Sequence[str] | None = None) -> WeekMasks:
    """Masks of many facilities; each distinct text is read once.

    Parameters
    ----------
    hours
        (n,) texts as given, ``None``/NaN/blank where there are none.
    elements
        (n,) ids of the service elements; without them missing hours stay wholly unknown.
    """
    texts = pd.Series(hours, dtype=object).reset_index(drop=True)
    texts = texts.where(texts.notna() & (texts.astype(str).str.strip() != ""), None)
    code, distinct = pd.factorize(texts)
    element_code, element_ids = pd.factorize(
        np.asarray(elements if elements is not None else [""] * len(texts), dtype=object)
    )
    # One row for each distinct text, then one for each element's own hours; both are looked up, nothing is looped over.
    read = [week_bits(str(text)) for text in distinct]
    expected = [expected_bits(str(element)) for element in element_ids]
    stated = code >= 0
    row = np.where(stated, code, len(read) + element_code)
    surely = to_words([0 if bits is None else bits[0] for bits in read] + [0] * len(expected))
    rest = [_ALL if bits is None else bits for bits in expected]
    possibly = to_words([_ALL if bits is None else bits[1] for bits in read] + rest)
    kind = np.array(
        [Reading.UNREAD if bits is None else Reading.STATED for bits in read]
        + [Reading.MISSING if bits is None else Reading.ASSUMED for bits in expected],
        dtype=np.uint8,
    )
    number = Counter(code[stated].tolist())
    unread = [(str(text), number[at]) for at, text in enumerate(distinct) if read[at] is None]
    return WeekMasks(surely[row], possibly[row], kind[row], tuple(sorted(unread, key=lambda pair: (-pair[1], pair[0]))))


@cache
def week_bits(text: str) -> tuple[int, int] | None:
    """Bits in which something with these hours is surely, and possibly, open; ``None`` where they cannot be read.

    >>> week_bits("周一 8:00-9:30")[0]
    768
    >>> week_bits("视情况而定") is None
    True
    """
    phrase = normalise(text)
    if phrase is None or _says_only_when_closed(phrase):
        return None
    sure, maybe = _minutes(phrase)
    holiday = _holiday(phrase)
    if holiday is None:  # rules for holidays that are legal but beyond us: only the week is known
        return _bits(sure, np.zeros(_DAY, dtype=bool)), _bits(maybe, np.ones(_DAY, dtype=bool))
    return _bits(sure, holiday[0]), _bits(maybe, holiday[1])


@cache
def expected_bits(element: str) -> int | None:
    """Bits of the hours in which the catalogue expects an element to be used; ``None`` where it names none."""
    entry = load_catalogue().elements.get(element)
    bits = week_bits(entry.hours) if entry is not None and entry.hours else None
    return None if bits is None else bits[0]


def window_mask(hours: str, *, holidays: bool = False) -> Masks:
    """The hours of a question, e.g. ``Mo-Su 22:00-06:00``, uint64 (3,).

    Parameters
    ----------
    holidays
        Whether the bits of the public holiday belong to it as well.

    Raises
    ------
    ValueError
        The text is no opening hours; windows are written by programmers, not by users.
    """
    bits = week_bits(hours)
    if bits is None:
        msg = f"{hours!r} cannot be read as opening hours"
        raise ValueError(msg)
    words: Masks = to_words([bits[0] if holidays else bits[0] & ((1 << HOURS) - 1)])[0]
    return words


def to_words(bits: Sequence[int]) -> Masks:
    """Whole masks as Python integers → uint64 (n, 3), least significant word first."""
    raw = b"".join(one.to_bytes(WORDS * 8, "little") for one in bits)
    return np.frombuffer(raw, dtype="<u8").astype(np.uint64).reshape(len(bits), WORDS)


def to_flags(masks: Masks) -> npt.NDArray[np.bool_]:
    """Masks (…, 3) → flags (…, 192)."""
    raw = np.ascontiguousarray(masks, dtype="<u8").view(np.uint8)
    return np.unpackbits(raw, axis=-1, bitorder="little").astype(bool)


def from_flags(flags: npt.NDArray[np.bool_]) -> Masks:
    """Flags (…, 192) → masks (…, 3)."""
    return np.asarray(np.packbits(flags, axis=-1, bitorder="little").view("<u8"), dtype=np.uint64)


def _says_only_when_closed(phrase: str) -> bool:
    """``PH off`` alone does not say when it is open; ``off`` alone says that it is closed."""
    rules = [rule.strip() for rule in phrase.split(";") if rule.strip()]
    return phrase.strip().lower() not in _PLAINLY_CLOSED and all(_ONLY_CLOSED.search(rule) for rule in rules)


def _holiday(phrase: str) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]] | None:
    """Minutes of a public holiday within a run of holidays, (1440,) each: surely and possibly open.

    The rules that name PH decide alone. They are put to a weekend instead, which has a day of the same kind before
    it: what opens on the eve after midnight counts. ``None`` where they cannot be read so.
    """
    from opening_hours import validate

    if not _PH.search(phrase):
        sure, maybe = _minutes(phrase)
    else:
        rules = "; ".join(_PH.sub("Sa,Su", rule).strip() for rule in phrase.split(";") if _PH.search(rule))
        if not validate(rules):
            return None
        sure, maybe = _minutes(rules)
    return sure[6 * _DAY :], maybe[6 * _DAY :]


@cache
def _minutes(phrase: str) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Minutes of the week (10080,) in which it is open; and in which it is, or may be, open."""
    from opening_hours import OpeningHours, State

    sure, maybe = np.zeros(7 * _DAY, dtype=bool), np.zeros(7 * _DAY, dtype=bool)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library warns of forms it would write otherwise
        spans = list(OpeningHours(phrase).intervals(_MONDAY, _MONDAY + timedelta(days=7)))
    for begin, end, state, _ in spans:
        if state != State.CLOSED:
            span = slice(max(_minute(begin), 0), 7 * _DAY if end is None else min(_minute(end), 7 * _DAY))
            maybe[span] = True
            sure[span] = state == State.OPEN
    return sure, maybe


def _minute(when: Any) -> int:
    return int((when - _MONDAY).total_seconds() // 60)


def _bits(week: npt.NDArray[np.bool_], holiday: npt.NDArray[np.bool_]) -> int:
    """Minutes of a week and a holiday → a whole mask."""
    by_hour = np.concatenate([week, holiday]).reshape(BITS, 60).sum(axis=1) >= HALF_HOUR
    return int.from_bytes(np.packbits(by_hour, bitorder="little").tobytes(), "little")
