"""Chinese names as they are typed on a keyboard without Chinese: pinyin, its initials, or a mixture of both."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

#: Fewer letters mean too many names.
LEAST = 2
_LETTERS = re.compile(r"[a-z]+")


def fold(text: str) -> str:
    """Lower case without accents, blanks made single: ``Málaga`` is found by ``malaga``."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(sign for sign in plain if not unicodedata.combining(sign)).split())


def syllables(text: str) -> tuple[str, ...]:
    """A syllable without tone for each sign: 和平 → ``he``, ``ping``; signs that are not Chinese stay as they are.

    Nothing is kept; see :func:`known_syllables`.
    """
    from pypinyin import lazy_pinyin

    # Of the name as a whole, so that 重庆 is chong qing and not zhong qing; other signs come back one by one.
    parts = (fold(part) for part in lazy_pinyin(text, errors=list))  # type: ignore[arg-type]  # its hint knows no lists
    return tuple("".join(sign for sign in part if sign.isalnum()) for part in parts)


@lru_cache(maxsize=200_000)
def known_syllables(text: str) -> tuple[str, ...]:
    """:func:`syllables` of names that are asked for again and again: of areas, units, facilities. Not of people."""
    return syllables(text)


def is_typed(word: str) -> bool:
    """Whether a word may be pinyin: letters, and at least :data:`LEAST` of them."""
    return len(word) >= LEAST and _LETTERS.fullmatch(word.casefold()) is not None


def spelled(name: str, word: str, said: tuple[str, ...] | None = None) -> str | None:
    """The piece of ``name`` that ``word`` spells; ``None`` where it spells none.

    Each sign is spelled by its syllable or by the beginning of it: ``hbw``, ``haibowan`` and ``haibw`` are 海勃湾. Two
    letters count from the beginning of a name only, more from any sign.

    Parameters
    ----------
    said
        Syllables of the name, where they are at hand; else :func:`known_syllables`.
    """
    letters = word.casefold()
    parts = known_syllables(name) if said is None else said
    if not parts:
        return None
    for start in range(len(parts) if len(letters) > LEAST else 1):
        if not parts[start].startswith(letters[0]):
            continue
        length = _spelled_from(parts, start, letters)
        if length:
            return name[start : start + length]
    return None


def _spelled_from(parts: tuple[str, ...], start: int, letters: str) -> int:
    """How many signs from ``start`` on the letters spell, 0 where they do not."""
    places = {0}  # letters used up so far
    for number, part in enumerate(parts[start:], 1):
        places = {place + k for place in places for k in range(1, len(part) + 1) if letters.startswith(part[:k], place)}
        if len(letters) in places:
            return number
        if not places:
            break
    return 0
