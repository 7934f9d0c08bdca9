"""Words typed into a search box of the office: Chinese, or pinyin and its initials.

Pinyin is read as the Chinese words of the city's own vocabulary – its areas, units, service elements and circles –
before the database is asked, so that the question stays one of SQL and uses the indexes that Chinese words use.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Executable, or_, select

from kezhong.catalogue import load_catalogue
from kezhong.office.models import Area, Organisation
from kezhong.office.session import OfficeSession
from kezhong.pinyin import is_typed, spelled, syllables

#: Chinese words that one typed word may stand for, the most frequent first; more make a search slow and vague.
_MOST = 12
#: Signs of a word that may stand anywhere in a unit's name; a shorter one has to begin it.
_ANYWHERE = 3


@dataclass(frozen=True, slots=True)
class Places:
    """Units that a word names, and paths of areas whose name begins with it."""

    units: tuple[int, ...]
    areas: tuple[str, ...]


class Vocabulary:
    """Names of areas and units of this moment, and of the catalogue; read once for a search."""

    def __init__(self, session: OfficeSession) -> None:
        self._areas = session.execute(select(Area.name, Area.path, Area.level).where(Area.valid_to.is_(None))).all()
        self._units = session.execute(select(Organisation.id, Organisation.name, Organisation.short_name)).all()

    def words(self, word: str) -> list[str]:
        """The Chinese words that a typed word stands for; none where it is not pinyin, or spells nothing here."""
        if not is_typed(word):
            return []
        found: dict[str, int] = {}
        names = [one.name for one in self._areas] + [name for one in self._units for name in {one.name, one.short_name}]
        for name in (*names, *_catalogue_names()):
            piece = spelled(name, word)
            if piece is not None and len(piece) > 1:
                found[piece] = found.get(piece, 0) + 1
        return sorted(found, key=lambda piece: (-found[piece], piece))[:_MOST]

    def places(self, word: str) -> Places:
        """What a Chinese word names; the city itself is no place within it."""
        if len(word) < 2 or any(one.name.startswith(word) for one in self._areas if one.level == "city"):
            return Places((), ())
        units = [one.id for one in self._units if _names(one.name, word) or _names(one.short_name, word)]
        areas = [one.path for one in self._areas if one.name.startswith(word) and one.level != "life_circle"]
        outer = [path for path in areas if not any(path != other and path.startswith(other) for other in areas)]
        return Places(tuple(units), tuple(outer))


def _names(name: str, word: str) -> bool:
    return name.startswith(word) or (len(word) >= _ANYWHERE and word in name)


def written(session: OfficeSession, text: str) -> list[str]:
    """A whole text as it was typed, and the Chinese words that it stands for."""
    whole = text.strip()
    return [whole, *(Vocabulary(session).words(whole) if is_typed(whole) else [])]


def by_name(session: OfficeSession, statement: Executable, text: str) -> list[Any]:
    """Keys of the rows ``(key, name, …)`` of a statement one of whose names a typed word spells; within the scope.

    Names of people are spelled on the spot and not kept.
    """
    if not is_typed(text):
        return []
    return [
        key
        for key, *names in session.execute(statement)
        if any(name and spelled(name, text, syllables(name)) for name in names)
    ]


def any_of(column: Any, words: list[str]) -> ColumnElement[bool]:
    """Whether a text holds one of the words."""
    return or_(*(column.icontains(word, autoescape=True) for word in words))


@cache
def _catalogue_names() -> tuple[str, ...]:
    book = load_catalogue()
    return (*(one.zh for one in book.elements.values()), *(one.zh for one in book.circles.values()))
