"""Finding areas as ledgers name them: by code, by name, by name without 居委会, by full name."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

from kezhong.city.areas import AreaTree

_TAIL = re.compile(r"(?:社区)?(?:居民委员会|居委会|村民委员会|村委会|委员会)$")
_SEPARATORS = re.compile(r"[、;\uff1b,\uff0c/|\s]+")


def short_name(name: str) -> str:
    """A community's name without the body that runs it: 和平社区居委会 → 和平社区, 新地村委会 → 新地村."""
    if name.endswith(("村民委员会", "村委会")):
        return name.removesuffix("村民委员会").removesuffix("村委会") + "村"
    stem = name.removesuffix("居民委员会").removesuffix("居委会")
    return stem or name


class AreaNames:
    """Lookup of the areas of one level (all levels and circles where none is given)."""

    def __init__(self, tree: AreaTree, level: str | None = None) -> None:
        codes = [code for code, mine in tree.level.items() if level is None or mine == level]
        self.codes = set(codes)
        self._names: dict[str, set[str]] = {}
        for code in codes:
            name = tree.name[code]
            full = tree.full_name(code)
            for form in {name, short_name(name), _TAIL.sub("", name), full, short_name(full)}:
                self._names.setdefault(form, set()).add(code)

    def find(self, text: str) -> str | None:
        """The code; ``None`` where nothing or more than one area fits."""
        if text in self.codes:
            return text
        for form in (text, short_name(text)):
            fits = self._names.get(form, set())
            if len(fits) == 1:
                return next(iter(fits))
        return None

    def find_all(self, texts: Iterable[str | None]) -> list[str | None]:
        """:meth:`find` for many, each spelling once."""
        known: dict[str | None, str | None] = {None: None}
        out = []
        for text in texts:
            if text not in known and text is not None:
                known[text] = self.find(text)
            out.append(known[text])
        return out

    def near(self, text: str) -> str:
        """Similar names (or the codes of all that fit), for a message."""
        fits = self._names.get(text, set())
        if len(fits) > 1:
            return "、".join(sorted(fits))
        close = difflib.get_close_matches(text, [*self._names, *self.codes], n=5, cutoff=0.4)
        return "、".join(close) or "–"

    def split(self, text: str) -> list[str]:
        """Several names in one cell."""
        if self.find(text) is not None:
            return [text]
        return [part for part in _SEPARATORS.split(text) if part]
